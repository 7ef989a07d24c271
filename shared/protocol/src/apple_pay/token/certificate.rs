//! Certificates: who is who, what they may do, and who signed them.

use aws_lc_rs::digest;
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Encode, oid::AssociatedOid};
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage};
use x509_cert::name::Name;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::TokenFault;

/// Apple's marker of a certificate that signs tokens. Its presence counts, its value is NULL.
const LEAF: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113635.100.6.29");
/// Apple's marker of the certificate that issues those.
const INTERMEDIATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113635.100.6.2.14");

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const SECP256R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const SECP384R1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
pub(super) const ECDSA_SHA256: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");

/// The two certificates of a token. A pinned root that came along is not counted, and not believed
/// either: only the one that we hold is.
pub(super) struct Pair<'a> {
    pub(super) leaf: &'a Certificate,
    pub(super) intermediate: &'a Certificate,
}

impl<'a> Pair<'a> {
    pub(super) fn of(
        certificates: &'a [Certificate],
        is_root: impl Fn(&[u8]) -> bool,
    ) -> Result<Self, TokenFault> {
        let own = |c: &&Certificate| !c.to_der().is_ok_and(|der| is_root(&der));
        let others: Vec<_> = certificates.iter().filter(own).collect();
        let only = |marker, missing| {
            let mut marked = others.iter().copied().filter(|c| has(c, marker));
            match (marked.next(), marked.next()) {
                (Some(certificate), None) => Ok(certificate),
                _ => Err(missing),
            }
        };
        let leaf = only(LEAF, TokenFault::LeafMarker)?;
        let intermediate = only(INTERMEDIATE, TokenFault::IntermediateMarker)?;
        if std::ptr::eq(leaf, intermediate) || others.len() != 2 {
            return Err(TokenFault::CertificateCount);
        }
        Ok(Self { leaf, intermediate })
    }
}

fn has(certificate: &Certificate, marker: ObjectIdentifier) -> bool {
    let mut extensions = certificate.tbs_certificate().extensions().into_iter().flatten();
    extensions.any(|extension| extension.extn_id == marker)
}

/// May it issue certificates? Both marks are needed.
pub(super) fn may_issue(certificate: &Certificate) -> bool {
    extension::<BasicConstraints>(certificate).is_some_and(|it| it.ca)
        && extension::<KeyUsage>(certificate).is_some_and(|it| it.key_cert_sign())
}

/// May it sign tokens?
pub(super) fn may_sign(certificate: &Certificate) -> bool {
    extension::<KeyUsage>(certificate).is_some_and(|it| it.digital_signature())
}

fn extension<T>(certificate: &Certificate) -> Option<T>
where
    T: for<'a> x509_cert::der::Decode<'a, Error = x509_cert::der::Error> + AssociatedOid,
{
    certificate.tbs_certificate().get_extension::<T>().ok().flatten().map(|(_critical, it)| it)
}

/// From when to when, in Unix seconds, both included.
pub(super) fn validity(certificate: &Certificate) -> (i64, i64) {
    let validity = certificate.tbs_certificate().validity();
    let seconds = |time: x509_cert::time::Time| {
        i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX)
    };
    (seconds(validity.not_before), seconds(validity.not_after))
}

/// Is it issued by the owner of this name and key?
pub(super) fn is_issued_by(certificate: &Certificate, name: &Name, key: &PublicKey) -> bool {
    let tbs = certificate.tbs_certificate();
    let algorithm = certificate.signature_algorithm();
    let (Ok(bytes), Some(signature)) = (tbs.to_der(), certificate.signature().as_bytes()) else {
        return false;
    };
    tbs.issuer() == name
        && tbs.signature() == algorithm
        && key.verifies(algorithm.oid, &bytes, signature)
}

/// A key of one of the two curves that Apple's certificates are on.
#[derive(Clone)]
pub(super) enum PublicKey {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
}

impl PublicKey {
    pub(super) fn of(certificate: &Certificate) -> Option<Self> {
        Self::read(certificate.tbs_certificate().subject_public_key_info())
    }

    fn read(spki: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        if spki.algorithm.oid != EC_PUBLIC_KEY {
            return None;
        }
        let point = spki.subject_public_key.as_bytes()?;
        let curve: ObjectIdentifier = spki.algorithm.parameters.as_ref()?.decode_as().ok()?;
        match curve {
            SECP256R1 => p256::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(Self::P256),
            SECP384R1 => p384::ecdsa::VerifyingKey::from_sec1_bytes(point).ok().map(Self::P384),
            _ => None,
        }
    }

    /// ECDSA, signature in DER. Both halves of the `s` range are good: Apple makes either.
    pub(super) fn verifies(&self, algorithm: ObjectIdentifier, bytes: &[u8], der: &[u8]) -> bool {
        let digest = match algorithm {
            ECDSA_SHA256 => &digest::SHA256,
            ECDSA_SHA384 => &digest::SHA384,
            _ => return false,
        };
        let hash = digest::digest(digest, bytes);
        match self {
            Self::P256(key) => p256::ecdsa::Signature::from_der(der)
                .is_ok_and(|signature| key.verify_prehash(hash.as_ref(), &signature).is_ok()),
            Self::P384(key) => p384::ecdsa::Signature::from_der(der)
                .is_ok_and(|signature| key.verify_prehash(hash.as_ref(), &signature).is_ok()),
        }
    }
}

/// The point of a `SubjectPublicKeyInfo` on P-256, uncompressed, as Apple writes it.
pub(super) fn p256_point(spki: &SubjectPublicKeyInfoOwned) -> Option<p256::PublicKey> {
    let point = spki.subject_public_key.as_bytes()?;
    let curve: ObjectIdentifier = spki.algorithm.parameters.as_ref()?.decode_as().ok()?;
    let fits = spki.algorithm.oid == EC_PUBLIC_KEY
        && curve == SECP256R1
        && point.len() == 65
        && point.first() == Some(&4);
    if fits { p256::PublicKey::from_sec1_bytes(point).ok() } else { None }
}
