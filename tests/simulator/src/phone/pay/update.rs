//! The three update steps: the device says what was chosen and shows what it is answered. Without an
//! address it keeps its totals and says nothing; an answer that it cannot use ends the sheet.

use serde_json::{Map, Value, json};

use super::{Held, Step, call, wallet};
use crate::apple::pay;
use crate::model::{SheetCall, SheetState};
use crate::world::State;

/// The codes that devices know; they drop an error with another.
const KNOWN_CODES: [&str; 4] =
    ["shippingContactInvalid", "billingContactInvalid", "addressUnserviceable", "unknown"];

/// Tells one step, as far as the sheet is still there and the message has an address for it.
pub(super) async fn tell(state: &State, id: &str, step: Step) {
    let asked = state.read(|world| {
        let held = world.sheets.iter().find(|it| it.sheet.id == id)?;
        if held.sheet.state != SheetState::Open {
            return None;
        }
        Some((held.url(step)?, held.body(&payment(held, step)?)))
    });
    let Some((url, body)) = asked else { return };
    let step = step.name();
    let out = call::Outgoing { step, url: &url, body: &body, headers: &[], patience: None };
    let call = call::post(state, out).await;
    state.change(|world| {
        let Some(index) = world.sheets.iter().position(|it| it.sheet.id == id) else { return };
        // A session that comes along has to be one.
        let renewed = call.answer.get("merchantSession").filter(|it| it.is_object());
        let is_session = renewed.is_none_or(|it| pay::session_holds(world, it));
        if let Some(held) = world.sheets.get_mut(index) {
            apply(held, &call, is_session);
            held.sheet.calls.push(call);
        }
    });
}

/// What a step says.
fn payment(held: &Held, step: Step) -> Option<Value> {
    let sheet = &held.sheet;
    match step {
        Step::PaymentMethod => {
            let card = wallet::card_named(sheet.card.as_deref()?)?;
            Some(json!({"paymentMethod": {"type": card.kind}}))
        }
        Step::ShippingContact => {
            let contact = wallet::contact_named(sheet.shipping_contact.as_deref()?)?;
            Some(json!({"shippingContact": wallet::redacted(&contact)}))
        }
        Step::ShippingMethod => Some(json!({"shippingMethod": held.shipping_method()?})),
        Step::OrderTracking => None,
    }
}

/// Shows what was answered.
fn apply(held: &mut Held, call: &SheetCall, is_session: bool) {
    let sheet = &mut held.sheet;
    let Some(answer) = call.answer.as_object().filter(|_| call.error.is_none()) else {
        sheet.state = SheetState::Unavailable;
        return;
    };
    if let Some(session) = answer.get("merchantSession").filter(|it| it.is_object()) {
        let merchant = |it: &Value| it.get("merchantIdentifier").cloned();
        if !is_session || merchant(session) != merchant(&held.session) {
            sheet.state = SheetState::Invalid;
            return;
        }
        held.session = session.clone();
    }
    if let Some(endpoints) = answer.get("endpoints").and_then(Value::as_object) {
        held.endpoints.clone_from(endpoints);
    }
    if let Some(lines) = answer.get("newLineItems").and_then(Value::as_array) {
        sheet.lines.clone_from(lines);
    }
    if let Some(total) = answer.get("newTotal").filter(|it| it.is_object()) {
        sheet.total = total.clone();
    }
    if let Some(methods) = answer.get("newShippingMethods").and_then(Value::as_array) {
        sheet.shipping_methods.clone_from(methods);
        let identifier = |it: &Value| Some(it.get("identifier")?.as_str()?.to_owned());
        let still_there = methods.iter().any(|it| identifier(it) == sheet.shipping_method);
        if !still_there {
            sheet.shipping_method = methods.first().and_then(identifier);
        }
    }
    sheet.errors = errors(answer);
}

/// The errors that a device shows.
pub(super) fn errors(answer: &Map<String, Value>) -> Vec<Value> {
    let known = |it: &&Value| {
        it.get("code").and_then(Value::as_str).is_some_and(|code| KNOWN_CODES.contains(&code))
    };
    let errors = answer.get("errors").and_then(Value::as_array).into_iter().flatten();
    errors.filter(known).cloned().collect()
}
