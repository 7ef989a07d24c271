//! Captures, and what keeps money from being captured.

use super::*;
use crate::port::PspDone;

#[test]
fn ap19_money_is_captured_once_order_tracking_tells_the_authorised_total() {
    let desk = Desk::authorized(1);
    desk.look();
    assert_eq!(desk.payment().state, PaymentState::Authorized);
    desk.tracked(AMOUNT.get());
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::Captured);
    assert_eq!(desk.row(JournalEvent::CaptureRequested).ack.as_deref(), Some("order_tracking"));
    let captured = desk.row(JournalEvent::Captured);
    assert_eq!((captured.amount_minor, captured.fee_minor), (Some(AMOUNT), Some(Minor::new(63))));
    assert_eq!(desk.kinds(), [EventType::PaymentAuthorized, EventType::PaymentCaptured]);
    assert_eq!(desk.told()[1].1["amount"], "63.99");
    desk.agrees();
}

#[test]
fn a_reply_that_says_paid_captures_as_well_and_so_does_the_time() {
    let desk = Desk::authorized(1);
    desk.replied("paid");
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::Captured);
    assert_eq!(desk.row(JournalEvent::ReplySeen).decision.as_deref(), Some("affirmed"));
    assert_eq!(desk.row(JournalEvent::CaptureRequested).ack.as_deref(), Some("reply"));
    let desk = Desk::authorized(2);
    desk.rest(SignedDuration::from_mins(14));
    assert_eq!(desk.payment().state, PaymentState::Authorized);
    desk.rest(SignedDuration::from_mins(1));
    assert_eq!(desk.payment().state, PaymentState::Captured);
    assert_eq!(desk.row(JournalEvent::CaptureRequested).ack.as_deref(), Some("time"));
}

#[test]
fn what_a_business_captures_itself_waits_for_it() {
    let desk = Desk::authorized(1);
    desk.put(Payment { capture: CapturePolicy::Manual, ..desk.payment() });
    desk.tracked(AMOUNT.get());
    desk.rest(SignedDuration::from_hours(100));
    assert_eq!(desk.payment().state, PaymentState::Authorized);
}

#[test]
fn another_total_or_a_denial_is_a_persons_and_let_go_after_a_day() {
    for is_tracked in [true, false] {
        let desk = Desk::authorized(1);
        if is_tracked {
            desk.tracked(6398);
        } else {
            desk.replied("paymentNotCompleted");
        }
        let looked = desk.look();
        assert!(
            matches!(looked, Settled::Looked { concern: Some(Concern::AckMismatch), .. }),
            "{looked:?}"
        );
        let payment = desk.payment();
        assert_eq!(payment.state, PaymentState::AckMismatch);
        let expected = [EventType::PaymentAuthorized, EventType::PaymentMismatch];
        assert_eq!(desk.kinds(), expected);
        let reason = if is_tracked { "tracked_total" } else { "reply_denies" };
        assert_eq!(desk.told()[1].1["reason"], reason);
        desk.rest(DAY);
        assert_eq!(desk.payment().state, PaymentState::AckMismatch);
        desk.agrees();
        desk.rest(SignedDuration::from_hours(2));
        assert_eq!(desk.payment().state, PaymentState::Voided);
        assert!(!desk.events().contains(&JournalEvent::CaptureRequested));
        desk.agrees();
    }
}

#[test]
fn a_denial_stops_the_capture_whatever_was_said_before_and_comes_after() {
    for order in [["paid", "paymentNotCompleted"], ["PaymentNotCompleted", "paid"]] {
        let desk = Desk::authorized(1);
        // The business captures by itself: nothing else brings a look.
        desk.put(Payment { capture: CapturePolicy::Manual, ..desk.payment() });
        desk.look();
        for state in order {
            desk.replies(state);
        }
        desk.rest(SignedDuration::from_secs(1));
        assert_eq!(desk.payment().state, PaymentState::AckMismatch, "{order:?}");
        assert_eq!(desk.told()[1].1["reason"], "reply_denies");
    }
    // It comes after the first was weighed.
    let desk = Desk::authorized(2);
    desk.put(Payment { capture: CapturePolicy::Manual, ..desk.payment() });
    desk.replies("paid");
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::Authorized);
    desk.replies("paymentNotCompleted");
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::AckMismatch);
    let seen: Vec<_> = desk.rows().into_iter().filter_map(|row| row.decision).collect();
    assert_eq!(seen, ["affirmed", "denied"]);
}

