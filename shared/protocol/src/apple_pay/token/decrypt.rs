//! Opening a token with the merchant's own key. Whoever does this holds card data: it belongs into a
//! function of its own (spec/payments §6.6).

use std::fmt;

use aes_gcm::aead::{AeadInOut, KeyInit, consts::U16};
use aes_gcm::{AesGcm, Key, Nonce, Tag, aes::Aes256};
use p256::SecretKey;
use p256::pkcs8::{DecodePrivateKey, EncodePublicKey};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::ephemeral::ephemeral_key;
use super::{CardData, PaymentToken, TokenFault, sha256};
use crate::apple_pay::MerchantIdentifier;
use crate::secret::Secret;

/// AES-256 in GCM with Apple's nonce of sixteen bytes, all zero. Each key is used once.
type Gcm = AesGcm<Aes256, U16>;
const TAG: usize = 16;

/// A merchant's payment processing keys: the one in use, the next one, and those of the last days. A
/// token names its own by the hash of the public key.
pub struct ProcessingKeys(Vec<([u8; 32], SecretKey)>);

/// What was given is no set of processing keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{{\"v\":1,\"keys\":[{{\"key\":\"<PEM of a P-256 key>\"}}]}}` is expected")]
pub struct ProcessingKeyFault;

impl ProcessingKeys {
    /// Reads the merchant's secret: one to eight keys, PKCS#8 or SEC 1 in PEM.
    pub fn read(json: &Secret<String>) -> Result<Self, ProcessingKeyFault> {
        let stored: Stored =
            serde_json::from_str(json.expose()).map_err(|_other_form| ProcessingKeyFault)?;
        if stored.v != 1 || stored.keys.is_empty() || stored.keys.len() > 8 {
            return Err(ProcessingKeyFault);
        }
        stored.keys.iter().map(|it| hashed(&it.key)).collect::<Result<_, _>>().map(Self)
    }

    fn find(&self, hash: [u8; 32]) -> Option<&SecretKey> {
        self.0.iter().find(|(known, _)| *known == hash).map(|(_, key)| key)
    }
}

impl fmt::Debug for ProcessingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProcessingKeys").field(&self.0.len()).finish()
    }
}

#[derive(Deserialize)]
struct Stored {
    v: u8,
    keys: Vec<StoredKey>,
}

#[derive(Deserialize)]
struct StoredKey {
    key: Secret<String>,
}

fn hashed(pem: &Secret<String>) -> Result<([u8; 32], SecretKey), ProcessingKeyFault> {
    let pem = pem.expose();
    let key = SecretKey::from_pkcs8_pem(pem)
        .or_else(|_other_form| SecretKey::from_sec1_pem(pem))
        .map_err(|_no_key| ProcessingKeyFault)?;
    let spki = key.public_key().to_public_key_der().map_err(|_never| ProcessingKeyFault)?;
    Ok((sha256(spki.as_bytes()), key))
}

/// Opens a token. Verify it first: anybody can encrypt to a merchant's public key.
pub fn decrypt(
    token: &PaymentToken,
    keys: &ProcessingKeys,
    merchant: &MerchantIdentifier,
) -> Result<CardData, TokenFault> {
    let ephemeral = ephemeral_key(&token.ephemeral_key)?;
    let key = keys.find(token.key_hash).ok_or(TokenFault::KeyNotFound)?;
    // Always 32 bytes: one secret in 256 begins with a zero.
    let shared = p256::ecdh::diffie_hellman(key.to_nonzero_scalar(), ephemeral.as_affine());
    let symmetric = symmetric_key(shared.raw_secret_bytes(), merchant);
    CardData::read(&open(&token.data, &symmetric)?)
}

/// One step of NIST SP 800-56A with SHA-256: counter, secret, algorithm with its length, party U,
/// party V. Not X9.63, which begins with the secret (Apple, Restoring the symmetric key).
fn symmetric_key(secret: &[u8], merchant: &MerchantIdentifier) -> Zeroizing<[u8; 32]> {
    let merchant = sha256(merchant.as_str().as_bytes());
    let parts = [&[0, 0, 0, 1], secret, b"\x0did-aes256-GCM", b"Apple", &merchant[..]];
    Zeroizing::new(sha256(&Zeroizing::new(parts.concat())))
}

fn open(data: &[u8], key: &[u8; 32]) -> Result<Zeroizing<Vec<u8>>, TokenFault> {
    let length = data.len().checked_sub(TAG).ok_or(TokenFault::Decrypt)?;
    let (encrypted, tag) = data.split_at_checked(length).ok_or(TokenFault::Decrypt)?;
    let tag = Tag::try_from(tag).map_err(|_other_length| TokenFault::Decrypt)?;
    let mut buffer = Zeroizing::new(encrypted.to_vec());
    Gcm::new(&Key::<Gcm>::from(*key))
        .decrypt_inout_detached(&Nonce::<U16>::default(), &[], buffer.as_mut_slice().into(), &tag)
        .map_err(|_forged| TokenFault::Decrypt)?;
    Ok(buffer)
}
