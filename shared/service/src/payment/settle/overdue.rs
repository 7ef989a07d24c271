//! A capture or a refund that does not end: a person has to look, while it goes on.

use amb_protocol::money::Minor;
use jiff::Timestamp;
use serde_json::json;

use super::Notes;
use crate::{
    model::{Concern, JournalEvent, JournalRow, Payment, RefundId, RefundStatus},
    payment::due::STUCK_AFTER,
};

/// Says so once of a capture.
pub(super) fn capture(payment: &mut Payment, amount: Minor, now: Timestamp, notes: &mut Notes) {
    if payment.overdue || payment.since() + STUCK_AFTER > now {
        return;
    }
    payment.overdue = true;
    notes.add(row(payment, "capture", amount));
    let amount = amount.to_decimal(payment.currency);
    payment.worry(Concern::ChangeFailed, "capture_overdue", now, json!({ "amount": amount }));
}

/// Says so once of a refund.
pub(super) fn refund(payment: &mut Payment, id: &RefundId, now: Timestamp, notes: &mut Notes) {
    let is_late = |since: Timestamp| since + STUCK_AFTER <= now;
    let late = payment.refunds.iter_mut().find(|refund| {
        let is_open = refund.id == *id && refund.status == RefundStatus::Requested;
        is_open && !refund.overdue && is_late(refund.created_at)
    });
    let Some(refund) = late else { return };
    refund.overdue = true;
    let amount = refund.amount;
    let row = row(payment, "refund", amount);
    notes.add(JournalRow { psp_merchant_reference: Some(id.to_string()), ..row });
    let amount = amount.to_decimal(payment.currency);
    let data = json!({ "refundId": id.as_str(), "amount": amount });
    payment.worry(Concern::ChangeFailed, "refund_overdue", now, data);
}

fn row(payment: &Payment, what: &str, amount: Minor) -> JournalRow {
    let row = JournalRow::about(JournalEvent::ChangeOverdue, payment).of_amount(amount);
    JournalRow { decision: Some(what.to_owned()), ..row }
}
