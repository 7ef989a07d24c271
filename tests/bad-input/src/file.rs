//! A customer's file, from Apple's post to what the business is told of it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use amb_protocol::attachment::AttachmentKey;
use amb_service::{
    memory::Memory,
    model::{FileKey, PayloadStatus},
};
use amb_support::{canary::CANARY, gateway_event::GatewayEvent, logs, message};
use serde_json::{Value, json};

use crate::{InboundWebhook, Outcome, Row, taken};

/// How a file ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It is there, and of this media type.
    Ready(&'static str),
    /// It is not to be had, for this reason.
    Failed(&'static str),
}

/// What became of a file.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    /// `data` of its event; null if there was none.
    pub data: Value,
    /// What is kept of it.
    pub stored: Option<(FileKey, Vec<u8>)>,
    /// How often Apple was asked for it.
    pub asked: usize,
}

impl Row {
    /// A message with one file, a picture unless it is said to be something else. `change` has the
    /// world and the entry before anything is sent.
    pub fn file(
        &mut self,
        case: &str,
        bytes: &[u8],
        change: impl FnOnce(&Memory, &mut Value),
        ending: Ending,
    ) -> Fetched {
        let function = InboundWebhook::default();
        let key = AttachmentKey::from_bytes([0xa7; 32]);
        let left = function.world.leave_with_apple("M0001.C01", bytes, &key);
        let mut entry = left.attachment(&format!("{CANARY}.png"), "image/png");
        change(&function.world, &mut entry);
        let event = GatewayEvent::from_apple_with(&message::with("attachments", json!([entry])));
        let outcome = function.send(&event);
        self.check(case, &outcome, taken());
        if outcome.status() != 200 {
            return Fetched::default();
        }
        let (told, logs) = logs::captured("payload-fetch", function.world.clone(), || {
            let run = || -> Result<_, String> {
                let first = function.tell().map_err(|error| error.to_string())?;
                let then = function.fetch().map_err(|error| error.to_string())?;
                Ok([first, then].concat())
            };
            catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err("it panicked".to_owned()))
        });
        self.quiet(case, &Outcome { answer: None, logs, ..outcome });
        let events: Vec<Value> = match told {
            Ok(bodies) => bodies.iter().filter_map(|it| serde_json::from_slice(it).ok()).collect(),
            Err(error) => {
                self.holds(&format!("{case}: {error}"), false);
                return Fetched::default();
            }
        };
        let type_of =
            |event: &'_ Value| event.get("type").and_then(Value::as_str).map(str::to_owned);
        let types: Vec<_> = events.iter().filter_map(type_of).collect();
        let (kind, word) = match ending {
            Ending::Ready(media_type) => ("attachment.ready", media_type),
            Ending::Failed(code) => ("attachment.failed", code),
        };
        let data = events.last().and_then(|event| event.get("data")).cloned().unwrap_or_default();
        let said = match ending {
            Ending::Ready(_) => data.pointer("/attachment/mediaType"),
            Ending::Failed(_) => data.get("code"),
        };
        let said = said.and_then(Value::as_str).unwrap_or_default();
        self.holds(
            &format!("{case}: {kind} {word} is expected, and {types:?} {said} came"),
            types == ["message.received", kind] && said == word,
        );
        let world = function.world.world();
        let stored = world.payloads.values().find_map(|payload| match &payload.status {
            PayloadStatus::Stored(kept) => Some((kept.file.clone(), world.files.get(&kept.file)?)),
            _ => None,
        });
        let pending = world.payloads.values().any(|it| it.status == PayloadStatus::Pending);
        self.holds(&format!("{case}: it comes to an end"), !pending);
        if let Ending::Ready(_) = ending {
            let whole = stored.as_ref().is_some_and(|(_, kept)| kept.as_slice() == bytes);
            self.holds(&format!("{case}: what is kept is what was sent"), whole);
        }
        Fetched {
            data,
            stored: stored.map(|(file, kept)| (file, kept.clone())),
            asked: world.far_side.content.pre_downloads.len(),
        }
    }
}
