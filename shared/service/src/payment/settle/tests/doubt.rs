//! Doubts, and money that is let go.

use super::*;
use crate::{
    model::{DeclineClass, Fence},
    port::PspDone,
};

const DOUBTFUL: [PspFate; 7] = [
    PspFate::Approve,
    PspFate::LoseAnswer,
    PspFate::LoseRequest,
    PspFate::LandLate,
    PspFate::Partly(Minor::new(100)),
    PspFate::Pending,
    PspFate::Decline(DeclineClass::Generic),
];

#[test]
fn p4_at_rest_nothing_is_held_of_what_the_device_was_told_had_failed() {
    for fate in DOUBTFUL {
        for is_weak in [false, true] {
            let desk = Desk::attempted(1, fate.clone());
            desk.world.world().psp.is_weak = is_weak;
            desk.rest(SignedDuration::from_mins(30));
            let state = desk.payment().state;
            assert!(matches!(state, PaymentState::Failed | PaymentState::Voided), "{fate:?}");
            assert_eq!(desk.payment().live().unwrap().told, Some(Told::Failure));
            desk.agrees();
            if !is_weak {
                desk.world.world().psp.land();
                desk.agrees();
            }
        }
    }
}

#[test]
fn f112_an_answer_that_was_lost_after_the_money_was_held_is_a_failure_and_let_go() {
    let desk = Desk::attempted(1, PspFate::LoseAnswer);
    assert_eq!(desk.look(), Settled::Nothing, "its callback may still be at it");
    desk.rest(SignedDuration::from_mins(2));
    assert_eq!(desk.payment().state, PaymentState::Voided);
    let expected = [
        JournalEvent::Told,
        JournalEvent::Resolved,
        JournalEvent::VoidRequested,
        JournalEvent::Voided,
    ];
    assert_eq!(desk.events(), expected);
    assert_eq!(desk.row(JournalEvent::Told).told.as_deref(), Some("failure"));
    assert_eq!(desk.row(JournalEvent::Resolved).decision.as_deref(), Some("held"));
    assert_eq!(desk.kinds(), [EventType::PaymentVoided]);
    assert!(desk.payment().may_begin(), "what was let go after a failure may be paid again");
    desk.agrees();
}

#[test]
fn p3_failure_is_written_down_before_the_provider_is_asked() {
    let desk = Desk::attempted(1, PspFate::LoseAnswer);
    desk.pass(SignedDuration::from_secs(45));
    desk.look();
    let calls = desk.world.world().faults.calls.clone();
    let at = |name: &str| calls.iter().position(|call| *call == name).unwrap();
    assert!(at("Payments::change") < at("Psp::resolve"), "{calls:?}");
    assert_eq!(desk.payment().live().unwrap().told, Some(Told::Failure));
}

#[test]
fn a_request_that_never_arrived_fails_and_may_be_paid_again() {
    let desk = Desk::attempted(1, PspFate::LoseRequest);
    desk.put(Payment { intent: Some("pi_1".to_owned()), ..desk.payment() });
    desk.rest(SignedDuration::from_mins(2));
    let payment = desk.payment();
    assert_eq!((payment.state, payment.intent), (PaymentState::Failed, None));
    assert_eq!(payment.attempts[0].fence, Some(Fence::Strong));
    assert!(payment.state.may_begin());
    assert_eq!(desk.kinds(), [EventType::PaymentDeclined]);
    desk.succeed();
    desk.rest(SignedDuration::from_mins(30));
    assert_eq!(desk.payment().state, PaymentState::Captured);
    assert_eq!(desk.record().unwrap().captured, AMOUNT);
}

#[test]
fn f117_less_than_was_asked_for_or_another_currency_is_let_go() {
    let yen = Currency::parse("JPY").unwrap();
    for fate in [PspFate::Partly(Minor::new(1)), PspFate::InAnother(yen)] {
        let desk = Desk::attempted(1, fate);
        desk.rest(SignedDuration::from_mins(2));
        assert_eq!(desk.payment().state, PaymentState::Voided);
        assert_eq!(desk.record().unwrap().held, Minor::ZERO);
    }
}

#[test]
fn a_doubt_that_ended_by_asking_twice_is_flagged_for_finance() {
    let desk = Desk::attempted(1, PspFate::LoseRequest);
    desk.world.world().psp.is_weak = true;
    desk.rest(SignedDuration::from_mins(5));
    assert_eq!(desk.payment().state, PaymentState::Unknown);
    desk.rest(SignedDuration::from_mins(25));
    assert_eq!(desk.payment().state, PaymentState::Failed);
    let row = desk.row(JournalEvent::Resolved);
    assert_eq!((row.fence.as_deref(), row.weak_flag), (Some("weak"), Some(true)));
}

