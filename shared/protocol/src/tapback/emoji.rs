//! Whether a piece of text is an emoji and nothing else.

/// Longest emoji, in bytes: a family of four with joiners has 25, a flag of a region 28.
const EMOJI_MAX_BYTES: usize = 48;

/// Whether the text is made of nothing but the code points that emoji are made of.
pub(super) fn is_emoji(text: &str) -> bool {
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
