//! `POST /apple/v1/message`: what the MSP sends to customers.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State as Extract};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::token::Denial;
use crate::business::echo;
use crate::host;
use crate::line::Scissors;
use crate::model::{
    ConversationState, Direction, Effect, Entry, EntryState, Fault, GatewayCall, Hops, Place,
    TokenClaims,
};
use crate::world::{State, World, next_seq};

/// `POST /apple/v1/message`.
pub(crate) async fn message(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let mut call = Call::new(&headers, &bytes);

    let message = match state.read(|world| call.check(world, &headers, &bytes)) {
        Ok(message) => message,
        Err(refusal) => return call.refuse(&state, &refusal),
    };
    let struck = state.change(|world| {
        let customer = world.customer_by_opaque_id(&message.to).map(|it| it.name.clone());
        world.strike(&Place::Gateway, customer.as_deref(), Some(&message.kind))
    });
    match struck {
        None => call.take(&state, &message),
        Some(fault) => call.suffer(&state, &message, fault, &line).await,
    }
}

/// A message that is complete and agrees with its headers.
struct Message {
    id: String,
    kind: String,
    from: String,
    to: String,
}

/// A status, and the reason that follows its phrase in the body.
struct Refusal(StatusCode, String);

struct Call {
    record: GatewayCall,
}

impl Call {
    fn new(headers: &HeaderMap, bytes: &Bytes) -> Self {
        let body = serde_json::from_slice(bytes)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(bytes)));
        Self {
            record: GatewayCall {
                seq: 0,
                at: host::now_ms(),
                path: "POST /v1/message".to_owned(),
                headers: readable(headers, "authorization"),
                token: None,
                body,
                status: 0,
                accepted: false,
            },
        }
    }

    /// 401, 403, 400: what is judged before anything is looked up.
    fn check(
        &mut self,
        world: &World,
        headers: &HeaderMap,
        bytes: &Bytes,
    ) -> Result<Message, Refusal> {
        let authorization = headers.get("authorization").map(|value| value.to_str().unwrap_or(""));
        self.record.token = Some(authorize(world, authorization)?);

        let body: Value = serde_json::from_slice(bytes)
            .map_err(|error| bad_request(format!("body is not JSON: {error}")))?;
        let body = body.as_object().ok_or_else(|| bad_request("body is not an object"))?;
        if body.get("v").and_then(Value::as_i64) != Some(1) {
            return Err(bad_request("v is not 1"));
        }
        let property = |name: &str| {
            body.get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .ok_or_else(|| bad_request(format!("required property '{name}' is missing")))
        };
        let message = Message {
            id: property("id")?,
            kind: property("type")?,
            from: property("sourceId")?,
            to: property("destinationId")?,
        };
        if !host::is_uuid(&message.id) {
            return Err(bad_request("id is not a UUID"));
        }
        for (name, of_body) in
            [("id", &message.id), ("source-id", &message.from), ("destination-id", &message.to)]
        {
            let of_header = headers
                .get(name)
                .ok_or_else(|| bad_request(format!("required header '{name}' is missing")))?;
            if of_header.as_bytes() != of_body.as_bytes() {
                return Err(bad_request(format!("header '{name}' differs from the body")));
            }
        }
        let has_attachments =
            body.get("attachments").and_then(Value::as_array).is_some_and(|all| !all.is_empty());
        if message.kind == "text" && !has_attachments {
            property("body")?;
        }
        Ok(message)
    }

    /// 404, 410 or 200.
    fn take(self, state: &State, message: &Message) -> Response {
        match state.change(|world| put_on_phone(world, message, &self.record)) {
            Ok(()) => self.accept(state),
            Err(refusal) => self.refuse(state, &refusal),
        }
    }

    async fn suffer(
        self,
        state: &State,
        message: &Message,
        fault: Fault,
        line: &Scissors,
    ) -> Response {
        let delay = Duration::from_millis(fault.spec.delay_ms);
        match fault.spec.effect {
            Effect::Slow => {
                tokio::time::sleep(delay).await;
                self.take(state, message)
            }
            Effect::Status { status, headers, body } => {
                tokio::time::sleep(delay).await;
                let code = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
                let refusal = Refusal(code, "as asked".to_owned());
                let mut answer = self.refuse(state, &refusal);
                if let Some(body) = body {
                    *answer.body_mut() = Body::from(body);
                }
                add_headers(&mut answer, headers);
                answer
            }
            Effect::AnswerLost => {
                // Recorded at once, so that a caller who gives up cannot undo it.
                let answer = self.cut_after_taking(state, message);
                tokio::time::sleep(delay).await;
                line.cut();
                answer
            }
            Effect::Refuse => {
                self.record(state, 0, false);
                tokio::time::sleep(delay).await;
                line.cut();
                Response::default()
            }
        }
    }

    fn cut_after_taking(self, state: &State, message: &Message) -> Response {
        let taken = state.change(|world| put_on_phone(world, message, &self.record)).is_ok();
        self.record(state, 0, taken);
        Response::default()
    }

    fn accept(self, state: &State) -> Response {
        self.record(state, 200, true);
        Response::default()
    }

    fn refuse(self, state: &State, Refusal(status, reason): &Refusal) -> Response {
        self.record(state, status.as_u16(), false);
        let phrase = status.canonical_reason().unwrap_or("Error");
        let mut answer =
            Response::new(Body::from(format!("{} {phrase} : {reason}", status.as_u16())));
        *answer.status_mut() = *status;
        answer
            .headers_mut()
            .insert("content-type", http::HeaderValue::from_static("text/plain; charset=utf-8"));
        answer
    }

    fn record(self, state: &State, status: u16, accepted: bool) {
        state.change(|world| {
            let seq = next_seq(world.gateway_calls.len());
            world.gateway_calls.push(GatewayCall { seq, status, accepted, ..self.record });
        });
    }
}

