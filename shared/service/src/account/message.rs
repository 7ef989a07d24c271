//! Messages in both directions, in the order of their places, and what became of one.

use amb_protocol::id::MessageId;
use jiff::Timestamp;

use super::{
    Account, List,
    event::{place, pointer},
    list::ListName,
    query::Query,
    together::together,
};
use crate::{
    access::Principal,
    model::{
        ConversationState, Delivery, Endpoint, EndpointId, EventId, EventSource, EventStream,
        EventType, InboxMessage, InboxSort, OutboundMessage, OutboundPointer, Scope, TimelineEntry,
        TimelineItem,
    },
    port::{
        Businesses, Clock, Conversations, DeliveryLog, EndpointDirectory, InboxReader, Outbox,
        PortError, Timeline,
    },
    problem::Problem,
    render::{Placed, Telling, message_at},
};

/// A message of a conversation.
#[derive(Clone, Debug, PartialEq)]
pub enum HistoryMessage {
    /// From the customer.
    Inbound(Inbound),
    /// To the customer.
    Outbound(Outbound),
}

/// A message from the customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    /// Apple's id of it.
    pub id: MessageId,
    /// Its place.
    pub seq: u64,
    /// When it was given its place.
    pub placed_at: Timestamp,
    /// The event that tells of it.
    pub event: Option<EventId>,
    /// Why it could not be told as it should.
    pub parked: Option<String>,
    /// What else its place knows.
    pub placed: Placed,
    /// How much of it the caller may read.
    pub telling: Telling,
    /// The message, while it is kept.
    pub row: Option<InboxMessage>,
}

/// A message to the customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Outbound {
    /// Its place.
    pub seq: u64,
    /// The message.
    pub row: OutboundMessage,
}

/// One message, its conversation, and what became of it.
#[derive(Clone, Debug)]
pub struct History {
    /// The conversation.
    pub conversation: ConversationState,
    /// The message.
    pub message: HistoryMessage,
    /// The event that tells of it, or of its end, and when it was given its place.
    pub event: Option<(EventId, EventType, Timestamp)>,
    /// What each endpoint was owed for that event.
    pub owed: Vec<Owed>,
}

/// What an endpoint was owed for an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owed {
    /// The endpoint.
    pub endpoint: EndpointId,
    /// How the delivery stands.
    pub delivery: Delivery,
}

impl<S, Q, C> Account<S, Q, C>
where
    S: Businesses + Conversations + Timeline + InboxReader + Outbox,
    C: Clock,
{
    /// The messages of a conversation, both ways, in order of `seq`: `conversationId`, `after` (a
    /// `seq`).
    pub async fn list_messages(
        &self,
        principal: &Principal,
        query: &[(String, String)],
    ) -> Result<(ConversationState, List<HistoryMessage>), Problem> {
        principal.require(Scope::Read)?;
        let mut query = Query::new(query);
        let (limit, cursor) = query.paging();
        let after = query.parsed("after", place);
        query.one_of(after.is_some(), cursor.is_some());
        let conversation = query.conversation();
        let conversation = query.finish(conversation)?;
        let state = self.own_conversation(principal, &conversation).await?;
        let name = format!("messages/{conversation}");
        let list = ListName { tenant: &principal.tenant, name: &name };
        let goes_on = self.place(list, cursor)?.and_then(|place| place.parse().ok());
        let begin = after.or(goes_on).unwrap_or(0);
        let (entries, next) = self.scan(&state, begin, limit, is_message, |_| false).await?;
        let telling = Telling::to(principal);
        let found = entries.iter().map(|entry| self.message_at(&state, entry, telling)).collect();
        let items = together(found).await?.into_iter().flatten().collect();
        let next_cursor = next.map(|seq| self.cursor(list, &seq.to_string()));
        Ok((state, List { items, next_cursor }))
    }

    /// The message that an entry is about, if it is about one.
    async fn message_at(
        &self,
        state: &ConversationState,
        entry: &TimelineEntry,
        telling: Telling,
    ) -> Result<Option<HistoryMessage>, PortError> {
        let (event, kind, source) = match &entry.item {
            TimelineItem::Sent { message } => {
                return self.outbound(state, *message, entry.seq).await;
            }
            TimelineItem::Awaited { message, .. } => {
                return self.awaited(state, *message, entry, telling).await.map(Some);
            }
            TimelineItem::Event { id, kind, source } => (id, *kind, source),
        };
        let Some(id) = message_id(source) else { return Ok(None) };
        let decoded = matches!(source, EventSource::Inbox { decoded: true, .. });
        let row = pointer(state, InboxSort::Message(id));
        let row = message_at(&self.store, &row, decoded).await?;
        let parked = match source {
            EventSource::Inline(data) if kind == EventType::MessageParked => {
                data.get("reason").and_then(|why| why.as_str()).map(str::to_owned)
            }
            EventSource::Inline(_) | EventSource::Inbox { .. } | EventSource::Attachment { .. } => {
                None
            }
        };
        Ok(Some(HistoryMessage::Inbound(Inbound {
            id,
            seq: entry.seq,
            placed_at: entry.at,
            event: Some(event.clone()),
            parked,
            placed: Placed::of(entry),
            telling,
            row,
        })))
    }

    /// A message whose answer is still being fetched.
    async fn awaited(
        &self,
        state: &ConversationState,
        message: MessageId,
        entry: &TimelineEntry,
        telling: Telling,
    ) -> Result<HistoryMessage, PortError> {
        let row = self.store.inbox_message(&pointer(state, InboxSort::Message(message))).await?;
        Ok(HistoryMessage::Inbound(Inbound {
            id: message,
            seq: entry.seq,
            placed_at: entry.at,
            event: None,
            parked: None,
            placed: Placed::of(entry),
            telling,
            row,
        }))
    }

    async fn outbound(
        &self,
        state: &ConversationState,
        message: MessageId,
        seq: u64,
    ) -> Result<Option<HistoryMessage>, PortError> {
        let (tenant, conversation) = (state.tenant.clone(), state.id.clone());
        let pointer = OutboundPointer { tenant, conversation, message };
        let row = self.store.find(&pointer).await?;
        Ok(row.map(|row| HistoryMessage::Outbound(Outbound { seq, row })))
    }
}

