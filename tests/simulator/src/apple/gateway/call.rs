//! One call of the MSP: what it carried, how it was answered, and the record of both.

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::Value;

use crate::apple::token::Denial;
use crate::host;
use crate::model::GatewayCall;
use crate::world::{State, next_seq};

/// A status, and the reason that follows its phrase in the body.
pub(in crate::apple) struct Refusal(pub(in crate::apple) StatusCode, pub(in crate::apple) String);

pub(in crate::apple) fn bad_request(reason: impl Into<String>) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, reason.into())
}

pub(in crate::apple) struct Call {
    pub(in crate::apple) record: GatewayCall,
    /// Why the body is no JSON.
    not_json: Option<String>,
}

impl Call {
    pub(in crate::apple) fn new(path: &str, headers: &HeaderMap, bytes: &Bytes) -> Self {
        let (body, not_json) = match serde_json::from_slice(bytes) {
            Ok(body) => (body, None),
            Err(error) => (Value::from(String::from_utf8_lossy(bytes)), Some(error.to_string())),
        };
        let record = GatewayCall {
            seq: 0,
            at: host::now_ms(),
            path: path.to_owned(),
            headers: readable(headers, "authorization"),
            customer: None,
            token: None,
            body,
            status: 0,
            accepted: false,
            reason: None,
            faults: Vec::new(),
        };
        Self { record, not_json }
    }

    /// 401 and 403.
    pub(in crate::apple) fn authorize(
        &mut self,
        state: &State,
        headers: &HeaderMap,
    ) -> Result<(), Refusal> {
        let authorization = headers.get("authorization").map(|value| value.to_str().unwrap_or(""));
        let checked =
            state.read(|world| world.account.secrets.check(authorization, &world.account.msp_id));
        self.record.token = Some(checked.map_err(|denial| match denial {
            Denial::Missing => {
                Refusal(StatusCode::UNAUTHORIZED, "no Authorization header".to_owned())
            }
            Denial::Invalid(reason) => Refusal(StatusCode::FORBIDDEN, reason.to_owned()),
        })?);
        Ok(())
    }

    /// The body, if it is JSON.
    pub(in crate::apple) fn body(&self) -> Result<&Value, Refusal> {
        match &self.not_json {
            None => Ok(&self.record.body),
            Some(error) => Err(bad_request(format!("body is not JSON: {error}"))),
        }
    }

    /// 200, with JSON where there is something to say.
    pub(in crate::apple) fn accept(self, state: &State, answer: Option<Value>) -> Response {
        self.record(state, 200, true);
        let Some(answer) = answer else { return Response::default() };
        let mut response = Response::new(Body::from(answer.to_string()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
    }

    pub(in crate::apple) fn refuse(
        mut self,
        state: &State,
        Refusal(status, reason): &Refusal,
    ) -> Response {
        self.record.reason = Some(reason.clone());
        self.record(state, status.as_u16(), false);
        let phrase = status.canonical_reason().unwrap_or("Error");
        let mut answer =
            Response::new(Body::from(format!("{} {phrase} : {reason}", status.as_u16())));
        *answer.status_mut() = *status;
        answer
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        answer
    }

    /// The answer that a fault asks for.
    pub(in crate::apple) fn fail(
        self,
        state: &State,
        status: u16,
        headers: BTreeMap<String, String>,
        body: Option<String>,
    ) -> Response {
        let code = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
        let mut answer = self.refuse(state, &Refusal(code, "as asked".to_owned()));
        if let Some(body) = body {
            *answer.body_mut() = Body::from(body);
        }
        add_headers(&mut answer, headers);
        answer
    }

    /// Enters the call; a status of 0 stands for a connection that is cut.
    pub(in crate::apple) fn record(self, state: &State, status: u16, accepted: bool) {
        state.change(|world| {
            let seq = next_seq(world.gateway_calls.len());
            world.gateway_calls.push(GatewayCall { seq, status, accepted, ..self.record });
        });
    }
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
            (name.parse::<http::HeaderName>(), value.parse::<HeaderValue>())
        {
            answer.headers_mut().insert(name, value);
        }
    }
}
