//! Interactive messages that a customer may still answer.

use amb_protocol::id::{MessageId, RequestIdentifier};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::body_hash;

/// How many are remembered: a customer answers one of the last bubbles on the screen.
pub const ASKED_MAX: usize = 8;

/// The latest interactive messages that Apple took, by what their replies will echo.
///
/// The row that holds them is written with every message of the conversation. So they are packed, and
/// with all of them it still is one write unit: of each, 12 bytes of a hash of the identifier and the
/// 16 of the message's id, the latest last.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Questions(Vec<String>);

/// Characters of the identifier's hash, in Base64.
const HASHED: usize = 16;

impl Questions {
    /// Whether nothing was asked.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Remembers a message. One that is sent again under the same identifier takes the place of the
    /// earlier one.
    pub fn ask(&mut self, request: &RequestIdentifier, message: MessageId) {
        let hashed = hashed(request.as_str());
        self.0.retain(|asked| !asked.starts_with(&hashed));
        if self.0.len() >= ASKED_MAX {
            self.0.remove(0);
        }
        self.0.push(hashed + &BASE64URL_NOPAD.encode(message.as_uuid().as_bytes()));
    }

    /// The message that a reply with this identifier answers, if it is one of the latest.
    pub fn asked(&self, request: &str) -> Option<MessageId> {
        let hashed = hashed(request);
        let message = self.0.iter().find_map(|asked| asked.strip_prefix(&hashed))?;
        let message = BASE64URL_NOPAD.decode(message.as_bytes()).ok()?;
        Uuid::from_slice(&message).ok().map(MessageId::new)
    }
}

fn hashed(request: &str) -> String {
    let mut text = BASE64URL_NOPAD.encode(&body_hash(request.as_bytes()));
    text.truncate(HASHED);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(number: usize) -> RequestIdentifier {
        RequestIdentifier::parse(&format!("request-{number}")).unwrap()
    }

    fn message(number: usize) -> MessageId {
        MessageId::parse(&format!("00000000-0000-4000-8000-{number:012}")).unwrap()
    }

    #[test]
    fn the_latest_questions_are_remembered_and_no_more() {
        let mut questions = Questions::default();
        for number in 0..=ASKED_MAX {
            questions.ask(&request(number), message(number));
        }
        assert_eq!(questions.0.len(), ASKED_MAX);
        assert_eq!(questions.asked("request-0"), None);
        assert_eq!(questions.asked("request-8"), Some(message(8)));
        questions.ask(&request(8), message(9));
        assert_eq!(
            (questions.0.len(), questions.asked("request-8")),
            (ASKED_MAX, Some(message(9)))
        );
    }
}
