//! What a provider takes, and tells the end of by a notice.

use super::*;
use crate::{
    model::{Concern, PspChange, PspEnding, Refund, RefundId, RefundStatus},
    port::PspDone,
};

impl Desk {
    fn told_by_notice(seed: u64) -> Self {
        let desk = Self::authorized(seed);
        desk.world.world().psp.tells_by_notice = true;
        desk.tracked(AMOUNT.get());
        desk.rest(SignedDuration::from_secs(1));
        desk
    }

    /// As a notice is kept.
    fn ends(&self, change: PspChange, reference: &str, is_done: bool) {
        let (now, mut payment) = (self.now(), self.payment());
        payment.endings.push(PspEnding {
            code: (!is_done).then(|| "why".to_owned()),
            ..PspEnding::new(change, reference.to_owned(), is_done)
        });
        payment.due_at = Some(now);
        self.put(payment);
    }

    fn taken(&self) -> String {
        self.payment().taken.unwrap().reference
    }

    /// What businesses were told last, and whether whoever runs this was called.
    fn worry(&self) -> (Option<Concern>, serde_json::Value) {
        let Settled::Looked { concern, .. } = self.look() else { panic!("it is not due") };
        (concern, self.told().pop().unwrap().1["reason"].clone())
    }
}

#[test]
fn a_capture_that_was_taken_is_captured_when_its_notice_says_so() {
    let desk = Desk::told_by_notice(1);
    let payment = desk.payment();
    assert_eq!((payment.state, payment.captured), (PaymentState::Capturing, Minor::ZERO));
    assert_eq!(desk.kinds(), [EventType::PaymentAuthorized], "nobody is told of it before");
    desk.rest(SignedDuration::from_mins(5));
    assert_eq!(desk.payment().state, PaymentState::Capturing);
    desk.ends(PspChange::Capture, &desk.taken(), true);
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::Captured);
    assert_eq!(desk.row(JournalEvent::Captured).weak_flag, None);
    assert_eq!(desk.kinds().last(), Some(&EventType::PaymentCaptured));
    desk.agrees();
}

#[test]
fn a_notice_that_never_comes_is_waited_for_an_hour_and_flagged_for_finance() {
    let desk = Desk::told_by_notice(1);
    desk.rest(SignedDuration::from_mins(52));
    assert_eq!(desk.payment().state, PaymentState::Capturing);
    desk.rest(SignedDuration::from_mins(45));
    assert_eq!(desk.payment().state, PaymentState::Captured);
    assert_eq!(desk.row(JournalEvent::Captured).weak_flag, Some(true));
    assert!(!desk.events().contains(&JournalEvent::ChangeOverdue));
    desk.agrees();
}

#[test]
fn a_capture_that_was_taken_and_came_to_nothing_is_a_persons() {
    let desk = Desk::authorized(1);
    let taken = PspDone::Received { reference: "MOD1".to_owned() };
    desk.world.world().psp.outcomes.extend([taken.clone(), taken]);
    desk.tracked(AMOUNT.get());
    desk.rest(SignedDuration::from_secs(1));
    desk.ends(PspChange::Capture, "MOD1", false);
    assert_eq!(desk.worry(), (Some(Concern::AckMismatch), "capture_refused".into()));
    assert_eq!(desk.payment().state, PaymentState::AckMismatch);
    assert_eq!(desk.row(JournalEvent::AckMismatch).psp_code.as_deref(), Some("why"));
    assert!(!desk.events().contains(&JournalEvent::Captured));
    desk.agrees();
}

#[test]
fn a_capture_that_came_to_nothing_after_it_was_done_is_undone_and_a_persons() {
    let desk = Desk::told_by_notice(1);
    let reference = desk.taken();
    desk.ends(PspChange::Capture, &reference, true);
    desk.rest(SignedDuration::from_mins(1));
    assert_eq!(desk.payment().state, PaymentState::Captured);
    {
        let key = desk.payment().live().unwrap().key.clone();
        let mut world = desk.world.world();
        let record = world.psp.orders.get_mut(&key).unwrap();
        (record.captured, record.held) = (Minor::ZERO, AMOUNT);
    }
    desk.ends(PspChange::Capture, &reference, false);
    assert_eq!(desk.worry(), (Some(Concern::ChangeFailed), "capture_failed".into()));
    let payment = desk.payment();
    assert_eq!((payment.state, payment.captured), (PaymentState::AckMismatch, Minor::ZERO));
    let row = desk.row(JournalEvent::ChangeFailed);
    assert_eq!(row.decision.as_deref(), Some("capture"));
    assert_eq!((row.error_class.as_deref(), row.amount_minor), (Some("reversed"), Some(AMOUNT)));
    desk.agrees();
    // Nobody decides, and the provider captures no more by itself: it is let go.
    desk.world.world().psp.tells_by_notice = false;
    desk.rest(SignedDuration::from_hours(14 * 24 + 1));
    assert_eq!(desk.payment().state, PaymentState::Voided);
    desk.agrees();
}

