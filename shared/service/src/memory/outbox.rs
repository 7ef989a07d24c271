//! Outbound messages in memory.

use jiff::Timestamp;

use super::Memory;
use crate::{
    model::{
        IdempotencyKey, IdempotencyRecord, OutboundMessage, OutboundPointer, OutboundStatus,
        TenantId,
    },
    port::{DueOutbound, IdempotencyRecords, Outbox, OutboxLease, PortError},
};

impl Outbox for Memory {
    async fn find(&self, pointer: &OutboundPointer) -> Result<Option<OutboundMessage>, PortError> {
        self.call("Outbox::find", |world| world.outbound.get(pointer).cloned()).await
    }

    async fn lease_message(
        &self,
        pointer: &OutboundPointer,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<OutboxLease, PortError> {
        self.call("Outbox::lease_message", |world| {
            let stored = world.outbound.get_mut(pointer);
            let Some(message) = stored.filter(|m| m.status == OutboundStatus::Queued) else {
                return OutboxLease::Over;
            };
            match message.lease_until {
                Some(held) if now < held => return OutboxLease::Busy(held),
                _ if now < message.next_attempt_at => {
                    return OutboxLease::Busy(message.next_attempt_at);
                }
                // The lease ran out and nobody wrote down what came of it.
                Some(_) => message.outcome_unknown = true,
                None => {}
            }
            message.lease_until = Some(until);
            message.attempts += 1;
            OutboxLease::Taken(message.clone())
        })
        .await
    }

    async fn advance(
        &self,
        message: &OutboundMessage,
        lease: Timestamp,
    ) -> Result<bool, PortError> {
        self.call("Outbox::advance", |world| {
            let stored = world.outbound.get_mut(&message.pointer);
            let held = stored.filter(|stored| stored.lease_until == Some(lease));
            held.map(|stored| stored.progress = message.progress.clone()).is_some()
        })
        .await
    }

    async fn postpone(&self, message: &OutboundMessage, lease: Timestamp) -> Result<(), PortError> {
        self.call("Outbox::postpone", |world| {
            let stored = world.outbound.get_mut(&message.pointer);
            if let Some(stored) = stored.filter(|stored| stored.lease_until == Some(lease)) {
                *stored = message.clone();
            }
        })
        .await
    }
}

impl IdempotencyRecords for Memory {
    async fn idempotency_record(
        &self,
        tenant: &TenantId,
        key: &IdempotencyKey,
    ) -> Result<Option<IdempotencyRecord>, PortError> {
        let place = (tenant.clone(), key.as_str().to_owned());
        self.call("IdempotencyRecords::idempotency_record", |world| {
            world.idempotency.get(&place).cloned()
        })
        .await
    }
}

impl DueOutbound for Memory {
    async fn due_outbound(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<OutboundPointer>, PortError> {
        self.call("DueOutbound::due_outbound", |world| {
            world
                .outbound
                .values()
                .filter(|message| message.status == OutboundStatus::Queued)
                .filter(|message| message.sweep_at <= now)
                .map(|message| message.pointer.clone())
                .take(limit)
                .collect()
        })
        .await
    }
}
