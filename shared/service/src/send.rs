//! *Send*: takes a message from a business and commits it, once per idempotency key.
//!
//! One atomic step writes the message, its place in the history and in the lane, and the record of
//! the key. The queue comes after; what it loses, the sweep finds in the row.

pub(crate) mod body;
mod check;
pub(crate) mod choices;
mod links;
pub(crate) mod order;
mod raw;
mod request;
mod showable;
mod text;
mod uploads;
mod verdict;

#[cfg(test)]
mod tests;

pub use body::MAX_UPLOADED_BODY;
pub use check::Check;
pub use request::{MAX_FALLBACKS, SendRequest, Way, WayKind, Wish};
pub use text::MAX_TEXT;
pub use verdict::{Changed, Chosen, Cut, Leaving, Verdict};

use amb_protocol::{capability::CapabilityList, id::MessageId};
use jiff::SignedDuration;
use std::time::Duration;

use crate::{
    access::Principal,
    dispatch::TRIES,
    model::{
        ConversationId, ConversationState, ConversationStatus, FileKey, IdempotencyKey,
        IdempotencyRecord, OutboundContent, OutboundMessage, OutboundPointer, OutboundStatus,
        PaymentId, Scope,
    },
    port::{
        Businesses, Clock, Conversations, Entropy, Files, IdempotencyRecords, Merchants,
        OutboundQueue, Outbox, Stepped, Templates,
    },
    problem::{Fault, Faults, Problem, chain},
};

use body::Body;
use choices::Composer;
use order::Order;

/// How long an idempotency key is remembered (spec/reliability §1.1).
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Messages of one conversation that may wait for Apple at once.
const LANE_MAX: usize = 100;

/// The longest `Prefer: wait`, in seconds.
pub const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// How often a waiting caller's message is looked at.
const WAIT_STEP: Duration = Duration::from_millis(150);

/// The largest content that is kept in the message's row, in bytes of JSON. DynamoDB bills the whole row
/// by the kilobyte at every write of it, five times on a message's way: from a few kilobytes on, a file
/// is cheaper; below 16 KB the round trip to it is worth more than the difference.
pub const MAX_IN_ROW: usize = 16 * 1024;

/// Sends messages.
#[derive(Debug)]
pub struct Send<S, Q, F, C> {
    store: S,
    queue: Q,
    files: F,
    clock: C,
}

/// A message that is committed.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Where it lies; `pointer.message` is its id.
    pub pointer: OutboundPointer,
    /// What it is: the type of its first choice.
    pub kind: &'static str,
    /// How it stands, as far as the caller waited.
    pub status: OutboundStatus,
    /// The payment that it asks for.
    pub payment: Option<PaymentId>,
    /// What was cut or ignored.
    pub warnings: Vec<Fault>,
    /// It was committed by an earlier request with the same key.
    pub replayed: bool,
}

/// The idempotency key of a request, and what it is held to.
struct Once {
    key: IdempotencyKey,
    /// SHA-256 of the body, hex.
    request_hash: String,
}

