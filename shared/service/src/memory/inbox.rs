//! The inbox in memory: conditional put with the old item, and a stream in order of commit.

use super::Memory;
use crate::{
    model::{InboxMessage, InboxPointer, InboxSort},
    port::{Commit, DecodedMessages, Inbox, InboxMinute, InboxReader, InboxSweep, Page, PortError},
};

impl Inbox for Memory {
    async fn commit(&self, message: &InboxMessage) -> Result<Commit, PortError> {
        self.call("Inbox::commit", |world| {
            if let Some(old) = world.inbox.get(&message.pointer) {
                return Commit::Duplicate { same_body: old.body.hash == message.body.hash };
            }
            world.inbox.insert(message.pointer.clone(), message.clone());
            world.stream.push(message.pointer.clone());
            Commit::Stored
        })
        .await
    }
}

impl InboxReader for Memory {
    async fn inbox_message(
        &self,
        pointer: &InboxPointer,
    ) -> Result<Option<InboxMessage>, PortError> {
        self.call("InboxReader::inbox_message", |world| world.inbox.get(pointer).cloned()).await
    }

    async fn decoded_message(
        &self,
        pointer: &InboxPointer,
    ) -> Result<Option<InboxMessage>, PortError> {
        self.call("InboxReader::decoded_message", |world| world.decoded.get(pointer).cloned()).await
    }
}

impl DecodedMessages for Memory {
    async fn keep_decoded(&self, message: &InboxMessage) -> Result<(), PortError> {
        self.call("DecodedMessages::keep_decoded", |world| {
            world.decoded.insert(message.pointer.clone(), message.clone());
        })
        .await
    }
}

impl InboxSweep for Memory {
    async fn received_in(
        &self,
        minute: InboxMinute,
        _cursor: Option<String>,
    ) -> Result<Page<InboxPointer>, PortError> {
        self.call("InboxSweep::received_in", |world| {
            let mut found: Vec<_> = world
                .inbox
                .values()
                .filter(|message| matches!(message.pointer.sort, InboxSort::Message(_)))
                .filter(|message| InboxMinute::of(message.received_at) == minute)
                .collect();
            found.sort_by_key(|message| message.received_at);
            Page::only(found.into_iter().map(|message| message.pointer.clone()).collect())
        })
        .await
    }

    async fn swept_until(&self) -> Result<Option<InboxMinute>, PortError> {
        self.call("InboxSweep::swept_until", |world| world.swept_until).await
    }

    async fn set_swept_until(&self, minute: InboxMinute) -> Result<(), PortError> {
        self.call("InboxSweep::set_swept_until", |world| world.swept_until = Some(minute)).await
    }
}
