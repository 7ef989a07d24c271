//! `inbound-webhook`: Apple's `POST /message`.
//!
//! Answers 200 once the message is durable, and otherwise a status in Apple's own vocabulary with a
//! code and nothing else (spec/reliability §2.10).

use amb_lambda::{
    answer::{self, Answer},
    http_event::Request,
    telemetry::{LogHash, stage},
};
use amb_protocol::inbound::HeaderIds;
use amb_service::{
    model::InboxSort,
    port::{AppleSecrets, Businesses, Clock, Commit, Entropy, Inbox},
    receive::{InboundRequest, Receive, Received, Refusal},
};
use http::{HeaderValue, StatusCode, header::ALLOW};

/// The path that Apple appends to the registered URL (Apple, Messages Received).
pub const PATH: &str = "/message";

/// Serves one request.
pub async fn serve<S, K, C>(
    receive: &Receive<S, K, C>,
    log: &LogHash,
    clock: &C,
    mut request: Request,
) -> Answer
where
    S: Inbox + Businesses,
    K: AppleSecrets,
    C: Clock + Entropy + Clone,
{
    if request.path() != PATH {
        return answer::to_apple(StatusCode::NOT_FOUND, Some("unknown_path"));
    }
    if request.method() != "POST" {
        let mut answer = answer::to_apple(StatusCode::METHOD_NOT_ALLOWED, Some("method"));
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return answer;
    }
    let began = clock.now();
    let body = request.take_body();
    let size = body.len();
    let outcome = receive.receive(inbound(&request), body).await;
    let took = began.duration_until(clock.now()).unsigned_abs();
    let line = stage("receive").took(took).count("bytes", u64::try_from(size).unwrap_or(u64::MAX));
    match outcome {
        Ok(received) => {
            tell(line, log, &received).emit();
            answer::to_apple(StatusCode::OK, None)
        }
        Err(refusal) => {
            let line = line.outcome(outcome_of(&refusal)).code(refusal.code());
            let line = match &refusal {
                Refusal::BadToken(why) => line.word("token", why.code()),
                _ => line,
            };
            // A fault of ours has causes worth reading; a refusal's code says it all.
            if refusal.status() >= 500 { line.error(&refusal) } else { line }.emit();
            let status = StatusCode::from_u16(refusal.status());
            answer::to_apple(status.unwrap_or(StatusCode::BAD_REQUEST), Some(refusal.code()))
        }
    }
}

fn inbound(request: &Request) -> InboundRequest<'_> {
    InboundRequest {
        authorization: request.header("authorization"),
        content_type: request.header("content-type"),
        content_encoding: request.header("content-encoding"),
        ids: HeaderIds {
            id: request.header("id"),
            source: request.header("source-id"),
            destination: request.header("destination-id"),
        },
        capability_list: request.header("capability-list"),
    }
}

fn tell(
    line: amb_lambda::telemetry::Stage,
    log: &LogHash,
    received: &Received,
) -> amb_lambda::telemetry::Stage {
    let pointer = &received.pointer;
    let tenant = pointer.tenant.as_str();
    let line =
        line.tenant(&pointer.tenant).conversation(&log.of(tenant, pointer.conversation.as_str()));
    match received.commit {
        // Typing events of a few seconds share a row (design §5.6).
        Commit::Duplicate { .. } if matches!(pointer.sort, InboxSort::Typing { .. }) => {
            line.outcome("folded")
        }
        Commit::Stored => line.outcome("stored"),
        Commit::Duplicate { same_body: true } => line.outcome("duplicate"),
        // The same id with another body: the first is kept (spec/reliability F004).
        Commit::Duplicate { same_body: false } => line.outcome("id_reuse"),
    }
}

fn outcome_of(refusal: &Refusal) -> &'static str {
    match refusal.status() {
        401 | 403 => "auth_failure",
        500.. => "unavailable",
        _ => "refused",
    }
}
