//! Apple's own JSON from a business: checked like any other, and sent as it is.

use serde_json::{Map, Value};

use super::{Draft, check::Check, object::Object, wire};
use crate::rules::Fault;

/// What the platform sets by itself.
const RESERVED: [&str; 4] = ["v", "id", "sourceId", "destinationId"];

/// Where the sign-in of before has the secret of the business's identity provider.
const SECRET: &str = "/interactiveData/data/authenticate/oauth2/clientSecret";

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
    if message?.pointer(SECRET).is_some_and(|secret| !secret.is_null()) {
        let why = "a client secret does not travel in a message: it would be kept and read back";
        let fault = Fault::new(format!("{}{SECRET}", apple.at()), "authenticate_secret", why);
        check.fault(fault.fix("take the sign-in of version 2.0, which needs none"));
    }
    check.on_the_wire();
    wire::read(message?, apple.at(), check)
}

/// The message without what the platform sets.
pub(super) fn body(message: &Map<String, Value>) -> Map<String, Value> {
    let kept = message.iter().filter(|(name, _)| !RESERVED.contains(&name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}
