//! A doubt, brought to its end: fenced first, and let go if the device was told that it failed
//! (spec/payments §4.5).

use jiff::Timestamp;
use serde_json::json;

use super::{Concern, Notes};
use crate::{
    model::{EventType, Fence, JournalEvent, JournalRow, Payment, PaymentState, PspResult, Told},
    payment::due::STUCK_AFTER,
    port::Resolution,
};

/// An attempt whose time is over is in doubt: the device was told nothing, and from now on it failed,
/// whatever the provider says. It is never run again.
pub(super) fn end_of_lease(payment: &mut Payment, now: Timestamp, notes: &mut Notes) {
    let from = payment.state;
    if !matches!(from, PaymentState::Authorizing | PaymentState::Unknown) {
        return;
    }
    let Some(attempt) = payment.live_mut() else { return };
    if from == PaymentState::Authorizing && attempt.lease_until > now {
        return;
    }
    let was_told = attempt.told.is_some();
    let told = *attempt.told.get_or_insert(Told::Failure);
    if told == Told::Success {
        // Nobody writes such a row: success goes with an approval. It is money that is held.
        payment.enter(PaymentState::Authorized, now);
    } else if from == PaymentState::Authorizing {
        payment.enter(PaymentState::Unknown, now);
    }
    if was_told && payment.state == from {
        return;
    }
    let row = JournalRow::about(JournalEvent::Told, payment);
    let row = JournalRow { told: Some(told.as_str().to_owned()), decision: in_doubt(), ..row };
    notes.add(if payment.state == from { row } else { row.moved(from, payment.state) });
}

fn in_doubt() -> Option<String> {
    Some("in_doubt".to_owned())
}

pub(super) fn apply(
    payment: &mut Payment,
    resolution: &Resolution,
    now: Timestamp,
    notes: &mut Notes,
) {
    if !matches!(payment.state, PaymentState::Unknown | PaymentState::VoidStuck) {
        return;
    }
    match resolution {
        Resolution::Nothing(fence) => nothing(payment, *fence, now, notes),
        Resolution::Held { result, fence } => held(payment, result, *fence, now, notes),
        Resolution::StillUnknown => stuck(payment, None, now, notes),
    }
}

fn nothing(payment: &mut Payment, fence: Fence, now: Timestamp, notes: &mut Notes) {
    let from = payment.state;
    payment.intent = None;
    let Some(attempt) = payment.live_mut() else { return };
    attempt.fence = Some(fence);
    // What was known to be held, and is not, was let go.
    let was_held = matches!(attempt.result, Some(PspResult::Approved { .. }));
    let was_told_so = attempt.told == Some(Told::Success);
    let (state, kind) = if was_held || was_told_so {
        (PaymentState::Voided, EventType::PaymentVoided)
    } else {
        (PaymentState::Failed, EventType::PaymentDeclined)
    };
    payment.enter(state, now);
    notes.add(resolved("nothing", payment, fence).moved(from, state));
    payment.news(kind, now, json!({}));
}

fn held(
    payment: &mut Payment,
    result: &PspResult,
    fence: Fence,
    now: Timestamp,
    notes: &mut Notes,
) {
    let from = payment.state;
    let Some(attempt) = payment.live_mut() else { return };
    attempt.fence = Some(fence);
    attempt.result = Some(result.clone());
    if attempt.told == Some(Told::Success) {
        return;
    }
    payment.enter(PaymentState::Voiding, now);
    notes.add(resolved("held", payment, fence).moved(from, PaymentState::Voiding));
    notes.add(JournalRow::about(JournalEvent::VoidRequested, payment));
}

fn resolved(decision: &str, payment: &Payment, fence: Fence) -> JournalRow {
    let told = payment.live().and_then(|attempt| attempt.told);
    JournalRow {
        decision: Some(decision.to_owned()),
        told: told.map(|told| told.as_str().to_owned()),
        fence: Some(fence.as_str().to_owned()),
        weak_flag: Some(fence == Fence::Weak),
        ..JournalRow::about(JournalEvent::Resolved, payment)
    }
}

/// Gives it to a person once it has lasted too long, or the provider has `refused` for good; the rounds
/// go on.
pub(super) fn stuck(
    payment: &mut Payment,
    refused: Option<Option<&str>>,
    now: Timestamp,
    notes: &mut Notes,
) {
    let (from, rounds) = (payment.state, payment.rounds);
    let has_lasted = payment.doubtful_since() + STUCK_AFTER <= now;
    if from == PaymentState::VoidStuck || !(has_lasted || refused.is_some()) {
        return;
    }
    payment.enter(PaymentState::VoidStuck, now);
    payment.rounds = rounds;
    let row = JournalRow::about(JournalEvent::VoidStuck, payment);
    let class = if refused.is_some() { "refused" } else { "no_end" };
    let row = JournalRow { error_class: Some(class.to_owned()), ..row };
    let code = refused.flatten().map(str::to_owned);
    let row = JournalRow { psp_code: code.or(row.psp_code.clone()), ..row };
    notes.add(row.moved(from, PaymentState::VoidStuck));
    notes.concern = Some(Concern::VoidStuck);
}
