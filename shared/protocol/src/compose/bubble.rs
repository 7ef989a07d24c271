//! The bubble that stands for an interactive message: `receivedMessage` and `replyMessage`.

use serde::Serialize;

use super::{Slot, check::Check, image, object::Object, private};
use crate::rules::Fault;

/// What a bubble shows. The last four belong to the bubbles of a business's own iMessage app, and
/// style and picture to the others. Source: Apple, Interactive Message Types, `ReceivedMessage` and
/// `ReplyMessage`.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Bubble {
    /// The title. A received message has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What stands below the title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
    /// How large it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<Style>,
    /// The picture, one of the message's images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_identifier: Option<String>,
    /// The attached picture's title.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_title: Option<String>,
    /// The attached picture's subtitle.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_subtitle: Option<String>,
    /// A title at the right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secondary_subtitle: Option<String>,
    /// A subtitle at the right.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tertiary_subtitle: Option<String>,
}

private!(Bubble);

/// How large a bubble is, and so its picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Style {
    /// A picture of 120 × 120 pixels.
    #[default]
    Icon,
    /// 180 × 180.
    Small,
    /// 789 × 450.
    Large,
}

impl Style {
    const WORDS: [&'static str; 3] = ["icon", "small", "large"];

    fn parse(word: &str) -> Self {
        match word {
            "small" => Self::Small,
            "large" => Self::Large,
            _ => Self::Icon,
        }
    }

    /// The size of the picture.
    pub const fn slot(self) -> Slot {
        match self {
            Self::Icon => Slot::Icon,
            Self::Small => Slot::Small,
            Self::Large => Slot::Large,
        }
    }
}

impl Bubble {
    /// A bubble of style `icon` with a title.
    pub fn titled(title: impl Into<String>) -> Self {
        let style = Some(Style::Icon);
        Self { title: Some(title.into()), style, ..Self::default() }
    }

    /// The size of its picture.
    pub fn slot(&self) -> Slot {
        self.style.unwrap_or_default().slot()
    }
}

/// `receivedMessage` and `replyMessage` of a message of Apple's own types. Content needs no reply:
/// it takes title and style from what was received. Nor does the wire, whatever Apple's table says:
/// Apple's own samples of a payment and of an app have none.
pub(super) fn read_pair(
    parent: &mut Object<'_>,
    check: &mut Check<'_>,
) -> (Option<Bubble>, Option<Bubble>) {
    let received = parent.object("receivedMessage", check).and_then(|mut object| {
        let bubble = read(&mut object, true, check);
        object.finish(check);
        bubble
    });
    let reply = read_reply(parent, read, check);
    (received.clone(), completed(reply, received, check))
}

/// The same pair of a business's own app, where style and picture mean nothing. Its reply, too, takes
/// the received title where content names none: Apple's table requires one.
pub(super) fn read_app_pair(
    parent: &mut Object<'_>,
    check: &mut Check<'_>,
) -> (Option<Bubble>, Option<Bubble>) {
    let received = parent.object("receivedMessage", check).and_then(|mut object| {
        let bubble = read_app(&mut object, true, check);
        object.finish(check);
        bubble
    });
    let reply = read_reply(parent, read_app, check);
    (received.clone(), completed(reply, received, check))
}

/// The answer's bubble where the received one is made of content.
pub(super) fn reply_to(
    received: &Bubble,
    parent: &mut Object<'_>,
    check: &mut Check<'_>,
) -> Option<Bubble> {
    let reply = read_reply(parent, read, check);
    completed(reply, Some(received.clone()), check)
}

type Read = fn(&mut Object<'_>, bool, &mut Check<'_>) -> Option<Bubble>;

fn read_reply(parent: &mut Object<'_>, read: Read, check: &mut Check<'_>) -> Option<Bubble> {
    let mut object = parent.optional_object("replyMessage", check)?;
    let bubble = read(&mut object, false, check);
    object.finish(check);
    bubble
}

fn completed(reply: Option<Bubble>, received: Option<Bubble>, check: &Check<'_>) -> Option<Bubble> {
    if !check.is_content() {
        return reply;
    }
    let received = received?;
    let mut reply = reply.unwrap_or_default();
    reply.title = reply.title.or(received.title);
    reply.style = reply.style.or(received.style);
    Some(reply)
}

fn read(object: &mut Object<'_>, received: bool, check: &mut Check<'_>) -> Option<Bubble> {
    let (title, subtitle) = titles(object, received, check);
    let style = object.word("style", &Style::WORDS, "bubble_style", check).map(Style::parse);
    let defaulted = (received && check.is_content()).then(Style::default);
    let bubble = Bubble {
        subtitle,
        style: style.or(defaulted),
        image_identifier: image::named(object, check),
        ..Bubble::default()
    };
    if received && title.is_none() {
        return None;
    }
    Some(Bubble { title, ..bubble })
}

fn read_app(object: &mut Object<'_>, received: bool, check: &mut Check<'_>) -> Option<Bubble> {
    let (title, subtitle) = titles(object, received, check);
    let bubble = Bubble {
        subtitle,
        image_title: object.optional_shown("imageTitle", "bubble_image_title_length", check),
        image_subtitle: object.optional_shown(
            "imageSubtitle",
            "bubble_image_subtitle_length",
            check,
        ),
        secondary_subtitle: object.optional_shown(
            "secondarySubtitle",
            "bubble_secondary_subtitle_length",
            check,
        ),
        tertiary_subtitle: object.optional_shown(
            "tertiarySubtitle",
            "bubble_tertiary_subtitle_length",
            check,
        ),
        ..Bubble::default()
    };
    for name in ["style", "imageIdentifier"] {
        if object.optional(name).is_some() && check.is_content() {
            let message = "Messages ignores it in the bubble of an iMessage app; it is left out";
            check.warn(Fault::new(object.pointer(name), "app_bubble_ignored", message));
        }
    }
    if received && title.is_none() {
        return None;
    }
    Some(Bubble { title, ..bubble })
}

fn titles(
    object: &mut Object<'_>,
    received: bool,
    check: &mut Check<'_>,
) -> (Option<String>, Option<String>) {
    let title = if received {
        object.shown("title", "bubble_title_length", check)
    } else {
        object.optional_shown("title", "bubble_title_length", check)
    };
    (title, object.optional_shown("subtitle", "bubble_subtitle_length", check))
}
