//! Messages as the device writes them: the transcript's entry and the webhook that carries it.

use serde_json::{Map, Value, json};

use super::file;
use super::roster::{self, DeviceError};
use crate::apple::webhook::Webhook;
use crate::host;
use crate::model::{
    ConversationState, Customer, Direction, Entry, EntryState, Hops, Send, Signing,
};
use crate::world::World;

/// Writes a text into the transcript and makes its webhook.
pub(super) fn write(
    world: &mut World,
    name: &str,
    send: Send,
) -> Result<(u64, Webhook), DeviceError> {
    let customer = roster::find(world, name)?;
    let business_id = roster::business(world, name, send.business_id)?;
    let conversation = roster::conversation(world, &customer, &business_id);
    conversation.state = ConversationState::Open;
    let intent = send.intent.or(conversation.intent.take());
    let group = send.group.or(conversation.group.take());

    let id = send.id.unwrap_or_else(host::new_uuid);
    let mut message = envelope("text", &id, &customer.opaque_id, &business_id);
    message.insert("locale".to_owned(), json!(customer.locale));
    for (property, value) in [("intent", intent), ("group", group)] {
        if let Some(value) = value {
            message.insert(property.to_owned(), json!(value));
        }
    }
    let text = with_places(send.text, send.attachments.len());
    message.insert("body".to_owned(), json!(text));
    if !send.attachments.is_empty() {
        message.insert("attachments".to_owned(), Value::Array(send.attachments));
    }
    for (property, value) in send.extra {
        if value.is_null() {
            message.remove(&property);
        } else {
            message.insert(property, value);
        }
    }
    let entry = entry(&customer, &business_id, "text", &id, Some(text), message);
    let (seq, webhook) = record(world, &customer, entry);
    let encoding = send.encoding.unwrap_or(webhook.encoding);
    Ok((seq, Webhook { encoding, signing: send.signing, ..webhook }))
}

/// The text with a place for every file.
fn with_places(text: String, files: usize) -> String {
    let missing = files.saturating_sub(text.matches(file::PLACE).count());
    if missing == 0 { text } else { format!("{}{text}", file::PLACE.to_string().repeat(missing)) }
}

/// Writes a `close` into the transcript and makes its webhook.
pub(super) fn write_close(
    world: &mut World,
    customer: &Customer,
    business_id: &str,
) -> (u64, Webhook) {
    let id = host::new_uuid();
    let message = envelope("close", &id, &customer.opaque_id, business_id);
    record(world, customer, entry(customer, business_id, "close", &id, None, message))
}

/// Writes the `close` that turns an invitation down: from the phone number, naming the invitation.
pub(super) fn write_refusal(
    world: &mut World,
    customer: &Customer,
    business_id: &str,
    number: &str,
    reference: &Value,
) -> (u64, Webhook) {
    let id = host::new_uuid();
    let mut message = envelope("close", &id, number, business_id);
    message.insert("referenceIds".to_owned(), json!([reference]));
    let entry = entry(customer, business_id, "close", &id, None, message);
    let (seq, webhook) = record(world, customer, entry);
    (seq, Webhook { opaque_id: number.to_owned(), ..webhook })
}

/// A typing signal: a webhook that leaves no trace in the transcript.
pub(super) fn signal(
    world: &World,
    name: &str,
    business_id: Option<String>,
    kind: &str,
) -> Result<Webhook, DeviceError> {
    let customer = roster::find(world, name)?;
    let business_id = roster::business(world, name, business_id)?;
    let id = host::new_uuid();
    let message = envelope(kind, &id, &customer.opaque_id, &business_id);
    Ok(webhook(world, &customer, &entry(&customer, &business_id, kind, &id, None, message)))
}

/// The webhook that carries a message. Its headers are right even where the body was changed.
pub(super) fn webhook(world: &World, customer: &Customer, entry: &Entry) -> Webhook {
    Webhook {
        customer: customer.name.clone(),
        id: entry.id.clone(),
        message_type: entry.message_type.clone(),
        opaque_id: customer.opaque_id.clone(),
        business_id: entry.business_id.clone(),
        capabilities: customer.capabilities.clone(),
        body: wire(world, &entry.message).to_string().into_bytes(),
        encoding: customer.device.encoding,
        signing: Signing::default(),
    }
}

/// The message as it leaves: content that lies in Apple's store is known to the phone, and stays
/// behind.
fn wire(world: &World, message: &Value) -> Value {
    let mut message = message.clone();
    let reference = message.get("interactiveDataRef");
    let url = reference.and_then(|it| it.get("url").or_else(|| it.get("mmcs-url"))?.as_str());
    let stored = url.is_some_and(|url| world.content.find(url).is_some());
    if stored && !world.account.gateway.content.reply_inline_too {
        message.as_object_mut().map(|members| members.remove("interactiveData"));
    }
    message
}

/// Enters a message in the transcript, moves its conversation to the end, makes its webhook.
pub(super) fn record(world: &mut World, customer: &Customer, entry: Entry) -> (u64, Webhook) {
    let position = world.conversations.iter().position(|conversation| {
        conversation.customer == customer.name && conversation.business_id == entry.business_id
    });
    if let Some(position) = position {
        let latest = world.conversations.remove(position);
        world.conversations.push(latest);
    }
    let webhook = webhook(world, customer, &entry);
    (world.add_entry(entry), webhook)
}

pub(super) fn entry(
    customer: &Customer,
    business_id: &str,
    kind: &str,
    id: &str,
    text: Option<String>,
    message: Map<String, Value>,
) -> Entry {
    Entry {
        seq: 0,
        id: id.to_owned(),
        direction: Direction::FromCustomer,
        customer: customer.name.clone(),
        business_id: business_id.to_owned(),
        message_type: kind.to_owned(),
        text,
        title: None,
        message: Value::Object(message),
        state: EntryState::Sending,
        bot: false,
        not_showable: false,
        hops: Hops::default(),
    }
}

pub(super) fn envelope(kind: &str, id: &str, from: &str, to: &str) -> Map<String, Value> {
    [
        ("v", json!(1)),
        ("type", json!(kind)),
        ("id", json!(id)),
        ("sourceId", json!(from)),
        ("destinationId", json!(to)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}
