//! What the customer saw comes back.

use amb_protocol::{apple_pay::GatewayAnswer, money::Minor};
use serde_json::{Value, json};
use std::time::Duration;

use super::world::{World, paying};
use crate::{
    memory::begin,
    model::{JournalEvent, PaymentState},
    payment::{
        callbacks::Said,
        capability::Step,
        evidence::{Acknowledged, Denied},
    },
};

fn tracked(total: &str) -> Value {
    json!({"shippingContact": {"familyName": "c4n4ry"}, "summaryItems": [
        {"label": "Desk", "amount": "59", "type": "Final"},
        {"label": "Standard", "amount": "4.99", "type": "Final"},
        {"label": "Example Shop", "amount": total, "type": "Final"}]})
}

#[test]
fn ap19_order_tracking_is_kept_once_and_every_call_is_noted() {
    let world = World::new();
    world.pay("AA01");
    let reply = world.call(Step::OrderTracking, &tracked("63.99"));
    assert_eq!((reply.said, reply.outcome), (Said::Tracked, "tracked"));
    let kept = world.payment().tracking.unwrap();
    assert_eq!(kept.total, Some(Minor::new(6399)));
    let again = world.call(Step::OrderTracking, &tracked("63.99"));
    assert_eq!((again.outcome, again.code), ("duplicate", None));
    let other = world.call(Step::OrderTracking, &tracked(" 63.99"));
    assert_eq!((other.said, other.code), (Said::Tracked, Some("another_body")));
    assert_eq!(world.payment().tracking, Some(kept));
    let rows = world.rows();
    let noted: Vec<_> = rows
        .iter()
        .filter(|row| row.ack.is_some())
        .map(|row| (row.event_type, row.decision.as_deref().unwrap()))
        .collect();
    assert_eq!(
        noted,
        [
            (JournalEvent::OrderTracked, "read"),
            (JournalEvent::Duplicate, "repeated"),
            (JournalEvent::Duplicate, "another_body"),
        ]
    );
    assert_eq!(rows.last().unwrap().amount.as_deref(), Some("63.99"));
    for _ in 0..100 {
        world.call(Step::OrderTracking, &tracked("63.99"));
    }
    assert!(world.rows().len() < 70, "it does not grow for ever");
    assert!(!format!("{:?}", world.memory.world().book).contains("c4n4ry"));
}

#[test]
fn ap19_a_total_that_differs_is_never_passed_over() {
    let world = World::new();
    world.pay("AA01");
    world.call(Step::OrderTracking, &tracked("63.99"));
    assert_eq!(world.payment().denied(), None);
    let mut payment = world.payment();
    payment.tracking_weighed = true;
    world.memory.world().book.payments.insert(world.pointer.clone(), payment);
    let other = world.call(Step::OrderTracking, &tracked("63.98"));
    assert_eq!(other.outcome, "tracked");
    let payment = world.payment();
    assert_eq!(payment.denied(), Some(Denied::Total));
    assert!(!payment.tracking_weighed && payment.due_at.is_some(), "somebody looks at it");
    // And the right total does not make up for it.
    assert_eq!(world.call(Step::OrderTracking, &tracked("63.99")).outcome, "duplicate");
    assert_eq!(world.payment().denied(), Some(Denied::Total));
}

#[test]
fn f124_order_tracking_of_a_later_attempt_takes_the_place_of_an_earlier_ones() {
    let world = World::new();
    world.call(Step::OrderTracking, &tracked("1.00"));
    world.memory.world().now += Duration::from_secs(60);
    world.pay("AA01");
    assert_eq!(world.payment().acknowledged(), None);
    world.call(Step::OrderTracking, &tracked("63.99"));
    assert_eq!(world.payment().acknowledged(), Some(Acknowledged::Tracking));
}

#[test]
fn ap19_a_total_that_cannot_be_read_is_kept_as_none() {
    let world = World::new();
    for odd in [json!({}), json!({"summaryItems": "x"}), tracked("1,00")] {
        assert_eq!(world.call(Step::OrderTracking, &odd).said, Said::Tracked);
    }
    assert_eq!(world.payment().tracking.unwrap().total, None);
    assert_eq!(world.rows()[0].decision.as_deref(), Some("unreadable"));
}

#[test]
fn f124_order_tracking_may_come_before_the_gateways_answer_or_never() {
    let world = World::new();
    let mut paying = Box::pin(world.serve(Step::Gateway, world.body(&paying("AA01"))));
    while !world.memory.world().faults.calls.contains(&"Psp::authorize") {
        {
            let faults = &mut world.memory.world().faults;
            faults.frozen_at = Some(faults.calls.len() + 1);
        }
        assert!(begin(&mut paying).is_none());
    }
    assert_eq!(world.payment().state, PaymentState::Authorizing);
    world.memory.world().faults.frozen_at = None;
    assert_eq!(world.call(Step::OrderTracking, &tracked("63.99")).outcome, "tracked");
    let reply = begin(&mut paying).unwrap().unwrap();
    assert_eq!(super::world::paid(&reply), GatewayAnswer::success());
    let payment = world.payment();
    assert_eq!(payment.state, PaymentState::Authorized);
    assert_eq!(payment.tracking.unwrap().total, Some(Minor::new(6399)));
}

#[test]
fn p022_order_tracking_of_another_tenants_payment_is_not_here() {
    let world = World::new();
    let theirs = world.another("ten_bbbbbbbbbbbbbbbbbbbbbbbbbb");
    let capability = theirs.capability(Step::OrderTracking);
    let body = world.body(&tracked("63.99"));
    let call = super::super::Call {
        payment: world.pointer.payment.as_str(),
        capability: &capability,
        step: Step::OrderTracking,
        began: world.memory.world().now,
        id: "",
        body: &body,
    };
    let reply = crate::memory::drive(world.callbacks.serve(&call)).unwrap().unwrap();
    assert_eq!(reply.said, Said::Gone);
    assert_eq!(world.payment().tracking, None);
}
