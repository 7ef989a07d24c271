//! The device's half of the key agreement.

use x509_cert::der::Decode;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::{TokenFault, certificate};

/// Reads a `SubjectPublicKeyInfo` in DER. The point is checked to be on the curve: agreeing on a key
/// with another one would tell about ours.
pub(super) fn ephemeral_key(der: &[u8]) -> Result<p256::PublicKey, TokenFault> {
    let spki =
        SubjectPublicKeyInfoOwned::from_der(der).map_err(|_no_key| TokenFault::EphemeralKey)?;
    certificate::p256_point(&spki).ok_or(TokenFault::EphemeralKey)
}
