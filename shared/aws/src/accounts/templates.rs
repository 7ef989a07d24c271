use amb_service::{
    model::{Template, TemplateName, TemplateSummary, TenantId},
    port::{FileRead, Files, PortError, Replaced, TemplateLibrary, Templates},
    problem::chain,
};
use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{Delete, Put, TransactWriteItem},
};
use std::time::Duration;

use crate::{
    fault::{Refused, RefusedWrite, incomplete, unavailable, unreadable},
    row::{self, n, template::Version},
    store::Store,
};

/// The largest file of a version: ten megabytes of contents, and what is derived from them.
const LARGEST: u64 = 16 * 1024 * 1024;

impl Templates for Store {
    async fn template(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
        version: Option<u32>,
    ) -> Result<Option<Template>, PortError> {
        const OPERATION: &str = "Templates::template";
        let Some(version) = self.known_version(OPERATION, tenant, name, version).await? else {
            return Ok(None);
        };
        let Some(version) = self.version_row(OPERATION, tenant, name, version).await? else {
            return Ok(None);
        };
        let said = match (version.file(), &version.said) {
            (Some(file), _) => match self.bucket(OPERATION)?.file(&file, LARGEST).await? {
                FileRead::Whole(bytes) => bytes,
                other => {
                    let reason = format!("the file of a template: {other:?}");
                    return Err(PortError::unreadable(OPERATION, Refused::new(reason)));
                }
            },
            (None, said) => said.clone().unwrap_or_default().into_bytes(),
        };
        version.template(&said).map(Some).map_err(unreadable(OPERATION))
    }
}

impl TemplateLibrary for Store {
    async fn put_template(&self, template: &Template) -> Result<Replaced, PortError> {
        const OPERATION: &str = "TemplateLibrary::put_template";
        let (version, file) = Version::of(template).map_err(unreadable(OPERATION))?;
        if let (Some(key), Some(bytes)) = (version.file(), file) {
            self.bucket(OPERATION)?.put_file(&key, "application/json", bytes).await?;
        }
        let table = self.accounts_table(OPERATION)?;
        let put = |item| Put::builder().table_name(table).set_item(Some(item));
        let head = row::template::item(&version.summary).map_err(unreadable(OPERATION))?;
        let head = match template.version {
            1 => put(head).condition_expression("attribute_not_exists(pk)"),
            later => put(head)
                .condition_expression("#version = :before")
                .expression_attribute_names("#version", "version")
                .expression_attribute_values(":before", n(later.saturating_sub(1))),
        };
        let own = put(row::template::version_item(&version).map_err(unreadable(OPERATION))?);
        let mut request = self.client.transact_write_items();
        for put in [head, own] {
            let put = put.build().map_err(incomplete(OPERATION))?;
            request = request.transact_items(TransactWriteItem::builder().put(put).build());
        }
        let oldest = match template.version.saturating_sub(Template::MAX_VERSIONS) {
            0 => None,
            oldest => self.version_row(OPERATION, &template.tenant, &template.name, oldest).await?,
        };
        if let Some(Version { summary, .. }) = &oldest {
            let key = row::template::version_key(&summary.tenant, &summary.name, summary.version);
            let delete = Delete::builder().table_name(table).set_key(Some(key.into_item()));
            let delete = delete.build().map_err(incomplete(OPERATION))?;
            request = request.transact_items(TransactWriteItem::builder().delete(delete).build());
        }
        match request.send().await {
            Ok(_) => {
                // `templates/` does not expire: a file whose row is gone would stay for ever.
                if let Some(file) = oldest.and_then(|oldest| oldest.file())
                    && let Err(error) = self.bucket(OPERATION)?.delete(OPERATION, &file).await
                {
                    tracing::warn!(error = %chain(&error), "the file of an old template stays");
                }
                Ok(Replaced::Done)
            }
            Err(error) if moved(&error) => Ok(Replaced::Moved),
            Err(error) => Err(unavailable(OPERATION)(error)),
        }
    }

    async fn templates(&self, tenant: &TenantId) -> Result<Vec<TemplateSummary>, PortError> {
        const OPERATION: &str = "TemplateLibrary::templates";
        let query = self.owned(OPERATION, tenant, row::template::PREFIX)?;
        self.shapes(OPERATION, query).await
    }