impl<S, Q, F, C> Send<S, Q, F, C>
where
    S: Businesses + Conversations + Outbox + IdempotencyRecords + Templates + Merchants,
    Q: OutboundQueue,
    F: Files,
    C: Clock + Entropy,
{
    /// Sends with these ports.
    pub fn new(store: S, queue: Q, files: F, clock: C) -> Self {
        Self { store, queue, files, clock }
    }

    /// Takes one request: `key` is the `Idempotency-Key` header, `body` the request body.
    pub async fn send(
        &self,
        principal: &Principal,
        key: Option<&str>,
        body: &[u8],
    ) -> Result<Sent, Problem> {
        self.take(Wanted::Message, principal, key, body).await
    }

    /// Asks for a payment: the same request without a type, which is `payment`.
    pub async fn ask(
        &self,
        principal: &Principal,
        key: Option<&str>,
        body: &[u8],
    ) -> Result<Sent, Problem> {
        self.take(Wanted::Payment, principal, key, body).await
    }

    async fn take(
        &self,
        wanted: Wanted,
        principal: &Principal,
        key: Option<&str>,
        body: &[u8],
    ) -> Result<Sent, Problem> {
        principal.require(Scope::Send)?;
        let key = key.and_then(IdempotencyKey::parse);
        let key = key.ok_or_else(Problem::idempotency_key_required)?;
        let Body { hash, mut map } = Body::read(&self.files, &principal.tenant, body).await?;
        let once = Once { key, request_hash: hash };
        let mut faults = Faults::default();
        if wanted == Wanted::Payment && map.insert("type".into(), "payment".into()).is_some() {
            let message = "what is asked for here is always a payment";
            faults.push(Fault::new("/type", "unknown_field", message).fix("remove it"));
        }
        let request = SendRequest::read(&map, &mut faults);
        let may_change = choices::may_change(&request.wish);
        let order = self.order(wanted, principal, request, faults).await;
        drop(map);
        let (problem, order) = match order {
            Ok(mut order) => match self.commit(principal, &mut order, &once).await {
                Ok((pointer, replayed)) => return self.sent(order, pointer, replayed).await,
                Err(problem) => (problem, Some(order)),
            },
            Err(problem) => (problem, None),
        };
        // A request that is refused now may have been taken before: then the first answer stands.
        if may_change || depends_on_the_moment(&problem) {
            return self.repeated(principal, order, &once, problem).await;
        }
        Err(problem)
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

    /// Composes what a request asks for; or tells every fault of it.
    async fn order(
        &self,
        wanted: Wanted,
        principal: &Principal,
        request: SendRequest<'_>,
        mut faults: Faults,
    ) -> Result<Order, Problem> {
        let locale = order::locale(&request, principal, &self.store).await?;
        let composer = Composer {
            templates: &self.store,
            principal,
            business: request.from.as_ref(),
            locale: locale.as_deref(),
            request_identifier: &order::draw_request_identifier(&self.clock),
        };
        let said = composer.compose(&request.wish, &mut faults).await?;
        if let Some(said) = said.as_ref().filter(|_| faults.is_empty()) {
            let tenant = &principal.tenant;
            faults.extend(uploads::faults(&self.files, tenant, &said.content).await?);
        }
        let order = Order::of(request, said, faults)?;
        if wanted == Wanted::Payment && order.payment.is_none() {
            let message = "a payment at a gateway of your own is none that is kept here";
            let fault =
                Fault::new("/content/endpoints/paymentGatewayUrl", "payment_foreign", message);
            let fix = "send it as a message of type `payment`, or leave the gateway to us";
            return Err(Problem::faulty(vec![fault.fix(fix)]));
        }
        Ok(order)
    }

    /// The answer. What was committed before has the payment that it had then.
    async fn sent(
        &self,
        order: Order,
        pointer: OutboundPointer,
        replayed: bool,
    ) -> Result<Sent, Problem> {
        let mut sent = order.sent(pointer, replayed);
        if replayed && sent.payment.is_some() {
            let row = self.store.find(&sent.pointer).await?;
            sent.payment = row.as_ref().and_then(payment_of);
        }
        Ok(sent)
    }

    /// Commits the order, and answers where it lies and whether it had been committed before.
    async fn commit(
        &self,
        principal: &Principal,
        order: &mut Order,
        once: &Once,
    ) -> Result<(OutboundPointer, bool), Problem> {
        let business = principal.on(self.store.business(&order.from).await?)?;
        let conversation = ConversationId::of(&business.id, &order.to);
        let message = self.draw_message_id();
        let pointer = OutboundPointer { tenant: business.tenant, conversation, message };
        for _ in 0..TRIES {
            let now = self.clock.now();
            let state = self.store.load(&pointer.tenant, &pointer.conversation).await?;
            let state = may_send(state, order, &pointer, now)?;
            let device = CapabilityList::parse(&state.capabilities.join(","));
            showable::choose(&order.needs, &order.places, &device).map_err(showable::refuse)?;
            self.put_aside(&mut order.content, &pointer).await?;
            let record = IdempotencyRecord {
                tenant: pointer.tenant.clone(),
                key: once.key.clone(),
                request_hash: once.request_hash.clone(),
                pointer: pointer.clone(),
                created_at: now,
                expires_at: now + KEY_LIFE,
            };
            match self.store.step(&order.plan(state, &pointer, record, now)).await? {
                Stepped::Done => {
                    self.enqueue(&pointer).await;
                    return Ok((pointer, false));
                }
                Stepped::Repeated(record) => return Ok((same(record, once)?, true)),
                Stepped::Moved | Stepped::Claimed(_) | Stepped::Finished => {}
            }
        }
        Err(Problem::unavailable().retry_after(1))
    }

    async fn repeated(
        &self,
        principal: &Principal,
        order: Option<Order>,
        once: &Once,
        problem: Problem,
    ) -> Result<Sent, Problem> {
        let now = self.clock.now();
        let record = self.store.idempotency_record(&principal.tenant, &once.key).await?;
        let Some(record) = record.filter(|record| now < record.expires_at) else {
            return Err(problem);
        };
        let pointer = same(record, once)?;
        if let Some(order) = order {
            return self.sent(order, pointer, true).await;
        }
        let row = self.store.find(&pointer).await?;
        let kind = row.as_ref().map_or("text", |row| row.content.kind());
        let is_payment = |row: &&OutboundMessage| row.content.kind() == "payment";
        let payment = row.as_ref().filter(is_payment).and_then(payment_of);
        let status = OutboundStatus::Queued;
        Ok(Sent { pointer, kind, status, payment, warnings: Vec::new(), replayed: true })
    }

    /// Puts content that is too large for a row into a file. Should the commit fail, the file expires
    /// with its prefix: nobody names it.
    async fn put_aside(
        &self,
        content: &mut OutboundContent,
        pointer: &OutboundPointer,
    ) -> Result<(), Problem> {
        let OutboundContent::Choices { choices } = content else { return Ok(()) };
        let Some(kind) = choices.first().map(|choice| choice.kind) else { return Ok(()) };
        let Ok(bytes) = serde_json::to_vec(choices) else { return Ok(()) };
        if bytes.len() <= MAX_IN_ROW {
            return Ok(());
        }
        let file = FileKey::outbound(&pointer.tenant, pointer.message);
        self.files.put_file(&file, "application/json", bytes).await?;
        *content = OutboundContent::Stored { kind, file };
        Ok(())
    }

    async fn enqueue(&self, pointer: &OutboundPointer) {
        if let Err(error) = self.queue.enqueue_outbound(pointer, "first").await {
            tracing::warn!(error = %chain(&error), "a message is left to the sweep");
        }
    }

    fn draw_message_id(&self) -> MessageId {
        uuid_of(&self.clock).into()
    }
}

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    Message,
    Payment,
}

