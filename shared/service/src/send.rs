//! *Send*: takes a message from a business and commits it, once per idempotency key.
//!
//! One atomic step writes the message, its place in the history and in the lane, and the record of
//! the key. The queue comes after; what it loses, the sweep finds in the row.

mod request;

pub use request::{MAX_TEXT, SendRequest};

use amb_protocol::id::{MessageId, OpaqueId};
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

use crate::{
    access::Principal,
    dispatch::TRIES,
    model::{
        Context, ConversationId, ConversationState, ConversationStatus, IdempotencyKey,
        IdempotencyRecord, LaneEntry, OutboundMessage, OutboundPointer, OutboundStatus, Progress,
        QUEUE_GRACE, Scope, TimelineEntry, TimelineItem, body_hash,
    },
    port::{
        Businesses, ClaimScope, Clock, Conversations, Entropy, IdempotencyRecords, MessageClaim,
        OutboundQueue, Outbox, Step, Stepped,
    },
    problem::{Problem, chain},
};

/// How long an idempotency key is remembered (spec/reliability §1.1).
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Messages of one conversation that may wait for Apple at once.
const LANE_MAX: usize = 100;

/// The longest `Prefer: wait`, in seconds.
pub const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How often a waiting caller's message is looked at.
const WAIT_STEP: Duration = Duration::from_millis(150);

/// Sends messages.
#[derive(Debug)]
pub struct Send<S, Q, C> {
    store: S,
    queue: Q,
    clock: C,
}

/// A message that is committed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Where it lies; `pointer.message` is its id.
    pub pointer: OutboundPointer,
    /// How it stands, as far as the caller waited.
    pub status: OutboundStatus,
    /// It was committed by an earlier request with the same key.
    pub replayed: bool,
}