impl<S, Q, C> Account<S, Q, C>
where
    S: Businesses
        + Conversations
        + Timeline
        + InboxReader
        + Outbox
        + EndpointDirectory
        + DeliveryLog,
    C: Clock,
{
    /// One message and what became of it. Typing indicators are not kept.
    pub async fn message(&self, principal: &Principal, id: &str) -> Result<History, Problem> {
        principal.require(Scope::Read)?;
        let id = MessageId::parse(id).map_err(|_odd| Problem::not_found())?;
        let claim = self.store.claimed(&principal.tenant, id).await?;
        let claim = claim.ok_or_else(Problem::not_found)?;
        let conversation = self.own_conversation(principal, &claim.conversation).await?;
        let stream = EventStream::Conversation(conversation.id.clone());
        let entry = self.store.entry(&principal.tenant, &stream, claim.seq).await?;
        let entry = entry.ok_or_else(Problem::not_found)?;
        let message = self.message_at(&conversation, &entry, Telling::to(principal)).await?;
        let message = message.ok_or_else(Problem::not_found)?;
        let telling = match entry.item {
            TimelineItem::Event { .. } => Some(entry),
            TimelineItem::Awaited { .. } => None,
            TimelineItem::Sent { message } => {
                self.end_of(&conversation, message, entry.seq).await?
            }
        };
        let (mut event, mut owed) = (None, Vec::new());
        if let Some(TimelineEntry { seq, at, item: TimelineItem::Event { id, kind, .. }, .. }) =
            telling
        {
            owed = self.owed(&conversation, seq, kind).await?;
            event = Some((id, kind, at));
        }
        Ok(History { conversation, message, event, owed })
    }

    /// The event that tells of an outbound message's end.
    async fn end_of(
        &self,
        conversation: &ConversationState,
        message: MessageId,
        after: u64,
    ) -> Result<Option<TimelineEntry>, PortError> {
        let tells = |entry: &TimelineEntry| match &entry.item {
            TimelineItem::Event { kind, source, .. } => {
                matches!(kind, EventType::MessageAccepted | EventType::MessageFailed)
                    && message_id(source) == Some(message)
            }
            TimelineItem::Sent { .. } | TimelineItem::Awaited { .. } => false,
        };
        let (found, _) = self.scan(conversation, after, 1, tells, |_| false).await?;
        Ok(found.into_iter().next())
    }

    async fn owed(
        &self,
        conversation: &ConversationState,
        seq: u64,
        kind: EventType,
    ) -> Result<Vec<Owed>, PortError> {
        let stream = EventStream::Conversation(conversation.id.clone());
        let endpoints = self.store.endpoints(&conversation.tenant).await?;
        let hears =
            |endpoint: &&Endpoint| endpoint.events.is_empty() || endpoint.events.contains(&kind);
        let reads =
            endpoints.iter().filter(hears).map(|endpoint| self.delivery(endpoint, &stream, seq));
        let found = together(reads.collect()).await?;
        Ok(found
            .into_iter()
            .flatten()
            .map(|delivery| Owed { endpoint: delivery.key.endpoint.clone(), delivery })
            .collect())
    }
}

/// Whether an entry is a place of a message, not only news of one.
fn is_message(entry: &TimelineEntry) -> bool {
    match &entry.item {
        TimelineItem::Sent { .. } | TimelineItem::Awaited { .. } => true,
        TimelineItem::Event { kind, source, .. } => {
            *kind == EventType::MessageParked || matches!(source, EventSource::Inbox { .. })
        }
    }
}

/// The message that an event is about.
fn message_id(source: &EventSource) -> Option<MessageId> {
    match source {
        EventSource::Inbox { sort: InboxSort::Message(id), .. } => Some(*id),
        EventSource::Inbox { .. } => None,
        EventSource::Inline(data) | EventSource::Attachment { data, .. } => {
            MessageId::parse(data.get("messageId")?.as_str()?).ok()
        }
    }
}
