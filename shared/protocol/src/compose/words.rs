//! Counts and cuts the strings that Messages shows.

/// Characters that are printed: Unicode scalar values without control characters. Joiners and other
/// invisible marks count, so that no reading of "printable" finds more than we do.
pub(super) fn printable(text: &str) -> usize {
    text.chars().filter(|c| !c.is_control()).count()
}

/// The longest beginning of at most `most` printable characters that ends between two characters as
/// a reader sees them: no accent, skin tone, joined emoji or half of a flag is cut off.
pub(super) fn cut(text: &str, most: usize) -> &str {
    let mut count = 0;
    let mut end = 0;
    let mut before = None;
    let mut flags = 0;
    for (at, c) in text.char_indices() {
        if before.is_none_or(|before| !joined(before, c, flags)) {
            end = at;
        }
        count += usize::from(!c.is_control());
        if count > most {
            return text.get(..end).unwrap_or_default().trim_end();
        }
        flags = if is_flag_half(c) { flags + 1 } else { 0 };
        before = Some(c);
    }
    text
}

/// Whether a character belongs to the one before it; `flags` says how many halves of flags stand
/// before it in a row. A short form of Unicode's grapheme clusters (UAX 29): joining too much only
/// cuts a little earlier.
fn joined(before: char, c: char, flags: usize) -> bool {
    const JOINER: char = '\u{200d}';
    before == JOINER
        || (before == '\r' && c == '\n')
        || (is_flag_half(c) && flags % 2 == 1)
        || matches!(c,
            '\u{0300}'..='\u{036f}' | '\u{0483}'..='\u{0489}' | '\u{0591}'..='\u{05bd}'
            | '\u{05bf}' | '\u{05c1}'..='\u{05c2}' | '\u{05c4}'..='\u{05c5}' | '\u{05c7}'
            | '\u{0610}'..='\u{061a}' | '\u{064b}'..='\u{065f}' | '\u{0670}'
            | '\u{06d6}'..='\u{06dc}' | '\u{06df}'..='\u{06e4}' | '\u{06e7}'..='\u{06e8}'
            | '\u{06ea}'..='\u{06ed}' | '\u{0900}'..='\u{0903}' | '\u{093a}'..='\u{094f}'
            | '\u{0951}'..='\u{0957}' | '\u{0962}'..='\u{0963}' | '\u{0981}'..='\u{0983}'
            | '\u{09bc}' | '\u{09be}'..='\u{09cd}' | '\u{0a3c}'..='\u{0a4d}'
            | '\u{0abc}' | '\u{0abe}'..='\u{0acd}' | '\u{0b3c}' | '\u{0b3e}'..='\u{0b4d}'
            | '\u{0bbe}'..='\u{0bcd}' | '\u{0c3e}'..='\u{0c4d}' | '\u{0cbc}'
            | '\u{0cbe}'..='\u{0ccd}' | '\u{0d3e}'..='\u{0d4d}' | '\u{0dca}'..='\u{0ddf}'
            | '\u{0e31}' | '\u{0e33}'..='\u{0e3a}' | '\u{0e47}'..='\u{0e4e}'
            | '\u{0eb1}' | '\u{0eb3}'..='\u{0ebc}' | '\u{0ec8}'..='\u{0ece}'
            | '\u{102b}'..='\u{103e}' | '\u{1160}'..='\u{11ff}' | '\u{17b4}'..='\u{17d3}'
            | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{200c}' | JOINER
            | '\u{20d0}'..='\u{20ff}' | '\u{302a}'..='\u{302f}' | '\u{3099}'..='\u{309a}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{ff9e}'..='\u{ff9f}'
            | '\u{1f3fb}'..='\u{1f3ff}' | '\u{e0020}'..='\u{e007f}' | '\u{e0100}'..='\u{e01ef}')
}

fn is_flag_half(c: char) -> bool {
    matches!(c, '\u{1f1e6}'..='\u{1f1ff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_not_printed() {
        assert_eq!(printable("a\u{0}b\nc"), 3);
        assert_eq!(printable("👩\u{200d}🔧"), 3);
    }

    #[test]
    fn a_cut_leaves_whole_characters() {
        assert_eq!(cut("Walnut desk", 6), "Walnut");
        assert_eq!(cut("Walnut desk", 7), "Walnut");
        assert_eq!(cut("short", 200), "short");
        assert_eq!(cut("ab👩\u{200d}🔧", 4), "ab");
        assert_eq!(cut("ab👍🏽c", 3), "ab");
        assert_eq!(cut("ab👍🏽c", 4), "ab👍🏽");
        assert_eq!(cut("e\u{301}e\u{301}", 3), "e\u{301}");
        assert_eq!(cut("🇩🇪🇫🇷", 3), "🇩🇪");
        assert_eq!(cut("🇩🇪🇫🇷", 1), "");
        assert_eq!(cut("שָׁלוֹם", 2), "");
        assert_eq!(cut("\u{1100}\u{1161}\u{11a8}", 1), "");
        assert_eq!(cut("\u{200d}", 0), "");
    }

    proptest::proptest! {
        #[test]
        fn a_cut_is_a_beginning_within_the_limit(text in "\\PC{0,40}", most in 0_usize..30) {
            let cut = cut(&text, most);
            proptest::prop_assert!(text.starts_with(cut) && printable(cut) <= most.max(printable(cut).min(most)));
        }
    }
}
