use serde::{Deserialize, Serialize};

use super::gateway::GatewaySettings;

/// The registration of the MSP as Apple keeps it; the secrets are not shown again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppleAccount {
    /// The MSP id: `iss` of what the MSP sends, `aud` of what Apple sends.
    pub msp_id: String,
    /// Where webhooks go, without the `/message` that Apple appends.
    pub webhook_base_url: Option<String>,
    /// How many secrets are live: two while the MSP rotates.
    pub live_secrets: usize,
    /// Which of them signs webhooks, counted from 0.
    pub sign_with: usize,
    /// How often Apple tries a webhook again.
    pub retry: RetrySchedule,
    /// How the gateway behaves.
    #[serde(default)]
    pub gateway: GatewaySettings,
}

/// Changes to [`AppleAccount`]; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccountSettings {
    /// Where webhooks go, without `/message`.
    pub webhook_base_url: Option<String>,
    /// Every live secret, base64; the gateway accepts each of them.
    pub secrets: Option<Vec<String>>,
    /// Which of them signs webhooks, counted from 0.
    pub sign_with: Option<usize>,
    /// How often Apple tries a webhook again.
    pub retry: Option<RetrySchedule>,
    /// How the gateway behaves; what is absent in it is as at the start.
    pub gateway: Option<GatewaySettings>,
}

/// When a webhook is tried again. Apple publishes no schedule: the default is an assumption, three
/// attempts at 0 s, 2 s and 10 s with the same `id` after a connect error, a 5xx or 10 s without
/// an answer; any other status but 2xx ends it. A message that is not taken is marked
/// "Not Delivered" on the phone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RetrySchedule {
    /// Offset of each attempt from the first, in milliseconds, ascending.
    pub at_ms: Vec<u64>,
    /// How long an answer may take, in milliseconds.
    pub timeout_ms: u64,
}

impl Default for RetrySchedule {
    fn default() -> Self {
        Self { at_ms: vec![0, 2_000, 10_000], timeout_ms: 10_000 }
    }
}

impl RetrySchedule {
    /// One attempt, nothing after it.
    pub fn once() -> Self {
        Self { at_ms: vec![0], ..Self::default() }
    }
}
