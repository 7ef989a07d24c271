use amb_protocol::{gateway::GatewayStatus, id::BusinessId, jwt::ApiSecret, outbound::Message};
use serde_json::{Map, Value};
use std::{future::Future, time::Duration};

/// Apple's gateway.
pub trait Gateway: Send + Sync {
    /// Posts a message, signed with this key.
    fn post_message(
        &self,
        message: &Message,
        key: &ApiSecret,
    ) -> impl Future<Output = Result<GatewayAnswer, GatewayError>> + Send;

    /// Asks Apple to make a rich link of an App Clip (Apple, construct-payload).
    fn construct_payload(
        &self,
        link: &AppClipLink,
        key: &ApiSecret,
    ) -> impl Future<Output = Result<Constructed, GatewayError>> + Send;
}

/// An App Clip to make a rich link of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppClipLink {
    /// The business that will send it.
    pub business: BusinessId,
    /// The page, https.
    pub url: String,
    /// ISO 3166 alpha-2.
    pub store_region: String,
}

/// What Apple made of it.
#[derive(Clone, Debug, PartialEq)]
pub enum Constructed {
    /// `richLinkDataRef`, ready to be sent.
    Reference(Map<String, Value>),
    /// Apple's answer was another one; 400 says that the page has no App Clip.
    Not(GatewayAnswer),
}

/// What Apple answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayAnswer {
    /// The status, in Apple's meaning.
    pub status: GatewayStatus,
    /// How long Apple asks us to wait.
    pub retry_after: Option<Duration>,
    /// Apple's words, at most 512 characters.
    pub detail: Option<String>,
    /// `dataRef`, where it was asked for and given.
    pub data_ref: Option<Map<String, Value>>,
}

/// Apple did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// The request never left: Apple cannot have taken the message.
    #[error("Apple's gateway could not be reached")]
    NotSent,
    /// The request left and no answer came: Apple may have taken the message.
    #[error("Apple's gateway gave no answer")]
    Unanswered,
}
