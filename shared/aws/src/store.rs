//! The tables as one store: every table port of a use case on one value.

use amb_service::port::PortError;
use aws_sdk_dynamodb::{
    Client,
    operation::query::builders::QueryFluentBuilder,
    types::{Put, TransactWriteItem},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::de::DeserializeOwned;
use std::{fmt, sync::Arc};

use amb_service::model::TenantId;

use crate::{
    fault::{NotConfigured, incomplete, unavailable, unreadable},
    files::Bucket,
    row::{self, Item, Key, s},
};

/// The tables. A clone is cheap and shares the client.
#[derive(Clone)]
pub struct Store {
    pub(crate) client: Client,
    tables: Arc<Tables>,
    bucket: Option<Bucket>,
}

/// The names of the tables that a function was given. A port that needs another one answers with an
/// error that names the variable.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tables {
    /// `AMB_INBOX_TABLE`: what Apple sent.
    pub inbox: Option<String>,
    /// `AMB_CONVERSATIONS_TABLE`: conversations, timelines, deliveries, outbound messages.
    pub conversations: Option<String>,
    /// `AMB_ACCOUNTS_TABLE`: tenants and what they own, idempotency records.
    pub accounts: Option<String>,
    /// `AMB_PAYMENTS_TABLE`: payments and their journal.
    pub payments: Option<String>,
}

impl Tables {
    /// All of them.
    pub fn all(inbox: String, conversations: String, accounts: String) -> Self {
        Self { inbox: Some(inbox), ..Self::without_inbox(conversations, accounts) }
    }

    /// Those of a function that has nothing to do with what Apple sent.
    pub fn without_inbox(conversations: String, accounts: String) -> Self {
        let (conversations, accounts) = (Some(conversations), Some(accounts));
        Self { conversations, accounts, ..Self::default() }
    }

    /// Those of a function that deals with payments alone.
    pub fn of_payments(payments: String, accounts: String) -> Self {
        Self { payments: Some(payments), accounts: Some(accounts), ..Self::default() }
    }

    /// These, and the table of payments.
    #[must_use]
    pub fn with_payments(self, payments: String) -> Self {
        Self { payments: Some(payments), ..self }
    }
}

impl Store {
    /// The store behind a client.
    pub fn new(client: Client, tables: Tables) -> Self {
        Self { client, tables: Arc::new(tables), bucket: None }
    }

    /// The store with a bucket for what is too large for a row.
    #[must_use]
    pub fn with_files(self, bucket: Bucket) -> Self {
        Self { bucket: Some(bucket), ..self }
    }

    pub(crate) fn bucket(&self, operation: &'static str) -> Result<&Bucket, PortError> {
        let missing = NotConfigured { variable: "AMB_FILES_BUCKET" };
        self.bucket.as_ref().ok_or_else(|| PortError::unavailable(operation, missing))
    }

    pub(crate) fn inbox_table(&self, operation: &'static str) -> Result<&str, PortError> {
        named(operation, "AMB_INBOX_TABLE", self.tables.inbox.as_deref())
    }

    pub(crate) fn conversations_table(&self, operation: &'static str) -> Result<&str, PortError> {
        named(operation, "AMB_CONVERSATIONS_TABLE", self.tables.conversations.as_deref())
    }

    pub(crate) fn accounts_table(&self, operation: &'static str) -> Result<&str, PortError> {
        named(operation, "AMB_ACCOUNTS_TABLE", self.tables.accounts.as_deref())
    }

    pub(crate) fn payments_table(&self, operation: &'static str) -> Result<&str, PortError> {
        named(operation, "AMB_PAYMENTS_TABLE", self.tables.payments.as_deref())
    }

    /// The row at this key, read consistently.
    pub(crate) async fn row(
        &self,
        operation: &'static str,
        table: &str,
        key: Key,
    ) -> Result<Option<Item>, PortError> {
        let request = self.client.get_item().table_name(table).consistent_read(true);
        let answer = request.set_key(Some(key.into_item())).send().await;
        Ok(answer.map_err(unavailable(operation))?.item)
    }

    /// All rows of a query, page after page, until there are `enough`.
    pub(crate) async fn rows(
        &self,
        operation: &'static str,
        query: QueryFluentBuilder,
        enough: usize,
    ) -> Result<Vec<Item>, PortError> {
        let mut rows = Vec::new();
        let mut start = None;
        loop {
            let page = query.clone().set_exclusive_start_key(start).send().await;
            let page = page.map_err(unavailable(operation))?;
            rows.extend(page.items.unwrap_or_default());
            start = page.last_evaluated_key;
            if start.is_none() || rows.len() >= enough {
                rows.truncate(enough);
                return Ok(rows);
            }
        }
    }

    /// A query for the rows of a tenant in `accounts` whose sort keys start so.
    pub(crate) fn owned(
        &self,
        operation: &'static str,
        tenant: &TenantId,
        prefix: &str,
    ) -> Result<QueryFluentBuilder, PortError> {
        let query = self.client.query().table_name(self.accounts_table(operation)?);
        Ok(query
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", s(row::key::tenant_pk(tenant)))
            .expression_attribute_values(":prefix", s(prefix)))
    }

    /// All rows of a query, read.
    pub(crate) async fn shapes<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        query: QueryFluentBuilder,
    ) -> Result<Vec<T>, PortError> {
        let rows = self.rows(operation, query, usize::MAX).await?;
        rows.into_iter().map(|item| row::read(item).map_err(unreadable(operation))).collect()
    }

    /// Puts two rows, both or neither.
    pub(crate) async fn put_together(
        &self,
        operation: &'static str,
        table: &str,
        items: [Item; 2],
    ) -> Result<(), PortError> {
        let mut request = self.client.transact_write_items();
        for item in items {
            let put = Put::builder().table_name(table).set_item(Some(item)).build();
            let put = put.map_err(incomplete(operation))?;
            request = request.transact_items(TransactWriteItem::builder().put(put).build());
        }
        request.send().await.map_err(unavailable(operation))?;
        Ok(())
    }
}

/// What these reads find, a few at a time, in the given order.
pub(crate) async fn gather<T, F>(reads: Vec<F>) -> Result<Vec<T>, PortError>
where
    T: Send,
    F: Future<Output = Result<Option<T>, PortError>> + Send,
{
    const READS_AT_ONCE: usize = 8;
    let found: Vec<Option<T>> = stream::iter(reads).buffered(READS_AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

fn named<'n>(
    operation: &'static str,
    variable: &'static str,
    name: Option<&'n str>,
) -> Result<&'n str, PortError> {
    name.ok_or_else(|| PortError::unavailable(operation, NotConfigured { variable }))
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("tables", &self.tables).finish_non_exhaustive()
    }
}
