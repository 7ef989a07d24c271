//! Files: from a customer's phone into Apple's store and out of it again, and the other way.

use amb_protocol::attachment::{Attachment, AttachmentKey, Cipher};
use amb_simulator::model::{
    Attach, ContentSettings, Customer, Direction, FileFilter, KeyNames, PhoneFile, Send,
    SignatureForms, TranscriptFilter,
};
use serde_json::{Value, json};

use crate::support::{BUSINESS_ID, KEY, MSP_ID, Stage, WAIT, mint, now};

/// Ten pieces of the store, and a bit.
pub(crate) fn film() -> Vec<u8> {
    (0..2_600_000_u32).map(|i| u8::try_from((i ^ (i >> 9)) % 256).unwrap()).collect()
}

pub(crate) async fn set(stage: &Stage, content: ContentSettings) {
    stage.client.change_content(&content).await.unwrap();
}

pub(crate) fn bearer() -> String {
    format!("Bearer {}", mint(&json!({"iss": MSP_ID, "iat": now()}), &KEY))
}

/// Asks for an address, by the names of the headers.
pub(crate) async fn ask(stage: &Stage, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut request = stage
        .http
        .get(format!("{}/{path}", stage.simulator.gateway_url))
        .header("authorization", bearer())
        .header("source-id", BUSINESS_ID);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

pub(crate) fn member(answer: &str, name: &str) -> String {
    let answer: Value = serde_json::from_str(answer).unwrap();
    answer[name].as_str().unwrap().to_owned()
}

/// `/preDownload` as the reference says.
pub(crate) async fn address(stage: &Stage, entry: &Value) -> String {
    let file = view(entry);
    let (url, owner) = (file.url.unwrap(), file.owner.unwrap());
    let signature = file.signature_base64.unwrap();
    let headers = [("url", url.as_str()), ("signature", &signature), ("owner", &owner)];
    let (status, answer) = ask(stage, "preDownload", &headers).await;
    assert_eq!(status, 200, "{answer}");
    member(&answer, "download-url")
}

pub(crate) fn view(entry: &Value) -> Attachment {
    Attachment::view(&serde_json::value::to_raw_value(entry).unwrap())
}

/// What the MSP makes of a file: by the product's own cipher, which is not the simulator's.
pub(crate) fn opened(entry: &Value, mut bytes: Vec<u8>) -> Vec<u8> {
    let key = AttachmentKey::parse(&view(entry).key.unwrap()).unwrap();
    Cipher::new(&key).apply(&mut bytes);
    bytes
}

pub(crate) async fn get(stage: &Stage, url: &str) -> reqwest::Result<(u16, Vec<u8>)> {
    let answer = stage.http.get(url).send().await?;
    let status = answer.status().as_u16();
    Ok((status, answer.bytes().await?.to_vec()))
}

pub(crate) async fn fetch(stage: &Stage, entry: &Value) -> Vec<u8> {
    let (status, bytes) = get(stage, &address(stage, entry).await).await.unwrap();
    assert_eq!(status, 200);
    opened(entry, bytes)
}

pub(crate) fn to_business(attach: Attach) -> Attach {
    attach.to(BUSINESS_ID).wait(WAIT)
}

/// The entry for a file that a phone has put, without a message.
pub(crate) async fn handed_in(stage: &Stage, customer: &Customer, bytes: &[u8]) -> Value {
    let attach = Attach::named("IMG_0007.HEIC");
    stage.client.hand_in(&customer.name, &attach, bytes.to_vec()).await.unwrap()
}

#[tokio::test]
async fn a_customers_file_comes_as_a_text_with_a_place_for_it() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let attach = Attach {
        before: "Broken ".to_owned(),
        after: " see".to_owned(),
        mime_type: Some("image/heic".to_owned()),
        ..to_business(Attach::default())
    };
    let entry = stage.client.attach(&ada.name, &attach, film()).await.unwrap();
    let message = stage.msp.last().json();
    assert_eq!(message["type"], "text");
    assert_eq!(message["body"], "Broken \u{fffc} see");
    let file = &message["attachments"][0];
    let mut names: Vec<_> = file.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected =
        ["key", "mimeType", "name", "owner", "signature", "signature-base64", "size", "url"];
    assert_eq!(names, expected);
    assert_eq!((&file["name"], &file["size"]), (&json!("IMG_0001.HEIC"), &json!(2_600_000)));
    assert_eq!(file["key"].as_str().unwrap().len(), 66);
    assert_eq!(view(file).fault(), None);

    assert!(fetch(&stage, file).await == film());
    assert!(stage.client.file(&ada.name, &entry.id, 0).await.unwrap() == film());
    assert!(stage.client.file(&ada.name, &entry.id, 1).await.is_err());
}

