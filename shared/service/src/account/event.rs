//! Events, read back: the envelopes that endpoints were posted.

use std::collections::BTreeSet;

use serde_json::{json, value::to_raw_value};

use super::{Account, List, list::ListName, query::Query, together::together};
use crate::{
    access::Principal,
    json_size::{self, MOST_HANDED_ON},
    model::{
        ConversationId, ConversationState, EventId, EventSource, EventStream, EventType,
        InboxPointer, InboxSort, Scope, TenantId, TimelineEntry, TimelineItem,
    },
    port::{Businesses, Clock, Conversations, InboxReader, PortError, Timeline, TimelineQuery},
    problem::Problem,
    render::{EventEnvelope, Links, Telling, message_at, render},
};

/// Entries read at once.
const CHUNK: usize = 100;
/// Entries that one request looks at, at most; the cursor goes on from there.
const MOST_READ: usize = 2_000;
/// Events told at once: an answer that came by reference has ten megabytes.
const ABREAST: usize = 4;
/// Places that an event id is compared with, at most, from the latest on.
const MOST_COMPARED: u64 = 100_000;

/// Where a list begins.
#[derive(Debug)]
enum After {
    Place(u64),
    Event(EventId),
}

impl<S, Q, C> Account<S, Q, C>
where
    S: Businesses + Conversations + Timeline + InboxReader,
    C: Clock,
{
    /// The events of a conversation in order of `seq`: `conversationId`, `type` (one, or several with
    /// commas), `after` (a `seq`, or the id of an event of this conversation). The list ends before an
    /// answer that is still being fetched, and goes on when that is told. A page ends early where its
    /// events are as many bytes as an answer takes. Links lead to the API at `api_url`.
    pub async fn list_events(
        &self,
        principal: &Principal,
        query: &[(String, String)],
        api_url: &str,
    ) -> Result<List<EventEnvelope>, Problem> {
        principal.require(Scope::Read)?;
        let mut query = Query::new(query);
        let (limit, cursor) = query.paging();
        let kinds = query.parsed("type", kinds).unwrap_or_default();
        let after = query.parsed("after", After::parse);
        query.one_of(after.is_some(), cursor.is_some());
        let conversation = query.conversation();
        let conversation = query.finish(conversation)?;
        let state = self.own_conversation(principal, &conversation).await?;
        let name = format!("events/{conversation}/{kinds:?}");
        let list = ListName { tenant: &principal.tenant, name: &name };
        let begin = match after {
            None => self.place(list, cursor)?.and_then(|place| place.parse().ok()).unwrap_or(0),
            Some(After::Place(seq)) => seq,
            Some(After::Event(event)) => place_of(&state, &event).ok_or_else(Problem::not_found)?,
        };
        let wanted = |entry: &TimelineEntry| match &entry.item {
            TimelineItem::Event { kind, .. } => kinds.is_empty() || kinds.contains(kind),
            TimelineItem::Sent { .. } | TimelineItem::Awaited { .. } => false,
        };
        // A reader who goes on after the last `seq` must not miss what takes its place later.
        let comes = |kind| kinds.is_empty() || kinds.contains(&kind);
        let waits = comes(EventType::InteractiveReplied) || comes(EventType::MessageParked);
        let ends =
            |entry: &TimelineEntry| waits && matches!(entry.item, TimelineItem::Awaited { .. });
        let (entries, next) = self.scan(&state, begin, limit, wanted, ends).await?;
        let telling = Telling::to(principal);
        let links = Links::new(&self.key, api_url, &principal.tenant, self.clock.now());
        let (mut items, mut next) = (Vec::new(), next);
        let (mut at, mut room) = (begin, MOST_HANDED_ON);
        'told: for few in entries.chunks(ABREAST) {
            let told = few.iter().map(|entry| self.tell(&state, entry, telling, links)).collect();
            for (entry, event) in few.iter().zip(together(told).await?) {
                let size = event.as_ref().map_or(0, json_size::handed_on);
                if size > room {
                    next = Some(at);
                    break 'told;
                }
                (at, room) = (entry.seq, room - size);
                items.extend(event);
            }
        }
        Ok(List { items, next_cursor: next.map(|seq| self.cursor(list, &seq.to_string())) })
    }

    /// One event, by its id and `conversationId`: an id alone does not say where the event lies.
    pub async fn event(
        &self,
        principal: &Principal,
        id: &str,
        query: &[(String, String)],
        api_url: &str,
    ) -> Result<EventEnvelope, Problem> {
        principal.require(Scope::Read)?;
        let mut query = Query::new(query);
        let conversation = query.conversation();
        let conversation = query.finish(conversation)?;
        let id = EventId::parse(id).map_err(|_odd| Problem::not_found())?;
        let state = self.own_conversation(principal, &conversation).await?;
        let found = self.entry_of(&state, &id).await?.ok_or_else(Problem::not_found)?;
        let telling = Telling::to(principal);
        let links = Links::new(&self.key, api_url, &principal.tenant, self.clock.now());
        self.tell(&state, &found, telling, links).await?.ok_or_else(Problem::not_found)
    }

    /// The envelope of an entry, if it is an event. One whose message is no longer kept says so, and
    /// so does one that no answer takes: its webhook is not bound by what Lambda returns.
    async fn tell(
        &self,
        state: &ConversationState,
        entry: &TimelineEntry,
        telling: Telling,
        links: Links<'_>,
    ) -> Result<Option<EventEnvelope>, PortError> {
        let TimelineItem::Event { id, kind, source } = &entry.item else { return Ok(None) };
        let stream = EventStream::Conversation(state.id.clone());
        let business = Some(state.business.clone());
        let message = match source {
            EventSource::Inbox { sort, decoded, .. } => {
                message_at(&self.store, &pointer(state, sort.clone()), *decoded).await?
            }
            EventSource::Inline(_) | EventSource::Attachment { .. } => None,
        };
        let (about, message) = (business.clone(), message.as_ref());
        let why = match render(&stream, about, entry, message, telling, Some(links)) {
            Ok(envelope) if json_size::handed_on(&envelope) <= MOST_HANDED_ON => {
                return Ok(Some(envelope));
            }
            Ok(_large) => "tooLarge",
            Err(_gone) => "expired",
        };
        let instead = match source {
            EventSource::Inbox { sort: InboxSort::Message(id), .. } => {
                json!({ "messageId": id.to_string(), why: true })
            }
            _ => json!({ why: true }),
        };
        Ok(to_raw_value(&instead).ok().map(|data| EventEnvelope {
            id: id.clone(),
            kind: *kind,
            created_at: entry.at,
            business_id: business,
            conversation_id: Some(state.id.to_string()),
            seq: Some(entry.seq),
            data,
        }))
    }
}

