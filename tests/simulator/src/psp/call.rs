//! One call of the MSP at a provider: faults, and answers kept for their `Idempotency-Key`. The work
//! goes on when the caller hangs up, as at real providers.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, FromRequest, Request};
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use super::notice::{self, Notice};
use crate::apple::gateway::add_headers;
use crate::host;
use crate::line::Scissors;
use crate::model::{Dialect, Effect, Place, PspCall, Twist};
use crate::world::{State, World, next_seq};

/// A request of the MSP, as it came.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) state: State,
    line: Scissors,
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) bytes: Bytes,
}

impl FromRequest<State> for Incoming {
    type Rejection = Response;

    async fn from_request(request: Request, state: &State) -> Result<Self, Response> {
        type Parts = (ConnectInfo<Scissors>, Method, Uri, HeaderMap, Bytes);
        let (ConnectInfo(line), method, uri, headers, bytes) =
            Parts::from_request(request, state).await?;
        Ok(Self { state: state.clone(), line, method, uri, headers, bytes })
    }
}

impl Incoming {
    /// What stands in a header.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        text(&self.headers, name)
    }

    /// Answers a call by its key, or executes it.
    pub(super) async fn serve(
        &self,
        call: Call,
        work: impl FnOnce(&mut World, Option<&Twist>) -> Answer + Send + 'static,
    ) -> Response {
        serve(&self.state, &self.line, call, work).await
    }
}

/// A call that is refused before anything is looked at.
#[derive(Debug)]
pub(super) struct Refused(Box<Response>);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        *self.0
    }
}

/// A call, read.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) dialect: Dialect,
    pub(super) account: String,
    pub(super) operation: &'static str,
    pub(super) path: String,
    /// `Idempotency-Key`.
    pub(super) key: Option<String>,
    /// What is remembered of the body; the card's token is not in it.
    pub(super) body: Value,
    /// What a second call under the same key must have in common with the first.
    pub(super) print: String,
    /// Whose card it is about, as far as that can be told.
    pub(super) customer: Option<String>,
}

/// What a provider answers.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Value,
    pub(super) notices: Vec<Notice>,
}

impl Answer {
    pub(super) fn new(status: u16, body: Value) -> Self {
        Self { status, body, notices: Vec::new() }
    }

    pub(super) fn telling(self, notice: Notice) -> Self {
        Self { notices: vec![notice], ..self }
    }
}

/// An answer under its key.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    /// The first call is still under way.
    Running,
    /// It was answered so.
    Done { print: String, status: u16, body: Value },
}

