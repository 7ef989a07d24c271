//! Proof that a value which is passed on unread can be read at all.

use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Whether a raw value stands the [`Walk`]; takes its members from what is left.
pub(crate) fn is_readable(value: &RawValue, members_left: &mut usize) -> bool {
    let mut deserializer = serde_json::Deserializer::from_str(value.get());
    Walk { members_left }.deserialize(&mut deserializer).is_ok()
}

/// Walks a value that nobody is going to look into, and proves that somebody could: its numbers are
/// finite, its depth is bounded by the parser, and it takes no more members than are left.
///
/// `serde_json` skips an ignored or raw value without any of these checks.
struct Walk<'b> {
    members_left: &'b mut usize,
}

impl Walk<'_> {
    fn take_one<E: de::Error>(&mut self) -> Result<(), E> {
        match self.members_left.checked_sub(1) {
            Some(left) => *self.members_left = left,
            None => return Err(E::custom("too many members")),
        }
        Ok(())
    }

    const fn again(&mut self) -> Walk<'_> {
        Walk { members_left: self.members_left }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(self.again())?.is_some() {
            self.take_one()?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while map.next_key_seed(self.again())?.is_some() {
            map.next_value_seed(self.again())?;
            self.take_one()?;
        }
        Ok(())
    }
}
