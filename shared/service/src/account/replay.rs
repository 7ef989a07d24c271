//! Replay: makes deliveries due again, one event or everything that was given up.

use jiff::{SignedDuration, Timestamp};

use super::{
    Account,
    list::ListName,
    member,
    owed::{CHUNK, MOST_READS},
};
use crate::{
    access::Principal,
    dispatch::enqueue,
    model::{
        ConversationId, Delivery, DeliveryKey, DeliveryStatus, Endpoint, EndpointStatus, EventId,
        EventStream, QUEUE_GRACE, Scope, TimelineEntry, TimelineItem,
    },
    port::{Clock, Conversations, DeliveryLog, DeliveryQueue, EndpointDirectory, Timeline},
    problem::{Fault, Faults, ObjectBody, Problem, Reader},
};

/// Deliveries that one request makes due again, at most.
pub const MAX_REPLAY: u64 = 500;
const DEFAULT_REPLAY: u64 = 100;
/// How far back a replay reaches (spec/reliability §1.1).
const REACH: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What a replay came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// Deliveries that are due again.
    pub replayed: usize,
    /// Goes on with the rest, if there may be one.
    pub next_cursor: Option<String>,
}

#[derive(Debug)]
enum Request {
    /// One event, from whatever state.
    Event { event: EventId, conversation: Option<ConversationId> },
    /// Everything parked or disabled in a span of time.
    Since { since: Timestamp, until: Timestamp, limit: usize, cursor: Option<String> },
}

