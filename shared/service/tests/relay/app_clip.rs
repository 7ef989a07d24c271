//! App Clips: Apple makes the link.

use amb_protocol::{
    compose::{ContentType, Need},
    gateway::GatewayStatus,
    jwt::ApiSecret,
};
use amb_service::{
    memory::drive,
    model::{EventType, OutboundContent, OutboundStatus},
    port::{AppleKeySet, Constructed, GatewayAnswer, GatewayError},
    relay::Relayed,
};
use serde_json::json;
use std::time::Duration;

use super::scene::{PAGE, Scene, draft, json_of, only};

fn clip() -> OutboundContent {
    let body = json!({ "type": "richLink", "richLinkData": { "url": PAGE } });
    let need = Need::AppClip { url: PAGE.to_owned(), store_region: "DE".to_owned() };
    only(ContentType::AppClip, vec![draft(&body, vec![need])])
}

fn reference() -> Constructed {
    let reference = json!({ "title": "Desk", "url": "https://p00.example.com/M5", "size": 35_120 });
    Constructed::Reference(reference.as_object().unwrap().clone())
}

fn not(status: GatewayStatus) -> Constructed {
    let answer = GatewayAnswer { status, retry_after: None, detail: None, data_ref: None };
    Constructed::Not(answer)
}

fn constructed(scene: &Scene) -> usize {
    let world = scene.world.world();
    world.faults.calls.iter().filter(|call| **call == "Gateway::construct_payload").count()
}

#[test]
fn sc18_an_app_clip_goes_as_the_reference_that_apple_made() {
    let mut scene = Scene::new("");
    scene.world.world().far_side.app_clip_script.push_back(Ok(reference()));
    let message = scene.through(clip());
    assert_eq!(message.status, OutboundStatus::AcceptedByApple);
    let sent = json_of(&scene.calls()[0].message);
    assert_eq!((&sent["type"], &sent["body"]), (&json!("richLink"), &json!(PAGE)));
    assert_eq!(sent["richLinkDataRef"]["size"], 35_120);
    assert!(sent.get("richLinkData").is_none());
    let told = scene.told(EventType::MessageAccepted);
    assert_eq!((&told["type"], &told["sentAs"]), (&json!("appClip"), &json!("appClip")));
}

#[test]
fn sc18_a_page_without_an_app_clip_goes_as_a_rich_link() {
    let mut scene = Scene::new("");
    scene.page(PAGE, "text/html", b"<title>Desk</title>");
    scene.through(clip());
    let sent = json_of(&scene.calls()[0].message);
    assert_eq!(sent["richLinkData"], json!({ "url": PAGE, "title": "Desk", "assets": {} }));
    assert!(sent.get("richLinkDataRef").is_none());
    let told = scene.told(EventType::MessageAccepted);
    assert_eq!((&told["type"], &told["sentAs"]), (&json!("appClip"), &json!("richLink")));
}

#[test]
fn an_app_clip_that_apple_cannot_make_now_is_asked_for_again() {
    let mut scene = Scene::new("");
    scene.world.world().far_side.app_clip_script.extend([
        Ok(not(GatewayStatus::ServerError)),
        Err(GatewayError::Unanswered),
        Ok(not(GatewayStatus::Throttled)),
        Ok(reference()),
    ]);
    let pointer = scene.send(clip());
    for _ in 0..3 {
        assert!(matches!(scene.relay(&pointer), Relayed::Again(_)));
        assert!(!scene.message(&pointer).outcome_unknown, "Apple has no message of it");
    }
    assert_eq!(scene.relay(&pointer), Relayed::Finished);
    assert_eq!((constructed(&scene), scene.calls().len()), (4, 1));
}

#[test]
fn f078_a_key_that_apple_refuses_is_looked_up_once_more_for_an_app_clip_too() {
    let mut scene = Scene::new("");
    let relay = scene.worker();
    let run = |pointer| drive(relay.relay(&pointer)).unwrap().unwrap();
    scene.world.world().far_side.app_clip_script.push_back(Ok(reference()));
    assert_eq!(run(scene.send(clip())), Relayed::Finished);

    let other = ApiSecret::from_base64("AAFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=").unwrap();
    {
        let mut world = scene.world.world();
        world.now += Duration::from_secs(60);
        world.apple_keys = AppleKeySet { current: Some(other.clone()), ..AppleKeySet::default() };
        let script = [Ok(not(GatewayStatus::Unauthorized)), Ok(reference())];
        world.far_side.app_clip_script.extend(script);
    }
    assert_eq!(run(scene.send(clip())), Relayed::Finished);
    assert_eq!(constructed(&scene), 3);
    assert_eq!(scene.calls().last().unwrap().key, other.fingerprint());
}
