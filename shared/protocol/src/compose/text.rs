//! Plain text. Source: Apple, type-text.

use serde_json::{Map, Value, json};

use super::{Channel, Draft, check::Check, object::Object};
use crate::rules::Fault;

/// Reads a business's content.
pub(super) fn read(content: &mut Object<'_>, check: &mut Check<'_>) -> Option<Draft> {
    let value = content.required("text", check)?;
    let pointer = content.pointer("text");
    let Some(text) = value.as_str() else {
        check.fault(Fault::new(pointer, "type", "a string is expected"));
        return None;
    };
    words(text, pointer, check);
    let mut body = Map::new();
    body.insert("type".to_owned(), json!("text"));
    body.insert("body".to_owned(), Value::from(text));
    Some(Draft::plain(body, Channel::Message))
}

/// Something to read, and not too much of it.
pub(super) fn words(text: &str, pointer: String, check: &mut Check<'_>) {
    if text.chars().all(|c| c == '\0') {
        check.fault(Fault::new(pointer, "empty_text", "there is nothing to read in it"));
        return;
    }
    let Some(most) = check.limit("text_too_long") else { return };
    let length = text.chars().count();
    if length as u64 > most {
        let message = format!("at most {most} characters are sent in one message");
        let fault = Fault::new(pointer, "text_too_long", message).limit(most, length);
        check.fault(fault.fix("send it as several messages"));
    }
}
