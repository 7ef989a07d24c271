//! What lies in Apple's content store: answers by reference, customers' files, files for customers.

use amb_protocol::{attachment::AttachmentKey, id::OpaqueId};
use amb_service::{
    memory::{Download, WebDownload},
    model::{DownloadId, FileKey, Payload, PayloadPlace, PayloadPointer, PayloadSource, UploadId},
    port::{ContentError, PayloadQueue, WebPage},
};
use serde_json::{Value, json};
use std::time::Duration;

use super::{
    actors::{Actors, PART},
    scenarios::REQUEST,
};

const BID: &str = "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:\
    com.apple.icloud.apps.messages.business.extension";
const TERMS: &str = "https://shop.example.com/files/terms.pdf";
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n";
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

pub(crate) fn reply(actors: &mut Actors) {
    let large = large_reply(actors, "M1");
    actors.customer(0, 2, "interactive", &large);
    actors.stream();
    actors.fetch();
    actors.deliver();
}

pub(crate) fn links_die_twice(actors: &mut Actors) {
    let gone = Download::Fails(ContentError::Gone(403));
    actors.world.world().far_side.content.download_script.extend([gone, gone]);
    reply(actors);
    fetch_often(actors);
}

pub(crate) fn links_die(actors: &mut Actors) {
    let large = large_reply(actors, "M1");
    for content in actors.world.world().far_side.content.contents.values_mut() {
        content.dead = true;
    }
    actors.customer(0, 2, "interactive", &large);
    actors.stream();
    fetch_often(actors);
}

pub(crate) fn undecodable(actors: &mut Actors) {
    let large = large_reply(actors, "M1");
    actors.world.world().far_side.content.decoded.clear();
    actors.customer(0, 2, "interactive", &large);
    actors.stream();
    fetch_often(actors);
}

/// What comes after an answer that is being fetched waits where order was asked for.
pub(crate) fn text_behind(actors: &mut Actors) {
    let large = large_reply(actors, "M1");
    actors.customer(0, 2, "interactive", &large);
    actors.customer(0, 3, "text", &json!({ "body": "did you get it?" }));
    actors.stream();
    actors.deliver();
    actors.wait(Duration::from_secs(20));
    actors.fetch();
    actors.deliver();
}

/// The same answer by reference and in the message, and another time by reference.
pub(crate) fn twice(actors: &mut Actors) {
    let large = large_reply(actors, "M1");
    let again = large_reply(actors, "M2");
    actors.customer(0, 2, "interactive", &large);
    actors.customer(0, 3, "interactive", &json!({ "interactiveData": answer() }));
    actors.customer(0, 4, "interactive", &again);
    actors.stream();
    actors.fetch();
    actors.deliver();
}

/// The customer leaves while the answer is being fetched.
pub(crate) fn leaves(actors: &mut Actors) {
    let large = large_reply(actors, "M1");
    actors.customer(0, 2, "interactive", &large);
    actors.customer(0, 3, "close", &json!({}));
    actors.stream();
    actors.fetch();
    actors.deliver();
}

/// The key was rotated; Apple does not decode at first.
pub(crate) fn stumbles(actors: &mut Actors) {
    {
        let content = &mut actors.world.world().far_side.content;
        content.pre_download_script.push_back(Err(ContentError::Unauthorized));
        content.decode_script.push_back(Err(ContentError::Unavailable));
    }
    reply(actors);
    fetch_often(actors);
}

pub(crate) fn file(actors: &mut Actors) {
    let entry = attachment(actors, "M1", PNG, "photo.png", "image/png");
    actors.customer(0, 2, "text", &json!({ "body": "Look \u{fffc}", "attachments": [entry] }));
    actors.stream();
    actors.fetch();
    actors.deliver();
}

/// A file of a part and a bit, of which an attempt gets no more than a part.
pub(crate) fn interrupted(actors: &mut Actors) {
    let entry = attachment(actors, "M1", &large_file(), "film.mov", "video/quicktime");
    let pace = Duration::from_secs(30);
    for content in actors.world.world().far_side.content.contents.values_mut() {
        content.pace = pace;
    }
    actors.world.world().piece = PART / 2;
    actors.attempt = 3 * pace;
    actors.customer(0, 2, "text", &json!({ "body": "\u{fffc}", "attachments": [entry] }));
    actors.stream();
    fetch_often(actors);
}

