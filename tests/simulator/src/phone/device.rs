//! What a customer does on the device, and the webhooks that come of it.

use std::time::Duration;

use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use super::tapback;
use crate::apple::webhook::Webhook;
use crate::host;
use crate::model::{
    Close, Conversation, ConversationState, Customer, CustomerPatch, Direction, Entry, EntryState,
    Hops, NewConversation, NewCustomer, Resend, RetrySchedule, Send, Signing, Tapback, Typing,
};
use crate::world::{State, World};

/// What an iPhone of today says it can do.
const ALL_CAPABILITIES: [&str; 6] = ["AUTH", "LIST", "TIME", "FORM", "QUICK", "AUTH2"];
/// Most identical webhooks sent at once.
const MOST_COPIES: usize = 1_000;

/// Why the device cannot do what it was told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DeviceError {
    #[error("there is no customer '{0}'")]
    NoSuchCustomer(String),
    #[error("customer '{0}' exists already")]
    CustomerExists(String),
    #[error("opaque id '{0}' belongs to another customer")]
    OpaqueIdTaken(String),
    #[error("a name has 1 to 64 letters, digits, '-' or '_'")]
    BadName,
    #[error("customer '{0}' has no conversation yet: name a business")]
    NoConversation(String),
    #[error("customer '{0}' sent no message with id '{1}'")]
    NoSuchMessage(String, String),
    #[error("the tapbacks of language '{0}' are not known")]
    UnknownLanguage(String),
}

/// Adds a customer.
pub(crate) fn create(state: &State, new: NewCustomer) -> Result<Customer, DeviceError> {
    state.change(|world| {
        let name = new.name.unwrap_or_else(|| format!("customer-{}", world.customers.len() + 1));
        if !is_name(&name) {
            return Err(DeviceError::BadName);
        }
        if world.customers.contains_key(&name) {
            return Err(DeviceError::CustomerExists(name));
        }
        let opaque_id = new.opaque_id.unwrap_or_else(new_opaque_id);
        if world.customer_by_opaque_id(&opaque_id).is_some() {
            return Err(DeviceError::OpaqueIdTaken(opaque_id));
        }
        let customer = Customer {
            name: name.clone(),
            opaque_id,
            locale: new.locale.unwrap_or_else(|| "en_US".to_owned()),
            capabilities: new
                .capabilities
                .unwrap_or_else(|| ALL_CAPABILITIES.map(str::to_owned).to_vec()),
            device: new.device.unwrap_or_default(),
        };
        world.customers.insert(name, customer.clone());
        Ok(customer)
    })
}

/// Changes a customer's device.
pub(crate) fn patch(
    state: &State,
    name: &str,
    patch: CustomerPatch,
) -> Result<Customer, DeviceError> {
    state.change(|world| {
        let customer = world
            .customers
            .get_mut(name)
            .ok_or_else(|| DeviceError::NoSuchCustomer(name.to_owned()))?;
        if let Some(locale) = patch.locale {
            customer.locale = locale;
        }
        if let Some(capabilities) = patch.capabilities {
            customer.capabilities = capabilities;
        }
        if let Some(device) = patch.device {
            customer.device = device;
        }
        Ok(customer.clone())
    })
}

/// Opens a conversation on the device; Apple and the MSP hear of it with the first message.
pub(crate) fn open(state: &State, new: NewConversation) -> Result<Conversation, DeviceError> {
    state.change(|world| {
        let customer = find(world, &new.customer)?;
        let title = new.title.clone();
        let conversation = conversation(world, &customer, &new.business_id);
        conversation.intent = new.intent;
        conversation.group = new.group;
        if let Some(title) = title {
            conversation.title = title;
        }
        Ok(conversation.clone())
    })
}

/// Sends a text, announced by typing if the device does that.
pub(crate) async fn send(state: &State, name: &str, send: Send) -> Result<Entry, DeviceError> {
    let typing_first = state.read(|world| {
        let customer = find(world, name)?;
        Ok(send.typing_first.unwrap_or(customer.device.typing_first))
    })?;
    let wait = send.wait;
    let business_id = send.business_id.clone();
    let copies = send.copies.unwrap_or(1).clamp(1, MOST_COPIES);
    let (seq, webhook) = state.change(|world| write(world, name, send))?;

    let announcement = if typing_first {
        Some(state.read(|world| signal(world, name, business_id, "typing_start"))?)
    } else {
        None
    };
    let task = state.clone();
    state.spawn(async move {
        if let Some(typing) = announcement {
            let timeout = task.read(|world| world.account.retry.timeout_ms);
            typing.attempt(&task, 1, Duration::from_millis(timeout)).await;
        }
        post(&task, seq, webhook, copies).await;
    });
    Ok(settled(state, seq, wait).await)
}

