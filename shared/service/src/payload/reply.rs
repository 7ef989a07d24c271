//! A customer's answer that came by reference.

use amb_protocol::{
    gzip,
    id::MessageId,
    inbound::{Envelope, with_answer},
};
use serde_json::value::RawValue;
use std::sync::Arc;

use super::{Attempt, Fetch, FetchError, FetchTables, hold::Hold, named::Named};
use crate::{
    dispatch::json_of,
    model::{
        BodyEncoding, ConversationId, InboxMessage, InboxPointer, InboxSort, Payload, PayloadFault,
        StoredBody, body_hash,
    },
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

impl Twin {
    fn of(message: &InboxMessage, answer: &RawValue) -> Option<Self> {
        let json = with_answer(&json_of(&message.body)?, answer)?;
        let envelope = Envelope::parse(&json).ok()?;
        let (hash, bytes) = (body_hash(&json), gzip::deflate(&json));
        let body = StoredBody { encoding: BodyEncoding::Gzip, bytes, hash };
        Some(Self { message: InboxMessage { body, ..message.clone() }, envelope })
    }

    fn read(message: InboxMessage) -> Option<Self> {
        let envelope = Envelope::parse(&json_of(&message.body)?).ok()?;
        Some(Self { message, envelope })
    }
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
        payload: &Payload,
        conversation: ConversationId,
        id: MessageId,
        hold: &Arc<Hold<S, C>>,
    ) -> Result<Attempt, FetchError> {
        let tenant = &payload.pointer.tenant;
        let (of, sort) = (conversation.clone(), InboxSort::Message(id));
        let pointer = InboxPointer { tenant: tenant.clone(), conversation: of, sort };
        // What an earlier attempt got need not be there a second time.
        if payload.attempts > 1
            && let Some(twin) = self.store.decoded_message(&pointer).await?.and_then(Twin::read)
        {
            return Ok(Attempt::Told(Box::new(twin)));
        }
        let named = self.named_reference(tenant, &conversation, id).await?;
        let Some(Named { message, what }) = named else {
            return Ok(Attempt::failed(PayloadFault::Incomplete));
        };
        let owner = (tenant, &payload.business);
        let read = |answer: &RawValue| Twin::of(&message, answer);
        Ok(match self.follow(owner, &what, hold, read).await? {
            Ok(twin) => {
                self.store.keep_decoded(&twin.message).await?;
                Attempt::Told(Box::new(twin))
            }
            Err(attempt) => attempt,
        })
    }
}
