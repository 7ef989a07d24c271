//! A card from an opened token, for a business's own server.

use amb_protocol::apple_pay::token::CardData;
use serde::Serialize;

/// What stands where others have `token`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Card<'a> {
    number: &'a str,
    expiry_month: String,
    expiry_year: String,
    cryptogram: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    eci: Option<&'a str>,
}

impl<'a> Card<'a> {
    pub(super) fn of(card: &'a CardData) -> Self {
        Self {
            number: card.number(),
            expiry_month: format!("{:02}", card.expiry_month()),
            expiry_year: card.expiry_year().to_string(),
            cryptogram: card.cryptogram(),
            eci: card.eci(),
        }
    }
}
