//! The shape of a token.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::TokenFault;

/// No genuine token comes near: they have 5 KB.
const LONGEST: usize = 64 * 1024;
/// A byte and a tag.
const SHORTEST_DATA: usize = 17;

/// `paymentToken` as the device posted it, shape checked, signature not. Its `Debug` shows nothing.
pub struct PaymentToken {
    pub(super) data: Vec<u8>,
    pub(super) signature: Vec<u8>,
    pub(super) ephemeral_key: Vec<u8>,
    pub(super) key_hash: [u8; 32],
    pub(super) transaction: [u8; 32],
    /// A hash, or nothing. What is signed says nowhere how long its parts are: with other lengths, bytes
    /// could be moved between this, the transaction id and the data under one signature.
    pub(super) application_data: Vec<u8>,
    transaction_id: String,
}

impl PaymentToken {
    /// Reads the JSON text of `paymentToken`, as far as it is signed. The rest is ignored.
    pub fn read(json: &str) -> Result<Self, TokenFault> {
        if json.len() > LONGEST {
            return Err(TokenFault::Format);
        }
        let outer: Outer<'_> = parse(json)?;
        let text = outer.payment_data.get();
        let Version { version } = parse(text)?;
        if version != "EC_v1" {
            return Err(TokenFault::Version);
        }
        let inner: Inner<'_> = parse(text)?;
        let header: Header = parse(inner.header.get())?;
        let token = Self {
            data: base64(&inner.data)?,
            signature: base64(&inner.signature)?,
            ephemeral_key: base64(&header.ephemeral_public_key)?,
            key_hash: exact(base64(&header.public_key_hash)?)?,
            transaction: exact(hex(&header.transaction_id)?)?,
            application_data: hash(header.application_data.as_deref().unwrap_or_default())?,
            transaction_id: header.transaction_id.to_ascii_lowercase(),
        };
        let enough = token.data.len() >= SHORTEST_DATA;
        if !enough || token.signature.is_empty() || token.ephemeral_key.is_empty() {
            return Err(TokenFault::Format);
        }
        if !outer.transaction_identifier.eq_ignore_ascii_case(&token.transaction_id) {
            return Err(TokenFault::TransactionId);
        }
        Ok(token)
    }

    /// `header.transactionId`, lower hex: what replays are known by, once it is verified. The bytes of
    /// a token can be written in many ways, and all of them have this in common.
    pub fn transaction_id(&self) -> &str {
        &self.transaction_id
    }

    /// `header.publicKeyHash`, lower hex: which of the merchant's keys it is for. Nobody signed that; a
    /// lie ends in a token that does not open.
    pub fn key_hash(&self) -> String {
        HEXLOWER.encode(&self.key_hash)
    }

    /// What Apple signed.
    pub(super) fn content(&self) -> Vec<u8> {
        [&self.ephemeral_key[..], &self.data, &self.transaction, &self.application_data].concat()
    }
}

impl fmt::Debug for PaymentToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PaymentToken").finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outer<'a> {
    transaction_identifier: String,
    #[serde(borrow)]
    payment_data: &'a RawValue,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    version: Value,
}

#[derive(Deserialize)]
struct Inner<'a> {
    data: String,
    signature: String,
    #[serde(borrow)]
    header: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    ephemeral_public_key: String,
    public_key_hash: String,
    transaction_id: String,
    #[serde(default)]
    application_data: Option<String>,
}

/// An object: a derived reader would take an array as well.
fn parse<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, TokenFault> {
    if !json.trim_ascii_start().starts_with('{') {
        return Err(TokenFault::Format);
    }
    serde_json::from_str(json).map_err(|_no_token| TokenFault::Format)
}

/// Strictly: the standard alphabet, padded, nothing in between, no bits left over.
fn base64(text: &str) -> Result<Vec<u8>, TokenFault> {
    BASE64.decode(text.as_bytes()).map_err(|_other_alphabet| TokenFault::Format)
}

fn hex(text: &str) -> Result<Vec<u8>, TokenFault> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).map_err(|_no_hex| TokenFault::Format)
}

fn hash(text: &str) -> Result<Vec<u8>, TokenFault> {
    let bytes = hex(text)?;
    if matches!(bytes.len(), 0 | 32) { Ok(bytes) } else { Err(TokenFault::Format) }
}

fn exact(bytes: Vec<u8>) -> Result<[u8; 32], TokenFault> {
    bytes.try_into().map_err(|_other_length| TokenFault::Format)
}
