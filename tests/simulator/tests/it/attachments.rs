//! Files: from a customer's phone into Apple's store and out of it again, and the other way.

use amb_protocol::attachment::{Attachment, AttachmentKey, Cipher};
use amb_simulator::model::{
    AccountSettings, Attach, CallFilter, ContentSettings, Customer, Direction, Effect, FaultSpec,
    GatewaySettings, KeyNames, Place, Send, SignatureForms, Spoil, TranscriptFilter,
};
use serde_json::{Value, json};

use crate::support::{BUSINESS_ID, KEY, MSP_ID, Stage, WAIT, mint, now};

/// Ten pieces of the store, and a bit.
fn film() -> Vec<u8> {
    (0..2_600_000_u32).map(|i| u8::try_from((i ^ (i >> 9)) % 256).unwrap()).collect()
}

pub(crate) async fn set(stage: &Stage, content: ContentSettings) {
    let gateway = GatewaySettings { content, ..GatewaySettings::default() };
    let settings = AccountSettings { gateway: Some(gateway), ..AccountSettings::default() };
    stage.client.change_account(&settings).await.unwrap();
}

pub(crate) fn bearer() -> String {
    format!("Bearer {}", mint(&json!({"iss": MSP_ID, "iat": now()}), &KEY))
}

/// Asks for an address, by the names of the headers.
async fn ask(stage: &Stage, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
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

fn member(answer: &str, name: &str) -> String {
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

fn view(entry: &Value) -> Attachment {
    Attachment::view(&serde_json::value::to_raw_value(entry).unwrap())
}

/// What the MSP makes of a file: by the product's own cipher, which is not the simulator's.
pub(crate) fn opened(entry: &Value, mut bytes: Vec<u8>) -> Vec<u8> {
    let key = AttachmentKey::parse(&view(entry).key.unwrap()).unwrap();
    Cipher::new(&key).apply(&mut bytes);
    bytes
}

async fn get(stage: &Stage, url: &str) -> reqwest::Result<(u16, Vec<u8>)> {
    let answer = stage.http.get(url).send().await?;
    let status = answer.status().as_u16();
    Ok((status, answer.bytes().await?.to_vec()))
}

async fn fetch(stage: &Stage, entry: &Value) -> Vec<u8> {
    let (status, bytes) = get(stage, &address(stage, entry).await).await.unwrap();
    assert_eq!(status, 200);
    opened(entry, bytes)
}

fn to_business(attach: Attach) -> Attach {
    attach.to(BUSINESS_ID).wait(WAIT)
}

/// The entry for a file that a phone has put, without a message.
async fn handed_in(stage: &Stage, customer: &Customer, bytes: &[u8]) -> Value {
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
    let files = [handed_in(&stage, &ada, b"one").await, handed_in(&stage, &ada, b"").await];
    let extra = [("attachments".to_owned(), json!(files))].into_iter().collect();
    let text = Send { extra, ..Send::text("\u{fffc}\u{fffc}").to(BUSINESS_ID).wait(WAIT) };
    let entry = stage.client.send(&ada.name, &text).await.unwrap();
    assert_eq!(stage.msp.last().json()["attachments"], json!(files));
    assert_eq!(stage.client.file(&ada.name, &entry.id, 0).await.unwrap(), b"one");
    assert_eq!(stage.client.file(&ada.name, &entry.id, 1).await.unwrap(), b"");
    assert!(stage.client.hand_in("nobody", &Attach::default(), "x").await.is_err());
}

#[tokio::test]
async fn pre_download_takes_either_spelling_and_no_hex() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let file = handed_in(&stage, &ada, b"photo").await;
    let text = |name: &str| file[name].as_str().unwrap().to_owned();
    let (url, owner, hex) = (text("url"), text("owner"), text("signature"));
    let base64 = text("signature-base64");
    let samples = [("MMCS-Url", url.as_str()), ("MMCS-Signature", &base64), ("MMCS-Owner", &owner)];
    assert_eq!(ask(&stage, "preDownload", &samples).await.0, 200);
    let calls =
        CallFilter { path: Some("GET /v1/preDownload".to_owned()), ..CallFilter::default() };
    let calls = stage.client.gateway_calls(&calls).await.unwrap();
    assert_eq!(calls[0].headers["mmcs-owner"], owner);
    assert!(!calls[0].headers.contains_key("owner"));

    let by = |url: &str, signature: &str, owner: &str| {
        [("url", url.to_owned()), ("signature", signature.to_owned()), ("owner", owner.to_owned())]
    };
    for (headers, status, reason) in [
        (by(&url, &hex, &owner), 400, "signature is hex, not base64"),
        (by(&url, "gZ+G0IGITH1lmi/qoMVa0BWjv08b", &owner), 400, "signature does not match"),
        (by(&url, &base64, "M0"), 404, "no such content"),
        (by("https://p00-content.example.com/M0", &base64, &owner), 404, "no such content"),
        (by(&url, &base64, ""), 400, "required header 'owner' is missing"),
    ] {
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (told, body) = ask(&stage, "preDownload", &headers).await;
        assert!(told == status && body.contains(reason), "{told} {body}");
    }
    let nobody = stage.http.get(format!("{}/preDownload", stage.simulator.gateway_url));
    assert_eq!(nobody.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn an_address_is_good_for_a_while_or_for_once() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let file = handed_in(&stage, &ada, b"photo").await;
    set(&stage, ContentSettings { download_life_ms: 0, ..ContentSettings::default() }).await;
    let url = address(&stage, &file).await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    assert_eq!(get(&stage, &url).await.unwrap().0, 403);

    set(&stage, ContentSettings { download_once: true, ..ContentSettings::default() }).await;
    let url = address(&stage, &file).await;
    assert_eq!(get(&stage, &url).await.unwrap().0, 200);
    assert_eq!(get(&stage, &url).await.unwrap().0, 403);
    let guessed = format!("{}/apple/content/download/0", stage.simulator.url);
    assert_eq!(get(&stage, &guessed).await.unwrap().0, 404);
}

#[tokio::test]
async fn a_part_of_a_file_can_be_asked_for_unless_that_is_off() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let file = handed_in(&stage, &ada, &film()).await;
    let from = 1_000_003;
    let url = address(&stage, &file).await;
    let rest = || stage.http.get(&url).header("range", format!("bytes={from}-"));
    let answer = rest().send().await.unwrap();
    assert_eq!(answer.status(), 206);
    assert_eq!(answer.headers()["content-range"], "bytes 1000003-2599999/2600000");
    let mut bytes = answer.bytes().await.unwrap().to_vec();
    let key = AttachmentKey::parse(&view(&file).key.unwrap()).unwrap();
    Cipher::at(&key, from).apply(&mut bytes);
    assert!(bytes == film()[1_000_003..]);
    let beyond = stage.http.get(&url).header("range", "bytes=2600000-");
    assert_eq!(beyond.send().await.unwrap().status(), 416);

    set(&stage, ContentSettings { ranges: false, ..ContentSettings::default() }).await;
    let answer = rest().send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.content_length()), (200, Some(2_600_000)));
    assert_eq!(answer.headers()["accept-ranges"], "none");
}

