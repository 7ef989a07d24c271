//! Bodies of requests about templates and uploads.
#![expect(dead_code, reason = "the shapes are read by the macro only")]

use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::word::ContentTypeWord;

/// A template to make, or an upload that is the body.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "it is never made, only described")]
pub(crate) enum CreateTemplate {
    Inline(NewTemplate),
    Uploaded(ByUpload),
}

/// A version of a template to make, or an upload that is the body.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "it is never made, only described")]
pub(crate) enum ReplaceTemplate {
    Inline(TemplateDefinition),
    Uploaded(ByUpload),
}

/// A body that was uploaded: a JSON object of at most 10 MiB.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ByUpload {
    #[schema(pattern = "^upl_[a-z2-7]{26}$")]
    upload_id: String,
}

/// A template: the content of a message with `{{ expressions }}` in its strings, `$each` and `$if`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTemplate {
    #[schema(pattern = "^[a-z0-9][a-z0-9._-]{0,63}$")]
    name: String,
    /// What it makes.
    #[schema(rename = "type", value_type = ContentTypeWord)]
    kind: Value,
    #[schema(min_length = 1, max_length = 1000)]
    description: Option<String>,
    /// The locale of `content`, such as `en` or `fr_CA`.
    #[schema(max_length = 35)]
    locale: Option<String>,
    /// The content in Apple's field names, as `POST /v1/messages` takes it.
    #[schema(value_type = Object)]
    content: Value,
    /// The content in other locales, by locale, 50 at most. A customer's `fr_CA` takes `fr_CA`, then `fr`, then
    /// `content`.
    locales: Option<BTreeMap<String, Value>>,
    /// What is declared of the variables, by name, 200 at most: JSON Schema of the keywords `type`, `default`,
    /// `description`, `title`, `examples`, `enum`, `items`, `properties`, `required` and the limits. What
    /// is not declared is derived from use; what has a default need not be given.
    variables: Option<BTreeMap<String, Value>>,
}

/// A template without its name, which the path has.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateDefinition {
    /// As in the path, if it is there.
    #[schema(pattern = "^[a-z0-9][a-z0-9._-]{0,63}$")]
    name: Option<String>,
    /// What it makes.
    #[schema(rename = "type", value_type = ContentTypeWord)]
    kind: Value,
    #[schema(min_length = 1, max_length = 1000)]
    description: Option<String>,
    #[schema(max_length = 35)]
    locale: Option<String>,
    #[schema(value_type = Object)]
    content: Value,
    locales: Option<BTreeMap<String, Value>>,
    variables: Option<BTreeMap<String, Value>>,
}

/// What to fill a template with.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RenderTemplate {
    /// Every variable that has no default.
    variables: Option<BTreeMap<String, Value>>,
    /// The locale wanted.
    #[schema(min_length = 1, max_length = 35)]
    locale: Option<String>,
    /// The version; without one, the latest.
    #[schema(minimum = 1)]
    version: Option<u32>,
}

/// A file to upload.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateUpload {
    /// Its media type, as it will be sent.
    #[schema(max_length = 255)]
    content_type: String,
    /// Its size in bytes, exactly: 100 MiB at most.
    #[schema(minimum = 1, maximum = 104_857_600)]
    size: u64,
    /// What to call it in the answer; it is not kept.
    #[schema(min_length = 1, max_length = 120)]
    name: Option<String>,
}

/// A JSON Schema of an object: a property for each variable.
#[derive(ToSchema)]
pub(crate) struct VariablesSchema {
    #[schema(rename = "$schema", format = "uri")]
    dialect: String,
    /// `object`.
    #[schema(rename = "type")]
    kind: String,
    properties: BTreeMap<String, Value>,
    /// Those that have to be given.
    required: Option<Vec<String>>,
    /// `false`: a variable that the template does not have is a fault.
    #[schema(rename = "additionalProperties")]
    additional: bool,
}
