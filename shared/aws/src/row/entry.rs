//! A place in a timeline: `T#<tenant>#C#<stream>` / `E#<seq>`. An event's own data is kept as JSON
//! text: it is told as it was written, members in their order.

use amb_protocol::id::MessageId;
use amb_service::model::{
    EventId, EventSource, EventStream, EventType, TenantId, TimelineEntry, TimelineItem,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Item, Key, RowFault,
    key::{entry_sk, read_entry_sk, stream_pk},
    n, read,
    time::{HISTORY_LIFE, as_nanos, ttl},
    write,
};

#[derive(Default, Serialize, Deserialize)]
struct Shape {
    #[serde(with = "as_nanos")]
    at: Timestamp,
    event: Option<EventId>,
    kind: Option<EventType>,
    /// An [`EventSource`].
    source: Option<String>,
    sent: Option<MessageId>,
}

pub(crate) fn key(tenant: &TenantId, stream: &EventStream, seq: u64) -> Key {
    Key::new(stream_pk(tenant, stream.as_str()), entry_sk(seq))
}

pub(crate) fn item(
    tenant: &TenantId,
    stream: &EventStream,
    entry: &TimelineEntry,
) -> Result<Item, RowFault> {
    let shape = match &entry.item {
        TimelineItem::Event { id, kind, source } => Shape {
            at: entry.at,
            event: Some(id.clone()),
            kind: Some(*kind),
            source: Some(serde_json::to_string(source)?),
            sent: None,
        },
        TimelineItem::Sent { message } => {
            Shape { at: entry.at, sent: Some(*message), ..Shape::default() }
        }
    };
    let mut item = write(key(tenant, stream, entry.seq), &shape)?;
    item.insert("ttl".to_owned(), n(ttl(entry.at, HISTORY_LIFE)));
    Ok(item)
}

pub(crate) fn entry(item: Item) -> Result<TimelineEntry, RowFault> {
    let seq = read_entry_sk(&item)?;
    let shape: Shape = read(item)?;
    let item = match (shape.event, shape.kind, shape.source, shape.sent) {
        (Some(id), Some(kind), Some(source), None) => {
            let source: EventSource = serde_json::from_str(&source)?;
            TimelineItem::Event { id, kind, source }
        }
        (None, None, None, Some(message)) => TimelineItem::Sent { message },
        _ => return Err(RowFault::Attribute { attribute: "event" }),
    };
    Ok(TimelineEntry { seq, at: shape.at, item })
}
