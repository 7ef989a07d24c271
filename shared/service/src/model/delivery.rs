//! A delivery: one event owed to one endpoint.

use amb_protocol::id::BusinessId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{EndpointId, EventId, EventStream, EventType, InboxPointer, TenantId};

/// One event owed to one endpoint. The row is the truth; queue messages only point at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Where it lies.
    pub key: DeliveryKey,
    /// The event, and the `webhook-id` of every attempt.
    pub event: EventId,
    /// The event's type.
    pub kind: EventType,
    /// The business, for events of a conversation.
    pub business: Option<BusinessId>,
    /// How it stands.
    pub status: DeliveryStatus,
    /// Attempts begun.
    pub attempts: u32,
    /// When the event was given its place.
    pub created_at: Timestamp,
    /// Not before this, while pending.
    pub next_attempt_at: Timestamp,
    /// From then on no attempt is begun: the hard end of the schedule.
    pub give_up_at: Timestamp,
    /// When the sweep takes care of it, should the queue have lost it.
    pub sweep_at: Timestamp,
    /// While an attempt runs, nobody else may begin one before this.
    pub lease_until: Option<Timestamp>,
    /// What the last attempt came to: an HTTP status or a code such as `timeout`.
    pub last_outcome: Option<String>,
    /// When the last attempt ended.
    pub last_attempt_at: Option<Timestamp>,
}

impl Delivery {
    /// A delivery that nobody has tried yet.
    pub fn new(
        key: DeliveryKey,
        event: EventId,
        kind: EventType,
        business: Option<BusinessId>,
        now: Timestamp,
    ) -> Self {
        Self {
            key,
            event,
            kind,
            business,
            status: DeliveryStatus::Pending,
            attempts: 0,
            created_at: now,
            next_attempt_at: now,
            give_up_at: now + DELIVERY_WINDOW,
            sweep_at: now + QUEUE_GRACE,
            lease_until: None,
            last_outcome: None,
            last_attempt_at: None,
        }
    }
}

impl Delivery {
    /// A delivery whose event is still being fetched: nobody tries it before it is replaced, and the
    /// next ones of an ordered endpoint wait behind it.
    pub fn held(
        key: DeliveryKey,
        event: EventId,
        kind: EventType,
        business: BusinessId,
        now: Timestamp,
    ) -> Self {
        let fresh = Self::new(key, event, kind, Some(business), now);
        let until = fresh.give_up_at;
        Self { next_attempt_at: until, sweep_at: until, ..fresh }
    }

    /// Whether it waits for its event.
    pub fn is_held(&self) -> bool {
        self.attempts == 0 && self.next_attempt_at == self.give_up_at
    }
}

/// How long a delivery is tried (spec/reliability §1.1).
pub const DELIVERY_WINDOW: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long the queue has before the sweep takes a row to be lost by it (spec/reliability §2.5, c8).
pub const QUEUE_GRACE: SignedDuration = SignedDuration::from_mins(2);

/// The place of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliveryKey {
    /// The owner.
    pub tenant: TenantId,
    /// What the event belongs to.
    pub stream: EventStream,
    /// To whom it is owed.
    pub endpoint: EndpointId,
    /// The event's place in its stream.
    pub seq: u64,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// It will be tried again.
    Pending,
    /// The endpoint answered 2xx.
    Delivered,
    /// Every attempt failed; it can be replayed.
    Parked,
    /// The endpoint was disabled or deleted first; it can be replayed.
    Disabled,
}

/// What a message on the deliveries queue says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryPointer {
    /// A delivery row.
    Stored(DeliveryKey),
    /// A typing event: no row, one attempt, worthless after ten seconds.
    Typing {
        /// The inbox row.
        inbox: InboxPointer,
        /// To whom.
        endpoint: EndpointId,
    },
}

impl DeliveryPointer {
    /// The owner.
    pub fn tenant(&self) -> &TenantId {
        match self {
            Self::Stored(key) => &key.tenant,
            Self::Typing { inbox, .. } => &inbox.tenant,
        }
    }
}
