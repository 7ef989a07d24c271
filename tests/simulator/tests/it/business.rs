use amb_simulator::model::{
    BusinessSettings, Direction, Effect, EventFilter, FaultSpec, Place, TranscriptFilter, Verdict,
};
use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::support::{BUSINESS_ID, Stage, WAIT, now};

const SHOP: &str = "shop";

pub(crate) fn secret(byte: u8) -> String {
    format!("whsec_{}", BASE64.encode(&[byte; 24]))
}

pub(crate) async fn set_up(stage: &Stage) {
    let settings = BusinessSettings {
        webhook_secrets: Some(vec![secret(1)]),
        api_url: Some(stage.msp.url.clone()),
        api_key: Some("amb_test_key".to_owned()),
        ..BusinessSettings::default()
    };
    stage.client.put_business(SHOP, &settings).await.unwrap();
}

pub(crate) fn received(id: &str, message_id: &str, text: &str, opaque_id: &str) -> Value {
    json!({
        "id": id, "type": "message.received", "createdAt": "2026-11-21T12:00:00.000Z",
        "businessId": BUSINESS_ID, "conversationId": "cnv_1", "seq": 1,
        "data": {
            "message": {"id": message_id, "type": "text", "text": text},
            "opaqueId": opaque_id,
        },
    })
}

pub(crate) fn signed(stage: &Stage, event: &Value, secret: &str) -> reqwest::RequestBuilder {
    let id = event["id"].as_str().unwrap();
    let (at, body) = (now(), event.to_string());
    let webhook = standardwebhooks::Webhook::new(secret).unwrap();
    stage
        .http
        .post(stage.simulator.business_webhook_url(SHOP))
        .header("content-type", "application/json")
        .header("webhook-id", id)
        .header("webhook-timestamp", at.to_string())
        .header("webhook-signature", webhook.sign(id, at, body.as_bytes()).unwrap())
        .body(body)
}

