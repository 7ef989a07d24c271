//! The product's HTTP API, as a tenant or the operator calls it.

use std::time::Duration;

use http::Method;
use serde_json::Value;

/// How long the API may take: more than the longest `Prefer: wait`, and cold starts.
const TIMEOUT: Duration = Duration::from_mins(1);
/// How often something is read while the service cannot answer: the emulator stands still while it
/// takes a large file.
const READS: u32 = 5;
const READ_AGAIN: Duration = Duration::from_millis(500);

/// The API with the credentials of one caller.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    base: String,
    key: String,
    tenant: Option<String>,
}

/// An answer of the API, whatever its status.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: http::HeaderMap,
    /// The body as JSON; null when empty, text when it is no JSON.
    pub body: Value,
}

/// Why a call did not work out.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// There is no answer.
    #[error("{call} got no answer")]
    NoAnswer {
        /// Method and path.
        call: String,
        /// Why.
        #[source]
        cause: reqwest::Error,
    },
    /// The answer is a refusal.
    #[error("{call} got {status}: {body}")]
    Refused {
        /// Method and path.
        call: String,
        /// The HTTP status.
        status: u16,
        /// What it said.
        body: Value,
    },
    /// The answer lacks something it should have.
    #[error("{call} answered without '{member}'")]
    Incomplete {
        /// Method and path.
        call: String,
        /// JSON Pointer of what is missing.
        member: &'static str,
    },
}

impl Api {
    /// The API at `base` for the holder of `key`.
    pub fn new(http: reqwest::Client, base: &str, key: &str) -> Self {
        let base = base.trim_end_matches('/').to_owned();
        Self { http, base, key: key.to_owned(), tenant: None }
    }

    /// The operator, acting as the administrator of `tenant`.
    #[must_use]
    pub fn acting_for(&self, tenant: &str) -> Self {
        Self { tenant: Some(tenant.to_owned()), ..self.clone() }
    }

    /// The same API with another key.
    #[must_use]
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: key.to_owned(), tenant: None, ..self.clone() }
    }

    /// A request with this caller's credentials, to be added to.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.base);
        let request = self.http.request(method, url).bearer_auth(&self.key).timeout(TIMEOUT);
        match &self.tenant {
            Some(tenant) => request.header("amb-tenant", tenant),
            None => request,
        }
    }

    /// Calls, and gives whatever the answer is.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, ApiError> {
        let call = format!("{method} {path}");
        let mut request = self.request(method, path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let exchange = async {
            let answer = request.send().await?;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            Ok((status, headers, answer.bytes().await?))
        };
        let (status, headers, bytes) =
            exchange.await.map_err(|cause| ApiError::NoAnswer { call, cause })?;
        let text = || Value::from(String::from_utf8_lossy(&bytes).into_owned());
        let body = if bytes.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&bytes).unwrap_or_else(|_| text())
        };
        Ok(Answer { status, headers, body })
    }

    /// Creates something and gives its representation; anything but 2xx is an error.
    pub async fn create(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        self.expect_success(Method::POST, path, Some(body)).await
    }

    /// Reads something, a few times while the service cannot answer; anything but 2xx is an error.
    pub async fn read(&self, path: &str) -> Result<Value, ApiError> {
        for _ in 1..READS {
            match self.expect_success(Method::GET, path, None).await {
                Err(ApiError::Refused { status: 503, .. }) => tokio::time::sleep(READ_AGAIN).await,
                ended => return ended,
            }
        }
        self.expect_success(Method::GET, path, None).await
    }

    async fn expect_success(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, ApiError> {
        let call = format!("{method} {path}");
        let answer = self.call(method, path, &[], body).await?;
        match answer.status {
            200..=299 => Ok(answer.body),
            status => Err(ApiError::Refused { call, status, body: answer.body }),
        }
    }
}

/// A text in an answer of `call`.
pub(crate) fn member(call: &str, body: &Value, member: &'static str) -> Result<String, ApiError> {
    let text = body.pointer(member).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| ApiError::Incomplete { call: call.to_owned(), member })
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::machine;

    /// What `call` makes of a server that says one of these after the other; and how often it was asked.
    async fn answered(
        statuses: &[u16],
        call: impl AsyncFnOnce(Api) -> Result<Value, ApiError>,
    ) -> (Option<u16>, usize) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let api = Api::new(machine::http_client().unwrap(), &base, "key");
        let mut asked = 0;
        let serving = async {
            for status in statuses {
                let (mut stream, _) = listener.accept().await.unwrap();
                asked += 1;
                let _request = stream.read(&mut [0; 4096]).await.unwrap();
                let answer = format!(
                    "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}"
                );
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
                // Whatever it still says is heard, or the answer might be lost.
                let _rest = stream.read_to_end(&mut Vec::new()).await;
            }
            std::future::pending::<()>().await;
        };
        let outcome = tokio::select! {
            outcome = call(api) => outcome,
            () = serving => unreachable!(),
        };
        let refused = match outcome {
            Ok(_) => None,
            Err(ApiError::Refused { status, .. }) => Some(status),
            Err(error) => panic!("{error}"),
        };
        (refused, asked)
    }

    #[tokio::test]
    async fn what_cannot_be_read_now_is_read_again_a_few_times() {
        let read = async |api: Api| api.read("/v1/events").await;
        assert_eq!(answered(&[503, 503, 200], read).await, (None, 3));
        assert_eq!(answered(&[503; 9], read).await, (Some(503), 5));
        assert_eq!(answered(&[404, 200], read).await, (Some(404), 1));
    }

    #[tokio::test]
    async fn what_is_created_is_asked_for_once() {
        let create = async |api: Api| api.create("/v1/tenants", &Value::Null).await;
        assert_eq!(answered(&[503, 200], create).await, (Some(503), 1));
    }
}