#[test]
fn a_reply_whose_word_nobody_knows_captures_nothing_by_itself() {
    for state in ["", "valid", "somethingNew"] {
        let desk = Desk::authorized(1);
        desk.replies(state);
        desk.rest(SignedDuration::from_mins(14));
        assert_eq!(desk.payment().state, PaymentState::Authorized, "{state}");
        assert_eq!(desk.row(JournalEvent::ReplySeen).decision.as_deref(), Some("unclear"));
        // What is clear takes its place.
        desk.replies("paid");
        desk.rest(SignedDuration::from_secs(1));
        assert_eq!(desk.payment().state, PaymentState::Captured, "{state}");
    }
}

#[test]
fn a_reply_to_a_later_attempt_takes_the_place_of_a_denial_of_an_earlier_one() {
    let desk = Desk::attempted(1, PspFate::LoseRequest);
    desk.replies("paymentNotCompleted");
    desk.rest(SignedDuration::from_mins(2));
    assert_eq!(desk.payment().state, PaymentState::Failed);
    desk.succeed();
    desk.replies("paid");
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::Captured);
    assert_eq!(desk.row(JournalEvent::CaptureRequested).ack.as_deref(), Some("reply"));
}

#[test]
fn what_was_seen_of_an_earlier_attempt_does_not_count() {
    let desk = Desk::attempted(1, PspFate::LoseRequest);
    desk.replied("paymentNotCompleted");
    desk.rest(SignedDuration::from_mins(2));
    assert_eq!(desk.payment().state, PaymentState::Failed);
    desk.succeed();
    desk.rest(SignedDuration::from_mins(20));
    assert_eq!(desk.payment().state, PaymentState::Captured);
    assert!(!desk.kinds().contains(&EventType::PaymentMismatch));
}

#[test]
fn f124_order_tracking_may_come_before_the_answer_or_never() {
    let desk = Desk::open(1);
    let result = desk.attempt(PspFate::Approve);
    desk.tracked(AMOUNT.get());
    let (now, mut payment) = (desk.now(), desk.payment());
    let attempt = payment.live_mut().unwrap();
    (attempt.result, attempt.told) = (Some(result), Some(Told::Success));
    payment.enter(PaymentState::Authorized, now);
    payment.reschedule(now);
    desk.put(payment);
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::Captured);
}

#[test]
fn a_denial_that_comes_after_the_capture_is_told_once() {
    let desk = Desk::authorized(1);
    desk.rest(SignedDuration::from_mins(20));
    desk.replied("paymentNotCompleted");
    assert!(matches!(desk.look(), Settled::Looked { concern: Some(_), .. }));
    assert_eq!(desk.look(), Settled::Nothing);
    assert_eq!(desk.payment().state, PaymentState::Captured);
    let mismatches = desk.kinds().into_iter().filter(|kind| *kind == EventType::PaymentMismatch);
    assert_eq!(mismatches.count(), 1);
    desk.agrees();
}

#[test]
fn p10_only_what_the_device_was_told_had_succeeded_is_captured() {
    for fate in [PspFate::Approve, PspFate::LoseAnswer, PspFate::Pending] {
        let desk = Desk::attempted(1, fate);
        desk.tracked(AMOUNT.get());
        desk.replied("paid");
        desk.rest(SignedDuration::from_hours(30));
        assert!(!desk.events().contains(&JournalEvent::CaptureRequested));
        assert_eq!(desk.record().unwrap().captured, Minor::ZERO);
    }
}

#[test]
fn a_capture_goes_on_until_the_provider_says_what_became_of_it() {
    let desk = Desk::authorized(1);
    desk.tracked(AMOUNT.get());
    let answers = [PspDone::Unknown, PspDone::Accepted { reference: None }];
    desk.world.world().psp.outcomes.extend(answers);
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::Capturing);
    desk.rest(SignedDuration::from_mins(10));
    assert_eq!(desk.payment().state, PaymentState::Captured);
    desk.agrees();
}

#[test]
fn a_capture_that_is_refused_is_a_persons() {
    let desk = Desk::authorized(1);
    desk.tracked(AMOUNT.get());
    let refused = PspDone::Refused { code: Some("expired".to_owned()) };
    desk.world.world().psp.outcomes.push_back(refused);
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::AckMismatch);
    let row = desk.row(JournalEvent::AckMismatch);
    assert_eq!(row.error_class.as_deref(), Some("capture_refused"));
    assert_eq!(row.psp_code.as_deref(), Some("expired"));
    desk.rest(SignedDuration::from_hours(25));
    assert_eq!(desk.payment().state, PaymentState::Voided);
}
