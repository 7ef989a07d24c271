//! A message on the customer's phone.

use http::StatusCode;
use serde_json::Value;

use super::envelope::Message;
use super::{Refusal, references};
use crate::apple::content;
use crate::business;
use crate::host;
use crate::model::{ConversationState, Customer, Direction, Entry, EntryState, GatewayCall, Hops};
use crate::phone::roster;
use crate::world::World;

/// The last check and the effect, in one step: 404 or 410, or the message is on the phone. Gives
/// the answer's JSON, if it has any.
pub(super) fn put_on_phone(
    world: &mut World,
    message: &Message,
    call: &GatewayCall,
) -> Result<Option<Value>, Refusal> {
    let customer = recipient(world, message)?;
    content::check(world, &call.body)?;
    let body = references::resolve(world, &call.body)?;
    let answer = references::hand_out(world, message, call);

    let conversation = roster::conversation(world, &customer, &message.from);
    // Any message ends the dots, as on a phone.
    conversation.business_typing = message.kind == "typing_start";
    if message.kind == "typing_start" || message.kind == "typing_end" {
        return Ok(None);
    }
    let text = call.text("body").map(str::to_owned);
    let business_sent = business::sent_at(world, &message.id, &message.to, text.as_deref());
    world.add_entry(Entry {
        seq: 0,
        id: message.id.clone(),
        direction: Direction::FromBusiness,
        business_id: message.from.clone(),
        message_type: message.kind.clone(),
        text,
        title: title(&body),
        state: EntryState::Shown,
        bot: call.headers.get("auto-reply").is_some_and(|value| value == "true"),
        not_showable: needs(&body).is_some_and(|token| {
            !customer.capabilities.iter().any(|it| it.eq_ignore_ascii_case(token))
        }),
        customer: customer.name,
        message: body,
        hops: Hops {
            business_sent,
            apple_accepted: Some(call.at),
            shown_on_phone: Some(host::now_ms()),
            ..Hops::default()
        },
    });
    Ok(answer)
}

/// Whom the message may reach: somebody who wrote and did not leave, or for an invitation a number
/// whose owner did not opt out.
fn recipient(world: &mut World, message: &Message) -> Result<Customer, Refusal> {
    let gone = || Refusal(StatusCode::GONE, "customer left the conversation".to_owned());
    let unknown = || Refusal(StatusCode::NOT_FOUND, "No device registrations for user".to_owned());
    if message.number().is_some() && !message.is_invitation {
        // Wrong headers look like an opt-out, as MSPs have learned.
        return Err(gone());
    }
    let customer = message.customer(world).ok_or_else(unknown)?.clone();
    let state = world.conversation_mut(&customer.name, &message.from).map(|it| it.state);
    match state {
        Some(ConversationState::Closed) => Err(gone()),
        Some(ConversationState::Open) => Ok(customer),
        Some(ConversationState::New) | None if message.is_invitation => Ok(customer),
        Some(ConversationState::New) | None => Err(unknown()),
    }
}

/// The token a device must have to show it.
fn needs(message: &Value) -> Option<&'static str> {
    let data = message.pointer("/interactiveData/data")?;
    let version = data.get("version").and_then(Value::as_str).unwrap_or_default();
    let sign_in = if version.starts_with('2') { "AUTH2" } else { "AUTH" };
    [
        ("quick-reply", "QUICK"),
        ("listPicker", "LIST"),
        ("event", "TIME"),
        ("dynamic", "FORM"),
        ("authenticate", sign_in),
    ]
    .into_iter()
    .find(|(feature, _)| data.get(feature).is_some())
    .map(|(_, token)| token)
}

/// What the bubble says.
fn title(message: &Value) -> Option<String> {
    [
        "/interactiveData/receivedMessage/title",
        "/interactiveData/data/receivedMessage/title",
        "/interactiveData/data/quick-reply/summaryText",
        "/interactiveData/data/notification/parameters/brandName",
        "/richLinkData/title",
    ]
    .into_iter()
    .find_map(|pointer| message.pointer(pointer)?.as_str())
    .map(str::to_owned)
}
