//! Messages of several parts, and of several choices.

use amb_protocol::compose::ContentType;
use amb_service::{
    memory::FaultMode,
    model::{ConversationStatus, EventType, FailureCode, FileKey, OutboundContent, OutboundStatus},
    port::GatewayError,
    relay::Relayed,
};
use serde_json::json;

use super::scene::{Scene, body_of, choice, json_of, list_picker, only, text};

fn three() -> OutboundContent {
    only(ContentType::Text, ["one", "two", "three"].map(text).to_vec())
}

fn failed(code: FailureCode, detail: Option<&str>) -> OutboundStatus {
    OutboundStatus::Failed { code, detail: detail.map(str::to_owned) }
}

fn words(scene: &Scene) -> Vec<String> {
    let word = |message| body_of(message)["body"].as_str().unwrap().to_owned();
    scene.calls().iter().map(|call| word(&call.message)).collect()
}

#[test]
fn ap12_parts_leave_in_order_each_under_an_id_of_its_own() {
    let mut scene = Scene::new("");
    let message = scene.through(three());
    assert_eq!(message.status, OutboundStatus::AcceptedByApple);
    assert_eq!(words(&scene), ["one", "two", "three"]);
    let id = message.pointer.message;
    let ids: Vec<_> = scene.calls().iter().map(|call| call.message.id).collect();
    assert_eq!(ids, [id, id.part(1), id.part(2)]);
    let told = scene.told(EventType::MessageAccepted);
    assert_eq!(told["messageId"], id.to_string());
    assert_eq!((&told["type"], &told["sentAs"]), (&json!("text"), &json!("text")));
}

#[test]
fn ap05_a_bot_says_so_and_the_agent_is_named() {
    let mut scene = Scene::new("");
    scene.through(three());
    scene.through(OutboundContent::Text { text: "four".to_owned() });
    for call in scene.calls() {
        let headers = call.message.headers();
        assert!(headers.contains(&("auto-reply", "true".to_owned())));
        assert!(headers.contains(&("msp-agent", "amb-msp".to_owned())));
    }
    let pointer = scene.send(three());
    scene.world.world().outbound.get_mut(&pointer).unwrap().agent = Some("Zoe".to_owned());
    scene.relay(&pointer);
    let last = scene.calls().pop().unwrap().message;
    assert!(last.headers().contains(&("msp-agent", "Zoe".to_owned())));
}

#[test]
fn ap32_a_part_is_tried_again_under_its_id_and_those_before_it_are_not() {
    let mut scene = Scene::new("");
    scene.apple([200, 503, 200, 429, 200]);
    let message = scene.through(three());
    assert_eq!(message.status, OutboundStatus::AcceptedByApple);
    assert_eq!(words(&scene), ["one", "two", "two", "three", "three"]);
    let calls = scene.calls();
    assert_eq!(calls[1].message, calls[2].message);
    assert_eq!(calls[3].message, calls[4].message);
}

#[test]
fn sc02_a_refused_part_is_named_in_the_event_and_nothing_follows_it() {
    let mut scene = Scene::new("");
    scene.apple([200, 400]);
    let message = scene.through(three());
    assert_eq!(message.status, failed(FailureCode::RefusedByApple, Some("part 2 of 3")));
    assert_eq!(words(&scene), ["one", "two"]);
    let told = scene.told(EventType::MessageFailed);
    assert_eq!(
        (&told["code"], &told["detail"]),
        (&json!("refused_by_apple"), &json!("part 2 of 3"))
    );
}

#[test]
fn a_customer_who_leaves_between_parts_gets_no_more() {
    let mut scene = Scene::new("");
    scene.apple([200, 429]);
    let pointer = scene.send(three());
    assert!(matches!(scene.relay(&pointer), Relayed::Again(_)));
    scene.change(|state| state.status = ConversationStatus::Closed);
    scene.relay(&pointer);
    let detail = Some("parts that Apple took before: 1");
    assert_eq!(scene.message(&pointer).status, failed(FailureCode::ConversationClosed, detail));
    assert_eq!(words(&scene), ["one", "two"]);

    let mut scene = Scene::new("");
    scene.apple([200, 410]);
    let message = scene.through(three());
    assert_eq!(message.status, failed(FailureCode::ConversationClosed, Some("part 2 of 3")));
    assert_eq!(scene.state().status, ConversationStatus::Closed);
}

#[test]
fn progress_that_cannot_be_written_is_written_again() {
    let mut scene = Scene::new("");
    let pointer = scene.send(three());
    // load, lease, keys, post, advance.
    scene.world.world().faults.at = Some((4, FaultMode::Refused));
    assert_eq!(scene.relay(&pointer), Relayed::Finished);
    assert_eq!(scene.world.world().faults.calls[4], "Outbox::advance");
    assert_eq!(words(&scene), ["one", "two", "three"]);
}

