//! What is inside a token.

use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::TokenFault;
use crate::money::{Currency, Minor};
use crate::secret::Secret;

/// Card data: a number that stands for the customer's card, and proof for this one transaction. It
/// wipes itself, cannot be serialised, and its `Debug` is masked.
pub struct CardData {
    number: Secret<String>,
    expiry: Secret<String>,
    cryptogram: Secret<String>,
    eci: Option<Secret<String>>,
    amount: i64,
    currency: String,
}

impl CardData {
    /// Reads the plaintext. Only `3DSecure` is offered, so only that is taken.
    pub(super) fn read(plaintext: &[u8]) -> Result<Self, TokenFault> {
        let plain: Plain<'_> = parse(plaintext)?;
        if plain.payment_data_type != "3DSecure" {
            return Err(TokenFault::PaymentDataType);
        }
        let proof: Proof = parse(plain.payment_data.get().as_bytes())?;
        let card = Self {
            number: plain.application_primary_account_number,
            expiry: plain.application_expiration_date,
            cryptogram: proof.online_payment_cryptogram,
            eci: proof.eci_indicator,
            amount: plain.transaction_amount,
            currency: plain.currency_code,
        };
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        let number = card.number();
        let fits = (12..=19).contains(&number.len())
            && digits(number)
            && card.expiry.expose().len() == 6
            && digits(card.expiry.expose())
            && (1..=12).contains(&card.expiry_month())
            && !card.cryptogram().is_empty();
        if fits { Ok(card) } else { Err(TokenFault::Plaintext) }
    }

    /// Is this what the customer agreed to pay? The one proof of the amount there is before money
    /// moves (spec/payments §5).
    pub fn pays(&self, amount: Minor, currency: Currency) -> Result<(), TokenFault> {
        if self.currency != currency.numeric() {
            return Err(TokenFault::Currency);
        }
        if self.amount != amount.get() {
            return Err(TokenFault::Amount);
        }
        Ok(())
    }

    /// The device's (or, for merchant tokens, the merchant's) account number: 12 to 19 digits.
    pub fn number(&self) -> &str {
        self.number.expose()
    }

    /// Four digits.
    pub fn expiry_year(&self) -> u16 {
        2000 + u16::from(self.two_digits(0))
    }

    /// 1 to 12.
    pub fn expiry_month(&self) -> u8 {
        self.two_digits(2)
    }

    /// `onlinePaymentCryptogram`, base64.
    pub fn cryptogram(&self) -> &str {
        self.cryptogram.expose()
    }

    /// `eciIndicator`, which genuine tokens do not always have.
    pub fn eci(&self) -> Option<&str> {
        self.eci.as_ref().map(|eci| eci.expose().as_str())
    }

    /// `applicationExpirationDate` is YYMMDD.
    fn two_digits(&self, at: usize) -> u8 {
        let digits = self.expiry.expose().get(at..at + 2);
        digits.and_then(|digits| digits.parse().ok()).unwrap_or_default()
    }
}

impl fmt::Debug for CardData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardData(***)")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Plain<'a> {
    application_primary_account_number: Secret<String>,
    application_expiration_date: Secret<String>,
    /// ISO 4217's number in three digits.
    currency_code: String,
    /// Minor units, exact.
    transaction_amount: i64,
    payment_data_type: String,
    #[serde(borrow)]
    payment_data: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    online_payment_cryptogram: Secret<String>,
    #[serde(default)]
    eci_indicator: Option<Secret<String>>,
}

/// An object: a derived reader would take an array as well.
fn parse<'a, T: Deserialize<'a>>(json: &'a [u8]) -> Result<T, TokenFault> {
    if !json.trim_ascii_start().starts_with(b"{") {
        return Err(TokenFault::Plaintext);
    }
    serde_json::from_slice(json).map_err(|_no_card| TokenFault::Plaintext)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plain() -> serde_json::Value {
        json!({
            "applicationPrimaryAccountNumber": "4761739001010119",
            "applicationExpirationDate": "311231",
            "currencyCode": "036",
            "transactionAmount": 9_007_199_254_740_993_i64,
            "paymentDataType": "3DSecure",
            "paymentData": {"onlinePaymentCryptogram": "AAAA", "eciIndicator": "7"},
        })
    }

    fn read(value: &serde_json::Value) -> Result<CardData, TokenFault> {
        CardData::read(value.to_string().as_bytes())
    }

    #[test]
    fn a_card_is_read_and_never_shown() {
        let card = read(&plain()).unwrap();
        assert_eq!((card.expiry_year(), card.expiry_month(), card.eci()), (2031, 12, Some("7")));
        assert_eq!((card.number(), card.cryptogram()), ("4761739001010119", "AAAA"));
        assert_eq!(
            format!("{card:?} {:#?}", Some(&card)),
            "CardData(***) Some(\n    CardData(***),\n)"
        );
    }

    #[test]
    fn amounts_and_currencies_are_compared_exactly() {
        let card = read(&plain()).unwrap();
        let (aud, usd) = (Currency::parse("AUD").unwrap(), Currency::parse("USD").unwrap());
        assert_eq!(card.pays(Minor::new(9_007_199_254_740_993), aud), Ok(()));
        assert_eq!(card.pays(Minor::new(9_007_199_254_740_992), aud), Err(TokenFault::Amount));
        assert_eq!(card.pays(Minor::new(9_007_199_254_740_993), usd), Err(TokenFault::Currency));
    }

    #[test]
    fn what_is_no_card_is_refused() {
        for (name, value) in [
            ("applicationPrimaryAccountNumber", json!("4761-7390")),
            ("applicationPrimaryAccountNumber", json!(4_761_739_001_010_119_i64)),
            ("applicationExpirationDate", json!("311331")),
            ("applicationExpirationDate", json!("3112")),
            ("transactionAmount", json!(63.99)),
            ("transactionAmount", json!("6399")),
            ("paymentData", json!({})),
            ("paymentData", json!(["AAAA"])),
            ("currencyCode", json!(null)),
        ] {
            let mut plain = plain();
            plain[name] = value;
            assert_eq!(read(&plain).err(), Some(TokenFault::Plaintext), "{plain}");
        }
    }

    #[test]
    fn emv_is_refused_before_it_is_read() {
        let mut plain = plain();
        plain["paymentDataType"] = json!("EMV");
        plain["paymentData"] = json!({"emvData": "AAAA"});
        assert_eq!(read(&plain).err(), Some(TokenFault::PaymentDataType));
    }
}
