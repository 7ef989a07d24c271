//! A conversation: one business and one customer, and what is known of it.

use amb_protocol::id::{BusinessId, MessageId, OpaqueId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::{ConversationId, TenantId};

/// The state of a conversation. It changes only through
/// [`Conversations::step`](crate::port::Conversations::step), which moves `revision` by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversationState {
    /// Its id.
    pub id: ConversationId,
    /// The owner.
    pub tenant: TenantId,
    /// The business.
    pub business: BusinessId,
    /// The customer.
    pub opaque: OpaqueId,
    /// Counts the steps: the optimistic lock.
    pub revision: u64,
    /// The last sequence number given out.
    pub seq: u64,
    /// Whether the customer may be written to.
    pub status: ConversationStatus,
    /// The device's latest capability list (Apple, Common Specifications).
    pub capabilities: Vec<String>,
    /// The customer's locale, from the latest message that named one.
    pub locale: Option<String>,
    /// The entry point's intent; cleared on close.
    pub intent: Option<String>,
    /// The entry point's group; cleared on close.
    pub group: Option<String>,
    /// When it was first heard of.
    pub created_at: Timestamp,
    /// When the customer last wrote.
    pub last_inbound_at: Timestamp,
    /// Outbound messages that Apple has not answered yet, oldest first: one is in flight at a time.
    pub lane: Vec<LaneEntry>,
    /// Interactive replies of the last seconds, to know one that comes twice under two ids.
    pub recent_replies: Vec<RecentReply>,
}

/// Whether the customer may be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConversationStatus {
    /// Yes.
    Open,
    /// The customer left: nothing is sent until they write again (Apple, Policies).
    Closed,
}

/// One outbound message in the lane.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LaneEntry {
    /// The message.
    pub message: MessageId,
}

/// The fingerprint of an interactive reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecentReply {
    /// Hash over the session or request identifier and the content.
    pub fingerprint: String,
    /// The message that carried it first.
    pub message: MessageId,
    /// When.
    pub at: Timestamp,
}

/// How long a reply with the same fingerprint counts as the same reply (spec/reliability §2.9, F161,
/// F162).
pub const RECENT_REPLY_WINDOW: Duration = Duration::from_secs(30);

/// How many of them are remembered: a flood must not grow the row.
pub const RECENT_REPLIES_MAX: usize = 32;

impl ConversationState {
    /// A conversation nobody has heard of yet; its first step writes revision 1.
    pub fn new(tenant: TenantId, business: BusinessId, opaque: OpaqueId, now: Timestamp) -> Self {
        Self {
            id: ConversationId::of(&business, &opaque),
            tenant,
            business,
            opaque,
            revision: 0,
            seq: 0,
            status: ConversationStatus::Open,
            capabilities: Vec::new(),
            locale: None,
            intent: None,
            group: None,
            created_at: now,
            last_inbound_at: now,
            lane: Vec::new(),
            recent_replies: Vec::new(),
        }
    }

    /// Gives out the next sequence number.
    pub fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// Closes the conversation and forgets where it came from.
    pub fn close(&mut self) {
        self.status = ConversationStatus::Closed;
        self.intent = None;
        self.group = None;
    }

    /// Takes a message out of the lane.
    pub fn leave_lane(&mut self, message: MessageId) {
        self.lane.retain(|entry| entry.message != message);
    }
}
