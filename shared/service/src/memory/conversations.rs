//! Conversations in memory: one step, all or nothing.

use amb_protocol::id::{BusinessId, MessageId};

use super::{Memory, World};
use crate::{
    model::{
        ConversationId, ConversationState, EventStream, OutboundStatus, Payload, PayloadStatus,
        TenantId, TimelineEntry, TimelineItem,
    },
    port::{
        ClaimScope, Conversations, MessageClaim, Page, PortError, Step, Stepped, Timeline,
        TimelineQuery,
    },
};

impl Conversations for Memory {
    async fn load(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
    ) -> Result<Option<ConversationState>, PortError> {
        let key = (tenant.clone(), conversation.clone());
        self.call("Conversations::load", |world| world.conversations.get(&key).cloned()).await
    }

    async fn step(&self, step: &Step) -> Result<Stepped, PortError> {
        self.call("Conversations::step", |world| match refusal(world, step) {
            Some(refused) => refused,
            None => {
                apply(world, step);
                Stepped::Done
            }
        })
        .await
    }

    async fn claimed(
        &self,
        tenant: &TenantId,
        message: MessageId,
    ) -> Result<Option<MessageClaim>, PortError> {
        let key = (tenant.clone(), message, None);
        self.call("Conversations::claimed", |world| world.claims.get(&key).cloned()).await
    }
}

fn claim_key(claim: &MessageClaim) -> (TenantId, MessageId, Option<ConversationId>) {
    let scope = match claim.scope {
        ClaimScope::Tenant => None,
        ClaimScope::Conversation => Some(claim.conversation.clone()),
    };
    (claim.tenant.clone(), claim.message, scope)
}

fn refusal(world: &World, step: &Step) -> Option<Stepped> {
    if let Some(record) = &step.idempotency {
        let key = (record.tenant.clone(), record.key.as_str().to_owned());
        let used = world.idempotency.get(&key).filter(|old| record.created_at < old.expires_at);
        if let Some(old) = used {
            return Some(Stepped::Repeated(old.clone()));
        }
    }
    if let Some(old) = step.claim.as_ref().and_then(|claim| world.claims.get(&claim_key(claim))) {
        return Some(Stepped::Claimed(old.clone()));
    }
    if let Some(message) = &step.outbound {
        let stored = world.outbound.get(&message.pointer);
        if stored.is_some_and(|stored| stored.status != OutboundStatus::Queued) {
            return Some(Stepped::Finished);
        }
    }
    let over = |payload: &Payload| {
        let stored = world.payloads.get(&payload.pointer);
        stored.is_some_and(|stored| stored.status != PayloadStatus::Pending)
    };
    if step.payloads.iter().any(over) {
        return Some(Stepped::Finished);
    }
    let key = (step.state.tenant.clone(), step.state.id.clone());
    let stored = world.conversations.get(&key).map_or(0, |state| state.revision);
    (stored + 1 != step.state.revision).then_some(Stepped::Moved)
}

/// Rows that DynamoDB writes together.
pub(super) const MOST_ROWS: usize = 100;

/// The rows that a step writes. A delivery in the place of one that was held may cost two: the mark up
/// to where nothing is owed is taken back.
fn rows(step: &Step) -> usize {
    let singles = [step.claim.is_some(), step.outbound.is_some(), step.idempotency.is_some()];
    let asked = 2 * usize::from(step.asked.is_some());
    let singles = 1 + asked + singles.into_iter().filter(|is_there| *is_there).count();
    let resolved = step.resolved.as_ref().map_or(0, |resolved| 1 + 2 * resolved.deliveries.len());
    singles + step.entries.len() + step.deliveries.len() + step.payloads.len() + resolved
}

fn apply(world: &mut World, step: &Step) {
    assert!(rows(step) <= MOST_ROWS, "a step of {} rows", rows(step));
    let (tenant, id) = (step.state.tenant.clone(), step.state.id.clone());
    for entry in &step.entries {
        let key = (tenant.clone(), EventStream::Conversation(id.clone()), entry.seq);
        let taken = world.timeline.insert(key, entry.clone());
        assert!(taken.is_none(), "I4: a sequence number was given out twice");
    }
    world.conversations.insert((tenant, id), step.state.clone());
    if let Some(asked) = &step.asked {
        world.book.ask(asked);
    }
    if let Some(claim) = &step.claim {
        world.claims.insert(claim_key(claim), claim.clone());
    }
    for delivery in &step.deliveries {
        world.deliveries.insert(delivery.key.clone(), delivery.clone());
    }
    if let Some(message) = &step.outbound {
        world.outbound.insert(message.pointer.clone(), message.clone());
    }
    for payload in &step.payloads {
        world.payloads.insert(payload.pointer.clone(), payload.clone());
    }
    if let Some(resolved) = &step.resolved {
        let (tenant, id) = (step.state.tenant.clone(), step.state.id.clone());
        let key = (tenant, EventStream::Conversation(id), resolved.entry.seq);
        let before = world.timeline.insert(key, resolved.entry.clone());
        let awaited = matches!(before.map(|entry| entry.item), Some(TimelineItem::Awaited { .. }));
        assert!(awaited, "only a place that is awaited is resolved");
        for delivery in &resolved.deliveries {
            world.deliveries.insert(delivery.key.clone(), delivery.clone());
        }
    }
    if let Some(record) = &step.idempotency {
        let key = (record.tenant.clone(), record.key.as_str().to_owned());
        world.idempotency.insert(key, record.clone());
    }
}

impl Timeline for Memory {
    async fn entry(
        &self,
        tenant: &TenantId,
        stream: &EventStream,
        seq: u64,
    ) -> Result<Option<TimelineEntry>, PortError> {
        let key = (tenant.clone(), stream.clone(), seq);
        self.call("Timeline::entry", |world| world.timeline.get(&key).cloned()).await
    }

    async fn entries(&self, query: &TimelineQuery) -> Result<Vec<TimelineEntry>, PortError> {
        let stream = EventStream::Conversation(query.conversation.clone());
        self.call("Timeline::entries", |world| {
            world
                .timeline
                .iter()
                .filter(|((tenant, of, seq), _)| {
                    *tenant == query.tenant && *of == stream && *seq > query.after
                })
                .take(query.limit)
                .map(|(_, entry)| entry.clone())
                .collect()
        })
        .await
    }

    async fn conversations(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Page<ConversationState>, PortError> {
        self.call("Timeline::conversations", |world| {
            let mut found: Vec<_> = world
                .conversations
                .values()
                .filter(|state| state.tenant == *tenant && state.business == *business)
                .map(|state| {
                    (
                        format!("{:020}#{}", state.created_at.as_nanosecond(), state.id),
                        state.clone(),
                    )
                })
                .filter(|(place, _)| cursor.as_ref().is_none_or(|after| place > after))
                .collect();
            found.sort_by(|(a, _), (b, _)| a.cmp(b));
            let more = found.len() > limit;
            found.truncate(limit);
            let cursor = found.last().filter(|_| more).map(|(place, _)| place.clone());
            Page { items: found.into_iter().map(|(_, state)| state).collect(), cursor }
        })
        .await
    }
}
