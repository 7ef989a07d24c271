//! A provider tells of money that nobody here knew of: the answer to an attempt was lost.

use super::*;
use crate::{
    model::{Attempt, Fence, PspResult, Told},
    payment::settle::tests::AMOUNT,
    port::PspDone,
};

impl Desk {
    /// The attempt lands at a provider that knew nothing of it as long as anybody asked.
    fn lands_after_it_failed(seed: u64) -> Self {
        let desk = Self::attempted(seed, PspFate::LandLate);
        known(&desk);
        desk.world.world().psp.is_weak = true;
        desk.rest(SignedDuration::from_hours(2));
        assert_eq!(desk.payment().state, PaymentState::Failed);
        desk
    }

    fn authorised(&self, attempt: u32) {
        self.authorised_as(attempt, &self.name(attempt));
    }

    /// The provider's name of an attempt.
    fn name(&self, attempt: u32) -> String {
        format!("psp-{}", Attempt::reference(&self.pointer, attempt))
    }

    fn authorised_as(&self, attempt: u32, reference: &str) {
        let body = format!("authorised {attempt} {reference} {}", self.pointer.payment);
        assert_eq!(self.notice("stripe", "good", &body).unwrap(), 1);
    }

    fn held_by(&self, attempt: usize) -> Minor {
        let key = self.payment().attempts[attempt - 1].key.clone();
        self.world.world().psp.orders[&key].held
    }
}

fn known_as(payment: &Payment, attempt: usize) -> Option<&str> {
    payment.attempts[attempt - 1].result.as_ref().and_then(PspResult::reference)
}

#[test]
fn p4_what_is_authorised_after_everybody_gave_it_up_is_let_go() {
    let desk = Desk::lands_after_it_failed(1);
    desk.world.world().psp.land();
    assert_eq!(desk.held_by(1), AMOUNT);
    desk.authorised(1);
    let payment = desk.payment();
    assert_eq!((payment.state, payment.due_at), (PaymentState::Failed, Some(desk.now())));
    desk.look();
    assert!(!desk.payment().may_begin(), "there is money");
    desk.rest(SignedDuration::from_mins(1));
    assert_eq!(desk.payment().state, PaymentState::Voided);
    desk.agrees();
    let late = desk.row(JournalEvent::PspResult);
    assert_eq!(late.decision.as_deref(), Some("approved_late"));
    assert_eq!(late.psp_reference, Some(desk.name(1)));
    assert_eq!(
        (late.state_from.as_deref(), late.state_to.as_deref()),
        (Some("failed"), Some("unknown"))
    );
    // It is told again, as providers do, and changes nothing.
    let before = desk.payment();
    desk.authorised(1);
    assert_eq!(desk.payment(), before);
}

#[test]
fn p4_even_of_a_request_that_is_over() {
    let desk = Desk::lands_after_it_failed(1);
    desk.rest(SignedDuration::from_hours(30));
    assert_eq!(desk.payment().state, PaymentState::Expired);
    desk.world.world().psp.land();
    desk.authorised(1);
    desk.rest(SignedDuration::from_mins(1));
    assert_eq!(desk.payment().state, PaymentState::Voided);
    desk.agrees();
}

#[test]
fn a_name_that_is_told_while_a_callback_waits_is_kept_for_whoever_looks_next() {
    let desk = Desk::attempted(1, PspFate::LoseAnswer);
    known(&desk);
    let before = desk.payment();
    desk.authorised(1);
    let payment = desk.payment();
    assert_eq!((payment.state, payment.due_at), (before.state, before.due_at));
    desk.world.world().psp.outcomes.extend(vec![PspDone::Unknown; 9]);
    desk.rest(SignedDuration::from_secs(45));
    assert_eq!(desk.payment().state, PaymentState::Voiding);
    assert!(known_as(&desk.payment(), 1).is_some());
    assert!(desk.events().contains(&JournalEvent::PspResult));
    desk.world.world().psp.outcomes.clear();
    desk.rest(SignedDuration::from_mins(10));
    assert_eq!(desk.payment().state, PaymentState::Voided);
    desk.agrees();
}

#[test]
fn what_is_told_while_a_worker_asks_weighs_more_than_that_nobody_knows_it() {
    let desk = Desk::attempted(1, PspFate::LoseRequest);
    known(&desk);
    desk.pass(SignedDuration::from_secs(45));
    let until = desk.now() + SignedDuration::from_secs(20);
    let worker = desk.worker();
    // Found, chained, taken: and then the provider.
    let begun = desk.world.world().faults.calls.len();
    desk.world.world().faults.frozen_at = Some(begun + 3);
    let mut first = Box::pin(worker.settle(&desk.pointer, until));
    assert!(crate::memory::begin(&mut first).is_none());
    let lease = desk.payment().lease_until;
    desk.authorised(1);
    assert_eq!(desk.payment().due_at, lease, "it is in somebody's hands");
    desk.world.world().faults.frozen_at = None;
    assert!(crate::memory::begin(&mut first).is_some());
    let payment = desk.payment();
    assert_eq!((payment.state, payment.due_at), (PaymentState::Unknown, Some(desk.now())));
    desk.look();
    assert_eq!(known_as(&desk.payment(), 1), Some(desk.name(1).as_str()));
}

