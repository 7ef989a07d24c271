//! *Relay*: posts outbound messages to Apple, one at a time per conversation, in the order in which
//! they were committed, and with the same `id` on every attempt.

use amb_protocol::{
    gateway::GatewayStatus,
    id::MessageId,
    outbound::{Message, OutboundType},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use std::time::Duration;

use crate::{
    dispatch::{TRIES, deliveries, enqueue, push},
    keyring::{KeyRing, KeyRingError},
    model::{
        ConversationStatus, EventSource, EventType, FailureCode, OutboundContent, OutboundMessage,
        OutboundPointer, OutboundStatus, QUEUE_GRACE, TypingState,
    },
    port::{
        AppleSecrets, Clock, Conversations, DeliveryQueue, EndpointDirectory, Entropy, Gateway,
        GatewayAnswer, GatewayError, Outbox, OutboxLease, PortError, Step, Stepped,
    },
    schedule::jittered,
};

/// How long a worker holds a message: longer than a function may run.
const LEASE: SignedDuration = SignedDuration::from_secs(35);
/// A message that Apple cannot be given within this time is given up, and the lane moves on (F089).
const DEADLINE: SignedDuration = SignedDuration::from_mins(10);
/// A typing indicator is worthless after this (F088).
const TYPING_LIFE: SignedDuration = SignedDuration::from_secs(10);
/// The pause doubles with every attempt between these.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Relays messages to Apple.
#[derive(Debug)]
pub struct Relay<S, Q, G, K, C> {
    store: S,
    queue: Q,
    gateway: G,
    keys: KeyRing<K, C>,
    clock: C,
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
}

/// What one attempt came to.
enum Attempt {
    End(OutboundStatus),
    /// Apple says the customer left.
    CustomerLeft,
    Later {
        pause: Duration,
        unknown: bool,
    },
}

impl<S, Q, G, K, C> Relay<S, Q, G, K, C>
where
    S: Conversations + Outbox + EndpointDirectory,
    Q: DeliveryQueue,
    G: Gateway,
    K: AppleSecrets,
    C: Clock + Entropy + Clone,
{
    /// Relays with these ports.
    pub fn new(store: S, queue: Q, gateway: G, secrets: K, clock: C) -> Self {
        Self { store, queue, gateway, keys: KeyRing::new(secrets, clock.clone()), clock }
    }

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
            let closed = state.status == ConversationStatus::Closed;
            if let Relayed::Again(pause) = self.relay_head(&head, closed).await? {
                return Ok(Relayed::Again(pause));
            }
        }
    }

    /// `closed`: the customer had left a moment ago, when the lane was read.
    async fn relay_head(
        &self,
        head: &OutboundPointer,
        closed: bool,
    ) -> Result<Relayed, RelayError> {
        let now = self.clock.now();
        let lease = now + LEASE;
        let message = match self.store.lease_message(head, now, lease).await? {
            OutboxLease::Taken(message) => message,
            OutboxLease::Busy(until) => return Ok(Relayed::Again(pause_until(now, until))),
            OutboxLease::Over => {
                self.drop_from_lane(head).await?;
                return Ok(Relayed::Finished);
            }
        };
        let attempt = match given_up(&message, closed, now) {
            Some(status) => Attempt::End(status),
            None => self.attempt(&message).await?,
        };
        match attempt {
            Attempt::End(status) => self.finish(message, status, false).await,
            Attempt::CustomerLeft => {
                let code = FailureCode::ConversationClosed;
                self.finish(message, OutboundStatus::Failed { code, detail: None }, true).await
            }
            Attempt::Later { pause, unknown } => {
                self.postpone(message, lease, pause, unknown).await?;
                Ok(Relayed::Again(pause))
            }
        }
    }

    async fn attempt(&self, message: &OutboundMessage) -> Result<Attempt, RelayError> {
        let key = self.keys.signing().await?;
        let wire = wire(message);
        let mut answer = self.gateway.post_message(&wire, &key).await;
        if matches!(&answer, Ok(answer) if answer.status == GatewayStatus::Unauthorized) {
            // The key may have been rotated since it was cached: look once, and sign anew (F078).
            self.keys.second_look().await?;
            answer = self.gateway.post_message(&wire, &self.keys.signing().await?).await;
        }
        Ok(self.judge(message, answer))
    }

    fn judge(
        &self,
        message: &OutboundMessage,
        answer: Result<GatewayAnswer, GatewayError>,
    ) -> Attempt {
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let unknown = error == GatewayError::Unanswered;
                return Attempt::Later { pause: self.pause(message, None), unknown };
            }
        };
        let failed =
            |code| Attempt::End(OutboundStatus::Failed { code, detail: answer.detail.clone() });
        match answer.status {
            GatewayStatus::Accepted => Attempt::End(OutboundStatus::AcceptedByApple),
            GatewayStatus::BadRequest => failed(FailureCode::RefusedByApple),
            GatewayStatus::UnknownDestination => failed(FailureCode::UnknownDestination),
            GatewayStatus::TooLarge => failed(FailureCode::TooLarge),
            GatewayStatus::Unexpected(_) => failed(FailureCode::UnexpectedAnswer),
            GatewayStatus::Gone => Attempt::CustomerLeft,
            GatewayStatus::Unauthorized | GatewayStatus::Throttled => {
                let pause = self.pause(message, answer.retry_after);
                Attempt::Later { pause, unknown: false }
            }
            GatewayStatus::ServerError => {
                let pause = self.pause(message, answer.retry_after);
                Attempt::Later { pause, unknown: true }
            }
        }
    }

    fn pause(&self, message: &OutboundMessage, asked: Option<Duration>) -> Duration {
        let doublings = message.attempts.saturating_sub(1).min(6);
        let step = jittered(FIRST_PAUSE * 2_u32.pow(doublings), &self.clock);
        step.max(asked.unwrap_or_default()).min(LONGEST_PAUSE)
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

    /// Brings a message to its end: its row, the lane, and the event that tells of it, in one step.
    async fn finish(
        &self,
        mut message: OutboundMessage,
        status: OutboundStatus,
        customer_left: bool,
    ) -> Result<Relayed, RelayError> {
        let pointer = message.pointer.clone();
        for _ in 0..TRIES {
            let now = self.clock.now();
            let state = self.store.load(&pointer.tenant, &pointer.conversation).await?;
            let Some(mut state) = state else { return Ok(Relayed::Finished) };
            state.revision += 1;
            state.leave_lane(pointer.message);
            message.status = status.clone();
            message.finished_at = Some(now);
            message.lease_until = None;
            let mut entries = Vec::new();
            if !message.content.is_ephemeral() {
                let (kind, data) = told(&message);
                push(&mut state, kind, EventSource::Inline(data), now, &mut entries);
            }
            if customer_left && state.status == ConversationStatus::Open {
                state.close();
                let data = serde_json::json!({
                    "opaqueId": message.opaque.as_str(),
                    "reason": "gateway",
                });
                let kind = EventType::ConversationClosed;
                push(&mut state, kind, EventSource::Inline(data), now, &mut entries);
            }
            let endpoints = self.store.endpoints(&pointer.tenant).await?;
            let deliveries = deliveries(&state, &entries, &endpoints);
            let outbound = Some(message.clone());
            let step = Step { entries, deliveries, outbound, ..Step::to(state) };
            match self.store.step(&step).await? {
                Stepped::Done => {
                    enqueue(&self.queue, &step.deliveries).await;
                    return Ok(Relayed::Finished);
                }
                Stepped::Finished => {
                    self.drop_from_lane(&pointer).await?;
                    return Ok(Relayed::Finished);
                }
                Stepped::Moved | Stepped::Claimed(_) | Stepped::Repeated(_) => {}
            }
        }
        Err(RelayError::Contended)
    }

    /// A message whose row is at its end has no business in the lane.
    async fn drop_from_lane(&self, pointer: &OutboundPointer) -> Result<(), RelayError> {
        for _ in 0..TRIES {
            let state = self.store.load(&pointer.tenant, &pointer.conversation).await?;
            let in_lane = |message: MessageId| {
                move |entry: &crate::model::LaneEntry| entry.message == message
            };
            let Some(mut state) = state.filter(|s| s.lane.iter().any(in_lane(pointer.message)))
            else {
                return Ok(());
            };
            state.revision += 1;
            state.leave_lane(pointer.message);
            if self.store.step(&Step::to(state)).await? == Stepped::Done {
                return Ok(());
            }
        }
        Err(RelayError::Contended)
    }
}