fn authorize(world: &World, authorization: Option<&str>) -> Result<TokenClaims, Refusal> {
    let account = &world.account;
    account.secrets.check(authorization, &account.msp_id).map_err(|denial| match denial {
        Denial::Missing => Refusal(StatusCode::UNAUTHORIZED, "no Authorization header".to_owned()),
        Denial::Invalid(reason) => Refusal(StatusCode::FORBIDDEN, reason.to_owned()),
    })
}

fn bad_request(reason: impl Into<String>) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, reason.into())
}

/// The last check and the effect, in one step: 404 or 410, or the message is on the phone.
fn put_on_phone(world: &mut World, message: &Message, call: &GatewayCall) -> Result<(), Refusal> {
    let unknown = || Refusal(StatusCode::NOT_FOUND, "No device registrations for user".to_owned());
    let customer = world.customer_by_opaque_id(&message.to).ok_or_else(unknown)?.name.clone();
    let conversation = world.conversation_mut(&customer, &message.from).ok_or_else(unknown)?;
    match conversation.state {
        ConversationState::New => return Err(unknown()),
        ConversationState::Closed => {
            return Err(Refusal(StatusCode::GONE, "customer left the conversation".to_owned()));
        }
        ConversationState::Open => {}
    }

    // Any message ends the dots, as on a phone.
    conversation.business_typing = message.kind == "typing_start";
    if message.kind == "typing_start" || message.kind == "typing_end" {
        return Ok(());
    }
    let text = call.text("body").map(str::to_owned);
    let business_sent = echo::sent_at(world, &message.id, &message.to, text.as_deref());
    world.add_entry(Entry {
        seq: 0,
        id: message.id.clone(),
        direction: Direction::FromBusiness,
        customer,
        business_id: message.from.clone(),
        message_type: message.kind.clone(),
        text,
        title: None,
        message: call.body.clone(),
        state: EntryState::Shown,
        bot: call.headers.get("auto-reply").is_some_and(|value| value == "true"),
        not_showable: false,
        hops: Hops {
            business_sent,
            apple_accepted: Some(call.at),
            shown_on_phone: Some(host::now_ms()),
            ..Hops::default()
        },
    });
    Ok(())
}

/// Headers as text, without `hidden`.
pub(crate) fn readable(headers: &HeaderMap, hidden: &str) -> BTreeMap<String, String> {
    headers
        .iter()
        .filter(|(name, _)| name.as_str() != hidden)
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect()
}

/// Puts headers asked for by a fault on an answer; impossible ones are left out.
pub(crate) fn add_headers(answer: &mut Response, headers: BTreeMap<String, String>) {
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) =
            (name.parse::<http::HeaderName>(), value.parse::<http::HeaderValue>())
        {
            answer.headers_mut().insert(name, value);
        }
    }
}
