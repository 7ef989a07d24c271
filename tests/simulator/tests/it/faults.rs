use std::time::Duration;

use amb_simulator::model::{
    CallFilter, Direction, Effect, Entry, FaultSpec, Place, TranscriptFilter,
};
use serde_json::json;

use crate::support::{Stage, WAIT};

async fn shown(stage: &Stage) -> Vec<Entry> {
    let filter = TranscriptFilter {
        direction: Some(Direction::FromBusiness),
        ..TranscriptFilter::default()
    };
    stage.client.transcript(&filter).await.unwrap()
}

#[tokio::test]
async fn a_counted_fault_hits_so_often_and_no_more() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let throttled = FaultSpec::status(Place::Gateway, 429).times(2).header("retry-after", "7");
    stage.client.add_fault(&throttled).await.unwrap();

    let call = stage.outbound(&customer, "x");
    let answer = call.request().send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );
    assert!(answer.text().await.unwrap().starts_with("429 Too Many Requests"));
    assert_eq!(call.send().await.0, 429);
    assert_eq!(call.send().await.0, 200);
    assert_eq!(shown(&stage).await.len(), 1);
    assert!(stage.client.faults().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_uncounted_fault_stays_until_cleared() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let call = stage.outbound(&customer, "x");
    for status in [500, 503, 401, 403, 404, 410] {
        let fault = FaultSpec::status(Place::Gateway, status);
        let fault = stage.client.add_fault(&fault).await.unwrap();
        assert_eq!(call.send().await.0, status);
        assert_eq!(call.send().await.0, status);
        stage.client.remove_fault(fault.id).await.unwrap();
    }
    assert_eq!(call.send().await.0, 200);
    stage.client.add_fault(&FaultSpec::status(Place::Gateway, 500)).await.unwrap();
    stage.client.clear_faults().await.unwrap();
    assert_eq!(call.send().await.0, 200);
}

#[tokio::test]
async fn a_fault_hits_whom_it_is_for() {
    let stage = Stage::new().await;
    let ada = stage.open_conversation().await;
    let bob = stage.open_conversation().await;
    let fault = FaultSpec::status(Place::Gateway, 500).customer(&ada.name).message_type("text");
    stage.client.add_fault(&fault).await.unwrap();
    assert_eq!(stage.outbound(&ada, "x").send().await.0, 500);
    assert_eq!(stage.outbound(&bob, "x").send().await.0, 200);
    let typing = stage.outbound(&ada, "x").property("type", json!("typing_start"));
    assert_eq!(typing.send().await.0, 200);
}

#[tokio::test]
async fn a_lost_answer_keeps_the_message() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let fault = FaultSpec::new(Place::Gateway, Effect::AnswerLost).times(1);
    stage.client.add_fault(&fault).await.unwrap();
    let call = stage.outbound(&customer, "kept");
    assert!(call.request().send().await.is_err());
    assert_eq!(shown(&stage).await[0].text.as_deref(), Some("kept"));

    assert_eq!(call.send().await.0, 200);
    let filter = CallFilter { accepted: Some(true), ..CallFilter::default() };
    let accepted = stage.client.gateway_calls(&filter).await.unwrap();
    assert_eq!(accepted.iter().map(|it| it.status).collect::<Vec<_>>(), [0, 200]);
    assert_eq!(accepted[0].text("id"), accepted[1].text("id"));
}

#[tokio::test]
async fn a_caller_who_gives_up_cannot_undo_a_message_that_was_taken() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let fault = FaultSpec::new(Place::Gateway, Effect::AnswerLost).times(1).delay_ms(60_000);
    stage.client.add_fault(&fault).await.unwrap();
    let call = stage.outbound(&customer, "kept").request().timeout(Duration::from_secs(2));
    assert!(call.send().await.unwrap_err().is_timeout());
    assert_eq!(shown(&stage).await.len(), 1);
}

#[tokio::test]
async fn a_refused_connection_takes_nothing() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let fault = FaultSpec::new(Place::Gateway, Effect::Refuse).times(1);
    stage.client.add_fault(&fault).await.unwrap();
    assert!(stage.outbound(&customer, "x").request().send().await.is_err());
    assert!(shown(&stage).await.is_empty());
}

#[tokio::test]
async fn a_slow_gateway_takes_its_time() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let fault = FaultSpec::new(Place::Gateway, Effect::Slow).times(2).delay_ms(3_000);
    stage.client.add_fault(&fault).await.unwrap();
    let call = stage.outbound(&customer, "x");
    let impatient = call.request().timeout(Duration::from_millis(500)).send().await;
    assert!(impatient.unwrap_err().is_timeout());
    assert_eq!(call.send().await.0, 200);
    assert_eq!(shown(&stage).await.len(), 1, "who hung up was not heard");
}

#[tokio::test]
async fn a_wait_ends_when_its_condition_holds() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let filter = CallFilter { at_least: Some(2), wait: WAIT, ..CallFilter::default() };
    let both = async {
        stage.outbound(&customer, "one").send().await;
        stage.outbound(&customer, "two").send().await;
    };
    let (calls, ()) = tokio::join!(stage.client.gateway_calls(&filter), both);
    assert_eq!(calls.unwrap().len(), 2);
    let in_vain = CallFilter { at_least: Some(3), wait: 50, ..CallFilter::default() };
    assert_eq!(stage.client.gateway_calls(&in_vain).await.unwrap().len(), 2);
}
