//! From what a business writes to what Apple takes.
//!
//! [`compose`] checks short typed content in Apple's own field names against a [`RulePack`], finds
//! every fault at once, and builds the message body. What a pure function cannot do is named in
//! [`Draft::needs`]: images to fetch and convert, files to bring to Apple, a preview to look up, an App
//! Clip to ask Apple for.
//!
//! Whoever writes Rust builds a message from the types, and checks it the way Apple's gateway does:
//!
//! ```
//! use amb_protocol::compose::{Feature, Interactive, QuickReply, Reply, check_wire};
//! use amb_protocol::{id::RequestIdentifier, rules::RulePack};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let reply = |word: &str| Reply { identifier: word.to_lowercase(), title: word.to_owned() };
//! let summary_text = "Shall we deliver?".to_owned();
//! let quick = QuickReply { summary_text, items: vec![reply("Yes"), reply("No")] };
//! let identifier = RequestIdentifier::parse("c0ffee00-0000-4000-8000-000000000003")?;
//! let draft = Interactive::bare(identifier, Feature::QuickReply(quick)).draft(RulePack::latest());
//! assert!(check_wire(&draft.body.into(), RulePack::latest()).is_empty());
//! # Ok(())
//! # }
//! ```

mod app_clip;
mod attachments;
mod bubble;
mod check;
mod draft;
mod form;
mod image;
mod imessage_app;
mod instant;
mod interactive;
mod invitation;
mod list_picker;
mod names;
mod object;
mod payment;
mod quick_reply;
mod raw;
mod rich_link;
mod slot;
mod syntax;
mod text;
mod time_picker;
mod wire;
mod words;

#[cfg(test)]
mod tests;

pub use app_clip::AppClip;
pub use attachments::{FileSource, PendingFile};
pub use bubble::{Bubble, Style};
pub use draft::{Channel, Draft, ImageSource, Need, PendingImage};
pub use form::{
    Choice, DateOptions, DatePickerPage, Form, InputOptions, InputPage, Page, PickerPage, Question,
    SelectPage, Splash,
};
pub use image::Image;
pub use imessage_app::IMessageApp;
pub use interactive::{BUSINESS_BID, Feature, Interactive};
pub use invitation::Invitation;
pub use list_picker::{Item, ListPicker, Section};
pub use payment::{MerchantDefaults, PaymentEndpoints, PendingPayment, SessionAltered};
pub use quick_reply::{QuickReply, Reply};
pub use rich_link::{RichLink, Video};
pub use slot::Slot;
pub use text::{ATTACHMENT_PLACE, Text};
pub use time_picker::{Location, TimePicker, Timeslot};

use check::Check;
use object::Object;
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
    /// Words, and files among them.
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
    /// Something to pay for with Apple Pay.
    Payment,
    /// Apple's own JSON.
    Raw,
}

impl ContentType {
    /// Every type, in the order of the documentation.
    pub const ALL: [Self; 11] = [
        Self::Text,
        Self::RichLink,
        Self::QuickReply,
        Self::ListPicker,
        Self::TimePicker,
        Self::Form,
        Self::IMessageApp,
        Self::AppClip,
        Self::Invitation,
        Self::Payment,
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
            Self::Payment => "payment",
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
    /// What a payment is asked for with; none: the business takes no payments.
    pub merchant: Option<&'c MerchantDefaults>,
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
///
/// ```
/// use amb_protocol::compose::{Composing, ContentType, compose};
/// use amb_protocol::{id::RequestIdentifier, rules::RulePack};
/// use serde_json::json;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let request_identifier = RequestIdentifier::parse("c0ffee00-0000-4000-8000-000000000003")?;
/// let pack = RulePack::latest();
/// let request_identifier = &request_identifier;
/// let how = Composing { pack, truncate: false, request_identifier, merchant: None };
/// let content = json!({"summaryText": "How did we do?", "items": [{"title": "Good"}]});
/// let faults = compose(ContentType::QuickReply, &content, "/content", &how).unwrap_err();
/// assert_eq!(faults[0].pointer, "/content/items");
/// assert_eq!(faults[0].rule, "quick_reply_items");
/// # Ok(())
/// # }
/// ```
pub fn compose(
    kind: ContentType,
    content: &Value,
    at: &str,
    how: &Composing<'_>,
) -> Result<Composed, Vec<Fault>> {
    let mut check = Check::content(how.pack, how.truncate);
    let draft = Object::read(content, at.to_owned(), &mut check)
        .and_then(|content| read(kind, content, how, &mut check));
    let (mut draft, (cuts, warnings)) = check.finish(draft)?;
    how.pack.name().clone_into(&mut draft.pack);
    draft.drawn = draft.request_identifier.as_ref() == Some(how.request_identifier);
    Ok(Composed { draft, cuts, warnings })
}

fn read(
    kind: ContentType,
    mut content: Object<'_>,
    how: &Composing<'_>,
    check: &mut Check<'_>,
) -> Option<Draft> {
    let drawn = how.request_identifier;
    let object = &mut content;
    let draft = match kind {
        ContentType::Text => Text::read(object, check).map(|text| text.draft(how.pack)),
        ContentType::RichLink => {
            RichLink::read_content(object, check).map(|link| link.draft(how.pack))
        }
        ContentType::QuickReply => {
            let request_identifier = interactive::request_identifier(object, drawn, check);
            let quick = QuickReply::read(object, check);
            request_identifier.zip(quick).map(|(request_identifier, quick)| {
                Interactive::bare(request_identifier, Feature::QuickReply(quick)).draft(how.pack)
            })
        }
        ContentType::ListPicker => Interactive::read_content(
            object,
            drawn,
            |content, check| ListPicker::read(content, check).map(Feature::ListPicker),
            check,
        )
        .map(|list| list.draft(how.pack)),
        ContentType::TimePicker => Interactive::read_content(
            object,
            drawn,
            |content, check| {
                let mut event = content.object("event", check)?;
                let read = TimePicker::read(&mut event, check);
                event.finish(check);
                read.map(Feature::TimePicker)
            },
            check,
        )
        .map(|time| time.draft(how.pack)),
        ContentType::Form => Interactive::read_content(
            object,
            drawn,
            |content, check| Form::read(content, check).map(Feature::Form),
            check,
        )
        .map(|form| form.draft(how.pack)),
        ContentType::IMessageApp => {
            IMessageApp::read_content(object, drawn, check).map(|app| app.draft(how.pack))
        }
        ContentType::AppClip => AppClip::read(object, check).map(|clip| clip.draft(how.pack)),
        ContentType::Invitation => Invitation::read_content(object, drawn, check)
            .map(|invitation| invitation.draft(how.pack)),
        ContentType::Payment => payment::Payment::read_content(object, drawn, how.merchant, check)
            .map(|payment| payment.draft(how.pack)),
        ContentType::Raw => return raw::read(content, check),
    };
    content.finish(check);
    draft
}

/// Checks a whole message as it goes over Apple's wire, images included: what Apple's gateway would
/// refuse, as far as it is known. Pointers are into the message.
pub fn check_wire(message: &Value, pack: &RulePack) -> Vec<Fault> {
    let mut check = Check::wire(pack);
    wire::check(message, &mut check);
    check.into_faults()
}

/// `Debug` that shows the name alone: a business's words never reach a log.
macro_rules! private {
    ($($name:ident),+ $(,)?) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}
use private;
