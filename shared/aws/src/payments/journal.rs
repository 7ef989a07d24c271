//! Reads of the journal: day by day, because a day of a chain is one partition.

use amb_protocol::apple_pay::MerchantIdentifier;
use amb_service::{
    model::{Chain, JournalRow, PaymentId, PaymentPointer, TenantId},
    port::{Journal, JournalQuery, PortError},
};

use crate::{
    fault::unreadable,
    row::{self, chain::Day, s},
    store::{Store, gather},
};

impl Journal for Store {
    async fn journal(&self, query: &JournalQuery) -> Result<Vec<JournalRow>, PortError> {
        const OPERATION: &str = "Journal::journal";
        let mut found = Vec::new();
        if query.limit == 0 || query.after == u64::MAX {
            return Ok(found);
        }
        for Day { day, .. } in self.days(OPERATION, query).await? {
            let left = query.limit - found.len();
            let rows = self
                .client
                .query()
                .table_name(self.payments_table(OPERATION)?)
                .consistent_read(true)
                .key_condition_expression("pk = :pk AND sk > :after")
                .expression_attribute_values(":pk", s(row::journal::pk(&query.chain, day)))
                .expression_attribute_values(":after", s(row::journal::sk(query.after)))
                .limit(i32::try_from(left).unwrap_or(i32::MAX));
            for item in self.rows(OPERATION, rows, left).await? {
                found.push(row::read(item).map_err(unreadable(OPERATION))?);
            }
            if found.len() >= query.limit {
                break;
            }
        }
        Ok(found)
    }

    async fn journal_of(
        &self,
        tenant: &TenantId,
        merchant: &MerchantIdentifier,
        payment: &PaymentId,
    ) -> Result<Vec<JournalRow>, PortError> {
        const OPERATION: &str = "Journal::journal_of";
        let table = self.payments_table(OPERATION)?;
        let pointer = PaymentPointer { tenant: tenant.clone(), payment: payment.clone() };
        let listed = self
            .client
            .query()
            .table_name(table)
            .index_name("list")
            .key_condition_expression("lpk = :list")
            .expression_attribute_values(":list", s(row::journal::list_pk(&pointer)));
        let listed = self.rows(OPERATION, listed, usize::MAX).await?;
        let mut reads = Vec::with_capacity(listed.len());
        for item in &listed {
            let key = row::journal::key(item).map_err(unreadable(OPERATION))?;
            reads.push(async move {
                let found = self.row(OPERATION, table, key).await?;
                found.map(row::read).transpose().map_err(unreadable(OPERATION))
            });
        }
        let mut rows: Vec<JournalRow> = gather(reads).await?;
        rows.retain(|row| row.merchant_id == *merchant);
        Ok(rows)
    }

    async fn chains(&self, tenant: Option<&TenantId>) -> Result<Vec<Chain>, PortError> {
        const OPERATION: &str = "Journal::chains";
        let query = self
            .client
            .query()
            .table_name(self.payments_table(OPERATION)?)
            .consistent_read(true)
            .expression_attribute_values(":pk", s(row::chain::CHAINS));
        let query = match tenant {
            None => query.key_condition_expression("pk = :pk"),
            Some(tenant) => query
                .key_condition_expression("pk = :pk AND begins_with(sk, :tenant)")
                .expression_attribute_values(":tenant", s(row::chain::tenant_prefix(tenant))),
        };
        let rows = self.rows(OPERATION, query, usize::MAX).await?;
        let chains = rows.iter().map(|item| row::chain::chain(item).map_err(unreadable(OPERATION)));
        let mut chains: Vec<_> = chains.collect::<Result<_, _>>()?;
        // The table orders them as text.
        chains.sort();
        Ok(chains)
    }
}

impl Store {
    /// The days that can hold rows of a query, in order: not those before its first row, and none
    /// without a row.
    async fn days(
        &self,
        operation: &'static str,
        query: &JournalQuery,
    ) -> Result<Vec<Day>, PortError> {
        const FIRST: &str = "DAY#";
        const AFTER_LAST: &str = "DAY#~";
        let from = query.from.map_or_else(|| FIRST.to_owned(), row::chain::day_sk);
        let to = query.to.map_or_else(|| AFTER_LAST.to_owned(), row::chain::day_sk);
        if from > to {
            return Ok(Vec::new());
        }
        let marks = self
            .client
            .query()
            .table_name(self.payments_table(operation)?)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", s(row::chain::pk(&query.chain)))
            .expression_attribute_values(":from", s(from))
            .expression_attribute_values(":to", s(to));
        let mut days: Vec<Day> = self.shapes(operation, marks).await?;
        let begun = days.iter().take_while(|day| day.first <= query.after.saturating_add(1));
        let over = begun.count().saturating_sub(1);
        days.drain(..over);
        Ok(days)
    }
}