impl<S, Q, C> Account<S, Q, C>
where
    S: EndpointDirectory + DeliveryLog + Timeline + Conversations,
    Q: DeliveryQueue,
    C: Clock,
{
    /// Replays to an endpoint: `{"eventId", "conversationId"?}`, or
    /// `{"since", "until"?, "limit"?, "cursor"?}` for what is parked or disabled.
    pub async fn replay(
        &self,
        principal: &Principal,
        id: &str,
        body: &[u8],
    ) -> Result<Replayed, Problem> {
        principal.require(Scope::Admin)?;
        let request = Request::parse(body, self.clock.now())?;
        let endpoint = self.own_endpoint(principal, id).await?;
        if endpoint.status != EndpointStatus::Enabled {
            return Err(Problem::endpoint_disabled().detail("Enable it first."));
        }
        let (due, next_cursor) = match request {
            Request::Event { event, conversation } => {
                (vec![self.find_event(&endpoint, &event, conversation).await?], None)
            }
            Request::Since { since, until, limit, cursor } => {
                self.given_up(&endpoint, (since, until), limit, cursor.as_deref()).await?
            }
        };
        self.rearm(&due).await?;
        Ok(Replayed { replayed: due.len(), next_cursor })
    }

    async fn find_event(
        &self,
        endpoint: &Endpoint,
        event: &EventId,
        conversation: Option<ConversationId>,
    ) -> Result<Delivery, Problem> {
        let Some(conversation) = conversation else {
            return self.find_in_log(endpoint, event).await;
        };
        let found = self.find_entry(&endpoint.tenant, &conversation, event).await?;
        let (state, entry) = found.ok_or_else(Problem::not_found)?;
        let TimelineEntry { seq, at, item: TimelineItem::Event { kind, .. }, .. } = entry else {
            return Err(Problem::not_found());
        };
        let key = DeliveryKey {
            tenant: endpoint.tenant.clone(),
            stream: EventStream::Conversation(conversation),
            endpoint: endpoint.id.clone(),
            seq,
        };
        Ok(Delivery::new(key, event.clone(), kind, Some(state.business), at))
    }

    async fn find_in_log(&self, endpoint: &Endpoint, event: &EventId) -> Result<Delivery, Problem> {
        let mut place = None;
        for _ in 0..MOST_READS {
            let page = self.store.to_endpoint(&endpoint.tenant, &endpoint.id, place, CHUNK).await?;
            if let Some(found) = page.items.into_iter().find(|found| found.event == *event) {
                return Ok(found);
            }
            place = page.cursor;
            if place.is_none() {
                break;
            }
        }
        Err(Problem::not_found().detail("Name its conversationId if the event is an old one."))
    }

    /// The parked and disabled deliveries of a span, newest first.
    async fn given_up(
        &self,
        endpoint: &Endpoint,
        (since, until): (Timestamp, Timestamp),
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<(Vec<Delivery>, Option<String>), Problem> {
        let name = format!("replay/{}/{since}", endpoint.id);
        let list = ListName { tenant: &endpoint.tenant, name: &name };
        let mut place = self.place(list, cursor)?;
        let mut found = Vec::new();
        let mut reads = 0;
        loop {
            let most = CHUNK.min(limit - found.len());
            let page = self.store.to_endpoint(&endpoint.tenant, &endpoint.id, place, most).await?;
            reads += 1;
            let passed = page.items.last().is_some_and(|last| last.created_at < since);
            found.extend(page.items.into_iter().filter(|delivery| {
                let given_up = [DeliveryStatus::Parked, DeliveryStatus::Disabled];
                (since..until).contains(&delivery.created_at) && given_up.contains(&delivery.status)
            }));
            place = page.cursor.filter(|_| !passed);
            if place.is_none() || found.len() >= limit || reads >= MOST_READS {
                return Ok((found, place.map(|place| self.cursor(list, &place))));
            }
        }
    }

    /// Makes deliveries pending and due now, oldest first, with all their attempts before them.
    async fn rearm(&self, deliveries: &[Delivery]) -> Result<(), Problem> {
        let now = self.clock.now();
        let mut due: Vec<Delivery> = deliveries
            .iter()
            .cloned()
            .map(|delivery| Delivery {
                status: DeliveryStatus::Pending,
                attempts: 0,
                next_attempt_at: now,
                sweep_at: now + QUEUE_GRACE,
                lease_until: None,
                ..delivery
            })
            .collect();
        due.sort_by_key(|delivery| (delivery.created_at, delivery.key.seq));
        for delivery in &due {
            self.store.rearm(delivery).await?;
        }
        enqueue(&self.queue, &due).await;
        Ok(())
    }
}

impl Request {
    fn parse(body: &[u8], now: Timestamp) -> Result<Self, Problem> {
        let ObjectBody(map) = ObjectBody::parse(body)?;
        let mut faults = Faults::default();
        let mut reader = Reader::new(&map);
        let request = match reader.optional("eventId") {
            Some(_) => Self::event(&mut reader, &mut faults),
            None => Self::since(&mut reader, now, &mut faults),
        };
        reader.finish(&mut faults);
        faults.finish(request)
    }

    fn event(reader: &mut Reader<'_>, faults: &mut Faults) -> Option<Self> {
        let conversation =
            member::optional_parsed(reader, "conversationId", ConversationId::parse, faults);
        let event = reader.parsed("eventId", EventId::parse, faults)?;
        Some(Self::Event { event, conversation })
    }

    fn since(reader: &mut Reader<'_>, now: Timestamp, faults: &mut Faults) -> Option<Self> {
        let limit = member::whole(reader, "limit", 1..=MAX_REPLAY, faults);
        let limit = usize::try_from(limit.unwrap_or(DEFAULT_REPLAY)).ok()?;
        let cursor = reader.optional_text("cursor", 1_000, faults).map(str::to_owned);
        let until = member::instant(reader, "until", faults).unwrap_or(Timestamp::MAX);
        reader.required("since", faults)?;
        let since = member::instant(reader, "since", faults)?;
        if since < now - REACH || since > now {
            let message = "an instant within the last 30 days is expected";
            faults.push(Fault::new(reader.pointer("since"), "range", message));
        }
        if until <= since {
            let message = "an instant after `since` is expected";
            faults.push(Fault::new(reader.pointer("until"), "time_range", message));
        }
        Some(Self::Since { since, until, limit, cursor })
    }
}
