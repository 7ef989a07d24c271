//! Project Wycheproof's vectors for what a token is opened with: points that are none (P010), and
//! AES-GCM (P013).

use std::fs;

use aes_gcm::aead::{AeadInOut, KeyInit, array::ArraySize};
use aes_gcm::{AesGcm, Key, Nonce, Tag, aes::Aes256};
use data_encoding::HEXLOWER;
use p256::SecretKey;
use serde::Deserialize;

use crate::apple_pay::token::TokenFault;
use crate::apple_pay::token::ephemeral::ephemeral_key;
use crate::tests::corpora::corpus;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File<T> {
    test_groups: Vec<Group<T>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group<T> {
    #[serde(default)]
    iv_size: usize,
    #[serde(default)]
    key_size: usize,
    tests: Vec<T>,
}

fn groups<T: for<'a> Deserialize<'a>>(name: &str) -> Vec<Group<T>> {
    let Some(path) = corpus(name) else { return Vec::new() };
    serde_json::from_slice::<File<T>>(&fs::read(path).unwrap()).unwrap().test_groups
}

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Agreement {
    tc_id: u64,
    comment: String,
    public: String,
    private: String,
    shared: String,
    result: String,
}

/// A `SubjectPublicKeyInfo` around a point, whatever it is.
fn spki(point: &[u8]) -> Vec<u8> {
    let algorithm = hex("301306072a8648ce3d020106082a8648ce3d030107");
    let length = |n: usize| u8::try_from(n).unwrap();
    let point = [&[3, length(point.len() + 1), 0], point].concat();
    [&[0x30, length(algorithm.len() + point.len())], &algorithm[..], &point].concat()
}

#[test]
fn p010_points_off_the_curve_compressed_or_empty_are_no_keys() {
    let mut counts = (0, 0);
    for vector in groups::<Agreement>("wycheproof/ecdh_secp256r1_ecpoint_test.json")
        .into_iter()
        .flat_map(|group| group.tests)
    {
        let name = format!("{} {}", vector.tc_id, vector.comment);
        let key = ephemeral_key(&spki(&hex(&vector.public)));
        if vector.result != "valid" {
            // "acceptable" is the compressed form, which Apple does not send.
            assert_eq!(key.err(), Some(TokenFault::EphemeralKey), "{name}");
            counts.1 += 1;
            continue;
        }
        // A number, with as many zeros in front as it came with.
        let private = format!("{:0>64}", vector.private.trim_start_matches('0'));
        let private = SecretKey::from_slice(&hex(&private)).unwrap();
        let key = key.expect(&name);
        let shared = p256::ecdh::diffie_hellman(private.to_nonzero_scalar(), key.as_affine());
        assert_eq!(HEXLOWER.encode(shared.raw_secret_bytes()), vector.shared, "{name}");
        counts.0 += 1;
    }
    assert!(counts == (330, 25) || counts == (0, 0), "{counts:?}");
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sealed {
    tc_id: u64,
    key: String,
    iv: String,
    aad: String,
    msg: String,
    ct: String,
    tag: String,
    result: String,
}

fn opened<N: ArraySize>(vector: &Sealed) -> Option<Vec<u8>> {
    let mut text = hex(&vector.ct);
    let nonce = Nonce::<N>::try_from(hex(&vector.iv).as_slice()).unwrap();
    let key = Key::<AesGcm<Aes256, N>>::try_from(hex(&vector.key).as_slice()).unwrap();
    let tag = Tag::try_from(hex(&vector.tag).as_slice()).unwrap();
    let aad = hex(&vector.aad);
    AesGcm::<Aes256, N>::new(&key)
        .decrypt_inout_detached(&nonce, &aad, text.as_mut_slice().into(), &tag)
        .ok()?;
    Some(text)
}

#[test]
fn p013_ciphertexts_open_with_their_tag_and_not_without() {
    use aes_gcm::aead::consts::{U12, U16};
    let mut count = 0;
    for group in groups::<Sealed>("wycheproof/aes_gcm_test.json") {
        for vector in &group.tests {
            let text = match (group.key_size, group.iv_size) {
                (256, 96) => opened::<U12>(vector),
                // Apple's: sixteen bytes.
                (256, 128) => opened::<U16>(vector),
                _ => continue,
            };
            count += 1;
            let wanted = (vector.result == "valid").then(|| hex(&vector.msg));
            assert_eq!(text, wanted, "{}", vector.tc_id);
        }
    }
    assert!(count == 85 || count == 0, "{count}");
}
