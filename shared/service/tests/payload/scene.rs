//! A customer whose answers lie with Apple, and whoever fetches them.

use std::{collections::BTreeMap, time::Duration};

use amb_protocol::attachment::AttachmentKey;
use amb_service::{
    memory::{Left, drive},
    model::{
        EventType, FileKey, Payload, PayloadFault, PayloadPointer, PayloadStatus, TimelineItem,
    },
    payload::{Fetch, FetchError, Fetched},
    port::PayloadQueue,
};
use serde_json::{Value, json};

use crate::actors::{Actors, Order};

pub(crate) const REQUEST: &str = "c0ffee00-0000-4000-8000-000000000003";
pub(crate) const BID: &str = "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:x";
/// What a worker may take.
const ATTEMPT: Duration = Duration::from_secs(60);

pub(crate) fn scene(ordered: bool) -> Actors {
    let mut actors = Actors::new(Order::CommitThenAck);
    let tenant = actors.tenant();
    actors.endpoint(tenant, ordered);
    actors
}

/// The answer to a quick reply, as interactive data.
pub(crate) fn answer(title: &str) -> Value {
    json!({
        "bid": BID,
        "sessionIdentifier": "0ddba11e-0000-4000-8000-000000000003",
        "data": {
            "version": "1.0",
            "requestIdentifier": REQUEST,
            "quick-reply": { "selectedIndex": 0, "selectedIdentifier": "good", "items": [
                { "identifier": "good", "title": title },
            ]},
        },
    })
}

pub(crate) fn key() -> AttachmentKey {
    AttachmentKey::from_bytes([7; 32])
}

/// Leaves an answer with Apple under this name; what its decoder says of it is `decoded`.
pub(crate) fn leave(actors: &Actors, name: &str, decoded: &[u8]) -> Left {
    let plain = format!("bplist00 {name}").into_bytes();
    let left = actors.world.leave_with_apple(name, &plain, &key());
    actors.world.world().far_side.content.decoded.insert(plain, decoded.to_vec());
    left
}

/// Leaves an answer with Apple, and answers the reference to it.
pub(crate) fn referenced(actors: &Actors, name: &str, answer: &Value) -> Value {
    let left = leave(actors, name, answer.to_string().as_bytes());
    json!({ "interactiveDataRef": left.reference(BID) })
}

/// The customer answers, and the stream is worked through.
pub(crate) fn answers(actors: &mut Actors, id: u32, extra: &Value) {
    actors.customer(0, id, "interactive", extra);
    actors.stream();
}

pub(crate) fn writes(actors: &mut Actors, id: u32, words: &str) {
    actors.customer(0, id, "text", &json!({ "body": words }));
    actors.stream();
}

/// A worker attempts this payload.
pub(crate) fn attempt(actors: &Actors, pointer: &PayloadPointer) -> Result<Fetched, FetchError> {
    attempt_for(actors, pointer, ATTEMPT)
}

pub(crate) fn attempt_for(
    actors: &Actors,
    pointer: &PayloadPointer,
    time: Duration,
) -> Result<Fetched, FetchError> {
    let w = || actors.world.clone();
    let fetch = Fetch::new(w(), w(), w(), w(), w(), w(), w());
    let until = w().world().now + time;
    drive(fetch.fetch(pointer, until)).unwrap()
}

/// A worker takes every visible message of the payloads queue, once.
pub(crate) fn work(actors: &Actors) -> Vec<Result<Fetched, FetchError>> {
    let mut all = Vec::new();
    loop {
        let received = {
            let mut world = actors.world.world();
            let now = world.now;
            world.payload_queue.receive(now, Duration::from_secs(960))
        };
        let Some(received) = received else { return all };
        let fetched = attempt(actors, &received.item);
        if fetched.is_ok() {
            actors.world.world().payload_queue.delete(received.handle);
        }
        all.push(fetched);
    }
}

/// Works until the queue is empty, and time passes; answers the pauses.
pub(crate) fn work_off(actors: &mut Actors) -> Vec<Duration> {
    let mut pauses = Vec::new();
    for _ in 0..100 {
        for fetched in work(actors) {
            if let Fetched::Again(pause) = fetched.unwrap() {
                pauses.push(pause);
            }
        }
        let next = actors.world.world().payload_queue.next_visible_at();
        let Some(next) = next else { break };
        actors.world.world().now = next;
    }
    actors.deliver();
    pauses
}

pub(crate) fn only_payload(actors: &Actors) -> Payload {
    let world = actors.world.world();
    assert_eq!(world.payloads.len(), 1);
    world.payloads.values().next().unwrap().clone()
}

pub(crate) fn fault(actors: &Actors) -> PayloadFault {
    match only_payload(actors).status {
        PayloadStatus::Failed { code, .. } => code,
        other => unreachable!("it is {}", other.as_str()),
    }
}

/// The events that endpoints took, oldest first.
pub(crate) fn told(actors: &Actors) -> Vec<Value> {
    let world = actors.world.world();
    let calls = world.far_side.webhook_calls.iter().filter(|call| call.accepted);
    calls.map(|call| serde_json::from_slice(&call.body).unwrap()).collect()
}

pub(crate) fn kinds(actors: &Actors) -> Vec<String> {
    told(actors).iter().map(|event| event["type"].as_str().unwrap().to_owned()).collect()
}

/// What every place of the timeline has: an event's type, or none.
pub(crate) fn places(actors: &Actors) -> BTreeMap<u64, Option<EventType>> {
    let world = actors.world.world();
    let place = |item: &TimelineItem| match item {
        TimelineItem::Event { kind, .. } => Some(*kind),
        TimelineItem::Sent { .. } | TimelineItem::Awaited { .. } => None,
    };
    world.timeline.values().map(|entry| (entry.seq, place(&entry.item))).collect()
}

/// The business asked something, and Apple took it.
pub(crate) fn asked(actors: &mut Actors) -> String {
    actors.business(0, "asked", "How did we do?");
    actors.relay();
    actors.deliver();
    actors.ask(REQUEST)
}

/// The ciphertexts that are kept.
pub(crate) fn kept(actors: &Actors) -> Vec<(FileKey, Vec<u8>)> {
    let world = actors.world.world();
    let kept = world.files.iter().filter(|(key, _)| key.as_str().starts_with("ciphertexts/"));
    kept.map(|(key, bytes)| (key.clone(), bytes.clone())).collect()
}

/// Enqueues it once more, as SQS may.
pub(crate) fn enqueue(actors: &Actors, pointer: &PayloadPointer) {
    drive(actors.world.enqueue_payload(pointer, Duration::ZERO)).unwrap().unwrap();
}
