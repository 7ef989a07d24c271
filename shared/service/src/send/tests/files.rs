//! Files that go with a text.

use amb_protocol::{
    attachment::ATTACHMENT_MAX_BYTES,
    compose::{ContentType, FileSource, Need, PendingFile},
};
use serde_json::{Value, json};

use super::{World, faults, good, request, says::keep, tenant, with_fallback};
use crate::{
    memory::Memory,
    model::{FileKey, OutboundContent, TenantId, UploadId},
    problem::Problem,
};

fn upload_of(memory: &Memory, tenant: &TenantId, bytes: usize) -> String {
    let id = UploadId::draw(memory);
    memory.world().files.insert(FileKey::upload(tenant, &id), vec![0; bytes]);
    id.to_string()
}

fn uploaded(world: &World, bytes: usize) -> String {
    upload_of(&world.memory, &tenant(), bytes)
}

fn named(upload: &str) -> Value {
    request("text", &json!({ "text": "Terms", "attachments": [{ "uploadId": upload }] }))
}

fn files(needs: &[Need]) -> Vec<&PendingFile> {
    let mut files = Vec::new();
    for need in needs {
        let Need::File(file) = need else { panic!("{need:?}") };
        files.push(file);
    }
    files
}

fn code(refused: &Problem) -> (u16, Vec<(&str, &str)>) {
    (refused.status, faults(refused))
}

#[test]
fn ap07_a_text_takes_its_files_with_it() {
    let world = World::new();
    let upload = uploaded(&world, 1);
    let content = json!({ "text": "See \u{fffc} and", "attachments": [
        { "uploadId": upload },
        { "url": "https://shop.example.com/a.pdf", "name": "A.pdf", "mimeType": "application/pdf" },
    ]});
    let sent = world.send(&request("text", &content)).unwrap();
    assert_eq!((sent.kind, sent.warnings), ("text", vec![]));
    let [choice] = <[_; 1]>::try_from(world.choices()).unwrap();
    let [part] = choice.parts.as_slice() else { panic!("{} parts", choice.parts.len()) };
    assert_eq!(part.body["body"], "See \u{fffc} and\u{fffc}");
    let [first, second] = files(&part.needs)[..] else { panic!() };
    assert_eq!(first.source, FileSource::Upload(upload));
    assert_eq!((second.index, second.name.as_deref()), (1, Some("A.pdf")));
    assert_eq!(second.origin, "/content/attachments/1/url");
}

#[test]
fn ap07_ap12_each_file_stays_with_its_piece_of_the_text() {
    let world = World::new();
    let [a, b, c] = [1; 3].map(|bytes| uploaded(&world, bytes));
    let text = "\u{fffc}https://a.example/1\u{fffc} then https://b.example/2.";
    let attachments = json!([{ "uploadId": a }, { "uploadId": b }, { "uploadId": c }]);
    let content = json!({ "text": text, "attachments": attachments });
    world.send(&request("text", &content)).unwrap();
    let [choice] = <[_; 1]>::try_from(world.choices()).unwrap();
    let said: Vec<_> = choice
        .parts
        .iter()
        .map(|part| match part.body["type"].as_str() {
            Some("text") => {
                let ids = files(&part.needs).into_iter().map(|file| match &file.source {
                    FileSource::Upload(id) => (file.index, id.clone()),
                    FileSource::Url(_) => panic!(),
                });
                (part.body["body"].as_str().unwrap(), ids.collect())
            }
            _ => (part.body["richLinkData"]["url"].as_str().unwrap(), Vec::new()),
        })
        .collect();
    assert_eq!(
        said,
        [
            ("\u{fffc}", vec![(0, a)]),
            ("https://a.example/1", vec![]),
            ("\u{fffc} then", vec![(0, b)]),
            ("https://b.example/2", vec![]),
            (".\u{fffc}", vec![(0, c)]),
        ]
    );
    // As it is, when links are to stay among the words.
    let world = World::new();
    let upload = uploaded(&world, 1);
    let content = json!({ "text": "https://a.example/1", "attachments": [{ "uploadId": upload }] });
    let mut body = request("text", &content);
    body["richLinks"] = json!(false);
    world.send(&body).unwrap();
    let [choice] = <[_; 1]>::try_from(world.choices()).unwrap();
    assert_eq!(choice.parts[0].body["body"], "https://a.example/1\u{fffc}");
}