/// `Idempotency-Key`.
pub(super) fn key(headers: &HeaderMap) -> Option<String> {
    text(headers, "idempotency-key").filter(|key| !key.is_empty())
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

async fn serve(
    state: &State,
    line: &Scissors,
    call: Call,
    work: impl FnOnce(&mut World, Option<&Twist>) -> Answer + Send + 'static,
) -> Response {
    if let Some(known) = state.change(|world| look_up(world, &call)) {
        return call.answer(state, &known, true);
    }
    let fault = state.change(|world| {
        let place = Place::Psp(call.dialect);
        world.strike(&place, call.customer.as_deref(), Some(call.operation))
    });
    let Some(fault) = fault else {
        let answer = call.execute(state, None, work);
        return call.answer(state, &answer, false);
    };
    let delay = Duration::from_millis(fault.spec.delay_ms);
    if let Effect::Money(Twist::LandsLate { after_ms }) = fault.spec.effect {
        let (task, late) = (state.clone(), call.clone());
        state.spawn(async move {
            tokio::time::sleep(delay + Duration::from_millis(after_ms)).await;
            late.execute(&task, None, work);
        });
        tokio::time::sleep(delay).await;
        return call.cut(state, line);
    }
    let (send, done) = oneshot::channel();
    let (task, line) = (state.clone(), line.clone());
    state.spawn(async move {
        let answer = suffer(&task, &line, &call, fault.spec.effect, delay, work).await;
        let _gone = send.send(answer);
    });
    done.await.unwrap_or_default()
}

async fn suffer(
    state: &State,
    line: &Scissors,
    call: &Call,
    effect: Effect,
    delay: Duration,
    work: impl FnOnce(&mut World, Option<&Twist>) -> Answer,
) -> Response {
    if effect == Effect::AnswerLost {
        call.execute(state, None, work);
        tokio::time::sleep(delay).await;
        return call.cut(state, line);
    }
    tokio::time::sleep(delay).await;
    match effect {
        Effect::Refuse => {
            call.forget(state);
            call.cut(state, line)
        }
        Effect::Status { status, headers, body } => {
            let body = body.map_or_else(|| failure(call.dialect, status), Value::String);
            let answer = Answer::new(status, body);
            call.keep(state, &answer);
            let mut response = call.answer(state, &answer, false);
            add_headers(&mut response, headers);
            response
        }
        Effect::Money(Twist::FailsAfter) => {
            let answer = call.execute(state, None, work);
            let failed = Answer::new(500, failure(call.dialect, 500));
            // Stripe gives the 500 again to whoever comes with the key, others what was done.
            if call.dialect == Dialect::Stripe {
                call.keep(state, &failed);
            } else {
                call.keep(state, &answer);
            }
            call.answer(state, &failed, false)
        }
        Effect::Money(twist) => {
            let answer = call.execute(state, Some(&twist), work);
            call.answer(state, &answer, false)
        }
        Effect::Slow | Effect::AnswerLost | Effect::Spoilt(_) | Effect::ExpiresIn { .. } => {
            let answer = call.execute(state, None, work);
            call.answer(state, &answer, false)
        }
    }
}

impl Call {
    fn place(&self) -> Option<(Dialect, String, String)> {
        self.key.clone().map(|key| (self.dialect, self.account.clone(), key))
    }

    /// Does the work, keeps the answer, tells of it.
    fn execute(
        &self,
        state: &State,
        twist: Option<&Twist>,
        work: impl FnOnce(&mut World, Option<&Twist>) -> Answer,
    ) -> Answer {
        let answer = state.change(|world| work(world, twist));
        self.keep(state, &answer);
        for told in &answer.notices {
            notice::send(state, told.clone());
        }
        answer
    }

    /// Keeps an answer as the dialect does: not one to a call that was not executed.
    fn keep(&self, state: &State, answer: &Answer) {
        let Some(place) = self.place() else { return };
        state.change(|world| {
            let account = world.psp.accounts.get(&(self.dialect, self.account.clone()));
            let only_2xx = account.is_some_and(|it| it.keeps_only_2xx);
            let is_2xx = (200..300).contains(&answer.status);
            let executed = is_2xx
                || answer.status == 402
                || (answer.status >= 500 && self.dialect == Dialect::Stripe);
            if executed && (is_2xx || !only_2xx) {
                let (print, body) = (self.print.clone(), answer.body.clone());
                let done = Kept::Done { print, status: answer.status, body };
                world.psp.kept.insert(place, done);
            } else {
                world.psp.kept.remove(&place);
            }
        });
    }

    fn forget(&self, state: &State) {
        if let Some(place) = self.place() {
            state.change(|world| world.psp.kept.remove(&place));
        }
    }

    fn cut(&self, state: &State, line: &Scissors) -> Response {
        self.record(state, 0, false);
        line.cut();
        Response::default()
    }

    fn answer(&self, state: &State, answer: &Answer, replayed: bool) -> Response {
        self.record(state, answer.status, replayed);
        let text = match &answer.body {
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        let mut response = Response::new(Body::from(text));
        *response.status_mut() =
            StatusCode::from_u16(answer.status).unwrap_or(StatusCode::BAD_GATEWAY);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if replayed && self.dialect == Dialect::Stripe {
            headers.insert("idempotent-replayed", HeaderValue::from_static("true"));
        }
        response
    }

    fn record(&self, state: &State, status: u16, replayed: bool) {
        state.change(|world| {
            let seq = next_seq(world.psp.calls.len());
            world.psp.calls.push(PspCall {
                seq,
                at: host::now_ms(),
                dialect: self.dialect,
                account: self.account.clone(),
                operation: self.operation.to_owned(),
                path: self.path.clone(),
                key: self.key.clone(),
                body: self.body.clone(),
                status,
                replayed,
            });
        });
    }

    /// A refusal before anything is looked at: nothing is executed, nothing kept.
    pub(super) fn refuse(&self, state: &State, status: u16, body: Value) -> Refused {
        Refused(Box::new(self.answer(state, &Answer::new(status, body), false)))
    }
}

/// The answer that a key has, or `None` and the call is under way from now on.
fn look_up(world: &mut World, call: &Call) -> Option<Answer> {
    let place = call.place()?;
    if world.psp.fenced.contains_key(&place) {
        // It is refused from then on, whatever was answered before.
        return None;
    }
    match world.psp.kept.get(&place) {
        None => {
            world.psp.kept.insert(place, Kept::Running);
            None
        }
        Some(Kept::Running) => {
            let status = if call.dialect == Dialect::Adyen { 422 } else { 409 };
            Some(Answer::new(status, conflict(call.dialect)))
        }
        Some(Kept::Done { print, .. }) if *print != call.print => {
            let status = if call.dialect == Dialect::Stripe { 400 } else { 422 };
            Some(Answer::new(status, other_parameters(call.dialect)))
        }
        Some(Kept::Done { status, body, .. }) => Some(Answer::new(*status, body.clone())),
    }
}

fn conflict(dialect: Dialect) -> Value {
    match dialect {
        Dialect::Stripe => json!({"error": {
            "type": "idempotency_error", "code": "idempotency_key_in_use",
            "message": "There is currently another in-progress request using this idempotency key.",
        }}),
        Dialect::Adyen => json!({
            "status": 422, "errorCode": "704", "errorType": "validation",
            "message": "request already processed or in progress",
        }),
        Dialect::Endpoint => json!({"code": "in_progress"}),
    }
}

fn other_parameters(dialect: Dialect) -> Value {
    match dialect {
        Dialect::Stripe => json!({"error": {
            "type": "idempotency_error",
            "message": "Keys for idempotent requests can only be used with the same parameters \
                        they were first used with.",
        }}),
        Dialect::Adyen => json!({
            "status": 422, "errorCode": "702", "errorType": "validation",
            "message": "the idempotency key was used with another request",
        }),
        Dialect::Endpoint => json!({"code": "key_reused"}),
    }
}

fn failure(dialect: Dialect, status: u16) -> Value {
    match dialect {
        Dialect::Stripe => json!({"error": {
            "type": "api_error", "message": "An unknown error occurred",
        }}),
        Dialect::Adyen => json!({
            "status": status, "errorCode": "905", "errorType": "internal",
            "message": "internal error",
        }),
        Dialect::Endpoint => json!({"code": "internal"}),
    }
}
