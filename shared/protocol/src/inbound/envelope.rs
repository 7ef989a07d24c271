//! Envelope and message type.

use std::fmt;

use serde_json::value::RawValue;

use super::error::EnvelopeError;
use super::{
    ATTACHMENTS_MAX, ENTRY_MAX_CHARS, LOCALE_MAX_CHARS, REFERENCE_MAX_CHARS, REFERENCES_MAX,
    TYPE_MAX_BYTES, top_level,
};
use crate::id::{BusinessId, MessageId, OpaqueId};
use crate::json::{self, MAX_MEMBERS, members};

/// One webhook from Apple.
///
/// ```
/// use amb_protocol::inbound::{Envelope, MessageType};
///
/// let message = Envelope::parse(br#"{"type":"text","id":"5D0B1F2E-7A34-4C1B-9A55-0C9E2F6B1001",
///     "sourceId":"urn:mbid:AQAAY1","destinationId":"7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002",
///     "v":"1","intent":null,"body":"Where is my parcel? \ud83d"}"#)?;
/// assert_eq!(message.kind, MessageType::Text);
/// assert_eq!(message.id.to_string(), "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001");
/// assert_eq!(message.body.as_deref(), Some("Where is my parcel? \u{fffd}"));
/// # Ok::<(), amb_protocol::inbound::EnvelopeError>(())
/// ```
///
/// `Debug` shows what it is and not what it says: no words, no ids of people.
#[derive(Clone)]
pub struct Envelope {
    /// `v`: version of the REST API, 1 today and 1 when absent.
    pub v: i64,
    /// `id`: unique per message; what duplicates are told by.
    pub id: MessageId,
    /// `type`.
    pub kind: MessageType,
    /// `sourceId`: the customer.
    pub source: OpaqueId,
    /// `destinationId`: the business.
    pub destination: BusinessId,
    /// `locale` of the device, such as `en_US`; at most
    /// [`LOCALE_MAX_CHARS`](super::LOCALE_MAX_CHARS).
    pub locale: Option<String>,
    /// `intent` of the link that the customer followed. Customers can write it themselves: never
    /// trust it for anything but routing. Not interpreted; at most
    /// [`ENTRY_MAX_CHARS`](super::ENTRY_MAX_CHARS).
    pub intent: Option<String>,
    /// `group` of that link, as [`intent`](Self::intent).
    pub group: Option<String>,
    /// `body`: the words, exactly, with one U+FFFC per attachment at its place. Absent when there are
    /// only attachments.
    pub body: Option<String>,
    /// `attachments`, each an object as it came; read with
    /// [`Attachment::view`](crate::attachment::Attachment::view).
    pub attachments: Vec<Box<RawValue>>,
    /// `interactiveData`, an object as it came, duplicates and order included.
    pub interactive_data: Option<Box<RawValue>>,
    /// `interactiveDataRef`, an object as it came; read with
    /// [`DataReference::view`](crate::attachment::DataReference::view). Forms have been observed to
    /// come with both; the inline data is the better one then.
    pub interactive_data_ref: Option<Box<RawValue>>,
    /// `referenceIds`: with a `close` from a phone number, the invitations that it declines. Observed;
    /// at most [`REFERENCES_MAX`](super::REFERENCES_MAX) of
    /// [`REFERENCE_MAX_CHARS`](super::REFERENCE_MAX_CHARS).
    pub reference_ids: Vec<String>,
}

/// `type` of a message from Apple. Source: Apple, Messages Received.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum MessageType {
    /// `text`: words, attachments, or both; reactions too (see [`tapback`](crate::tapback)).
    Text,
    /// `interactive`: the answer to something we sent.
    Interactive,
    /// `close`: the customer left; send nothing until they write again.
    Close,
    /// `typing_start`: the customer is writing. No heartbeat follows.
    TypingStart,
    /// `typing_end`: the customer stopped writing.
    TypingEnd,
    /// A lower-case word that Apple has not told us about; passed on.
    Unknown(String),
}

/// The headers that repeat the ids of the body, where they came.
#[derive(Clone, Copy, Debug, Default)]
pub struct HeaderIds<'h> {
    /// `id`.
    pub id: Option<&'h str>,
    /// `source-id`.
    pub source: Option<&'h str>,
    /// `destination-id`.
    pub destination: Option<&'h str>,
}

