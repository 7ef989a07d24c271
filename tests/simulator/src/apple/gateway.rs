//! `POST /apple/v1/message` and `/authenticate`: what the MSP sends to customers.

mod call;
mod content;
mod envelope;
mod references;
mod shown;

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State as Extract};
use axum::response::Response;
use axum::routing::post;
use http::HeaderMap;

pub(super) use self::call::{Call, Refusal, bad_request};
pub(crate) use self::call::{add_headers, readable};
use self::envelope::Message;
pub(super) use self::references::{reference, sealed};
use crate::line::Scissors;
use crate::model::{Effect, Fault, Place};
use crate::world::State;

/// Routes under `/apple/v1`.
pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/apple/v1/message", post(message))
        .route("/apple/v1/authenticate", post(authenticate))
        .route("/apple/v1/constructPayload", post(super::app_clip::construct))
        .merge(super::content::routes())
}

/// Which of the two endpoints for messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Endpoint {
    Message,
    Authenticate,
}

async fn message(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    send(&state, &line, Endpoint::Message, &headers, &bytes).await
}

async fn authenticate(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    send(&state, &line, Endpoint::Authenticate, &headers, &bytes).await
}

async fn send(
    state: &State,
    line: &Scissors,
    endpoint: Endpoint,
    headers: &HeaderMap,
    bytes: &Bytes,
) -> Response {
    let path = match endpoint {
        Endpoint::Message => "POST /v1/message",
        Endpoint::Authenticate => "POST /v1/authenticate",
    };
    let mut call = Call::new(path, headers, bytes);
    let message = match judge(&mut call, state, endpoint, headers) {
        Ok(message) => message,
        Err(refusal) => return call.refuse(state, &refusal),
    };
    let struck = state.change(|world| {
        let customer = message.customer(world).map(|it| it.name.clone());
        world.strike(&Place::Gateway, customer.as_deref(), Some(&message.kind))
    });
    match struck {
        None => take(call, state, &message),
        Some(fault) => suffer(call, state, &message, fault, line).await,
    }
}

/// 401, 403, 400: what is judged before anything is looked up.
fn judge(
    call: &mut Call,
    state: &State,
    endpoint: Endpoint,
    headers: &HeaderMap,
) -> Result<Message, Refusal> {
    call.authorize(state, headers)?;
    let message = Message::read(call.body()?, headers)?;
    let pack = state.read(|world| world.account.gateway.rule_pack.clone());
    let faults = content::faults(call.body()?, &message, endpoint, &pack);
    let first = faults.first().map(|fault| fault.message.clone());
    call.record.faults = faults;
    first.map_or(Ok(message), |reason| Err(bad_request(reason)))
}

/// 404, 410 or 200; 400 for a reference that does not hold.
fn take(call: Call, state: &State, message: &Message) -> Response {
    match state.change(|world| shown::put_on_phone(world, message, &call.record)) {
        Ok(answer) => call.accept(state, answer),
        Err(refusal) => call.refuse(state, &refusal),
    }
}

async fn suffer(
    call: Call,
    state: &State,
    message: &Message,
    fault: Fault,
    line: &Scissors,
) -> Response {
    let delay = Duration::from_millis(fault.spec.delay_ms);
    match fault.spec.effect {
        Effect::Slow | Effect::Spoilt(_) | Effect::Money(_) | Effect::ExpiresIn { .. } => {
            tokio::time::sleep(delay).await;
            take(call, state, message)
        }
        Effect::Status { status, headers, body } => {
            tokio::time::sleep(delay).await;
            call.fail(state, status, headers, body)
        }
        Effect::AnswerLost => {
            // Recorded at once, so that a caller who gives up cannot undo it.
            let taken =
                state.change(|world| shown::put_on_phone(world, message, &call.record)).is_ok();
            call.record(state, 0, taken);
            tokio::time::sleep(delay).await;
            line.cut();
            Response::default()
        }
        Effect::Refuse => {
            call.record(state, 0, false);
            tokio::time::sleep(delay).await;
            line.cut();
            Response::default()
        }
    }
}
