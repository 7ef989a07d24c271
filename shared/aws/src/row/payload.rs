//! A payload: among its conversation's rows, `T#<tenant>#C#<conversation>` / `P#<message>#R` for an
//! answer, `P#<message>#A<index>` for an attachment, `P#<message>#F<part>#<index>` for a file on its
//! way to a customer; a download in a partition of its own, `T#<tenant>#DL#<download>` / `P`. While it
//! is pending it is in the index `due`.

use amb_protocol::id::{BusinessId, MessageId};
use amb_service::model::{
    AttachmentId, DownloadId, Payload, PayloadPlace, PayloadPointer, PayloadSource, PayloadStatus,
    TenantId, Transfer,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Item, Key, RowFault, fits,
    key::{read_conversation_pk, stream_pk},
    n, read, s, text,
    time::{HISTORY_LIFE, as_nanos, as_nanos_if_any, ceil_seconds, ttl},
    write,
};

/// How long the row of a file outlives the file: it tells that there was one.
const AFTERLIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

#[derive(Serialize, Deserialize)]
struct Shape {
    business: BusinessId,
    source: PayloadSource,
    /// Flattened: `status`, and what its end says.
    #[serde(flatten)]
    status: PayloadStatus,
    transfer: Option<Transfer>,
    failures: u32,
    #[serde(default)]
    outages: u32,
    attempts: u32,
    #[serde(with = "as_nanos")]
    created: Timestamp,
    #[serde(with = "as_nanos")]
    next_at: Timestamp,
    #[serde(with = "as_nanos")]
    sweep_at: Timestamp,
    #[serde(default, with = "as_nanos_if_any")]
    lease: Option<Timestamp>,
    #[serde(default, with = "as_nanos_if_any")]
    finished: Option<Timestamp>,
}

/// The partitions of the index `due` that hold payloads.
pub(crate) fn due_partition(shard: u8) -> String {
    format!("P#{shard}")
}

pub(crate) fn key(pointer: &PayloadPointer) -> Key {
    let tenant = &pointer.tenant;
    let (conversation, sk) = match &pointer.place {
        PayloadPlace::Reply { conversation, message } => (conversation, format!("P#{message}#R")),
        PayloadPlace::Attachment(AttachmentId { conversation, message, index }) => {
            (conversation, format!("P#{message}#A{index:02}"))
        }
        PayloadPlace::File { conversation, message, part, index } => {
            (conversation, format!("P#{message}#F{part}#{index}"))
        }
        PayloadPlace::Download(download) => {
            return Key::new(format!("T#{tenant}#DL#{download}"), "P");
        }
    };
    Key::new(stream_pk(tenant, conversation.as_str()), sk)
}

/// The place of a row, by its key alone.
pub(crate) fn pointer(item: &Item) -> Result<PayloadPointer, RowFault> {
    if let Some((tenant, download)) = text(item, "pk")?.split_once("#DL#") {
        let tenant = tenant.strip_prefix("T#").unwrap_or_default();
        return Ok(PayloadPointer {
            tenant: fits("pk", TenantId::parse(tenant))?,
            place: PayloadPlace::Download(fits("pk", DownloadId::parse(download))?),
        });
    }
    let (tenant, conversation) = read_conversation_pk(item)?;
    let unknown = RowFault::Attribute { attribute: "sk" };
    let sk = text(item, "sk")?;
    let Some((message, which)) = sk.strip_prefix("P#").and_then(|rest| rest.split_once('#')) else {
        return Err(unknown);
    };
    let message = fits("sk", MessageId::parse(message))?;
    let place = if which == "R" {
        PayloadPlace::Reply { conversation, message }
    } else if let Some(index) = which.strip_prefix('A') {
        let index = fits("sk", index.parse())?;
        PayloadPlace::Attachment(AttachmentId { conversation, message, index })
    } else if let Some((part, index)) = which.strip_prefix('F').and_then(|at| at.split_once('#')) {
        let (part, index) = (fits("sk", part.parse())?, fits("sk", index.parse())?);
        PayloadPlace::File { conversation, message, part, index }
    } else {
        return Err(unknown);
    };
    Ok(PayloadPointer { tenant, place })
}

