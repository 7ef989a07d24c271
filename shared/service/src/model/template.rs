//! Templates: ready messages of a tenant, with variables.

use amb_protocol::compose::ContentType;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

use super::TenantId;

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    pub variables: Value,
    /// When this version was made.
    pub created_at: Timestamp,
}
