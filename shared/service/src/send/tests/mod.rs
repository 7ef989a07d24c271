//! Sending, over a world in memory.

mod bounds;
mod checks;
mod devices;
mod files;
mod large;
mod payments;
mod says;

use serde_json::{Value, json};

use super::{Check, Send, Sent, Verdict};
use crate::{
    access::Principal,
    memory::{Memory, drive},
    model::{
        Business, BusinessStatus, Choice, ConversationState, ConversationStatus, Mode,
        OutboundContent, OutboundMessage, Scope, TenantId,
    },
    problem::Problem,
};
use amb_protocol::id::{BusinessId, OpaqueId};

const BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002";
const CUSTOMER: &str = "urn:mbid:AQAAY1madeUpOpaque01=";
const NUMBER: &str = "tel:+12025550100";

/// A world with one business, and one customer on a device that can show everything.
pub(super) struct World {
    pub(super) memory: Memory,
    scopes: Vec<Scope>,
}

impl World {
    pub(super) fn new() -> Self {
        let world = Self { memory: Memory::new(3), scopes: vec![Scope::Send] };
        let mut inner = world.memory.world();
        let business = Business {
            id: business(),
            tenant: tenant(),
            name: "Example Shop".into(),
            mode: Mode::Live,
            status: BusinessStatus::Active,
            created_at: inner.now,
        };
        inner.businesses.insert(business.id.clone(), business);
        drop(inner);
        world.device("AUTH2,FORM,LIST,QUICK,TIME");
        world
    }

    /// The same for a key with these scopes.
    pub(super) fn with_scopes(scopes: &[Scope]) -> Self {
        Self { scopes: scopes.to_vec(), ..Self::new() }
    }

    /// The customer's device can show so much.
    pub(super) fn device(&self, list: &str) {
        let mut inner = self.memory.world();
        let opaque = OpaqueId::parse(CUSTOMER).unwrap();
        let mut begun = ConversationState::new(tenant(), business(), opaque, inner.now);
        begun.revision = 1;
        let state = inner.conversations.entry((tenant(), begun.id.clone())).or_insert(begun);
        state.capabilities = list.split(',').map(str::to_owned).collect();
        state.locale = Some("de_DE".into());
    }

    /// The customer leaves.
    pub(super) fn close(&self) {
        for state in self.memory.world().conversations.values_mut() {
            state.close();
        }
    }

    pub(super) fn conversation(&self, to: &str) -> Option<ConversationState> {
        let inner = self.memory.world();
        inner.conversations.values().find(|state| state.opaque.as_str() == to).cloned()
    }

    fn principal(&self) -> Principal {
        let scopes = self.scopes.iter().copied().collect();
        Principal { tenant: tenant(), mode: Some(Mode::Live), scopes }
    }

    pub(super) fn send_as(&self, key: &str, body: &[u8]) -> Result<Sent, Problem> {
        let w = || self.memory.clone();
        let send = Send::new(w(), w(), w(), w());
        drive(send.send(&self.principal(), Some(key), body)).unwrap()
    }

    pub(super) fn send(&self, body: &Value) -> Result<Sent, Problem> {
        self.send_as("key-1", body.to_string().as_bytes())
    }

    pub(super) fn check(&self, body: &Value) -> Result<Verdict, Problem> {
        let w = || self.memory.clone();
        let check = Check::new(w(), w(), w(), w());
        drive(check.check(&self.principal(), body.to_string().as_bytes())).unwrap()
    }

    /// The one message that was committed.
    pub(super) fn row(&self) -> OutboundMessage {
        let inner = self.memory.world();
        let rows: Vec<_> = inner.outbound.values().cloned().collect();
        let [row] = rows.as_slice() else { panic!("{} messages", rows.len()) };
        row.clone()
    }

    pub(super) fn choices(&self) -> Vec<Choice> {
        match self.row().content {
            OutboundContent::Choices { choices } => choices,
            other => panic!("{other:?}"),
        }
    }
}