#[test]
fn rounds_follow_the_schedule_and_an_hour_without_an_end_is_a_persons() {
    let desk = Desk::attempted(1, PspFate::LoseAnswer);
    desk.world.world().psp.outcomes.extend(vec![PspDone::Unknown; 60]);
    desk.pass(SignedDuration::from_secs(45));
    let (mut pauses, mut concerns) = (Vec::new(), 0);
    desk.look();
    for _ in 0..32 {
        let before = desk.now();
        if let Settled::Looked { concern: Some(concern), .. } = desk.look() {
            assert_eq!(concern, Concern::VoidStuck);
            concerns += 1;
        }
        let due_at = desk.payment().due_at.unwrap();
        pauses.push(before.duration_until(due_at).as_secs());
        desk.world.world().now = due_at;
    }
    assert_eq!(pauses[..6], [45, 120, 300, 900, 1800, 1800], "{pauses:?}");
    assert_eq!(pauses.last(), Some(&86_400), "{pauses:?}");
    assert_eq!((concerns, desk.payment().state), (1, PaymentState::VoidStuck));
    assert_eq!(desk.row(JournalEvent::VoidStuck).error_class.as_deref(), Some("no_end"));
    // Money rounds go on for days, and end.
    desk.world.world().psp.outcomes.clear();
    desk.look();
    assert_eq!(desk.payment().state, PaymentState::Voided);
    desk.agrees();
}

#[test]
fn money_that_was_captured_behind_our_back_goes_back_instead() {
    let desk = Desk::attempted(1, PspFate::LoseAnswer);
    let key = desk.payment().live().unwrap().key.clone();
    {
        let mut world = desk.world.world();
        let record = world.psp.orders.get_mut(&key).unwrap();
        record.captured = AMOUNT;
    }
    desk.rest(SignedDuration::from_mins(5));
    assert_eq!(desk.payment().state, PaymentState::Voided);
    assert_eq!(desk.row(JournalEvent::Voided).decision.as_deref(), Some("refunded"));
    assert_eq!(desk.record().unwrap().refunded, AMOUNT);
}

#[test]
fn a_void_that_is_refused_for_good_is_a_persons_at_once() {
    let desk = Desk::attempted(1, PspFate::LoseAnswer);
    let refused = PspDone::Refused { code: Some("expired".to_owned()) };
    desk.world.world().psp.outcomes.extend([refused.clone(), refused]);
    desk.rest(SignedDuration::from_secs(50));
    assert_eq!(desk.payment().state, PaymentState::VoidStuck);
    let row = desk.row(JournalEvent::VoidStuck);
    assert_eq!(row.psp_code.as_deref(), Some("expired"));
    assert_eq!(row.error_class.as_deref(), Some("refused"));
    desk.rest(SignedDuration::from_mins(10));
    assert_eq!(desk.payment().state, PaymentState::Voided);
}

#[test]
fn a_void_that_the_provider_took_is_asked_about_again() {
    let desk = Desk::attempted(1, PspFate::LoseAnswer);
    desk.world.world().psp.outcomes.push_back(PspDone::Accepted { reference: None });
    desk.rest(SignedDuration::from_secs(50));
    assert_eq!(desk.payment().state, PaymentState::Voiding);
    desk.rest(SignedDuration::from_mins(2));
    assert_eq!(desk.payment().state, PaymentState::Voided);
}

#[test]
fn a_request_that_nobody_paid_expires() {
    let desk = Desk::open(1);
    assert_eq!(desk.look(), Settled::Nothing);
    desk.rest(SignedDuration::from_hours(25));
    assert_eq!(desk.payment().state, PaymentState::Expired);
    assert_eq!(desk.events(), [JournalEvent::Expired]);
    assert_eq!(desk.payment().due_at, None);
    let desk = Desk::attempted(2, PspFate::LoseRequest);
    desk.rest(SignedDuration::from_hours(25));
    assert_eq!(desk.payment().state, PaymentState::Expired);
}

#[test]
fn two_workers_ask_the_provider_once() {
    let desk = Desk::attempted(1, PspFate::LoseAnswer);
    desk.pass(SignedDuration::from_secs(45));
    let until = desk.now() + SignedDuration::from_secs(20);
    let worker = desk.worker();
    // Found, chained, taken: and then the provider.
    let begun = desk.world.world().faults.calls.len();
    desk.world.world().faults.frozen_at = Some(begun + 3);
    let mut first = Box::pin(worker.settle(&desk.pointer, until));
    assert!(crate::memory::begin(&mut first).is_none());
    assert!(desk.payment().lease_until.is_some());
    assert_eq!(desk.look(), Settled::Nothing);
    desk.world.world().faults.frozen_at = None;
    assert!(crate::memory::begin(&mut first).is_some());
    let world = desk.world.world();
    let asked = world.faults.calls.iter().filter(|call| **call == "Psp::resolve");
    assert_eq!(asked.count(), 1);
}

#[test]
fn what_is_seen_meanwhile_is_weighed_when_the_payment_is_given_back_and_not_at_once() {
    let desk = Desk::authorized(1);
    let held_until = desk.now() + SignedDuration::from_secs(30);
    let payment = Payment { lease_until: Some(held_until), ..desk.payment() };
    desk.put(payment);
    // The device's report makes it due now.
    desk.tracked(AMOUNT.get());
    assert_eq!(desk.look(), Settled::Nothing);
    assert_eq!(desk.world.world().settlement_queue.next_visible_at(), Some(held_until));
}
