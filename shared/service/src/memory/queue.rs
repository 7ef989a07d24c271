//! SQS in memory: at least once, visibility, receive counts, a dead-letter queue, and the limits
//! that the emulators do not check (spec/reliability §2.6, §9.2).

use jiff::Timestamp;
use serde::Serialize;
use std::{collections::BTreeSet, time::Duration};

use super::Memory;
use crate::{
    model::{OutboundPointer, PayloadPointer, PaymentPointer, fairness_group},
    port::{
        DeliveryQueue, OutboundQueue, PayloadQueue, PortError, QueuedDelivery, SettlementQueue,
    },
};

/// SQS takes group ids up to this many characters.
const LONGEST_GROUP: usize = 128;
/// What the template allows a message to be.
const LARGEST_MESSAGE: usize = 4096;
/// After so many receives a message goes to the dead-letter queue.
const MAX_RECEIVES: u32 = 100;

/// A queue.
#[derive(Debug)]
pub struct MemoryQueue<T> {
    messages: Vec<Queued<T>>,
    next: u64,
    dedup: BTreeSet<String>,
    /// What was received too often.
    pub dead: Vec<T>,
}

#[derive(Clone, Debug)]
struct Queued<T> {
    handle: u64,
    group: String,
    fifo: bool,
    item: T,
    visible_at: Timestamp,
    receives: u32,
}

/// A message in a worker's hand.
#[derive(Clone, Debug)]
pub struct Received<T> {
    /// Names this message until it is deleted.
    pub handle: u64,
    /// What it says.
    pub item: T,
}

impl<T> Default for MemoryQueue<T> {
    fn default() -> Self {
        Self { messages: Vec::new(), next: 0, dedup: BTreeSet::new(), dead: Vec::new() }
    }
}

impl<T: Clone + Serialize> MemoryQueue<T> {
    /// Sends a message; `dedup` makes the queue FIFO for it.
    fn send(&mut self, item: T, group: &str, dedup: Option<String>, visible_at: Timestamp) {
        assert_sqs_takes(&item, group);
        let fifo = dedup.is_some();
        if dedup.is_some_and(|id| !self.dedup.insert(id)) {
            return;
        }
        self.next += 1;
        let group = group.to_owned();
        self.messages.push(Queued {
            handle: self.next,
            group,
            fifo,
            item,
            visible_at,
            receives: 0,
        });
    }

    /// Receives the next visible message, invisible to others until then. A FIFO group with a message
    /// in somebody's hand gives no other.
    pub fn receive(&mut self, now: Timestamp, visibility: Duration) -> Option<Received<T>> {
        loop {
            let at = self.messages.iter().enumerate().position(|(at, message)| {
                let blocked = message.fifo
                    && self.messages.iter().take(at).any(|earlier| earlier.group == message.group);
                message.visible_at <= now && !blocked
            })?;
            let message = self.messages.get_mut(at)?;
            message.receives += 1;
            if message.receives > MAX_RECEIVES {
                self.dead.push(self.messages.remove(at).item);
                continue;
            }
            message.visible_at = now + visibility;
            return Some(Received { handle: message.handle, item: message.item.clone() });
        }
    }

    /// Deletes a message.
    pub fn delete(&mut self, handle: u64) {
        self.messages.retain(|message| message.handle != handle);
    }

    /// Makes a message visible again at an instant.
    pub fn release(&mut self, handle: u64, at: Timestamp) {
        for message in self.messages.iter_mut().filter(|message| message.handle == handle) {
            message.visible_at = at;
        }
    }

    /// Delivers the last message once more, as SQS may.
    pub fn duplicate_last(&mut self) {
        if let Some(last) = self.messages.last().cloned() {
            self.next += 1;
            self.messages.push(Queued { handle: self.next, ..last });
        }
    }

    /// Turns the order round, as a standard queue may.
    pub fn reverse(&mut self) {
        self.messages.reverse();
    }

    /// Loses everything, as an operator's purge does.
    pub fn purge(&mut self) {
        self.messages.clear();
        self.dedup.clear();
    }

    /// Forgets the deduplication ids, as FIFO does after five minutes.
    pub fn forget_dedup(&mut self) {
        self.dedup.clear();
    }

    /// When the next message becomes visible.
    pub fn next_visible_at(&self) -> Option<Timestamp> {
        self.messages.iter().map(|message| message.visible_at).min()
    }

    /// Messages on the queue.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }
}

fn assert_sqs_takes(item: &impl Serialize, group: &str) {
    let body = serde_json::to_string(item).unwrap_or_default();
    assert!(body.is_ascii() && !body.bytes().any(|b| b < 0x20), "SQS refuses these characters");
    assert!((1..=LARGEST_MESSAGE).contains(&body.len()), "SQS refuses this size");
    let fits = (1..=LONGEST_GROUP).contains(&group.len());
    assert!(fits && group.bytes().all(|b| b.is_ascii_graphic()), "SQS refuses this group id");
}

impl DeliveryQueue for Memory {
    async fn enqueue_deliveries(
        &self,
        deliveries: &[QueuedDelivery],
    ) -> Result<Vec<usize>, PortError> {
        self.call("DeliveryQueue::enqueue_deliveries", |world| {
            for queued in deliveries {
                assert!(queued.delay <= Duration::from_secs(900), "SQS refuses this delay");
                let group = fairness_group(queued.pointer.tenant());
                let visible_at = world.now + queued.delay;
                world.delivery_queue.send(queued.pointer.clone(), &group, None, visible_at);
            }
            Vec::new()
        })
        .await
    }
}

impl PayloadQueue for Memory {
    async fn enqueue_payload(
        &self,
        pointer: &PayloadPointer,
        delay: Duration,
    ) -> Result<(), PortError> {
        self.call("PayloadQueue::enqueue_payload", |world| {
            assert!(delay <= Duration::from_secs(900), "SQS refuses this delay");
            let group = fairness_group(&pointer.tenant);
            let visible_at = world.now + delay;
            world.payload_queue.send(pointer.clone(), &group, None, visible_at);
        })
        .await
    }
}

impl SettlementQueue for Memory {
    async fn enqueue_settlement(
        &self,
        pointer: &PaymentPointer,
        delay: Duration,
    ) -> Result<(), PortError> {
        self.call("SettlementQueue::enqueue_settlement", |world| {
            assert!(delay <= Duration::from_secs(900), "SQS refuses this delay");
            let group = fairness_group(&pointer.tenant);
            let visible_at = world.now + delay;
            world.settlement_queue.send(pointer.clone(), &group, None, visible_at);
        })
        .await
    }
}

impl OutboundQueue for Memory {
    async fn enqueue_outbound(
        &self,
        pointer: &OutboundPointer,
        round: &str,
    ) -> Result<(), PortError> {
        self.call("OutboundQueue::enqueue_outbound", |world| {
            let dedup = format!("{}-{round}", pointer.message);
            let now = world.now;
            let group = pointer.conversation.group().to_owned();
            world.outbound_queue.send(pointer.clone(), &group, Some(dedup), now);
        })
        .await
    }
}
