//! `POST /business/{name}/webhook`: what the product sends to a business.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path, State as Extract};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use super::bot;
use crate::apple::gateway::{add_headers, readable};
use crate::host;
use crate::line::Scissors;
use crate::model::{BusinessEvent, Direction, Effect, Fault, Place, Verdict};
use crate::world::{State, World, next_seq};

/// `POST /business/{name}/webhook`.
pub(crate) async fn event(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    Path(name): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let call = Call::new(&name, &headers, &bytes);
    let Some(secrets) =
        state.read(|world| world.businesses.get(&name).map(|it| it.webhook_secrets.clone()))
    else {
        return answer(StatusCode::NOT_FOUND, "no such business");
    };
    if let Err(reason) = verify(&secrets, &headers, &bytes) {
        call.record(&state, Verdict::Refused, 401, Some(reason));
        return answer(StatusCode::UNAUTHORIZED, "signature refused");
    }
    let struck = state.change(|world| {
        let customer = call.opaque_id().and_then(|id| world.customer_by_opaque_id(id));
        let customer = customer.map(|it| it.name.clone());
        let event_type = call.record.event_type().map(str::to_owned);
        world.strike(&Place::Business(name), customer.as_deref(), event_type.as_deref())
    });
    match struck {
        None => call.take(&state, 200),
        Some(fault) => call.suffer(&state, fault, &line).await,
    }
}

struct Call {
    record: BusinessEvent,
}

impl Call {
    fn new(business: &str, headers: &HeaderMap, bytes: &Bytes) -> Self {
        let event = serde_json::from_slice(bytes)
            .unwrap_or_else(|_| Value::from(String::from_utf8_lossy(bytes)));
        let webhook_id = headers.get("webhook-id").and_then(|value| value.to_str().ok());
        Self {
            record: BusinessEvent {
                seq: 0,
                business: business.to_owned(),
                at: host::now_ms(),
                webhook_id: webhook_id.map(str::to_owned),
                headers: readable(headers, ""),
                event,
                verdict: Verdict::Refused,
                reason: None,
                status: 0,
            },
        }
    }

    fn opaque_id(&self) -> Option<&str> {
        self.record.event.pointer("/data/opaqueId").and_then(Value::as_str)
    }

    /// Takes an event that is new, sets the bot on it, and answers.
    fn take(self, state: &State, status: u16) -> Response {
        let (name, event) = (self.record.business.clone(), self.record.event.clone());
        let id = self.record.webhook_id.clone().unwrap_or_default();
        let at = self.record.at;
        let new = state.change(|world| {
            let new = world.businesses.get_mut(&name).is_some_and(|it| it.taken.insert(id));
            if new {
                note_reception(world, &event, at);
            }
            new
        });
        self.record(state, if new { Verdict::Taken } else { Verdict::Duplicate }, status, None);
        if new {
            bot::answer(state, &name, &event);
        }
        Response::default()
    }

    async fn suffer(self, state: &State, fault: Fault, line: &Scissors) -> Response {
        let delay = Duration::from_millis(fault.spec.delay_ms);
        match fault.spec.effect {
            Effect::Slow | Effect::Spoilt(_) | Effect::Money(_) | Effect::ExpiresIn { .. } => {
                tokio::time::sleep(delay).await;
                self.take(state, 200)
            }
            Effect::Status { status, headers, body } => {
                self.record(state, Verdict::Fault, status, None);
                tokio::time::sleep(delay).await;
                let code = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
                let mut answer = answer(code, &body.unwrap_or_default());
                add_headers(&mut answer, headers);
                answer
            }
            Effect::AnswerLost => {
                let answer = self.take(state, 0);
                tokio::time::sleep(delay).await;
                line.cut();
                answer
            }
            Effect::Refuse => {
                self.record(state, Verdict::Fault, 0, None);
                tokio::time::sleep(delay).await;
                line.cut();
                Response::default()
            }
        }
    }

    fn record(self, state: &State, verdict: Verdict, status: u16, reason: Option<String>) {
        state.change(|world| {
            let seq = next_seq(world.events.len());
            world.events.push(BusinessEvent { seq, verdict, reason, status, ..self.record });
        });
    }
}

/// Standard Webhooks: `webhook-id`, `webhook-timestamp` within five minutes, `webhook-signature`.
fn verify(secrets: &[String], headers: &HeaderMap, bytes: &Bytes) -> Result<(), String> {
    let mut reason = "no secret is set".to_owned();
    for secret in secrets {
        let verdict = standardwebhooks::Webhook::new(secret)
            .and_then(|webhook| webhook.verify(bytes, headers));
        match verdict {
            Ok(()) => return Ok(()),
            Err(error) => reason = error.to_string(),
        }
    }
    Err(reason)
}

/// Enters in the transcript that a business has the customer's message: the event names Apple's id.
fn note_reception(world: &mut World, event: &Value, at: u64) {
    let mut ids = Vec::new();
    collect_uuids(event, &mut ids);
    for entry in world.entries.iter_mut().rev() {
        if entry.direction == Direction::FromCustomer
            && entry.hops.business_received.is_none()
            && ids.contains(&entry.id.as_str())
        {
            entry.hops.business_received = Some(at);
            return;
        }
    }
}

fn collect_uuids<'v>(value: &'v Value, into: &mut Vec<&'v str>) {
    match value {
        Value::String(text) if host::is_uuid(text) => into.push(text),
        Value::Array(items) => items.iter().for_each(|item| collect_uuids(item, into)),
        Value::Object(map) => map.values().for_each(|item| collect_uuids(item, into)),
        _ => {}
    }
}

fn answer(status: StatusCode, text: &str) -> Response {
    let mut answer = Response::new(Body::from(text.to_owned()));
    *answer.status_mut() = status;
    answer
}
