//! Conversations: reads of their state and of claims. The one write is in [`step`](crate::step).

use amb_protocol::id::MessageId;
use amb_service::{
    model::{ConversationId, ConversationState, TenantId},
    port::{Conversations, MessageClaim, PortError, Step, Stepped},
};

use crate::{fault::unreadable, row, store::Store};

impl Conversations for Store {
    async fn load(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
    ) -> Result<Option<ConversationState>, PortError> {
        const OPERATION: &str = "Conversations::load";
        let table = self.conversations_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::state::key(tenant, conversation)).await?;
        found.map(row::read).transpose().map_err(unreadable(OPERATION))
    }

    async fn step(&self, step: &Step) -> Result<Stepped, PortError> {
        self.transact(step).await
    }

    async fn claimed(
        &self,
        tenant: &TenantId,
        message: MessageId,
    ) -> Result<Option<MessageClaim>, PortError> {
        const OPERATION: &str = "Conversations::claimed";
        let table = self.conversations_table(OPERATION)?;
        let found = self.row(OPERATION, table, row::claim::key(tenant, message)).await?;
        found.map(row::claim::claim).transpose().map_err(unreadable(OPERATION))
    }
}
