//! What Apple sends to the MSP: one POST per message, tried again on the account's schedule.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use super::gateway::readable;
use super::token::SecretError;
use crate::host;
use crate::model::{Encoding, RawAnswer, RetrySchedule, Signing, WebhookCall};
use crate::world::{State, next_seq};

/// How long a webhook made by hand may take: longer than any function's own deadline.
const RAW_TIMEOUT: Duration = Duration::from_mins(1);

/// A message of a customer, ready to be sent as often as needed.
#[derive(Debug, Clone)]
pub(crate) struct Webhook {
    pub(crate) customer: String,
    pub(crate) id: String,
    pub(crate) message_type: String,
    pub(crate) opaque_id: String,
    pub(crate) business_id: String,
    pub(crate) capabilities: Vec<String>,
    pub(crate) body: Vec<u8>,
    pub(crate) encoding: Encoding,
    pub(crate) signing: Signing,
}

/// Why a webhook could not be sent at all.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// Nobody said where webhooks go.
    #[error("no webhook base URL is set")]
    NoBaseUrl,
    /// The token cannot be made.
    #[error("the webhook cannot be signed")]
    Unsigned(#[source] SecretError),
    /// A header cannot be written.
    #[error("header '{0}' cannot be sent")]
    BadHeader(String),
    /// No answer.
    #[error("{0}")]
    NoAnswer(String),
}

impl Webhook {
    /// Tries until the MSP takes it (`true`) or the schedule ends; 4xx ends it at once.
    pub(crate) async fn deliver(&self, state: &State, schedule: &RetrySchedule) -> bool {
        let mut waited = 0;
        for (index, at) in schedule.at_ms.iter().enumerate() {
            tokio::time::sleep(Duration::from_millis(at.saturating_sub(waited))).await;
            waited = *at;
            let timeout = Duration::from_millis(schedule.timeout_ms);
            match self.attempt(state, index + 1, timeout).await {
                Some(200..=299) => return true,
                None | Some(500..=599) => {}
                Some(_) => return false,
            }
        }
        false
    }

    /// One POST, recorded; the status if there was an answer.
    pub(crate) async fn attempt(
        &self,
        state: &State,
        attempt: usize,
        timeout: Duration,
    ) -> Option<u16> {
        let seq = state.change(|world| {
            let seq = next_seq(world.webhook_calls.len());
            world.webhook_calls.push(WebhookCall {
                seq,
                customer: self.customer.clone(),
                id: self.id.clone(),
                message_type: self.message_type.clone(),
                attempt,
                sent_at: host::now_ms(),
                answered_at: None,
                status: None,
                error: None,
            });
            seq
        });
        let answer = match self.headers(state) {
            Ok(headers) => {
                post(state, "/message", headers, pack(&self.body, self.encoding), timeout).await
            }
            Err(error) => Err(error),
        };
        let (status, error) = match answer {
            Ok(answer) => (Some(answer.status), None),
            Err(error) => (None, Some(error.to_string())),
        };
        state.change(|world| {
            let index = usize::try_from(seq).unwrap_or(usize::MAX) - 1;
            if let Some(call) = world.webhook_calls.get_mut(index) {
                call.answered_at = Some(host::now_ms());
                call.status = status;
                call.error = error;
            }
        });
        status
    }

    fn headers(&self, state: &State) -> Result<HeaderMap, SendError> {
        let mut headers = usual_headers(&[
            ("id", &self.id),
            ("source-id", &self.opaque_id),
            ("destination-id", &self.business_id),
            ("capability-list", &self.capabilities.join(",")),
        ])?;
        seal(state, &mut headers, self.encoding, &self.signing)?;
        Ok(headers)
    }
}

/// Sends bytes as they stand, once.
pub(crate) async fn post_raw(
    state: &State,
    path: &str,
    body: &[u8],
    encoding: Encoding,
    signing: &Signing,
    overrides: &BTreeMap<String, Option<String>>,
) -> Result<RawAnswer, SendError> {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let property = |name: &str| json.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut headers = usual_headers(&[
        ("id", property("id")),
        ("source-id", property("sourceId")),
        ("destination-id", property("destinationId")),
        ("capability-list", "LIST,TIME,QUICK,AUTH,AUTH2,FORM"),
    ])?;
    seal(state, &mut headers, encoding, signing)?;
    for (name, value) in overrides {
        let bad = || SendError::BadHeader(name.clone());
        let header: http::HeaderName = name.parse().map_err(|_bad_name| bad())?;
        match value {
            Some(value) => {
                headers.insert(
                    header,
                    HeaderValue::from_bytes(value.as_bytes()).map_err(|_bad_value| bad())?,
                );
            }
            None => {
                headers.remove(header);
            }
        }
    }
    post(state, path, headers, pack(body, encoding), RAW_TIMEOUT).await
}

/// Packs a body for the wire.
pub(crate) fn pack(body: &[u8], encoding: Encoding) -> Vec<u8> {
    if encoding == Encoding::Plain {
        return body.to_vec();
    }
    let mut packed = gzip(body);
    if encoding == Encoding::TruncatedGzip {
        packed.truncate(packed.len().saturating_sub(8));
    }
    packed
}

#[expect(clippy::expect_used, reason = "writing to memory does not fail")]
fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).and_then(|()| encoder.finish()).expect("memory takes bytes")
}

/// Headers from text; an empty value leaves its header out.
fn usual_headers(pairs: &[(&'static str, &str)]) -> Result<HeaderMap, SendError> {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in pairs.iter().filter(|(_, value)| !value.is_empty()) {
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_bad_value| SendError::BadHeader((*name).to_owned()))?;
        headers.insert(*name, value);
    }
    Ok(headers)
}

/// Adds the headers that depend on how the webhook is packed and signed.
fn seal(
    state: &State,
    headers: &mut HeaderMap,
    encoding: Encoding,
    signing: &Signing,
) -> Result<(), SendError> {
    if matches!(encoding, Encoding::Gzip | Encoding::TruncatedGzip) {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let token = state
        .read(|world| world.account.secrets.sign(&world.account.msp_id, signing))
        .map_err(SendError::Unsigned)?;
    if let Some(token) = token {
        let value = HeaderValue::from_bytes(token.as_bytes())
            .map_err(|_bad_value| SendError::BadHeader(AUTHORIZATION.to_string()))?;
        headers.insert(AUTHORIZATION, value);
    }
    Ok(())
}

async fn post(
    state: &State,
    path: &str,
    headers: HeaderMap,
    body: Vec<u8>,
    timeout: Duration,
) -> Result<RawAnswer, SendError> {
    let base =
        state.read(|world| world.account.webhook_base_url.clone()).ok_or(SendError::NoBaseUrl)?;
    let started = host::now_ms();
    let exchange = async {
        let answer = state
            .http()
            .post(format!("{}{path}", base.trim_end_matches('/')))
            .headers(headers)
            .body(body)
            .timeout(timeout)
            .send()
            .await?;
        let status = answer.status().as_u16();
        let headers = readable(answer.headers(), "");
        let body = String::from_utf8_lossy(&answer.bytes().await?).into_owned();
        Ok(RawAnswer { status, headers, body, took_ms: host::now_ms().saturating_sub(started) })
    };
    exchange.await.map_err(|error: reqwest::Error| SendError::NoAnswer(explain(&error)))
}

/// The whole chain of causes, which is where "connection refused" stands.
fn explain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