#[test]
fn p1_what_an_attempt_before_the_live_one_holds_is_let_go_and_a_person_told() {
    for paid in [true, false] {
        let desk = Desk::lands_after_it_failed(1);
        if paid {
            desk.succeed();
        } else {
            desk.attempt(PspFate::LoseRequest);
            desk.rest(SignedDuration::from_hours(2));
        }
        desk.rest(SignedDuration::from_hours(1));
        let state = desk.payment().state;
        assert_eq!(state, if paid { PaymentState::Captured } else { PaymentState::Failed });
        desk.world.world().psp.land();
        assert_eq!(desk.held_by(1), AMOUNT);
        desk.authorised(1);
        let Settled::Looked { concern, .. } = desk.look() else { panic!("it is due") };
        assert_eq!(concern, Some(Concern::VoidStuck));
        let worry = desk.told().pop().unwrap().1;
        assert_eq!((&worry["reason"], &worry["attempt"]), (&"held_twice".into(), &1.into()));
        assert_eq!(worry["pspReference"], desk.name(1).as_str());
        desk.rest(SignedDuration::from_mins(1));
        let payment = desk.payment();
        assert_eq!((payment.state, payment.attempts[0].fence), (state, Some(Fence::ReplayKey)));
        assert_eq!(desk.held_by(1), Minor::ZERO);
        assert!(!desk.events().contains(&JournalEvent::Voided), "the payment was not");
        assert_eq!(desk.row(JournalEvent::VoidRequested).attempt_no, Some(1));
        assert_eq!(
            desk.record().map(|it| it.captured),
            paid.then_some(AMOUNT).or(Some(Minor::ZERO))
        );
        let before = desk.payment();
        desk.authorised(1);
        assert_eq!(desk.payment(), before);
    }
}

#[test]
fn what_cannot_be_let_go_beside_a_payment_is_asked_again_or_a_persons() {
    let desk = Desk::lands_after_it_failed(1);
    desk.succeed();
    desk.rest(SignedDuration::from_hours(1));
    desk.world.world().psp.land();
    let refused = PspDone::Refused { code: Some("captured".to_owned()) };
    desk.world.world().psp.outcomes.extend([PspDone::Unknown, PspDone::Unknown, refused]);
    desk.authorised(1);
    desk.look();
    assert_eq!(desk.payment().attempts[0].fence, None);
    desk.rest(SignedDuration::from_hours(72));
    assert_eq!(desk.told().pop().unwrap().1["reason"], "void_stuck");
    let row = desk.row(JournalEvent::VoidStuck);
    assert_eq!((row.attempt_no, row.psp_code.as_deref()), (Some(1), Some("captured")));
    let payment = desk.payment();
    assert_eq!((payment.state, payment.due_at), (PaymentState::Captured, None));
}

#[test]
fn what_was_told_success_is_known() {
    let desk = Desk::authorized(1);
    known(&desk);
    let before = desk.payment();
    desk.authorised_as(1, known_as(&before, 1).unwrap());
    desk.authorised(7);
    assert_eq!(desk.payment(), before);
    assert_eq!(before.attempts[0].told, Some(Told::Success));
}

/// Somebody is called, once, with this name.
fn assert_held_twice(desk: &Desk, name: &str, told: Option<&str>) {
    let worry = desk.told().into_iter().map(|(_, data)| data);
    let worry: Vec<_> = worry.filter(|data| data["reason"] == "held_twice").collect();
    assert_eq!(worry.len(), 1, "{worry:?}");
    assert_eq!((&worry[0]["told"], &worry[0]["pspReference"]), (&json!(told), &name.into()));
    let row = desk.row(JournalEvent::VoidStuck);
    assert_eq!(row.error_class.as_deref(), Some("held_twice"));
    assert_eq!((row.psp_reference.as_deref(), row.attempt_no), (Some(name), Some(1)));
}

#[test]
fn p1_a_second_authorisation_of_one_attempt_is_a_persons() {
    let desk = Desk::authorized(1);
    known(&desk);
    let before = desk.payment();
    desk.authorised_as(1, "another");
    let Settled::Looked { concern, .. } = desk.look() else { panic!("it is due") };
    assert_eq!(concern, Some(Concern::VoidStuck));
    assert_held_twice(&desk, "another", Some("success"));
    let payment = desk.payment();
    assert_eq!((payment.state, known_as(&payment, 1)), (before.state, known_as(&before, 1)));
    // Told again, it is known.
    desk.authorised_as(1, "another");
    assert_eq!(desk.payment(), payment);
    desk.agrees();
}

#[test]
fn p1_of_two_authorisations_the_one_that_is_told_before_the_answer_is_a_persons_too() {
    for (fate, told) in [(None, "success"), (Some(PspFate::LoseAnswer), "failure")] {
        let desk = match fate {
            None => Desk::authorized(1),
            Some(fate) => Desk::attempted(1, fate),
        };
        known(&desk);
        let mut payment = desk.payment();
        payment.attempts[0].authorised = Some("another".to_owned());
        payment.reschedule(desk.now());
        desk.put(payment);
        desk.rest(SignedDuration::from_hours(2));
        assert_held_twice(&desk, "another", Some(told));
        desk.agrees();
    }
}

#[test]
fn p1_two_names_that_are_told_before_anybody_looks_are_a_persons() {
    let desk = Desk::attempted(1, PspFate::LoseAnswer);
    known(&desk);
    desk.authorised(1);
    desk.authorised_as(1, "another");
    desk.rest(SignedDuration::from_hours(2));
    assert_held_twice(&desk, "another", None);
    assert_eq!(desk.payment().state, PaymentState::Voided);
    desk.agrees();
}
