use super::*;
use crate::adapter::System;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use std::{cell::RefCell, time::Duration};

fn soon(milliseconds: i64) -> Deadline {
    Deadline::at(System.now() + SignedDuration::from_millis(milliseconds))
}

fn batch() -> Batch<System> {
    Batch::new(System, soon(30_000))
}

fn messages(ids_and_groups: &[(&str, &str)]) -> SqsEvent {
    let records: Vec<_> = ids_and_groups
        .iter()
        .map(|(id, group)| json!({"messageId": id, "body": id, "attributes": {"MessageGroupId": group}}))
        .collect();
    serde_json::from_value(json!({"Records": records})).unwrap()
}

fn records(keys_and_places: &[(&str, &str)]) -> DynamoDbEvent {
    let records: Vec<_> = keys_and_places
        .iter()
        .map(|(key, place)| {
            json!({
                "awsRegion": "eu-central-1", "eventID": place, "eventName": "INSERT",
                "dynamodb": {"Keys": {"pk": {"S": key}, "sk": {"S": place}}, "SequenceNumber": place, "SizeBytes": 1},
            })
        })
        .collect();
    serde_json::from_value(json!({"Records": records})).unwrap()
}

fn failed(response: &SqsBatchResponse) -> Vec<&str> {
    let mut ids: Vec<_> =
        response.batch_item_failures.iter().map(|item| item.item_identifier.as_str()).collect();
    ids.sort_unstable();
    ids
}

fn failed_places(response: &DynamoDbEventResponse) -> Vec<&str> {
    response.batch_item_failures.iter().filter_map(|i| i.item_identifier.as_deref()).collect()
}

#[tokio::test]
async fn one_failure_and_one_panic_fail_two_records_and_no_more() {
    let event = messages(&[("a", "x"), ("b", "x"), ("c", "x"), ("d", "x")]);
    let response = batch()
        .queue(event, |message| async move {
            match message.body.as_deref() {
                Some("b") => Outcome::Again,
                Some("c") => panic!("a bug"),
                _ => Outcome::Done,
            }
        })
        .await;
    assert_eq!(failed(&response), ["b", "c"]);
}

#[tokio::test]
async fn a_panic_before_the_first_await_is_caught_too() {
    let work = |_message: SqsMessage| -> std::future::Ready<Outcome> { panic!("at once") };
    assert_eq!(failed(&batch().queue(messages(&[("a", "x")]), work).await), ["a"]);
}

#[tokio::test]
async fn an_empty_batch_is_all_good() {
    let response = batch().queue(messages(&[]), |_| async { Outcome::Again }).await;
    assert_eq!(serde_json::to_value(response).unwrap(), json!({"batchItemFailures": []}));
}

#[tokio::test]
async fn messages_of_a_standard_queue_run_beside_each_other() {
    let barrier = tokio::sync::Barrier::new(3);
    let event = messages(&[("a", "x"), ("b", "x"), ("c", "x")]);
    let response = batch()
        .queue(event, |_message| async {
            barrier.wait().await;
            Outcome::Done
        })
        .await;
    assert!(failed(&response).is_empty());
}

#[tokio::test]
async fn a_failure_in_a_group_holds_the_rest_of_that_group_back() {
    let seen = RefCell::new(Vec::new());
    let event = messages(&[("x1", "x"), ("y1", "y"), ("x2", "x"), ("x3", "x"), ("y2", "y")]);
    let response = batch()
        .fifo_queue(event, |message| {
            let id = message.message_id.unwrap();
            seen.borrow_mut().push(id.clone());
            async move { if id == "x2" { Outcome::Again } else { Outcome::Done } }
        })
        .await;
    assert_eq!(failed(&response), ["x2", "x3"]);
    let mut seen = seen.into_inner();
    seen.sort_unstable();
    assert_eq!(seen, ["x1", "x2", "y1", "y2"]);
}

#[tokio::test]
async fn a_stream_keeps_the_order_of_a_key_and_reports_the_lowest_place_first() {
    let seen = RefCell::new(Vec::new());
    let event = records(&[("k", "98"), ("l", "99"), ("k", "100"), ("l", "101"), ("k", "1000")]);
    let response =
        batch()
            .stream(event, |record| {
                let place = record.change.sequence_number.unwrap();
                seen.borrow_mut().push(place.clone());
                async move {
                    if matches!(&*place, "100" | "99") { Outcome::Again } else { Outcome::Done }
                }
            })
            .await;
    assert_eq!(failed_places(&response), ["99", "100", "101", "1000"]);
    let mut seen = seen.into_inner();
    assert!(seen.iter().position(|p| p == "98") < seen.iter().position(|p| p == "100"));
    seen.sort_unstable();
    assert_eq!(seen, ["100", "98", "99"], "nothing of a key after its first failure");
}

#[tokio::test]
async fn no_record_is_taken_after_the_deadline() {
    let late = Batch::new(System, Deadline::at(Timestamp::UNIX_EPOCH));
    let untouched = |_message: SqsMessage| -> std::future::Ready<Outcome> { unreachable!() };
    assert_eq!(
        failed(&late.queue(messages(&[("a", "x"), ("b", "x")]), untouched).await),
        ["a", "b"]
    );
}

#[tokio::test]
async fn a_record_that_runs_over_the_deadline_fails_and_the_finished_ones_do_not() {
    let tight = Batch::new(System, soon(2_000));
    let response = tight
        .queue(messages(&[("a", "x"), ("b", "x")]), |message| async move {
            if message.body.as_deref() == Some("b") {
                tokio::time::sleep(Duration::from_mins(1)).await;
            }
            Outcome::Done
        })
        .await;
    assert_eq!(failed(&response), ["b"]);
}

#[tokio::test]
async fn one_lane_at_a_time_when_asked() {
    let running = RefCell::new(0);
    let event = messages(&[("a", "x"), ("b", "y"), ("c", "z")]);
    let response = batch()
        .beside(1)
        .fifo_queue(event, |_message| async {
            *running.borrow_mut() += 1;
            assert_eq!(*running.borrow(), 1);
            tokio::task::yield_now().await;
            *running.borrow_mut() -= 1;
            Outcome::Done
        })
        .await;
    assert!(failed(&response).is_empty());
}
