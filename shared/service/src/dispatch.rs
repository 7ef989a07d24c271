//! *Dispatch*: gives a committed message its place in its conversation and owes it to every endpoint
//! that hears it.
//!
//! One atomic step writes the place, the new state of the conversation, the deliveries and what has to
//! be fetched; then deliveries and payloads are enqueued. Everything is repeatable: a redelivered
//! record finds the message claimed, and what was never enqueued is found by the sweep.
//!
//! A message whose answer has to be fetched has its place at once; it is told when it is there, and an
//! ordered endpoint hears of nothing that came later before that.

mod fetched;
mod gathered;
mod paid;
mod plan;

pub use gathered::Gathered;
pub(crate) use paid::{enqueue_paid, keep_reply};
pub use plan::{Answered, Plan, Reading, event_type, json_of, plan, reaction, read};
pub(crate) use plan::{parked, push, source_of};

use amb_protocol::{id::BusinessId, inbound::Envelope, reply::Reply};
use std::time::Duration;

use crate::{
    model::{
        ConversationState, Delivery, DeliveryKey, DeliveryPointer, DeliveryStatus, Endpoint,
        EndpointId, EventId, EventStream, EventType, Heard, InboxMessage, InboxSort,
        OutboundPointer, Payload, TenantId, TimelineEntry, TimelineItem,
    },
    port::{
        Businesses, Clock, Conversations, DeliveryQueue, EndpointDirectory, Outbox, PayloadQueue,
        Payments, PortError, QueuedDelivery, SettlementQueue, Step, Stepped,
    },
    problem::chain,
    ttl_cache::TtlCache,
};

/// Dispatches committed messages.
#[derive(Debug)]
pub struct Dispatch<S, Q, C> {
    store: S,
    queue: Q,
    clock: C,
    suspended: TtlCache<BusinessId, bool>,
}

/// What dispatching a message came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dispatched {
    /// It has its place now.
    Placed,
    /// It had its place before.
    AlreadyPlaced,
    /// It was ephemeral, and passed on.
    PassedOn,
}

/// Why a message could not be dispatched now.
#[derive(Debug, thiserror::Error)]
pub enum DispatchError {
    /// A port failed.
    #[error("a message could not be given its place")]
    Port(#[from] PortError),
    /// The conversation moved on under every try.
    #[error("the conversation did not hold still")]
    Contended,
}

/// Steps are planned again when the conversation moved meanwhile, so often.
pub(crate) const TRIES: u32 = 8;

/// Lets the others get their step done before the next try: many files and answers of one customer
/// end at the same moment.
pub(crate) async fn stand_back(clock: &impl Clock, tries: u32) {
    const FIRST: Duration = Duration::from_millis(5);
    clock.sleep(FIRST * 2_u32.saturating_pow(tries.min(6))).await;
}

impl<S, Q, C> Dispatch<S, Q, C>
where
    S: Conversations + EndpointDirectory + Businesses + Outbox + Payments,
    Q: DeliveryQueue + PayloadQueue + SettlementQueue,
    C: Clock,
{
    /// How long a business is taken to be suspended or not, and one that is gone to be gone.
    const SUSPENDED_LIFE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(10));
    const BUSINESSES_REMEMBERED: usize = 4096;

    /// Dispatches with these ports.
    pub fn new(store: S, queue: Q, clock: C) -> Self {
        let (life, absence) = Self::SUSPENDED_LIFE;
        let suspended = TtlCache::new(life, absence, Self::BUSINESSES_REMEMBERED);
        Self { store, queue, clock, suspended }
    }

    /// Dispatches one message.
    pub async fn dispatch(&self, message: &InboxMessage) -> Result<Dispatched, DispatchError> {
        match message.pointer.sort {
            InboxSort::Typing { start, .. } => {
                // Best effort: an indicator that comes late is worth nothing, and must not hold up
                // the messages behind it in the stream.
                if let Err(error) = self.pass_on_typing(message, start).await {
                    tracing::warn!(error = %chain(&error), "a typing event was dropped");
                }
                Ok(Dispatched::PassedOn)
            }
            InboxSort::Message(_) => self.place(message).await,
        }
    }

    async fn place(&self, message: &InboxMessage) -> Result<Dispatched, DispatchError> {
        let suspended = self.is_suspended(&message.business).await?;
        let reading = read(message, suspended);
        let paid = match &reading {
            Reading::Message(envelope) => keep_reply(&self.store, message, envelope).await?,
            _ => None,
        };
        let placed = self.place_as(message, &reading).await?;
        enqueue_paid(&self.queue, paid.as_ref(), Duration::ZERO).await?;
        Ok(placed)
    }

