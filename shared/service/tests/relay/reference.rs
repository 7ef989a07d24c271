//! Large content is sent once, and by Apple's name for it from then on.

use amb_protocol::compose::{ContentType, Draft};
use amb_service::{
    memory::FaultMode,
    model::{EventType, FailureCode, OutboundContent, OutboundStatus},
    port::GatewayError,
};
use serde_json::{Value, json};
use std::time::Duration;

use super::scene::{Scene, body_of, json_of, list_picker, only};

const LARGE: usize = 12_000;

fn picker(request: &str) -> OutboundContent {
    only(ContentType::ListPicker, vec![list_picker(request, LARGE)])
}

fn own(request: &str) -> OutboundContent {
    only(ContentType::ListPicker, vec![Draft { drawn: false, ..list_picker(request, LARGE) }])
}

/// How each message went: whole, whole and asking for a name, or by name.
fn ways(scene: &Scene) -> Vec<&'static str> {
    let way = |call: &amb_service::memory::AppleCall| {
        let body = body_of(&call.message);
        match (body.contains_key("interactiveDataRef"), call.message.include_data_ref) {
            (true, false) if !body.contains_key("interactiveData") => "name",
            (false, true) => "asking",
            (false, false) => "whole",
            _ => "both",
        }
    };
    scene.calls().iter().map(way).collect()
}

fn kept(scene: &Scene) -> usize {
    scene.world.world().data_refs.len()
}

#[test]
fn ap29_ap08_the_same_large_content_is_sent_by_name_until_the_name_runs_out() {
    let mut scene = Scene::new("LIST");
    let first = scene.through(picker("request-1"));
    let data_ref = scene.world.world().data_refs.values().next().unwrap().clone();
    assert_eq!(data_ref.expires_at, scene.world.world().now + Duration::from_secs(2_588_400));
    let second = scene.through(picker("request-2"));
    assert_eq!(ways(&scene), ["asking", "name"]);
    let sent = json_of(&scene.calls()[1].message);
    assert_eq!(sent["type"], "interactive");
    assert_eq!(sent["interactiveDataRef"], Value::Object(data_ref.reference));
    // The identifier inside is the one that it was first sent with.
    let told = scene.told(EventType::MessageAccepted);
    assert_eq!(told["messageId"], second.pointer.message.to_string());
    assert_eq!(told["requestIdentifier"], "request-1");
    assert_eq!(scene.state().asked("request-1"), Some(second.pointer.message));
    assert_eq!(first.progress.request_identifier, second.progress.request_identifier);

    scene.world.world().now = data_ref.expires_at;
    scene.through(picker("request-3"));
    scene.through(picker("request-4"));
    assert_eq!(ways(&scene)[2..], ["asking", "name"]);
    assert_eq!(scene.told(EventType::MessageAccepted)["requestIdentifier"], "request-3");
    assert_eq!(kept(&scene), 1, "the later one took its place");
}

#[test]
fn ap29_an_identifier_of_the_businesss_own_is_part_of_the_content() {
    let mut scene = Scene::new("LIST");
    for request in ["order-1", "order-2", "order-1"] {
        scene.through(own(request));
    }
    assert_eq!(ways(&scene), ["asking", "asking", "name"]);
    assert_eq!(scene.told(EventType::MessageAccepted)["requestIdentifier"], "order-1");
}

#[test]
fn ap29_small_content_and_what_is_for_once_goes_whole() {
    let mut scene = Scene::new("LIST");
    let with = |change: fn(&mut Draft)| {
        let mut draft = list_picker("request-1", LARGE);
        change(&mut draft);
        only(ContentType::Raw, vec![draft])
    };
    scene.through(only(ContentType::ListPicker, vec![list_picker("request-1", 5_000)]));
    scene.through(with(|draft| draft.body["interactiveData"]["data"]["payment"] = json!({})));
    scene.through(with(|draft| draft.body["interactiveData"]["data"]["authenticate"] = json!({})));
    scene.through(with(|draft| draft.channel = amb_protocol::compose::Channel::Notification));
    assert_eq!(ways(&scene), ["whole"; 4]);
    assert_eq!(kept(&scene), 0);
}

