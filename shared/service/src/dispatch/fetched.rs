//! What of a message lies with Apple: its files, and an answer too large for the message.

use amb_protocol::{
    attachment::DataReference,
    inbound::{Envelope, MessageType},
};
use jiff::Timestamp;

use crate::model::{
    AttachmentId, ConversationState, InboxMessage, Payload, PayloadPlace, PayloadPointer,
    PayloadSource, TimelineEntry, TimelineItem,
};

/// How an answer comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comes {
    /// With the message, or there is none.
    Inline,
    /// By a reference that can be followed.
    ByReference,
    /// By a reference that cannot.
    ByBadReference,
}

impl Comes {
    /// Forms have been observed to come both ways: what is in the message need not be fetched (M155).
    pub(super) fn of(envelope: &Envelope) -> Self {
        let reference = envelope.interactive_data_ref.as_deref().filter(|_| {
            envelope.kind == MessageType::Interactive && envelope.interactive_data.is_none()
        });
        match reference.map(|reference| DataReference::view(reference).fault()) {
            None => Self::Inline,
            Some(None) => Self::ByReference,
            Some(Some(_)) => Self::ByBadReference,
        }
    }
}

/// Gives a message whose answer has to be fetched its place; answers the place.
pub(super) fn await_answer(
    state: &mut ConversationState,
    message: &InboxMessage,
    now: Timestamp,
    entries: &mut Vec<TimelineEntry>,
    payloads: &mut Vec<Payload>,
) -> u64 {
    let seq = state.next_seq();
    let item = TimelineItem::Awaited { message: message.id, held: Vec::new() };
    entries.push(TimelineEntry { seq, at: now, item, context: state.context() });
    let conversation = state.id.clone();
    let place = PayloadPlace::Reply { conversation, message: message.id };
    payloads.push(pending(state, place, now));
    seq
}

/// The files of a text, each a payload of its own. Of more than
/// [`AttachmentId::MOST_PER_MESSAGE`] the first are fetched.
pub(super) fn files_of(
    state: &ConversationState,
    message: &InboxMessage,
    envelope: &Envelope,
    now: Timestamp,
) -> Vec<Payload> {
    if envelope.kind != MessageType::Text {
        return Vec::new();
    }
    let most = envelope.attachments.len().min(AttachmentId::MOST_PER_MESSAGE);
    let indices = 0..u8::try_from(most).unwrap_or(u8::MAX);
    indices
        .map(|index| {
            let conversation = state.id.clone();
            let id = AttachmentId { conversation, message: message.id, index };
            pending(state, PayloadPlace::Attachment(id), now)
        })
        .collect()
}

fn pending(state: &ConversationState, place: PayloadPlace, now: Timestamp) -> Payload {
    let pointer = PayloadPointer { tenant: state.tenant.clone(), place };
    Payload::pending(pointer, state.business.clone(), PayloadSource::Inbox, now)
}
