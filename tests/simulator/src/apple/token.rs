//! Apple's end of the JWTs, in both directions ("Authorization", Apple, Common Specifications).

use std::fmt;

use data_encoding::BASE64;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::host;
use crate::model::{Signing, TokenClaims};

/// Apple refuses older tokens.
const LONGEST_AGE_SECONDS: i64 = 3_600;
/// How far a clock may be ahead. Apple states none; five minutes is an assumption.
const CLOCK_LEEWAY_SECONDS: i64 = 300;

/// The live secrets of an account, decoded.
#[derive(Default, Clone)]
pub(crate) struct Secrets {
    keys: Vec<Vec<u8>>,
    sign_with: usize,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} live, #{} signs)", self.keys.len(), self.sign_with)
    }
}

/// Why a secret cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// Register shows secrets in base64.
    #[error("an Apple secret is base64")]
    NotBase64(#[source] data_encoding::DecodeError),
    /// There is no such secret to sign with.
    #[error("there is no secret number {0}")]
    NoSuchSecret(usize),
}

/// Why the gateway turns a token down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denial {
    /// 401: there is no `Authorization` header.
    Missing,
    /// 403, with what a person may read.
    Invalid(&'static str),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    iat: i64,
}

impl Secrets {
    pub(crate) fn new(base64: &[String], sign_with: usize) -> Result<Self, SecretError> {
        let keys = base64.iter().map(|secret| decode(secret)).collect::<Result<_, _>>()?;
        Self { keys, sign_with: 0 }.signing_with(sign_with)
    }

    pub(crate) fn signing_with(mut self, sign_with: usize) -> Result<Self, SecretError> {
        if sign_with >= self.keys.len() {
            return Err(SecretError::NoSuchSecret(sign_with));
        }
        self.sign_with = sign_with;
        Ok(self)
    }

    pub(crate) fn live(&self) -> usize {
        self.keys.len()
    }

    pub(crate) fn signer(&self) -> usize {
        self.sign_with
    }

    /// Checks what the MSP sent in `Authorization`.
    pub(crate) fn check(
        &self,
        authorization: Option<&str>,
        msp_id: &str,
    ) -> Result<TokenClaims, Denial> {
        let authorization = authorization.ok_or(Denial::Missing)?;
        let token = authorization
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .ok_or(Denial::Invalid("Authorization is not a bearer token"))?;

        let (secret, claims) = self
            .keys
            .iter()
            .enumerate()
            .find_map(|(secret, key)| open(token, key).map(|claims| (secret, claims)))
            .ok_or(Denial::Invalid("token is not HS256, not signed by you, or lacks a claim"))?;
        if claims.iss != msp_id {
            return Err(Denial::Invalid("iss is not the MSP id"));
        }
        let age = host::now_seconds().saturating_sub(claims.iat);
        if age > LONGEST_AGE_SECONDS {
            return Err(Denial::Invalid("iat is older than one hour"));
        }
        if age < -CLOCK_LEEWAY_SECONDS {
            return Err(Denial::Invalid("iat is in the future"));
        }
        Ok(TokenClaims { iss: claims.iss, iat: claims.iat, secret })
    }

    /// The value of `Authorization` for a webhook, if it is to have one.
    pub(crate) fn sign(
        &self,
        msp_id: &str,
        signing: &Signing,
    ) -> Result<Option<String>, SecretError> {
        if signing.omit {
            return Ok(None);
        }
        if let Some(token) = &signing.token {
            return Ok(Some(format!("Bearer {token}")));
        }
        let key = match &signing.secret {
            Some(secret) => decode(secret)?,
            None => self
                .keys
                .get(self.sign_with)
                .ok_or(SecretError::NoSuchSecret(self.sign_with))?
                .clone(),
        };
        let audience = signing.audience.clone().unwrap_or_else(|| Value::from(msp_id));
        let claims = json!({"aud": audience, "iat": host::now_seconds() - signing.issued_ago});
        Ok(Some(format!("Bearer {}", seal(&claims, &key))))
    }
}

fn decode(secret: &str) -> Result<Vec<u8>, SecretError> {
    BASE64.decode(secret.trim().as_bytes()).map_err(SecretError::NotBase64)
}

fn open(token: &str, key: &[u8]) -> Option<Claims> {
    let mut rules = Validation::new(Algorithm::HS256);
    // The claims are checked by hand: Apple's tokens have no `exp`.
    rules.required_spec_claims.clear();
    rules.validate_exp = false;
    rules.validate_aud = false;
    jsonwebtoken::decode(token, &DecodingKey::from_secret(key), &rules)
        .ok()
        .map(|opened| opened.claims)
}

#[expect(clippy::expect_used, reason = "a JSON value and an HMAC key of any length always sign")]
fn seal(claims: &Value, key: &[u8]) -> String {
    // Apple's own header is {"alg":"HS256"}, without `typ`.
    let header = Header { typ: None, ..Header::new(Algorithm::HS256) };
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(key)).expect("HS256 signs")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MSP: &str = "0f4c8a52-6b1d-4e63-9a77-2d5f0c9be001";

    fn secrets() -> Secrets {
        Secrets::new(&[BASE64.encode(&[1; 32]), BASE64.encode(&[2; 32])], 0).unwrap()
    }

    fn bearer(claims: &Value, key: u8) -> String {
        format!("Bearer {}", seal(claims, &[key; 32]))
    }

    #[test]
    fn a_fresh_token_by_either_secret_passes() {
        let now = host::now_seconds();
        for (slot, key) in [(0, 1), (1, 2)] {
            let token = bearer(&json!({"iss": MSP, "iat": now}), key);
            assert_eq!(secrets().check(Some(&token), MSP).unwrap().secret, slot);
        }
    }

    #[test]
    fn each_fault_of_a_token_is_seen() {
        let now = host::now_seconds();
        let good = bearer(&json!({"iss": MSP, "iat": now}), 1);
        assert_eq!(secrets().check(None, MSP), Err(Denial::Missing));
        for bad in [
            good.replace("Bearer", "Basic"),
            bearer(&json!({"iss": MSP, "iat": now}), 3),
            bearer(&json!({"iss": "someone else", "iat": now}), 1),
            bearer(&json!({"iss": MSP}), 1),
            bearer(&json!({"iat": now}), 1),
            bearer(&json!({"iss": MSP, "iat": format!("{now}")}), 1),
            bearer(&json!({"iss": MSP, "iat": now - 3_601}), 1),
            bearer(&json!({"iss": MSP, "iat": now + 400}), 1),
            "Bearer e30.e30.".to_owned(),
            "Bearer ".to_owned(),
        ] {
            assert!(matches!(secrets().check(Some(&bad), MSP), Err(Denial::Invalid(_))), "{bad}");
        }
    }

    #[test]
    fn another_algorithm_is_refused() {
        let header = Header::new(Algorithm::HS384);
        let claims = json!({"iss": MSP, "iat": host::now_seconds()});
        let key = EncodingKey::from_secret(&[1; 32]);
        let token = jsonwebtoken::encode(&header, &claims, &key).unwrap();
        assert!(secrets().check(Some(&format!("Bearer {token}")), MSP).is_err());
    }
}
