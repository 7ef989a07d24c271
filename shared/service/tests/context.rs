//! What a conversation knows of its customer, who hears of it, and what answers are told: one test per
//! promise, over the world in memory.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

#[path = "crash/actors.rs"]
#[expect(dead_code, reason = "other tests need what this one does not")]
mod actors;

use amb_protocol::{entry_link::EntryLink, id::BusinessId};
use amb_service::{
    memory::drive,
    model::{ConversationStatus, EventType, Route, TimelineItem},
    port::Conversations,
};
use serde_json::{Value, json};

use actors::{Actors, Order, message_id};

const OPAQUE: &str = "urn:mbid:AQAAY1madeUpOpaque01=";
const REQUEST: &str = "c0ffee00-0000-4000-8000-000000000003";

/// A business with an endpoint for each of these rules; without a rule, it hears everything.
fn routed(rules: &[Value]) -> Actors {
    let mut actors = Actors::new(Order::CommitThenAck);
    let tenant = actors.tenant();
    for rule in rules {
        actors.endpoint(tenant, false);
        let mut world = actors.world.world();
        let route = || serde_json::from_value::<Route>(rule.clone()).unwrap();
        let unnamed = world.endpoints.values_mut().find(|endpoint| endpoint.description.is_empty());
        let endpoint = unnamed.unwrap();
        endpoint.description = rule.to_string();
        if rule.is_object() {
            endpoint.routes = vec![route()];
        }
    }
    actors
}

fn one_endpoint() -> Actors {
    routed(&[Value::Null])
}

fn write(actors: &mut Actors, id: u32, kind: &str, extra: &Value) {
    actors.customer(0, id, kind, extra);
    actors.stream();
    actors.deliver();
}

/// The events that were told so far, oldest first.
fn told(actors: &Actors) -> Vec<Value> {
    let world = actors.world.world();
    let calls = world.far_side.webhook_calls.iter();
    calls.map(|call| serde_json::from_slice(&call.body).unwrap()).collect()
}

fn last(actors: &Actors) -> Value {
    told(actors).pop().unwrap()
}

/// What the endpoint with this rule heard, by type.
fn heard(actors: &Actors, rule: &Value) -> Vec<String> {
    let world = actors.world.world();
    let rule = rule.to_string();
    let endpoint = world.endpoints.values().find(|found| found.description == rule).unwrap();
    let calls = world.far_side.webhook_calls.iter().filter(|call| call.url == endpoint.url);
    let word = |body: &[u8]| {
        let event: Value = serde_json::from_slice(body).unwrap();
        event["type"].as_str().unwrap().to_owned()
    };
    calls.map(|call| word(&call.body)).collect()
}

fn known(event: &Value) -> [&Value; 4] {
    ["capabilities", "locale", "intent", "group"].map(|name| &event["data"][name])
}

/// The business sends a message, Apple takes it, and it asked something.
fn asked(actors: &mut Actors) -> String {
    actors.business(0, "asked", "How did we do?");
    actors.relay();
    actors.deliver();
    actors.ask(REQUEST)
}

fn quick_reply() -> Value {
    json!({ "interactiveData": {
        "sessionIdentifier": "0ddba11e-0000-4000-8000-000000000003",
        "data": {
            "version": "1",
            "requestIdentifier": REQUEST,
            "quick-reply": { "selectedIndex": 0, "selectedIdentifier": "good", "items": [
                { "identifier": "good", "title": "Good" },
            ]},
        },
    }})
}

#[test]
fn ap13_an_answer_is_told_with_the_message_that_it_answers_and_its_reference() {
    let mut actors = one_endpoint();
    write(&mut actors, 1, "text", &json!({ "body": "hello" }));
    let question = asked(&mut actors);
    write(&mut actors, 2, "interactive", &quick_reply());
    let event = last(&actors);
    assert_eq!(event["type"], "interactive.replied");
    let message = &event["data"]["message"];
    assert_eq!(
        message["interactive"],
        json!({
            "kind": "quickReply", "index": 0, "identifier": "good", "title": "Good",
            "requestIdentifier": REQUEST,
            "sessionIdentifier": "0ddba11e-0000-4000-8000-000000000003",
        })
    );
    assert_eq!(
        (&message["inReplyTo"], &message["callbackData"]),
        (&json!(question), &json!("order-1001"))
    );
    assert_eq!(message["apple"]["interactiveData"]["data"]["version"], "1");
}

