//! What Apple's gateway refuses inside a message, and what it takes though the device cannot show it.

use amb_simulator::model::{
    AccountSettings, CallFilter, CustomerPatch, Direction, Entry, GatewaySettings, Preset,
    TranscriptFilter,
};
use serde_json::{Value, json};

use crate::sample::{BID, RED_DOT, app, form, list_picker, quick_reply, time_picker};
use crate::support::{Outbound, Stage};

/// Sends what is to be refused and gives the reason.
async fn refused(call: Outbound) -> String {
    let (status, body) = call.send().await;
    assert_eq!(status, 400, "{body} {}", call.body);
    body.strip_prefix("400 Bad Request : ").unwrap().to_owned()
}

async fn shown(stage: &Stage) -> Entry {
    let filter = TranscriptFilter {
        direction: Some(Direction::FromBusiness),
        ..TranscriptFilter::default()
    };
    stage.client.transcript(&filter).await.unwrap().pop().unwrap()
}

#[tokio::test]
async fn every_type_reaches_the_phone() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    for (content, title) in [
        (quick_reply(), "How did we do?"),
        (list_picker(), "Choose a desk"),
        (time_picker(), "When?"),
        (form(false), "Return"),
        (app(), "Your cart"),
    ] {
        let (status, body) = stage.interactive(&ada, content.clone()).send().await;
        assert_eq!((status, body.as_str()), (200, ""));
        let entry = shown(&stage).await;
        assert_eq!(entry.message["interactiveData"], content);
        assert_eq!((entry.title.as_deref(), entry.not_showable), (Some(title), false));
    }
    let link = json!({
        "url": "https://shop.example.com/p/42", "title": "Walnut desk",
        "assets": {"image": {"data": RED_DOT, "mimeType": "image/png"},
                   "video": {"url": "https://shop.example.com/p/42.mp4", "mimeType": "video/mp4"}},
    });
    let call = stage
        .outbound(&ada, "")
        .without("body")
        .property("type", json!("richLink"))
        .property("richLinkData", link);
    assert_eq!(call.send().await.0, 200);
    assert_eq!(shown(&stage).await.title.as_deref(), Some("Walnut desk"));
}

#[tokio::test]
async fn ap22_a_third_partys_app_has_no_data() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let mut content = app();
    content["data"] = json!({"version": "1.0"});
    let reason = refused(stage.interactive(&ada, content)).await;
    assert_eq!(reason, "Third party interactive data disallows use of 'data'");
}

#[tokio::test]
async fn ap13_one_quick_reply_item_is_refused_and_so_are_six() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    for (count, fine) in [(0, false), (1, false), (2, true), (5, true), (6, false)] {
        let mut content = quick_reply();
        let item = |index| json!({"identifier": format!("i{index}"), "title": format!("T{index}")});
        let items: Vec<_> = (0..count).map(item).collect();
        content["data"]["quick-reply"]["items"] = json!(items);
        let call = stage.interactive(&ada, content);
        if fine {
            assert_eq!(call.send().await.0, 200);
        } else {
            assert_eq!(refused(call).await, "quick-reply must have 2 to 5 items");
        }
    }
}

#[tokio::test]
async fn a_rich_links_picture_is_not_fetched_from_elsewhere() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let link = |image: Value| {
        let data = json!({
            "url": "https://shop.example.com/p/42", "title": "Desk", "assets": {"image": image},
        });
        let call = stage.outbound(&ada, "").without("body").property("type", json!("richLink"));
        call.property("richLinkData", data)
    };
    let remote = json!({"url": "https://shop.example.com/p/42.png", "mimeType": "image/png"});
    assert_eq!(refused(link(remote)).await, "image of a rich link must not be a URL");
    assert_eq!(
        refused(link(json!({"mimeType": "image/png"}))).await,
        "required property 'data' is missing"
    );
}

#[tokio::test]
async fn a_picture_that_is_no_png_is_refused() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    for data in [json!("/9j/4AAQSkZJRg=="), json!("not base64!"), json!(""), Value::Null] {
        let mut content = list_picker();
        content["data"]["images"][0]["data"] = data;
        assert_eq!(refused(stage.interactive(&ada, content)).await, "image is not a PNG in base64");
    }
}

