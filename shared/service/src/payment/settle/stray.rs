//! What a provider told by a notice that it authorised, of an attempt that was given up: its answer was
//! lost, and nobody there knew of it when it was asked for. The live attempt is in doubt once more; what
//! one before it holds is let go beside whatever becomes of the payment, and a person is told. So they are
//! of an attempt for which the provider names two authorisations.

use jiff::Timestamp;
use serde_json::json;

use super::{Notes, void::let_go_by_another};
use crate::{
    model::{
        Attempt, Concern, Doubt, Fence, JournalEvent, JournalRow, Payment, PaymentState, PspResult,
        Told,
    },
    port::PspDone,
};

impl Payment {
    /// A person's: the provider names two authorisations of one attempt, and which of them is the customer's
    /// money, or whether there are two, it alone knows. `other` is the one that is not dealt with here.
    pub(in crate::payment) fn held_twice(
        &mut self,
        no: u32,
        other: &str,
        now: Timestamp,
    ) -> Option<JournalRow> {
        let attempt = attempt_of(self, no)?;
        attempt.another = Some(other.to_owned());
        let told = attempt.told.map(Told::as_str);
        let more = json!({ "attempt": no, "pspReference": other, "told": told });
        let row = JournalRow {
            actor: Some("psp".to_owned()),
            error_class: Some("held_twice".to_owned()),
            psp_reference: Some(other.to_owned()),
            ..row_of(JournalEvent::VoidStuck, self, no)
        };
        self.worry(Concern::VoidStuck, "held_twice", now, more);
        Some(row)
    }
}

/// Looks for attempts of which the provider answered one authorisation and told of another.
pub(super) fn compare(payment: &mut Payment, now: Timestamp, notes: &mut Notes) {
    let two = payment.attempts.iter().filter_map(|it| Some((it.no, it.second()?.to_owned())));
    for (no, other) in two.collect::<Vec<_>>() {
        notes.rows.extend(payment.held_twice(no, &other, now));
    }
}

/// Looks into what was told, once.
pub(super) fn heed(payment: &mut Payment, now: Timestamp, notes: &mut Notes) {
    let from = payment.state;
    if from == PaymentState::Authorizing {
        // A callback is at it, and may know of it.
        return;
    }
    let live = payment.live().map(|attempt| attempt.no);
    let told = payment.attempts.iter_mut().find(|attempt| attempt.unheeded().is_some());
    let Some(attempt) = told else { return };
    let why = match &attempt.result {
        Some(PspResult::InDoubt { why, .. }) => *why,
        _ => Doubt::Pending,
    };
    let (no, reference) = (attempt.no, attempt.authorised.clone());
    attempt.result = Some(PspResult::InDoubt { why, reference: reference.clone() });
    (attempt.fence, attempt.absent_since) = (None, None);
    let held = reference.as_deref().unwrap_or_default();
    let is_let_go = let_go_by_another(payment, held).is_some();
    if is_let_go && let Some(attempt) = attempt_of(payment, no) {
        attempt.fence = Some(Fence::ReplayKey);
    }
    let is_live = live == Some(no);
    let is_over = from.may_begin() || matches!(from, PaymentState::Voided | PaymentState::Expired);
    if is_live && is_over && !is_let_go {
        payment.enter(PaymentState::Unknown, now);
    }
    let row = JournalRow {
        decision: Some("approved_late".to_owned()),
        ..row_of(JournalEvent::PspResult, payment, no)
    };
    notes.told(if payment.state == from { row } else { row.moved(from, payment.state) });
    if !is_live && !is_let_go {
        notes.add(row_of(JournalEvent::VoidRequested, payment, no));
        let more = json!({ "attempt": no, "pspReference": reference, "told": "failure" });
        payment.worry(Concern::VoidStuck, "held_twice", now, more);
    }
}

/// Writes down that the provider took it, or why it did not. How a void ended that was taken, a notice
/// tells; one that came to nothing is a person's.
pub(super) fn apply(
    payment: &mut Payment,
    no: u32,
    done: &PspDone,
    now: Timestamp,
    notes: &mut Notes,
) {
    let Some(attempt) = attempt_of(payment, no).filter(|attempt| attempt.is_stray()) else {
        return;
    };
    match done {
        PspDone::Unknown => {}
        PspDone::Refused { code } => {
            // For good: it is a person's from here on.
            attempt.fence = Some(Fence::Weak);
            notes.add(JournalRow {
                error_class: Some("refused".to_owned()),
                psp_code: code.clone(),
                ..row_of(JournalEvent::VoidStuck, payment, no)
            });
            payment.worry(Concern::VoidStuck, "void_stuck", now, json!({ "attempt": no }));
        }
        PspDone::Done { .. } | PspDone::Accepted { .. } | PspDone::Received { .. } => {
            attempt.fence = Some(Fence::ReplayKey);
            notes.told(JournalRow {
                decision: Some("held".to_owned()),
                fence: Some(Fence::ReplayKey.as_str().to_owned()),
                ..row_of(JournalEvent::Resolved, payment, no)
            });
        }
    }
}

fn attempt_of(payment: &mut Payment, no: u32) -> Option<&mut Attempt> {
    payment.attempts.iter_mut().find(|attempt| attempt.no == no)
}

fn row_of(event: JournalEvent, payment: &Payment, no: u32) -> JournalRow {
    let attempt = payment.attempts.iter().find(|attempt| attempt.no == no);
    JournalRow::of_attempt(event, payment, attempt)
}
