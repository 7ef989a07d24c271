use jiff::Timestamp;
use std::future::Future;

use super::PortError;
use crate::model::{IdempotencyKey, IdempotencyRecord, OutboundMessage, OutboundPointer, TenantId};

/// Outbound messages. IAM: `GetItem`, `UpdateItem` on `conversations`.
pub trait Outbox: Send + Sync {
    /// The message at this place.
    fn find(
        &self,
        pointer: &OutboundPointer,
    ) -> impl Future<Output = Result<Option<OutboundMessage>, PortError>> + Send;

    /// Takes the right to attempt a message until `until`; counts the attempt.
    fn lease_message(
        &self,
        pointer: &OutboundPointer,
        now: Timestamp,
        until: Timestamp,
    ) -> impl Future<Output = Result<OutboxLease, PortError>> + Send;

    /// Writes down `progress`, while the lease is still held. Answers whether it was.
    fn advance(
        &self,
        message: &OutboundMessage,
        lease: Timestamp,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;

    /// Gives the lease back for a later attempt: writes `next_attempt_at`, `sweep_at` and
    /// `outcome_unknown`.
    /// Nothing is written if the lease was lost meanwhile.
    fn postpone(
        &self,
        message: &OutboundMessage,
        lease: Timestamp,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// What idempotency keys were used for. IAM: `GetItem` on `accounts`.
pub trait IdempotencyRecords: Send + Sync {
    /// The record of a key, if there is one; its expiry is the caller's to judge.
    fn idempotency_record(
        &self,
        tenant: &TenantId,
        key: &IdempotencyKey,
    ) -> impl Future<Output = Result<Option<IdempotencyRecord>, PortError>> + Send;
}

/// What asking for a lease came to.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "it lives for one call")]
pub enum OutboxLease {
    /// Attempt it; this is the message with the attempt counted.
    Taken(OutboundMessage),
    /// Somebody else is attempting it until then.
    Busy(Timestamp),
    /// It came to an end, or is not there.
    Over,
}

/// What the sweep looks for. IAM: `Query` on the index `due`.
pub trait DueOutbound: Send + Sync {
    /// Queued messages whose `sweep_at` has come; one may be in a worker's hand right now.
    fn due_outbound(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<OutboundPointer>, PortError>> + Send;
}