pub(crate) async fn status(request: reqwest::RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn only_signed_events_are_taken_and_each_once() {
    let stage = Stage::new().await;
    set_up(&stage).await;
    let event = received("evt_1", "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001", "Hi", "urn:mbid:x");
    assert_eq!(status(signed(&stage, &event, &secret(2))).await, 401);
    let unsigned = stage.http.post(stage.simulator.business_webhook_url(SHOP)).body("{}");
    assert_eq!(status(unsigned).await, 401);
    for _ in 0..3 {
        assert_eq!(status(signed(&stage, &event, &secret(1))).await, 200);
    }
    let events = stage.client.events(SHOP, &EventFilter::default()).await.unwrap();
    let verdicts: Vec<_> = events.iter().map(|it| it.verdict).collect();
    let (refused, taken, again) = (Verdict::Refused, Verdict::Taken, Verdict::Duplicate);
    assert_eq!(verdicts, [refused, refused, taken, again, again]);
    assert_eq!(events[2].event_type(), Some("message.received"));
    assert!(events[0].reason.is_some());

    let bodies = wait_for_bot(&stage, 2).await;
    assert_eq!(bodies.len(), 2, "one typing and one text");
}

/// What the bot sent, when it has sent so much.
pub(crate) async fn wait_for_bot(stage: &Stage, count: usize) -> Vec<Value> {
    for _ in 0..500 {
        let answers = stage.client.bot_answers(SHOP).await.unwrap();
        if answers.iter().filter(|it| it.status.is_some_and(|it| it < 300)).count() >= count {
            return stage.msp.heard().iter().map(crate::support::Heard::json).collect();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the bot stays silent")
}

#[tokio::test]
async fn the_bot_types_then_says_what_it_heard() {
    let stage = Stage::new().await;
    set_up(&stage).await;
    let event = received("evt_1", "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001", "Hi 👋", "urn:mbid:x");
    stage.msp.answer_with(&[202, 503, 202]);
    assert_eq!(status(signed(&stage, &event, &secret(1))).await, 200);
    wait_for_bot(&stage, 2).await;

    let heard = stage.msp.heard();
    let sent: Vec<_> = heard.iter().map(|it| (it.json(), it.header("idempotency-key"))).collect();
    let base = |kind: &str, content: Value| json!({"from": BUSINESS_ID, "to": "urn:mbid:x", "type": kind, "content": content, "bot": true});
    let text = base("text", json!({"text": "You said: Hi 👋"}));
    assert_eq!(sent[0], (base("typing", json!({"state": "start"})), "evt_1-typing"));
    assert_eq!(sent[1], (text.clone(), "evt_1-text"));
    assert_eq!(sent[2], (text, "evt_1-text"), "tried again under the same key");
    assert!(heard.iter().all(|it| it.header("authorization") == "Bearer amb_test_key"));
}

#[tokio::test]
async fn the_bot_keeps_silent_when_told_and_for_what_is_no_text() {
    let stage = Stage::new().await;
    set_up(&stage).await;
    let mut reaction = received("evt_1", "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001", "Loved “x”", "u");
    reaction["type"] = json!("message.reaction");
    assert_eq!(status(signed(&stage, &reaction, &secret(1))).await, 200);
    let quiet = BusinessSettings { echo: Some(false), ..BusinessSettings::default() };
    let view = stage.client.put_business(SHOP, &quiet).await.unwrap();
    assert!(!view.echo && view.has_api_key && view.webhook_secrets == 1);
    let text = received("evt_2", "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001", "Hi", "u");
    assert_eq!(status(signed(&stage, &text, &secret(1))).await, 200);
    assert!(stage.client.bot_answers(SHOP).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_business_can_fail_and_an_event_is_taken_later() {
    let stage = Stage::new().await;
    set_up(&stage).await;
    let event = received("evt_1", "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001", "Hi", "urn:mbid:x");
    let here = || Place::Business(SHOP.to_owned());
    let busy = FaultSpec::status(here(), 503).times(1).header("retry-after", "30");
    stage.client.add_fault(&busy).await.unwrap();
    stage.client.add_fault(&FaultSpec::new(here(), Effect::Refuse).times(1)).await.unwrap();
    let lost = FaultSpec::new(here(), Effect::AnswerLost).times(1);
    stage.client.add_fault(&lost).await.unwrap();

    let answer = signed(&stage, &event, &secret(1)).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (503, &"30".parse().unwrap())
    );
    assert!(signed(&stage, &event, &secret(1)).send().await.is_err());
    assert!(signed(&stage, &event, &secret(1)).send().await.is_err());
    assert_eq!(status(signed(&stage, &event, &secret(1))).await, 200);
    let events = stage.client.events(SHOP, &EventFilter::default()).await.unwrap();
    let verdicts: Vec<_> = events.iter().map(|it| it.verdict).collect();
    assert_eq!(verdicts, [Verdict::Fault, Verdict::Fault, Verdict::Taken, Verdict::Duplicate]);
}

#[tokio::test]
async fn the_transcript_has_the_time_of_every_hop() {
    let stage = Stage::new().await;
    set_up(&stage).await;
    let customer = stage.open_conversation().await;
    let inbound = stage.client.transcript(&TranscriptFilter::default()).await.unwrap().remove(0);
    let event = received("evt_1", &inbound.id, "Hello", &customer.opaque_id);
    assert_eq!(status(signed(&stage, &event, &secret(1))).await, 200);
    wait_for_bot(&stage, 2).await;
    stage.outbound(&customer, "You said: Hello").send().await;

    let entries = stage.client.transcript(&TranscriptFilter::default()).await.unwrap();
    let (asked, answered) = (&entries[0].hops, &entries[1].hops);
    assert_eq!(entries[1].direction, Direction::FromBusiness);
    assert!(asked.customer_sent.is_some());
    assert!(asked.customer_sent <= asked.webhook_answered);
    assert!(asked.webhook_answered <= asked.business_received);
    assert!(asked.business_received <= answered.business_sent);
    assert!(answered.business_sent <= answered.apple_accepted);
    assert!(answered.apple_accepted <= answered.shown_on_phone);
    let received =
        TranscriptFilter { received: Some(true), wait: WAIT, ..TranscriptFilter::default() };
    assert_eq!(stage.client.transcript(&received).await.unwrap().len(), 1);
}
