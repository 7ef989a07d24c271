//! Nobody knows whether money is held.

use amb_protocol::{
    apple_pay::{GatewayAnswer, PayStatus},
    money::{Currency, Minor},
};
use std::time::Duration;

use super::world::{World, offer, paid, paying};
use crate::{
    memory::{FaultMode, PspFate, drive},
    model::{DeclineClass, Doubt, JournalEvent, PaymentState, PspResult, Told},
    payment::capability::Step,
};

#[test]
fn f112_without_a_clear_answer_the_device_is_told_a_failure_and_the_doubt_is_settled() {
    for fate in [PspFate::LoseAnswer, PspFate::LoseRequest, PspFate::LandLate, PspFate::Pending] {
        let world = World::new();
        world.memory.world().psp.fates.push_back(fate.clone());
        assert_eq!(world.pay("AA01"), GatewayAnswer::failure(Vec::new()), "{fate:?}");
        let payment = world.payment();
        assert_eq!(
            (payment.state, payment.live().unwrap().told),
            (PaymentState::Unknown, Some(Told::Failure))
        );
        assert!(payment.due_at.is_some_and(|due_at| due_at <= world.memory.world().now));
        assert!(world.events().contains(&JournalEvent::PspTimeout));
        assert_eq!((world.asked(), payment.untold.len()), (1, 0));
    }
}

#[test]
fn f117_another_amount_or_currency_is_no_approval() {
    let jpy = Currency::parse("JPY").unwrap();
    for fate in [PspFate::Partly(Minor::new(1)), PspFate::InAnother(jpy)] {
        let world = World::new();
        world.memory.world().psp.fates.push_back(fate);
        assert_eq!(world.pay("AA01").status, PayStatus::Failure);
        let payment = world.payment();
        assert_eq!(payment.state, PaymentState::Unknown);
        let result = payment.live().unwrap().result.clone();
        assert!(matches!(result, Some(PspResult::InDoubt { why: Doubt::Mismatch, .. })));
    }
}

#[test]
fn p026_an_approval_of_another_amount_by_a_careless_adapter_is_none_either() {
    let order = {
        let world = World::new();
        world.pay("AA01");
        let payment = world.payment();
        crate::payment::order::order(&payment, payment.live(), None)
    };
    let approved = |amount, currency| PspResult::Approved {
        reference: "p".to_owned(),
        amount: Minor::new(amount),
        currency: Currency::parse(currency).unwrap(),
        auth_code: None,
        network: None,
        last4: None,
    };
    let exact = super::super::attempt::exact;
    assert!(matches!(exact(&order, approved(6399, "USD")), PspResult::Approved { .. }));
    for other in [approved(6398, "USD"), approved(0, "USD"), approved(6399, "CAD")] {
        let result = exact(&order, other);
        assert!(matches!(result, PspResult::InDoubt { why: Doubt::Mismatch, .. }));
        assert_eq!(result.reference(), Some("p"));
    }
}

#[test]
fn what_was_never_tried_is_tried_once_more_with_the_same_key_while_there_is_time() {
    for (takes, class, asked, success) in [
        (1, DeclineClass::Unreachable, 2, true),
        (1, DeclineClass::RateLimited, 2, true),
        (11, DeclineClass::Unreachable, 1, false),
        (1, DeclineClass::Configuration, 1, false),
    ] {
        let world = World::of(offer(), Duration::from_secs(takes));
        world.memory.world().psp.fates.push_back(PspFate::Reject(class));
        let answer = world.pay("AA01");
        assert_eq!(answer.status == PayStatus::Success, success, "{class:?}");
        let keys = world.memory.world().psp.asked.clone();
        assert_eq!(keys.len(), asked, "{class:?}");
        assert!(keys.iter().all(|key| *key == keys[0]));
        let state = if success { PaymentState::Authorized } else { PaymentState::Failed };
        assert_eq!(world.payment().state, state);
    }
}

#[test]
fn p031_an_approval_that_nobody_waits_for_any_more_is_told_as_a_failure_and_let_go() {
    let world = World::of(offer(), Duration::from_secs(31));
    let reply = world.call(Step::Gateway, &paying("AA01"));
    assert_eq!(paid(&reply), GatewayAnswer::failure(Vec::new()));
    let payment = world.payment();
    assert_eq!(payment.state, PaymentState::Unknown);
    let attempt = payment.live().unwrap();
    assert_eq!(attempt.told, Some(Told::Failure));
    assert!(matches!(attempt.result, Some(PspResult::Approved { .. })), "what is held is known");
    assert_eq!(world.rows().last().unwrap().decision.as_deref(), Some("late"));
    assert_eq!(world.pay("AA01"), GatewayAnswer::failure(Vec::new()));
    assert_eq!((world.held(), world.asked()), (6399, 1));
}

#[test]
fn p031_a_request_that_was_on_its_way_too_long_is_no_attempt() {
    let world = World::new();
    let capability = world.capability(Step::Gateway);
    let body = world.body(&paying("AA01"));
    let began = world.memory.world().now;
    let call = super::super::Call {
        payment: world.pointer.payment.as_str(),
        capability: &capability,
        step: Step::Gateway,
        began,
        id: "req-1",
        body: &body,
    };
    world.memory.world().now += Duration::from_secs(31);
    let reply = drive(world.callbacks.serve(&call)).unwrap().unwrap();
    assert_eq!((paid(&reply).status, reply.code), (PayStatus::Failure, Some("late")));
    assert_eq!((world.asked(), world.payment().attempts.len()), (0, 0));
}

#[test]
fn f126_success_is_told_only_after_it_is_written_down() {
    // The number of the call that writes the end down.
    let calls = {
        let world = World::new();
        world.pay("AA01");
        let calls = world.memory.world().faults.calls.clone();
        calls.iter().rposition(|call| *call == "Payments::change").unwrap()
    };
    for mode in FaultMode::ALL {
        let world = World::new();
        world.memory.world().faults.at = Some((calls, mode));
        let body = world.body(&paying("AA01"));
        let answered = drive(world.serve(Step::Gateway, body));
        let payment = world.payment();
        if mode.is_death() {
            assert!(answered.is_none());
        } else {
            assert_eq!(paid(&answered.unwrap().unwrap()), GatewayAnswer::success());
            assert_eq!(payment.live().unwrap().told, Some(Told::Success));
        }
        if mode == FaultMode::DieBefore {
            assert_eq!(payment.state, PaymentState::Authorizing);
            // Whoever comes again is told a failure, and the doubt is settled.
            assert_eq!(world.pay("AA01"), GatewayAnswer::failure(Vec::new()));
            assert_eq!(world.payment().state, PaymentState::Unknown);
        }
        assert_eq!(world.asked(), 1);
    }
}
