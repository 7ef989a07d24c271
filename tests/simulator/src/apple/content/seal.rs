//! AES-256-CTR with a counter that begins at zero, one key for each file: written here once more, so
//! that the product's own cannot be wrong alone.

use std::fmt;

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

use crate::host;

/// What Apple writes before a key's 64 hex digits.
pub(crate) const KEY_PREFIX: &str = "00";

/// The key of one file.
pub(crate) struct Seal {
    cipher: EncryptingKey,
    wire: String,
}

impl Seal {
    /// A fresh key.
    pub(crate) fn new() -> Self {
        Self::of(&host::random_bytes())
    }

    /// A key off the wire: `00` and 64 hex digits.
    pub(crate) fn read(wire: &str) -> Option<Self> {
        let digits = wire.strip_prefix(KEY_PREFIX).filter(|digits| digits.len() == 64)?;
        let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?;
        Some(Self::of(&bytes.try_into().ok()?))
    }

    #[expect(clippy::expect_used, reason = "32 bytes are a key of AES-256, which has counter mode")]
    fn of(bytes: &[u8; 32]) -> Self {
        let cipher = UnboundCipherKey::new(&AES_256, bytes)
            .and_then(EncryptingKey::ctr)
            .expect("AES-256 takes 32 bytes");
        Self { cipher, wire: format!("{KEY_PREFIX}{}", HEXLOWER.encode(bytes)) }
    }

    /// As Apple writes it.
    pub(crate) fn wire(&self) -> &str {
        &self.wire
    }

    /// Encrypts or decrypts bytes that stand at `offset`, a multiple of 16.
    #[expect(clippy::expect_used, reason = "counter mode takes any length under a 16-byte counter")]
    pub(crate) fn apply(&self, offset: u64, bytes: &mut [u8]) {
        let counter = u128::from(offset / 16).to_be_bytes();
        let context = EncryptionContext::Iv128(FixedLength::from(&counter));
        self.cipher.less_safe_encrypt(bytes, context).expect("the counter is 16 bytes");
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_66_digits_and_seals_as_apple_says() {
        let wire = "00000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
        let seal = Seal::read(wire).unwrap();
        let mut bytes = *b"0123456789abcdefg";
        seal.apply(0, &mut bytes);
        assert_eq!(HEXLOWER.encode(&bytes), "c2a132851e7ca9e791cafb08be4a12e697");
        seal.apply(0, &mut bytes);
        assert_eq!(&bytes, b"0123456789abcdefg");
        assert_eq!(seal.wire(), wire);
        for bad in [
            "",
            "01".repeat(33).as_str(),
            wire.trim_start_matches("0000"),
            "00zz",
            &wire.replace('1', "g"),
        ] {
            assert!(Seal::read(bad).is_none(), "{bad}");
        }
    }
}