impl Envelope {
    /// Reads the inflated body of a webhook.
    ///
    /// The JSON comes first, whole; then what is missing; then each member in the order of Apple's
    /// table. A destination that no business can have is found last, as it is the one fault that is
    /// not a malformed request.
    pub fn parse(body: &[u8]) -> Result<Self, EnvelopeError> {
        let body = json::repair(body);
        let top = top_level::parse(&body)?;
        let required = |value: Option<_>, missing| value.ok_or(missing);
        let id = required(top.id, EnvelopeError::MissingId)?;
        let kind = required(top.kind, EnvelopeError::MissingType)?;
        let source = required(top.source, EnvelopeError::MissingSourceId)?;
        let destination = required(top.destination, EnvelopeError::MissingDestinationId)?;

        let v = top.v.map_or(Some(1), members::integer).ok_or(EnvelopeError::BadVersion)?;
        let id = members::string(id)
            .and_then(|id| MessageId::parse(&id).ok())
            .ok_or(EnvelopeError::BadId)?;
        let kind =
            members::string(kind).and_then(MessageType::from_wire).ok_or(EnvelopeError::BadType)?;
        let source = members::string(source)
            .and_then(|id| OpaqueId::parse(&id).ok())
            .ok_or(EnvelopeError::BadSourceId)?;
        let destination = members::string(destination).ok_or(EnvelopeError::BadDestinationId)?;
        if source.as_str() == destination {
            return Err(EnvelopeError::SameSourceAndDestination);
        }

        let body = match top.body {
            Some(body) => Some(members::text(body).ok_or(EnvelopeError::BadBody)?),
            None => None,
        };
        let mut members_left = MAX_MEMBERS;
        let envelope = Self {
            v,
            id,
            kind,
            source,
            body,
            attachments: attachments(top.attachments, &mut members_left)?,
            interactive_data: object(top.interactive_data, &mut members_left)?,
            interactive_data_ref: object(top.interactive_data_ref, &mut members_left)?,
            // Ornaments: of another type than text they are passed over, not a reason to refuse.
            locale: top.locale.and_then(members::text).map(|text| cut(text, LOCALE_MAX_CHARS)),
            intent: top.intent.and_then(members::text).map(|text| cut(text, ENTRY_MAX_CHARS)),
            group: top.group.and_then(members::text).map(|text| cut(text, ENTRY_MAX_CHARS)),
            reference_ids: top.reference_ids.map(references).unwrap_or_default(),
            destination: match BusinessId::parse(&destination) {
                Ok(business) => business,
                // Which rule it breaks changes nothing: we serve no such business.
                Err(_) if destination.is_empty() => return Err(EnvelopeError::BadDestinationId),
                Err(_) => return Err(EnvelopeError::UnknownBusiness),
            },
        };
        Ok(envelope)
    }

    /// Whether the headers that came say what the body says. Absent headers agree.
    ///
    /// The token names neither business nor customer, so this is what ties a request together.
    pub fn agree(&self, headers: HeaderIds<'_>) -> Result<(), EnvelopeError> {
        let id = headers.id.map(MessageId::parse);
        if id.is_some_and(|id| id != Ok(self.id)) {
            return Err(EnvelopeError::IdMismatch);
        }
        if headers.source.is_some_and(|source| source != self.source.as_str()) {
            return Err(EnvelopeError::SourceMismatch);
        }
        if headers.destination.is_some_and(|business| business != self.destination.as_str()) {
            return Err(EnvelopeError::DestinationMismatch);
        }
        Ok(())
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("attachments", &self.attachments.len())
            .finish_non_exhaustive()
    }
}

impl MessageType {
    /// The word on the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Text => "text",
            Self::Interactive => "interactive",
            Self::Close => "close",
            Self::TypingStart => "typing_start",
            Self::TypingEnd => "typing_end",
            Self::Unknown(word) => word,
        }
    }

    /// Whether it is about writing, rather than written: delivered at once or never, and not stored.
    pub const fn is_typing(&self) -> bool {
        matches!(self, Self::TypingStart | Self::TypingEnd)
    }

    fn from_wire(word: String) -> Option<Self> {
        Some(match word.as_str() {
            "text" => Self::Text,
            "interactive" => Self::Interactive,
            "close" => Self::Close,
            "typing_start" => Self::TypingStart,
            "typing_end" => Self::TypingEnd,
            _ if is_type_word(&word) => Self::Unknown(word),
            _ => return None,
        })
    }
}

fn is_type_word(word: &str) -> bool {
    word.len() <= TYPE_MAX_BYTES
        && word.starts_with(|first: char| first.is_ascii_lowercase())
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

fn cut(mut text: String, max_chars: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(max_chars) {
        text.truncate(end);
    }
    text
}

fn attachments(
    value: Option<&RawValue>,
    members_left: &mut usize,
) -> Result<Vec<Box<RawValue>>, EnvelopeError> {
    let Some(value) = value else { return Ok(Vec::new()) };
    top_level::check(value, members_left)?;
    let Ok(entries) = serde_json::from_str::<Vec<&RawValue>>(value.get()) else {
        return Err(EnvelopeError::BadAttachments);
    };
    if entries.len() > ATTACHMENTS_MAX {
        return Err(EnvelopeError::TooManyAttachments);
    }
    if !entries.iter().all(|entry| members::is_object(entry)) {
        return Err(EnvelopeError::BadAttachments);
    }
    Ok(entries.into_iter().map(ToOwned::to_owned).collect())
}

/// An ornament, too: what is no list, and what in it is no text, is passed over.
fn references(value: &RawValue) -> Vec<String> {
    let entries: Vec<&RawValue> = serde_json::from_str(value.get()).unwrap_or_default();
    let texts = entries.into_iter().filter_map(members::text);
    texts.take(REFERENCES_MAX).map(|text| cut(text, REFERENCE_MAX_CHARS)).collect()
}

fn object(
    value: Option<&RawValue>,
    members_left: &mut usize,
) -> Result<Option<Box<RawValue>>, EnvelopeError> {
    let Some(value) = value else { return Ok(None) };
    if !members::is_object(value) {
        return Err(EnvelopeError::BadInteractiveData);
    }
    top_level::check(value, members_left)?;
    Ok(Some(value.to_owned()))
}
