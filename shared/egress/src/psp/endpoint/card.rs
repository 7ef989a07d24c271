//! A card from an opened token, for a business's own server.

use amb_protocol::{
    apple_pay::{Region, token::CardData},
    money::Currency,
};
use amb_service::port::PspOrder;
use serde::Serialize;

/// The body of `POST {url}` with `card` where others have `token`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authorization<'a> {
    key: &'a str,
    payment: &'a str,
    reference: &'a str,
    attempt: u32,
    merchant: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_reference: Option<&'a str>,
    amount: String,
    currency: Currency,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing: Option<&'a Region>,
    card: Card<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Card<'a> {
    number: &'a str,
    expiry_month: String,
    expiry_year: String,
    cryptogram: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    eci: Option<&'a str>,
}

pub(super) fn authorization(order: &PspOrder, card: &CardData) -> Option<String> {
    serde_json::to_string(&Authorization {
        key: &order.key,
        payment: order.payment.as_str(),
        reference: &order.reference,
        attempt: order.attempt,
        merchant: order.merchant.as_str(),
        order_reference: order.order_reference.as_deref(),
        amount: order.amount.to_decimal(order.currency),
        currency: order.currency,
        billing: order.billing.as_ref(),
        card: Card {
            number: card.number(),
            expiry_month: format!("{:02}", card.expiry_month()),
            expiry_year: card.expiry_year().to_string(),
            cryptogram: card.cryptogram(),
            eci: card.eci(),
        },
    })
    .ok()
}
