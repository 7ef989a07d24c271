//! Templates in memory.

use super::Memory;
use crate::{
    model::{Template, TemplateName, TenantId},
    port::{PortError, Templates},
};

impl Templates for Memory {
    async fn template(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
        version: Option<u32>,
    ) -> Result<Option<Template>, PortError> {
        let from = (tenant.clone(), name.clone(), version.unwrap_or(0));
        let to = (tenant.clone(), name.clone(), version.unwrap_or(u32::MAX));
        self.call("Templates::template", |world| {
            world.templates.range(from..=to).next_back().map(|(_, template)| template.clone())
        })
        .await
    }
}
