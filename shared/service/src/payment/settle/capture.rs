//! Money that is held, captured. Only of an attempt that the device was told had succeeded.

use jiff::Timestamp;
use serde_json::json;

use super::{Notes, acknowledge, ending::hear, overdue};
use crate::{
    model::{EventType, JournalEvent, JournalRow, Payment, PaymentState, Told},
    port::PspDone,
};

/// Begins to capture all that was authorised; `ack` says on whose word.
pub(super) fn begin(payment: &mut Payment, ack: &str, now: Timestamp, notes: &mut Notes) {
    let from = payment.state;
    let Some(attempt) = payment.live().filter(|attempt| attempt.told == Some(Told::Success)) else {
        return;
    };
    payment.capture_asked = Some(attempt.amount);
    payment.captures += 1;
    payment.enter(PaymentState::Capturing, now);
    let row = JournalRow::about(JournalEvent::CaptureRequested, payment);
    let row = JournalRow { ack: Some(ack.to_owned()), ..row };
    notes.add(row.moved(from, PaymentState::Capturing));
}

pub(super) fn apply(payment: &mut Payment, done: &PspDone, now: Timestamp, notes: &mut Notes) {
    if payment.state != PaymentState::Capturing {
        return;
    }
    let Some(attempt) = payment.live() else { return };
    let amount = payment.capture_asked.unwrap_or(attempt.amount);
    let asked = Some((amount, payment.currency));
    let heard = hear(&mut payment.taken, &mut payment.endings, done, asked, now);
    match &heard.done {
        PspDone::Done { reference, fee } => {
            payment.captured = amount;
            payment.capture_asked = None;
            payment.enter(PaymentState::Captured, now);
            let row = JournalRow::about(JournalEvent::Captured, payment).of_amount(amount);
            let row = JournalRow {
                fee_minor: *fee,
                weak_flag: heard.is_unconfirmed.then_some(true),
                psp_reference: reference.clone().or(row.psp_reference.clone()),
                ..row
            };
            notes.told(row.moved(PaymentState::Capturing, PaymentState::Captured));
            let data = json!({ "amount": amount.to_decimal(payment.currency) });
            payment.news(EventType::PaymentCaptured, now, data);
        }
        PspDone::Refused { code } => {
            payment.capture_asked = None;
            acknowledge::mismatch(payment, "capture_refused", code.as_deref(), now, notes);
        }
        PspDone::Received { .. } => {}
        PspDone::Accepted { .. } | PspDone::Unknown => {
            overdue::capture(payment, amount, now, notes);
        }
    }
}
