//! What the customer saw, weighed: money is captured when it is what we were told, or nothing speaks
//! against it for long enough; what differs is a person's (spec/payments §1.6, §5 rule 7).

use jiff::Timestamp;
use serde_json::json;

use super::{Notes, capture};
use crate::{
    model::{CapturePolicy, Concern, JournalEvent, JournalRow, Payment, PaymentState},
    payment::evidence::Acknowledged,
};

/// Notes what was seen, once. What comes too late to keep money from being captured is said
/// nevertheless.
pub(super) fn weigh(payment: &mut Payment, now: Timestamp, notes: &mut Notes) {
    if !payment.has_evidence() {
        return;
    }
    if let Some(reply) = payment.reply.as_ref().filter(|_| payment.reply != payment.weighed_reply) {
        let decision = match reply {
            reply if reply.denies() => "denied",
            reply if reply.affirms() => "affirmed",
            _ => "unclear",
        };
        notes.rows.push(JournalRow {
            decision: Some(decision.to_owned()),
            ack: Some("reply".to_owned()),
            actor: Some("device".to_owned()),
            ..JournalRow::about(JournalEvent::ReplySeen, payment)
        });
        payment.weighed_reply.clone_from(&payment.reply);
    }
    payment.tracking_weighed = payment.tracking.is_some();
    let is_too_late = matches!(
        payment.state,
        PaymentState::Capturing | PaymentState::Captured | PaymentState::Refunded
    );
    if let Some(denied) = payment.denied().filter(|_| is_too_late) {
        say(payment, denied.as_str(), None, None, notes);
        payment.worry(Concern::AckMismatch, denied.as_str(), now, json!({}));
    }
}

/// Decides about money that is held: whether it is captured now, and whether a person's time to decide
/// is over.
pub(super) fn judge(payment: &mut Payment, now: Timestamp, notes: &mut Notes) {
    match payment.state {
        PaymentState::Authorized => authorized(payment, now, notes),
        PaymentState::AckMismatch if payment.mismatch_ends().is_some_and(|end| end <= now) => {
            payment.enter(PaymentState::Voiding, now);
            let row = JournalRow::about(JournalEvent::VoidRequested, payment);
            notes.add(row.moved(PaymentState::AckMismatch, PaymentState::Voiding));
        }
        _ => {}
    }
}

fn authorized(payment: &mut Payment, now: Timestamp, notes: &mut Notes) {
    if let Some(denied) = payment.denied() {
        return mismatch(payment, denied.as_str(), None, now, notes);
    }
    let CapturePolicy::Acknowledged { after_minutes } = payment.capture else { return };
    let ack = payment.acknowledged().map(Acknowledged::as_str);
    let time = (payment.capture_by(after_minutes) <= now).then_some("time");
    if let Some(ack) = ack.or(time) {
        capture::begin(payment, ack, now, notes);
    }
}

/// Gives held money to a person to decide about.
pub(super) fn mismatch(
    payment: &mut Payment,
    reason: &str,
    code: Option<&str>,
    now: Timestamp,
    notes: &mut Notes,
) {
    let from = payment.state;
    payment.enter(PaymentState::AckMismatch, now);
    say(payment, reason, code, Some(from), notes);
    payment.worry(Concern::AckMismatch, reason, now, json!({}));
}

fn say(
    payment: &Payment,
    reason: &str,
    code: Option<&str>,
    from: Option<PaymentState>,
    notes: &mut Notes,
) {
    let row = JournalRow::about(JournalEvent::AckMismatch, payment);
    let told = payment.live().and_then(|attempt| attempt.told);
    let row = JournalRow {
        error_class: Some(reason.to_owned()),
        psp_code: code.map(str::to_owned).or(row.psp_code.clone()),
        told: told.map(|told| told.as_str().to_owned()),
        ..row
    };
    notes.add(match from {
        Some(from) => row.moved(from, payment.state),
        None => row,
    });
}