/// The same, from a server that takes no ranges and breaks off once.
pub(crate) fn broken_off(actors: &mut Actors) {
    let entry = attachment(actors, "M1", &large_file(), "film.mov", "video/quicktime");
    {
        let mut world = actors.world.world();
        world.piece = PART;
        let content = &mut world.far_side.content;
        content.contents.values_mut().for_each(|content| content.takes_ranges = false);
        let broken = Download::StopsAt(PART + 5, ContentError::BrokenOff);
        content.download_script.push_back(broken);
    }
    actors.customer(0, 2, "text", &json!({ "body": "\u{fffc}", "attachments": [entry] }));
    actors.stream();
    fetch_often(actors);
}

/// Two files of one content, one that lies, one that is empty, one that cannot be had.
pub(crate) fn several(actors: &mut Actors) {
    let mut entries = vec![
        attachment(actors, "M1", PNG, "one.png", "image/png"),
        attachment(actors, "M2", PNG, "two.png", "image/png"),
        attachment(actors, "M3", PDF, "three.png", "image/png"),
        attachment(actors, "M4", b"", "four.txt", "text/plain"),
        attachment(actors, "M5", PDF, "five.pdf", "application/pdf"),
    ];
    entries[4]["size"] = json!(PDF.len() + 1);
    let body = "\u{fffc}".repeat(entries.len());
    actors.customer(0, 2, "text", &json!({ "body": body, "attachments": entries }));
    actors.stream();
    fetch_often(actors);
}

/// A file of the business's goes to Apple, then the message.
pub(crate) fn upload(actors: &mut Actors) {
    let content = uploaded(actors, "Your terms: \u{fffc}");
    actors.business_sends(0, "first", &content);
    relay_and_fetch(actors);
}

/// Apple takes the file at the second time.
pub(crate) fn upload_stumbles(actors: &mut Actors) {
    actors
        .world
        .world()
        .far_side
        .content
        .upload_script
        .extend([Err(ContentError::BrokenOff), Err(ContentError::Unavailable)]);
    let content = uploaded(actors, "Your terms: \u{fffc}");
    actors.business_sends(0, "first", &content);
    actors.business(0, "second", "Do you agree?");
    relay_and_fetch(actors);
}

/// Apple takes no file: the message is not sent, and what comes after it is.
pub(crate) fn upload_fails(actors: &mut Actors) {
    let broken = [ContentError::BrokenOff, ContentError::BrokenOff, ContentError::Refused(400)];
    actors.world.world().far_side.content.upload_script.extend(broken.map(Err));
    let content = uploaded(actors, "Your terms: \u{fffc}");
    actors.business_sends(0, "first", &content);
    actors.business(0, "second", "Do you agree?");
    relay_and_fetch(actors);
}

/// The same upload, to a second customer: Apple has it.
pub(crate) fn upload_again(actors: &mut Actors) {
    let content = uploaded(actors, "Your terms: \u{fffc}");
    actors.business_sends(0, "first", &content);
    relay_and_fetch(actors);
    actors.customer = other_customer();
    let content = uploaded(actors, "And yours: \u{fffc}");
    actors.business_sends(0, "second", &content);
    actors.relay();
    actors.deliver();
}

/// A file from the web that breaks off once, and an upload beside it.
pub(crate) fn from_the_web(actors: &mut Actors) {
    let bytes = [PDF, b"from the web"].concat();
    actors.files.push(bytes.clone());
    {
        let mut world = actors.world.world();
        let page = WebPage {
            url: TERMS.to_owned(),
            content_type: Some("application/pdf".to_owned()),
            bytes,
        };
        world.far_side.web.insert(TERMS.to_owned(), Ok(page));
        world.far_side.web_file_script.extend([WebDownload::StopsAt(5), WebDownload::Unsaid]);
    }
    let mut content = uploaded(actors, "\u{fffc} and \u{fffc}");
    content["attachments"].as_array_mut().unwrap().push(json!({ "url": TERMS }));
    actors.business_sends(0, "first", &content);
    relay_and_fetch(actors);
}

