//! Locales: the one asked for, then its language, then the template's own.

use serde_json::Value;

use crate::model::Template;

/// The content for a locale, and which it is: `fr_CA`, then `fr`, then the template's own.
pub(super) fn choose<'t>(
    template: &'t Template,
    wanted: Option<&str>,
) -> (&'t Value, Option<&'t str>) {
    let own = (&template.content, template.locale.as_deref());
    let Some(wanted) = wanted.map(plain) else { return own };
    let language = wanted.split('_').next().unwrap_or_default();
    let find = |wanted: &str| {
        if own.1.is_some_and(|own| plain(own) == wanted) {
            return Some(own);
        }
        let mut others = template.locales.iter();
        let found = others.find(|(locale, _)| plain(locale) == wanted);
        found.map(|(locale, content)| (content, Some(locale.as_str())))
    };
    find(&wanted).or_else(|| find(language)).unwrap_or(own)
}

/// `fr-CA` and `fr_ca` are the same.
pub(super) fn plain(locale: &str) -> String {
    locale.replace('-', "_").to_ascii_lowercase()
}

/// Whether a text is a locale: a language of two or three letters, then subtags.
pub(super) fn is_locale(text: &str) -> bool {
    let mut tags = text.split(['-', '_']);
    let language = tags.next().unwrap_or_default();
    (2..=3).contains(&language.len())
        && language.bytes().all(|b| b.is_ascii_alphabetic())
        && text.len() <= 35
        && tags.all(|tag| {
            (2..=8).contains(&tag.len()) && tag.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}
