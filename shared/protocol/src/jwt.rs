//! The bearer token of every request, both ways.
//!
//! A JSON Web Token signed with HMAC-SHA256 under the API secret that Apple shows base64-encoded
//! (Apple, Integration). What we send carries `iss` = our MSP id; what Apple sends carries `aud` =
//! our MSP id, as a string or in an array. Both carry `iat`, and nothing else is promised: no `exp`,
//! no subject, no business, and no binding to the body.
//!
//! Libraries are lenient where this protocol is not: by default `jsonwebtoken` accepts a missing
//! `aud` and never looks at `iat`. So a token is read here, strictly, before the library computes
//! its signature. Two steps, because only the second needs keys: [`inspect`] refuses everything that
//! can be refused without them (and that never justifies fetching keys anew), [`Inspected::verify`]
//! tries the live keys.

mod inspect;
mod secret;

use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;

pub use self::inspect::{Inspected, inspect};
pub use self::secret::{ApiSecret, ApiSecretError, SECRET_MIN_BYTES};
use crate::id::MspId;
use crate::secret::Secret;

/// Longest token read, in bytes: our choice. Apple's have fewer than 200.
pub const TOKEN_MAX_BYTES: usize = 4_096;

/// Oldest `iat`, in seconds before now: Apple's one hour (Apple, Integration) and a minute for clocks.
pub const MAX_AGE_SECONDS: i64 = 3_660;

/// Furthest `iat` in the future, in seconds: our choice, for clocks.
pub const MAX_LEAD_SECONDS: i64 = 300;

/// Most recipients in an `aud` array: our choice.
pub const AUDIENCE_MAX: usize = 16;

/// Why a token is not accepted. Every one of them is a 403 to Apple.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// More than [`TOKEN_MAX_BYTES`].
    #[error("the token is longer than {TOKEN_MAX_BYTES} bytes")]
    TooLong,
    /// Not three segments of strict base64url, or header and payload are not JSON objects whose
    /// names are unique.
    #[error("the token is not a compact JSON Web Token")]
    Format,
    /// `alg` is anything but `HS256`.
    #[error("the token's algorithm is not HS256")]
    Algorithm,
    /// The header asks for `crit`, `b64` or `zip`, which change what a signature means.
    #[error("the token's header asks for an extension")]
    Extension,
    /// `typ` is there and is not `JWT`.
    #[error("the token's type is not JWT")]
    Type,
    /// `aud` is absent, malformed, or does not name us.
    #[error("the token is not addressed to this MSP")]
    Audience,
    /// `iat` is absent, not a whole number, older than an hour or too far ahead.
    #[error("the token's issue time is absent or outside the window")]
    IssuedAt,
    /// `iat` would be right in milliseconds: a fault worth counting, refused all the same.
    #[error("the token's issue time is in milliseconds")]
    IssuedAtMilliseconds,
    /// `exp`, which Apple does not send, has passed or is not a whole number.
    #[error("the token has expired")]
    Expired,
    /// `nbf`, which Apple does not send, lies ahead or is not a whole number.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// No live key made this signature.
    #[error("the token's signature fits no live key")]
    Signature,
    /// Our own token could not be signed.
    #[error("the token could not be signed")]
    Mint,
}

impl JwtError {
    /// One stable word, for metrics and test vectors.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLong | Self::Format => "format",
            Self::Algorithm => "alg",
            Self::Extension => "crit",
            Self::Type => "typ",
            Self::Audience => "aud",
            Self::IssuedAt | Self::IssuedAtMilliseconds => "iat",
            Self::Expired => "exp",
            Self::NotYetValid => "nbf",
            Self::Signature => "signature",
            Self::Mint => "mint",
        }
    }
}

/// Makes the token for a request to Apple: `iss` and `iat`. Good for an hour of requests.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use amb_protocol::{id::MspId, jwt};
///
/// let msp = MspId::parse("0f4c8a52-6b1d-4e63-9a77-2d5f0c9be001")?;
/// let key = jwt::ApiSecret::from_base64("QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=")?;
/// let token = jwt::mint(&msp, &key, 1_760_000_000)?;
/// assert!(token.expose().starts_with("eyJhbGciOiJIUzI1NiJ9."));
/// # Ok(())
/// # }
/// ```
pub fn mint(msp: &MspId, key: &ApiSecret, now_unix: i64) -> Result<Secret<String>, JwtError> {
    #[derive(Serialize)]
    struct Claims<'a> {
        iss: &'a MspId,
        iat: i64,
    }
    sign(&Claims { iss: msp, iat: now_unix }, key)
}

/// Makes the token that Apple puts on a webhook: `aud` and `iat`. For simulators and tests.
pub fn mint_inbound(
    msp: &MspId,
    key: &ApiSecret,
    now_unix: i64,
) -> Result<Secret<String>, JwtError> {
    #[derive(Serialize)]
    struct Claims<'a> {
        aud: &'a MspId,
        iat: i64,
    }
    sign(&Claims { aud: msp, iat: now_unix }, key)
}

/// Apple's own header is `{"alg":"HS256"}`; so is ours.
fn sign(claims: &impl Serialize, key: &ApiSecret) -> Result<Secret<String>, JwtError> {
    let header = Header { typ: None, ..Header::new(Algorithm::HS256) };
    match jsonwebtoken::encode(&header, claims, key.signing()) {
        Ok(token) => Ok(Secret::new(token)),
        // The cause is a missing crypto provider or a serialiser's; neither says more than this.
        Err(_) => Err(JwtError::Mint),
    }
}

#[cfg(test)]
mod tests;
