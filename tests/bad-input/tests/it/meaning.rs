//! M139, M144, M152–M166, M178: messages that are sound and mean something odd.

use amb_bad_input::{Ending, InboundWebhook, Row, refused, taken};
use amb_protocol::attachment::AttachmentKey;
use amb_service::{
    dispatch::Dispatch,
    memory::{Memory, drive},
    model::{ConversationStatus, EventType, InboxSort, TimelineItem},
    port::InboxReader as _,
};
use amb_support::{
    account::SUSPENDED_BUSINESS,
    canary::CANARY,
    gateway_event::GatewayEvent,
    message,
    vectors::{BUSINESS, CUSTOMER},
};
use serde_json::{Value, json};

use crate::samples::PNG;

fn apple(message: &Value) -> GatewayEvent {
    GatewayEvent::from_apple_with(message)
}

fn interactive(data: Value) -> GatewayEvent {
    let mut message = message::bare("interactive");
    message["interactiveData"] = data;
    apple(&message)
}

/// Does what `event-dispatch` does with everything in the stream; the types of all events, in order.
fn dispatched(world: &Memory) -> Vec<EventType> {
    let dispatch = Dispatch::new(world.clone(), world.clone(), world.clone());
    let pointers = std::mem::take(&mut world.world().stream);
    for pointer in pointers {
        let message = drive(world.inbox_message(&pointer)).unwrap().unwrap().unwrap();
        drive(dispatch.dispatch(&message)).unwrap().unwrap();
    }
    let world = world.world();
    world
        .timeline
        .values()
        .filter_map(|entry| match &entry.item {
            TimelineItem::Event { kind, .. } => Some(*kind),
            TimelineItem::Sent { .. } | TimelineItem::Awaited { .. } => None,
        })
        .collect()
}

#[test]
fn m139_a_suspended_business() {
    Row::run("M139", |row| {
        let function = InboundWebhook::default();
        let event = apple(&message::with("destinationId", SUSPENDED_BUSINESS));
        row.check("the words are kept", &function.send(&event), taken());
        row.holds("stored", function.world.world().inbox.len() == 1);
        row.holds("parked", dispatched(&function.world) == [EventType::MessageParked]);
    });
}

#[test]
fn m144_a_type_of_the_future() {
    Row::run("M144", |row| {
        let function = InboundWebhook::default();
        let event = apple(&message::bare("future_type"));
        row.check("taken", &function.send(&event), taken());
        row.holds("passed on", dispatched(&function.world) == [EventType::MessageReceived]);
    });
}

/// Where a file may not lie, however it is spelt.
const ELSEWHERE: [&str; 6] = [
    "file:///etc/passwd",
    "http://x",
    "https://169.254.169.254/",
    "https://evil.example",
    "https://user@127.0.0.1/x",
    "nonsense",
];

#[test]
fn m152_an_attachment_that_lacks_something() {
    Row::run("M152", |row| {
        let lacking = |members: &'static [&'static str]| {
            move |_: &Memory, entry: &mut Value| {
                let entry = entry.as_object_mut().unwrap();
                entry.retain(|name, _| !members.contains(&name.as_str()));
            }
        };
        let neither = &["signature", "signature-base64"];
        for members in [&["url"], &["key"], &["size"], &["owner"], &neither[..]] {
            let ending = Ending::Failed("incomplete");
            let fetched = row.file(members[0], PNG, lacking(members), ending);
            row.holds(&format!("no {members:?}, no question"), fetched.asked == 0);
        }
        // The rest says who it is, or is said twice.
        for members in [&["name"], &["mimeType"], &neither[..1], &neither[1..]] {
            row.file(members[0], PNG, lacking(members), Ending::Ready("image/png"));
        }
    });
}

#[test]
fn m153_an_attachment_of_no_size() {
    Row::run("M153", |row| {
        for (size, ending) in [
            (json!(-1), Ending::Failed("bad_size")),
            (json!("x"), Ending::Failed("incomplete")),
            (json!(9_223_372_036_854_775_808_u64), Ending::Failed("incomplete")),
            (json!(104_857_601), Ending::Failed("bad_size")),
            (json!(0), Ending::Ready("application/octet-stream")),
        ] {
            let change = |_: &Memory, entry: &mut Value| entry["size"] = size.clone();
            let fetched = row.file(&size.to_string(), b"", change, ending);
            row.holds(&format!("{size}: nothing is fetched"), fetched.asked == 0);
        }
    });
}

