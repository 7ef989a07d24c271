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

#[cfg(test)]
mod tests {
    use amb_protocol::id::{MessageId, OpaqueId, RequestIdentifier};
    use amb_service::model::ASKED_MAX;
    use aws_sdk_dynamodb::types::AttributeValue;
    use jiff::Timestamp;

    use super::*;

    /// As DynamoDB counts: names and values in UTF-8, three bytes for a list or a map and one for each
    /// of its elements.
    fn bytes(value: &AttributeValue) -> usize {
        match value {
            AttributeValue::S(text) => text.len(),
            AttributeValue::L(items) => 3 + items.iter().map(|item| 1 + bytes(item)).sum::<usize>(),
            AttributeValue::M(members) => 3 + members.iter().map(|m| 1 + member(m)).sum::<usize>(),
            _ => 12,
        }
    }

    fn member((name, value): (&String, &AttributeValue)) -> usize {
        name.len() + bytes(value)
    }

    #[test]
    fn a_state_is_one_write_unit_whatever_was_asked() {
        let mut state = ConversationState::new(
            TenantId::parse("ten_acmeacmeacmeacmeacmeacmeac").unwrap(),
            BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").unwrap(),
            OpaqueId::parse(&format!("urn:mbid:{}", "A".repeat(88))).unwrap(),
            Timestamp::from_nanosecond(1_795_262_400_123_456_789).unwrap(),
        );
        state.capabilities =
            ["LIST", "TIME", "QUICK", "FORM", "AUTH", "AUTH2"].map(str::to_owned).into();
        state.locale = Some("en_US".to_owned());
        state.intent = Some("order_status".to_owned());
        state.group = Some("retail".to_owned());
        let plain: usize = item(&state).unwrap().iter().map(member).sum();
        for number in 0..ASKED_MAX {
            let uuid = format!("00000000-0000-4000-8000-{number:012}");
            let request = RequestIdentifier::parse(&uuid).unwrap();
            state.ask(&request, MessageId::parse(&uuid).unwrap());
        }
        let asked: usize = item(&state).unwrap().iter().map(member).sum();
        assert!(asked <= 1024, "{plain} bytes, {asked} after {ASKED_MAX} questions");
    }
}
