//! When a payment owes something, and when the settling worker looks at it again.

use jiff::{SignedDuration, Timestamp};

use crate::model::{Attempt, CapturePolicy, Payment, PaymentState, RefundStatus, Told};

/// Pauses after the first rounds, in seconds (spec/payments §4.5); then half an hour, until
/// [`WATCHED`] is over, then a day: money is never given up.
const PAUSES: [i64; 4] = [45, 120, 300, 900];
const LATER: SignedDuration = SignedDuration::from_mins(30);
const WATCHED: SignedDuration = SignedDuration::from_hours(12);
const DAILY: SignedDuration = SignedDuration::from_hours(24);

/// A doubt, a void, a capture or a refund that did not end for so long is a person's (spec/payments
/// §4.5).
pub(super) const STUCK_AFTER: SignedDuration = SignedDuration::from_hours(1);

/// What the customer saw differently is decided by a person within this time, or let go.
const MISMATCH_LIFE: SignedDuration = SignedDuration::from_hours(24);

/// A capture that failed is tried again by the provider itself, for ten days (Adyen, Failed captures). To let
/// go meanwhile could give back what was captured in the end.
const RECAPTURED_WITHIN: SignedDuration = SignedDuration::from_hours(14 * 24);

/// A device has this long to say what it showed, whatever the policy says: the host that began the
/// attempt may be five minutes slow and the one that captures five fast (spec/payments §4.6), and what
/// is left is still longer than a device takes.
const HEARD_WITHIN: SignedDuration = SignedDuration::from_mins(15);

impl Payment {
    /// Says when the settling worker has to look at it next: whoever changes a payment calls this last.
    pub fn reschedule(&mut self, now: Timestamp) {
        self.due_at = self.next_due(now);
    }

    fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        if !self.untold.is_empty() || self.has_endings() {
            return Some(now);
        }
        let is_a_callbacks = self.state == PaymentState::Authorizing;
        let mut attempts = self.attempts.iter();
        let is_open = |it: &Attempt| it.unheeded().is_some() || it.second().is_some();
        if !is_a_callbacks && attempts.any(is_open) {
            return Some(now);
        }
        let stray = self.stray().filter(|_| !is_a_callbacks).map(|_| self.next_round(now));
        self.due_by_state(now).into_iter().chain(stray).min()
    }

    fn due_by_state(&self, now: Timestamp) -> Option<Timestamp> {
        match self.state {
            PaymentState::Open | PaymentState::Declined | PaymentState::Failed => {
                Some(self.expires_at)
            }
            PaymentState::Authorizing => self.live().map(|attempt| attempt.lease_until),
            PaymentState::Unknown
            | PaymentState::Voiding
            | PaymentState::Capturing
            | PaymentState::VoidStuck => Some(self.next_round(now)),
            PaymentState::Authorized => self.capture_due(now),
            PaymentState::AckMismatch => self.mismatch_ends(),
            PaymentState::Captured | PaymentState::Refunded => {
                let has_evidence = self.has_evidence();
                let next = self.next_refund().map(|refund| {
                    let is_told = self.has_told_of(refund);
                    if is_told { now } else { pause(refund.rounds, refund.created_at, now) }
                });
                next.or(has_evidence.then_some(now))
            }
            PaymentState::Voided | PaymentState::Expired => None,
        }
    }

    /// When what waits for a person is let go; none: a person alone can tell what is the customer's.
    pub(super) fn mismatch_ends(&self) -> Option<Timestamp> {
        let life = if self.may_be_captured_yet() { RECAPTURED_WITHIN } else { MISMATCH_LIFE };
        (!self.is_captured_elsewhere()).then(|| self.since() + life)
    }

    fn capture_due(&self, now: Timestamp) -> Option<Timestamp> {
        if self.has_evidence() || self.denied().is_some() {
            return Some(now);
        }
        match self.capture {
            CapturePolicy::Acknowledged { .. } if self.acknowledged().is_some() => Some(now),
            CapturePolicy::Acknowledged { after_minutes } => Some(self.capture_by(after_minutes)),
            CapturePolicy::Manual => None,
        }
    }

    /// When it is captured without any acknowledgement.
    pub(super) fn capture_by(&self, after_minutes: u16) -> Timestamp {
        let begun_at = self.live().map_or(self.created_at, |attempt| attempt.begun_at);
        begun_at + SignedDuration::from_mins(i64::from(after_minutes)).max(HEARD_WITHIN)
    }

    /// The provider was asked for something that has not ended, as far as we know.
    pub(super) fn awaits_provider(&self) -> bool {
        let is_open = matches!(
            self.state,
            PaymentState::Authorizing
                | PaymentState::Unknown
                | PaymentState::Voiding
                | PaymentState::VoidStuck
                | PaymentState::Capturing
        );
        is_open || self.refunds.iter().any(|refund| refund.status == RefundStatus::Requested)
    }

    /// An attempt before the live one of which money has to be let go.
    pub(super) fn stray(&self) -> Option<&Attempt> {
        let (_, before) = self.attempts.split_last()?;
        before.iter().find(|attempt| attempt.is_stray())
    }

    /// The provider told of changes that are no longer under way, and nobody has weighed it yet.
    pub(super) fn has_endings(&self) -> bool {
        !self.awaits_provider() && self.endings.iter().any(|ending| !ending.weighed)
    }

    fn next_round(&self, now: Timestamp) -> Timestamp {
        pause(self.rounds, self.doubtful_since(), now)
    }

    /// Since when nobody knows, or money waits to be let go; a person's queue does not begin it anew.
    pub(super) fn doubtful_since(&self) -> Timestamp {
        match (self.state, self.live()) {
            (PaymentState::VoidStuck, Some(attempt)) if attempt.told != Some(Told::Success) => {
                attempt.begun_at
            }
            _ => self.since(),
        }
    }

    /// There is something that the customer saw, and nobody has weighed it yet.
    pub(super) fn has_evidence(&self) -> bool {
        let tracking = self.tracking.is_some() && !self.tracking_weighed;
        tracking || (self.reply.is_some() && self.reply != self.weighed_reply)
    }
}

/// When what has had so many rounds since then has its next.
fn pause(rounds: u32, since: Timestamp, now: Timestamp) -> Timestamp {
    let Some(done) = rounds.checked_sub(1) else { return now };
    let early = usize::try_from(done).ok().and_then(|done| PAUSES.get(done));
    let pause = early.map(|seconds| SignedDuration::from_secs(*seconds));
    let is_watched = since + WATCHED > now;
    now + pause.unwrap_or(if is_watched { LATER } else { DAILY })
}
