use amb_protocol::id::BusinessId;
use std::future::Future;

use super::PortError;
use crate::model::{DataRef, TenantId};

/// Apple's references to large content that was sent before. IAM: `GetItem`, `PutItem` on `accounts`.
pub trait DataRefs: Send + Sync {
    /// The reference to this content, if there is one; its expiry is the caller's to judge.
    fn data_ref(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        content_hash: &str,
    ) -> impl Future<Output = Result<Option<DataRef>, PortError>> + Send;

    /// Keeps a reference; a later one replaces it.
    fn keep_data_ref(
        &self,
        data_ref: &DataRef,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}
