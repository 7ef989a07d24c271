//! A reference that a business asks us to resolve.

use jiff::Timestamp;

use super::{Attempt, Fetch, FetchError, FetchTables};
use crate::{
    model::{DownloadId, Payload, PayloadFault},
    port::{AppleSecrets, Clock, ContentStore, Entropy, Files},
};

impl<S, Q, A, K, F, W, C> Fetch<S, Q, A, K, F, W, C>
where
    S: FetchTables,
    A: ContentStore,
    K: AppleSecrets,
    F: Files,
    C: Clock + Entropy,
{
    /// One attempt at a reference: what is decoded is kept as a file.
    pub(super) async fn download(
        &self,
        _payload: &mut Payload,
        _id: &DownloadId,
        _reference: &str,
        _until: Timestamp,
    ) -> Result<Attempt, FetchError> {
        std::future::ready(Ok(Attempt::missed(PayloadFault::Unavailable))).await
    }
}
