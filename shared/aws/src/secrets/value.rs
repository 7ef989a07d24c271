//! The JSON in the secrets.

use amb_protocol::{jwt::ApiSecret, secret::Secret};
use jiff::Timestamp;
use serde::Deserialize;

/// A secret's text that is not what it should be. Never holds any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SecretFault {
    #[error("the secret has no current value")]
    Missing,
    #[error("the secret's value is not the JSON that is expected here")]
    Json,
    #[error("the secret's value has a version that this code does not read")]
    Version,
    #[error("the secret's key is not base64 of at least 32 bytes")]
    Key,
    #[error("the secret's `previousAcceptUntil` is no time")]
    Time,
}

/// Apple's Messaging API secret.
pub(crate) enum AppleValue {
    /// The template made the secret, and no operator has put a value yet.
    Unset,
    Set {
        key: ApiSecret,
        previous_accept_until: Option<Timestamp>,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AppleJson {
    v: u32,
    key: Option<Secret<String>>,
    unset: Option<String>,
    previous_accept_until: Option<i64>,
}

impl AppleValue {
    pub(crate) fn parse(text: &Secret<String>) -> Result<Self, SecretFault> {
        // The parser's own error would quote the text.
        let json: AppleJson = serde_json::from_str(text.expose()).ok().ok_or(SecretFault::Json)?;
        check_version(json.v)?;
        let key = match (json.key, json.unset) {
            (Some(key), _) => key,
            (None, Some(_)) => return Ok(Self::Unset),
            (None, None) => return Err(SecretFault::Json),
        };
        let until = json.previous_accept_until.map(Timestamp::from_second).transpose();
        Ok(Self::Set {
            key: ApiSecret::from_base64(key.expose()).ok().ok_or(SecretFault::Key)?,
            previous_accept_until: until.ok().ok_or(SecretFault::Time)?,
        })
    }

    pub(crate) fn previous_accept_until(&self) -> Option<Timestamp> {
        match self {
            Self::Unset => None,
            Self::Set { previous_accept_until, .. } => *previous_accept_until,
        }
    }

    pub(crate) fn into_key(self) -> Option<ApiSecret> {
        match self {
            Self::Unset => None,
            Self::Set { key, .. } => Some(key),
        }
    }
}

/// A key that the template made.
#[derive(Deserialize)]
pub(crate) struct KeyValue {
    v: u32,
    key: Secret<String>,
}

impl KeyValue {
    pub(crate) fn parse(text: &Secret<String>) -> Result<Secret<String>, SecretFault> {
        let json: Self = serde_json::from_str(text.expose()).ok().ok_or(SecretFault::Json)?;
        check_version(json.v)?;
        Ok(json.key)
    }
}

fn check_version(v: u32) -> Result<(), SecretFault> {
    if v == 1 { Ok(()) } else { Err(SecretFault::Version) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn apple(text: String) -> Result<AppleValue, SecretFault> {
        AppleValue::parse(&Secret::new(text))
    }

    #[test]
    fn a_value_that_the_operator_put_is_a_key() {
        let text = format!(
            r#"{{"v":1,"kid":"a-2026-11","key":"{KEY}","previousAcceptUntil":1795262400}}"#
        );
        let value = apple(text).ok().unwrap();
        assert_eq!(value.previous_accept_until().unwrap().as_second(), 1_795_262_400);
        assert!(value.into_key().is_some());
        let open = format!(r#"{{"v":1,"kid":"a","key":"{KEY}","previousAcceptUntil":null}}"#);
        assert_eq!(apple(open).ok().unwrap().previous_accept_until(), None);
    }

    #[test]
    fn the_value_that_the_template_makes_is_no_key() {
        let value = apple(r#"{"v":1,"unset":"x7Kq"}"#.to_owned()).ok().unwrap();
        assert!(value.into_key().is_none());
    }

    #[test]
    fn a_value_that_cannot_be_used_is_refused_without_quoting_it() {
        let wrong = [
            (format!(r#"{{"v":2,"key":"{KEY}"}}"#), SecretFault::Version),
            (r#"{"v":1,"key":"c2hvcnQ="}"#.to_owned(), SecretFault::Key),
            (KEY.to_owned(), SecretFault::Json),
            (r#"{"v":1}"#.to_owned(), SecretFault::Json),
        ];
        for (text, fault) in wrong {
            let found = apple(text.clone()).err().unwrap();
            assert_eq!(found, fault, "{text}");
            assert!(!found.to_string().contains("AAEC"));
        }
    }

    #[test]
    fn a_made_key_is_read() {
        let key = KeyValue::parse(&Secret::new(r#"{"v":1,"key":"abc"}"#.to_owned())).unwrap();
        assert_eq!(key.expose(), "abc");
        let other = KeyValue::parse(&Secret::new(r#"{"v":3,"key":"abc"}"#.to_owned()));
        assert_eq!(other.err(), Some(SecretFault::Version));
    }
}
