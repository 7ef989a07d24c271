//! The shared secret behind the tokens.

use std::fmt;

use aws_lc_rs::digest;
use data_encoding::{BASE64, BASE64_NOPAD, HEXLOWER};
use jsonwebtoken::{DecodingKey, EncodingKey};
use zeroize::Zeroizing;

/// Shortest secret, in decoded bytes: HMAC-SHA256 wants a key as long as its hash (RFC 7518,
/// section 3.2), and Apple's have 32.
pub const SECRET_MIN_BYTES: usize = 32;

/// How many characters of the hash make a fingerprint.
const FINGERPRINT_CHARS: usize = 16;

/// The Messaging API secret that Apple's register shows base64-encoded. The *decoded* bytes are the
/// key (Apple, Integration); using the text itself is the classic mistake.
///
/// Two can be live at once while one replaces the other. It is wiped when dropped.
#[derive(Clone)]
pub struct ApiSecret {
    verifying: DecodingKey,
    signing: EncodingKey,
    fingerprint: [u8; FINGERPRINT_CHARS / 2],
}

/// Why a text is not an API secret. The text is never repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiSecretError {
    /// It is not base64 in the standard alphabet.
    #[error("the API secret is not base64")]
    NotBase64,
    /// It decodes to fewer than [`SECRET_MIN_BYTES`].
    #[error("the API secret decodes to fewer than {SECRET_MIN_BYTES} bytes")]
    TooShort,
    /// It is hexadecimal. Every such text is base64 too, of other bytes, and would only fail when the
    /// first token is checked.
    #[error("the API secret is hexadecimal; paste the base64 text that Apple shows")]
    Hexadecimal,
}

impl ApiSecret {
    /// Decodes the text from Apple's register, with or without padding; white space around it goes.
    pub fn from_base64(text: &str) -> Result<Self, ApiSecretError> {
        let text = text.trim();
        if looks_hexadecimal(text) {
            return Err(ApiSecretError::Hexadecimal);
        }
        let decoded = match BASE64.decode(text.as_bytes()) {
            Err(_) => BASE64_NOPAD.decode(text.as_bytes()),
            padded => padded,
        };
        let bytes = match decoded {
            Ok(bytes) => Zeroizing::new(bytes),
            // Where the text stops being base64 is nobody's business.
            Err(_) => return Err(ApiSecretError::NotBase64),
        };
        if bytes.len() < SECRET_MIN_BYTES {
            return Err(ApiSecretError::TooShort);
        }
        let mut fingerprint = [0; FINGERPRINT_CHARS / 2];
        let hash = digest::digest(&digest::SHA256, &bytes);
        for (to, from) in fingerprint.iter_mut().zip(hash.as_ref()) {
            *to = *from;
        }
        Ok(Self {
            verifying: DecodingKey::from_secret(&bytes),
            signing: EncodingKey::from_secret(&bytes),
            fingerprint,
        })
    }

    /// Tells two secrets apart in a log: the first 16 hex digits of the key's SHA-256.
    pub fn fingerprint(&self) -> String {
        HEXLOWER.encode(&self.fingerprint)
    }

    pub(super) const fn verifying(&self) -> &DecodingKey {
        &self.verifying
    }

    pub(super) const fn signing(&self) -> &EncodingKey {
        &self.signing
    }
}

impl fmt::Debug for ApiSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiSecret(***)")
    }
}

/// 32 bytes or more in hex of one case, with a digit among them. A random base64 text of that length
/// looks like this about once in 10^19.
fn looks_hexadecimal(text: &str) -> bool {
    let in_case = |letters: std::ops::RangeInclusive<u8>| {
        text.bytes().all(|b| b.is_ascii_digit() || letters.contains(&b))
    };
    text.len() >= 2 * SECRET_MIN_BYTES
        && text.len().is_multiple_of(2)
        && text.bytes().any(|b| b.is_ascii_digit())
        && (in_case(b'a'..=b'f') || in_case(b'A'..=b'F'))
}
