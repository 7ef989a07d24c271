//! The payment sheet: what a device does with a payment request, observed on devices
//! (spec/apple-protocol §6.3). It calls the addresses in the message by itself, with two headers and
//! nothing that says who it is; the gateway's is the session's `initiativeContext`.

pub(crate) mod amount;
mod call;
mod gateway;
mod mint;
mod opening;
mod update;
pub(crate) mod wallet;

use serde_json::{Map, Value, json};

pub(crate) use self::mint::Minted;
use super::roster::{self, DeviceError};
use crate::model::{Choices, OpenSheet, Pay, Repeat, Sheet, SheetCall, SheetState, Tricks};
use crate::world::{State, World};

/// Most identical calls made at once.
const MOST_COPIES: usize = 100;

/// A sheet, and what the customer does not see of it.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) sheet: Sheet,
    /// `endpoints` of the message.
    endpoints: Map<String, Value>,
    /// `merchantSession`.
    session: Value,
    /// `merchant.…`
    merchant: String,
    /// `paymentToken` of the latest call of the gateway.
    token: Option<Value>,
}

/// A step of a sheet: its name, and the member of `endpoints` with its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    PaymentMethod,
    ShippingContact,
    ShippingMethod,
    OrderTracking,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::PaymentMethod => "paymentMethodUpdate",
            Self::ShippingContact => "shippingContactUpdate",
            Self::ShippingMethod => "shippingMethodUpdate",
            Self::OrderTracking => "orderTracking",
        }
    }

    const fn endpoint(self) -> &'static str {
        match self {
            Self::PaymentMethod => "paymentMethodUpdateUrl",
            Self::ShippingContact => "shippingContactUpdateUrl",
            Self::ShippingMethod => "shippingMethodUpdateUrl",
            Self::OrderTracking => "orderTrackingUrl",
        }
    }
}

/// What the gateway's step is called.
const GATEWAY: &str = "paymentGateway";

impl Held {
    /// Where a step goes; `None` where the message does not say.
    fn url(&self, step: Step) -> Option<String> {
        let url = self.endpoints.get(step.endpoint())?.as_str()?;
        (!url.is_empty()).then(|| url.to_owned())
    }

    /// What every call says, with this `payment`.
    fn body(&self, payment: &Value) -> Value {
        // The documents write "1.0", devices the number.
        json!({
            "requestIdentifier": self.sheet.request_identifier, "version": 1, "payment": payment,
        })
    }

    /// The way of delivery chosen, as devices write it.
    fn shipping_method(&self) -> Option<Value> {
        let chosen = self.sheet.shipping_method.as_deref()?;
        let methods = &self.sheet.shipping_methods;
        let method = methods.iter().find(|it| it.get("identifier") == Some(&json!(chosen)))?;
        let text = |name: &str| method.get(name).and_then(Value::as_str).unwrap_or_default();
        Some(json!({
            "identifier": chosen, "label": text("label"), "detail": text("detail"),
            "amount": amount::rewritten(text("amount")), "type": "Final",
        }))
    }
}

/// Pays what a message asks for, from the first tap to the reply.
pub(crate) async fn pay(state: &State, name: &str, pay: Pay) -> Result<Sheet, DeviceError> {
    let message = OpenSheet { business_id: pay.business_id, message_id: pay.message_id };
    let sheet = open(state, name, &message).await?;
    let sheet = choose(state, name, &sheet.id, pay.choices).await?;
    if sheet.state != SheetState::Open {
        return Ok(sheet);
    }
    authorize(state, name, &sheet.id, pay.tricks).await
}

/// Opens the sheet of a message. The device asks at once what the first card and the first contact
/// cost.
pub(crate) async fn open(
    state: &State,
    name: &str,
    message: &OpenSheet,
) -> Result<Sheet, DeviceError> {
    let held = state.change(|world| opening::open(world, name, message))?;
    let id = held.sheet.id.clone();
    if held.sheet.state == SheetState::Open {
        update::tell(state, &id, Step::PaymentMethod).await;
        if held.sheet.shipping_contact.is_some() {
            update::tell(state, &id, Step::ShippingContact).await;
        }
    }
    show(state, name, &id)
}

