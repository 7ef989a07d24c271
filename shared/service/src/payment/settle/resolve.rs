//! A doubt, brought to its end: fenced first, and let go if the device was told that it failed
//! (spec/payments §4.5).

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Notes;
use crate::{
    model::{
        Concern, EventType, Fence, JournalEvent, JournalRow, Payment, PaymentState, PspResult, Told,
    },
    payment::due::STUCK_AFTER,
    port::Resolution,
};

/// Two answers that it is not known lie ten minutes apart (spec/payments §4.5). Two hosts read the clock,
/// and one may be five minutes slow and the other five fast (§4.6).
const ABSENT_FOR: SignedDuration = SignedDuration::from_mins(20);

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
    let decision = Some("in_doubt".to_owned());
    let row = JournalRow { told: Some(told.as_str().to_owned()), decision, ..row };
    notes.add(if payment.state == from { row } else { row.moved(from, payment.state) });
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
    let is_told_of = payment.live().is_some_and(|attempt| attempt.unheeded().is_some());
    if is_told_of && !matches!(resolution, Resolution::Held { .. }) {
        // Meanwhile the provider told of the money itself: it is asked again, by that name.
        return;
    }
    match resolution {
        Resolution::Nothing(fence) => nothing(payment, *fence, now, notes),
        Resolution::Held { result, fence } => held(payment, result, *fence, now, notes),
        Resolution::Absent => absent(payment, now, notes),
        Resolution::StillUnknown => stuck(payment, Stuck::NoEnd, now, notes),
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

/// Nobody there knows it, and it may still arrive: twice so, far enough apart, is nothing.
fn absent(payment: &mut Payment, now: Timestamp, notes: &mut Notes) {
    let Some(attempt) = payment.live_mut() else { return };
    let since = *attempt.absent_since.get_or_insert(now);
    if since + ABSENT_FOR <= now {
        nothing(payment, Fence::Weak, now, notes);
    } else {
        stuck(payment, Stuck::NoEnd, now, notes);
    }
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
    // What is known of it already is no less than that it may be held.
    let is_known = attempt.result.as_ref().is_some_and(|known| known.reference().is_some());
    if !is_known || matches!(result, PspResult::Approved { .. }) {
        attempt.result = Some(result.clone());
    }
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

/// Why money is not let go, or nobody can tell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Stuck<'a> {
    /// The provider does not say, or not yet.
    NoEnd,
    /// It refused for good, with this code.
    Refused(Option<&'a str>),
}

/// Gives it to a person at once if the provider refused, or else when it has lasted too long; the rounds
/// go on.
pub(super) fn stuck(payment: &mut Payment, why: Stuck<'_>, now: Timestamp, notes: &mut Notes) {
    let (from, rounds) = (payment.state, payment.rounds);
    let (class, code, is_new) = match why {
        Stuck::NoEnd => ("no_end", None, payment.doubtful_since() + STUCK_AFTER <= now),
        Stuck::Refused(code) => ("refused", code, true),
    };
    if from == PaymentState::VoidStuck || !is_new {
        return;
    }
    payment.enter(PaymentState::VoidStuck, now);
    payment.rounds = rounds;
    let row = JournalRow::about(JournalEvent::VoidStuck, payment);
    let row = JournalRow {
        error_class: Some(class.to_owned()),
        psp_code: code.map(str::to_owned).or(row.psp_code.clone()),
        ..row
    };
    notes.add(row.moved(from, PaymentState::VoidStuck));
    payment.worry(Concern::VoidStuck, "void_stuck", now, json!({}));
}
