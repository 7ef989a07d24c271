//! What comes to nothing again and again, what never ends, and more of it than one look can bear.

use serde_json::json;

use super::*;
use crate::{
    memory::PspWay,
    model::{PspEnding, RefundStatus},
    port::PspDone,
};

/// Longer than anything here.
const FOR_EVER: u32 = 1_000_000;

impl Desk {
    /// Passes time while the provider sends every notice at once.
    pub(super) fn rest_with_notices(&self, time: SignedDuration) {
        let end = self.now() + time;
        loop {
            while let Some(notice) = self.next_notice() {
                self.take(notice);
                self.rest(SignedDuration::ZERO);
            }
            if self.now() >= end {
                return;
            }
            self.rest(SignedDuration::from_secs(15));
        }
    }

    fn next_notice(&self) -> Option<PspEnding> {
        let notice = self.world.world().psp.notices.pop_front()?;
        let words: Vec<_> = notice.split(' ').collect();
        Some(ending(words[1], words[2], words[0] == "done"))
    }

    /// As a notice is kept.
    pub(super) fn take(&self, ending: PspEnding) {
        let (now, mut payment) = (self.now(), self.payment());
        payment.endings.push(ending);
        payment.due_at = Some(now);
        self.put(payment);
    }

    pub(super) fn count(&self, event: JournalEvent, decision: Option<&str>) -> usize {
        let rows = self.rows();
        let is_it =
            |row: &&JournalRow| row.event_type == event && row.decision.as_deref() == decision;
        rows.iter().filter(is_it).count()
    }
}

fn ending(change: &str, reference: &str, is_done: bool) -> PspEnding {
    let ending = json!({ "change": change, "reference": reference, "isDone": is_done });
    serde_json::from_value(ending).unwrap()
}

#[test]
fn a_void_that_fails_again_and_again_is_a_persons_and_asked_for_with_pauses() {
    for is_late in [false, true] {
        let desk = Desk::attempted(1, PspFate::LoseAnswer);
        {
            let psp = &mut desk.world.world().psp;
            psp.tells_by_notice = true;
            psp.ways.extend(vec![PspWay::Fails; 300]);
        }
        desk.rest(SignedDuration::from_secs(50));
        assert_eq!(desk.payment().state, PaymentState::Voiding);
        if is_late {
            let first = desk.payment().taken.unwrap().reference;
            let notice = desk.next_notice().unwrap();
            desk.take(ending("void", &first, true));
            desk.rest(SignedDuration::from_secs(1));
            assert_eq!(desk.payment().state, PaymentState::Voided);
            desk.take(notice);
        }
        desk.rest_with_notices(SignedDuration::from_mins(30));
        assert_eq!(desk.payment().state, PaymentState::VoidStuck, "{is_late}");
        let asked = desk.world.world().psp.changes.len();
        assert!((3..=6).contains(&asked), "{asked} voids in half an hour");
        let worries = desk.kinds().iter().filter(|it| **it == EventType::PaymentMismatch).count();
        assert_eq!(worries, 1);
        desk.rest_with_notices(SignedDuration::from_hours(100));
        assert_eq!(desk.payment().state, PaymentState::VoidStuck);
        assert_eq!(desk.record().unwrap().held, AMOUNT);
        desk.world.world().psp.ways.clear();
        desk.rest_with_notices(SignedDuration::from_hours(25));
        assert_eq!(desk.payment().state, PaymentState::Voided);
        desk.agrees();
    }
}

#[test]
fn a_change_whose_end_may_not_have_been_kept_is_not_taken_for_done() {
    let full = |desk: &Desk| {
        {
            let psp = &mut desk.world.world().psp;
            psp.tells_by_notice = true;
            psp.ways.push_back(PspWay::Fails);
        }
        let mut payment = desk.payment();
        let others = (0..Payment::MOST_ENDINGS).map(|no| PspEnding {
            weighed: true,
            ..ending("refund", &format!("other-{no}"), true)
        });
        payment.endings.extend(others);
        desk.put(payment);
    };
    let desk = Desk::attempted(1, PspFate::LoseAnswer);
    full(&desk);
    desk.rest(SignedDuration::from_hours(3));
    assert_eq!(desk.payment().state, PaymentState::VoidStuck);
    assert!(!desk.kinds().contains(&EventType::PaymentVoided));

    let desk = Desk::authorized(1);
    full(&desk);
    desk.tracked(AMOUNT.get());
    desk.rest(SignedDuration::from_hours(3));
    assert_eq!(desk.payment().state, PaymentState::Capturing);
    assert_eq!(desk.count(JournalEvent::ChangeOverdue, Some("capture")), 1);
}

