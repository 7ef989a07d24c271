use std::{future::Future, time::Duration};

/// Marks our own webhooks. An endpoint that leads back to our API, or two deployments pointed at each
/// other, would have every event make another; the API refuses what carries it (spec/reliability
/// F068).
pub const HOP_HEADER: &str = "amb-hop";

/// Posts to a business's endpoint, through the SSRF wall.
pub trait Webhooks: Send + Sync {
    /// One attempt.
    fn call(
        &self,
        call: WebhookCall,
    ) -> impl Future<Output = Result<WebhookAnswer, WebhookError>> + Send;
}

/// One attempt.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookCall {
    /// Where to.
    pub url: String,
    /// The `webhook-*` headers.
    pub headers: Vec<(&'static str, String)>,
    /// The event, as signed.
    pub body: Vec<u8>,
    /// How long it may take in all.
    pub timeout: Duration,
}

impl std::fmt::Debug for WebhookCall {
    /// Neither the body nor a signature reaches a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "WebhookCall({} bytes)", self.body.len())
    }
}

/// What the endpoint answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookAnswer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, as a duration from now.
    pub retry_after: Option<Duration>,
    /// How long the answer took.
    pub elapsed: Duration,
}

/// The endpoint did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// The wall refused the address.
    #[error("the address is not allowed")]
    Blocked,
    /// The name has no address.
    #[error("the name could not be resolved")]
    Dns,
    /// Nobody took the connection.
    #[error("the connection was refused or broke")]
    Connect,
    /// The certificate or the protocol version is not acceptable.
    #[error("TLS could not be agreed")]
    Tls,
    /// The answer did not come in time.
    #[error("the answer did not come in time")]
    Timeout,
    /// The answer was not HTTP.
    #[error("the answer was not HTTP")]
    Protocol,
}

impl WebhookError {
    /// The code in the delivery log.
    pub fn code(self) -> &'static str {
        match self {
            Self::Blocked => "ssrf_blocked",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Timeout => "timeout",
            Self::Protocol => "protocol",
        }
    }
}
