//! Templates: ready messages of a tenant, with variables.

use amb_protocol::compose::ContentType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt};

use super::TenantId;
use crate::json_size;

/// A template's name: 1 to 64 characters of `a-z 0-9 . _ -`, beginning with a letter or digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TemplateName(String);

/// A text that is no template name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("1 to 64 characters of a-z, 0-9, `.`, `_` and `-`, beginning with a letter or a digit")]
pub struct TemplateNameFault;

impl TemplateName {
    /// Reads a name.
    pub fn parse(text: &str) -> Result<Self, TemplateNameFault> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let fits = (1..=64).contains(&text.len())
            && text.bytes().next().is_some_and(plain)
            && text.bytes().all(|b| plain(b) || b"._-".contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(TemplateNameFault) }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TemplateName {
    type Error = TemplateNameFault;
    fn try_from(text: String) -> Result<Self, TemplateNameFault> {
        Self::parse(&text)
    }
}

impl From<TemplateName> for String {
    fn from(name: TemplateName) -> Self {
        name.0
    }
}

/// One version of a template. A version never changes.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Template {
    /// The owner.
    pub tenant: TenantId,
    /// Its name.
    pub name: TemplateName,
    /// Counts from 1.
    pub version: u32,
    /// What it makes.
    pub kind: ContentType,
    /// What it is for, in the owner's words.
    pub description: String,
    /// The locale of `content`, where it is known.
    pub locale: Option<String>,
    /// The content, with expressions in its strings.
    pub content: Value,
    /// The content in other locales.
    pub locales: BTreeMap<String, Value>,
    /// What is declared of the variables: type, default, description.
    pub variables: Map<String, Value>,
    /// What the variables have to be, as JSON Schema: derived when the version was made.
    pub schema: Value,
    /// When this version was made.
    pub created_at: Timestamp,
}

impl fmt::Debug for Template {
    /// A business's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Template")
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl Template {
    /// The largest that lies in a row, in bytes of JSON: a row holds 400 KB. What is larger is a file.
    pub const MAX_IN_ROW: usize = 200 * 1024;
    /// Versions kept; a new one beyond ends the oldest.
    pub const MAX_VERSIONS: u32 = 100;
    /// Templates of a tenant.
    pub const MAX_PER_TENANT: usize = 500;

    /// What a list says of it.
    pub fn summary(&self) -> TemplateSummary {
        TemplateSummary {
            tenant: self.tenant.clone(),
            name: self.name.clone(),
            version: self.version,
            kind: self.kind,
            description: self.description.clone(),
            locale: self.locale.clone(),
            locales: self.locales.keys().cloned().collect(),
            bytes: self.bytes(),
            created_at: self.created_at,
        }
    }

    /// Bytes of its contents and declarations, as JSON.
    pub fn bytes(&self) -> u64 {
        let parts = (&self.content, &self.locales, &self.variables, &self.schema);
        json_size::of(&parts) as u64
    }

    /// Whether both make the same of the same variables.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.kind == other.kind
            && self.description == other.description
            && self.locale == other.locale
            && self.content == other.content
            && self.locales == other.locales
            && self.variables == other.variables
    }
}

/// A version of a template without its contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateSummary {
    /// The owner.
    pub tenant: TenantId,
    /// Its name.
    pub name: TemplateName,
    /// Counts from 1.
    pub version: u32,
    /// What it makes.
    pub kind: ContentType,
    /// What it is for, in the owner's words.
    pub description: String,
    /// The locale of the content, where it is known.
    pub locale: Option<String>,
    /// Further locales, in order.
    pub locales: Vec<String>,
    /// Bytes of its contents and declarations.
    pub bytes: u64,
    /// When this version was made.
    pub created_at: Timestamp,
}

impl TemplateSummary {
    /// Whether it is too large for a row.
    pub fn is_large(&self) -> bool {
        self.bytes > Template::MAX_IN_ROW as u64
    }
}
