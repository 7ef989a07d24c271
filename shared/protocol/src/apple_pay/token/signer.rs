//! Did the leaf sign this content, and when?

use aws_lc_rs::constant_time;
use cms::signed_data::{SignerIdentifier, SignerInfo};
use x509_cert::attr::Attribute;
use x509_cert::der::asn1::{Any, ObjectIdentifier, OctetString};
use x509_cert::der::{Encode, Tag};
use x509_cert::time::Time;

use super::certificate::ECDSA_SHA256;
use super::chain::Chain;
use super::cms::{DATA, Envelope};
use super::{TokenFault, sha256};

const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_TIME: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.5");

/// Checks the signature and gives the signing time, in Unix seconds.
pub(super) fn signed_at(
    envelope: &Envelope,
    chain: &Chain,
    content: &[u8],
) -> Result<i64, TokenFault> {
    let signer = &envelope.signer;
    match &signer.sid {
        SignerIdentifier::IssuerAndSerialNumber(name) if *name == chain.leaf => {}
        _ => return Err(TokenFault::Signer),
    }
    if signer.digest_alg.oid != SHA256 || signer.signature_algorithm.oid != ECDSA_SHA256 {
        return Err(TokenFault::Algorithm);
    }
    // Without attributes the signature is of the content itself, and no time is signed.
    let attributes = signer.signed_attrs.as_ref().ok_or(TokenFault::SigningTimeMissing)?;
    let attributes = attributes.as_slice();
    if !says_what_was_signed(attributes, envelope, content) || !is_signed(signer, attributes, chain)
    {
        return Err(TokenFault::Signature);
    }
    signing_time(attributes)
}

fn says_what_was_signed(attributes: &[Attribute], envelope: &Envelope, content: &[u8]) -> bool {
    let content_type =
        only(attributes, CONTENT_TYPE).and_then(|value| value.decode_as::<ObjectIdentifier>().ok());
    let digest =
        only(attributes, MESSAGE_DIGEST).and_then(|value| value.decode_as::<OctetString>().ok());
    content_type == Some(DATA)
        && envelope.content_type == DATA
        && digest.is_some_and(|digest| {
            constant_time::verify_slices_are_equal(digest.as_bytes(), &sha256(content)).is_ok()
        })
}

/// The signature covers the attributes as a DER `SET OF` of their own (RFC 5652, 5.4): sorted, with
/// definite lengths, however they were sent.
fn is_signed(signer: &SignerInfo, attributes: &[Attribute], chain: &Chain) -> bool {
    let encoded: Result<Vec<_>, _> = attributes.iter().map(Encode::to_der).collect();
    let Ok(mut encoded) = encoded else { return false };
    encoded.sort();
    let set = Any::new(Tag::Set, encoded.concat()).and_then(|set| set.to_der());
    let signature = signer.signature.as_bytes();
    set.is_ok_and(|set| chain.key.verifies(signer.signature_algorithm.oid, &set, signature))
}

fn signing_time(attributes: &[Attribute]) -> Result<i64, TokenFault> {
    let times = attributes.iter().filter(|attribute| attribute.oid == SIGNING_TIME);
    let mut values = times.flat_map(|attribute| attribute.values.iter());
    let value = values.next().ok_or(TokenFault::SigningTimeMissing)?;
    if values.next().is_some() {
        return Err(TokenFault::SigningTimeAmbiguous);
    }
    // UTCTime, or GeneralizedTime although RFC 5652 wants that from 2050 only.
    let time: Time = value.decode_as().map_err(|_no_time| TokenFault::SigningTimeMissing)?;
    i64::try_from(time.to_unix_duration().as_secs()).map_err(|_never| TokenFault::Future)
}

/// The value of an attribute that is there once, with one value.
fn only(attributes: &[Attribute], oid: ObjectIdentifier) -> Option<&Any> {
    let mut found = attributes.iter().filter(|attribute| attribute.oid == oid);
    match (found.next().map(|it| it.values.as_slice()), found.next()) {
        (Some([value]), None) => Some(value),
        _ => None,
    }
}
