//! Messages of Apple's own extension: what a quick reply, a list picker, a time picker and a form
//! have in common. Source: Apple, Interactive Message Types, `InteractiveData`.

use serde_json::{Map, Value, json};

use super::{
    Channel, Draft, Need, PendingImage, Slot,
    bubble::{self, Bubble},
    check::Check,
    form::Form,
    image::{self, Image},
    list_picker::ListPicker,
    object::Object,
    private,
    quick_reply::QuickReply,
    time_picker::TimePicker,
    wire,
};
use crate::{
    capability::Capability,
    id::RequestIdentifier,
    rules::{Fault, RulePack},
};

/// `bid` of Apple's own extension.
pub const BUSINESS_BID: &str = "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.apple.icloud.apps.messages.business.extension";

/// `data.version`.
pub(super) const VERSION: &str = "1.0";

/// A message of Apple's own extension, checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Interactive {
    /// What ties the answer to it.
    pub request_identifier: RequestIdentifier,
    /// What ties several messages to one interaction.
    pub session_identifier: Option<String>,
    /// The pictures.
    pub images: Vec<Image>,
    /// What it asks.
    pub feature: Feature,
    /// The bubble that arrives; a quick reply has none.
    pub received_message: Option<Bubble>,
    /// The bubble that answers.
    pub reply_message: Option<Bubble>,
}

/// What an interactive message asks.
#[derive(Clone, PartialEq, Eq)]
pub enum Feature {
    /// Choices on one line each.
    QuickReply(QuickReply),
    /// Sections of items.
    ListPicker(ListPicker),
    /// Slots of an appointment.
    TimePicker(TimePicker),
    /// Pages of questions.
    Form(Form),
}

private!(Interactive, Feature);

impl Feature {
    /// The keys on the wire.
    pub(super) const KEYS: [&'static str; 4] = ["quick-reply", "listPicker", "event", "dynamic"];

    /// What the device must have to show it.
    pub const fn requires(&self) -> Capability {
        match self {
            Self::QuickReply(_) => Capability::Quick,
            Self::ListPicker(_) => Capability::List,
            Self::TimePicker(_) => Capability::Time,
            Self::Form(_) => Capability::Form,
        }
    }

    /// Key and value on the wire.
    fn wire(&self) -> (&'static str, Value) {
        match self {
            Self::QuickReply(quick) => ("quick-reply", json!(quick)),
            Self::ListPicker(list) => ("listPicker", json!(list)),
            Self::TimePicker(event) => ("event", json!(event)),
            Self::Form(form) => ("dynamic", form.dynamic()),
        }
    }

    /// The pictures that it names, with their sizes.
    fn pictures(&self) -> Vec<(&str, Slot)> {
        match self {
            Self::QuickReply(_) => Vec::new(),
            Self::ListPicker(list) => {
                let items = list.sections.iter().flat_map(|section| &section.items);
                let named = items.filter_map(|item| item.image_identifier.as_deref());
                named.map(|name| (name, Slot::ListItem)).collect()
            }
            Self::TimePicker(event) => {
                let named = event.image_identifier.as_deref();
                named.map(|name| (name, Slot::TimePicker)).into_iter().collect()
            }
            Self::Form(form) => form.pictures().map(|name| (name, Slot::Form)).collect(),
        }
    }

    fn read_wire(data: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let mut found = Self::KEYS.into_iter().filter(|key| data.has(key));
        let (Some(key), None) = (found.next(), found.next()) else {
            let message = "exactly one feature is expected, such as `listPicker`";
            check.fault(Fault::new(data.at(), "interactive_feature", message));
            return None;
        };
        let mut object = data.object(key, check)?;
        match key {
            "quick-reply" => QuickReply::read(&mut object, check).map(Self::QuickReply),
            "listPicker" => ListPicker::read(&mut object, check).map(Self::ListPicker),
            "event" => TimePicker::read(&mut object, check).map(Self::TimePicker),
            _ => Form::read_wire(&mut object, check).map(Self::Form),
        }
    }
}

impl Interactive {
    /// Reads a message as it goes over Apple's wire. All faults at once.
    pub fn parse(message: &Value, pack: &RulePack) -> Result<Self, Vec<Fault>> {
        wire::parse(message, "interactiveData", Self::read_wire, pack)
    }

    /// A message without bubbles and pictures, such as a quick reply.
    pub const fn bare(request_identifier: RequestIdentifier, feature: Feature) -> Self {
        Self {
            request_identifier,
            session_identifier: None,
            images: Vec::new(),
            feature,
            received_message: None,
            reply_message: None,
        }
    }

    /// The message without its pictures, which stand in `needs`.
    pub fn draft(&self, pack: &RulePack) -> Draft {
        let mut data = Map::new();
        data.insert("version".to_owned(), json!(VERSION));
        data.insert("requestIdentifier".to_owned(), json!(self.request_identifier));
        if !self.images.is_empty() {
            let images: Vec<_> = self.images.iter().map(without_data).collect();
            data.insert("images".to_owned(), json!(images));
        }
        let (key, feature) = self.feature.wire();
        data.insert(key.to_owned(), feature);
        let mut interactive = Map::new();
        interactive.insert("bid".to_owned(), json!(BUSINESS_BID));
        interactive.insert("data".to_owned(), Value::Object(data));
        let bubbles =
            [("receivedMessage", &self.received_message), ("replyMessage", &self.reply_message)];
        for (name, bubble) in bubbles {
            if let Some(bubble) = bubble {
                interactive.insert(name.to_owned(), json!(bubble));
            }
        }
        if let Some(session) = &self.session_identifier {
            interactive.insert("sessionIdentifier".to_owned(), json!(session));
        }
        Draft {
            body: body(interactive),
            channel: Channel::Message,
            requires: Some(self.feature.requires()),
            request_identifier: Some(self.request_identifier.clone()),
            drawn: false,
            pack: pack.name().to_owned(),
            needs: self.needs(),
        }
    }

