//! The inbox: one conditional put on the ack path, reads of what was committed, and the walk by
//! minute of receipt.

use amb_service::{
    model::{InboxMessage, InboxPointer},
    port::{Commit, DecodedMessages, Inbox, InboxMinute, InboxReader, InboxSweep, Page, PortError},
};
use aws_sdk_dynamodb::{
    error::SdkError, operation::put_item::PutItemError, types::ReturnValuesOnConditionCheckFailure,
};
use futures_util::{TryStreamExt, future::try_join_all, stream};
use serde::{Deserialize, Serialize};

use crate::{
    fault::{RefusedWrite, unavailable, unreadable},
    row::{self, Item, Key, key::SHARDS, s},
    store::Store,
};

/// Part rows of one long body that are put at the same time.
const PARTS_AT_ONCE: usize = 4;

impl Inbox for Store {
    async fn commit(&self, message: &InboxMessage) -> Result<Commit, PortError> {
        const OPERATION: &str = "Inbox::commit";
        let table = self.inbox_table(OPERATION)?;
        let (item, parts) = row::inbox::items(message);
        self.put_parts(OPERATION, parts).await?;
        let put = self
            .client
            .put_item()
            .table_name(table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(Commit::Stored),
            Err(error) => duplicate(message, error, OPERATION),
        }
    }
}

fn duplicate<R: std::fmt::Debug + 'static>(
    message: &InboxMessage,
    error: SdkError<PutItemError, R>,
    operation: &'static str,
) -> Result<Commit, PortError> {
    let old = error.old_item(operation)?;
    let same_body = row::inbox::hash(&old) == Some(message.body.hash.as_slice());
    Ok(Commit::Duplicate { same_body })
}

impl InboxReader for Store {
    async fn inbox_message(
        &self,
        pointer: &InboxPointer,
    ) -> Result<Option<InboxMessage>, PortError> {
        const OPERATION: &str = "InboxReader::inbox_message";
        let table = self.inbox_table(OPERATION)?;
        let Some(item) = self.row(OPERATION, table, row::inbox::key(pointer)).await? else {
            return Ok(None);
        };
        self.whole_message(OPERATION, item).await.map(Some)
    }

    async fn decoded_message(
        &self,
        pointer: &InboxPointer,
    ) -> Result<Option<InboxMessage>, PortError> {
        const OPERATION: &str = "InboxReader::decoded_message";
        let table = self.inbox_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::inbox::decoded_key(pointer)).await?;
        let Some(mut twin) = found else { return Ok(None) };
        twin.extend(row::inbox::key(pointer).into_item());
        self.whole_message(OPERATION, twin).await.map(Some)
    }
}

impl DecodedMessages for Store {
    async fn keep_decoded(&self, message: &InboxMessage) -> Result<(), PortError> {
        const OPERATION: &str = "DecodedMessages::keep_decoded";
        let (item, parts) = row::inbox::decoded_items(message);
        self.put_parts(OPERATION, parts).await?;
        let put = self.client.put_item().table_name(self.inbox_table(OPERATION)?);
        put.set_item(Some(item)).send().await.map_err(unavailable(OPERATION))?;
        Ok(())
    }
}

impl Store {
    /// Puts the rows that a body goes on in.
    async fn put_parts(&self, operation: &'static str, parts: Vec<Item>) -> Result<(), PortError> {
        let table = self.inbox_table(operation)?;
        stream::iter(parts.into_iter().map(Ok::<_, PortError>))
            .try_for_each_concurrent(PARTS_AT_ONCE, |part| async {
                let put = self.client.put_item().table_name(table).set_item(Some(part));
                put.send().await.map_err(unavailable(operation))?;
                Ok(())
            })
            .await
    }

