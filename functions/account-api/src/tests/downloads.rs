//! References to large answers, resolved on request.

use amb_service::{
    memory::FaultMode,
    model::{PayloadFault, PayloadPlace, PayloadSource, PayloadStatus},
};
use serde_json::{Value, json};
use std::time::Duration;

use super::{
    files::keep_decoded,
    world::{BUSINESS, OURS, Reply, THEIR_BUSINESS, THEIRS, World},
};

const ID: &str = "dld_samplesamplesamplesamplesa";
const KEY: &str = "00000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

fn reference() -> Value {
    json!({
        "bid": "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.example",
        "url": "https://p00-content.example.com/M0001.C01", "owner": "M0001.C01",
        "signature": "819f86d081884c7d659a2feaa0c55ad015a3bf4f1b", "key": KEY,
    })
}

async fn asks(world: &World, reference: Value) -> Reply {
    let body = json!({ "businessId": BUSINESS, "interactiveDataRef": reference });
    world.as_operator(OURS, "POST", "/v1/downloads", Some(body)).await
}

/// What the one payload of the world is to be fetched from.
fn source(world: &World) -> Value {
    let inner = world.memory.world();
    let payload = inner.payloads.values().next().unwrap();
    let PayloadSource::Reference(text) = &payload.source else { panic!() };
    serde_json::from_str(text).unwrap()
}

#[tokio::test]
async fn sc16_a_reference_is_taken_and_resolved_while_the_caller_waits_or_later() {
    let world = World::new().await;
    let began = world.memory.world().now;
    let reply = asks(&world, reference()).await;
    assert_eq!((reply.status, reply.text("status").as_str()), (202, "pending"));
    assert_eq!(world.memory.world().now.duration_since(began).as_secs(), 8);
    let id = reply.text("id");
    assert_eq!(world.memory.world().payload_queue.len(), 1);
    let target = format!("/v1/downloads/{id}");
    assert_eq!(world.as_operator(OURS, "GET", &target, None).await.body, reply.body);
    let data = json!({ "data": { "listPicker": { "sections": [] } }, "bid": "com.example" });
    keep_decoded(&world, &id, data.to_string().into_bytes());
    let reply = world.as_operator(OURS, "GET", &target, None).await;
    let ready = json!({ "id": id, "status": "ready", "interactiveData": data });
    assert_eq!((reply.status, reply.body), (200, ready));
    let expired = PayloadStatus::Failed { code: PayloadFault::Expired, detail: None };
    for payload in world.memory.world().payloads.values_mut() {
        payload.status = expired.clone();
    }
    let reply = world.as_operator(OURS, "GET", &target, None).await;
    assert_eq!(reply.body, json!({ "id": id, "status": "failed", "code": "expired" }));
}

#[tokio::test]
async fn sc11_sc16_either_spelling_is_read_and_only_what_is_needed_is_kept() {
    let canonical = json!({
        "bid": reference()["bid"], "url": reference()["url"], "owner": "M0001.C01",
        "signature-base64": "gZ+G0IGITH1lmi/qoMVa0BWjv08b", "key": KEY,
    });
    let mut older = json!({
        "bid": reference()["bid"], "mmcs-url": reference()["url"], "mmcs-owner": "M0001.C01",
        "mmcs-signature-hex": "819F86D081884C7D659A2FEAA0C55AD015A3BF4F1B", "decryption-key": KEY,
        "title": "canary", "unheard-of": { "a": "canary" },
    });
    for reference in [reference(), older.clone()] {
        let world = World::new().await;
        assert_eq!(asks(&world, reference).await.status, 202);
        assert_eq!(source(&world), canonical);
    }
    older["file-size"] = json!("20480");
    let world = World::new().await;
    assert_eq!(asks(&world, older).await.status, 202);
    assert_eq!(source(&world)["size"], 20_480);
    let mut again = reference();
    again["dataRefSig"] = again["key"].take();
    let world = World::new().await;
    assert_eq!(asks(&world, again).await.status, 202);
    assert_eq!(source(&world)["key"], KEY);
}

#[tokio::test]
async fn m156_every_fault_of_a_reference_is_told_in_its_place() {
    let world = World::new().await;
    for (member, value, pointer, rule) in [
        ("bid", Value::Null, "bid", "required"),
        ("bid", json!({}), "bid", "format"),
        ("bid", json!(""), "bid", "length"),
        ("url", json!("x".repeat(8_193)), "url", "length"),
        ("owner", json!([]), "owner", "format"),
        ("signature", Value::Null, "signature-base64", "required"),
        ("signature", json!("zz"), "signature", "format"),
        ("key", Value::Null, "key", "required"),
        ("key", json!("01".repeat(33)), "key", "format"),
        ("size", json!(0), "size", "range"),
        ("size", json!(-1), "size", "range"),
        ("size", json!(10_485_761), "size", "range"),
        ("size", json!("x"), "size", "range"),
    ] {
        let mut odd = reference();
        odd[member] = value.clone();
        let pointer = format!("/interactiveDataRef/{pointer}");
        let faults = asks(&world, odd).await.faults();
        assert_eq!(faults, [(pointer, rule.to_owned())], "{member}: {value}");
    }
    let none = asks(&world, json!({})).await.faults();
    let pointers: Vec<_> = none.iter().map(|(pointer, _)| pointer.as_str()).collect();
    let expected = ["bid", "url", "owner", "signature-base64", "key"];
    assert_eq!(pointers, expected.map(|member| format!("/interactiveDataRef/{member}")));
    for odd in [Value::Null, json!([]), json!("canary")] {
        let reply = asks(&world, odd).await;
        assert_eq!(reply.faults()[0].0, "/interactiveDataRef");
    }
    let body = json!({ "interactiveDataRef": reference(), "more": 1 });
    let reply = world.as_operator(OURS, "POST", "/v1/downloads", Some(body)).await;
    let faults =
        [("/businessId".into(), "required".into()), ("/more".into(), "unknown_field".into())];
    assert_eq!(reply.faults(), faults);
    assert!(world.memory.world().payloads.is_empty());
}

