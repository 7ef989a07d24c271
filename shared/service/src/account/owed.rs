//! The delivery log of an endpoint.

use super::{Account, List, list::ListName, query::Query, require_any};
use crate::{
    access::Principal,
    model::{Delivery, DeliveryKey, DeliveryStatus, Endpoint, EventStream, Scope},
    port::{DeliveryLog, EndpointDirectory, PortError},
    problem::Problem,
};

/// Rows read at once when a list is filtered or a row is looked for.
pub(super) const CHUNK: usize = 100;
/// Reads that one request makes, at most: a filter that little passes must come to an end. The page
/// is shorter then, and its cursor goes on.
pub(super) const MOST_READS: usize = 20;

impl<S, Q, C> Account<S, Q, C>
where
    S: EndpointDirectory + DeliveryLog,
{
    /// What an endpoint was and is owed, newest first; `status` filters.
    pub async fn list_deliveries(
        &self,
        principal: &Principal,
        id: &str,
        query: &[(String, String)],
    ) -> Result<List<Delivery>, Problem> {
        require_any(principal, &[Scope::Admin, Scope::Read])?;
        let mut query = Query::new(query);
        let (limit, cursor) = query.paging();
        let wanted = query.parsed("status", status);
        query.finish(Some(()))?;
        let endpoint = self.own_endpoint(principal, id).await?;
        let name = format!("deliveries/{}/{wanted:?}", endpoint.id);
        let list = ListName { tenant: &principal.tenant, name: &name };
        let mut place = self.place(list, cursor)?;
        let mut items = Vec::new();
        let mut reads = 0;
        loop {
            // Never more than are missing: the place of a page is its end.
            let missing = limit - items.len();
            let page =
                self.store.to_endpoint(&endpoint.tenant, &endpoint.id, place, missing).await?;
            reads += 1;
            items.extend(page.items.into_iter().filter(|found| passes(found, wanted)));
            place = page.cursor;
            if place.is_none() || items.len() >= limit || reads >= MOST_READS {
                let next_cursor = place.map(|place| self.cursor(list, &place));
                return Ok(List { items, next_cursor });
            }
        }
    }

    /// The delivery of one event to one endpoint, if it was owed.
    pub(super) async fn delivery(
        &self,
        endpoint: &Endpoint,
        stream: &EventStream,
        seq: u64,
    ) -> Result<Option<Delivery>, PortError> {
        let key = DeliveryKey {
            tenant: endpoint.tenant.clone(),
            stream: stream.clone(),
            endpoint: endpoint.id.clone(),
            seq,
        };
        self.store.delivery(&key).await
    }
}

fn passes(delivery: &Delivery, wanted: Option<DeliveryStatus>) -> bool {
    wanted.is_none_or(|wanted| delivery.status == wanted)
}

fn status(text: &str) -> Result<DeliveryStatus, &'static str> {
    match text {
        "pending" => Ok(DeliveryStatus::Pending),
        "delivered" => Ok(DeliveryStatus::Delivered),
        "parked" => Ok(DeliveryStatus::Parked),
        "disabled" => Ok(DeliveryStatus::Disabled),
        _ => Err("one of: pending, delivered, parked, disabled"),
    }
}
