//! The sentences that devices write, by language.

use super::TapbackKind;

/// How the devices of one language put a reaction into words.
pub(super) struct Language {
    pub(super) sentences: &'static [Sentence],
    pub(super) emoji_sentences: &'static [EmojiSentence],
    /// What stands around quoted words, spaces included.
    pub(super) quotation_marks: &'static [(&'static str, &'static str)],
    /// What stands in place of a quotation.
    pub(super) wordless: &'static [&'static str],
}

/// A sentence around its object, and the reaction that it means.
pub(super) struct Sentence {
    pub(super) before: &'static str,
    pub(super) after: &'static str,
    pub(super) kind: TapbackKind,
    pub(super) removed: bool,
}

/// A sentence that names an emoji, and then its object.
pub(super) struct EmojiSentence {
    pub(super) before: &'static str,
    pub(super) between: &'static str,
    pub(super) removed: bool,
}

pub(super) const LANGUAGES: [Language; 5] = [ENGLISH, SPANISH, FRENCH, GERMAN, JAPANESE];

const ENGLISH: Language = Language {
    sentences: &[
        given("Liked ", TapbackKind::Liked),
        given("Loved ", TapbackKind::Loved),
        given("Disliked ", TapbackKind::Disliked),
        given("Laughed at ", TapbackKind::LaughedAt),
        given("Emphasized ", TapbackKind::Emphasized),
        given("Questioned ", TapbackKind::Questioned),
        given("Reacted with a sticker to ", TapbackKind::Sticker),
        taken_back("Removed a like from ", TapbackKind::Liked),
        taken_back("Removed a heart from ", TapbackKind::Loved),
        taken_back("Removed a dislike from ", TapbackKind::Disliked),
        taken_back("Removed a laugh from ", TapbackKind::LaughedAt),
        taken_back("Removed an exclamation from ", TapbackKind::Emphasized),
        taken_back("Removed a question mark from ", TapbackKind::Questioned),
    ],
    emoji_sentences: &[
        EmojiSentence { before: "Reacted ", between: " to ", removed: false },
        EmojiSentence { before: "Removed ", between: " from ", removed: true },
    ],
    quotation_marks: &[("“", "”"), ("\"", "\"")],
    wordless: &[
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
        "an video", // observed, article and all
    ],
};

const SPANISH: Language = Language {
    sentences: &[
        given("Le gustó ", TapbackKind::Liked),
        given("Le encantó ", TapbackKind::Loved),
        given("Le dio risa ", TapbackKind::LaughedAt),
        given("Exclamó por ", TapbackKind::Emphasized),
        given("Dudó sobre ", TapbackKind::Questioned),
    ],
    emoji_sentences: &[EmojiSentence { before: "Reaccionó con ", between: " a ", removed: false }],
    quotation_marks: &[("“", "”"), ("\"", "\"")],
    wordless: &["una imagen"],
};

const FRENCH: Language = Language {
    sentences: &[
        given("A aimé ", TapbackKind::Liked),
        given("A adoré ", TapbackKind::Loved),
        given("N’a pas aimé ", TapbackKind::Disliked),
        // The newer wording begins with a small letter on some devices.
        given("A attribué la mention « J’aime » à ", TapbackKind::Liked),
        given("a attribué la mention « J’aime » à ", TapbackKind::Liked),
        given("A attribué la mention « Adore » à ", TapbackKind::Loved),
        given("a attribué la mention « Adore » à ", TapbackKind::Loved),
        given("A attribué la mention « Je n’aime pas » à ", TapbackKind::Disliked),
        given("a attribué la mention « Je n’aime pas » à ", TapbackKind::Disliked),
    ],
    emoji_sentences: &[],
    // French puts a space inside its guillemets, breaking or not, narrow or not.
    quotation_marks: &[("« ", " »"), ("«\u{a0}", "\u{a0}»"), ("«\u{202f}", "\u{202f}»")],
    wordless: &[],
};

const GERMAN: Language = Language {
    sentences: &[given("Gefällt ", TapbackKind::Liked)],
    emoji_sentences: &[],
    quotation_marks: &[("„", "“")],
    wordless: &[],
};

const JAPANESE: Language = Language {
    sentences: &[Sentence {
        before: "",
        after: "に「いいね」と応答",
        kind: TapbackKind::Liked,
        removed: false,
    }],
    emoji_sentences: &[],
    quotation_marks: &[("「", "」")],
    wordless: &[],
};

const fn given(before: &'static str, kind: TapbackKind) -> Sentence {
    Sentence { before, after: "", kind, removed: false }
}

const fn taken_back(before: &'static str, kind: TapbackKind) -> Sentence {
    Sentence { before, after: "", kind, removed: true }
}
