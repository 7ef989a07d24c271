//! What happens to webhooks when the business's server does not do its part.

use amb_simulator::model::{BusinessEvent, Effect, EventFilter, FaultSpec, Verdict};
use http::Method;
use serde_json::json;

use crate::aws::until;
use crate::harness::{Ground, Outcome};
use crate::scene::{Scene, items, text_at};

fn received(text: &str) -> EventFilter {
    EventFilter {
        event_type: Some("message.received".to_owned()),
        contains: Some(text.to_owned()),
        ..EventFilter::default()
    }
}

fn verdicts(calls: &[BusinessEvent]) -> Vec<Verdict> {
    calls.iter().map(|call| call.verdict).collect()
}

pub(crate) async fn a_webhook_that_failed_comes_again_with_the_same_id(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "retry").await?;
    scene.fault(FaultSpec::status(scene.place(), 500).times(1)).await?;
    scene.customer_writes("again please").await?;
    let calls = scene.calls(received("again please"), 2).await?;
    assert_eq!(verdicts(&calls), [Verdict::Fault, Verdict::Taken]);
    let ids: Vec<_> = calls.iter().map(|call| call.webhook_id.clone()).collect();
    assert_eq!(ids.first(), ids.get(1));
    assert_eq!(calls.first().map(|call| &call.event), calls.get(1).map(|call| &call.event));
    let pause = calls.get(1).map(|call| call.at).zip(calls.first().map(|call| call.at));
    let pause = pause.map(|(second, first)| second - first).unwrap_or_default();
    assert!(pause >= 4_000, "the pause is 5 s ± 20 %, not {pause} ms");
    Ok(())
}

pub(crate) async fn a_webhook_whose_answer_was_lost_is_a_known_one(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "lost").await?;
    scene.fault(FaultSpec::new(scene.place(), Effect::AnswerLost).times(1)).await?;
    scene.customer_writes("did you hear").await?;
    let calls = scene.calls(received("did you hear"), 2).await?;
    assert_eq!(verdicts(&calls), [Verdict::Taken, Verdict::Duplicate]);
    Ok(())
}

pub(crate) async fn an_endpoint_that_answers_410_is_disabled_and_can_be_replayed_to(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "gone").await?;
    let endpoint = format!("/v1/endpoints/{}", scene.tenant.endpoint_id);
    scene.fault(FaultSpec::status(scene.place(), 410).times(1)).await?;
    let since = scene.customer_writes("nobody home").await?;
    until("the endpoint is disabled", async || {
        Ok(text_at(&scene.api.read(&endpoint).await?, "/status") == "disabled")
    })
    .await?;
    assert_eq!(text_at(&scene.api.read(&endpoint).await?, "/disabledReason"), "gone");
    scene.customer_writes("still nobody").await?;
    let deliveries = format!("{endpoint}/deliveries");
    until("the delivery is marked", async || {
        let list = items(&scene.api.read(&deliveries).await?);
        Ok(list.iter().any(|delivery| text_at(delivery, "/status") == "disabled"))
    })
    .await?;

    let enable = json!({"status": "enabled"});
    let enabled = scene.api.call(Method::PATCH, &endpoint, &[], Some(&enable)).await?;
    assert_eq!(enabled.status, 200, "{}", enabled.body);
    scene.customer_is_heard("home again").await?;
    let event = scene.calls(received("nobody home"), 1).await?.remove(0);
    assert_eq!(event.status, 410);
    let event_id = event.webhook_id.clone().unwrap_or_default();
    let replay =
        json!({"eventId": event_id, "conversationId": text_at(&event.event, "/conversationId")});
    scene.api.create(&format!("{endpoint}/replay"), &replay).await?;
    let again = scene.taken("message.received", "nobody home").await?;
    assert_eq!(again.webhook_id, event.webhook_id);
    assert!(text_at(&again.event, "/data/message/id") == since.id);
    Ok(())
}

pub(crate) async fn an_ordered_endpoint_waits_for_what_failed(ground: Ground<'_>) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::with_endpoint(&ground, "ordered", json!({"ordered": true})).await?;
    scene.fault(FaultSpec::status(scene.place(), 500).times(1)).await?;
    for text in ["one of three", "two of three", "three of three"] {
        scene.customer_writes(text).await?;
    }
    scene.taken("message.received", "three of three").await?;
    let taken = EventFilter { verdict: Some(Verdict::Taken), ..received("of three") };
    let calls = scene.calls(taken, 3).await?;
    let texts: Vec<_> = calls.iter().map(|it| text_at(&it.event, "/data/message/text")).collect();
    assert_eq!(texts, ["one of three", "two of three", "three of three"]);
    Ok(())
}
