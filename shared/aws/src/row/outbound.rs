//! An outbound message: `T#<tenant>#C#<conversation>` / `O#<message>`. While it is queued it is in the
//! index `due`.

use amb_protocol::id::{BusinessId, OpaqueId};
use amb_service::model::{OutboundContent, OutboundMessage, OutboundStatus, Progress};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Item, RowFault, key, n, read, s,
    time::{HISTORY_LIFE, as_nanos, as_nanos_if_any, ceil_seconds, ttl},
    write,
};

#[derive(Serialize, Deserialize)]
struct Shape {
    business: BusinessId,
    opaque: OpaqueId,
    content: OutboundContent,
    bot: bool,
    agent: Option<String>,
    callback: Option<String>,
    /// Flattened: `status`, and `code` and `detail` of a failure.
    #[serde(flatten)]
    status: OutboundStatus,
    #[serde(default)]
    progress: Progress,
    attempts: u32,
    outcome_unknown: bool,
    #[serde(with = "as_nanos")]
    created: Timestamp,
    #[serde(with = "as_nanos")]
    next_at: Timestamp,
    #[serde(with = "as_nanos")]
    sweep_at: Timestamp,
    #[serde(default, with = "as_nanos_if_any")]
    lease: Option<Timestamp>,
    /// The lease that was there when the present one was taken: it ran out, and nobody wrote down
    /// what came of that attempt. Zero if there was none.
    #[serde(default, skip_serializing)]
    lease_before: i64,
    #[serde(default, with = "as_nanos_if_any")]
    finished: Option<Timestamp>,
}

/// The partitions of the index `due` that hold outbound messages.
pub(crate) fn due_partition(shard: u8) -> String {
    format!("O#{shard}")
}

pub(crate) fn item(message: &OutboundMessage) -> Result<Item, RowFault> {
    let key = key::outbound(&message.pointer);
    let due = due_partition(key.shard());
    let shape = Shape {
        business: message.business.clone(),
        opaque: message.opaque.clone(),
        content: message.content.clone(),
        bot: message.bot,
        agent: message.agent.clone(),
        callback: message.callback_data.clone(),
        status: message.status.clone(),
        progress: message.progress.clone(),
        attempts: message.attempts,
        outcome_unknown: message.outcome_unknown,
        created: message.created_at,
        next_at: message.next_attempt_at,
        sweep_at: message.sweep_at,
        lease: message.lease_until,
        lease_before: 0,
        finished: message.finished_at,
    };
    let mut item = write(key, &shape)?;
    if message.status == OutboundStatus::Queued {
        item.insert("due".to_owned(), s(due));
        item.insert("due_at".to_owned(), n(ceil_seconds(message.sweep_at)));
    }
    item.insert("ttl".to_owned(), n(ttl(message.created_at, HISTORY_LIFE)));
    Ok(item)
}

pub(crate) fn message(item: Item) -> Result<OutboundMessage, RowFault> {
    let pointer = key::read_outbound(&item)?;
    let shape: Shape = read(item)?;
    Ok(OutboundMessage {
        pointer,
        business: shape.business,
        opaque: shape.opaque,
        content: shape.content,
        bot: shape.bot,
        agent: shape.agent,
        callback_data: shape.callback,
        status: shape.status,
        progress: shape.progress,
        attempts: shape.attempts,
        outcome_unknown: shape.outcome_unknown || shape.lease_before != 0,
        created_at: shape.created,
        next_attempt_at: shape.next_at,
        sweep_at: shape.sweep_at,
        lease_until: shape.lease,
        finished_at: shape.finished,
    })
}

#[cfg(test)]
mod tests {
    use amb_protocol::{
        compose::{Channel, ContentType, Draft},
        id::MessageId,
    };
    use amb_service::model::{Choice, ConversationState, OutboundPointer, TenantId};
    use serde_json::json;

    use super::*;

    /// DynamoDB's own maps would sort members, nest 32 deep at most, and make `1` of `1.0`.
    #[test]
    fn choices_are_one_string() {
        let body = json!({ "type": "interactive", "z": { "b": 1.0, "a": [] } });
        let part = Draft {
            body: body.as_object().unwrap().clone(),
            channel: Channel::Message,
            requires: None,
            request_identifier: None,
            drawn: false,
            pack: String::new(),
            needs: Vec::new(),
        };
        let choices = vec![Choice { kind: ContentType::Raw, parts: vec![part] }];
        let now = Timestamp::UNIX_EPOCH;
        let state = ConversationState::new(
            TenantId::parse("ten_acmeacmeacmeacmeacmeacmeac").unwrap(),
            BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").unwrap(),
            OpaqueId::parse("urn:mbid:AQAAY1madeUpOpaque01=").unwrap(),
            now,
        );
        let pointer = OutboundPointer {
            tenant: state.tenant,
            conversation: state.id,
            message: MessageId::parse("9c2e6a10-1f00-4f6e-8a01-000000000001").unwrap(),
        };
        let content = OutboundContent::Choices { choices };
        let message = OutboundMessage::queued(pointer, state.business, state.opaque, content, now);
        let written = item(&message).unwrap();
        let content = written.get("content").and_then(|content| content.as_m().ok()).unwrap();
        let text = content.get("choices").and_then(|choices| choices.as_s().ok()).unwrap();
        assert!(text.contains(&body.to_string()), "{text}");
        assert_eq!(super::message(written).unwrap(), message);
    }
}
