//! Reading a token: first everything that needs no key, then the signature.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::Algorithm;
use serde_json::value::RawValue;

use super::{
    AUDIENCE_MAX, ApiSecret, JwtError, MAX_AGE_SECONDS, MAX_LEAD_SECONDS, TOKEN_MAX_BYTES,
};
use crate::id::MspId;
use crate::json::members::{self, Members};
use crate::json::walk;

/// Bytes of an HMAC-SHA256.
const SIGNATURE_BYTES: usize = 32;

/// A token that is well formed, addressed to us and fresh. Whether Apple made it is still open.
#[derive(Clone, Copy)]
#[must_use = "an inspected token is not verified"]
pub struct Inspected<'t> {
    /// Header and payload as they were signed, with the dot between them.
    signed: &'t str,
    signature: &'t str,
}

/// Checks everything about an inbound token that needs no key, in this order: size, segments,
/// header, algorithm, payload, `aud`, `iat`, `exp`, `nbf`, the form of the signature.
///
/// `kid`, `jku`, `x5u`, `jwk` and their like are ignored: the keys are ours to choose. Claims other
/// than the four are ignored too.
pub fn inspect<'t>(token: &'t str, msp: &MspId, now_unix: i64) -> Result<Inspected<'t>, JwtError> {
    let opened = open(token)?;
    check_claims(&opened.payload, msp, now_unix)?;
    // Last, as the form of the signature is the least telling fault.
    opened.signed()
}

/// A token whose segments and header are sound.
pub(super) struct Opened<'t> {
    signed: &'t str,
    signature: &'t str,
    payload: Vec<u8>,
}

/// Takes a token apart, up to the claims.
pub(super) fn open(token: &str) -> Result<Opened<'_>, JwtError> {
    if token.len() > TOKEN_MAX_BYTES {
        return Err(JwtError::TooLong);
    }
    let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Format)?;
    let (header, payload) = signed.split_once('.').ok_or(JwtError::Format)?;
    if payload.contains('.') {
        return Err(JwtError::Format);
    }
    check_header(&decode(header)?)?;
    Ok(Opened { signed, signature, payload: decode(payload)? })
}

impl<'t> Opened<'t> {
    /// The same without the claims, if the signature can be one.
    pub(super) fn signed(self) -> Result<Inspected<'t>, JwtError> {
        if decode(self.signature)?.len() == SIGNATURE_BYTES {
            Ok(Inspected { signed: self.signed, signature: self.signature })
        } else {
            Err(JwtError::Signature)
        }
    }
}

impl Inspected<'_> {
    /// Whether one of the live keys made the signature, and which: its place in `keys`.
    ///
    /// Every key is tried, found or not, and each comparison takes constant time, so the answer's
    /// timing tells nothing about the keys.
    pub fn verify(&self, keys: &[ApiSecret]) -> Result<usize, JwtError> {
        let mut matched = None;
        for (slot, key) in keys.iter().enumerate() {
            let fits = jsonwebtoken::crypto::verify(
                self.signature,
                self.signed.as_bytes(),
                key.verifying(),
                Algorithm::HS256,
            );
            if matches!(fits, Ok(true)) && matched.is_none() {
                matched = Some(slot);
            }
        }
        matched.ok_or(JwtError::Signature)
    }
}

impl std::fmt::Debug for Inspected<'_> {
    /// A token is a bearer credential: nothing of it is shown.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Inspected(***)")
    }
}

/// Base64url without padding, white space or stray bits at the end (RFC 7515, section 2).
fn decode(segment: &str) -> Result<Vec<u8>, JwtError> {
    match BASE64URL_NOPAD.decode(segment.as_bytes()) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        _ => Err(JwtError::Format),
    }
}

/// An object whose names are unique and whose values, read or not, are sound. RFC 8725, section
/// 2.4, on why duplicates matter: two readers would see two tokens.
fn object(json: &[u8]) -> Result<Members<'_>, JwtError> {
    let Ok(object) = serde_json::from_slice::<Members<'_>>(json) else {
        return Err(JwtError::Format);
    };
    let mut members_left = TOKEN_MAX_BYTES;
    if object.has_duplicates || !object.values().all(|v| walk::is_readable(v, &mut members_left)) {
        return Err(JwtError::Format);
    }
    Ok(object)
}

fn check_header(json: &[u8]) -> Result<(), JwtError> {
    let header = object(json)?;
    if header.value("alg").and_then(members::string).as_deref() != Some("HS256") {
        return Err(JwtError::Algorithm);
    }
    if ["crit", "b64", "zip"].into_iter().any(|name| header.has(name)) {
        return Err(JwtError::Extension);
    }
    if header.has("typ") && header.value("typ").and_then(members::string).as_deref() != Some("JWT")
    {
        return Err(JwtError::Type);
    }
    Ok(())
}

fn check_claims(json: &[u8], msp: &MspId, now: i64) -> Result<(), JwtError> {
    let claims = object(json)?;
    if !claims.value("aud").is_some_and(|aud| names(aud, msp)) {
        return Err(JwtError::Audience);
    }
    let issued = claims.value("iat").and_then(members::whole_number).ok_or(JwtError::IssuedAt)?;
    if !is_fresh(issued, now) {
        let in_milliseconds = is_fresh(issued.div_euclid(1_000), now);
        return Err(if in_milliseconds {
            JwtError::IssuedAtMilliseconds
        } else {
            JwtError::IssuedAt
        });
    }
    // No leeway for these two: Apple sends neither, and whoever does means them.
    if claims.has("exp") && whole(&claims, "exp").is_none_or(|exp| exp <= now) {
        return Err(JwtError::Expired);
    }
    if claims.has("nbf") && whole(&claims, "nbf").is_none_or(|nbf| now < nbf) {
        return Err(JwtError::NotYetValid);
    }
    Ok(())
}

fn whole(claims: &Members<'_>, name: &str) -> Option<i64> {
    claims.value(name).and_then(members::whole_number)
}

fn is_fresh(issued: i64, now: i64) -> bool {
    let age = now.saturating_sub(issued);
    (-MAX_LEAD_SECONDS..=MAX_AGE_SECONDS).contains(&age)
}

/// Whether the audience, a string or an array of strings, is exactly us or has exactly us in it.
fn names(aud: &RawValue, msp: &MspId) -> bool {
    if let Some(one) = members::string(aud) {
        return one == msp.as_str();
    }
    serde_json::from_str::<Vec<String>>(aud.get())
        .is_ok_and(|all| all.len() <= AUDIENCE_MAX && all.iter().any(|one| one == msp.as_str()))
}
