//! The files of a message, as the customer's device declares them.

use amb_protocol::{
    attachment::Attachment,
    inbound::{Envelope, MessageType},
};
use serde::Serialize;
use std::fmt;

use crate::model::{AttachmentId, InboxMessage};

/// A file of a message. What it is called and said to be is the customer's word; what it is, an
/// `attachment.ready` tells.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentView {
    id: AttachmentId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<i64>,
}

impl fmt::Debug for AttachmentView {
    /// A customer's words never reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AttachmentView").field("id", &self.id).finish_non_exhaustive()
    }
}

/// The files of a text that are fetched: the first [`AttachmentId::MOST_PER_MESSAGE`].
pub(super) fn declared(message: &InboxMessage, envelope: &Envelope) -> Vec<AttachmentView> {
    if envelope.kind != MessageType::Text {
        return Vec::new();
    }
    let fetched = envelope.attachments.iter().take(AttachmentId::MOST_PER_MESSAGE);
    (0_u8..)
        .zip(fetched)
        .map(|(index, entry)| {
            let Attachment { name, mime_type, size, .. } = Attachment::view(entry);
            let conversation = message.pointer.conversation.clone();
            let id = AttachmentId { conversation, message: message.id, index };
            AttachmentView { id, name, mime_type, size }
        })
        .collect()
}
