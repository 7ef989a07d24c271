//! Content that Apple keeps: `include-data-ref`, and App Clips.

use amb_simulator::model::{
    AccountSettings, DataRefs, Direction, Effect, FaultSpec, GatewaySettings, Place,
    TranscriptFilter,
};
use serde_json::{Value, json};

use crate::sample::{list_picker, quick_reply};
use crate::support::{Outbound, Stage};

async fn set(stage: &Stage, gateway: GatewaySettings) {
    let settings = AccountSettings { gateway: Some(gateway), ..AccountSettings::default() };
    stage.client.change_account(&settings).await.unwrap();
}

/// More than 10 KB of JSON.
fn large() -> Value {
    let mut content = list_picker();
    let item = |index| {
        json!({
            "identifier": format!("x{index}"), "title": "A title of fifty characters, as far as one counts",
            "subtitle": "A subtitle of fifty characters, as far as one counts", "order": index,
        })
    };
    content["data"]["listPicker"]["sections"][0]["items"] = (0..80).map(item).collect();
    content
}

/// The dots of a call that asks for a reference, and its answer.
async fn asking(call: &Outbound) -> Value {
    let answer = call.request().header("include-data-ref", "true").send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
}

async fn last_message(stage: &Stage) -> Value {
    let filter = TranscriptFilter {
        direction: Some(Direction::FromBusiness),
        ..TranscriptFilter::default()
    };
    stage.client.transcript(&filter).await.unwrap().pop().unwrap().message
}

#[tokio::test]
async fn ap29_a_reference_is_given_for_large_content_when_asked_and_can_be_used_again() {
    let stage = Stage::new().await;
    let (ada, bob) = (stage.open_conversation().await, stage.open_conversation().await);
    assert_eq!(stage.interactive(&ada, large()).send().await, (200, String::new()));
    assert_eq!(asking(&stage.interactive(&ada, list_picker())).await, Value::Null);

    let answer = asking(&stage.interactive(&ada, large())).await;
    let reference = &answer["dataRef"];
    let mut names: Vec<_> = reference.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let expected =
        ["bid", "dataRefSig", "owner", "signature", "signature-base64", "size", "title", "url"];
    assert_eq!(names, expected);
    assert_eq!(reference["title"], "Choose a desk");
    assert!(reference["size"].as_u64().unwrap() > 10_240);
    assert_eq!(reference["dataRefSig"].as_str().unwrap().len(), 66);

    let again = |reference: &Value| {
        stage
            .interactive(&bob, Value::Null)
            .without("interactiveData")
            .property("interactiveDataRef", reference.clone())
    };
    assert_eq!(again(reference).send().await, (200, String::new()));
    let message = last_message(&stage).await;
    assert_eq!(message["interactiveData"], large());
    assert_eq!(message["interactiveDataRef"], *reference);

    let mut other = reference.clone();
    other["url"] = json!("https://p00-content.example.com/M0009.C01");
    let (status, body) = again(&other).send().await;
    assert_eq!(
        (status, body.as_str()),
        (400, "400 Bad Request : 'interactiveDataRef' is not known")
    );

    set(&stage, GatewaySettings { data_ref_life_ms: 0, ..GatewaySettings::default() }).await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    let (status, body) = again(reference).send().await;
    assert_eq!(
        (status, body.as_str()),
        (400, "400 Bad Request : 'interactiveDataRef' has expired")
    );
}

#[tokio::test]
async fn references_can_be_given_always_or_never() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    for (data_refs, content, given) in
        [(DataRefs::Always, quick_reply(), true), (DataRefs::Never, large(), false)]
    {
        set(&stage, GatewaySettings { data_refs, ..GatewaySettings::default() }).await;
        let answer = asking(&stage.interactive(&ada, content)).await;
        assert_eq!(answer.get("dataRef").is_some(), given);
    }
}

fn construct(stage: &Stage, body: &str) -> Outbound {
    stage.bare("constructPayload", body)
}

#[tokio::test]
async fn sc18_an_app_clips_version_is_written_1_0() {
    let stage = Stage::new().await;
    let page = stage.simulator.url.replacen("http:", "https:", 1) + "/shop/clip";
    for (version, fine) in [
        ("1.0", true),
        ("\"1.0\"", true),
        ("1", false),
        ("\"1\"", false),
        ("\"1.00\"", false),
        ("2.0", false),
    ] {
        let body = format!(
            r#"{{"type":"link","link":{{"url":"{page}","storeRegion":"US"}},"version":{version}}}"#
        );
        let (status, answer) = construct(&stage, &body).send().await;
        assert_eq!(status, if fine { 200 } else { 400 }, "{version} {answer}");
    }
}

#[tokio::test]
async fn an_app_clips_reference_is_shown_as_a_link() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let listed = "https://park.example.com/pay";
    let app_clips = vec![listed.to_owned()];
    set(&stage, GatewaySettings { app_clips, ..GatewaySettings::default() }).await;
    let body = json!({"type": "link", "link": {"url": listed}, "version": "1.0"}).to_string();
    let (status, answer) = construct(&stage, &body).send().await;
    assert_eq!(status, 200);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["version"], "1.0");
    let reference = &answer["richLinkDataRef"];
    let mut names: Vec<_> = reference.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["key", "owner", "signature-base64", "size", "title", "url"]);
    assert!(reference["size"].is_number());

    let link = |reference: &Value| {
        stage
            .outbound(&ada, listed)
            .property("type", json!("richLink"))
            .property("richLinkDataRef", reference.clone())
    };
    assert_eq!(link(reference).send().await.0, 200);
    assert_eq!(last_message(&stage).await["richLinkData"]["url"], listed);
    let mut other = reference.clone();
    other["key"] = json!("00".repeat(33));
    assert_eq!(link(&other).send().await.0, 400);
}

#[tokio::test]
async fn what_has_no_app_clip_is_refused() {
    let stage = Stage::new().await;
    let own = stage.simulator.url.replacen("http:", "https:", 1);
    let body = |url: &str, region: &str| {
        json!({"type": "link", "link": {"url": url, "storeRegion": region}, "version": "1.0"})
            .to_string()
    };
    let clip = format!("{own}/shop/clip");
    for (body, reason) in [
        (body(&format!("{own}/shop/desk"), "US"), "no App Clip metadata"),
        (body("https://shop.example.com/", "US"), "no App Clip metadata"),
        (body(&clip.replacen("https:", "http:", 1), "US"), "not an https URL"),
        (body(&format!("{clip}?{}", "x".repeat(8_192)), "US"), "not an https URL"),
        (body(&clip, "USA"), "not a country"),
        (body(&clip, "US").replacen("link", "clip", 1), "type is not 'link'"),
        ("{".to_owned(), "not JSON"),
    ] {
        let (status, told) = construct(&stage, &body).send().await;
        assert!(status == 400 && told.contains(reason), "{status} {told}");
    }
    let mut call = construct(&stage, &body(&clip, "US"));
    call.authorization = None;
    assert_eq!(call.send().await.0, 401);

    let busy = FaultSpec::status(Place::Gateway, 503).times(1);
    stage.client.add_fault(&busy).await.unwrap();
    assert_eq!(construct(&stage, &body(&clip, "US")).send().await.0, 503);
    let silent = FaultSpec::new(Place::Gateway, Effect::Refuse).times(1).message_type("link");
    stage.client.add_fault(&silent).await.unwrap();
    assert!(construct(&stage, &body(&clip, "US")).request().send().await.is_err());
}
