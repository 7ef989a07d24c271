//! What businesses are told.

use super::*;
use crate::model::{ConversationId, ConversationState, ConversationStatus};

#[test]
fn an_event_says_what_is_known_of_the_payment() {
    let desk = Desk::authorized(1);
    desk.look();
    let (kind, data) = desk.told().remove(0);
    assert_eq!(kind, EventType::PaymentAuthorized);
    let payment = &desk.pointer.payment;
    let expected = serde_json::json!({
        "paymentId": payment.as_str(),
        "opaqueId": desk.payment().opaque.as_str(),
        "messageId": desk.payment().message.to_string(),
        "requestIdentifier": payment.request_identifier().as_str(),
        "reference": "order-1001",
        "currency": "USD",
        "amount": "63.99",
        "attempt": 1,
        "told": "success",
        "psp": "stripe",
        "pspReference": format!("psp-{payment}-1"),
    });
    assert_eq!(data, expected);
    assert!(desk.payment().untold.is_empty());
}

#[test]
fn a_business_is_told_even_if_the_customer_left() {
    let desk = Desk::authorized(1);
    let payment = desk.payment();
    let tenant = desk.pointer.tenant.clone();
    let mut state = ConversationState::new(
        tenant.clone(),
        payment.business.clone(),
        payment.opaque.clone(),
        desk.now(),
    );
    state.close();
    let id = ConversationId::of(&payment.business, &payment.opaque);
    desk.world.world().conversations.insert((tenant, id), state.clone());
    desk.look();
    assert_eq!(desk.kinds(), [EventType::PaymentAuthorized]);
    let world = desk.world.world();
    let state = world.conversations.values().next().unwrap();
    assert_eq!(state.status, ConversationStatus::Closed);
}

#[test]
fn two_workers_tell_once() {
    let mut calls = 0;
    // The first is frozen at each of its calls in turn, while the second tells.
    loop {
        let desk = Desk::authorized(1);
        let before = desk.world.world().faults.calls.len();
        desk.world.world().faults.frozen_at = Some(before + calls);
        let worker = desk.worker();
        let until = desk.now() + SignedDuration::from_secs(20);
        let mut first = Box::pin(worker.settle(&desk.pointer, until));
        let is_over = crate::memory::begin(&mut first).is_some();
        desk.world.world().faults.frozen_at = None;
        desk.try_look();
        if !is_over {
            assert!(crate::memory::begin(&mut first).is_some());
        }
        assert_eq!(desk.kinds(), [EventType::PaymentAuthorized], "frozen at {calls}");
        assert!(desk.payment().untold.is_empty());
        if is_over {
            break;
        }
        calls += 1;
    }
    assert!(calls > 5);
}
