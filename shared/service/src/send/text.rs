//! Words: the content of a `text`, and the pieces it leaves in.

use amb_protocol::compose::{
    ATTACHMENT_PLACE, Composing, ContentType, Draft, Need, PendingFile, RichLink, Text, compose,
};
use serde_json::{Map, Value, json};

use super::links::{Piece, pieces};
use crate::problem::{Fault, Faults, Reader};

/// Longest text, in characters. Apple names no limit ("payload may have one"); peers cap at this.
pub const MAX_TEXT: usize = 10_000;

/// Whether files go with the words.
pub(super) fn has_files(content: &Map<String, Value>) -> bool {
    let is_none = |files: &Value| files.is_null() || files.as_array().is_some_and(Vec::is_empty);
    content.get("attachments").is_some_and(|files| !is_none(files))
}

/// The words of a `text` without files, whose content is at this JSON Pointer. With `truncate`, what is
/// too long is
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
    reader.optional("attachments");
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

/// The messages that a text with files leaves as. Every place of a file stays among its words, and the
/// file with it.
pub(super) fn parts_with_files(draft: Draft, how: &Composing<'_>) -> Vec<Draft> {
    let words = draft.body.get("body").and_then(Value::as_str).unwrap_or_default().to_owned();
    let pieces = pieces(&words, |url| is_sendable(url, how));
    if matches!(pieces.as_slice(), [Piece::Words(_)]) {
        return vec![draft];
    }
    let mut files = draft.needs.into_iter().filter_map(|need| match need {
        Need::File(file) => Some(file),
        Need::Image(_) | Need::Preview { .. } | Need::AppClip { .. } | Need::Payment(_) => None,
    });
    let part = |piece| match piece {
        Piece::Words(words) => {
            let places = words.matches(ATTACHMENT_PLACE).count();
            let files = (0..).zip(files.by_ref().take(places));
            let files = files.map(|(index, file)| PendingFile { index, ..file }).collect();
            Text { words: words.to_owned(), files }.draft(how.pack)
        }
        Piece::Link(url) => RichLink::to(url).draft(how.pack),
    };
    pieces.into_iter().map(part).collect()
}

/// Whether the rules let this URL be a rich link. Of a business's own link they want https; what
/// stands in a text may be http.
fn is_sendable(url: &str, how: &Composing<'_>) -> bool {
    let secure = url.split_once("://").map(|(_, rest)| format!("https://{rest}"));
    compose(ContentType::RichLink, &json!({ "url": secure }), "", how).is_ok()
}

/// Words that leave as they are.
pub(super) fn plain(words: &str, how: &Composing<'_>) -> Draft {
    Text { words: words.to_owned(), files: Vec::new() }.draft(how.pack)
}
