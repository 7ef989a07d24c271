//! The key of one file.

use std::fmt;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use zeroize::Zeroize;

/// Hex digits of a key.
const DIGITS: usize = 64;
/// What Apple puts before them.
const PREFIX: &str = "00";

/// An AES-256 key that opens one file and no other. `Debug` is masked and the memory is wiped when
/// it is dropped. On the wire it is `00` and 64 hex digits; some senders leave the prefix out.
/// Source: Apple, Encrypting and Decrypting Attachments.
#[derive(Clone, PartialEq, Eq)]
pub struct AttachmentKey([u8; 32]);

/// Why a text is no key. It never shows the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// It has neither 66 nor 64 characters.
    #[error("the key has {0} characters, not 66 or 64")]
    Length(usize),
    /// It has 66 characters and does not begin with `00`.
    #[error("the key of 66 characters does not begin with 00")]
    Prefix,
    /// One of its characters is no hex digit.
    #[error("the key is not hexadecimal")]
    NotHex,
}

impl AttachmentKey {
    /// Takes 32 bytes: for a file of our own they come from the entropy port, fresh for each file.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads a key off the wire: 66 hex digits of which the first two are `00`, or 64. Either case.
    pub fn parse(text: &str) -> Result<Self, KeyFault> {
        let digits = match text.len() {
            DIGITS => text,
            66 => text.strip_prefix(PREFIX).ok_or_else(|| prefix_fault(text))?,
            _ => return Err(KeyFault::Length(text.chars().count())),
        };
        let mut key = Self([0; 32]);
        HEXLOWER_PERMISSIVE
            .decode_mut(digits.as_bytes(), &mut key.0)
            .map_err(|_partial| KeyFault::NotHex)?;
        Ok(key)
    }

    /// The key as Apple writes it: `00` and 64 hex digits in lower case.
    pub fn wire(&self) -> String {
        let mut text = String::with_capacity(PREFIX.len() + DIGITS);
        text.push_str(PREFIX);
        HEXLOWER.encode_append(&self.0, &mut text);
        text
    }

    pub(super) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// `0x…` and other text is no hex at all; only what is hex has a wrong prefix.
fn prefix_fault(text: &str) -> KeyFault {
    if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        KeyFault::Prefix
    } else {
        KeyFault::NotHex
    }
}

impl fmt::Debug for AttachmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AttachmentKey(***)")
    }
}

impl Drop for AttachmentKey {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "a0b1c2d3e4f5060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    #[test]
    fn a002_66_digits_with_00_and_64_digits_are_the_same_key_in_either_case() {
        let key = AttachmentKey::parse(&format!("00{HEX}")).unwrap();
        assert_eq!(key, AttachmentKey::parse(HEX).unwrap());
        assert_eq!(key, AttachmentKey::parse(&format!("00{}", HEX.to_uppercase())).unwrap());
        assert_eq!(key.wire(), format!("00{HEX}"));
    }

    #[test]
    fn a002_f094_everything_else_is_refused_with_its_reason() {
        let base64 = data_encoding::BASE64.encode(&[7; 32]);
        for (text, fault) in [
            (String::new(), KeyFault::Length(0)),
            (format!("01{HEX}"), KeyFault::Prefix),
            (format!("0x{HEX}"), KeyFault::NotHex),
            (format!("00{HEX}0"), KeyFault::Length(67)),
            (format!("0{HEX}"), KeyFault::Length(65)),
            (HEX.chars().skip(2).collect(), KeyFault::Length(62)),
            (format!("00{HEX}00"), KeyFault::Length(68)),
            (format!("00{}", "zz".repeat(32)), KeyFault::NotHex),
            ("zz".repeat(32), KeyFault::NotHex),
            ("é".repeat(32), KeyFault::NotHex),
            ("é".repeat(33), KeyFault::NotHex),
            (format!(" 0{HEX}"), KeyFault::NotHex),
            (base64, KeyFault::Length(44)),
        ] {
            assert_eq!(AttachmentKey::parse(&text), Err(fault), "{text}");
        }
    }

    #[test]
    fn debug_hides_the_key() {
        let shown = format!("{:?}", AttachmentKey::parse(HEX).unwrap());
        assert_eq!(shown, "AttachmentKey(***)");
    }
}
