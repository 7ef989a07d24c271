//! A reply that does not travel inside its message: Apple keeps it and sends where it lies.

use serde_json::{Map, Value, json};

use crate::apple::content::{Intake, Seal, encode};
use crate::model::{Customer, ReplyReferences};
use crate::phone::file;
use crate::world::World;

/// Replies of more bytes are large. Source: Apple, Interactive Message Types.
const LARGE: usize = 10 * 1024;

/// The reference to a reply's content, if it comes as one.
pub(super) fn of(world: &mut World, customer: &Customer, content: &Value) -> Option<Value> {
    let settings = &world.account.gateway.content;
    let names = (settings.reply_keys, settings.reply_signatures);
    let referred = match settings.reply_references {
        ReplyReferences::Never => false,
        ReplyReferences::WhenLarge => content.to_string().len() > LARGE,
        ReplyReferences::Always => true,
    };
    if !referred {
        return None;
    }
    let seal = Seal::new();
    let mut intake = Intake::new(Some(&seal));
    intake.add(&encode(content));
    let stored = intake.finish();
    let object = world.content.put(&customer.name, stored);
    let mut reference = Map::new();
    reference.insert("bid".to_owned(), content.get("bid").cloned().unwrap_or_default());
    file::place(&mut reference, &object, &json!(object.size()), seal.wire(), names);
    Some(Value::Object(reference))
}
