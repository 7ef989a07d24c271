//! A place in a timeline: `T#<tenant>#C#<stream>` / `E#<seq>`. An event's own data is kept as JSON
//! text: it is told as it was written, members in their order.

use amb_protocol::id::MessageId;
use amb_service::model::{
    Context, EndpointId, EventId, EventSource, EventStream, EventType, TenantId, TimelineEntry,
    TimelineItem,
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
    /// A message whose answer is being fetched, and the endpoints that hold a delivery for it.
    awaited: Option<Awaited>,
    /// The customer's device, comma-separated, as Apple's header has it.
    capabilities: Option<String>,
    locale: Option<String>,
    intent: Option<String>,
    group: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Awaited {
    message: MessageId,
    held: Vec<EndpointId>,
}

pub(crate) fn key(tenant: &TenantId, stream: &EventStream, seq: u64) -> Key {
    Key::new(stream_pk(tenant, stream.as_str()), entry_sk(seq))
}

pub(crate) fn item(
    tenant: &TenantId,
    stream: &EventStream,
    entry: &TimelineEntry,
) -> Result<Item, RowFault> {
    let told = match &entry.item {
        TimelineItem::Event { id, kind, source } => Shape {
            at: entry.at,
            event: Some(id.clone()),
            kind: Some(*kind),
            source: Some(serde_json::to_string(source)?),
            ..Shape::default()
        },
        TimelineItem::Sent { message } => {
            Shape { at: entry.at, sent: Some(*message), ..Shape::default() }
        }
        TimelineItem::Awaited { message, held } => Shape {
            at: entry.at,
            awaited: Some(Awaited { message: *message, held: held.clone() }),
            ..Shape::default()
        },
    };
    let context = &entry.context;
    let capabilities = (!context.capabilities.is_empty()).then(|| context.capabilities.join(","));
    let shape = Shape {
        capabilities,
        locale: context.locale.clone(),
        intent: context.intent.clone(),
        group: context.group.clone(),
        ..told
    };
    let mut item = write(key(tenant, stream, entry.seq), &shape)?;
    item.insert("ttl".to_owned(), n(ttl(entry.at, HISTORY_LIFE)));
    Ok(item)
}

pub(crate) fn entry(item: Item) -> Result<TimelineEntry, RowFault> {
    let seq = read_entry_sk(&item)?;
    let shape: Shape = read(item)?;
    let context = Context {
        capabilities: listed(shape.capabilities.as_deref()),
        locale: shape.locale,
        intent: shape.intent,
        group: shape.group,
    };
    let item = match (shape.event, shape.kind, shape.source, shape.sent, shape.awaited) {
        (Some(id), Some(kind), Some(source), None, None) => {
            let source: EventSource = serde_json::from_str(&source)?;
            TimelineItem::Event { id, kind, source }
        }
        (None, None, None, Some(message), None) => TimelineItem::Sent { message },
        (None, None, None, None, Some(Awaited { message, held })) => {
            TimelineItem::Awaited { message, held }
        }
        _ => return Err(RowFault::Attribute { attribute: "event" }),
    };
    Ok(TimelineEntry { seq, at: shape.at, item, context })
}

fn listed(list: Option<&str>) -> Vec<String> {
    list.map_or_else(Vec::new, |list| list.split(',').map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use amb_service::model::{ConversationId, InboxSort};

    fn entry_at(context: Context) -> (Item, TimelineEntry) {
        let message = MessageId::parse("5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001").unwrap();
        let source = EventSource::Inbox {
            sort: InboxSort::Message(message),
            soft_duplicate_of: None,
            in_reply_to: None,
            callback_data: None,
            decoded: false,
        };
        let conversation = ConversationId::parse("cnv_aaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap();
        let entry = TimelineEntry {
            seq: 7,
            at: Timestamp::UNIX_EPOCH,
            item: TimelineItem::Event {
                id: EventId::of(conversation.as_str(), "7"),
                kind: EventType::MessageReceived,
                source,
            },
            context,
        };
        let tenant = TenantId::parse("ten_acmeacmeacmeacmeacmeacmeac").unwrap();
        let stream = EventStream::Conversation(conversation);
        (item(&tenant, &stream, &entry).unwrap(), entry)
    }

    #[test]
    fn an_entry_from_before_the_context_was_kept_still_reads() {
        let (mut row, entry) = entry_at(Context::default());
        for absent in ["capabilities", "locale", "intent", "group"] {
            assert!(!row.contains_key(absent), "{absent} costs nothing while it is unknown");
        }
        row.insert(
            "source".to_owned(),
            super::super::s(
                r#"{"inbox":{"sort":{"message":"5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001"}}}"#,
            ),
        );
        assert_eq!(super::entry(row).unwrap(), entry);
    }

    #[test]
    fn an_entry_with_a_whole_context_is_one_write_unit() {
        let context = Context {
            capabilities: ["LIST", "TIME", "QUICK", "FORM", "AUTH", "AUTH2"]
                .map(str::to_owned)
                .into(),
            locale: Some("en_US".to_owned()),
            intent: Some("order_status".to_owned()),
            group: Some("retail".to_owned()),
        };
        let (row, entry) = entry_at(context);
        let size: usize =
            row.iter().map(|(name, value)| name.len() + value.as_s().map_or(12, String::len)).sum();
        assert!(size < 1024, "{size} bytes");
        assert_eq!(super::entry(row).unwrap(), entry);
    }
}
