//! Conversations, read back.

use amb_protocol::id::{BusinessId, OpaqueId};

use super::{Account, List, list::ListName, query::Query};
use crate::{
    access::Principal,
    model::{ConversationId, ConversationState, Scope},
    port::{Businesses, Clock, Conversations, Timeline},
    problem::Problem,
};

impl<S, Q, C> Account<S, Q, C>
where
    S: Businesses + Conversations + Timeline,
    C: Clock,
{
    /// The conversations of a business, oldest first; with `opaqueId`, the one with this customer,
    /// if there is one.
    pub async fn list_conversations(
        &self,
        principal: &Principal,
        query: &[(String, String)],
    ) -> Result<List<ConversationState>, Problem> {
        principal.require(Scope::Read)?;
        let mut query = Query::new(query);
        let (limit, cursor) = query.paging();
        let opaque = query.opaque();
        let business = query.business();
        let business = query.finish(business)?;
        let business = principal.on(self.store.business(&business).await?)?.id;
        match opaque {
            Some(opaque) => self.exactly_one(principal, &business, &opaque).await,
            None => {
                let name = format!("conversations/{business}");
                let list = ListName { tenant: &principal.tenant, name: &name };
                let place = self.place(list, cursor)?;
                let page =
                    self.store.conversations(&principal.tenant, &business, place, limit).await?;
                let next_cursor = page.cursor.map(|place| self.cursor(list, &place));
                Ok(List { items: page.items, next_cursor })
            }
        }
    }

    /// One conversation.
    pub async fn conversation(
        &self,
        principal: &Principal,
        id: &str,
    ) -> Result<ConversationState, Problem> {
        principal.require(Scope::Read)?;
        let id = ConversationId::parse(id).map_err(|_odd| Problem::not_found())?;
        self.own_conversation(principal, &id).await
    }

    /// A conversation of the caller's tenant, with a business of the caller's mode.
    pub(super) async fn own_conversation(
        &self,
        principal: &Principal,
        id: &ConversationId,
    ) -> Result<ConversationState, Problem> {
        let state = self.store.load(&principal.tenant, id).await?.ok_or_else(Problem::not_found)?;
        principal.on(self.store.business(&state.business).await?)?;
        Ok(state)
    }

    async fn exactly_one(
        &self,
        principal: &Principal,
        business: &BusinessId,
        opaque: &OpaqueId,
    ) -> Result<List<ConversationState>, Problem> {
        let id = ConversationId::of(business, opaque);
        let found = self.store.load(&principal.tenant, &id).await?;
        Ok(List { items: found.into_iter().collect(), next_cursor: None })
    }
}
