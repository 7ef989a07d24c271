//! What a message does to its conversation: decided here without a port, performed by
//! [`Dispatch`](super::Dispatch).

use amb_protocol::{
    capability::CapabilityList,
    gzip,
    id::{MessageId, OpaqueId},
    inbound::{Envelope, MessageType},
    json, tapback,
};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde_json::{Map, Value, value::RawValue};
use std::borrow::Cow;

use super::fetched::{Comes, await_answer, files_of};
use crate::{
    model::{
        BodyEncoding, ConversationState, ConversationStatus, EventId, EventSource, EventType,
        InboxMessage, Payload, RECENT_REPLIES_MAX, RECENT_REPLY_WINDOW, RecentReply, StoredBody,
        TimelineEntry, TimelineItem, body_hash,
    },
    port::{ClaimScope, MessageClaim},
    receive::MAX_INFLATED_BODY,
};

/// What a stored message says.
#[derive(Debug)]
pub enum Reading {
    /// It can be told.
    Message(Box<Envelope>),
    /// It cannot be read by this version.
    Unreadable,
    /// Its business is suspended: kept, and told as parked.
    Suspended,
    /// Its id belongs to another conversation.
    IdConflict,
}

/// The message of ours that a reply answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// Its id.
    pub message: MessageId,
    /// The business's own reference of it.
    pub callback_data: Option<String>,
}

/// A conversation after a message, and what is to be written with it.
#[derive(Debug)]
pub struct Plan {
    /// The state afterwards.
    pub state: ConversationState,
    /// The new entries.
    pub entries: Vec<TimelineEntry>,
    /// The proof that the message has its place.
    pub claim: Option<MessageClaim>,
    /// What has to be fetched.
    pub payloads: Vec<Payload>,
}

/// Reads a stored message.
pub fn read(message: &InboxMessage, suspended: bool) -> Reading {
    if suspended {
        return Reading::Suspended;
    }
    match json_of(&message.body).and_then(|json| Envelope::parse(&json).ok()) {
        Some(envelope) => Reading::Message(Box::new(envelope)),
        None => Reading::Unreadable,
    }
}

/// The largest body that is kept: one that was received, with a decoded answer in it.
const MAX_STORED_BODY: usize = MAX_INFLATED_BODY + 10 * 1024 * 1024;

/// The JSON of a stored body, mended where a customer's broken emoji would keep a parser from it.
pub fn json_of(body: &StoredBody) -> Option<Vec<u8>> {
    let inflated = match body.encoding {
        BodyEncoding::Identity => return Some(json::repair(&body.bytes).into_owned()),
        BodyEncoding::Gzip => gzip::inflate(&body.bytes, MAX_STORED_BODY).ok()?,
    };
    let mended = match json::repair(&inflated) {
        Cow::Borrowed(whole) if whole.len() == inflated.len() => None,
        mended => Some(mended.into_owned()),
    };
    Some(mended.unwrap_or(inflated))
}

/// Plans the step of one message.
pub fn plan(
    mut state: ConversationState,
    message: &InboxMessage,
    reading: &Reading,
    answered: Option<Answered>,
    now: Timestamp,
) -> Plan {
    let mut entries = Vec::with_capacity(2);
    let mut payloads = Vec::new();
    state.revision += 1;
    let seq = match reading {
        Reading::Message(envelope) => {
            let places = (&mut entries, &mut payloads);
            place_message(&mut state, (message, envelope), answered, now, places)
        }
        Reading::Unreadable => park(&mut state, message, "unreadable", now, &mut entries),
        Reading::Suspended => park(&mut state, message, "business_suspended", now, &mut entries),
        Reading::IdConflict => park(&mut state, message, "id_conflict", now, &mut entries),
    };
    let claim = MessageClaim {
        tenant: state.tenant.clone(),
        message: message.id,
        conversation: state.id.clone(),
        seq,
        scope: match reading {
            Reading::IdConflict => ClaimScope::Conversation,
            _ => ClaimScope::Tenant,
        },
    };
    Plan { state, entries, claim: Some(claim), payloads }
}

fn place_message(
    state: &mut ConversationState,
    (message, envelope): (&InboxMessage, &Envelope),
    answered: Option<Answered>,
    now: Timestamp,
    (entries, payloads): (&mut Vec<TimelineEntry>, &mut Vec<Payload>),
) -> u64 {
    if let Some(list) = &message.capability_list {
        state.capabilities = CapabilityList::parse(list).iter().map(str::to_owned).collect();
    }
    if envelope.kind == MessageType::Close {
        return close(state, message, &envelope.reference_ids, now, entries);
    }
    if state.status == ConversationStatus::Closed {
        state.reopen();
        let source = told(message.id, &message.opaque, None);
        push(state, EventType::ConversationReopened, source, now, entries);
    }
    state.last_inbound_at = message.received_at;
    for (known, told) in [
        (&mut state.locale, &envelope.locale),
        (&mut state.intent, &envelope.intent),
        (&mut state.group, &envelope.group),
    ] {
        if told.is_some() {
            known.clone_from(told);
        }
    }
    match Comes::of(envelope) {
        Comes::Inline => {}
        Comes::ByReference => return await_answer(state, message, now, entries, payloads),
        Comes::ByBadReference => return park(state, message, "bad_reference", now, entries),
    }
    payloads.extend(files_of(state, message, envelope, now));
    let source = source_of(state, (message, envelope), answered, false);
    push(state, event_type(envelope), source, now, entries)
}

