//! Files that go with a message: waited for, brought, named, named again.

use amb_protocol::{
    attachment::AttachmentKey,
    compose::{ATTACHMENT_PLACE, ContentType, Draft, FileSource, PendingFile, Text},
    rules::RulePack,
};
use amb_service::{
    memory::{WebDownload, drive},
    model::{
        EventType, FailureCode, FileKey, OutboundContent, OutboundMessage, OutboundPointer,
        OutboundStatus, PayloadStatus, UploadId,
    },
    payload::{Fetch, Fetched},
    port::{ContentError, WebFault, WebPage},
    relay::Relayed,
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::time::Duration;

use super::scene::{PNG, Scene, draft, json_of, only, text};

pub(crate) const ORIGIN: &str = "/content/attachments/0/uploadId";
const URL: &str = "https://shop.example.com/files/terms.pdf";
pub(crate) const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n";

/// A file that the business uploaded.
pub(crate) fn uploaded(scene: &Scene, bytes: &[u8]) -> PendingFile {
    let id = UploadId::draw(&scene.world);
    let key = FileKey::upload(scene.tenant(), &id);
    scene.world.world().files.insert(key, bytes.to_vec());
    file(FileSource::Upload(id.to_string()))
}

pub(crate) fn file(source: FileSource) -> PendingFile {
    PendingFile { index: 0, origin: ORIGIN.to_owned(), source, name: None, mime_type: None }
}

fn linked(url: &str) -> PendingFile {
    file(FileSource::Url(url.to_owned()))
}

fn part(words: &str, files: Vec<PendingFile>) -> Draft {
    let files = (0..).zip(files).map(|(index, file)| PendingFile { index, ..file }).collect();
    Text { words: words.to_owned(), files }.draft(RulePack::latest())
}

pub(crate) fn with(file: PendingFile) -> OutboundContent {
    only(ContentType::Text, vec![part("Your terms \u{fffc}", vec![file])])
}

impl Scene {
    /// Whoever fetches payloads works until nothing is due.
    pub(crate) fn fetch(&self) -> Vec<Fetched> {
        let w = || self.world.clone();
        let fetch = Fetch::new(w(), w(), w(), w(), w(), w(), w());
        let mut fetched = Vec::new();
        loop {
            let received = {
                let mut world = self.world.world();
                let now = world.now;
                world.payload_queue.receive(now, Duration::from_secs(900))
            };
            let Some(received) = received else { return fetched };
            let until = self.world.world().now + SignedDuration::from_secs(800);
            fetched.push(drive(fetch.fetch(&received.item, until)).unwrap().unwrap());
            self.world.world().payload_queue.delete(received.handle);
        }
    }

    /// It is sent, and its files are brought, until it comes to its end.
    fn brought(&mut self, content: OutboundContent) -> OutboundMessage {
        let pointer = self.send(content);
        self.until_its_end(&pointer)
    }

    fn until_its_end(&self, pointer: &OutboundPointer) -> OutboundMessage {
        let mut looks = 0;
        while self.relay(pointer) != Relayed::Finished {
            looks += 1;
            assert!(looks < 200, "it does not end");
            self.fetch();
        }
        self.message(pointer)
    }

    pub(crate) fn uploads(&self) -> Vec<String> {
        self.world.world().far_side.content.uploads.clone()
    }

    /// What Apple was sent last.
    fn sent(&self) -> Value {
        json_of(&self.calls().last().unwrap().message)
    }

    /// What the customer opens.
    fn opened(&self, entry: &Value) -> Vec<u8> {
        let key = AttachmentKey::parse(entry["key"].as_str().unwrap()).unwrap();
        self.world.opened_with(entry["url"].as_str().unwrap(), &key).unwrap()
    }

    /// Why this file cannot be had, as its message's end tells.
    fn unusable(&mut self, file: PendingFile) -> String {
        let message = self.brought(with(file));
        assert!(self.calls().is_empty(), "Apple heard of it");
        assert_eq!(self.told(EventType::MessageFailed)["code"], "attachment_unusable");
        let (code, detail) = failed(&message);
        assert_eq!(code, FailureCode::AttachmentUnusable);
        detail.unwrap().strip_prefix(&format!("{ORIGIN}: ")).unwrap().to_owned()
    }
}

fn failed(message: &OutboundMessage) -> (FailureCode, Option<String>) {
    match &message.status {
        OutboundStatus::Failed { code, detail } => (*code, detail.clone()),
        other => unreachable!("it ended {other:?}"),
    }
}

#[test]
fn ap07_a_file_is_brought_under_a_key_of_its_own_and_named_where_the_business_put_it() {
    let mut scene = Scene::new("");
    let bytes: Vec<u8> = PNG.iter().copied().chain(std::iter::repeat_n(7, 200_000)).collect();
    let (first, second) = (uploaded(&scene, &bytes), uploaded(&scene, &bytes));
    let named = PendingFile { name: Some("Plan.png".into()), ..second };
    let words = format!("One {ATTACHMENT_PLACE} two {ATTACHMENT_PLACE}.");
    let content = only(ContentType::Text, vec![part(&words, vec![first, named])]);
    let pointer = scene.send(content);
    assert_eq!(scene.relay(&pointer), Relayed::Again(Duration::from_secs(1)));
    assert!(scene.calls().is_empty(), "it left without its files");
    assert_eq!(scene.fetch(), [Fetched::Finished, Fetched::Finished]);
    assert_eq!(scene.relay(&pointer), Relayed::Finished);

    let sent = scene.sent();
    assert_eq!((&sent["type"], &sent["body"]), (&json!("text"), &json!(words)));
    let entries = sent["attachments"].as_array().unwrap();
    assert_eq!(entries.len(), 2);
    for (entry, name) in entries.iter().zip(["attachment.png", "Plan.png"]) {
        assert_eq!((&entry["name"], &entry["mimeType"]), (&json!(name), &json!("image/png")));
        assert_eq!(entry["size"], json!(bytes.len()));
        let key = entry["key"].as_str().unwrap();
        assert!(key.len() == 66 && key.starts_with("00"), "{key}");
        assert_eq!(scene.opened(entry), bytes);
    }
    assert_ne!(entries[0]["key"], entries[1]["key"]);
    assert_ne!(entries[0]["signature-base64"], entries[1]["signature-base64"]);
    let world = scene.world.world();
    let announced: Vec<_> = world.far_side.content.tickets.iter().map(|ticket| ticket.1).collect();
    assert_eq!(announced, [bytes.len() as u64; 2]);
}

#[test]
fn ap07_a_url_is_brought_by_way_of_the_bucket_which_keeps_nothing_of_it() {
    let mut scene = Scene::new("");
    scene.page(URL, "application/octet-stream", PDF);
    let message = scene.brought(with(linked(URL)));
    assert_eq!(message.status, OutboundStatus::AcceptedByApple);
    let entry = &scene.sent()["attachments"][0];
    assert_eq!(
        (&entry["name"], &entry["mimeType"]),
        (&json!("terms.pdf"), &json!("application/pdf"))
    );
    assert_eq!(scene.opened(entry), PDF);
    assert!(scene.world.world().files.is_empty() && scene.world.world().unjoined.is_empty());
    // Its time is what it took, and Apple was asked once.
    assert_eq!((message.attempts, scene.calls().len()), (1, 1));
}

#[test]
fn ap07_caf_pkpass_and_usdz_carry_apples_types_and_unknown_ones_pass() {
    for (name, declared, expected) in [
        ("memo.caf", "audio/basic", "audio/x-caf"),
        ("ticket.pkpass", "application/zip", "application/vnd.apple.pkpass"),
        ("desk.usdz", "binary/octet-stream", "vnd.usdz+zip"),
        ("model.xyz", "application/x-unheard-of; v=1", "application/x-unheard-of"),
    ] {
        let mut scene = Scene::new("");
        let url = format!("https://shop.example.com/{name}");
        scene.page(&url, declared, b"PK\x03\x04");
        scene.brought(with(linked(&url)));
        let entry = &scene.sent()["attachments"][0];
        assert_eq!((&entry["name"], &entry["mimeType"]), (&json!(name), &json!(expected)));
        // The same of an upload that is called so.
        let mut scene = Scene::new("");
        let upload = PendingFile { name: Some(name.to_owned()), ..uploaded(&scene, b"\x01\x02") };
        scene.brought(with(upload));
        let entry = &scene.sent()["attachments"][0];
        let expected = if name == "model.xyz" { "application/octet-stream" } else { expected };
        assert_eq!((&entry["name"], &entry["mimeType"]), (&json!(name), &json!(expected)));
    }
}

#[test]
fn ap08_a_file_that_apple_has_is_named_again_for_29_days_and_brought_anew_after() {
    let mut scene = Scene::new("");
    let upload = uploaded(&scene, PDF);
    scene.brought(with(upload.clone()));
    let first = scene.sent()["attachments"][0].clone();
    scene.world.world().now += SignedDuration::from_hours(28 * 24);
    // Another customer, and nobody has to wait.
    let mut other = scene.other_customer();
    let pointer = other.send(with(PendingFile { name: Some("x.pdf".into()), ..upload.clone() }));
    assert_eq!(other.relay(&pointer), Relayed::Finished);
    let again = &other.sent()["attachments"][0];
    assert_eq!((&again["url"], &again["key"]), (&first["url"], &first["key"]));
    assert_eq!((&first["name"], &again["name"]), (&json!("attachment.pdf"), &json!("x.pdf")));
    assert_eq!(scene.uploads().len(), 1);

    scene.world.world().now += SignedDuration::from_hours(25);
    scene.brought(with(upload.clone()));
    let renewed = &scene.sent()["attachments"][0];
    assert_ne!(renewed["url"], first["url"]);
    assert_ne!(renewed["key"], first["key"]);
    assert_eq!(scene.uploads().len(), 2);

    // The upload is gone, and what Apple had of it has run out.
    scene.world.world().now += SignedDuration::from_hours(30 * 24);
    scene.world.world().files.clear();
    let OutboundStatus::Failed { code, detail } = scene.brought(with(upload)).status else {
        panic!()
    };
    assert_eq!(code, FailureCode::AttachmentUnusable);
    assert_eq!(detail, Some(format!("{ORIGIN}: source_missing")));
}

#[test]
fn ap08_what_a_url_leads_to_is_known_by_its_content() {
    let mut scene = Scene::new("");
    let elsewhere = "https://cdn.example.com/v2/copy.pdf";
    scene.page(URL, "application/pdf", PDF);
    scene.page(elsewhere, "application/pdf", PDF);
    scene.brought(with(linked(URL)));
    let mut other = scene.other_customer();
    other.brought(with(linked(elsewhere)));
    assert_eq!(other.sent()["attachments"][0]["name"], "copy.pdf");
    assert_eq!(scene.uploads().len(), 1);
    scene.page(URL, "application/pdf", b"%PDF-1.7\nanother");
    scene.brought(with(linked(URL)));
    assert_eq!(scene.uploads().len(), 2);
    assert!(scene.world.world().files.is_empty());
}

#[test]
fn f110_an_upload_that_broke_off_is_begun_anew_and_never_named() {
    let mut scene = Scene::new("");
    let errors = [ContentError::BrokenOff, ContentError::Gone(403)].map(Err);
    scene.world.world().far_side.content.upload_script.extend(errors);
    let upload = uploaded(&scene, PDF);
    let message = scene.brought(with(upload));
    assert_eq!(message.status, OutboundStatus::AcceptedByApple);
    let entry = scene.sent()["attachments"][0].clone();
    let tickets: Vec<_> = {
        let world = scene.world.world();
        world.far_side.content.tickets.iter().map(|ticket| ticket.0.url.clone()).collect()
    };
    assert_eq!(tickets.len(), 3);
    assert_eq!(entry["url"], tickets[2]);
    assert_eq!((scene.opened(&entry), scene.uploads()), (PDF.to_vec(), vec![tickets[2].clone()]));
    assert_eq!(scene.calls().len(), 1);

    let mut scene = Scene::new("");
    let errors = [Err(ContentError::BrokenOff); 9];
    scene.world.world().far_side.content.upload_script.extend(errors);
    let upload = uploaded(&scene, PDF);
    assert_eq!(scene.unusable(upload), "unavailable: it broke off");
}

#[test]
fn f078_a_key_that_apple_refuses_is_an_outage_and_no_failure_of_the_file() {
    let mut scene = Scene::new("");
    scene.world.world().far_side.content.key = Some("another".to_owned());
    let upload = uploaded(&scene, PDF);
    let pointer = scene.send(with(upload));
    scene.relay(&pointer);
    let w = || scene.world.clone();
    let fetch = Fetch::new(w(), w(), w(), w(), w(), w(), w());
    let place = scene.world.world().payloads.keys().next().unwrap().clone();
    let until = scene.world.world().now + SignedDuration::from_secs(800);
    drive(fetch.fetch(&place, until)).unwrap().unwrap_err();
    // An outage of ours is no failure of the file's.
    assert_eq!(scene.world.world().payloads[&place].failures, 0);
    assert_eq!(scene.world.world().payloads[&place].status, PayloadStatus::Pending);
}

#[test]
fn a_file_that_cannot_be_had_fails_its_message_with_its_place_and_why() {
    let empty = |scene: &Scene| uploaded(scene, b"");
    let missing =
        |scene: &Scene| file(FileSource::Upload(UploadId::draw(&scene.world).to_string()));
    let mut scene = Scene::new("");
    let upload = empty(&scene);
    assert_eq!(scene.unusable(upload), "source_size: there is nothing in it");
    let mut scene = Scene::new("");
    let upload = missing(&scene);
    assert_eq!(scene.unusable(upload), "source_missing");

    let refused = WebFault::Refused("a private address".to_owned());
    for (answer, expected) in [
        (None, "source_missing: the URL answered 404"),
        (Some(Err(WebFault::Status(503))), "source_missing: the URL answered 503"),
        (Some(Err(refused)), "source_refused: the URL cannot be used: a private address"),
        (Some(Err(WebFault::Redirects)), "source_refused: the URL redirects too often"),
        (
            Some(Err(WebFault::TooLarge(104_857_600))),
            "source_size: what is there is larger than 104857600 bytes",
        ),
        (
            Some(Ok(WebPage { url: URL.to_owned(), content_type: None, bytes: Vec::new() })),
            "source_size: there is nothing in it",
        ),
    ] {
        let mut scene = Scene::new("");
        if let Some(answer) = answer {
            scene.world.world().far_side.web.insert(URL.to_owned(), answer);
        }
        assert_eq!(scene.unusable(linked(URL)), expected);
        assert!(scene.uploads().is_empty() && scene.world.world().files.is_empty());
    }
}

#[test]
fn a_url_that_broke_off_is_fetched_again_from_its_beginning() {
    let mut scene = Scene::new("");
    scene.page(URL, "application/pdf", PDF);
    let script = [WebDownload::StopsAt(5), WebDownload::Unsaid];
    scene.world.world().far_side.web_file_script.extend(script);
    scene.brought(with(linked(URL)));
    assert_eq!(scene.opened(&scene.sent()["attachments"][0]), PDF);
    assert!(scene.world.world().files.is_empty() && scene.world.world().unjoined.is_empty());
}

#[test]
fn ap12_parts_before_a_file_leave_and_what_follows_it_waits() {
    let mut scene = Scene::new("");
    let upload = uploaded(&scene, PDF);
    let other = uploaded(&scene, PNG);
    let link = json!({ "type": "richLink", "richLinkData": { "url": URL, "title": "Desk" } });
    let parts = vec![
        text("Look:"),
        part("\u{fffc}", vec![upload]),
        draft(&link, Vec::new()),
        part("and \u{fffc}", vec![other]),
    ];
    let pointer = scene.send(only(ContentType::Text, parts));
    assert!(matches!(scene.relay(&pointer), Relayed::Again(_)));
    assert_eq!(scene.calls().len(), 1);
    assert_eq!(scene.message(&pointer).progress.parts_sent, 1);
    let message = scene.until_its_end(&pointer);
    assert_eq!(message.status, OutboundStatus::AcceptedByApple);
    let sent: Vec<_> = scene.calls().iter().map(|call| json_of(&call.message)).collect();
    let bodies: Vec<_> = sent.iter().map(|sent| sent["body"].as_str().unwrap_or("-")).collect();
    assert_eq!(bodies, ["Look:", "\u{fffc}", "-", "and \u{fffc}"]);
    assert_eq!(scene.opened(&sent[1]["attachments"][0]), PDF);
    assert_eq!(scene.opened(&sent[3]["attachments"][0]), PNG);
}
