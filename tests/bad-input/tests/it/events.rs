//! Every file of `events/` through the handler of its function. outbound-send, payload-fetch and
//! account-api have tables of their own.

use std::{collections::BTreeSet, fs, path::PathBuf};

use amb_aws::{Clients, Profile, QueueUrls, Queues};
use amb_bad_input::{Expected, InboundWebhook, Row, refused, taken};
use amb_lambda::telemetry::LogHash;
use amb_service::{
    deliver::Deliver,
    dispatch::{Dispatch, Gathered},
    memory::{Memory, drive},
    model::OutboundStatus,
    port::InboxReader as _,
    prepare::Prepare,
    relay::Relay,
    sweep::Sweep,
};
use amb_support::{
    account::{self, TENANT},
    gateway_event,
    logs::captured,
    vectors::now,
};
use aws_lambda_events::{dynamodb, sqs::SqsEvent};
use lambda_runtime::LambdaEvent;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::send_samples::sender;

/// The customer in the samples.
pub(crate) const CUSTOMER: &str = "urn:mbid:AQAAYsampleOpaqueIdOfNobody01=";
/// The endpoint in the samples.
const ENDPOINT: &str = "ep_sampleaaaaaaaaaaaaaaaaaaaa";

/// What of the samples no line of any function may show: whom they are from, what their files are
/// called, where those lie and what opens them.
const PRIVATE: [&str; 5] = ["urn:mbid:", "IMG_0007", "M0001.C01", "upl_sample", "a7a7a7"];

fn folder(function: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../events")).join(function)
}

