//! Messages that are more than a text: parts, files, pictures, names, App Clips.

use amb_protocol::{
    capability::Capability,
    compose::{Channel, ContentType, Draft, ImageSource, Need, PendingImage, Slot},
    id::{MessageId, RequestIdentifier},
};
use amb_service::{
    memory::{Memory, drive},
    model::{
        Choice, ConversationId, EventStream, FileKey, LaneEntry, OutboundContent, OutboundMessage,
        OutboundPointer, TimelineEntry, TimelineItem,
    },
    port::{Constructed, GatewayError, OutboundQueue, WebPage},
};
use serde_json::{Value, json};
use std::time::Duration;

use super::actors::{Actors, customer};

const PAGE: &str = "https://shop.example.com/desk";
const PICTURE: &str = "https://cdn.example.com/desk.gif";
const BID: &str = "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:\
    com.apple.icloud.apps.messages.business.extension";
/// One pixel.
const GIF: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\
    \x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";

pub(crate) fn three_parts(actors: &mut Actors) {
    commit(actors, 1, three());
    actors.relay();
    actors.deliver();
}

pub(crate) fn stumbles(actors: &mut Actors) {
    actors.world.world().far_side.apple_script.extend([
        Ok(429),
        Ok(200),
        Err(GatewayError::Unanswered),
        Err(GatewayError::NotSent),
        Ok(200),
        Ok(503),
    ]);
    commit(actors, 1, three());
    commit(actors, 2, OutboundContent::Text { text: "after the parts".to_owned() });
    for _ in 0..5 {
        actors.relay();
        actors.wait(Duration::from_secs(61));
    }
    actors.deliver();
}

pub(crate) fn refused(actors: &mut Actors) {
    actors.world.world().far_side.apple_script.extend([Ok(200), Ok(400)]);
    commit(actors, 1, three());
    commit(actors, 2, OutboundContent::Text { text: "after the parts".to_owned() });
    actors.relay();
    actors.deliver();
}

pub(crate) fn leaves(actors: &mut Actors) {
    actors.world.world().far_side.apple_script.extend([Ok(200), Ok(429)]);
    commit(actors, 1, three());
    actors.relay();
    actors.customer(0, 2, "close", &json!({}));
    actors.stream();
    actors.wait(Duration::from_secs(61));
    actors.relay();
    actors.deliver();
}

pub(crate) fn stored(actors: &mut Actors) {
    let OutboundContent::Choices { choices } = three() else { return };
    let message = message(1);
    let file = FileKey::outbound(&actors.tenants[0].0, message);
    let bytes = serde_json::to_vec(&choices).unwrap();
    actors.world.world().files.insert(file.clone(), bytes);
    commit(actors, 1, OutboundContent::Stored { kind: ContentType::Text, file });
    actors.relay();
    actors.deliver();
}

/// The customer changes the device while the answer to the first choice is out.
pub(crate) fn choices(actors: &mut Actors) {
    actors.world.world().far_side.apple_script.extend([Err(GatewayError::Unanswered)]);
    let choices = vec![
        Choice { kind: ContentType::ListPicker, parts: vec![list_picker("request-1", 100)] },
        Choice { kind: ContentType::Text, parts: vec![part("instead of a list")] },
    ];
    commit(actors, 1, OutboundContent::Choices { choices });
    actors.relay();
    for state in actors.world.world().conversations.values_mut() {
        state.capabilities.clear();
        state.revision += 1;
    }
    actors.wait(Duration::from_secs(61));
    actors.relay();
    actors.deliver();
}

pub(crate) fn pictures(actors: &mut Actors) {
    let html = format!("<title>Desk</title><meta property='og:image' content='{PICTURE}'>");
    page(&actors.world, PAGE, html.as_bytes());
    page(&actors.world, PICTURE, GIF);
    let mut picker = list_picker("request-1", 100);
    picker.body["interactiveData"]["data"]["images"] =
        json!([{ "identifier": "a", "data": "" }, { "identifier": "b", "data": "" }]);
    picker.body["interactiveData"]["receivedMessage"]["imageIdentifier"] = "a".into();
    picker.body["interactiveData"]["data"]["listPicker"]["sections"][0]["items"][0]["imageIdentifier"] =
        "b".into();
    let image = |at: usize, slot| {
        Need::Image(PendingImage {
            pointer: format!("/interactiveData/data/images/{at}/data"),
            origin: format!("/content/images/{at}/url"),
            slot,
            source: ImageSource::Url(PICTURE.to_owned()),
        })
    };
    picker.needs = vec![image(0, Slot::Icon), image(1, Slot::Small)];
    let body = json!({ "type": "richLink", "richLinkData": { "url": PAGE } });
    let link = draft(&body, vec![Need::Preview { url: PAGE.to_owned() }]);
    commit(actors, 1, only(ContentType::ListPicker, vec![picker, link]));
    actors.relay();
    actors.deliver();
}

