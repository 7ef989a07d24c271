//! The JWT, gzip, attachment and signature sections of the protocol vectors: `PROTOCOL_VECTORS` names the file, the copy in
//! `tests/vectors/` is the default.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic, and so may what it shares with the next"
)]

use std::path::PathBuf;

use amb_protocol::attachment::{Attachment, AttachmentKey, Cipher, Signature};
use amb_protocol::id::MspId;
use amb_protocol::inbound::Envelope;
use amb_protocol::jwt::{self, ApiSecret};
use amb_protocol::{gzip, id::BusinessId};
use data_encoding::{BASE64, HEXLOWER};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Vectors {
    jwt: Jwt,
    gzip_webhook: GzipWebhook,
    attachment: Files,
    signature_forms: SignatureForms,
}

#[derive(Deserialize)]
struct Files {
    key_hex: String,
    wire_key: String,
    cases: Vec<FileCase>,
    key_strip_rule: KeyRule,
}

#[derive(Deserialize)]
struct FileCase {
    name: String,
    plaintext_len: usize,
    ciphertext_len: usize,
    ciphertext_sha256: String,
    sim_signature_hex: String,
    sim_signature_base64: String,
    /// Absent where the bytes are their own index modulo 251.
    plaintext_hex: Option<String>,
    ciphertext_hex: Option<String>,
}

#[derive(Deserialize)]
struct KeyRule {
    accept: Vec<String>,
    also_accept_unprefixed_64_hex: String,
    reject: Vec<String>,
}

#[derive(Deserialize)]
struct SignatureForms {
    hex: String,
    base64: String,
    length: usize,
    #[serde(rename = "WRONG_if_hex_treated_as_base64_hex")]
    wrong: String,
}

#[derive(Deserialize)]
struct Jwt {
    secret_base64: String,
    msp_id: String,
    iat: i64,
    outbound_claims: Value,
    outbound_token: String,
    #[serde(default)]
    outbound_token_with_typ_header: Option<String>,
    inbound_cases: Vec<InboundCase>,
}

#[derive(Deserialize)]
struct InboundCase {
    name: String,
    token: String,
    keys_base64: Vec<String>,
    now: i64,
    /// `accept`, or `reject:` and the code of the first fault.
    expect: String,
}

#[derive(Deserialize)]
struct GzipWebhook {
    json: String,
    json_utf8_len: usize,
    gzip_base64: String,
}

#[expect(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where vectors lie"
)]
fn vectors() -> Vectors {
    let path = std::env::var_os("PROTOCOL_VECTORS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/protocol.json")),
        PathBuf::from,
    );
    let file = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&file).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Reads, checks and verifies one inbound token the way the webhook does.
fn verdict(case: &InboundCase, msp: &MspId) -> String {
    let keys: Vec<_> =
        case.keys_base64.iter().map(|key| ApiSecret::from_base64(key).unwrap()).collect();
    match jwt::inspect(&case.token, msp, case.now).and_then(|token| token.verify(&keys)) {
        Ok(_) => "accept".to_owned(),
        Err(error) => format!("reject:{}", error.code()),
    }
}

#[test]
fn protocol_vectors() {
    let Vectors { jwt, gzip_webhook, attachment, signature_forms } = vectors();
    assert!(!jwt.inbound_cases.is_empty());
    let msp = MspId::parse(&jwt.msp_id).unwrap();
    let wrong: Vec<_> = jwt
        .inbound_cases
        .iter()
        .map(|case| (case, verdict(case, &msp)))
        .filter(|(case, verdict)| *verdict != case.expect)
        .map(|(case, verdict)| format!("{}: expected {}, got {verdict}", case.name, case.expect))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    inflates(&gzip_webhook);
    decrypts(&attachment);
    has_two_forms(&signature_forms);
}

#[test]
fn protocol_vectors_outbound_token() {
    let Jwt { secret_base64, msp_id, iat, outbound_claims, outbound_token, .. } = vectors().jwt;
    let msp = MspId::parse(&msp_id).unwrap();
    let key = ApiSecret::from_base64(&secret_base64).unwrap();
    let minted = jwt::mint(&msp, &key, iat).unwrap();
    let claims = |token: &str| -> Value {
        let payload = token.split('.').nth(1).unwrap();
        let json = data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap();
        serde_json::from_slice(&json).unwrap()
    };
    assert_eq!(claims(minted.expose()), outbound_claims);
    assert_eq!(claims(&outbound_token), outbound_claims);
    // HMAC is deterministic and the header is Apple's own, so the very text is the same.
    assert_eq!(minted.expose(), &outbound_token);
}

