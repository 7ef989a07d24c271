//! M072: Project Wycheproof's JSON Web Signature vectors for HMAC-SHA256, each with its own key.
//! Their payloads are not claims, so they are put to everything but the claim check.

use std::fs;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde::Deserialize;
use serde_json::Value;

use crate::jwt::{ApiSecret, JwtError, inspect::open};
use crate::tests::corpora::corpus;

/// Called invalid, but letter for letter the token of a vector that is called valid: the padding
/// that they are named for is not in the file.
const SAME_AS_A_VALID_ONE: [u64; 2] = [367, 370];

/// Called valid with a `?` inside a segment, which only a decoder that skips such characters can
/// read. Ours skips nothing (RFC 7515, section 2).
const NEEDS_A_LENIENT_DECODER: [u64; 2] = [372, 373];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    private: Option<Key>,
    tests: Vec<Vector>,
}

#[derive(Deserialize)]
struct Key {
    alg: Option<String>,
    k: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vector {
    tc_id: u64,
    comment: String,
    /// Text, or an object in the JSON serialisation.
    jws: Value,
    result: String,
}

fn verdict(jws: &str, key: &ApiSecret) -> Result<usize, JwtError> {
    open(jws)?.signed()?.verify(std::slice::from_ref(key))
}

#[test]
fn m072_signature_vectors_with_their_own_keys() {
    let Some(path) = corpus("wycheproof/json_web_signature_test.json") else { return };
    let file: File = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    let mut count = 0;
    for group in file.test_groups {
        let Some(Key { alg: Some(alg), k: Some(k) }) = group.private else { continue };
        if alg != "HS256" {
            continue;
        }
        let key = BASE64.encode(&BASE64URL_NOPAD.decode(k.as_bytes()).unwrap());
        let key = ApiSecret::from_base64(&key).unwrap();
        for Vector { tc_id, comment, jws, result } in group.tests {
            count += 1;
            let jws = jws.as_str().map_or_else(|| jws.to_string(), str::to_owned);
            let expected = (result == "valid" || SAME_AS_A_VALID_ONE.contains(&tc_id))
                && !NEEDS_A_LENIENT_DECODER.contains(&tc_id);
            assert_eq!(verdict(&jws, &key).is_ok(), expected, "{tc_id} {comment}");
        }
    }
    assert_eq!(count, 40);
}
