//! What stands between the bytes of a webhook and a JSON parser.
//!
//! Two things that customers can cause, and `serde_json` refuses, are mended: a byte order mark in
//! front, and half of an emoji (a lone UTF-16 surrogate, written as an escape). Two things that it
//! lets pass are refused: documents that are too deep, or have too many parts, to be worth reading.

pub(crate) mod members;
pub(crate) mod walk;

use std::borrow::Cow;

/// Deepest nesting of one document, the outermost object counted: what `serde_json` and most parsers
/// of businesses can follow.
pub const MAX_DEPTH: usize = 128;

/// Most members and elements of one document, all levels together. A form of Apple's has hundreds.
pub const MAX_MEMBERS: usize = 100_000;

const BOM: &[u8] = b"\xef\xbb\xbf";
const ESCAPE_LEN: usize = r"\ud83d".len();
const REPLACEMENT: &[u8; ESCAPE_LEN] = br"\ufffd";

/// Strips one byte order mark and turns each lone surrogate escape into U+FFFD.
///
/// Everything else is returned as it came, borrowed when nothing had to change, so valid JSON is
/// never altered, and what is malformed in another way stays malformed. Escapes keep their length.
///
/// ```
/// use amb_protocol::json::repair;
///
/// assert_eq!(repair(br#""\ud83d\udc4b \ud83d""#).as_ref(), br#""\ud83d\udc4b \ufffd""#);
/// ```
pub fn repair(json: &[u8]) -> Cow<'_, [u8]> {
    let json = json.strip_prefix(BOM).unwrap_or(json);
    let mut repaired: Option<Vec<u8>> = None;
    let mut at = 0;
    while let Some(rest) = json.get(at..)
        && let Some(offset) = memchr::memchr(b'\\', rest)
    {
        at += offset;
        match unit(json, at) {
            None => at += 2, // an escape of two characters, `\\` among them
            Some(0xD800..=0xDBFF)
                if matches!(unit(json, at + ESCAPE_LEN), Some(0xDC00..=0xDFFF)) =>
            {
                at += 2 * ESCAPE_LEN;
            }
            Some(0xD800..=0xDFFF) => {
                let copy = repaired.get_or_insert_with(|| json.to_vec());
                if let Some(escape) = copy.get_mut(at..at + ESCAPE_LEN) {
                    escape.copy_from_slice(REPLACEMENT);
                }
                at += ESCAPE_LEN;
            }
            Some(_) => at += ESCAPE_LEN,
        }
    }
    repaired.map_or(Cow::Borrowed(json), Cow::Owned)
}

/// The UTF-16 unit of the `\uXXXX` escape at this place, if there is one.
fn unit(json: &[u8], at: usize) -> Option<u16> {
    let digits = json.get(at..at + ESCAPE_LEN)?.strip_prefix(br"\u")?;
    digits.iter().try_fold(0, |unit, digit| {
        let value = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(value).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn repaired(text: &str) -> String {
        String::from_utf8(repair(text.as_bytes()).into_owned()).unwrap()
    }

    #[test]
    fn m116_one_byte_order_mark_is_stripped() {
        assert_eq!(repaired("\u{feff}{}"), "{}");
        assert_eq!(repaired("\u{feff}\u{feff}{}"), "\u{feff}{}");
        assert_eq!(repair(b""), Cow::Borrowed(b""));
    }

    #[test]
    fn m118_each_lone_surrogate_becomes_the_replacement_character() {
        for (broken, mended) in [
            (r#""\ud83d""#, r#""\ufffd""#),
            (r#""\uDC4B""#, r#""\ufffd""#),
            (r#""\ud83d\ud83d\udc4b""#, r#""\ufffd\ud83d\udc4b""#),
            (r#""\udc4b\ud83d""#, r#""\ufffd\ufffd""#),
            (r#""\ud83dx\udc4b""#, r#""\ufffdx\ufffd""#),
            (r#""\ud83d\\udc4b""#, r#""\ufffd\\udc4b""#),
            (r#""\ud83d\n\udc4b""#, r#""\ufffd\n\ufffd""#),
            (r#"{"\ud83d":"\\\ud83d"}"#, r#"{"\ufffd":"\\\ufffd"}"#),
        ] {
            assert_eq!(repaired(broken), mended, "{broken}");
            assert!(serde_json::from_str::<Value>(mended).is_ok(), "{mended}");
        }
    }

    #[test]
    fn what_is_broken_otherwise_is_left_alone() {
        for text in [r#""\\ud83d""#, r#""\ud83g""#, r#""\u12"#, r"\", r#""\ud83d"#, r#""\ud8"#] {
            assert!(
                serde_json::from_slice::<Value>(&repair(text.as_bytes())).is_err()
                    || repaired(text) == text,
                "{text}"
            );
        }
    }

    /// Text in which some escapes are surrogates, paired or not.
    fn escaped_text() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            "[ -!#-\\[\\]-~é👋]{0,4}",
            (0xd780_u16..=0xe080).prop_map(|unit| format!("\\u{unit:04x}")),
            Just(r"\ud83d\udc4b".to_owned()),
            Just(r"\\".to_owned()),
            Just(r#"\""#.to_owned()),
            Just(r"\n".to_owned()),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| format!("\"{}\"", pieces.concat()))
    }

    proptest! {
        #[test]
        fn text_with_broken_surrogates_parses_once_repaired(text in escaped_text()) {
            let mended = repaired(&text);
            prop_assert!(serde_json::from_str::<String>(&mended).is_ok(), "{} -> {}", text, mended);
            prop_assert_eq!(mended.len(), text.len());
            prop_assert_eq!(repaired(&mended), mended);
        }

        #[test]
        fn valid_text_is_never_altered(text in escaped_text()) {
            if serde_json::from_str::<String>(&text).is_ok() {
                prop_assert!(matches!(repair(text.as_bytes()), Cow::Borrowed(same) if same == text.as_bytes()));
            }
        }

        #[test]
        fn any_string_survives_its_own_json(text in any::<String>()) {
            let json = serde_json::to_vec(&text).unwrap();
            let same = repair(&json);
            prop_assert_eq!(same.as_ref(), json.as_slice());
        }

        #[test]
        fn any_bytes_are_repaired_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = repair(&bytes);
        }
    }
}
