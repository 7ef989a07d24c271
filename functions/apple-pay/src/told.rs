//! What goes out: to a device always a JSON object, to a browser a page.

use amb_lambda::answer::{self, Answer};
use amb_protocol::apple_pay::GatewayAnswer;
use amb_service::payment::{
    callbacks::{PAGE_POLICY, Said},
    capability::Step,
};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{ALLOW, CONTENT_SECURITY_POLICY, REFERRER_POLICY},
};
use serde_json::json;

const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// What a callback came to.
pub(super) fn answer(said: Said) -> Answer {
    match said {
        Said::Gone => gone(),
        Said::Unreadable(_) => failure(StatusCode::BAD_REQUEST),
        Said::Paid(answer) => answer::json(StatusCode::OK, &answer),
        Said::Priced(answer) => answer::json(StatusCode::OK, &answer),
        Said::Tracked => answer::json(StatusCode::OK, &json!({})),
        Said::Page(page) => self::page(page),
    }
}

/// The answer with what we took of the time, without the provider, for the benchmark. Builds that are
/// deployed say it in the log alone: to whoever tries addresses it would be a stopwatch without noise.
#[cfg(feature = "test-root")]
pub(super) fn measured(mut answer: Answer, milliseconds: u64) -> Answer {
    const OVERHEAD: HeaderName = HeaderName::from_static("x-amb-overhead-ms");
    answer.headers_mut().insert(OVERHEAD, milliseconds.into());
    answer
}

/// The one answer to a path that nobody gave out.
pub(super) fn gone() -> Answer {
    failure(StatusCode::NOT_FOUND)
}

/// What is refused whatever the path.
pub(super) fn refused(status: StatusCode, step: Step) -> Answer {
    let mut answer = failure(status);
    if status == StatusCode::METHOD_NOT_ALLOWED {
        let method = if step == Step::Fallback { "GET" } else { "POST" };
        answer.headers_mut().insert(ALLOW, HeaderValue::from_static(method));
    }
    answer
}

/// Nothing is said of the payment: what could be said is not written down.
pub(super) fn unavailable() -> Answer {
    answer::to_apple(StatusCode::SERVICE_UNAVAILABLE, Some("unavailable"))
}

fn failure(status: StatusCode) -> Answer {
    answer::json(status, &GatewayAnswer::failure(Vec::new()))
}

fn page(page: String) -> Answer {
    let mut answer = answer::text(StatusCode::OK, "text/html; charset=utf-8", page);
    let headers = answer.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&PAGE_POLICY) {
        headers.insert(CONTENT_SECURITY_POLICY, policy);
    }
    headers.insert(ROBOTS, HeaderValue::from_static("noindex, nofollow"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}
