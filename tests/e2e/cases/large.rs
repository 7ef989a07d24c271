//! Answers too large for a message, and memory.

#![expect(clippy::indexing_slicing, reason = "a member that is not there reads as null")]

use amb_simulator::model::{Answer as Tap, Attach, Entry, FaultSpec, Place, Reply, Send};
use amb_simulator::sample::{chairs, noise};
use http::Method;
use serde_json::{Map, Value, json};

use crate::files::{MOST, arrives, put, received, send_file, sha256};
use crate::harness::{Ground, Outcome};
use crate::scene::{PATIENCE_MS, Scene, text_at};

type Fallible<T> = Result<T, Box<dyn std::error::Error + std::marker::Send + Sync>>;

/// What the smallest function has.
const SMALLEST_FUNCTION: u64 = 128 * 1024 * 1024;
/// What a hundred megabytes may take of it, in KiB (design §12).
const PEAK_KIB: u64 = 96 * 1024;

pub(crate) async fn a_two_megabyte_answer_by_reference_equals_its_inline_twin(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "large-answer").await?;
    let (question, answer) = answered(&scene).await?;
    let reference = &answer.message["interactiveDataRef"];
    assert!(reference["size"].as_u64() > Some(2_000_000), "it came by reference: {reference}");
    let told = scene.taken("interactive.replied", &answer.id).await?;
    let message = told.event.pointer("/data/message").ok_or("no message")?;
    assert_eq!(text_at(message, "/inReplyTo"), question);

    let other = Scene::new(&ground, "large-answer-inline").await?;
    let inline = other.simulator.send(&other.customer.name, &inline(&other, &answer)).await?;
    let twin = other.taken("interactive.replied", &inline.id).await?;
    let twin = twin.event.pointer("/data/message").ok_or("no message")?;
    assert_eq!(message["interactive"], twin["interactive"]);
    assert_eq!(message["apple"]["interactiveData"], twin["apple"]["interactiveData"]);
    assert_eq!(message["apple"]["interactiveData"], answer.message["interactiveData"]);
    let members =
        |it: &Value| it.as_object().map(Map::keys).into_iter().flatten().cloned().collect();
    let (ours, theirs): (Vec<String>, Vec<String>) =
        (members(&message["apple"]), members(&twin["apple"]));
    assert_eq!(ours, theirs, "nothing tells that it came by reference");
    Ok(())
}

pub(crate) async fn sc16_a_reference_is_resolved_on_request(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "download").await?;
    let (_, answer) = answered(&scene).await?;
    scene.taken("interactive.replied", &answer.id).await?;
    let asked = json!({
        "businessId": scene.tenant.business_id,
        "interactiveDataRef": answer.message["interactiveDataRef"],
    });
    let mut resolved = scene.api.create("/v1/downloads", &asked).await?;
    let path = format!("/v1/downloads/{}", text_at(&resolved, "/id"));
    while text_at(&resolved, "/status") == "pending" {
        resolved = scene.api.read(&path).await?;
    }
    assert_eq!(text_at(&resolved, "/status"), "ready");
    assert_eq!(resolved["interactiveData"], answer.message["interactiveData"]);
    let stranger = Scene::new(&ground, "download-stranger").await?;
    assert_eq!(stranger.api.call(Method::GET, &path, &[], None).await?.status, 404);
    Ok(())
}

pub(crate) async fn f108_an_answer_that_apple_cannot_decode_is_parked_in_its_place(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "undecodable").await?;
    let garbage = FaultSpec::status(Place::DecodePayload, 200).body("\u{1}\u{2} no JSON");
    scene.fault(garbage).await?;
    let (_, answer) = answered(&scene).await?;
    scene.customer_writes("what came after it").await?;
    let parked = scene.taken("message.parked", &answer.id).await?;
    assert_eq!(text_at(&parked.event, "/data/reason"), "undecodable");
    let after = scene.taken("message.received", "what came after it").await?;
    assert!(parked.event["seq"].as_u64() < after.event["seq"].as_u64(), "it kept its place");
    Ok(())
}

pub(crate) async fn f097_a_hundred_megabytes_fit_into_the_smallest_function(
    ground: Ground<'_>,
) -> Outcome {
    let alone = ground.alone().await;
    let scene = Scene::new(&ground, "memory").await?;
    scene.customer_is_heard("films follow").await?;
    arrives(&scene, Attach::named("warm.mov"), noise(1_000, 1)).await?;
    let processes = scene.stack.processes("payload-fetch");
    assert!(!processes.is_empty(), "payload-fetch does not run");
    for process in &processes {
        process.limit_memory(SMALLEST_FUNCTION)?;
    }
    let film = noise(MOST, 5);
    let facts = arrives(&scene, Attach::named("in.mov"), film.clone()).await?;
    assert_eq!(text_at(&facts, "/sha256"), sha256(&film));
    let upload = put(&scene, &film, "video/quicktime").await?;
    let attachment = json!({"uploadId": upload, "name": "out.mov"});
    let message = send_file(&scene, "out", &attachment).await?;
    assert!(received(&scene, &message).await?.1 == film, "the phone has other bytes");
    let still = scene.stack.processes("payload-fetch");
    assert!(processes.iter().all(|it| still.contains(it)), "one of them gave way");
    for process in still {
        let peak = process.peak_memory_kib()?;
        assert!(peak <= PEAK_KIB, "{peak} KiB at the peak");
    }
    drop(alone);
    Ok(())
}

/// The business asks with two megabytes of pictures, and the customer chooses: the id of the question,
/// and the answer as the phone knows it.
async fn answered(scene: &Scene<'_>) -> Fallible<(String, Entry)> {
    scene.customer_is_heard("what is there").await?;
    let picker = chairs("c0ffee00-0000-4000-8000-00000000ba5e", 11, 190_000);
    let mut message = scene.message("");
    message["type"] = json!("raw");
    message["content"] = json!({"apple": {"type": "interactive", "interactiveData": picker}});
    let headers = [("idempotency-key", "ask"), ("prefer", "wait=10")];
    let asked = scene.post_with(&headers, &message).await?;
    assert!(matches!(asked.status, 200 | 202), "{}", asked.body);
    let question = text_at(&asked.body, "/id");
    scene.taken("message.accepted", &question).await?;
    let reply = Reply {
        business_id: Some(scene.tenant.business_id.clone()),
        message_id: question.clone(),
        answer: Tap::ListPicker { identifiers: vec!["3".to_owned()] },
        repeat: false,
        wait: PATIENCE_MS,
    };
    let answer = scene.simulator.reply(&scene.customer.name, &reply).await?;
    Ok((question, answer))
}

/// The same answer in the message itself.
fn inline(scene: &Scene<'_>, answer: &Entry) -> Send {
    let mut send = Send::text("").to(&scene.tenant.business_id).wait(PATIENCE_MS);
    send.typing_first = Some(false);
    let data = answer.message["interactiveData"].clone();
    for (name, value) in
        [("type", json!("interactive")), ("body", json!(null)), ("interactiveData", data)]
    {
        send.extra.insert(name.to_owned(), value);
    }
    send
}
