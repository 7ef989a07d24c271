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
