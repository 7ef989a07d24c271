//! Money, let go.

use jiff::Timestamp;
use serde_json::json;

use super::{
    Notes,
    resolve::{Stuck, stuck},
    round::Undone,
};
use crate::{
    model::{EventType, JournalEvent, JournalRow, Payment, PaymentState},
    port::PspDone,
};

/// The `decision` of a void that was a refund at the provider.
const REFUNDED: &str = "refunded";
/// The `decision` of a void.
const VOIDED: &str = "voided";

pub(super) fn apply(payment: &mut Payment, undone: &Undone, now: Timestamp, notes: &mut Notes) {
    if !matches!(payment.state, PaymentState::Voiding | PaymentState::VoidStuck) {
        return;
    }
    match (&undone.void, &undone.refund) {
        (PspDone::Done { reference, .. }, _) => {
            voided(payment, VOIDED, reference.as_deref(), now, notes);
        }
        (_, Some(PspDone::Done { reference, .. })) => {
            voided(payment, REFUNDED, reference.as_deref(), now, notes);
        }
        (_, Some(PspDone::Refused { code })) => {
            stuck(payment, Stuck::Refused(code.as_deref()), now, notes);
        }
        _ => stuck(payment, Stuck::NoEnd, now, notes),
    }
}

fn voided(
    payment: &mut Payment,
    decision: &str,
    reference: Option<&str>,
    now: Timestamp,
    notes: &mut Notes,
) {
    let from = payment.state;
    payment.enter(PaymentState::Voided, now);
    payment.intent = None;
    let told = payment.live().and_then(|attempt| attempt.told);
    let row = JournalRow::about(JournalEvent::Voided, payment);
    let reference = reference.map(str::to_owned);
    let row = JournalRow {
        decision: Some(decision.to_owned()),
        told: told.map(|told| told.as_str().to_owned()),
        psp_reference: reference.or(row.psp_reference.clone()),
        ..row
    };
    notes.told(row.moved(from, PaymentState::Voided));
    payment.news(EventType::PaymentVoided, now, json!({}));
}
