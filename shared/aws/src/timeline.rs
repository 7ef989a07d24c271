//! Timelines and the list of conversations.

use amb_protocol::id::BusinessId;
use amb_service::{
    model::{ConversationState, EventStream, TenantId, TimelineEntry},
    port::{Conversations, Page, PortError, Timeline, TimelineQuery},
};

use crate::{
    fault::unreadable,
    row::{
        self,
        key::{entry_sk, stream_pk},
        s,
    },
    store::{Store, gather},
};

impl Timeline for Store {
    async fn entry(
        &self,
        tenant: &TenantId,
        stream: &EventStream,
        seq: u64,
    ) -> Result<Option<TimelineEntry>, PortError> {
        const OPERATION: &str = "Timeline::entry";
        let table = self.conversations_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::entry::key(tenant, stream, seq)).await?;
        found.map(row::entry::entry).transpose().map_err(unreadable(OPERATION))
    }

    async fn entries(&self, query: &TimelineQuery) -> Result<Vec<TimelineEntry>, PortError> {
        const OPERATION: &str = "Timeline::entries";
        if query.limit == 0 || query.after == u64::MAX {
            return Ok(Vec::new());
        }
        let rows = self
            .client
            .query()
            .table_name(self.conversations_table(OPERATION)?)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk BETWEEN :first AND :last")
            .expression_attribute_values(
                ":pk",
                s(stream_pk(&query.tenant, query.conversation.as_str())),
            )
            .expression_attribute_values(":first", s(entry_sk(query.after + 1)))
            .expression_attribute_values(":last", s(entry_sk(u64::MAX)))
            .limit(i32::try_from(query.limit).unwrap_or(i32::MAX));
        let rows = self.rows(OPERATION, rows, query.limit).await?;
        rows.into_iter()
            .map(|item| row::entry::entry(item).map_err(unreadable(OPERATION)))
            .collect()
    }

    async fn conversations(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Page<ConversationState>, PortError> {
        const OPERATION: &str = "Timeline::conversations";
        let table = self.conversations_table(OPERATION)?;
        let partition = row::state::list_pk(tenant, business);
        let listed =
            self.listed(OPERATION, (table, partition), Order::Oldest, cursor, limit).await?;
        let mut ids = Vec::with_capacity(listed.items.len());
        for item in &listed.items {
            let (_, id) = row::key::read_conversation_pk(item).map_err(unreadable(OPERATION))?;
            ids.push(id);
        }
        let items = gather(ids.iter().map(|id| self.load(tenant, id)).collect()).await?;
        Ok(Page { items, cursor: listed.cursor })
    }
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Oldest,
    Newest,
}

impl Store {
    /// A page of the index `list` of a table: keys only. The cursor is the sort key of the last row.
    pub(crate) async fn listed(
        &self,
        operation: &'static str,
        (table, partition): (&str, String),
        order: Order,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Page<row::Item>, PortError> {
        let query = self
            .client
            .query()
            .table_name(table)
            .index_name("list")
            .scan_index_forward(order == Order::Oldest)
            .expression_attribute_values(":list", s(partition))
            .limit(i32::try_from(limit.saturating_add(1)).unwrap_or(i32::MAX));
        let query = match (cursor, order) {
            (None, _) => query.key_condition_expression("lpk = :list"),
            (Some(place), Order::Oldest) => query
                .key_condition_expression("lpk = :list AND lsk > :place")
                .expression_attribute_values(":place", s(place)),
            (Some(place), Order::Newest) => query
                .key_condition_expression("lpk = :list AND lsk < :place")
                .expression_attribute_values(":place", s(place)),
        };
        let mut items = self.rows(operation, query, limit.saturating_add(1)).await?;
        let more = items.len() > limit;
        items.truncate(limit);
        let cursor = match items.last().filter(|_| more) {
            None => None,
            Some(last) => Some(row::text(last, "lsk").map_err(unreadable(operation))?.to_owned()),
        };
        Ok(Page { items, cursor })
    }
}