    fn needs(&self) -> Vec<Need> {
        pictures(&self.images, &self.uses())
    }

    /// The pictures that anything names, with their sizes.
    fn uses(&self) -> Vec<(&str, Slot)> {
        let mut uses = self.feature.pictures();
        for bubble in [&self.received_message, &self.reply_message].into_iter().flatten() {
            uses.extend(bubble.image_identifier.as_deref().map(|name| (name, bubble.slot())));
        }
        uses
    }

    /// Reads a business's content.
    pub(super) fn read_content(
        content: &mut Object<'_>,
        drawn: &RequestIdentifier,
        feature: impl FnOnce(&mut Object<'_>, &mut Check<'_>) -> Option<Feature>,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        image::read(content, check);
        let feature = feature(content, check);
        let (received_message, reply_message) = bubble::read_pair(content, check);
        let session_identifier =
            content.optional_string("sessionIdentifier", check).map(str::to_owned);
        let request_identifier = request_identifier(content, drawn, check);
        image::count(content, check);
        let images = image::settle(check);
        received_message.as_ref()?;
        Some(Self {
            request_identifier: request_identifier?,
            session_identifier,
            images,
            feature: feature?,
            received_message,
            reply_message,
        })
    }

    /// Reads `interactiveData` of Apple's own extension with one of the four features.
    pub(super) fn read_wire(interactive: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let mut data = interactive.object("data", check)?;
        let request_identifier = envelope(&mut data, check);
        image::read(&mut data, check);
        let feature = Feature::read_wire(&mut data, check);
        let quick = data.has("quick-reply");
        let (received_message, reply_message) =
            if quick { (None, None) } else { bubble::read_pair(interactive, check) };
        let session_identifier =
            interactive.optional_string("sessionIdentifier", check).map(str::to_owned);
        let images = image::settle(check);
        if !quick {
            received_message.as_ref()?;
        }
        Some(Self {
            request_identifier: request_identifier?,
            session_identifier,
            images,
            feature: feature?,
            received_message,
            reply_message,
        })
    }
}

/// `requestIdentifier` of content: the business's own, or the drawn one.
pub(super) fn request_identifier(
    content: &mut Object<'_>,
    drawn: &RequestIdentifier,
    check: &mut Check<'_>,
) -> Option<RequestIdentifier> {
    match content.optional_string("requestIdentifier", check) {
        Some(text) => identified(text, content, check),
        None => Some(drawn.clone()),
    }
}

/// `version` and `requestIdentifier` of `data`.
pub(super) fn envelope(data: &mut Object<'_>, check: &mut Check<'_>) -> Option<RequestIdentifier> {
    if let Some(version) = data.string("version", check)
        && !is_version(version)
    {
        let message = "a version such as \"1.0\" is expected";
        check.fault(Fault::new(data.pointer("version"), "data_version", message));
    }
    let text = data.string("requestIdentifier", check)?;
    identified(text, data, check)
}

fn identified(text: &str, object: &Object<'_>, check: &mut Check<'_>) -> Option<RequestIdentifier> {
    match RequestIdentifier::parse(text) {
        Ok(identifier) => Some(identifier),
        Err(why) => {
            let pointer = object.pointer("requestIdentifier");
            let fault = Fault::new(pointer, "request_identifier", why.to_string());
            check.fault(fault.fix("use a UUID, or leave it out where it is made for you"));
            None
        }
    }
}

/// Digits, or digits with a point: what a device can read as a number of at least one.
fn is_version(text: &str) -> bool {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(whole) && digits(part) && whole.bytes().any(|b| b != b'0')
}

/// The body of a message of type `interactive`.
pub(super) fn body(interactive: Map<String, Value>) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("type".to_owned(), json!("interactive"));
    body.insert("interactiveData".to_owned(), Value::Object(interactive));
    body
}

/// The pictures of a message, each in the largest size that it is used in.
pub(super) fn pictures(images: &[Image], uses: &[(&str, Slot)]) -> Vec<Need> {
    let pending = images.iter().enumerate().map(|(at, image)| {
        let slots = uses.iter().filter(|(name, _)| *name == image.identifier);
        let largest = slots.map(|(_, slot)| *slot).max_by_key(|slot| rank(*slot));
        Need::Image(PendingImage {
            pointer: format!("/interactiveData/data/images/{at}/data"),
            origin: image.origin.clone(),
            slot: largest.unwrap_or(Slot::Icon),
            source: image.source.clone(),
        })
    });
    pending.collect()
}

/// An image whose Base64 is still to come.
pub(super) fn without_data(image: &Image) -> Value {
    match &image.description {
        Some(words) => json!({"identifier": image.identifier, "data": "", "description": words}),
        None => json!({"identifier": image.identifier, "data": ""}),
    }
}

/// The larger wins where a picture has several uses; between two of one size, the exact one.
fn rank(slot: Slot) -> (u64, bool) {
    let (width, height) = slot.pixels();
    (u64::from(width) * u64::from(height), slot.is_exact())
}
