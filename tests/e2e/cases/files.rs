//! Files, between the phone and the business.

#![expect(clippy::indexing_slicing, reason = "a member that is not there reads as null")]

use amb_simulator::model::{
    Attach, BusinessEvent, CallFilter, Direction, FaultSpec, FileFilter, GatewayCall, Place, Spoil,
};
use amb_simulator::sample::noise;
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;
use futures_util::future::try_join_all;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use crate::aws::{taken, until, waiting};
use crate::harness::{Ground, Outcome};
use crate::scene::{PATIENCE_MS, Scene, text_at};

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Apple's most: 100 MB, read as mebibytes.
pub(crate) const MOST: usize = 100 * 1024 * 1024;

pub(crate) async fn ap07_a_hundred_megabytes_reach_the_business_byte_for_byte(
    ground: Ground<'_>,
) -> Outcome {
    let _alone = ground.alone().await; // the emulator stands still while it takes so much
    let scene = Scene::new(&ground, "hundred-in").await?;
    let film = noise(MOST, 1);
    let hash = sha256(&film);
    let facts = arrives(&scene, Attach::named("film.mov"), film.clone()).await?;
    assert_eq!(facts["size"], MOST, "{facts}");
    assert_eq!((text_at(&facts, "/name"), text_at(&facts, "/sha256")), ("film.mov".into(), hash));

    let (headers, bytes) = follow(&scene, &text_at(&facts, "/url")).await?;
    assert_eq!(header(&headers, "x-content-type-options"), "nosniff");
    assert!(bytes == film, "the link gives other bytes");
    let path = format!("/v1/attachments/{}", text_at(&facts, "/id"));
    let by_key = scene.api.call(Method::GET, &path, &[], None).await?;
    assert_eq!(by_key.status, 302, "{}", by_key.body);
    let stored = scene.stack.http().get(header(&by_key.headers, "location")).send().await?;
    let saved_as = header(stored.headers(), "content-disposition");
    assert!(saved_as.starts_with("attachment; filename=\"film.mov\""), "{saved_as}");
    let stranger = Scene::new(&ground, "hundred-in-stranger").await?;
    assert_eq!(stranger.api.call(Method::GET, &path, &[], None).await?.status, 404);
    Ok(())
}

pub(crate) async fn ap07_a_hundred_megabytes_reach_the_phone_byte_for_byte(
    ground: Ground<'_>,
) -> Outcome {
    let _alone = ground.alone().await; // the emulator stands still while it takes so much
    let scene = Scene::new(&ground, "hundred-out").await?;
    scene.customer_is_heard("send me the film").await?;
    let film = noise(MOST, 2);
    let upload = put(&scene, &film, "video/quicktime").await?;
    let attachment = json!({"uploadId": upload, "name": "film.mov"});
    let message = send_file(&scene, "film", &attachment).await?;
    let (name, bytes) = received(&scene, &message).await?;
    assert_eq!(name, "film.mov");
    assert!(bytes == film, "the phone has other bytes");
    scene.taken("message.accepted", &message).await?;

    let more = json!({"contentType": "video/quicktime", "size": MOST + 1});
    let refused = scene.api.call(Method::POST, "/v1/uploads", &[], Some(&more)).await?;
    assert_eq!(refused.status, 400, "{}", refused.body);
    let fault = &refused.body["errors"][0];
    assert_eq!((text_at(fault, "/pointer"), &fault["limit"]), ("/size".into(), &json!(MOST)));
    Ok(())
}

pub(crate) async fn ap08_a_file_goes_to_a_second_customer_without_a_second_upload(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "file-twice").await?;
    scene.customer_is_heard("the price list, please").await?;
    let list = b"%PDF-1.4\n1 0 obj\n<< >>\nendobj\n%%EOF\n".to_vec();
    let upload = put(&scene, &list, "application/pdf").await?;
    let attachment = json!({"uploadId": upload, "name": "prices.pdf"});
    for (key, sent) in [("first", 1), ("again", 2)] {
        let message = send_file(&scene, key, &attachment).await?;
        assert_eq!(received(&scene, &message).await?, ("prices.pdf".to_owned(), list.clone()));
        let uploads = calls(&scene, "GET /v1/preUpload").await?;
        assert_eq!(uploads.len(), 1, "after {sent} messages");
    }
    Ok(())
}

pub(crate) async fn the_content_stores_headers_are_spelt_as_the_deployment_says(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "file-spelling").await?;
    scene.customer_is_heard("a note follows").await?;
    let note = b"The left leg is shorter than the others.\n".to_vec();
    arrives(&scene, Attach::named("note.txt"), note.clone()).await?;
    let upload = put(&scene, &note, "text/plain").await?;
    let message = send_file(&scene, "back", &json!({"uploadId": upload})).await?;
    received(&scene, &message).await?;
    // The template says `plain` unless told.
    for (path, names) in [
        ("GET /v1/preDownload", ["url", "signature", "owner"].as_slice()),
        ("GET /v1/preUpload", ["size"].as_slice()),
    ] {
        let calls = calls(&scene, path).await?;
        let headers = &calls.first().ok_or("nothing was asked")?.headers;
        assert!(names.iter().all(|name| headers.contains_key(*name)), "{path}: {headers:?}");
        assert!(headers.keys().all(|name| !name.starts_with("mmcs")), "{path}: {headers:?}");
    }
    Ok(())
}

