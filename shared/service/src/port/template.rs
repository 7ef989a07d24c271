use std::future::Future;

use super::PortError;
use crate::model::{Template, TemplateName, TenantId};

/// Reads templates. IAM: `GetItem` on `accounts`, `s3:GetObject` under `templates/`.
pub trait Templates: Send + Sync {
    /// A version of a template, or the latest.
    fn template(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
        version: Option<u32>,
    ) -> impl Future<Output = Result<Option<Template>, PortError>> + Send;
}
