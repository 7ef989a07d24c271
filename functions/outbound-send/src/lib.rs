//! `outbound-send`: `POST /v1/messages`, `POST /v1/messages/validate` and `POST /v1/payments`.

use std::time::Duration;

use amb_lambda::{
    answer::{self, Answer},
    http_event::{self, Request},
    telemetry::{LogHash, Stage, stage},
};
use amb_service::{
    access::{Access, Principal},
    model::OutboundStatus,
    port::{
        ApiKeys, Businesses, Clock, Conversations, Entropy, Files, IdempotencyRecords, Merchants,
        OutboundQueue, Outbox, Templates, Web,
    },
    problem::{Fault, Problem},
    send::{Check, LONGEST_WAIT, Send, Sent, Verdict},
};
use http::{HeaderValue, StatusCode, header::ALLOW};
use serde::Serialize;

/// The path that sends.
pub const PATH: &str = "/v1/messages";

/// The path that only tells what sending would come to.
pub const VALIDATE_PATH: &str = "/v1/messages/validate";

/// The path that asks for a payment.
pub const PAYMENTS_PATH: &str = "/v1/payments";

/// The largest body that is taken inline: what Lambda's 6 MB leave after base64. Larger ones come by
/// reference.
pub const MAX_BODY: usize = 4_718_592;

/// The function.
#[derive(Debug)]
pub struct OutboundSend<S, Q, F, W, C> {
    access: Access<S, C>,
    send: Send<S, Q, F, C>,
    check: Check<S, F, W, C>,
    log: LogHash,
    clock: C,
}

/// Every table port that this function uses.
pub trait Tables:
    ApiKeys + Businesses + Conversations + Outbox + IdempotencyRecords + Templates + Merchants + Clone
{
}

impl<T> Tables for T where
    T: ApiKeys
        + Businesses
        + Conversations
        + Outbox
        + IdempotencyRecords
        + Templates
        + Merchants
        + Clone
{
}

/// What a request came to.
enum Done {
    Sent(Sent),
    Asked(Sent),
    Checked(Principal, Verdict),
}

impl<S, Q, F, W, C> OutboundSend<S, Q, F, W, C>
where
    S: Tables,
    Q: OutboundQueue,
    F: Files + Clone,
    W: Web,
    C: Clock + Entropy + Clone,
{
    /// Serves with these ports.
    pub fn new(store: S, queue: Q, files: F, web: W, clock: C, log: LogHash) -> Self {
        let access = Access::new(store.clone(), clock.clone());
        let check = Check::new(store.clone(), files.clone(), web, clock.clone());
        let send = Send::new(store, queue, files, clock.clone());
        Self { access, send, check, log, clock }
    }

    /// Serves one request.
    pub async fn serve(&self, mut request: Request) -> Answer {
        let began = self.clock.now();
        let outcome = self.answer_to(&mut request).await;
        let took = began.duration_until(self.clock.now()).unsigned_abs();
        match outcome {
            Ok(Done::Sent(sent)) => {
                self.told(stage("send").took(took), &sent);
                accepted(&sent, false)
            }
            Ok(Done::Asked(sent)) => {
                self.told(stage("ask").took(took), &sent);
                accepted(&sent, true)
            }
            Ok(Done::Checked(principal, verdict)) => {
                let outcome = if verdict.valid { "valid" } else { "faulty" };
                stage("validate").took(took).outcome(outcome).tenant(&principal.tenant).emit();
                answer::json(StatusCode::OK, &verdict)
            }
            Err(problem) => {
                let name = match request.path() {
                    VALIDATE_PATH => "validate",
                    PAYMENTS_PATH => "ask",
                    _ => "send",
                };
                let outcome = if problem.status == 401 { "auth_failure" } else { "refused" };
                stage(name).took(took).outcome(outcome).code(problem.code).emit();
                let mut answer = answer::problem(&problem, request.request_id());
                if problem.status == 405 {
                    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
                }
                answer
            }
        }
    }

    fn told(&self, line: Stage, sent: &Sent) {
        let pointer = &sent.pointer;
        let tenant = pointer.tenant.as_str();
        line.outcome(if sent.replayed { "replayed" } else { "committed" })
            .word("type", sent.kind)
            .tenant(&pointer.tenant)
            .conversation(&self.log.of(tenant, pointer.conversation.as_str()))
            .message(&self.log.of(tenant, &pointer.message.to_string()))
            .emit();
    }

    async fn answer_to(&self, request: &mut Request) -> Result<Done, Problem> {
        let (checks, asks) = match request.path() {
            PATH => (false, false),
            VALIDATE_PATH => (true, false),
            PAYMENTS_PATH => (false, true),
            _ => return Err(Problem::not_found()),
        };
        if request.method() != "POST" {
            return Err(Problem::method_not_allowed());
        }
        let body = request.take_body();
        if body.len() > MAX_BODY {
            return Err(too_large(body.len()));
        }
        if let Some(problem) = http_event::refuse_hop(request) {
            return Err(problem);
        }
        let principal = self.access.authenticate(request.header("authorization")).await?;
        http_event::require_json(request)?;
        if checks {
            let verdict = self.check.check(&principal, &body).await?;
            return Ok(Done::Checked(principal, verdict));
        }
        let key = request.header("idempotency-key");
        let mut sent = if asks {
            self.send.ask(&principal, key, &body).await?
        } else {
            self.send.send(&principal, key, &body).await?
        };
        if let Some(wait) = preferred_wait(request.header("prefer")) {
            sent = self.send.wait(sent, wait).await?;
        }
        Ok(if asks { Done::Asked(sent) } else { Done::Sent(sent) })
    }
}

fn too_large(size: usize) -> Problem {
    let message = format!("at most {MAX_BODY} bytes are taken here");
    let fault = Fault::new("", "body_too_large", message)
        .limit(MAX_BODY, size)
        .fix("POST /v1/uploads, put the body there, and send {\"uploadId\":\"upl_…\"}");
    Problem { errors: vec![fault], ..Problem::too_large() }
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

/// 202 while the message waits for Apple, 200 when it came to its end. `asked`: a payment, and its
/// message beside it.
fn accepted(sent: &Sent, asked: bool) -> Answer {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Accepted<'s> {
        id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        message_id: Option<String>,
        #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
        kind: Option<&'static str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        payment_id: Option<String>,
        #[serde(flatten)]
        status: &'s OutboundStatus,
        #[serde(skip_serializing_if = "<[Fault]>::is_empty")]
        warnings: &'s [Fault],
    }
    let status = match sent.status {
        OutboundStatus::Queued => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    let message = sent.pointer.message.to_string();
    let payment = sent.payment.as_ref().map(ToString::to_string);
    let (id, message_id, payment_id) = match payment {
        Some(payment) if asked => (payment, Some(message), None),
        payment => (message, None, payment),
    };
    let body = Accepted {
        id,
        message_id,
        kind: (!asked).then_some(sent.kind),
        payment_id,
        status: &sent.status,
        warnings: &sent.warnings,
    };
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

    #[test]
    fn a_body_that_is_too_large_is_told_the_other_way() {
        let problem = too_large(MAX_BODY + 1);
        assert_eq!((problem.status, problem.errors[0].rule), (413, "body_too_large"));
        assert!(problem.errors[0].fix.as_ref().is_some_and(|fix| fix.contains("/v1/uploads")));
    }
}
