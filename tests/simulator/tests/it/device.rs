use std::collections::BTreeSet;

use amb_simulator::client::ClientError;
use amb_simulator::model::{
    AccountSettings, CustomerPatch, Device, Encoding, EntryState, NewConversation, NewCustomer,
    Reaction, Resend, RetrySchedule, Send, Signing, Tapback, Typing, WebhookFilter,
};
use data_encoding::BASE64;
use serde_json::json;

use crate::support::{BUSINESS_ID, KEY, MSP_ID, SECOND_KEY, Stage, WAIT};

#[tokio::test]
async fn a_text_is_announced_by_typing_and_comes_as_apple_sends_it() {
    let stage = Stage::new().await;
    let ada = stage.client.create_customer(&NewCustomer::default()).await.unwrap();
    let text = "Wo ist mein Paket? 📦";
    let sent =
        stage.client.send(&ada.name, &Send::text(text).to(BUSINESS_ID).wait(WAIT)).await.unwrap();
    assert_eq!(sent.state, EntryState::Delivered);
    assert!(sent.hops.customer_sent <= sent.hops.webhook_answered);

    assert_eq!(stage.msp.heard_types(), ["typing_start", "text"]);
    for heard in stage.msp.heard() {
        let body = heard.json();
        assert_eq!(heard.path, "/message");
        assert!(heard.body.starts_with(&[0x1f, 0x8b]));
        assert_eq!(heard.header("content-encoding"), "gzip");
        assert_eq!(heard.header("content-type"), "application/json");
        assert_eq!(heard.header("id"), body["id"]);
        assert_eq!(heard.header("source-id"), ada.opaque_id);
        assert_eq!(body["sourceId"], *ada.opaque_id);
        assert_eq!(heard.header("destination-id"), BUSINESS_ID);
        assert_eq!(body["destinationId"], BUSINESS_ID);
        assert_eq!(heard.header("capability-list"), "AUTH,LIST,TIME,FORM,QUICK,AUTH2");
        assert_eq!(heard.audience(&KEY), Some(json!(MSP_ID)));
        assert_eq!(body["v"], 1);
    }
    let body = stage.msp.last().json();
    assert_eq!((body["body"].as_str(), body["locale"].as_str()), (Some(text), Some("en_US")));
}

#[tokio::test]
async fn a_device_can_be_set() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let patch = CustomerPatch {
        locale: Some("de_DE".to_owned()),
        capabilities: Some(vec!["LIST".to_owned()]),
        device: Some(Device {
            typing_first: false,
            encoding: Encoding::GzipWithoutHeader,
            ..Device::default()
        }),
        ..CustomerPatch::default()
    };
    stage.client.change_customer(&ada.name, &patch).await.unwrap();
    let hello = Send::text("Hallo").to(BUSINESS_ID).wait(WAIT);
    stage.client.send(&ada.name, &hello).await.unwrap();
    let heard = stage.msp.last();
    assert!(heard.body.starts_with(&[0x1f, 0x8b]) && heard.header("content-encoding").is_empty());
    assert_eq!(heard.header("capability-list"), "LIST");
    assert_eq!(heard.json()["locale"], "de_DE");

    let plain = Send { encoding: Some(Encoding::Plain), ..hello };
    stage.client.send(&ada.name, &plain).await.unwrap();
    assert!(stage.msp.last().body.starts_with(b"{"));
    assert_eq!(stage.msp.heard().len(), 2, "no typing was sent");
}

#[tokio::test]
async fn intent_and_group_come_with_the_first_message_only() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let entry_point = NewConversation {
        customer: ada.name.clone(),
        business_id: BUSINESS_ID.to_owned(),
        title: None,
        intent: Some("order_status".to_owned()),
        group: Some("retail".to_owned()),
    };
    stage.client.open_conversation(&entry_point).await.unwrap();
    stage.client.send(&ada.name, &Send::text("one").wait(WAIT)).await.unwrap();
    stage.client.send(&ada.name, &Send::text("two").wait(WAIT)).await.unwrap();
    let heard = stage.msp.heard();
    let (first, second) = (heard[0].json(), heard[1].json());
    assert_eq!((&first["intent"], &first["group"]), (&json!("order_status"), &json!("retail")));
    assert!(second.get("intent").is_none() && second.get("group").is_none());
}

