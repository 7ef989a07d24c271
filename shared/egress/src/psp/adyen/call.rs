//! Calls to Adyen's API, and how they end.

use amb_protocol::secret::Secret;
use amb_service::model::Doubt;
use reqwest::{
    Method, Request,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::Adyen;
use crate::psp::{
    code,
    wire::{Called, read},
};

/// `ServiceError`, without its text.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ServiceError {
    #[serde(default)]
    error_code: Option<String>,
}

/// What Adyen said.
pub(super) enum Answer<T> {
    Yes(T),
    No { status: u16, code: Option<String> },
    NotSent,
    Doubt(Doubt),
}

impl Adyen<'_> {
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        path: &[&str],
        body: &serde_json::Value,
        key: &str,
    ) -> Answer<T> {
        let body = Secret::new(body.to_string());
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v72").extend(path);
        }
        let make = || {
            let mut request = Request::new(Method::POST, url.clone());
            let headers = request.headers_mut();
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            for (name, value) in
                [("x-api-key", self.secret.api_key.expose().as_str()), ("idempotency-key", key)]
            {
                if let Ok(mut value) = HeaderValue::try_from(value) {
                    value.set_sensitive(name == "x-api-key");
                    headers.insert(HeaderName::from_static(name), value);
                }
            }
            *request.body_mut() = Some(body.expose().clone().into());
            request
        };
        match self.wire.call(self.budget, make, is_worth_another).await {
            Called::NotSent => Answer::NotSent,
            Called::Lost(doubt) => Answer::Doubt(doubt),
            Called::Answer(reply) => match reply.status {
                200 | 201 => read(&reply).map_or(Answer::Doubt(Doubt::UnknownWord), Answer::Yes),
                status @ 400..500 => {
                    let error: Option<ServiceError> = read(&reply);
                    match error {
                        Some(error) => {
                            Answer::No { status, code: error.error_code.as_deref().and_then(code) }
                        }
                        // Refused at the door: it is said before anything is done.
                        None if matches!(status, 401 | 403 | 429) => {
                            Answer::No { status, code: None }
                        }
                        None => Answer::Doubt(Doubt::UnknownWord),
                    }
                }
                500.. => Answer::Doubt(Doubt::ServerError),
                _ => Answer::Doubt(Doubt::UnknownWord),
            },
        }
    }
}

/// Adyen, API idempotency: `Transient-Error` is on what may be sent again under the same key.
fn is_worth_another(called: &Called) -> bool {
    match called {
        Called::Answer(reply) => {
            let is_transient = reply.headers.get("transient-error").map(HeaderValue::as_bytes);
            called.is_shaky() || is_transient == Some(b"true")
        }
        _ => called.is_shaky(),
    }
}
