//! The keys that are derived from the service's one master key, by label (HKDF-SHA256, RFC 5869).

use amb_protocol::secret::Secret;
use aws_lc_rs::{
    aead, hkdf,
    hmac::{self, HMAC_SHA256},
};

/// The derived keys. A new use gets a new label, never an old key.
pub struct ServiceKey {
    cursor: hmac::Key,
    link: hmac::Key,
    log: hmac::Key,
    pay: hmac::Key,
    contacts: aead::LessSafeKey,
    sealing: aead::LessSafeKey,
}

/// Key material that is too short to be a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a service key has at least 32 bytes")]
pub struct ShortServiceKey;

impl ServiceKey {
    /// Derives every key from the master key.
    pub fn derive(master: &Secret<Vec<u8>>) -> Result<Self, ShortServiceKey> {
        if master.expose().len() < 32 {
            return Err(ShortServiceKey);
        }
        let root = hkdf::Salt::new(hkdf::HKDF_SHA256, b"amb-msp").extract(master.expose());
        let sealing = |label: &[u8]| -> Result<aead::LessSafeKey, ShortServiceKey> {
            let key = aead::UnboundKey::new(&aead::AES_256_GCM, &expand(&root, label));
            key.map(aead::LessSafeKey::new).map_err(|_fault| ShortServiceKey)
        };
        Ok(Self {
            cursor: hmac::Key::new(HMAC_SHA256, &expand(&root, b"cursor")),
            link: hmac::Key::new(HMAC_SHA256, &expand(&root, b"attachment-link")),
            log: hmac::Key::new(HMAC_SHA256, &expand(&root, b"log")),
            pay: hmac::Key::new(HMAC_SHA256, &expand(&root, b"pay")),
            contacts: sealing(b"payment-contacts")?,
            sealing: sealing(b"webhook-secret")?,
        })
    }

    /// Authenticates cursors.
    pub fn cursor(&self) -> &hmac::Key {
        &self.cursor
    }

    /// Authenticates links to customers' files.
    pub fn link(&self) -> &hmac::Key {
        &self.link
    }

    /// Hashes ids for the log.
    pub fn log(&self) -> &hmac::Key {
        &self.log
    }

    /// Authenticates the addresses that devices pay at.
    pub fn pay(&self) -> &hmac::Key {
        &self.pay
    }

    /// Seals customers' contacts.
    pub(crate) fn contacts(&self) -> &aead::LessSafeKey {
        &self.contacts
    }

    /// Seals webhook secrets.
    pub(crate) fn sealing(&self) -> &aead::LessSafeKey {
        &self.sealing
    }
}

impl std::fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServiceKey(***)")
    }
}

fn expand(root: &hkdf::Prk, label: &[u8]) -> [u8; 32] {
    let mut key = [0; 32];
    let info = [label];
    #[expect(clippy::expect_used, reason = "32 bytes is within HKDF-SHA256's 8 160")]
    root.expand(&info, hkdf::HKDF_SHA256)
        .and_then(|okm| okm.fill(&mut key))
        .expect("HKDF gives 32 bytes");
    key
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_short_master_key_is_refused() {
        assert!(ServiceKey::derive(&Secret::new(vec![7; 31])).is_err());
        assert!(ServiceKey::derive(&Secret::new(vec![7; 32])).is_ok());
    }

    #[test]
    fn each_label_has_its_own_key() {
        let key = ServiceKey::derive(&Secret::new(vec![7; 32])).unwrap();
        let tag = |k: &hmac::Key| hmac::sign(k, b"x").as_ref().to_vec();
        let tags = BTreeSet::from([key.cursor(), key.link(), key.log(), key.pay()].map(tag));
        assert_eq!(tags.len(), 4);
    }
}
