use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::customer::{Encoding, Signing};
use super::gateway::WireFault;

/// A list, oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Items<T> {
    /// What was asked for.
    pub items: Vec<T>,
}

/// One call of the MSP to Apple's gateway.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GatewayCall {
    /// Counts all calls from 1, in the order they arrived.
    pub seq: u64,
    /// When the call was complete at the gateway.
    pub at: u64,
    /// Method and path under `/apple`.
    pub path: String,
    /// Lower-case names, without `authorization`: of the two spellings that Apple takes for files
    /// (`size` or `mmcs-size`, `url` or `mmcs-url`, …), the one that came.
    pub headers: BTreeMap<String, String>,
    /// The customer's name, where a file or a packed reply of theirs was asked for.
    #[serde(default)]
    pub customer: Option<String>,
    /// What the token says, if it holds.
    pub token: Option<TokenClaims>,
    /// The body as JSON, or as text where it is none.
    pub body: Value,
    /// The answer's status; 0 when the connection was cut instead.
    pub status: u16,
    /// The message reached the phone; of calls that reach none: they did what they were asked.
    pub accepted: bool,
    /// Why it was refused.
    #[serde(default)]
    pub reason: Option<String>,
    /// Everything wrong with the content; the answer names the first.
    #[serde(default)]
    pub faults: Vec<WireFault>,
}

impl GatewayCall {
    /// A text property of the body.
    pub fn text(&self, property: &str) -> Option<&str> {
        self.body.get(property).and_then(Value::as_str)
    }
}

/// Claims of a token the gateway accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenClaims {
    /// The MSP id.
    pub iss: String,
    /// Seconds since 1970.
    pub iat: i64,
    /// Which of the account's secrets signed it, counted from 0.
    pub secret: usize,
}

/// Which [`GatewayCall`]s, and how long to wait for them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CallFilter {
    /// Body `id`.
    pub id: Option<String>,
    /// Body `type`.
    #[serde(rename = "type")]
    pub message_type: Option<String>,
    /// The name of the customer whom the message, the file or the packed reply is about.
    pub customer: Option<String>,
    /// Method and path, such as `GET /v1/preUpload` or `POST /content/upload`.
    pub path: Option<String>,
    /// The answer's status.
    pub status: Option<u16>,
    /// Only calls that reached the phone, or did not.
    pub accepted: Option<bool>,
    /// Only calls with a greater `seq`.
    pub after: u64,
    /// Wait at most this long, in milliseconds, …
    pub wait: u64,
    /// … for at least this many. Default: 1.
    pub at_least: Option<usize>,
}

/// One attempt of Apple's side at a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookCall {
    /// Counts all attempts from 1.
    pub seq: u64,
    /// The customer's name.
    pub customer: String,
    /// The message's id, the same on every attempt.
    pub id: String,
    /// `text`, `typing_start`, …
    #[serde(rename = "type")]
    pub message_type: String,
    /// Counts the attempts at this message from 1.
    pub attempt: usize,
    /// When the request was sent.
    pub sent_at: u64,
    /// When the answer came or the attempt failed; absent while under way.
    pub answered_at: Option<u64>,
    /// The MSP's answer.
    pub status: Option<u16>,
    /// Why there is no answer.
    pub error: Option<String>,
}

/// Which [`WebhookCall`]s, and how long to wait for them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WebhookFilter {
    /// The message's id.
    pub id: Option<String>,
    /// The message's type.
    #[serde(rename = "type")]
    pub message_type: Option<String>,
    /// The customer's name.
    pub customer: Option<String>,
    /// The MSP's answer.
    pub status: Option<u16>,
    /// Only attempts that ended, or are under way.
    pub answered: Option<bool>,
    /// Only attempts with a greater `seq`.
    pub after: u64,
    /// Wait at most this long, in milliseconds, …
    pub wait: u64,
    /// … for at least this many. Default: 1.
    pub at_least: Option<usize>,
}

/// A webhook made by hand: one attempt, sent as it stands, for input that Apple would not send.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RawWebhook {
    /// Under the webhook base URL. Default: `/message`.
    pub path: Option<String>,
    /// JSON to send.
    pub body: Option<Value>,
    /// Text to send instead.
    pub body_text: Option<String>,
    /// Bytes to send instead, base64.
    pub body_base64: Option<String>,
    /// How the body is packed.
    pub encoding: Encoding,
    /// How the token is made.
    pub signing: Signing,
    /// In place of the usual `id`, `source-id`, `destination-id` (from the body), `content-type`
    /// and `capability-list`; `null` leaves one out.
    pub headers: BTreeMap<String, Option<String>>,
}

/// What the MSP answered to a [`RawWebhook`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RawAnswer {
    /// The HTTP status.
    pub status: u16,
    /// Lower-case names.
    pub headers: BTreeMap<String, String>,
    /// As text; broken UTF-8 is replaced.
    pub body: String,
    /// Milliseconds from sending to the whole answer.
    pub took_ms: u64,
}
