//! The outermost object of a webhook: which members are there, raw, in one pass over the bytes.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::TOP_LEVEL_MAX;
use super::error::EnvelopeError;
use crate::json::{MAX_MEMBERS, walk};

/// The members that we read, as they stand in the text. Null counts as absent.
#[derive(Default)]
pub(super) struct TopLevel<'a> {
    pub(super) v: Option<&'a RawValue>,
    pub(super) id: Option<&'a RawValue>,
    pub(super) kind: Option<&'a RawValue>,
    pub(super) source: Option<&'a RawValue>,
    pub(super) destination: Option<&'a RawValue>,
    pub(super) locale: Option<&'a RawValue>,
    pub(super) intent: Option<&'a RawValue>,
    pub(super) group: Option<&'a RawValue>,
    pub(super) body: Option<&'a RawValue>,
    pub(super) attachments: Option<&'a RawValue>,
    pub(super) interactive_data: Option<&'a RawValue>,
    pub(super) interactive_data_ref: Option<&'a RawValue>,
    pub(super) reference_ids: Option<&'a RawValue>,
}

/// Apple's names of those members. Source: Apple, Common Specifications.
#[derive(Clone, Copy, Deserialize)]
#[serde(field_identifier, rename_all = "camelCase")]
enum Field {
    V,
    Id,
    Type,
    SourceId,
    DestinationId,
    Locale,
    Intent,
    Group,
    Body,
    Attachments,
    InteractiveData,
    InteractiveDataRef,
    ReferenceIds,
    #[serde(other)]
    Other,
}

impl Field {
    /// Whether what we do not understand of this member is passed over and passed on all the same.
    /// The others are proved readable where their entries are read.
    const fn is_read_whole(self) -> bool {
        !matches!(self, Self::Attachments | Self::InteractiveData | Self::InteractiveDataRef)
    }
}

/// Reads the whole document, and looks at nothing but its shape.
pub(super) fn parse(json: &[u8]) -> Result<TopLevel<'_>, EnvelopeError> {
    let Ok(json) = str::from_utf8(json) else { return Err(EnvelopeError::NotUtf8) };
    let mut fault = None;
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let read = TopLevelSeed { fault: &mut fault }
        .deserialize(&mut deserializer)
        .and_then(|top| deserializer.end().map(|()| top));
    match read {
        Ok(top) => Ok(top),
        // Where the parser stopped would tell of the content; why it did is in `fault` or plain.
        Err(_) => Err(fault.unwrap_or_else(|| describe(json))),
    }
}

/// Whether a value that is passed on unread is one that others can read.
pub(super) fn check(value: &RawValue, members_left: &mut usize) -> Result<(), EnvelopeError> {
    if walk::is_readable(value, members_left) {
        Ok(())
    } else if *members_left == 0 {
        Err(EnvelopeError::TooMany)
    } else {
        Err(EnvelopeError::BadJson)
    }
}

/// Tells a body that is not an object from one that is not JSON.
fn describe(json: &str) -> EnvelopeError {
    if json.trim_ascii().is_empty() {
        EnvelopeError::Empty
    } else if !json.trim_ascii_start().starts_with('{')
        && serde_json::from_str::<&RawValue>(json).is_ok()
    {
        EnvelopeError::NotAnObject
    } else {
        EnvelopeError::BadJson
    }
}

struct TopLevelSeed<'f> {
    fault: &'f mut Option<EnvelopeError>,
}

impl<'de> DeserializeSeed<'de> for TopLevelSeed<'_> {
    type Value = TopLevel<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for TopLevelSeed<'_> {
    type Value = TopLevel<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut top = TopLevel::default();
        let mut seen = 0_u16;
        let mut count = 0;
        let mut members_left = MAX_MEMBERS;
        let mut refuse = |fault| {
            *self.fault = Some(fault);
            de::Error::custom("refused")
        };
        while let Some(field) = map.next_key::<Field>()? {
            let value = map.next_value::<&'de RawValue>()?;
            count += 1;
            if count > TOP_LEVEL_MAX {
                return Err(refuse(EnvelopeError::TooMany));
            }
            let Some(slot) = top.slot(field) else {
                check(value, &mut members_left).map_err(&mut refuse)?;
                continue;
            };
            let bit = 1 << field as u16;
            if seen & bit != 0 {
                return Err(refuse(EnvelopeError::DuplicateField));
            }
            seen |= bit;
            if field.is_read_whole() && !value.get().starts_with('"') {
                check(value, &mut members_left).map_err(&mut refuse)?;
            }
            *slot = Some(value).filter(|value| value.get() != "null");
        }
        Ok(top)
    }
}

impl<'a> TopLevel<'a> {
    /// Where the value of this member goes; members that we do not read have no place.
    const fn slot(&mut self, field: Field) -> Option<&mut Option<&'a RawValue>> {
        Some(match field {
            Field::V => &mut self.v,
            Field::Id => &mut self.id,
            Field::Type => &mut self.kind,
            Field::SourceId => &mut self.source,
            Field::DestinationId => &mut self.destination,
            Field::Locale => &mut self.locale,
            Field::Intent => &mut self.intent,
            Field::Group => &mut self.group,
            Field::Body => &mut self.body,
            Field::Attachments => &mut self.attachments,
            Field::InteractiveData => &mut self.interactive_data,
            Field::InteractiveDataRef => &mut self.interactive_data_ref,
            Field::ReferenceIds => &mut self.reference_ids,
            Field::Other => return None,
        })
    }
}
