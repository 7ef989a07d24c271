//! The sample business shows every type of message, and tells what was chosen.

use amb_simulator::model::BusinessSettings;
use serde_json::{Value, json};

use crate::business::{received, secret, set_up, signed, status, wait_for_bot};
use crate::support::Stage;

/// What the bot sends to the product on account of an event, its typing left out.
async fn answers(event: &Value, count: usize) -> Vec<Value> {
    let stage = Stage::new().await;
    set_up(&stage).await;
    assert_eq!(status(signed(&stage, event, &secret(1))).await, 200);
    let mut sent = wait_for_bot(&stage, count + 1).await;
    assert_eq!(sent.remove(0)["type"], "typing");
    sent
}

fn text(text: &str) -> Value {
    received("evt_1", "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001", text, "urn:mbid:x")
}

fn replied(interactive: Value) -> Value {
    let mut event = text("");
    event["type"] = json!("interactive.replied");
    event["data"]["message"]["type"] = json!("interactive");
    event["data"]["message"]["interactive"] = interactive;
    event
}

#[tokio::test]
async fn a_keyword_brings_a_message_of_that_type() {
    for (keyword, kind) in [
        ("quick", "quickReply"),
        ("list", "listPicker"),
        ("List Multi", "listPicker"),
        ("time", "timePicker"),
        ("form", "form"),
        ("link", "richLink"),
        ("links", "text"),
        ("app", "iMessageApp"),
        ("clip", "appClip"),
        ("image", "listPicker"),
        ("raw", "raw"),
        ("menu", "listPicker"),
        ("fallback", "form"),
    ] {
        let sent = answers(&text(keyword), 1).await;
        assert_eq!((sent.len(), &sent[0]["type"]), (1, &json!(kind)), "{keyword}");
        assert_eq!((&sent[0]["to"], &sent[0]["bot"]), (&json!("urn:mbid:x"), &json!(true)));
        assert!(sent[0]["content"].is_object());
    }
}

#[tokio::test]
async fn the_fallbacks_go_from_form_to_text() {
    let sent = answers(&text("fallback"), 1).await;
    let fallback = sent[0]["fallback"].as_array().unwrap();
    let kinds: Vec<_> = fallback.iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["listPicker", "quickReply", "text"]);
}

#[tokio::test]
async fn a_template_is_made_before_it_is_sent() {
    let sent = answers(&text("template"), 1).await;
    assert_eq!(sent[0]["type"], "template");
    assert_eq!(sent[0]["content"]["name"], "demo-sizes");
}

#[tokio::test]
async fn a_file_is_uploaded_before_it_is_sent() {
    for (keyword, kind, start) in
        [("file", "application/pdf", &b"%PDF-1.4"[..]), ("photo", "image/jpeg", b"\xff\xd8\xff")]
    {
        let stage = Stage::new().await;
        set_up(&stage).await;
        assert_eq!(status(signed(&stage, &text(keyword), &secret(1))).await, 200);
        while stage.msp.heard().len() < 3 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        let heard = stage.msp.heard();
        assert_eq!((heard[1].path.as_str(), heard[1].header("content-type")), ("/put", kind));
        assert!(heard[1].body.starts_with(start));
        let sent = heard[2].json();
        assert_eq!(sent["type"], "text");
        assert_eq!(sent["content"]["text"].as_str().unwrap().matches('\u{fffc}').count(), 1);
        assert_eq!(sent["content"]["attachments"][0]["uploadId"], "upl_1");
    }
}

