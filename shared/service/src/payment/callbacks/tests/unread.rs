//! A body that cannot be read.

use amb_protocol::apple_pay::GatewayAnswer;
use serde_json::{Value, json};

use super::world::{TENANT, World, paying};
use crate::{
    memory::{FaultMode, begin, drive},
    model::{JournalEvent, Payment},
    payment::{
        callbacks::{Reply, Said},
        capability::Step,
    },
};

const STEPS: [(Step, JournalEvent); 5] = [
    (Step::Gateway, JournalEvent::TokenRejected),
    (Step::PaymentMethod, JournalEvent::PaymentMethodUpdate),
    (Step::ShippingContact, JournalEvent::ContactUpdate),
    (Step::ShippingMethod, JournalEvent::MethodUpdate),
    (Step::OrderTracking, JournalEvent::OrderTracked),
];

fn serve(world: &World, step: Step, body: &[u8]) -> Reply {
    drive(world.serve(step, body.to_vec())).expect("nobody dies").expect("it is answered")
}

/// The same body with another value at the top.
fn with(world: &World, name: &str, value: Value) -> Vec<u8> {
    let mut body: Value = serde_json::from_slice(&world.body(&paying("AA01"))).unwrap();
    body[name] = value;
    body.to_string().into_bytes()
}

#[test]
fn a_body_that_cannot_be_read_leaves_one_row_and_nothing_of_it() {
    for (step, event) in STEPS {
        let world = World::new();
        world.pay("AA00");
        let other = world.another(TENANT);
        for (code, body) in [
            ("too_large", b"c4n4ry".repeat(20_000)),
            ("bad_json", b"{\"c4n4ry\"".to_vec()),
            ("request_missing", with(&world, "requestIdentifier", json!(["c4n4ry"]))),
            ("foreign_request", other.body(&paying("AA01"))),
            ("version", with(&world, "version", json!("c4n4ry"))),
            ("payment_missing", with(&world, "payment", json!("c4n4ry"))),
        ] {
            let before = (world.rows().len(), world.payment());
            let reply = serve(&world, step, &body);
            let is_gone = code == "foreign_request";
            assert_eq!((reply.said == Said::Gone, reply.code), (is_gone, Some(code)), "{step:?}");
            let rows = world.rows();
            let row = rows.last().unwrap();
            assert_eq!((rows.len(), row.event_type), (before.0 + 1, event), "{code}");
            assert_eq!(row.decision.as_deref(), Some("refused"));
            assert_eq!(row.error_class.as_deref(), Some(code));
            assert_eq!(row.endpoint.as_deref(), Some(step.as_str()));
            assert_eq!(row.callback_id.as_deref(), Some("req-1"));
            // Nor of the attempt before: it is not about any.
            assert!(row.attempt_no.is_none() && row.amount.is_none() && row.told.is_none());
            assert!(row.apple_txid_hash.is_none() && row.psp_reference.is_none());
            // The payment stands as it did.
            let (updates, revision) = (before.1.updates + 1, before.1.revision + 1);
            assert_eq!(world.payment(), Payment { updates, revision, ..before.1 });
        }
        assert!(!format!("{:?}", world.memory.world().book).contains("c4n4ry"));
        assert!(other.rows().is_empty());
    }
}

#[test]
fn a_gateway_without_a_token_is_a_row_as_well() {
    let world = World::new();
    world.call(Step::Gateway, &json!({"paymentToken": "c4n4ry"}));
    let row = world.rows().pop().unwrap();
    assert_eq!((row.event_type, world.rows().len()), (JournalEvent::TokenRejected, 1));
    assert_eq!(row.error_class.as_deref(), Some("token_missing"));
}

#[test]
fn bodies_that_cannot_be_read_do_not_make_the_journal_longer_for_ever() {
    let world = World::new();
    let most = usize::try_from(Payment::MOST_UPDATES).unwrap();
    for at in 0..20 {
        for (step, _) in STEPS {
            let reply = serve(&world, step, b"c4n4ry");
            assert_eq!(reply.outcome, "unreadable", "{at}: the answer stays what it is");
        }
    }
    assert_eq!((world.rows().len(), world.payment().updates), (most, Payment::MOST_UPDATES));
    // And it can be paid all the same.
    assert_eq!(world.pay("AA01"), GatewayAnswer::success());
}

#[test]
fn the_answer_is_the_same_when_the_row_cannot_be_written() {
    for (step, _) in STEPS {
        for mode in [FaultMode::Refused, FaultMode::AnswerLost] {
            let calls = {
                let world = World::new();
                serve(&world, step, b"c4n4ry");
                world.memory.world().faults.calls.clone()
            };
            assert!(calls.ends_with(&["Payments::chain_head", "Payments::change"]), "{calls:?}");
            for at in [calls.len() - 2, calls.len() - 1] {
                let world = World::new();
                world.memory.world().faults.at = Some((at, mode));
                assert_eq!(serve(&world, step, b"c4n4ry").code, Some("bad_json"));
                assert!(world.rows().len() <= 1);
            }
        }
    }
}

#[test]
fn two_at_once_are_two_rows() {
    let world = World::new();
    let mut first = Box::pin(world.serve(Step::ShippingContact, b"c4n4ry".to_vec()));
    // It has read the payment, and not written yet.
    while !world.memory.world().faults.calls.contains(&"Payments::chain_head") {
        {
            let faults = &mut world.memory.world().faults;
            faults.frozen_at = Some(faults.calls.len() + 1);
        }
        assert!(begin(&mut first).is_none());
    }
    world.memory.world().faults.frozen_at = None;
    serve(&world, Step::OrderTracking, b"c4n4ry");
    assert_eq!(begin(&mut first).unwrap().unwrap().code, Some("bad_json"));
    let events = [JournalEvent::OrderTracked, JournalEvent::ContactUpdate];
    assert_eq!((world.events(), world.payment().updates), (events.to_vec(), 2));
}
