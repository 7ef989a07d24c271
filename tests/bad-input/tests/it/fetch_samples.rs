//! Every file of `events/payload-fetch` through the function.

use amb_bad_input::InboundWebhook;
use amb_protocol::attachment::AttachmentKey;
use amb_service::{
    memory::{Left, Memory},
    model::{
        FilePlace, FileSource, Payload, PayloadPointer, PayloadSource, PayloadStatus, UploadId,
    },
    payload::Fetch,
    port::Clock as _,
};
use amb_support::{account, gateway_event::GatewayEvent, message, vectors::BUSINESS};
use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::LambdaEvent;
use serde_json::{Value, json};

use crate::{
    events::{CUSTOMER, assert_complete, invocation, log, quietly, with_queued_message},
    samples::PNG,
};

const BID: &str = "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.example";

/// A world with a file or an answer that the sample points at, if it points at any.
fn world_of(case: &str) -> Memory {
    match case {
        "attachment" => with_attachment(),
        "answer" => with_answer(),
        "file" => {
            let source = FileSource {
                at: FilePlace::Upload(UploadId::parse("upl_sampleaaaaaaaaaaaaaaaaaaaa").unwrap()),
                name: None,
                media_type: None,
            };
            with_payload(case, with_queued_message("text-with-files"), PayloadSource::File(source))
        }
        "download" => {
            let world = account::seeded();
            let reference = left(&world).reference(BID).to_string();
            with_payload(case, world, PayloadSource::Reference(reference))
        }
        _ => account::seeded(),
    }
}

/// A picture in Apple's content store, or what Apple makes an answer of.
fn left(world: &Memory) -> Left {
    let answer = json!({ "bid": BID, "data": { "requestIdentifier": "9d1b0c7e" } });
    world.world().far_side.content.decoded.insert(PNG.to_vec(), answer.to_string().into_bytes());
    world.leave_with_apple("M0001.C01", PNG, &AttachmentKey::from_bytes([0xa7; 32]))
}

fn with_attachment() -> Memory {
    let world = account::seeded();
    let entry = left(&world).attachment("IMG_0007.png", "image/png");
    told(
        world,
        message::with("attachments", json!([entry])),
        "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1002",
    )
}

fn with_answer() -> Memory {
    let world = account::seeded();
    let mut message = message::bare("interactive");
    message["interactiveDataRef"] = left(&world).reference(BID);
    told(world, message, "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1004")
}

/// The world after Apple sent the samples' customer's message under this id, and it was dispatched.
fn told(world: Memory, mut message: Value, id: &str) -> Memory {
    message["id"] = json!(id);
    message["sourceId"] = json!(CUSTOMER);
    let function = InboundWebhook::cold(world);
    assert_eq!(function.send(&GatewayEvent::from_apple_with(&message)).status(), 200);
    function.tell().unwrap();
    function.world
}

fn with_payload(case: &str, world: Memory, source: PayloadSource) -> Memory {
    let business = account::business(BUSINESS);
    let payload = Payload::pending(pointer(case), business, source, world.now());
    world.world().payloads.insert(payload.pointer.clone(), payload);
    world
}

fn pointer(case: &str) -> PayloadPointer {
    let event: LambdaEvent<SqsEvent> = invocation("payload-fetch", case);
    serde_json::from_str(event.payload.records[0].body.as_deref().unwrap()).unwrap()
}

/// How the world's one payload stands.
fn end(world: &Memory) -> &'static str {
    match world.world().payloads.values().next().map(|payload| &payload.status) {
        None => "none",
        Some(PayloadStatus::Pending) => "pending",
        Some(PayloadStatus::Told) => "told",
        Some(PayloadStatus::Decoded { .. }) => "decoded",
        Some(PayloadStatus::Stored(_)) => "stored",
        Some(PayloadStatus::Brought(_)) => "brought",
        Some(PayloadStatus::Failed { .. }) => "failed",
    }
}

#[test]
fn payload_fetch() {
    // The case, how many messages come again, how the payload ends.
    let table = [
        ("attachment", 0, "stored"),
        ("answer", 0, "told"),
        ("file", 0, "brought"),
        ("download", 0, "decoded"),
        ("nothing-there", 0, "none"),
        ("unreadable", 1, "none"),
    ];
    let log = log();
    assert_complete("payload-fetch", table.iter().map(|(case, ..)| *case));
    for (case, again, ends) in table {
        let world = world_of(case);
        let w = || world.clone();
        let fetch = Fetch::new(w(), w(), w(), w(), w(), w(), w());
        let mut event: LambdaEvent<SqsEvent> = invocation("payload-fetch", case);
        // Files get a quarter of an hour.
        event.context.deadline += 870_000;
        let work = payload_fetch::fetch_batch(&fetch, &log, &world, event);
        let response = quietly("payload-fetch", &world, work);
        assert_eq!(response.batch_item_failures.len(), again, "{case}");
        assert_eq!(end(&world), ends, "{case}");
    }
}