impl<S, Q, C> Send<S, Q, C>
where
    S: Businesses + Conversations + Outbox + IdempotencyRecords,
    Q: OutboundQueue,
    C: Clock + Entropy,
{
    /// Sends with these ports.
    pub fn new(store: S, queue: Q, clock: C) -> Self {
        Self { store, queue, clock }
    }

    /// Takes one request: `key` is the `Idempotency-Key` header, `body` the request body.
    pub async fn send(
        &self,
        principal: &Principal,
        key: Option<&str>,
        body: &[u8],
    ) -> Result<Sent, Problem> {
        principal.require(Scope::Send)?;
        let key = key.and_then(IdempotencyKey::parse);
        let key = key.ok_or_else(Problem::idempotency_key_required)?;
        let request = SendRequest::parse(body)?;
        let request_hash = HEXLOWER.encode(&body_hash(body));
        match self.commit(principal, &request, &key, &request_hash).await {
            Ok(sent) => Ok(sent),
            Err(problem) => self.repeated(principal, &key, &request_hash, problem).await,
        }
    }

    /// Waits until Apple took or refused the message, at most so long.
    pub async fn wait(&self, mut sent: Sent, at_most: Duration) -> Result<Sent, Problem> {
        let until = self.clock.now() + at_most.min(LONGEST_WAIT);
        loop {
            if let Some(message) = self.store.find(&sent.pointer).await? {
                sent.status = message.status;
            }
            if sent.status != OutboundStatus::Queued || self.clock.now() >= until {
                return Ok(sent);
            }
            self.clock.sleep(WAIT_STEP).await;
        }
    }

    async fn commit(
        &self,
        principal: &Principal,
        request: &SendRequest,
        key: &IdempotencyKey,
        request_hash: &str,
    ) -> Result<Sent, Problem> {
        let business = principal.on(self.store.business(&request.from).await?)?;
        let conversation = ConversationId::of(&business.id, &request.to);
        let message = self.draw_message_id();
        let pointer = OutboundPointer { tenant: business.tenant, conversation, message };
        for _ in 0..TRIES {
            let now = self.clock.now();
            let state = self.store.load(&pointer.tenant, &pointer.conversation).await?;
            let state = may_send(state)?;
            let record = IdempotencyRecord {
                tenant: pointer.tenant.clone(),
                key: key.clone(),
                request_hash: request_hash.to_owned(),
                pointer: pointer.clone(),
                created_at: now,
                expires_at: now + KEY_LIFE,
            };
            match self.store.step(&plan(state, request, &pointer, record, now)).await? {
                Stepped::Done => {
                    self.enqueue(&pointer).await;
                    let status = OutboundStatus::Queued;
                    return Ok(Sent { pointer, status, replayed: false });
                }
                Stepped::Repeated(record) => return replay(record, request_hash),
                Stepped::Moved | Stepped::Claimed(_) | Stepped::Finished => {}
            }
        }
        Err(Problem::unavailable().retry_after(1))
    }

    /// A request that is refused now may have been taken before: then the first answer stands.
    async fn repeated(
        &self,
        principal: &Principal,
        key: &IdempotencyKey,
        request_hash: &str,
        problem: Problem,
    ) -> Result<Sent, Problem> {
        if problem.status != 409 {
            return Err(problem);
        }
        let now = self.clock.now();
        let record = self.store.idempotency_record(&principal.tenant, key).await?;
        match record.filter(|record| now < record.expires_at) {
            Some(record) => replay(record, request_hash),
            None => Err(problem),
        }
    }

    async fn enqueue(&self, pointer: &OutboundPointer) {
        if let Err(error) = self.queue.enqueue_outbound(pointer, "first").await {
            tracing::warn!(error = %chain(&error), "a message is left to the sweep");
        }
    }

    fn draw_message_id(&self) -> MessageId {
        let mut bytes = [0; 16];
        self.clock.fill(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().into()
    }
}

fn may_send(state: Option<ConversationState>) -> Result<ConversationState, Problem> {
    let state = state.ok_or_else(Problem::no_conversation)?;
    if state.status == ConversationStatus::Closed {
        return Err(Problem::conversation_closed());
    }
    if state.lane.len() >= LANE_MAX {
        return Err(Problem::conversation_busy().retry_after(5));
    }
    Ok(state)
}

fn plan(
    mut state: ConversationState,
    request: &SendRequest,
    pointer: &OutboundPointer,
    record: IdempotencyRecord,
    now: Timestamp,
) -> Step {
    let opaque: OpaqueId = request.to.clone();
    state.revision += 1;
    state.lane.push(LaneEntry { message: pointer.message });
    let mut entries = Vec::new();
    let mut claim = None;
    if !request.content.is_ephemeral() {
        let seq = state.next_seq();
        let item = TimelineItem::Sent { message: pointer.message };
        entries.push(TimelineEntry { seq, at: now, item, context: Context::default() });
        claim = Some(MessageClaim {
            tenant: pointer.tenant.clone(),
            message: pointer.message,
            conversation: pointer.conversation.clone(),
            seq,
            scope: ClaimScope::Tenant,
        });
    }
    let outbound = OutboundMessage {
        pointer: pointer.clone(),
        business: request.from.clone(),
        opaque,
        content: request.content.clone(),
        bot: request.bot,
        agent: request.agent.clone(),
        callback_data: request.callback_data.clone(),
        status: OutboundStatus::Queued,
        progress: Progress::default(),
        attempts: 0,
        outcome_unknown: false,
        created_at: now,
        next_attempt_at: now,
        sweep_at: now + QUEUE_GRACE,
        lease_until: None,
        finished_at: None,
    };
    Step { entries, claim, outbound: Some(outbound), idempotency: Some(record), ..Step::to(state) }
}

fn replay(record: IdempotencyRecord, request_hash: &str) -> Result<Sent, Problem> {
    if record.request_hash != request_hash {
        return Err(Problem::idempotency_key_reused());
    }
    Ok(Sent { pointer: record.pointer, status: OutboundStatus::Queued, replayed: true })
}
