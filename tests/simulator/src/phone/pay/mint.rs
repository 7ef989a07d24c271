//! Tokens for a sheet: made as Apple's servers make them, and remembered as card networks remember
//! them, so that providers here know whose card it is.

use serde_json::Value;

use super::{Held, amount, not_possible, wallet};
use crate::apple_pay::{Card, Mint, TokenPki};
use crate::host;
use crate::model::TokenTricks;
use crate::phone::roster::DeviceError;
use crate::world::World;

/// What a token stands for.
#[derive(Debug, Clone)]
pub(crate) struct Minted {
    /// The card's name.
    pub(crate) card: String,
    pub(crate) customer: String,
    /// In the smallest unit.
    pub(crate) amount: i64,
    /// ISO 4217, capital.
    pub(crate) currency: String,
    /// `paymentData` as it left the phone.
    pub(crate) payment_data: Value,
}

/// `paymentToken` for what a sheet shows.
pub(super) fn token(
    world: &mut World,
    pki: &TokenPki,
    held: &Held,
    tricks: &TokenTricks,
) -> Result<Value, DeviceError> {
    if let Some(other) = &tricks.of_sheet {
        let other = world.sheets.iter().find(|it| it.sheet.id == *other);
        let token = other.and_then(|it| it.token.clone());
        return token.ok_or_else(|| not_possible("that sheet has made no token"));
    }
    let sheet = &held.sheet;
    let card = sheet.card.as_deref().and_then(wallet::card_named);
    let card = card.ok_or_else(|| not_possible("no card is chosen"))?;
    let currency = tricks.currency.as_ref().unwrap_or(&sheet.currency).to_uppercase();
    let shown = sheet.total.get("amount").and_then(|it| amount::minor(it, &sheet.currency));
    let amount = tricks.amount.or(shown).ok_or_else(|| not_possible("the total is no amount"))?;
    let now = host::now_seconds() + tricks.signed_seconds;
    let mint = Mint {
        merchant: tricks.merchant.as_ref().unwrap_or(&held.merchant),
        amount,
        currency: &currency,
        card: Card {
            number: card.number,
            network: Some(card.network),
            display_name: card.display_name,
            kind: card.kind,
        },
        now: jiff::Timestamp::from_second(now).unwrap_or_default(),
        transaction_id: None,
        application_data: None,
    };
    let token = pki.mint(&mint).map_err(|error| not_possible(&error.to_string()))?;
    let payment_data = token.get("paymentData").cloned().unwrap_or_default();
    let id = payment_data.pointer("/header/transactionId").and_then(Value::as_str);
    let id = id.unwrap_or_default().to_lowercase();
    let card = card.name.to_owned();
    let customer = sheet.customer.clone();
    world.minted.insert(id, Minted { card, customer, amount, currency, payment_data });
    Ok(token)
}
