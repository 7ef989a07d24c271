//! From what a business writes to what Apple takes.
//!
//! [`compose`] checks short typed content in Apple's own field names against a [`RulePack`], finds
//! every fault at once, and builds the message body. What a pure function cannot do is named in
//! [`Draft::needs`]: images to fetch and convert, a preview to look up, an App Clip to ask Apple for.

mod draft;
mod slot;

pub use draft::{Channel, Draft, ImageSource, Need, PendingImage};
pub use slot::Slot;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
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
