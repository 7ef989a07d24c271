//! Templates in memory.

use std::time::Duration;

use super::Memory;
use crate::{
    model::{Template, TemplateName, TemplateSummary, TenantId},
    port::{PortError, Replaced, TemplateLibrary, Templates},
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

impl TemplateLibrary for Memory {
    async fn put_template(&self, template: &Template) -> Result<Replaced, PortError> {
        let key = |version| (template.tenant.clone(), template.name.clone(), version);
        self.call("TemplateLibrary::put_template", |world| {
            let latest = world.templates.range(key(0)..=key(u32::MAX)).next_back();
            let latest = latest.map_or(0, |((_, _, version), _)| *version);
            if latest + 1 != template.version {
                return Replaced::Moved;
            }
            world.templates.insert(key(template.version), template.clone());
            world.templates.remove(&key(template.version.saturating_sub(Template::MAX_VERSIONS)));
            Replaced::Done
        })
        .await
    }

    async fn templates(&self, tenant: &TenantId) -> Result<Vec<TemplateSummary>, PortError> {
        self.call("TemplateLibrary::templates", |world| {
            let mut found: Vec<TemplateSummary> = Vec::new();
            for ((owner, name, _), template) in &world.templates {
                if owner == tenant {
                    found.retain(|summary| summary.name != *name);
                    found.push(template.summary());
                }
            }
            found
        })
        .await
    }

    async fn latest_template(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
    ) -> Result<Option<TemplateSummary>, PortError> {
        let from = (tenant.clone(), name.clone(), 0);
        let to = (tenant.clone(), name.clone(), u32::MAX);
        self.call("TemplateLibrary::latest_template", |world| {
            world.templates.range(from..=to).next_back().map(|(_, template)| template.summary())
        })
        .await
    }

    async fn template_versions(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
    ) -> Result<Vec<TemplateSummary>, PortError> {
        let from = (tenant.clone(), name.clone(), 0);
        let to = (tenant.clone(), name.clone(), u32::MAX);
        self.call("TemplateLibrary::template_versions", |world| {
            world.templates.range(from..=to).map(|(_, template)| template.summary()).collect()
        })
        .await
    }

    async fn delete_template(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
        version: u32,
    ) -> Result<Replaced, PortError> {
        let key = |version| (tenant.clone(), name.clone(), version);
        self.call("TemplateLibrary::delete_template", |world| {
            let latest = world.templates.range(key(0)..=key(u32::MAX)).next_back();
            if latest.is_none_or(|((_, _, latest), _)| *latest != version) {
                return Replaced::Moved;
            }
            world.templates.retain(|(owner, known, _), _| (owner, known) != (tenant, name));
            Replaced::Done
        })
        .await
    }

    async fn template_link(
        &self,
        tenant: &TenantId,
        name: &TemplateName,
        version: u32,
        _life: Duration,
    ) -> Result<Option<String>, PortError> {
        let key = (tenant.clone(), name.clone(), version);
        self.call("TemplateLibrary::template_link", |world| {
            let large = world.templates.get(&key)?.summary().is_large();
            let name = name.as_str();
            large.then(|| format!("https://files.example.com/templates/{tenant}/{name}/{version}"))
        })
        .await
    }
}
