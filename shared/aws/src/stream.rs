//! The inbox's stream: a record's new image is the message, without a read.

use amb_service::{
    model::{InboxMessage, InboxPointer},
    port::{InboxReader, PortError},
};

use crate::{fault::unreadable, row};

const OPERATION: &str = "the inbox's stream";

/// What a record of the inbox's stream holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamRow {
    /// The message.
    Message(Box<InboxMessage>),
    /// A message whose body goes on in other rows: it has to be read from its place.
    Continued(InboxPointer),
}

/// Reads the new image of a record (`serde_dynamo`'s item, as in `aws_lambda_events`). `None` for rows
/// that are neither messages nor typing events, and where there is no image: a row that expired.
pub fn read(image: serde_dynamo::Item) -> Result<Option<StreamRow>, PortError> {
    let item: row::Item = image.into();
    if item.is_empty() {
        return Ok(None);
    }
    let fault = unreadable(OPERATION);
    let Some(pointer) = row::inbox::pointer(&item).map_err(&fault)? else { return Ok(None) };
    if row::inbox::parts(&item).map_err(&fault)?.is_some() {
        return Ok(Some(StreamRow::Continued(pointer)));
    }
    let message = row::inbox::message(item).map_err(&fault)?;
    Ok(Some(StreamRow::Message(Box::new(message))))
}

/// Reads the new image of a record, and what a long body goes on in.
pub async fn message(
    image: serde_dynamo::Item,
    inbox: &impl InboxReader,
) -> Result<Option<InboxMessage>, PortError> {
    match read(image)? {
        None => Ok(None),
        Some(StreamRow::Message(message)) => Ok(Some(*message)),
        Some(StreamRow::Continued(pointer)) => inbox.inbox_message(&pointer).await,
    }
}

#[cfg(test)]
mod tests {
    use amb_protocol::id::{BusinessId, MessageId, OpaqueId};
    use amb_service::model::{
        BodyEncoding, ConversationId, InboxSort, StoredBody, TenantId, body_hash,
    };
    use jiff::Timestamp;

    use super::*;

    fn message(length: usize) -> InboxMessage {
        let id = MessageId::parse("a1b2c3d4-0000-4000-8000-0123456789ab").unwrap();
        let business = BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").unwrap();
        let opaque = OpaqueId::parse("urn:mbid:AQAAY").unwrap();
        let bytes = vec![7; length];
        InboxMessage {
            pointer: InboxPointer {
                tenant: TenantId::parse("ten_aaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap(),
                conversation: ConversationId::of(&business, &opaque),
                sort: InboxSort::Message(id),
            },
            id,
            business,
            opaque,
            kind: "text".to_owned(),
            capability_list: None,
            body: StoredBody { encoding: BodyEncoding::Gzip, hash: body_hash(&bytes), bytes },
            received_at: Timestamp::from_millisecond(1_795_262_400_123).unwrap(),
        }
    }

    fn image(item: row::Item) -> serde_dynamo::Item {
        item.into()
    }

    #[test]
    fn a_record_of_a_message_is_the_message() {
        let message = message(300);
        let (item, parts) = row::inbox::items(&message);
        assert!(parts.is_empty());
        let read = read(image(item)).unwrap().unwrap();
        assert_eq!(read, StreamRow::Message(Box::new(message)));
    }

    #[test]
    fn a_record_of_a_typing_event_is_the_event() {
        let mut message = message(0);
        message.pointer.sort = InboxSort::Typing { start: false, slot: 359_052_480 };
        let (item, _) = row::inbox::items(&message);
        assert!(!item.contains_key("mb"), "the sweep does not look for typing events");
        assert_eq!(read(image(item)).unwrap(), Some(StreamRow::Message(Box::new(message))));
    }

    #[test]
    fn a_long_body_is_pointed_at_and_its_parts_are_nothing() {
        let message = message(1_000_000);
        let (item, parts) = row::inbox::items(&message);
        assert_eq!(read(image(item)).unwrap(), Some(StreamRow::Continued(message.pointer)));
        assert_eq!(parts.len(), 3);
        for part in parts {
            assert_eq!(read(image(part)).unwrap(), None);
        }
    }

    #[test]
    fn a_decoded_twin_and_its_parts_are_nothing() {
        let (item, parts) = row::inbox::decoded_items(&message(1_000_000));
        assert!(!item.contains_key("mb"), "the sweep does not look for twins");
        for row in parts.into_iter().chain([item]) {
            assert_eq!(read(image(row)).unwrap(), None);
        }
    }

    #[test]
    fn a_record_of_an_expiry_is_nothing() {
        assert_eq!(read(image(row::Item::new())).unwrap(), None);
    }

    #[test]
    fn no_row_is_larger_than_dynamodb_takes() {
        // Apple's body over the wire is what Lambda's 6 MB leave after base64.
        let (item, parts) = row::inbox::items(&message(4_718_592));
        for row in parts.into_iter().chain([item]) {
            let bytes: usize =
                row.values().filter_map(|v| v.as_b().ok()).map(|b| b.as_ref().len()).sum();
            assert!(bytes + 1_024 < 400 * 1_024, "{bytes}");
        }
    }

    #[test]
    fn a_record_of_another_version_is_refused() {
        let (mut item, _) = row::inbox::items(&message(1));
        item.insert("v".to_owned(), row::n(2));
        assert!(matches!(read(image(item)), Err(PortError::Unreadable { .. })));
    }
}
