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
/// that are neither messages nor typing events.
pub fn read(image: serde_dynamo::Item) -> Result<Option<StreamRow>, PortError> {
    let item: row::Item = image.into();
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
