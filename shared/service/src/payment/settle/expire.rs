//! A request that nobody paid in time.

use jiff::Timestamp;

use super::Notes;
use crate::model::{JournalEvent, JournalRow, Payment, PaymentState};

pub(super) fn expire(payment: &mut Payment, now: Timestamp, notes: &mut Notes) {
    let from = payment.state;
    if from.may_begin() && payment.expires_at <= now {
        payment.enter(PaymentState::Expired, now);
        let row = JournalRow::about(JournalEvent::Expired, payment);
        notes.add(row.moved(from, PaymentState::Expired));
    }
}
