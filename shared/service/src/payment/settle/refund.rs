//! Money that was captured, given back.

use amb_protocol::money::Minor;
use jiff::Timestamp;
use serde_json::json;

use super::Notes;
use crate::{
    model::{EventType, JournalEvent, JournalRow, Payment, PaymentState, RefundId, RefundStatus},
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
    match done {
        PspDone::Done { reference, .. } => {
            refund.status = RefundStatus::Done;
            refund.reference.clone_from(reference);
            payment.rounds = 0;
            let is_all = given_back(payment) == Some(payment.captured);
            if is_all {
                payment.enter(PaymentState::Refunded, now);
            }
            let row = JournalRow::about(JournalEvent::Refunded, payment).of_amount(amount);
            let row = JournalRow {
                psp_reference: reference.clone().or(row.psp_reference.clone()),
                psp_merchant_reference: Some(id.to_string()),
                ..row
            };
            notes.told(if is_all { row.moved(from, payment.state) } else { row });
            let amount = amount.to_decimal(payment.currency);
            let data = json!({ "refundId": id.as_str(), "amount": amount });
            payment.news(EventType::PaymentRefunded, now, data);
        }
        PspDone::Refused { code } => {
            refund.status = RefundStatus::Failed;
            payment.rounds = 0;
            let row = JournalRow::about(JournalEvent::RefundFailed, payment).of_amount(amount);
            notes.told(JournalRow {
                psp_code: code.clone(),
                psp_merchant_reference: Some(id.to_string()),
                ..row
            });
            let amount = amount.to_decimal(payment.currency);
            let data = json!({
                "refundId": id.as_str(), "amount": amount, "reason": "refund_refused",
            });
            payment.news(EventType::PaymentMismatch, now, data);
        }
        // It goes on with the same key.
        PspDone::Accepted { .. } | PspDone::Unknown => {}
    }
}

fn given_back(payment: &Payment) -> Option<Minor> {
    let done = payment.refunds.iter().filter(|refund| refund.status == RefundStatus::Done);
    Minor::sum(done.map(|refund| refund.amount))
}
