//! Testing an endpoint: an event of its own, signed and delivered like any other.

use jiff::SignedDuration;
use serde_json::json;

use super::Account;
use crate::{
    access::Principal,
    dispatch::enqueue,
    model::{
        Context, Delivery, DeliveryKey, EndpointStatus, EventId, EventSource, EventStream,
        EventType, Scope, TimelineEntry, TimelineItem,
    },
    port::{Clock, DeliveryLog, DeliveryQueue, EndpointDirectory},
    problem::Problem,
};

/// Tests that an endpoint gets within [`WINDOW`].
const MAX_PINGS: usize = 5;
const WINDOW: SignedDuration = SignedDuration::from_mins(1);

impl<S, Q, C> Account<S, Q, C>
where
    S: EndpointDirectory + DeliveryLog,
    Q: DeliveryQueue,
    C: Clock,
{
    /// Sends the endpoint an `endpoint.ping`; answers its event id, which is the `webhook-id`.
    pub async fn ping_endpoint(&self, principal: &Principal, id: &str) -> Result<EventId, Problem> {
        principal.require(Scope::Admin)?;
        let endpoint = self.own_endpoint(principal, id).await?;
        if endpoint.status != EndpointStatus::Enabled {
            return Err(Problem::endpoint_disabled());
        }
        let now = self.clock.now();
        let latest =
            self.store.to_endpoint(&endpoint.tenant, &endpoint.id, None, MAX_PINGS).await?;
        let fresh = |delivery: &&Delivery| {
            delivery.kind == EventType::EndpointPing && now < delivery.created_at + WINDOW
        };
        if latest.items.iter().filter(fresh).count() >= MAX_PINGS {
            return Err(Problem::too_many_pings().retry_after(60));
        }
        // Pings have no order; a place only has to be new.
        let seq = u64::try_from(now.as_microsecond()).unwrap_or_default();
        let stream = EventStream::Endpoint(endpoint.id.clone());
        let event = EventId::of(stream.as_str(), &seq.to_string());
        let source = EventSource::Inline(json!({ "endpointId": endpoint.id.as_str() }));
        let kind = EventType::EndpointPing;
        let item = TimelineItem::Event { id: event.clone(), kind, source };
        let entry = TimelineEntry { seq, at: now, item, context: Context::default() };
        let key = DeliveryKey { tenant: endpoint.tenant, stream, endpoint: endpoint.id, seq };
        let delivery = Delivery::new(key, event.clone(), kind, None, now);
        self.store.ping(&entry, &delivery).await?;
        enqueue(&self.queue, &[delivery]).await;
        Ok(event)
    }
}
