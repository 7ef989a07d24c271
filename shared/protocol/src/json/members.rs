//! One JSON object as names and raw values, for reading members one by one with as much or as little
//! tolerance as each deserves.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of an object. Of members with the same name the last is kept.
pub(crate) struct Members<'a> {
    values: BTreeMap<String, &'a RawValue>,
    /// Whether a name occurred twice.
    pub(crate) has_duplicates: bool,
}

impl<'a> Members<'a> {
    /// The value of this member, unless it is absent or null.
    pub(crate) fn value(&self, name: &str) -> Option<&'a RawValue> {
        self.values.get(name).copied().filter(|value| value.get() != "null")
    }

    /// Whether there is a member of this name, null or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Every value, in the order of the names.
    pub(crate) fn values(&self) -> impl Iterator<Item = &'a RawValue> {
        self.values.values().copied()
    }

    /// The first of these members that reads as text. Several names, because Apple has renamed keys.
    pub(crate) fn text(&self, names: &[&str]) -> Option<String> {
        names.iter().find_map(|name| text(self.value(name)?))
    }

    /// The first of these members that reads as an integer.
    pub(crate) fn integer(&self, names: &[&str]) -> Option<i64> {
        names.iter().find_map(|name| integer(self.value(name)?))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Members { values: BTreeMap::new(), has_duplicates: false };
        while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
            members.has_duplicates |= members.values.insert(name, value).is_some();
        }
        Ok(members)
    }
}

/// A string as it is, a number by its digits; nothing else is text.
pub(crate) fn text(value: &RawValue) -> Option<String> {
    match value.get().as_bytes().first() {
        Some(b'"') => serde_json::from_str(value.get()).ok(),
        Some(b'-' | b'0'..=b'9') => Some(value.get().to_owned()),
        _ => None,
    }
}

/// A JSON string, decoded; nothing else.
pub(crate) fn string(value: &RawValue) -> Option<String> {
    serde_json::from_str(value.get()).ok()
}

/// A whole number, written with or without a fraction of zero (`1`, `1.0`, `1e3`) or as a string of
/// digits.
pub(crate) fn integer(value: &RawValue) -> Option<i64> {
    string(value).map_or_else(|| whole_number(value), |digits| digits.parse().ok())
}

/// A JSON number without a fraction. `1700000000.0` is whole, `"1"` is not a number.
pub(crate) fn whole_number(value: &RawValue) -> Option<i64> {
    /// Beyond 2^53 a float no longer says which integer it means.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number: serde_json::Number = serde_json::from_str(value.get()).ok()?;
    number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|n| n.fract() == 0.0 && n.abs() < EXACT)?;
        #[expect(clippy::cast_possible_truncation, reason = "whole and within 2^53")]
        Some(float as i64)
    })
}

/// Whether the value is a JSON object.
pub(crate) fn is_object(value: &RawValue) -> bool {
    value.get().starts_with('{')
}
