//! Quick reply: two to five choices, one tap. Source: Apple, Interactive Message Types, Quick Reply.

use serde::Serialize;

use super::{check::Check, names::Names, object::Object, private};
use crate::rules::Fault;

/// `quick-reply`.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct QuickReply {
    /// What a notification says, and the transcript after the choice.
    pub summary_text: String,
    /// Two to five, in the order in which they are shown.
    pub items: Vec<Reply>,
}

/// One choice.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// What comes back.
    pub identifier: String,
    /// What is shown, on one line.
    pub title: String,
}

private!(QuickReply, Reply);

/// Whatever Unicode breaks a line at (UAX 14, mandatory breaks).
const LINE_BREAKS: [char; 7] = ['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}'];

impl QuickReply {
    pub(super) fn read(object: &mut Object<'_>, check: &mut Check<'_>) -> Option<Self> {
        let summary_text = object.shown("summaryText", "quick_reply_summary_length", check);
        let entries = object.list("items", check)?;
        check.count(entries.len(), "quick_reply_items", || object.pointer("items"));
        let mut names = Names::of(entries);
        let items = object.each("items", entries, check, |at, item, check| {
            let identifier = item.identifier(|| names.default(at), check);
            names.unique(identifier.as_deref(), item, "quick_reply_identifier_unique", check);
            let title = item.shown("title", "quick_reply_title_length", check);
            if title.as_deref().is_some_and(|title| title.contains(LINE_BREAKS)) {
                let message = "one line is shown";
                check.fault(Fault::new(item.pointer("title"), "quick_reply_title_lines", message));
            }
            Some(Reply { identifier: identifier?, title: title? })
        });
        Some(Self { summary_text: summary_text?, items: items? })
    }
}
