//! The JWT and gzip sections of the protocol vectors: `PROTOCOL_VECTORS` names the file, the copy in
//! `tests/vectors/` is the default.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic, and so may what it shares with the next"
)]

use std::path::PathBuf;

use amb_protocol::id::MspId;
use amb_protocol::inbound::Envelope;
use amb_protocol::jwt::{self, ApiSecret};
use amb_protocol::{gzip, id::BusinessId};
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Vectors {
    jwt: Jwt,
    gzip_webhook: GzipWebhook,
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
    let Vectors { jwt, gzip_webhook } = vectors();
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
