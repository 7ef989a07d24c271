//! *Templates*: ready messages of a tenant, filled with variables when they are sent.

use amb_protocol::{compose::ContentType, rules::Fault};
use serde_json::{Map, Value};

use crate::{
    model::TenantId,
    port::{PortError, Templates},
};

/// What a message says of the template it is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct TemplateCall<'c> {
    /// Its name.
    pub name: &'c str,
    /// The version; without one, the latest.
    pub version: Option<u32>,
    /// The locale wanted: the caller's word, or else the conversation's.
    pub locale: Option<&'c str>,
    /// The variables.
    pub variables: &'c Map<String, Value>,
}

/// A filled template: content as if the business had written it.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    /// What it is.
    pub kind: ContentType,
    /// The content.
    pub content: Value,
    /// The version used.
    pub version: u32,
    /// The locale used.
    pub locale: Option<String>,
}

/// Fills a template; `at` is the JSON Pointer of the object that holds `name`, `version`, `locale` and
/// `variables` in the request. The inner error is every fault of the call.
pub async fn fill<S: Templates>(
    _store: &S,
    _tenant: &TenantId,
    _call: &TemplateCall<'_>,
    at: &str,
) -> Result<Result<Filled, Vec<Fault>>, PortError> {
    Ok(Err(vec![Fault::new(format!("{at}/name"), "template_unknown", "there is no such template")]))
}
