use serde_json::{Value, json};

use super::{BUSINESS, CUSTOMER, PNG, World, good, request};
use crate::model::Scope;

fn verdict(world: &World, body: &Value) -> Value {
    serde_json::to_value(world.check(body).unwrap()).unwrap()
}

#[test]
fn a_check_shows_what_would_leave_and_sends_nothing() {
    let world = World::new();
    let verdict = verdict(&world, &request("quickReply", &good("quickReply")));
    assert_eq!(verdict["valid"], true, "{verdict}");
    assert_eq!(verdict["rulePack"], "apple-2026-08");
    assert_eq!(verdict["chosen"], json!({ "index": 0, "type": "quickReply" }));
    assert_eq!(verdict["requires"], json!(["QUICK"]));
    let message = &verdict["messages"][0];
    assert_eq!(
        (&message["type"], &message["needsReference"]),
        (&json!("interactive"), &json!(false))
    );
    let apple = &message["apple"];
    assert_eq!((&apple["sourceId"], &apple["destinationId"]), (&json!(BUSINESS), &json!(CUSTOMER)));
    assert_eq!(apple["interactiveData"]["data"]["quick-reply"]["items"][1]["title"], "Not good");
    assert_eq!(message["bytes"], apple.to_string().len());
    let world = world.memory.world();
    assert!(world.outbound.is_empty() && world.outbound_queue.is_empty());
}

#[test]
fn a_check_makes_the_pictures_and_tells_what_changed() {
    let world = World::new();
    let mut content = good("listPicker");
    content["images"] = json!([{ "identifier": "desk", "data": PNG }]);
    content["receivedMessage"]["imageIdentifier"] = json!("desk");
    let verdict = verdict(&world, &request("listPicker", &content));
    assert_eq!(verdict["valid"], true, "{verdict}");
    let change = &verdict["changes"][0];
    assert_eq!(
        (&change["change"], &change["pointer"]),
        (&json!("image"), &json!("/content/images/0/data"))
    );
    assert_eq!((&change["from"]["width"], &change["to"]["format"]), (&json!(1), &json!("png")));
    let images = &verdict["messages"][0]["apple"]["interactiveData"]["data"]["images"];
    assert!(images[0]["data"].as_str().is_some_and(|data| !data.is_empty()), "{images}");
}

#[test]
fn s031_a_check_tells_of_a_picture_that_is_none() {
    let world = World::new();
    let mut content = good("listPicker");
    content["images"] =
        json!([{ "identifier": "desk", "url": "https://shop.example.com/none.png" }]);
    content["receivedMessage"]["imageIdentifier"] = json!("desk");
    let verdict = verdict(&world, &request("listPicker", &content));
    assert_eq!(verdict["valid"], false);
    let pointer = verdict["errors"][0]["pointer"].as_str().unwrap();
    assert!(pointer.starts_with("/content/images/0"), "{verdict}");
}

#[test]
fn faults_of_the_content_are_the_verdict_and_faults_of_the_envelope_a_problem() {
    let world = World::new();
    let one = json!({ "summaryText": "How?", "items": [{ "title": "one alone" }] });
    let verdict = verdict(&world, &request("quickReply", &one));
    assert_eq!((&verdict["valid"], &verdict["chosen"]), (&json!(false), &Value::Null));
    assert_eq!(verdict["errors"][0]["pointer"], "/content/items");
    assert_eq!(verdict["messages"], json!([]));
    let mut body = request("quickReply", &one);
    body["colour"] = json!(1);
    let problem = world.check(&body).unwrap_err();
    assert_eq!((problem.status, problem.errors.len()), (400, 2));
    let mut body = request("text", &good("text"));
    body["to"] = json!("urn:mbid:nobody");
    assert_eq!(world.check(&body).unwrap_err().code, "no_conversation");
}

#[test]
fn a_check_warns_of_a_customer_who_left() {
    let world = World::new();
    world.close();
    let verdict = verdict(&world, &request("text", &good("text")));
    assert_eq!(
        (&verdict["valid"], &verdict["warnings"][0]["rule"]),
        (&json!(true), &json!("conversation_closed"))
    );
}

#[test]
fn ap12_a_check_shows_every_piece_of_a_text() {
    let world = World::new();
    let text = json!({ "text": "Look: https://shop.example.com/desk" });
    let verdict = verdict(&world, &json!({ "type": "text", "content": text }));
    let kinds: Vec<_> =
        verdict["messages"].as_array().unwrap().iter().map(|m| m["type"].clone()).collect();
    assert_eq!(kinds, ["text", "richLink"]);
    assert!(verdict["messages"][0]["apple"].get("destinationId").is_none());
    assert_eq!(verdict["messages"][1]["apple"]["richLinkData"]["title"], "shop.example.com");
}

#[test]
fn no_scope_but_send_sends_or_checks() {
    let body = request("text", &good("text"));
    for scope in [Scope::Admin, Scope::Read, Scope::Private, Scope::SendUnchecked] {
        let world = World::with_scopes(&[scope]);
        let refused = [world.send(&body).unwrap_err(), world.check(&body).unwrap_err()];
        assert_eq!(refused.map(|problem| problem.status), [403, 403], "{scope:?}");
    }
}
