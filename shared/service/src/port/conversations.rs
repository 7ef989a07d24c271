use amb_protocol::{apple_pay::Offer, id::MessageId};
use std::future::Future;

use super::PortError;
use crate::model::{
    BusinessStatus, ConversationId, ConversationState, Delivery, EventStream, IdempotencyRecord,
    OutboundMessage, Payload, Payment, TenantId, TimelineEntry,
};

/// Conversations and the one way to change them. IAM: `GetItem`, `PutItem`, `UpdateItem` on
/// `conversations`; `PutItem` on `accounts` for a step that carries an idempotency record, on
/// `payments` for one that asks for a payment.
pub trait Conversations: Send + Sync {
    /// The state of a conversation, read consistently.
    fn load(
        &self,
        tenant: &TenantId,
        conversation: &ConversationId,
    ) -> impl Future<Output = Result<Option<ConversationState>, PortError>> + Send;

    /// Changes a conversation, all or nothing.
    fn step(&self, step: &Step) -> impl Future<Output = Result<Stepped, PortError>> + Send;

    /// Who claimed a message id first.
    fn claimed(
        &self,
        tenant: &TenantId,
        message: MessageId,
    ) -> impl Future<Output = Result<Option<MessageClaim>, PortError>> + Send;
}

/// One atomic change of a conversation: everything in it happens, or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// The state afterwards. Its `revision` is one more than the stored one, or the step is refused.
    pub state: ConversationState,
    /// New places in the timeline.
    pub entries: Vec<TimelineEntry>,
    /// A message id that nobody may have claimed before.
    pub claim: Option<MessageClaim>,
    /// Deliveries owed for the entries.
    pub deliveries: Vec<Delivery>,
    /// An outbound message, inserted or brought to its end; refused if it came to an end before.
    pub outbound: Option<OutboundMessage>,
    /// The record of an idempotency key nobody may have used within its time.
    pub idempotency: Option<IdempotencyRecord>,
    /// Payloads, inserted or brought to their end; refused if one came to an end before.
    pub payloads: Vec<Payload>,
    /// A place that was awaited, and is no more.
    pub resolved: Option<Resolved>,
    /// A payment that the outbound message asks for, inserted with it. A payment that is there stays.
    pub asked: Option<AskedPayment>,
}

/// A payment that is asked for, and what for.
#[derive(Clone, Debug, PartialEq)]
pub struct AskedPayment {
    /// Open, without an attempt.
    pub payment: Payment,
    /// What the customer is asked to pay for.
    pub offer: Offer,
}

/// What takes the place of an [awaited](crate::model::TimelineItem::Awaited) entry. Whoever resolves it
/// has read the entry after the state: the state's revision guards both.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// The entry, with the same `seq`.
    pub entry: TimelineEntry,
    /// Its deliveries, in the place of those that were held.
    pub deliveries: Vec<Delivery>,
}

impl Step {
    /// A change of the state alone.
    pub fn to(state: ConversationState) -> Self {
        Self {
            state,
            entries: Vec::new(),
            claim: None,
            deliveries: Vec::new(),
            outbound: None,
            idempotency: None,
            payloads: Vec::new(),
            resolved: None,
            asked: None,
        }
    }
}

/// The proof that a message has its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageClaim {
    /// The owner.
    pub tenant: TenantId,
    /// The message, inbound or outbound.
    pub message: MessageId,
    /// Where it belongs.
    pub conversation: ConversationId,
    /// Its place there.
    pub seq: u64,
    /// Whose claim it competes with.
    pub scope: ClaimScope,
}

/// Whose claim a claim competes with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimScope {
    /// Every claim of the tenant on this id: the rule.
    Tenant,
    /// Claims of the same conversation only: for an id that another conversation claimed already.
    Conversation,
}

/// What a step came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Stepped {
    /// Everything happened.
    Done,
    /// Nothing happened: the conversation moved on since it was loaded. Load and plan again.
    Moved,
    /// Nothing happened: the message id was claimed before.
    Claimed(MessageClaim),
    /// Nothing happened: the idempotency key was used before.
    Repeated(IdempotencyRecord),
    /// Nothing happened: the outbound message, or a payload, had come to its end.
    Finished,
}

/// Reads a timeline. IAM: `Query` on `conversations`.
pub trait Timeline: Send + Sync {
    /// One entry of a stream.
    fn entry(
        &self,
        tenant: &TenantId,
        stream: &EventStream,
        seq: u64,
    ) -> impl Future<Output = Result<Option<TimelineEntry>, PortError>> + Send;

    /// Entries of a conversation in order of `seq`.
    fn entries(
        &self,
        query: &TimelineQuery,
    ) -> impl Future<Output = Result<Vec<TimelineEntry>, PortError>> + Send;

    /// The conversations of a business, oldest first, a page at a time.
    fn conversations(
        &self,
        tenant: &TenantId,
        business: &amb_protocol::id::BusinessId,
        cursor: Option<String>,
        limit: usize,
    ) -> impl Future<Output = Result<Page<ConversationState>, PortError>> + Send;
}

/// Which part of a timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineQuery {
    /// The owner.
    pub tenant: TenantId,
    /// The conversation.
    pub conversation: ConversationId,
    /// Only entries after this place.
    pub after: u64,
    /// At most so many.
    pub limit: usize,
}

/// A page of a list; the cursor, if there is one, asks for the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The place to go on from.
    pub cursor: Option<String>,
}

impl<T> Page<T> {
    /// The only page.
    pub fn only(items: Vec<T>) -> Self {
        Self { items, cursor: None }
    }
}

impl BusinessStatus {
    /// Whether events of it are held back.
    pub fn is_suspended(self) -> bool {
        self == Self::Suspended
    }
}
