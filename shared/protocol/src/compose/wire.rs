//! Whole messages as they go over Apple's wire: what Apple's gateway would refuse, as far as it is
//! known. Keys that we do not know pass: Apple may.

mod authenticate;
mod payment;
mod reference;

use serde_json::Value;

pub(super) use payment::{
    CAPABILITIES, CONTACT_FIELDS, LINE_TYPES, NETWORKS, session as payment_session,
    url as payment_url, words,
};

use super::{
    ATTACHMENT_PLACE, Channel, Draft, bubble,
    check::Check,
    image,
    imessage_app::IMessageApp,
    interactive::{self, BUSINESS_BID, Feature, Interactive},
    invitation::Invitation,
    object::Object,
    raw,
    rich_link::RichLink,
    text,
};
use crate::{
    capability::Capability,
    id::RequestIdentifier,
    rules::{Fault, RulePack},
};

const TYPES: [&str; 5] = ["text", "richLink", "interactive", "typing_start", "typing_end"];

/// Features beside those that [`Feature`] has.
const OTHERS: [&str; 3] = ["payment", "authenticate", "notification"];

/// Reads what belongs to one type into that type's own.
pub(super) fn parse<T>(
    message: &Value,
    member: &'static str,
    read: impl FnOnce(&mut Object<'_>, &mut Check<'_>) -> Option<T>,
    pack: &RulePack,
) -> Result<T, Vec<Fault>> {
    let mut check = Check::wire(pack);
    let found = Object::read(message, String::new(), &mut check)
        .and_then(|mut message| message.object(member, &mut check))
        .and_then(|mut content| read(&mut content, &mut check));
    check.finish(found).map(|(value, _)| value)
}

/// How a message goes, and what ties its answer to it.
#[derive(Debug, Default)]
struct Route {
    channel: Channel,
    requires: Option<Capability>,
    request_identifier: Option<RequestIdentifier>,
}

/// Checks a message with its envelope, as far as the envelope says how to read it.
pub(super) fn check(message: &Value, check: &mut Check<'_>) {
    if message.get("v").is_some_and(|version| version.as_u64() != Some(1)) {
        check.fault(Fault::new("/v", "message_version", "the number 1 is expected"));
    }
    read(message, "", check);
}

/// Checks a message, and makes a draft of it as it stands.
pub(super) fn read(message: &Value, at: &str, check: &mut Check<'_>) -> Option<Draft> {
    let mut object = Object::read(message, at.to_owned(), check)?;
    object.required("type", check);
    let kind = object.word("type", &TYPES, "message_type", check)?;
    let attached = attachments(&mut object, check);
    let route = match kind {
        "text" => {
            written(&mut object, attached, check);
            Some(Route::default())
        }
        "richLink" => rich_link(&mut object, check),
        "interactive" => interactive(&mut object, check),
        _ => Some(Route::default()),
    }?;
    let Value::Object(message) = message else { return None };
    Some(Draft {
        requires: route.requires,
        request_identifier: route.request_identifier,
        ..Draft::plain(raw::body(message), route.channel)
    })
}

fn written(message: &mut Object<'_>, attached: usize, check: &mut Check<'_>) {
    match message.optional_string("body", check) {
        Some(body) if !body.is_empty() || attached == 0 => {
            text::words(body, || message.pointer("body"), check);
            let places = body.matches(ATTACHMENT_PLACE).count();
            if attached > 0 && places != attached {
                let why = "one U+FFFC stands in the text for each attachment";
                let fault = Fault::new(message.pointer("body"), "attachment_places", why);
                check.warn(fault.limit(attached, places));
            }
        }
        None if attached == 0 && !message.has("body") => {
            message.required("body", check);
        }
        _ => {}
    }
}

/// `attachments`: how many there are. Each has what a device needs to fetch it, in either spelling.
fn attachments(message: &mut Object<'_>, check: &mut Check<'_>) -> usize {
    let Some(entries) = message.optional_list("attachments", check) else { return 0 };
    message.each("attachments", entries, check, |_, entry, check| {
        reference::attachment(entry, check);
        Some(())
    });
    entries.len()
}

fn rich_link(message: &mut Object<'_>, check: &mut Check<'_>) -> Option<Route> {
    match one_of(message, ["richLinkData", "richLinkDataRef"], check)? {
        "richLinkData" => {
            let mut link = message.object("richLinkData", check)?;
            RichLink::read_wire(&mut link, check);
        }
        _ => {
            let mut link = message.object("richLinkDataRef", check)?;
            reference::rich_link(&mut link, check);
        }
    }
    Some(Route::default())
}

fn interactive(message: &mut Object<'_>, check: &mut Check<'_>) -> Option<Route> {
    if one_of(message, ["interactiveData", "interactiveDataRef"], check)? == "interactiveDataRef" {
        let mut kept = message.object("interactiveDataRef", check)?;
        reference::interactive(&mut kept, check);
        return Some(Route::default());
    }
    let mut interactive = message.object("interactiveData", check)?;
    if interactive.string("bid", check)? != BUSINESS_BID {
        let app = IMessageApp::read_wire(&mut interactive, check)?;
        let session = app.session_identifier.as_deref();
        let request_identifier = session.and_then(|text| RequestIdentifier::parse(text).ok());
        return Some(Route { request_identifier, ..Route::default() });
    }
    let mut data = interactive.object("data", check)?;
    let mut keys = Feature::KEYS.into_iter().chain(OTHERS).filter(|key| data.has(key));
    let key = match (keys.next(), keys.next()) {
        (Some(key), None) => key,
        _ => "",
    };
    match key {
        "payment" => {
            let request_identifier = pictured(&mut interactive, &mut data, check);
            payment::check(&mut interactive, &mut data, check);
            Some(Route { request_identifier, ..Route::default() })
        }
        "authenticate" => {
            let request_identifier = pictured(&mut interactive, &mut data, check);
            let requires = authenticate::check(&mut data, check);
            Some(Route { channel: Channel::Authenticate, requires, request_identifier })
        }
        "notification" => {
            let invitation = Invitation::read_wire(&mut data, check)?;
            let request_identifier = Some(invitation.request_identifier);
            Some(Route { channel: Channel::Notification, requires: None, request_identifier })
        }
        _ => {
            let read = Interactive::read_wire(&mut interactive, check)?;
            let request_identifier = Some(read.request_identifier);
            let requires = Some(read.feature.requires());
            Some(Route { channel: Channel::Message, requires, request_identifier })
        }
    }
}

/// What a payment and a sign-in have around them: version, identifier, images and bubbles.
fn pictured(
    interactive: &mut Object<'_>,
    data: &mut Object<'_>,
    check: &mut Check<'_>,
) -> Option<RequestIdentifier> {
    let request_identifier = interactive::envelope(data, check);
    image::read(data, check);
    bubble::read_pair(interactive, check);
    image::settle(check);
    request_identifier
}

/// Which of the two is there; a fault unless it is exactly one.
fn one_of(
    message: &Object<'_>,
    names: [&'static str; 2],
    check: &mut Check<'_>,
) -> Option<&'static str> {
    let [whole, by_reference] = names;
    match names.map(|name| message.has(name)) {
        [true, false] => Some(whole),
        [false, true] => Some(by_reference),
        _ => {
            let message_text = format!("either `{whole}` or `{by_reference}` is expected");
            check.fault(Fault::new(message.at(), "message_content", message_text));
            None
        }
    }
}