/// What is wrong with a file on its way, and how it ends: an event type, and its code or nothing.
const ENDS: [(&str, &str, &str); 9] = [
    ("truncated", "attachment.failed", "truncated"),
    ("longer", "attachment.failed", "oversize"),
    ("flipped", "attachment.ready", ""),
    ("other-key", "attachment.failed", "integrity_suspect"),
    ("reset-once", "attachment.ready", ""),
    ("expired-twice", "attachment.ready", ""),
    ("expired", "attachment.failed", "expired"),
    ("drip", "attachment.failed", "too_slow"),
    ("lies", "attachment.failed", "integrity_suspect"),
];

pub(crate) async fn f091_f099_every_fault_of_a_file_ends_in_its_state(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    try_join_all(ENDS.map(|(name, event, code)| one_fault(ground, name, event, code))).await?;
    Ok(())
}

async fn one_fault(ground: Ground<'_>, name: &str, event: &str, code: &str) -> Fallible<()> {
    let scene = Scene::new(&ground, &format!("file-{name}")).await?;
    scene.customer_is_heard("a picture follows").await?;
    let spoilt = FaultSpec::spoilt;
    let fault = match name {
        "truncated" => Some(spoilt(Spoil::Truncated { bytes: 1 })),
        "longer" => Some(spoilt(Spoil::Longer { bytes: 1 })),
        "flipped" => Some(spoilt(Spoil::FlippedBit { bit: 80_000 })),
        "other-key" => Some(spoilt(Spoil::OtherKey)),
        "reset-once" => Some(spoilt(Spoil::Reset { after: 100_000 }).times(1)),
        "expired-twice" => Some(FaultSpec::status(Place::Content, 403).times(2)),
        "expired" => Some(FaultSpec::status(Place::PreDownload, 404)),
        "drip" => Some(spoilt(Spoil::Drip { bytes_per_second: 1_024 })),
        _ => None,
    };
    if let Some(fault) = fault {
        scene.fault(fault).await?;
    }
    let picture = if name == "lies" {
        b"<!DOCTYPE html><html><script>alert(1)</script></html>".to_vec()
    } else {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(noise(400_000, 3));
        bytes
    };
    let attach = Attach::named("photo.png").mime_type("image/png");
    let attach = attach.to(&scene.tenant.business_id).wait(PATIENCE_MS);
    let sent = scene.simulator.attach(&scene.customer.name, &attach, picture).await?;
    let told = told(&scene, event, &sent.id).await.map_err(|error| format!("{name}: {error}"))?;
    assert_eq!(text_at(&told.event, "/data/code"), code, "{name}: {}", told.event);
    // The message itself was told at once, and the file is told of once.
    scene.taken("message.received", &sent.id).await?;
    let id = text_at(&told.event, "/data/attachment/id");
    let answer = scene.api.call(Method::GET, &format!("/v1/attachments/{id}"), &[], None).await?;
    let status = match code {
        "" => 302,
        "integrity_suspect" => 403,
        _ => 410,
    };
    assert_eq!(answer.status, status, "{name}: {}", answer.body);
    Ok(())
}

pub(crate) async fn f090_a_killed_fetch_loses_no_file_and_tells_once(
    ground: Ground<'_>,
) -> Outcome {
    let alone = ground.alone().await;
    let scene = Scene::new(&ground, "kill-fetch").await?;
    scene.customer_is_heard("a film follows").await?;
    // Slow enough to be killed in the middle, quick enough to end.
    let slow = FaultSpec::spoilt(Spoil::Drip { bytes_per_second: 150_000 }).times(1);
    scene.fault(slow).await?;
    let film = noise(1_500_000, 4);
    let attach = Attach::named("film.mov").to(&scene.tenant.business_id).wait(PATIENCE_MS);
    let sent = scene.simulator.attach(&scene.customer.name, &attach, film.clone()).await?;
    let under_way = CallFilter {
        customer: Some(scene.customer.name.clone()),
        path: Some("GET /content/download".to_owned()),
        wait: PATIENCE_MS,
        ..CallFilter::default()
    };
    assert_eq!(scene.simulator.gateway_calls(&under_way).await?.len(), 1, "it is being fetched");
    for process in scene.stack.processes("payload-fetch") {
        process.kill();
    }
    drop(alone);

    let ready = told(&scene, "attachment.ready", &sent.id).await?;
    assert_eq!(text_at(&ready.event, "/data/attachment/sha256"), sha256(&film));
    until("nothing is in work", async || Ok(taken(scene.stack, &sent.id).await?.is_empty()))
        .await?;
    let all = scene.api.read(&events(&ready, "attachment.ready,attachment.failed")).await?;
    assert_eq!(all["items"].as_array().map(Vec::len), Some(1), "{all}");
    assert_eq!(waiting(scene.stack, &scene.stack.deployment.queues.payloads_dlq).await?, 0);
    Ok(())
}

