//! What comes after an awaited answer: told at once, or in order where order was asked for.

use std::time::Duration;

use amb_protocol::secret::Secret;
use amb_service::{
    access::Principal,
    account::Account,
    memory::{Download, Memory, drive},
    model::{DeliveryStatus, EventType, Mode, Scope},
    port::ContentError,
    service_key::ServiceKey,
};
use serde_json::Value;

use super::scene::{
    answer, answers, kinds, only_payload, places, referenced, scene, told, work_off, writes,
};
use crate::actors::Actors;

fn awaiting(ordered: bool) -> Actors {
    let mut actors = scene(ordered);
    writes(&mut actors, 1, "before");
    let reference = referenced(&actors, "M0003.C01", &answer("Good"));
    answers(&mut actors, 2, &reference);
    writes(&mut actors, 3, "after");
    actors.deliver();
    actors
}

/// Workers and the sweep, until all is told.
fn settle(actors: &mut Actors) {
    for _ in 0..10 {
        work_off(actors);
        actors.deliver();
        actors.wait(Duration::from_secs(61));
        actors.sweep();
    }
    actors.deliver();
}

#[test]
fn f072_an_ordered_endpoint_hears_what_came_later_after_the_answer() {
    let mut actors = awaiting(true);
    assert_eq!(kinds(&actors), ["message.received"]);
    actors.wait(Duration::from_secs(70));
    actors.sweep();
    actors.deliver();
    assert_eq!(kinds(&actors), ["message.received"], "however long that takes");
    work_off(&mut actors);
    assert_eq!(kinds(&actors), ["message.received", "interactive.replied", "message.received"]);
    let seqs: Vec<_> = told(&actors).iter().map(|event| event["seq"].as_u64()).collect();
    assert_eq!(seqs, [Some(1), Some(2), Some(3)]);
}

#[test]
fn any_other_endpoint_hears_it_at_once_and_the_answer_when_it_is_there() {
    let mut actors = awaiting(false);
    assert_eq!(kinds(&actors), ["message.received", "message.received"]);
    work_off(&mut actors);
    let seqs: Vec<_> = told(&actors).iter().map(|event| event["seq"].as_u64()).collect();
    assert_eq!(seqs, [Some(1), Some(3), Some(2)]);
}

#[test]
fn an_ordered_endpoint_goes_on_after_an_answer_that_is_parked() {
    let mut actors = awaiting(true);
    let dead = [Download::Fails(ContentError::Gone(404)); 3];
    actors.world.world().far_side.content.download_script.extend(dead);
    work_off(&mut actors);
    assert_eq!(kinds(&actors), ["message.received", "message.parked", "message.received"]);
}

#[test]
fn an_ordered_endpoint_that_hears_nothing_of_what_came_goes_on_without_it() {
    let mut actors = scene(true);
    {
        let mut world = actors.world.world();
        let endpoint = world.endpoints.values_mut().next().unwrap();
        endpoint.events = [EventType::MessageReceived, EventType::InteractiveReplied].into();
    }
    let reference = referenced(&actors, "M0003.C01", &answer("Good"));
    answers(&mut actors, 1, &reference);
    writes(&mut actors, 2, "after");
    let dead = [Download::Fails(ContentError::Gone(404)); 3];
    actors.world.world().far_side.content.download_script.extend(dead);
    settle(&mut actors);
    assert_eq!(kinds(&actors), ["message.received"]);
    let world = actors.world.world();
    let held = world.deliveries.values().find(|delivery| delivery.key.seq == 1).unwrap();
    assert_eq!(held.status, DeliveryStatus::Disabled);
    assert_eq!(held.last_outcome.as_deref(), Some("not_subscribed"));
}

