//! The proof that a message has its place: `T#<tenant>#ID#<message>` / `ID`, or `ID#<conversation>`
//! for a claim that competes within its conversation only.

use amb_protocol::id::MessageId;
use amb_service::{
    model::{ConversationId, TenantId},
    port::{ClaimScope, MessageClaim},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Item, Key, RowFault, n, read,
    time::{HISTORY_LIFE, ttl},
    write,
};

#[derive(Serialize, Deserialize)]
struct Shape {
    tenant: TenantId,
    message: MessageId,
    conversation: ConversationId,
    seq: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    narrow: bool,
}

pub(crate) fn key(tenant: &TenantId, message: MessageId) -> Key {
    Key::new(format!("T#{tenant}#ID#{message}"), "ID")
}

pub(crate) fn item(claim: &MessageClaim, at: Timestamp) -> Result<Item, RowFault> {
    let narrow = claim.scope == ClaimScope::Conversation;
    let mut key = key(&claim.tenant, claim.message);
    if narrow {
        key.sk = format!("ID#{}", claim.conversation);
    }
    let shape = Shape {
        tenant: claim.tenant.clone(),
        message: claim.message,
        conversation: claim.conversation.clone(),
        seq: claim.seq,
        narrow,
    };
    let mut item = write(key, &shape)?;
    item.insert("ttl".to_owned(), n(ttl(at, HISTORY_LIFE)));
    Ok(item)
}

pub(crate) fn claim(item: Item) -> Result<MessageClaim, RowFault> {
    let shape: Shape = read(item)?;
    Ok(MessageClaim {
        tenant: shape.tenant,
        message: shape.message,
        conversation: shape.conversation,
        seq: shape.seq,
        scope: if shape.narrow { ClaimScope::Conversation } else { ClaimScope::Tenant },
    })
}
