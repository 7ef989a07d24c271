//! Apple's content store: what it asks for, what it gives, and how it fails.

use amb_protocol::attachment::{AttachmentKey, Cipher};
use amb_simulator::model::{Attach, CallFilter, ContentSettings, Effect, FaultSpec, Place, Spoil};
use serde_json::json;

use crate::attachments::{
    address, ask, bearer, fetch, film, get, handed_in, member, opened, set, to_business, uploaded,
    view,
};
use crate::support::Stage;

#[tokio::test]
async fn f091_after_its_days_a_file_is_gone_from_the_store_and_stays_on_the_phone() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let attach = to_business(Attach::named("a.txt"));
    let entry = stage.client.attach(&ada.name, &attach, "words").await.unwrap();
    let theirs = uploaded(&stage, b"contract").await;
    let mine = stage.msp.last().json()["attachments"][0].clone();
    let kept_for =
        |object_life_ms| ContentSettings { object_life_ms, ..ContentSettings::default() };
    stage.client.change_content(&kept_for(0)).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;

    let headers = ["url", "signature-base64", "owner"].map(|name| mine[name].as_str().unwrap());
    let headers = [("url", headers[0]), ("signature", headers[1]), ("owner", headers[2])];
    let (status, told) = ask(&stage, "preDownload", &headers).await;
    assert!(status == 404 && told.contains("content has expired"), "{status} {told}");
    let call = stage.outbound(&ada, "\u{fffc}").property("attachments", json!([theirs]));
    let (status, told) = call.send().await;
    assert!(status == 400 && told.contains("it has expired"), "{status} {told}");
    assert_eq!(stage.client.file(&ada.name, &entry.id, 0).await.unwrap(), b"words");

    stage.client.change_content(&kept_for(60_000)).await.unwrap();
    assert_eq!(ask(&stage, "preDownload", &headers).await.0, 200);
    assert_eq!(call.send().await.0, 200);
}

#[tokio::test]
async fn the_content_store_takes_no_token_and_calls_are_told_by_customer() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let file = handed_in(&stage, &ada, b"photo").await;
    let url = address(&stage, &file).await;
    let with_token = stage.http.get(&url).header("authorization", bearer());
    assert_eq!(with_token.send().await.unwrap().status(), 400);
    assert_eq!(get(&stage, &url).await.unwrap().0, 200);
    let calls = async |path: &str, customer: &str| {
        let (path, customer) = (Some(path.to_owned()), Some(customer.to_owned()));
        let filter = CallFilter { path, customer, ..CallFilter::default() };
        stage.client.gateway_calls(&filter).await.unwrap().len()
    };
    assert_eq!(calls("GET /v1/preDownload", &ada.name).await, 1);
    assert_eq!(calls("GET /content/download", &ada.name).await, 2);
    assert_eq!(calls("GET /content/download", "nobody").await, 0);
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
