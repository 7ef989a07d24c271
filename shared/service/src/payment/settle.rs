//! *Settle*: what becomes of a payment between its callbacks and its end.
//!
//! One look at a payment does whatever its row says is owed: a doubt is brought to its end, money is
//! let go, captured, given back; a request nobody paid expires; businesses are told. Before a provider
//! is asked, the row says what for, and that it is in this worker's hands; what came of it is written
//! down with the journal's rows and the next look. Every request to a provider has a key of its own, so
//! a worker that dies anywhere is followed by one that does the same again.

mod acknowledge;
mod capture;
mod ending;
mod expire;
mod lease;
mod overdue;
mod refund;
mod resolve;
mod round;
mod stray;
mod tell;
#[cfg(test)]
pub(super) mod tests;
mod void;

use jiff::Timestamp;
use std::time::Duration;

use crate::{
    model::{Concern, JournalRow, Payment, PaymentPointer, PaymentState},
    port::{
        Clock, Conversations, DeliveryQueue, EndpointDirectory, Entropy, Payments, PortError, Psp,
        SettlementQueue,
    },
    problem::chain,
};

/// SQS delays no longer; what is due later is found by the sweep.
const LONGEST_DELAY: Duration = Duration::from_secs(900);

/// The actor of what nobody asked for.
const RESOLVER: &str = "resolver";
/// The actor of what a provider did.
const PROVIDER: &str = "psp";

/// Settles payments.
#[derive(Debug)]
pub struct Settle<S, Q, P, C> {
    store: S,
    queue: Q,
    psp: P,
    clock: C,
}

/// What a look at a payment came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// There was nothing to do: it is not there, not due, or in somebody else's hands.
    Nothing,
    /// What was owed was done, as far as it could be.
    Looked {
        /// How the payment stands now.
        state: PaymentState,
        /// A person has to look, and nobody was told so before.
        concern: Option<Concern>,
        /// It is looked at again after this pause, and is on the queue for it; none: it owes nothing,
        /// or the sweep brings it.
        again: Option<Duration>,
    },
}

/// Why a payment could not be looked at; the queue message has to come again.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    /// A port failed.
    #[error("a payment could not be settled")]
    Port(#[from] PortError),
    /// The payment, or its conversation, moved on under every try.
    #[error("the payment did not hold still")]
    Contended,
}

/// Every table port that settling uses.
pub trait SettleTables: Payments + Conversations + EndpointDirectory {}

impl<T: Payments + Conversations + EndpointDirectory> SettleTables for T {}

/// What came of a change to a payment, besides the payment.
#[derive(Debug, Default)]
struct Notes {
    rows: Vec<JournalRow>,
}

impl Notes {
    /// Notes a row, as this worker's own decision.
    fn add(&mut self, row: JournalRow) {
        self.rows.push(JournalRow { actor: Some(RESOLVER.to_owned()), ..row });
    }

    /// Notes a row that tells what a provider did.
    fn told(&mut self, row: JournalRow) {
        self.rows.push(JournalRow { actor: Some(PROVIDER.to_owned()), ..row });
    }
}

impl<S, Q, P, C> Settle<S, Q, P, C>
where
    S: SettleTables,
    Q: SettlementQueue + DeliveryQueue,
    P: Psp,
    C: Clock + Entropy,
{
    /// Settles with these ports.
    pub fn new(store: S, queue: Q, psp: P, clock: C) -> Self {
        Self { store, queue, psp, clock }
    }

    /// Looks at a payment. `until` is when the provider has to have answered.
    pub async fn settle(
        &self,
        pointer: &PaymentPointer,
        until: Timestamp,
    ) -> Result<Settled, SettleError> {
        let Some(taken) = self.take(pointer, until).await? else { return Ok(Settled::Nothing) };
        let payment = match taken.round {
            Some((round, lease)) => {
                let answer = self.ask(&taken.payment, &round, until).await;
                self.conclude(pointer, lease, &answer).await?
            }
            None => taken.payment,
        };
        // As long as businesses are untold, so is whoever runs this: a worker that dies before loses no
        // alarm.
        let concern = payment.untold.iter().find_map(|news| news.concern);
        let payment = self.tell(payment).await?;
        let again = self.come_back(&payment).await;
        Ok(Settled::Looked { state: payment.state, concern, again })
    }

    /// Enqueues a payment that is due soon; the sweep finds the others. One in somebody's hands is not
    /// looked at before it is given back: until then, every look would put it on the queue again.
    async fn come_back(&self, payment: &Payment) -> Option<Duration> {
        let due_at = payment.due_at.max(payment.lease_until)?;
        let pause = self.clock.now().duration_until(due_at);
        let pause = Duration::try_from(pause).unwrap_or_default();
        if pause > LONGEST_DELAY {
            return None;
        }
        if let Err(error) = self.queue.enqueue_settlement(&payment.pointer, pause).await {
            tracing::warn!(error = %chain(&error), "a payment is left to the sweep");
        }
        Some(pause)
    }
}
