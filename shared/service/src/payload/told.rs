//! What an attachment's event says.

use amb_protocol::{attachment::Attachment, id::OpaqueId};
use serde_json::{Map, Value};

use crate::model::{AttachmentId, EventSource, EventType, PayloadFault, PayloadStatus, StoredFile};

/// What is told when a file can be had that is not what it says it is (spec/reliability F094).
const SUSPECT: &str = "integrity_suspect";

/// The event that tells of an attachment's end; `declared` is what the message says of it, while that
/// is kept. The link to the file is made when the event is told.
pub(super) fn told(
    id: &AttachmentId,
    opaque: &OpaqueId,
    status: &PayloadStatus,
    declared: Option<&Attachment>,
) -> (EventType, EventSource) {
    let (facts, fault) = match status {
        PayloadStatus::Stored(file) => {
            (facts_of(file), file.quarantined.then(|| (SUSPECT.to_owned(), None)))
        }
        PayloadStatus::Failed { code, detail } => {
            (declared.map(declared_of).unwrap_or_default(), Some((word(*code), detail.clone())))
        }
        // No other end is an attachment's.
        _ => (Map::new(), Some((word(PayloadFault::GivenUp), None))),
    };
    let mut attachment = Map::new();
    attachment.insert("id".to_owned(), id.to_string().into());
    attachment.insert("index".to_owned(), id.index.into());
    attachment.extend(facts);
    let mut data = Map::new();
    data.insert("messageId".to_owned(), id.message.to_string().into());
    data.insert("opaqueId".to_owned(), opaque.as_str().into());
    data.insert("attachment".to_owned(), attachment.into());
    let kind = match fault {
        None => EventType::AttachmentReady,
        Some((code, detail)) => {
            data.insert("code".to_owned(), code.into());
            tell(&mut data, "detail", detail);
            EventType::AttachmentFailed
        }
    };
    (kind, EventSource::Attachment { attachment: id.clone(), data: data.into() })
}

fn word(code: PayloadFault) -> String {
    code.as_str().to_owned()
}

fn facts_of(file: &StoredFile) -> Map<String, Value> {
    let mut facts = Map::new();
    tell(&mut facts, "name", file.name.clone());
    tell(&mut facts, "declaredType", file.declared_type.clone());
    tell(&mut facts, "mediaType", Some(file.media_type.clone()));
    tell(&mut facts, "size", Some(file.size));
    tell(&mut facts, "sha256", Some(file.sha256.clone()));
    tell(&mut facts, "quarantined", file.quarantined.then_some(true));
    facts
}

fn declared_of(attachment: &Attachment) -> Map<String, Value> {
    let mut facts = Map::new();
    tell(&mut facts, "name", attachment.name.clone());
    tell(&mut facts, "declaredType", attachment.mime_type.clone());
    tell(&mut facts, "size", attachment.size);
    facts
}

fn tell(facts: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        facts.insert(name.to_owned(), value.into());
    }
}
