//! Lines and where they go.

use std::io::{self, Write as _};

use serde_json::{Map, Value};

/// Takes finished lines: stdout, or what a test reads them from.
pub trait Sink: Send + Sync + 'static {
    /// `line` has no line break.
    fn write(&self, line: &str);
}

/// The process's stdout, which Lambda sends to CloudWatch.
pub(super) struct Stdout;

impl Sink for Stdout {
    fn write(&self, line: &str) {
        let mut out = io::stdout().lock();
        // A log that cannot be written cannot be reported either.
        let _ = out.write_all(line.as_bytes()).and_then(|()| out.write_all(b"\n"));
    }
}

/// One object as one line of at most [`MAX_LINE`] bytes. JSON escapes control characters, line
/// breaks among them. When it is too long, members give way from the last one on.
pub(super) fn line(mut object: Map<String, Value>) -> String {
    loop {
        let text = serde_json::to_string(&object).unwrap_or_default();
        if text.len() <= MAX_LINE || object.len() <= 1 {
            return text;
        }
        let last = object.keys().rev().find(|name| *name != TRUNCATED).cloned();
        last.and_then(|name| object.shift_remove(&name));
        object.insert(TRUNCATED.to_owned(), true.into());
    }
}

/// A text that is at most [`MAX_TEXT`] bytes long.
pub(super) fn clip(text: &str) -> String {
    if text.len() <= MAX_TEXT {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(MAX_TEXT - '…'.len_utf8());
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// reliability §6.7: a line is at most 8 KB.
pub(super) const MAX_LINE: usize = 8 * 1024;
/// A text in a line.
const MAX_TEXT: usize = 1024;
const TRUNCATED: &str = "truncated";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn control_characters_are_escaped_and_long_lines_lose_their_end() {
        let Value::Object(mut object) = json!({"message": "a\nb\u{1b}[31m\u{0}\u{85}"}) else {
            unreachable!()
        };
        assert_eq!(line(object.clone()), "{\"message\":\"a\\nb\\u001b[31m\\u0000\u{85}\"}");
        for n in 0..40 {
            object.insert(format!("f{n}"), "\u{1}".repeat(100).into());
        }
        let text = line(object);
        assert!(text.len() <= MAX_LINE, "{}", text.len());
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["truncated"], true);
        assert!(read.get("f0").is_some() && read.get("f39").is_none());
    }

    #[test]
    fn a_text_is_clipped_between_characters() {
        let clipped = clip(&"ü".repeat(1000));
        assert!(clipped.len() <= MAX_TEXT && clipped.ends_with("ü…"));
        assert_eq!(clip("short"), "short");
    }
}