#[test]
fn ap29_content_of_more_than_ten_kilobytes_is_large() {
    let mut scene = Scene::new("LIST");
    let mut draft = list_picker("request-1", 4);
    let text = |draft: &Draft| draft.body["interactiveData"].to_string().len();
    let missing = 10_240 - text(&draft);
    let title = "é".repeat(missing / 2) + &"x".repeat(missing % 2 + "Choose a desk".len());
    draft.body["interactiveData"]["receivedMessage"]["title"] = title.into();
    assert_eq!(text(&draft), 10_240);
    scene.through(only(ContentType::ListPicker, vec![draft.clone()]));
    let title = draft.body["interactiveData"]["receivedMessage"]["title"].take();
    let title = format!("{}x", title.as_str().unwrap());
    draft.body["interactiveData"]["receivedMessage"]["title"] = title.into();
    scene.through(only(ContentType::ListPicker, vec![draft]));
    assert_eq!(ways(&scene), ["whole", "asking"]);
}

#[test]
fn a_name_that_apple_does_not_take_is_replaced_by_the_content_once() {
    for refusal in [400, 404] {
        let mut scene = Scene::new("LIST");
        scene.through(picker("request-1"));
        scene.apple([refusal]);
        let message = scene.through(picker("request-2"));
        assert_eq!(message.status, OutboundStatus::AcceptedByApple);
        assert_eq!(ways(&scene), ["asking", "name", "asking"]);
        let calls = scene.calls();
        assert_eq!(calls[1].message.id, calls[2].message.id);
        let told = scene.told(EventType::MessageAccepted);
        assert_eq!(told["requestIdentifier"], "request-2");
        scene.through(picker("request-3"));
        assert_eq!(ways(&scene)[3..], ["name"]);
        assert_eq!(scene.told(EventType::MessageAccepted)["requestIdentifier"], "request-2");
    }
}

#[test]
fn a_message_that_is_refused_whole_as_well_is_refused() {
    let mut scene = Scene::new("LIST");
    scene.through(picker("request-1"));
    scene.apple([404, 404]);
    let message = scene.through(picker("request-2"));
    let code = FailureCode::UnknownDestination;
    assert_eq!(message.status, OutboundStatus::Failed { code, detail: None });
    scene.through(picker("request-3"));
    assert_eq!(ways(&scene), ["asking", "name", "asking", "name"], "the name was not at fault");
}

#[test]
fn what_may_have_gone_whole_goes_whole_again() {
    let mut scene = Scene::new("LIST");
    scene.world.world().far_side.apple_script.push_back(Err(GatewayError::Unanswered));
    let pointer = scene.send(picker("request-1"));
    scene.relay(&pointer);
    // Another conversation's message names the content meanwhile.
    let other = scene.world.clone();
    {
        let mut elsewhere = Scene::new("LIST");
        elsewhere.through(picker("request-9"));
        let kept = elsewhere.world.world().data_refs.clone();
        let tenant = pointer.tenant.clone();
        let mut world = other.world();
        for ((_, business, hash), mut data_ref) in kept {
            data_ref.tenant = tenant.clone();
            world.data_refs.insert((tenant.clone(), business, hash), data_ref);
        }
    }
    scene.relay(&pointer);
    assert_eq!(ways(&scene), ["asking", "asking"]);
    assert_eq!(scene.told(EventType::MessageAccepted)["requestIdentifier"], "request-1");
}

#[test]
fn the_message_does_not_depend_on_its_name() {
    // load, lease, look-up of the name, keys, post, and at the very end the keeping.
    for (at, port) in [(2, "DataRefs::data_ref"), (8, "DataRefs::keep_data_ref")] {
        let mut scene = Scene::new("LIST");
        scene.world.world().faults.at = Some((at, FaultMode::Refused));
        let message = scene.through(picker("request-1"));
        assert_eq!(message.status, OutboundStatus::AcceptedByApple, "{port}");
        assert_eq!(scene.world.world().faults.calls[at], port);
    }
}
