//! *Sweep*: once a minute, finds what the streams and queues have lost. Every row that owes something
//! says when it should have been taken care of.

use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use std::{future::Future, time::Duration};

use crate::{
    dispatch::{Dispatch, DispatchError},
    model::DeliveryPointer,
    port::{
        Businesses, Clock, Conversations, DeliveryQueue, DueDeliveries, DueOutbound, DuePayloads,
        DuePayments, EndpointDirectory, InboxMinute, InboxReader, InboxSweep, OutboundQueue,
        Outbox, PayloadQueue, Payments, PortError, QueuedDelivery, SettlementQueue,
    },
    problem::chain,
};

/// The index is eventually consistent and the stream has its own pace: younger messages are not
/// judged (spec/reliability F038).
const SETTLED_AFTER: SignedDuration = SignedDuration::from_mins(2);
/// A sweep that never ran before looks back this far.
const FIRST_LOOK_BACK_MINUTES: i64 = 60;
/// A message that could not be dispatched for so long holds the sweep back no longer: it is poison,
/// and the stream has given it up at the same age.
const GIVEN_UP_MINUTES: i64 = 6 * 60;
/// Minutes of the inbox that one run walks at most: more than those held back by poison.
const MINUTES_PER_RUN: usize = 400;
/// Rows that one run enqueues at most, of each kind. A row that cannot be worked off stays at the head
/// of what is due; so many of them would hide what is due after them.
const DUE_PER_RUN: usize = 10_000;
/// Messages that are on their way to a queue at once.
const AT_ONCE: usize = 16;

/// Sweeps.
#[derive(Debug)]
pub struct Sweep<S, Q, C> {
    store: S,
    queue: Q,
    clock: C,
    dispatch: Dispatch<S, Q, C>,
}

/// What a run found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Deliveries enqueued again.
    pub deliveries: usize,
    /// Outbound messages enqueued again.
    pub outbound: usize,
    /// Payloads enqueued again.
    pub payloads: usize,
    /// Payments enqueued again.
    pub payments: usize,
    /// Messages that had no place yet.
    pub dispatched: usize,
    /// Messages that could not be given one now; the next run tries again.
    pub left: usize,
}

/// Why a run ended early.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// A port failed.
    #[error("the sweep could not look everywhere")]
    Port(#[from] PortError),
}

/// Every table port that the sweep uses.
pub trait SweptTables:
    DueDeliveries
    + DueOutbound
    + DuePayloads
    + DuePayments
    + InboxSweep
    + InboxReader
    + Conversations
    + EndpointDirectory
    + Businesses
    + Outbox
    + Payments
    + Clone
{
}

impl<T> SweptTables for T where
    T: DueDeliveries
        + DueOutbound
        + DuePayloads
        + DuePayments
        + InboxSweep
        + InboxReader
        + Conversations
        + EndpointDirectory
        + Businesses
        + Outbox
        + Payments
        + Clone
{
}

