//! Answers that come by reference are told as if they had come with their message.

use amb_service::model::{EventType, PayloadStatus};
use serde_json::{Value, json};

use super::scene::{
    BID, answer, answers, asked, kinds, leave, only_payload, places, referenced, scene, told, work,
    work_off, writes,
};
use crate::actors::{Actors, message_id};

/// A conversation in which an answer comes with its message, or by reference, in the same place.
fn conversation(by_reference: bool, answer: &Value) -> Actors {
    let mut actors = scene(false);
    writes(&mut actors, 1, "hello");
    actors.deliver();
    asked(&mut actors);
    let inline = json!({ "intent": "rate", "interactiveData": answer, "locale": "he_IL" });
    let reference = leave(&actors, "M0003.C01", answer.to_string().as_bytes()).reference(BID);
    let referenced =
        json!({ "intent": "rate", "interactiveDataRef": reference, "locale": "he_IL" });
    answers(&mut actors, 2, if by_reference { &referenced } else { &inline });
    work_off(&mut actors);
    actors.deliver();
    actors
}

#[test]
fn sc16_a_decoded_answer_is_told_byte_for_byte_as_its_inline_twin() {
    let picture = "QUJD".repeat(300_000);
    let mut large = answer("a lot");
    large["data"]["images"] = json!([{ "identifier": "0", "data": picture }]);
    let raw = r#"{"bid":"b","data":{"z":1.0,"a":"\u05d0","requestIdentifier":"x"}, "URL" : null}"#;
    for answer in [answer("Good 👋"), large, serde_json::from_str(raw).unwrap()] {
        let bodies = [false, true].map(|by_reference| {
            let actors = conversation(by_reference, &answer);
            let world = actors.world.world();
            let last = world.far_side.webhook_calls.last().unwrap();
            (last.id.clone(), String::from_utf8(last.body.clone()).unwrap())
        });
        let [inline, decoded] = bodies;
        assert!(inline == decoded, "{:.600}\n{:.600}", inline.1, decoded.1);
        assert!(decoded.1.contains("\"interactive.replied\""));
    }
}

#[test]
fn an_answer_by_reference_names_its_question_and_is_told_at_the_place_of_its_message() {
    let mut actors = scene(false);
    writes(&mut actors, 1, "hello");
    let question = asked(&mut actors);
    let reference = referenced(&actors, "M0003.C01", &answer("Good"));
    answers(&mut actors, 2, &reference);
    writes(&mut actors, 3, "and thanks");
    let awaited = places(&actors).into_iter().find(|(seq, kind)| *seq > 2 && kind.is_none());
    let (seq, _) = awaited.unwrap();
    actors.wait(std::time::Duration::from_secs(90));
    work_off(&mut actors);
    let events = told(&actors);
    let event = events.last().unwrap();
    assert_eq!((&event["type"], &event["seq"]), (&json!("interactive.replied"), &json!(seq)));
    let message = &event["data"]["message"];
    assert_eq!(message["inReplyTo"], question);
    assert_eq!(message["callbackData"], "order-1001");
    assert_eq!(message["interactive"]["identifier"], "good");
    assert_eq!(message["apple"]["interactiveData"], answer("Good"));
    assert!(message["apple"].get("interactiveDataRef").is_none());
    assert_eq!(only_payload(&actors).status, PayloadStatus::Told);
    assert_eq!(places(&actors)[&seq], Some(EventType::InteractiveReplied));
}

#[test]
fn m155_of_an_answer_that_comes_both_ways_the_inline_one_is_told_at_once() {
    let mut actors = scene(true);
    let mut both = referenced(&actors, "M0003.C01", &answer("by reference"));
    both["interactiveData"] = answer("inline");
    answers(&mut actors, 1, &both);
    actors.deliver();
    assert!(work(&actors).is_empty() && actors.world.world().payloads.is_empty());
    let message = &told(&actors)[0]["data"]["message"];
    assert_eq!(message["interactive"]["title"], "inline");
    assert!(message["apple"]["interactiveDataRef"]["url"].is_string(), "both are passed on");
}

#[test]
fn both_shapes_of_apples_answer_are_taken() {
    for wrapped in [false, true] {
        let mut actors = scene(false);
        let bare = answer("Good");
        let body = if wrapped { json!({ "interactiveData": bare }) } else { bare };
        let left = leave(&actors, "M0003.C01", body.to_string().as_bytes());
        answers(&mut actors, 1, &json!({ "interactiveDataRef": left.reference(BID) }));
        work_off(&mut actors);
        let message = &told(&actors)[0]["data"]["message"];
        assert_eq!(message["apple"]["interactiveData"], answer("Good"), "{wrapped}");
    }
}

#[test]
fn f161_the_same_answer_inline_and_by_reference_is_known_whichever_is_told_first() {
    // By reference first, and the inline one is told while it is fetched.
    let mut actors = scene(false);
    let reference = referenced(&actors, "M0003.C01", &answer("Good"));
    answers(&mut actors, 1, &reference);
    actors.wait(std::time::Duration::from_secs(5));
    answers(&mut actors, 2, &json!({ "interactiveData": answer("Good") }));
    actors.deliver();
    actors.wait(std::time::Duration::from_secs(50));
    work_off(&mut actors);
    let marks = |actors: &Actors| {
        let of = |event: &Value| event["data"]["message"]["softDuplicateOf"].clone();
        told(actors).iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(marks(&actors), [Value::Null, json!(message_id(2).to_string())]);

    // Inline first, and then by reference.
    let mut actors = scene(false);
    answers(&mut actors, 1, &json!({ "interactiveData": answer("Good") }));
    let reference = referenced(&actors, "M0003.C01", &answer("Good"));
    answers(&mut actors, 2, &reference);
    work_off(&mut actors);
    assert_eq!(marks(&actors), [Value::Null, json!(message_id(1).to_string())]);

    // The same words half an hour later are another answer, however late the first is fetched.
    let mut actors = scene(false);
    let reference = referenced(&actors, "M0003.C01", &answer("Good"));
    answers(&mut actors, 1, &reference);
    actors.wait(std::time::Duration::from_secs(1_800));
    answers(&mut actors, 2, &json!({ "interactiveData": answer("Good") }));
    work_off(&mut actors);
    assert_eq!(marks(&actors), [Value::Null, Value::Null]);
}

#[test]
fn an_answer_is_fetched_once_however_often_it_is_enqueued() {
    let mut actors = scene(false);
    let reference = referenced(&actors, "M0003.C01", &answer("Good"));
    answers(&mut actors, 1, &reference);
    let pointer = only_payload(&actors).pointer;
    super::scene::enqueue(&actors, &pointer);
    super::scene::enqueue(&actors, &pointer);
    work_off(&mut actors);
    let world = actors.world.world();
    assert_eq!(world.far_side.content.decodes, 1);
    drop(world);
    assert_eq!(kinds(&actors), ["interactive.replied"]);
}

#[test]
fn the_message_of_a_suspended_business_is_parked_and_nothing_is_fetched() {
    let mut actors = scene(false);
    {
        let mut world = actors.world.world();
        let business = world.businesses.values_mut().next().unwrap();
        business.status = amb_service::model::BusinessStatus::Suspended;
    }
    let reference = referenced(&actors, "M0003.C01", &answer("Good"));
    answers(&mut actors, 1, &reference);
    actors.customer(0, 2, "text", &json!({ "attachments": [{ "name": "a" }] }));
    actors.stream();
    actors.deliver();
    assert_eq!(kinds(&actors), ["message.parked", "message.parked"]);
    assert!(actors.world.world().payloads.is_empty());
}
