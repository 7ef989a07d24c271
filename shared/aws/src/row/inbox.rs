//! A message as Apple sent it: `T#<tenant>#C#<conversation>` / `M#<message>`, or `Y#<S|E>#<slot>` for
//! a typing event. Messages are in the index `by-minute`.
//!
//! A row holds 400 KB at most, so a longer body goes on in part rows, `P#<message>#<hash>#<number>`,
//! which are put first. The hash is that of the stored bytes: a resend with other bytes writes other
//! parts, and never over those of the message that was committed.

use amb_protocol::id::{BusinessId, MessageId, OpaqueId};
use amb_service::{
    model::{BodyEncoding, InboxMessage, InboxPointer, InboxSort, StoredBody, body_hash},
    port::InboxMinute,
};
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use data_encoding::HEXLOWER;
use jiff::Timestamp;

use super::{
    Item, Key, RowFault, check_version, fits,
    key::{read_conversation_pk, shard, stream_pk},
    n, number, s, text,
    time::{INBOX_LIFE, TYPING_LIFE, millis_text, ttl},
};

/// What a row holds of a body itself (design §4).
pub(crate) const INLINE: usize = 256 * 1024;

/// What a part row holds.
pub(crate) const PART: usize = 350 * 1024;

pub(crate) fn key(pointer: &InboxPointer) -> Key {
    let sk = match &pointer.sort {
        InboxSort::Message(id) => format!("M#{id}"),
        InboxSort::Typing { start, slot } => format!("Y#{}#{slot}", if *start { 'S' } else { 'E' }),
    };
    Key::new(stream_pk(&pointer.tenant, pointer.conversation.as_str()), sk)
}

/// The decoded twin of a message: `D#<message>`. It is in no index, and nothing to be dispatched.
pub(crate) fn decoded_key(pointer: &InboxPointer) -> Key {
    let Key { pk, sk } = key(pointer);
    Key::new(pk, sk.replacen("M#", "D#", 1))
}

/// The twin's row, and the parts to be put before it.
pub(crate) fn decoded_items(message: &InboxMessage) -> (Item, Vec<Item>) {
    let (mut item, parts) = items(message);
    item.remove("mb");
    item.extend(decoded_key(&message.pointer).into_item());
    (item, parts)
}

/// The partition of the index `by-minute` for a minute and a shard.
pub(crate) fn minute_partition(minute: InboxMinute, shard: u8) -> String {
    format!("{}#{shard}", minute.0)
}

/// The row, and the parts to be put before it.
pub(crate) fn items(message: &InboxMessage) -> (Item, Vec<Item>) {
    let (head, rest) =
        message.body.bytes.split_at_checked(INLINE).unwrap_or((&message.body.bytes, &[]));
    let is_message = matches!(message.pointer.sort, InboxSort::Message(_));
    let life = if is_message { INBOX_LIFE } else { TYPING_LIFE };
    let expiry = ttl(message.received_at, life);
    let id = message.id.to_string();

    let mut item = key(&message.pointer).into_item();
    let mut set = |name: &str, value| item.insert(name.to_owned(), value);
    set("v", n(1));
    set("business", s(message.business.as_str()));
    set("opaque", s(message.opaque.as_str()));
    set("kind", s(&message.kind));
    set("enc", s(encoding_word(message.body.encoding)));
    set("b", AttributeValue::B(Blob::new(head)));
    set("h", AttributeValue::B(Blob::new(message.body.hash)));
    set("rx", s(millis_text(message.received_at)));
    set("ttl", n(expiry));
    if let Some(capabilities) = &message.capability_list {
        set("caps", s(capabilities));
    }
    if is_message {
        let minute = InboxMinute::of(message.received_at);
        set("mb", s(minute_partition(minute, shard(&id))));
    }
    set("id", s(id));

    if rest.is_empty() {
        return (item, Vec::new());
    }
    let prefix = parts_prefix(message.id, &message.body.bytes);
    let pk = key(&message.pointer).pk;
    let parts: Vec<Item> = rest
        .chunks(PART)
        .enumerate()
        .map(|(number, chunk)| {
            let mut part = Key::new(pk.as_str(), format!("{prefix}{number:04}")).into_item();
            part.insert("v".to_owned(), n(1));
            part.insert("b".to_owned(), AttributeValue::B(Blob::new(chunk)));
            part.insert("ttl".to_owned(), n(expiry));
            part
        })
        .collect();
    item.insert("parts".to_owned(), n(parts.len()));
    item.insert("part".to_owned(), s(prefix));
    (item, parts)
}

