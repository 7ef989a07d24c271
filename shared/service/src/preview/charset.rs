//! The page's bytes as text: HTML's order of precedence (WHATWG, "determining the character encoding").

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use html5gum::{Token, Tokenizer};

/// Where a page's own declaration has to be.
const PRESCAN: usize = 4096;

pub(super) fn decode<'p>(page: &'p [u8], content_type: &str) -> Cow<'p, str> {
    let encoding = of_parameter(content_type)
        .or_else(|| declared(page.get(..PRESCAN).unwrap_or(page)))
        .unwrap_or_else(|| assumed(page));
    // A byte order mark goes before all else.
    encoding.decode(page).0
}

/// What the page says of itself.
fn declared(start: &[u8]) -> Option<&'static Encoding> {
    let encoding = Tokenizer::new(start).flatten().find_map(|token| {
        let Token::StartTag(tag) = token else { return None };
        if tag.name.as_slice() != b"meta" {
            return None;
        }
        let value = |name: &[u8]| tag.attributes.get(name).map(|value| value.value.as_slice());
        match value(b"charset") {
            Some(label) => Encoding::for_label(label),
            None => of_parameter(std::str::from_utf8(value(b"content")?).ok()?),
        }
    })?;
    // It was read byte by byte, so it cannot be UTF-16.
    if encoding == UTF_16BE || encoding == UTF_16LE { Some(UTF_8) } else { Some(encoding) }
}

/// `charset` of a content type.
fn of_parameter(content_type: &str) -> Option<&'static Encoding> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, label) = parameter.split_once('=')?;
        let named = name.trim().eq_ignore_ascii_case("charset");
        let label = label.trim().trim_matches(['"', '\'']);
        if named { Encoding::for_label(label.as_bytes()) } else { None }
    })
}

/// UTF-8 unless it is not, up to a character that was cut in two.
fn assumed(page: &[u8]) -> &'static Encoding {
    match std::str::from_utf8(page) {
        Err(error) if error.error_len().is_some() => WINDOWS_1252,
        _ => UTF_8,
    }
}
