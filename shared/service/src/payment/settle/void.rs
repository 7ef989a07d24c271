//! Money, let go.

use jiff::Timestamp;
use serde_json::json;

use super::{
    Notes,
    ending::hear,
    resolve::{Stuck, stuck},
    round::Undone,
};
use crate::{
    model::{
        Attempt, EventType, JournalEvent, JournalRow, Payment, PaymentState, PspChange, PspEnding,
        PspResult,
    },
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
    let void = hear(&mut payment.taken, &mut payment.endings, &undone.void, None, now);
    let is_weak = void.is_unconfirmed;
    // Who says how it stands when asked is believed, whatever its notices said before.
    let only_notices_tell = matches!(undone.void, PspDone::Received { .. });
    let by_another = || {
        if !only_notices_tell {
            return None;
        }
        let held = payment.live()?.result.as_ref()?.reference()?;
        let reference = let_go_by_another(payment, held)?.reference.clone();
        Some(PspDone::Done { reference: Some(reference), fee: None })
    };
    let done = match void.done {
        done @ PspDone::Done { .. } => done,
        other => by_another().unwrap_or(other),
    };
    match (&done, &undone.refund) {
        (PspDone::Done { reference, .. }, _) => {
            let is_its = |it: &&PspEnding| Some(&it.reference) == reference.as_ref();
            let is_refund = payment.endings.iter().filter(is_its).any(|it| it.refunded);
            let decision = if is_refund { REFUNDED } else { VOIDED };
            voided(payment, decision, reference.as_deref(), is_weak, now, notes);
        }
        (_, Some(PspDone::Done { reference, .. })) => {
            voided(payment, REFUNDED, reference.as_deref(), false, now, notes);
        }
        (_, Some(PspDone::Refused { code })) | (PspDone::Refused { code }, None) => {
            stuck(payment, Stuck::Refused(code.as_deref()), now, notes);
        }
        // A notice tells of its end, or the time does.
        (PspDone::Received { .. }, _) => {}
        _ => stuck(payment, Stuck::NoEnd, now, notes),
    }
}

/// A void of what the provider calls so, whoever asked for it: a person may have, at the provider, or we
/// ourselves by our own reference.
pub(super) fn let_go_by_another<'p>(payment: &'p Payment, held: &str) -> Option<&'p PspEnding> {
    let is_held = |result: &PspResult| result.reference() == Some(held);
    let its = payment.attempts.iter().find(|it| it.result.as_ref().is_some_and(is_held));
    let own = its.map(|it| Attempt::reference(&payment.pointer, it.no));
    let is_void = |it: &&PspEnding| {
        let fails = |other: &PspEnding| !other.is_done && other.reference == it.reference;
        let is_its = it.of.is_some() && (it.of.as_deref() == Some(held) || it.of == own);
        let is_void = it.change == PspChange::Void && it.is_done;
        is_void && is_its && !payment.endings.iter().any(fails)
    };
    payment.endings.iter().find(is_void)
}

fn voided(
    payment: &mut Payment,
    decision: &str,
    reference: Option<&str>,
    is_weak: bool,
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
        weak_flag: is_weak.then_some(true),
        ..row
    };
    notes.told(row.moved(from, PaymentState::Voided));
    payment.news(EventType::PaymentVoided, now, json!({}));
}
