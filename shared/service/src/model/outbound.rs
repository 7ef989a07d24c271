//! A message on its way to a customer.

use amb_protocol::{
    capability::Capability,
    compose::{ContentType, Draft},
    id::{BusinessId, MessageId, OpaqueId, RequestIdentifier},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ConversationId, FileKey, QUEUE_GRACE, TenantId};

/// A message on its way to a customer. Its id is Apple's `id` on every attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboundMessage {
    /// Where it lies.
    pub pointer: OutboundPointer,
    /// The business that sends it.
    pub business: BusinessId,
    /// The customer it goes to.
    pub opaque: OpaqueId,
    /// What it says.
    pub content: OutboundContent,
    /// Sent by a bot: Apple's `auto-reply`.
    pub bot: bool,
    /// The agent or system: Apple's `msp-agent`.
    pub agent: Option<String>,
    /// The business's own reference, echoed on every event of this message.
    pub callback_data: Option<String>,
    /// How it stands.
    pub status: OutboundStatus,
    /// How far it has come, when it is more than one text.
    #[serde(default)]
    pub progress: Progress,
    /// Attempts begun.
    pub attempts: u32,
    /// An attempt ended without an answer, so Apple may have taken the message already.
    pub outcome_unknown: bool,
    /// When it was committed.
    pub created_at: Timestamp,
    /// Not before this, while queued.
    pub next_attempt_at: Timestamp,
    /// When the sweep takes care of it, should the queue have lost it.
    pub sweep_at: Timestamp,
    /// While an attempt runs, nobody else may begin one before this.
    pub lease_until: Option<Timestamp>,
    /// When it came to an end.
    pub finished_at: Option<Timestamp>,
}

impl OutboundMessage {
    /// A message that was just committed: nobody has attempted it.
    pub fn queued(
        pointer: OutboundPointer,
        business: BusinessId,
        opaque: OpaqueId,
        content: OutboundContent,
        now: Timestamp,
    ) -> Self {
        Self {
            pointer,
            business,
            opaque,
            content,
            bot: false,
            agent: None,
            callback_data: None,
            status: OutboundStatus::Queued,
            progress: Progress::default(),
            attempts: 0,
            outcome_unknown: false,
            created_at: now,
            next_attempt_at: now,
            sweep_at: now + QUEUE_GRACE,
            lease_until: None,
            finished_at: None,
        }
    }
}

/// The place of an outbound message, and what a message on the outbound queue says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboundPointer {
    /// The owner.
    pub tenant: TenantId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The message.
    pub message: MessageId,
}

/// What an outbound message says.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum OutboundContent {
    /// Text.
    Text {
        /// The words.
        text: String,
    },
    /// The typing indicator: worthless after ten seconds.
    Typing {
        /// On or off.
        state: TypingState,
    },
    /// Anything else: ways to say it, the best first.
    Choices {
        /// The first one that the device can show is sent. Kept as JSON text: a table's own maps have
        /// no order of their members, nest 32 deep at most, and make `1` of `1.0`.
        #[serde(with = "json_text")]
        choices: Vec<Choice>,
    },
    /// The same, too large for a row.
    #[serde(rename_all = "camelCase")]
    Stored {
        /// The type of the first choice.
        kind: ContentType,
        /// Where the choices are, as JSON.
        file: FileKey,
    },
}

/// A value as a string of JSON.
mod json_text {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};

    pub(super) fn serialize<T: Serialize, S: Serializer>(
        value: &T,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(value).map_err(ser::Error::custom)?;
        to.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, T: de::DeserializeOwned, D: Deserializer<'de>>(
        from: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        serde_json::from_str(&text).map_err(de::Error::custom)
    }
}

/// One way to say it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Choice {
    /// Its type.
    pub kind: ContentType,
    /// Apple's messages, sent one after the other. Never empty.
    pub parts: Vec<Draft>,
}

impl Choice {
    /// What the device must have: what any part needs.
    pub fn requires(&self) -> impl Iterator<Item = Capability> {
        self.parts.iter().filter_map(|part| part.requires)
    }
}

