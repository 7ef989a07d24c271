//! A deliveries queue that waits for the end of a batch of the stream, so that ten messages cost one
//! call instead of ten. What a crash loses on the way is due in its row, and the sweep finds it.
//! Payloads do not wait: Apple's links die within seconds. Nor do the few messages about payments.

use std::{
    mem,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::enqueue_owed;
use crate::{
    model::{PayloadPointer, PaymentPointer},
    port::{DeliveryQueue, PayloadQueue, PortError, QueuedDelivery, SettlementQueue},
};

/// Gathers what is owed until it is flushed.
#[derive(Debug)]
pub struct Gathered<Q> {
    queue: Q,
    waiting: Mutex<Vec<QueuedDelivery>>,
}

impl<Q: DeliveryQueue> Gathered<Q> {
    /// Gathers for this queue.
    pub fn new(queue: Q) -> Self {
        Self { queue, waiting: Mutex::default() }
    }

    /// Enqueues what was gathered.
    pub async fn flush(&self) {
        let owed = mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        enqueue_owed(&self.queue, &owed).await;
    }
}

impl<Q: DeliveryQueue> DeliveryQueue for Gathered<Q> {
    async fn enqueue_deliveries(
        &self,
        deliveries: &[QueuedDelivery],
    ) -> Result<Vec<usize>, PortError> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend_from_slice(deliveries);
        Ok(Vec::new())
    }
}

impl<Q: PayloadQueue> PayloadQueue for Gathered<Q> {
    async fn enqueue_payload(
        &self,
        pointer: &PayloadPointer,
        delay: Duration,
    ) -> Result<(), PortError> {
        self.queue.enqueue_payload(pointer, delay).await
    }
}

impl<Q: SettlementQueue> SettlementQueue for Gathered<Q> {
    async fn enqueue_settlement(
        &self,
        pointer: &PaymentPointer,
        delay: Duration,
    ) -> Result<(), PortError> {
        self.queue.enqueue_settlement(pointer, delay).await
    }
}