    async fn latest_template(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
    ) -> Result<Option<TemplateSummary>, PortError> {
        self.head("TemplateLibrary::latest_template", tenant, name).await
    }

    async fn template_versions(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
    ) -> Result<Vec<TemplateSummary>, PortError> {
        const OPERATION: &str = "TemplateLibrary::template_versions";
        let Some(head) = self.head(OPERATION, tenant, name).await? else {
            return Ok(Vec::new());
        };
        let query = self.owned(OPERATION, tenant, &row::template::versions_prefix(name))?;
        let query = query
            .projection_expression(
                "pk, sk, v, tenant, #name, #version, kind, description, locale, locales, #bytes, createdAt",
            )
            .expression_attribute_names("#name", "name")
            .expression_attribute_names("#version", "version")
            .expression_attribute_names("#bytes", "bytes");
        let mut versions: Vec<TemplateSummary> = self.shapes(OPERATION, query).await?;
        versions.retain(|version| version.version <= head.version);
        Ok(versions)
    }

    async fn delete_template(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
        version: u32,
    ) -> Result<Replaced, PortError> {
        const OPERATION: &str = "TemplateLibrary::delete_template";
        let table = self.accounts_table(OPERATION)?;
        let delete = self
            .client
            .delete_item()
            .table_name(table)
            .set_key(Some(row::template::key(tenant, name).into_item()))
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", n(version));
        if let Err(error) = delete.send().await {
            return error.old_item(OPERATION).map(|_| Replaced::Moved);
        }
        // From here on it is gone. What an end in between leaves behind is not found again, and is
        // overwritten by a template of the same name.
        let query = self.owned(OPERATION, tenant, &row::template::versions_prefix(name))?;
        for item in self.rows(OPERATION, query, usize::MAX).await? {
            let version = Version::read(item).map_err(unreadable(OPERATION))?;
            if let Some(file) = version.file() {
                self.bucket(OPERATION)?.delete(OPERATION, &file).await?;
            }
            let key = row::template::version_key(tenant, name, version.summary.version);
            let delete = self.client.delete_item().table_name(table).set_key(Some(key.into_item()));
            delete.send().await.map_err(unavailable(OPERATION))?;
        }
        Ok(Replaced::Done)
    }

    async fn template_link(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
        version: u32,
        life: Duration,
    ) -> Result<Option<String>, PortError> {
        const OPERATION: &str = "TemplateLibrary::template_link";
        let version = self.version_row(OPERATION, tenant, name, version).await?;
        match version.and_then(|version| version.file()) {
            Some(file) => {
                self.bucket(OPERATION)?.plain_link(OPERATION, &file, life).await.map(Some)
            }
            None => Ok(None),
        }
    }
}

impl Store {
    async fn head(
        &self,
        operation: &'static str,
        tenant: &TenantId,
        name: &TemplateName,
    ) -> Result<Option<TemplateSummary>, PortError> {
        let table = self.accounts_table(operation)?;
        let found = self.row(operation, table, row::template::key(tenant, name)).await?;
        found.map(row::read).transpose().map_err(unreadable(operation))
    }

    /// The version wanted, or the latest, if the template has it.
    async fn known_version(
        &self,
        operation: &'static str,
        tenant: &TenantId,
        name: &TemplateName,
        wanted: Option<u32>,
    ) -> Result<Option<u32>, PortError> {
        let head = self.head(operation, tenant, name).await?;
        Ok(head.map(|head| head.version).and_then(|latest| match wanted {
            Some(wanted) => (wanted <= latest).then_some(wanted),
            None => Some(latest),
        }))
    }

    async fn version_row(
        &self,
        operation: &'static str,
        tenant: &TenantId,
        name: &TemplateName,
        version: u32,
    ) -> Result<Option<Version>, PortError> {
        let key = row::template::version_key(tenant, name, version);
        let found = self.row(operation, self.accounts_table(operation)?, key).await?;
        found.map(Version::read).transpose().map_err(unreadable(operation))
    }
}

fn moved<R>(error: &SdkError<TransactWriteItemsError, R>) -> bool {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(canceled)) => {
            let head = canceled.cancellation_reasons().first();
            head.is_some_and(|reason| reason.code() == Some("ConditionalCheckFailed"))
        }
        _ => false,
    }
}
