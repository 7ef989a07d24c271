//! API Gateway's HTTP API events (payload format 2.0) as requests.
//!
//! `lambda_http` is not used on purpose: it builds a URI out of the path, the query, `Host` and
//! `X-Forwarded-Proto`, and panics when they do not make one, and API Gateway hands paths over
//! already percent-decoded, so a caller can bring that about (`/v1/endpoints/a%20b`). Here every
//! event becomes a request, and what is odd about it is for the function to refuse.

use std::{collections::BTreeMap, fmt, future::Future, panic::AssertUnwindSafe};

use amb_service::problem::Problem;
use data_encoding::BASE64;
use futures_util::FutureExt as _;
use lambda_runtime::{Context, Error, LambdaEvent, service_fn};
use serde::{Deserialize, Serialize};

use crate::{
    answer::{self, Answer},
    deadline::{Deadline, HTTP_RESERVE},
};

/// One request.
#[derive(Clone)]
pub struct Request {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    path_parameters: BTreeMap<String, String>,
    body: Vec<u8>,
    id: String,
    deadline: Deadline,
}

/// Serves requests until the environment is shut down.
pub async fn run<F, T>(serve: F) -> Result<(), Error>
where
    F: Fn(Request) -> T,
    T: Future<Output = Answer>,
{
    let serve = &serve;
    lambda_runtime::run(service_fn(|event: LambdaEvent<HttpEvent>| async move {
        let request = event.payload.into_request(&event.context);
        Ok::<_, Error>(HttpAnswer::from(answer_to(request, serve).await))
    }))
    .await
}

/// A panic is answered as an internal fault. Left to the runtime, its message would be reported as
/// the invocation's error, and it may quote the request.
async fn answer_to<F, T>(request: Request, serve: F) -> Answer
where
    F: Fn(Request) -> T,
    T: Future<Output = Answer>,
{
    let id = request.id.clone();
    let serving = AssertUnwindSafe(async { serve(request).await }).catch_unwind();
    serving.await.unwrap_or_else(|_panic| answer::problem(&Problem::internal(), &id))
}

impl Request {
    /// Reads an event as JSON, as `events/` holds it.
    pub fn from_json(event: &[u8], context: &Context) -> Result<Self, serde_json::Error> {
        Ok(serde_json::from_slice::<HttpEvent>(event)?.into_request(context))
    }

    /// The method, upper case.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The path as API Gateway gives it: percent-decoded, without the stage's name.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The value of `{name}` in the route, percent-decoded.
    pub fn path_parameter(&self, name: &str) -> Option<&str> {
        self.path_parameters.get(name).map(String::as_str)
    }

    /// A header's value, trimmed. API Gateway joins the values of a repeated header with commas, so
    /// a value in which no comma belongs and which has one was sent twice.
    ///
    /// `name` is lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.trim())
    }

    /// The query as it was sent, without the question mark.
    pub fn raw_query(&self) -> &str {
        &self.query
    }

    /// The query's names and values, decoded, in order, repeated names as often as they were sent.
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        self.query
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

    /// The id of this request, which API Gateway's access log has too.
    pub fn request_id(&self) -> &str {
        &self.id
    }

    /// When the answer has to be on its way.
    pub fn deadline(&self) -> Deadline {
        self.deadline
    }
}

impl fmt::Debug for Request {
    /// Headers, paths, queries and bodies carry keys and customers' words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({} {} bytes, {})", self.method, self.body.len(), self.id)
    }
}

/// The part of the event that we read. Everything may be missing.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct HttpEvent {
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    headers: Option<BTreeMap<String, Option<String>>>,
    path_parameters: Option<BTreeMap<String, Option<String>>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
    request_context: RequestContext,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestContext {
    request_id: Option<String>,
    stage: Option<String>,
    http: HttpContext,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct HttpContext {
    method: Option<String>,
    path: Option<String>,
}

impl HttpEvent {
    fn into_request(self, context: &Context) -> Request {
        let RequestContext { request_id, stage, http } = self.request_context;
        let path = self.raw_path.or(http.path).unwrap_or_default();
        let body = self.body.unwrap_or_default();
        Request {
            method: http.method.unwrap_or_default().to_ascii_uppercase(),
            path: without_stage(&path, stage.as_deref()).to_owned(),
            query: self.raw_query_string.unwrap_or_default(),
            headers: present(self.headers)
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            path_parameters: present(self.path_parameters).collect(),
            body: match self.is_base64_encoded {
                Some(true) => BASE64.decode(body.as_bytes()).unwrap_or_else(|_| body.into_bytes()),
                _ => body.into_bytes(),
            },
            id: request_id.unwrap_or_else(|| context.request_id.clone()),
            deadline: Deadline::of(context, HTTP_RESERVE),
        }
    }
}

/// The answer as API Gateway reads it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpAnswer {
    status_code: u16,
    headers: BTreeMap<String, String>,
    body: String,
    is_base64_encoded: bool,
}

impl From<Answer> for HttpAnswer {
    fn from(answer: Answer) -> Self {
        let headers = answer.headers().iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        Self {
            status_code: answer.status().as_u16(),
            headers: headers.collect(),
            body: answer.body().clone(),
            is_base64_encoded: false,
        }
    }
}

type Pairs = BTreeMap<String, Option<String>>;