#[tokio::test]
async fn a_webhook_is_tried_again_with_the_same_id_after_5xx() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    stage.msp.answer_with(&[500, 503]);
    let sent = Send::text("Hello").to(BUSINESS_ID).wait(WAIT);
    let sent = stage.client.send(&ada.name, &sent).await.unwrap();
    assert_eq!(sent.state, EntryState::Delivered);
    let tries = stage.client.webhooks(&WebhookFilter::default()).await.unwrap();
    assert_eq!(tries.iter().map(|it| it.status).collect::<Vec<_>>(), [500, 503, 200].map(Some));
    assert_eq!(tries.iter().map(|it| it.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    let ids: BTreeSet<_> = stage.msp.heard().iter().map(|it| it.header("id").to_owned()).collect();
    assert_eq!(ids, BTreeSet::from([sent.id]));
}

#[tokio::test]
async fn a_webhook_that_is_never_taken_is_marked_not_delivered() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let hello = Send::text("Hello").to(BUSINESS_ID).wait(WAIT);
    stage.msp.answer_with(&[500, 500, 500]);
    let sent = stage.client.send(&ada.name, &hello).await.unwrap();
    assert_eq!((sent.state, stage.msp.heard().len()), (EntryState::NotDelivered, 3));

    stage.msp.answer_with(&[403]);
    let sent = stage.client.send(&ada.name, &hello).await.unwrap();
    assert_eq!(sent.state, EntryState::NotDelivered);
    assert_eq!(stage.msp.heard().len(), 4, "4xx is not tried again");
}

#[tokio::test]
async fn silence_and_a_closed_port_count_as_failures() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let hello = Send::text("Hello").to(BUSINESS_ID).wait(WAIT);
    let settings = AccountSettings {
        retry: Some(RetrySchedule { at_ms: vec![0, 10], timeout_ms: 1_000 }),
        ..AccountSettings::default()
    };
    stage.client.change_account(&settings).await.unwrap();
    stage.msp.answer_with(&[0]);
    let sent = stage.client.send(&ada.name, &hello).await.unwrap();
    assert_eq!(sent.state, EntryState::Delivered, "the second attempt was answered");

    let settings = AccountSettings {
        webhook_base_url: Some("http://127.0.0.1:9".to_owned()),
        ..AccountSettings::default()
    };
    stage.client.change_account(&settings).await.unwrap();
    let sent = stage.client.send(&ada.name, &hello).await.unwrap();
    assert_eq!(sent.state, EntryState::NotDelivered);
    let tries = stage.client.webhooks(&WebhookFilter::default()).await.unwrap();
    assert!(tries.last().unwrap().error.as_ref().unwrap().contains("refused"));
}

#[tokio::test]
async fn the_default_schedule_is_0_2_and_10_seconds() {
    let schedule = RetrySchedule::default();
    assert_eq!((schedule.at_ms, schedule.timeout_ms), (vec![0, 2_000, 10_000], 10_000));
}

#[tokio::test]
async fn duplicates_come_at_once_or_later_with_the_same_id() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let many = Send { copies: Some(50), ..Send::text("Hello").to(BUSINESS_ID).wait(WAIT) };
    let sent = stage.client.send(&ada.name, &many).await.unwrap();
    let filter =
        WebhookFilter { id: Some(sent.id.clone()), wait: WAIT, ..WebhookFilter::default() };
    let all = WebhookFilter { status: Some(200), at_least: Some(50), ..filter.clone() };
    assert_eq!(stage.client.webhooks(&all).await.unwrap().len(), 50);

    let resend = Resend { id: sent.id.clone(), copies: None };
    stage.client.resend(&ada.name, &resend).await.unwrap();
    let again = WebhookFilter { at_least: Some(51), ..filter };
    assert_eq!(stage.client.webhooks(&again).await.unwrap().len(), 51);
    let heard = stage.msp.heard();
    assert!(heard.iter().all(|it| it.json() == heard[0].json()));
}

