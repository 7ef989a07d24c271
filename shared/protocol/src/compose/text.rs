//! Text, and the files that go with it. Source: Apple, type-text.

use serde_json::{Map, Value, json};

use super::{
    Channel, Draft, Need, PendingFile, attachments, check::Check, object::Object, private,
};
use crate::rules::{Fault, RulePack};

/// Stands in a text where an attachment is shown: the object replacement character. The first one is
/// the first attachment's.
pub const ATTACHMENT_PLACE: char = '\u{fffc}';

/// Words, with or without files among them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Text {
    /// The words, with one [`ATTACHMENT_PLACE`] for each file.
    pub words: String,
    /// The files, in the order of their places.
    pub files: Vec<PendingFile>,
}

private!(Text);

impl Text {
    /// The message. What is known of a file stands in `attachments` until the file takes its place.
    pub fn draft(&self, pack: &RulePack) -> Draft {
        let mut body = Map::new();
        body.insert("type".to_owned(), json!("text"));
        body.insert("body".to_owned(), self.words.as_str().into());
        if !self.files.is_empty() {
            let known = self.files.iter().map(PendingFile::known).collect();
            body.insert("attachments".to_owned(), Value::Array(known));
        }
        let mut draft = Draft::plain(body, Channel::Message);
        pack.name().clone_into(&mut draft.pack);
        draft.needs = self.files.iter().cloned().map(Need::File).collect();
        draft
    }

    /// Reads a business's content: `text`, `attachments`, or both. A file without a place gets one at
    /// the end.
    pub(super) fn read(content: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let files = attachments::read(content, check);
        let is_alone = files.as_ref().is_some_and(Vec::is_empty);
        let value = if is_alone {
            Some(content.required("text", check)?)
        } else {
            content.optional("text")
        };
        let pointer = content.pointer("text");
        let text = match value {
            None => "",
            Some(Value::String(text)) => text,
            Some(_) => {
                check.fault(Fault::new(pointer, "type", "a string is expected"));
                return None;
            }
        };
        let mut words = text;
        if is_alone || !text.is_empty() {
            words = self::words(text, || pointer.clone(), check);
        }
        let mut words = words.to_owned();
        let files = files?;
        let places = words.matches(ATTACHMENT_PLACE).count();
        if !is_alone && places > files.len() {
            let message = "more places (U+FFFC) than attachments";
            let fault = Fault::new(pointer, "attachment_places", message);
            check.fault(fault.limit(files.len(), places).fix("remove those that are too many"));
            return None;
        }
        words.extend(files.iter().skip(places).map(|_| ATTACHMENT_PLACE));
        Some(Self { words, files })
    }
}

/// Something to read, and not too much of it: as much as is sent. Places of attachments are not
/// counted.
pub(super) fn words<'t>(
    text: &'t str,
    pointer: impl Fn() -> String,
    check: &mut Check<'_>,
) -> &'t str {
    if text.chars().all(|c| c == '\0') {
        check.fault(Fault::new(pointer(), "empty_text", "there is nothing to read in it"));
        return text;
    }
    let Some(most) = check.limit("text_too_long") else { return text };
    let said = || text.char_indices().filter(|(_, c)| *c != ATTACHMENT_PLACE);
    let most_chars = usize::try_from(most).unwrap_or(usize::MAX);
    let Some((end, _)) = said().nth(most_chars) else { return text };
    let message = format!("at most {most} characters are sent in one message");
    let fault = Fault::new(pointer(), "text_too_long", message).limit(most, said().count());
    if check.cuts(&fault) {
        return text.get(..end).unwrap_or_default();
    }
    check.fault(fault.fix("send it as several messages"));
    text
}
