use jiff::Timestamp;
use std::future::Future;

use super::{Page, PortError};
use crate::model::{Delivery, DeliveryKey, EndpointId, TenantId};

/// The rows that say what is owed. IAM: `GetItem`, `PutItem`, `UpdateItem`, `Query` on
/// `conversations`.
pub trait Deliveries: Send + Sync {
    /// Takes the right to attempt a delivery until `until`; counts the attempt.
    fn lease(
        &self,
        key: &DeliveryKey,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<Lease, PortError>> + Send;

    /// Writes what the leased attempt came to. `false` if the lease was lost meanwhile; then nothing
    /// is written.
    fn record(
        &self,
        delivery: &Delivery,
        lease: Timestamp,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// The earliest delivery still pending to this endpoint in this stream before `key`, for ordered
    /// endpoints.
    fn pending_before(
        &self,
        key: &DeliveryKey,
    ) -> impl Future<Output = Result<Option<DeliveryKey>, PortError>> + Send;

    /// The earliest delivery still pending to this endpoint in this stream after `key`.
    fn pending_after(
        &self,
        key: &DeliveryKey,
    ) -> impl Future<Output = Result<Option<DeliveryKey>, PortError>> + Send;
}

/// What asking for a lease came to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "it lives for one call")]
pub enum Lease {
    /// Attempt it; this is the delivery with the attempt counted.
    Taken(Delivery),
    /// Somebody else is attempting it until then.
    Busy(Timestamp),
    /// It is not due before then.
    NotDue(Timestamp),
    /// It is delivered, parked, disabled or gone.
    Over,
}

/// What the sweep looks for. IAM: `Query` on the index `due`.
pub trait DueDeliveries: Send + Sync {
    /// Pending deliveries whose `sweep_at` has come. One may be in a worker's hand right now: a lease
    /// does not move it, because the index would be written twice for every attempt.
    fn due(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<DeliveryKey>, PortError>> + Send;
}

/// The log of an endpoint, and replay. IAM: `GetItem`, `Query` on the index `list`, `PutItem`,
/// `UpdateItem`.
pub trait DeliveryLog: Send + Sync {
    /// The delivery at this place, if one was ever owed.
    fn delivery(
        &self,
        key: &DeliveryKey,
    ) -> impl Future<Output = Result<Option<Delivery>, PortError>> + Send;

    /// The deliveries to an endpoint, newest first, a page at a time.
    fn to_endpoint(
        &self,
        tenant: &TenantId,
        endpoint: &EndpointId,
        cursor: Option<String>,
        limit: usize,
    ) -> impl Future<Output = Result<Page<Delivery>, PortError>> + Send;

    /// Makes a delivery pending and due again, from whatever state it was in; inserts it if it is
    /// not there.
    fn rearm(&self, delivery: &Delivery) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Writes an endpoint's own test: its timeline entry and its delivery.
    fn ping(
        &self,
        entry: &crate::model::TimelineEntry,
        delivery: &Delivery,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}
