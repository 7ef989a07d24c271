//! Kinds of members that the bodies of this surface have.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    model::Mode,
    problem::{Fault, Faults, Reader},
};

/// Longest name of a tenant, business or key, in characters.
pub const MAX_NAME: usize = 120;

/// `name`: 1 to [`MAX_NAME`] characters, in any script, none of them a control character.
pub(super) fn name(reader: &mut Reader<'_>, faults: &mut Faults) -> Option<String> {
    let text = reader.text("name", MAX_NAME, faults)?;
    printable(reader, "name", text, faults)
}

/// `name`, where it may be absent.
pub(super) fn optional_name(reader: &mut Reader<'_>, faults: &mut Faults) -> Option<String> {
    let text = reader.optional_text("name", MAX_NAME, faults)?;
    printable(reader, "name", text, faults)
}

/// `mode`: `live` or `test`.
pub(super) fn mode(reader: &mut Reader<'_>, faults: &mut Faults) -> Option<Mode> {
    let parse = |text: &str| match text {
        "live" => Ok(Mode::Live),
        "test" => Ok(Mode::Test),
        _ => Err("one of: live, test"),
    };
    reader.parsed("mode", parse, faults)
}

/// A text of at most `max` characters that may be absent or empty.
pub(super) fn words(
    reader: &mut Reader<'_>,
    name: &'static str,
    max: usize,
    faults: &mut Faults,
) -> Option<String> {
    let value = reader.optional(name)?;
    let text = as_text(reader, name, value, faults)?;
    let length = text.chars().count();
    if length > max {
        let message = format!("at most {max} characters are expected");
        faults.push(Fault::new(reader.pointer(name), "length", message).limit(max, length));
        return None;
    }
    printable(reader, name, text, faults)
}

/// A boolean that may be absent.
pub(super) fn flag(
    reader: &mut Reader<'_>,
    name: &'static str,
    faults: &mut Faults,
) -> Option<bool> {
    let value = reader.optional(name)?;
    if value.as_bool().is_none() {
        faults.push(Fault::new(reader.pointer(name), "type", "true or false is expected"));
    }
    value.as_bool()
}

/// A whole number within a range, that may be absent.
pub(super) fn whole(
    reader: &mut Reader<'_>,
    name: &'static str,
    range: RangeInclusive<u64>,
    faults: &mut Faults,
) -> Option<u64> {
    let value = reader.optional(name)?;
    let number = value.as_u64().filter(|number| range.contains(number));
    if number.is_none() {
        let message = format!("a whole number from {} to {}", range.start(), range.end());
        let fault = Fault::new(reader.pointer(name), "range", message);
        let actual = if value.is_number() { value.clone() } else { Value::Null };
        faults.push(fault.limit(*range.end(), actual));
    }
    number
}

/// A list of distinct words, each parsed, that may be absent.
pub(super) fn each<T: Ord, E: ToString>(
    reader: &mut Reader<'_>,
    name: &'static str,
    parse: impl Fn(&str) -> Result<T, E>,
    faults: &mut Faults,
) -> Option<std::collections::BTreeSet<T>> {
    let Value::Array(values) = reader.optional(name)? else {
        faults.push(Fault::new(reader.pointer(name), "type", "a list of strings is expected"));
        return None;
    };
    let mut parsed = std::collections::BTreeSet::new();
    for (at, value) in values.iter().enumerate() {
        let refused = match value.as_str().map(&parse) {
            Some(Ok(item)) => {
                parsed.insert(item);
                continue;
            }
            Some(Err(why)) => why.to_string(),
            None => "a string is expected".to_owned(),
        };
        faults.push(Fault::new(format!("{}/{at}", reader.pointer(name)), "format", refused));
    }
    Some(parsed)
}

/// An instant (RFC 3339) that may be absent.
pub(super) fn instant(
    reader: &mut Reader<'_>,
    name: &'static str,
    faults: &mut Faults,
) -> Option<Timestamp> {
    let value = reader.optional(name)?;
    let text = as_text(reader, name, value, faults)?;
    let parsed = text.parse::<Timestamp>().ok();
    if parsed.is_none() {
        let message = "an instant such as 2026-11-21T12:00:00Z is expected";
        faults.push(Fault::new(reader.pointer(name), "format", message));
    }
    parsed
}

/// A string that may be absent, parsed.
pub(super) fn optional_parsed<T, E: ToString>(
    reader: &mut Reader<'_>,
    name: &'static str,
    parse: impl FnOnce(&str) -> Result<T, E>,
    faults: &mut Faults,
) -> Option<T> {
    reader.optional(name)?;
    reader.parsed(name, parse, faults)
}

fn as_text<'v>(
    reader: &Reader<'_>,
    name: &str,
    value: &'v Value,
    faults: &mut Faults,
) -> Option<&'v str> {
    let text = value.as_str();
    if text.is_none() {
        faults.push(Fault::new(reader.pointer(name), "type", "a string is expected"));
    }
    text
}

fn printable(reader: &Reader<'_>, name: &str, text: &str, faults: &mut Faults) -> Option<String> {
    if text.chars().any(char::is_control) {
        let message = "control characters are not expected";
        faults.push(Fault::new(reader.pointer(name), "characters", message));
        return None;
    }
    Some(text.to_owned())
}
