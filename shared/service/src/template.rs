//! *Templates*: ready messages of a tenant, filled with variables when they are sent.
//!
//! A template is the content of a message as JSON, with `{{ expressions }}` in its strings, elements
//! that are repeated (`$each`) and parts that depend on a condition (`$if`). It is made into values, not
//! into text: a string that is one expression becomes the value itself, and nothing in a variable can
//! be taken for JSON or for an expression. [`Definition`] checks a template before it is kept, and derives
//! what its variables have to be; [`fill`] makes a message of a kept one.

mod definition;
mod language;
mod locale;
mod program;
mod render;
mod sample;
mod shape;
#[cfg(test)]
mod tests;
mod text;
mod variables;

pub use definition::{Definition, MAX_DESCRIPTION, MAX_LOCALES};
pub use render::{MOST_BYTES, MOST_ELEMENTS};

use amb_protocol::{compose::ContentType, rules::Fault};
use serde_json::{Map, Value};
use std::fmt;

use crate::{
    model::{Template, TemplateName, TenantId},
    port::{PortError, Templates},
    problem::Faults,
};

/// What a message says of the template it is made from.
#[derive(Clone, PartialEq)]
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

impl fmt::Debug for TemplateCall<'_> {
    /// A business's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TemplateCall")
            .field("name", &self.name)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// A filled template: content as if the business had written it.
#[derive(Clone, PartialEq)]
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

impl fmt::Debug for Filled {
    /// A business's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Filled")
            .field("kind", &self.kind)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

/// Fills a template; `at` is the JSON Pointer of the object that holds `name`, `version`, `locale` and
/// `variables` in the request. The inner error is every fault of the call.
pub async fn fill<S: Templates>(
    store: &S,
    tenant: &TenantId,
    call: &TemplateCall<'_>,
    at: &str,
) -> Result<Result<Filled, Vec<Fault>>, PortError> {
    let found = match TemplateName::parse(call.name) {
        Ok(name) => store.template(tenant, &name, call.version).await?,
        Err(_odd) => None,
    };
    Ok(match (found, call.version) {
        (Some(template), _) => fill_with(&template, call, at),
        (None, None) => {
            let fault =
                Fault::new(format!("{at}/name"), "template_unknown", "there is no such template");
            Err(vec![fault])
        }
        (None, Some(_)) => {
            let message = "there is no such version of this template";
            Err(vec![Fault::new(format!("{at}/version"), "template_unknown", message)])
        }
    })
}

/// Fills a template that was read before.
pub fn fill_with(
    template: &Template,
    call: &TemplateCall<'_>,
    at: &str,
) -> Result<Filled, Vec<Fault>> {
    let variables = variables::given(&template.schema, call.variables, &format!("{at}/variables"))?;
    let (content, locale) = locale::choose(template, call.locale);
    let mut faults = Faults::default();
    let Some(program) = program::compile(content, "", &mut faults) else {
        // Checked when it was kept: only another version of this code could tell otherwise.
        tracing::error!(faults = faults.len(), "a stored template does not compile");
        let message = "the template cannot be filled; save it again";
        return Err(vec![Fault::new(format!("{at}/name"), "template_unreadable", message)]);
    };
    match render::render(&program, &variables) {
        Ok(rendered) => Ok(Filled {
            kind: template.kind,
            content: rendered.content,
            version: template.version,
            locale: locale.map(str::to_owned),
        }),
        Err(fault) => {
            let message = fault.to_string();
            Err(vec![Fault::new(format!("{at}/variables"), fault.rule(), message)])
        }
    }
}
