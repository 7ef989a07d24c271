//! A card from an opened token, for a business's own server.

use amb_protocol::apple_pay::token::CardData;
use amb_service::port::PspOrder;
use serde_json::json;

/// The body of `POST {url}` with `card` where others have `token`.
pub(super) fn authorization(order: &PspOrder, card: &CardData) -> String {
    let mut body = json!({
        "key": order.key,
        "payment": order.payment,
        "reference": order.reference,
        "attempt": order.attempt,
        "merchant": order.merchant,
        "amount": order.amount.to_decimal(order.currency),
        "currency": order.currency,
        "card": {
            "number": card.number(),
            "expiryMonth": format!("{:02}", card.expiry_month()),
            "expiryYear": card.expiry_year().to_string(),
            "cryptogram": card.cryptogram(),
        },
    });
    if let Some(reference) = &order.order_reference {
        body["orderReference"] = json!(reference);
    }
    if let Some(billing) = &order.billing {
        body["billing"] = json!(billing);
    }
    if let Some(eci) = card.eci() {
        body["card"]["eci"] = json!(eci);
    }
    body.to_string()
}