#[tokio::test]
async fn f091_to_f099_a_file_is_spoilt_on_its_way_as_told() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let whole = film();
    let file = handed_in(&stage, &ada, &whole).await;
    let spoilt = async |spoil: Spoil| {
        let fault = FaultSpec::spoilt(spoil).times(1).customer(&ada.name);
        stage.client.add_fault(&fault).await.unwrap();
        let answer = get(&stage, &address(&stage, &file).await).await;
        answer.map(|(status, bytes)| {
            assert_eq!(status, 200);
            opened(&file, bytes)
        })
    };
    let truncated = spoilt(Spoil::Truncated { bytes: 1 }).await.unwrap();
    assert!(truncated == whole[..whole.len() - 1]);
    let longer = spoilt(Spoil::Longer { bytes: 300_000 }).await.unwrap();
    assert!(longer.len() == whole.len() + 300_000 && longer.starts_with(&whole));
    let mut flipped = whole.clone();
    flipped[2_000_000] ^= 8;
    assert!(spoilt(Spoil::FlippedBit { bit: 16_000_003 }).await.unwrap() == flipped);
    let noise = spoilt(Spoil::OtherKey).await.unwrap();
    assert!(noise.len() == whole.len() && !noise.iter().zip(&whole).any(|(a, b)| a == b));
    assert!(spoilt(Spoil::Reset { after: 500_000 }).await.is_err());
    assert!(fetch(&stage, &file).await == whole);

    let small = handed_in(&stage, &ada, &[1; 500]).await;
    let slow = FaultSpec::spoilt(Spoil::Drip { bytes_per_second: 1_000 }).times(1);
    stage.client.add_fault(&slow).await.unwrap();
    let started = tokio::time::Instant::now();
    assert_eq!(fetch(&stage, &small).await.len(), 500);
    assert!(started.elapsed().as_millis() >= 450);

    let elsewhere = Effect::Spoilt(Spoil::OtherKey);
    assert!(stage.client.add_fault(&FaultSpec::new(Place::Upload, elsewhere)).await.is_err());
}

