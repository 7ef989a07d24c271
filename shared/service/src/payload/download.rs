//! A reference that a business asks us to resolve.

use amb_protocol::attachment::DataReference;
use serde_json::value::RawValue;
use std::sync::Arc;

use super::{Attempt, Fetch, FetchError, hold::Hold};
use crate::{
    model::{DownloadId, FileKey, Payload, PayloadFault, PayloadStatus},
    port::{AppleSecrets, Clock, ContentStore, Entropy, Files, Payloads},
};

impl<S, Q, A, K, F, W, C> Fetch<S, Q, A, K, F, W, C>
where
    S: Payloads,
    A: ContentStore,
    K: AppleSecrets,
    F: Files,
    C: Clock + Entropy,
{
    /// One attempt at a reference: what is decoded is kept as a file.
    pub(super) async fn download(
        &self,
        payload: &Payload,
        id: &DownloadId,
        reference: &str,
        hold: &Arc<Hold<S, C>>,
    ) -> Result<Attempt, FetchError> {
        let Ok(reference) = serde_json::from_str::<&RawValue>(reference) else {
            return Ok(Attempt::failed(PayloadFault::Incomplete));
        };
        let reference = DataReference::view(reference);
        let tenant = &payload.pointer.tenant;
        let read = |answer: &RawValue| Some(answer.get().as_bytes().to_vec());
        let json = match self.follow((tenant, &payload.business), &reference, hold, read).await? {
            Ok(json) => json,
            Err(attempt) => return Ok(attempt),
        };
        let (file, size) = (FileKey::download(tenant, id), json.len() as u64);
        self.files.put_file(&file, "application/json", json).await?;
        Ok(Attempt::done(PayloadStatus::Decoded { file, size }))
    }
}
