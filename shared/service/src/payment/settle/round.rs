//! One request to a provider, and what it answered.

use jiff::Timestamp;

use super::{Notes, Settle, capture, refund, resolve, stray, void};
use crate::{
    model::{Payment, PaymentState, PspChange, PspEnding, Refund, RefundId},
    payment::order::{order, refund_key, undo_key},
    port::{Psp, PspDone, PspOrder, Resolution},
};

/// What a provider has to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Round {
    /// Whether it holds money.
    Resolve,
    /// To let it go.
    Void,
    /// To capture it.
    Capture,
    /// To give it back.
    Refund(RefundId),
    /// To let go what an attempt before the live one holds.
    Stray(u32),
}

/// What a provider answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Whether it holds money.
    Resolved(Resolution),
    /// What became of letting it go.
    Void(Undone),
    /// What became of capturing it.
    Capture(PspDone),
    /// What became of giving it back.
    Refund(RefundId, PspDone),
    /// What became of letting go what an attempt before the live one holds.
    Stray(u32, PspDone),
    /// There is no attempt to ask about: nobody writes such a row.
    NoAttempt,
}

/// What became of letting money go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Undone {
    /// By a void.
    pub(super) void: PspDone,
    /// By giving it back, where the void was refused: it may have been captured behind our back.
    pub(super) refund: Option<PspDone>,
}

impl Round {
    /// Counts it with the refund that it is about.
    pub(super) fn count(&self, refunds: &mut [Refund]) {
        let its = |refund: &&mut Refund| *self == Self::Refund(refund.id.clone());
        if let Some(refund) = refunds.iter_mut().find(its) {
            refund.rounds += 1;
        }
    }
}

impl Answer {
    /// Writes into a payment what was answered.
    pub(super) fn apply(&self, payment: &mut Payment, now: Timestamp, notes: &mut Notes) {
        match self {
            Self::Resolved(resolution) => resolve::apply(payment, resolution, now, notes),
            Self::Void(undone) => void::apply(payment, undone, now, notes),
            Self::Capture(done) => capture::apply(payment, done, now, notes),
            Self::Refund(id, done) => refund::apply(payment, id, done, now, notes),
            Self::Stray(no, done) => stray::apply(payment, *no, done, now, notes),
            Self::NoAttempt => {}
        }
    }
}

impl<S, Q, P: Psp, C> Settle<S, Q, P, C> {
    /// Asks the provider.
    pub(super) async fn ask(&self, payment: &Payment, round: &Round, until: Timestamp) -> Answer {
        let Some(attempt) = payment.live() else { return Answer::NoAttempt };
        let order = order(payment, Some(attempt), None);
        match round {
            Round::Resolve => {
                let resolution = self.psp.resolve(&order, until).await;
                // What is a person's already stays theirs: it is let go in the same round.
                let is_stuck = payment.state == PaymentState::VoidStuck;
                if is_stuck && let Resolution::Held { .. } = resolution {
                    return self.undo(payment, until).await;
                }
                Answer::Resolved(resolution)
            }
            Round::Void => self.undo(payment, until).await,
            Round::Capture => {
                let amount = payment.capture_asked.unwrap_or(attempt.amount);
                let order = PspOrder { turn: payment.captures, begun_at: payment.since(), ..order };
                Answer::Capture(self.psp.capture(&order, amount, until).await)
            }
            Round::Refund(id) => {
                let Some(refund) = payment.refunds.iter().find(|refund| refund.id == *id) else {
                    return Answer::NoAttempt;
                };
                let order = PspOrder { begun_at: refund.created_at, ..order };
                let done = self.psp.refund(&order, refund.amount, &refund_key(id), until).await;
                Answer::Refund(id.clone(), done)
            }
            Round::Stray(no) => {
                let Some(stray) = payment.stray().filter(|attempt| attempt.no == *no) else {
                    return Answer::NoAttempt;
                };
                // The provider's own object is the live attempt's.
                let order = PspOrder { intent: None, ..self::order(payment, Some(stray), None) };
                Answer::Stray(*no, self.psp.void(&order, until).await)
            }
        }
    }

    /// Lets money go, in whichever way the provider does it.
    async fn undo(&self, payment: &Payment, until: Timestamp) -> Answer {
        let Some(attempt) = payment.live() else { return Answer::NoAttempt };
        // A void of which the provider told that it came to nothing is asked for anew, but not before
        // that was weighed: until then, the same key asks how it ended.
        let failed = |ending: &&PspEnding| {
            ending.change == PspChange::Void && !ending.is_done && ending.weighed
        };
        let failed = payment.endings.iter().filter(failed).count();
        let turn = u32::try_from(failed).unwrap_or(u32::MAX);
        let order = PspOrder { turn, ..order(payment, Some(attempt), None) };
        let void = self.psp.void(&order, until).await;
        let refund = match void {
            PspDone::Refused { .. } => {
                let key = undo_key(attempt);
                Some(self.psp.refund(&order, attempt.amount, &key, until).await)
            }
            _ => None,
        };
        Answer::Void(Undone { void, refund })
    }
}
