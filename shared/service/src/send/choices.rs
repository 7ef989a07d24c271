//! From the ways that a request names to the choices that are committed.

use amb_protocol::{
    compose::{Composing, ContentType, MerchantDefaults, Need, compose},
    id::{BusinessId, RequestIdentifier},
};
use serde_json::{Map, Value};
use std::borrow::Cow;

use super::{
    raw,
    request::{Way, WayKind, Wish},
    text,
};
use crate::{
    access::Principal,
    json_size,
    model::{Choice, MerchantSettings, OutboundContent, Scope, TypingState},
    port::{Merchants, PortError, Templates},
    problem::{Fault, Faults, Problem, Reader},
    template::{TemplateCall, fill},
};

/// The most that all choices of a message may be together, in bytes of JSON: a request of ten megabytes
/// and what composing adds to it. Templates could make more of it; the relay reads no more.
pub(crate) const MOST_BYTES: usize = 16 * 1024 * 1024;
/// Longest locale, in characters.
const MAX_LOCALE: usize = 64;

/// What a request came to.
pub(super) struct Said {
    /// What is committed; never [`OutboundContent::Stored`] yet.
    pub(super) content: OutboundContent,
    /// For each choice, the JSON Pointer of the object that holds its `type`.
    pub(super) places: Vec<String>,
    /// Strings that were cut.
    pub(super) cuts: Vec<Fault>,
    /// What was ignored.
    pub(super) warnings: Vec<Fault>,
    /// The business's Apple Pay settings, if a payment is asked for.
    pub(super) merchant: Option<MerchantSettings>,
}

/// Makes choices of ways.
pub(super) struct Composer<'c, S> {
    pub(super) templates: &'c S,
    pub(super) principal: &'c Principal,
    /// The business, where it is known.
    pub(super) business: Option<&'c BusinessId>,
    /// The customer's locale, where it is known.
    pub(super) locale: Option<&'c str>,
    pub(super) request_identifier: &'c RequestIdentifier,
}

/// Whether somebody has to look up the customer's locale before composing.
pub(super) fn needs_locale(wish: &Wish<'_>) -> bool {
    let open = |way: &Way<'_>| way.content.get("locale").is_none_or(Value::is_null);
    wish.ways.iter().any(|way| way.kind == WayKind::Template && open(way))
}

/// Whether the same request may come to something else another time.
pub(super) fn may_change(wish: &Wish<'_>) -> bool {
    wish.ways.iter().any(|way| way.kind == WayKind::Template)
}

/// What is gathered on the way.
struct Gathered<'f> {
    faults: &'f mut Faults,
    cuts: Vec<Fault>,
    warnings: Vec<Fault>,
    merchant: Option<MerchantSettings>,
}

/// One way, composed.
enum Composed {
    Typing(TypingState),
    /// A text that leaves as it is.
    Words(String),
    Choice(Choice),
}

