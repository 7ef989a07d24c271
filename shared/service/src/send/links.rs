//! Links in a text. Apple wants every URL to arrive as a rich link, so a text is sent in pieces: the
//! words before a URL, the URL, the words after it.

use std::borrow::Cow;

use amb_protocol::compose::ATTACHMENT_PLACE;
use linkify::{Link, LinkFinder, LinkKind};

/// Links of one text that are sent on their own; those behind stay words.
pub(super) const MOST_LINKS: usize = 10;

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece<'t> {
    /// Words, without the white space around them.
    Words(&'t str),
    /// An http or https URL.
    Link(&'t str),
}

/// The pieces of a text in their order; a text without a link is one piece, as it is. A URL that is
/// not `sendable` as a link stays among the words.
///
/// Punctuation behind a URL is no part of it. What is only white space and punctuation between two
/// links is left out: nobody reads a bubble that says `.`. The place of a file is no part of a URL, and
/// says something.
pub(super) fn pieces(text: &str, sendable: impl Fn(&str) -> bool) -> Vec<Piece<'_>> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut pieces = Vec::new();
    let mut rest = 0;
    let fits = |link: &Link<'_>| is_web(link.as_str()) && sendable(link.as_str());
    let seen = without_places(text);
    for link in finder.links(&seen).filter(fits).take(MOST_LINKS) {
        pieces.extend(text.get(rest..link.start()).and_then(words));
        pieces.push(Piece::Link(text.get(link.start()..link.end()).unwrap_or_default()));
        rest = link.end();
    }
    if pieces.is_empty() {
        return vec![Piece::Words(text)];
    }
    pieces.extend(text.get(rest..).and_then(words));
    pieces
}

/// The text as links are looked for in it: just as long, with blanks where files go.
fn without_places(text: &str) -> Cow<'_, str> {
    if text.contains(ATTACHMENT_PLACE) {
        text.replace(ATTACHMENT_PLACE, "   ").into()
    } else {
        text.into()
    }
}

fn words(text: &str) -> Option<Piece<'_>> {
    let says_something = |c: char| !c.is_whitespace() && !c.is_ascii_punctuation();
    text.contains(says_something).then(|| Piece::Words(text.trim()))
}

fn is_web(url: &str) -> bool {
    let scheme = url.split_once("://").map_or("", |(scheme, _)| scheme);
    scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http")
}

#[cfg(test)]
mod tests {
    use super::{
        MOST_LINKS,
        Piece::{self, Link, Words},
    };

    fn pieces(text: &str) -> Vec<Piece<'_>> {
        super::pieces(text, |url| !url.contains('@'))
    }

    #[test]
    fn ap12_every_url_of_a_text_becomes_a_piece_and_the_order_stays() {
        for (text, expected) in [
            ("no link at all ", vec![Words("no link at all ")]),
            ("https://shop.example.com/desk", vec![Link("https://shop.example.com/desk")]),
            (
                "See https://shop.example.com/desk?a=1&b=2.",
                vec![Words("See"), Link("https://shop.example.com/desk?a=1&b=2")],
            ),
            (
                "Desk: https://a.example/1, chair: http://b.example/2 👍\n",
                vec![
                    Words("Desk:"),
                    Link("https://a.example/1"),
                    Words(", chair:"),
                    Link("http://b.example/2"),
                    Words("👍"),
                ],
            ),
            ("(https://a.example/x_(y))", vec![Link("https://a.example/x_(y)")]),
            (
                "https://a.example https://b.example",
                vec![Link("https://a.example"), Link("https://b.example")],
            ),
            ("HTTPS://A.example/ה", vec![Link("HTTPS://A.example/ה")]),
            (
                "https://a.example/1\u{fffc}ü https://b.example/2 \u{fffc}.",
                vec![
                    Link("https://a.example/1"),
                    Words("\u{fffc}ü"),
                    Link("https://b.example/2"),
                    Words("\u{fffc}."),
                ],
            ),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }

    #[test]
    fn ap12_only_web_addresses_with_their_scheme_are_links() {
        for text in ["www.example.com", "example.com", "mail me@example.com", "ftp://a.example/x"] {
            assert_eq!(pieces(text), [Words(text)], "{text}");
        }
        for text in [
            "https://user@a.example/",
            "javascript:alert(1)",
            "tel:+12025550100",
            "https://",
            "https:// x",
            "",
        ] {
            assert_eq!(pieces(text), [Words(text)], "{text}");
        }
    }

    #[test]
    fn ap12_beyond_ten_links_the_rest_stays_words() {
        let links: Vec<_> = (0..12).map(|n| format!("https://a.example/{n}")).collect();
        let text = links.join(" ");
        let pieces = pieces(&text);
        assert_eq!(pieces.len(), MOST_LINKS + 1);
        assert_eq!(pieces[MOST_LINKS], Words("https://a.example/10 https://a.example/11"));
    }
}