/// What the event that tells of a message is told from; an answer is remembered, to be known should it
/// come again. `decoded`: from the twin of the row.
pub(crate) fn source_of(
    state: &mut ConversationState,
    (message, envelope): (&InboxMessage, &Envelope),
    answered: Option<Answered>,
    decoded: bool,
) -> EventSource {
    EventSource::Inbox {
        sort: message.pointer.sort.clone(),
        soft_duplicate_of: soft_duplicate(state, message, envelope),
        in_reply_to: answered.as_ref().map(|answered| answered.message),
        callback_data: answered.and_then(|answered| answered.callback_data),
        decoded,
    }
}

/// The type of the event that tells of a message.
pub fn event_type(envelope: &Envelope) -> EventType {
    match &envelope.kind {
        MessageType::Interactive => EventType::InteractiveReplied,
        MessageType::Text if reaction(envelope).is_some() => EventType::MessageReaction,
        _ => EventType::MessageReceived,
    }
}

/// A tapback comes as a text without attachments (spec/apple-protocol §2).
pub fn reaction(envelope: &Envelope) -> Option<tapback::Tapback> {
    let text = envelope.body.as_deref().filter(|_| envelope.attachments.is_empty())?;
    tapback::classify(text)
}

fn close(
    state: &mut ConversationState,
    message: &InboxMessage,
    references: &[String],
    now: Timestamp,
    entries: &mut Vec<TimelineEntry>,
) -> u64 {
    if state.status == ConversationStatus::Closed {
        // A second close changes nothing and tells nobody; it keeps its place.
        return state.next_seq();
    }
    state.close();
    let mut source = told(message.id, &message.opaque, Some("customer"));
    if let EventSource::Inline(data) = &mut source
        && !references.is_empty()
    {
        // Somebody who was invited by phone number declines.
        data["referenceIds"] = references.into();
    }
    push(state, EventType::ConversationClosed, source, now, entries)
}

fn park(
    state: &mut ConversationState,
    message: &InboxMessage,
    reason: &str,
    now: Timestamp,
    entries: &mut Vec<TimelineEntry>,
) -> u64 {
    let source = parked(message.id, &message.opaque, reason);
    push(state, EventType::MessageParked, source, now, entries)
}

/// What is told of a message that cannot be told as it should.
pub(crate) fn parked(message: MessageId, opaque: &OpaqueId, reason: &str) -> EventSource {
    told(message, opaque, Some(reason))
}

/// What is told of a message whose words are not.
fn told(message: MessageId, opaque: &OpaqueId, reason: Option<&str>) -> EventSource {
    let mut data = Map::new();
    data.insert("messageId".to_owned(), message.to_string().into());
    data.insert("opaqueId".to_owned(), opaque.as_str().into());
    if let Some(reason) = reason {
        data.insert("reason".to_owned(), reason.into());
    }
    EventSource::Inline(data.into())
}

/// Appends an event to the conversation's timeline; answers its place.
pub(crate) fn push(
    state: &mut ConversationState,
    kind: EventType,
    source: EventSource,
    now: Timestamp,
    entries: &mut Vec<TimelineEntry>,
) -> u64 {
    let seq = state.next_seq();
    let id = EventId::of(state.id.as_str(), &seq.to_string());
    let item = TimelineItem::Event { id, kind, source };
    entries.push(TimelineEntry { seq, at: now, item, context: state.context() });
    seq
}

/// The earlier message that carried the same reply within the window; remembers this one if there is
/// none.
fn soft_duplicate(
    state: &mut ConversationState,
    message: &InboxMessage,
    envelope: &Envelope,
) -> Option<MessageId> {
    let data = envelope.interactive_data.as_deref()?;
    let fingerprint = fingerprint(data)?;
    let now = message.received_at;
    let window = RECENT_REPLY_WINDOW;
    state.recent_replies.retain(|reply| reply.at + window >= now);
    let earlier = state
        .recent_replies
        .iter()
        .find(|reply| {
            // One that had to be fetched may come after one that was sent later.
            let apart = reply.at.duration_since(now).unsigned_abs();
            reply.fingerprint == fingerprint && reply.message != message.id && apart <= window
        })
        .map(|reply| reply.message);
    if earlier.is_none() {
        if state.recent_replies.len() >= RECENT_REPLIES_MAX {
            state.recent_replies.remove(0);
        }
        let reply = RecentReply { fingerprint, message: message.id, at: now };
        state.recent_replies.push(reply);
    }
    earlier
}

/// Hash over the session or request identifier and the feature's content, in a canonical order of
/// members; the echoed images and the bubbles do not count.
fn fingerprint(data: &RawValue) -> Option<String> {
    let data: Value = serde_json::from_str(data.get()).ok()?;
    let session = data.get("sessionIdentifier");
    let inner = data.get("data").and_then(Value::as_object);
    let request = inner.and_then(|inner| inner.get("requestIdentifier"));
    let identifier = request.or(session)?;
    let features: std::collections::BTreeMap<_, _> = inner
        .into_iter()
        .flatten()
        .filter(|(name, _)| {
            !matches!(
                name.as_str(),
                "images" | "receivedMessage" | "replyMessage" | "version" | "mspVersion"
            )
        })
        .collect();
    let content = (identifier, features, data.get("URL"));
    let text = serde_json::to_vec(&content).ok()?;
    Some(HEXLOWER.encode(&body_hash(&text)))
}