impl<S: Templates + Merchants> Composer<'_, S> {
    /// Composes every way; what is wrong is added to the faults. `None` when any way is unusable.
    pub(super) async fn compose(
        &self,
        wish: &Wish<'_>,
        faults: &mut Faults,
    ) -> Result<Option<Said>, Problem> {
        let how = Composing {
            pack: wish.pack,
            truncate: wish.truncate,
            request_identifier: self.request_identifier,
            merchant: None,
        };
        let mut gathered =
            Gathered { faults, cuts: Vec::new(), warnings: Vec::new(), merchant: None };
        let mut composed = Vec::with_capacity(wish.ways.len());
        let mut places = Vec::with_capacity(wish.ways.len());
        for way in &wish.ways {
            composed.push(self.way(way, wish.rich_links, &how, &mut gathered).await?);
            places.push(way.at.clone());
        }
        let Gathered { faults, cuts, warnings, merchant } = gathered;
        let composed: Option<Vec<_>> = composed.into_iter().collect();
        let composed = composed.filter(|composed| asks_once(composed, &places, faults));
        let content = composed.map(|composed| content(composed, &how));
        let content = content.filter(|content| is_small_enough(content, faults));
        Ok(content.map(|content| Said { content, places, cuts, warnings, merchant }))
    }

    async fn way(
        &self,
        way: &Way<'_>,
        rich_links: bool,
        how: &Composing<'_>,
        gathered: &mut Gathered<'_>,
    ) -> Result<Option<Composed>, Problem> {
        let at = way.content_at();
        match way.kind {
            WayKind::Typing => Ok(typing(way.content, at, gathered.faults).map(Composed::Typing)),
            WayKind::Of(kind) => self.made(kind, way.content, &at, rich_links, how, gathered).await,
            WayKind::Template => {
                let Some((kind, content)) = self.filled(way.content, &at, gathered.faults).await?
                else {
                    return Ok(None);
                };
                let known = gathered.faults.len();
                let made = self.made(kind, &content, &at, rich_links, how, gathered).await?;
                gathered.faults.explain_from(known, " (in what the template makes)");
                Ok(made)
            }
        }
    }

    /// Content of a type; a payment's takes the business's settings.
    async fn made(
        &self,
        kind: ContentType,
        content: &Value,
        at: &str,
        rich_links: bool,
        how: &Composing<'_>,
        gathered: &mut Gathered<'_>,
    ) -> Result<Option<Composed>, Problem> {
        if kind != ContentType::Payment {
            return self.content(kind, content, at, rich_links, how, gathered);
        }
        let defaults = match self.business {
            Some(business) => {
                let tenant = &self.principal.tenant;
                gathered.merchant = self.templates.merchant(tenant, business).await?;
                gathered.merchant.as_ref().map(MerchantDefaults::from)
            }
            // A check that names no business.
            None => Some(MerchantDefaults::sample()),
        };
        let how = Composing { merchant: defaults.as_ref(), ..*how };
        self.content(kind, content, at, rich_links, &how, gathered)
    }

    fn content(
        &self,
        kind: ContentType,
        content: &Value,
        at: &str,
        rich_links: bool,
        how: &Composing<'_>,
        gathered: &mut Gathered<'_>,
    ) -> Result<Option<Composed>, Problem> {
        let empty = Map::new();
        let map = content.as_object().unwrap_or(&empty);
        let Gathered { faults, cuts, warnings, .. } = gathered;
        if kind == ContentType::Text && !text::has_files(map) {
            let words = text::read(map, at.to_owned(), how.truncate, cuts, faults);
            return Ok(words.map(|words| match text::parts(&words, how) {
                Some(parts) if rich_links => Composed::Choice(Choice { kind, parts }),
                _ => Composed::Words(words),
            }));
        }
        let mut content = Cow::Borrowed(content);
        if kind == ContentType::Raw {
            if raw::is_unchecked(&content, at, faults) {
                self.principal.require(Scope::SendUnchecked).map_err(|problem| {
                    problem.detail("`unchecked` takes a key with the scope send_unchecked.")
                })?;
                let draft = raw::unchecked(map, at.to_owned(), how, warnings, faults);
                return Ok(draft.map(|part| Composed::Choice(Choice { kind, parts: vec![part] })));
            }
            if let Some(plain) = raw::without_flag(&content) {
                content = Cow::Owned(plain);
            }
        }
        Ok(match compose(kind, &content, at, how) {
            Ok(composed) => {
                cuts.extend(composed.cuts);
                warnings.extend(composed.warnings);
                let parts = if kind == ContentType::Text && rich_links {
                    text::parts_with_files(composed.draft, how)
                } else {
                    vec![composed.draft]
                };
                Some(Composed::Choice(Choice { kind, parts }))
            }
            Err(found) => {
                faults.extend(found);
                None
            }
        })
    }

    async fn filled(
        &self,
        content: &Value,
        at: &str,
        faults: &mut Faults,
    ) -> Result<Option<(ContentType, Value)>, PortError> {
        let empty = Map::new();
        let mut reader = Reader::at(content.as_object().unwrap_or(&empty), at.to_owned());
        let name = reader.parsed("name", |text| Ok::<_, &str>(text.to_owned()), faults);
        let version = version(&mut reader, faults);
        let locale = reader.optional_text("locale", MAX_LOCALE, faults);
        let variables = match reader.optional("variables") {
            None => Some(&empty),
            Some(Value::Object(map)) => Some(map),
            Some(_) => {
                let message = "an object is expected";
                faults.push(Fault::new(reader.pointer("variables"), "type", message));
                None
            }
        };
        reader.finish(faults);
        let (Some(name), Some(version), Some(variables)) = (name, version, variables) else {
            return Ok(None);
        };
        let locale = locale.or(self.locale);
        let call = TemplateCall { name: &name, version, locale, variables };
        match fill(self.templates, &self.principal.tenant, &call, at).await? {
            Ok(filled) => Ok(Some((filled.kind, filled.content))),
            Err(found) => {
                faults.extend(found);
                Ok(None)
            }
        }
    }
}