#[test]
fn a_text_without_files_stays_the_plain_row_that_it_was() {
    for attachments in [Value::Null, json!([])] {
        let world = World::new();
        let content = json!({ "text": "Hello \u{fffc}", "attachments": attachments });
        world.send(&request("text", &content)).unwrap();
        assert_eq!(world.row().content, OutboundContent::Text { text: "Hello \u{fffc}".into() });
    }
}

#[test]
fn s046_an_upload_is_looked_at_before_anything_is_committed() {
    let most = usize::try_from(ATTACHMENT_MAX_BYTES).unwrap();
    let at = "/content/attachments/0/uploadId";
    let world = World::new();
    let refused = |upload: &str| world.send(&named(upload)).unwrap_err();
    let (empty, large) = (uploaded(&world, 0), uploaded(&world, most + 1));
    assert_eq!(code(&refused(&empty)), (400, vec![(at, "attachment_bytes")]));
    assert_eq!(code(&refused(&large)), (413, vec![(at, "attachment_bytes")]));
    let missing = refused("upl_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    assert_eq!(code(&missing), (404, vec![(at, "attachment_upload_missing")]));
    // Another tenant's looks no different.
    let other = TenantId::parse("ten_bbbbbbbbbbbbbbbbbbbbbbbbba").unwrap();
    let foreign = refused(&upload_of(&world.memory, &other, 1));
    assert_eq!(code(&foreign), code(&missing));
    assert_eq!((foreign.code, foreign.detail), (missing.code, missing.detail));
    assert!(world.memory.world().outbound.is_empty());
    let two = json!({ "attachments": [{ "uploadId": empty }, { "uploadId": large }] });
    assert_eq!(world.send(&request("text", &two)).unwrap_err().status, 400);
    assert!(world.send(&named(&uploaded(&world, most))).is_ok());
}

#[test]
fn s046_faults_of_files_are_named_with_all_others() {
    let world = World::new();
    let content = json!({ "text": 7, "attachments": [
        { "uploadId": "upl_1" }, { "url": "http://a.example/" }, {},
    ]});
    let refused =
        world.send(&with_fallback("text", &content, "quickReply", &json!({}))).unwrap_err();
    let found = faults(&refused);
    assert_eq!(refused.status, 400);
    for expected in [
        ("/content/text", "type"),
        ("/content/attachments/0/uploadId", "attachment_upload_id"),
        ("/content/attachments/1/url", "attachment_url"),
        ("/content/attachments/2", "attachment_source"),
        ("/fallback/0/content/items", "required"),
    ] {
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
    }
}

#[test]
fn s047_a_hostile_name_is_made_harmless() {
    for (name, expected) in [
        ("../../etc/passwd", Some("_._.._etc_passwd")),
        ("a\r\nb.pdf", Some("ab.pdf")),
        ("gpj.\u{202e}exe", Some("gpj.exe")),
        ("CON.txt", Some("_CON.txt")),
        ("", None),
        (" ", Some("attachment")),
    ] {
        let world = World::new();
        let attachment = json!({ "uploadId": uploaded(&world, 1), "name": name });
        world.send(&request("text", &json!({ "attachments": [attachment] }))).unwrap();
        let [choice] = <[_; 1]>::try_from(world.choices()).unwrap();
        assert_eq!(files(&choice.parts[0].needs)[0].name.as_deref(), expected, "{name:?}");
    }
    let world = World::new();
    let attachment = json!({ "uploadId": uploaded(&world, 1), "name": "x".repeat(1_000) });
    world.send(&request("text", &json!({ "attachments": [attachment] }))).unwrap();
    let [choice] = <[_; 1]>::try_from(world.choices()).unwrap();
    assert_eq!(files(&choice.parts[0].needs)[0].name.as_ref().unwrap().len(), 255);
}

#[test]
fn s010_what_was_taken_is_answered_again_when_its_upload_has_expired() {
    let world = World::new();
    let body = named(&uploaded(&world, 1));
    let first = world.send(&body).unwrap();
    world.memory.world().files.clear();
    let again = world.send(&body).unwrap();
    assert_eq!((again.pointer, again.replayed), (first.pointer, true));
    let other = world.send_as("key-2", body.to_string().as_bytes()).unwrap_err();
    assert_eq!(other.status, 404);
}

#[test]
fn a_text_with_files_may_be_what_is_sent_instead() {
    let world = World::new();
    world.device("");
    let says = json!({ "attachments": [{ "uploadId": uploaded(&world, 1) }] });
    world.send(&with_fallback("listPicker", &good("listPicker"), "text", &says)).unwrap();
    let choices = world.choices();
    let need = files(&choices[1].parts[0].needs)[0];
    assert_eq!(need.origin, "/fallback/0/content/attachments/0/uploadId");
}

#[test]
fn ap30_a_template_may_name_files() {
    let world = World::new();
    let content = json!({ "text": "Your plan, {{ name }}", "attachments": [
        { "url": "https://shop.example.com/{{ name }}.pdf", "name": "{{ name }}.pdf" },
    ]});
    keep(&world, ContentType::Text, content.clone(), content);
    let call = json!({ "name": "greeting", "variables": { "name": "Ada" } });
    world.send(&request("template", &call)).unwrap();
    let [choice] = <[_; 1]>::try_from(world.choices()).unwrap();
    let [file] = files(&choice.parts[0].needs)[..] else { panic!() };
    assert_eq!(file.source, FileSource::Url("https://shop.example.com/Ada.pdf".into()));
    assert_eq!(file.name.as_deref(), Some("Ada.pdf"));
}

#[test]
fn a_check_tells_of_uploads_and_calls_no_url() {
    let world = World::new();
    let upload = uploaded(&world, 5);
    let content = json!({ "text": "Two", "attachments": [
        { "uploadId": upload, "name": "a.pdf" }, { "url": "https://nowhere.example/b.pdf" },
    ]});
    let verdict = serde_json::to_value(world.check(&request("text", &content)).unwrap()).unwrap();
    assert_eq!(verdict["valid"], true, "{verdict}");
    let apple = &verdict["messages"][0]["apple"];
    assert_eq!(apple["body"], "Two\u{fffc}\u{fffc}");
    assert_eq!(apple["attachments"], json!([{ "name": "a.pdf" }, {}]));
    assert_eq!(verdict["requires"], json!([]));

    let gone = named("upl_aaaaaaaaaaaaaaaaaaaaaaaaaa");
    let verdict = serde_json::to_value(world.check(&gone).unwrap()).unwrap();
    assert_eq!(verdict["valid"], false);
    assert_eq!(verdict["errors"][0]["rule"], "attachment_upload_missing");
    assert_eq!(verdict["errors"][0]["pointer"], "/content/attachments/0/uploadId");
    assert!(world.memory.world().payloads.is_empty());
}

#[test]
fn sc11_raw_json_takes_entries_of_either_generation() {
    let vector =
        include_str!("../../../../../tests/vectors/messages/text_with_older_attachment_keys.json");
    let vector: Value = serde_json::from_str(vector).unwrap();
    let world = World::new();
    let sent = world.send(&request("raw", &json!({ "apple": vector["message"] }))).unwrap();
    assert_eq!(sent.warnings.len(), 4, "what the platform sets");
    let [choice] = <[_; 1]>::try_from(world.choices()).unwrap();
    assert_eq!(choice.parts[0].body["attachments"], vector["message"]["attachments"]);
    assert!(choice.parts[0].needs.is_empty());
}