#[tokio::test]
async fn both_generations_of_names_and_each_form_of_the_signature_can_be_had() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    for (keys, signatures, absent) in [
        (KeyNames::Legacy, SignatureForms::Hex, "mmcs-signature-base64"),
        (KeyNames::Legacy, SignatureForms::Both, "url"),
        (KeyNames::Both, SignatureForms::Base64, "signature"),
        (KeyNames::Current, SignatureForms::Hex, "signature-base64"),
    ] {
        let attach = Attach { keys, signatures, ..to_business(Attach::named("a.mov")) };
        stage.client.attach(&ada.name, &attach, "film").await.unwrap();
        let file = &stage.msp.last().json()["attachments"][0];
        assert!(file.get(absent).is_none(), "{file}");
        assert_eq!(view(file).mime_type.as_deref(), Some("video/quicktime"));
        assert_eq!(view(file).size, Some(4));
        assert_eq!(fetch(&stage, file).await, b"film");
    }
}

#[tokio::test]
async fn a_file_can_be_declared_as_what_it_is_not() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let liar = Attach {
        size: Some(-1),
        wrong_key: true,
        ..to_business(Attach::named("photo.png").mime_type("image/png"))
    };
    let entry = stage.client.attach(&ada.name, &liar, "<script>").await.unwrap();
    let file = &stage.msp.last().json()["attachments"][0];
    assert_eq!((&file["mimeType"], &file["size"]), (&json!("image/png"), &json!(-1)));
    let read = fetch(&stage, file).await;
    assert!(read.len() == 8 && read != b"<script>");
    assert_ne!(stage.client.file(&ada.name, &entry.id, 0).await.unwrap(), b"<script>");
}

#[tokio::test]
async fn several_files_go_in_one_message() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let files = vec![handed_in(&stage, &ada, b"one").await, handed_in(&stage, &ada, b"").await];
    let text = Send { attachments: files.clone(), ..Send::text("first \u{fffc}, then this") };
    let entry = stage.client.send(&ada.name, &text.to(BUSINESS_ID).wait(WAIT)).await.unwrap();
    let message = stage.msp.last().json();
    assert_eq!(message["attachments"], json!(files));
    // A file that the words have no place for stands above them.
    assert_eq!(message["body"], "\u{fffc}first \u{fffc}, then this");
    assert_eq!(entry.text.as_deref(), message["body"].as_str());
    assert_eq!(stage.client.file(&ada.name, &entry.id, 0).await.unwrap(), b"one");
    assert_eq!(stage.client.file(&ada.name, &entry.id, 1).await.unwrap(), b"");
    assert!(stage.client.hand_in("nobody", &Attach::default(), "x").await.is_err());
}

#[tokio::test]
async fn the_files_on_a_phone_are_listed_both_ways_and_read_byte_for_byte() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let two =
        vec![(Attach::named("a.txt"), "words".into()), (Attach::named("b.mov"), film().into())];
    let text = Send::text("two").to(BUSINESS_ID).wait(WAIT);
    let sent = stage.client.send_files(&ada.name, two, &text).await.unwrap();
    let call = stage.outbound(&ada, "\u{fffc}");
    let call = call.property("attachments", json!([uploaded(&stage, b"contract").await]));
    assert_eq!(call.send().await.0, 200);

    let files = stage.client.files(&ada.name, &FileFilter::default()).await.unwrap();
    let told = |it: &PhoneFile| (it.id.clone(), it.name.clone(), it.mime_type.clone(), it.size);
    let expected = [
        (format!("{}.0", sent.id), "a.txt".to_owned(), "text/plain".to_owned(), 5),
        (format!("{}.1", sent.id), "b.mov".to_owned(), "video/quicktime".to_owned(), 2_600_000),
        (format!("{}.0", call.id), "contract.pdf".to_owned(), "application/pdf".to_owned(), 8),
    ];
    assert_eq!(files.iter().map(told).collect::<Vec<_>>(), expected);
    let received = FileFilter {
        direction: Some(Direction::FromBusiness),
        wait: WAIT,
        ..FileFilter::default()
    };
    let received = stage.client.files(&ada.name, &received).await.unwrap();
    assert_eq!(received, files[2..]);
    assert_eq!(stage.client.file(&ada.name, &call.id, 0).await.unwrap(), b"contract");
    assert!(stage.client.file("nobody", &call.id, 0).await.is_err());

    let url = format!("{}/api/customers/{}/files/{}", stage.simulator.url, ada.name, files[1].id);
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=262150-600000", 262_150, 600_001),
        ("bytes=-7", 2_599_993, 2_600_000),
    ] {
        let answer = stage.http.get(&url).header("range", range).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.content_length()), (206, Some(to - from)));
        let said = format!("bytes {from}-{}/2600000", to - 1);
        assert_eq!(answer.headers()["content-range"], said);
        assert_eq!(answer.headers()["content-type"], "video/quicktime");
        let (from, to) = (usize::try_from(from).unwrap(), usize::try_from(to).unwrap());
        assert!(answer.bytes().await.unwrap() == film()[from..to], "{range}");
    }
    let beyond = stage.http.get(&url).header("range", "bytes=2600000-").send().await.unwrap();
    assert_eq!(beyond.status(), 416);
}