#[test]
fn an_answer_to_nothing_we_know_of_is_told_without_a_question() {
    let mut actors = one_endpoint();
    write(&mut actors, 1, "interactive", &quick_reply());
    let message = &last(&actors)["data"]["message"];
    assert_eq!(message["interactive"]["identifier"], "good");
    assert!(message.get("inReplyTo").is_none() && message.get("callbackData").is_none());
}

#[test]
fn sc04_the_last_intent_and_group_are_kept_and_told_with_every_message() {
    let mut actors = one_endpoint();
    write(
        &mut actors,
        1,
        "text",
        &json!({ "body": "a", "intent": "buy", "group": "shoes", "locale": "en_US" }),
    );
    write(&mut actors, 2, "text", &json!({ "body": "b" }));
    let capabilities = json!(["LIST", "QUICK", "TIME"]);
    assert_eq!(
        known(&last(&actors)),
        [&capabilities, &json!("en_US"), &json!("buy"), &json!("shoes")]
    );
}

#[test]
fn sc04_each_of_intent_and_group_is_replaced_on_its_own() {
    let mut actors = one_endpoint();
    write(&mut actors, 1, "text", &json!({ "body": "a", "intent": "buy", "group": "shoes" }));
    write(&mut actors, 2, "text", &json!({ "body": "b", "intent": "return" }));
    assert_eq!(known(&last(&actors))[2..], [&json!("return"), &json!("shoes")]);
    write(&mut actors, 3, "text", &json!({ "body": "c", "group": "hats" }));
    assert_eq!(known(&last(&actors))[2..], [&json!("return"), &json!("hats")]);
}

#[test]
fn sc04_ap11_both_are_cleared_when_the_customer_leaves() {
    let mut actors = one_endpoint();
    write(&mut actors, 1, "text", &json!({ "body": "a", "intent": "buy", "group": "shoes" }));
    write(&mut actors, 2, "close", &json!({}));
    assert_eq!(last(&actors)["type"], "conversation.closed");
    assert_eq!(known(&last(&actors))[2..], [&Value::Null, &Value::Null]);
    write(&mut actors, 3, "text", &json!({ "body": "back" }));
    assert_eq!(known(&last(&actors))[2..], [&Value::Null, &Value::Null]);
}

#[test]
fn sc04_ap25_the_history_keeps_the_values_of_its_time() {
    let mut actors = one_endpoint();
    write(&mut actors, 1, "text", &json!({ "body": "a", "intent": "buy" }));
    write(&mut actors, 2, "text", &json!({ "body": "b", "intent": "return" }));
    write(&mut actors, 3, "close", &json!({}));
    let world = actors.world.world();
    let intents: Vec<_> = world
        .timeline
        .values()
        .filter(|entry| matches!(entry.item, TimelineItem::Event { .. }))
        .map(|entry| entry.context.intent.as_deref())
        .collect();
    assert_eq!(intents, [Some("buy"), Some("return"), None]);
}

#[test]
fn sc15_every_event_has_what_the_device_can_show_and_where_the_customer_came_from() {
    let mut actors = one_endpoint();
    let from = json!({ "body": "a", "intent": "buy", "group": "shoes", "locale": "en_US" });
    write(&mut actors, 1, "text", &from);
    write(&mut actors, 2, "text", &json!({ "body": "Loved “Your parcel arrives today”" }));
    write(&mut actors, 3, "typing_start", &json!({}));
    write(&mut actors, 4, "interactive", &quick_reply());
    actors.business(0, "out", "hello");
    actors.relay();
    actors.deliver();
    let events = told(&actors);
    let kinds: Vec<_> = events.iter().map(|event| event["type"].as_str().unwrap()).collect();
    let expected = [
        "message.received",
        "message.reaction",
        "typing.started",
        "interactive.replied",
        "message.accepted",
    ];
    assert_eq!(kinds, expected);
    let capabilities = json!(["LIST", "QUICK", "TIME"]);
    for event in &events {
        let expected = [&capabilities, &json!("en_US"), &json!("buy"), &json!("shoes")];
        assert_eq!(known(event), expected, "{}", event["type"]);
        assert_eq!(event["data"]["opaqueId"], OPAQUE);
    }
}

