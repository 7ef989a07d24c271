use amb_service::{
    account::{ReadTemplate, Rendering, TemplateCheck, Upload, Written},
    model::{Template, TemplateSummary},
    problem::Fault,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

use super::Instant;

/// A version of a template in short.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = TemplateSummary))]
#[serde(rename_all = "camelCase")]
pub(crate) struct TemplateSummaryView {
    name: String,
    /// Counts from 1.
    version: u32,
    /// What it makes.
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(value_type = crate::openapi::ContentTypeWord))]
    kind: &'static str,
    description: String,
    /// The locale of its content; `null` where that is not said.
    locale: Option<String>,
    /// Further locales.
    other_locales: Vec<String>,
    /// `small`, or `large` above 200 KiB.
    #[cfg_attr(test, schema(value_type = crate::openapi::SizeClassWord))]
    size_class: &'static str,
    /// Bytes of its contents, declarations and schema.
    bytes: u64,
    created_at: Instant,
}

impl From<TemplateSummary> for TemplateSummaryView {
    fn from(summary: TemplateSummary) -> Self {
        Self {
            size_class: size_class(&summary),
            name: summary.name.as_str().to_owned(),
            version: summary.version,
            kind: summary.kind.as_str(),
            description: summary.description,
            locale: summary.locale,
            other_locales: summary.locales,
            bytes: summary.bytes,
            created_at: Instant(summary.created_at),
        }
    }
}

fn size_class(summary: &TemplateSummary) -> &'static str {
    if summary.is_large() { "large" } else { "small" }
}

/// A version that was kept.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = WrittenTemplate))]
#[serde(rename_all = "camelCase")]
pub(crate) struct WrittenTemplateView {
    #[serde(flatten)]
    summary: TemplateSummaryView,
    /// What would be refused when it is sent, as far as a trial with sample values shows; and what is
    /// declared and not used.
    #[cfg_attr(test, schema(value_type = Vec<crate::openapi::Fault>))]
    warnings: Vec<Fault>,
}

impl From<Written> for WrittenTemplateView {
    fn from(written: Written) -> Self {
        Self { summary: written.summary.into(), warnings: written.warnings }
    }
}

/// A version of a template, with its contents or a link to them.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Template))]
#[serde(rename_all = "camelCase")]
pub(crate) struct TemplateView {
    #[serde(flatten)]
    summary: TemplateSummaryView,
    #[serde(flatten)]
    contents: Option<Contents>,
    /// Where the contents are answered, as one object with the members that are missing here: they are
    /// too large for one answer (4 MiB).
    #[serde(skip_serializing_if = "Option::is_none")]
    content_url: Option<String>,
    /// Until when that works.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_url_expires_at: Option<Instant>,
}

/// What a template says.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = TemplateContents))]
#[serde(rename_all = "camelCase")]
struct Contents {
    /// The content, with expressions in its strings.
    content: Value,
    /// The content in other locales.
    #[cfg_attr(test, schema(value_type = BTreeMap<String, Value>))]
    locales: BTreeMap<String, Value>,
    /// What is declared of the variables.
    #[cfg_attr(test, schema(value_type = BTreeMap<String, Value>))]
    variables: Map<String, Value>,
    /// What the variables have to be: JSON Schema, 2020-12.
    schema: Value,
}

impl From<ReadTemplate> for TemplateView {
    fn from(read: ReadTemplate) -> Self {
        let summary = read.template.summary().into();
        let Template { content, locales, variables, schema, .. } = read.template;
        let (url, expires_at) = read.link.unzip();
        let contents = Contents { content, locales, variables, schema };
        Self {
            summary,
            contents: url.is_none().then_some(contents),
            content_url: url,
            content_url_expires_at: expires_at.map(Instant),
        }
    }
}

/// A filled template, and whether it could be sent.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Rendering))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RenderingView {
    /// What it is.
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(value_type = crate::openapi::ContentTypeWord))]
    kind: &'static str,
    /// The content, as a message would have it.
    content: Value,
    /// The version used.
    version: u32,
    /// The locale used; `null` where the template does not say.
    locale: Option<String>,
    /// Whether a message of it would be taken.
    valid: bool,
    /// What would be refused.
    #[cfg_attr(test, schema(value_type = Vec<crate::openapi::Fault>))]
    errors: Vec<Fault>,
}

impl From<Rendering> for RenderingView {
    fn from(rendering: Rendering) -> Self {
        Self {
            kind: rendering.kind.as_str(),
            content: rendering.content,
            version: rendering.version,
            locale: rendering.locale,
            valid: rendering.errors.is_empty(),
            errors: rendering.errors,
        }
    }
}

/// What a check of a template finds.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = TemplateCheck))]
#[serde(rename_all = "camelCase")]
pub(crate) struct TemplateCheckView {
    /// Whether it would be kept.
    valid: bool,
    /// Why not.
    #[cfg_attr(test, schema(value_type = Vec<crate::openapi::Fault>))]
    errors: Vec<Fault>,
    /// What would be refused when it is sent, as far as a trial with sample values shows.
    #[cfg_attr(test, schema(value_type = Vec<crate::openapi::Fault>))]
    warnings: Vec<Fault>,
    /// What its variables would have to be: JSON Schema, 2020-12.
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<Value>,
}

impl From<TemplateCheck> for TemplateCheckView {
    fn from(check: TemplateCheck) -> Self {
        Self {
            valid: check.errors.is_empty(),
            errors: check.errors,
            warnings: check.warnings,
            schema: check.schema,
        }
    }
}

/// A place for one file. The URL opens it to whoever has it.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Upload))]
#[serde(rename_all = "camelCase")]
pub(crate) struct UploadView {
    /// What messages and templates call it, as `uploadId`; files are kept for 35 days.
    id: String,
    /// As it was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Where to send the bytes.
    url: String,
    /// `PUT`.
    method: &'static str,
    /// Headers to send with them, exactly so.
    headers: BTreeMap<String, String>,
    /// The URL takes nothing from then on.
    expires_at: Instant,
}

impl From<Upload> for UploadView {
    fn from(upload: Upload) -> Self {
        Self {
            id: upload.id.to_string(),
            name: upload.name,
            url: upload.slot.url,
            method: "PUT",
            headers: upload.slot.headers.into_iter().collect(),
            expires_at: Instant(upload.expires_at),
        }
    }
}
