//! What is answered over HTTP: JSON, problems (RFC 9457), and the short codes that Apple gets.

use amb_service::problem::Problem;
use http::{
    HeaderValue, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, WWW_AUTHENTICATE,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use serde::Serialize;

/// What a function answers. The body is JSON, text, or nothing.
pub type Answer = Response<String>;

/// A JSON document.
pub fn json(status: StatusCode, body: &impl Serialize) -> Answer {
    match serde_json::to_string(body) {
        Ok(text) => response(status, Some(("application/json", text))),
        Err(_unserialisable) => response(StatusCode::INTERNAL_SERVER_ERROR, None),
    }
}

/// A text of another kind: a page, what a third party waits for word by word.
pub fn text(status: StatusCode, content_type: &'static str, text: String) -> Answer {
    response(status, Some((content_type, text)))
}

/// 204, or another status without a body.
pub fn empty(status: StatusCode) -> Answer {
    response(status, None)
}

/// A refusal, with the id under which the operator finds the request in the log.
pub fn problem(problem: &Problem, request_id: &str) -> Answer {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let document = ProblemDocument {
        kind: format!("urn:amb-msp:problem:{}", problem.code),
        problem,
        request_id,
    };
    let text = serde_json::to_string(&document).unwrap_or_default();
    let mut response = response(status, Some(("application/problem+json", text)));
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    if status == StatusCode::UNAUTHORIZED {
        response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

/// An answer to Apple: no body, or a code and nothing else (reliability §2.10).
pub fn to_apple(status: StatusCode, code: Option<&'static str>) -> Answer {
    #[derive(Serialize)]
    struct Code {
        code: &'static str,
    }
    let mut response = match code {
        None => empty(status),
        Some(code) => json(status, &Code { code }),
    };
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

/// The members of RFC 9457, and ours.
#[derive(Serialize)]
struct ProblemDocument<'p> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(flatten)]
    problem: &'p Problem,
    request_id: &'p str,
}

fn response(status: StatusCode, body: Option<(&'static str, String)>) -> Answer {
    let mut response = Response::new(String::new());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=63072000"));
    if let Some((content_type, text)) = body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        *response.body_mut() = text;
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use amb_service::problem::Fault;
    use serde_json::{Value, json};

    fn body(response: &Answer) -> Value {
        serde_json::from_str(response.body()).unwrap()
    }

    fn header<'r>(response: &'r Answer, name: &str) -> Option<&'r str> {
        response.headers().get(name).map(|value| value.to_str().unwrap())
    }

    #[test]
    fn a_problem_carries_every_member_of_the_contract() {
        let fault = Fault::new("/content/text", "text_length", "too long")
            .limit(10_000, 10_001)
            .fix("split it");
        let refusal = Problem::faulty(vec![fault]).detail("Two faults.");
        let response = problem(&refusal, "req-1");
        assert_eq!(response.status(), 400);
        assert_eq!(header(&response, "content-type"), Some("application/problem+json"));
        assert_eq!(
            body(&response),
            json!({
                "type": "urn:amb-msp:problem:invalid_request",
                "status": 400,
                "code": "invalid_request",
                "title": refusal.title,
                "detail": "Two faults.",
                "errors": [{
                    "pointer": "/content/text", "rule": "text_length", "message": "too long",
                    "limit": 10_000, "actual": 10_001, "fix": "split it",
                }],
                "request_id": "req-1",
            })
        );
    }

    #[test]
    fn retry_after_and_the_challenge_are_headers() {
        let busy = problem(&Problem::unavailable().retry_after(3), "r");
        assert_eq!((busy.status().as_u16(), header(&busy, "retry-after")), (503, Some("3")));
        assert!(body(&busy).get("retry_after").is_none());
        let stranger = problem(&Problem::unauthenticated(), "r");
        assert_eq!(header(&stranger, "www-authenticate"), Some("Bearer"));
    }

    #[test]
    fn apple_gets_a_code_at_most_and_a_wait_when_the_store_is_away() {
        let fine = to_apple(StatusCode::OK, None);
        assert!(fine.body().is_empty());
        assert_eq!(header(&fine, "content-type"), None);
        let refused = to_apple(StatusCode::FORBIDDEN, Some("bad_token"));
        assert_eq!(refused.body(), r#"{"code":"bad_token"}"#);
        assert_eq!(header(&refused, "retry-after"), None);
        let away = to_apple(StatusCode::SERVICE_UNAVAILABLE, Some("store_unavailable"));
        assert_eq!(header(&away, "retry-after"), Some("1"));
    }

    #[test]
    fn every_answer_forbids_caching_and_sniffing() {
        for response in [
            json(StatusCode::CREATED, &json!({"a": 1})),
            empty(StatusCode::NO_CONTENT),
            problem(&Problem::internal(), "r"),
            to_apple(StatusCode::OK, None),
        ] {
            assert_eq!(header(&response, "cache-control"), Some("no-store"));
            assert_eq!(header(&response, "x-content-type-options"), Some("nosniff"));
            assert!(header(&response, "strict-transport-security").is_some());
        }
    }
}
