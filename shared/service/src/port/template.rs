use std::{future::Future, time::Duration};

use super::{PortError, Replaced};
use crate::model::{Template, TemplateName, TemplateSummary, TenantId};

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

/// Keeps templates. IAM: `GetItem`, `Query`, `PutItem`, `DeleteItem` on `accounts`; `s3:GetObject`,
/// `s3:PutObject`, `s3:DeleteObject` under `templates/`.
pub trait TemplateLibrary: Templates {
    /// Makes a version the latest, if the latest is the one before; the first, if there is none. The
    /// oldest version goes when there are more than [`Template::MAX_VERSIONS`].
    fn put_template(
        &self,
        template: &Template,
    ) -> impl Future<Output = Result<Replaced, PortError>> + Send;

    /// The latest version of each template of a tenant, by name.
    fn templates(
        &self,
        tenant: &TenantId,
    ) -> impl Future<Output = Result<Vec<TemplateSummary>, PortError>> + Send;

    /// The latest version.
    fn latest_template(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
    ) -> impl Future<Output = Result<Option<TemplateSummary>, PortError>> + Send;

    /// The versions of a template, oldest first.
    fn template_versions(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
    ) -> impl Future<Output = Result<Vec<TemplateSummary>, PortError>> + Send;

    /// Deletes a template with all its versions, if this is the latest.
    fn delete_template(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
        version: u32,
    ) -> impl Future<Output = Result<Replaced, PortError>> + Send;

    /// A URL that answers the contents of a large version for so long: `content`, `locales`,
    /// `variables` and `schema` as one object. Nothing for a version that lies in its row.
    fn template_link(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
        version: u32,
        life: Duration,
    ) -> impl Future<Output = Result<Option<String>, PortError>> + Send;
}
