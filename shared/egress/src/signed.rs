//! The signature of calls between this service and a business's own servers (spec/payments §2.6):
//! prices, and the business's own payment provider. Both ways, the same.
//!
//! `AMB-Timestamp` says when, in seconds since 1970. `AMB-Signature` is `v1=` and the lower hex of
//! HMAC-SHA256, keyed with the shared key's bytes, over the timestamp, a full stop and the body as it
//! was sent; a request without a body is signed as an empty one.

use amb_protocol::secret::Secret;
use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::Deserialize;

/// When a call was signed.
pub const TIMESTAMP_HEADER: &str = "amb-timestamp";
/// `v1=` and the signature.
pub const SIGNATURE_HEADER: &str = "amb-signature";
/// How old or early a signed call may be, in seconds.
pub const TOLERANCE_SECONDS: u64 = 300;

/// A key that a business shares with this service, at least 32 characters.
#[derive(Clone, Debug)]
pub struct SharedKey(Secret<String>);

/// A text that is no shared key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a shared key has at least 32 characters")]
pub struct SharedKeyFault;

impl SharedKey {
    /// The fewest characters.
    pub const LEAST: usize = 32;

    /// Takes a key.
    pub fn new(key: String) -> Result<Self, SharedKeyFault> {
        let key = Secret::new(key);
        if key.expose().chars().count() < Self::LEAST { Err(SharedKeyFault) } else { Ok(Self(key)) }
    }

    /// Reads the JSON of a secret: `{"v":1,"key":"…"}`.
    pub(crate) fn of_secret(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Stored {
            v: u8,
            key: Secret<String>,
        }
        let stored: Stored = serde_json::from_str(text).ok()?;
        (stored.v == 1).then(|| Self::new(stored.key.expose().clone()).ok()).flatten()
    }

    /// The two headers of a call.
    pub fn sign(&self, now: Timestamp, body: &[u8]) -> [(&'static str, String); 2] {
        let at = now.as_second().to_string();
        let tag = hmac::sign(&self.key(), &signed(&at, body));
        let signature = format!("v1={}", HEXLOWER.encode(tag.as_ref()));
        [(TIMESTAMP_HEADER, at), (SIGNATURE_HEADER, signature)]
    }

    /// Whether these headers sign this body, now.
    pub fn verifies(&self, headers: &[(String, String)], body: &[u8], now: Timestamp) -> bool {
        let (Some(at), Some(signature)) =
            (header(headers, TIMESTAMP_HEADER), header(headers, SIGNATURE_HEADER))
        else {
            return false;
        };
        let Ok(second) = at.parse::<i64>() else { return false };
        let Some(Ok(tag)) = signature.strip_prefix("v1=").map(|s| HEXLOWER.decode(s.as_bytes()))
        else {
            return false;
        };
        second.abs_diff(now.as_second()) <= TOLERANCE_SECONDS
            && hmac::verify(&self.key(), &signed(at, body), &tag).is_ok()
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.0.expose().as_bytes())
    }
}

fn signed(at: &str, body: &[u8]) -> Vec<u8> {
    [at.as_bytes(), b".", body].concat()
}

/// A header's value; none if it is there more than once.
pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut found = headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name));
    match (found.next(), found.next()) {
        (Some((_, value)), None) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> SharedKey {
        SharedKey::new("k".repeat(32)).unwrap()
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn headers(signed: [(&'static str, String); 2]) -> Vec<(String, String)> {
        signed.into_iter().map(|(name, value)| (name.to_uppercase(), value)).collect()
    }

    #[test]
    fn a_signature_is_what_others_compute() {
        // printf '1795000000.{"a":1}' | openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk
        let [(_, at), (_, signature)] = key().sign(at(1_795_000_000), br#"{"a":1}"#);
        assert_eq!(at, "1795000000");
        assert_eq!(signature, OPENSSL);
    }

    #[test]
    fn what_is_signed_verifies_for_five_minutes_and_no_byte_may_differ() {
        let signed = headers(key().sign(at(1000), b"body"));
        assert!(key().verifies(&signed, b"body", at(1000)));
        assert!(key().verifies(&signed, b"body", at(1300)));
        assert!(key().verifies(&signed, b"body", at(700)));
        assert!(!key().verifies(&signed, b"body", at(1301)));
        assert!(!key().verifies(&signed, b"body", at(699)));
        assert!(!key().verifies(&signed, b"bodY", at(1000)));
        let other = SharedKey::new("j".repeat(32)).unwrap();
        assert!(!other.verifies(&signed, b"body", at(1000)));
        for cut in [&signed[..1], &signed[1..], &[signed.clone(), signed.clone()].concat()] {
            assert!(!key().verifies(cut, b"body", at(1000)), "{cut:?}");
        }
        let mut capital = signed.clone();
        capital[1].1 = capital[1].1.to_uppercase();
        assert!(!key().verifies(&capital, b"body", at(1000)));
    }

    #[test]
    fn a_short_key_is_none_and_no_key_is_shown() {
        assert_eq!(SharedKey::new("k".repeat(31)).err(), Some(SharedKeyFault));
        assert!(!format!("{:?}", key()).contains("kkk"));
        let text = format!(r#"{{"v":1,"key":"{}"}}"#, "k".repeat(32));
        assert!(SharedKey::of_secret(&text).is_some());
        assert!(SharedKey::of_secret(&text.replace("\"v\":1", "\"v\":2")).is_none());
        assert!(SharedKey::of_secret("{}").is_none());
    }

    const OPENSSL: &str = "v1=5015adc273d07cef7c9522256784df3ce6812e21c123780b618b074e1952da95";
}
