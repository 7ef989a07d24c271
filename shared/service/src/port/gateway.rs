use amb_protocol::{gateway::GatewayStatus, jwt::ApiSecret, outbound::Message};
use std::{future::Future, time::Duration};

/// Apple's gateway.
pub trait Gateway: Send + Sync {
    /// Posts a message, signed with this key.
    fn post_message(
        &self,
        message: &Message,
        key: &ApiSecret,
    ) -> impl Future<Output = Result<GatewayAnswer, GatewayError>> + Send;
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