/// `version`: absent, or a whole number from 1.
#[expect(clippy::option_option, reason = "the outer one is whether it is right")]
fn version(reader: &mut Reader<'_>, faults: &mut Faults) -> Option<Option<u32>> {
    let Some(value) = reader.optional("version") else { return Some(None) };
    let number = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n > 0);
    if number.is_none() {
        let message = "a whole number from 1 is expected";
        faults.push(Fault::new(reader.pointer("version"), "type", message));
    }
    number.map(Some)
}

fn typing(content: &Value, at: String, faults: &mut Faults) -> Option<TypingState> {
    let empty = Map::new();
    let mut reader = Reader::at(content.as_object().unwrap_or(&empty), at);
    let state = reader.parsed("state", typing_state, faults);
    reader.finish(faults);
    state
}

fn typing_state(text: &str) -> Result<TypingState, &'static str> {
    match text {
        "start" => Ok(TypingState::Start),
        "end" => Ok(TypingState::End),
        _ => Err("one of: start, end"),
    }
}

/// One message asks for one payment: all its choices share the identifier that the device repeats.
fn asks_once(composed: &[Composed], places: &[String], faults: &mut Faults) -> bool {
    let asks = |composed: &Composed| match composed {
        Composed::Choice(choice) => {
            let mut needs = choice.parts.iter().flat_map(|part| &part.needs);
            needs.any(|need| matches!(need, Need::Payment(_)))
        }
        Composed::Typing(_) | Composed::Words(_) => false,
    };
    let asking = composed.iter().zip(places).filter(|(composed, _)| asks(composed));
    let more: Vec<_> = asking.skip(1).map(|(_, at)| format!("{at}/type")).collect();
    let is_once = more.is_empty();
    for pointer in more {
        let message = "one message asks for one payment";
        faults.push(Fault::new(pointer, "fallback_type", message).fix("remove it"));
    }
    is_once
}

fn is_small_enough(content: &OutboundContent, faults: &mut Faults) -> bool {
    let OutboundContent::Choices { choices } = content else { return true };
    let bytes = json_size::of(choices);
    if bytes > MOST_BYTES {
        let message = "all that is to be said is too large together";
        let fault = Fault::new("", "content_bytes", message).limit(MOST_BYTES, bytes);
        faults.push(fault.fix("give fewer fallbacks, or name pictures by `url` or `uploadId`"));
    }
    bytes <= MOST_BYTES
}

/// A text alone that leaves as it is stays the plain row that it always was.
fn content(mut composed: Vec<Composed>, how: &Composing<'_>) -> OutboundContent {
    let choice = |composed| match composed {
        Composed::Choice(choice) => Some(choice),
        Composed::Words(words) => {
            let parts = vec![text::plain(&words, how)];
            Some(Choice { kind: ContentType::Text, parts })
        }
        // Only ever alone: the request says so.
        Composed::Typing(_) => None,
    };
    match composed.as_mut_slice() {
        [Composed::Typing(state)] => OutboundContent::Typing { state: *state },
        [Composed::Words(text)] => OutboundContent::Text { text: std::mem::take(text) },
        _ => {
            OutboundContent::Choices { choices: composed.into_iter().filter_map(choice).collect() }
        }
    }
}
