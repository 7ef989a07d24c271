//! The words that Apple wants every business to understand.
//!
//! A customer who writes one of them, and nothing else, asks for a person, for a menu, or to be left
//! alone. Source: Apple, Policies: *agent* (also *support*, *help*), *menu* (*list*, *?*),
//! *unsubscribe* (*spam*, *stop*, *end*), and *subscribe*, which lets a business send news at all.
//!
//! A reaction is never one: whoever taps on a message that says *stop* says nothing of the kind. A
//! text is looked at here only once [`tapback`](crate::tapback) has left it as words.

use serde::Serialize;

/// What a word asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Trigger {
    /// A person.
    Agent,
    /// What can be asked for here.
    Menu,
    /// No more of this.
    Unsubscribe,
    /// News, please.
    Subscribe,
}

const WORDS: &[(&str, Trigger)] = &[
    ("agent", Trigger::Agent),
    ("support", Trigger::Agent),
    ("help", Trigger::Agent),
    ("menu", Trigger::Menu),
    ("list", Trigger::Menu),
    ("unsubscribe", Trigger::Unsubscribe),
    ("spam", Trigger::Unsubscribe),
    ("stop", Trigger::Unsubscribe),
    ("end", Trigger::Unsubscribe),
    ("subscribe", Trigger::Subscribe),
];

/// Reads a whole message as one of the words: in any case, and whatever quotation marks or
/// punctuation stand around it.
///
/// ```
/// use amb_protocol::trigger::{Trigger, classify};
///
/// assert_eq!(classify(" “Help!” "), Some(Trigger::Agent));
/// assert_eq!(classify("?"), Some(Trigger::Menu));
/// assert_eq!(classify("help me"), None);
/// ```
pub fn classify(text: &str) -> Option<Trigger> {
    let bare = text.trim_matches(|mark: char| is_mark(mark) || is_question(mark));
    if bare.is_empty() {
        // Nothing but marks: a question mark is a word of its own then.
        let marks = text.trim_matches(is_mark);
        let asks = !marks.is_empty() && marks.chars().all(is_question);
        return asks.then_some(Trigger::Menu);
    }
    let word = WORDS.iter().find(|(word, _)| bare.eq_ignore_ascii_case(word));
    word.map(|(_, trigger)| *trigger)
}

fn is_question(mark: char) -> bool {
    matches!(mark, '?' | '？')
}

/// Space and punctuation, question marks left out.
fn is_mark(mark: char) -> bool {
    mark.is_whitespace()
        || (mark.is_ascii_punctuation() && mark != '?')
        || "“”„‟‘’‚‛«»‹›「」『』…¡¿！。、，–—".contains(mark)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tapback;
    use proptest::prelude::*;

    #[test]
    fn ap31_every_word_of_apples_is_known_in_any_dress() {
        for (word, trigger) in WORDS {
            let capital = word.get(..1).unwrap().to_uppercase() + word.get(1..).unwrap();
            for dressed in [
                (*word).to_owned(),
                word.to_uppercase(),
                format!("  {capital}.\n"),
                format!("“{word}”"),
                format!("'{word}'!!!"),
                format!("«\u{a0}{word}\u{a0}»"),
                format!("{word}?"),
                format!("¡{word}!"),
                format!("{word}…"),
            ] {
                assert_eq!(classify(&dressed), Some(*trigger), "{dressed:?}");
            }
        }
        for menu in ["?", " ? ", "??", "“?”", "？", "(?)"] {
            assert_eq!(classify(menu), Some(Trigger::Menu), "{menu:?}");
        }
    }

    #[test]
    fn ap31_a_word_inside_a_sentence_asks_for_nothing() {
        for text in [
            "",
            " ",
            "!",
            "…",
            "help me",
            "please stop",
            "stop it",
            "the end",
            "agents",
            "menus",
            "unsubscribed",
            "don't stop",
            "helpful",
            "a?",
            "?!a",
            "stop stop",
            "stop🙏",
            "\u{fffc}",
            "h e l p",
            "ＳＴＯＰ",
        ] {
            assert_eq!(classify(text), None, "{text:?}");
        }
    }

    #[test]
    fn ap10_a_tapback_on_a_trigger_word_is_none() {
        for text in ["Liked “stop”", "Loved \"agent\"", "Removed a like from “unsubscribe”"]
        {
            assert!(tapback::classify(text).is_some());
            assert_eq!(classify(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in any::<String>()) {
            let _ = classify(&text);
        }
    }
}
