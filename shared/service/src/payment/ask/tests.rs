use amb_protocol::money::Minor;
use jiff::SignedDuration;

use super::*;
use crate::{
    memory::{Memory, PspFate, drive},
    model::{EventType, JournalEvent, PaymentState, RefundStatus},
    payment::settle::tests::{AMOUNT, Desk},
};

const ACTOR: &str = "key_aaaaaaaaaaaaaaaaaaaaaaaaaa";

impl Desk {
    fn ask<T>(&self, ask: impl AsyncFnOnce(&Memory, Asker<'_>, &PaymentId) -> T) -> T {
        let asker = Asker { tenant: &self.pointer.tenant, actor: ACTOR };
        drive(ask(&self.world, asker, &self.pointer.payment)).unwrap()
    }

    fn capture(&self, amount: Option<&str>) -> Result<Payment, Problem> {
        self.ask(async |w, asker, id| capture(w, w, w, asker, id, amount).await)
    }

    fn void(&self) -> Result<Payment, Problem> {
        self.ask(async |w, asker, id| void(w, w, w, asker, id).await)
    }

    fn refund(&self, amount: Option<&str>, key: &str) -> Result<Payment, Problem> {
        self.ask(async |w, asker, id| refund(w, w, w, asker, id, amount, key).await)
    }

    fn moment(&self) {
        self.rest(SignedDuration::from_secs(1));
    }
}

#[test]
fn a_part_is_captured_once_and_the_same_again_is_the_same() {
    let desk = Desk::authorized(1);
    assert_eq!(desk.capture(Some("20.00")).unwrap().state, PaymentState::Capturing);
    assert_eq!(desk.capture(Some("20")).unwrap().state, PaymentState::Capturing);
    assert_eq!(desk.capture(None).unwrap_err().code, "payment_state");
    assert_eq!(desk.world.world().settlement_queue.len(), 1);
    desk.moment();
    let payment = desk.payment();
    assert_eq!((payment.state, payment.captured), (PaymentState::Captured, Minor::new(2000)));
    assert_eq!(desk.capture(Some("20.00")).unwrap().captured, Minor::new(2000));
    let asked = desk.row(JournalEvent::CaptureRequested);
    assert_eq!((asked.actor.as_deref(), asked.amount.as_deref()), (Some(ACTOR), Some("20.00")));
    assert_eq!(desk.told().pop().unwrap().1["amount"], "20.00");
    desk.agrees();
}

#[test]
fn f118_an_amount_is_exact_above_zero_and_no_more_than_there_is() {
    let desk = Desk::authorized(1);
    for (amount, message) in [
        ("64.00", "the amount is more than was authorised"),
        ("0", "an amount above zero is expected"),
        ("-1.00", "an amount above zero is expected"),
        ("1.001", "the currency has 2 decimals"),
        ("1,50", "a decimal number in a string is expected, such as \"63.99\""),
    ] {
        let problem = desk.capture(Some(amount)).unwrap_err();
        let fault = &problem.errors[0];
        assert_eq!((problem.status, fault.pointer.as_str()), (400, "/amount"));
        assert_eq!(fault.message, message);
        assert_eq!(fault.limit, Some("63.99".into()));
    }
    assert_eq!(desk.payment().state, PaymentState::Authorized);
}

#[test]
fn what_is_held_is_let_go_and_what_nobody_paid_is_taken_back() {
    let desk = Desk::authorized(1);
    assert_eq!(desk.void().unwrap().state, PaymentState::Voiding);
    desk.moment();
    assert_eq!(desk.void().unwrap().state, PaymentState::Voided);
    assert_eq!(desk.row(JournalEvent::VoidRequested).actor.as_deref(), Some(ACTOR));
    assert_eq!(desk.kinds(), [EventType::PaymentAuthorized, EventType::PaymentVoided]);
    desk.agrees();
    let desk = Desk::open(2);
    assert_eq!(desk.void().unwrap().state, PaymentState::Expired);
    assert_eq!(desk.capture(None).unwrap_err().status, 409);
    let desk = Desk::attempted(3, PspFate::LoseAnswer);
    assert_eq!(desk.void().unwrap_err().code, "payment_state");
}

#[test]
fn what_is_let_go_after_a_failure_is_not_paid_again_once_it_is_taken_back() {
    // Before it is let go, and after: the customer was told of a failure, and would try again.
    let desk = Desk::attempted(1, PspFate::LoseAnswer);
    desk.pass(SignedDuration::from_secs(45));
    desk.look();
    assert_eq!((desk.payment().state, desk.payment().may_begin()), (PaymentState::Voiding, false));
    assert!(desk.void().unwrap().void_asked);
    let asked = desk.rows().len();
    assert_eq!(desk.void().unwrap().state, PaymentState::Voiding);
    assert_eq!(desk.rows().len(), asked, "the same again is the same");
    desk.rest(SignedDuration::from_mins(2));
    assert_eq!((desk.payment().state, desk.payment().may_begin()), (PaymentState::Voided, false));
    desk.agrees();
    let desk = Desk::attempted(2, PspFate::LoseAnswer);
    desk.rest(SignedDuration::from_mins(2));
    assert_eq!((desk.payment().state, desk.payment().may_begin()), (PaymentState::Voided, true));
    assert_eq!(desk.void().unwrap().state, PaymentState::Expired);
    assert!(!desk.payment().may_begin());
    assert_eq!(desk.row(JournalEvent::Expired).actor.as_deref(), Some(ACTOR));
    desk.agrees();
}

#[test]
fn a_person_decides_about_what_the_customer_saw_differently() {
    let differing = |seed| {
        let desk = Desk::authorized(seed);
        desk.tracked(1);
        desk
    };
    let desk = differing(1);
    let problem = desk.capture(None).unwrap_err();
    assert!(problem.detail.unwrap().contains("payment.mismatch"));
    assert_eq!(desk.world.world().settlement_queue.len(), 1, "somebody looks at it");
    desk.moment();
    assert_eq!(desk.payment().state, PaymentState::AckMismatch);
    desk.capture(None).unwrap();
    desk.moment();
    assert_eq!(desk.payment().state, PaymentState::Captured);
    desk.agrees();
    let desk = differing(2);
    desk.moment();
    desk.void().unwrap();
    desk.moment();
    assert_eq!(desk.payment().state, PaymentState::Voided);
    desk.agrees();
}

#[test]
fn a_refund_is_known_by_its_key_and_no_more_goes_back_than_was_captured() {
    let desk = Desk::authorized(1);
    assert_eq!(desk.refund(None, "a").unwrap_err().code, "payment_state");
    desk.capture(None).unwrap();
    desk.moment();
    let payment = desk.refund(Some("10.00"), "a").unwrap();
    assert_eq!(desk.refund(Some("10"), "a").unwrap(), payment);
    assert_eq!(desk.refund(None, "a").unwrap(), payment);
    assert_eq!(desk.refund(Some("9.99"), "a").unwrap_err().code, "idempotency_key_reused");
    let problem = desk.refund(Some("54.00"), "b").unwrap_err();
    assert_eq!(problem.errors[0].limit, Some("53.99".into()));
    desk.moment();
    desk.refund(None, "b").unwrap();
    assert_eq!(desk.refund(None, "c").unwrap_err().code, "payment_state");
    desk.moment();
    let payment = desk.payment();
    assert_eq!(payment.state, PaymentState::Refunded);
    assert!(payment.refunds.iter().all(|refund| refund.status == RefundStatus::Done));
    assert_eq!(payment.refunded(), Some(AMOUNT));
    assert_eq!(desk.record().unwrap().refunded, AMOUNT);
}

#[test]
fn p029_a_payment_of_somebody_else_is_not_there() {
    let desk = Desk::authorized(1);
    let other = TenantId::draw(&desk.world);
    let asker = Asker { tenant: &other, actor: ACTOR };
    let (w, id) = (&desk.world, &desk.pointer.payment);
    assert_eq!(drive(void(w, w, w, asker, id)).unwrap().unwrap_err().status, 404);
}
