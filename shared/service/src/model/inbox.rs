//! What Apple sent, exactly as it is kept.

use amb_protocol::id::{BusinessId, MessageId, OpaqueId};
use aws_lc_rs::digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{ConversationId, TenantId};

/// One inbound message, as committed before Apple is told 200. Never changed afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxMessage {
    /// Where it lies.
    pub pointer: InboxPointer,
    /// Apple's id of the message.
    pub id: MessageId,
    /// The business it was sent to.
    pub business: BusinessId,
    /// The customer it came from.
    pub opaque: OpaqueId,
    /// Apple's `type`, as received.
    pub kind: String,
    /// Apple's `capability-list` header, as received.
    pub capability_list: Option<String>,
    /// The body.
    pub body: StoredBody,
    /// When it was received. Apple's protocol carries no timestamp.
    pub received_at: Timestamp,
}

/// The place of a message in the inbox: everything a queue message or a sweep needs to carry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InboxPointer {
    /// The owner of the business id.
    pub tenant: TenantId,
    /// The conversation; with the tenant, the partition.
    pub conversation: ConversationId,
    /// The place within the partition.
    pub sort: InboxSort,
}

/// The sort key of an inbox row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InboxSort {
    /// A message, by Apple's id: the key is the dedupe.
    Message(MessageId),
    /// A typing event, by kind and five-second slot: a flood of them folds into one row.
    Typing {
        /// `true` for `typing_start`.
        start: bool,
        /// Unix seconds divided by [`TYPING_SLOT_SECONDS`](Self::TYPING_SLOT_SECONDS).
        slot: i64,
    },
}

impl InboxSort {
    /// The length of the slot that typing events of one kind are folded into.
    pub const TYPING_SLOT_SECONDS: i64 = 5;

    /// The slot of a typing event received now.
    pub fn typing(start: bool, now: Timestamp) -> Self {
        Self::Typing { start, slot: now.as_second().div_euclid(Self::TYPING_SLOT_SECONDS) }
    }
}

/// A message's body, as it came over the wire, with the hash of what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredBody {
    /// How `bytes` are encoded.
    pub encoding: BodyEncoding,
    /// The bytes as Apple sent them: still compressed when they came compressed.
    pub bytes: Vec<u8>,
    /// SHA-256 of the inflated bytes: tells a resend from another message under the same id.
    pub hash: [u8; 32],
}

/// SHA-256 of an inflated body.
pub fn body_hash(inflated: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    for (to, from) in hash.iter_mut().zip(digest::digest(&digest::SHA256, inflated).as_ref()) {
        *to = *from;
    }
    hash
}

impl std::fmt::Debug for StoredBody {
    /// A customer's words never reach a log.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredBody({:?}, {} bytes)", self.encoding, self.bytes.len())
    }
}

/// How a stored body is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyEncoding {
    /// As Apple sends it by rule.
    Gzip,
    /// Plain JSON.
    Identity,
}
