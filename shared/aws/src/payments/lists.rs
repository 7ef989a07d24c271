//! Payments by their business, and payments that owe something.

use amb_protocol::id::BusinessId;
use amb_service::{
    model::{Payment, PaymentPointer, TenantId},
    port::{DuePayments, Page, PaymentLists, Payments, PortError},
};
use jiff::Timestamp;

use crate::{
    fault::unreadable,
    row,
    store::{Store, gather},
    timeline::Order,
};

impl DuePayments for Store {
    async fn due_payments(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<PaymentPointer>, PortError> {
        const OPERATION: &str = "DuePayments::due_payments";
        let table = self.payments_table(OPERATION)?;
        let rows = self.due_rows(OPERATION, table, row::payment::due_partition, now, limit).await?;
        rows.iter().map(|item| row::payment::pointer(item).map_err(unreadable(OPERATION))).collect()
    }
}

impl PaymentLists for Store {
    async fn payments_of(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Page<Payment>, PortError> {
        const OPERATION: &str = "PaymentLists::payments_of";
        let place = (self.payments_table(OPERATION)?, row::payment::list_pk(tenant, business));
        let listed = self.listed(OPERATION, place, Order::Newest, cursor, limit).await?;
        let mut pointers = Vec::with_capacity(listed.items.len());
        for item in &listed.items {
            pointers.push(row::payment::pointer(item).map_err(unreadable(OPERATION))?);
        }
        let reads = pointers.iter().map(|pointer| self.find_payment(pointer)).collect();
        Ok(Page { items: gather(reads).await?, cursor: listed.cursor })
    }
}
