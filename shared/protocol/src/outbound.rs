//! Messages to a customer: the JSON and the headers of `POST /v1/message` on Apple's gateway.
//!
//! Source: Apple, Messages Sent and type-text. The header names below are part of the contract and
//! repeat what the body says; Apple answers 400 when they differ. `Authorization` and
//! `Content-Type` belong to whoever makes the call.

use std::fmt;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

use crate::{
    compose::Channel,
    id::{BusinessId, MessageId, OpaqueId},
};

/// How much of `msp-agent` Apple keeps, in characters. Source: Apple, Common Specifications.
pub const AGENT_MAX_CHARS: usize = 64;

/// A message from a business to one customer.
///
/// A retry repeats the same message with the same [`id`](Self::id).
///
/// ```
/// use amb_protocol::id::{BusinessId, MessageId, OpaqueId};
/// use amb_protocol::outbound::{Message, OutboundType};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let message = Message {
///     id: MessageId::parse("9c2e6a10-1f00-4f6e-8a01-000000000001")?,
///     from: BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002")?,
///     to: OpaqueId::parse("urn:mbid:AQAAY1")?,
///     kind: OutboundType::Text { body: "Your parcel arrives today".into() },
///     bot: true,
///     agent: None,
///     include_data_ref: false,
/// };
/// assert!(message.headers().contains(&("auto-reply", "true".into())));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Unique per message; `id` in header and body.
    pub id: MessageId,
    /// The business; `source-id` and `sourceId`.
    pub from: BusinessId,
    /// The customer; `destination-id` and `destinationId`.
    pub to: OpaqueId,
    /// What is said.
    pub kind: OutboundType,
    /// Whether a machine wrote it. Apple wants `auto-reply: true` then.
    pub bot: bool,
    /// The agent or system that speaks, for Apple's logs: `msp-agent`.
    pub agent: Option<String>,
    /// Asks Apple for a reference to the content, to send it again without its bytes:
    /// `include-data-ref`.
    pub include_data_ref: bool,
}

/// What a message says. `Debug` shows the type alone.
#[derive(Clone, PartialEq)]
pub enum OutboundType {
    /// Plain text with emoji. Apple publishes no longest length.
    Text {
        /// The words. One U+FFFC stands where an attachment goes.
        body: String,
    },
    /// Shows the three dots on the customer's device.
    TypingStart,
    /// Takes them away; a message does that too.
    TypingEnd,
    /// A message that was composed: `type` and what belongs to it.
    Composed {
        /// The members beside the envelope's.
        body: Map<String, Value>,
        /// How it goes to Apple.
        channel: Channel,
    },
}

impl OutboundType {
    /// `type` in the body.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Composed { body, .. } => {
                body.get("type").and_then(Value::as_str).unwrap_or("interactive")
            }
            Self::TypingStart => "typing_start",
            Self::TypingEnd => "typing_end",
        }
    }

    /// Whether it is about writing, rather than written.
    pub const fn is_typing(&self) -> bool {
        matches!(self, Self::TypingStart | Self::TypingEnd)
    }
}

impl fmt::Debug for OutboundType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Message {
    /// The body of the request, plain JSON: Apple's samples never compress in this direction.
    #[expect(clippy::expect_used, reason = "string keys and string values always serialise")]
    pub fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(&Wire(self)).expect("strings and one number are JSON")
    }

    /// The headers that go with the body: `id`, `source-id`, `destination-id`, and where they
    /// apply `auto-reply` and `msp-agent`.
    ///
    /// A header cannot carry every character, so `msp-agent` keeps visible ASCII and inner spaces
    /// only, at most [`AGENT_MAX_CHARS`], and is left out when nothing remains.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("id", self.id.to_string()),
            ("source-id", self.from.to_string()),
            ("destination-id", self.to.to_string()),
        ];
        if self.channel() == Channel::Notification {
            headers.push(("message-type", "notification".to_owned()));
        }
        if self.include_data_ref {
            headers.push(("include-data-ref", "true".to_owned()));
        }
        if self.bot {
            headers.push(("auto-reply", "true".to_owned()));
        }
        if let Some(agent) = self.agent.as_deref().map(header_text)
            && !agent.is_empty()
        {
            headers.push(("msp-agent", agent));
        }
        headers
    }

    /// How it goes to Apple.
    pub const fn channel(&self) -> Channel {
        match &self.kind {
            OutboundType::Composed { channel, .. } => *channel,
            _ => Channel::Message,
        }
    }
}

