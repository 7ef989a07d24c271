use amb_simulator::model::{AccountSettings, CallFilter, Close, Direction, Send, TranscriptFilter};
use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::support::{BUSINESS_ID, KEY, MSP_ID, SECOND_KEY, Stage, WAIT, claims, now};

#[tokio::test]
async fn a_text_reaches_the_phone_byte_for_byte() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let text = "Grüße 👩‍👩‍👧‍👦 שלום 𝒜 \u{202e}x\u{202c} a\u{301} \u{fffc}\r\n\t end";

    let (status, body) = stage.outbound(&customer, text).send().await;
    assert_eq!((status, body.as_str()), (200, ""));

    let filter = TranscriptFilter {
        direction: Some(Direction::FromBusiness),
        wait: WAIT,
        ..TranscriptFilter::default()
    };
    let shown = stage.client.transcript(&filter).await.unwrap().remove(0);
    assert_eq!(shown.text.as_deref(), Some(text));
    assert!(shown.hops.apple_accepted.is_some() && shown.hops.shown_on_phone.is_some());
}

#[tokio::test]
async fn every_call_is_recorded_without_its_token() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    stage.outbound(&customer, "one").send().await;
    stage.outbound(&customer, "two").without("body").send().await;

    let calls = stage.client.gateway_calls(&CallFilter::default()).await.unwrap();
    assert_eq!(calls.iter().map(|it| it.status).collect::<Vec<_>>(), [200, 400]);
    assert_eq!(calls[0].text("id"), calls[1].text("id"));
    assert_eq!(calls[0].headers["source-id"], BUSINESS_ID);
    assert!(!calls[0].headers.contains_key("authorization"));
    assert_eq!(claims(&calls[0]).iss, MSP_ID);
}

#[tokio::test]
async fn a_call_without_authorization_is_401() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let mut call = stage.outbound(&customer, "x");
    call.authorization = None;
    let (status, body) = call.send().await;
    assert_eq!(status, 401);
    assert!(body.starts_with("401 Unauthorized : "), "{body}");
}

#[tokio::test]
async fn a_token_that_does_not_hold_is_403() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let good = || stage.outbound(&customer, "x");
    let fresh = json!({"iss": MSP_ID, "iat": now()});
    let bad = [
        good().token(&fresh, BASE64.encode(&KEY).as_bytes()),
        good().token(&fresh, &SECOND_KEY),
        good().token(&json!({"aud": MSP_ID, "iat": now()}), &KEY),
        good().token(&json!({"iss": BUSINESS_ID, "iat": now()}), &KEY),
        good().token(&json!({"iss": MSP_ID, "iat": now() - 3_700}), &KEY),
    ];
    for call in bad {
        assert_eq!(call.send().await.0, 403);
    }
    assert_eq!(good().send().await.0, 200);
}

#[tokio::test]
async fn during_a_rotation_both_secrets_let_in() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let by_second =
        stage.outbound(&customer, "x").token(&json!({"iss": MSP_ID, "iat": now()}), &SECOND_KEY);
    assert_eq!(by_second.send().await.0, 403);

    let both = vec![BASE64.encode(&KEY), BASE64.encode(&SECOND_KEY)];
    let settings = AccountSettings { secrets: Some(both), ..AccountSettings::default() };
    stage.client.change_account(&settings).await.unwrap();
    assert_eq!(by_second.send().await.0, 200);
    assert_eq!(stage.outbound(&customer, "x").send().await.0, 200);
}

#[tokio::test]
async fn what_is_missing_or_differs_is_400_with_a_reason() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let good = || stage.outbound(&customer, "x");
    let other = "9c2e6a10-1f00-4f6e-8a01-000000000009";

    let mut bad = vec![
        (good().property("id", json!(other)), "header 'id' differs from the body"),
        (good().property("sourceId", json!(other)), "header 'source-id' differs from the body"),
        (good().property("destinationId", json!(other)), "header 'destination-id' differs"),
        (good().property("v", json!("1")), "v is not 1"),
        (good().property("body", json!("")), "required property 'body' is missing"),
        (good().property("type", Value::Null), "required property 'type' is missing"),
    ];
    for name in ["v", "id", "type", "sourceId", "destinationId", "body"] {
        bad.push((good().without(name), ""));
    }
    for (body, reason) in [("", "not JSON"), ("{", "not JSON"), ("[]", "not an object")] {
        let mut call = good();
        body.clone_into(&mut call.body);
        bad.push((call, reason));
    }
    for (call, reason) in bad {
        let (status, body) = call.send().await;
        assert_eq!(status, 400, "{}", call.body);
        assert!(body.starts_with("400 Bad Request : ") && body.contains(reason), "{body}");
    }

    let mut without_header = good().request().build().unwrap();
    without_header.headers_mut().remove("destination-id");
    assert_eq!(stage.http.execute(without_header).await.unwrap().status(), 400);
}

#[tokio::test]
async fn somebody_who_never_wrote_is_404() {
    let stage = Stage::new().await;
    let silent = stage.quiet_customer().await;
    let (status, body) = stage.outbound(&silent, "x").send().await;
    assert_eq!(status, 404);
    assert_eq!(body, "404 Not Found : No device registrations for user");

    let mut nobody = silent;
    nobody.opaque_id = "urn:mbid:AQAAYnobody=".to_owned();
    assert_eq!(stage.outbound(&nobody, "x").send().await.0, 404);
}

#[tokio::test]
async fn after_a_close_it_is_410_until_the_customer_writes_again() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let close = Close { wait: WAIT, ..Close::default() };
    stage.client.close(&customer.name, &close).await.unwrap();
    let webhook = stage.msp.last().json();
    let mut properties: Vec<_> = webhook.as_object().unwrap().keys().collect();
    properties.sort();
    assert_eq!(properties, ["destinationId", "id", "sourceId", "type", "v"]);
    assert_eq!(webhook["type"], "close");

    assert_eq!(stage.outbound(&customer, "x").send().await.0, 410);
    stage.client.send(&customer.name, &Send::text("Back").wait(WAIT)).await.unwrap();
    assert_eq!(stage.outbound(&customer, "x").send().await.0, 200);
}

#[tokio::test]
async fn typing_shows_on_the_phone_until_the_next_message() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let dots = || async {
        stage.client.conversations(&customer.name).await.unwrap().pop().unwrap().business_typing
    };
    let typing = |state: &str| {
        stage
            .outbound(&customer, "")
            .property("type", json!(format!("typing_{state}")))
            .without("body")
    };
    assert_eq!(typing("start").send().await.0, 200);
    assert!(dots().await);
    assert_eq!(typing("end").send().await.0, 200);
    assert!(!dots().await);
    typing("start").send().await;
    stage.outbound(&customer, "done").send().await;
    assert!(!dots().await);
}

#[tokio::test]
async fn a_type_of_later_days_is_shown_as_it_is() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let sticker = stage
        .outbound(&customer, "")
        .property("type", json!("sticker"))
        .property("stickerData", json!({"name": "wave"}))
        .without("body");
    assert_eq!(sticker.send().await.0, 200);
    let filter = TranscriptFilter {
        direction: Some(Direction::FromBusiness),
        ..TranscriptFilter::default()
    };
    let shown = stage.client.transcript(&filter).await.unwrap().remove(0);
    assert_eq!((shown.message_type.as_str(), shown.text), ("sticker", None));
    assert_eq!(shown.message["stickerData"]["name"], "wave");
}
