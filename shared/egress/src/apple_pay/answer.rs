//! What Apple answers: a session, to be passed on to the byte, or why there is none.

use amb_service::port::{MerchantSession, SessionError};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::exchange::{self, Reply};

/// The largest session.
pub(super) const MOST_BYTES: usize = 64 * 1024;

/// All of a session that is read here: the rest is Apple's and the device's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Read {
    expires_at: Value,
    initiative_context: String,
}

/// How Apple says no.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Refusal {
    status_message: String,
}

/// The session in an answer, if it is one and for this context. One that broke off is worth another try.
pub(super) fn session(reply: &Reply, context: &str) -> Result<MerchantSession, SessionError> {
    let useless = |why: &'static str| {
        tracing::error!(why, "session_refused");
        SessionError::Refused { status: reply.status, message: None }
    };
    if reply.body.len() > MOST_BYTES {
        return Err(useless("too large"));
    }
    let json: Box<RawValue> = serde_json::from_slice(&reply.body).map_err(|fault| {
        if fault.is_eof() { SessionError::Unavailable } else { useless("not JSON") }
    })?;
    let read: Read = serde_json::from_str(json.get()).map_err(|_fault| useless("not a session"))?;
    if read.initiative_context != context {
        return Err(useless("made for another initiativeContext"));
    }
    let expires_at = MerchantSession::read_end(&read.expires_at);
    let expires_at = expires_at.ok_or_else(|| useless("expires at no time"))?;
    Ok(MerchantSession { json, expires_at })
}

/// Apple's refusal, in Apple's words, for the merchant.
pub(super) fn refusal(reply: &Reply) -> SessionError {
    let read: Option<Refusal> = serde_json::from_slice(&reply.body).ok();
    let message = read.map(|read| exchange::excerpt(read.status_message.as_bytes(), MESSAGE_CHARS));
    let message = message.filter(|message| !message.is_empty());
    tracing::error!(status = reply.status, "session_refused");
    SessionError::Refused { status: reply.status, message }
}

const MESSAGE_CHARS: usize = 200;
