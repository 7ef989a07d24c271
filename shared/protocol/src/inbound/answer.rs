//! An answer that came by reference, and the message that it belongs to.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::json::{self, MAX_MEMBERS, members::Members, walk};

/// What interactive data of every kind has one of; Apple's own errors have none.
const MARKS: [&str; 3] = ["bid", "data", "URL"];

/// The interactive data in an answer of `/decodePayload`: documented as the member `interactiveData`
/// of an object, observed bare. `None` if it is neither, or not to be read by others. Source: Apple,
/// Interactive Message Types.
///
/// ```
/// use amb_protocol::inbound::decoded_answer;
///
/// let bare = decoded_answer(br#"{"bid":"b","data":{"version":"1.0"}}"#);
/// let wrapped = decoded_answer(br#"{"interactiveData":{"bid":"b","data":{"version":"1.0"}}}"#);
/// assert_eq!(bare.as_deref().map(|answer| answer.get()), wrapped.as_deref().map(|answer| answer.get()));
/// assert!(decoded_answer(br#"{"error":"unknown"}"#).is_none());
/// ```
pub fn decoded_answer(body: &[u8]) -> Option<Box<RawValue>> {
    let body = json::repair(body);
    let body: &RawValue = serde_json::from_slice(&body).ok()?;
    let outer: Members<'_> = serde_json::from_str(body.get()).ok()?;
    let answer = outer.value("interactiveData").unwrap_or(body);
    let inner: Members<'_> = serde_json::from_str(answer.get()).ok()?;
    let is_answer = MARKS.iter().any(|mark| inner.value(mark).is_some());
    let mut members_left = MAX_MEMBERS;
    let is_readable = is_answer && walk::is_readable(answer, &mut members_left);
    is_readable.then(|| answer.to_owned())
}

/// A message with the answer in the place of its `interactiveDataRef`: what it would have been, had the
/// answer not been too large for it. Everything else stays as it came, in its order. `None` if it names
/// no reference.
///
/// ```
/// use amb_protocol::inbound::with_answer;
///
/// let message = br#"{"v":1,"interactiveDataRef":{"bid":"b"},"x":1.0}"#;
/// let answer = serde_json::value::RawValue::from_string(r#"{"bid": "b"}"#.to_owned())?;
/// let whole = with_answer(message, &answer).unwrap_or_default();
/// assert_eq!(whole, br#"{"v":1,"interactiveData":{"bid": "b"},"x":1.0}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn with_answer(message: &[u8], answer: &RawValue) -> Option<Vec<u8>> {
    let Ordered(members) = serde_json::from_slice(message).ok()?;
    let mut whole = Vec::with_capacity(message.len() + answer.get().len());
    let mut is_resolved = false;
    for (name, value) in members {
        let (name, value) = match name.as_str() {
            // Null, or it would not have been fetched.
            "interactiveData" => continue,
            "interactiveDataRef" if value.get() != "null" => {
                is_resolved = true;
                ("interactiveData", answer)
            }
            name => (name, value),
        };
        whole.push(if whole.is_empty() { b'{' } else { b',' });
        serde_json::to_writer(&mut whole, name).ok()?;
        whole.push(b':');
        whole.extend_from_slice(value.get().as_bytes());
    }
    whole.push(b'}');
    is_resolved.then_some(whole)
}

/// The members of an object, in their order, those that come twice too.
struct Ordered<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Ordered<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OrderedVisitor)
    }
}

struct OrderedVisitor;

impl<'de> Visitor<'de> for OrderedVisitor {
    type Value = Ordered<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry::<String, &'de RawValue>()? {
            members.push(member);
        }
        Ok(Ordered(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Option<String> {
        decoded_answer(body.as_bytes()).map(|answer| answer.get().to_owned())
    }

    #[test]
    fn f108_what_is_no_answer_is_not_taken_for_one() {
        let deep = format!(r#"{{"data":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
        for garbage in [
            "",
            "null",
            "1",
            "[]",
            "\"x\"",
            "{}",
            "bplist00\u{1}",
            r#"{"data":"#,
            &deep,
            r#"{"interactiveData":null}"#,
            r#"{"interactiveData":[]}"#,
            r#"{"interactiveData":{}}"#,
            r#"{"message":"Bad Request"}"#,
            r#"{"data":null}"#,
        ] {
            assert_eq!(read(garbage), None, "{garbage}");
        }
        assert_eq!(
            decoded_answer(b"\xff{\"data\":{}}").map(|answer| answer.get().to_owned()),
            None
        );
    }

    #[test]
    fn numbers_order_and_members_that_come_twice_stay_as_they_came() {
        let answer = r#"{"data":{"z":1.0,"a":1,"a":2},"sessionIdentifier":"s"}"#;
        assert_eq!(read(answer).as_deref(), Some(answer));
        assert_eq!(read(&format!(r#"{{"interactiveData":{answer}}}"#)).as_deref(), Some(answer));
        assert_eq!(read(r#"{"URL":"?a=\ud83d"}"#).as_deref(), Some(r#"{"URL":"?a=\ufffd"}"#));
    }

    #[test]
    fn the_answer_takes_the_place_of_its_reference_and_of_nothing_else() {
        let answer = RawValue::from_string(r#"{"URL":"x"}"#.to_owned()).unwrap();
        let with = |message: &str| {
            let whole = with_answer(message.as_bytes(), &answer);
            whole.map(|whole| String::from_utf8(whole).unwrap())
        };
        assert_eq!(
            with("{ \"a\" : 1e2 ,\"interactiveData\":null,\"interactiveDataRef\":{},\"a\":[ ]}\n"),
            Some(r#"{"a":1e2,"interactiveData":{"URL":"x"},"a":[ ]}"#.to_owned())
        );
        for message in ["", "[]", "{}", r#"{"interactiveDataRef":null}"#] {
            assert_eq!(with(message), None, "{message}");
        }
    }
}
