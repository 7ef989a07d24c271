//! Tokens as a device gets them from Apple's servers.

use aes_gcm::aead::{AeadInOut, KeyInit, consts::U16};
use aes_gcm::{AesGcm, Nonce, aes::Aes256};
use aws_lc_rs::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use data_encoding::{BASE64, HEXLOWER, HEXUPPER};
use jiff::Timestamp;
use rcgen::PublicKeyData;
use serde_json::{Value, json};

use super::der::{element, open_ended, set};
use super::{MintError, TokenPki};

/// What somebody pays with their phone.
#[derive(Debug, Clone, Copy)]
pub struct Mint<'a> {
    /// To whom: the merchant identifier.
    pub merchant: &'a str,
    /// How much, in minor units.
    pub amount: i64,
    /// Three capital letters.
    pub currency: &'a str,
    /// With what.
    pub card: Card<'a>,
    /// When Apple's server signs it.
    pub now: Timestamp,
    /// 32 bytes; none: drawn.
    pub transaction_id: Option<[u8; 32]>,
    /// `applicationData`, as a hash; Messages has some that nobody explains.
    pub application_data: Option<[u8; 32]>,
}

/// A card in the wallet.
#[derive(Debug, Clone, Copy)]
pub struct Card<'a> {
    /// The number that the device has for it.
    pub number: &'a str,
    /// `paymentMethod.network`; none: the token comes without `paymentMethod`, as Apple's sample does.
    pub network: Option<&'a str>,
    /// `paymentMethod.displayName`.
    pub display_name: &'a str,
    /// `paymentMethod.type`.
    pub kind: &'a str,
}

const SIGNED_DATA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const DATA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
const CONTENT_TYPE: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
const MESSAGE_DIGEST: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
const SIGNING_TIME: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 5];
const ALGORITHM_PROTECTION: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 0x34];
const SHA_256: [u8; 11] = [6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1];
const ECDSA_SHA256: [u8; 10] = [6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// What stands in front of a point on P-256 in a `SubjectPublicKeyInfo`.
const P256_KEY: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 3, 1, 7, 3, 0x42, 0,
];

impl TokenPki {
    /// Makes `paymentToken`.
    pub fn mint(&self, mint: &Mint<'_>) -> Result<Value, MintError> {
        let random = SystemRandom::new();
        let failed = |_| MintError::Seal("no randomness");
        let mut transaction = [0; 32];
        random.fill(&mut transaction).map_err(failed)?;
        let transaction = mint.transaction_id.unwrap_or(transaction);

        let processing = self.processing_key(mint.merchant)?;
        let own = EphemeralPrivateKey::generate(&ECDH_P256, &random).map_err(failed)?;
        let point = own.compute_public_key().map_err(failed)?;
        let ephemeral = [&P256_KEY[..], point.as_ref()].concat();
        let theirs = UnparsedPublicKey::new(&ECDH_P256, processing.public_key_raw());
        let key = agree_ephemeral(own, theirs, MintError::Seal("no agreement"), |secret| {
            Ok(symmetric_key(secret, mint.merchant))
        })?;
        let data = sealed(plaintext(mint)?, &key)?;

        let extra = mint.application_data.unwrap_or_default();
        let extra = if mint.application_data.is_some() { &extra[..] } else { &[] };
        let content = [&ephemeral[..], &data, &transaction, extra].concat();
        let mut header = json!({
            "publicKeyHash": BASE64.encode(digest(&SHA256, &processing.subject_public_key_info()).as_ref()),
            "ephemeralPublicKey": BASE64.encode(&ephemeral),
            "transactionId": HEXLOWER.encode(&transaction),
        });
        if let (Some(_), Some(header)) = (mint.application_data, header.as_object_mut()) {
            header.insert("applicationData".to_owned(), json!(HEXLOWER.encode(extra)));
        }
        let mut token = json!({
            "transactionIdentifier": HEXUPPER.encode(&transaction),
            "paymentData": {
                "version": "EC_v1",
                "data": BASE64.encode(&data),
                "signature": BASE64.encode(&self.signature(&content, mint.now)?),
                "header": header,
            },
        });
        let Card { network, display_name, kind, .. } = mint.card;
        if let (Some(network), Some(token)) = (network, token.as_object_mut()) {
            let with = json!({"network": network, "displayName": display_name, "type": kind});
            token.insert("paymentMethod".to_owned(), with);
        }
        Ok(token)
    }

