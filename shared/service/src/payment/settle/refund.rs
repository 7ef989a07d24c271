//! Money that was captured, given back.

use amb_protocol::money::Minor;
use jiff::Timestamp;
use serde_json::json;

use super::{Notes, ending::hear, overdue};
use crate::{
    model::{
        Concern, EventType, JournalEvent, JournalRow, Payment, PaymentState, PspEnding, Refund,
        RefundId, RefundStatus,
    },
    port::PspDone,
};

pub(super) fn apply(
    payment: &mut Payment,
    id: &RefundId,
    done: &PspDone,
    now: Timestamp,
    notes: &mut Notes,
) {
    let from = payment.state;
    let requested = |status| status == RefundStatus::Requested;
    let mut refunds = payment.refunds.iter_mut();
    let Some(refund) = refunds.find(|refund| refund.id == *id && requested(refund.status)) else {
        return;
    };
    let amount = refund.amount;
    let asked = Some((amount, payment.currency));
    let done = match &refund.taken {
        // It was taken, whether or not that is known there still.
        Some(taken) if done.is_open() => PspDone::Received { reference: taken.reference.clone() },
        _ => done.clone(),
    };
    let heard = hear(&mut refund.taken, &mut payment.endings, &done, asked, now);
    match &heard.done {
        PspDone::Done { reference, .. } => {
            refund.status = RefundStatus::Done;
            refund.reference.clone_from(reference);
            let is_all = given_back(payment) == Some(payment.captured);
            if is_all {
                payment.enter(PaymentState::Refunded, now);
            }
            let row = JournalRow::about(JournalEvent::Refunded, payment).of_amount(amount);
            let row = JournalRow {
                psp_reference: reference.clone().or(row.psp_reference.clone()),
                psp_merchant_reference: Some(id.to_string()),
                weak_flag: heard.is_unconfirmed.then_some(true),
                ..row
            };
            notes.told(if is_all { row.moved(from, payment.state) } else { row });
            let amount = amount.to_decimal(payment.currency);
            let data = json!({ "refundId": id.as_str(), "amount": amount });
            payment.news(EventType::PaymentRefunded, now, data);
        }
        PspDone::Refused { code } => {
            refund.status = RefundStatus::Failed;
            let row = JournalRow::about(JournalEvent::RefundFailed, payment).of_amount(amount);
            notes.told(JournalRow {
                psp_code: code.clone(),
                psp_merchant_reference: Some(id.to_string()),
                ..row
            });
            let amount = amount.to_decimal(payment.currency);
            let data = json!({ "refundId": id.as_str(), "amount": amount });
            payment.worry(Concern::ChangeFailed, "refund_refused", now, data);
        }
        // It goes on with the same key, for days if it has to.
        PspDone::Accepted { reference } => {
            refund.reference.clone_from(reference);
            overdue::refund(payment, id, now, notes);
        }
        PspDone::Received { reference } => refund.reference = Some(reference.clone()),
        PspDone::Unknown => overdue::refund(payment, id, now, notes),
    }
}

impl PspDone {
    /// It says nothing of an end.
    fn is_open(&self) -> bool {
        matches!(self, Self::Accepted { .. } | Self::Unknown)
    }
}

impl Payment {
    /// The refund that the provider is asked for next: one whose end it has told, or else the one that
    /// it was asked for least often, so that none waits for another's end.
    pub(in crate::payment) fn next_refund(&self) -> Option<&Refund> {
        let open = self.refunds.iter().filter(|refund| refund.status == RefundStatus::Requested);
        open.min_by_key(|refund| (!self.has_told_of(refund), refund.rounds))
    }

    /// The provider has told how a refund ended, and nobody has weighed that yet.
    pub(in crate::payment) fn has_told_of(&self, refund: &Refund) -> bool {
        let taken = refund.taken.as_ref().map(|taken| &taken.reference);
        let is_its = |ending: &PspEnding| !ending.weighed && Some(&ending.reference) == taken;
        self.endings.iter().any(is_its)
    }
}

fn given_back(payment: &Payment) -> Option<Minor> {
    let done = payment.refunds.iter().filter(|refund| refund.status == RefundStatus::Done);
    Minor::sum(done.map(|refund| refund.amount))
}