#[test]
fn a_refund_that_came_to_nothing_after_it_was_done_is_undone_and_told() {
    let desk = Desk::told_by_notice(1);
    desk.ends(PspChange::Capture, &desk.taken(), true);
    desk.rest(SignedDuration::from_secs(1));
    let (now, mut payment) = (desk.now(), desk.payment());
    let id = RefundId::of(&desk.pointer.payment, "all");
    payment.refunds.push(Refund {
        id: id.clone(),
        amount: AMOUNT,
        status: RefundStatus::Requested,
        reference: None,
        taken: None,
        overdue: false,
        rounds: 0,
        created_at: now,
    });
    payment.reschedule(now);
    desk.put(payment);
    desk.rest(SignedDuration::from_secs(1));
    let refund = desk.payment().refunds.remove(0);
    assert_eq!(refund.status, RefundStatus::Requested, "it was taken, and no more");
    let reference = refund.reference.unwrap();
    desk.ends(PspChange::Refund, &reference, true);
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::Refunded);
    desk.ends(PspChange::Refund, &reference, false);
    {
        let key = desk.payment().live().unwrap().key.clone();
        desk.world.world().psp.orders.get_mut(&key).unwrap().refunded = Minor::ZERO;
    }
    assert_eq!(desk.worry(), (Some(Concern::ChangeFailed), "refund_failed".into()));
    let payment = desk.payment();
    assert_eq!(payment.state, PaymentState::Captured);
    assert_eq!(payment.refunds[0].status, RefundStatus::Failed);
    assert_eq!(desk.told().pop().unwrap().1["refundId"], id.as_str());
    desk.agrees();
}

#[test]
fn a_void_that_came_to_nothing_is_a_persons_and_asked_for_anew() {
    for is_late in [false, true] {
        let desk = Desk::attempted(1, PspFate::LoseAnswer);
        desk.world.world().psp.tells_by_notice = true;
        desk.rest(SignedDuration::from_secs(50));
        assert_eq!(desk.payment().state, PaymentState::Voiding);
        let reference = desk.taken();
        if is_late {
            desk.ends(PspChange::Void, &reference, true);
            desk.rest(SignedDuration::from_secs(1));
            assert_eq!(desk.payment().state, PaymentState::Voided);
        }
        desk.ends(PspChange::Void, &reference, false);
        {
            let key = desk.payment().live().unwrap().key.clone();
            desk.world.world().psp.orders.get_mut(&key).unwrap().held = AMOUNT;
        }
        let reason = if is_late { "void_failed" } else { "void_stuck" };
        assert_eq!(desk.worry(), (Some(Concern::VoidStuck), reason.into()), "{is_late}");
        let payment = desk.payment();
        assert_eq!(payment.state, PaymentState::VoidStuck);
        assert!(!payment.may_begin(), "there may still be money");
        desk.ends(PspChange::Void, "another", true);
        desk.world.world().psp.tells_by_notice = false;
        desk.rest(SignedDuration::from_mins(30));
        assert_eq!(desk.payment().state, PaymentState::Voided);
        desk.agrees();
    }
}

#[test]
fn what_a_person_let_go_at_the_provider_is_let_go() {
    let desk = Desk::authorized(1);
    desk.replied("paymentNotCompleted");
    let taken = PspDone::Received { reference: "MOD1".to_owned() };
    desk.world.world().psp.outcomes.extend(vec![taken; 60]);
    desk.look();
    let held =
        desk.payment().live().unwrap().result.as_ref().unwrap().reference().unwrap().to_owned();
    desk.rest(SignedDuration::from_mins(24 * 60));
    desk.ends(PspChange::Void, "MOD1", false);
    desk.rest(SignedDuration::from_mins(5));
    assert_eq!(desk.payment().state, PaymentState::VoidStuck);
    let mut payment = desk.payment();
    payment.endings.push(PspEnding {
        of: Some(held),
        ..PspEnding::new(PspChange::Void, "by hand".to_owned(), true)
    });
    payment.due_at = Some(desk.now());
    desk.put(payment);
    desk.look();
    assert_eq!(desk.payment().state, PaymentState::Voided);
    assert_eq!(desk.row(JournalEvent::Voided).psp_reference.as_deref(), Some("by hand"));
}

#[test]
fn a_hold_that_ran_out_at_the_provider_is_let_go_and_no_longer_in_the_books() {
    for seed in [1, 2] {
        runs_out(seed, seed == 2);
    }
}

