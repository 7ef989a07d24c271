//! What a check comes to.

use amb_protocol::{capability::Capability, id::MessageId};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt;

use crate::{
    json_size::{self, MOST_HANDED_ON},
    prepare::Change,
    problem::Fault,
};

/// What a check comes to.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// It would be taken, and there is something in it that the device can show.
    pub valid: bool,
    /// The rules that it was held against.
    pub rule_pack: &'static str,
    /// Everything that is wrong.
    pub errors: Vec<Fault>,
    /// The choice that would be sent.
    pub chosen: Option<Chosen>,
    /// What a device must have for the request's own type, the first choice.
    pub requires: Vec<Capability>,
    /// What of that the customer's device lacks, as far as it is known.
    pub missing: Vec<Capability>,
    /// Apple's messages, as they would leave, in order.
    pub messages: Vec<Leaving>,
    /// What was made different from what was sent.
    pub changes: Vec<Changed>,
    /// What was ignored.
    pub warnings: Vec<Fault>,
}

impl fmt::Debug for Verdict {
    /// A business's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verdict").field("valid", &self.valid).finish_non_exhaustive()
    }
}

/// The choice that would be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Chosen {
    /// 0 is the request itself, 1 its first fallback.
    pub index: usize,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// One of Apple's messages, as it would leave.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Leaving {
    /// Apple's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The whole body. The id is an example.
    pub apple: Value,
    /// How long it is.
    pub bytes: usize,
    /// It is asked for by reference, so that it need not be sent whole again.
    pub needs_reference: bool,
    /// `apple` is shown without its long strings: the answer would be too large.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub shortened: bool,
}

impl fmt::Debug for Leaving {
    /// A business's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Leaving").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

/// Something that was made different.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Changed {
    /// A picture, or what was looked up.
    Prepared(Change),
    /// A string that was cut.
    Cut(Cut),
}

/// A string that was cut.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cut {
    pointer: String,
    change: &'static str,
    /// How long it was, in the unit of its rule.
    from: Option<Value>,
    /// How long it is now.
    to: Option<Value>,
}

impl From<Fault> for Changed {
    fn from(mended: Fault) -> Self {
        let Fault { pointer, actual, limit, .. } = mended;
        Self::Cut(Cut { pointer, change: "cut", from: actual, to: limit })
    }
}

/// Apple's own envelope around a body: who it is from and to is left out where nobody said it.
pub(super) struct Envelope {
    pub(super) id: MessageId,
    pub(super) from: Option<String>,
    pub(super) to: Option<String>,
}

impl Envelope {
    /// The message as it would leave.
    pub(super) fn around(&self, body: Map<String, Value>) -> Leaving {
        let kind = body.get("type").and_then(Value::as_str).unwrap_or("interactive").to_owned();
        let needs_reference = needs_reference(&body);
        let mut apple = Map::new();
        apple.insert("v".to_owned(), 1.into());
        apple.insert("type".to_owned(), kind.clone().into());
        apple.insert("id".to_owned(), self.id.to_string().into());
        for (name, value) in [("sourceId", &self.from), ("destinationId", &self.to)] {
            apple.extend(value.clone().map(|value| (name.to_owned(), value.into())));
        }
        for (name, value) in body {
            if !apple.contains_key(&name) {
                apple.insert(name, value);
            }
        }
        let apple = Value::Object(apple);
        let bytes = json_size::of(&apple);
        Leaving { kind, apple, bytes, needs_reference, shortened: false }
    }
}

fn needs_reference(body: &Map<String, Value>) -> bool {
    body.get("interactiveData").is_some_and(json_size::is_large)
}

/// What is a long string, or a long member of a message, in bytes, when an answer has to be made shorter.
const LONG: usize = 1_000;

/// Takes the long strings out of messages that are too large to be shown; and where that is not enough,
/// whole members.
pub(super) fn shorten(messages: &mut [Leaving]) {
    let most = MOST_HANDED_ON;
    let is_too_large = |messages: &[Leaving]| {
        messages.iter().map(|message| json_size::handed_on(&message.apple)).sum::<usize>() > most
    };
    for shorten in [without_long_strings, without_long_members] {
        if !is_too_large(messages) {
            return;
        }
        for message in &mut *messages {
            message.shortened = true;
            shorten(&mut message.apple);
        }
    }
}

fn without_long_strings(apple: &mut Value) {
    let mut open = vec![apple];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) if text.len() > LONG => *text = left_out(text.len()),
            Value::Array(items) => open.extend(items),
            Value::Object(members) => open.extend(members.values_mut()),
            _ => {}
        }
    }
}

fn without_long_members(apple: &mut Value) {
    for member in apple.as_object_mut().into_iter().flat_map(Map::values_mut) {
        let bytes = json_size::of(member);
        if bytes > LONG {
            *member = left_out(bytes).into();
        }
    }
}

fn left_out(bytes: usize) -> String {
    format!("… {bytes} bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn leaving(words: usize) -> Leaving {
        let id = MessageId::parse("9c2e6a10-1f00-4f6e-8a01-000000000001").unwrap();
        let body = json!({ "type": "text", "body": "x".repeat(words) });
        let Value::Object(body) = body else { panic!() };
        Envelope { id, from: Some("business".into()), to: None }.around(body)
    }

    #[test]
    fn a_message_is_shown_as_it_would_leave() {
        let shown = leaving(1);
        let expected = r#"{"v":1,"type":"text","id":"9c2e6a10-1f00-4f6e-8a01-000000000001","sourceId":"business","body":"x"}"#;
        assert_eq!(shown.apple.to_string(), expected);
        assert_eq!((shown.bytes, shown.needs_reference), (expected.len(), false));
    }

    #[test]
    fn what_is_too_large_to_be_shown_is_shown_without_its_long_strings() {
        let mut messages = [leaving(MOST_HANDED_ON / 2), leaving(10)];
        shorten(&mut messages);
        assert!(!messages[0].shortened);
        let mut messages = [leaving(MOST_HANDED_ON), leaving(10)];
        shorten(&mut messages);
        assert!(messages[0].shortened && messages[0].bytes > MOST_HANDED_ON);
        assert_eq!(messages[0].apple["body"], format!("… {MOST_HANDED_ON} bytes"));
        assert_eq!(messages[1].apple["body"], "x".repeat(10));
    }
}
