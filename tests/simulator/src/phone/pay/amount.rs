//! Amounts: decimal strings, as Apple writes them and as devices write them back.

use serde_json::Value;

/// Decimals of a currency (ISO 4217); 2 unless it is an exception.
pub(crate) fn decimals(currency: &str) -> u32 {
    match currency.to_uppercase().as_str() {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX"
        | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        _ => 2,
    }
}

/// `"63.99"`, or a number of the smallest unit, in the smallest unit.
pub(crate) fn minor(amount: &Value, currency: &str) -> Option<i64> {
    match amount {
        Value::String(text) => parsed(text, decimals(currency)),
        number => number.as_i64(),
    }
}

fn parsed(text: &str, decimals: u32) -> Option<i64> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let width = usize::try_from(decimals).ok()?;
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(part) || part.len() > width {
        return None;
    }
    let part: i64 = format!("{part:0<width$}0").parse().ok()?;
    let whole: i64 = whole.parse().ok()?;
    whole.checked_mul(10_i64.checked_pow(decimals)?)?.checked_add(part / 10)?.checked_mul(sign)
}

/// The other way round, with every decimal.
pub(crate) fn decimal(minor: i64, currency: &str) -> String {
    let decimals = decimals(currency);
    let unit = 10_u64.pow(decimals);
    let sign = if minor < 0 { "-" } else { "" };
    let (whole, part) = (minor.unsigned_abs() / unit, minor.unsigned_abs() % unit);
    if decimals == 0 {
        return format!("{sign}{whole}");
    }
    let width = usize::try_from(decimals).unwrap_or_default();
    format!("{sign}{whole}.{part:0width$}")
}

/// As the device writes amounts back: without zeros that say nothing.
pub(crate) fn rewritten(amount: &str) -> String {
    if !amount.contains('.') {
        return amount.to_owned();
    }
    amount.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ap18_the_device_drops_zeros_at_the_end() {
        for (from, to) in [("1.50", "1.5"), ("0.00", "0"), ("10", "10"), ("100.05", "100.05")] {
            assert_eq!(rewritten(from), to);
        }
    }

    #[test]
    fn an_amount_reads_in_the_smallest_unit_and_back() {
        for (text, currency, value) in [
            ("63.99", "USD", 6399),
            ("63.9", "USD", 6390),
            ("-1", "usd", -100),
            ("500", "JPY", 500),
            ("12.345", "KWD", 12_345),
        ] {
            assert_eq!(minor(&json!(text), currency), Some(value), "{text}");
        }
        assert_eq!(decimal(6390, "USD"), "63.90");
        assert_eq!(decimal(-5, "USD"), "-0.05");
        assert_eq!(decimal(500, "JPY"), "500");
        for odd in ["1.234", "", ".5", "1,5", "1e2", "+1"] {
            assert_eq!(minor(&json!(odd), "USD"), None, "{odd}");
        }
    }
}
