//! The sentence that a device sends in place of a tapback. Apple documents none; the English
//! forms and the Japanese frame are what MSPs report, the other languages follow the wording of
//! iOS as far as known. A product must keep the text whichever it gets.

use crate::model::Reaction;

/// The sentence for `reaction` in the language of `locale`; `None` for a language not known.
pub(crate) fn sentence(
    locale: &str,
    reaction: Reaction,
    emoji: Option<&str>,
    removed: bool,
    quoted: &str,
) -> Option<String> {
    let language = locale.split(['_', '-']).next().unwrap_or_default();
    if let (Some(emoji), "en") = (emoji, language) {
        let frame = if removed { "Removed {e} from “{}”" } else { "Reacted {e} to “{}”" };
        return Some(frame.replace("{e}", emoji).replace("{}", quoted));
    }
    let frame = match (language, removed) {
        ("en", false) => english(reaction),
        ("en", true) => english_removed(reaction),
        ("de", false) => german(reaction),
        ("es", false) => spanish(reaction),
        ("fr", false) => french(reaction),
        ("ja", false) => japanese(reaction),
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
        let loved = |locale| sentence(locale, Reaction::Loved, None, false, "Hi").unwrap();
        assert_eq!(loved("en_US"), "Loved “Hi”");
        assert_eq!(loved("ja-JP"), "「Hi」に「ハート」と応答");
        assert_eq!(sentence("xx", Reaction::Loved, None, false, "Hi"), None);
    }
}
