//! Reactions ("tapbacks"), which reach a business as ordinary text.
//!
//! Apple wants an MSP to recognise tapbacks (Integration, feature table) but documents no type for
//! them. Observed: a `text` whose body is the sentence that iMessage shows to phones that know no
//! tapbacks, in the language of the customer's device: `Loved “Your parcel arrives today”`.
//!
//! The classifier is conservative, because a false match would hide a customer's words from a bot.
//! The *whole* body must be one known sentence, with the capital letter and the quotation marks that
//! a device of that language writes. How well each is known:
//!
//! - English: the six verbs, and the forms that take them back, are literals of Apple's messaging
//!   framework; emoji and stickers (iOS 18) and the things without words (`an image`, `1 Business
//!   Message`) are observed by several implementations.
//! - Spanish (Latin America) and French: the sentences that exports of real conversations show.
//! - Japanese and German: the like alone; the other five have not been seen.
//!
//! Whatever is not known arrives as the text that it is. Somebody who types such a sentence by hand
//! is taken for a tapback; nothing tells the two apart.

mod emoji;
mod sentences;

use self::emoji::is_emoji;
use self::sentences::{LANGUAGES, Language};

/// A reaction to a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tapback {
    /// Which reaction.
    pub kind: TapbackKind,
    /// Whether it was taken back.
    pub removed: bool,
    /// The words it is about, as far as the device quoted them (long ones end in `…`). `None` for an
    /// image, an interactive message and the like.
    pub quoted: Option<String>,
}

/// Which reaction it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TapbackKind {
    /// The thumb up.
    Liked,
    /// The heart.
    Loved,
    /// The thumb down.
    Disliked,
    /// The laugh.
    LaughedAt,
    /// The exclamation marks.
    Emphasized,
    /// The question mark.
    Questioned,
    /// Any emoji (iOS 18).
    Emoji(String),
    /// A sticker, which the sentence does not describe.
    Sticker,
}

/// Reads the body of a text as a tapback, or leaves it as the words it is.
///
/// ```
/// use amb_protocol::tapback::{Tapback, TapbackKind, classify};
///
/// let quoted = Some("Your parcel arrives today".to_owned());
/// let loved = Tapback { kind: TapbackKind::Loved, removed: false, quoted };
/// assert_eq!(classify("Loved “Your parcel arrives today”"), Some(loved));
/// assert_eq!(classify("Loved the desk, thanks!"), None);
/// ```
pub fn classify(text: &str) -> Option<Tapback> {
    LANGUAGES.iter().find_map(|language| language.fixed(text).or_else(|| language.any_emoji(text)))
}

impl Language {
    /// One of the sentences whose reaction is part of the wording.
    fn fixed(&self, text: &str) -> Option<Tapback> {
        self.sentences.iter().find_map(|sentence| {
            let object = text.strip_prefix(sentence.before)?.strip_suffix(sentence.after)?;
            let quoted = self.object(object)?.quoted();
            Some(Tapback { kind: sentence.kind.clone(), removed: sentence.removed, quoted })
        })
    }

    /// One of the sentences that name an emoji.
    fn any_emoji(&self, text: &str) -> Option<Tapback> {
        self.emoji_sentences.iter().find_map(|sentence| {
            let (emoji, object) =
                text.strip_prefix(sentence.before)?.split_once(sentence.between)?;
            let kind = is_emoji(emoji).then(|| TapbackKind::Emoji(emoji.to_owned()))?;
            Some(Tapback { kind, removed: sentence.removed, quoted: self.object(object)?.quoted() })
        })
    }

    /// What the sentence is about: words in quotation marks, or a thing without words.
    fn object<'t>(&self, text: &'t str) -> Option<Object<'t>> {
        if self.wordless.contains(&text) {
            return Some(Object::Wordless);
        }
        self.quotation_marks
            .iter()
            .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close))
            .filter(|words| !words.is_empty())
            .map(Object::Quotation)
    }
}

enum Object<'t> {
    Wordless,
    Quotation(&'t str),
}

