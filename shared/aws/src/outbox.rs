//! Outbound messages: leases and postponement. They are inserted and brought to their end by a step.

use amb_service::{
    model::{OutboundMessage, OutboundPointer, OutboundStatus},
    port::{Outbox, OutboxLease, PortError},
};
use jiff::Timestamp;

use crate::{
    fault::{RefusedWrite, unreadable},
    lease::Leased,
    row::{self, key, n, time::nanos},
    store::Store,
};

impl Outbox for Store {
    async fn find(&self, pointer: &OutboundPointer) -> Result<Option<OutboundMessage>, PortError> {
        const OPERATION: &str = "Outbox::find";
        let table = self.conversations_table(OPERATION)?;
        let found = self.row(OPERATION, table, key::outbound(pointer)).await?;
        found.map(row::outbound::message).transpose().map_err(unreadable(OPERATION))
    }

    async fn lease_message(
        &self,
        pointer: &OutboundPointer,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<OutboxLease, PortError> {
        const OPERATION: &str = "Outbox::lease_message";
        let key = key::outbound(pointer);
        let waiting = OutboundStatus::Queued.as_str();
        let read = |item| row::outbound::message(item).map_err(unreadable(OPERATION));
        Ok(match self.take_lease(OPERATION, key, waiting, now, until).await? {
            Leased::Taken(item) => OutboxLease::Taken(read(item)?),
            Leased::Refused(old) => why_not(&read(old)?, now),
            Leased::Missing => OutboxLease::Over,
        })
    }

    async fn advance(
        &self,
        message: &OutboundMessage,
        lease: Timestamp,
    ) -> Result<bool, PortError> {
        const OPERATION: &str = "Outbox::advance";
        let progress = row::value(&message.progress).map_err(unreadable(OPERATION))?;
        let update = self
            .client
            .update_item()
            .table_name(self.conversations_table(OPERATION)?)
            .set_key(Some(key::outbound(&message.pointer).into_item()))
            .update_expression("SET progress = :progress")
            .condition_expression("lease = :lease")
            .expression_attribute_values(":progress", progress)
            .expression_attribute_values(":lease", n(nanos(lease)));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) => error.old_item(OPERATION).map(|_| false),
        }
    }

    async fn postpone(&self, message: &OutboundMessage, lease: Timestamp) -> Result<(), PortError> {
        const OPERATION: &str = "Outbox::postpone";
        let item = row::outbound::item(message).map_err(unreadable(OPERATION))?;
        let put = self
            .client
            .put_item()
            .table_name(self.conversations_table(OPERATION)?)
            .set_item(Some(item))
            .condition_expression("lease = :lease")
            .expression_attribute_values(":lease", n(nanos(lease)));
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => error.old_item(OPERATION).map(|_| ()),
        }
    }
}

fn why_not(old: &OutboundMessage, now: Timestamp) -> OutboxLease {
    match old.lease_until {
        _ if old.status != OutboundStatus::Queued => OutboxLease::Over,
        Some(held) if now < held => OutboxLease::Busy(held),
        _ => OutboxLease::Busy(old.next_attempt_at),
    }
}
