//! A customer's answer that came by reference.

use amb_protocol::{id::MessageId, inbound::Envelope};
use jiff::Timestamp;

use super::{Attempt, Fetch, FetchError, FetchTables};
use crate::{
    model::{ConversationId, InboxMessage, Payload, PayloadFault},
    port::{AppleSecrets, Clock, ContentStore, Entropy, Files},
};

/// The decoded twin of a message: the same message, its answer in it instead of a reference.
#[derive(Debug)]
pub(super) struct Twin {
    /// As it is kept beside the message.
    pub(super) message: InboxMessage,
    /// What it says.
    pub(super) envelope: Envelope,
}

impl<S, Q, A, K, F, W, C> Fetch<S, Q, A, K, F, W, C>
where
    S: FetchTables,
    A: ContentStore,
    K: AppleSecrets,
    F: Files,
    C: Clock + Entropy,
{
    /// One attempt at a customer's answer.
    pub(super) async fn reply(
        &self,
        _payload: &mut Payload,
        _conversation: ConversationId,
        _message: MessageId,
        _until: Timestamp,
    ) -> Result<Attempt, FetchError> {
        std::future::ready(Ok(Attempt::missed(PayloadFault::Unavailable))).await
    }
}
