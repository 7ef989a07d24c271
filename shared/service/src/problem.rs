//! Problems, as callers of the business API see them (RFC 9457): every fault at once, each with its
//! JSON Pointer (RFC 6901). Texts are written for callers; nothing internal is in them.

mod body;
mod reader;

pub use amb_protocol::rules::Fault;
pub use body::{BodyFault, MOST_VALUES, ObjectBody};
pub use reader::{Faults, Reader};

use serde::Serialize;

/// A refusal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    /// The HTTP status.
    pub status: u16,
    /// A stable code from a closed list.
    pub code: &'static str,
    /// One line, the same for every problem with this code.
    pub title: &'static str,
    /// What this caller can do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Every fault of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Fault>,
    /// Seconds after which to try again, sent as `Retry-After`.
    #[serde(skip)]
    pub retry_after: Option<u32>,
}

macro_rules! problems {
    ($($(#[$doc:meta])* $name:ident = $status:literal $code:literal $title:literal;)+) => {
        impl Problem {
            $($(#[$doc])* pub const fn $name() -> Self {
                Self { status: $status, code: $code, title: $title, detail: None, errors: Vec::new(), retry_after: None }
            })+

            /// Every code with its status and title, for the documentation.
            pub const ALL: &'static [(u16, &'static str, &'static str)] = &[$(($status, $code, $title),)+];
        }
    };
}

problems! {
    /// The body is not JSON, or not an object, or names a member twice.
    malformed_body = 400 "malformed_body" "The body is not a JSON object.";
    /// Members are missing, unknown or wrong.
    invalid_request = 400 "invalid_request" "The request has faults.";
    /// `Idempotency-Key` is missing or not a key.
    idempotency_key_required = 400 "idempotency_key_required" "A valid Idempotency-Key header is required.";
    /// The cursor is not one of ours for this list.
    invalid_cursor = 400 "invalid_cursor" "The cursor does not belong to this list.";
    /// No key, or none that opens anything.
    unauthenticated = 401 "unauthenticated" "A valid API key is required.";
    /// The key may not do this.
    missing_scope = 403 "missing_scope" "The API key does not have the scope for this.";
    /// A test key on a live business, or the reverse.
    wrong_mode = 403 "wrong_mode" "Test keys act on test businesses and live keys on live ones.";
    /// Its bytes betray what it is said to be.
    attachment_quarantined = 403 "attachment_quarantined" "The file is not what it is said to be.";
    /// A scanner found something.
    attachment_infected = 403 "attachment_infected" "The file is said to be harmful.";
    /// Not there, or not the caller's: the two look alike on purpose.
    not_found = 404 "not_found" "There is no such thing here.";
    /// The business has no conversation with this customer.
    no_conversation = 404 "no_conversation" "This customer has not written to this business.";
    /// Another method is served here.
    method_not_allowed = 405 "method_not_allowed" "This address does not serve that method.";
    /// The customer left.
    conversation_closed = 409 "conversation_closed" "The customer left this conversation; it can be written to again when they write.";
    /// The business id belongs to a tenant already.
    business_claimed = 409 "business_claimed" "This business id is bound already.";
    /// Somebody changed it meanwhile.
    conflict = 409 "conflict" "It was changed by somebody else meanwhile.";
    /// Too many messages wait for Apple in this conversation.
    conversation_busy = 409 "conversation_busy" "Too many messages of this conversation wait for Apple.";
    /// The limit of endpoints is reached.
    too_many_endpoints = 409 "too_many_endpoints" "The tenant has as many endpoints as it may have.";
    /// Two endpoints would hear everything twice.
    endpoint_exists = 409 "endpoint_exists" "Another endpoint of the tenant has this URL.";
    /// The limit of templates is reached.
    too_many_templates = 409 "too_many_templates" "The tenant has as many templates as it may have.";
    /// The name is taken.
    template_exists = 409 "template_exists" "Another template of the tenant has this name.";
    /// Rotated faster than the old secrets end.
    too_many_secrets = 409 "too_many_secrets" "The endpoint has as many live signing secrets as it may have.";
    /// The endpoint is switched off.
    endpoint_disabled = 409 "endpoint_disabled" "The endpoint is disabled.";
    /// It is being fetched from Apple.
    attachment_pending = 409 "attachment_pending" "The file is still being fetched from Apple.";
    /// It was paid, let go or given back already, or nobody knows yet.
    payment_state = 409 "payment_state" "The payment does not stand so that this could be done.";
    /// It was kept as long as the tenant wants files kept.
    attachment_expired = 410 "attachment_expired" "The file is kept no longer.";
    /// It could not be fetched.
    attachment_failed = 410 "attachment_failed" "The file could not be had from Apple.";
    /// Too large.
    too_large = 413 "too_large" "The request is larger than this address takes.";
    /// Not JSON in UTF-8.
    unsupported_media_type = 415 "unsupported_media_type" "The body has to be application/json in UTF-8.";
    /// The key was used for another request.
    idempotency_key_reused = 422 "idempotency_key_reused" "This Idempotency-Key was used for another request.";
    /// The customer's device lacks what every choice needs.
    not_showable = 422 "not_showable" "The customer's device can show none of this.";
    /// Tested too often.
    too_many_pings = 429 "too_many_pings" "The endpoint was tested often enough in the last minute.";
    /// A fault of ours.
    internal = 500 "internal" "Something went wrong on our side.";
    /// A store did not answer.
    unavailable = 503 "unavailable" "The service cannot answer right now.";
    /// The request is one of our own webhooks, come back.
    loop_detected = 508 "loop_detected" "This request is a webhook of this service.";
}

impl Problem {
    /// Says what this caller can do about it.
    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// A request with faults.
    pub fn faulty(errors: Vec<Fault>) -> Self {
        Self { errors, ..Self::invalid_request() }
    }

    /// Asks the caller to come back.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl From<crate::port::PortError> for Problem {
    fn from(error: crate::port::PortError) -> Self {
        tracing::error!(error = %chain(&error), "a port failed");
        Self::unavailable().retry_after(1)
    }
}

/// An error and its causes on one line, for the operator's log.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
