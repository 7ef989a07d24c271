//! What every message carries twice: in its body and in its headers.

use http::HeaderMap;
use serde_json::Value;

use super::{Refusal, bad_request};
use crate::host;
use crate::model::Customer;
use crate::world::World;

/// How a destination that is a phone number begins.
const NUMBER: &str = "tel:";

/// A message that is complete and agrees with its headers.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) from: String,
    pub(super) to: String,
    /// `message-type: notification`.
    pub(super) is_invitation: bool,
    /// `include-data-ref: true`.
    pub(super) wants_reference: bool,
}

impl Message {
    /// 400 for what is missing or differs.
    pub(super) fn read(body: &Value, headers: &HeaderMap) -> Result<Self, Refusal> {
        let body = body.as_object().ok_or_else(|| bad_request("body is not an object"))?;
        if body.get("v").and_then(Value::as_i64) != Some(1) {
            return Err(bad_request("v is not 1"));
        }
        let property = |name: &str| {
            body.get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .ok_or_else(|| bad_request(format!("required property '{name}' is missing")))
        };
        let says = |name: &str, wanted: &str| {
            headers
                .get(name)
                .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(wanted.as_bytes()))
        };
        let message = Self {
            id: property("id")?,
            kind: property("type")?,
            from: property("sourceId")?,
            to: property("destinationId")?,
            is_invitation: says("message-type", "notification"),
            wants_reference: says("include-data-ref", "true"),
        };
        if !host::is_uuid(&message.id) {
            return Err(bad_request("id is not a UUID"));
        }
        for (name, of_body) in
            [("id", &message.id), ("source-id", &message.from), ("destination-id", &message.to)]
        {
            let of_header = headers
                .get(name)
                .ok_or_else(|| bad_request(format!("required header '{name}' is missing")))?;
            if of_header.as_bytes() != of_body.as_bytes() {
                return Err(bad_request(format!("header '{name}' differs from the body")));
            }
        }
        let has_attachments =
            body.get("attachments").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
        if message.kind == "text" && !has_attachments {
            property("body")?;
        }
        Ok(message)
    }

    /// The phone number it goes to, if it goes to one.
    pub(super) fn number(&self) -> Option<&str> {
        self.to.strip_prefix(NUMBER)
    }

    /// Whom it is for.
    pub(super) fn customer<'w>(&self, world: &'w World) -> Option<&'w Customer> {
        match self.number() {
            Some(number) => world.customer_by_phone(number),
            None => world.customer_by_opaque_id(&self.to),
        }
    }
}
