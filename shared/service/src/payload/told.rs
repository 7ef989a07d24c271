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

#[cfg(test)]
mod tests {
    use serde_json::{json, value::to_raw_value};

    use super::*;
    use crate::model::{ConversationId, FileKey, Retention, Scan, TenantId};

    fn id() -> AttachmentId {
        AttachmentId {
            conversation: ConversationId::parse("cnv_acmeacmeacmeacmeacmeacmeac").unwrap(),
            message: "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1002".parse::<uuid::Uuid>().unwrap().into(),
            index: 2,
        }
    }

    fn says(status: &PayloadStatus, declared: Option<&Attachment>) -> (EventType, Value) {
        let opaque = OpaqueId::parse("urn:mbid:AQAAY1madeUpOpaque01=").unwrap();
        match told(&id(), &opaque, status, declared) {
            (kind, EventSource::Attachment { attachment, data }) if attachment == id() => {
                (kind, data)
            }
            other => panic!("{other:?}"),
        }
    }

    fn stored(quarantined: bool) -> PayloadStatus {
        let tenant = TenantId::parse("ten_acmeacmeacmeacmeacmeacmeac").unwrap();
        PayloadStatus::Stored(StoredFile {
            file: FileKey::attachment(Retention::Month, &tenant, "drawn"),
            name: Some("../photo.png".to_owned()),
            declared_type: Some("image/png".to_owned()),
            media_type: "image/png".to_owned(),
            size: 7,
            sha256: "ab".repeat(32),
            quarantined,
            scan: Scan::Unscanned,
            expires_at: jiff::Timestamp::UNIX_EPOCH,
        })
    }

    #[test]
    fn ap07_a_file_that_can_be_had_is_told_with_its_facts_and_a_suspect_one_as_suspect() {
        let mut expected = json!({
            "messageId": "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1002",
            "opaqueId": "urn:mbid:AQAAY1madeUpOpaque01=",
            "attachment": {
                "id": id().to_string(), "index": 2, "name": "../photo.png",
                "declaredType": "image/png", "mediaType": "image/png", "size": 7,
                "sha256": "ab".repeat(32),
            },
        });
        let ready = says(&stored(false), None);
        assert_eq!(ready, (EventType::AttachmentReady, expected.clone()));
        expected["attachment"]["quarantined"] = json!(true);
        expected["code"] = json!("integrity_suspect");
        assert_eq!(says(&stored(true), None), (EventType::AttachmentFailed, expected));
    }

    #[test]
    fn m152_a_file_that_cannot_be_had_is_told_with_its_reason_and_what_its_message_says() {
        let detail = Some("owner is absent or malformed".to_owned());
        let failed = PayloadStatus::Failed { code: PayloadFault::Incomplete, detail };
        let entry = json!({ "name": "a.mov", "mimeType": "video/quicktime", "size": "12" });
        let declared = Attachment::view(&to_raw_value(&entry).unwrap());
        let (kind, data) = says(&failed, Some(&declared));
        assert_eq!(kind, EventType::AttachmentFailed);
        assert_eq!(data["code"], "incomplete");
        assert_eq!(data["detail"], "owner is absent or malformed");
        let facts = json!({
            "id": id().to_string(), "index": 2, "name": "a.mov",
            "declaredType": "video/quicktime", "size": 12,
        });
        assert_eq!(data["attachment"], facts);
        let (_, data) = says(&failed, None);
        assert_eq!(data["attachment"], json!({ "id": id().to_string(), "index": 2 }));
    }
}