impl<S: Timeline, Q, C> Account<S, Q, C> {
    /// The wanted entries after a place, and the place to go on from if there may be more. What comes
    /// from the first entry on that `ends` the list is not there yet.
    pub(super) async fn scan(
        &self,
        state: &ConversationState,
        after: u64,
        limit: usize,
        wanted: impl Fn(&TimelineEntry) -> bool,
        ends: impl Fn(&TimelineEntry) -> bool,
    ) -> Result<(Vec<TimelineEntry>, Option<u64>), PortError> {
        let mut at = after;
        let mut found = Vec::new();
        for _ in 0..MOST_READ / CHUNK {
            let query = TimelineQuery {
                tenant: state.tenant.clone(),
                conversation: state.id.clone(),
                after: at,
                limit: CHUNK,
            };
            let entries = self.store.entries(&query).await?;
            let last_chunk = entries.len() < CHUNK;
            for entry in entries {
                if found.len() == limit {
                    return Ok((found, Some(at)));
                }
                if ends(&entry) {
                    return Ok((found, None));
                }
                at = entry.seq;
                if wanted(&entry) {
                    found.push(entry);
                }
            }
            if last_chunk {
                return Ok((found, None));
            }
        }
        Ok((found, Some(at)))
    }

    /// The entry that an event id names.
    pub(super) async fn entry_of(
        &self,
        state: &ConversationState,
        event: &EventId,
    ) -> Result<Option<TimelineEntry>, PortError> {
        let Some(seq) = place_of(state, event) else { return Ok(None) };
        let stream = EventStream::Conversation(state.id.clone());
        self.store.entry(&state.tenant, &stream, seq).await
    }
}

impl<S: Timeline + Conversations, Q, C> Account<S, Q, C> {
    /// The conversation and the entry that an event id names.
    pub(super) async fn find_entry(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
        event: &EventId,
    ) -> Result<Option<(ConversationState, TimelineEntry)>, PortError> {
        let Some(state) = self.store.load(tenant, conversation).await? else { return Ok(None) };
        Ok(self.entry_of(&state, event).await?.map(|entry| (state, entry)))
    }
}

/// The place of an event: its id is a hash over the conversation and the place, so that the places
/// given out so far are compared, without reading one of them.
fn place_of(state: &ConversationState, event: &EventId) -> Option<u64> {
    let earliest = state.seq.saturating_sub(MOST_COMPARED);
    (earliest + 1..=state.seq)
        .rev()
        .find(|seq| EventId::of(state.id.as_str(), &seq.to_string()) == *event)
}

/// The inbox row of a message of this conversation.
pub(super) fn pointer(state: &ConversationState, sort: InboxSort) -> InboxPointer {
    InboxPointer { tenant: state.tenant.clone(), conversation: state.id.clone(), sort }
}

fn kinds(text: &str) -> Result<BTreeSet<EventType>, &'static str> {
    text.split(',')
        .map(str::parse::<EventType>)
        .collect::<Result<_, _>>()
        .map_err(|_odd| "an event type is expected, or several with commas between them")
}

impl After {
    fn parse(text: &str) -> Result<Self, &'static str> {
        const EXPECTED: &str = "a seq or an event id is expected";
        if text.starts_with(EventId::PREFIX) {
            return EventId::parse(text).map(Self::Event).map_err(|_odd| EXPECTED);
        }
        place(text).map(Self::Place).map_err(|_odd| EXPECTED)
    }
}

/// A `seq` after which a list begins.
pub(super) fn place(text: &str) -> Result<u64, &'static str> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or("a seq is expected")
}