/// Sends a message of the transcript once more.
pub(crate) fn resend(state: &State, name: &str, resend: &Resend) -> Result<Entry, DeviceError> {
    let (entry, webhook) = state.read(|world| {
        let customer = find(world, name)?;
        let entry = world
            .customer_entry(name, &resend.id)
            .ok_or_else(|| DeviceError::NoSuchMessage(name.to_owned(), resend.id.clone()))?;
        let webhook = webhook(&customer, &entry.business_id, &entry.message);
        Ok((entry.clone(), webhook))
    })?;
    let copies = resend.copies.unwrap_or(1).clamp(1, MOST_COPIES);
    let task = state.clone();
    let seq = entry.seq;
    state.spawn(async move { post(&task, seq, webhook, copies).await });
    Ok(entry)
}

/// Starts or stops typing; one attempt, as nobody waits for it.
pub(crate) async fn typing(state: &State, name: &str, typing: Typing) -> Result<(), DeviceError> {
    let kind = if typing.end { "typing_end" } else { "typing_start" };
    let (webhook, timeout) = state.read(|world| {
        let webhook = signal(world, name, typing.business_id, kind)?;
        Ok((webhook, world.account.retry.timeout_ms))
    })?;
    webhook.attempt(state, 1, Duration::from_millis(timeout)).await;
    Ok(())
}

/// Deletes the conversation: from now on Apple answers 410.
pub(crate) async fn close(state: &State, name: &str, close: Close) -> Result<Entry, DeviceError> {
    let (seq, webhook) = state.change(|world| {
        let customer = find(world, name)?;
        let business_id = business(world, name, close.business_id)?;
        let conversation = conversation(world, &customer, &business_id);
        conversation.state = ConversationState::Closed;
        conversation.business_typing = false;
        conversation.intent = None;
        conversation.group = None;
        let message = envelope("close", &host::new_uuid(), &customer.opaque_id, &business_id);
        Ok(record(world, &customer, &business_id, message))
    })?;
    let task = state.clone();
    state.spawn(async move { post(&task, seq, webhook, 1).await });
    Ok(settled(state, seq, close.wait).await)
}

/// Reacts to a message: a text with the device's sentence for it.
pub(crate) async fn react(
    state: &State,
    name: &str,
    tapback: Tapback,
) -> Result<Entry, DeviceError> {
    let (text, business_id) = state.read(|world| {
        let customer = find(world, name)?;
        let business_id = business(world, name, tapback.business_id.clone())?;
        let latest = world.entries.iter().rev().find(|entry| {
            entry.direction == Direction::FromBusiness
                && entry.customer == name
                && entry.business_id == business_id
        });
        let quoted = tapback
            .quoted
            .as_deref()
            .or_else(|| latest.and_then(|entry| entry.text.as_deref()))
            .unwrap_or_default();
        let locale = tapback.locale.as_deref().unwrap_or(&customer.locale);
        let sentence = tapback::sentence(
            locale,
            tapback.reaction,
            tapback.emoji.as_deref(),
            tapback.removed,
            quoted,
        )
        .ok_or_else(|| DeviceError::UnknownLanguage(locale.to_owned()))?;
        Ok((sentence, business_id))
    })?;
    let text = Send { typing_first: Some(false), ..Send::text(&text).to(&business_id) };
    send(state, name, text.wait(tapback.wait)).await
}

/// Sends `copies` webhooks at once and enters the outcome; the first to be taken decides.
async fn post(state: &State, seq: u64, webhook: Webhook, copies: usize) {
    let schedule = state.change(|world| {
        if let Some(entry) = world.entry_mut(seq) {
            entry.hops.customer_sent.get_or_insert_with(host::now_ms);
        }
        world.account.retry.clone()
    });
    let schedule: &RetrySchedule = &schedule;
    let webhook = &webhook;
    let attempts = (0..copies).map(|_| async move {
        if webhook.deliver(state, schedule).await {
            state.change(|world| {
                if let Some(entry) = world.entry_mut(seq) {
                    entry.state = EntryState::Delivered;
                    entry.hops.webhook_answered.get_or_insert_with(host::now_ms);
                }
            });
        }
    });
    futures_util::future::join_all(attempts).await;
    state.change(|world| {
        if let Some(entry) = world.entry_mut(seq).filter(|it| it.state == EntryState::Sending) {
            entry.state = EntryState::NotDelivered;
        }
    });
}

/// The entry, after `wait` at most, when it is delivered or refused.
async fn settled(state: &State, seq: u64, wait: u64) -> Entry {
    let index = usize::try_from(seq).unwrap_or(usize::MAX) - 1;
    let settled = state
        .wait_for(wait, |world| {
            world.entries.get(index).filter(|it| it.state != EntryState::Sending).cloned()
        })
        .await;
    #[expect(clippy::expect_used, reason = "entries are never removed")]
    settled
        .or_else(|| state.read(|world| world.entries.get(index).cloned()))
        .expect("the entry was just made")
}

