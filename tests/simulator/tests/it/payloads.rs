//! Replies too large for their message: by reference, packed, in Apple's store.

use std::io::Read;

use amb_simulator::model::{
    Answer, ContentSettings, Customer, Decoded, FaultSpec, KeyNames, Place, Reply, ReplyReferences,
    Resend, SignatureForms, TranscriptFilter,
};
use serde_json::{Value, json};

use crate::attachments::{address, bearer, opened, set, uploaded};
use crate::sample::{BID, list_picker, quick_reply};
use crate::support::{BUSINESS_ID, Stage, WAIT};

fn always() -> ContentSettings {
    ContentSettings { reply_references: ReplyReferences::Always, ..ContentSettings::default() }
}

/// Asks a question and has it answered; gives the webhook.
async fn answered(stage: &Stage, customer: &Customer) -> Value {
    let question = stage.interactive(customer, quick_reply());
    assert_eq!(question.send().await.0, 200);
    let good = Answer::QuickReply { identifier: "good".to_owned() };
    let reply = Reply::to(&question.id, good).wait(WAIT);
    stage.client.reply(&customer.name, &reply).await.unwrap();
    stage.msp.last().json()
}

/// The packed bytes that a reference leads to.
async fn packed(stage: &Stage, reference: &Value) -> Vec<u8> {
    let answer = stage.http.get(address(stage, reference).await).send().await.unwrap();
    let bytes = answer.bytes().await.unwrap().to_vec();
    assert_eq!(reference["size"], bytes.len());
    opened(reference, bytes)
}

fn decoding(stage: &Stage, bytes: &[u8]) -> reqwest::RequestBuilder {
    stage
        .http
        .post(format!("{}/decodePayload", stage.simulator.gateway_url))
        .header("authorization", bearer())
        .header("source-id", BUSINESS_ID)
        .header("bid", BID)
        .header("content-type", "application/octet-stream")
        .body(bytes.to_vec())
}

async fn json_of(answer: reqwest::Response) -> Value {
    assert_eq!(answer.status().as_u16(), 200);
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_reply_by_reference_decodes_to_its_inline_twin() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let inline = answered(&stage, &ada).await;
    assert!(inline.get("interactiveDataRef").is_none());

    set(&stage, always()).await;
    let message = answered(&stage, &ada).await;
    assert!(message.get("interactiveData").is_none());
    let reference = &message["interactiveDataRef"];
    let mut names: Vec<_> = reference.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected = ["bid", "key", "owner", "signature", "signature-base64", "size", "url"];
    assert_eq!(names, expected);
    let bytes = packed(&stage, reference).await;
    let decoded = json_of(decoding(&stage, &bytes).send().await.unwrap()).await;
    assert_eq!(decoded["interactiveData"], inline["interactiveData"]);

    let bare = ContentSettings { decoded: Decoded::Bare, ..always() };
    set(&stage, bare).await;
    let decoded = json_of(decoding(&stage, &bytes).send().await.unwrap()).await;
    assert_eq!(decoded, inline["interactiveData"]);

    let asking = || decoding(&stage, &bytes).header("accept-encoding", "gzip, deflate");
    let answer = asking().send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let mut json = Vec::new();
    let zipped = answer.bytes().await.unwrap();
    flate2::read::GzDecoder::new(&zipped[..]).read_to_end(&mut json).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&json).unwrap(), inline["interactiveData"]);
    set(&stage, ContentSettings { decoded_gzip: false, ..always() }).await;
    assert!(asking().send().await.unwrap().headers().get("content-encoding").is_none());
}

#[tokio::test]
async fn a_reply_is_referred_to_when_it_is_large_and_may_come_inline_too() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    assert!(answered(&stage, &ada).await.get("interactiveDataRef").is_none());

    let mut large = list_picker();
    let item = |index| {
        json!({
            "identifier": format!("x{index}"), "title": "A title of fifty characters, as far as one counts",
            "subtitle": "A subtitle of fifty characters, as far as one counts", "order": index,
        })
    };
    let items: Vec<_> = (0..80).map(item).collect();
    large["data"]["listPicker"]["sections"][0]["items"] = json!(items);
    let question = stage.interactive(&ada, large);
    let (status, told) = question.send().await;
    assert_eq!(status, 200, "{told}");
    let desk = Answer::ListPicker { identifiers: vec!["x1".to_owned()] };
    let reply = Reply::to(&question.id, desk).wait(WAIT);
    let entry = stage.client.reply(&ada.name, &reply).await.unwrap();
    let first = stage.msp.last().json();
    assert!(first.get("interactiveDataRef").is_some() && first.get("interactiveData").is_none());
    // The phone knows what was chosen, and Apple sends the same message again.
    assert!(entry.message.get("interactiveData").is_some());
    let again = Resend { id: entry.id, copies: None };
    let heard = stage.msp.heard().len();
    stage.client.resend(&ada.name, &again).await.unwrap();
    while stage.msp.heard().len() == heard {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert_eq!(stage.msp.last().json(), first);

    let never = ReplyReferences::Never;
    set(&stage, ContentSettings { reply_references: never, ..always() }).await;
    stage.client.reply(&ada.name, &reply).await.unwrap();
    let message = stage.msp.last().json();
    assert!(message["interactiveData"].is_object() && message.get("interactiveDataRef").is_none());

    let both = ContentSettings { reply_inline_too: true, ..always() };
    set(&stage, both).await;
    let message = answered(&stage, &ada).await;
    assert!(message["interactiveData"].is_object() && message["interactiveDataRef"].is_object());
}

