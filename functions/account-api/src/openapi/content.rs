//! What a message may say, by its type. Apple's own names; the rules are those of the rule packs.
#![expect(dead_code, reason = "the shapes are read by the macro only")]

mod form;
mod interactive;
mod payment;

#[cfg(test)]
mod tests;

use serde_json::Value;
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema, schema::AnyOfBuilder},
};

use super::{
    operation::Named,
    word::{InvitationTemplateWord, TypingStateWord},
};
use form::FormContent;
use interactive::{AppContent, ListPickerContent, QuickReplyContent, TimePickerContent};
pub(crate) use payment::PaymentContent;

/// What a message says, by its type. Any of them, and not one of them: `{"url": …}` alone is both a
/// `richLink` and an `appClip`, and `type` says which.
pub(crate) struct Content;

impl Content {
    fn kinds() -> [Named; 13] {
        [
            Named::of::<TextContent>(),
            Named::of::<RichLinkContent>(),
            Named::of::<QuickReplyContent>(),
            Named::of::<ListPickerContent>(),
            Named::of::<TimePickerContent>(),
            Named::of::<FormContent>(),
            Named::of::<AppContent>(),
            Named::of::<AppClipContent>(),
            Named::of::<InvitationContent>(),
            Named::of::<PaymentContent>(),
            Named::of::<RawContent>(),
            Named::of::<TemplateContent>(),
            Named::of::<TypingContent>(),
        ]
    }
}

impl PartialSchema for Content {
    fn schema() -> RefOr<Schema> {
        let mut any = AnyOfBuilder::new()
            .description(Some("What the message says, in the shape that its `type` names."));
        for kind in Self::kinds() {
            any = any.item(kind.reference());
        }
        RefOr::T(Schema::AnyOf(any.build()))
    }
}

impl ToSchema for Content {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("SendContent")
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        for kind in Self::kinds() {
            kind.collect(schemas);
        }
    }
}

/// The content of a `text`: words, files, or both.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextContent {
    /// U+FFFC stands where a file goes, in their order; files without a place follow the words.
    #[schema(min_length = 1, max_length = 10_000)]
    text: Option<String>,
    #[schema(min_items = 1, max_items = 20)]
    attachments: Option<Vec<FileToSend>>,
}

/// A file: exactly one of `url` (https) and `uploadId`; 100 MiB at most.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct FileToSend {
    #[schema(format = "uri", max_length = 8192)]
    url: Option<String>,
    #[schema(pattern = "^upl_[a-z2-7]{26}$")]
    upload_id: Option<String>,
    /// What the customer sees it called; the URL's own name unless named.
    name: Option<String>,
    /// What it is sent as; what its place says of it, or its first bytes, unless named.
    #[schema(max_length = 255)]
    mime_type: Option<String>,
}

/// The content of a `typing`: the indicator on the customer's device.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypingContent {
    #[schema(value_type = TypingStateWord)]
    state: Value,
}

/// The content of a `richLink`. What is missing is taken from the page (Open Graph).
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RichLinkContent {
    /// https
    #[schema(format = "uri")]
    url: String,
    title: Option<String>,
    image: Option<Picture>,
    video: Option<Video>,
}

/// A video behind a rich link.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct Video {
    /// https
    #[schema(format = "uri")]
    url: String,
    /// Such as `video/mp4`.
    #[schema(pattern = "^video/")]
    mime_type: String,
}

/// A picture: exactly one of `url` (https), `uploadId` and `data` (Base64 of PNG, JPEG, GIF or WebP). It
/// leaves as PNG in the size of its place.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct Picture {
    #[schema(format = "uri")]
    url: Option<String>,
    #[schema(pattern = "^upl_[a-z2-7]{26}$")]
    upload_id: Option<String>,
    #[schema(content_encoding = "base64")]
    data: Option<String>,
}

/// The content of an `appClip`: a page that offers an App Clip; without one it leaves as a rich link.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct AppClipContent {
    /// https, in printable ASCII.
    #[schema(format = "uri", max_length = 8192)]
    url: String,
    /// ISO 3166 alpha-2.
    #[schema(default = "US", pattern = "^[A-Z]{2}$")]
    store_region: Option<String>,
    /// The title of the rich link that it leaves as without an App Clip; else the page's own.
    title: Option<String>,
}

/// The content of an `invitation`, which starts a conversation.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationContent {
    #[schema(value_type = InvitationTemplateWord)]
    template_id: Value,
    #[schema(default = "en-us")]
    locale: Option<String>,
    /// The business's own reference, without quotes: it comes back with the answer.
    #[schema(min_length = 1, max_length = 1000)]
    reference_id: String,
    parameters: InvitationParameters,
    #[schema(min_length = 1, max_length = 128)]
    request_identifier: Option<String>,
}

/// What Apple's template shows, and whatever else it takes.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct InvitationParameters {
    brand_name: String,
    /// Of `binaryChoice.engage.withImage`, which needs it.
    brand_logo: Option<Picture>,
}

/// The content of a `raw`: Apple's own JSON. `v`, `id`, `sourceId` and `destinationId` are ours to set.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawContent {
    /// With `type` and what belongs to it.
    #[schema(value_type = Object)]
    apple: Value,
    /// Past the rule check; takes the scope `send_unchecked`.
    #[schema(default = false)]
    unchecked: Option<bool>,
}

/// The content of a `template`, which makes a message of another type.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TemplateContent {
    #[schema(pattern = "^[a-z0-9][a-z0-9._-]{0,63}$")]
    name: String,
    /// The latest unless named.
    #[schema(minimum = 1)]
    version: Option<u32>,
    /// The customer's own unless named.
    #[schema(min_length = 1, max_length = 64)]
    locale: Option<String>,
    /// Every variable that has no default.
    #[schema(value_type = Option<Object>)]
    variables: Option<Value>,
}