#[test]
fn m154_an_attachment_from_elsewhere() {
    Row::run("M154", |row| {
        for url in ELSEWHERE {
            let change = |_: &Memory, entry: &mut Value| entry["url"] = json!(url);
            let fetched = row.file(url, PNG, change, Ending::Failed("bad_host"));
            row.holds(&format!("{url} is not fetched"), fetched.asked == 0);
        }
    });
}

#[test]
fn m155_interactive_data_and_a_reference_to_it() {
    Row::run("M155", |row| {
        let mut both = message::bare("interactive");
        both["interactiveData"] = json!({"data": {"requestIdentifier": "r"}});
        both["interactiveDataRef"] = json!({"url": "https://p31-content.icloud.com/x"});
        row.apple("both", &apple(&both), taken());
        let function = InboundWebhook::default();
        row.check("both", &function.send(&apple(&both)), taken());
        let told = dispatched(&function.world) == [EventType::InteractiveReplied];
        row.holds("the inline data is told at once", told);
        row.holds("nothing is fetched", function.world.world().payloads.is_empty());
    });
}

#[test]
fn m156_a_reference_that_lacks_something() {
    Row::run("M156", |row| {
        let key = AttachmentKey::from_bytes([0xa7; 32]);
        let sound = Memory::new(1).leave_with_apple("M0003.C01", b"x", &key).reference("bid");
        let change = |name: &str, value: Value| {
            let mut reference = sound.clone();
            reference[name] = value;
            reference
        };
        let unsigned = {
            let mut reference = change("signature", Value::Null);
            reference["signature-base64"] = Value::Null;
            reference
        };
        for reference in [
            json!({}),
            json!({"url": "x"}),
            json!({"url": "x", "key": "zz", "size": -1}),
            change("bid", Value::Null),
            change("url", Value::Null),
            change("owner", Value::Null),
            unsigned,
            change("key", Value::Null),
            change("key", json!("01".repeat(33))),
            change("size", json!(0)),
            change("size", json!(-1)),
        ] {
            let mut message = message::bare("interactive");
            message["interactiveDataRef"] = reference.clone();
            let case = reference.to_string();
            row.apple(&case, &apple(&message), taken());
            let function = InboundWebhook::default();
            row.check(&case, &function.send(&apple(&message)), taken());
            let bodies = function.tell().unwrap();
            let first = bodies.first().map_or(&b"null"[..], Vec::as_slice);
            let event: Value = serde_json::from_slice(first).unwrap();
            let parked =
                event["type"] == "message.parked" && event["data"]["reason"] == "bad_reference";
            row.holds(&format!("{case} is parked at once: {event}"), parked);
            row.holds("nothing is fetched", function.world.world().payloads.is_empty());
        }
        // The end of a file tells its size as well.
        for size in [Value::Null, json!("x")] {
            let function = InboundWebhook::default();
            function.world.leave_with_apple("M0003.C01", b"x", &key);
            let answer = json!({"data": {"requestIdentifier": "r"}}).to_string().into_bytes();
            function.world.world().far_side.content.decoded.insert(b"x".to_vec(), answer);
            let mut message = message::bare("interactive");
            message["interactiveDataRef"] = change("size", size);
            row.check("without a size", &function.send(&apple(&message)), taken());
            row.holds("it is awaited", function.tell().unwrap().is_empty());
            let bodies = function.fetch().unwrap();
            let told = bodies.iter().map(|body| serde_json::from_slice(body).unwrap());
            let types: Vec<_> = told.map(|event: Value| event["type"].clone()).collect();
            row.holds("it is told", types == [json!("interactive.replied")]);
        }
    });
}

#[test]
fn m157_an_app_that_nobody_knows() {
    Row::run("M157", |row| {
        for bid in
            ["com.example.unknown", "com.apple.messages.MSMessageExtensionBalloonPlugin:", ""]
        {
            row.apple(bid, &interactive(json!({"bid": bid, "data": {}})), taken());
        }
        row.apple("10 KB", &interactive(json!({"bid": "b".repeat(10 << 10)})), taken());
    });
}

#[test]
fn m158_request_identifiers() {
    Row::run("M158", |row| {
        for identifier in
            [json!(null), json!("r".repeat(100_000)), json!("foreign"), json!(7), json!({})]
        {
            let event = interactive(json!({"data": {"requestIdentifier": identifier}}));
            row.apple("taken", &event, taken());
        }
        row.apple("none", &interactive(json!({"data": {}})), taken());
    });
}

