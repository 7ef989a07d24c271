//! A conversation: one business and one customer, and what is known of it.

use amb_protocol::id::{BusinessId, MessageId, OpaqueId, RequestIdentifier};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::{ConversationId, Questions, TenantId, event::Context};

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
    /// When a message that had to wait for its files last left the lane: the time of those that waited
    /// behind it begins then. Nothing, while nobody waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_until: Option<Timestamp>,
    /// Interactive replies of the last seconds, to know one that comes twice under two ids.
    pub recent_replies: Vec<RecentReply>,
    /// The latest interactive messages that Apple took, newest last: what a reply can answer.
    #[serde(default, skip_serializing_if = "Questions::is_empty")]
    pub questions: Questions,
    /// Where the customer came from before they left: whoever heard the conversation hears of its
    /// end, and of what comes after.
    #[serde(default, skip_serializing_if = "Entry::is_nowhere")]
    pub routed: Entry,
}

/// Where a customer came from: what the link that they followed says. They can write it themselves:
/// good for routing, and for nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// The link's intent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// The link's group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
}

impl Entry {
    /// Whether nothing is known of it.
    pub fn is_nowhere(&self) -> bool {
        self.intent.is_none() && self.group.is_none()
    }
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
            waited_until: None,
            recent_replies: Vec::new(),
            questions: Questions::default(),
            routed: Entry::default(),
        }
    }

    /// Gives out the next sequence number.
    pub fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// Closes the conversation and forgets where it came from, but for routing.
    pub fn close(&mut self) {
        let (intent, group) = (self.intent.take(), self.group.take());
        if self.status == ConversationStatus::Open {
            self.status = ConversationStatus::Closed;
            self.routed = Entry { intent, group };
        }
    }

    /// Opens it again: where the customer comes from now is what counts.
    pub fn reopen(&mut self) {
        self.status = ConversationStatus::Open;
        self.routed = Entry::default();
    }

    /// The intent and the group that choose who hears of it.
    pub fn route(&self) -> (Option<&str>, Option<&str>) {
        let (intent, group) = match self.status {
            ConversationStatus::Open => (&self.intent, &self.group),
            ConversationStatus::Closed => (&self.routed.intent, &self.routed.group),
        };
        (intent.as_deref(), group.as_deref())
    }

    /// What is known of the customer right now, for the events of this moment.
    pub fn context(&self) -> Context {
        Context {
            capabilities: self.capabilities.clone(),
            locale: self.locale.clone(),
            intent: self.intent.clone(),
            group: self.group.clone(),
        }
    }

    /// Remembers that Apple took an interactive message, for the reply to it.
    pub fn ask(&mut self, request: &RequestIdentifier, message: MessageId) {
        self.questions.ask(request, message);
    }

    /// The message that a reply with this identifier answers, if it is one of the latest.
    pub fn asked(&self, request: &str) -> Option<MessageId> {
        self.questions.asked(request)
    }

    /// Takes a message out of the lane.
    pub fn leave_lane(&mut self, message: MessageId) {
        self.lane.retain(|entry| entry.message != message);
        self.waited_until = self.waited_until.filter(|_| !self.lane.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation() -> ConversationState {
        ConversationState::new(
            TenantId::parse("ten_acmeacmeacmeacmeacmeacmeac").unwrap(),
            BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").unwrap(),
            OpaqueId::parse("urn:mbid:AQAAY1madeUpOpaque01=").unwrap(),
            Timestamp::UNIX_EPOCH,
        )
    }

    #[test]
    fn ap11_sc17_a_close_forgets_where_the_customer_came_from_but_for_routing() {
        let mut state = conversation();
        (state.intent, state.group) = (Some("buy".to_owned()), Some("shoes".to_owned()));
        state.close();
        state.close();
        assert_eq!((&state.intent, &state.group), (&None, &None));
        assert_eq!(state.route(), (Some("buy"), Some("shoes")), "a second close changes nothing");
        state.reopen();
        assert_eq!(state.route(), (None, None));
    }

    #[test]
    fn a_row_from_before_questions_were_kept_still_reads() {
        let mut row = serde_json::to_value(conversation()).unwrap();
        assert!(
            row.get("questions").is_none() && row.get("routed").is_none(),
            "absent while empty"
        );
        row.as_object_mut().unwrap().remove("questions");
        assert_eq!(serde_json::from_value::<ConversationState>(row).unwrap(), conversation());
    }
}
