//! A payment in one worker's hands: taken with what is to be asked of the provider, given back with
//! what came of it.

use jiff::{SignedDuration, Timestamp};

use super::{
    Notes, Settle, SettleError, SettleTables, acknowledge, ending, expire, resolve,
    round::{Answer, Round},
    stray,
};
use crate::{
    dispatch::{TRIES, stand_back},
    model::{Payment, PaymentPointer, PaymentState},
    payment::commit::{Committed, Plan, commit},
    port::{Clock, DeliveryQueue, Entropy, Psp, SettlementQueue},
};

/// What is left of a lease when the provider has answered at the last moment.
const MARGIN: SignedDuration = SignedDuration::from_secs(10);

/// A payment that something is owed of.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) payment: Payment,
    /// What the provider has to be asked, and until when nobody else asks it.
    pub(super) round: Option<(Round, Timestamp)>,
}

/// What is decided without a provider, and what one has to be asked.
fn decide(payment: &mut Payment, now: Timestamp) -> (Notes, Option<Round>) {
    let mut notes = Notes::default();
    acknowledge::weigh(payment, now, &mut notes);
    ending::weigh(payment, now, &mut notes);
    resolve::end_of_lease(payment, now, &mut notes);
    acknowledge::judge(payment, now, &mut notes);
    stray::heed(payment, now, &mut notes);
    stray::compare(payment, now, &mut notes);
    expire::expire(payment, now, &mut notes);
    let round = match payment.state {
        PaymentState::Unknown | PaymentState::VoidStuck => Some(Round::Resolve),
        PaymentState::Voiding => Some(Round::Void),
        PaymentState::Capturing => Some(Round::Capture),
        PaymentState::Captured | PaymentState::Refunded => {
            payment.next_refund().map(|refund| Round::Refund(refund.id.clone()))
        }
        _ => None,
    };
    let stray = payment.stray().filter(|_| payment.state != PaymentState::Authorizing);
    let stray = stray.map(|attempt| Round::Stray(attempt.no));
    // By turns: neither keeps the other waiting for ever.
    let round = if payment.rounds.is_multiple_of(2) { round.or(stray) } else { stray.or(round) };
    (notes, round)
}

impl<S, Q, P, C> Settle<S, Q, P, C>
where
    S: SettleTables,
    Q: SettlementQueue + DeliveryQueue,
    P: Psp,
    C: Clock + Entropy,
{
    /// Takes a payment that is due. At most one worker has it: the row says until when, and taking it
    /// is a change of the row like any other.
    pub(super) async fn take(
        &self,
        pointer: &PaymentPointer,
        until: Timestamp,
    ) -> Result<Option<Taken>, SettleError> {
        for tries in 0..TRIES {
            let Some(stored) = self.store.find_payment(pointer).await? else { return Ok(None) };
            let now = self.clock.now();
            let is_due = stored.due_at.is_some_and(|due_at| due_at <= now);
            let is_held = stored.lease_until.is_some_and(|lease_until| lease_until > now);
            if is_held && stored.has_evidence() {
                // A reply is in no row that is due: whoever holds the payment may have read it before.
                self.come_back(&stored).await;
            }
            if is_held || !(is_due || stored.has_evidence()) {
                return Ok(None);
            }
            let mut payment = stored.clone();
            let (notes, round) = decide(&mut payment, now);
            let lease = until.max(now) + MARGIN;
            if let Some(round) = &round {
                payment.rounds += 1;
                round.count(&mut payment.refunds);
                payment.lease_until = Some(lease);
                payment.due_at = Some(lease);
            } else {
                payment.lease_until = None;
                payment.reschedule(now);
            }
            let round = round.map(|round| (round, lease));
            if payment == stored {
                return Ok(Some(Taken { payment, round }));
            }
            match commit(&self.store, &self.clock, Plan::of(payment, notes.rows)).await? {
                Committed::Done(payment) => {
                    return Ok(Some(Taken { payment: *payment, round }));
                }
                Committed::Moved | Committed::Claimed(_) => {}
            }
            stand_back(&self.clock, tries).await;
        }
        Err(SettleError::Contended)
    }

    /// Writes down what a round came to, and gives the payment back. Others may have changed it
    /// meanwhile, and what they changed stays; a lease that ran out is somebody else's, who asks the
    /// provider the same again.
    pub(super) async fn conclude(
        &self,
        pointer: &PaymentPointer,
        lease: Timestamp,
        answer: &Answer,
    ) -> Result<Payment, SettleError> {
        for tries in 0..TRIES {
            let found = self.store.find_payment(pointer).await?;
            let mut payment = found.ok_or(SettleError::Contended)?;
            if payment.lease_until != Some(lease) {
                return Ok(payment);
            }
            let (now, mut notes) = (self.clock.now(), Notes::default());
            payment.lease_until = None;
            answer.apply(&mut payment, now, &mut notes);
            payment.reschedule(now);
            match commit(&self.store, &self.clock, Plan::of(payment, notes.rows)).await? {
                Committed::Done(payment) => return Ok(*payment),
                Committed::Moved | Committed::Claimed(_) => {}
            }
            stand_back(&self.clock, tries).await;
        }
        Err(SettleError::Contended)
    }
}
