//! A template: its latest version in short, `T#<tenant>` / `TPL#<name>`, and every version, `T#<tenant>` /
//! `TPV#<name>#<version>`. Both are written in one transaction. What a version says is kept as JSON text
//! in its row, or in a file when it is large: DynamoDB keeps neither the order of members nor `1.0`.
//! A version row that the short one does not know of is not there: what a deletion left behind.

use amb_service::model::{FileKey, Template, TemplateName, TemplateSummary, TenantId, body_hash};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use super::{Item, Key, RowFault, key::tenant_pk, read, write};

pub(crate) const PREFIX: &str = "TPL#";

/// What a version says.
#[derive(Serialize, Deserialize)]
pub(crate) struct Said {
    content: Value,
    locales: BTreeMap<String, Value>,
    variables: Map<String, Value>,
    schema: Value,
}

/// A version's row.
#[derive(Serialize, Deserialize)]
pub(crate) struct Version {
    #[serde(flatten)]
    pub(crate) summary: TemplateSummary,
    /// What it says, unless it is in a file.
    pub(crate) said: Option<String>,
    /// SHA-256 of what it says, hex: the file's name.
    pub(crate) file: Option<String>,
}

pub(crate) fn key(tenant: &TenantId, name: &TemplateName) -> Key {
    Key::new(tenant_pk(tenant), format!("{PREFIX}{}", name.as_str()))
}

pub(crate) fn item(summary: &TemplateSummary) -> Result<Item, RowFault> {
    write(key(&summary.tenant, &summary.name), summary)
}

pub(crate) fn versions_prefix(name: &TemplateName) -> String {
    format!("TPV#{}#", name.as_str())
}

pub(crate) fn version_key(tenant: &TenantId, name: &TemplateName, version: u32) -> Key {
    Key::new(tenant_pk(tenant), format!("{}{version:010}", versions_prefix(name)))
}

pub(crate) fn version_item(version: &Version) -> Result<Item, RowFault> {
    let summary = &version.summary;
    write(version_key(&summary.tenant, &summary.name, summary.version), version)
}

impl Version {
    /// The row of a template, and what goes into its file when it is large.
    pub(crate) fn of(template: &Template) -> Result<(Self, Option<Vec<u8>>), RowFault> {
        let said = Said {
            content: template.content.clone(),
            locales: template.locales.clone(),
            variables: template.variables.clone(),
            schema: template.schema.clone(),
        };
        let said = serde_json::to_string(&said)?;
        let summary = template.summary();
        Ok(if summary.is_large() {
            let hash = HEXLOWER.encode(&body_hash(said.as_bytes()));
            let row = Self { summary, said: None, file: Some(hash) };
            (row, Some(said.into_bytes()))
        } else {
            (Self { summary, said: Some(said), file: None }, None)
        })
    }

    /// Reads a row.
    pub(crate) fn read(item: Item) -> Result<Self, RowFault> {
        read(item)
    }

    /// The place of its file, if it has one.
    pub(crate) fn file(&self) -> Option<FileKey> {
        let TemplateSummary { tenant, name, version, .. } = &self.summary;
        self.file.as_deref().map(|hash| FileKey::template(tenant, name, *version, hash))
    }

    /// The template, with what it says.
    pub(crate) fn template(self, said: &[u8]) -> Result<Template, RowFault> {
        let Said { content, locales, variables, schema } = serde_json::from_slice(said)?;
        let TemplateSummary {
            tenant, name, version, kind, description, locale, created_at, ..
        } = self.summary;
        Ok(Template {
            tenant,
            name,
            version,
            kind,
            description,
            locale,
            content,
            locales,
            variables,
            schema,
            created_at,
        })
    }
}