    async fn place_as(
        &self,
        message: &InboxMessage,
        reading: &Reading,
    ) -> Result<Dispatched, DispatchError> {
        match self.settle(message, reading).await? {
            // The same id under another conversation: Apple never does that. The words are kept and
            // the tenant is told (F005).
            Stepped::Claimed(claim) if claim.conversation != message.pointer.conversation => {
                match self.settle(message, &Reading::IdConflict).await? {
                    Stepped::Claimed(_) => Ok(Dispatched::AlreadyPlaced),
                    _ => Ok(Dispatched::Placed),
                }
            }
            Stepped::Claimed(_) => Ok(Dispatched::AlreadyPlaced),
            _ => Ok(Dispatched::Placed),
        }
    }

    async fn is_suspended(&self, business: &BusinessId) -> Result<bool, PortError> {
        let now = self.clock.now();
        if let Some(known) = self.suspended.recall(business, now) {
            return Ok(known.unwrap_or(false));
        }
        let found = self.store.business(business).await?;
        let suspended = found.map(|found| found.status.is_suspended());
        self.suspended.remember(business.clone(), suspended, now);
        Ok(suspended.unwrap_or(false))
    }

    /// Plans and steps until the conversation holds still: `Done`, or `Claimed` by an earlier run.
    async fn settle(
        &self,
        message: &InboxMessage,
        reading: &Reading,
    ) -> Result<Stepped, DispatchError> {
        let (tenant, conversation) = (&message.pointer.tenant, &message.pointer.conversation);
        for tries in 0..TRIES {
            let before = self.store.load(tenant, conversation).await?;
            let before = before.unwrap_or_else(|| unheard_of(message));
            let answered = match reading {
                Reading::Message(envelope) => answered(&self.store, &before, envelope).await?,
                _ => None,
            };
            let planned = plan(before, message, reading, answered, self.clock.now());
            let step = self.owe(tenant, planned).await?;
            match self.store.step(&step).await? {
                Stepped::Done => {
                    // First what has to be fetched: Apple's links die within seconds.
                    enqueue_payloads(&self.queue, &step.payloads).await;
                    enqueue(&self.queue, &step.deliveries).await;
                    return Ok(Stepped::Done);
                }
                Stepped::Claimed(claim) => return Ok(Stepped::Claimed(claim)),
                Stepped::Moved | Stepped::Repeated(_) | Stepped::Finished => {}
            }
            stand_back(&self.clock, tries).await;
        }
        Err(DispatchError::Contended)
    }

    /// Turns a plan into a step that owes every entry to the endpoints that hear it.
    async fn owe(&self, tenant: &TenantId, mut planned: Plan) -> Result<Step, PortError> {
        let endpoints = self.store.endpoints(tenant).await?;
        let mut deliveries = deliveries(&planned.state, &planned.entries, &endpoints);
        deliveries.extend(hold(&planned.state, &mut planned.entries, &endpoints));
        Ok(Step {
            claim: planned.claim,
            entries: planned.entries,
            deliveries,
            payloads: planned.payloads,
            ..Step::to(planned.state)
        })
    }

    async fn pass_on_typing(&self, message: &InboxMessage, start: bool) -> Result<(), PortError> {
        let kind = if start { EventType::TypingStarted } else { EventType::TypingEnded };
        let (tenant, conversation) = (&message.pointer.tenant, &message.pointer.conversation);
        let mut endpoints = self.store.endpoints(tenant).await?;
        endpoints.retain(|endpoint| endpoint.hears(kind));
        if endpoints.iter().any(|endpoint| !endpoint.routes.is_empty()) {
            let state = self.store.load(tenant, conversation).await?;
            let state = state.unwrap_or_else(|| unheard_of(message));
            endpoints.retain(|endpoint| endpoint.hears_of(&Heard::of(&state)));
        }
        let pointers: Vec<_> = endpoints
            .iter()
            .map(|endpoint| {
                QueuedDelivery::now(DeliveryPointer::Typing {
                    inbox: message.pointer.clone(),
                    endpoint: endpoint.id.clone(),
                })
            })
            .collect();
        if !pointers.is_empty() {
            self.queue.enqueue_deliveries(&pointers).await?;
        }
        Ok(())
    }
}