/// How far a message of several parts has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// Parts that Apple took.
    pub parts_sent: u32,
    /// The choice that was made, once the first part is prepared: it is not made again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choice: Option<u32>,
    /// Its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_as: Option<ContentType>,
    /// What ties the customer's reply to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_identifier: Option<RequestIdentifier>,
    /// Whether it had to wait for its files.
    #[serde(default, skip_serializing_if = "Waited::is_never")]
    pub waited: Waited,
}

/// Whether a message had to wait for its files to be with Apple. One that had to is given more time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Waited {
    /// It had not.
    #[default]
    Never,
    /// It has to.
    Now,
    /// It had, and they are there.
    Before,
}

impl Waited {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes it like this")]
    fn is_never(&self) -> bool {
        *self == Self::Never
    }
}

impl OutboundContent {
    /// The word for it in the API.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Typing { .. } => "typing",
            Self::Choices { choices } => {
                choices.first().map_or("text", |choice| choice.kind.as_str())
            }
            Self::Stored { kind, .. } => kind.as_str(),
        }
    }

    /// Ephemeral content has no place in the history and no events.
    pub fn is_ephemeral(&self) -> bool {
        matches!(self, Self::Typing { .. })
    }
}

impl std::fmt::Debug for OutboundContent {
    /// A business's words never reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind())
    }
}

/// The typing indicator's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TypingState {
    /// `typing_start`
    Start,
    /// `typing_end`
    End,
}

/// How an outbound message stands. There is no "delivered": Apple gives no receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "status")]
pub enum OutboundStatus {
    /// Committed, and not yet taken by Apple.
    Queued,
    /// Apple answered 200.
    AcceptedByApple,
    /// It will not be sent.
    #[serde(rename_all = "camelCase")]
    Failed {
        /// Why.
        code: FailureCode,
        /// Apple's own words, if it gave any.
        detail: Option<String>,
    },
    /// Attempts went unanswered until the deadline: it may have reached the customer.
    Unknown,
}

impl OutboundStatus {
    /// The word for it in the API.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::AcceptedByApple => "acceptedByApple",
            Self::Failed { .. } => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a message will not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureCode {
    /// Apple says the request is malformed (400).
    RefusedByApple,
    /// Apple does not know the destination (404).
    UnknownDestination,
    /// Apple says the message is too large (413).
    TooLarge,
    /// Apple gave a status that its documentation does not name.
    UnexpectedAnswer,
    /// The customer left before it could be sent.
    ConversationClosed,
    /// It was worth nothing any more when its turn came.
    Expired,
    /// Apple could not be reached, or refused our credentials, until the deadline.
    GatewayUnavailable,
    /// The customer's device lacks what every choice needs.
    NotShowable,
    /// A picture could not be fetched, read or made small enough.
    ImageUnusable,
    /// A file could not be brought to Apple.
    AttachmentUnusable,
    /// A payment that it asks for cannot be opened: Apple, or the provider, refuses.
    PaymentSession,
    /// What was stored for it is gone.
    ContentLost,
}

impl FailureCode {
    /// The code in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RefusedByApple => "refused_by_apple",
            Self::UnknownDestination => "unknown_destination",
            Self::TooLarge => "too_large",
            Self::UnexpectedAnswer => "unexpected_answer",
            Self::ConversationClosed => "conversation_closed",
            Self::Expired => "expired",
            Self::GatewayUnavailable => "gateway_unavailable",
            Self::NotShowable => "not_showable",
            Self::ImageUnusable => "image_unusable",
            Self::AttachmentUnusable => "attachment_unusable",
            Self::PaymentSession => "payment_session",
            Self::ContentLost => "content_lost",
        }
    }
}

/// A caller's idempotency key: 1 to 255 visible ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Longest key taken.
    pub const MAX: usize = 255;

    /// Reads the header's value.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=Self::MAX).contains(&text.len());
        (fits && text.bytes().all(|b| b.is_ascii_graphic())).then(|| Self(text.to_owned()))
    }

    /// The key as sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What an idempotency key was used for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdempotencyRecord {
    /// The owner.
    pub tenant: TenantId,
    /// The caller's key.
    pub key: IdempotencyKey,
    /// SHA-256 of the request body, hex: the same key with another body is refused.
    pub request_hash: String,
    /// The message it committed.
    pub pointer: OutboundPointer,
    /// When it was used.
    pub created_at: Timestamp,
    /// Compared by us; the table's own expiry only cleans up.
    pub expires_at: Timestamp,
}
