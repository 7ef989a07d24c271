//! Apple's messages as JSON (Apple, Common Specifications).

use serde_json::{Value, json};

use crate::{
    canary::CANARY,
    vectors::{BUSINESS, CUSTOMER, MESSAGE},
};

/// A text from [`CUSTOMER`] to [`BUSINESS`] whose words hold the canary.
pub fn text() -> Value {
    json!({
        "v": 1, "type": "text", "id": MESSAGE, "sourceId": CUSTOMER, "destinationId": BUSINESS,
        "locale": "en_US", "intent": format!("intent-{CANARY}"), "group": format!("group-{CANARY}"),
        "body": format!("words-{CANARY} 👋"),
    })
}

/// The text with one member more, or another value of it.
pub fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut message = text();
    message[name] = value.into();
    message
}

/// The text without one member.
pub fn without(name: &str) -> Value {
    let mut message = text();
    message.as_object_mut().expect("a message is an object").remove(name);
    message
}

/// The text with more members, raw, behind its own: what no [`Value`] can hold.
pub fn text_and(more: &str) -> Vec<u8> {
    let message = text().to_string();
    let open = message.strip_suffix('}').expect("an object ends with a brace");
    format!("{open},{more}}}").into_bytes()
}

/// The text that carries these bytes, sound JSON or not, as the value of a member nobody reads.
pub fn text_around(value: &[u8]) -> Vec<u8> {
    let message = text().to_string();
    let open = message.strip_suffix('}').expect("an object ends with a brace");
    [open.as_bytes(), br#","future":"#, value, b"}"].concat()
}

/// A message of this type with nothing but what every message has.
pub fn bare(kind: &str) -> Value {
    json!({"v": 1, "type": kind, "id": MESSAGE, "sourceId": CUSTOMER, "destinationId": BUSINESS})
}

/// The id of the n-th of many messages.
pub fn nth_id(n: u64) -> String {
    format!("5d0b1f2e-7a34-4c1b-9a55-{n:012x}")
}
