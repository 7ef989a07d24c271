//! A device's call: JSON by POST, two headers, no cookies, one connection. Any status but 2xx is an
//! error, and so is an answer that is no JSON object.

use std::time::Duration;

use serde_json::Value;

use crate::host;
use crate::model::SheetCall;
use crate::world::State;

/// Apple's limit. Source: Apple, Apple Pay Endpoints.
const PATIENCE: Duration = Duration::from_secs(30);
/// The MSP's own account of its time, which devices do not look at.
const OVERHEAD: &str = "x-amb-overhead-ms";

/// What a device is about to say.
pub(super) struct Outgoing<'o> {
    pub(super) step: &'o str,
    pub(super) url: &'o str,
    pub(super) body: &'o Value,
    /// More than devices send.
    pub(super) headers: &'o [(String, String)],
    /// Less than 30 seconds.
    pub(super) patience: Option<Duration>,
}

/// Makes the call, and says what the device makes of the answer.
pub(super) async fn post(state: &State, out: Outgoing<'_>) -> SheetCall {
    let at = host::now_ms();
    let exchange = async {
        let mut request = state
            .http()
            .post(out.url)
            .header("accept", "application/json")
            .header("content-type", "application/json")
            .header("connection", "close")
            .timeout(out.patience.unwrap_or(PATIENCE))
            .body(out.body.to_string());
        for (name, value) in out.headers {
            request = request.header(name, value);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let overhead = answer.headers().get(OVERHEAD).and_then(|it| it.to_str().ok()?.parse().ok());
        Ok::<_, reqwest::Error>((status, overhead, answer.bytes().await?))
    };
    let outcome = exchange.await;
    let took_ms = host::now_ms().saturating_sub(at);
    let mut call = SheetCall {
        step: out.step.to_owned(),
        url: out.url.to_owned(),
        at,
        took_ms,
        request: out.body.clone(),
        status: None,
        answer: Value::Null,
        overhead_ms: None,
        error: None,
    };
    match outcome {
        Err(error) if error.is_timeout() => call.error = Some("no answer in time".to_owned()),
        Err(error) => call.error = Some(error.without_url().to_string()),
        Ok((status, overhead, bytes)) => {
            call.status = Some(status);
            call.overhead_ms = overhead;
            call.answer = serde_json::from_slice(&bytes)
                .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(&bytes)));
            if !(200..300).contains(&status) {
                call.error = Some(format!("status {status}"));
            } else if !call.answer.is_object() {
                call.error = Some("the answer is no JSON object".to_owned());
            }
        }
    }
    call
}
