//! What the tests share.

mod attachments;
mod content;
mod faults;
mod forms;
mod hostile;
mod payment;
mod vectors;
mod wire;

use serde_json::{Value, json};

use super::*;
use crate::attachment::Entry;

/// A PNG of one pixel.
pub(crate) const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// The identifier that stands for a drawn one.
pub(crate) const DRAWN: &str = "c0ffee00-0000-4000-8000-00000000000d";

/// A file that Apple has.
pub(crate) fn entry() -> Entry {
    Entry {
        name: "receipt.pdf".into(),
        mime_type: "application/pdf".into(),
        size: 48_213,
        key: format!("00{}", "5a".repeat(32)),
        url: "https://p99-content.example.com/M9A1.C01".into(),
        owner: "M9A1.C01".into(),
        signature: "gSIzRFVmd4iZqrvM3e7/ABEiM0RV".into(),
    }
}

/// Composes by a pack.
pub(crate) fn compose_by(
    pack: &str,
    kind: ContentType,
    content: &Value,
    truncate: bool,
) -> Result<Composed, Vec<Fault>> {
    let request_identifier = RequestIdentifier::parse(DRAWN).unwrap();
    let pack = RulePack::named(pack).unwrap();
    let merchant = MerchantDefaults::sample();
    let how = Composing {
        pack,
        truncate,
        request_identifier: &request_identifier,
        merchant: Some(&merchant),
    };
    let composed = compose(kind, content, "/content", &how);
    if let Err(faults) = &composed {
        assert_sound(faults, content, pack);
    }
    composed
}

/// Composes by the pack in force.
pub(crate) fn composed(kind: ContentType, content: &Value) -> Composed {
    compose_by("apple-2026-08", kind, content, false).unwrap()
}

/// The faults by the pack in force: pointer and rule.
pub(crate) fn faults(kind: ContentType, content: &Value) -> Vec<(String, &'static str)> {
    short(&compose_by("apple-2026-08", kind, content, false).unwrap_err())
}

/// Pointer and rule.
pub(crate) fn short(faults: &[Fault]) -> Vec<(String, &'static str)> {
    faults.iter().map(|fault| (fault.pointer.clone(), fault.rule)).collect()
}

/// Every fault names a rule of the pack and a place that is there, or the parent of one.
pub(crate) fn assert_sound(faults: &[Fault], content: &Value, pack: &RulePack) {
    assert!((1..=100).contains(&faults.len()), "{}", faults.len());
    let request = json!({"content": content});
    for fault in faults {
        assert!(pack.rule(fault.rule).is_some(), "{} is not in {}", fault.rule, pack.name());
        let parent = fault.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        assert!(request.pointer(parent).is_some(), "{} is nowhere", fault.pointer);
    }
}

/// The message as it would leave: every need filled with something small.
pub(crate) fn filled(draft: &Draft) -> Value {
    let mut body = Value::Object(draft.body.clone());
    for need in &draft.needs {
        match need {
            Need::Image(image) => {
                let place = body.pointer_mut(&image.pointer);
                *place.unwrap_or_else(|| panic!("{} is nowhere", image.pointer)) = json!(PNG);
            }
            Need::File(file) => file.fill(body.as_object_mut().unwrap(), entry()),
            Need::Payment(_) => leaving(&mut body),
            Need::Preview { url } | Need::AppClip { url, .. } => {
                let link = &mut body["richLinkData"];
                if link.get("title").is_none() {
                    link["title"] = json!(RichLink::fallback_title(url));
                }
            }
        }
    }
    body
}

/// Session and addresses as they are filled in when a payment leaves.
pub(crate) fn leaving(body: &mut Value) {
    let gateway = "https://pay.example.com/pay/p/gateway";
    let session = json!({"epochTimestamp": 1_760_000_000_000_u64, "expiresAt": 1_760_000_300_000_u64,
        "merchantSessionIdentifier": "PSHmadeup", "merchantIdentifier": "AABB00",
        "displayName": "Example Shop", "initiative": "messaging", "initiativeContext": gateway});
    let session = serde_json::value::to_raw_value(&session).unwrap();
    let payment_gateway_url = Some(gateway.to_owned());
    let endpoints = PaymentEndpoints { payment_gateway_url, ..PaymentEndpoints::default() };
    PendingPayment::fill(body.as_object_mut().unwrap(), &session, &endpoints).unwrap();
}

/// Composes, and sends it past Apple's own check.
pub(crate) fn sent(kind: ContentType, content: &Value) -> Value {
    let message = filled(&composed(kind, content).draft);
    assert_eq!(short(&check_wire(&message, RulePack::latest())), []);
    message
}