#[tokio::test]
async fn a_webhook_can_be_signed_with_the_second_secret() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let hello = Send::text("Hello").to(BUSINESS_ID).wait(WAIT);
    let signing = Signing { secret: Some(BASE64.encode(&SECOND_KEY)), ..Signing::default() };
    stage.client.send(&ada.name, &Send { signing, ..hello.clone() }).await.unwrap();
    assert!(stage.msp.last().audience(&SECOND_KEY).is_some());

    let settings = AccountSettings {
        secrets: Some(vec![BASE64.encode(&KEY), BASE64.encode(&SECOND_KEY)]),
        sign_with: Some(1),
        ..AccountSettings::default()
    };
    let account = stage.client.change_account(&settings).await.unwrap();
    assert_eq!((account.live_secrets, account.sign_with), (2, 1));
    stage.client.send(&ada.name, &hello).await.unwrap();
    assert!(stage.msp.last().audience(&SECOND_KEY).is_some());
}

#[tokio::test]
async fn a_tapback_is_a_text_the_product_can_tell() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    stage.outbound(&ada, "Your parcel arrives today").send().await;
    let tapback = Tapback { reaction: Reaction::Loved, wait: WAIT, ..Tapback::default() };
    stage.client.react(&ada.name, &tapback).await.unwrap();
    let body = stage.msp.last().json();
    assert_eq!(
        (&body["type"], &body["body"]),
        (&json!("text"), &json!("Loved “Your parcel arrives today”"))
    );
    let (english, japanese) = (Some("en_US".to_owned()), Some("ja_JP".to_owned()));
    let mut all = vec![Tapback { locale: japanese, ..Tapback::default() }];
    for removed in [false, true] {
        for reaction in [
            Reaction::Loved,
            Reaction::Liked,
            Reaction::Disliked,
            Reaction::Laughed,
            Reaction::Emphasized,
            Reaction::Questioned,
        ] {
            let locale = english.clone();
            all.push(Tapback { reaction, removed, locale, ..Tapback::default() });
        }
        let emoji = Some("🎉".to_owned());
        all.push(Tapback { emoji, removed, locale: english.clone(), ..Tapback::default() });
    }
    for tapback in all {
        let text = stage.client.react(&ada.name, &tapback).await.unwrap().text.unwrap();
        let told = amb_protocol::tapback::classify(&text);
        assert!(told.is_some_and(|it| it.removed == tapback.removed), "{text}");
    }
}

#[tokio::test]
async fn typing_can_be_sent_alone() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    for end in [false, true] {
        stage.client.typing(&ada.name, &Typing { business_id: None, end }).await.unwrap();
    }
    assert_eq!(stage.msp.heard_types(), ["text", "typing_start", "typing_end"]);
}

#[tokio::test]
async fn json_can_be_changed_on_its_way() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let changed = Send {
        extra: [("v".to_owned(), json!("1")), ("locale".to_owned(), json!(null))]
            .into_iter()
            .collect(),
        ..Send::text("Hello").to(BUSINESS_ID).wait(WAIT)
    };
    stage.client.send(&ada.name, &changed).await.unwrap();
    let body = stage.msp.last().json();
    assert_eq!(body["v"], "1");
    assert!(body.get("locale").is_none());
}

#[tokio::test]
async fn the_api_says_what_is_wrong() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    let status = |outcome: Result<_, ClientError>| match outcome {
        Err(ClientError::Refused { status, .. }) => status,
        Err(other) => panic!("{other}"),
        Ok(_) => 0,
    };
    let send = Send::text("Hello");
    assert_eq!(status(stage.client.send("nobody", &send).await), 404);
    assert_eq!(status(stage.client.send(&ada.name, &send).await), 400);
    let again = NewCustomer { name: Some(ada.name.clone()), ..NewCustomer::default() };
    assert_eq!(status(stage.client.create_customer(&again).await.map(|_| unreachable!())), 409);
    let bad = NewCustomer { name: Some("a/b".to_owned()), ..NewCustomer::default() };
    assert_eq!(status(stage.client.create_customer(&bad).await.map(|_| unreachable!())), 400);
}
