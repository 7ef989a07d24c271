//! What a business asks of a payment: to capture it, to let it go, to give it back.
//!
//! Asking changes the payment at once, with the journal's row that says who asked; the settling worker
//! moves the money. The same request again finds it done, or under way.

mod begin;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use std::time::Duration;

use crate::{
    dispatch::{TRIES, stand_back},
    model::{JournalRow, Payment, PaymentId, PaymentPointer, RefundId, TenantId},
    payment::commit::{Committed, Plan, commit},
    port::{Clock, Entropy, Payments, SettlementQueue},
    problem::{Problem, chain},
};
use begin::{begin_capture, begin_refund, begin_void};

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// Whose payments these are.
    pub tenant: &'a TenantId,
    /// What the journal calls them: an API key's id, or `operator`.
    pub actor: &'a str,
}

/// Asks for money to be captured: all that was authorised, or `amount` of it (a decimal string), the
/// rest of which is let go. It is how a person accepts what the customer saw differently, too.
pub async fn capture<S, Q, C>(
    store: &S,
    queue: &Q,
    clock: &C,
    asker: Asker<'_>,
    payment: &PaymentId,
    amount: Option<&str>,
) -> Result<Payment, Problem>
where
    S: Payments,
    Q: SettlementQueue,
    C: Clock + Entropy,
{
    ask(store, queue, clock, asker, payment, |payment, now| begin_capture(payment, amount, now))
        .await
}

/// Asks for money to be let go, or for a request that nobody has paid to be taken back.
pub async fn void<S, Q, C>(
    store: &S,
    queue: &Q,
    clock: &C,
    asker: Asker<'_>,
    payment: &PaymentId,
) -> Result<Payment, Problem>
where
    S: Payments,
    Q: SettlementQueue,
    C: Clock + Entropy,
{
    ask(store, queue, clock, asker, payment, begin_void).await
}

/// Asks for captured money to be given back: all that is left of it, or `amount` (a decimal string).
/// The same `key` is the same refund.
pub async fn refund<S, Q, C>(
    store: &S,
    queue: &Q,
    clock: &C,
    asker: Asker<'_>,
    payment: &PaymentId,
    amount: Option<&str>,
    key: &str,
) -> Result<Payment, Problem>
where
    S: Payments,
    Q: SettlementQueue,
    C: Clock + Entropy,
{
    let id = RefundId::of(payment, key);
    let begin = |payment: &mut Payment, now| begin_refund(payment, &id, amount, now);
    ask(store, queue, clock, asker, payment, begin).await
}

/// Changes a payment as `begin` does, unless there is nothing to change, and enqueues it.
async fn ask<S, Q, C>(
    store: &S,
    queue: &Q,
    clock: &C,
    asker: Asker<'_>,
    payment: &PaymentId,
    begin: impl Fn(&mut Payment, Timestamp) -> Result<Option<JournalRow>, Problem>,
) -> Result<Payment, Problem>
where
    S: Payments,
    Q: SettlementQueue,
    C: Clock + Entropy,
{
    let pointer = PaymentPointer { tenant: asker.tenant.clone(), payment: payment.clone() };
    for tries in 0..TRIES {
        let found = store.find_payment(&pointer).await?;
        let mut payment = found.ok_or_else(Problem::not_found)?;
        let now = clock.now();
        let row = match begin(&mut payment, now) {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(payment),
            Err(refusal) => {
                // What keeps it from being done may be what nobody has weighed yet.
                if payment.has_evidence() {
                    enqueue(queue, &pointer).await;
                }
                return Err(refusal);
            }
        };
        payment.reschedule(now);
        let row = JournalRow { actor: Some(asker.actor.to_owned()), ..row };
        match commit(store, clock, Plan::of(payment, vec![row])).await? {
            Committed::Done(payment) => {
                enqueue(queue, &pointer).await;
                return Ok(*payment);
            }
            Committed::Moved | Committed::Claimed(_) => {}
        }
        stand_back(clock, tries).await;
    }
    Err(Problem::conflict())
}

async fn enqueue(queue: &impl SettlementQueue, pointer: &PaymentPointer) {
    if let Err(error) = queue.enqueue_settlement(pointer, Duration::ZERO).await {
        tracing::warn!(error = %chain(&error), "a payment is left to the sweep");
    }
}