/// Makes choices in an open sheet, one after the other, and asks what each costs.
pub(crate) async fn choose(
    state: &State,
    name: &str,
    id: &str,
    choices: Choices,
) -> Result<Sheet, DeviceError> {
    let change = |change: &dyn Fn(&mut Sheet) -> Result<(), DeviceError>| {
        state.change(|world| {
            let held = find(world, name, id)?;
            is_open(&held.sheet)?;
            change(&mut held.sheet)
        })
    };
    if let Some(card) = choices.card {
        change(&|sheet| {
            if !sheet.cards.contains(&card) {
                return Err(not_possible(&format!("the merchant does not take '{card}'")));
            }
            sheet.card = Some(card.clone());
            Ok(())
        })?;
        update::tell(state, id, Step::PaymentMethod).await;
    }
    if let Some(contact) = choices.billing_contact {
        known_contact(&contact)?;
        change(&|sheet| {
            sheet.billing_contact = Some(contact.clone());
            // There is no call to ask whether it will do.
            sheet.errors.retain(|it| it.get("code") != Some(&json!("billingContactInvalid")));
            Ok(())
        })?;
    }
    if let Some(contact) = choices.shipping_contact {
        known_contact(&contact)?;
        change(&|sheet| {
            sheet.shipping_contact = Some(contact.clone());
            Ok(())
        })?;
        update::tell(state, id, Step::ShippingContact).await;
    }
    if let Some(method) = choices.shipping_method {
        change(&|sheet| {
            let known = |it: &Value| it.get("identifier") == Some(&json!(method));
            if !sheet.shipping_methods.iter().any(known) {
                return Err(not_possible(&format!("there is no shipping method '{method}'")));
            }
            sheet.shipping_method = Some(method.clone());
            Ok(())
        })?;
        update::tell(state, id, Step::ShippingMethod).await;
    }
    show(state, name, id)
}

/// Pays with what is chosen.
pub(crate) async fn authorize(
    state: &State,
    name: &str,
    id: &str,
    tricks: Tricks,
) -> Result<Sheet, DeviceError> {
    gateway::authorize(state, name, id, tricks).await?;
    show(state, name, id)
}

/// Closes a sheet without paying.
pub(crate) fn cancel(state: &State, name: &str, id: &str) -> Result<Sheet, DeviceError> {
    state.change(|world| {
        let held = find(world, name, id)?;
        if held.sheet.state == SheetState::Open {
            held.sheet.state = SheetState::Cancelled;
        }
        Ok(held.sheet.clone())
    })
}

/// Makes an earlier call again, and gives what was answered.
pub(crate) async fn repeat(
    state: &State,
    name: &str,
    id: &str,
    repeat: Repeat,
) -> Result<Vec<SheetCall>, DeviceError> {
    let step = repeat.step.unwrap_or_else(|| GATEWAY.to_owned());
    let earlier = state.change(|world| {
        let held = find(world, name, id)?;
        let calls = held.sheet.calls.iter().rev();
        let earlier = calls.into_iter().find(|it| it.step == step).cloned();
        earlier.ok_or_else(|| not_possible(&format!("there was no call of '{step}'")))
    })?;
    let mut body = earlier.request.clone();
    if let (Some(other), Some(body)) = (repeat.request_identifier, body.as_object_mut()) {
        body.insert("requestIdentifier".to_owned(), json!(other));
    }
    let url = repeat.url.unwrap_or(earlier.url);
    let copies = repeat.copies.unwrap_or(1).clamp(1, MOST_COPIES);
    let calls = (0..copies).map(|_| {
        let call =
            call::Outgoing { step: &step, url: &url, body: &body, headers: &[], patience: None };
        call::post(state, call)
    });
    Ok(futures_util::future::join_all(calls).await)
}

/// A sheet as it stands.
pub(crate) fn show(state: &State, name: &str, id: &str) -> Result<Sheet, DeviceError> {
    state.change(|world| Ok(find(world, name, id)?.sheet.clone()))
}

/// The sheets of a customer, oldest first.
pub(crate) fn list(world: &World, name: &str) -> Vec<Sheet> {
    world.sheets.iter().map(|it| &it.sheet).filter(|it| it.customer == name).cloned().collect()
}

fn find<'w>(world: &'w mut World, name: &str, id: &str) -> Result<&'w mut Held, DeviceError> {
    roster::find(world, name)?;
    let mut sheets = world.sheets.iter_mut();
    sheets
        .find(|it| it.sheet.id == id && it.sheet.customer == name)
        .ok_or_else(|| DeviceError::NoSuchSheet(id.to_owned()))
}

fn is_open(sheet: &Sheet) -> Result<(), DeviceError> {
    if sheet.state == SheetState::Open { Ok(()) } else { Err(not_possible("the sheet is gone")) }
}

fn known_contact(name: &str) -> Result<(), DeviceError> {
    let known = wallet::contact_named(name).is_some();
    if known { Ok(()) } else { Err(not_possible(&format!("there is no contact '{name}'"))) }
}

fn not_possible(why: &str) -> DeviceError {
    DeviceError::NotAnswerable(why.to_owned())
}
