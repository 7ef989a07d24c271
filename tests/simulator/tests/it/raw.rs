use std::collections::BTreeMap;

use amb_simulator::model::{Encoding, RawWebhook, Signing};
use serde_json::json;

use crate::support::{BUSINESS_ID, KEY, MSP_ID, Stage, now};

#[tokio::test]
async fn a_raw_webhook_is_signed_and_zipped_unless_told_otherwise() {
    let stage = Stage::new().await;
    let body = json!({
        "v": 1, "type": "text", "id": "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001",
        "sourceId": "urn:mbid:x", "destinationId": BUSINESS_ID, "body": "Hi",
    });
    let raw = RawWebhook { body: Some(body.clone()), ..RawWebhook::default() };
    stage.msp.answer_with(&[200, 418]);
    let answer = stage.client.send_raw(&raw).await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"id":"msg_1"}"#));
    let heard = stage.msp.last();
    assert_eq!(heard.header("id"), body["id"]);
    assert_eq!(heard.header("source-id"), "urn:mbid:x");
    assert_eq!(heard.header("content-encoding"), "gzip");
    assert_eq!(heard.audience(&KEY), Some(json!(MSP_ID)));
    assert_eq!(heard.json(), body);

    let odd = RawWebhook {
        body_text: Some("{\"not\":".to_owned()),
        encoding: Encoding::Plain,
        signing: Signing { omit: true, ..Signing::default() },
        headers: BTreeMap::from([
            ("id".to_owned(), Some("x".to_owned())),
            ("content-type".to_owned(), None),
        ]),
        ..RawWebhook::default()
    };
    assert_eq!(stage.client.send_raw(&odd).await.unwrap().status, 418);
    let heard = stage.msp.last();
    assert_eq!((heard.header("id"), heard.header("authorization")), ("x", ""));
    assert_eq!(heard.header("content-type"), "");
    assert_eq!(heard.body, b"{\"not\":");
}

#[tokio::test]
async fn a_token_can_be_made_wrong_in_each_way() {
    let stage = Stage::new().await;
    let send = async |signing: Signing| {
        let raw = RawWebhook { body: Some(json!({})), signing, ..RawWebhook::default() };
        stage.client.send_raw(&raw).await.unwrap();
        stage.msp.last()
    };
    let audience = Some(json!(["someone", MSP_ID]));
    let heard = send(Signing { audience: audience.clone(), ..Signing::default() }).await;
    assert_eq!(heard.audience(&KEY), audience);
    let heard = send(Signing { token: Some("a.b.c".to_owned()), ..Signing::default() }).await;
    assert_eq!(heard.header("authorization"), "Bearer a.b.c");
    let heard = send(Signing { issued_ago: 4_000, ..Signing::default() }).await;
    let token = heard.header("authorization").split('.').nth(1).unwrap();
    let claims = data_encoding::BASE64URL_NOPAD.decode(token.as_bytes()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert!((now() - claims["iat"].as_i64().unwrap() - 4_000).abs() < 60);
}

#[tokio::test]
async fn a_stream_can_be_cut_short() {
    let stage = Stage::new().await;
    let raw = RawWebhook {
        body: Some(json!({"v": 1})),
        encoding: Encoding::TruncatedGzip,
        ..RawWebhook::default()
    };
    stage.client.send_raw(&raw).await.unwrap();
    let heard = stage.msp.last();
    assert_eq!(heard.header("content-encoding"), "gzip");
    let mut inflated = Vec::new();
    let broken = std::io::Read::read_to_end(
        &mut flate2::read::GzDecoder::new(&heard.body[..]),
        &mut inflated,
    );
    assert!(broken.is_err());
}