    /// The message of a row, with the parts that its body goes on in.
    async fn whole_message(
        &self,
        operation: &'static str,
        item: Item,
    ) -> Result<InboxMessage, PortError> {
        let parts = row::inbox::parts(&item).map_err(unreadable(operation))?;
        let mut message = row::inbox::message(item).map_err(unreadable(operation))?;
        let Some((count, prefix)) = parts else { return Ok(message) };
        let query = self
            .client
            .query()
            .table_name(self.inbox_table(operation)?)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND begins_with(sk, :prefix)")
            .expression_attribute_values(":pk", s(row::inbox::key(&message.pointer).pk))
            .expression_attribute_values(":prefix", s(prefix));
        let rows = self.rows(operation, query, usize::MAX).await?;
        if rows.len() != count {
            let fault = row::RowFault::Attribute { attribute: "parts" };
            return Err(PortError::unreadable(operation, fault));
        }
        for mut part in rows {
            row::check_version(&part).map_err(unreadable(operation))?;
            let bytes = row::inbox::bytes(&mut part, "b").map_err(unreadable(operation))?;
            message.body.bytes.extend(bytes);
        }
        Ok(message)
    }
}

impl InboxSweep for Store {
    async fn received_in(
        &self,
        minute: InboxMinute,
        cursor: Option<String>,
    ) -> Result<Page<InboxPointer>, PortError> {
        const OPERATION: &str = "InboxSweep::received_in";
        let places = match cursor {
            None => (0..SHARDS).map(|shard| Place { shard, after: None }).collect(),
            Some(cursor) => serde_json::from_str::<Vec<Place>>(&cursor)
                .map_err(|error| PortError::unreadable(OPERATION, error))?,
        };
        let pages = places.into_iter().map(|place| self.shard_page(OPERATION, minute, place));
        let mut found = Vec::new();
        let mut next = Vec::new();
        for (rows, place) in try_join_all(pages).await? {
            next.extend(place);
            for item in rows {
                let received = row::inbox::received_at(&item).map_err(unreadable(OPERATION))?;
                let pointer = row::inbox::pointer(&item).map_err(unreadable(OPERATION))?;
                found.extend(pointer.map(|pointer| (received, pointer)));
            }
        }
        found.sort();
        let cursor = (!next.is_empty()).then(|| serde_json::to_string(&next)).transpose();
        let cursor = cursor.map_err(|error| PortError::unreadable(OPERATION, error))?;
        Ok(Page { items: found.into_iter().map(|(_, pointer)| pointer).collect(), cursor })
    }

    async fn swept_until(&self) -> Result<Option<InboxMinute>, PortError> {
        const OPERATION: &str = "InboxSweep::swept_until";
        let table = self.conversations_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::sweep::key()).await?;
        found.map(row::sweep::minute).transpose().map_err(unreadable(OPERATION))
    }

    async fn set_swept_until(&self, minute: InboxMinute) -> Result<(), PortError> {
        const OPERATION: &str = "InboxSweep::set_swept_until";
        let item = row::sweep::item(minute).map_err(unreadable(OPERATION))?;
        let table = self.conversations_table(OPERATION)?;
        let put = self.client.put_item().table_name(table).set_item(Some(item));
        put.send().await.map_err(unavailable(OPERATION))?;
        Ok(())
    }
}

/// Where a walk through a minute goes on in one shard: after this row.
#[derive(Serialize, Deserialize)]
struct Place {
    shard: u8,
    after: Option<[String; 3]>,
}

impl Store {
    async fn shard_page(
        &self,
        operation: &'static str,
        minute: InboxMinute,
        place: Place,
    ) -> Result<(Vec<Item>, Option<Place>), PortError> {
        let partition = row::inbox::minute_partition(minute, place.shard);
        let start = place.after.map(|[pk, sk, rx]| {
            let mut start = Key::new(pk, sk).into_item();
            start.insert("mb".to_owned(), s(partition.as_str()));
            start.insert("rx".to_owned(), s(rx));
            start
        });
        let query = self
            .client
            .query()
            .table_name(self.inbox_table(operation)?)
            .index_name("by-minute")
            .key_condition_expression("mb = :mb")
            .expression_attribute_values(":mb", s(partition))
            .set_exclusive_start_key(start);
        let page = query.send().await.map_err(unavailable(operation))?;
        let after = match &page.last_evaluated_key {
            None => None,
            Some(last) => {
                let part = |name| row::text(last, name).map(str::to_owned);
                let last = || Ok([part("pk")?, part("sk")?, part("rx")?]);
                Some(Place {
                    shard: place.shard,
                    after: Some(last().map_err(unreadable(operation))?),
                })
            }
        };
        Ok((page.items.unwrap_or_default(), after))
    }
}
