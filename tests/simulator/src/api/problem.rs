//! Errors of the API: `{"title", "detail"}` with a status.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use crate::apple::SecretError;
use crate::apple::webhook::SendError;
use crate::phone::roster::DeviceError;

/// A status and what went wrong.
#[derive(Debug)]
pub(crate) struct Problem(pub(crate) StatusCode, pub(crate) String);

impl Problem {
    pub(crate) fn not_found(detail: String) -> Self {
        Self(StatusCode::NOT_FOUND, detail)
    }

    pub(crate) fn bad_request(detail: String) -> Self {
        Self(StatusCode::BAD_REQUEST, detail)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self(status, detail) = self;
        let title = status.canonical_reason().unwrap_or("Error");
        (status, Json(json!({"title": title, "detail": detail}))).into_response()
    }
}

impl From<DeviceError> for Problem {
    fn from(error: DeviceError) -> Self {
        let status = match error {
            DeviceError::NoSuchCustomer(_)
            | DeviceError::NoSuchMessage(..)
            | DeviceError::NoSuchSheet(_)
            | DeviceError::NotReceived(..) => StatusCode::NOT_FOUND,
            DeviceError::CustomerExists(_)
            | DeviceError::OpaqueIdTaken(_)
            | DeviceError::NotAnswerable(_) => StatusCode::CONFLICT,
            DeviceError::FileTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            DeviceError::BadName
            | DeviceError::FileCutOff
            | DeviceError::BadPhone
            | DeviceError::NoConversation(_)
            | DeviceError::UnknownLanguage(_) => StatusCode::BAD_REQUEST,
        };
        Self(status, error.to_string())
    }
}

impl From<SecretError> for Problem {
    fn from(error: SecretError) -> Self {
        Self::bad_request(error.to_string())
    }
}

impl From<SendError> for Problem {
    fn from(error: SendError) -> Self {
        let status = match error {
            SendError::NoAnswer(_) => StatusCode::BAD_GATEWAY,
            SendError::NoBaseUrl | SendError::Unsigned(_) | SendError::BadHeader(_) => {
                StatusCode::BAD_REQUEST
            }
        };
        Self(status, error.to_string())
    }
}
