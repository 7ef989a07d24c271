//! What the message path promises, one test per promise, over the world in memory.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

#[path = "crash/actors.rs"]
#[expect(dead_code, reason = "other tests need what this one does not")]
mod actors;

use std::time::Duration;

use amb_service::{
    memory::{FaultMode, drive},
    model::{
        ConversationStatus, DeliveryStatus, EndpointStatus, EventType, FailureCode, OutboundStatus,
        TimelineItem,
    },
    port::{GatewayError, WebhookError},
    seal, signature,
};
use serde_json::{Value, json};

use actors::{Actors, Order, message_id, service_key};

fn world_with_endpoint(ordered: bool) -> Actors {
    let mut actors = Actors::new(Order::CommitThenAck);
    let tenant = actors.tenant();
    actors.endpoint(tenant, ordered);
    actors
}

fn known_customer() -> Actors {
    let mut actors = world_with_endpoint(false);
    text(&mut actors, 1, "hello");
    actors.stream();
    actors.deliver();
    actors
}

fn text(actors: &mut Actors, id: u32, words: &str) {
    actors.customer(0, id, "text", &json!({ "body": words }));
}

/// The types of the events told so far, first successes only, in order.
fn told(actors: &Actors) -> Vec<String> {
    let world = actors.world.world();
    let mut seen = Vec::new();
    let mut told = Vec::new();
    for call in world.far_side.webhook_calls.iter().filter(|call| call.accepted) {
        if !seen.contains(&call.id) {
            seen.push(call.id.clone());
            let event: Value = serde_json::from_slice(&call.body).unwrap();
            told.push(event["type"].as_str().unwrap().to_owned());
        }
    }
    told
}

fn events(actors: &Actors) -> Vec<EventType> {
    let world = actors.world.world();
    world
        .timeline
        .values()
        .filter_map(|entry| match &entry.item {
            TimelineItem::Event { kind, .. } => Some(*kind),
            TimelineItem::Sent { .. } | TimelineItem::Awaited { .. } => None,
        })
        .collect()
}

fn only_outbound(actors: &Actors) -> OutboundStatus {
    actors.world.world().outbound.values().next().unwrap().status.clone()
}

#[test]
fn ap06_words_of_every_script_arrive_as_they_were_sent() {
    let mut actors = world_with_endpoint(false);
    let words = "שלום! 👩‍👩‍👧‍👦 𝒳 e\u{301} \u{202e}gpj \u{fffc}\u{2028}";
    text(&mut actors, 1, words);
    actors.stream();
    actors.deliver();
    let world = actors.world.world();
    let event: Value = serde_json::from_slice(&world.far_side.webhook_calls[0].body).unwrap();
    assert_eq!(event["data"]["message"]["text"], words);
    assert_eq!(event["data"]["message"]["apple"]["body"], words);
}

#[test]
fn f004_the_same_id_with_another_body_keeps_the_first() {
    let mut actors = world_with_endpoint(false);
    text(&mut actors, 1, "first");
    text(&mut actors, 1, "second");
    actors.stream();
    actors.deliver();
    let world = actors.world.world();
    assert_eq!(world.far_side.webhook_calls.len(), 1);
    assert!(String::from_utf8_lossy(&world.far_side.webhook_calls[0].body).contains("first"));
}

#[test]
fn f005_an_id_of_another_conversation_is_kept_and_parked() {
    let mut actors = world_with_endpoint(false);
    text(&mut actors, 1, "mine");
    actors.customer(0, 1, "text", &json!({ "body": "not mine", "sourceId": "urn:mbid:other" }));
    actors.stream();
    actors.stream();
    actors.deliver();
    assert_eq!(told(&actors), ["message.received", "message.parked"]);
    assert_eq!(actors.world.world().inbox.len(), 2);
}

