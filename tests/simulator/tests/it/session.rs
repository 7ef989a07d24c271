//! Apple's session server: mutual TLS, and what it refuses.

use amb_simulator::model::{Effect, FaultSpec, Place, SessionFilter};
use serde_json::{Value, json};

use crate::support::{Stage, now};
use crate::till::{MERCHANT, ask_session, client, session};

fn asked() -> Value {
    json!({
        "merchantIdentifier": MERCHANT, "displayName": "Example Shop", "initiative": "messaging",
        "initiativeContext": "https://pay.example.com/pay/x/gateway", "domainName": "pay.example.com",
    })
}

#[tokio::test]
async fn ap17_a_merchant_with_its_certificate_gets_a_session() {
    let stage = Stage::new().await;
    let identity = stage.client.create_merchant(MERCHANT).await.unwrap();
    let (status, given) = session(&stage, &identity, &asked()).await.unwrap();
    assert_eq!(status, 200, "{given}");
    let now = now() * 1000;
    let life = given["expiresAt"].as_i64().unwrap() - now;
    assert!((7_100_000..=7_201_000).contains(&life), "{life}");
    assert!(given["merchantSessionIdentifier"].as_str().unwrap().starts_with("PSH"));
    assert_eq!(given["initiativeContext"], asked()["initiativeContext"]);
    assert_ne!(given["merchantIdentifier"], MERCHANT);
    assert!(given["signature"].as_str().unwrap().len() > 100);
    let (_, other) = session(&stage, &identity, &asked()).await.unwrap();
    assert_ne!(given["nonce"], other["nonce"]);
    let calls = stage.client.session_calls(&SessionFilter::default()).await.unwrap();
    assert_eq!(calls.len(), 2);
}

#[tokio::test]
async fn ap17_nobody_gets_in_without_a_certificate() {
    let stage = Stage::new().await;
    assert!(ask_session(&stage, client(&stage), &asked()).await.is_err());
    // Another simulator's authority is nobody here.
    let elsewhere = Stage::new().await.client.create_merchant(MERCHANT).await.unwrap();
    assert!(session(&stage, &elsewhere, &asked()).await.is_err());
    let calls = stage.client.session_calls(&SessionFilter::default()).await.unwrap();
    assert!(calls.is_empty());
}

#[tokio::test]
async fn ap17_what_is_not_in_order_is_refused_in_apples_words() {
    let stage = Stage::new().await;
    let identity = stage.client.create_merchant(MERCHANT).await.unwrap();
    for (member, value, status) in [
        ("merchantIdentifier", json!("merchant.com.example.other"), 417),
        ("merchantIdentifier", json!(null), 417),
        ("initiative", json!("web"), 400),
        ("displayName", json!("x".repeat(65)), 400),
        ("displayName", json!(""), 400),
        ("initiativeContext", json!("http://pay.example.com/x"), 400),
        ("initiativeContext", json!("pay.example.com"), 400),
        ("domainName", json!("https://pay.example.com"), 400),
    ] {
        let mut body = asked();
        body[member] = value.clone();
        let (answered, said) = session(&stage, &identity, &body).await.unwrap();
        assert_eq!(answered, status, "{member} {value}");
        assert_eq!(said["statusCode"], status.to_string());
        assert!(said["statusMessage"].is_string());
    }
}

#[tokio::test]
async fn sessions_fail_as_told() {
    let stage = Stage::new().await;
    let identity = stage.client.create_merchant(MERCHANT).await.unwrap();
    let at = Place::PaymentSession;
    for spec in [
        FaultSpec::status(at.clone(), 500),
        FaultSpec::new(at.clone(), Effect::Refuse),
        FaultSpec::new(at, Effect::ExpiresIn { life_ms: 1000 }),
    ] {
        stage.client.add_fault(&spec.times(1).message_type(MERCHANT)).await.unwrap();
    }
    assert_eq!(session(&stage, &identity, &asked()).await.unwrap().0, 500);
    assert!(session(&stage, &identity, &asked()).await.is_err());
    let (_, soon) = session(&stage, &identity, &asked()).await.unwrap();
    assert!(soon["expiresAt"].as_i64().unwrap() <= now() * 1000 + 2000);
    assert_eq!(session(&stage, &identity, &asked()).await.unwrap().0, 200);
}
