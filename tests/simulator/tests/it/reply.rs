//! Answers of a device: each sample pair of Apple's interactive types, and what is not possible.

use amb_simulator::client::ClientError;
use amb_simulator::model::{
    Answer, AnsweredPage, Customer, CustomerPatch, Preset, Reply, WebhookFilter,
};
use serde_json::{Value, json};

use crate::sample::{APP_BID, BID, SESSION, app, form, list_picker, quick_reply, time_picker};
use crate::support::{BUSINESS_ID, Stage, WAIT};

const MESSAGE_ID: &str = "9c2e6a10-1f00-4f6e-8a01-000000000001";

/// Shows a message to a customer and gives `interactiveData` of the answer.
async fn answered(stage: &Stage, customer: &Customer, asked: Value, answer: Answer) -> Value {
    show(stage, customer, asked).await;
    let reply = Reply::to(MESSAGE_ID, answer).wait(WAIT);
    let entry = stage.client.reply(&customer.name, &reply).await.unwrap();
    let heard = stage.msp.last();
    let body = heard.json();
    assert_eq!(entry.message, body);
    assert_eq!(heard.header("content-encoding"), "gzip");
    assert_eq!(heard.header("id"), body["id"]);
    assert_eq!(heard.header("source-id"), customer.opaque_id);
    assert_eq!(heard.header("capability-list"), customer.capabilities.join(","));
    assert_eq!((&body["v"], &body["type"]), (&json!(1), &json!("interactive")));
    body["interactiveData"].clone()
}

async fn show(stage: &Stage, customer: &Customer, asked: Value) {
    let (status, body) = stage.interactive(customer, asked).send().await;
    assert_eq!(status, 200, "{body}");
}

async fn refusal(stage: &Stage, customer: &Customer, answer: Answer) -> (u16, String) {
    match stage.client.reply(&customer.name, &Reply::to(MESSAGE_ID, answer)).await {
        Err(ClientError::Refused { status, detail }) => (status, detail),
        other => panic!("{other:?}"),
    }
}

fn list(identifiers: &[&str]) -> Answer {
    Answer::ListPicker { identifiers: identifiers.iter().map(|it| (*it).to_owned()).collect() }
}

fn quick(identifier: &str) -> Answer {
    Answer::QuickReply { identifier: identifier.to_owned() }
}

#[tokio::test]
async fn a_quick_reply_is_answered_by_index_and_identifier() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let answer = answered(&stage, &ada, quick_reply(), quick("bad")).await;
    let items = &quick_reply()["data"]["quick-reply"]["items"];
    let expected = json!({
        "bid": BID, "sessionIdentifier": SESSION,
        "data": {
            "version": "1.0", "requestIdentifier": "c0ffee00-0000-4000-8000-000000000003",
            "quick-reply": {"selectedIndex": 1, "selectedIdentifier": "bad", "items": items},
        },
    });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn a_list_pickers_sections_are_rewritten() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let asked = list_picker();
    let sections = &asked["data"]["listPicker"]["sections"];
    let answer = answered(&stage, &ada, asked.clone(), list(&["d2"])).await;
    let data = &answer["data"];
    assert_eq!((&data["version"], &data["images"]), (&json!("1"), &asked["data"]["images"]));
    assert_eq!(data["requestIdentifier"], asked["data"]["requestIdentifier"]);
    assert_eq!(
        data["listPicker"]["sections"],
        json!([
            {"title": "You Selected", "order": 0, "items": [sections[0]["items"][1]]},
            {"title": "Others", "order": 1, "items": [
                sections[0]["items"][0], sections[1]["items"][0], sections[1]["items"][1],
            ]},
        ])
    );
    assert_eq!(data["receivedMessage"], asked["receivedMessage"]);
    let reply = json!({"title": "Oak", "style": "icon", "alternateTitle": "You chose"});
    assert_eq!(data["replyMessage"], reply);
    assert!(answer.get("receivedMessage").is_none() && answer.get("replyMessage").is_none());
    let session = answer["sessionIdentifier"].as_str().unwrap();
    assert_eq!(session.len(), 36, "Apple's server drew one");
}

#[tokio::test]
async fn choices_of_several_sections_are_merged_in_the_customers_language() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    show(&stage, &ada, list_picker()).await;
    for (locale, selected, others) in [
        ("de_DE", "Deine Auswahl", "Andere"),
        ("es_ES", "Has seleccionado", "Otros"),
        ("fr_FR", "Votre sélection", "Autres"),
        ("ja_JP", "選択した項目", "その他"),
    ] {
        let patch = CustomerPatch { locale: Some(locale.to_owned()), ..CustomerPatch::default() };
        stage.client.change_customer(&ada.name, &patch).await.unwrap();
        let reply = Reply::to(MESSAGE_ID, list(&["c1", "d1", "d2"])).wait(WAIT);
        stage.client.reply(&ada.name, &reply).await.unwrap();
        let body = stage.msp.last().json();
        let sections = &body["interactiveData"]["data"]["listPicker"]["sections"];
        assert_eq!(
            (&sections[0]["title"], &sections[1]["title"]),
            (&json!(selected), &json!(others))
        );
        let ids: Vec<_> =
            sections[0]["items"].as_array().unwrap().iter().map(|it| &it["identifier"]).collect();
        assert_eq!(ids, ["d1", "d2", "c1"]);
        assert_eq!(body["locale"], locale);
    }
}

