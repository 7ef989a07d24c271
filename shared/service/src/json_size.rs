//! How long a value is as JSON, without writing it anywhere.

use serde::Serialize;
use serde_json::Value;
use std::io::{Result, Write};

/// The most that one value may take of an answer, as [`handed_on`] counts: Lambda returns 6 MB.
pub(crate) const MOST_HANDED_ON: usize = 4 * 1024 * 1024;

/// Interactive content above this is sent by reference, in bytes of JSON (Apple, Interactive Message Types).
const LARGE: usize = 10 * 1024;

/// Whether it is interactive content that Apple gives a reference to.
pub(crate) fn is_large(interactive_data: &Value) -> bool {
    of(interactive_data) > LARGE
}

/// Bytes of its JSON.
pub(crate) fn of(value: &(impl Serialize + ?Sized)) -> usize {
    count(value, |_| 1)
}

/// Bytes of its JSON within the JSON that Lambda hands on, where every quote is escaped once more.
pub(crate) fn handed_on(value: &(impl Serialize + ?Sized)) -> usize {
    count(value, |byte| if matches!(byte, b'"' | b'\\') { 2 } else { 1 })
}

fn count(value: &(impl Serialize + ?Sized), cost: fn(u8) -> usize) -> usize {
    let mut counted = Counted { bytes: 0, cost };
    // Writing to a counter fails nowhere; what is no JSON is nothing.
    let _ = serde_json::to_writer(&mut counted, value);
    counted.bytes
}

struct Counted {
    bytes: usize,
    cost: fn(u8) -> usize,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.bytes += bytes.iter().map(|byte| (self.cost)(*byte)).sum::<usize>();
        Ok(bytes.len())
    }
    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_as_long_as_it_would_be_written() {
        let value = json!({ "a": [1, 1.0, null, "x\"\\\u{1}é"], "b": {} });
        let text = value.to_string();
        assert_eq!(of(&value), text.len());
        assert_eq!(handed_on(&value) + 2, serde_json::to_string(&text).unwrap().len());
    }
}
