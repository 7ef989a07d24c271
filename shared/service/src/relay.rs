//! *Relay*: posts outbound messages to Apple, one at a time per conversation, in the order in which
//! they were committed, and with the same `id` on every attempt.
//!
//! A message may be several of Apple's: they leave one after the other, each under an id of its own
//! made from the message's, and what Apple took is written down before the next one leaves.
//!
//! Files that go with a message are brought to Apple by others. Their message waits, and the lane with
//! it: it never names a file that Apple has not confirmed.

mod attempt;
mod choice;
mod end;
mod file;
mod judge;
mod link;
mod part;
mod reference;

use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

use crate::{
    keyring::{KeyRing, KeyRingError},
    model::{
        ConversationState, ConversationStatus, FailureCode, OutboundMessage, OutboundPointer,
        OutboundStatus, QUEUE_GRACE, Waited,
    },
    payment::opening::{NoPayments, OpensPayments},
    port::{
        AppleFiles, AppleSecrets, Clock, Conversations, DataRefs, DeliveryQueue, EndpointDirectory,
        Entropy, Files, Gateway, Outbox, OutboxLease, PayloadQueue, Payloads, PortError, Web,
    },
    prepare::Prepare,
};
use attempt::Attempt;

/// How long a worker holds a message: longer than a function may run.
const LEASE: SignedDuration = SignedDuration::from_secs(35);
/// A message that Apple cannot be given within this time is given up, and the lane moves on (F089).
const DEADLINE: SignedDuration = SignedDuration::from_mins(10);
/// The same for a message that has to wait for its files.
const FILES_DEADLINE: SignedDuration = SignedDuration::from_mins(30);
/// A typing indicator is worthless after this (F088).
const TYPING_LIFE: SignedDuration = SignedDuration::from_secs(10);

/// Who speaks to Apple where the business names nobody: `msp-agent`.
pub const AGENT: &str = "amb-msp";

/// Relays messages to Apple.
#[derive(Debug)]
pub struct Relay<S, Q, G, K, F, W, C, O = NoPayments> {
    store: S,
    queue: Q,
    gateway: G,
    keys: KeyRing<K, C>,
    prepare: Prepare<F, W, C>,
    payments: O,
    clock: C,
}

/// Every table port that the relay uses.
pub trait RelayTables:
    Conversations + Outbox + EndpointDirectory + DataRefs + Payloads + AppleFiles
{
}

impl<T> RelayTables for T where
    T: Conversations + Outbox + EndpointDirectory + DataRefs + Payloads + AppleFiles
{
}

/// What one queue message came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relayed {
    /// The message came to an end, now or earlier.
    Finished,
    /// It has to be tried again after this pause.
    Again(Duration),
}