#[test]
fn m159_statuses_of_an_authentication() {
    Row::run("M159", |row| {
        for status in [
            json!("success"),
            json!("failure"),
            json!("cancel"),
            json!("unknown"),
            json!("completed"),
            json!("other"),
            json!(1),
        ] {
            let event = interactive(json!({"data": {"authenticate": {"status": status}}}));
            row.apple("taken", &event, taken());
        }
    });
}

#[test]
fn m160_an_authentication_for_somebody_elses_request() {
    Row::run("M160", |row| {
        let data = json!({"data": {
            "requestIdentifier": "of-another-conversation",
            "authenticate": {"status": "success", "token": CANARY},
        }});
        let function = InboundWebhook::default();
        row.check("stored", &function.send(&interactive(data)), taken());
        dispatched(&function.world);
        row.holds("one conversation", function.world.world().conversations.len() == 1);
    });
}

#[test]
fn m161_a_payers_contact() {
    // The runner looks for the canary in every log line.
    Row::run("M161", |row| {
        let contact =
            json!({"emailAddress": format!("{CANARY}@example.com"), "phoneNumber": CANARY});
        let data = json!({"data": {"payment": {"shippingContact": contact}}});
        row.apple("taken", &interactive(data), taken());
    });
}

#[test]
fn m162_a_private_form() {
    Row::run("M162", |row| {
        let data =
            json!({"data": {"dynamic": {"private": true, "selections": [{"value": CANARY}]}}});
        row.apple("taken", &interactive(data), taken());
    });
}

#[test]
fn m163_many_selections() {
    Row::run("M163", |row| {
        let form = |n: usize| {
            let selections = vec![json!({"identifier": "x"}); n];
            interactive(json!({"data": {"dynamic": {"selections": selections}}}))
        };
        row.apple("10,000", &form(10_000), taken());
        row.apple("100,000", &form(100_000), refused(400, "too_many"));
    });
}

#[test]
fn m164_close() {
    Row::run("M164", |row| {
        let function = InboundWebhook::default();
        let nth = |n, kind: &str| {
            let mut message = message::bare(kind);
            message["id"] = json!(message::nth_id(n));
            apple(&message)
        };
        row.check("of an unknown conversation", &function.send(&nth(1, "close")), taken());
        row.check("twice", &function.send(&nth(2, "close")), taken());
        row.holds("told once", dispatched(&function.world) == [EventType::ConversationClosed]);
        row.check("followed by a text", &function.send(&nth(3, "text")), taken());
        let told = dispatched(&function.world);
        row.holds("reopens", told.get(1) == Some(&EventType::ConversationReopened));
        let world = function.world.world();
        let state = world.conversations.values().next().map(|state| state.status);
        row.holds("and is open", state == Some(ConversationStatus::Open));
    });
}

#[test]
fn m165_a_flood_of_typing() {
    Row::run("M165", |row| {
        let function = InboundWebhook::default();
        for n in 0..1_000 {
            let kind = if n % 2 == 0 { "typing_start" } else { "typing_end" };
            let mut message = message::bare(kind);
            message["id"] = json!(message::nth_id(n));
            row.check(kind, &function.send(&apple(&message)), taken());
        }
        let world = function.world.world();
        row.holds("folded into two rows", world.inbox.len() == 2);
        let typing = |sort: &InboxSort| matches!(sort, InboxSort::Typing { .. });
        row.holds("that are no messages", world.inbox.keys().all(|at| typing(&at.sort)));
    });
}

#[test]
fn m166_a_reaction_to_nothing() {
    Row::run("M166", |row| {
        let function = InboundWebhook::default();
        let event = apple(&message::with("body", "Loved “nothing we ever sent”"));
        row.check("taken", &function.send(&event), taken());
        row.holds("told", dispatched(&function.world) == [EventType::MessageReaction]);
    });
}

#[test]
fn m178_two_hundred_identical_requests_at_once() {
    Row::run("M178", |row| {
        let function = InboundWebhook::default();
        let event = apple(&message::text());
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let serve = || {
                let served = drive(function.serve(event.request()));
                served.map_or(0, |answer| answer.status().as_u16())
            };
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(move || (0..25).map(|_| serve()).collect::<Vec<_>>()))
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        row.holds("200 × 200", statuses == [200; 200]);
        row.holds("one row", function.world.world().inbox.len() == 1);
        row.holds("one event", dispatched(&function.world) == [EventType::MessageReceived]);
        // And once more, with everything taken down.
        row.check("again", &function.send(&event), taken());
        let world = function.world.world();
        let stored = world.inbox.values().next().unwrap();
        row.holds("of the right people", stored.business.as_str() == BUSINESS);
        row.holds("both of them", stored.opaque.as_str() == CUSTOMER);
    });
}