/// The payment that a message asks for: its bubble repeats it.
fn payment_of(message: &OutboundMessage) -> Option<PaymentId> {
    message.progress.request_identifier.as_ref().and_then(PaymentId::of)
}

/// A random UUID.
fn uuid_of(entropy: &impl Entropy) -> uuid::Uuid {
    let mut bytes = [0; 16];
    entropy.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// The conversation as it may be written to; an invitation starts one of its own.
fn may_send(
    state: Option<ConversationState>,
    order: &Order,
    pointer: &OutboundPointer,
    now: jiff::Timestamp,
) -> Result<ConversationState, Problem> {
    let begun = || {
        let (business, to) = (order.from.clone(), order.to.clone());
        ConversationState::new(pointer.tenant.clone(), business, to, now)
    };
    let state = state.or_else(|| order.invites.then(begun));
    let state = state.ok_or_else(Problem::no_conversation)?;
    if state.status == ConversationStatus::Closed {
        return Err(Problem::conversation_closed());
    }
    if state.lane.len() >= LANE_MAX {
        return Err(Problem::conversation_busy().retry_after(5));
    }
    Ok(state)
}

/// Whether the same request may have been fine at another time: the customer had not left, or the
/// upload had not expired.
fn depends_on_the_moment(problem: &Problem) -> bool {
    problem.status == 409
        || problem.code == Problem::not_showable().code
        || problem.errors.iter().any(|fault| fault.rule == uploads::MISSING)
}

/// The message that the key was used for before, by the same request.
fn same(record: IdempotencyRecord, once: &Once) -> Result<OutboundPointer, Problem> {
    if record.request_hash != once.request_hash {
        return Err(Problem::idempotency_key_reused());
    }
    Ok(record.pointer)
}