#[tokio::test]
async fn f098_a_file_without_end_need_not_say_how_long_it_is() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let file = handed_in(&stage, &ada, b"photo").await;
    set(&stage, ContentSettings { lengths: false, ..ContentSettings::default() }).await;
    let answer = stage.http.get(address(&stage, &file).await).send().await.unwrap();
    assert_eq!(answer.content_length(), None);
    assert_eq!(opened(&file, answer.bytes().await.unwrap().to_vec()), b"photo");

    let endless = FaultSpec::spoilt(Spoil::Longer { bytes: 1 << 40 });
    stage.client.add_fault(&endless).await.unwrap();
    let mut answer = stage.http.get(address(&stage, &file).await).send().await.unwrap();
    assert_eq!(answer.content_length(), None);
    let mut taken = 0;
    while taken < 1_000_000 {
        taken += answer.chunk().await.unwrap().unwrap().len();
    }
}

#[tokio::test]
async fn f091_each_endpoint_of_the_store_fails_as_told() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let file = handed_in(&stage, &ada, b"photo").await;
    let url = address(&stage, &file).await;
    for status in [403, 404] {
        let fault = FaultSpec::status(Place::Content, status).times(1);
        stage.client.add_fault(&fault).await.unwrap();
        assert_eq!(get(&stage, &url).await.unwrap().0, status);
    }
    for (place, path) in [(Place::PreDownload, "preDownload"), (Place::PreUpload, "preUpload")] {
        for status in [403, 404, 500] {
            let fault = FaultSpec::status(place.clone(), status).times(1);
            stage.client.add_fault(&fault).await.unwrap();
            assert_eq!(ask(&stage, path, &[("size", "5")]).await.0, status);
        }
    }
    let lost = FaultSpec::new(Place::Content, Effect::AnswerLost).times(1);
    stage.client.add_fault(&lost).await.unwrap();
    assert!(get(&stage, &url).await.is_err());
    let refuse = FaultSpec::new(Place::Content, Effect::Refuse).times(1);
    stage.client.add_fault(&refuse).await.unwrap();
    assert!(get(&stage, &url).await.is_err());
    assert_eq!(get(&stage, &url).await.unwrap().0, 200);
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

#[tokio::test]
async fn f110_an_upload_is_complete_or_not_there() {
    let stage = Stage::new().await;
    for (name, value, status) in [
        ("size", "104857600", 200),
        ("MMCS-Size", "5", 200),
        ("size", "104857601", 400),
        ("size", "-1", 400),
        ("size", "x", 400),
        ("length", "5", 400),
    ] {
        assert_eq!(ask(&stage, "preUpload", &[(name, value)]).await.0, status, "{name} {value}");
    }
    let calls = CallFilter { path: Some("GET /v1/preUpload".to_owned()), ..CallFilter::default() };
    let calls = stage.client.gateway_calls(&calls).await.unwrap();
    assert_eq!(
        (calls[0].headers["size"].as_str(), calls[1].headers["mmcs-size"].as_str()),
        ("104857600", "5")
    );

    let (_, answer) = ask(&stage, "preUpload", &[("size", "5")]).await;
    let url = member(&answer, "upload-url");
    let post = |body: &'static str| stage.http.post(&url).body(body);
    assert_eq!(post("four").send().await.unwrap().status(), 400);
    assert_eq!(post("sixsix").send().await.unwrap().status(), 400);
    let with_token = post("12345").header("authorization", bearer());
    assert_eq!(with_token.send().await.unwrap().status(), 400);
    let busy = FaultSpec::status(Place::Upload, 503).times(1);
    stage.client.add_fault(&busy).await.unwrap();
    assert_eq!(post("12345").send().await.unwrap().status(), 503);
    let lost = FaultSpec::new(Place::Upload, Effect::AnswerLost).times(1);
    stage.client.add_fault(&lost).await.unwrap();
    assert!(post("12345").send().await.is_err());
    // It was taken, and an address is good for one file.
    assert_eq!(post("12345").send().await.unwrap().status(), 404);
}
