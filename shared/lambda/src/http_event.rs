//! API Gateway's HTTP API events (payload format 2.0) as requests, served by `lambda_http`.
//!
//! In front of `lambda_http` stands a reader of our own (`event`) that makes every event one out of
//! which a URI can be built: API Gateway hands paths over already percent-decoded, and `lambda_http`
//! panics when path, query, `Host` and `X-Forwarded-Proto` make none. What is odd about a request is
//! for the function to refuse.

mod event;

use std::{convert::Infallible, fmt, future::Future, panic::AssertUnwindSafe};

use amb_service::{media_type::is_json, port::HOP_HEADER, problem::Problem};
use futures_util::FutureExt as _;
use http::request::Parts;
use jiff::Timestamp;
use lambda_http::{
    Adapter, Body, Context, Error, LambdaEvent, RequestExt as _, Service as _,
    request::{LambdaRequest, RequestContext},
    service_fn,
};
use percent_encoding::percent_decode_str;
use serde::Serialize;

use self::event::{GatewayEvent, HttpEvent};
use crate::{
    answer::{self, Answer},
    deadline::{Deadline, HTTP_RESERVE},
};

/// One request.
#[derive(Clone)]
pub struct Request {
    parts: Parts,
    path: String,
    body: Vec<u8>,
    id: String,
    received_at: Option<Timestamp>,
    deadline: Deadline,
}

/// Serves requests until the environment is shut down.
pub async fn run<F, T>(serve: F) -> Result<(), Error>
where
    F: Fn(Request) -> T + Sync,
    T: Future<Output = Answer> + Send,
{
    let serve = &serve;
    lambda_runtime::run(service_fn(|event| invoke(event, serve))).await
}

/// Refuses a request that is one of our own webhooks: an endpoint that points back at this API, by
/// whatever detour, would have every event make another.
pub fn refuse_hop(request: &Request) -> Option<Problem> {
    request.parts.headers.contains_key(HOP_HEADER).then(|| {
        Problem::loop_detected()
            .detail("Point the webhook endpoint at your own service, not at this API.")
    })
}

/// Refuses a request whose body is not JSON in UTF-8.
pub fn require_json(request: &Request) -> Result<(), Problem> {
    match request.header("content-type") {
        Some(value) if is_json(value) => Ok(()),
        _ => Err(Problem::unsupported_media_type()),
    }
}

/// One invocation: the event in, the answer as API Gateway reads it out.
async fn invoke<F, T>(
    event: LambdaEvent<HttpEvent>,
    serve: &F,
) -> Result<impl Serialize + use<F, T>, Infallible>
where
    F: Fn(Request) -> T + Sync,
    T: Future<Output = Answer> + Send,
{
    let LambdaEvent { payload: HttpEvent(event), context } = event;
    let readable = event.is_ok();
    let event = event.unwrap_or_else(|_| LambdaRequest::ApiGatewayV2(GatewayEvent::default()));
    let served = service_fn(|request| async move {
        let request = Request::read(request);
        Ok(if readable { answer_to(request, serve).await } else { unreadable(&request) })
    });
    Adapter::from(served).call(LambdaEvent::new(event, context)).await
}

/// A panic is answered as an internal fault. Left to the runtime, its message would be reported as
/// the invocation's error, and it may quote the request.
async fn answer_to<F, T>(request: Request, serve: &F) -> Answer
where
    F: Fn(Request) -> T,
    T: Future<Output = Answer>,
{
    let id = request.id.clone();
    let serving = AssertUnwindSafe(async { serve(request).await }).catch_unwind();
    serving.await.unwrap_or_else(|_panic| answer::problem(&Problem::internal(), &id))
}

/// Nothing of the event is written to the log: why it cannot be read may quote it.
fn unreadable(request: &Request) -> Answer {
    tracing::warn!("an event was not one of an HTTP API");
    let problem = Problem::invalid_request().detail("The request could not be read.");
    answer::problem(&problem, &request.id)
}

impl Request {
    /// Reads an event as JSON, as `events/` holds it.
    pub fn from_json(event: &[u8], context: &Context) -> Result<Self, serde_json::Error> {
        let HttpEvent(event) = serde_json::from_slice(event)?;
        let request = lambda_http::Request::from(event?);
        Ok(Self::read(request.with_lambda_context(context.clone())))
    }

    fn read(request: lambda_http::Request) -> Self {
        let (parts, body) = request.into_parts();
        let (gateway, epoch) = match parts.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => {
                (context.request_id.clone(), context.time_epoch)
            }
            _ => (None, 0),
        };
        let context = parts.lambda_context_ref();
        Self {
            path: percent_decode_str(parts.raw_http_path()).decode_utf8_lossy().into_owned(),
            body: match body {
                Body::Text(text) => text.into_bytes(),
                Body::Binary(bytes) => bytes,
                _ => Vec::new(),
            },
            id: gateway.or_else(|| Some(context?.request_id.clone())).unwrap_or_default(),
            received_at: Timestamp::from_millisecond(epoch).ok().filter(|_| epoch > 0),
            deadline: context
                .map_or(Deadline::at(Timestamp::MAX), |it| Deadline::of(it, HTTP_RESERVE)),
            parts,
        }
    }

    /// The method, upper case.
    pub fn method(&self) -> &str {
        self.parts.method.as_str()
    }

    /// The path as API Gateway gives it: percent-decoded, without the stage's name.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value of `{name}` in the route, percent-decoded.
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.parts.path_parameters_ref()?.first(name)
    }

    /// A header's value, trimmed. API Gateway joins the values of a repeated header with commas, so
    /// a value in which no comma belongs and which has one was sent twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        let value = self.parts.headers.get(name)?;
        str::from_utf8(value.as_bytes()).ok().map(str::trim)
    }

    /// Every header, by its name in lower case; values that are no UTF-8 are left out.
    pub fn headers(&self) -> Vec<(String, String)> {
        let text = |value: &http::HeaderValue| {
            str::from_utf8(value.as_bytes()).ok().map(|text| text.trim().to_owned())
        };
        let headers = self.parts.headers.iter();
        headers.filter_map(|(name, value)| Some((name.as_str().to_owned(), text(value)?))).collect()
    }

    /// The query as it was sent, without the question mark.
    pub fn raw_query(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// The query's names and values, decoded, in order, repeated names as often as they were sent.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        self.raw_query()
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (form_decode(name), form_decode(value))
            })
            .collect()
    }

    /// The body's bytes, as the caller sent them.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Takes the body out; nothing is left of it here.
    pub fn take_body(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.body)
    }

    /// The id of this request, which API Gateway's access log has too.
    pub fn request_id(&self) -> &str {
        &self.id
    }

    /// When API Gateway took the request, by its own clock.
    pub fn received_at(&self) -> Option<Timestamp> {
        self.received_at
    }

    /// When the answer has to be on its way.
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }
}

impl fmt::Debug for Request {
    /// Headers, paths, queries and bodies carry keys and customers' words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {} bytes, {})", self.method(), self.body.len(), self.id)
    }
}

/// Decodes `application/x-www-form-urlencoded`. What is no escape stays as it is, and what is not
/// UTF-8 is replaced.
fn form_decode(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests;
