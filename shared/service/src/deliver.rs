//! *Deliver*: posts one event to one endpoint, and writes down what came of it.
//!
//! A lease keeps two workers from posting at once; the row says whether anything is owed at all, so
//! a queue message that comes twice, late or after the end does nothing.

use amb_protocol::secret::Secret;
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;

use crate::{
    model::{
        Delivery, DeliveryKey, DeliveryPointer, DeliveryStatus, Endpoint, EndpointId,
        EndpointStatus, EventSource, EventStream, EventType, InboxMessage, InboxPointer, InboxSort,
        QUEUE_GRACE, TimelineItem,
    },
    port::{
        Clock, Conversations, Deliveries, DeliveryQueue, EndpointDirectory, EndpointHealth,
        Entropy, InboxReader, Lease, PortError, QueuedDelivery, Timeline, WebhookAnswer,
        WebhookCall, WebhookError, Webhooks,
    },
    problem::chain,
    render::{EventEnvelope, Links, NothingToTell, Telling, message_at, render, render_typing},
    schedule::{Verdict, pause, verdict},
    seal,
    service_key::ServiceKey,
    signature,
};

/// How long a worker holds a delivery: longer than a function may run.
const LEASE: SignedDuration = SignedDuration::from_secs(35);
/// SQS delays a message at most this long; longer pauses wait for the sweep.
const LONGEST_QUEUE_DELAY: Duration = Duration::from_secs(900);
/// A typing event is worthless after this.
const TYPING_LIFE: SignedDuration = SignedDuration::from_secs(10);
/// An endpoint that only fails is disabled after this long and so many failures.
const FAILING_LIFE: SignedDuration = SignedDuration::from_hours(5 * 24);
const FAILING_ATTEMPTS: u32 = 20;
/// An endpoint whose address is not allowed is suspended after so many attempts (F065).
const BLOCKED_ATTEMPTS: u32 = 3;
/// An ordered delivery that waits for its predecessor is looked at again after this at the latest.
const ORDERED_WAIT: SignedDuration = SignedDuration::from_secs(60);

/// Delivers events.
#[derive(Debug)]
pub struct Deliver<S, Q, W, C> {
    store: S,
    queue: Q,
    webhooks: W,
    clock: C,
    key: ServiceKey,
    api_url: Option<String>,
}

/// What one queue message came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// The endpoint answered 2xx.
    Delivered,
    /// It did not; there will be another attempt, not before then.
    Retrying(Timestamp),
    /// It did not, and there will be none.
    Parked,
    /// The endpoint is disabled, gone or says 410.
    Disabled,
    /// An earlier event of an ordered endpoint comes first.
    Waiting,
    /// There was nothing to do.
    Nothing,
}

/// Why a delivery could not be attempted or written down; the queue message has to come again.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// A port failed.
    #[error("a delivery could not be carried out")]
    Port(#[from] PortError),
    /// The endpoint's signing secret does not open: nothing is sent unsigned.
    #[error("the endpoint's signing secret cannot be used")]
    Secret,
}

