//! From what a business writes to what Apple takes.
//!
//! [`compose`] checks short typed content in Apple's own field names against a [`RulePack`], finds
//! every fault at once, and builds the message body. What a pure function cannot do is named in
//! [`Draft::needs`]: images to fetch and convert, a preview to look up, an App Clip to ask Apple for.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    capability::Capability,
    id::RequestIdentifier,
    rules::{Fault, RulePack},
};

/// A kind of message that a business can compose, in the words of `type` in the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ContentType {
    /// Plain text.
    Text,
    /// A link with a picture, or a video.
    RichLink,
    /// Two to five choices, one tap.
    QuickReply,
    /// Sections of items.
    ListPicker,
    /// Slots of an appointment.
    TimePicker,
    /// Pages of questions.
    Form,
    /// The business's own iMessage app.
    #[serde(rename = "iMessageApp")]
    IMessageApp,
    /// A link that opens an App Clip.
    AppClip,
    /// An invitation to a phone number.
    Invitation,
    /// Apple's own JSON.
    Raw,
}

impl ContentType {
    /// Every type, in the order of the documentation.
    pub const ALL: [Self; 10] = [
        Self::Text,
        Self::RichLink,
        Self::QuickReply,
        Self::ListPicker,
        Self::TimePicker,
        Self::Form,
        Self::IMessageApp,
        Self::AppClip,
        Self::Invitation,
        Self::Raw,
    ];

    /// The word in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::RichLink => "richLink",
            Self::QuickReply => "quickReply",
            Self::ListPicker => "listPicker",
            Self::TimePicker => "timePicker",
            Self::Form => "form",
            Self::IMessageApp => "iMessageApp",
            Self::AppClip => "appClip",
            Self::Invitation => "invitation",
            Self::Raw => "raw",
        }
    }

    /// The type of this word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// A message that is built but for what needs the outside world. It has no envelope yet: `v`, `id`,
/// `sourceId` and `destinationId` are the sender's to add.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Draft {
    /// `type` and what belongs to it, as Apple spells it.
    pub body: Map<String, Value>,
    /// How it goes to Apple.
    pub channel: Channel,
    /// What the device must have to show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requires: Option<Capability>,
    /// What ties the answer to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_identifier: Option<RequestIdentifier>,
    /// The identifier is ours, and not the business's: the same content under another one is the
    /// same content.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drawn: bool,
    /// The name of the [`RulePack`] that it was composed under.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pack: String,
    /// What has to be filled in before it can leave, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<Need>,
}

impl Draft {
    /// The rules that it was composed under; those in force if it names none that is known.
    pub fn rules(&self) -> &'static RulePack {
        RulePack::named(&self.pack).unwrap_or_else(RulePack::latest)
    }
}

impl fmt::Debug for Draft {
    /// A business's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("channel", &self.channel).finish_non_exhaustive()
    }
}

/// How a message goes to Apple.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Channel {
    /// `POST /v1/message`.
    #[default]
    Message,
    /// `POST /v1/authenticate`.
    Authenticate,
    /// `POST /v1/message` with the header `message-type: notification`: an invitation.
    Notification,
}

/// Something that has to be filled into a [`Draft`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "need")]
pub enum Need {
    /// A picture.
    Image(PendingImage),
    /// Title and picture of the page behind `richLinkData.url`, where the page offers any.
    Preview {
        /// The page.
        url: String,
    },
    /// `richLinkDataRef`, from Apple's `/constructPayload`; without an App Clip there, a rich link.
    #[serde(rename_all = "camelCase")]
    AppClip {
        /// The page.
        url: String,
        /// ISO 3166 alpha-2.
        store_region: String,
    },
}

/// A picture that has to be made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingImage {
    /// Where its Base64 goes in [`Draft::body`], as a JSON Pointer.
    pub pointer: String,
    /// Where the business named it, as a JSON Pointer into the request.
    pub origin: String,
    /// What it is for.
    pub slot: Slot,
    /// Where it comes from.
    pub source: ImageSource,
}

impl fmt::Debug for PendingImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingImage")
            .field("origin", &self.origin)
            .field("slot", &self.slot)
            .finish_non_exhaustive()
    }
}

/// Where a picture comes from.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ImageSource {
    /// An https URL.
    Url(String),
    /// The id of an upload.
    Upload(String),
    /// The picture itself, Base64.
    Data(String),
}

impl fmt::Debug for ImageSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url(_) => "Url",
            Self::Upload(_) => "Upload",
            Self::Data(_) => "Data",
        })
    }
}

/// What a picture is for; decides its size. Source: Apple, Interactive Message Types and type-richlink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Slot {
    /// A bubble of style `icon`: 120 × 120.
    Icon,
    /// A bubble of style `small`: 180 × 180.
    Small,
    /// A bubble of style `large`: 789 × 450.
    Large,
    /// An item of a list picker: 180 × 180.
    ListItem,
    /// The header of a time picker: 1125 × 624.
    TimePicker,
    /// A rich link's picture: 240 × 240.
    RichLink,
    /// A form's splash or select item: no size is documented; kept within 789 × 450, never enlarged.
    Form,
    /// `appIcon` of an iMessage app: 120 × 120 in under 15 kB.
    AppIcon,
    /// `brandLogo` of an invitation: 120 × 120 (our choice; none is documented).
    BrandLogo,
}

impl Slot {
    /// Every slot.
    pub const ALL: [Self; 9] = [
        Self::Icon,
        Self::Small,
        Self::Large,
        Self::ListItem,
        Self::TimePicker,
        Self::RichLink,
        Self::Form,
        Self::AppIcon,
        Self::BrandLogo,
    ];

    /// Width and height in pixels at @3x.
    pub const fn pixels(self) -> (u32, u32) {
        match self {
            Self::Icon | Self::AppIcon | Self::BrandLogo => (120, 120),
            Self::Small | Self::ListItem => (180, 180),
            Self::Large | Self::Form => (789, 450),
            Self::TimePicker => (1125, 624),
            Self::RichLink => (240, 240),
        }
    }

    /// Whether the picture must have exactly that size, or only fit into it.
    pub const fn is_exact(self) -> bool {
        !matches!(self, Self::Form)
    }
}

/// How to compose.
#[derive(Clone, Copy, Debug)]
pub struct Composing<'c> {
    /// Whose rules hold.
    pub pack: &'static RulePack,
    /// Cut strings that are too long, instead of refusing them.
    pub truncate: bool,
    /// `requestIdentifier`, unless the content brings its own.
    pub request_identifier: &'c RequestIdentifier,
}

/// What composing came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Composed {
    /// The message.
    pub draft: Draft,
    /// Strings that were cut, as faults that were mended: pointer, rule, limit and actual length.
    pub cuts: Vec<Fault>,
    /// What was ignored on purpose, such as reserved keys in raw JSON.
    pub warnings: Vec<Fault>,
}

/// Builds a message from a business's content; `at` is the content's own JSON Pointer in the request
/// and begins every fault's pointer. All faults at once.
pub fn compose(
    _kind: ContentType,
    _content: &Value,
    _at: &str,
    _how: &Composing<'_>,
) -> Result<Composed, Vec<Fault>> {
    Err(Vec::new())
}

/// Checks a whole message as it goes over Apple's wire, images included: what Apple's gateway would
/// refuse, as far as it is known. Pointers are into the message.
pub fn check_wire(_message: &Value, _pack: &RulePack) -> Vec<Fault> {
    Vec::new()
}
