//! Money: whole numbers of a currency's smallest unit, and decimal strings at the border. No float
//! ever holds an amount (spec/payments §5).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A currency of ISO 4217 that has a smallest unit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency {
    code: &'static str,
    numeric: u16,
    exponent: u8,
}

/// A text that names no currency to be paid in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("three capital letters of a currency are expected (ISO 4217)")]
pub struct CurrencyFault;

impl Currency {
    /// The currency of three capital letters. Funds, units of account, metals and test codes are none:
    /// no card pays in them.
    pub fn parse(code: &str) -> Result<Self, CurrencyFault> {
        let known = iso_currency::Currency::from_code(code).ok_or(CurrencyFault)?;
        if known.is_fund() || known.is_special() {
            return Err(CurrencyFault);
        }
        let exponent = known.exponent().ok_or(CurrencyFault)?;
        let exponent = u8::try_from(exponent).map_err(|_too_large| CurrencyFault)?;
        Ok(Self { code: known.code(), numeric: known.numeric(), exponent })
    }

    /// Three capital letters.
    pub fn as_str(self) -> &'static str {
        self.code
    }

    /// ISO 4217's number, as an Apple Pay token spells it: three digits.
    pub fn numeric(self) -> String {
        format!("{:03}", self.numeric)
    }

    /// Decimals of an amount: 2 for USD, 0 for JPY, 3 for KWD.
    pub fn exponent(self) -> u8 {
        self.exponent
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).map_err(de::Error::custom)
    }
}

/// An amount in a currency's smallest unit. Which currency is said beside it, once per payment.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Minor(i64);

/// A text that is no amount of a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountFault {
    /// Not digits, a sign, a point.
    #[error("a decimal number in a string is expected, such as \"63.99\"")]
    Form,
    /// More than the currency has; it is never cut off.
    #[error("the currency has {0} decimals")]
    Decimals(u8),
    /// More than twelve digits before the point.
    #[error("an amount has at most twelve digits before the point")]
    TooLarge,
}

impl Minor {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// So many of the smallest unit.
    pub const fn new(minor: i64) -> Self {
        Self(minor)
    }

    /// In the smallest unit.
    pub const fn get(self) -> i64 {
        self.0
    }

