//! Pictures and previews on their way.

use amb_protocol::compose::{ContentType, ImageSource, Need, PendingImage, Slot};
use amb_service::{
    model::{EventType, FailureCode, OutboundContent, OutboundStatus},
    port::{GatewayError, WebFault},
    relay::Relayed,
};
use serde_json::json;

use super::scene::{PAGE, PICTURE, PNG, Scene, draft, json_of, list_picker, only, text};

fn pictured() -> OutboundContent {
    let mut picker = list_picker("request-1", 100);
    let images = json!([{ "identifier": "desk", "data": "" }]);
    picker.body["interactiveData"]["data"]["images"] = images;
    picker.body["interactiveData"]["receivedMessage"]["imageIdentifier"] = "desk".into();
    picker.needs = vec![Need::Image(PendingImage {
        pointer: "/interactiveData/data/images/0/data".to_owned(),
        origin: "/content/images/0/url".to_owned(),
        slot: Slot::Icon,
        source: ImageSource::Url(PICTURE.to_owned()),
    })];
    only(ContentType::ListPicker, vec![picker])
}

#[test]
fn a_picture_is_in_the_message_when_it_leaves() {
    let mut scene = Scene::new("LIST");
    scene.page(PICTURE, "image/png", PNG);
    let message = scene.through(pictured());
    assert_eq!(message.status, OutboundStatus::AcceptedByApple);
    let sent = json_of(&scene.calls()[0].message);
    let data = sent["interactiveData"]["data"]["images"][0]["data"].as_str().unwrap();
    assert!(data.starts_with("iVBORw0KGgo"), "{data}");
}

#[test]
fn a_picture_that_cannot_be_used_is_told_with_its_place() {
    let mut scene = Scene::new("LIST");
    let message = scene.through(pictured());
    let OutboundStatus::Failed { code, detail } = &message.status else { panic!() };
    assert_eq!(*code, FailureCode::ImageUnusable);
    assert_eq!(detail.as_deref(), Some("/content/images/0/url: the URL answered 404"));
    assert!(scene.calls().is_empty());
    assert_eq!(scene.told(EventType::MessageFailed)["code"], "image_unusable");
}

#[test]
fn a_picture_that_is_slow_to_come_is_waited_for_and_not_for_ever() {
    let mut scene = Scene::new("LIST");
    scene.world.world().far_side.web.insert(PICTURE.to_owned(), Err(WebFault::Status(503)));
    let pointer = scene.send(pictured());
    assert!(matches!(scene.relay(&pointer), Relayed::Again(_)));
    scene.page(PICTURE, "image/png", PNG);
    assert_eq!(scene.relay(&pointer), Relayed::Finished);
    assert_eq!(scene.message(&pointer).status, OutboundStatus::AcceptedByApple);

    let mut scene = Scene::new("LIST");
    scene.world.world().far_side.web.insert(PICTURE.to_owned(), Err(WebFault::Unreachable));
    let message = scene.through(pictured());
    let OutboundStatus::Failed { code, .. } = message.status else { panic!() };
    assert_eq!((code, message.attempts), (FailureCode::ImageUnusable, 6));
}

#[test]
fn a_message_that_may_be_there_already_does_not_fail_over_its_pictures() {
    let mut scene = Scene::new("LIST");
    scene.page(PICTURE, "image/png", PNG);
    scene.world.world().far_side.apple_script.push_back(Err(GatewayError::Unanswered));
    let pointer = scene.send(pictured());
    assert!(matches!(scene.relay(&pointer), Relayed::Again(_)));
    scene.page(PICTURE, "text/html", b"<html>");
    assert_eq!(scene.relay(&pointer), Relayed::Finished);
    assert_eq!(scene.message(&pointer).status, OutboundStatus::Unknown);
    assert_eq!(scene.told(EventType::MessageFailed)["status"], "unknown");
}

#[test]
fn ap12_several_links_keep_their_order_among_the_words() {
    let link = |url: &str| {
        let body = json!({ "type": "richLink", "richLinkData": { "url": url } });
        draft(&body, vec![Need::Preview { url: url.to_owned() }])
    };
    let mut scene = Scene::new("");
    let html = format!("<title>Desk</title><meta property='og:image' content='{PICTURE}'>");
    scene.page(PAGE, "text/html", html.as_bytes());
    scene.page(PICTURE, "image/png", PNG);
    let other = "https://other.example.com/";
    let parts = vec![text("Look:"), link(PAGE), text("and"), link(other)];
    let message = scene.through(only(ContentType::Text, parts));
    assert_eq!(message.status, OutboundStatus::AcceptedByApple);
    let sent: Vec<_> = scene.calls().iter().map(|call| json_of(&call.message)).collect();
    let kinds: Vec<_> = sent.iter().map(|sent| sent["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["text", "richLink", "text", "richLink"]);
    assert_eq!(sent[1]["richLinkData"]["title"], "Desk");
    assert!(sent[1]["richLinkData"]["assets"]["image"]["data"].is_string());
    let plain = json!({ "url": other, "title": "other.example.com", "assets": {} });
    assert_eq!(sent[3]["richLinkData"], plain);
}
