//! What Apple's answers mean.

use std::collections::BTreeMap;

use amb_service::port::ContentError;
use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::download::Download;

/// What a status of the gateway means (spec/apple-protocol §1.6).
pub(super) fn gateway_fault(status: StatusCode) -> ContentError {
    match status {
        StatusCode::UNAUTHORIZED => ContentError::Unauthorized,
        _ => fault(status),
    }
}

/// Where no file is named, 403 says of the key what 401 says.
pub(super) fn of_the_key(error: ContentError) -> ContentError {
    match error {
        ContentError::Gone(403) => ContentError::Unauthorized,
        other => other,
    }
}

/// What a status of the store itself means. It was shown no key, so it is the link that it refuses.
pub(super) fn store_fault(status: StatusCode) -> ContentError {
    match status {
        StatusCode::UNAUTHORIZED => ContentError::Gone(status.as_u16()),
        _ => fault(status),
    }
}

fn fault(status: StatusCode) -> ContentError {
    match status.as_u16() {
        gone @ (403 | 404 | 410) => ContentError::Gone(gone),
        408 | 429 | 500..=599 => ContentError::Unavailable,
        other => ContentError::Refused(other),
    }
}

/// An answer of so many bytes at most, read as what was expected.
pub(super) async fn json<T: DeserializeOwned>(
    response: Response,
    max_bytes: usize,
) -> Result<T, ContentError> {
    let status = response.status().as_u16();
    let body = Download::of(response)?.whole(max_bytes).await?;
    serde_json::from_slice(&body).map_err(|_unexpected| ContentError::Refused(status))
}

/// The interactive data in an answer of `/decodePayload`: Apple documents an object around it, and
/// has been seen to answer it bare. None if it is neither.
pub(super) fn interactive_data(answer: Vec<u8>) -> Option<Vec<u8>> {
    let is_object = |json: &str| json.trim_start().starts_with('{');
    let text = std::str::from_utf8(&answer).ok().filter(|text| is_object(text))?;
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
    match members.get("interactiveData").map(|inner| inner.get()) {
        None => Some(answer),
        Some(inner) => is_object(inner).then(|| inner.as_bytes().to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &str) -> Option<String> {
        interactive_data(answer.as_bytes().to_vec()).map(|data| String::from_utf8(data).unwrap())
    }

    #[test]
    fn ap07_both_shapes_of_a_decoded_payload_are_read() {
        let bare = r#"{"bid":"b","data":{"n":1.0,"n2":12345678901234567890123}}"#;
        assert_eq!(read(bare).as_deref(), Some(bare));
        assert_eq!(read(&format!(r#" {{"interactiveData": {bare} }} "#)).as_deref(), Some(bare));
        let more = format!(r#"{{"v":1,"interactiveData":{bare},"x":[]}}"#);
        assert_eq!(read(&more).as_deref(), Some(bare));
    }

    #[test]
    fn f108_what_is_no_interactive_data_is_none() {
        for garbage in [
            "",
            "null",
            "[]",
            "\"text\"",
            "{",
            "{}}",
            "<html>",
            "bplist00",
            r#"{"interactiveData":[]}"#,
            r#"{"interactiveData":"{}"}"#,
            r#"{"interactiveData":{}"#,
            r#"{"interactiveData":null}"#,
        ] {
            assert_eq!(read(garbage), None, "{garbage}");
        }
        assert_eq!(interactive_data(b"{\"bid\":\"\xff\"}".to_vec()), None);
    }
}
