//! What a customer's message says of what it names.

use amb_protocol::{
    attachment::{Attachment, DataReference},
    id::MessageId,
    inbound::Envelope,
};

use super::Fetch;
use crate::{
    dispatch::json_of,
    model::{AttachmentId, ConversationId, InboxMessage, InboxPointer, InboxSort, TenantId},
    port::{InboxReader, PortError},
};

/// A message, and what it names.
#[derive(Debug)]
pub(super) struct Named<T> {
    /// The message, as Apple sent it.
    pub(super) message: InboxMessage,
    /// What is to be fetched.
    pub(super) what: T,
}

impl<S: InboxReader, Q, A, K, F, W, C> Fetch<S, Q, A, K, F, W, C> {
    /// The file of this id, as its message names it; `None` if the message is no longer kept, or names
    /// none.
    pub(super) async fn named_attachment(
        &self,
        tenant: &TenantId,
        id: &AttachmentId,
    ) -> Result<Option<Named<Attachment>>, PortError> {
        let found = self.named(tenant, &id.conversation, id.message).await?;
        Ok(found.and_then(|Named { message, what }| {
            let entry = what.attachments.get(usize::from(id.index))?;
            Some(Named { message, what: Attachment::view(entry) })
        }))
    }

    /// The reference of a message; `None` if the message is no longer kept, or has none.
    pub(super) async fn named_reference(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        message: MessageId,
    ) -> Result<Option<Named<DataReference>>, PortError> {
        let found = self.named(tenant, conversation, message).await?;
        Ok(found.and_then(|Named { message, what }| {
            let reference = what.interactive_data_ref.as_deref()?;
            Some(Named { message, what: DataReference::view(reference) })
        }))
    }

    async fn named(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        message: MessageId,
    ) -> Result<Option<Named<Envelope>>, PortError> {
        let pointer = InboxPointer {
            tenant: tenant.clone(),
            conversation: conversation.clone(),
            sort: InboxSort::Message(message),
        };
        let found = self.store.inbox_message(&pointer).await?;
        Ok(found.and_then(|message| {
            let envelope = Envelope::parse(&json_of(&message.body)?).ok()?;
            Some(Named { message, what: envelope })
        }))
    }
}