impl<S, Q, W, C> Deliver<S, Q, W, C>
where
    S: Deliveries + Timeline + EndpointDirectory + EndpointHealth + InboxReader + Conversations,
    Q: DeliveryQueue,
    W: Webhooks,
    C: Clock + Entropy,
{
    /// Delivers with these ports; signing secrets are sealed under `key`.
    pub fn new(store: S, queue: Q, webhooks: W, clock: C, key: ServiceKey) -> Self {
        Self { store, queue, webhooks, clock, key, api_url: None }
    }

    /// Tells of files with links to the API at this URL; without one, without links.
    #[must_use]
    pub fn linking_to(mut self, api_url: Option<String>) -> Self {
        self.api_url = api_url;
        self
    }

    /// Handles one message of the deliveries queue. The call takes `budget` at most.
    pub async fn deliver(
        &self,
        pointer: &DeliveryPointer,
        budget: Duration,
    ) -> Result<Delivered, DeliverError> {
        match pointer {
            DeliveryPointer::Stored(key) => self.deliver_stored(key, budget).await,
            DeliveryPointer::Typing { inbox, endpoint } => {
                self.deliver_typing(inbox, endpoint, budget).await
            }
        }
    }

    async fn deliver_stored(
        &self,
        key: &DeliveryKey,
        budget: Duration,
    ) -> Result<Delivered, DeliverError> {
        let now = self.clock.now();
        let lease = now + LEASE;
        let Lease::Taken(delivery) = self.store.lease(key, now, lease).await? else {
            return Ok(Delivered::Nothing);
        };
        let endpoint = self.store.endpoint(&key.tenant, &key.endpoint).await?;
        let Some(endpoint) = endpoint.filter(|found| found.status == EndpointStatus::Enabled)
        else {
            return self.end(delivery, lease, DeliveryStatus::Disabled, "endpoint_disabled").await;
        };
        if endpoint.ordered && self.store.pending_before(key).await?.is_some() {
            return self.wait_in_line(delivery, lease, now).await;
        }
        let outcome = match self.event(&delivery).await? {
            Ok(event) => self.call(&endpoint, &event, budget).await?,
            Err(NothingToTell) => {
                return self.end(delivery, lease, DeliveryStatus::Parked, "event_missing").await;
            }
        };
        let delivered = self.settle(delivery, lease, &endpoint, &outcome).await?;
        if endpoint.ordered && !matches!(delivered, Delivered::Retrying(_)) {
            self.enqueue(self.store.pending_after(key).await?, Duration::ZERO).await;
        }
        Ok(delivered)
    }

    async fn event(
        &self,
        delivery: &Delivery,
    ) -> Result<Result<EventEnvelope, NothingToTell>, PortError> {
        let key = &delivery.key;
        let Some(entry) = self.store.entry(&key.tenant, &key.stream, key.seq).await? else {
            return Ok(Err(NothingToTell));
        };
        let message = match (&entry.item, &key.stream) {
            (
                TimelineItem::Event { source: EventSource::Inbox { sort, decoded, .. }, .. },
                EventStream::Conversation(conversation),
            ) => {
                let pointer = InboxPointer {
                    tenant: key.tenant.clone(),
                    conversation: conversation.clone(),
                    sort: sort.clone(),
                };
                message_at(&self.store, &pointer, *decoded).await?
            }
            _ => None,
        };
        let business = delivery.business.clone();
        let now = self.clock.now();
        let links = |url| Links::new(&self.key, url, &key.tenant, now);
        let links = self.api_url.as_deref().map(links);
        Ok(render(&key.stream, business, &entry, message.as_ref(), Telling::Whole, links))
    }

    async fn call(
        &self,
        endpoint: &Endpoint,
        event: &EventEnvelope,
        budget: Duration,
    ) -> Result<Result<WebhookAnswer, WebhookError>, DeliverError> {
        let secrets = self.live_secrets(endpoint)?;
        let body = serde_json::to_vec(event).map_err(|_fault| DeliverError::Secret)?;
        let headers = signature::headers(&event.id, self.clock.now(), &body, &secrets)
            .map_err(|_fault| DeliverError::Secret)?;
        let timeout = Duration::from_secs(endpoint.timeout_seconds.into()).min(budget);
        let call = WebhookCall { url: endpoint.url.clone(), headers, body, timeout };
        Ok(self.webhooks.call(call).await)
    }

    fn live_secrets(&self, endpoint: &Endpoint) -> Result<Vec<Secret<String>>, DeliverError> {
        let now = self.clock.now();
        let secrets = endpoint
            .secrets
            .iter()
            .filter(|secret| secret.expires_at.is_none_or(|until| now < until))
            .map(|secret| seal::open(&self.key, &endpoint.id, secret))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_fault| DeliverError::Secret)?;
        if secrets.is_empty() { Err(DeliverError::Secret) } else { Ok(secrets) }
    }

    async fn settle(
        &self,
        mut delivery: Delivery,
        lease: Timestamp,
        endpoint: &Endpoint,
        outcome: &Result<WebhookAnswer, WebhookError>,
    ) -> Result<Delivered, DeliverError> {
        let code = match outcome {
            Ok(answer) => answer.status.to_string(),
            Err(error) => error.code().to_owned(),
        };
        let floor = match verdict(outcome) {
            Verdict::Delivered => {
                let done = self.end(delivery, lease, DeliveryStatus::Delivered, &code).await?;
                if endpoint.failing_since.is_some() {
                    self.store.forgive(&endpoint.tenant, &endpoint.id).await?;
                }
                return Ok(done);
            }
            Verdict::Unsubscribed => {
                self.store.disable(&endpoint.tenant, &endpoint.id, EndpointStatus::Gone).await?;
                return self.end(delivery, lease, DeliveryStatus::Disabled, &code).await;
            }
            Verdict::Failed { floor } => floor,
        };
        let blocked = matches!(outcome, Err(WebhookError::Blocked));
        if self.blame(endpoint, blocked && delivery.attempts >= BLOCKED_ATTEMPTS).await? {
            return self.end(delivery, lease, DeliveryStatus::Disabled, &code).await;
        }
        let now = self.clock.now();
        let pause = pause(delivery.attempts, floor, &self.clock)
            .filter(|pause| now + *pause < delivery.give_up_at);
        let Some(pause) = pause else {
            return self.end(delivery, lease, DeliveryStatus::Parked, &code).await;
        };
        let next = now + pause;
        let by_queue = pause <= LONGEST_QUEUE_DELAY;
        delivery.next_attempt_at = next;
        delivery.sweep_at = if by_queue { next + QUEUE_GRACE } else { next };
        delivery.last_outcome = Some(code);
        delivery.last_attempt_at = Some(now);
        delivery.lease_until = None;
        if self.store.record(&delivery, lease).await? && by_queue {
            self.enqueue(Some(delivery.key), pause).await;
        }
        Ok(Delivered::Retrying(next))
    }

    /// Counts a failure against the endpoint; answers whether that disabled it.
    async fn blame(&self, endpoint: &Endpoint, blocked: bool) -> Result<bool, PortError> {
        let (tenant, id, now) = (&endpoint.tenant, &endpoint.id, self.clock.now());
        let Some(blamed) = self.store.blame(tenant, id, now).await? else { return Ok(false) };
        let failing = blamed.failing_since.is_some_and(|since| since + FAILING_LIFE <= now)
            && blamed.failures >= FAILING_ATTEMPTS;
        let why = match (blocked, failing) {
            (true, _) => EndpointStatus::Blocked,
            (false, true) => EndpointStatus::Failing,
            (false, false) => return Ok(false),
        };
        tracing::warn!(endpoint = %id, ?why, "an endpoint was disabled");
        self.store.disable(tenant, id, why).await?;
        Ok(true)
    }

    async fn end(
        &self,
        mut delivery: Delivery,
        lease: Timestamp,
        status: DeliveryStatus,
        outcome: &str,
    ) -> Result<Delivered, DeliverError> {
        delivery.status = status;
        delivery.last_outcome = Some(outcome.to_owned());
        delivery.last_attempt_at = Some(self.clock.now());
        delivery.lease_until = None;
        self.store.record(&delivery, lease).await?;
        Ok(match status {
            DeliveryStatus::Delivered => Delivered::Delivered,
            DeliveryStatus::Parked | DeliveryStatus::Pending => Delivered::Parked,
            DeliveryStatus::Disabled => Delivered::Disabled,
        })
    }

    /// Gives the lease back without counting an attempt. The predecessor enqueues its successor when
    /// it ends; the sweep is there should that be lost.
    async fn wait_in_line(
        &self,
        mut delivery: Delivery,
        lease: Timestamp,
        now: Timestamp,
    ) -> Result<Delivered, DeliverError> {
        delivery.attempts = delivery.attempts.saturating_sub(1);
        delivery.sweep_at = now + ORDERED_WAIT;
        delivery.lease_until = None;
        self.store.record(&delivery, lease).await?;
        Ok(Delivered::Waiting)
    }

    async fn enqueue(&self, key: Option<DeliveryKey>, delay: Duration) {
        let Some(key) = key else { return };
        let queued = QueuedDelivery {
            pointer: DeliveryPointer::Stored(key),
            delay: delay.min(LONGEST_QUEUE_DELAY),
        };
        if let Err(error) = self.queue.enqueue_deliveries(&[queued]).await {
            tracing::warn!(error = %chain(&error), "a retry is left to the sweep");
        }
    }

    async fn deliver_typing(
        &self,
        pointer: &InboxPointer,
        endpoint: &EndpointId,
        budget: Duration,
    ) -> Result<Delivered, DeliverError> {
        let InboxSort::Typing { start, .. } = pointer.sort else { return Ok(Delivered::Nothing) };
        let kind = if start { EventType::TypingStarted } else { EventType::TypingEnded };
        let message: Option<InboxMessage> = self.store.inbox_message(pointer).await?;
        let fresh = |message: &InboxMessage| message.received_at + TYPING_LIFE > self.clock.now();
        let Some(message) = message.filter(fresh) else { return Ok(Delivered::Nothing) };
        let found = self.store.endpoint(&pointer.tenant, endpoint).await?;
        let Some(endpoint) = found.filter(|endpoint| endpoint.hears(kind)) else {
            return Ok(Delivered::Disabled);
        };
        let state = self.store.load(&pointer.tenant, &pointer.conversation).await?;
        let context = state.map(|state| state.context()).unwrap_or_default();
        let Ok(event) = render_typing(&message, kind, context) else {
            return Ok(Delivered::Nothing);
        };
        let outcome = self.call(&endpoint, &event, budget).await?;
        Ok(match verdict(&outcome) {
            Verdict::Delivered => Delivered::Delivered,
            Verdict::Unsubscribed | Verdict::Failed { .. } => Delivered::Parked,
        })
    }
}