#[test]
fn more_failures_than_a_transaction_has_rows_are_weighed_look_by_look() {
    let desk = Desk::authorized(1);
    desk.tracked(AMOUNT.get());
    desk.rest(SignedDuration::from_secs(1));
    for no in 0..Payment::MOST_ENDINGS {
        desk.take(ending("refund", &format!("by-hand-{no}"), false));
    }
    desk.rest(SignedDuration::from_secs(1));
    let payment = desk.payment();
    assert!(payment.endings.iter().all(|ending| ending.weighed));
    assert_eq!(payment.due_at, None);
    let failed = desk.count(JournalEvent::ChangeFailed, Some("refund"));
    assert_eq!(failed, Payment::MOST_ENDINGS);
    desk.agrees();
}

#[test]
fn a_capture_that_stays_with_the_provider_is_a_persons_after_an_hour() {
    let desk = Desk::authorized(1);
    desk.world.world().psp.ways.push_back(PspWay::Lingers(FOR_EVER));
    desk.tracked(AMOUNT.get());
    desk.rest(SignedDuration::from_mins(50));
    assert_eq!(desk.count(JournalEvent::ChangeOverdue, Some("capture")), 0);
    desk.rest(SignedDuration::from_hours(5));
    assert_eq!(desk.payment().state, PaymentState::Capturing);
    assert_eq!(desk.count(JournalEvent::ChangeOverdue, Some("capture")), 1);
    assert_eq!(desk.told().pop().unwrap().1["reason"], "capture_overdue");
}

#[test]
fn two_refunds_that_stay_with_the_provider_keep_no_third_waiting() {
    let desk = Desk::authorized(1);
    desk.tracked(AMOUNT.get());
    desk.rest(SignedDuration::from_secs(1));
    let lingering = [PspWay::Lingers(FOR_EVER), PspWay::Lingers(FOR_EVER)];
    desk.world.world().psp.ways.extend(lingering);
    for amount in [1000, 2000, 399] {
        desk.goes_back(amount);
    }
    desk.rest(SignedDuration::from_secs(1));
    let done = |desk: &Desk| {
        let refunds = desk.payment().refunds.into_iter();
        refunds.map(|it| it.status == RefundStatus::Done).collect::<Vec<_>>()
    };
    assert_eq!(done(&desk), [false, false, true], "each was asked for once, at once");
    desk.rest(SignedDuration::from_hours(3));
    assert_eq!(desk.count(JournalEvent::ChangeOverdue, Some("refund")), 2, "a person knows");
    desk.goes_back(100);
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(done(&desk), [false, false, true, true]);
    let rounds: Vec<_> = desk.payment().refunds.iter().map(|refund| refund.rounds).collect();
    assert!(rounds[0].abs_diff(rounds[1]) <= 1 && rounds[0] > 4, "{rounds:?}");
    // Not once a day, and in the end it goes back.
    desk.world.world().psp.changes.clear();
    desk.rest(SignedDuration::from_hours(2));
    assert_eq!(done(&desk), [true; 4]);
    desk.agrees();
}

#[test]
fn a_refund_whose_end_is_told_is_heard_before_the_others_whatever_the_provider_says_by_then() {
    for knows in [true, false] {
        let desk = Desk::authorized(1);
        desk.tracked(AMOUNT.get());
        desk.rest(SignedDuration::from_secs(1));
        desk.world.world().psp.tells_by_notice = true;
        for amount in [1000, 2000, 399] {
            desk.goes_back(amount);
        }
        desk.rest(SignedDuration::from_secs(1));
        let taken = |at: usize| desk.payment().refunds[at].taken.clone().unwrap().reference;
        let third = taken(2);
        if !knows {
            desk.world.world().psp.outcomes.extend(vec![PspDone::Unknown; 3]);
        }
        desk.take(ending("refund", &third, true));
        desk.look();
        let statuses: Vec<_> = desk.payment().refunds.iter().map(|it| it.status).collect();
        let open = RefundStatus::Requested;
        assert_eq!(statuses, [open, open, RefundStatus::Done], "{knows}");
        assert!(desk.payment().due_at > Some(desk.now()), "the others have their pauses");
        // Two at once: each has a look of its own, and none waits for a pause.
        desk.take(ending("refund", &taken(1), true));
        desk.take(ending("refund", &taken(0), false));
        desk.rest(SignedDuration::from_secs(1));
        let statuses: Vec<_> = desk.payment().refunds.iter().map(|it| it.status).collect();
        assert_eq!(statuses, [RefundStatus::Failed, RefundStatus::Done, RefundStatus::Done]);
    }
}
