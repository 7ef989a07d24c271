//! The sentence that a device sends in place of a tapback. Apple documents none; the English
//! forms and the Japanese frame are what MSPs report, the other languages follow the wording of
//! iOS as far as known. A product must keep the text whichever it gets.

use crate::model::{Reaction, Tapback};

/// The sentence in the language of `locale`; `None` for what is not known there.
pub(super) fn sentence(tapback: &Tapback, locale: &str, quoted: &str) -> Option<String> {
    let language = locale.split(['_', '-']).next().unwrap_or_default();
    let reaction = tapback.reaction;
    let frame = match (language, tapback.removed, &tapback.emoji) {
        ("en", false, Some(emoji)) => format!("Reacted {emoji} to “{{}}”"),
        ("en", true, Some(emoji)) => format!("Removed {emoji} from “{{}}”"),
        ("en", false, None) => english(reaction).to_owned(),
        ("en", true, None) => english_removed(reaction).to_owned(),
        ("de", false, None) => german(reaction).to_owned(),
        ("es", false, None) => spanish(reaction).to_owned(),
        ("fr", false, None) => french(reaction).to_owned(),
        ("ja", false, None) => japanese(reaction).to_owned(),
        _ => return None,
    };
    Some(frame.replace("{}", quoted))
}

fn english(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Loved => "Loved “{}”",
        Reaction::Liked => "Liked “{}”",
        Reaction::Disliked => "Disliked “{}”",
        Reaction::Laughed => "Laughed at “{}”",
        Reaction::Emphasized => "Emphasized “{}”",
        Reaction::Questioned => "Questioned “{}”",
    }
}

fn english_removed(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Loved => "Removed a heart from “{}”",
        Reaction::Liked => "Removed a like from “{}”",
        Reaction::Disliked => "Removed a dislike from “{}”",
        Reaction::Laughed => "Removed a laugh from “{}”",
        Reaction::Emphasized => "Removed an exclamation from “{}”",
        Reaction::Questioned => "Removed a question mark from “{}”",
    }
}

fn german(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Loved => "Liebt „{}“",
        Reaction::Liked => "Gefällt „{}“",
        Reaction::Disliked => "Gefällt „{}“ nicht",
        Reaction::Laughed => "Lacht über „{}“",
        Reaction::Emphasized => "Hebt „{}“ hervor",
        Reaction::Questioned => "Fragt nach „{}“",
    }
}

fn spanish(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Loved => "Le encantó “{}”",
        Reaction::Liked => "Le gustó “{}”",
        Reaction::Disliked => "No le gustó “{}”",
        Reaction::Laughed => "Se rio de “{}”",
        Reaction::Emphasized => "Enfatizó “{}”",
        Reaction::Questioned => "Cuestionó “{}”",
    }
}

fn french(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Loved => "A adoré « {} »",
        Reaction::Liked => "A aimé « {} »",
        Reaction::Disliked => "N’a pas aimé « {} »",
        Reaction::Laughed => "A ri à « {} »",
        Reaction::Emphasized => "A mis l’accent sur « {} »",
        Reaction::Questioned => "A questionné « {} »",
    }
}

fn japanese(reaction: Reaction) -> &'static str {
    match reaction {
        Reaction::Loved => "「{}」に「ハート」と応答",
        Reaction::Liked => "「{}」に「いいね」と応答",
        Reaction::Disliked => "「{}」に「よくないね」と応答",
        Reaction::Laughed => "「{}」に「笑い」と応答",
        Reaction::Emphasized => "「{}」に「強調」と応答",
        Reaction::Questioned => "「{}」に「疑問」と応答",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_chooses_the_language() {
        let loved = Tapback { reaction: Reaction::Loved, ..Tapback::default() };
        let loved = |locale| sentence(&loved, locale, "Hi");
        assert_eq!(loved("en_US").as_deref(), Some("Loved “Hi”"));
        assert_eq!(loved("ja-JP").as_deref(), Some("「Hi」に「ハート」と応答"));
        assert_eq!(loved("xx"), None);
    }
}