#[tokio::test]
async fn a_customers_file_is_told_by_what_came_of_it() {
    let mut event = text("");
    event["type"] = json!("attachment.ready");
    event["data"] = json!({
        "opaqueId": "urn:mbid:x", "messageId": "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001",
        "attachment": {
            "name": "a.pdf", "mediaType": "application/pdf", "size": 7,
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        },
    });
    let sent = answers(&event, 1).await;
    let told = "I have a.pdf: application/pdf, 7 bytes, SHA-256 9f86d081884c…";
    assert_eq!(sent[0]["content"]["text"], told);
    event["type"] = json!("attachment.failed");
    event["data"]["code"] = json!("truncated");
    let sent = answers(&event, 1).await;
    assert_eq!(sent[0]["content"]["text"], "I could not take a.pdf: truncated");

    // Words beside a file are heard without its place, a file alone when it is here.
    let sent = answers(&text("\u{fffc} broken"), 1).await;
    assert_eq!(sent[0]["content"]["text"], "You said: broken");
    let stage = Stage::new().await;
    set_up(&stage).await;
    assert_eq!(status(signed(&stage, &text("\u{fffc}"), &secret(1))).await, 200);
    assert!(stage.client.bot_answers("shop").await.unwrap().is_empty());
}

#[tokio::test]
async fn an_invitation_goes_to_the_number_named() {
    let sent = answers(&text("invite +12025550100"), 1).await;
    assert_eq!(sent[0]["to"], "tel:+12025550100");
    assert_eq!(sent[0]["type"], "invitation");
}

#[tokio::test]
async fn a_choice_is_told_by_its_identifiers() {
    let chosen =
        json!({"kind": "listPicker", "selected": [{"identifier": "c1"}, {"identifier": "l2"}]});
    let sent = answers(&replied(chosen), 1).await;
    assert_eq!(sent[0]["content"]["text"], "You chose: c1, l2");
}

#[tokio::test]
async fn a_choice_from_the_menu_brings_that_type() {
    let chosen = json!({"kind": "listPicker", "selected": [{"identifier": "demo-time"}]});
    let sent = answers(&replied(chosen), 1).await;
    assert_eq!(sent[0]["type"], "timePicker");
}

#[tokio::test]
async fn the_demo_can_be_off_and_a_repeated_choice_is_passed_over() {
    let stage = Stage::new().await;
    set_up(&stage).await;
    let mut again = replied(json!({"kind": "quickReply", "identifier": "good"}));
    again["data"]["message"]["softDuplicateOf"] = json!("5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1000");
    assert_eq!(status(signed(&stage, &again, &secret(1))).await, 200);
    assert!(stage.client.bot_answers("shop").await.unwrap().is_empty());

    let plain = BusinessSettings { demo: Some(false), ..BusinessSettings::default() };
    assert!(!stage.client.put_business("shop", &plain).await.unwrap().demo);
    let mut list = text("list");
    list["id"] = json!("evt_2");
    assert_eq!(status(signed(&stage, &list, &secret(1))).await, 200);
    let sent = wait_for_bot(&stage, 2).await;
    assert_eq!(sent[1]["content"]["text"], "You said: list");
}

#[tokio::test]
async fn a_payment_is_asked_for_by_its_own_call_and_thanked_for_once_it_is_held() {
    let (stage, till) = (Stage::new().await, crate::till::Till::open().await);
    set_up(&stage).await;
    assert_eq!(status(signed(&stage, &text("pay"), &secret(1))).await, 200);
    let sent = wait_for_bot(&stage, 2).await.remove(1);
    assert!(sent.get("type").is_none() && sent["content"]["lineItems"].is_array(), "{sent}");
    let asked = stage.msp.heard().into_iter().filter(|it| it.path == "/v1/payments").count();
    assert_eq!(asked, 1);

    // The event says whose it is by the request alone.
    let ada = stage.open_conversation().await;
    till.ask(&stage, &ada, |_| ()).await;
    let mut event = text("");
    event["id"] = json!("evt_2");
    event["type"] = json!("payment.authorized");
    event["data"] = json!({"amount": "199.00", "currency": "USD", "attempt": 1,
                           "requestIdentifier": crate::till::REQUEST.to_uppercase()});
    assert_eq!(status(signed(&stage, &event, &secret(1))).await, 200);
    let heard = wait_for_bot(&stage, 4).await;
    let thanks = heard.iter().find(|it| it["content"]["text"] == "Thank you. You paid 199.00 USD.");
    assert_eq!(thanks.unwrap()["to"], json!(ada.opaque_id));
}
