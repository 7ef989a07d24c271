//! API Gateway's HTTP API events (payload format 2.0).

use std::collections::BTreeMap;

use amb_lambda::http_event::Request;
use amb_protocol::gzip;
use data_encoding::BASE64;
use lambda_runtime::Context;
use serde_json::{Value, json};

use crate::{canary::CANARY, message, token::Token, vectors::NOW};

/// A request on its way through API Gateway. Headers, cookies and the query hold the canary.
#[derive(Clone, Debug)]
pub struct GatewayEvent {
    method: String,
    path: String,
    query: String,
    headers: BTreeMap<String, String>,
    body: Body,
}

#[derive(Clone, Debug)]
enum Body {
    /// Encoded as API Gateway does it.
    Bytes(Vec<u8>),
    /// As it stands in the event, and what the event says about it.
    Raw { text: String, is_base64: bool },
}

impl GatewayEvent {
    /// A request without a body.
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: format!("probe={CANARY}-query"),
            headers: BTreeMap::new(),
            body: Body::Bytes(Vec::new()),
        }
        .header("host", "msp.example.com")
        .header("user-agent", &format!("probe/{CANARY}"))
        .header("x-probe", &format!("{CANARY}-header"))
        .header("x-forwarded-for", "203.0.113.7")
    }

    /// Apple's request with the good text: gzip, Apple's headers, the good token.
    pub fn from_apple() -> Self {
        Self::from_apple_with(&message::text())
    }

    /// Apple's request with this message; the headers repeat its ids as far as they can.
    pub fn from_apple_with(message: &Value) -> Self {
        let mut event = Self::new("POST", "/message")
            .header("authorization", &Token::good().bearer())
            .header("content-type", "application/json")
            .header("capability-list", "AUTH,LIST,TIME,QUICK,FORM")
            .gzip(message.to_string().as_bytes());
        for (header, member) in
            [("id", "id"), ("source-id", "sourceId"), ("destination-id", "destinationId")]
        {
            let fits = |text: &&str| {
                (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic())
            };
            if let Some(text) = message.get(member).and_then(Value::as_str).filter(fits) {
                event = event.header(header, text);
            }
        }
        event
    }

    /// A business's request to send, with this key.
    pub fn to_send(key: &str, body: &Value) -> Self {
        Self::new("POST", "/v1/messages")
            .header("authorization", &format!("Bearer {key}"))
            .header("content-type", "application/json")
            .header("idempotency-key", &format!("{CANARY}-key-1"))
            .plain(body.to_string())
    }

    /// With another method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    /// With another path.
    #[must_use]
    pub fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.path);
        self
    }

    /// With another query.
    #[must_use]
    pub fn query(mut self, query: &str) -> Self {
        query.clone_into(&mut self.query);
        self
    }

    /// With this header, in place of an earlier one.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Without this header.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// With this `Authorization`.
    #[must_use]
    pub fn authorization(self, value: &str) -> Self {
        self.header("authorization", value)
    }

    /// With this token.
    #[must_use]
    pub fn token(self, token: &Token) -> Self {
        self.authorization(&token.bearer())
    }

    /// With this body, compressed, and the header that says so.
    #[must_use]
    pub fn gzip(self, body: &[u8]) -> Self {
        self.bytes(gzip::deflate(body)).header("content-encoding", "gzip")
    }

    /// With this body as it is, and no `Content-Encoding`.
    #[must_use]
    pub fn plain(self, body: impl Into<Vec<u8>>) -> Self {
        self.bytes(body).without("content-encoding")
    }

    /// With these bytes, headers unchanged.
    #[must_use]
    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Body::Bytes(body.into());
        self
    }

    /// With this text in the event's `body`, and this `isBase64Encoded`.
    #[must_use]
    pub fn raw_body(mut self, text: &str, is_base64: bool) -> Self {
        self.body = Body::Raw { text: text.to_owned(), is_base64 };
        self
    }

    /// The value of a header.
    pub fn header_value(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The event.
    pub fn to_json(&self) -> Value {
        // API Gateway encodes what it does not take for text, by its content type or because it has a
        // content encoding.
        let (body, is_base64) = match &self.body {
            Body::Raw { text, is_base64 } => (text.clone(), *is_base64),
            Body::Bytes(bytes) => match str::from_utf8(bytes) {
                Ok(text) if !self.headers.contains_key("content-encoding") => {
                    (text.to_owned(), false)
                }
                _ => (BASE64.encode(bytes), true),
            },
        };
        json!({
            "version": "2.0",
            "routeKey": format!("{} {}", self.method, self.path),
            "rawPath": self.path,
            "rawQueryString": self.query,
            "cookies": [format!("probe={CANARY}-cookie")],
            "headers": self.headers,
            "requestContext": {
                "accountId": "123456789012",
                "apiId": "a1b2c3d4e5",
                "domainName": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
                "http": {
                    "method": self.method,
                    "path": self.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.7",
                    "userAgent": format!("probe/{CANARY}"),
                },
                "requestId": "JKJaXmPLvHcESHA=",
                "routeKey": format!("{} {}", self.method, self.path),
                "stage": "$default",
                "timeEpoch": NOW * 1000,
            },
            "body": body,
            "isBase64Encoded": is_base64,
        })
    }

    /// The event as a function gets it.
    pub fn request(&self) -> Request {
        request(self.to_json().to_string().as_bytes())
    }
}

/// An event, as a file holds it, as a function gets it.
pub fn request(event: &[u8]) -> Request {
    Request::from_json(event, &context()).expect("an event of API Gateway")
}

/// An invocation at [`NOW`] that has half a minute.
pub fn context() -> Context {
    let mut context = Context::default();
    "8f5c1d0e-7c1b-4f0e-9a38-0c6a5d3b2f10".clone_into(&mut context.request_id);
    context.deadline = u64::try_from(NOW * 1000 + 30_000).unwrap_or_default();
    context
}
