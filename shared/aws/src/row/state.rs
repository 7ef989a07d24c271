//! The state of a conversation: `T#<tenant>#C#<conversation>` / `STATE`. It is listed by business in
//! the index `list`, in order of creation; these attributes never change, so a step does not write to
//! the index.

use amb_protocol::id::BusinessId;
use amb_service::model::{ConversationId, ConversationState, TenantId};

use super::{Item, Key, RowFault, key::stream_pk, s, time::millis_text, write};

pub(crate) fn key(tenant: &TenantId, conversation: &ConversationId) -> Key {
    Key::new(stream_pk(tenant, conversation.as_str()), "STATE")
}

pub(crate) fn list_pk(tenant: &TenantId, business: &BusinessId) -> String {
    format!("T#{tenant}#B#{}", business.as_str())
}

pub(crate) fn item(state: &ConversationState) -> Result<Item, RowFault> {
    let mut item = write(key(&state.tenant, &state.id), state)?;
    item.insert("lpk".to_owned(), s(list_pk(&state.tenant, &state.business)));
    item.insert("lsk".to_owned(), s(format!("{}#{}", millis_text(state.created_at), state.id)));
    Ok(item)
}
