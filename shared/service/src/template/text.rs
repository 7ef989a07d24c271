//! Strings with expressions in them: `Hello {{ name }}`. Nothing else of the template language is
//! alive in a string: no statements, no comments, no includes.

/// A piece of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Words, as they are.
    Words(&'t str),
    /// What stands between double braces.
    Expression(&'t str),
}

/// Opening braces that are never closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{{{{` is never closed by `}}}}`")]
pub(super) struct Unclosed;

/// The pieces of a string, in order.
pub(super) fn pieces(text: &str) -> Result<Vec<Piece<'_>>, Unclosed> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((words, after)) = rest.split_once("{{") {
        if !words.is_empty() {
            pieces.push(Piece::Words(words));
        }
        let (expression, after) = expression(after).ok_or(Unclosed)?;
        pieces.push(Piece::Expression(expression.trim()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Words(rest));
    }
    Ok(pieces)
}

/// What stands before the closing braces, and what comes after them. Braces within quotes, or that
/// close a brace of the expression's own, do not count.
fn expression(text: &str) -> Option<(&str, &str)> {
    let (mut quote, mut escaped, mut depth) = (None, false, 0_u32);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if c == open => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth > 0 => depth -= 1,
            (None, '}') => {
                if let Some(after) = text.get(at..).and_then(|rest| rest.strip_prefix("}}")) {
                    return Some((text.get(..at)?, after));
                }
            }
            (Some(_) | None, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Piece::{Expression, Words};
    use super::*;

    #[test]
    fn words_and_expressions_take_turns() {
        for (text, expected) in [
            ("", vec![]),
            ("plain } text { here", vec![Words("plain } text { here")]),
            ("{{name}}", vec![Expression("name")]),
            ("Hi {{ name }}!", vec![Words("Hi "), Expression("name"), Words("!")]),
            ("{{a}}{{ b }}", vec![Expression("a"), Expression("b")]),
            ("{{ {'a': {'b': 1}}.a.b }}", vec![Expression("{'a': {'b': 1}}.a.b")]),
            ("{{ '}}' }}", vec![Expression("'}}'")]),
            (r#"{{ "\"}}" }}x"#, vec![Expression(r#""\"}}""#), Words("x")]),
            ("{% if x %}{# no #}", vec![Words("{% if x %}{# no #}")]),
            ("{{ '{{' }}", vec![Expression("'{{'")]),
        ] {
            assert_eq!(pieces(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn braces_that_stay_open_are_a_fault() {
        for text in ["{{", "a {{ name }", "{{ 'name }}", "{{ {'a': 1 }}"] {
            assert_eq!(pieces(text), Err(Unclosed), "{text}");
        }
    }
}