fn present(pairs: Option<Pairs>) -> impl Iterator<Item = (String, String)> {
    pairs.unwrap_or_default().into_iter().filter_map(|(name, value)| Some((name, value?)))
}

/// A stage other than `$default` stands before the path of the route.
fn without_stage<'p>(path: &'p str, stage: Option<&str>) -> &'p str {
    stage
        .and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage))
        .filter(|rest| rest.starts_with('/'))
        .unwrap_or(path)
}

/// Decodes `application/x-www-form-urlencoded`. What is no escape stays as it is, and what is not
/// UTF-8 is replaced.
fn form_decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match (first, tail) {
            (b'%', [high, low, after @ ..]) if let Some(byte) = hex_byte(*high, *low) => {
                bytes.push(byte);
                rest = after;
            }
            (b'+', _) => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex_byte(high: u8, low: u8) -> Option<u8> {
    let digit = |b: u8| char::from(b).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(event: &Value) -> Request {
        let mut context = Context::default();
        context.request_id = "lambda-1".into();
        context.deadline = 10_000;
        Request::from_json(event.to_string().as_bytes(), &context).unwrap()
    }

    fn event() -> Value {
        json!({
            "version": "2.0",
            "routeKey": "GET /v1/endpoints/{endpointId}",
            "rawPath": "/v1/endpoints/ep_1",
            "rawQueryString": "a=1&b=x%20y+z&a=2&c&=d&e=%zz%4&f=%ff",
            "headers": {"Authorization": " Bearer a,Bearer b ", "id": "x"},
            "pathParameters": {"endpointId": "ep_1"},
            "requestContext": {
                "requestId": "gw-1",
                "stage": "$default",
                "http": {"method": "get", "path": "/v1/endpoints/ep_1"},
            },
            "body": "aMOpbGxvAP8=",
            "isBase64Encoded": true,
        })
    }

    #[test]
    fn a_request_has_what_was_sent() {
        let request = read(&event());
        assert_eq!((request.method(), request.path()), ("GET", "/v1/endpoints/ep_1"));
        assert_eq!(request.path_parameter("endpointId"), Some("ep_1"));
        assert_eq!(request.header("authorization"), Some("Bearer a,Bearer b"));
        assert_eq!(request.header("absent"), None);
        assert_eq!(request.body(), b"h\xc3\xa9llo\0\xff");
        assert_eq!(request.request_id(), "gw-1");
        let pairs = request.query_pairs();
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("a", "1"),
                ("b", "x y z"),
                ("a", "2"),
                ("c", ""),
                ("", "d"),
                ("e", "%zz%4"),
                ("f", "\u{fffd}")
            ]
        );
    }

    #[test]
    fn a_stage_in_the_path_is_taken_off() {
        for (path, stage, expected) in [
            ("/prod/message", "prod", "/message"),
            ("/message", "prod", "/message"),
            ("/production/x", "prod", "/production/x"),
            ("/message", "$default", "/message"),
            ("/prod", "prod", "/prod"),
        ] {
            let mut event = event();
            event["rawPath"] = path.into();
            event["requestContext"]["stage"] = stage.into();
            assert_eq!(read(&event).path(), expected);
        }
    }

    #[test]
    fn no_event_is_refused_however_odd_and_none_panics() {
        for odd in [
            json!({}),
            json!({"headers": null, "body": null, "pathParameters": null, "rawPath": null}),
            json!({"headers": {"host": "[", "x-forwarded-proto": "\u{0}", "é": "ü\r\n", "x": null}}),
            json!({"rawPath": "/v1/a b/%zz/\u{0}\u{fffd}", "rawQueryString": "% %%%=&&&=\u{0}"}),
            json!({"body": "not base64 !", "isBase64Encoded": true}),
            json!({"requestContext": {"http": {"method": "MK COL"}}}),
        ] {
            let request = read(&odd);
            let _ = (request.query_pairs(), format!("{request:?}"));
            assert_eq!(request.request_id(), "lambda-1");
        }
        assert_eq!(
            read(&json!({"body": "not base64 !", "isBase64Encoded": true})).body(),
            b"not base64 !"
        );
    }

    #[test]
    fn debug_shows_neither_headers_nor_path_nor_body() {
        let mut event = event();
        event["headers"] = json!({"authorization": "canary"});
        event["rawPath"] = "/canary".into();
        event["rawQueryString"] = "canary".into();
        event["body"] = "canary".into();
        assert!(!format!("{:?}", read(&event)).contains("canary"));
    }

    #[tokio::test]
    async fn i8_a_panic_is_answered_without_its_words() {
        let request = read(&event());
        let serve = |request: Request| -> std::future::Ready<Answer> {
            panic!("canary {}", request.path());
        };
        let answer = answer_to(request, serve).await;
        assert_eq!(answer.status(), 500);
        assert!(answer.body().contains("gw-1") && !answer.body().contains("canary"));
    }

    #[test]
    fn an_answer_is_what_api_gateway_reads() {
        let answer = answer::json(http::StatusCode::CREATED, &json!({"id": "é"}));
        let wire = serde_json::to_value(HttpAnswer::from(answer)).unwrap();
        assert_eq!(wire["statusCode"], 201);
        assert_eq!(wire["headers"]["content-type"], "application/json");
        assert_eq!(
            (&wire["body"], &wire["isBase64Encoded"]),
            (&json!("{\"id\":\"é\"}"), &json!(false))
        );
    }
}
