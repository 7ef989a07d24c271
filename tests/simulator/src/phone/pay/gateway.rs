//! The last step: the token goes to the gateway, the bill to order tracking, the reply to the business.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{GATEWAY, Held, MOST_COPIES, Step, amount, call, is_open, mint, update, wallet};
use crate::model::{Answer, Reply, SheetCall, SheetState, Tricks};
use crate::phone::reply;
use crate::phone::roster::DeviceError;
use crate::world::State;

/// Words of Apple's that are no success.
const FAILURES: [&str; 7] = [
    "STATUS_FAILURE",
    "STATUS_INVALID_BILLING_POSTAL_ADDRESS",
    "STATUS_INVALID_SHIPPING_POSTAL_ADDRESS",
    "STATUS_INVALID_SHIPPING_CONTACT",
    "STATUS_PIN_REQUIRED",
    "STATUS_PIN_INCORRECT",
    "STATUS_PIN_LOCKOUT",
];

/// Pays with what is chosen, and does what follows.
pub(super) async fn authorize(
    state: &State,
    name: &str,
    id: &str,
    tricks: Tricks,
) -> Result<(), DeviceError> {
    let pki = state.pki();
    let (url, body) = state.change(|world| {
        let held = super::find(world, name, id)?;
        is_open(&held.sheet)?;
        held.sheet.errors.clear();
        let held = held.clone();
        let token = mint::token(world, &pki.tokens, &held, &tricks.token)?;
        let body = request(&held, &token, &tricks);
        let held = super::find(world, name, id)?;
        held.sheet.state = SheetState::Processing;
        held.token = Some(token);
        let context = held.session.get("initiativeContext").and_then(Value::as_str);
        Ok((context.unwrap_or_default().to_owned(), body))
    })?;
    let headers: Vec<_> = tricks.headers.clone().into_iter().collect();
    let patience = tricks.hangs_up_after_ms.map(Duration::from_millis);
    let copies = tricks.copies.unwrap_or(1).clamp(1, MOST_COPIES);
    let calls = (0..copies).map(|_| {
        let out =
            call::Outgoing { step: GATEWAY, url: &url, body: &body, headers: &headers, patience };
        call::post(state, out)
    });
    let calls = futures_util::future::join_all(calls).await;
    let held = state.change(|world| {
        let held = super::find(world, name, id)?;
        if let Some(call) = calls.first() {
            conclude(held, call);
        }
        held.sheet.calls.extend(calls);
        Ok::<_, DeviceError>(held.clone())
    })?;
    if held.sheet.state == SheetState::Paid && tricks.tracks != Some(false) {
        track(state, &held, tricks.tracked_total.as_deref()).await;
    }
    let paid = (held.sheet.state == SheetState::Paid).then(|| "paid".to_owned());
    if let Some(word) = tricks.replies.or(paid).filter(|word| !word.is_empty()) {
        let shown = held.sheet.total.get("amount").and_then(Value::as_str);
        let answer = Answer::Payment { state: word, amount: shown.map(str::to_owned) };
        let entry = reply::reply(state, name, Reply::to(&held.sheet.message_id, answer)).await?;
        state.change(|world| {
            if let Ok(held) = super::find(world, name, id) {
                held.sheet.reply_id = Some(entry.id);
            }
        });
    }
    Ok(())
}

/// The body of the call.
fn request(held: &Held, token: &Value, tricks: &Tricks) -> Value {
    let mut payment = contacts(held);
    payment.insert("paymentToken".to_owned(), token.clone());
    for (name, value) in &tricks.extra {
        if value.is_null() {
            payment.remove(name);
        } else {
            payment.insert(name.clone(), value.clone());
        }
    }
    let mut body = held.body(&Value::Object(payment));
    if let Some(body) = body.as_object_mut() {
        if let Some(version) = &tricks.version {
            body.insert("version".to_owned(), version.clone());
        }
        if let Some(identifier) = &tricks.request_identifier {
            body.insert("requestIdentifier".to_owned(), json!(identifier));
        }
    }
    body
}

/// Contacts, whole by now, and the way of delivery.
fn contacts(held: &Held) -> Map<String, Value> {
    let sheet = &held.sheet;
    let contact = |name: &Option<String>| wallet::contact_named(name.as_deref()?);
    let members = [
        ("billingContact", contact(&sheet.billing_contact)),
        ("shippingContact", contact(&sheet.shipping_contact)),
        ("shippingMethod", held.shipping_method()),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// What the device makes of the gateway's answer: success or not is all it asks. Something to correct
/// keeps the sheet open; an answer without a status it knows is none.
fn conclude(held: &mut Held, call: &SheetCall) {
    let sheet = &mut held.sheet;
    let answer = call.answer.as_object().filter(|_| call.error.is_none());
    let status = answer.and_then(|it| it.get("status")?.as_str()).unwrap_or_default();
    let errors = answer.map(update::errors).unwrap_or_default();
    sheet.state = match status {
        "STATUS_SUCCESS" => SheetState::Paid,
        word if !FAILURES.contains(&word) => SheetState::Unavailable,
        _ if errors.is_empty() => SheetState::Declined,
        _ => SheetState::Open,
    };
    if sheet.state == SheetState::Open {
        sheet.errors = errors;
    }
}

/// Tells what the customer saw; nobody looks at the answer.
async fn track(state: &State, held: &Held, total: Option<&str>) {
    let Some(url) = held.url(Step::OrderTracking) else { return };
    let mut seen = held.sheet.total.clone();
    if let (Some(total), Some(seen)) = (total, seen.as_object_mut()) {
        seen.insert("amount".to_owned(), json!(total));
    }
    // The total is the last of the summary items.
    let items = held.sheet.lines.iter().chain([&seen]).map(summary).collect::<Vec<_>>();
    let mut payment = contacts(held);
    payment.insert("errors".to_owned(), json!([]));
    payment.insert("summaryItems".to_owned(), json!(items));
    let body = held.body(&Value::Object(payment));
    let step = Step::OrderTracking.name();
    let out = call::Outgoing { step, url: &url, body: &body, headers: &[], patience: None };
    let call = call::post(state, out).await;
    state.change(|world| {
        let held = world.sheets.iter_mut().find(|it| it.sheet.id == held.sheet.id);
        if let Some(held) = held {
            held.sheet.calls.push(call);
        }
    });
}

/// A line as devices write it back.
fn summary(line: &Value) -> Value {
    let text = |name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = if text("type").eq_ignore_ascii_case("pending") { "Pending" } else { "Final" };
    json!({"label": text("label"), "amount": amount::rewritten(text("amount")), "type": kind})
}