/// Why a message could not be attempted or written down; the queue message has to come again.
#[derive(Debug, thiserror::Error)]
pub enum RelayError {
    /// A port failed.
    #[error("a message could not be relayed")]
    Port(#[from] PortError),
    /// There is no key to sign with.
    #[error("there is no key to sign with")]
    Keys(#[from] KeyRingError),
    /// The conversation moved on under every try.
    #[error("the conversation did not hold still")]
    Contended,
    /// The lease ran out, and another worker has the message.
    #[error("another worker took the message over")]
    Overtaken,
}

impl<S, Q, G, K, F, W, C> Relay<S, Q, G, K, F, W, C>
where
    K: AppleSecrets,
    C: Clock + Entropy + Clone,
{
    /// Relays with these ports, and asks for no payments.
    pub fn new(
        store: S,
        queue: Q,
        gateway: G,
        secrets: K,
        prepare: Prepare<F, W, C>,
        clock: C,
    ) -> Self {
        let keys = KeyRing::new(secrets, clock.clone());
        Self { store, queue, gateway, keys, prepare, payments: NoPayments, clock }
    }

    /// The same, with somebody who opens payments.
    pub fn with_payments<O>(self, payments: O) -> Relay<S, Q, G, K, F, W, C, O> {
        let Self { store, queue, gateway, keys, prepare, payments: NoPayments, clock } = self;
        Relay { store, queue, gateway, keys, prepare, payments, clock }
    }
}

impl<S, Q, G, K, F, W, C, O> Relay<S, Q, G, K, F, W, C, O>
where
    S: RelayTables,
    Q: DeliveryQueue + PayloadQueue,
    G: Gateway,
    K: AppleSecrets,
    F: Files,
    W: Web,
    C: Clock + Entropy + Clone,
    O: OpensPayments,
{
    /// Handles one message of the outbound queue: everything in the lane up to it, oldest first.
    pub async fn relay(&self, pointer: &OutboundPointer) -> Result<Relayed, RelayError> {
        loop {
            let state = self.store.load(&pointer.tenant, &pointer.conversation).await?;
            let Some(state) = state else { return Ok(Relayed::Finished) };
            let waits = state.lane.iter().any(|entry| entry.message == pointer.message);
            let Some(head) = state.lane.first().filter(|_| waits) else {
                return Ok(Relayed::Finished);
            };
            let head = OutboundPointer { message: head.message, ..pointer.clone() };
            if let Relayed::Again(pause) = self.relay_head(&head, &state).await? {
                return Ok(Relayed::Again(pause));
            }
        }
    }

    /// `state`: as it was a moment ago, when the lane was read.
    async fn relay_head(
        &self,
        head: &OutboundPointer,
        state: &ConversationState,
    ) -> Result<Relayed, RelayError> {
        let now = self.clock.now();
        let lease = now + LEASE;
        let mut message = match self.store.lease_message(head, now, lease).await? {
            OutboxLease::Taken(message) => message,
            OutboxLease::Busy(until) => return Ok(Relayed::Again(pause_until(now, until))),
            OutboxLease::Over => {
                self.drop_from_lane(head).await?;
                return Ok(Relayed::Finished);
            }
        };
        let closed = state.status == ConversationStatus::Closed;
        let mut kept = Vec::new();
        let begun = state.waited_until.map_or(message.created_at, |at| at.max(message.created_at));
        let attempt = match given_up(&message, begun, closed, now) {
            Some(status) => Attempt::End(status),
            None => self.attempt(&mut message, state, lease, &mut kept).await?,
        };
        let relayed = match attempt {
            Attempt::End(status) => self.finish(message, status, false).await?,
            Attempt::CustomerLeft(detail) => {
                let code = FailureCode::ConversationClosed;
                self.finish(message, OutboundStatus::Failed { code, detail }, true).await?
            }
            Attempt::Later { pause, unknown } => {
                self.postpone(message, lease, pause, unknown).await?;
                Relayed::Again(pause)
            }
            Attempt::Waiting(pause) => {
                message.progress.waited = Waited::Now;
                // Apple was not asked: the pauses after what it answers begin with the first answer.
                message.attempts = message.attempts.saturating_sub(1);
                self.postpone(message, lease, pause, false).await?;
                Relayed::Again(pause)
            }
        };
        self.keep(kept).await;
        Ok(relayed)
    }

    async fn postpone(
        &self,
        mut message: OutboundMessage,
        lease: Timestamp,
        pause: Duration,
        unknown: bool,
    ) -> Result<(), PortError> {
        message.next_attempt_at = self.clock.now() + pause;
        message.sweep_at = message.next_attempt_at + QUEUE_GRACE;
        message.outcome_unknown |= unknown;
        message.lease_until = None;
        self.store.postpone(&message, lease).await
    }
}

/// The end of a message that is not worth an attempt any more. `begun`: since when it might have had its
/// turn, as far as files of others are concerned.
fn given_up(
    message: &OutboundMessage,
    begun: Timestamp,
    closed: bool,
    now: Timestamp,
) -> Option<OutboundStatus> {
    let sent = message.progress.parts_sent;
    let detail = || (sent > 0).then(|| format!("parts that Apple took before: {sent}"));
    let failed = |code| Some(OutboundStatus::Failed { code, detail: detail() });
    let waited = message.progress.waited;
    let end = match waited {
        _ if message.content.is_ephemeral() => message.created_at + TYPING_LIFE,
        Waited::Never => begun + DEADLINE,
        Waited::Now | Waited::Before => begun + FILES_DEADLINE,
    };
    let late = end <= now;
    // An attempt that was begun and never written down may have reached Apple.
    let unknown = message.outcome_unknown;
    match (closed, late) {
        (true, _) if unknown => Some(OutboundStatus::Unknown),
        (true, _) => failed(FailureCode::ConversationClosed),
        (false, true) if message.content.is_ephemeral() => failed(FailureCode::Expired),
        (false, true) if unknown => Some(OutboundStatus::Unknown),
        (false, true) if waited == Waited::Now => failed(FailureCode::AttachmentUnusable),
        (false, true) => failed(FailureCode::GatewayUnavailable),
        (false, false) => None,
    }
}

fn pause_until(now: Timestamp, until: Timestamp) -> Duration {
    now.duration_until(until).max(SignedDuration::from_secs(1)).unsigned_abs()
}
