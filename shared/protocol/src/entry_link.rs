//! The links that begin a conversation: on a web page, in a mail, behind a QR code.
//!
//! A business's id in them is public, and so are intent and group: whoever follows a link can change
//! them, so they route a conversation and authorize nothing. Source: Apple, Integration; spaces are
//! written `%20`, which both a browser and Messages read.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use crate::id::BusinessId;

/// A link that opens a conversation with a business.
///
/// ```
/// use amb_protocol::{entry_link::EntryLink, id::BusinessId};
///
/// let business = BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002")?;
/// let link = EntryLink { intent: Some("order status".into()), ..EntryLink::to(business) };
/// assert_eq!(
///     link.url(),
///     "https://bcrw.apple.com/urn:biz:7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002?biz-intent-id=order%20status",
/// );
/// assert_eq!(EntryLink::parse(&link.url()).as_ref(), Ok(&link));
/// # Ok::<(), amb_protocol::id::IdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryLink {
    /// The business.
    pub business: BusinessId,
    /// `biz-intent-id`: what it is about. Comes as `intent` with the customer's messages.
    pub intent: Option<String>,
    /// `biz-group-id`: the department. Comes as `group`.
    pub group: Option<String>,
    /// `body`: words that stand in the customer's text field, for them to send or not.
    pub body: Option<String>,
}

/// Why a text is no such link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryLinkError {
    /// It begins like neither of the two forms.
    #[error("the link is neither https://bcrw.apple.com/urn:biz:… nor sms:open?…")]
    Form,
    /// It names no business, or one that cannot be.
    #[error("the link names no business id")]
    Business,
    /// A part of it is not UTF-8 behind its percent signs.
    #[error("the link has a part that is not UTF-8")]
    NotUtf8,
}

/// RFC 3986's unreserved characters stay as they are.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const WEB: &str = "https://bcrw.apple.com/";
const MESSAGES: &str = "sms:open?";
const URN: &str = "urn:biz:";

impl EntryLink {
    /// A link with nothing but the business.
    pub const fn to(business: BusinessId) -> Self {
        Self { business, intent: None, group: None, body: None }
    }

    /// The link for web pages and mails: without Messages at hand, Apple's page explains.
    pub fn url(&self) -> String {
        let business = utf8_percent_encode(self.business.as_str(), RESERVED);
        let query = self.parameters();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{WEB}{URN}{business}{mark}{query}")
    }

    /// The link for Apple's devices: it opens Messages without a page between.
    pub fn messages_url(&self) -> String {
        let business = utf8_percent_encode(self.business.as_str(), RESERVED);
        let query = self.parameters();
        let and = if query.is_empty() { "" } else { "&" };
        format!("{MESSAGES}service=iMessage&recipient={URN}{business}{and}{query}")
    }

    /// Reads either form. Parameters that mean nothing here are passed over; an empty one counts as
    /// absent.
    pub fn parse(link: &str) -> Result<Self, EntryLinkError> {
        let link = link.trim();
        let (business, query) = if let Some(rest) = strip_prefix(link, WEB) {
            let rest = rest.split('#').next().unwrap_or_default();
            let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
            (Some(decoded(path)?), query)
        } else if let Some(query) = strip_prefix(link, MESSAGES) {
            (parameter(query, "recipient")?, query)
        } else {
            return Err(EntryLinkError::Form);
        };
        let business = business
            .as_deref()
            .and_then(|urn| BusinessId::parse(strip_prefix(urn, URN)?).ok())
            .ok_or(EntryLinkError::Business)?;
        Ok(Self {
            business,
            intent: parameter(query, "biz-intent-id")?,
            group: parameter(query, "biz-group-id")?,
            body: parameter(query, "body")?,
        })
    }

    fn parameters(&self) -> String {
        let named =
            [("biz-intent-id", &self.intent), ("biz-group-id", &self.group), ("body", &self.body)];
        let given = named.into_iter().filter_map(|(name, value)| {
            let value = value.as_deref().filter(|value| !value.is_empty())?;
            Some(format!("{name}={}", utf8_percent_encode(value, RESERVED)))
        });
        given.collect::<Vec<_>>().join("&")
    }
}

/// The first parameter of this name; an empty one is none.
fn parameter(query: &str, name: &str) -> Result<Option<String>, EntryLinkError> {
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    match pairs.into_iter().find(|(found, value)| *found == name && !value.is_empty()) {
        Some((_, value)) => decoded(value).map(Some),
        None => Ok(None),
    }
}

