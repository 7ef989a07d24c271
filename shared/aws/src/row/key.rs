//! Primary keys. Our ids hold no `#`, so a key reads back without doubt.

use amb_protocol::id::MessageId;
use amb_service::model::{
    ConversationId, DeliveryKey, EndpointId, EventStream, OutboundPointer, TenantId, body_hash,
};

use super::{Item, RowFault, fits, s, text};

/// Shards of the indexes that every tenant writes to: one partition takes 1 000 writes a second.
pub(crate) const SHARDS: u8 = 8;

/// A primary key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    pub(crate) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    pub(crate) fn into_item(self) -> Item {
        Item::from([("pk".to_owned(), s(self.pk)), ("sk".to_owned(), s(self.sk))])
    }

    /// Which shard of an index the row belongs to.
    pub(crate) fn shard(&self) -> u8 {
        shard(&format!("{}/{}", self.pk, self.sk))
    }
}

/// A shard, evenly spread.
pub(crate) fn shard(text: &str) -> u8 {
    let [first, ..] = body_hash(text.as_bytes());
    first % SHARDS
}

/// `T#<tenant>#C#<conversation or endpoint>`: everything of one stream, in `inbox` and
/// `conversations`.
pub(crate) fn stream_pk(tenant: &TenantId, stream: &str) -> String {
    format!("T#{tenant}#C#{stream}")
}

/// `T#<tenant>`: everything that a tenant owns, in `accounts`.
pub(crate) fn tenant_pk(tenant: &TenantId) -> String {
    format!("T#{tenant}")
}

/// `E#<seq>`: a place in a timeline.
pub(crate) fn entry_sk(seq: u64) -> String {
    format!("E#{seq:020}")
}

pub(crate) fn delivery(key: &DeliveryKey) -> Key {
    Key::new(stream_pk(&key.tenant, key.stream.as_str()), delivery_sk(&key.endpoint, key.seq))
}

/// `D#<endpoint>#<seq>`: what is owed to an endpoint, in order.
pub(crate) fn delivery_sk(endpoint: &EndpointId, seq: u64) -> String {
    format!("D#{endpoint}#{seq:020}")
}

pub(crate) fn outbound(pointer: &OutboundPointer) -> Key {
    Key::new(
        stream_pk(&pointer.tenant, pointer.conversation.as_str()),
        format!("O#{}", pointer.message),
    )
}

pub(crate) fn read_stream_pk(item: &Item) -> Result<(TenantId, EventStream), RowFault> {
    let pk = text(item, "pk")?;
    let (tenant, stream) = pk
        .strip_prefix("T#")
        .and_then(|rest| rest.split_once("#C#"))
        .ok_or(RowFault::Attribute { attribute: "pk" })?;
    let stream = match ConversationId::parse(stream) {
        Ok(conversation) => EventStream::Conversation(conversation),
        Err(_) => EventStream::Endpoint(fits("pk", EndpointId::parse(stream))?),
    };
    Ok((fits("pk", TenantId::parse(tenant))?, stream))
}

pub(crate) fn read_conversation_pk(item: &Item) -> Result<(TenantId, ConversationId), RowFault> {
    match read_stream_pk(item)? {
        (tenant, EventStream::Conversation(conversation)) => Ok((tenant, conversation)),
        (_, EventStream::Endpoint(_)) => Err(RowFault::Attribute { attribute: "pk" }),
    }
}

pub(crate) fn read_entry_sk(item: &Item) -> Result<u64, RowFault> {
    let seq = text(item, "sk")?.strip_prefix("E#").and_then(|seq| seq.parse().ok());
    seq.ok_or(RowFault::Attribute { attribute: "sk" })
}

pub(crate) fn read_delivery(item: &Item) -> Result<DeliveryKey, RowFault> {
    let (tenant, stream) = read_stream_pk(item)?;
    let (endpoint, seq) = text(item, "sk")?
        .strip_prefix("D#")
        .and_then(|rest| rest.split_once('#'))
        .ok_or(RowFault::Attribute { attribute: "sk" })?;
    Ok(DeliveryKey {
        tenant,
        stream,
        endpoint: fits("sk", EndpointId::parse(endpoint))?,
        seq: fits("sk", seq.parse())?,
    })
}

pub(crate) fn read_outbound(item: &Item) -> Result<OutboundPointer, RowFault> {
    let (tenant, conversation) = read_conversation_pk(item)?;
    let message = text(item, "sk")?.strip_prefix("O#").and_then(|id| MessageId::parse(id).ok());
    let message = message.ok_or(RowFault::Attribute { attribute: "sk" })?;
    Ok(OutboundPointer { tenant, conversation, message })
}
