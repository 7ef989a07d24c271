//! Apple's own JSON past the rule check: only what decides how it goes is read out of it.

use amb_protocol::{
    capability::Capability,
    compose::{Channel, Composing, Draft},
    id::RequestIdentifier,
};
use serde_json::{Map, Value};

use crate::problem::{Fault, Faults, Reader};

/// Members that are ours to set.
const RESERVED: [&str; 4] = ["v", "id", "sourceId", "destinationId"];

/// Longest `type`, in bytes: logs and answers repeat it.
const LONGEST_TYPE: usize = 64;

/// Whether a `raw` asks to go unchecked.
pub(super) fn is_unchecked(content: &Value, at: &str, faults: &mut Faults) -> bool {
    let Some(map) = content.as_object() else { return false };
    Reader::at(map, at.to_owned()).flag("unchecked", faults)
}

/// A `raw` without our own member, if it has it.
pub(super) fn without_flag(content: &Value) -> Option<Value> {
    let map = content.as_object().filter(|map| map.contains_key("unchecked"))?;
    Some(
        map.iter()
            .filter(|(name, _)| *name != "unchecked")
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect(),
    )
}

/// The message of an unchecked `raw`, and a warning for each member that is ignored.
pub(super) fn unchecked(
    content: &Map<String, Value>,
    at: String,
    how: &Composing<'_>,
    warnings: &mut Vec<Fault>,
    faults: &mut Faults,
) -> Option<Draft> {
    let mut reader = Reader::at(content, at);
    reader.optional("unchecked");
    let pointer = reader.pointer("apple");
    let is_object = reader.object("apple", faults).is_some();
    let apple = reader.optional("apple").and_then(Value::as_object).filter(|_| is_object);
    reader.finish(faults);
    let apple = apple?;
    let kind = apple.get("type").and_then(Value::as_str);
    if kind.is_none_or(|kind| kind.len() > LONGEST_TYPE) {
        let message = "Apple's message has a `type`, a word such as text or interactive";
        faults.push(Fault::new(format!("{pointer}/type"), "required", message));
        return None;
    }
    for name in RESERVED.into_iter().filter(|name| apple.contains_key(*name)) {
        let message = format!("`{name}` is ours to set, and what stands here is ignored");
        warnings.push(
            Fault::new(format!("{pointer}/{name}"), "reserved_key", message).fix("remove it"),
        );
    }
    let kept = apple.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str()));
    let data = apple.get("interactiveData").and_then(|data| data.get("data"));
    let identifier = data.and_then(|data| data.get("requestIdentifier")).and_then(Value::as_str);
    let has = |key: &str| data.is_some_and(|data| data.get(key).is_some());
    Some(Draft {
        body: kept.map(|(name, value)| (name.clone(), value.clone())).collect(),
        channel: channel(has),
        requires: requires(data, has),
        request_identifier: identifier.and_then(|text| RequestIdentifier::parse(text).ok()),
        drawn: false,
        pack: how.pack.name().to_owned(),
        needs: Vec::new(),
    })
}

fn channel(has: impl Fn(&str) -> bool) -> Channel {
    if has("authenticate") {
        Channel::Authenticate
    } else if has("notification") {
        Channel::Notification
    } else {
        Channel::Message
    }
}

/// What the device must have, by the key of the feature in `interactiveData.data`.
fn requires(data: Option<&Value>, has: impl Fn(&str) -> bool) -> Option<Capability> {
    let by_key = [
        ("quick-reply", Capability::Quick),
        ("listPicker", Capability::List),
        ("event", Capability::Time),
        ("dynamic", Capability::Form),
    ];
    if has("authenticate") {
        let version = data.and_then(|data| data.get("version")).and_then(Value::as_str);
        let new = version.is_some_and(|version| version.starts_with('2'));
        return Some(if new { Capability::Auth2 } else { Capability::Auth });
    }
    by_key.into_iter().find(|(key, _)| has(key)).map(|(_, capability)| capability)
}