#[test]
fn protocol_vectors_outbound_tokens_are_not_accepted_inbound() {
    let jwt = vectors().jwt;
    let msp = MspId::parse(&jwt.msp_id).unwrap();
    for token in [Some(jwt.outbound_token), jwt.outbound_token_with_typ_header].iter().flatten() {
        assert_eq!(jwt::inspect(token, &msp, jwt.iat).unwrap_err().code(), "aud");
    }
}

#[test]
fn protocol_vectors_gzip_webhook() {
    inflates(&vectors().gzip_webhook);
}

#[test]
fn protocol_vectors_attachment() {
    decrypts(&vectors().attachment);
}

#[test]
fn protocol_vectors_signature_forms() {
    has_two_forms(&vectors().signature_forms);
}

fn decrypts(files: &Files) {
    let key = AttachmentKey::parse(&files.wire_key).unwrap();
    assert_eq!(key, AttachmentKey::parse(&files.key_hex).unwrap());
    assert_eq!(key.wire(), files.wire_key);
    let rule = &files.key_strip_rule;
    for text in rule.accept.iter().chain([&rule.also_accept_unprefixed_64_hex]) {
        assert_eq!(AttachmentKey::parse(text).as_ref(), Ok(&key), "{text}");
    }
    for text in &rule.reject {
        assert!(AttachmentKey::parse(text).is_err(), "{text}");
    }
    assert!(!files.cases.is_empty());
    for case in &files.cases {
        let plain = case.plaintext_hex.as_ref().map_or_else(
            || (0..case.plaintext_len).map(|index| u8::try_from(index % 251).unwrap()).collect(),
            |hex| HEXLOWER.decode(hex.as_bytes()).unwrap(),
        );
        assert_eq!((plain.len(), plain.len()), (case.plaintext_len, case.ciphertext_len));
        let mut bytes = plain.clone();
        Cipher::new(&key).apply(&mut bytes);
        if let Some(hex) = &case.ciphertext_hex {
            assert_eq!(HEXLOWER.encode(&bytes), *hex, "{}", case.name);
        }
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &bytes);
        assert_eq!(HEXLOWER.encode(digest.as_ref()), case.ciphertext_sha256, "{}", case.name);
        Cipher::new(&key).apply(&mut bytes);
        assert_eq!(bytes, plain, "{}", case.name);
        let signature = Signature::from_hex(&case.sim_signature_hex).unwrap();
        assert_eq!(signature.base64(), case.sim_signature_base64, "{}", case.name);
    }
}

fn has_two_forms(forms: &SignatureForms) {
    let signature = Signature::from_hex(&forms.hex).unwrap();
    assert_eq!(signature.base64(), forms.base64);
    assert_eq!(Signature::from_base64(&forms.base64), Some(signature));
    assert_eq!(HEXLOWER.decode(signature.hex().as_bytes()).unwrap().len(), forms.length);
    // The trap: the hex text is base64 of other bytes.
    assert_eq!(Signature::from_base64(&forms.hex), None);
    assert_ne!(forms.wrong, forms.hex);
    // An entry with hex alone gets the base64 made from it.
    let entry = serde_json::json!({"signature": forms.hex});
    let entry = serde_json::value::to_raw_value(&entry).unwrap();
    assert_eq!(Attachment::view(&entry).signature_base64.as_ref(), Some(&forms.base64));
}

fn inflates(vector: &GzipWebhook) {
    let body = BASE64.decode(vector.gzip_base64.as_bytes()).unwrap();
    assert!(gzip::is_gzip(&body));
    let json = gzip::inflate(&body, vector.json_utf8_len).unwrap();
    assert_eq!(json, vector.json.as_bytes());
    assert_eq!(json.len(), vector.json_utf8_len);
    let cap = vector.json_utf8_len - 1;
    assert_eq!(gzip::inflate(&body, cap), Err(gzip::InflateError::TooLarge { cap }));
    assert_eq!(gzip::inflate(&gzip::deflate(&json), json.len()).unwrap(), json);

    let value: Value = serde_json::from_slice(&json).unwrap();
    let message = Envelope::parse(&json).unwrap();
    assert_eq!(message.body.as_deref(), value["body"].as_str());
    let business = BusinessId::parse(value["destinationId"].as_str().unwrap()).unwrap();
    assert_eq!(message.destination, business);
}