/// The content is named, sent by its name, and sent whole when the name is refused.
pub(crate) fn by_name(actors: &mut Actors) {
    for number in 1..=3 {
        let picker = list_picker(&format!("request-{number}"), 12_000);
        commit(actors, number, only(ContentType::ListPicker, vec![picker]));
    }
    actors.world.world().far_side.apple_script.extend([Ok(200), Ok(200), Ok(400), Ok(200)]);
    actors.relay();
    actors.deliver();
}

pub(crate) fn app_clip(actors: &mut Actors) {
    page(&actors.world, PAGE, b"<title>Desk</title>");
    let reference = json!({ "title": "Desk", "url": "https://p00.example.com/M5" });
    let made = Constructed::Reference(reference.as_object().unwrap().clone());
    actors.world.world().far_side.app_clip_script.push_back(Ok(made));
    let body = json!({ "type": "richLink", "richLinkData": { "url": PAGE } });
    let clip = || {
        let need = Need::AppClip { url: PAGE.to_owned(), store_region: "US".to_owned() };
        only(ContentType::AppClip, vec![draft(&body, vec![need])])
    };
    commit(actors, 1, clip());
    // Of the second Apple makes none.
    commit(actors, 2, clip());
    actors.relay();
    actors.deliver();
}

/// A message is committed and on the queue; how it got there is another scenario's.
fn commit(actors: &mut Actors, number: u32, content: OutboundContent) {
    let (tenant, business) = actors.tenants[0].clone();
    let conversation = ConversationId::of(&business, &customer());
    let pointer = OutboundPointer { tenant, conversation, message: message(number) };
    let mut world = actors.world.world();
    let now = world.now;
    let key = (pointer.tenant.clone(), pointer.conversation.clone());
    let state = world.conversations.get_mut(&key).unwrap();
    state.revision += 1;
    state.lane.push(LaneEntry { message: pointer.message });
    let seq = state.next_seq();
    let entry = TimelineEntry {
        seq,
        at: now,
        item: TimelineItem::Sent { message: pointer.message },
        context: state.context(),
    };
    let stream = EventStream::Conversation(pointer.conversation.clone());
    world.timeline.insert((pointer.tenant.clone(), stream, seq), entry);
    let outbound = OutboundMessage {
        bot: true,
        ..OutboundMessage::queued(pointer.clone(), business, customer(), content, now)
    };
    world.outbound.insert(pointer.clone(), outbound);
    drop(world);
    let _left_to_the_sweep = drive(actors.world.enqueue_outbound(&pointer, "first"));
}

fn message(number: u32) -> MessageId {
    MessageId::parse(&format!("9c2e6a10-1f00-4f6e-8a01-{number:012}")).unwrap()
}

fn page(world: &Memory, url: &str, bytes: &[u8]) {
    let content_type = Some("text/html".to_owned());
    let page = WebPage { url: url.to_owned(), content_type, bytes: bytes.to_vec() };
    world.world().far_side.web.insert(url.to_owned(), Ok(page));
}

fn draft(body: &Value, needs: Vec<Need>) -> Draft {
    Draft {
        body: body.as_object().unwrap().clone(),
        channel: Channel::Message,
        requires: None,
        request_identifier: None,
        drawn: false,
        pack: String::new(),
        needs,
    }
}

fn part(words: &str) -> Draft {
    draft(&json!({ "type": "text", "body": words }), Vec::new())
}

fn only(kind: ContentType, parts: Vec<Draft>) -> OutboundContent {
    OutboundContent::Choices { choices: vec![Choice { kind, parts }] }
}

fn three() -> OutboundContent {
    only(ContentType::Text, ["the first part", "the second", "the third"].map(part).to_vec())
}

fn list_picker(request: &str, bytes: usize) -> Draft {
    let item = json!({ "identifier": "1", "title": "x".repeat(bytes), "order": 0 });
    let section = json!({ "title": "Desks", "order": 0, "items": [item] });
    let data = json!({
        "version": "1.0",
        "requestIdentifier": request,
        "listPicker": { "sections": [section] },
    });
    let received = json!({ "title": "Choose a desk" });
    let interactive = json!({ "bid": BID, "data": data, "receivedMessage": received });
    Draft {
        requires: Some(Capability::List),
        request_identifier: RequestIdentifier::parse(request).ok(),
        drawn: true,
        ..draft(&json!({ "type": "interactive", "interactiveData": interactive }), Vec::new())
    }
}
