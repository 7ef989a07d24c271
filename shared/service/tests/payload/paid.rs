//! A customer's bubble that comes back from the payment sheet.

use amb_protocol::id::RequestIdentifier;
use amb_service::{
    contract::Sample,
    memory::FaultMode,
    model::{Payment, PaymentId, PaymentPointer, Seen},
    port::Clock as _,
};
use serde_json::{Value, json};

use crate::{
    actors::Actors,
    payload::scene::{BID, REQUEST, answers, referenced, scene, work_off, writes},
};

/// A customer who wrote, and was asked to pay.
fn asked() -> (Actors, PaymentPointer) {
    let mut actors = scene(false);
    writes(&mut actors, 1, "How can I pay?");
    let request = RequestIdentifier::parse(REQUEST).unwrap();
    let payment = PaymentId::of(&request).unwrap();
    let fresh = Sample::new(actors.world.now(), actors.world.clone()).payment();
    let pointer = {
        let mut world = actors.world.world();
        let conversation = world.conversations.values().next().unwrap();
        let pointer = PaymentPointer { tenant: conversation.tenant.clone(), payment };
        let (business, opaque) = (conversation.business.clone(), conversation.opaque.clone());
        let payment = Payment { pointer: pointer.clone(), business, opaque, ..fresh };
        world.book.payments.insert(pointer.clone(), payment);
        pointer
    };
    (actors, pointer)
}

/// What a device sends; it writes the identifier in capitals.
fn sheet(state: &str) -> Value {
    json!({
        "bid": BID,
        "sessionIdentifier": "0ddba11e-0000-4000-8000-000000000009",
        "data": {
            "version": "1.0",
            "requestIdentifier": REQUEST.to_uppercase(),
            "payment": { "state": state },
        },
    })
}

fn kept(actors: &Actors, pointer: &PaymentPointer) -> Option<Seen> {
    actors.world.world().book.replies.get(pointer).cloned()
}

#[test]
fn what_weighs_most_of_what_replies_say_is_kept_and_the_payment_is_looked_at() {
    for order in [["paymentNotCompleted", "paid"], ["paid", "paymentNotCompleted"]] {
        let (mut actors, pointer) = asked();
        for (id, state) in (2..).zip(order) {
            answers(&mut actors, id, &json!({ "interactiveData": sheet(state) }));
        }
        let seen = kept(&actors, &pointer).unwrap();
        assert!(seen.denies(), "{seen:?}");
        assert_eq!(actors.world.world().settlement_queue.len(), 2);
    }
}

#[test]
fn a_message_comes_again_until_its_payment_is_looked_at() {
    const QUEUE: &str = "SettlementQueue::enqueue_settlement";
    let denial = json!({ "interactiveData": sheet("paymentNotCompleted") });
    let (mut actors, _) = asked();
    answers(&mut actors, 2, &denial);
    let at = actors.world.world().faults.calls.iter().position(|call| *call == QUEUE).unwrap();

    let (mut actors, pointer) = asked();
    actors.world.world().faults.at = Some((at, FaultMode::Refused));
    answers(&mut actors, 2, &denial);
    assert!(actors.world.world().settlement_queue.is_empty());
    assert_eq!(actors.world.world().stream.len(), 1, "the stream keeps it");
    actors.stream();
    assert!(kept(&actors, &pointer).unwrap().denies());
    assert_eq!(actors.world.world().settlement_queue.len(), 1);
    assert!(actors.world.world().stream.is_empty());
}

#[test]
fn a_reply_by_reference_is_kept_as_well() {
    let (mut actors, pointer) = asked();
    let reference = referenced(&actors, "M0001.C01", &sheet("paid"));
    answers(&mut actors, 2, &reference);
    assert_eq!(kept(&actors, &pointer), None);
    work_off(&mut actors);
    assert_eq!(kept(&actors, &pointer).unwrap().state.as_deref(), Some("paid"));
    assert_eq!(actors.world.world().settlement_queue.len(), 1);
}

#[test]
fn f116_a_reply_of_a_customer_who_was_not_asked_says_nothing() {
    let (mut actors, pointer) = asked();
    {
        let mut world = actors.world.world();
        let payment = world.book.payments.get_mut(&pointer).unwrap();
        payment.opaque = amb_protocol::id::OpaqueId::parse("urn:mbid:somebody-else").unwrap();
    }
    answers(&mut actors, 2, &json!({ "interactiveData": sheet("paymentNotCompleted") }));
    assert_eq!(kept(&actors, &pointer), None);
    assert!(actors.world.world().settlement_queue.is_empty());
}
