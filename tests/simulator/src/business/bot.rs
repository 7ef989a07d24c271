//! The sample business's bot: a keyword is answered by a message of that type, a choice by what was
//! chosen, a file by what came of it, a payment by thanks, any other text by "You said: …". Once per event.

use serde_json::{Map, Value, json};

use super::calls::Caller;
use super::{choice, demo, received};
use crate::shop;
use crate::world::{State, World};

/// What stands in a text where a file belongs.
const PLACE: char = '\u{fffc}';

/// Answers an event, if the bot is on and has something to say. The work runs beside the webhook's
/// answer.
pub(crate) fn answer(state: &State, name: &str, event: &Value) {
    let Some(business) = state.read(|world| world.businesses.get(name).cloned()) else { return };
    let to = state.read(|world| whom(world, event));
    let caller = to.and_then(|to| Caller::new(name, &business, event, to));
    let Some(caller) = caller.filter(|_| business.echo) else { return };
    let Some(speech) = Speech::about(event, business.demo, state.url()) else { return };
    let task = state.clone();
    state.spawn(async move {
        if business.typing {
            let start = message("typing", json!({"state": "start"}));
            caller.send(&task, "typing", start).await;
        }
        speech.give(&task, &caller).await;
    });
}

/// Whose event it is. Those of a payment say no more than which message asked for it.
fn whom(world: &World, event: &Value) -> Option<String> {
    let told = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
    if let Some(opaque_id) = told("/data/opaqueId") {
        return Some(opaque_id.to_owned());
    }
    let request = told("/data/requestIdentifier")?;
    let asked = world.entries.iter().rev().find(|entry| {
        let identifier = entry.message.pointer("/interactiveData/data/requestIdentifier");
        let identifier = identifier.and_then(Value::as_str);
        identifier.is_some_and(|it| it.eq_ignore_ascii_case(request))
    })?;
    Some(world.customers.get(&asked.customer)?.opaque_id.clone())
}

/// What the bot says to one event.
enum Speech {
    Text(String),
    Demo(demo::Demo),
}

impl Speech {
    fn about(event: &Value, with_demo: bool, simulator: &str) -> Option<Self> {
        let told = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
        match told("/type")? {
            "message.received" if told("/data/message/type") == Some("text") => {
                let text = told("/data/message/text")?;
                let words = text.replace(PLACE, "");
                let has_files = words.len() < text.len();
                let text = if has_files { words.trim() } else { text };
                if has_files && text.is_empty() {
                    // There is something to say when they are here.
                    return None;
                }
                let demo = demo::named(text, simulator).filter(|_| with_demo);
                Some(demo.map_or_else(|| Self::Text(format!("You said: {text}")), Self::Demo))
            }
            "interactive.replied" if with_demo => {
                let message = event.pointer("/data/message")?;
                if message.get("softDuplicateOf").is_some() {
                    return None;
                }
                let reply = message.get("interactive")?;
                // Thanks are said when the money is held, whatever the device says.
                if reply.get("kind").and_then(Value::as_str) == Some("payment") {
                    return None;
                }
                let demo = choice::keyword(reply).and_then(|word| demo::named(word, simulator));
                Some(demo.map_or_else(|| Self::Text(choice::sentence(reply)), Self::Demo))
            }
            "attachment.ready" | "attachment.failed" if with_demo => {
                Some(Self::Text(received::sentence(event.get("data")?)))
            }
            "payment.authorized" if with_demo => {
                let (amount, currency) = (told("/data/amount")?, told("/data/currency")?);
                Some(Self::Text(format!("Thank you. You paid {amount} {currency}.")))
            }
            _ => None,
        }
    }

    async fn give(self, state: &State, caller: &Caller) {
        match self {
            Self::Text(text) => {
                caller.send(state, "text", message("text", json!({"text": text}))).await;
            }
            Self::Demo(mut demo) => {
                for (path, body) in &demo.before {
                    caller.prepare(state, path, body).await;
                }
                for file in std::mem::take(&mut demo.files) {
                    let Some((media_type, bytes)) = shop::file(&file) else { continue };
                    if let Some(id) = caller.upload(state, media_type, bytes).await {
                        demo.name_upload(&file, &id);
                    }
                }
                for (index, members) in demo.messages.into_iter().enumerate() {
                    caller.send(state, &format!("demo-{index}"), members).await;
                }
            }
        }
    }
}

fn message(kind: &str, content: Value) -> Map<String, Value> {
    [("type".to_owned(), json!(kind)), ("content".to_owned(), content)].into_iter().collect()
}
