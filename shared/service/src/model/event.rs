//! Events: what a conversation's timeline is made of, and what businesses are told.

use amb_protocol::id::MessageId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::{fmt, str::FromStr};

use super::{AttachmentId, ConversationId, EndpointId, EventId, InboxSort};

macro_rules! event_types {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// The type of an event, in design §7's words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum EventType { $($(#[$doc])* #[serde(rename = $text)] $variant,)+ }

        impl EventType {
            /// Every type, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The dotted name.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl FromStr for EventType {
            type Err = UnknownEventType;
            fn from_str(text: &str) -> Result<Self, UnknownEventType> {
                match text { $($text => Ok(Self::$variant),)+ _ => Err(UnknownEventType) }
            }
        }
    };
}

event_types! {
    /// The customer wrote, in any type but an interactive reply or a reaction.
    MessageReceived = "message.received",
    /// Apple took a message of ours.
    MessageAccepted = "message.accepted",
    /// A message of ours will not reach the customer, or nobody can tell whether it did.
    MessageFailed = "message.failed",
    /// The customer reacted to a message (a tapback).
    MessageReaction = "message.reaction",
    /// The customer answered an interactive message.
    InteractiveReplied = "interactive.replied",
    /// The customer started typing. Ephemeral: no `seq`, one attempt, not kept.
    TypingStarted = "typing.started",
    /// The customer stopped typing. Ephemeral.
    TypingEnded = "typing.ended",
    /// The customer left the conversation.
    ConversationClosed = "conversation.closed",
    /// The customer wrote again after leaving.
    ConversationReopened = "conversation.reopened",
    /// A message of the customer's that cannot be told as it should; it keeps its `seq`.
    MessageParked = "message.parked",
    /// A file that the customer sent can be had.
    AttachmentReady = "attachment.ready",
    /// A file that the customer sent cannot be had, or not safely.
    AttachmentFailed = "attachment.failed",
    /// The customer paid: the provider holds the money.
    PaymentAuthorized = "payment.authorized",
    /// An attempt to pay failed; the customer may try again.
    PaymentDeclined = "payment.declined",
    /// Money that was held is the business's.
    PaymentCaptured = "payment.captured",
    /// Money that was held, or may have been, was let go.
    PaymentVoided = "payment.voided",
    /// Money went back.
    PaymentRefunded = "payment.refunded",
    /// The customer saw something else than we were told: a person has to look.
    PaymentMismatch = "payment.mismatch",
    /// A test of an endpoint, on request.
    EndpointPing = "endpoint.ping",
}

impl EventType {
    /// Ephemeral events are delivered, never stored.
    pub fn is_ephemeral(self) -> bool {
        matches!(self, Self::TypingStarted | Self::TypingEnded)
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that is no event type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such event type")]
pub struct UnknownEventType;

/// What an event belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EventStream {
    /// A conversation; its events carry a `seq`.
    Conversation(ConversationId),
    /// An endpoint's own tests; no `seq`, no order.
    Endpoint(EndpointId),
}

impl EventStream {
    /// The id behind it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Conversation(id) => id.as_str(),
            Self::Endpoint(id) => id.as_str(),
        }
    }
}

/// One place in a conversation's timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TimelineEntry {
    /// Its sequence number: increasing within the stream, gaps allowed, never reused.
    pub seq: u64,
    /// When it was given its place.
    pub at: Timestamp,
    /// What happened.
    pub item: TimelineItem,
    /// What was known of the customer then: later messages do not change the past.
    #[serde(default)]
    pub context: Context,
}

/// What was known of a customer when an event was given its place. Empty for what belongs to no
/// conversation, and in entries of earlier versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    /// The device's capability list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// The device's locale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// The entry point's intent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// The entry point's group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TimelineItem {
    /// An event that businesses are told.
    Event {
        /// Its id, and the `webhook-id` of its deliveries.
        id: EventId,
        /// Its type.
        kind: EventType,
        /// Where its data comes from.
        source: EventSource,
    },
    /// A message of ours was queued. Told to nobody; it gives the message its place in the history.
    Sent {
        /// The message.
        message: MessageId,
    },
    /// A message of the customer's whose answer lies with Apple and is being fetched. It becomes the
    /// event that tells of it, at this place; what comes after it waits where order was asked for.
    Awaited {
        /// The message.
        message: MessageId,
        /// Ordered endpoints that hold a delivery for it.
        held: Vec<EndpointId>,
    },
}

/// Where an event's data comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EventSource {
    /// From the inbox row: the customer's words are kept once.
    Inbox {
        /// The row.
        sort: InboxSort,
        /// The earlier message that said the same, if this is a soft duplicate.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        soft_duplicate_of: Option<MessageId>,
        /// The message of ours that it answers, if it is one of the latest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        in_reply_to: Option<MessageId>,
        /// The business's own reference of that message.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        callback_data: Option<String>,
        /// The answer came by reference: it is told from the decoded twin of the row.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        decoded: bool,
    },
    /// As written here.
    Inline(Value),
    /// As written here, with a link to the customer's file that is made when it is told.
    Attachment {
        /// The file.
        attachment: AttachmentId,
        /// The rest.
        data: Value,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_type_reads_back_from_its_name() {
        for kind in EventType::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert_eq!("message.deleted".parse::<EventType>(), Err(UnknownEventType));
    }
}