#[test]
fn ap25_the_first_message_of_a_conversation_reaches_the_rules_target() {
    let (buy, shoes, english, all) = (
        json!({ "intent": "buy" }),
        json!({ "group": "shoes" }),
        json!({ "locale": "en" }),
        json!(null),
    );
    let mut actors = routed(&[buy.clone(), shoes.clone(), english.clone(), all.clone()]);
    write(&mut actors, 1, "text", &json!({ "body": "a", "intent": "buy", "locale": "en_GB" }));
    assert_eq!(heard(&actors, &buy), ["message.received"]);
    assert!(heard(&actors, &shoes).is_empty());
    assert_eq!(heard(&actors, &english), ["message.received"]);
    assert_eq!(heard(&actors, &all), ["message.received"]);
    // It stays there, until the customer comes by another way.
    write(&mut actors, 2, "text", &json!({ "body": "b" }));
    actors.business(0, "out", "hello");
    actors.relay();
    actors.deliver();
    assert_eq!(heard(&actors, &buy).len(), 3);
    write(&mut actors, 3, "text", &json!({ "body": "c", "intent": "return", "group": "shoes" }));
    assert_eq!(heard(&actors, &buy).len(), 3);
    assert_eq!(heard(&actors, &shoes), ["message.received"]);
}

#[test]
fn ap25_a_rule_for_a_business_hears_that_business_alone() {
    let business = json!({ "business": "7b9d2c14-0000-4000-8000-000000000001" });
    let other = json!({ "business": "7b9d2c14-0000-4000-8000-000000000002" });
    let mut actors = routed(&[business.clone(), other.clone()]);
    write(&mut actors, 1, "text", &json!({ "body": "a" }));
    assert_eq!((heard(&actors, &business).len(), heard(&actors, &other).len()), (1, 0));
}

#[test]
fn ap25_typing_is_told_to_whoever_hears_the_conversation() {
    let (buy, shoes) = (json!({ "intent": "buy" }), json!({ "group": "shoes" }));
    let mut actors = routed(&[buy.clone(), shoes.clone()]);
    write(&mut actors, 1, "typing_start", &json!({}));
    assert!(told(&actors).is_empty(), "nobody has a rule for a customer of whom nothing is known");
    write(&mut actors, 2, "text", &json!({ "body": "a", "intent": "buy" }));
    actors.wait(std::time::Duration::from_secs(10));
    write(&mut actors, 3, "typing_start", &json!({}));
    assert_eq!(heard(&actors, &buy), ["message.received", "typing.started"]);
    assert!(heard(&actors, &shoes).is_empty());
}

#[test]
fn sc17_ap11_a_close_and_what_comes_after_it_reach_whoever_heard_the_conversation() {
    let (buy, shoes) = (json!({ "intent": "buy" }), json!({ "group": "shoes" }));
    let mut actors = routed(&[buy.clone(), shoes.clone()]);
    write(&mut actors, 1, "text", &json!({ "body": "a", "intent": "buy" }));
    actors.business(0, "queued", "are you there?");
    write(&mut actors, 2, "close", &json!({}));
    actors.relay();
    actors.deliver();
    assert_eq!(heard(&actors, &buy), ["message.received", "conversation.closed", "message.failed"]);
    let status = actors.world.world().conversations.values().next().unwrap().status;
    assert_eq!(status, ConversationStatus::Closed);
    // They come back by another way: the new target hears of it, and of the reopening.
    write(&mut actors, 3, "text", &json!({ "body": "b", "group": "shoes" }));
    assert_eq!(heard(&actors, &shoes), ["conversation.reopened", "message.received"]);
    assert_eq!(heard(&actors, &buy).len(), 3);
}

