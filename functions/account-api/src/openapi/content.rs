//! What a message may say, by its type. Apple's own names; the rules are those of the rule packs.
#![expect(dead_code, reason = "the shapes are read by the macro only")]

use serde_json::Value;
use utoipa::ToSchema;

/// What a message says, by its type.
#[derive(ToSchema)]
#[schema(as = SendContent)]
#[serde(untagged)]
pub(crate) enum Content {
    /// `text`
    Text(TextContent),
    /// `richLink`
    RichLink(RichLinkContent),
    /// `quickReply`
    QuickReply(QuickReplyContent),
    /// `listPicker`
    ListPicker(ListPickerContent),
    /// `timePicker`
    TimePicker(TimePickerContent),
    /// `form`
    Form(FormContent),
    /// `iMessageApp`
    App(AppContent),
    /// `appClip`
    AppClip(AppClipContent),
    /// `invitation`
    Invitation(InvitationContent),
    /// `raw`
    Raw(RawContent),
    /// `template`
    Template(TemplateContent),
    /// `typing`
    Typing(TypingContent),
}

/// The content of a `text`.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TextContent {
    #[schema(min_length = 1, max_length = 10_000)]
    text: String,
}

/// The content of a `typing`: the indicator on the customer's device.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TypingContent {
    state: TypingState,
}

/// On or off.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub(crate) enum TypingState {
    Start,
    End,
}

/// The content of a `richLink`. What is missing is taken from the page (Open Graph).
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RichLinkContent {
    #[schema(format = "uri")]
    url: String,
    title: Option<String>,
    image: Option<Picture>,
    video: Option<Video>,
}

/// A video behind a rich link.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Video {
    #[schema(format = "uri")]
    url: String,
    mime_type: String,
}

/// A picture: exactly one of `url` (https), `uploadId`, `data` (Base64 of PNG, JPEG, GIF or WebP). It
/// leaves as PNG in the size of its place.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct Picture {
    #[schema(format = "uri")]
    url: Option<String>,
    upload_id: Option<String>,
    data: Option<String>,
}

/// A picture with a name, under which the rest of the content has it.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedPicture {
    identifier: String,
    description: Option<String>,
    #[schema(format = "uri")]
    url: Option<String>,
    upload_id: Option<String>,
    data: Option<String>,
}

/// A bubble: what the message looks like before or after it is answered.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct Bubble {
    title: Option<String>,
    subtitle: Option<String>,
    /// `icon`, `small` or `large`.
    style: Option<String>,
    image_identifier: Option<String>,
}

/// The content of a `quickReply`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct QuickReplyContent {
    summary_text: String,
    #[schema(min_items = 2, max_items = 5)]
    items: Vec<QuickReplyItem>,
    request_identifier: Option<String>,
}

/// One answer of a quick reply.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuickReplyItem {
    /// Its place, from 1, unless named.
    identifier: Option<String>,
    title: String,
}

/// The content of a `listPicker`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ListPickerContent {
    #[schema(min_items = 1)]
    sections: Vec<ListSection>,
    multiple_selection: Option<bool>,
    images: Option<Vec<NamedPicture>>,
    received_message: Bubble,
    reply_message: Option<Bubble>,
    request_identifier: Option<String>,
    session_identifier: Option<String>,
}

/// A section of a list picker.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ListSection {
    title: String,
    order: Option<u32>,
    multiple_selection: Option<bool>,
    #[schema(min_items = 1)]
    items: Vec<ListItem>,
}

/// An item of a list picker.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ListItem {
    identifier: Option<String>,
    title: String,
    subtitle: Option<String>,
    order: Option<u32>,
    style: Option<String>,
    image_identifier: Option<String>,
    image: Option<Picture>,
}

/// The content of a `timePicker`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct TimePickerContent {
    event: TimeEvent,
    images: Option<Vec<NamedPicture>>,
    received_message: Bubble,
    reply_message: Option<Bubble>,
    request_identifier: Option<String>,
    session_identifier: Option<String>,
}

/// What an appointment is for, and when it may be.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct TimeEvent {
    identifier: Option<String>,
    title: Option<String>,
    image_identifier: Option<String>,
    #[schema(value_type = Option<Object>)]
    location: Option<Value>,
    #[schema(min_items = 1)]
    timeslots: Vec<Timeslot>,
    /// Minutes from GMT where it takes place; without it the customer's own time zone.
    timezone_offset: Option<i32>,
}

/// A slot of an appointment.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct Timeslot {
    identifier: Option<String>,
    /// In GMT, such as `2026-12-01T14:00+0000`.
    start_time: String,
    /// Seconds.
    duration: u32,
}

/// The content of a `form`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct FormContent {
    start_page_identifier: String,
    /// Each a `select`, `picker`, `datePicker` or `input`, in Apple's own names.
    #[schema(value_type = Vec<Object>, min_items = 1)]
    pages: Value,
    #[schema(value_type = Option<Object>)]
    splash: Option<Value>,
    show_summary: Option<bool>,
    private: Option<bool>,
    images: Option<Vec<NamedPicture>>,
    received_message: Bubble,
    reply_message: Option<Bubble>,
    request_identifier: Option<String>,
    session_identifier: Option<String>,
}

/// The content of an `iMessageApp`. The app is named by `bid`, or by `teamId` and `extensionId`.
#[derive(ToSchema)]
#[schema(as = IMessageAppContent, rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct AppContent {
    #[schema(value_type = Object)]
    app_id: Value,
    app_name: String,
    app_icon: Picture,
    bid: Option<String>,
    team_id: Option<String>,
    extension_id: Option<String>,
    /// What the app is given.
    #[schema(rename = "URL")]
    url: String,
    session_identifier: Option<String>,
    use_live_layout: Option<bool>,
    received_message: Bubble,
    reply_message: Option<Bubble>,
}

/// The content of an `appClip`: a page that offers an App Clip; without one it leaves as a rich link.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct AppClipContent {
    #[schema(format = "uri")]
    url: String,
    /// ISO 3166 alpha-2.
    #[schema(default = "US")]
    store_region: Option<String>,
    title: Option<String>,
}

/// The content of an `invitation`, which starts a conversation.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationContent {
    /// One of Apple's, such as `binaryChoice.engage.noImage`.
    template_id: String,
    #[schema(default = "en-us")]
    locale: Option<String>,
    reference_id: String,
    /// `brandName`, `brandLogo` (a picture), and what the template takes besides.
    #[schema(value_type = Object)]
    parameters: Value,
}

/// The content of a `raw`: Apple's own JSON. `v`, `id`, `sourceId` and `destinationId` are ours to set.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawContent {
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
    name: String,
    /// The latest unless named.
    #[schema(minimum = 1)]
    version: Option<u32>,
    /// The customer's own unless named.
    locale: Option<String>,
    #[schema(value_type = Option<Object>)]
    variables: Option<Value>,
}