#[tokio::test]
async fn s003_i6_nobody_resolves_or_reads_for_another_tenant() {
    let world = World::new().await;
    let body = json!({ "businessId": THEIR_BUSINESS, "interactiveDataRef": reference() });
    let reply = world.as_operator(OURS, "POST", "/v1/downloads", Some(body)).await;
    assert_eq!(reply.code(), (404, "not_found"));
    let live = world.key(OURS, "live", &["read"]).await;
    let body = json!({ "businessId": BUSINESS, "interactiveDataRef": reference() });
    let reply = world.with_key(&live, "POST", "/v1/downloads", Some(body)).await;
    assert_eq!(reply.code(), (403, "wrong_mode"));
    assert!(world.memory.world().payloads.is_empty());
    keep_decoded(&world, ID, b"{\"a\":1}".to_vec());
    let target = format!("/v1/downloads/{ID}");
    assert_eq!(world.as_operator(OURS, "GET", &target, None).await.status, 200);
    for target in [&target, "/v1/downloads/dld_x", "/v1/downloads/dld_aaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        let reply = world.as_operator(THEIRS, "GET", target, None).await;
        assert_eq!(reply.code(), (404, "not_found"), "{target}");
    }
    // What the bucket's rule removed is not there any more.
    world.memory.world().files.clear();
    assert_eq!(world.as_operator(OURS, "GET", &target, None).await.code(), (404, "not_found"));
}

#[tokio::test]
async fn ap23_a_private_answer_stays_private_however_it_is_asked_for() {
    let world = World::new().await;
    let answer = json!({ "data": { "version": "1.0", "dynamic": { "private": true, "selections": [
        { "pageIdentifier": "iban", "items": [{ "identifier": "iban", "value": "DE00" }] },
    ] } } });
    keep_decoded(&world, ID, answer.to_string().into_bytes());
    let target = format!("/v1/downloads/{ID}");
    let plain = world.key(OURS, "test", &["read"]).await;
    let reply = world.with_key(&plain, "GET", &target, None).await;
    assert_eq!(reply.code(), (403, "missing_scope"));
    assert!(!reply.body.to_string().contains("DE00"));
    let open = world.key(OURS, "test", &["read", "private"]).await;
    let reply = world.with_key(&open, "GET", &target, None).await;
    assert_eq!(reply.body["interactiveData"], answer);
}

#[tokio::test]
async fn a_large_answer_is_a_link() {
    let world = World::new().await;
    let of = |length: usize| json!({ "data": "x".repeat(length) }).to_string().into_bytes();
    let target = format!("/v1/downloads/{ID}");
    keep_decoded(&world, ID, of(4 * 1024 * 1024 - 100));
    let reply = world.as_operator(OURS, "GET", &target, None).await;
    assert!(reply.body["interactiveData"]["data"].is_string());
    keep_decoded(&world, ID, of(4 * 1024 * 1024));
    let reply = world.as_operator(OURS, "GET", &target, None).await;
    assert_eq!(reply.body["interactiveData"], Value::Null);
    assert!(reply.text("url").contains(&format!("/downloads/{OURS}/{ID}?")));
    assert_eq!(reply.text("urlExpiresAt"), "2026-11-21T12:05:00.000Z");
}

#[tokio::test]
async fn a_queue_that_is_away_leaves_the_download_to_the_sweep() {
    let world = World::new().await;
    asks(&world, reference()).await;
    let calls = world.memory.world().faults.calls.clone();
    let at = calls.iter().position(|call| *call == "PayloadQueue::enqueue_payload").unwrap();
    let world = World::new().await;
    world.memory.world().faults.at = Some((at, FaultMode::Refused));
    let reply = asks(&world, reference()).await;
    assert_eq!(reply.status, 202);
    let inner = world.memory.world();
    assert!(inner.payload_queue.is_empty());
    let payload = inner.payloads.values().next().unwrap();
    assert!(matches!(payload.pointer.place, PayloadPlace::Download(_)));
    assert!(payload.sweep_at <= inner.now + Duration::from_secs(120));
}
