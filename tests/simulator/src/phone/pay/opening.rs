//! What a device reads out of a payment request before it shows a sheet.

use serde_json::{Map, Value};

use super::{Held, not_possible, wallet};
use crate::apple::pay;
use crate::host;
use crate::model::{OpenSheet, Sheet, SheetState};
use crate::phone::roster::{self, DeviceError};
use crate::world::World;

/// A fresh sheet for a message, entered in the world.
pub(super) fn open(
    world: &mut World,
    name: &str,
    message: &OpenSheet,
) -> Result<Held, DeviceError> {
    roster::find(world, name)?;
    let id = &message.message_id;
    let entry = world
        .business_entry(name, id)
        .filter(|it| message.business_id.as_ref().is_none_or(|id| it.business_id == *id))
        .cloned()
        .ok_or_else(|| DeviceError::NotReceived(name.to_owned(), id.clone()))?;
    let data = entry.message.pointer("/interactiveData/data").unwrap_or(&Value::Null);
    let payment = data.get("payment").and_then(Value::as_object);
    let payment = payment.ok_or_else(|| not_possible("it asks for no payment"))?;
    let at = |pointer: &str| -> &Value {
        let request = payment.get("paymentRequest").unwrap_or(&Value::Null);
        request.pointer(pointer).unwrap_or(&Value::Null)
    };
    let endpoints = payment.get("endpoints").and_then(Value::as_object);
    let endpoints = endpoints.cloned().unwrap_or_default();
    let session = payment.get("merchantSession").cloned().unwrap_or_default();
    let cards = cards(at("/applePay/supportedNetworks"));
    let required = |pointer: &str| texts(at(pointer));
    let (shipping, billing) =
        (required("/requiredShippingContactFields"), required("/requiredBillingContactFields"));
    let home = |fields: &[String]| (!fields.is_empty()).then(|| "home".to_owned());
    let methods = at("/shippingMethods").as_array().cloned().unwrap_or_default();
    let first = methods.first().and_then(|it| it.get("identifier")?.as_str());
    let state = state(world, payment, &endpoints, &session, &cards);
    let web = |it: &&str| it.starts_with("https://") || it.starts_with("http://");
    let sheet = Sheet {
        id: host::new_uuid(),
        customer: name.to_owned(),
        business_id: entry.business_id.clone(),
        message_id: entry.id.clone(),
        request_identifier: text(data.get("requestIdentifier")),
        state,
        merchant_name: text(session.get("displayName").or(Some(at("/merchantName")))),
        currency: text(Some(at("/currencyCode"))),
        lines: at("/lineItems").as_array().cloned().unwrap_or_default(),
        total: at("/total").clone(),
        shipping_method: first.map(str::to_owned),
        shipping_methods: methods,
        shipping_contact: home(&shipping),
        billing_contact: home(&billing),
        required_shipping: shipping,
        required_billing: billing,
        card: cards.first().cloned(),
        cards,
        errors: Vec::new(),
        fallback_url: endpoints
            .get("fallbackUrl")
            .and_then(Value::as_str)
            .filter(web)
            .map(str::to_owned),
        calls: Vec::new(),
        reply_id: None,
    };
    let merchant = text(Some(at("/applePay/merchantIdentifier")));
    let held = Held { sheet, endpoints, session, merchant, token: None };
    world.sheets.push(held.clone());
    Ok(held)
}

/// What the bubble is: `valid`, or why it is not.
fn state(
    world: &World,
    payment: &Map<String, Value>,
    endpoints: &Map<String, Value>,
    session: &Value,
    cards: &[String],
) -> SheetState {
    // A business may say it outright.
    match payment.get("state").and_then(Value::as_str) {
        Some("paid") => return SheetState::Paid,
        Some("declined") => return SheetState::Declined,
        Some("expired") => return SheetState::Expired,
        Some("unavailable") => return SheetState::Unavailable,
        Some("setup") => return SheetState::Setup,
        Some("invalid") => return SheetState::Invalid,
        _ => {}
    }
    let bare = |value: Option<&Value>| text(value).trim_end_matches('/').to_owned();
    let context = bare(session.get("initiativeContext"));
    let calls_itself = context == bare(endpoints.get("paymentGatewayUrl"));
    if context.is_empty() || !calls_itself || !pay::session_holds(world, session) {
        return SheetState::Invalid;
    }
    let expires_at = session.get("expiresAt").and_then(Value::as_u64).unwrap_or_default();
    if host::now_ms() >= expires_at {
        return SheetState::Expired;
    }
    if cards.is_empty() { SheetState::Setup } else { SheetState::Open }
}

/// The names of the cards whose network is taken; senders differ in how they spell it.
fn cards(networks: &Value) -> Vec<String> {
    let networks = texts(networks);
    let is_taken =
        |card: &&wallet::Card| networks.iter().any(|it| it.eq_ignore_ascii_case(card.accepted_as));
    wallet::CARDS.iter().filter(is_taken).map(|it| it.name.to_owned()).collect()
}

fn texts(array: &Value) -> Vec<String> {
    let items = array.as_array().into_iter().flatten();
    items.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}
