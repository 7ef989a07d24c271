//! Which of a message's choices is sent: what the customer's device can show, as its latest message
//! told, and never anything else.

use amb_protocol::capability::CapabilityList;

use super::Relay;
use crate::{
    model::{Choice, FileKey, OutboundMessage},
    port::{FileRead, Files, PortError},
    send::choices::MOST_BYTES,
};

impl<S, Q, G, K, F: Files, W, C, O> Relay<S, Q, G, K, F, W, C, O> {
    /// The choices in this file; nothing if it is gone or holds something else.
    pub(super) async fn stored(&self, file: &FileKey) -> Result<Option<Vec<Choice>>, PortError> {
        Ok(match self.prepare.files().file(file, MOST_BYTES as u64).await? {
            FileRead::Whole(bytes) => serde_json::from_slice(&bytes).ok(),
            FileRead::Missing | FileRead::TooLarge(_) => None,
        })
    }
}

/// The place of the choice to send. One that may have reached the customer is not made again.
pub(super) fn choose(
    message: &OutboundMessage,
    choices: &[Choice],
    capabilities: &[String],
) -> Option<usize> {
    let begun = message.progress.parts_sent > 0 || message.outcome_unknown;
    if let Some(made) = message.progress.choice.filter(|_| begun) {
        return usize::try_from(made).ok();
    }
    let device = CapabilityList::parse(&capabilities.join(","));
    choices.iter().position(|choice| choice.requires().all(|need| device.contains(need)))
}