/// Calls to Apple by this method and path in the name of the scene's business.
async fn calls(scene: &Scene<'_>, path: &str) -> Fallible<Vec<GatewayCall>> {
    let filter = CallFilter { path: Some(path.to_owned()), ..CallFilter::default() };
    let mut calls = scene.simulator.gateway_calls(&filter).await?;
    let ours = Some(&scene.tenant.business_id);
    calls.retain(|call| call.headers.get("source-id") == ours);
    Ok(calls)
}

/// The list of a conversation's events of these types.
fn events(of: &BusinessEvent, types: &str) -> String {
    let conversation = text_at(&of.event, "/conversationId");
    format!("/v1/events?conversationId={conversation}&type={types}")
}

/// The customer sends a file, and the business is told that it can be had: its facts.
pub(crate) async fn arrives(scene: &Scene<'_>, attach: Attach, bytes: Vec<u8>) -> Fallible<Value> {
    let attach = attach.to(&scene.tenant.business_id).wait(PATIENCE_MS);
    let sent = scene.simulator.attach(&scene.customer.name, &attach, bytes).await?;
    let ready = told(scene, "attachment.ready", &sent.id).await?;
    Ok(ready.event.pointer("/data/attachment").cloned().unwrap_or_default())
}

/// The event of this type about this message. A file may take its time: three tries at a slow one, or
/// the sweep's two minutes for one whose worker died.
async fn told(scene: &Scene<'_>, event: &str, message: &str) -> Fallible<BusinessEvent> {
    for _ in 0..2 {
        if let Ok(told) = scene.taken(event, message).await {
            return Ok(told);
        }
    }
    scene.taken(event, message).await
}

/// Puts a file into an upload of the tenant's; gives its id.
pub(crate) async fn put(scene: &Scene<'_>, bytes: &[u8], kind: &str) -> Fallible<String> {
    let asked = json!({"contentType": kind, "size": bytes.len()});
    let slot = scene.api.create("/v1/uploads", &asked).await?;
    let mut request = scene.stack.http().put(text_at(&slot, "/url")).body(bytes.to_vec());
    for (name, value) in slot["headers"].as_object().into_iter().flatten() {
        request = request.header(name, value.as_str().unwrap_or_default());
    }
    let answer = request.send().await?;
    assert_eq!(answer.status().as_u16(), 200, "{}", answer.text().await?);
    Ok(text_at(&slot, "/id"))
}

/// The business sends a file with some words; gives the message's id.
pub(crate) async fn send_file(
    scene: &Scene<'_>,
    key: &str,
    attachment: &Value,
) -> Fallible<String> {
    let mut message = scene.message("");
    message["content"] = json!({"text": "Here it is: \u{fffc}", "attachments": [attachment]});
    let answer = scene.post_with(&[("idempotency-key", key)], &message).await?;
    assert_eq!(answer.status, 202, "{}", answer.body);
    Ok(text_at(&answer.body, "/id"))
}

/// The file of a message as the phone opened it: name and bytes. A large one takes its time.
pub(crate) async fn received(scene: &Scene<'_>, message: &str) -> Fallible<(String, Vec<u8>)> {
    let customer = &scene.customer.name;
    let filter = FileFilter {
        message_id: Some(message.to_owned()),
        direction: Some(Direction::FromBusiness),
        wait: PATIENCE_MS,
        ..FileFilter::default()
    };
    let mut files = Vec::new();
    for _ in 0..3 {
        files = scene.simulator.files(customer, &filter).await?;
        if !files.is_empty() {
            break;
        }
    }
    let file = files.first().ok_or("the phone has no file")?;
    let bytes = scene.simulator.file(customer, message, 0).await?;
    Ok((file.name.clone(), bytes))
}

/// Follows a link of ours to the file: our answer's headers, and the bytes.
async fn follow(scene: &Scene<'_>, url: &str) -> Fallible<(HeaderMap, Vec<u8>)> {
    let http = scene.stack.http();
    let ours = http.get(url).send().await?;
    assert_eq!(ours.status().as_u16(), 302, "{url}");
    let headers = ours.headers().clone();
    let stored = http.get(header(&headers, "location")).send().await?;
    assert_eq!(stored.status().as_u16(), 200);
    Ok((headers, stored.bytes().await?.into()))
}

fn header(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes).as_ref())
}
