//! From the business to the customer.

use std::time::Duration;

use amb_simulator::model::{Close, Effect, FaultSpec, Place};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::aws::until;
use crate::harness::{Ground, Outcome};
use crate::scene::{PATIENCE_MS, Scene, text_at};

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

pub(crate) async fn after_close_a_send_gets_409_until_the_customer_writes_again(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "close").await?;
    let early = scene.post("early", "before the customer wrote").await?;
    assert_eq!((early.status, text_at(&early.body, "/code")), (404, "no_conversation".to_owned()));
    scene.customer_is_heard("hello").await?;
    scene.send("open", "while it is open").await?;
    scene.shown("while it is open", 1).await?;

    let close = Close { wait: PATIENCE_MS, ..Close::default() };
    scene.simulator.close(&scene.customer.name, &close).await?;
    scene.taken("conversation.closed", "").await?;
    let refused = scene.post("closed", "after the customer left").await?;
    assert_eq!(refused.status, 409, "{}", refused.body);
    assert_eq!(text_at(&refused.body, "/code"), "conversation_closed");
    let kind = refused.headers.get("content-type").and_then(|value| value.to_str().ok());
    assert_eq!(kind, Some("application/problem+json"));
    let replayed = scene.post("open", "while it is open").await?;
    assert_eq!(replayed.status / 100, 2, "what was taken stays taken: {}", replayed.body);

    scene.customer_is_heard("hello again").await?;
    scene.taken("conversation.reopened", "").await?;
    scene.send("closed", "after the customer left").await?;
    scene.shown("after the customer left", 1).await?;
    Ok(())
}

pub(crate) async fn an_idempotency_key_sends_once(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "idempotency").await?;
    scene.customer_is_heard("hello").await?;
    let posts = (0..12).map(|_| scene.post("the-same-key", "once"));
    let mut ids = Vec::new();
    let mut first_answers = 0;
    for answer in join_all(posts).await {
        let answer = answer?;
        assert_eq!(answer.status / 100, 2, "{}", answer.body);
        first_answers += usize::from(!answer.headers.contains_key("idempotent-replayed"));
        ids.push(text_at(&answer.body, "/id"));
    }
    ids.dedup();
    assert_eq!((ids.len(), first_answers), (1, 1), "{ids:?}");

    let other = scene.post("the-same-key", "another text").await?;
    assert_eq!(text_at(&other.body, "/code"), "idempotency_key_reused", "{}", other.body);
    let none = scene.post_with(&[], &scene.message("no key")).await?;
    assert_eq!(text_at(&none.body, "/code"), "idempotency_key_required", "{}", none.body);
    scene.send("another-key", "twice").await?;
    scene.shown("twice", 1).await?; // what came before it is on the phone by now
    assert_eq!(scene.shown("once", 1).await?.len(), 1);
    Ok(())
}

pub(crate) async fn prefer_wait_tells_how_it_ended(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "wait").await?;
    scene.customer_is_heard("hello").await?;
    // The relay may have to start first; by the second time it runs.
    scene.send("warm", "warm").await?;
    scene.shown("warm", 1).await?;
    let taken = waited(&scene, "taken", "acceptedByApple").await?;
    scene.taken("message.accepted", &taken).await?;

    scene.fault(FaultSpec::status(Place::Gateway, 400).times(1)).await?;
    let refused = waited(&scene, "refused", "failed").await?;
    scene.taken("message.failed", &refused).await?;
    Ok(())
}

/// Sends a text and waits ten seconds at most for this end of it; gives its id. On a busy machine it
/// may end later: then the answer says so, and comes when the ten seconds are over.
async fn waited(scene: &Scene<'_>, text: &str, end: &str) -> Fallible<String> {
    let began = Instant::now();
    let wait = [("idempotency-key", text), ("prefer", "wait=10")];
    let answer = scene.post_with(&wait, &scene.message(text)).await?;
    let id = text_at(&answer.body, "/id");
    let said = (answer.status, text_at(&answer.body, "/status"));
    if said == (202, "queued".to_owned()) {
        assert!(began.elapsed() > Duration::from_secs(9), "it was not waited for");
        let path = format!("/v1/messages/{id}");
        let has_ended = async || Ok(text_at(&scene.api.read(&path).await?, "/status") == end);
        until(&format!("{text} is {end}"), has_ended).await?;
    } else {
        assert_eq!(said, (200, end.to_owned()), "{}", answer.body);
    }
    Ok(id)
}

pub(crate) async fn a_message_that_apple_cannot_take_now_is_sent_again_with_the_same_id(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "gateway-500").await?;
    scene.customer_is_heard("hello").await?;
    scene.fault(FaultSpec::status(Place::Gateway, 500).times(2)).await?;
    let id = scene.send("patience", "third time lucky").await?;
    let calls = scene.gateway(&id, 3).await?;
    let statuses: Vec<u16> = calls.iter().map(|call| call.status).collect();
    assert_eq!(statuses, [500, 500, 200]);
    assert_eq!(scene.shown("third time lucky", 1).await?.len(), 1);
    scene.taken("message.accepted", &id).await?;
    Ok(())
}

pub(crate) async fn an_answer_of_apple_that_is_lost_costs_no_message(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "gateway-lost").await?;
    scene.customer_is_heard("hello").await?;
    scene.fault(FaultSpec::new(Place::Gateway, Effect::AnswerLost).times(1)).await?;
    let id = scene.send("lost", "the answer is lost").await?;
    scene.gateway(&id, 2).await?;
    scene.taken("message.accepted", &id).await?;
    let shown = scene.shown("the answer is lost", 1).await?;
    assert!(shown.iter().all(|entry| entry.id == id), "every copy has the id");
    Ok(())
}

pub(crate) async fn messages_of_one_conversation_keep_their_order(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "order").await?;
    scene.customer_is_heard("hello").await?;
    scene.fault(FaultSpec::status(Place::Gateway, 503).times(1)).await?;
    let texts: Vec<String> = (0..8).map(|at| format!("number-{at}")).collect();
    for text in &texts {
        scene.send(text, text).await?;
    }
    let mut order = Vec::new();
    for text in &texts {
        let shown = scene.shown(text, 1).await?;
        assert_eq!(shown.len(), 1, "{text}");
        order.extend(shown.iter().map(|entry| entry.seq));
    }
    assert!(order.is_sorted(), "{order:?}");
    Ok(())
}

pub(crate) async fn every_fault_of_a_request_is_named_with_its_place(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "faults").await?;
    let body = json!({"from": "", "to": 7, "type": "text", "content": {"text": ""}, "bott": true});
    let refused = scene.post_with(&[("idempotency-key", "faults")], &body).await?;
    assert_eq!(refused.status, 400, "{}", refused.body);
    let faults = refused.body.pointer("/errors").and_then(Value::as_array);
    let pointers: Vec<String> =
        faults.into_iter().flatten().map(|fault| text_at(fault, "/pointer")).collect();
    for pointer in ["/from", "/to", "/content/text", "/bott"] {
        assert!(pointers.iter().any(|it| it == pointer), "{pointer} is not in {pointers:?}");
    }
    Ok(())
}