/// A `+` is a plus: Apple's devices do not read forms.
fn decoded(text: &str) -> Result<String, EntryLinkError> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(String::from).map_err(|_odd| EntryLinkError::NotUtf8)
}

/// Scheme, host and URN are the same in any case.
fn strip_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002";

    fn bare() -> EntryLink {
        EntryLink::to(BusinessId::parse(BUSINESS).unwrap())
    }

    #[test]
    fn sc03_a_start_link_carries_intent_group_and_words_in_both_forms() {
        let link = EntryLink {
            intent: Some("account_question".to_owned()),
            group: Some("billing & returns".to_owned()),
            body: Some("Where is my parcel? 📦 100% +1".to_owned()),
            ..bare()
        };
        let query = "biz-intent-id=account_question&biz-group-id=billing%20%26%20returns\
                     &body=Where%20is%20my%20parcel%3F%20%F0%9F%93%A6%20100%25%20%2B1";
        assert_eq!(link.url(), format!("https://bcrw.apple.com/urn:biz:{BUSINESS}?{query}"));
        assert_eq!(
            link.messages_url(),
            format!("sms:open?service=iMessage&recipient=urn:biz:{BUSINESS}&{query}")
        );
        assert_eq!(bare().url(), format!("https://bcrw.apple.com/urn:biz:{BUSINESS}"));
        assert_eq!(
            bare().messages_url(),
            format!("sms:open?service=iMessage&recipient=urn:biz:{BUSINESS}")
        );
    }

    #[test]
    fn sc03_links_that_others_made_are_read() {
        let sample = format!(
            "https://bcrw.apple.com/urn:biz:{BUSINESS}?biz-intent-id=TestingBizIntent&biz-group-id=TestingBizGroup"
        );
        let link = EntryLink::parse(&sample).unwrap();
        assert_eq!(link.business.as_str(), BUSINESS);
        assert_eq!(link.intent.as_deref(), Some("TestingBizIntent"));
        assert_eq!(link.group.as_deref(), Some("TestingBizGroup"));
        for same in [
            format!(" HTTPS://BCRW.apple.com/URN:biz:{BUSINESS}?utm=1&body=#top "),
            format!("https://bcrw.apple.com/urn%3Abiz%3A{BUSINESS}?&&biz-intent-id="),
            format!("SMS:open?recipient=urn%3Abiz%3A{BUSINESS}"),
        ] {
            assert_eq!(EntryLink::parse(&same), Ok(bare()), "{same}");
        }
    }

    #[test]
    fn what_is_no_such_link_says_why() {
        for (text, why) in [
            ("", EntryLinkError::Form),
            ("https://bcrw.apple.com.evil.example/urn:biz:x", EntryLinkError::Form),
            ("http://bcrw.apple.com/urn:biz:x", EntryLinkError::Form),
            ("https://bcrw.apple.com/", EntryLinkError::Business),
            ("https://bcrw.apple.com/urn:biz:", EntryLinkError::Business),
            ("https://bcrw.apple.com/urn:mbid:x", EntryLinkError::Business),
            ("https://bcrw.apple.com/urn:biz:a%20b", EntryLinkError::Business),
            ("sms:open?service=iMessage", EntryLinkError::Business),
            ("https://bcrw.apple.com/urn:biz:x?body=%ff", EntryLinkError::NotUtf8),
        ] {
            assert_eq!(EntryLink::parse(text), Err(why), "{text}");
        }
    }

    fn words() -> impl Strategy<Value = Option<String>> {
        prop::option::of(any::<String>().prop_filter("an empty one is none", |t| !t.is_empty()))
    }

    proptest! {
        #[test]
        fn sc03_every_link_reads_back_in_both_forms(
            business in "[!-~]{1,40}", intent in words(), group in words(), body in words(),
        ) {
            let business = BusinessId::parse(&business).unwrap();
            let link = EntryLink { business, intent, group, body };
            prop_assert_eq!(EntryLink::parse(&link.url()), Ok(link.clone()));
            prop_assert_eq!(EntryLink::parse(&link.messages_url()), Ok(link.clone()));
            prop_assert!(link.url().is_ascii() && !link.url().contains(' '));
        }

        #[test]
        fn any_text_is_parsed_without_panic(text in any::<String>(), tail in any::<String>()) {
            let _ = EntryLink::parse(&text);
            let _ = EntryLink::parse(&format!("{WEB}{tail}"));
            let _ = EntryLink::parse(&format!("{MESSAGES}{tail}"));
        }
    }
}
