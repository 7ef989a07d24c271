//! A business's file: encrypted under a key of its own, and brought to Apple.

use jiff::Timestamp;

use super::{Attempt, Fetch, FetchError, FetchTables};
use crate::{
    model::{FileSource, Payload, PayloadFault},
    port::{AppleSecrets, Clock, ContentStore, Entropy, Files, LargeFiles, WebFiles},
};

impl<S, Q, A, K, F, W, C> Fetch<S, Q, A, K, F, W, C>
where
    S: FetchTables,
    A: ContentStore,
    K: AppleSecrets,
    F: Files + LargeFiles,
    W: WebFiles,
    C: Clock + Entropy,
{
    /// One attempt at a business's file.
    pub(super) async fn bring(
        &self,
        _payload: &mut Payload,
        _source: &FileSource,
        _until: Timestamp,
    ) -> Result<Attempt, FetchError> {
        std::future::ready(Ok(Attempt::missed(PayloadFault::Unavailable))).await
    }
}