#[test]
fn sc17_when_apple_says_that_they_left_whoever_heard_the_conversation_hears_it_too() {
    let buy = json!({ "intent": "buy" });
    let mut actors = routed(std::slice::from_ref(&buy));
    write(&mut actors, 1, "text", &json!({ "body": "a", "intent": "buy" }));
    actors.world.world().far_side.apple_script.push_back(Ok(410));
    actors.business(0, "first", "one");
    actors.relay();
    actors.deliver();
    assert_eq!(heard(&actors, &buy), ["message.received", "message.failed", "conversation.closed"]);
}

#[test]
fn ap31_lc09_a_word_of_apples_is_flagged_and_a_sentence_or_a_reaction_is_not() {
    let mut actors = one_endpoint();
    for (id, (words, trigger)) in [
        ("STOP", json!("unsubscribe")),
        (" “help” ", json!("agent")),
        ("?", json!("menu")),
        ("Subscribe!", json!("subscribe")),
        ("please stop", Value::Null),
        ("Liked “stop”", Value::Null),
    ]
    .into_iter()
    .enumerate()
    {
        let id = u32::try_from(id).unwrap() + 1;
        write(&mut actors, id, "text", &json!({ "body": words }));
        let event = last(&actors);
        assert_eq!(event["data"]["message"]["trigger"], trigger, "{words}");
        assert_eq!(event["data"]["message"]["text"], words);
    }
}

#[test]
fn lc09_no_event_has_a_phone_number_of_a_customer_who_wrote() {
    let mut actors = one_endpoint();
    write(&mut actors, 1, "text", &json!({ "body": "hello" }));
    let event = last(&actors);
    assert_eq!(event["data"]["opaqueId"], OPAQUE);
    assert!(!event.to_string().contains("tel:"));
}

#[test]
fn ap23_a_private_form_is_told_whole_to_the_businesss_own_endpoint() {
    let mut actors = one_endpoint();
    let form = json!({ "interactiveData": { "data": { "requestIdentifier": REQUEST, "dynamic": {
        "private": true,
        "selections": [{ "pageIdentifier": "iban", "items": [
            { "identifier": "iban", "type": "input", "title": "DE00", "value": "DE00" },
        ]}],
    }}}});
    write(&mut actors, 1, "interactive", &form);
    let message = &last(&actors)["data"]["message"];
    assert_eq!(message["interactive"]["private"], json!(true));
    assert_eq!(message["interactive"]["pages"][0]["items"][0]["value"], "DE00");
    assert_eq!(message["apple"]["interactiveData"]["data"]["dynamic"]["private"], json!(true));
}

#[test]
fn a_declined_invitation_closes_with_its_references_and_an_accepted_one_answers_with_its_own() {
    let mut actors = one_endpoint();
    let declined = json!({ "sourceId": "tel:+12025550100", "referenceIds": ["order-1001"] });
    write(&mut actors, 1, "close", &declined);
    let event = last(&actors);
    assert_eq!(event["type"], "conversation.closed");
    assert_eq!(event["data"]["referenceIds"], json!(["order-1001"]));
    assert_eq!(event["data"]["opaqueId"], "tel:+12025550100");

    let accepted = json!({ "interactiveData": { "data": {
        "requestIdentifier": "tel:+12025550100",
        "notification": {
            "id": "yes",
            "referenceId": "order-1001",
            "displayContent": { "determinateResponse": { "title": "t", "subtitle": "s", "type": { "yes": {} } } },
        },
    }}});
    write(&mut actors, 2, "interactive", &accepted);
    let event = last(&actors);
    assert_eq!(event["type"], "interactive.replied");
    assert_eq!(event["data"]["opaqueId"], OPAQUE);
    let interactive = &event["data"]["message"]["interactive"];
    assert_eq!(
        (&interactive["kind"], &interactive["accepted"], &interactive["referenceId"]),
        (&json!("invitation"), &json!(true), &json!("order-1001"))
    );
    // An ordinary close names nothing.
    write(&mut actors, 3, "close", &json!({}));
    assert!(last(&actors)["data"].get("referenceIds").is_none());
}

