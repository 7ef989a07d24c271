//! An awaited answer takes its place: told, or parked with the reason.

use amb_protocol::id::MessageId;
use jiff::Timestamp;

use super::{Fetch, FetchTables, reply::Twin};
use crate::{
    dispatch::{answered, deliveries, delivery_key, event_type, parked, source_of},
    model::{
        ConversationState, Delivery, DeliveryStatus, EndpointId, EventId, EventSource, EventStream,
        EventType, Payload, PayloadStatus, TimelineEntry, TimelineItem,
    },
    port::{Clock, PortError, Resolved, Step},
};

/// What the log of deliveries says of one that was held for an endpoint that does not hear of what
/// came.
const NOT_SUBSCRIBED: &str = "not_subscribed";

impl<S: FetchTables, Q, A, K, F, W, C: Clock> Fetch<S, Q, A, K, F, W, C> {
    /// The step that puts an answer, or the word that there is none, in the place that awaits it.
    /// `None` if no place does. `state` is one revision further than stored.
    pub(super) async fn resolve(
        &self,
        mut state: ConversationState,
        ended: &Payload,
        message: MessageId,
        twin: Option<&Twin>,
    ) -> Result<Option<Step>, PortError> {
        let Some((awaited, held)) = self.awaited(&state, message).await? else { return Ok(None) };
        let (kind, source) = match (twin, &ended.status) {
            (Some(Twin { message, envelope }), _) => {
                let answered = answered(&self.store, &state, envelope).await?;
                let source = source_of(&mut state, (message, envelope), answered, true);
                (event_type(envelope), source)
            }
            (None, PayloadStatus::Failed { code, .. }) => {
                (EventType::MessageParked, parked(message, &state.opaque, code.as_str()))
            }
            (None, _) => return Ok(None),
        };
        let entry = event(&state, awaited, kind, source);
        let deliveries = self.owed(&state, &entry, held).await?;
        let resolved = Some(Resolved { entry, deliveries });
        Ok(Some(Step { resolved, payloads: vec![ended.clone()], ..Step::to(state) }))
    }

    /// The entry that awaits this message's answer, and the endpoints that hold a delivery for it.
    async fn awaited(
        &self,
        state: &ConversationState,
        message: MessageId,
    ) -> Result<Option<(TimelineEntry, Vec<EndpointId>)>, PortError> {
        let claim = self.store.claimed(&state.tenant, message).await?;
        let Some(claim) = claim.filter(|claim| claim.conversation == state.id) else {
            return Ok(None);
        };
        let stream = EventStream::Conversation(state.id.clone());
        let entry = self.store.entry(&state.tenant, &stream, claim.seq).await?;
        Ok(entry.and_then(|entry| match &entry.item {
            TimelineItem::Awaited { message: of, held } if *of == message => {
                let held = held.clone();
                Some((entry, held))
            }
            _ => None,
        }))
    }

    /// The deliveries of what came: to everybody who hears of it now, and an end for those that were
    /// held for nothing. What waits behind the latter is woken by the sweep.
    async fn owed(
        &self,
        state: &ConversationState,
        entry: &TimelineEntry,
        held: Vec<EndpointId>,
    ) -> Result<Vec<Delivery>, PortError> {
        let now = self.clock.now();
        let endpoints = self.store.endpoints(&state.tenant).await?;
        // Their time begins now: the place may be hours old.
        let fresh = TimelineEntry { at: now, ..entry.clone() };
        let mut owed = deliveries(state, std::slice::from_ref(&fresh), &endpoints);
        for endpoint in held {
            if !owed.iter().any(|delivery| delivery.key.endpoint == endpoint) {
                owed.extend(unheard(state, &fresh, endpoint, now));
            }
        }
        Ok(owed)
    }
}

/// The event in the place of what was awaited: given its place then, and with what was known then.
fn event(
    state: &ConversationState,
    awaited: TimelineEntry,
    kind: EventType,
    source: EventSource,
) -> TimelineEntry {
    let id = EventId::of(state.id.as_str(), &awaited.seq.to_string());
    TimelineEntry { item: TimelineItem::Event { id, kind, source }, ..awaited }
}

/// A held delivery that comes to its end.
fn unheard(
    state: &ConversationState,
    entry: &TimelineEntry,
    endpoint: EndpointId,
    now: Timestamp,
) -> Option<Delivery> {
    let TimelineItem::Event { id, kind, .. } = &entry.item else { return None };
    let key = delivery_key(state, endpoint, entry.seq);
    let business = Some(state.business.clone());
    Some(Delivery {
        status: DeliveryStatus::Disabled,
        last_outcome: Some(NOT_SUBSCRIBED.to_owned()),
        ..Delivery::new(key, id.clone(), *kind, business, now)
    })
}