impl<S, Q, C> Sweep<S, Q, C>
where
    S: SweptTables,
    Q: DeliveryQueue + OutboundQueue + PayloadQueue + SettlementQueue + Clone,
    C: Clock + Clone,
{
    /// Sweeps with these ports.
    pub fn new(store: S, queue: Q, clock: C) -> Self {
        let dispatch = Dispatch::new(store.clone(), queue.clone(), clock.clone());
        Self { store, queue, clock, dispatch }
    }

    /// One run. What keeps one kind from being found keeps no other.
    pub async fn sweep(&self) -> Result<Swept, SweepError> {
        let mut swept = Swept::default();
        let payments = self.payments(&mut swept).await;
        let deliveries = self.deliveries(&mut swept).await;
        let outbound = self.outbound(&mut swept).await;
        let payloads = self.payloads(&mut swept).await;
        let inbox = self.inbox(&mut swept).await;
        payments.and(deliveries).and(outbound).and(payloads).and(inbox)?;
        Ok(swept)
    }

    async fn deliveries(&self, swept: &mut Swept) -> Result<(), PortError> {
        let due = self.store.due(self.clock.now(), DUE_PER_RUN).await?;
        let queued: Vec<_> =
            due.into_iter().map(|key| QueuedDelivery::now(DeliveryPointer::Stored(key))).collect();
        if !queued.is_empty() {
            let left = self.queue.enqueue_deliveries(&queued).await?;
            swept.deliveries = queued.len() - left.len();
        }
        Ok(())
    }

    async fn outbound(&self, swept: &mut Swept) -> Result<(), PortError> {
        let now = self.clock.now();
        let round = format!("sweep-{}", InboxMinute::of(now).0);
        let due = self.store.due_outbound(now, DUE_PER_RUN).await?;
        let sent = due.iter().map(|pointer| self.queue.enqueue_outbound(pointer, &round));
        all(sent, &mut swept.outbound).await
    }

    async fn payloads(&self, swept: &mut Swept) -> Result<(), PortError> {
        let due = self.store.due_payloads(self.clock.now(), DUE_PER_RUN).await?;
        let sent = due.iter().map(|pointer| self.queue.enqueue_payload(pointer, Duration::ZERO));
        all(sent, &mut swept.payloads).await
    }

    async fn payments(&self, swept: &mut Swept) -> Result<(), PortError> {
        let due = self.store.due_payments(self.clock.now(), DUE_PER_RUN).await?;
        let sent = due.iter().map(|pointer| self.queue.enqueue_settlement(pointer, Duration::ZERO));
        all(sent, &mut swept.payments).await
    }

    /// Walks the minutes since the last run and dispatches what has no place yet, which is nothing
    /// unless the stream failed.
    async fn inbox(&self, swept: &mut Swept) -> Result<(), PortError> {
        let settled = InboxMinute::of(self.clock.now() - SETTLED_AFTER);
        let first = match self.store.swept_until().await? {
            Some(done) => InboxMinute(done.0 + 1),
            None => InboxMinute(settled.0 - FIRST_LOOK_BACK_MINUTES),
        };
        let mut done = None;
        let mut held = false;
        // The minute that is still filling is not walked: `settled` itself has ended.
        for minute in (first.0..settled.0).take(MINUTES_PER_RUN).map(InboxMinute) {
            let left = swept.left;
            self.minute(minute, swept).await?;
            held |= swept.left > left && minute.0 > settled.0 - GIVEN_UP_MINUTES;
            if !held {
                done = Some(minute);
            }
        }
        match done {
            Some(minute) => self.store.set_swept_until(minute).await,
            None => Ok(()),
        }
    }

    async fn minute(&self, minute: InboxMinute, swept: &mut Swept) -> Result<(), PortError> {
        let mut cursor = None;
        loop {
            let page = self.store.received_in(minute, cursor).await?;
            for pointer in page.items {
                let crate::model::InboxSort::Message(id) = pointer.sort else { continue };
                if self.store.claimed(&pointer.tenant, id).await?.is_some() {
                    continue;
                }
                let Some(message) = self.store.inbox_message(&pointer).await? else { continue };
                match self.dispatch.dispatch(&message).await {
                    Ok(_) => swept.dispatched += 1,
                    Err(error @ (DispatchError::Port(_) | DispatchError::Contended)) => {
                        tracing::warn!(error = %chain(&error), "a message still has no place");
                        swept.left += 1;
                    }
                }
            }
            match page.cursor {
                Some(next) => cursor = Some(next),
                None => return Ok(()),
            }
        }
    }
}

/// Sends everything, counts what was sent, and answers the first failure.
async fn all(
    sent: impl Iterator<Item = impl Future<Output = Result<(), PortError>>>,
    count: &mut usize,
) -> Result<(), PortError> {
    let mut ended = stream::iter(sent).buffer_unordered(AT_ONCE);
    let mut first = Ok(());
    while let Some(end) = ended.next().await {
        *count += usize::from(end.is_ok());
        first = first.and(end);
    }
    first
}
