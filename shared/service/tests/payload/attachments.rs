//! The files of a message: told of with it, and fetched from the moment on at which it has its place.

use amb_service::model::{AttachmentId, DeliveryStatus, Endpoint, PayloadPlace, PayloadSource};
use serde_json::{Value, json};

use super::scene::{answer, answers, kinds, referenced, scene, told, work_off};
use crate::actors::{Actors, message_id};

fn sent(count: usize, body: Option<&str>) -> Actors {
    let mut actors = scene(false);
    let attachments: Vec<Value> = (0..count).map(|n| json!({ "name": n.to_string() })).collect();
    actors.customer(0, 1, "text", &json!({ "body": body, "attachments": attachments }));
    actors.stream();
    actors.deliver();
    actors
}

/// A tenant with as many endpoints as it may have.
fn crowd() -> Actors {
    let mut actors = scene(true);
    for _ in 1..Endpoint::MAX_PER_TENANT {
        actors.endpoint(0, true);
    }
    actors
}

fn fetched(actors: &Actors) -> Vec<u8> {
    let world = actors.world.world();
    let index = |place: &PayloadPlace| match place {
        PayloadPlace::Attachment(id) if id.message == message_id(1) => id.index,
        other => unreachable!("{other:?}"),
    };
    assert!(world.payloads.values().all(|payload| payload.source == PayloadSource::Inbox));
    world.payloads.keys().map(|pointer| index(&pointer.place)).collect()
}

#[test]
fn ap07_every_file_of_a_text_is_fetched_and_the_text_is_told_at_once() {
    for (count, body) in [(0, Some("x")), (1, None), (3, Some("\u{fffc}\u{fffc}\u{fffc}"))] {
        let actors = sent(count, body);
        assert_eq!(kinds(&actors), ["message.received"]);
        assert_eq!(fetched(&actors).len(), count);
        assert_eq!(actors.world.world().payload_queue.len(), count);
    }
}

#[test]
fn of_more_files_than_a_message_should_have_the_first_are_fetched() {
    let actors = sent(100, None);
    let most = u8::try_from(AttachmentId::MOST_PER_MESSAGE).unwrap();
    assert_eq!(fetched(&actors), (0..most).collect::<Vec<_>>());
}

#[test]
fn the_most_files_come_and_the_most_endpoints_hear_of_them_when_the_customer_returns() {
    let mut actors = crowd();
    actors.customer(0, 2, "close", &json!({}));
    actors.stream();
    actors.deliver();
    let attachments: Vec<Value> = (0..60).map(|n| json!({ "name": n.to_string() })).collect();
    actors.customer(0, 1, "text", &json!({ "attachments": attachments }));
    actors.stream();
    assert_eq!(fetched(&actors).len(), AttachmentId::MOST_PER_MESSAGE);
    let owed = actors.world.world().deliveries.len();
    assert_eq!(owed, 3 * Endpoint::MAX_PER_TENANT, "a close, a return, and the text");
}

#[test]
fn an_answer_is_told_to_the_most_endpoints_when_as_many_others_were_there_before() {
    let mut actors = crowd();
    let reference = referenced(&actors, "M0003.C01", &answer("Good"));
    answers(&mut actors, 1, &reference);
    actors.world.world().endpoints.clear();
    for _ in 0..Endpoint::MAX_PER_TENANT {
        actors.endpoint(0, true);
    }
    work_off(&mut actors);
    let told = told(&actors).len();
    assert_eq!(told, Endpoint::MAX_PER_TENANT);
    let world = actors.world.world();
    let ended = world.deliveries.values().filter(|one| one.status == DeliveryStatus::Disabled);
    assert_eq!(ended.count(), Endpoint::MAX_PER_TENANT, "what was held for those that went");
}

#[test]
fn a_reaction_and_a_message_that_came_before_have_nothing_to_fetch() {
    let mut actors = scene(false);
    actors.customer(0, 2, "text", &json!({ "body": "Liked “a photo”" }));
    actors.stream();
    assert!(actors.world.world().payloads.is_empty());

    let mut actors = sent(2, None);
    let record = actors.world.world().inbox.keys().next().unwrap().clone();
    actors.world.world().stream.push(record);
    actors.stream();
    assert_eq!(actors.world.world().payload_queue.len(), 2, "its place was given before");
}