/// The end of a message that is not worth an attempt any more.
fn given_up(message: &OutboundMessage, closed: bool, now: Timestamp) -> Option<OutboundStatus> {
    let failed = |code| Some(OutboundStatus::Failed { code, detail: None });
    let life = if message.content.is_ephemeral() { TYPING_LIFE } else { DEADLINE };
    let late = message.created_at + life <= now;
    // An attempt that was begun and never written down may have reached Apple.
    let unknown = message.outcome_unknown;
    match (closed, late) {
        (true, _) if unknown => Some(OutboundStatus::Unknown),
        (true, _) => failed(FailureCode::ConversationClosed),
        (false, true) if message.content.is_ephemeral() => failed(FailureCode::Expired),
        (false, true) if unknown => Some(OutboundStatus::Unknown),
        (false, true) => failed(FailureCode::GatewayUnavailable),
        (false, false) => None,
    }
}

/// The event that tells of a message's end, and its data.
fn told(message: &OutboundMessage) -> (EventType, Value) {
    let mut data = Map::new();
    data.insert("messageId".to_owned(), message.pointer.message.to_string().into());
    data.insert("opaqueId".to_owned(), message.opaque.as_str().into());
    data.insert("status".to_owned(), message.status.as_str().into());
    if let Some(reference) = &message.callback_data {
        data.insert("callbackData".to_owned(), reference.clone().into());
    }
    if let OutboundStatus::Failed { code, detail } = &message.status {
        data.insert("code".to_owned(), code.as_str().into());
        if let Some(detail) = detail {
            data.insert("detail".to_owned(), detail.clone().into());
        }
    }
    let kind = match message.status {
        OutboundStatus::AcceptedByApple => EventType::MessageAccepted,
        _ => EventType::MessageFailed,
    };
    (kind, data.into())
}

fn wire(message: &OutboundMessage) -> Message {
    let kind = match &message.content {
        OutboundContent::Text { text } => OutboundType::Text { body: text.clone() },
        OutboundContent::Typing { state: TypingState::Start } => OutboundType::TypingStart,
        OutboundContent::Typing { state: TypingState::End } => OutboundType::TypingEnd,
        OutboundContent::Choices { .. } | OutboundContent::Stored { .. } => {
            OutboundType::Text { body: String::new() }
        }
    };
    Message {
        id: message.pointer.message,
        from: message.business.clone(),
        to: message.opaque.clone(),
        kind,
        bot: message.bot,
        agent: message.agent.clone(),
        include_data_ref: false,
    }
}

fn pause_until(now: Timestamp, until: Timestamp) -> Duration {
    now.duration_until(until).max(SignedDuration::from_secs(1)).unsigned_abs()
}
