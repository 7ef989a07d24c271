//! Reactions ("tapbacks"), which reach a business as ordinary text.
//!
//! Apple wants an MSP to recognise tapbacks (Integration, feature table) but documents no type for
//! them. Observed: a `text` whose body is the sentence that iMessage shows to phones that know no
//! tapbacks, in the language of the customer's device: `Loved “Your parcel arrives today”`.
//!
//! The classifier is conservative, because a false match would hide a customer's words from a bot.
//! The *whole* body must be one known sentence, with the capital letter and the quotation marks that
//! a device writes. Known are:
//!
//! - English: the six verbs and the forms that take them back (they are literals of Apple's own
//!   messaging framework), `Reacted 🎉 to`, `Removed 🎉 from`, `Reacted with a sticker to`; each with a
//!   quotation in curly or straight marks, or with what iMessage calls a thing without words: `an
//!   image`, `a video`, `1 Business Message`;
//! - Japanese: `「…」に「いいね」と応答`.
//!
//! Other languages are left alone until their sentences have been seen on a device: they arrive as the
//! text that they are. Somebody who types such a sentence by hand is taken for a tapback; nothing
//! tells the two apart.

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

/// The sentence up to its object, what it means, and whether it takes a reaction back.
const ENGLISH: [(&str, TapbackKind, bool); 13] = [
    ("Liked ", TapbackKind::Liked, false),
    ("Loved ", TapbackKind::Loved, false),
    ("Disliked ", TapbackKind::Disliked, false),
    ("Laughed at ", TapbackKind::LaughedAt, false),
    ("Emphasized ", TapbackKind::Emphasized, false),
    ("Questioned ", TapbackKind::Questioned, false),
    ("Reacted with a sticker to ", TapbackKind::Sticker, false),
    ("Removed a like from ", TapbackKind::Liked, true),
    ("Removed a heart from ", TapbackKind::Loved, true),
    ("Removed a dislike from ", TapbackKind::Disliked, true),
    ("Removed a laugh from ", TapbackKind::LaughedAt, true),
    ("Removed an exclamation from ", TapbackKind::Emphasized, true),
    ("Removed a question mark from ", TapbackKind::Questioned, true),
];

/// What the sentence says in place of a quotation.
const WORDLESS: [&str; 12] = [
    "1 Business Message",
    "a file",
    "a GIF",
    "a movie",
    "a photo",
    "a sticker",
    "a video",
    "an attachment",
    "an audio",
    "an audio message",
    "an image",
    "an video", // as it has been observed
];

const QUOTATION_MARKS: [(char, char); 2] = [('“', '”'), ('"', '"')];

/// Longest emoji, in bytes: a family of four with joiners has 25, a flag of a region 28.
const EMOJI_MAX_BYTES: usize = 48;

/// Reads the body of a text as a tapback, or leaves it as the words it is.
///
/// ```
/// use amb_protocol::tapback::{TapbackKind, classify};
///
/// let tapback = classify("Loved “Your parcel arrives today”").unwrap();
/// assert_eq!(tapback.kind, TapbackKind::Loved);
/// assert_eq!(tapback.quoted.as_deref(), Some("Your parcel arrives today"));
/// assert_eq!(classify("Loved the desk, thanks!"), None);
/// ```
pub fn classify(text: &str) -> Option<Tapback> {
    english(text).or_else(|| english_emoji(text)).or_else(|| japanese(text))
}

fn english(text: &str) -> Option<Tapback> {
    let (object, (_, kind, removed)) =
        ENGLISH.iter().find_map(|form| Some((text.strip_prefix(form.0)?, form)))?;
    Some(Tapback { kind: kind.clone(), removed: *removed, quoted: Object::read(object)?.quoted() })
}

fn english_emoji(text: &str) -> Option<Tapback> {
    let (rest, between, removed) = match text.strip_prefix("Reacted ") {
        Some(rest) => (rest, " to ", false),
        None => (text.strip_prefix("Removed ")?, " from ", true),
    };
    let (emoji, object) = rest.split_once(between)?;
    let kind = is_emoji(emoji).then(|| TapbackKind::Emoji(emoji.to_owned()))?;
    Some(Tapback { kind, removed, quoted: Object::read(object)?.quoted() })
}

fn japanese(text: &str) -> Option<Tapback> {
    let quoted = text.strip_prefix('「')?.strip_suffix("」に「いいね」と応答")?;
    let quoted = Some(quoted).filter(|words| !words.is_empty())?.to_owned();
    Some(Tapback { kind: TapbackKind::Liked, removed: false, quoted: Some(quoted) })
}

/// What an English sentence is about.
enum Object<'t> {
    Wordless,
    Quotation(&'t str),
}

impl<'t> Object<'t> {
    fn read(text: &'t str) -> Option<Self> {
        if WORDLESS.contains(&text) {
            return Some(Self::Wordless);
        }
        QUOTATION_MARKS
            .iter()
            .find_map(|(open, close)| text.strip_prefix(*open)?.strip_suffix(*close))
            .filter(|words| !words.is_empty())
            .map(Self::Quotation)
    }

    fn quoted(self) -> Option<String> {
        match self {
            Self::Wordless => None,
            Self::Quotation(words) => Some(words.to_owned()),
        }
    }
}

/// Whether the text is made of nothing but the code points that emoji are made of.
fn is_emoji(text: &str) -> bool {
    text.len() <= EMOJI_MAX_BYTES
        && text.chars().all(|c| is_pictograph(c) || is_modifier(c) || is_keycap_base(c))
        && text.chars().any(|c| is_pictograph(c) || c == KEYCAP)
}

const KEYCAP: char = '\u{20e3}';

/// Blocks that hold the emoji of Unicode 16, roughly; letters and punctuation are in none of them.
const fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{2122}' | '\u{2139}'
        | '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{23ff}' | '\u{24c2}'
        | '\u{25a0}'..='\u{27bf}' | '\u{2934}' | '\u{2935}' | '\u{2b00}'..='\u{2bff}'
        | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

/// Joiner, variation selectors, keycap, and the tags that spell a region's flag.
const fn is_modifier(c: char) -> bool {
    matches!(c, '\u{200d}' | '\u{fe0e}' | '\u{fe0f}' | KEYCAP | '\u{e0020}'..='\u{e007f}')
}

const fn is_keycap_base(c: char) -> bool {
    matches!(c, '0'..='9' | '#' | '*')
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
    fn japanese_likes_are_known() {
        assert_eq!(
            read("「本日お届けします」に「いいね」と応答"),
            (TapbackKind::Liked, false, Some("本日お届けします".to_owned()))
        );
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
            "Gefällt „x“",
        ] {
            assert_eq!(classify(text), None, "{text:?}");
        }
    }
}