fn parts_prefix(message: MessageId, bytes: &[u8]) -> String {
    let mut hash = HEXLOWER.encode(&body_hash(bytes));
    hash.truncate(16);
    format!("P#{message}#{hash}#")
}

/// Whether a row is a message or a typing event, by its sort key alone; `None` for parts.
pub(crate) fn pointer(item: &Item) -> Result<Option<InboxPointer>, RowFault> {
    let sk = text(item, "sk")?;
    let sort = if let Some(id) = sk.strip_prefix("M#") {
        InboxSort::Message(fits("sk", MessageId::parse(id))?)
    } else if let Some(rest) = sk.strip_prefix("Y#") {
        let (start, slot) = match rest.split_once('#') {
            Some(("S", slot)) => (true, slot),
            Some(("E", slot)) => (false, slot),
            _ => return Err(RowFault::Attribute { attribute: "sk" }),
        };
        InboxSort::Typing { start, slot: fits("sk", slot.parse())? }
    } else {
        return Ok(None);
    };
    let (tenant, conversation) = read_conversation_pk(item)?;
    Ok(Some(InboxPointer { tenant, conversation, sort }))
}

/// How many parts the body goes on in, and what their sort keys start with.
pub(crate) fn parts(item: &Item) -> Result<Option<(usize, String)>, RowFault> {
    if item.contains_key("parts") {
        Ok(Some((number(item, "parts")?, text(item, "part")?.to_owned())))
    } else {
        Ok(None)
    }
}

/// The message of a row; of a body that goes on in parts, the first bytes.
pub(crate) fn message(mut item: Item) -> Result<InboxMessage, RowFault> {
    check_version(&item)?;
    let pointer = pointer(&item)?.ok_or(RowFault::Attribute { attribute: "sk" })?;
    let bytes = bytes(&mut item, "b")?;
    let hash = bytes_of_hash(&mut item)?;
    Ok(InboxMessage {
        pointer,
        id: fits("id", MessageId::parse(text(&item, "id")?))?,
        business: fits("business", BusinessId::parse(text(&item, "business")?))?,
        opaque: fits("opaque", OpaqueId::parse(text(&item, "opaque")?))?,
        kind: text(&item, "kind")?.to_owned(),
        capability_list: item
            .contains_key("caps")
            .then(|| text(&item, "caps"))
            .transpose()?
            .map(str::to_owned),
        body: StoredBody { encoding: encoding_of(text(&item, "enc")?)?, bytes, hash },
        received_at: received_at(&item)?,
    })
}

/// The hash of the body that a row holds.
pub(crate) fn hash(item: &Item) -> Option<&[u8]> {
    match item.get("h") {
        Some(AttributeValue::B(hash)) => Some(hash.as_ref()),
        _ => None,
    }
}

pub(crate) fn received_at(item: &Item) -> Result<Timestamp, RowFault> {
    fits("rx", text(item, "rx")?.parse())
}

pub(crate) fn bytes(item: &mut Item, attribute: &'static str) -> Result<Vec<u8>, RowFault> {
    match item.remove(attribute) {
        Some(AttributeValue::B(bytes)) => Ok(bytes.into_inner()),
        _ => Err(RowFault::Attribute { attribute }),
    }
}

fn bytes_of_hash(item: &mut Item) -> Result<[u8; 32], RowFault> {
    fits("h", bytes(item, "h")?.try_into())
}

fn encoding_word(encoding: BodyEncoding) -> &'static str {
    match encoding {
        BodyEncoding::Gzip => "gzip",
        BodyEncoding::Identity => "identity",
    }
}

fn encoding_of(word: &str) -> Result<BodyEncoding, RowFault> {
    match word {
        "gzip" => Ok(BodyEncoding::Gzip),
        "identity" => Ok(BodyEncoding::Identity),
        _ => Err(RowFault::Attribute { attribute: "enc" }),
    }
}
