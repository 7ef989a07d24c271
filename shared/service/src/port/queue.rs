use std::{future::Future, time::Duration};

use super::PortError;
use crate::model::{DeliveryPointer, OutboundPointer, PayloadPointer};

/// The deliveries queue: standard, fair by tenant. IAM: `SendMessage`.
pub trait DeliveryQueue: Send + Sync {
    /// Enqueues pointers, and answers which of them (by index) were not taken.
    fn enqueue_deliveries(
        &self,
        deliveries: &[QueuedDelivery],
    ) -> impl Future<Output = Result<Vec<usize>, PortError>> + Send;
}

impl<T: DeliveryQueue> DeliveryQueue for &T {
    fn enqueue_deliveries(
        &self,
        deliveries: &[QueuedDelivery],
    ) -> impl Future<Output = Result<Vec<usize>, PortError>> + Send {
        (**self).enqueue_deliveries(deliveries)
    }
}

/// A pointer and when it may be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedDelivery {
    /// What to deliver.
    pub pointer: DeliveryPointer,
    /// At most 900 s (SQS).
    pub delay: Duration,
}

impl QueuedDelivery {
    /// Due at once.
    pub fn now(pointer: DeliveryPointer) -> Self {
        Self { pointer, delay: Duration::ZERO }
    }
}

/// The payloads queue: standard, one message at a time. IAM: `SendMessage`.
pub trait PayloadQueue: Send + Sync {
    /// Enqueues a pointer, to be looked at after `delay` (at most 900 s).
    fn enqueue_payload(
        &self,
        pointer: &PayloadPointer,
        delay: Duration,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

impl<T: PayloadQueue> PayloadQueue for &T {
    fn enqueue_payload(
        &self,
        pointer: &PayloadPointer,
        delay: Duration,
    ) -> impl Future<Output = Result<(), PortError>> + Send {
        (**self).enqueue_payload(pointer, delay)
    }
}

/// The outbound queue: FIFO, one group per conversation. IAM: `SendMessage`.
pub trait OutboundQueue: Send + Sync {
    /// Enqueues a pointer. Within five minutes, the same pointer with the same `round` is taken
    /// once.
    fn enqueue_outbound(
        &self,
        pointer: &OutboundPointer,
        round: &str,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}