fn runs_out(seed: u64, by_our_name: bool) {
    let desk = Desk::authorized(seed);
    desk.put(Payment { capture: CapturePolicy::Manual, ..desk.payment() });
    desk.rest(SignedDuration::from_hours(7 * 24));
    assert_eq!(desk.payment().state, PaymentState::Authorized);
    let held =
        desk.payment().live().unwrap().result.as_ref().unwrap().reference().unwrap().to_owned();
    let held = if by_our_name { Attempt::reference(&desk.pointer, 1) } else { held };
    for (of, ends) in [
        (None, PaymentState::Authorized),
        (Some("of an earlier attempt".to_owned()), PaymentState::Authorized),
        (Some(held), PaymentState::Voided),
    ] {
        let payment = desk.payment();
        desk.ends(PspChange::Void, "ran out", true);
        let mut told = desk.payment();
        told.endings[payment.endings.len()].of = of;
        desk.put(told);
        desk.rest(SignedDuration::from_mins(5));
        assert_eq!(desk.payment().state, ends);
    }
    let let_go = [JournalEvent::VoidRequested, JournalEvent::Voided].map(|event| desk.row(event));
    assert!(let_go.iter().all(|row| row.actor.as_deref() == Some("psp")), "{let_go:?}");
    assert_eq!(desk.kinds(), [EventType::PaymentAuthorized, EventType::PaymentVoided]);
    assert!(!desk.payment().may_begin(), "the device was told that it is paid");
    desk.agrees();
}

#[test]
fn an_end_of_what_nobody_here_asked_for_is_told_once_and_changes_nothing() {
    let desk = Desk::told_by_notice(1);
    desk.ends(PspChange::Refund, "by hand", false);
    desk.rest(SignedDuration::from_secs(1));
    assert!(!desk.events().contains(&JournalEvent::ChangeFailed), "a capture is under way");
    desk.ends(PspChange::Capture, &desk.taken(), true);
    desk.rest(SignedDuration::from_mins(1));
    let payment = desk.payment();
    assert_eq!((payment.state, payment.captured), (PaymentState::Captured, AMOUNT));
    let row = desk.row(JournalEvent::ChangeFailed);
    assert_eq!((row.error_class.as_deref(), row.amount_minor), (Some("unmatched"), None));
    desk.rest(SignedDuration::from_hours(1));
    assert_eq!(desk.events().iter().filter(|it| **it == JournalEvent::ChangeFailed).count(), 1);
    desk.agrees();
}

#[test]
fn f117_another_amount_than_was_asked_for_is_not_done() {
    for (amount, currency) in [(AMOUNT.get() - 1, "USD"), (AMOUNT.get(), "EUR")] {
        let desk = Desk::told_by_notice(1);
        let (now, mut payment) = (desk.now(), desk.payment());
        payment.endings.push(PspEnding {
            amount: Some(Minor::new(amount)),
            currency: Some(Currency::parse(currency).unwrap()),
            ..PspEnding::new(PspChange::Capture, desk.taken(), true)
        });
        payment.due_at = Some(now);
        desk.put(payment);
        desk.look();
        assert_eq!(desk.payment().state, PaymentState::AckMismatch, "{amount} {currency}");
        assert_eq!(desk.row(JournalEvent::AckMismatch).psp_code.as_deref(), Some("amount"));
    }
}

#[test]
fn an_alarm_is_not_lost_with_a_worker_that_cannot_tell() {
    let desk = Desk::authorized(1);
    desk.look();
    desk.replied("paymentNotCompleted");
    let begun = desk.world.world().faults.calls.len();
    let mode = crate::memory::FaultMode::Refused;
    // Found, chained, written down; and then the conversation is not to be had.
    desk.world.world().faults.at = Some((begun + 3, mode));
    assert!(desk.try_look().unwrap().is_err(), "{:?}", desk.world.world().faults.calls);
    assert_eq!(desk.payment().state, PaymentState::AckMismatch);
    desk.world.world().faults = crate::memory::FaultPlan::default();
    assert_eq!(desk.worry(), (Some(Concern::AckMismatch), "reply_denies".into()));
    assert_eq!(desk.look(), Settled::Nothing);
}

