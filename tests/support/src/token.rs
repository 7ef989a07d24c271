//! Apple's bearer token, good or wrong in any way.

use aws_lc_rs::hmac;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value, json};

use crate::vectors::{MSP, NOW, SECRET};

/// A JSON Web Token in the making: header and claims are raw text, so that they can be wrong.
#[derive(Clone, Debug)]
pub struct Token {
    header: String,
    claims: String,
    key: Vec<u8>,
    hash: hmac::Algorithm,
}

impl Token {
    /// The token that Apple would send at [`NOW`], signed with [`SECRET`].
    pub fn good() -> Self {
        Self {
            header: r#"{"alg":"HS256"}"#.to_owned(),
            claims: json!({"aud": MSP, "iat": NOW}).to_string(),
            key: decoded(SECRET),
            hash: hmac::HMAC_SHA256,
        }
    }

    /// With this header, raw.
    #[must_use]
    pub fn header(mut self, raw: impl Into<String>) -> Self {
        self.header = raw.into();
        self
    }

    /// With these claims, raw.
    #[must_use]
    pub fn claims(mut self, raw: impl Into<String>) -> Self {
        self.claims = raw.into();
        self
    }

    /// With one claim more, or another value of it.
    #[must_use]
    pub fn claim(mut self, name: &str, value: Value) -> Self {
        let mut claims: Value = serde_json::from_str(&self.claims).expect("claims in JSON");
        claims[name] = value;
        self.claims = claims.to_string();
        self
    }

    /// Without one claim.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        let mut claims: Value = serde_json::from_str(&self.claims).expect("claims in JSON");
        claims.as_object_mut().expect("claims are an object").remove(name);
        self.claims = claims.to_string();
        self
    }

    /// Issued so many seconds after [`NOW`].
    #[must_use]
    pub fn issued(self, after: i64) -> Self {
        self.claim("iat", json!(NOW + after))
    }

    /// Signed with the secret behind this base64.
    #[must_use]
    pub fn secret(self, base64: &str) -> Self {
        self.key(decoded(base64))
    }

    /// Signed with these bytes.
    #[must_use]
    pub fn key(mut self, key: impl Into<Vec<u8>>) -> Self {
        self.key = key.into();
        self
    }

    /// Signed with HMAC over this hash.
    #[must_use]
    pub fn hash(mut self, hash: hmac::Algorithm) -> Self {
        self.hash = hash;
        self
    }

    /// Header, claims and signature, each in base64url.
    pub fn segments(&self) -> [String; 3] {
        let part = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let (header, claims) = (part(self.header.as_bytes()), part(self.claims.as_bytes()));
        let key = hmac::Key::new(self.hash, &self.key);
        let signature = hmac::sign(&key, format!("{header}.{claims}").as_bytes());
        [header, claims, part(signature.as_ref())]
    }

    /// The bytes of the signature.
    pub fn signature(&self) -> Vec<u8> {
        let [_, _, signature] = self.segments();
        BASE64URL_NOPAD.decode(signature.as_bytes()).expect("what was just encoded")
    }

    /// With another signature.
    pub fn signed_with(&self, signature: &[u8]) -> String {
        let [header, claims, _] = self.segments();
        format!("{header}.{claims}.{}", BASE64URL_NOPAD.encode(signature))
    }

    /// The token.
    pub fn text(&self) -> String {
        self.segments().join(".")
    }

    /// The token as an `Authorization` header.
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.text())
    }
}

fn decoded(base64: &str) -> Vec<u8> {
    BASE64.decode(base64.as_bytes()).expect("base64")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::{api_secret, msp};
    use amb_protocol::jwt;

    #[test]
    fn the_good_token_is_the_one_that_apple_would_send() {
        let minted = jwt::mint_inbound(&msp(), &api_secret(SECRET), NOW).unwrap();
        assert_eq!(&Token::good().text(), minted.expose());
    }
}