/// The envelope as Apple spells it. `v` is the version of the REST API (Apple, Common Specifications).
struct Wire<'m>(&'m Message);

impl Serialize for Wire<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let message = self.0;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("v", &1)?;
        map.serialize_entry("type", message.kind.as_str())?;
        map.serialize_entry("id", &message.id)?;
        map.serialize_entry("sourceId", &message.from)?;
        map.serialize_entry("destinationId", &message.to)?;
        if let OutboundType::Text { body } = &message.kind {
            map.serialize_entry("body", body)?;
        }
        if let OutboundType::Composed { body, .. } = &message.kind {
            const ENVELOPE: [&str; 5] = ["v", "type", "id", "sourceId", "destinationId"];
            for (name, value) in body.iter().filter(|(name, _)| !ENVELOPE.contains(&name.as_str()))
            {
                map.serialize_entry(name, value)?;
            }
        }
        map.end()
    }
}

fn header_text(text: &str) -> String {
    let kept: String = text.chars().filter(|c| *c == ' ' || c.is_ascii_graphic()).collect();
    kept.trim().chars().take(AGENT_MAX_CHARS).collect::<String>().trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: OutboundType) -> Message {
        Message {
            id: MessageId::parse("9c2e6a10-1f00-4f6e-8a01-000000000001").unwrap(),
            from: BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").unwrap(),
            to: OpaqueId::parse("urn:mbid:AQAAY1madeUpOpaque01=").unwrap(),
            kind,
            bot: false,
            agent: None,
            include_data_ref: false,
        }
    }

    #[test]
    fn a_text_is_apples_json() {
        let body = "Grüße 👋🏽 \u{202e}שלום\u{202c} \"quoted\"\n\u{fffe}".to_owned();
        let json = message(OutboundType::Text { body: body.clone() }).to_json();
        let value: Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(value["v"], 1);
        assert_eq!(value["type"], "text");
        assert_eq!(value["id"], "9c2e6a10-1f00-4f6e-8a01-000000000001");
        assert_eq!(value["sourceId"], "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002");
        assert_eq!(value["destinationId"], "urn:mbid:AQAAY1madeUpOpaque01=");
        assert_eq!(value["body"], body);
        assert_eq!(value.as_object().unwrap().len(), 6);
    }

    #[test]
    fn debug_shows_no_word() {
        let shown = format!("{:?}", message(OutboundType::Text { body: "canary".into() }));
        assert!(!shown.contains("canary") && shown.contains("kind: text"), "{shown}");
    }

    #[test]
    fn typing_has_no_body() {
        assert_eq!(
            String::from_utf8(message(OutboundType::TypingStart).to_json()).unwrap(),
            concat!(
                r#"{"v":1,"type":"typing_start","id":"9c2e6a10-1f00-4f6e-8a01-000000000001","#,
                r#""sourceId":"7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002","#,
                r#""destinationId":"urn:mbid:AQAAY1madeUpOpaque01="}"#
            )
        );
        assert_eq!(OutboundType::TypingEnd.as_str(), "typing_end");
    }

    #[test]
    fn headers_repeat_the_ids_and_name_the_bot() {
        let mut message = message(OutboundType::TypingEnd);
        let names = |m: &Message| m.headers().iter().map(|h| h.0).collect::<Vec<_>>();
        assert_eq!(names(&message), ["id", "source-id", "destination-id"]);
        message.bot = true;
        message.agent = Some(format!(" Zoë\r\nx-evil: 1 {}", "a".repeat(100)));
        let headers = message.headers();
        assert_eq!(names(&message)[3..], ["auto-reply", "msp-agent"]);
        assert_eq!(headers[3].1, "true");
        assert_eq!(headers[4].1, format!("Zox-evil: 1 {}", "a".repeat(52)));
        message.agent = Some("🤖\n".into());
        assert_eq!(names(&message).len(), 4);
    }
}
