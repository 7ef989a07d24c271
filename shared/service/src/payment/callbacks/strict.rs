//! JSON from anybody: bounded in depth and members, and every name once. Two readers of a document in
//! which a name stands twice would see two documents.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A callback of Apple's is six levels deep.
const MAX_DEPTH: usize = 16;

/// A callback of Apple's has some fifty members.
const MAX_MEMBERS: usize = 2_000;

/// Reads a document.
pub(super) fn read(json: &[u8]) -> Result<Value, serde_json::Error> {
    let mut left = MAX_MEMBERS;
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    let strict = Strict { depth: MAX_DEPTH, left: &mut left };
    let value = strict.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

struct Strict<'l> {
    depth: usize,
    left: &'l mut usize,
}

impl Strict<'_> {
    fn deeper<E: Error>(&mut self) -> Result<Strict<'_>, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("too deep"))?;
        *self.left = self.left.checked_sub(1).ok_or_else(|| E::custom("too many members"))?;
        Ok(Strict { depth, left: self.left })
    }
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = seq.next_element_seed(self.deeper()?)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(self.deeper()?)?;
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_stands_twice_is_refused_at_any_depth() {
        for twice in [r#"{"a":1,"a":1}"#, r#"{"a":{"b":[{"c":1,"c":2}]}}"#, r#"{"a":1,"\u0061":2}"#]
        {
            assert!(read(twice.as_bytes()).is_err(), "{twice}");
        }
        assert!(read(br#"{"a":{"a":[{"a":1},{"a":2}]},"A":1}"#).is_ok());
    }

    #[test]
    fn depth_and_members_are_bounded() {
        let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(deep(15).as_bytes()).is_ok());
        assert!(read(deep(17).as_bytes()).is_err());
        assert!(read(deep(60_000).as_bytes()).is_err());
        let wide = |members: usize| serde_json::to_vec(&vec![0; members]).unwrap();
        assert!(read(&wide(1_900)).is_ok());
        assert!(read(&wide(2_100)).is_err());
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for odd in ["", "{", "{} {}", "nul", "{\"a\":1e999}", "\"\u{0}\""] {
            assert!(read(odd.as_bytes()).is_err(), "{odd}");
        }
    }
}
