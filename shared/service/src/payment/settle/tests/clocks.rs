//! Hosts whose clocks are five minutes wrong, either way (spec/payments §4.6).

use super::*;

const WRONG: SignedDuration = SignedDuration::from_mins(5);

impl Desk {
    /// The live attempt, as a host would have begun it whose clock was so wrong.
    fn begun_by(&self, wrong: SignedDuration) {
        let mut payment = self.payment();
        let attempt = payment.live_mut().unwrap();
        attempt.begun_at += wrong;
        payment.enter(payment.state, self.now() + wrong);
        payment.reschedule(self.now() + wrong);
        self.put(payment);
    }

    /// What the customer saw, as a host writes it down whose clock is so wrong.
    fn seen_by(&self, wrong: SignedDuration, is_tracked: bool) {
        let right = self.now();
        self.world.world().now = right + wrong;
        if is_tracked {
            self.tracked(6398);
        } else {
            self.replies("paymentNotCompleted");
        }
        self.world.world().now = right;
    }
}

#[test]
fn a_denial_is_of_the_attempt_that_was_live_whatever_the_clocks_say() {
    for (begun, seen) in [(WRONG, -WRONG), (WRONG, SignedDuration::ZERO), (-WRONG, WRONG)] {
        for is_tracked in [true, false] {
            for has_failed in [false, true] {
                let desk = Desk::open(1);
                if has_failed {
                    desk.attempt(PspFate::LoseRequest);
                    desk.rest(SignedDuration::from_mins(2));
                }
                desk.succeed();
                desk.begun_by(begun);
                desk.seen_by(seen, is_tracked);
                desk.rest(SignedDuration::from_hours(1));
                let state = desk.payment().state;
                assert_eq!(state, PaymentState::AckMismatch, "{begun} {seen} {is_tracked}");
            }
        }
    }
}

#[test]
fn what_was_seen_before_an_attempt_is_not_of_it_whatever_the_clocks_say() {
    for (seen, begun) in [(WRONG, -WRONG), (-WRONG, WRONG)] {
        for is_tracked in [true, false] {
            let desk = Desk::attempted(1, PspFate::LoseRequest);
            desk.seen_by(seen, is_tracked);
            desk.rest(SignedDuration::from_mins(2));
            assert_eq!(desk.payment().state, PaymentState::Failed);
            desk.succeed();
            desk.begun_by(begun);
            desk.rest(SignedDuration::from_mins(25));
            let state = desk.payment().state;
            assert_eq!(state, PaymentState::Captured, "{seen} {begun} {is_tracked}");
            // And the customer may say the same of this one, too.
            desk.seen_by(begun, is_tracked);
            desk.rest(SignedDuration::from_secs(1));
            assert_eq!(desk.kinds().last(), Some(&EventType::PaymentMismatch));
        }
    }
}

#[test]
fn where_nobody_wrote_down_which_attempt_it_is_of_a_denial_counts() {
    for is_tracked in [true, false] {
        let desk = Desk::attempted(1, PspFate::LoseRequest);
        desk.seen_by(SignedDuration::ZERO, is_tracked);
        desk.rest(SignedDuration::from_mins(2));
        desk.succeed();
        // As rows were written before the members were there.
        let mut row = serde_json::to_value(desk.payment()).unwrap();
        row["attempts"][1].as_object_mut().unwrap().remove("replyBefore");
        if is_tracked {
            assert_eq!(row["tracking"].as_object_mut().unwrap().remove("attempts"), Some(1.into()));
        }
        desk.put(serde_json::from_value(row).unwrap());
        desk.rest(SignedDuration::from_mins(20));
        assert_eq!(desk.payment().state, PaymentState::AckMismatch);
    }
}

#[test]
fn a_device_has_time_to_speak_however_short_the_time_and_wrong_the_clocks() {
    for after_minutes in [1, 5, 15] {
        let desk = Desk::authorized(1);
        let capture = CapturePolicy::Acknowledged { after_minutes };
        desk.put(Payment { capture, ..desk.payment() });
        desk.begun_by(-WRONG);
        // The worker that captures is fast.
        desk.rest(WRONG + SignedDuration::from_mins(4));
        assert_eq!(desk.payment().state, PaymentState::Authorized, "{after_minutes}");
        desk.replies("paymentNotCompleted");
        desk.rest(SignedDuration::from_hours(1));
        assert_eq!(desk.payment().state, PaymentState::AckMismatch, "{after_minutes}");
    }
}

#[test]
fn two_answers_that_it_is_not_known_lie_ten_minutes_apart_by_any_clock() {
    let desk = Desk::attempted(1, PspFate::LandLate);
    desk.world.world().psp.is_weak = true;
    desk.pass(SignedDuration::from_secs(45) - WRONG);
    desk.put(Payment { due_at: Some(desk.now()), ..desk.payment() });
    let mut payment = desk.payment();
    payment.live_mut().unwrap().lease_until = desk.now();
    desk.put(payment);
    desk.look();
    assert!(desk.payment().live().unwrap().absent_since.is_some());
    // The next to look is fast: nine minutes later, its clock says nineteen.
    desk.pass(WRONG * 2 + SignedDuration::from_mins(9));
    desk.look();
    assert_eq!(desk.payment().state, PaymentState::Unknown);
    desk.world.world().psp.land();
    desk.rest(SignedDuration::from_mins(40));
    assert_eq!(desk.payment().state, PaymentState::Voided);
    desk.agrees();
}
