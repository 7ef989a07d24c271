//! An event as businesses see it: the envelope of design §7, for webhooks and for the API alike.

mod attachment;
mod link;
mod message;

pub use attachment::AttachmentView;
pub use link::{LINK_LIFE, Links, signed_for};
pub use message::{ContextView, MessageView, Placed, Telling, message_view};

use amb_protocol::id::BusinessId;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};
use std::fmt;

use crate::{
    model::{
        Context, EventId, EventSource, EventStream, EventType, InboxMessage, InboxPointer,
        TimelineEntry, TimelineItem,
    },
    port::{InboxReader, PortError},
};

/// The envelope.
#[derive(Serialize)]
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

impl fmt::Debug for EventEnvelope {
    /// A customer's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("EventEnvelope");
        shown.field("id", &self.id).field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A timeline entry that is no event, or whose message is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the entry has nothing to tell")]
pub struct NothingToTell;

/// Renders an entry of a stream; `message` is the inbox row it refers to, if it does. Without `links`
/// an event of a file tells of it and has no link to it.
pub fn render(
    stream: &EventStream,
    business: Option<BusinessId>,
    entry: &TimelineEntry,
    message: Option<&InboxMessage>,
    telling: Telling,
    links: Option<Links<'_>>,
) -> Result<EventEnvelope, NothingToTell> {
    let TimelineItem::Event { id, kind, source } = &entry.item else { return Err(NothingToTell) };
    let data = match source {
        EventSource::Inline(value) => match stream {
            EventStream::Conversation(_) => inline_data(value, entry.context.clone())?,
            EventStream::Endpoint(_) => raw(value)?,
        },
        EventSource::Attachment { attachment, data } => {
            let links = links.filter(|_| *kind == EventType::AttachmentReady);
            let linked = links.map(|links| links.within(data, attachment));
            inline_data(linked.as_ref().unwrap_or(data), entry.context.clone())?
        }
        EventSource::Inbox { .. } => message_data(message.ok_or(NothingToTell)?, entry, telling)?,
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

/// The message that an event is told from, if it is still kept: the row as Apple sent it, or its
/// decoded twin.
pub(crate) async fn message_at(
    inbox: &impl InboxReader,
    pointer: &InboxPointer,
    decoded: bool,
) -> Result<Option<InboxMessage>, PortError> {
    if decoded { inbox.decoded_message(pointer).await } else { inbox.inbox_message(pointer).await }
}

/// Renders a typing event straight from its inbox row: it has no entry. `context` is what is known
/// of the customer now.
pub fn render_typing(
    message: &InboxMessage,
    kind: EventType,
    mut context: Context,
) -> Result<EventEnvelope, NothingToTell> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Data<'a> {
        opaque_id: &'a str,
        #[serde(flatten)]
        context: ContextView,
    }
    if message.capability_list.is_some() {
        context.capabilities = message::listed(message);
    }
    let conversation = &message.pointer.conversation;
    Ok(EventEnvelope {
        id: EventId::of(conversation.as_str(), &format!("{:?}", message.pointer.sort)),
        kind,
        created_at: message.received_at,
        business_id: Some(message.business.clone()),
        conversation_id: Some(conversation.to_string()),
        seq: None,
        data: raw(&Data { opaque_id: message.opaque.as_str(), context: context.into() })?,
    })
}

fn message_data(
    message: &InboxMessage,
    entry: &TimelineEntry,
    telling: Telling,
) -> Result<Box<RawValue>, NothingToTell> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Data<'a> {
        message: MessageView,
        opaque_id: &'a str,
        #[serde(flatten)]
        context: ContextView,
    }
    let told = message_view(message, &Placed::of(entry), telling);
    let (view, context) = told.ok_or(NothingToTell)?;
    raw(&Data { message: view, opaque_id: message.opaque.as_str(), context })
}

/// What an event says of itself, and what was known of the customer then.
fn inline_data(value: &Value, context: Context) -> Result<Box<RawValue>, NothingToTell> {
    #[derive(Serialize)]
    struct Data<'a> {
        #[serde(flatten)]
        told: &'a Value,
        #[serde(flatten)]
        context: ContextView,
    }
    raw(&Data { told: value, context: context.into() })
}

fn raw(value: &impl Serialize) -> Result<Box<RawValue>, NothingToTell> {
    to_raw_value(value).map_err(|_fault| NothingToTell)
}

/// A timestamp as the API writes it: RFC 3339, UTC, milliseconds.
pub fn milliseconds<S: serde::Serializer>(at: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{at:.3}"))
}
