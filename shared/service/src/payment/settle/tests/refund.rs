//! Money that goes back.

use super::*;
use crate::{
    model::{Refund, RefundId, RefundStatus},
    port::PspDone,
};

impl Desk {
    fn captured(seed: u64) -> Self {
        let desk = Self::authorized(seed);
        desk.tracked(AMOUNT.get());
        desk.rest(SignedDuration::from_secs(1));
        desk
    }

    pub(super) fn goes_back(&self, amount: i64) -> RefundId {
        let (now, mut payment) = (self.now(), self.payment());
        let id = RefundId::of(&self.pointer.payment, &payment.refunds.len().to_string());
        payment.refunds.push(Refund {
            id: id.clone(),
            amount: Minor::new(amount),
            status: RefundStatus::Requested,
            reference: None,
            taken: None,
            overdue: false,
            rounds: 0,
            created_at: now,
        });
        payment.rounds = 0;
        payment.reschedule(now);
        self.put(payment);
        id
    }
}

#[test]
fn refunds_go_back_one_by_one_each_with_a_key_of_its_own() {
    let desk = Desk::captured(1);
    let first = desk.goes_back(1000);
    desk.goes_back(399);
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::Captured);
    assert_eq!(desk.record().unwrap().refunds.len(), 2);
    desk.agrees();
    let told = desk.told();
    assert_eq!(told[2].0, EventType::PaymentRefunded);
    assert_eq!((&told[2].1["amount"], &told[3].1["amount"]), (&"10.00".into(), &"3.99".into()));
    assert_eq!(told[2].1["refundId"], first.as_str());
    desk.goes_back(5000);
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().state, PaymentState::Refunded);
    assert_eq!(desk.payment().due_at, None);
    desk.agrees();
}

#[test]
fn a_refund_that_was_taken_goes_on_with_the_same_key() {
    let desk = Desk::captured(1);
    desk.goes_back(1000);
    desk.world.world().psp.outcomes.push_back(PspDone::Accepted { reference: None });
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().refunds[0].status, RefundStatus::Requested);
    desk.rest(SignedDuration::from_mins(2));
    assert_eq!(desk.payment().refunds[0].status, RefundStatus::Done);
    assert_eq!(desk.record().unwrap().refunds.len(), 1);
}

#[test]
fn a_refund_that_is_refused_is_told_as_such() {
    let desk = Desk::captured(1);
    desk.goes_back(1000);
    desk.world.world().psp.outcomes.push_back(PspDone::Refused { code: Some("x".to_owned()) });
    desk.rest(SignedDuration::from_secs(1));
    assert_eq!(desk.payment().refunds[0].status, RefundStatus::Failed);
    assert_eq!(desk.row(JournalEvent::RefundFailed).psp_code.as_deref(), Some("x"));
    let (kind, data) = desk.told().pop().unwrap();
    assert_eq!((kind, &data["reason"]), (EventType::PaymentMismatch, &"refund_refused".into()));
    desk.agrees();
}
