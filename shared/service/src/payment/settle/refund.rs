//! Money that was captured, given back.

use amb_protocol::money::Minor;
use jiff::Timestamp;
use serde_json::json;

use super::{Notes, ending::hear, overdue};
use crate::{
    model::{
        Concern, EventType, JournalEvent, JournalRow, Payment, PaymentState, RefundId, RefundStatus,
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
    let heard = hear(&mut refund.taken, &mut payment.endings, done, asked, now);
    match &heard.done {
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
            payment.rounds = 0;
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
        PspDone::Accepted { reference } => refund.reference.clone_from(reference),
        PspDone::Received { reference } => refund.reference = Some(reference.clone()),
        PspDone::Unknown => overdue::refund(payment, id, now, notes),
    }
}

fn given_back(payment: &Payment) -> Option<Minor> {
    let done = payment.refunds.iter().filter(|refund| refund.status == RefundStatus::Done);
    Minor::sum(done.map(|refund| refund.amount))
}