/// Writes a text into the transcript and makes its webhook.
fn write(world: &mut World, name: &str, send: Send) -> Result<(u64, Webhook), DeviceError> {
    let customer = find(world, name)?;
    let business_id = business(world, name, send.business_id)?;
    let conversation = conversation(world, &customer, &business_id);
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
    message.insert("body".to_owned(), json!(send.text));
    let (seq, mut webhook) = record(world, &customer, &business_id, message.clone());
    for (property, value) in send.extra {
        if value.is_null() {
            message.remove(&property);
        } else {
            message.insert(property, value);
        }
    }
    webhook.body = Value::Object(message).to_string().into_bytes();
    webhook.encoding = send.encoding.unwrap_or(webhook.encoding);
    webhook.signing = send.signing;
    Ok((seq, webhook))
}

/// Enters a message in the transcript, moves its conversation to the end, makes its webhook.
fn record(
    world: &mut World,
    customer: &Customer,
    business_id: &str,
    message: Map<String, Value>,
) -> (u64, Webhook) {
    let position = world
        .conversations
        .iter()
        .position(|it| it.customer == customer.name && it.business_id == business_id);
    if let Some(position) = position {
        let latest = world.conversations.remove(position);
        world.conversations.push(latest);
    }
    let message = Value::Object(message);
    let property = |name: &str| message.get(name).and_then(Value::as_str).map(str::to_owned);
    let webhook = webhook(customer, business_id, &message);
    let seq = world.add_entry(Entry {
        seq: 0,
        id: webhook.id.clone(),
        direction: Direction::FromCustomer,
        customer: customer.name.clone(),
        business_id: business_id.to_owned(),
        message_type: webhook.message_type.clone(),
        text: property("body"),
        message,
        state: EntryState::Sending,
        bot: false,
        hops: Hops::default(),
    });
    (seq, webhook)
}

/// A webhook that leaves no trace in the transcript.
fn signal(
    world: &World,
    name: &str,
    business_id: Option<String>,
    kind: &str,
) -> Result<Webhook, DeviceError> {
    let customer = find(world, name)?;
    let business_id = business(world, name, business_id)?;
    let message = envelope(kind, &host::new_uuid(), &customer.opaque_id, &business_id);
    Ok(webhook(&customer, &business_id, &Value::Object(message)))
}

fn webhook(customer: &Customer, business_id: &str, message: &Value) -> Webhook {
    let property =
        |name: &str| message.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Webhook {
        customer: customer.name.clone(),
        id: property("id"),
        message_type: property("type"),
        opaque_id: customer.opaque_id.clone(),
        business_id: business_id.to_owned(),
        capabilities: customer.capabilities.clone(),
        body: message.to_string().into_bytes(),
        encoding: customer.device.encoding,
        signing: Signing::default(),
    }
}

fn envelope(kind: &str, id: &str, from: &str, to: &str) -> Map<String, Value> {
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

fn find(world: &World, name: &str) -> Result<Customer, DeviceError> {
    world.customers.get(name).cloned().ok_or_else(|| DeviceError::NoSuchCustomer(name.to_owned()))
}

/// The business named, or that of the customer's latest conversation.
fn business(world: &World, name: &str, named: Option<String>) -> Result<String, DeviceError> {
    named
        .or_else(|| world.latest_conversation(name).map(|it| it.business_id.clone()))
        .ok_or_else(|| DeviceError::NoConversation(name.to_owned()))
}

/// The customer's conversation with a business, made if it is not there yet.
fn conversation<'w>(
    world: &'w mut World,
    customer: &Customer,
    business_id: &str,
) -> &'w mut Conversation {
    let position = world
        .conversations
        .iter()
        .position(|it| it.customer == customer.name && it.business_id == business_id)
        .unwrap_or_else(|| {
            world.conversations.push(Conversation {
                customer: customer.name.clone(),
                opaque_id: customer.opaque_id.clone(),
                business_id: business_id.to_owned(),
                title: business_id.to_owned(),
                state: ConversationState::New,
                business_typing: false,
                intent: None,
                group: None,
            });
            world.conversations.len() - 1
        });
    #[expect(clippy::indexing_slicing, reason = "found or pushed above")]
    &mut world.conversations[position]
}

/// `urn:mbid:` and 119 bytes in base64, 169 characters in all, as those seen in the field.
fn new_opaque_id() -> String {
    let mut bytes: [u8; 119] = host::random_bytes();
    let [first, second, third, fourth, ..] = &mut bytes;
    (*first, *second, *third) = (1, 0, 0);
    *fourth = 0x60 | (*fourth & 0x03);
    format!("urn:mbid:{}", BASE64.encode(&bytes))
}

/// A name that may stand in a URL.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Device, Encoding};

    #[test]
    fn an_opaque_id_has_apples_shape() {
        let id = new_opaque_id();
        assert_eq!(id.len(), 169);
        assert!(id.starts_with("urn:mbid:AQAAY"));
        assert!(id.ends_with('=') && !id.ends_with("=="));
    }

    #[test]
    fn a_device_is_an_iphone_unless_told_otherwise() {
        assert_eq!(Device::default().encoding, Encoding::Gzip);
        assert!(Device::default().typing_first);
    }
}
