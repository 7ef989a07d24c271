//! What answers without a feature of Apple's own: an iMessage app, an invitation.

use serde_json::{Map, Value, json};

use super::{Request, feature, not_answerable, record, text};
use crate::apple::webhook::Webhook;
use crate::model::{ConversationState, Entry};
use crate::phone::roster::{self, DeviceError};
use crate::phone::writing;
use crate::world::World;

/// The app's answer: no `data`, the URL carries it.
pub(super) fn hand_back(
    request: &Request<'_>,
    url: &str,
    title: Option<&str>,
    subtitle: Option<&str>,
) -> Result<(Map<String, Value>, String), DeviceError> {
    if !request.content.contains_key("URL") {
        return Err(not_answerable("it is no iMessage app"));
    }
    let mut content = request.content.clone();
    content.remove("appIcon");
    content.insert("URL".to_owned(), json!(url));
    let theirs = ["replyMessage", "receivedMessage"]
        .iter()
        .find_map(|name| request.content.get(*name)?.as_object())
        .cloned();
    let mut reply = theirs.unwrap_or_default();
    for (name, value) in [("title", title), ("subtitle", subtitle)] {
        if let Some(value) = value {
            reply.insert(name.to_owned(), json!(value));
        }
    }
    let title = reply.get("title").and_then(Value::as_str).unwrap_or_default().to_owned();
    content.insert("replyMessage".to_owned(), Value::Object(reply));
    Ok((content, title))
}

/// Taken up: an interactive message from the opaque id, and the conversation is open. Turned down:
/// a `close` from the phone number that names the invitation.
pub(super) fn invitation(
    world: &mut World,
    asked: &Entry,
    request: &Request<'_>,
    accept: bool,
    session: &str,
) -> Result<(u64, Webhook), DeviceError> {
    let invitation = feature(request, "notification")?;
    let reference = invitation.get("referenceId").cloned().unwrap_or_default();
    let number = asked.message.get("destinationId").cloned().unwrap_or_default();
    let customer = request.customer;
    let conversation = roster::conversation(world, customer, &asked.business_id);
    if conversation.state == ConversationState::Closed {
        return Err(not_answerable("the conversation is not open"));
    }
    if !accept {
        conversation.state = ConversationState::Closed;
        let number = number.as_str().unwrap_or_default();
        return Ok(writing::write_refusal(world, customer, &asked.business_id, number, &reference));
    }
    conversation.state = ConversationState::Open;
    let brand = invitation.get("parameters").map(|it| text(it, "brandName")).unwrap_or_default();
    let yes = json!({
        "id": "yes",
        "referenceId": reference,
        "displayContent": {"determinateResponse": {
            "title": "Yes", "subtitle": brand, "type": {"yes": {}},
        }},
    });
    let mut content = Map::new();
    content.insert("bid".to_owned(), request.content.get("bid").cloned().unwrap_or_default());
    let data = json!({
        "version": "1", "requestIdentifier": number, "referenceId": reference, "notification": yes,
    });
    content.insert("data".to_owned(), data);
    Ok(record(world, customer, &asked.business_id, content, session, "Yes".to_owned()))
}
