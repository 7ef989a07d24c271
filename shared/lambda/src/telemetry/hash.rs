//! Identifiers in logs.

use std::fmt;

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;

/// Turns identifiers into what may be logged: a keyed hash, so that lines about one conversation can
/// be found together and nobody can read whose it is. The tenant is part of what is hashed: one
/// customer of two tenants has two.
#[derive(Clone)]
pub struct LogHash {
    key: hmac::Key,
}

/// An identifier as it may be logged: 16 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(String);

impl LogHash {
    /// Hashes under a key.
    pub fn new(key: &[u8]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key) }
    }

    /// Hashes under a key that every function of a deployment has without reading a secret, so that
    /// their lines can be joined. It is no secret. What it hides are Apple's opaque ids, which are
    /// long and random: nobody can try them all.
    pub fn for_deployment(stage: &str) -> Self {
        Self::new(format!("amb-msp log {stage}").as_bytes())
    }

    /// The hash of an id that belongs to a tenant.
    pub fn of(&self, tenant: &str, id: &str) -> LogId {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(tenant.as_bytes());
        context.update(&[0]);
        context.update(id.as_bytes());
        let mut text = HEXLOWER.encode(context.sign().as_ref());
        text.truncate(DIGITS);
        LogId(text)
    }
}

impl LogId {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for LogHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogHash(***)")
    }
}

/// 64 bits: enough to tell the conversations of a deployment apart.
const DIGITS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_id_of_the_same_tenant_has_the_same_hash_and_no_other() {
        let hash = LogHash::new(b"key");
        let id = hash.of("ten_a", "urn:mbid:canary");
        assert_eq!(id, hash.of("ten_a", "urn:mbid:canary"));
        assert_eq!(id.as_str().len(), 16);
        assert!(id.as_str().bytes().all(|b| b.is_ascii_hexdigit()));
        for other in [
            hash.of("ten_b", "urn:mbid:canary"),
            hash.of("ten_a", "urn:mbid:canarz"),
            hash.of("ten_aurn", ":mbid:canary"),
            LogHash::new(b"other").of("ten_a", "urn:mbid:canary"),
            LogHash::for_deployment("prod").of("ten_a", "urn:mbid:canary"),
        ] {
            assert_ne!(id, other);
        }
    }
}