#[tokio::test]
async fn a_time_picker_keeps_one_slot_and_names_it_in_the_events_zone() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let asked = time_picker();
    let location = &asked["data"]["event"]["location"];
    let slot = Answer::TimePicker { identifier: "s2".to_owned() };
    let answer = answered(&stage, &ada, asked.clone(), slot).await;
    assert_eq!(
        answer["data"],
        json!({
            "version": "1", "requestIdentifier": "c0ffee00-0000-4000-8000-000000000005",
            "event": {
                "identifier": "ev1", "title": "Delivery", "timezoneOffset": -240, "location": location,
                "timeslots": [
                    {"identifier": "s2", "startTime": "2026-06-01T15:00+0000", "duration": 1800},
                ],
            },
            "receivedMessage": {"title": "When?", "style": "icon"},
            "replyMessage": {"title": "Jun 1 at 11:00", "style": "icon"},
        })
    );
}

fn chose(page: &str, item: &str) -> AnsweredPage {
    AnsweredPage {
        page_identifier: page.to_owned(),
        identifiers: vec![item.to_owned()],
        value: None,
    }
}

fn entered(page: &str, value: &str) -> AnsweredPage {
    AnsweredPage {
        page_identifier: page.to_owned(),
        value: Some(value.to_owned()),
        ..AnsweredPage::default()
    }
}

#[tokio::test]
async fn a_form_is_answered_page_by_page() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let pages = vec![
        chose("kind", "k1"),
        entered("when", "2026-06-01"),
        chose("price", "p2"),
        entered("note", "Leg cracked"),
    ];
    let answer = answered(&stage, &ada, form(false), Answer::Form { pages }).await;
    let data = &answer["data"];
    assert_eq!(
        data["dynamic"],
        json!({
            "version": "1.1", "template": "messageForms",
            "selections": [
                {"pageIdentifier": "kind", "subtitle": "What is wrong?", "items": [
                    {"identifier": "k1", "type": "select", "title": "Broken", "value": "broken"},
                ]},
                {"pageIdentifier": "when", "title": "Since when?", "subtitle": "When", "items": [
                    {"identifier": "when", "type": "datePicker", "title": "2026-06-01",
                     "value": "2026-06-01T00:00:00Z"},
                ]},
                {"pageIdentifier": "price", "subtitle": "How much?", "items": [
                    {"identifier": "p2", "type": "select", "title": "High", "value": "high"},
                ]},
                {"pageIdentifier": "note", "subtitle": "Tell us more", "items": [
                    {"identifier": "note", "type": "input", "title": "> Leg cracked",
                     "value": "Leg cracked"},
                ]},
            ],
        })
    );
    let reply = json!({
        "title": "Thank you", "subtitle": "Tap to review", "alternateTitle": "Thank you",
    });
    assert_eq!(data["replyMessage"], reply);
}

#[tokio::test]
async fn a_private_form_says_so_in_the_answer() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let pages = vec![chose("kind", "k2"), entered("note", "x")];
    let answer = answered(&stage, &ada, form(true), Answer::Form { pages }).await;
    assert_eq!(answer["data"]["dynamic"]["private"], true);
}

#[tokio::test]
async fn a_device_sends_no_form_that_leads_elsewhere() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    show(&stage, &ada, form(false)).await;
    for (pages, reason) in [
        (vec![], "page 'kind' is not answered"),
        (vec![chose("kind", "k2")], "page 'note' is not answered"),
        (vec![chose("kind", "k2"), chose("price", "p1")], "the next page is 'note'"),
        (vec![chose("kind", "k3")], "no item 'k3'"),
        (vec![chose("kind", "k2"), entered("note", "")], "must be filled in"),
        (vec![chose("kind", "k1"), entered("when", "soon")], "needs a date"),
        (vec![chose("kind", "k2"), entered("note", "x"), entered("note", "y")], "ends before"),
    ] {
        let (status, detail) = refusal(&stage, &ada, Answer::Form { pages }).await;
        assert!(status == 409 && detail.contains(reason), "{status} {detail}");
    }
}