    /// Reads a decimal string: `-?(0|[1-9][0-9]{0,11})(\.[0-9]{1,3})?`, with no more decimals than the
    /// currency has (spec/payments §5). Zeros are decimals too: whoever writes `1.500` dollars may mean
    /// one and a half thousand.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, AmountFault> {
        let (sign, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (-1, rest),
            None => (1, text),
        };
        let (whole, part) = match unsigned.split_once('.') {
            Some((whole, part)) if !part.is_empty() => (whole, part),
            Some(_) => return Err(AmountFault::Form),
            None => (unsigned, ""),
        };
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let has_leading_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty() || has_leading_zero || !digits(whole) || !digits(part) {
            return Err(AmountFault::Form);
        }
        let exponent = usize::from(currency.exponent);
        if part.len() > exponent {
            return Err(AmountFault::Decimals(currency.exponent));
        }
        if whole.len() > 12 {
            return Err(AmountFault::TooLarge);
        }
        let minor = format!("{whole}{part:0<exponent$}").parse::<i64>();
        minor.map(|minor| Self(sign * minor)).map_err(|_too_long| AmountFault::TooLarge)
    }

    /// The same from the books of others, some of which fill every amount up with zeros, to at most three
    /// decimals: `500.00` yen.
    pub fn parse_padded(text: &str, currency: Currency) -> Result<Self, AmountFault> {
        match text.split_once('.').filter(|(_, part)| (1..=3).contains(&part.len())) {
            None => Self::parse(text, currency),
            Some((whole, part)) => match part.trim_end_matches('0') {
                "" => Self::parse(whole, currency),
                part => Self::parse(&format!("{whole}.{part}"), currency),
            },
        }
    }

    /// The decimal string with exactly the currency's decimals: `63.99`, `500`, `12.345`.
    pub fn to_decimal(self, currency: Currency) -> String {
        let exponent = usize::from(currency.exponent);
        let sign = if self.0 < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.0.unsigned_abs(), width = exponent + 1);
        match digits.split_at_checked(digits.len() - exponent) {
            Some((whole, part)) if !part.is_empty() => format!("{sign}{whole}.{part}"),
            _ => format!("{sign}{digits}"),
        }
    }

    /// The sum, if it can be held.
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference, if it can be held.
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    /// The sum of many, if it can be held.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn a_currency_has_its_decimals_and_its_number() {
        for (code, exponent, numeric) in
            [("USD", 2, "840"), ("JPY", 0, "392"), ("KWD", 3, "414"), ("AUD", 2, "036")]
        {
            assert_eq!(currency(code).exponent(), exponent, "{code}");
            assert_eq!(currency(code).numeric(), numeric);
        }
        for none in ["usd", "", "US", "ZZZ", "XAU", "XXX", "USDD", "CLF", "UYW", "USN", "XAD"] {
            assert_eq!(Currency::parse(none), Err(CurrencyFault), "{none}");
        }
    }

    #[test]
    fn f118_what_is_no_exact_amount_is_refused_and_never_cut() {
        use AmountFault::{Decimals, Form, TooLarge};
        for (text, fault) in [
            ("", Form),
            ("1,50", Form),
            ("1e30", Form),
            ("+1", Form),
            (".5", Form),
            ("5.", Form),
            ("01", Form),
            ("1 000", Form),
            ("٣", Form),
            ("--1", Form),
            ("1.005", Decimals(2)),
            ("1.0000", Decimals(2)),
            ("1234567890123", TooLarge),
        ] {
            assert_eq!(Minor::parse(text, currency("USD")), Err(fault), "{text}");
        }
        for (text, code, most) in
            [("1.5", "JPY", 0), ("500.00", "JPY", 0), ("1.500", "USD", 2), ("1.2340", "KWD", 3)]
        {
            assert_eq!(Minor::parse(text, currency(code)), Err(Decimals(most)), "{text} {code}");
        }
    }

    #[test]
    fn books_of_others_may_fill_amounts_up_with_zeros() {
        for (text, code, minor) in [
            ("500.00", "JPY", 500),
            ("500", "JPY", 500),
            ("63.990", "USD", 6399),
            ("63.9", "USD", 6390),
            ("-1.00", "USD", -100),
            ("12.345", "KWD", 12345),
        ] {
            assert_eq!(Minor::parse_padded(text, currency(code)), Ok(Minor::new(minor)), "{text}");
        }
        for (text, code) in
            [("500.01", "JPY"), ("63.9900", "USD"), ("63.", "USD"), ("6.3.0", "USD")]
        {
            assert!(Minor::parse_padded(text, currency(code)).is_err(), "{text}");
        }
    }

    #[test]
    fn an_amount_is_written_with_the_decimals_of_its_currency() {
        for (text, code, minor, written) in [
            ("63.99", "USD", 6399, "63.99"),
            ("1.5", "USD", 150, "1.50"),
            ("0", "USD", 0, "0.00"),
            ("-1.00", "USD", -100, "-1.00"),
            ("-0.05", "USD", -5, "-0.05"),
            ("500", "JPY", 500, "500"),
            ("12.345", "KWD", 12345, "12.345"),
            ("999999999999.99", "USD", 99_999_999_999_999, "999999999999.99"),
        ] {
            let amount = Minor::parse(text, currency(code)).unwrap();
            assert_eq!(amount.get(), minor, "{text}");
            assert_eq!(amount.to_decimal(currency(code)), written);
        }
    }

    proptest! {
        #[test]
        fn every_amount_reads_back_from_what_is_written(minor in -99_999_999_999_999_i64..=99_999_999_999_999) {
            for code in ["USD", "KWD"] {
                let written = Minor::new(minor).to_decimal(currency(code));
                prop_assert_eq!(Minor::parse(&written, currency(code)), Ok(Minor::new(minor)));
            }
        }
    }
}
