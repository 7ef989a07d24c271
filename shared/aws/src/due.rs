//! The index `due`: rows that owe something and when they should have been taken care of. A row is in
//! it only while it owes.

use amb_service::{
    model::{DeliveryKey, OutboundPointer, PayloadPointer},
    port::{DueDeliveries, DueOutbound, DuePayloads, PortError},
};
use futures_util::future::try_join_all;
use jiff::Timestamp;

use crate::{
    fault::unreadable,
    row::{
        self, Item,
        key::{SHARDS, read_delivery, read_outbound},
        n, s,
    },
    store::Store,
};

impl DueDeliveries for Store {
    async fn due(&self, now: Timestamp, limit: usize) -> Result<Vec<DeliveryKey>, PortError> {
        const OPERATION: &str = "DueDeliveries::due";
        let table = self.conversations_table(OPERATION)?;
        let rows =
            self.due_rows(OPERATION, table, row::delivery::due_partition, now, limit).await?;
        rows.iter().map(|item| read_delivery(item).map_err(unreadable(OPERATION))).collect()
    }
}

impl DueOutbound for Store {
    async fn due_outbound(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<OutboundPointer>, PortError> {
        const OPERATION: &str = "DueOutbound::due_outbound";
        let table = self.conversations_table(OPERATION)?;
        let rows =
            self.due_rows(OPERATION, table, row::outbound::due_partition, now, limit).await?;
        rows.iter().map(|item| read_outbound(item).map_err(unreadable(OPERATION))).collect()
    }
}

impl DuePayloads for Store {
    async fn due_payloads(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<PayloadPointer>, PortError> {
        const OPERATION: &str = "DuePayloads::due_payloads";
        let table = self.conversations_table(OPERATION)?;
        let rows = self.due_rows(OPERATION, table, row::payload::due_partition, now, limit).await?;
        rows.iter().map(|item| row::payload::pointer(item).map_err(unreadable(OPERATION))).collect()
    }
}

impl Store {
    /// The rows of all shards that are due longest.
    pub(crate) async fn due_rows(
        &self,
        operation: &'static str,
        table: &str,
        partition: fn(u8) -> String,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Item>, PortError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let shards = (0..SHARDS).map(|shard| {
            let query = self
                .client
                .query()
                .table_name(table)
                .index_name("due")
                .key_condition_expression("due = :due AND due_at <= :now")
                .expression_attribute_values(":due", s(partition(shard)))
                .expression_attribute_values(":now", n(now.as_second()))
                .limit(i32::try_from(limit).unwrap_or(i32::MAX));
            self.rows(operation, query, limit)
        });
        let mut rows = Vec::new();
        for item in try_join_all(shards).await?.into_iter().flatten() {
            let due_at: i64 = row::number(&item, "due_at").map_err(unreadable(operation))?;
            rows.push((due_at, item));
        }
        rows.sort_by_key(|(due_at, _)| *due_at);
        rows.truncate(limit);
        Ok(rows.into_iter().map(|(_, item)| item).collect())
    }
}