#[test]
fn sc03_what_a_start_link_says_is_what_the_message_and_the_conversation_say() {
    let mut actors = one_endpoint();
    let business = BusinessId::parse("7b9d2c14-0000-4000-8000-000000000001").unwrap();
    let made = EntryLink {
        intent: Some("order status".to_owned()),
        group: Some("retail".to_owned()),
        body: Some("Where is my parcel?".to_owned()),
        ..EntryLink::to(business)
    };
    // The device takes the link apart, and the customer sends what stands in the field.
    let link = EntryLink::parse(&made.url()).unwrap();
    let first = json!({ "body": link.body, "intent": link.intent, "group": link.group });
    write(&mut actors, 1, "text", &first);
    let event = last(&actors);
    assert_eq!(event["data"]["message"]["text"], "Where is my parcel?");
    assert_eq!(known(&event)[2..], [&json!("order status"), &json!("retail")]);
    let (tenant, conversation) = {
        let world = actors.world.world();
        let (tenant, id) = world.conversations.keys().next().unwrap();
        (tenant.clone(), id.clone())
    };
    let state = drive(actors.world.load(&tenant, &conversation)).unwrap().unwrap().unwrap();
    assert_eq!(
        (state.intent.as_deref(), state.group.as_deref()),
        (Some("order status"), Some("retail"))
    );
}

#[test]
fn ap05_the_latest_capability_list_counts_and_the_message_keeps_its_own() {
    let mut actors = one_endpoint();
    write(&mut actors, 1, "text", &json!({ "body": "a" }));
    {
        let mut world = actors.world.world();
        let state = world.conversations.values_mut().next().unwrap();
        state.capabilities = vec!["AUTH".to_owned()];
    }
    write(&mut actors, 2, "text", &json!({ "body": "b" }));
    assert_eq!(known(&last(&actors))[0], &json!(["LIST", "QUICK", "TIME"]));
    assert_eq!(last(&actors)["data"]["message"]["id"], message_id(2).to_string());
}

#[test]
fn sc14_an_endpoint_without_a_list_of_events_hears_answers_too_and_one_with_a_list_hears_that() {
    let mut actors = routed(&[json!(null), json!(0)]);
    {
        let mut world = actors.world.world();
        let mut endpoints = world.endpoints.values_mut();
        let picky = endpoints.find(|endpoint| endpoint.description == "0").unwrap();
        picky.events = [EventType::InteractiveReplied].into();
    }
    write(&mut actors, 1, "text", &json!({ "body": "a" }));
    write(&mut actors, 2, "interactive", &quick_reply());
    write(&mut actors, 3, "interactive", &json!({ "interactiveData": { "URL": "?cart=42" } }));
    let both = ["message.received", "interactive.replied", "interactive.replied"];
    assert_eq!(heard(&actors, &json!(null)), both);
    assert_eq!(heard(&actors, &json!(0)), both[1..]);
    assert_eq!(last(&actors)["data"]["message"]["interactive"]["url"], "?cart=42");
}

#[test]
fn ap10_a_tapback_on_a_question_is_no_answer_and_no_word() {
    let mut actors = one_endpoint();
    for (id, words) in [(1, "Liked 1 Business Message"), (2, "Removed a like from “help”")] {
        write(&mut actors, id, "text", &json!({ "body": words }));
        let event = last(&actors);
        assert_eq!(event["type"], "message.reaction");
        let message = &event["data"]["message"];
        assert_eq!(message["text"], words);
        assert!(message.get("interactive").is_none() && message.get("trigger").is_none());
    }
}

#[test]
fn ap13_the_same_answer_under_another_id_names_the_first_and_the_question_too() {
    let mut actors = one_endpoint();
    write(&mut actors, 1, "text", &json!({ "body": "hello" }));
    let question = asked(&mut actors);
    write(&mut actors, 2, "interactive", &quick_reply());
    write(&mut actors, 3, "interactive", &quick_reply());
    let message = &last(&actors)["data"]["message"];
    assert_eq!(message["softDuplicateOf"], message_id(2).to_string());
    assert_eq!(message["inReplyTo"], question);
}
