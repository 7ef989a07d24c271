//! A customer's file: from Apple's store, through decryption, into ours.

use jiff::Timestamp;

use super::{Attempt, Fetch, FetchError, FetchTables};
use crate::{
    model::{AttachmentId, Payload, PayloadFault},
    port::{AppleSecrets, Clock, ContentStore, Entropy, Files, LargeFiles},
};

impl<S, Q, A, K, F, W, C> Fetch<S, Q, A, K, F, W, C>
where
    S: FetchTables,
    A: ContentStore,
    K: AppleSecrets,
    F: Files + LargeFiles,
    C: Clock + Entropy,
{
    /// One attempt at a customer's file.
    pub(super) async fn attachment(
        &self,
        _payload: &mut Payload,
        _id: &AttachmentId,
        _lease: Timestamp,
        _until: Timestamp,
    ) -> Result<Attempt, FetchError> {
        std::future::ready(Ok(Attempt::missed(PayloadFault::Unavailable))).await
    }
}