    /// A detached `SignedData` in Apple's shape: indefinite lengths down to the certificates.
    fn signature(&self, content: &[u8], now: Timestamp) -> Result<Vec<u8>, MintError> {
        let sha256 = element(0x30, &[&SHA_256]);
        let ecdsa = element(0x30, &[&ECDSA_SHA256]);
        let time = now.strftime("%y%m%d%H%M%SZ").to_string();
        let protected = element(0x30, &[&sha256, &element(0xa1, &[&ECDSA_SHA256])]);
        let attribute = |oid: &[u8], value: &[u8]| element(0x30, &[oid, &element(0x31, &[value])]);
        let attributes = vec![
            attribute(&CONTENT_TYPE, &DATA),
            attribute(&SIGNING_TIME, &element(0x17, &[time.as_bytes()])),
            attribute(&ALGORITHM_PROTECTION, &protected),
            attribute(&MESSAGE_DIGEST, &element(4, &[digest(&SHA256, content).as_ref()])),
        ];
        let signature = self.sign(&set(0x31, attributes.clone()))?;
        let signer = element(
            0x30,
            &[
                &[2, 1, 1],
                &self.leaf_name,
                &sha256,
                &set(0xa0, attributes),
                &ecdsa,
                &element(4, &[&signature]),
            ],
        );
        let [leaf, intermediate] = &self.certificates;
        let signed = open_ended(
            0x30,
            &[
                &[2, 1, 1],
                &element(0x31, &[&sha256]),
                &open_ended(0x30, &[&DATA]),
                &open_ended(0xa0, &[leaf, intermediate]),
                &element(0x31, &[&signer]),
            ],
        );
        Ok(open_ended(0x30, &[&SIGNED_DATA, &open_ended(0xa0, &[&signed])]))
    }
}

fn plaintext(mint: &Mint<'_>) -> Result<Vec<u8>, MintError> {
    let currency = iso_currency::Currency::from_code(mint.currency)
        .ok_or_else(|| MintError::Currency(mint.currency.to_owned()))?;
    let card = json!({
        "applicationPrimaryAccountNumber": mint.card.number,
        "applicationExpirationDate": "311231",
        "currencyCode": format!("{:03}", currency.numeric()),
        "transactionAmount": mint.amount,
        "deviceManufacturerIdentifier": "040010030273",
        "paymentDataType": "3DSecure",
        "paymentData": {"onlinePaymentCryptogram": "AlhlvxmN2ZKuAAESNFZ4GoABFA==", "eciIndicator": "7"},
    });
    Ok(card.to_string().into_bytes())
}

/// Counter, secret, algorithm, "Apple", merchant: in this order (Apple, Restoring the symmetric key).
fn symmetric_key(secret: &[u8], merchant: &str) -> [u8; 32] {
    let merchant = digest(&SHA256, merchant.as_bytes());
    let text = [&[0, 0, 0, 1], secret, b"\x0did-aes256-GCM", b"Apple", merchant.as_ref()].concat();
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, &text).as_ref());
    key
}

/// AES-256-GCM with sixteen zero bytes for a nonce; the tag follows.
fn sealed(mut text: Vec<u8>, key: &[u8; 32]) -> Result<Vec<u8>, MintError> {
    let tag = AesGcm::<Aes256, U16>::new(key.into())
        .encrypt_inout_detached(&Nonce::<U16>::default(), &[], text.as_mut_slice().into())
        .map_err(|_too_long| MintError::Seal("the card cannot be encrypted"))?;
    text.extend_from_slice(&tag);
    Ok(text)
}