#[test]
fn f041_two_workers_one_post() {
    let mut actors = world_with_endpoint(false);
    text(&mut actors, 1, "hello");
    actors.stream();
    {
        let mut world = actors.world.world();
        world.delivery_queue.duplicate_last();
        // The first worker posts, and dies before it can write that down: its fifth call.
        let post = world.faults.calls.len() + 4;
        world.faults.at = Some((post, FaultMode::DieAfter));
    }
    actors.deliver();
    let ids = |actors: &Actors| {
        let world = actors.world.world();
        world.far_side.webhook_calls.iter().map(|call| call.id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&actors).len(), 1, "the second worker finds the lease held");
    actors.recover();
    let ids = ids(&actors);
    assert_eq!(ids.len(), 2, "nobody knows that the first attempt succeeded");
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn f042_a_message_for_a_delivery_that_is_over_does_nothing() {
    let mut actors = known_customer();
    let before = actors.world.world().far_side.webhook_calls.len();
    let key = actors.world.world().deliveries.keys().next().unwrap().clone();
    let pointer = amb_service::model::DeliveryPointer::Stored(key);
    let queued = amb_service::port::QueuedDelivery::now(pointer);
    drive(amb_service::port::DeliveryQueue::enqueue_deliveries(&actors.world, &[queued]));
    actors.deliver();
    assert_eq!(actors.world.world().far_side.webhook_calls.len(), before);
}

#[test]
fn f062_an_endpoint_that_says_410_hears_no_more() {
    let mut actors = world_with_endpoint(false);
    actors.world.world().far_side.webhook_script.push_back(Ok(410));
    text(&mut actors, 1, "one");
    actors.stream();
    actors.deliver();
    text(&mut actors, 2, "two");
    actors.stream();
    actors.deliver();
    let world = actors.world.world();
    assert_eq!(world.far_side.webhook_calls.len(), 1);
    assert_eq!(world.endpoints.values().next().unwrap().status, EndpointStatus::Gone);
    assert_eq!(world.deliveries.values().next().unwrap().status, DeliveryStatus::Disabled);
}

#[test]
fn f065_an_address_that_is_not_allowed_suspends_the_endpoint_after_three_tries() {
    let mut actors = world_with_endpoint(false);
    actors.world.world().far_side.webhook_script.extend([Err(WebhookError::Blocked); 9]);
    text(&mut actors, 1, "one");
    actors.recover();
    let world = actors.world.world();
    assert_eq!(world.far_side.webhook_calls.len(), 3);
    assert_eq!(world.endpoints.values().next().unwrap().status, EndpointStatus::Blocked);
}

#[test]
fn f069_every_live_secret_signs_while_one_is_rotated() {
    let mut actors = world_with_endpoint(false);
    {
        let world = actors.world.clone();
        let fresh = signature::draw_secret(&world);
        let now = world.world().now;
        let id = world.world().endpoints.values().next().unwrap().id.clone();
        let sealed = seal::seal(&service_key(), &id, &fresh, now, &world).unwrap();
        let mut held = world.world();
        let endpoint = held.endpoints.values_mut().next().unwrap();
        endpoint.secrets[0].expires_at = Some(now + Duration::from_secs(3600));
        endpoint.secrets.insert(0, sealed);
    }
    let signatures = |actors: &mut Actors, id| {
        text(actors, id, "hello");
        actors.stream();
        actors.deliver();
        let world = actors.world.world();
        let headers = &world.far_side.webhook_calls.last().unwrap().headers;
        headers.iter().find(|(name, _)| *name == "webhook-signature").unwrap().1.clone()
    };
    assert_eq!(signatures(&mut actors, 1).split(' ').count(), 2);
    actors.wait(Duration::from_secs(3600));
    assert_eq!(signatures(&mut actors, 2).split(' ').count(), 1);
}

#[test]
fn g5_a_dead_endpoint_is_tried_sixteen_times_or_disabled_and_nothing_is_lost() {
    let mut actors = world_with_endpoint(false);
    actors.world.world().far_side.webhook_script.extend([Ok(500); 40]);
    text(&mut actors, 1, "hello");
    actors.recover();
    let world = actors.world.world();
    let delivery = world.deliveries.values().next().unwrap();
    assert_eq!(delivery.status, DeliveryStatus::Parked);
    // Jitter decides whether the last pause still ends within the seven days.
    let attempts = world.far_side.webhook_calls.len();
    assert!((15..=16).contains(&attempts), "{attempts}");
    let ids: std::collections::BTreeSet<_> =
        world.far_side.webhook_calls.iter().map(|call| &call.id).collect();
    assert_eq!(ids.len(), 1, "every attempt carries the same webhook-id");
}

#[test]
fn an_endpoint_that_only_fails_for_five_days_is_disabled() {
    let mut actors = world_with_endpoint(false);
    actors.world.world().far_side.webhook_script.extend([Ok(500); 200]);
    for id in 1..=4 {
        text(&mut actors, id, "hello");
    }
    actors.recover();
    let world = actors.world.world();
    assert_eq!(world.endpoints.values().next().unwrap().status, EndpointStatus::Failing);
    assert!(world.deliveries.values().all(|d| d.status != DeliveryStatus::Pending));
}

#[test]
fn ap11_lc09_f084_after_close_nothing_is_sent_until_the_customer_writes_again() {
    let mut actors = known_customer();
    actors.business(0, "queued", "are you there?");
    actors.customer(0, 2, "close", &json!({}));
    actors.stream();
    actors.relay();
    let closed = OutboundStatus::Failed { code: FailureCode::ConversationClosed, detail: None };
    assert_eq!(only_outbound(&actors), closed);
    actors.business(0, "refused", "hello?");
    assert_eq!(actors.told.len(), 1, "a send to a closed conversation is refused");
    assert!(actors.world.world().far_side.apple_calls.is_empty());

    actors.customer(0, 3, "text", &json!({ "body": "back" }));
    actors.stream();
    actors.business(0, "again", "welcome back");
    actors.relay();
    assert_eq!(actors.world.world().far_side.apple_calls.len(), 1);
    assert_eq!(
        events(&actors),
        [
            EventType::MessageReceived,
            EventType::ConversationClosed,
            EventType::MessageFailed,
            EventType::ConversationReopened,
            EventType::MessageReceived,
            EventType::MessageAccepted
        ]
    );
}

#[test]
fn ap11_close_clears_intent_and_group() {
    let mut actors = world_with_endpoint(false);
    actors.customer(0, 1, "text", &json!({ "body": "x", "intent": "buy", "group": "shoes" }));
    actors.customer(0, 2, "text", &json!({ "body": "y" }));
    actors.stream();
    let state =
        |actors: &Actors| actors.world.world().conversations.values().next().unwrap().clone();
    assert_eq!(state(&actors).intent.as_deref(), Some("buy"));
    actors.customer(0, 3, "close", &json!({}));
    actors.stream();
    let closed = state(&actors);
    assert_eq!(
        (closed.status, closed.intent, closed.group),
        (ConversationStatus::Closed, None, None)
    );
}

#[test]
fn f076_a_repeated_request_is_answered_alike_and_another_body_is_refused() {
    let mut actors = known_customer();
    actors.business(0, "key", "hello");
    actors.business(0, "key", "hello");
    let ids = &actors.told["key"];
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    actors.business(0, "key", "something else");
    assert_eq!(actors.told["key"].len(), 2);
    assert_eq!(actors.world.world().outbound.len(), 1);
}

#[test]
fn s013_a_key_is_forgotten_after_seven_days() {
    let mut actors = known_customer();
    actors.business(0, "key", "hello");
    actors.wait(Duration::from_secs(7 * 86_400 + 1));
    actors.business(0, "key", "hello");
    assert_ne!(actors.told["key"][0], actors.told["key"][1]);
}

#[test]
fn s010_a_repeated_request_is_answered_even_after_the_customer_left() {
    let mut actors = known_customer();
    actors.business(0, "key", "hello");
    actors.customer(0, 2, "close", &json!({}));
    actors.stream();
    actors.business(0, "key", "hello");
    assert_eq!(actors.told["key"].len(), 2);
}

#[test]
fn ap32_f077_an_answer_that_was_lost_is_asked_for_again_with_the_same_id() {
    let mut actors = known_customer();
    actors.world.world().far_side.apple_script.push_back(Err(GatewayError::Unanswered));
    actors.business(0, "key", "hello");
    actors.recover();
    let world = actors.world.world();
    let ids: Vec<_> = world.far_side.apple_calls.iter().map(|call| call.message.id).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    assert_eq!(world.outbound.values().next().unwrap().status, OutboundStatus::AcceptedByApple);
}

#[test]
fn f089_a_message_that_apple_never_takes_is_given_up_and_the_lane_moves_on() {
    let mut actors = known_customer();
    let down = [Err(GatewayError::NotSent); 30];
    actors.world.world().far_side.apple_script.extend(down);
    actors.business(0, "first", "one");
    for _ in 0..20 {
        actors.relay();
        actors.wait(Duration::from_secs(61));
    }
    actors.world.world().far_side.apple_script.clear();
    actors.business(0, "second", "two");
    actors.recover();
    let world = actors.world.world();
    let statuses: Vec<_> = world.outbound.values().map(|m| m.status.as_str()).collect();
    assert!(statuses.contains(&"failed") && statuses.contains(&"acceptedByApple"), "{statuses:?}");
}

#[test]
fn an_unanswered_message_ends_unknown_and_says_so() {
    let mut actors = known_customer();
    actors.world.world().far_side.apple_script.extend([Err(GatewayError::Unanswered); 60]);
    actors.business(0, "first", "one");
    actors.recover();
    assert_eq!(only_outbound(&actors), OutboundStatus::Unknown);
    assert_eq!(told(&actors).last().unwrap(), "message.failed");
}

#[test]
fn ap32_f163_when_apple_says_gone_the_conversation_is_closed() {
    let mut actors = known_customer();
    actors.world.world().far_side.apple_script.push_back(Ok(410));
    actors.business(0, "first", "one");
    actors.business(0, "second", "two");
    actors.relay();
    let world = actors.world.world();
    assert_eq!(world.far_side.apple_calls.len(), 1, "the rest of the lane is not sent");
    let state = world.conversations.values().next().unwrap();
    assert_eq!(state.status, ConversationStatus::Closed);
    assert!(state.lane.is_empty());
}

#[test]
fn f161_the_same_reply_under_two_ids_is_marked_and_f162_a_later_one_is_not() {
    let mut actors = world_with_endpoint(false);
    let reply = json!({ "interactiveData": { "data": {
        "requestIdentifier": "c0ffee00-0000-4000-8000-000000000003",
        "quick-reply": { "selectedIndex": 0 },
        "replyMessage": { "title": "differs and does not count" },
    }}});
    actors.customer(0, 1, "interactive", &reply);
    actors.wait(Duration::from_secs(2));
    actors.customer(0, 2, "interactive", &reply);
    actors.wait(Duration::from_secs(31));
    actors.customer(0, 3, "interactive", &reply);
    actors.stream();
    actors.deliver();
    let world = actors.world.world();
    let marks: Vec<_> = world
        .far_side
        .webhook_calls
        .iter()
        .map(|call| serde_json::from_slice::<Value>(&call.body).unwrap())
        .map(|event| event["data"]["message"]["softDuplicateOf"].clone())
        .collect();
    assert_eq!(marks, [Value::Null, json!(message_id(1).to_string()), Value::Null]);
}

#[test]
fn m165_a_flood_of_typing_folds_into_one_event_without_a_place() {
    let mut actors = world_with_endpoint(false);
    for id in 1..=50 {
        actors.customer(0, id, "typing_start", &json!({}));
    }
    actors.stream();
    actors.deliver();
    let world = actors.world.world();
    assert_eq!(world.far_side.webhook_calls.len(), 1);
    let event: Value = serde_json::from_slice(&world.far_side.webhook_calls[0].body).unwrap();
    assert_eq!((&event["type"], &event["seq"]), (&json!("typing.started"), &Value::Null));
    assert!(world.timeline.is_empty() && world.deliveries.is_empty());
}

#[test]
fn an_old_typing_event_is_worth_nothing() {
    let mut actors = world_with_endpoint(false);
    actors.customer(0, 1, "typing_start", &json!({}));
    actors.stream();
    actors.wait(Duration::from_secs(11));
    actors.deliver();
    assert!(actors.world.world().far_side.webhook_calls.is_empty());
}

#[test]
fn ap10_a_tapback_is_told_as_a_reaction_with_the_raw_text() {
    let mut actors = world_with_endpoint(false);
    text(&mut actors, 1, "Loved “Your parcel arrives today”");
    actors.stream();
    actors.deliver();
    let world = actors.world.world();
    let event: Value = serde_json::from_slice(&world.far_side.webhook_calls[0].body).unwrap();
    assert_eq!(event["type"], "message.reaction");
    let message = &event["data"]["message"];
    assert_eq!(message["reaction"]["kind"], "loved");
    assert_eq!(message["reaction"]["quoted"], "Your parcel arrives today");
    assert_eq!(message["text"], "Loved “Your parcel arrives today”");
}

#[test]
fn f072_an_ordered_endpoint_hears_the_second_event_only_after_the_first() {
    let mut actors = world_with_endpoint(true);
    actors.world.world().far_side.webhook_script.extend([Ok(500)]);
    text(&mut actors, 1, "one");
    text(&mut actors, 2, "two");
    actors.stream();
    actors.deliver();
    assert_eq!(actors.world.world().far_side.webhook_calls.len(), 1);
    actors.recover();
    let world = actors.world.world();
    let texts: Vec<_> = world
        .far_side
        .webhook_calls
        .iter()
        .map(|call| serde_json::from_slice::<Value>(&call.body).unwrap())
        .map(|event| event["data"]["message"]["text"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(texts, ["one", "one", "two"]);
}
