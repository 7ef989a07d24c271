//! Words: the content of a `text`, and the pieces it leaves in.

use amb_protocol::compose::{Channel, Composing, ContentType, Draft, RichLink, compose};
use serde_json::{Map, Value, json};

use super::links::{Piece, pieces};
use crate::problem::{Fault, Faults, Reader};

/// Longest text, in characters. Apple names no limit ("payload may have one"); peers cap at this.
pub const MAX_TEXT: usize = 10_000;

/// The words of a `text`, whose content is at this JSON Pointer. With `truncate`, what is too long is
/// cut instead of refused, and told among the cuts.
pub(super) fn read(
    content: &Map<String, Value>,
    at: String,
    truncate: bool,
    cuts: &mut Vec<Fault>,
    faults: &mut Faults,
) -> Option<String> {
    let mut reader = Reader::at(content, at);
    let pointer = reader.pointer("text");
    let text = reader.text("text", usize::MAX, faults);
    reader.finish(faults);
    let text = text?;
    if text.chars().all(|c| c == '\0') {
        faults.push(Fault::new(pointer, "empty_text", "there is nothing to read in it"));
        return None;
    }
    let length = text.chars().count();
    if length <= MAX_TEXT {
        return Some(text.to_owned());
    }
    let message = format!("at most {MAX_TEXT} characters are sent in one message");
    let fault = Fault::new(pointer, "text_too_long", message).limit(MAX_TEXT, length);
    if truncate {
        cuts.push(fault);
        return Some(text.chars().take(MAX_TEXT).collect());
    }
    faults.push(fault.fix("send it as several messages"));
    None
}

/// The messages that a text leaves as: its words, and a rich link for each URL between them. `None`
/// when it has no link, and so leaves as it is.
pub(super) fn parts(text: &str, how: &Composing<'_>) -> Option<Vec<Draft>> {
    let pieces = pieces(text, |url| is_sendable(url, how));
    if matches!(pieces.as_slice(), [Piece::Words(_)]) {
        return None;
    }
    let part = |piece| match piece {
        Piece::Words(words) => plain(words, how),
        Piece::Link(url) => RichLink::to(url).draft(how.pack),
    };
    Some(pieces.into_iter().map(part).collect())
}

/// Whether the rules let this URL be a rich link. Of a business's own link they want https; what
/// stands in a text may be http.
fn is_sendable(url: &str, how: &Composing<'_>) -> bool {
    let secure = url.split_once("://").map(|(_, rest)| format!("https://{rest}"));
    compose(ContentType::RichLink, &json!({ "url": secure }), "", how).is_ok()
}

/// Words that leave as they are.
pub(super) fn plain(words: &str, how: &Composing<'_>) -> Draft {
    let mut body = Map::new();
    body.insert("type".to_owned(), "text".into());
    body.insert("body".to_owned(), words.into());
    Draft {
        body,
        channel: Channel::Message,
        requires: None,
        request_identifier: None,
        drawn: false,
        pack: how.pack.name().to_owned(),
        needs: Vec::new(),
    }
}
