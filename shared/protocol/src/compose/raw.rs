//! Apple's own JSON from a business: checked like any other, and sent as it is.

use serde_json::{Map, Value};

use super::{Draft, check::Check, object::Object, wire};
use crate::rules::Fault;

/// What the platform sets by itself.
const RESERVED: [&str; 4] = ["v", "id", "sourceId", "destinationId"];

/// Reads a business's content: `{"apple": {…}}`.
pub(super) fn read(mut content: Object<'_>, check: &mut Check<'_>) -> Option<Draft> {
    let message = content.required("apple", check);
    let pointer = content.pointer("apple");
    content.finish(check);
    let apple = Object::read(message?, pointer, check)?;
    for name in RESERVED.into_iter().filter(|name| apple.has(name)) {
        let message = "the platform sets it; what stands here is ignored";
        check.warn(Fault::new(apple.pointer(name), "reserved_key", message));
    }
    check.on_the_wire();
    wire::read(message?, apple.at(), check)
}

/// The message without what the platform sets.
pub(super) fn body(message: &Map<String, Value>) -> Map<String, Value> {
    let kept = message.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}