#[tokio::test]
async fn a_reference_has_either_generation_of_names_and_either_form_of_the_signature() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let old = ContentSettings {
        reply_keys: KeyNames::Legacy,
        reply_signatures: SignatureForms::Hex,
        ..always()
    };
    set(&stage, old).await;
    let message = answered(&stage, &ada).await;
    assert!(message.get("interactiveData").is_none());
    let reference = &message["interactiveDataRef"];
    let mut names: Vec<_> = reference.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected =
        ["bid", "decryption-key", "file-size", "mmcs-owner", "mmcs-signature-hex", "mmcs-url"];
    assert_eq!(names, expected);
    let answer = stage.http.get(address(&stage, reference).await).send().await.unwrap();
    let bytes = opened(reference, answer.bytes().await.unwrap().to_vec());
    assert_eq!(decoding(&stage, &bytes).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn f108_what_cannot_be_decoded_is_refused_and_faults_are_as_told() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    set(&stage, always()).await;
    let message = answered(&stage, &ada).await;
    let bytes = packed(&stage, &message["interactiveDataRef"]).await;
    let mut flipped = bytes.clone();
    flipped[12] ^= 0xff;
    let fine = |bytes: &[u8]| decoding(&stage, bytes).build().unwrap();
    let with = |name: &'static str, value: &str| {
        let mut request = fine(&bytes);
        request.headers_mut().insert(name, value.parse().unwrap());
        request
    };
    for (request, status) in [
        (fine(&bytes), 200),
        (fine(&flipped), 400),
        (fine(b""), 400),
        (with("bid", "com.example.other"), 400),
        (with("content-type", "application/x-www-form-urlencoded"), 400),
        (with("authorization", "Bearer x"), 403),
    ] {
        assert_eq!(stage.http.execute(request).await.unwrap().status(), status);
    }
    let garbage = FaultSpec::status(Place::DecodePayload, 200).body("\u{0}garbage").times(1);
    stage.client.add_fault(&garbage.clone().customer("somebody-else")).await.unwrap();
    assert_eq!(stage.http.execute(fine(&bytes)).await.unwrap().status(), 200);
    stage.client.clear_faults().await.unwrap();
    stage.client.add_fault(&garbage.customer(&ada.name)).await.unwrap();
    let answer = stage.http.execute(fine(&bytes)).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap()), (200, "\0garbage".into()));
    let broken = FaultSpec::status(Place::DecodePayload, 500).times(1);
    stage.client.add_fault(&broken).await.unwrap();
    assert_eq!(stage.http.execute(fine(&bytes)).await.unwrap().status(), 500);
}

#[tokio::test]
async fn content_encoded_by_apple_and_uploaded_by_the_msp_is_sent_by_reference() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let body = json!({"v": 1, "type": "interactive", "interactiveData": list_picker()});
    let encode = |body: String| {
        stage
            .http
            .post(format!("{}/encodePayload", stage.simulator.gateway_url))
            .header("authorization", bearer())
            .header("source-id", BUSINESS_ID)
            .body(body)
    };
    assert_eq!(encode("{}".to_owned()).send().await.unwrap().status(), 400);
    let answer = encode(body.to_string()).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    let bytes = answer.bytes().await.unwrap().to_vec();
    let mut reference = uploaded(&stage, &bytes).await;
    reference["bid"] = json!(BID);
    let call = stage
        .interactive(&ada, Value::Null)
        .without("interactiveData")
        .property("interactiveDataRef", reference.clone());
    let (status, told) = call.send().await;
    assert_eq!(status, 200, "{told}");
    let entry = stage.client.transcript(&TranscriptFilter::default()).await.unwrap().pop().unwrap();
    assert_eq!(entry.message["interactiveData"], list_picker());

    reference["key"] = json!("00".repeat(33));
    let wrong = call.property("interactiveDataRef", reference);
    let (status, told) = wrong.send().await;
    assert!(status == 400 && told.contains("payload cannot be decoded"), "{status} {told}");
}
