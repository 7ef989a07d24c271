use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::customer::{Encoding, Signing};

/// One message of a conversation, seen from both ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Counts all messages from 1.
    pub seq: u64,
    /// The message's id at Apple.
    pub id: String,
    /// Who wrote it.
    pub direction: Direction,
    /// The customer's name.
    pub customer: String,
    /// The business's id at Apple.
    pub business_id: String,
    /// `text`, `close`, …
    #[serde(rename = "type")]
    pub message_type: String,
    /// `body`, if there is one.
    pub text: Option<String>,
    /// What the bubble of an interactive message or a link says.
    #[serde(default)]
    pub title: Option<String>,
    /// The message's JSON as it went over Apple's wire; content sent by reference stands beside its
    /// reference.
    pub message: Value,
    /// Where it stands.
    pub state: EntryState,
    /// A bot wrote it (`auto-reply: true`).
    pub bot: bool,
    /// The device says it cannot show this: Apple took it all the same.
    #[serde(default)]
    pub not_showable: bool,
    /// When it passed each hop.
    pub hops: Hops,
}

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Direction {
    /// The customer.
    FromCustomer,
    /// The business.
    FromBusiness,
}

/// Where a message stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntryState {
    /// The MSP has not answered yet.
    Sending,
    /// The MSP answered 2xx.
    Delivered,
    /// The MSP refused it, or every attempt failed.
    NotDelivered,
    /// Visible on the phone.
    Shown,
}

/// When a message passed each hop. The first three belong to the customer's messages, the others
/// to the business's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hops {
    /// The first webhook attempt started.
    pub customer_sent: Option<u64>,
    /// The MSP answered it with 2xx.
    pub webhook_answered: Option<u64>,
    /// A sample business got the event.
    pub business_received: Option<u64>,
    /// A sample business called `POST /v1/messages`.
    pub business_sent: Option<u64>,
    /// Apple's gateway took it.
    pub apple_accepted: Option<u64>,
    /// The phone showed it.
    pub shown_on_phone: Option<u64>,
}

/// Which [`Entry`]s, and how long to wait for them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TranscriptFilter {
    /// The customer's name.
    pub customer: Option<String>,
    /// The business's id at Apple.
    pub business_id: Option<String>,
    /// Who wrote it.
    pub direction: Option<Direction>,
    /// The message's id.
    pub id: Option<String>,
    /// Exactly this text.
    pub text: Option<String>,
    /// Where it stands.
    pub state: Option<EntryState>,
    /// Only those a sample business has received, or has not.
    pub received: Option<bool>,
    /// Only entries with a greater `seq`.
    pub after: u64,
    /// Wait at most this long, in milliseconds, …
    pub wait: u64,
    /// … for at least this many. Default: 1.
    pub at_least: Option<usize>,
}

/// The customer sends a text.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Send {
    /// To which business. Default: the customer's latest conversation.
    pub business_id: Option<String>,
    /// The text.
    pub text: String,
    /// Default: random.
    pub id: Option<String>,
    /// Announced by `typing_start`. Default: as the device is set.
    pub typing_first: Option<bool>,
    /// In place of the entry point's.
    pub intent: Option<String>,
    /// In place of the entry point's.
    pub group: Option<String>,
    /// Identical webhooks sent at the same moment. Default: 1.
    pub copies: Option<usize>,
    /// Default: as the device is set.
    pub encoding: Option<Encoding>,
    /// How the token is made.
    pub signing: Signing,
    /// Entries of files that were handed in. The text has a U+FFFC where each stands; for those it
    /// has none for, it gets one at its beginning, as phones show files above words.
    pub attachments: Vec<Value>,
    /// Laid over the message's JSON; `null` removes a property. The headers keep the original.
    pub extra: Map<String, Value>,
    /// Wait at most this long, in milliseconds, for the message to be delivered or refused.
    pub wait: u64,
}

impl Send {
    /// A text into the customer's latest conversation.
    pub fn text(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::default() }
    }

    /// … to this business.
    #[must_use]
    pub fn to(self, business_id: &str) -> Self {
        Self { business_id: Some(business_id.to_owned()), ..self }
    }

    /// … and wait until it is delivered or refused.
    #[must_use]
    pub fn wait(self, wait: u64) -> Self {
        Self { wait, ..self }
    }
}

/// Apple sends a message once more, with the same id and body.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Resend {
    /// The message's id.
    pub id: String,
    /// Identical webhooks sent at the same moment. Default: 1.
    pub copies: Option<usize>,
}

/// The customer starts or stops typing.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Typing {
    /// To which business. Default: the customer's latest conversation.
    pub business_id: Option<String>,
    /// `true`: `typing_end` instead of `typing_start`.
    pub end: bool,
}

/// The customer deletes the conversation and wants no more messages.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Close {
    /// With which business. Default: the customer's latest conversation.
    pub business_id: Option<String>,
    /// Wait at most this long, in milliseconds, for the MSP's answer.
    pub wait: u64,
}

/// The customer reacts to a message.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Tapback {
    /// With which business. Default: the customer's latest conversation.
    pub business_id: Option<String>,
    /// Which reaction. Default: liked.
    pub reaction: Reaction,
    /// Any emoji instead of the six; English only.
    pub emoji: Option<String>,
    /// Takes the reaction back.
    pub removed: bool,
    /// The text reacted to. Default: the business's latest.
    pub quoted: Option<String>,
    /// The device's language. Default: the customer's locale. Known: `en`, `de`, `es`, `fr`, `ja`.
    pub locale: Option<String>,
    /// Wait at most this long, in milliseconds, for the MSP's answer.
    pub wait: u64,
}

/// The six tapbacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reaction {
    /// A heart.
    Loved,
    /// Thumbs up.
    #[default]
    Liked,
    /// Thumbs down.
    Disliked,
    /// "Ha ha".
    Laughed,
    /// Exclamation marks.
    Emphasized,
    /// A question mark.
    Questioned,
}