#[tokio::test]
async fn what_is_not_there_or_there_twice_is_refused() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let without = |pointer: &str, name: &str| {
        let mut content = quick_reply();
        let inner = content.pointer_mut(pointer).and_then(Value::as_object_mut).unwrap();
        inner.remove(name);
        stage.interactive(&ada, content)
    };
    for (call, reason) in [
        (without("", "bid"), "required property 'bid' is missing"),
        (without("", "data"), "required property 'data' is missing"),
        (without("/data", "version"), "required property 'version' is missing"),
        (without("/data", "requestIdentifier"), "required property 'requestIdentifier' is missing"),
        (stage.interactive(&ada, Value::Null), "exactly one of"),
        (
            stage.interactive(&ada, quick_reply()).property("interactiveDataRef", json!({})),
            "exactly one of",
        ),
        (
            stage.outbound(&ada, "x").property("type", json!("richLink")),
            "exactly one of 'richLinkData' and 'richLinkDataRef'",
        ),
    ] {
        let told = refused(call).await;
        assert!(told.contains(reason), "{told}");
    }
}

#[tokio::test]
async fn every_fault_is_in_the_record_and_the_first_in_the_answer() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let mut content = list_picker();
    content["data"]["images"][0]["data"] = json!("/9j/4AAQSkZJRg==");
    content["data"]["version"] = json!(1);
    let reason = refused(stage.interactive(&ada, content)).await;
    let call = stage.client.gateway_calls(&CallFilter::default()).await.unwrap().remove(0);
    assert_eq!((call.status, call.reason.as_ref()), (400, Some(&reason)));
    assert_eq!(call.faults[0].message, reason);
    let pointers: Vec<_> = call.faults.iter().map(|it| it.pointer.as_str()).collect();
    assert!(pointers.contains(&"/interactiveData/data"), "{pointers:?}");
    assert!(pointers.contains(&"/interactiveData/data/images/0/data"), "{pointers:?}");
}

#[tokio::test]
async fn the_rule_pack_decides_on_limits() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let titled = |length| {
        let mut content = list_picker();
        content["receivedMessage"]["title"] = json!("x".repeat(length));
        stage.interactive(&ada, content)
    };
    assert_eq!(titled(200).send().await.0, 200);
    refused(titled(201)).await;

    let unknown = GatewaySettings { rule_pack: "none".to_owned(), ..GatewaySettings::default() };
    let settings = AccountSettings { gateway: Some(unknown), ..AccountSettings::default() };
    assert!(stage.client.change_account(&settings).await.is_err());
    let old = GatewaySettings { rule_pack: "apple-2022".to_owned(), ..GatewaySettings::default() };
    let settings = AccountSettings { gateway: Some(old), ..AccountSettings::default() };
    let account = stage.client.change_account(&settings).await.unwrap();
    assert_eq!(account.gateway.rule_pack, "apple-2022");
    assert_eq!(titled(512).send().await.0, 200);
    refused(titled(513)).await;
}

#[tokio::test]
async fn ap27_apple_takes_what_the_device_cannot_show() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let mac = CustomerPatch { preset: Some(Preset::Mac), ..CustomerPatch::default() };
    stage.client.change_customer(&ada.name, &mac).await.unwrap();
    for (content, hidden) in [(form(false), true), (list_picker(), false)] {
        assert_eq!(stage.interactive(&ada, content).send().await.0, 200);
        assert_eq!(shown(&stage).await.not_showable, hidden);
    }
    let old = CustomerPatch { preset: Some(Preset::Old), ..CustomerPatch::default() };
    stage.client.change_customer(&ada.name, &old).await.unwrap();
    for (content, hidden) in
        [(quick_reply(), true), (list_picker(), true), (time_picker(), true), (app(), false)]
    {
        assert_eq!(stage.interactive(&ada, content).send().await.0, 200);
        assert_eq!(shown(&stage).await.not_showable, hidden);
    }
}

#[tokio::test]
async fn a_sign_in_goes_to_its_own_endpoint() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let content = json!({
        "bid": BID,
        "data": {
            "version": "2.0", "requestIdentifier": "c0ffee00-0000-4000-8000-000000000008",
            "authenticate": {"oauth2": {
                "state": "c3RhdGUtbWFkZS11cA", "responseType": "code", "scope": ["openid"],
                "redirectURI": "https://msp.example.com/auth/callback",
            }},
        },
        "receivedMessage": {"title": "Sign in", "style": "icon"},
        "replyMessage": {"title": "Signed in"},
    });
    let call = stage.interactive(&ada, content);
    assert_eq!(refused(call.clone()).await, "'authenticate' belongs to /authenticate");
    assert_eq!(call.at_endpoint("authenticate").send().await, (200, String::new()));
    let entry = shown(&stage).await;
    assert_eq!((entry.title.as_deref(), entry.not_showable), (Some("Sign in"), false));

    let other = stage.interactive(&ada, quick_reply()).at_endpoint("authenticate");
    assert_eq!(refused(other).await, "required property 'authenticate' is missing");
}