#[test]
fn a_capture_or_a_refund_that_does_not_end_is_a_persons_after_an_hour() {
    let desk = Desk::authorized(1);
    desk.world.world().psp.outcomes.extend(vec![PspDone::Unknown; 40]);
    desk.tracked(AMOUNT.get());
    desk.rest(SignedDuration::from_hours(6));
    assert_eq!(desk.payment().state, PaymentState::Capturing);
    let overdue = |desk: &Desk, what: &str| {
        let rows = desk.rows();
        let is_it = |row: &&JournalRow| {
            row.event_type == JournalEvent::ChangeOverdue && row.decision.as_deref() == Some(what)
        };
        rows.iter().filter(is_it).count()
    };
    assert_eq!(overdue(&desk, "capture"), 1);
    assert_eq!(desk.told().pop().unwrap().1["reason"], "capture_overdue");
    desk.world.world().psp.outcomes.clear();
    desk.rest(SignedDuration::from_hours(1));
    assert_eq!(desk.payment().state, PaymentState::Captured);

    desk.rest(SignedDuration::from_hours(50));
    desk.world.world().psp.outcomes.extend(vec![PspDone::Unknown; 8]);
    let (now, mut payment) = (desk.now(), desk.payment());
    payment.refunds.push(Refund {
        id: RefundId::of(&desk.pointer.payment, "all"),
        amount: AMOUNT,
        status: RefundStatus::Requested,
        reference: None,
        taken: None,
        overdue: false,
        rounds: 0,
        created_at: now,
    });
    payment.rounds = 0;
    payment.reschedule(now);
    desk.put(payment);
    // Not once a day, however long ago it was captured.
    desk.rest(SignedDuration::from_hours(4));
    assert_eq!(overdue(&desk, "refund"), 1);
    assert_eq!(desk.payment().state, PaymentState::Refunded);
    desk.agrees();
}

/// A capture that the provider told was done, and days later that it was not.
fn captured_and_undone() -> (Desk, String) {
    let desk = Desk::told_by_notice(1);
    let reference = desk.taken();
    desk.ends(PspChange::Capture, &reference, true);
    desk.rest(SignedDuration::from_secs(1));
    desk.ends(PspChange::Capture, &reference, false);
    assert_eq!(desk.worry(), (Some(Concern::ChangeFailed), "capture_failed".into()));
    assert_eq!(desk.payment().state, PaymentState::AckMismatch);
    (desk, reference)
}

/// Keeps a notice about what is held.
fn tells(desk: &Desk, change: PspChange, reference: &str, amount: i64) {
    let mut payment = desk.payment();
    let held = payment.live().unwrap().result.as_ref().unwrap().reference().unwrap().to_owned();
    payment.endings.push(PspEnding {
        of: Some(held),
        amount: Some(Minor::new(amount)),
        currency: Some(payment.currency),
        ..PspEnding::new(change, reference.to_owned(), true)
    });
    payment.due_at = Some(desk.now());
    desk.put(payment);
}

#[test]
fn a_capture_that_failed_and_was_done_after_all_is_captured() {
    let (desk, reference) = captured_and_undone();
    // Nobody lets go meanwhile of what the provider tries to capture.
    desk.rest(SignedDuration::from_hours(9 * 24));
    assert_eq!(desk.payment().state, PaymentState::AckMismatch);
    tells(&desk, PspChange::Capture, &reference, AMOUNT.get());
    desk.look();
    let payment = desk.payment();
    assert_eq!((payment.state, payment.captured), (PaymentState::Captured, AMOUNT));
    let rows = desk.rows();
    let row = rows.iter().rfind(|row| row.event_type == JournalEvent::Captured).unwrap();
    assert_eq!((row.decision.as_deref(), row.amount_minor), (Some("recaptured"), Some(AMOUNT)));
    assert_eq!(desk.kinds().last(), Some(&EventType::PaymentCaptured));
    desk.agrees();
}

#[test]
fn money_that_was_captured_by_hand_is_not_let_go_with_the_rest() {
    let desk = Desk::authorized(1);
    desk.put(Payment { capture: CapturePolicy::Manual, ..desk.payment() });
    desk.rest(SignedDuration::from_hours(1));
    tells(&desk, PspChange::Capture, "by hand", 100);
    assert_eq!(desk.worry(), (Some(Concern::ChangeFailed), "capture_unmatched".into()));
    tells(&desk, PspChange::Void, "ran out", AMOUNT.get());
    desk.rest(SignedDuration::from_hours(48));
    assert_eq!(desk.payment().state, PaymentState::Authorized);
    assert!(!desk.events().contains(&JournalEvent::VoidRequested));
}

#[test]
fn a_provider_that_says_how_it_stands_is_believed_over_its_notices() {
    for (answer, undone, state) in [
        (PspDone::Unknown, None, PaymentState::Voiding),
        (PspDone::Refused { code: None }, Some(PspDone::Unknown), PaymentState::Voiding),
        (
            PspDone::Refused { code: None },
            Some(PspDone::Refused { code: None }),
            PaymentState::VoidStuck,
        ),
    ] {
        let desk = Desk::authorized(1);
        desk.put(Payment { capture: CapturePolicy::Manual, ..desk.payment() });
        desk.rest(SignedDuration::from_hours(1));
        desk.world.world().psp.outcomes.extend([Some(answer), undone].into_iter().flatten());
        tells(&desk, PspChange::Void, "too early", AMOUNT.get());
        desk.look();
        assert_eq!(desk.payment().state, state);
    }
}
