//! The log of an endpoint, replay, and pings.

use amb_service::{
    model::{Delivery, DeliveryKey, EndpointId, TenantId, TimelineEntry},
    port::{DeliveryLog, Page, PortError},
};

use crate::{
    fault::unreadable,
    row,
    store::{Store, gather},
    timeline::Order,
};

impl DeliveryLog for Store {
    async fn delivery(&self, key: &DeliveryKey) -> Result<Option<Delivery>, PortError> {
        const OPERATION: &str = "DeliveryLog::delivery";
        let table = self.conversations_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::key::delivery(key)).await?;
        found.map(row::delivery::delivery).transpose().map_err(unreadable(OPERATION))
    }

    async fn to_endpoint(
        &self,
        tenant: &TenantId,
        endpoint: &EndpointId,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Page<Delivery>, PortError> {
        const OPERATION: &str = "DeliveryLog::to_endpoint";
        let place =
            (self.conversations_table(OPERATION)?, row::delivery::list_pk(tenant, endpoint));
        let listed = self.listed(OPERATION, place, Order::Newest, cursor, limit).await?;
        let mut keys = Vec::with_capacity(listed.items.len());
        for item in &listed.items {
            keys.push(row::key::read_delivery(item).map_err(unreadable(OPERATION))?);
        }
        let reads = keys.iter().map(|key| self.delivery(key)).collect();
        Ok(Page { items: gather(reads).await?, cursor: listed.cursor })
    }

    async fn rearm(&self, delivery: &Delivery) -> Result<(), PortError> {
        self.put_in_line("DeliveryLog::rearm", delivery).await
    }

    async fn ping(&self, entry: &TimelineEntry, delivery: &Delivery) -> Result<(), PortError> {
        const OPERATION: &str = "DeliveryLog::ping";
        let table = self.conversations_table(OPERATION)?;
        let key = &delivery.key;
        let items = [
            row::entry::item(&key.tenant, &key.stream, entry).map_err(unreadable(OPERATION))?,
            row::delivery::item(delivery).map_err(unreadable(OPERATION))?,
        ];
        self.put_together(OPERATION, table, items).await
    }
}