/// A business asks for a reference itself.
pub(crate) fn download(actors: &mut Actors) {
    let large = large_reply(actors, "M1");
    let (tenant, business) = actors.tenants[0].clone();
    let place = PayloadPlace::Download(DownloadId::draw(&actors.world));
    let pointer = PayloadPointer { tenant, place };
    let source = PayloadSource::Reference(large["interactiveDataRef"].to_string());
    let payload = {
        let mut world = actors.world.world();
        let payload = Payload::pending(pointer.clone(), business, source, world.now);
        world.payloads.insert(pointer.clone(), payload.clone());
        payload
    };
    let _left_to_the_sweep =
        amb_service::memory::drive(actors.world.enqueue_payload(&payload.pointer, Duration::ZERO));
    fetch_often(actors);
}

/// The stream and the queue of payloads are lost.
pub(crate) fn lost(actors: &mut Actors) {
    let entry = attachment(actors, "M1", PNG, "photo.png", "image/png");
    let large = large_reply(actors, "M2");
    actors.customer(0, 2, "text", &json!({ "body": "\u{fffc}", "attachments": [entry] }));
    actors.customer(0, 3, "interactive", &large);
    actors.world.world().stream.clear();
    for _ in 0..4 {
        actors.wait(Duration::from_secs(61));
        actors.sweep();
    }
    actors.world.world().payload_queue.purge();
    actors.world.world().delivery_queue.purge();
    for _ in 0..4 {
        actors.wait(Duration::from_secs(61));
        actors.sweep();
    }
    actors.fetch();
    actors.deliver();
}

/// Two customers know the business.
pub(crate) fn two_customers(actors: &mut Actors) {
    let tenant = actors.tenant();
    actors.endpoint(tenant, false);
    actors.customer(0, 1, "text", &json!({ "body": "hello" }));
    let first = std::mem::replace(&mut actors.customer, other_customer());
    actors.customer(0, 101, "text", &json!({ "body": "hello" }));
    actors.customer = first;
    actors.recover();
}

fn fetch_often(actors: &mut Actors) {
    for _ in 0..4 {
        actors.fetch();
        actors.deliver();
        actors.wait(Duration::from_secs(5));
    }
    actors.fetch();
    actors.deliver();
}

fn relay_and_fetch(actors: &mut Actors) {
    for _ in 0..4 {
        actors.relay();
        actors.fetch();
        actors.wait(Duration::from_secs(6));
    }
    actors.relay();
    actors.deliver();
}

fn answer() -> Value {
    json!({ "bid": BID, "data": {
        "version": "1",
        "requestIdentifier": REQUEST,
        "listPicker": { "sections": [{ "items": [{ "identifier": "d2" }] }, { "items": [] }] },
        "images": [{ "identifier": "img1", "data": "x".repeat(2_000) }],
    }})
}

/// An answer to the question, left with Apple under this name.
fn large_reply(actors: &mut Actors, name: &str) -> Value {
    let plain = format!("archive of {name}").into_bytes();
    let left = actors.world.leave_with_apple(name, &plain, &key(name));
    let decoded = serde_json::to_vec(&answer()).unwrap();
    actors.world.world().far_side.content.decoded.insert(plain, decoded);
    json!({ "interactiveDataRef": left.reference(BID) })
}

fn attachment(actors: &Actors, name: &str, plain: &[u8], called: &str, mime_type: &str) -> Value {
    actors.world.leave_with_apple(name, plain, &key(name)).attachment(called, mime_type)
}

/// Another key for each name.
fn key(name: &str) -> AttachmentKey {
    let mut bytes = [0x42; 32];
    for (to, from) in bytes.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    AttachmentKey::from_bytes(bytes)
}

fn large_file() -> Vec<u8> {
    let mut film = b"\0\0\0\x14ftypqt  \0\0\0\0qt  ".to_vec();
    film.resize(PART + 1_003, 0x5c);
    film
}

/// The content of a text with an upload.
fn uploaded(actors: &mut Actors, text: &str) -> Value {
    const UPLOAD: &str = "upl_abcdefghijklmnopqrstuvwx2a";
    let upload = UploadId::parse(UPLOAD).unwrap();
    let file = FileKey::upload(&actors.tenants[0].0, &upload);
    let bytes = [PDF, b"uploaded"].concat();
    actors.files.push(bytes.clone());
    actors.world.world().files.insert(file, bytes);
    json!({ "text": text, "attachments": [{ "uploadId": UPLOAD, "name": "terms.pdf" }] })
}

fn other_customer() -> OpaqueId {
    OpaqueId::parse("urn:mbid:AQAAY2madeUpOpaque02=").unwrap()
}
