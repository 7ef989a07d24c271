//! Payloads: leases, what an attempt came to, and what a scanner says. A conversation's own are
//! inserted and brought to their end by a step.

use amb_service::{
    model::{Payload, PayloadPointer, PayloadStatus, Scan},
    port::{PayloadLease, Payloads, PortError},
};
use aws_sdk_dynamodb::{
    operation::put_item::builders::PutItemFluentBuilder, types::ReturnValuesOnConditionCheckFailure,
};
use jiff::Timestamp;

use crate::{
    fault::{RefusedWrite, unreadable},
    lease::{HOLDER, Leased, draw_holder, is_held_by},
    row::{self, Item, n, s, time::nanos},
    store::Store,
};

impl Payloads for Store {
    async fn payload(&self, pointer: &PayloadPointer) -> Result<Option<Payload>, PortError> {
        const OPERATION: &str = "Payloads::payload";
        let table = self.conversations_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::payload::key(pointer)).await?;
        found.map(row::payload::payload).transpose().map_err(unreadable(OPERATION))
    }

    async fn insert_payload(&self, payload: &Payload) -> Result<bool, PortError> {
        const OPERATION: &str = "Payloads::insert_payload";
        let item = row::payload::item(payload).map_err(unreadable(OPERATION))?;
        let is_new =
            |put: PutItemFluentBuilder| put.condition_expression("attribute_not_exists(pk)");
        self.put_once(OPERATION, item, is_new).await
    }

    async fn lease_payload(
        &self,
        pointer: &PayloadPointer,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<PayloadLease, PortError> {
        const OPERATION: &str = "Payloads::lease_payload";
        let key = row::payload::key(pointer);
        let waiting = PayloadStatus::Pending.as_str();
        let read = |item| row::payload::payload(item).map_err(unreadable(OPERATION));
        Ok(match self.take_lease(OPERATION, key, waiting, now, until).await? {
            Leased::Taken(item) => PayloadLease::Taken(read(item)?),
            Leased::Refused(old) => why_not(&read(old)?, now),
            Leased::Missing => PayloadLease::Over,
        })
    }

    async fn renew_payload(
        &self,
        pointer: &PayloadPointer,
        lease: Timestamp,
        until: Timestamp,
    ) -> Result<bool, PortError> {
        const OPERATION: &str = "Payloads::renew_payload";
        let update = self
            .client
            .update_item()
            .table_name(self.conversations_table(OPERATION)?)
            .set_key(Some(row::payload::key(pointer).into_item()))
            .update_expression("SET lease = :until")
            .condition_expression("lease = :lease")
            .expression_attribute_values(":lease", n(nanos(lease)))
            .expression_attribute_values(":until", n(nanos(until)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(_) => Ok(true),
            // Refused by what an earlier try of this very call wrote, its answer lost.
            Err(error) => Ok(error.old_item(OPERATION)?.get("lease") == Some(&n(nanos(until)))),
        }
    }

    async fn record_payload(&self, payload: &Payload, lease: Timestamp) -> Result<bool, PortError> {
        const OPERATION: &str = "Payloads::record_payload";
        let item = row::payload::item(payload).map_err(unreadable(OPERATION))?;
        let is_held = |put: PutItemFluentBuilder| {
            put.condition_expression("lease = :lease")
                .expression_attribute_values(":lease", n(nanos(lease)))
        };
        self.put_once(OPERATION, item, is_held).await
    }

    async fn record_scan(&self, pointer: &PayloadPointer, scan: Scan) -> Result<bool, PortError> {
        const OPERATION: &str = "Payloads::record_scan";
        let update = self
            .client
            .update_item()
            .table_name(self.conversations_table(OPERATION)?)
            .set_key(Some(row::payload::key(pointer).into_item()))
            .update_expression("SET #scan = :scan")
            .condition_expression("#status = :stored")
            .expression_attribute_names("#scan", "scan")
            .expression_attribute_names("#status", "status")
            .expression_attribute_values(":scan", row::value(&scan).map_err(unreadable(OPERATION))?)
            .expression_attribute_values(":stored", s("stored"));
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) => error.old_item(OPERATION).map(|_| false),
        }
    }
}

impl Store {
    /// Puts a row under a condition. When the answer is lost, the SDK asks again and is refused by what
    /// it put itself: the name of the call in the row tells.
    async fn put_once(
        &self,
        operation: &'static str,
        mut item: Item,
        under: impl FnOnce(PutItemFluentBuilder) -> PutItemFluentBuilder,
    ) -> Result<bool, PortError> {
        let writer = draw_holder();
        item.insert(HOLDER.to_owned(), s(writer.as_str()));
        let put = self
            .client
            .put_item()
            .table_name(self.conversations_table(operation)?)
            .set_item(Some(item))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match under(put).send().await {
            Ok(_) => Ok(true),
            Err(error) => Ok(is_held_by(&error.old_item(operation)?, &writer)),
        }
    }
}

fn why_not(old: &Payload, now: Timestamp) -> PayloadLease {
    match old.lease_until {
        _ if old.status != PayloadStatus::Pending => PayloadLease::Over,
        Some(held) if now < held => PayloadLease::Busy(held),
        _ => PayloadLease::Busy(old.next_attempt_at),
    }
}
