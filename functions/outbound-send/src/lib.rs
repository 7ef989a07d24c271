//! `outbound-send`: `POST /v1/messages`.

use std::time::Duration;

use amb_lambda::{
    answer::{self, Answer},
    http_event::{self, Request},
    telemetry::{LogHash, stage},
};
use amb_service::{
    access::Access,
    model::OutboundStatus,
    port::{
        ApiKeys, Businesses, Clock, Conversations, Entropy, IdempotencyRecords, OutboundQueue,
        Outbox,
    },
    problem::Problem,
    send::{LONGEST_WAIT, Send, Sent},
};
use http::{HeaderValue, StatusCode, header::ALLOW};
use serde::Serialize;

/// The path.
pub const PATH: &str = "/v1/messages";

/// The largest body: what Lambda's 6 MB leave after base64.
pub const MAX_BODY: usize = 4_718_592;

/// Serves one request.
pub async fn serve<S, Q, C>(
    access: &Access<S, C>,
    send: &Send<S, Q, C>,
    log: &LogHash,
    clock: &C,
    mut request: Request,
) -> Answer
where
    S: ApiKeys + Businesses + Conversations + Outbox + IdempotencyRecords,
    Q: OutboundQueue,
    C: Clock + Entropy,
{
    let began = clock.now();
    let outcome = answer_to(access, send, &mut request).await;
    let line = stage("send").took(began.duration_until(clock.now()).unsigned_abs());
    match outcome {
        Ok(sent) => {
            let pointer = &sent.pointer;
            let tenant = pointer.tenant.as_str();
            line.outcome(if sent.replayed { "replayed" } else { "committed" })
                .tenant(&pointer.tenant)
                .conversation(&log.of(tenant, pointer.conversation.as_str()))
                .message(&log.of(tenant, &pointer.message.to_string()))
                .emit();
            accepted(&sent)
        }
        Err(problem) => {
            let outcome = if problem.status == 401 { "auth_failure" } else { "refused" };
            line.outcome(outcome).code(problem.code).emit();
            let mut answer = answer::problem(&problem, request.request_id());
            if problem.status == 405 {
                answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
            }
            answer
        }
    }
}

async fn answer_to<S, Q, C>(
    access: &Access<S, C>,
    send: &Send<S, Q, C>,
    request: &mut Request,
) -> Result<Sent, Problem>
where
    S: ApiKeys + Businesses + Conversations + Outbox + IdempotencyRecords,
    Q: OutboundQueue,
    C: Clock + Entropy,
{
    if request.path() != PATH {
        return Err(Problem::not_found());
    }
    if request.method() != "POST" {
        return Err(Problem::method_not_allowed());
    }
    let body = request.take_body();
    if body.len() > MAX_BODY {
        return Err(Problem::too_large());
    }
    if let Some(problem) = http_event::refuse_hop(request) {
        return Err(problem);
    }
    let principal = access.authenticate(request.header("authorization")).await?;
    http_event::require_json(request)?;
    let sent = send.send(&principal, request.header("idempotency-key"), &body).await?;
    match preferred_wait(request.header("prefer")) {
        Some(wait) => send.wait(sent, wait).await,
        None => Ok(sent),
    }
}

/// `Prefer: wait=N`, in seconds (RFC 7240). What is no such preference is no preference.
fn preferred_wait(prefer: Option<&str>) -> Option<Duration> {
    let seconds = prefer?.split([',', ';']).find_map(|preference| {
        let (name, value) = preference.split_once('=')?;
        let seconds = value.trim().trim_matches('"').parse().ok()?;
        name.trim().eq_ignore_ascii_case("wait").then_some(seconds)
    })?;
    Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
}

/// 202 while the message waits for Apple, 200 when it came to its end.
fn accepted(sent: &Sent) -> Answer {
    #[derive(Serialize)]
    struct Accepted {
        id: String,
        #[serde(flatten)]
        status: OutboundStatus,
    }
    let status = match sent.status {
        OutboundStatus::Queued => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    let body = Accepted { id: sent.pointer.message.to_string(), status: sent.status.clone() };
    let mut answer = answer::json(status, &body);
    if sent.replayed {
        let name = http::HeaderName::from_static("idempotent-replayed");
        answer.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preferred_wait_is_read_and_bounded() {
        let seconds = |text| preferred_wait(Some(text)).map(|wait| wait.as_secs());
        assert_eq!(seconds("wait=3"), Some(3));
        assert_eq!(seconds("respond-async, Wait = \"7\""), Some(7));
        assert_eq!(seconds("wait=86400"), Some(LONGEST_WAIT.as_secs()));
        for none in ["wait", "wait=", "wait=-1", "wait=soon", "return=minimal", ""] {
            assert_eq!(seconds(none), None, "{none}");
        }
        assert_eq!(preferred_wait(None), None);
    }
}
