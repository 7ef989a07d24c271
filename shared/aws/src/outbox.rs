//! Outbound messages: leases and postponement. They are inserted and brought to their end by a step.

use amb_service::{
    model::{OutboundMessage, OutboundPointer, OutboundStatus},
    port::{Outbox, OutboxLease, PortError},
};
use aws_sdk_dynamodb::types::{ReturnValue, ReturnValuesOnConditionCheckFailure};
use jiff::Timestamp;

use crate::{
    fault::{RefusedWrite, unreadable},
    lease::{draw_holder, is_held_by},
    row::{self, key, n, s, time::nanos},
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
        let holder = draw_holder();
        let update = self
            .client
            .update_item()
            .table_name(self.conversations_table(OPERATION)?)
            .set_key(Some(key::outbound(pointer).into_item()))
            // The right-hand sides read the row as it was: `lease_before` keeps a lease that ran out.
            .update_expression(
                "SET lease_before = if_not_exists(lease, if_not_exists(lease_before, :none)), \
                 lease = :until, holder = :holder, \
                 attempts = attempts + :one",
            )
            .condition_expression(
                "#status = :queued AND next_at <= :now \
                 AND (attribute_not_exists(lease) OR lease <= :now)",
            )
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":queued", s(OutboundStatus::Queued.as_str()))
            .expression_attribute_values(":now", n(nanos(now)))
            .expression_attribute_values(":until", n(nanos(until)))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":none", n(0))
            .expression_attribute_values(":holder", s(holder.as_str()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(done) => {
                let item = done.attributes.unwrap_or_default();
                let message = row::outbound::message(item).map_err(unreadable(OPERATION))?;
                Ok(OutboxLease::Taken(message))
            }
            Err(error) => {
                let old = error.old_item(OPERATION)?;
                if old.is_empty() {
                    return Ok(OutboxLease::Over);
                }
                let ours = is_held_by(&old, &holder);
                let old = row::outbound::message(old).map_err(unreadable(OPERATION))?;
                Ok(if ours { OutboxLease::Taken(old) } else { why_not(&old, now) })
            }
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
