//! What asks the customer something: pickers, quick replies, a business's own app.

use serde_json::Value;
use utoipa::ToSchema;

use super::{super::word::BubbleStyleWord, Picture};

/// A picture with a name, under which the rest of the content has it: exactly one of `url` (https),
/// `uploadId` and `data` (Base64 of PNG, JPEG, GIF or WebP).
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct NamedPicture {
    #[schema(min_length = 1)]
    identifier: String,
    /// What `VoiceOver` reads aloud.
    description: Option<String>,
    #[schema(format = "uri")]
    url: Option<String>,
    #[schema(pattern = "^upl_[a-z2-7]{26}$")]
    upload_id: Option<String>,
    #[schema(content_encoding = "base64")]
    data: Option<String>,
}

/// The bubble that arrives.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ReceivedMessage {
    title: String,
    subtitle: Option<String>,
    /// Its size, and so its picture's: 120 × 120, 180 × 180 or 789 × 450 pixels.
    #[schema(value_type = Option<BubbleStyleWord>, default = "icon")]
    style: Option<Value>,
    /// One of `images`.
    image_identifier: Option<String>,
}

/// The bubble that the answer makes. Title and style are those of `receivedMessage` unless named; the
/// device may put what was chosen in their place.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ReplyMessage {
    title: Option<String>,
    subtitle: Option<String>,
    #[schema(value_type = Option<BubbleStyleWord>)]
    style: Option<Value>,
    /// One of `images`.
    image_identifier: Option<String>,
}

/// The content of a `quickReply`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct QuickReplyContent {
    /// Shown in the notification, and above the choice once it is made.
    summary_text: String,
    #[schema(min_items = 2, max_items = 5)]
    items: Vec<QuickReplyItem>,
    /// Ties the answer to the message; drawn unless named.
    #[schema(min_length = 1, max_length = 128)]
    request_identifier: Option<String>,
}

/// One answer of a quick reply.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuickReplyItem {
    /// Its place, from 1, unless named.
    identifier: Option<String>,
    /// One line.
    title: String,
}

/// The content of a `listPicker`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ListPickerContent {
    #[schema(min_items = 1)]
    sections: Vec<ListSection>,
    /// Items of several sections may be chosen together.
    multiple_selection: Option<bool>,
    #[schema(max_items = 200)]
    images: Option<Vec<NamedPicture>>,
    received_message: ReceivedMessage,
    reply_message: Option<ReplyMessage>,
    /// Ties the answer to the message; drawn unless named.
    #[schema(min_length = 1, max_length = 128)]
    request_identifier: Option<String>,
    session_identifier: Option<String>,
}

/// A section of a list picker.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ListSection {
    title: String,
    /// Its place in the list unless named.
    order: Option<i64>,
    /// Several of its items may be chosen.
    #[schema(default = false)]
    multiple_selection: Option<bool>,
    #[schema(min_items = 1)]
    items: Vec<ListItem>,
}

/// An item of a list picker. Its picture has 180 × 180 pixels: `image` in its place, or one of
/// `images` by `imageIdentifier`.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ListItem {
    /// Unique in the whole list. Its place in it, from 1, unless named.
    identifier: Option<String>,
    title: String,
    subtitle: Option<String>,
    /// Its place in the section unless named.
    order: Option<i64>,
    /// `default` in every sample of Apple's.
    #[schema(default = "default")]
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
    #[schema(max_items = 200)]
    images: Option<Vec<NamedPicture>>,
    received_message: ReceivedMessage,
    reply_message: Option<ReplyMessage>,
    /// Ties the answer to the message; drawn unless named.
    #[schema(min_length = 1, max_length = 128)]
    request_identifier: Option<String>,
    session_identifier: Option<String>,
}

/// What an appointment is for, and when it may be.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct TimeEvent {
    /// `1` unless named.
    identifier: Option<String>,
    title: Option<String>,
    /// One of `images`: 1125 × 624 pixels, shown when the answer is tapped.
    image_identifier: Option<String>,
    location: Option<Location>,
    #[schema(min_items = 1)]
    timeslots: Vec<Timeslot>,
    /// Minutes from GMT where it takes place; without it the customer's own time zone.
    #[schema(minimum = -840, maximum = 840)]
    timezone_offset: Option<i32>,
}

/// Where an appointment takes place. `latitude` and `longitude` go together.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct Location {
    /// Degrees north.
    #[schema(minimum = -90, maximum = 90)]
    latitude: Option<f64>,
    /// Degrees east.
    #[schema(minimum = -180, maximum = 180)]
    longitude: Option<f64>,
    /// Metres around it; Messages ignores it without the two.
    #[schema(minimum = 0)]
    radius: Option<f64>,
    title: Option<String>,
}

/// A slot of an appointment.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct Timeslot {
    /// Its place, from 1, unless named.
    identifier: Option<String>,
    /// In GMT, with or without seconds: `2026-12-01T14:00+0000`, `…+00:00` or `…Z`.
    start_time: String,
    /// Seconds.
    #[schema(minimum = 1)]
    duration: u32,
}

/// The content of an `iMessageApp`. The app is named by `bid`, or by `teamId` and `extensionId`.
#[derive(ToSchema)]
#[schema(as = IMessageAppContent, rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct AppContent {
    /// Its number in the App Store: a number, or a string of digits.
    app_id: AppId,
    app_name: String,
    /// Shown where the app is not installed; made to fit into 15 kB.
    app_icon: Picture,
    /// `com.apple.messages.MSMessageExtensionBalloonPlugin:`, the team, a colon and the extension.
    bid: Option<String>,
    #[schema(pattern = "^[A-Z0-9]{10}$")]
    team_id: Option<String>,
    #[schema(pattern = "^[A-Za-z0-9._-]{1,255}$")]
    extension_id: Option<String>,
    /// What the app is given, such as `?cart=42`: 64 KiB at most.
    #[schema(rename = "URL", min_length = 1, max_length = 65_536)]
    url: String,
    /// Drawn unless named.
    session_identifier: Option<String>,
    /// Where it is installed the app draws the bubble itself.
    #[schema(default = true)]
    use_live_layout: Option<bool>,
    received_message: AppReceivedMessage,
    reply_message: Option<AppReplyMessage>,
}

/// A number in the App Store.
#[derive(ToSchema)]
#[serde(untagged)]
pub(crate) enum AppId {
    /// The number.
    Number(u64),
    /// Its digits.
    Digits(String),
}

/// The bubble of a business's own app as it arrives. Messages ignores `style` and `imageIdentifier`
/// there; they are left out, with a warning.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct AppReceivedMessage {
    title: String,
    subtitle: Option<String>,
    /// The title of the attached picture.
    image_title: Option<String>,
    /// The subtitle of the attached picture.
    image_subtitle: Option<String>,
    /// A title at the right.
    secondary_subtitle: Option<String>,
    /// A subtitle at the right.
    tertiary_subtitle: Option<String>,
    style: Option<String>,
    image_identifier: Option<String>,
}

/// The bubble that the app's answer makes; the received title unless it names its own.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct AppReplyMessage {
    title: Option<String>,
    subtitle: Option<String>,
    image_title: Option<String>,
    image_subtitle: Option<String>,
    secondary_subtitle: Option<String>,
    tertiary_subtitle: Option<String>,
    style: Option<String>,
    image_identifier: Option<String>,
}
