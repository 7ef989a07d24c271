//! An event as businesses see it: the envelope of design §7, for webhooks and for the API alike.

use amb_protocol::{
    capability::CapabilityList,
    id::{BusinessId, MessageId},
    inbound::Envelope,
    tapback::{Tapback, TapbackKind},
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{
    Map, Value, json,
    value::{RawValue, to_raw_value},
};

use crate::{
    dispatch::{json_of, reaction},
    model::{
        EventId, EventSource, EventStream, EventType, InboxMessage, TimelineEntry, TimelineItem,
    },
};

/// The envelope.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EventEnvelope {
    /// The event's id: `webhook-id`.
    pub id: EventId,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// When it was given its place, RFC 3339 in milliseconds.
    #[serde(serialize_with = "milliseconds")]
    pub created_at: Timestamp,
    /// The business, for events of a conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_id: Option<BusinessId>,
    /// The conversation, for events of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_id: Option<String>,
    /// The place in the conversation; ephemeral events have none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    /// What it is about.
    pub data: Box<RawValue>,
}

/// A timeline entry that is no event, or whose message is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the entry has nothing to tell")]
pub struct NothingToTell;

/// Renders an entry of a stream; `message` is the inbox row it refers to, if it does.
pub fn render(
    stream: &EventStream,
    business: Option<BusinessId>,
    entry: &TimelineEntry,
    message: Option<&InboxMessage>,
) -> Result<EventEnvelope, NothingToTell> {
    let TimelineItem::Event { id, kind, source } = &entry.item else { return Err(NothingToTell) };
    let data = match source {
        EventSource::Inline(value) => raw(value)?,
        EventSource::Inbox { soft_duplicate_of, .. } => {
            message_data(message.ok_or(NothingToTell)?, *soft_duplicate_of)?
        }
    };
    let (conversation_id, seq) = match stream {
        EventStream::Conversation(id) => (Some(id.to_string()), Some(entry.seq)),
        EventStream::Endpoint(_) => (None, None),
    };
    Ok(EventEnvelope {
        id: id.clone(),
        kind: *kind,
        created_at: entry.at,
        business_id: business,
        conversation_id,
        seq,
        data,
    })
}

/// Renders a typing event straight from its inbox row: it has no entry.
pub fn render_typing(
    message: &InboxMessage,
    kind: EventType,
) -> Result<EventEnvelope, NothingToTell> {
    let conversation = &message.pointer.conversation;
    Ok(EventEnvelope {
        id: EventId::of(conversation.as_str(), &format!("{:?}", message.pointer.sort)),
        kind,
        created_at: message.received_at,
        business_id: Some(message.business.clone()),
        conversation_id: Some(conversation.to_string()),
        seq: None,
        data: raw(&json!({ "opaqueId": message.opaque.as_str() }))?,
    })
}

/// A message of the customer's, typed where we know the type, and Apple's own JSON beside it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    id: MessageId,
    #[serde(rename = "type")]
    kind: String,
    #[serde(serialize_with = "milliseconds")]
    received_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reaction: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    soft_duplicate_of: Option<MessageId>,
    /// Apple's own JSON, as received.
    apple: Box<RawValue>,
}

/// The view of a stored message; `None` if this version cannot read it.
pub fn message_view(
    message: &InboxMessage,
    soft_duplicate_of: Option<MessageId>,
) -> Option<(MessageView, Envelope)> {
    let json = json_of(&message.body)?;
    let envelope = Envelope::parse(&json).ok()?;
    let apple = RawValue::from_string(String::from_utf8(json).ok()?).ok()?;
    let reaction = reaction(&envelope).map(|tapback| reaction_view(&tapback));
    let view = MessageView {
        id: message.id,
        kind: message.kind.clone(),
        received_at: message.received_at,
        text: envelope.body.clone(),
        reaction,
        soft_duplicate_of,
        apple,
    };
    Some((view, envelope))
}

fn reaction_view(tapback: &Tapback) -> Value {
    let (kind, emoji) = match &tapback.kind {
        TapbackKind::Liked => ("liked", None),
        TapbackKind::Loved => ("loved", None),
        TapbackKind::Disliked => ("disliked", None),
        TapbackKind::LaughedAt => ("laughedAt", None),
        TapbackKind::Emphasized => ("emphasized", None),
        TapbackKind::Questioned => ("questioned", None),
        TapbackKind::Emoji(emoji) => ("emoji", Some(emoji)),
        TapbackKind::Sticker => ("sticker", None),
    };
    let mut view = Map::new();
    view.insert("kind".to_owned(), kind.into());
    view.insert("removed".to_owned(), tapback.removed.into());
    view.insert("quoted".to_owned(), tapback.quoted.clone().into());
    if let Some(emoji) = emoji {
        view.insert("emoji".to_owned(), emoji.as_str().into());
    }
    view.into()
}

fn message_data(
    message: &InboxMessage,
    soft_duplicate_of: Option<MessageId>,
) -> Result<Box<RawValue>, NothingToTell> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Data<'a> {
        message: MessageView,
        opaque_id: &'a str,
        capabilities: Vec<String>,
        locale: Option<String>,
        intent: Option<String>,
        group: Option<String>,
    }
    let (view, envelope) = message_view(message, soft_duplicate_of).ok_or(NothingToTell)?;
    let capabilities = CapabilityList::parse(message.capability_list.as_deref().unwrap_or(""));
    raw(&Data {
        message: view,
        opaque_id: message.opaque.as_str(),
        capabilities: capabilities.iter().map(str::to_owned).collect(),
        locale: envelope.locale,
        intent: envelope.intent,
        group: envelope.group,
    })
}

fn raw(value: &impl Serialize) -> Result<Box<RawValue>, NothingToTell> {
    to_raw_value(value).map_err(|_fault| NothingToTell)
}

/// A timestamp as the API writes it: RFC 3339, UTC, milliseconds.
pub fn milliseconds<S: serde::Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{at:.3}"))
}
