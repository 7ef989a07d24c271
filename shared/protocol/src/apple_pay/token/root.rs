//! The root that everything hangs from.

use x509_cert::Certificate;
use x509_cert::der::Decode;
use x509_cert::name::Name;

use super::certificate::{PublicKey, validity};
use super::sha256;

/// Apple Root CA - G3, as Apple publishes it; it ends on 2039-04-30.
const APPLE_ROOT: &[u8] = include_bytes!("apple-root-ca-g3.cer");
/// Its SHA-256 fingerprint, 63343abf…e9179: the file beside this one can not become another.
const APPLE_ROOT_FINGERPRINT: [u8; 32] = [
    0x63, 0x34, 0x3a, 0xbf, 0xb8, 0x9a, 0x6a, 0x03, 0xeb, 0xb5, 0x7e, 0x9b, 0x3f, 0x5f, 0xa7, 0xbe,
    0x7c, 0x4f, 0x5c, 0x75, 0x6f, 0x30, 0x17, 0xb3, 0xa8, 0xc4, 0x88, 0xc3, 0x65, 0x3e, 0x91, 0x79,
];

/// A certificate that is believed without asking.
pub(super) struct Root {
    fingerprint: [u8; 32],
    pub(super) name: Name,
    pub(super) key: PublicKey,
    /// From when to when, in Unix seconds.
    pub(super) validity: (i64, i64),
}

/// What was given is no root certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a root certificate on P-256 or P-384 is expected")]
pub struct RootFault;

impl Root {
    pub(super) fn apple() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "the file is part of the source, and a test reads it"
        )]
        let root = Self::read(APPLE_ROOT).expect("Apple's root certificate");
        assert_eq!(root.fingerprint, APPLE_ROOT_FINGERPRINT, "another root than Apple's");
        root
    }

    pub(super) fn read(der: &[u8]) -> Result<Self, RootFault> {
        let certificate = Certificate::from_der(der).map_err(|_no_certificate| RootFault)?;
        Ok(Self {
            fingerprint: sha256(der),
            name: certificate.tbs_certificate().subject().clone(),
            key: PublicKey::of(&certificate).ok_or(RootFault)?,
            validity: validity(&certificate),
        })
    }

    /// The first certificate of a PEM text.
    #[cfg(any(test, feature = "test-root"))]
    pub(super) fn read_pem(pem: &str) -> Result<Self, RootFault> {
        let body = pem.split("-----").nth(2).ok_or(RootFault)?;
        let body: String = body.split_ascii_whitespace().collect();
        let der = data_encoding::BASE64.decode(body.as_bytes()).map_err(|_no_pem| RootFault)?;
        Self::read(&der)
    }

    /// Is this very certificate the root?
    pub(super) fn is(&self, der: &[u8]) -> bool {
        sha256(der) == self.fingerprint
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_root_is_apples() {
        let root = Root::apple();
        assert_eq!(sha256(APPLE_ROOT), APPLE_ROOT_FINGERPRINT);
        assert!(root.name.to_string().contains("CN=Apple Root CA - G3"), "{}", root.name);
        assert!(matches!(root.key, PublicKey::P384(_)));
        // 2014-04-30 to 2039-04-30.
        assert_eq!(root.validity, (1_398_881_946, 2_187_800_346));
    }

    #[test]
    fn what_is_no_certificate_is_no_root() {
        for text in ["", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "-----"] {
            assert_eq!(Root::read_pem(text).err(), Some(RootFault), "{text}");
        }
    }
}
