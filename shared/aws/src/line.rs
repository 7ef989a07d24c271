//! The line to an ordered endpoint: what is pending before and after a delivery.
//!
//! The rows of the line are next to each other, and looking for a pending one reads them all. So that
//! the look back does not grow with the conversation, a mark remembers up to where nothing is pending.
//! It may only be wrong in the safe direction: whatever owes something before what was owed already, a
//! replay or a resolved place, takes the mark back in the same transaction.

use amb_service::{
    model::{Delivery, DeliveryKey},
    port::{DeliveryLog, PortError},
};
use aws_sdk_dynamodb::types::{Put, TransactWriteItem, Update};

use crate::{
    fault::{RefusedWrite, incomplete, unavailable, unreadable},
    row::{
        self,
        key::{self, delivery_sk},
        mark::Mark,
        n, s,
        time::{DELIVERY_LIFE, ttl},
    },
    store::Store,
};

/// A look back over more places than this moves the mark; fewer are cheaper to read than it is to
/// write.
const WORTH_A_MARK: u64 = 32;

impl Store {
    pub(crate) async fn first_pending_before(
        &self,
        key: &DeliveryKey,
    ) -> Result<Option<DeliveryKey>, PortError> {
        const OPERATION: &str = "Deliveries::pending_before";
        let table = self.conversations_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::mark::key(key)).await?;
        let mark = found.map(row::mark::mark).transpose().map_err(unreadable(OPERATION))?;
        let seen = mark.unwrap_or_default();
        let (first, last) = (seen.clear_to.saturating_add(1), key.seq.saturating_sub(1));
        if first > last {
            return Ok(None);
        }
        let pending = self.first_pending(OPERATION, key, first, last).await?;
        if pending.is_none() && last - first >= WORTH_A_MARK {
            self.move_mark(OPERATION, key, seen, last).await?;
        }
        Ok(pending)
    }

    pub(crate) async fn first_pending_after(
        &self,
        key: &DeliveryKey,
    ) -> Result<Option<DeliveryKey>, PortError> {
        const OPERATION: &str = "Deliveries::pending_after";
        match key.seq.checked_add(1) {
            Some(first) => self.first_pending(OPERATION, key, first, u64::MAX).await,
            None => Ok(None),
        }
    }

    /// Puts a delivery whatever is there, and takes the mark back: it may lie after the place.
    pub(crate) async fn put_in_line(
        &self,
        operation: &'static str,
        delivery: &Delivery,
    ) -> Result<(), PortError> {
        let table = self.conversations_table(operation)?;
        let item = row::delivery::item(delivery).map_err(unreadable(operation))?;
        let put = Put::builder().table_name(table).set_item(Some(item)).build();
        let put = put.map_err(incomplete(operation))?;
        let request = self
            .client
            .transact_write_items()
            .transact_items(TransactWriteItem::builder().put(put).build())
            .transact_items(take_back(operation, table, delivery)?);
        request.send().await.map_err(unavailable(operation))?;
        Ok(())
    }

    /// Moves the mark, unless somebody changed it since it was seen: then it stays as it is.
    async fn move_mark(
        &self,
        operation: &'static str,
        key: &DeliveryKey,
        seen: Mark,
        clear_to: u64,
    ) -> Result<(), PortError> {
        let table = self.conversations_table(operation)?;
        let Some(newest) = self.delivery(key).await? else { return Ok(()) };
        let mark = Mark { clear_to, changes: seen.changes + 1 };
        let item = row::mark::item(key, mark, newest.created_at);
        let put = self
            .client
            .put_item()
            .table_name(table)
            .set_item(Some(item.map_err(unreadable(operation))?));
        let put = if seen == Mark::default() {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("changes = :seen")
                .expression_attribute_values(":seen", n(seen.changes))
        };
        match put.send().await {
            Ok(_) => Ok(()),
            Err(error) => error.old_item(operation).map(|_| ()),
        }
    }

    /// The first pending delivery to the endpoint of `key`, in its stream, within these places.
    async fn first_pending(
        &self,
        operation: &'static str,
        key: &DeliveryKey,
        first: u64,
        last: u64,
    ) -> Result<Option<DeliveryKey>, PortError> {
        let query = self
            .client
            .query()
            .table_name(self.conversations_table(operation)?)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .filter_expression("#status = :pending")
            .projection_expression("pk, sk")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":pk", s(key::delivery(key).pk))
            .expression_attribute_values(":first", s(delivery_sk(&key.endpoint, first)))
            .expression_attribute_values(":last", s(delivery_sk(&key.endpoint, last)))
            .expression_attribute_values(":pending", s("pending"));
        let found = self.rows(operation, query, 1).await?;
        found.first().map(key::read_delivery).transpose().map_err(unreadable(operation))
    }
}

/// Takes the mark of a delivery's line back: it may lie after the place.
pub(crate) fn take_back(
    operation: &'static str,
    table: &str,
    delivery: &Delivery,
) -> Result<TransactWriteItem, PortError> {
    let update = Update::builder()
        .table_name(table)
        .set_key(Some(row::mark::key(&delivery.key).into_item()))
        .update_expression(
            "SET clear_to = :none, changes = if_not_exists(changes, :none) + :one, \
             v = :version, #ttl = :ttl",
        )
        .expression_attribute_names("#ttl", "ttl")
        .expression_attribute_values(":none", n(0))
        .expression_attribute_values(":one", n(1))
        .expression_attribute_values(":version", n(1))
        .expression_attribute_values(":ttl", n(ttl(delivery.next_attempt_at, DELIVERY_LIFE)))
        .build()
        .map_err(incomplete(operation))?;
    Ok(TransactWriteItem::builder().update(update).build())
}