#[tokio::test]
async fn an_app_answers_by_its_url_and_without_data() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let back = Answer::App { url: "?cart=42&paid=1".to_owned(), title: None, subtitle: None };
    let answer = answered(&stage, &ada, app(), back).await;
    assert_eq!(
        answer,
        json!({
            "appId": 1_234_567_890, "appName": "Example", "bid": APP_BID, "URL": "?cart=42&paid=1",
            "sessionIdentifier": SESSION, "useLiveLayout": true,
            "receivedMessage": {"title": "Your cart", "subtitle": "1 item"},
            "replyMessage": {"title": "Done"},
        })
    );
}

#[tokio::test]
async fn the_product_reads_what_was_chosen_out_of_every_answer() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let slot = Answer::TimePicker { identifier: "s2".to_owned() };
    let pages = vec![chose("kind", "k2"), entered("note", "Leg cracked")];
    let back = Answer::App { url: "?paid=1".to_owned(), title: None, subtitle: None };
    for (asked, answer, read) in [
        (
            quick_reply(),
            quick("bad"),
            json!({"kind": "quickReply", "index": 1, "identifier": "bad"}),
        ),
        (list_picker(), list(&["d2", "c1"]), json!({"kind": "listPicker", "others": 2})),
        (time_picker(), slot, json!({"kind": "timePicker", "eventIdentifier": "ev1"})),
        (form(true), Answer::Form { pages }, json!({"kind": "form", "private": true})),
        (app(), back, json!({"kind": "iMessageApp", "url": "?paid=1"})),
    ] {
        let told = answered(&stage, &ada, asked, answer).await;
        let told = serde_json::value::RawValue::from_string(told.to_string()).unwrap();
        let told = serde_json::to_value(amb_protocol::reply::Reply::parse(&told)).unwrap();
        for (name, value) in read.as_object().unwrap() {
            assert_eq!(told.get(name), Some(value), "{told}");
        }
        assert_eq!(told["sessionIdentifier"].as_str().unwrap().len(), 36);
    }
}

#[tokio::test]
async fn a_repeated_answer_has_another_id_and_all_else_the_same() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    show(&stage, &ada, list_picker()).await;
    let reply = Reply::to(MESSAGE_ID, list(&["d1"])).repeated();
    stage.client.reply(&ada.name, &reply).await.unwrap();
    let both = WebhookFilter {
        message_type: Some("interactive".to_owned()),
        answered: Some(true),
        wait: WAIT,
        at_least: Some(2),
        ..WebhookFilter::default()
    };
    let both = stage.client.webhooks(&both).await.unwrap();
    assert!(both[1].sent_at >= both[0].sent_at + 500);
    let heard = stage.msp.heard();
    let [first, second] = [1, 2].map(|index: usize| heard[index].json());
    assert_ne!(first["id"], second["id"]);
    assert_eq!(first["interactiveData"], second["interactiveData"]);
}

#[tokio::test]
async fn what_cannot_be_answered_is_told_apart() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    assert_eq!(refusal(&stage, &ada, quick("good")).await.0, 404, "no such message");
    show(&stage, &ada, quick_reply()).await;
    assert_eq!(refusal(&stage, &ada, quick("great")).await.0, 409);
    assert_eq!(refusal(&stage, &ada, list(&["good"])).await.0, 409);
    assert_eq!(refusal(&stage, &ada, Answer::Invitation { accept: true }).await.0, 409);

    let other = stage.open_conversation().await;
    let mut one = list_picker();
    one["data"]["listPicker"]["multipleSelection"] = json!(false);
    show(&stage, &other, one).await;
    for choice in [&["c1", "c2"][..], &["c1", "d1"], &["nothing"], &[]] {
        assert_eq!(refusal(&stage, &other, list(choice)).await.0, 409, "{choice:?}");
    }
}

#[tokio::test]
async fn a_customer_who_left_answers_nothing() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    show(&stage, &ada, quick_reply()).await;
    let close = amb_simulator::model::Close { wait: WAIT, ..Default::default() };
    stage.client.close(&ada.name, &close).await.unwrap();
    assert_eq!(refusal(&stage, &ada, quick("good")).await.0, 409);
}

#[tokio::test]
async fn a_preset_is_a_kind_of_device() {
    let stage = Stage::new().await;
    let ada = stage.quiet_customer().await;
    assert_eq!(ada.capabilities, ["AUTH", "LIST", "TIME", "FORM", "QUICK", "AUTH2"]);
    for (preset, tokens) in [(Preset::Mac, "AUTH,LIST,TIME,QUICK,AUTH2"), (Preset::Old, "")] {
        let patch = CustomerPatch { preset: Some(preset), ..CustomerPatch::default() };
        stage.client.change_customer(&ada.name, &patch).await.unwrap();
        let hello = amb_simulator::model::Send::text("Hello").to(BUSINESS_ID).wait(WAIT);
        stage.client.send(&ada.name, &hello).await.unwrap();
        assert_eq!(stage.msp.last().header("capability-list"), tokens);
    }
}