#[tokio::test]
async fn a_hundred_megabytes_go_either_way() {
    const MOST: usize = 100 << 20;
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let bytes: Vec<u8> = (0..=250).cycle().take(MOST).collect();
    let attach = to_business(Attach::named("IMG_0001.MOV"));
    let entry = stage.client.attach(&ada.name, &attach, bytes.clone()).await.unwrap();
    assert!(fetch(&stage, &stage.msp.last().json()["attachments"][0]).await == bytes);
    assert!(stage.client.file(&ada.name, &entry.id, 0).await.unwrap() == bytes);

    let file = uploaded(&stage, &bytes).await;
    let call = stage.outbound(&ada, "\u{fffc}").property("attachments", json!([file]));
    assert_eq!(call.send().await.0, 200);
    assert!(stage.client.file(&ada.name, &call.id, 0).await.unwrap() == bytes);
}

/// Announces, encrypts and uploads; gives the entry for `attachments`.
pub(crate) async fn uploaded(stage: &Stage, plain: &[u8]) -> Value {
    let size = plain.len().to_string();
    let (status, answer) = ask(stage, "preUpload", &[("size", &size)]).await;
    assert_eq!(status, 200, "{answer}");
    let key = AttachmentKey::from_bytes([9; 32]);
    let mut sealed = plain.to_vec();
    Cipher::new(&key).apply(&mut sealed);
    let upload = stage.http.post(member(&answer, "upload-url")).body(sealed);
    let told = upload.send().await.unwrap();
    assert_eq!(told.status(), 200);
    let told: Value = serde_json::from_str(&told.text().await.unwrap()).unwrap();
    assert_eq!(told["singleFile"]["size"], plain.len());
    assert!(told["singleFile"]["receipt"].is_string());
    json!({
        "name": "contract.pdf", "mimeType": "application/pdf", "size": plain.len(),
        "key": key.wire(), "url": member(&answer, "mmcs-url"),
        "owner": member(&answer, "mmcs-owner"),
        "signature-base64": told["singleFile"]["fileChecksum"],
    })
}

#[tokio::test]
async fn an_msps_file_is_decrypted_on_the_phone() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let file = uploaded(&stage, &film()).await;
    let call = stage.outbound(&ada, "\u{fffc}").property("attachments", json!([file]));
    assert_eq!(call.send().await.0, 200);
    let filter = TranscriptFilter {
        direction: Some(Direction::FromBusiness),
        ..TranscriptFilter::default()
    };
    let entry = stage.client.transcript(&filter).await.unwrap().remove(0);
    assert!(stage.client.file(&ada.name, &entry.id, 0).await.unwrap() == film());

    let address = format!("{}/phone/{}/files/{}/0", stage.simulator.url, ada.name, entry.id);
    let answer = stage.http.get(address).send().await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-disposition"), "attachment; filename*=UTF-8''contract.pdf");
    assert_eq!(header("content-type"), "application/octet-stream");
}

#[tokio::test]
async fn an_attachment_that_is_not_what_was_uploaded_is_refused() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let file = uploaded(&stage, b"contract").await;
    let send = async |file: Value| {
        let call = stage.outbound(&ada, "\u{fffc}").property("attachments", json!([file]));
        call.send().await
    };
    for (name, value, reason) in [
        ("url", json!("https://p00-content.example.com/M0"), "it was not uploaded"),
        ("owner", json!("M0"), "owner differs"),
        ("signature-base64", json!("gZ+G0IGITH1lmi/qoMVa0BWjv08b"), "signature differs"),
        ("size", json!(9), "size differs"),
        ("size", Value::Null, "size differs"),
        ("key", json!("01".repeat(33)), "key is not"),
        ("key", json!("09".repeat(32)), "key is not"),
        ("name", json!(""), "'name' is missing"),
        ("mimeType", Value::Null, "'mimeType' or 'mime-type' is missing"),
    ] {
        let mut file = file.clone();
        file[name] = value;
        let (status, body) = send(file).await;
        assert!(status == 400 && body.contains(reason), "{status} {body}");
    }
    let legacy = json!({
        "name": "a", "mime-type": "b", "file-size": "8", "decryption-key": file["key"],
        "mmcs-url": file["url"], "mmcs-owner": file["owner"],
        "mmcs-signature-base64": file["signature-base64"],
    });
    assert_eq!(send(legacy).await.0, 200);
    let nonsense = stage.outbound(&ada, "x").property("attachments", json!("none"));
    assert_eq!(nonsense.send().await.0, 400);
}
