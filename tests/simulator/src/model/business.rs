use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How a sample business is set up; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct BusinessSettings {
    /// The endpoint's `whsec_…` secrets; a signature by any of them is accepted.
    pub webhook_secrets: Option<Vec<String>>,
    /// Where the product's API is, without `/v1`.
    pub api_url: Option<String>,
    /// The business's key at the product's API.
    pub api_key: Option<String>,
    /// Answer: every text with "You said: …", but for what the demo answers. Default: on.
    pub echo: Option<bool>,
    /// Answer a keyword by a message of that type, and a choice by what was chosen. Default: on.
    pub demo: Option<bool>,
    /// Show typing before an answer. Default: on.
    pub typing: Option<bool>,
}

/// A sample business; its secret and key are not shown.
#[expect(clippy::struct_excessive_bools, reason = "switches, each on its own")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BusinessView {
    /// Its name in the simulator's URLs.
    pub name: String,
    /// Where the product posts events.
    pub webhook_url: String,
    /// How many secrets it accepts.
    pub webhook_secrets: usize,
    /// See [`BusinessSettings::api_url`].
    pub api_url: Option<String>,
    /// A key is set.
    pub has_api_key: bool,
    /// See [`BusinessSettings::echo`].
    pub echo: bool,
    /// See [`BusinessSettings::demo`].
    pub demo: bool,
    /// See [`BusinessSettings::typing`].
    pub typing: bool,
}

/// One call of the product to the business's webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BusinessEvent {
    /// Counts the calls to all businesses from 1.
    pub seq: u64,
    /// The business's name.
    pub business: String,
    /// When the call was complete.
    pub at: u64,
    /// `webhook-id`.
    pub webhook_id: Option<String>,
    /// Lower-case names, `webhook-signature` among them.
    pub headers: BTreeMap<String, String>,
    /// The body as JSON, or as text where it is none.
    pub event: Value,
    /// What the business made of it.
    pub verdict: Verdict,
    /// Why it was refused.
    pub reason: Option<String>,
    /// The answer's status; 0 when the connection was cut instead.
    pub status: u16,
}

impl BusinessEvent {
    /// The event's type, such as `message.received`.
    pub fn event_type(&self) -> Option<&str> {
        self.event.get("type").and_then(Value::as_str)
    }
}

/// What a business made of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// Signed, new, taken.
    Taken,
    /// Signed, but its `webhook-id` was taken before.
    Duplicate,
    /// Not signed with a secret of the business.
    Refused,
    /// A fault stood in the way; nothing was taken.
    Fault,
}

/// Which [`BusinessEvent`]s, and how long to wait for them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventFilter {
    /// The event's type.
    #[serde(rename = "type")]
    pub event_type: Option<String>,
    /// What the business made of it.
    pub verdict: Option<Verdict>,
    /// The body contains this text.
    pub contains: Option<String>,
    /// Only calls with a greater `seq`.
    pub after: u64,
    /// Wait at most this long, in milliseconds, …
    pub wait: u64,
    /// … for at least this many. Default: 1.
    pub at_least: Option<usize>,
}

/// One call of the bot to the product's API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BotAnswer {
    /// The business's name.
    pub business: String,
    /// The event it answers.
    pub event_id: String,
    /// The opaque id of the customer it answers.
    pub to: String,
    /// `Idempotency-Key`.
    pub idempotency_key: String,
    /// `text`, `typing`, or the type that a keyword stands for.
    #[serde(rename = "type")]
    pub message_type: String,
    /// What it says.
    pub text: Option<String>,
    /// When the first attempt was made.
    pub sent_at: u64,
    /// The last answer's status.
    pub status: Option<u16>,
    /// The `id` in the answer.
    pub message_id: Option<String>,
    /// Why there is no good answer.
    pub error: Option<String>,
}
