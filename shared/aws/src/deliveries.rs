//! Deliveries: leases and their outcome. The order of an ordered endpoint is in [`line`](crate::line).

use amb_service::{
    model::{Delivery, DeliveryKey, DeliveryStatus},
    port::{Deliveries, Lease, PortError},
};
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use jiff::Timestamp;

use crate::{
    fault::{RefusedWrite, unreadable},
    lease::Leased,
    row::{self, n, time::nanos},
    store::Store,
};

impl Deliveries for Store {
    async fn lease(
        &self,
        key: &DeliveryKey,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Lease, PortError> {
        const OPERATION: &str = "Deliveries::lease";
        let place = row::key::delivery(key);
        let read = |item| row::delivery::delivery(item).map_err(unreadable(OPERATION));
        Ok(match self.take_lease(OPERATION, place, "pending", now, until).await? {
            Leased::Taken(item) => Lease::Taken(read(item)?),
            Leased::Refused(old) => why_not(&read(old)?, now),
            Leased::Missing => Lease::Over,
        })
    }

    async fn record(&self, delivery: &Delivery, lease: Timestamp) -> Result<bool, PortError> {
        const OPERATION: &str = "Deliveries::record";
        let item = row::delivery::item(delivery).map_err(unreadable(OPERATION))?;
        let put = self
            .client
            .put_item()
            .table_name(self.conversations_table(OPERATION)?)
            .set_item(Some(item))
            .condition_expression("lease = :lease")
            .expression_attribute_values(":lease", n(nanos(lease)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => {
                let old = error.old_item(OPERATION)?;
                if old.is_empty() {
                    return Ok(false);
                }
                // Our own write, whose answer was lost and which the SDK then sent again?
                let old = row::delivery::delivery(old).map_err(unreadable(OPERATION))?;
                Ok(old == *delivery)
            }
        }
    }

    async fn pending_before(&self, key: &DeliveryKey) -> Result<Option<DeliveryKey>, PortError> {
        self.first_pending_before(key).await
    }

    async fn pending_after(&self, key: &DeliveryKey) -> Result<Option<DeliveryKey>, PortError> {
        self.first_pending_after(key).await
    }
}

fn why_not(old: &Delivery, now: Timestamp) -> Lease {
    match old.lease_until {
        _ if old.status != DeliveryStatus::Pending => Lease::Over,
        Some(held) if now < held => Lease::Busy(held),
        _ => Lease::NotDue(old.next_attempt_at),
    }
}
