//! Posts events to the businesses' endpoints.

use std::time::Duration;

use amb_service::port::{HOP_HEADER, WebhookAnswer, WebhookCall, WebhookError, Webhooks};
use reqwest::{
    Method, Request,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use tokio::time;

use crate::{
    CallError, EndpointUrl, Policy,
    client::{Pool, WalledClient},
    exchange::{self, Limits},
    resolver::{Lookup, SystemLookup},
    retry_after::retry_after,
};

/// Posts to endpoints.
///
/// Connections are not kept: each attempt resolves and vets the name anew, and no attempt is
/// ambiguous because a pooled connection died while the function was frozen.
#[derive(Debug)]
pub struct WebhookCaller {
    client: WalledClient,
    limits: Limits,
}

/// What an endpoint answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Retry-After`, from now, at most a day.
    pub retry_after: Option<Duration>,
    /// The beginning of the answer's text, at most [`EXCERPT_CHARS`] characters, for the business's
    /// own delivery log.
    pub body_excerpt: String,
    /// How long the call took.
    pub elapsed: Duration,
}

/// How much of an answer's text is kept.
pub const EXCERPT_CHARS: usize = 1024;

impl WebhookCaller {
    /// A caller behind the wall.
    pub fn new(policy: Policy) -> Self {
        Self::with_lookup(policy, SystemLookup)
    }

    /// A caller that resolves names its own way.
    pub fn with_lookup(policy: Policy, lookup: impl Lookup) -> Self {
        Self { client: WalledClient::new(policy, lookup, Pool::Off), limits: LIMITS }
    }

    /// One attempt, within `total`. A body is JSON.
    pub async fn post(
        &self,
        url: &EndpointUrl,
        headers: &[(&str, String)],
        body: Vec<u8>,
        total: Duration,
    ) -> Result<Answer, CallError> {
        let started = time::Instant::now();
        let mut request = Request::new(Method::POST, url.to_url());
        let sent = request.headers_mut();
        sent.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        sent.insert(HOP_HEADER, HeaderValue::from_static("1"));
        for (name, value) in headers {
            // Names are ours and values are ids, numbers and base64: none is ever left out.
            if let (Ok(name), Ok(value)) =
                (HeaderName::try_from(*name), HeaderValue::try_from(value))
            {
                sent.insert(name, value);
            }
        }
        *request.body_mut() = Some(body.into());

        let limits = Limits { total, ..self.limits };
        let reply = exchange::exchange(&self.client, request, &limits)
            .await
            .map_err(|failure| failure.error)?;
        Ok(Answer {
            status: reply.status,
            retry_after: retry_after(&reply.headers),
            body_excerpt: exchange::excerpt(&reply.body, EXCERPT_CHARS),
            elapsed: started.elapsed(),
        })
    }
}

impl Webhooks for WebhookCaller {
    async fn call(&self, call: WebhookCall) -> Result<WebhookAnswer, WebhookError> {
        // Vetted when it was registered; the rules may have become stricter since.
        let url = EndpointUrl::parse(&call.url, self.client.policy())
            .map_err(|_fault| WebhookError::Blocked)?;
        let answer =
            self.post(&url, &call.headers, call.body, call.timeout).await.map_err(|error| {
                tracing::debug!(code = error.code(), "webhook call failed");
                webhook_error(&error)
            })?;
        Ok(WebhookAnswer {
            status: answer.status,
            retry_after: answer.retry_after,
            elapsed: answer.elapsed,
        })
    }
}

fn webhook_error(error: &CallError) -> WebhookError {
    match error {
        CallError::Blocked => WebhookError::Blocked,
        CallError::Connect | CallError::Lost | CallError::NoClient { .. } => WebhookError::Connect,
        CallError::Dns => WebhookError::Dns,
        CallError::Protocol => WebhookError::Protocol,
        CallError::Tls(_) => WebhookError::Tls,
        CallError::Timeout(_) => WebhookError::Timeout,
    }
}

/// reliability §1.1 and §6.4: connect 3 s, headers 5 s, whole 15 s by default, 16 KiB of the body.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(3),
    headers: Duration::from_secs(5),
    body: Duration::from_secs(2),
    total: Duration::from_secs(15),
    body_bytes: 16 * 1024,
};

#[cfg(test)]
mod tests;