impl Object<'_> {
    fn quoted(self) -> Option<String> {
        match self {
            Self::Wordless => None,
            Self::Quotation(words) => Some(words.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (TapbackKind, bool, Option<String>) {
        let tapback = classify(text).unwrap_or_else(|| panic!("not a tapback: {text}"));
        (tapback.kind, tapback.removed, tapback.quoted)
    }

    #[test]
    fn the_six_reactions_are_known_in_both_quotation_marks() {
        for (verb, noun, kind) in [
            ("Liked", "a like", TapbackKind::Liked),
            ("Loved", "a heart", TapbackKind::Loved),
            ("Disliked", "a dislike", TapbackKind::Disliked),
            ("Laughed at", "a laugh", TapbackKind::LaughedAt),
            ("Emphasized", "an exclamation", TapbackKind::Emphasized),
            ("Questioned", "a question mark", TapbackKind::Questioned),
        ] {
            for (open, close) in [('“', '”'), ('"', '"')] {
                let words = "Your “parcel”\narrives \"today\" 👋";
                let quoted = Some(words.to_owned());
                let given = read(&format!("{verb} {open}{words}{close}"));
                assert_eq!(given, (kind.clone(), false, quoted.clone()));
                let taken = read(&format!("Removed {noun} from {open}{words}{close}"));
                assert_eq!(taken, (kind.clone(), true, quoted));
            }
        }
    }

    #[test]
    fn things_without_words_have_no_quotation() {
        for thing in ["an image", "a video", "an audio message", "a file", "1 Business Message"] {
            assert_eq!(read(&format!("Liked {thing}")), (TapbackKind::Liked, false, None));
            assert_eq!(
                read(&format!("Removed a heart from {thing}")),
                (TapbackKind::Loved, true, None)
            );
        }
    }

    #[test]
    fn any_emoji_and_stickers_are_reactions() {
        for emoji in ["👍", "❤️", "👩‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇫🇷", "1️⃣", "‼️", "👍🏽", "®️"]
        {
            let kind = TapbackKind::Emoji(emoji.to_owned());
            let quoted = Some("we won".to_owned());
            assert_eq!(
                read(&format!("Reacted {emoji} to “we won”")),
                (kind.clone(), false, quoted.clone())
            );
            assert_eq!(read(&format!("Removed {emoji} from “we won”")), (kind, true, quoted));
        }
        assert_eq!(
            read("Reacted with a sticker to “we won”"),
            (TapbackKind::Sticker, false, Some("we won".to_owned()))
        );
    }

    #[test]
    fn other_languages_are_known_as_far_as_they_have_been_seen() {
        for (text, kind, words) in [
            ("「本日お届けします」に「いいね」と応答", TapbackKind::Liked, "本日お届けします"),
            ("Gefällt „Heute “noch”“", TapbackKind::Liked, "Heute “noch”"),
            ("Le encantó “hola”", TapbackKind::Loved, "hola"),
            ("Le dio risa “hola”", TapbackKind::LaughedAt, "hola"),
            ("Reaccionó con 😂 a “hola”", TapbackKind::Emoji("😂".to_owned()), "hola"),
            ("A adoré « à demain »", TapbackKind::Loved, "à demain"),
            ("N’a pas aimé «\u{a0}bof\u{a0}»", TapbackKind::Disliked, "bof"),
            ("a attribué la mention « J’aime » à « ok »", TapbackKind::Liked, "ok"),
        ] {
            assert_eq!(read(text), (kind, false, Some(words.to_owned())), "{text}");
        }
        assert_eq!(read("Le encantó una imagen"), (TapbackKind::Loved, false, None));
    }

    #[test]
    fn words_of_a_customer_stay_words() {
        for text in [
            "",
            "Liked",
            "Liked ",
            "Liked it",
            "Loved the desk",
            "liked “x”",
            "I liked “x”",
            "Liked “x” a lot",
            "Liked “”",
            "Liked \"",
            "Liked “x",
            "Liked x”",
            "Liked  “x”",
            " Liked “x”",
            "Liked “x” ",
            "Liked an image of a cat",
            "Liked 2 Business Messages",
            "Reacted badly to “x”",
            "Reacted 12 to “x”",
            "Reacted  to “x”",
            "Reacted 👍to “x”",
            "Reacted 👍 to x",
            "Removed a banana from “x”",
            "Removed from “x”",
            "Liked ”x“",
            "Emphasised “x”",
            "「」に「いいね」と応答",
            "「x」に「怒」と応答",
            "Gefällt mir „x“",
            "Gefällt „x” nicht",
            "Le encantó todo",
            "le gustó “x”",
            "A aimé «x»",
            "A aimé « x",
            "Liked „x“",
            "Gefällt “x”",
        ] {
            assert_eq!(classify(text), None, "{text:?}");
        }
    }
}
