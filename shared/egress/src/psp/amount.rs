//! Amounts as each provider counts them: most go by ISO 4217, and each has its own exceptions
//! (spec/payments §5).

use amb_protocol::money::{Currency, Minor};

/// A provider's way to count.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counting {
    /// Currencies that it gives other decimals than ISO 4217.
    decimals: &'static [(&'static str, u8)],
    /// Currencies of which it takes only whole tens of the smallest unit.
    whole_tens: &'static [&'static str],
}

/// Stripe, Supported currencies: "Zero-decimal currencies", "Special cases", "Three-decimal
/// currencies".
pub(super) const STRIPE: Counting = Counting {
    decimals: &[
        ("BIF", 0),
        ("CLP", 0),
        ("DJF", 0),
        ("GNF", 0),
        // Written with two decimals that are always 00, for compatibility.
        ("ISK", 2),
        ("JPY", 0),
        ("KMF", 0),
        ("KRW", 0),
        // ISO 4217 counts five iraimbilanja to the ariary, as two decimals.
        ("MGA", 0),
        ("PYG", 0),
        ("RWF", 0),
        // As ISK.
        ("UGX", 2),
        ("VND", 0),
        ("VUV", 0),
        ("XAF", 0),
        ("XOF", 0),
        ("XPF", 0),
    ],
    whole_tens: &["BHD", "JOD", "KWD", "OMR", "TND"],
};

/// Adyen, Currency codes and minor units: the four that "differ from standard".
pub(super) const ADYEN: Counting =
    Counting { decimals: &[("CLP", 2), ("CVE", 0), ("IDR", 0), ("ISK", 2)], whole_tens: &[] };

impl Counting {
    /// What the provider calls this amount; none if it cannot say it exactly.
    pub(super) fn write(&self, amount: Minor, currency: Currency) -> Option<i64> {
        let written = match self.shift(currency) {
            shift @ 0.. => amount.get().checked_mul(power(shift)?)?,
            shift => {
                let unit = power(-shift)?;
                (amount.get() % unit == 0).then_some(amount.get() / unit)?
            }
        };
        let fits = !self.whole_tens.contains(&currency.as_str()) || written % 10 == 0;
        fits.then_some(written)
    }

    /// The amount that the provider calls so; none if it is no amount of ours.
    pub(super) fn read(&self, written: i64, currency: Currency) -> Option<Minor> {
        let amount = match self.shift(currency) {
            shift @ 0.. => {
                let unit = power(shift)?;
                (written % unit == 0).then_some(written / unit)?
            }
            shift => written.checked_mul(power(-shift)?)?,
        };
        Some(Minor::new(amount))
    }

    /// Decimals that the provider has more than ISO 4217.
    fn shift(&self, currency: Currency) -> i8 {
        let own = self.decimals.iter().find(|(code, _)| *code == currency.as_str());
        let own = own.map_or_else(|| currency.exponent(), |(_, decimals)| *decimals);
        own.cast_signed() - currency.exponent().cast_signed()
    }
}

fn power(decimals: i8) -> Option<i64> {
    10_i64.checked_pow(u32::try_from(decimals).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn currency(code: &str) -> Currency {
        Currency::parse(code).unwrap()
    }

    #[test]
    fn f117_each_provider_is_told_the_amount_in_its_own_decimals() {
        for (counting, code, minor, written) in [
            (STRIPE, "USD", 6399, Some(6399)),
            (STRIPE, "JPY", 500, Some(500)),
            (STRIPE, "ISK", 5, Some(500)),
            (STRIPE, "UGX", 5, Some(500)),
            (STRIPE, "MGA", 500, Some(5)),
            (STRIPE, "MGA", 501, None),
            (STRIPE, "KWD", 12_340, Some(12_340)),
            (STRIPE, "KWD", 12_345, None),
            (STRIPE, "CVE", 500, Some(500)),
            (ADYEN, "USD", 6399, Some(6399)),
            (ADYEN, "JPY", 500, Some(500)),
            (ADYEN, "CLP", 5, Some(500)),
            (ADYEN, "ISK", 5, Some(500)),
            (ADYEN, "IDR", 500, Some(5)),
            (ADYEN, "IDR", 550, None),
            (ADYEN, "CVE", 500, Some(5)),
            (ADYEN, "KWD", 12_345, Some(12_345)),
            (ADYEN, "UGX", 5, Some(5)),
            (ADYEN, "CLP", i64::MAX, None),
        ] {
            assert_eq!(
                counting.write(Minor::new(minor), currency(code)),
                written,
                "{code} {minor}"
            );
        }
    }

    #[test]
    fn an_amount_of_theirs_that_we_cannot_hold_exactly_is_none() {
        assert_eq!(STRIPE.read(501, currency("ISK")), None);
        assert_eq!(STRIPE.read(5, currency("MGA")), Some(Minor::new(500)));
        assert_eq!(ADYEN.read(i64::MAX, currency("IDR")), None);
    }

    #[test]
    fn the_tables_name_each_currency_once_and_only_real_ones() {
        for counting in [STRIPE, ADYEN] {
            for (index, (code, _)) in counting.decimals.iter().enumerate() {
                currency(code);
                assert!(
                    counting.decimals[..index].iter().all(|(before, _)| before < code),
                    "{code}"
                );
            }
            for code in counting.whole_tens {
                assert_eq!(currency(code).exponent(), 3, "{code}");
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(minor in 0_i64..=99_999_999_999_999, which in 0_usize..8) {
            let code = ["USD", "JPY", "ISK", "MGA", "KWD", "CLP", "IDR", "CVE"][which];
            for counting in [STRIPE, ADYEN] {
                if let Some(written) = counting.write(Minor::new(minor), currency(code)) {
                    prop_assert_eq!(counting.read(written, currency(code)), Some(Minor::new(minor)));
                }
            }
        }
    }
}
