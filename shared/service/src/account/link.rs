//! Start links of a business.

use amb_protocol::entry_link::EntryLink;

use super::{Account, query::Query, require_any};
use crate::{
    access::Principal,
    model::Scope,
    port::{Businesses, Clock},
    problem::Problem,
};

/// Longest intent or group of a link, in characters: our choice.
pub const MAX_LINK_ENTRY: usize = 256;
/// Longest text of a link, in characters: our choice. A QR code of such a link can still be read.
pub const MAX_LINK_BODY: usize = 500;

impl<S: Businesses, Q, C: Clock> Account<S, Q, C> {
    /// The links that begin a conversation with a business of the caller's: `intent`, `group`, `body`.
    pub async fn start_link(
        &self,
        principal: &Principal,
        id: &str,
        query: &[(String, String)],
    ) -> Result<EntryLink, Problem> {
        require_any(principal, &[Scope::Admin, Scope::Read])?;
        let mut query = Query::new(query);
        let intent = query.parsed("intent", up_to(MAX_LINK_ENTRY));
        let group = query.parsed("group", up_to(MAX_LINK_ENTRY));
        let body = query.parsed("body", up_to(MAX_LINK_BODY));
        query.finish(Some(()))?;
        let business = self.business(principal, id).await?;
        Ok(EntryLink { business: business.id, intent, group, body })
    }
}

fn up_to(max: usize) -> impl Fn(&str) -> Result<String, String> {
    move |text| match text.chars().count() {
        length if length <= max => Ok(text.to_owned()),
        _ => Err(format!("at most {max} characters are expected")),
    }
}