/// The message of ours that a reply answers, if it is one of the latest, and the business's own
/// reference of it.
pub(crate) async fn answered(
    outbox: &impl Outbox,
    state: &ConversationState,
    envelope: &Envelope,
) -> Result<Option<Answered>, PortError> {
    let request = envelope.interactive_data.as_deref().map(Reply::parse);
    let request = request.and_then(|reply| reply.request_identifier);
    let Some(message) = request.and_then(|request| state.asked(&request)) else {
        return Ok(None);
    };
    let (tenant, conversation) = (state.tenant.clone(), state.id.clone());
    let found = outbox.find(&OutboundPointer { tenant, conversation, message }).await?;
    let callback_data = found.and_then(|found| found.callback_data);
    Ok(Some(Answered { message, callback_data }))
}

/// The conversation that a customer's first message begins.
fn unheard_of(message: &InboxMessage) -> ConversationState {
    ConversationState::new(
        message.pointer.tenant.clone(),
        message.business.clone(),
        message.opaque.clone(),
        message.received_at,
    )
}

/// The deliveries owed for the events among these entries.
pub(crate) fn deliveries(
    state: &ConversationState,
    entries: &[TimelineEntry],
    endpoints: &[Endpoint],
) -> Vec<Delivery> {
    let heard = Heard::of(state);
    let listening: Vec<_> = endpoints.iter().filter(|endpoint| endpoint.hears_of(&heard)).collect();
    let mut owed = Vec::new();
    for entry in entries {
        let TimelineItem::Event { id, kind, .. } = &entry.item else { continue };
        for endpoint in listening.iter().filter(|endpoint| endpoint.hears(*kind)) {
            let key = delivery_key(state, endpoint.id.clone(), entry.seq);
            let business = Some(state.business.clone());
            owed.push(Delivery::new(key, id.clone(), *kind, business, entry.at));
        }
    }
    owed
}

/// Holds a place in the line of every ordered endpoint that hears of answers, or that there is none, for
/// those that are awaited among these entries.
fn hold(
    state: &ConversationState,
    entries: &mut [TimelineEntry],
    endpoints: &[Endpoint],
) -> Vec<Delivery> {
    const KINDS: [EventType; 2] = [EventType::InteractiveReplied, EventType::MessageParked];
    let heard = Heard::of(state);
    let waits = |endpoint: &&Endpoint| {
        let hears = KINDS.iter().any(|kind| endpoint.hears(*kind));
        endpoint.ordered && endpoint.hears_of(&heard) && hears
    };
    let waiting: Vec<_> = endpoints.iter().filter(waits).map(|found| found.id.clone()).collect();
    let mut deliveries = Vec::new();
    for entry in entries {
        let TimelineItem::Awaited { held, .. } = &mut entry.item else { continue };
        held.clone_from(&waiting);
        deliveries.extend(waiting.iter().map(|endpoint| {
            let key = delivery_key(state, endpoint.clone(), entry.seq);
            let event = EventId::of(state.id.as_str(), &entry.seq.to_string());
            Delivery::held(key, event, KINDS[0], state.business.clone(), entry.at)
        }));
    }
    deliveries
}

/// The place of a delivery of this conversation.
pub(crate) fn delivery_key(
    state: &ConversationState,
    endpoint: EndpointId,
    seq: u64,
) -> DeliveryKey {
    let stream = EventStream::Conversation(state.id.clone());
    DeliveryKey { tenant: state.tenant.clone(), stream, endpoint, seq }
}

/// Enqueues what a step has to have fetched. What the queue does not take is found by the sweep.
async fn enqueue_payloads(queue: &impl PayloadQueue, payloads: &[Payload]) {
    for payload in payloads {
        if let Err(error) = queue.enqueue_payload(&payload.pointer, Duration::ZERO).await {
            tracing::warn!(error = %chain(&error), "a payload is left to the sweep");
        }
    }
}

/// Enqueues what a step owes.
pub(crate) async fn enqueue(queue: &impl DeliveryQueue, deliveries: &[Delivery]) {
    let owed: Vec<_> = deliveries
        .iter()
        .filter(|delivery| delivery.status == DeliveryStatus::Pending && !delivery.is_held())
        .map(|delivery| QueuedDelivery::now(DeliveryPointer::Stored(delivery.key.clone())))
        .collect();
    enqueue_owed(queue, &owed).await;
}

/// Enqueues what is owed. What the queue does not take stays due in its row, and the sweep finds it
/// there: a failure here must not undo the step.
async fn enqueue_owed(queue: &impl DeliveryQueue, owed: &[QueuedDelivery]) {
    if owed.is_empty() {
        return;
    }
    match queue.enqueue_deliveries(owed).await {
        Ok(left) if left.is_empty() => {}
        Ok(left) => tracing::warn!(left = left.len(), "deliveries left to the sweep"),
        Err(error) => tracing::warn!(error = %chain(&error), "deliveries left to the sweep"),
    }
}
