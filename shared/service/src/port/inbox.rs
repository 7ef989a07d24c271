use jiff::Timestamp;
use std::future::Future;

use super::PortError;
use crate::model::{InboxMessage, InboxPointer};

/// The one write on the ack path. IAM: `PutItem` on the inbox.
pub trait Inbox: Send + Sync {
    /// Commits a message: dedupe, ledger entry and obligation to dispatch in one conditional put.
    fn commit(
        &self,
        message: &InboxMessage,
    ) -> impl Future<Output = Result<Commit, PortError>> + Send;
}

/// What a commit came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// The message is durable.
    Stored,
    /// It was durable already.
    Duplicate {
        /// Whether the earlier one says the same.
        same_body: bool,
    },
}

/// Reads what was committed. IAM: `GetItem`, `Query` on the inbox.
pub trait InboxReader: Send + Sync {
    /// The message at this place.
    fn inbox_message(
        &self,
        pointer: &InboxPointer,
    ) -> impl Future<Output = Result<Option<InboxMessage>, PortError>> + Send;

    /// The decoded twin of the message at this place: the same message, its answer in it instead of a
    /// reference.
    fn decoded_message(
        &self,
        pointer: &InboxPointer,
    ) -> impl Future<Output = Result<Option<InboxMessage>, PortError>> + Send;
}

/// Keeps the decoded twins of messages whose answers came by reference. IAM: `PutItem` on the inbox.
pub trait DecodedMessages: Send + Sync {
    /// Keeps a twin beside the message at its place; an earlier one is replaced. It is nothing to be
    /// dispatched.
    fn keep_decoded(
        &self,
        message: &InboxMessage,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// Walks the inbox by minute of receipt. IAM: `Query` on the index `by-minute`.
pub trait InboxSweep: Send + Sync {
    /// The messages (not the typing events) received in this minute, a page at a time.
    fn received_in(
        &self,
        minute: InboxMinute,
        cursor: Option<String>,
    ) -> impl Future<Output = Result<super::Page<InboxPointer>, PortError>> + Send;

    /// The minute up to which every message is known to have its place, if the sweep ever said so.
    fn swept_until(&self) -> impl Future<Output = Result<Option<InboxMinute>, PortError>> + Send;

    /// Remembers it.
    fn set_swept_until(
        &self,
        minute: InboxMinute,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

/// A minute since the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct InboxMinute(pub i64);

impl InboxMinute {
    /// The minute that holds an instant.
    pub fn of(at: Timestamp) -> Self {
        Self(at.as_second().div_euclid(60))
    }
}