fn tenant() -> TenantId {
    TenantId::parse("ten_aaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap()
}

fn business() -> BusinessId {
    BusinessId::parse(BUSINESS).unwrap()
}

/// A request to the customer.
pub(super) fn request(kind: &str, content: &Value) -> Value {
    json!({ "from": BUSINESS, "to": CUSTOMER, "type": kind, "content": content })
}

/// A request to the customer with one fallback.
pub(super) fn with_fallback(kind: &str, content: &Value, other: &str, says: &Value) -> Value {
    let mut body = request(kind, content);
    body["fallback"] = json!([{ "type": other, "content": says }]);
    body
}

/// Minimal content that is right.
pub(super) fn good(kind: &str) -> Value {
    match kind {
        "text" => json!({ "text": "Hello" }),
        "richLink" => json!({ "url": "https://shop.example.com/desk", "title": "Desk" }),
        "quickReply" => json!({
            "summaryText": "How did we do?",
            "items": [{ "title": "Good" }, { "title": "Not good" }],
        }),
        "listPicker" => json!({
            "sections": [{ "title": "Desks", "items": [{ "title": "Walnut" }, { "title": "Oak" }] }],
            "receivedMessage": { "title": "Choose a desk" },
        }),
        "timePicker" => json!({
            "event": {
                "title": "Delivery",
                "timeslots": [{ "startTime": "2026-12-01T14:00+0000", "duration": 1800 }],
            },
            "receivedMessage": { "title": "Choose a time" },
        }),
        "form" => json!({
            "startPageIdentifier": "note",
            "pages": [{
                "pageIdentifier": "note", "type": "input", "title": "Note", "subtitle": "What is wrong?",
                "submitForm": true, "options": { "required": true },
            }],
            "receivedMessage": { "title": "Return" },
        }),
        "iMessageApp" => json!({
            "appId": 1_000_000_001, "appName": "Desk Planner", "appIcon": { "data": PNG },
            "bid": "com.apple.messages.MSMessageExtensionBalloonPlugin:ABCDE12345:com.example.desk",
            "URL": "?plan=1", "receivedMessage": { "title": "Plan your desk" },
        }),
        "appClip" => json!({ "url": "https://shop.example.com/clip" }),
        "invitation" => json!({
            "templateId": "binaryChoice.engage.noImage", "referenceId": "order-1001",
            "parameters": { "brandName": "Example Shop" },
        }),
        "payment" => json!({
            "currencyCode": "USD",
            "lineItems": [{ "label": "Desk", "amount": "199.00" }],
            "shippingMethods": [{
                "identifier": "std", "label": "Standard", "detail": "3 days", "amount": "4.99",
            }],
        }),
        "raw" => json!({ "apple": { "type": "text", "body": "Hello" } }),
        _ => panic!("{kind}"),
    }
}

/// A picture of one pixel.
pub(super) const PNG: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// JSON Pointers and rules of a refusal.
pub(super) fn faults(problem: &Problem) -> Vec<(&str, &str)> {
    problem.errors.iter().map(|fault| (fault.pointer.as_str(), fault.rule)).collect()
}

#[test]
fn an_open_conversation_takes_it_and_a_closed_one_does_not() {
    let world = World::new();
    let sent = world.send(&request("text", &good("text"))).unwrap();
    assert_eq!((sent.kind, sent.replayed), ("text", false));
    assert_eq!(world.row().content, OutboundContent::Text { text: "Hello".into() });
    world.close();
    // What was taken before the customer left is still the answer.
    assert!(world.send(&request("text", &good("text"))).unwrap().replayed);
    let refused = world.send_as("key-2", request("text", &good("text")).to_string().as_bytes());
    assert_eq!(refused.unwrap_err().code, "conversation_closed");
}

#[test]
fn an_invitation_starts_a_conversation_and_nothing_else_does() {
    let world = World::new();
    let mut body = request("invitation", &good("invitation"));
    body["to"] = json!(NUMBER);
    let sent = world.send(&body).unwrap();
    assert_eq!(sent.kind, "invitation");
    let state = world.conversation(NUMBER).unwrap();
    assert_eq!((state.revision, state.seq, state.lane.len()), (1, 1, 1));
    assert_eq!(state.status, ConversationStatus::Open);
    world.close();
    let again = world.send_as("key-2", body.to_string().as_bytes());
    assert_eq!(again.unwrap_err().code, "conversation_closed");
    let mut body = request("text", &good("text"));
    body["to"] = json!("tel:+12025550199");
    let refused = world.send_as("key-3", body.to_string().as_bytes());
    assert_eq!(refused.unwrap_err().code, "no_conversation");
}