#[test]
fn an_ordered_endpoint_that_hears_of_failures_only_hears_them_in_order_too() {
    for fails in [true, false] {
        let mut actors = scene(true);
        {
            let mut world = actors.world.world();
            let endpoint = world.endpoints.values_mut().next().unwrap();
            endpoint.events = [EventType::MessageReceived, EventType::MessageParked].into();
        }
        let reference = referenced(&actors, "M0003.C01", &answer("Good"));
        answers(&mut actors, 1, &reference);
        writes(&mut actors, 2, "after");
        actors.deliver();
        assert!(kinds(&actors).is_empty(), "the answer may fail yet");
        if fails {
            let dead = [Download::Fails(ContentError::Gone(404)); 3];
            actors.world.world().far_side.content.download_script.extend(dead);
        }
        settle(&mut actors);
        let expected: &[_] =
            if fails { &["message.parked", "message.received"] } else { &["message.received"] };
        assert_eq!(kinds(&actors), expected);
    }
}

#[test]
fn an_endpoint_that_subscribes_while_an_answer_is_fetched_hears_it() {
    let mut actors = awaiting(true);
    actors.endpoint(0, false);
    work_off(&mut actors);
    let world = actors.world.world();
    let of_the_answer = |key: &&amb_service::model::DeliveryKey| key.seq == 2;
    assert_eq!(world.deliveries.keys().filter(of_the_answer).count(), 2);
}

#[test]
fn the_answers_time_to_be_delivered_begins_when_it_is_told() {
    let mut actors = awaiting(false);
    let placed = actors.world.world().now;
    actors.wait(Duration::from_secs(3_600));
    work_off(&mut actors);
    let world = actors.world.world();
    let delivery = world.deliveries.values().find(|delivery| delivery.key.seq == 2).unwrap();
    assert_eq!(delivery.created_at, placed + Duration::from_secs(3_600));
    let entry = world.timeline.values().find(|entry| entry.seq == 2).unwrap();
    assert_eq!(entry.at, placed, "its place is as old as its message");
}

fn reader(world: &Memory) -> (Account<Memory, Memory, Memory>, Principal, String) {
    let key = ServiceKey::derive(&Secret::new(vec![0x5a; 32])).unwrap();
    let account = Account::new(world.clone(), world.clone(), world.clone(), key);
    let (tenant, conversation) = {
        let world = world.world();
        let (tenant, id) = world.conversations.keys().next().unwrap();
        (tenant.clone(), id.to_string())
    };
    let principal = Principal { tenant, mode: Some(Mode::Test), scopes: [Scope::Read].into() };
    (account, principal, conversation)
}

fn listed(actors: &Actors, more: &[(&str, &str)]) -> (Vec<u64>, bool) {
    let (account, principal, conversation) = reader(&actors.world);
    let mut query = vec![("conversationId".to_owned(), conversation)];
    query.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let list = drive(account.list_events(&principal, &query, "https://api.example.com"));
    let list = list.unwrap().unwrap();
    (list.items.iter().filter_map(|event| event.seq).collect(), list.next_cursor.is_some())
}

#[test]
fn a_reader_of_events_by_seq_misses_no_answer_that_is_still_fetched() {
    let mut actors = awaiting(false);
    assert_eq!(listed(&actors, &[]), (vec![1], false));
    assert_eq!(listed(&actors, &[("after", "1")]), (vec![], false));
    assert_eq!(listed(&actors, &[("type", "interactive.replied")]), (vec![], false));
    // Whoever reads other events waits for nothing.
    assert_eq!(listed(&actors, &[("type", "message.received")]), (vec![1, 3], false));
    work_off(&mut actors);
    assert_eq!(listed(&actors, &[("after", "1")]), (vec![2, 3], false));
    assert_eq!(listed(&actors, &[("limit", "1")]), (vec![1], true));
    assert_eq!(places(&actors)[&2], Some(EventType::InteractiveReplied));
}

#[test]
fn the_messages_of_a_conversation_show_the_awaited_one_in_its_place() {
    let mut actors = awaiting(false);
    let list = |actors: &Actors| {
        let (account, principal, conversation) = reader(&actors.world);
        let query = [("conversationId".to_owned(), conversation)];
        let listed = drive(account.list_messages(&principal, &query)).unwrap().unwrap();
        listed.1.items.len()
    };
    assert_eq!(list(&actors), 3);
    work_off(&mut actors);
    assert_eq!(list(&actors), 3);
    assert_eq!(only_payload(&actors).attempts, 1);
    let told: Vec<Value> = told(&actors);
    assert_eq!(told.len(), 3);
}
