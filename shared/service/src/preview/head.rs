//! What of a page is of interest: its meta elements, its title, its base.

use std::{borrow::Cow, collections::BTreeMap};

use html5gum::{DefaultEmitter, StartTag, Token, Tokenizer};

/// The properties that are looked for, the best first.
const TITLES: [&str; 2] = ["og:title", "twitter:title"];
const IMAGES: [&str; 5] =
    ["og:image:secure_url", "og:image:url", "og:image", "twitter:image", "twitter:image:src"];

/// The first non-empty of each.
#[derive(Debug, Default)]
pub(super) struct Head {
    properties: BTreeMap<&'static str, Vec<String>>,
    title: Option<String>,
    base: Option<String>,
}

impl Head {
    /// Reads a page to its end, since some put their properties into the body.
    pub(super) fn read(html: &str) -> Self {
        let mut head = Self::default();
        let mut emitter = DefaultEmitter::default();
        // Text in scripts and styles is no markup.
        emitter.naively_switch_states(true);
        let (mut in_title, mut in_body) = (false, false);
        for token in Tokenizer::new_with_emitter(html, emitter).flatten() {
            match token {
                Token::StartTag(tag) => {
                    let name = tag.name.as_slice();
                    in_title = name == b"title" && !in_body && head.title.is_none();
                    in_body |= matches!(name, b"body" | b"svg");
                    head.note(&tag);
                }
                Token::String(text) if in_title => {
                    head.title = Some(String::from_utf8_lossy(&text).into_owned());
                }
                Token::EndTag(_) => in_title = false,
                _ => {}
            }
        }
        head
    }

    /// The texts that may be the title, the best first.
    pub(super) fn titles(&self) -> impl Iterator<Item = &str> {
        self.of(&TITLES).chain(self.title.as_deref())
    }

    /// The URLs that may be the picture's, the best first.
    pub(super) fn images(&self) -> impl Iterator<Item = &str> {
        self.of(&IMAGES)
    }

    /// What relative URLs are relative to.
    pub(super) fn base(&self) -> Option<&str> {
        self.base.as_deref()
    }

    fn of(&self, names: &'static [&'static str]) -> impl Iterator<Item = &str> {
        names.iter().filter_map(|name| self.properties.get(name)).flatten().map(String::as_str)
    }

    fn note(&mut self, tag: &StartTag<()>) {
        match tag.name.as_slice() {
            b"meta" => {
                let Some(content) = attribute(tag, "content") else { return };
                // Open Graph says `property`, Twitter `name`; pages mix them up.
                for name in [attribute(tag, "property"), attribute(tag, "name")] {
                    let Some(name) = name else { continue };
                    let known = TITLES.iter().chain(&IMAGES);
                    let known =
                        known.copied().find(|known| name.trim().eq_ignore_ascii_case(known));
                    let Some(known) = known else { continue };
                    let values = self.properties.entry(known).or_default();
                    if values.len() < MAX_VALUES {
                        values.push(content.clone().into_owned());
                    }
                }
            }
            b"base" if self.base.is_none() => {
                self.base = attribute(tag, "href").map(|href| href.trim().to_owned());
            }
            _ => {}
        }
    }
}

fn attribute<'t>(tag: &'t StartTag<()>, name: &str) -> Option<Cow<'t, str>> {
    tag.attributes.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value))
}

/// A gallery may name many pictures; the first that can be fetched is taken.
const MAX_VALUES: usize = 8;
