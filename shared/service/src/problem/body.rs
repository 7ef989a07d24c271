//! A request body as a JSON object, read strictly: a member named twice is refused, because two
//! readers could see two different requests.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

use super::Problem;

/// The most members and elements of a body, at every depth together, and commas and colons in its words:
/// each takes up to a hundred times the memory of its byte, and the function has half a gigabyte.
pub const MOST_VALUES: usize = 400_000;

/// Why a body is no object.
#[derive(Debug, thiserror::Error)]
pub enum BodyFault {
    /// It is something else.
    #[error("the body is not a JSON object with distinct members")]
    NoObject(#[source] serde_json::Error),
    /// It has more than [`MOST_VALUES`].
    #[error("the body has more than {MOST_VALUES} members and elements")]
    TooManyValues,
}

/// A JSON object with distinct members, at every depth.
#[derive(Debug)]
pub struct ObjectBody(pub Map<String, Value>);

impl ObjectBody {
    /// Reads a body.
    pub fn parse(bytes: &[u8]) -> Result<Self, BodyFault> {
        // Counted before any of it is built; words may hold the characters as well, but never so many.
        let marks = bytes.iter().filter(|byte| matches!(byte, b',' | b':' | b'[' | b'{')).count();
        if marks > MOST_VALUES {
            return Err(BodyFault::TooManyValues);
        }
        match serde_json::from_slice(bytes).map_err(BodyFault::NoObject)? {
            Distinct(Value::Object(map)) => Ok(Self(map)),
            Distinct(_) => Err(BodyFault::NoObject(serde_json::Error::custom("not an object"))),
        }
    }
}

impl From<BodyFault> for Problem {
    fn from(fault: BodyFault) -> Self {
        let error = match fault {
            BodyFault::NoObject(error) => error,
            BodyFault::TooManyValues => {
                let detail = format!("At most {MOST_VALUES} members and elements are taken.");
                return Self::too_large().detail(detail);
            }
        };
        // serde_json's own text quotes the input; line and column are enough to find the place.
        let place = match (error.line(), error.column()) {
            (0, _) => "A JSON object is expected.".to_owned(),
            (line, column) => format!("See line {line}, column {column}."),
        };
        Self::malformed_body().detail(place)
    }
}

struct Distinct(Value);

impl<'de> Deserialize<'de> for Distinct {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DistinctVisitor).map(Self)
    }
}

struct DistinctVisitor;

impl<'de> Visitor<'de> for DistinctVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
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
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        serde_json::Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("number out of range"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(Distinct(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(items.into())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let Distinct(value) = members.next_value()?;
            if map.insert(name, value).is_some() {
                return Err(A::Error::custom("a member is named twice"));
            }
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s017_a_member_named_twice_is_refused_at_any_depth() {
        for body in [r#"{"a":1,"a":2}"#, r#"{"a":{"b":1,"b":2}}"#, r#"{"a":[{"b":1,"b":2}]}"#] {
            assert!(ObjectBody::parse(body.as_bytes()).is_err(), "{body}");
        }
        assert!(ObjectBody::parse(br#"{"a":{"b":1},"c":{"b":1}}"#).is_ok());
    }

    #[test]
    fn a_body_of_too_many_values_is_refused_before_it_is_built() {
        for (element, marks) in [("0", 1), ("[]", 2), (r#"{"":0}"#, 3)] {
            let body = |length: usize| format!(r#"{{"a":[{}]}}"#, vec![element; length].join(","));
            let most = MOST_VALUES / marks;
            assert!(ObjectBody::parse(body(most - 3).as_bytes()).is_ok(), "{element}");
            let refused = ObjectBody::parse(body(most + 1).as_bytes()).unwrap_err();
            assert_eq!(Problem::from(refused).status, 413, "{element}");
        }
    }

    #[test]
    fn a_body_that_is_no_object_is_refused_without_quoting_it() {
        for body in ["[]", "\"canary\"", "1", "null", "", "{\"canary\"", "{\"a\":1e999}"] {
            let problem = Problem::from(ObjectBody::parse(body.as_bytes()).unwrap_err());
            assert_eq!((problem.status, problem.code), (400, "malformed_body"));
            assert!(!problem.detail.unwrap().contains("canary"));
        }
    }
}