pub(crate) fn item(payload: &Payload) -> Result<Item, RowFault> {
    let key = key(&payload.pointer);
    let due = due_partition(key.shard());
    let shape = Shape {
        business: payload.business.clone(),
        source: payload.source.clone(),
        status: payload.status.clone(),
        transfer: payload.transfer.clone(),
        failures: payload.failures,
        outages: payload.outages,
        attempts: payload.attempts,
        created: payload.created_at,
        next_at: payload.next_attempt_at,
        sweep_at: payload.sweep_at,
        lease: payload.lease_until,
        finished: payload.finished_at,
    };
    let mut item = write(key, &shape)?;
    if payload.status == PayloadStatus::Pending {
        item.insert("due".to_owned(), s(due));
        item.insert("due_at".to_owned(), n(ceil_seconds(payload.sweep_at)));
    }
    item.insert("ttl".to_owned(), n(expiry(payload)));
    Ok(item)
}

/// As long as the history that names it, and in any case as long as the file it tells of.
fn expiry(payload: &Payload) -> i64 {
    let history = ttl(payload.created_at, HISTORY_LIFE);
    match &payload.status {
        PayloadStatus::Stored(file) => history.max(ttl(file.expires_at, AFTERLIFE)),
        _ => history,
    }
}

pub(crate) fn payload(item: Item) -> Result<Payload, RowFault> {
    let pointer = pointer(&item)?;
    let shape: Shape = read(item)?;
    Ok(Payload {
        pointer,
        business: shape.business,
        source: shape.source,
        status: shape.status,
        transfer: shape.transfer,
        failures: shape.failures,
        outages: shape.outages,
        attempts: shape.attempts,
        created_at: shape.created,
        next_attempt_at: shape.next_at,
        sweep_at: shape.sweep_at,
        lease_until: shape.lease,
        finished_at: shape.finished,
    })
}

#[cfg(test)]
mod tests {
    use amb_service::model::{
        AppleFile, ConversationId, FileKey, FilePlace, FileSource, PayloadFault, Retention, Scan,
        StoredFile, UploadId,
    };

    use super::*;

    const DAY: SignedDuration = SignedDuration::from_hours(24);

