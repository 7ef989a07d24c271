//! Regular expressions of a text field: enough of a look to find one that no engine takes.
//!
//! The device reads them with ICU, whose language is larger than that of the engines of Rust. So
//! only its skeleton is checked: brackets that close, escapes that are whole, something to repeat.

use super::super::{check::Check, object::Object};
use crate::rules::Fault;

/// `regex`.
pub(super) fn read(options: &mut Object<'_>, check: &mut Check<'_>) -> Option<String> {
    let pattern = options.optional_string("regex", check)?;
    if let Err(why) = skeleton(pattern) {
        check.fault(Fault::new(options.pointer("regex"), "form_regex", why));
        return None;
    }
    Some(pattern.to_owned())
}

fn skeleton(pattern: &str) -> Result<(), &'static str> {
    let mut open = 0_usize;
    let mut repeatable = false;
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                None => return Err("it ends with a lone backslash"),
                Some('Q') => {
                    quoted(&mut chars);
                    repeatable = true;
                }
                Some('p' | 'P' | 'N' | 'x' | 'k') if chars.peek() == Some(&'{') => {
                    if !chars.by_ref().any(|c| c == '}') {
                        return Err("an escape is not closed");
                    }
                    repeatable = true;
                }
                Some(_) => repeatable = true,
            },
            '[' => {
                class(&mut chars)?;
                repeatable = true;
            }
            '(' => {
                open += 1;
                repeatable = false;
                if chars.peek() == Some(&'?') {
                    chars.next();
                }
            }
            ')' => {
                open = open.checked_sub(1).ok_or("a closing bracket has no opening one")?;
                repeatable = true;
            }
            '|' | '^' => repeatable = false,
            '*' | '+' | '?' => {
                if !repeatable {
                    return Err("there is nothing to repeat");
                }
                // Lazy or possessive.
                chars.next_if(|c| matches!(c, '?' | '+'));
                repeatable = false;
            }
            '{' => {
                if !repeatable {
                    return Err("there is nothing to repeat");
                }
                let bounds: String = chars.by_ref().take_while(|c| *c != '}').collect();
                if !is_bounds(&bounds) {
                    return Err("a repetition such as {2,5} is expected");
                }
                chars.next_if(|c| matches!(c, '?' | '+'));
                repeatable = false;
            }
            _ => repeatable = true,
        }
    }
    if open > 0 { Err("an opening bracket is not closed") } else { Ok(()) }
}

type Chars<'p> = std::iter::Peekable<std::str::Chars<'p>>;

/// A set of characters; ICU's sets may hold sets.
fn class(chars: &mut Chars<'_>) -> Result<(), &'static str> {
    let mut depth = 1_usize;
    let mut first = true;
    chars.next_if_eq(&'^');
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.next().is_none() => return Err("it ends with a lone backslash"),
            '[' => {
                depth += 1;
                chars.next_if_eq(&'^');
            }
            ']' if first => {}
            ']' => {
                depth -= 1;
                if depth == 0 {
                    return Ok(());
                }
            }
            _ => {}
        }
        first = false;
    }
    Err("a set of characters is not closed")
}

/// What stands between `\Q` and `\E`, or the end.
fn quoted(chars: &mut Chars<'_>) {
    while let Some(c) = chars.next() {
        if c == '\\' && chars.next_if_eq(&'E').is_some() {
            return;
        }
    }
}

fn is_bounds(text: &str) -> bool {
    let number = |text: &str| text.parse::<u32>().ok();
    match text.split_once(',') {
        None => number(text).is_some(),
        Some((least, "")) => number(least).is_some(),
        Some((least, most)) => {
            number(least).zip(number(most)).is_some_and(|(least, most)| least <= most)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ap23_a_regex_that_no_engine_takes_is_found() {
        for good in [
            "",
            "^.+$",
            r"^\d*\.?\d?\d?$",
            "[a-z]{2,5}",
            r"(?<year>\d{4})-(?=\d)",
            "a*?b++",
            "[]a]",
            "[[a-z]&&[^q]]",
            r"\p{L}+",
            r"\Q(*\E+",
            "(?i)x|y",
            r"\(",
            "a{3}",
            "a{3,}",
            "é+",
            "[^]]",
        ] {
            assert_eq!(skeleton(good), Ok(()), "{good}");
        }
        for bad in [
            "(", ")", "a)(", "[", "[a", "[]", "*a", "+", "a|*", "(*a)", "a**", "a{", "a{x}",
            "a{5,2}", "{2}", "\\", "[\\", r"\p{L", "^*",
        ] {
            assert!(skeleton(bad).is_err(), "{bad}");
        }
    }
}