pub(crate) fn sample(function: &str, case: &str) -> Vec<u8> {
    let path = folder(function).join(format!("{case}.json"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The table names every file of the folder, and no other.
pub(crate) fn assert_complete<'t>(function: &str, table: impl Iterator<Item = &'t str>) {
    let files: BTreeSet<String> = fs::read_dir(folder(function))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(files, table.map(str::to_owned).collect(), "{function}");
}

/// The words of a sample that nobody else may read: its token or key, and whom it is from or to.
pub(crate) fn forbidden(event: &[u8]) -> Vec<String> {
    let event: Value = serde_json::from_slice(event).unwrap();
    let authorization = event["headers"]["authorization"].as_str().unwrap_or_default();
    let mut words: Vec<String> =
        authorization.split([' ', '.']).filter(|part| part.len() > 20).map(str::to_owned).collect();
    words.push(CUSTOMER.to_owned());
    words.push("urn:mbid:".to_owned());
    words
}

/// The payload of an invocation at the samples' instant.
pub(crate) fn invocation<T: DeserializeOwned>(function: &str, case: &str) -> LambdaEvent<T> {
    let payload = serde_json::from_slice(&sample(function, case)).unwrap();
    LambdaEvent::new(payload, gateway_event::context())
}

pub(crate) fn log() -> LogHash {
    LogHash::for_deployment("test")
}

/// Does the work, and holds every line of it against what no line may show.
pub(crate) fn quietly<T>(
    function: &'static str,
    world: &Memory,
    work: impl Future<Output = T>,
) -> T {
    let (done, lines) = captured(function, world.clone(), || drive(work).unwrap());
    for line in lines {
        assert!(serde_json::from_str::<Value>(&line).is_ok_and(|line| line.is_object()), "{line}");
        for word in PRIVATE {
            assert!(!line.contains(word), "{line}");
        }
    }
    done
}

#[test]
fn inbound_webhook() {
    let table: [(&str, Expected); 18] = [
        ("text", taken()),
        ("text-not-compressed", taken()),
        ("text-with-attachment", taken()),
        ("tapback", taken()),
        ("interactive-list-picker", taken()),
        ("close", taken()),
        ("typing-start", taken()),
        ("unknown-type", taken()),
        ("no-token", refused(401, "auth_missing")),
        ("token-of-another-key", refused(403, "auth_invalid")),
        ("token-an-hour-and-two-minutes-old", refused(403, "auth_invalid")),
        ("token-for-another-msp", refused(403, "auth_invalid")),
        ("unknown-business", refused(404, "unknown_business")),
        ("header-and-body-differ", refused(400, "id_mismatch")),
        ("damaged-gzip", refused(400, "bad_gzip")),
        ("no-json", refused(400, "bad_json")),
        ("wrong-content-type", refused(415, "content_type")),
        ("wrong-method", refused(405, "method")),
    ];
    assert_complete("inbound-webhook", table.iter().map(|(case, _)| *case));
    Row::run("events/inbound-webhook", |row| {
        for (case, expected) in table {
            let event = sample("inbound-webhook", case);
            let function = InboundWebhook::default();
            let request = gateway_event::request(&event);
            row.check(case, &function.send_request(request, forbidden(&event)), expected);
        }
    });
}

/// A world in which the samples' endpoint is known.
fn with_endpoint() -> Memory {
    let world = account::seeded();
    account::endpoint(&world, TENANT, ENDPOINT, "https://hooks.example.com/amb");
    world
}

#[test]
fn event_dispatch() {
    // The case, how many records come again, the events placed, the messages put on the queue.
    let table = [
        ("text", 0, 1, 1),
        ("text-then-close", 0, 2, 2),
        ("typing-start", 0, 0, 1),
        ("expired-row", 0, 0, 0),
        ("row-of-another-version", 1, 0, 0),
    ];
    let log = log();
    assert_complete("event-dispatch", table.iter().map(|(case, ..)| *case));
    for (case, again, events, queued) in table {
        let world = with_endpoint();
        let queue = Gathered::new(world.clone());
        let dispatch = Dispatch::new(world.clone(), &queue, world.clone());
        let event: LambdaEvent<dynamodb::Event> = invocation("event-dispatch", case);
        let work = event_dispatch::dispatch_batch(&dispatch, &queue, &world, &log, &world, event);
        let response = quietly("event-dispatch", &world, work);
        assert_eq!(response.batch_item_failures.len(), again, "{case}");
        let world = world.world();
        assert_eq!((world.timeline.len(), world.delivery_queue.len()), (events, queued), "{case}");
    }
}

/// A world in which Apple sent this sample and it was dispatched.
fn after_webhook(case: &str) -> Memory {
    let world = with_endpoint();
    let function = InboundWebhook::cold(world.clone());
    let event = sample("inbound-webhook", case);
    let outcome = function.send_request(gateway_event::request(&event), forbidden(&event));
    assert_eq!(outcome.status(), 200);
    let dispatch = Dispatch::new(world.clone(), world.clone(), world.clone());
    let pointers = std::mem::take(&mut world.world().stream);
    for pointer in pointers {
        let message = drive(world.inbox_message(&pointer)).unwrap().unwrap().unwrap();
        drive(dispatch.dispatch(&message)).unwrap().unwrap();
    }
    world
}

#[test]
fn webhook_delivery() {
    // The case, Apple's message before it, how many messages come again, the posts.
    let table = [
        ("stored-event", "text", 0, 1),
        ("typing-event", "typing-start", 0, 1),
        ("nothing-there", "text", 0, 0),
        ("unreadable-beside-a-good-one", "text", 1, 1),
    ];
    let log = log();
    assert_complete("webhook-delivery", table.iter().map(|(case, ..)| *case));
    for (case, before, again, posts) in table {
        let world = after_webhook(before);
        let deliver = Deliver::new(
            world.clone(),
            world.clone(),
            world.clone(),
            world.clone(),
            account::service_key(),
        );
        let event: LambdaEvent<SqsEvent> = invocation("webhook-delivery", case);
        let work = webhook_delivery::deliver_batch(&deliver, &log, &world, event);
        let response = quietly("webhook-delivery", &world, work);
        assert_eq!(response.batch_item_failures.len(), again, "{case}");
        assert_eq!(world.world().far_side.webhook_calls.len(), posts, "{case}");
    }
}

/// A world in which this sample's message waits for Apple.
pub(crate) fn with_queued_message(case: &str) -> Memory {
    let function = sender(case);
    let event = sample("outbound-send", case);
    let request = gateway_event::request(&event);
    assert_eq!(function.send_request(request, forbidden(&event)).status(), 202);
    {
        // Its id was drawn; the sample names another.
        let sampled: LambdaEvent<SqsEvent> = invocation("outbound-relay", "queued-message");
        let body = sampled.payload.records[0].body.clone().unwrap();
        let mut world = function.world.world();
        let (_, mut message) = world.outbound.pop_first().unwrap();
        message.pointer = serde_json::from_str(&body).unwrap();
        for state in world.conversations.values_mut() {
            for entry in &mut state.lane {
                entry.message = message.pointer.message;
            }
        }
        world.outbound.insert(message.pointer.clone(), message);
    }
    function.world
}

#[test]
fn outbound_relay() {
    // The case, how many messages come again, the posts to Apple.
    let table = [("queued-message", 0, 1), ("nothing-there", 0, 0), ("unreadable", 1, 0)];
    let log = log();
    assert_complete("outbound-relay", table.iter().map(|(case, ..)| *case));
    let config = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .build();
    // Only a message that Apple puts off is held back, and none of these is.
    let queues = Queues::new(Clients::new(&config, Profile::worker()).sqs, QueueUrls::default());
    for (case, again, posts) in table {
        let world = with_queued_message("text");
        let w = || world.clone();
        let relay = Relay::new(w(), w(), w(), w(), Prepare::new(w(), w(), w()), w());
        let event: LambdaEvent<SqsEvent> = invocation("outbound-relay", case);
        let work = outbound_relay::relay_batch(&relay, &queues, &log, &world, event);
        let response = quietly("outbound-relay", &world, work);
        assert_eq!(response.batch_item_failures.len(), again, "{case}");
        let world = world.world();
        assert_eq!(world.far_side.apple_calls.len(), posts, "{case}");
        let accepted = world.outbound.values().all(|m| m.status == OutboundStatus::AcceptedByApple);
        assert_eq!(accepted, posts == 1, "{case}");
    }
}

#[test]
fn delivery_sweep() {
    assert_complete("delivery-sweep", ["every-minute"].into_iter());
    let event: LambdaEvent<Value> = invocation("delivery-sweep", "every-minute");
    assert_eq!(event.payload["detail-type"], "Scheduled Event");
    let world = after_webhook("text");
    // The queue lost the delivery; two minutes later it is due.
    world.world().delivery_queue.purge();
    world.world().now = now() + std::time::Duration::from_secs(180);
    let sweep = Sweep::new(world.clone(), world.clone(), world.clone());
    quietly("delivery-sweep", &world, delivery_sweep::sweep_once(&sweep, &world)).unwrap();
    assert_eq!(world.world().delivery_queue.len(), 1);
}