#[test]
fn f085_what_the_latest_device_can_show_is_sent() {
    let choices = || {
        let fallback = choice(ContentType::Text, vec![text("one"), text("two")]);
        let list = choice(ContentType::ListPicker, vec![list_picker("request-1", 100)]);
        OutboundContent::Choices { choices: vec![list, fallback] }
    };
    let mut scene = Scene::new("LIST");
    let pointer = scene.send(choices());
    scene.capabilities("QUICK");
    scene.relay(&pointer);
    let told = scene.told(EventType::MessageAccepted);
    assert_eq!((&told["type"], &told["sentAs"]), (&json!("listPicker"), &json!("text")));
    assert_eq!(told["fallbackUsed"], true);
    assert!(told.get("requestIdentifier").is_none());
    assert_eq!(words(&scene), ["one", "two"]);

    scene.capabilities("LIST");
    scene.through(choices());
    let told = scene.told(EventType::MessageAccepted);
    assert_eq!(
        (&told["sentAs"], &told["requestIdentifier"]),
        (&json!("listPicker"), &json!("request-1"))
    );
    assert!(told.get("fallbackUsed").is_none());
}

#[test]
fn f085_what_no_device_of_theirs_can_show_is_not_sent() {
    let mut scene = Scene::new("QUICK,TIME");
    let message = scene.through(only(ContentType::ListPicker, vec![list_picker("request-1", 100)]));
    assert_eq!(message.status, failed(FailureCode::NotShowable, None));
    assert!(scene.calls().is_empty());
    assert_eq!(scene.told(EventType::MessageFailed)["code"], "not_showable");
}

#[test]
fn a_choice_that_may_have_reached_the_customer_is_not_made_again() {
    let content = OutboundContent::Choices {
        choices: vec![
            choice(ContentType::ListPicker, vec![list_picker("request-1", 100)]),
            choice(ContentType::Text, vec![text("instead")]),
        ],
    };
    let mut scene = Scene::new("LIST");
    scene.world.world().far_side.apple_script.extend([Err(GatewayError::Unanswered), Ok(200)]);
    let pointer = scene.send(content.clone());
    scene.relay(&pointer);
    scene.capabilities("");
    scene.relay(&pointer);
    let calls = scene.calls();
    assert_eq!(calls[0].message, calls[1].message);

    // What surely has not may be: the device is another one now.
    let mut scene = Scene::new("LIST");
    scene.world.world().far_side.apple_script.extend([Err(GatewayError::NotSent), Ok(200)]);
    let pointer = scene.send(content);
    scene.relay(&pointer);
    scene.capabilities("");
    scene.relay(&pointer);
    assert_eq!(json_of(&scene.calls()[1].message)["body"], "instead");
}

#[test]
fn an_answer_finds_its_question() {
    let mut scene = Scene::new("LIST");
    let content = |request| only(ContentType::ListPicker, vec![list_picker(request, 100)]);
    let taken = scene.through(content("request-1"));
    scene.apple([400]);
    scene.through(content("request-2"));
    let state = scene.state();
    assert_eq!(state.asked("request-1"), Some(taken.pointer.message));
    assert_eq!(state.asked("request-2"), None, "Apple refused it");
}

#[test]
fn content_in_a_file_is_sent_as_it_was_stored() {
    let mut scene = Scene::new("LIST");
    let choices = vec![choice(ContentType::ListPicker, vec![list_picker("request-1", 100)])];
    let pointer = scene.send(three());
    let file = FileKey::outbound(&pointer.tenant, pointer.message);
    let stored = OutboundContent::Stored { kind: ContentType::ListPicker, file: file.clone() };
    let bytes = serde_json::to_vec(&choices).unwrap();
    {
        let mut world = scene.world.world();
        world.files.insert(file.clone(), bytes);
        world.outbound.get_mut(&pointer).unwrap().content = stored.clone();
        // The bucket does not answer at first.
        world.faults.at = Some((2, FaultMode::Refused));
    }
    assert!(matches!(scene.relay(&pointer), Relayed::Again(_)));
    assert_eq!(scene.world.world().faults.calls[2], "Files::file");
    assert_eq!(scene.relay(&pointer), Relayed::Finished);
    assert_eq!(scene.message(&pointer).status, OutboundStatus::AcceptedByApple);
    let body = body_of(&scene.calls()[0].message);
    assert_eq!(body, choices[0].parts[0].body);
}

#[test]
fn content_that_is_gone_or_damaged_is_told_as_lost() {
    for damage in [None, Some(b"{}".to_vec())] {
        let mut scene = Scene::new("");
        let pointer = scene.send(three());
        let file = FileKey::outbound(&pointer.tenant, pointer.message);
        if let Some(bytes) = damage {
            scene.world.world().files.insert(file.clone(), bytes);
        }
        let kind = ContentType::Form;
        scene.world.world().outbound.get_mut(&pointer).unwrap().content =
            OutboundContent::Stored { kind, file };
        scene.relay(&pointer);
        assert_eq!(scene.message(&pointer).status, failed(FailureCode::ContentLost, None));
        let told = scene.told(EventType::MessageFailed);
        assert_eq!((&told["type"], &told["code"]), (&json!("form"), &json!("content_lost")));
    }
}