    fn places() -> Vec<PayloadPlace> {
        let conversation = ConversationId::parse("cnv_aaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap();
        let message = MessageId::parse("5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001").unwrap();
        let attachment =
            |index| AttachmentId { conversation: conversation.clone(), message, index };
        vec![
            PayloadPlace::Reply { conversation: conversation.clone(), message },
            PayloadPlace::Attachment(attachment(0)),
            PayloadPlace::Attachment(attachment(39)),
            PayloadPlace::File { conversation: conversation.clone(), message, part: 0, index: 19 },
            PayloadPlace::File { conversation, message, part: 12, index: 0 },
            PayloadPlace::Download(DownloadId::parse("dld_bbbbbbbbbbbbbbbbbbbbbbbbbb").unwrap()),
        ]
    }

    fn pending(place: PayloadPlace) -> Payload {
        let tenant = TenantId::parse("ten_acmeacmeacmeacmeacmeacmeac").unwrap();
        let business = BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").unwrap();
        let now = Timestamp::from_second(1_795_262_400).unwrap();
        Payload::pending(PayloadPointer { tenant, place }, business, PayloadSource::Inbox, now)
    }

    fn stored(expires_at: Timestamp) -> StoredFile {
        let tenant = TenantId::parse("ten_acmeacmeacmeacmeacmeacmeac").unwrap();
        StoredFile {
            file: FileKey::attachment(Retention::Day, &tenant, "drawn"),
            name: None,
            declared_type: Some("image/png".to_owned()),
            media_type: "image/png".to_owned(),
            size: 104_857_600,
            sha256: "00".repeat(32),
            quarantined: true,
            scan: Scan::Infected,
            expires_at,
        }
    }

    #[test]
    fn every_place_reads_back_from_its_key_and_no_two_share_one() {
        let mut keys = std::collections::BTreeSet::new();
        for place in places() {
            let payload = pending(place);
            let key = key(&payload.pointer);
            assert_eq!(pointer(&key.clone().into_item()).unwrap(), payload.pointer);
            assert!(keys.insert((key.pk, key.sk)));
        }
    }

    #[test]
    fn a_key_of_another_kind_is_no_payloads() {
        for sk in ["STATE", "P#", "P#x#R", "P#5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001#Z"] {
            let row =
                Key::new("T#ten_acmeacmeacmeacmeacmeacmeac#C#cnv_aaaaaaaaaaaaaaaaaaaaaaaaaa", sk);
            assert!(pointer(&row.into_item()).is_err(), "{sk}");
        }
    }

    #[test]
    fn a_payload_reads_back_however_it_stands() {
        let now = Timestamp::from_nanosecond(1_795_262_400_123_456_789).unwrap();
        let brought = AppleFile {
            name: "brochure.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            size: 12,
            key: format!("00{}", "ab".repeat(32)),
            url: "https://p00.example.com/M4".to_owned(),
            owner: "M4".to_owned(),
            signature: "AAAA".to_owned(),
            expires_at: now,
        };
        let file = FileKey::download(
            &TenantId::parse("ten_acmeacmeacmeacmeacmeacmeac").unwrap(),
            &DownloadId::parse("dld_bbbbbbbbbbbbbbbbbbbbbbbbbb").unwrap(),
        );
        for (status, place) in [
            PayloadStatus::Pending,
            PayloadStatus::Told,
            PayloadStatus::Decoded { file: file.clone(), size: 4_000_000 },
            PayloadStatus::Stored(stored(now)),
            PayloadStatus::Brought(brought),
            PayloadStatus::Failed { code: PayloadFault::TooSlow, detail: None },
        ]
        .into_iter()
        .zip(places())
        {
            let is_pending = status == PayloadStatus::Pending;
            let source = FileSource {
                at: FilePlace::Upload(UploadId::parse("upl_cccccccccccccccccccccccccc").unwrap()),
                name: None,
                media_type: Some("model/vnd.usdz+zip".to_owned()),
            };
            let payload = Payload {
                status,
                source: PayloadSource::File(source),
                transfer: Some(Transfer {
                    file: file.clone(),
                    upload: "u".to_owned(),
                    parts: vec!["\"e\"".to_owned()],
                    offset: 8_388_608,
                }),
                lease_until: Some(now),
                finished_at: Some(now),
                ..pending(place)
            };
            let row = item(&payload).unwrap();
            assert_eq!(row.contains_key("due"), is_pending);
            assert_eq!(row.contains_key("due_at"), is_pending);
            assert_eq!(super::payload(row).unwrap(), payload);
        }
    }

    #[test]
    fn the_row_of_a_file_outlives_the_file() {
        let mut payload = pending(places().remove(1));
        let ttl_of =
            |payload: &Payload| super::super::number::<i64>(&item(payload).unwrap(), "ttl");
        let history = ttl(payload.created_at, HISTORY_LIFE);
        assert_eq!(ttl_of(&payload).unwrap(), history);
        payload.status = PayloadStatus::Stored(stored(payload.created_at + DAY));
        assert_eq!(ttl_of(&payload).unwrap(), history, "its event is told that long");
        let year = payload.created_at + DAY * 365;
        payload.status = PayloadStatus::Stored(stored(year));
        assert_eq!(ttl_of(&payload).unwrap(), ttl(year, DAY * 7));
    }
}
