//! *Receive*: Apple's `POST /message`, from bytes to a durable row (design §5).
//!
//! The order of the checks is part of the contract: no byte of the body is inflated before the token
//! holds, and a request with two faults gets the status of the earlier check. What is left on the
//! path after them is one conditional put.

use amb_protocol::{
    gzip::{self, InflateError},
    id::{BusinessId, MspId},
    inbound::{Envelope, EnvelopeError, HeaderIds, MessageType},
    jwt::{self, JwtError},
};
use std::time::Duration;

use crate::{
    keyring::{KeyRing, KeyRingError, SecondLook},
    media_type::is_json,
    model::{
        BodyEncoding, Business, ConversationId, InboxMessage, InboxPointer, InboxSort, StoredBody,
        body_hash,
    },
    port::{AppleSecrets, Businesses, Clock, Commit, Entropy, Inbox, PortError},
    ttl_cache::TtlCache,
};

/// The largest body taken as it comes over the wire: what Lambda's 6 MB leave after base64.
pub const MAX_WIRE_BODY: usize = 4_718_592;

/// The largest body taken after inflating (design §5).
pub const MAX_INFLATED_BODY: usize = 8 * 1024 * 1024;

/// Receives messages from Apple.
#[derive(Debug)]
pub struct Receive<S, K, C> {
    msp: MspId,
    store: S,
    keys: KeyRing<K, C>,
    clock: C,
    businesses: TtlCache<BusinessId, Business>,
}

/// The parts of Apple's request that matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct InboundRequest<'a> {
    /// `Authorization`, several values joined by commas as API Gateway does.
    pub authorization: Option<&'a str>,
    /// `Content-Type`.
    pub content_type: Option<&'a str>,
    /// `Content-Encoding`.
    pub content_encoding: Option<&'a str>,
    /// `id`, `source-id` and `destination-id`.
    pub ids: HeaderIds<'a>,
    /// `capability-list`.
    pub capability_list: Option<&'a str>,
}

/// A message that is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Where it lies.
    pub pointer: InboxPointer,
    /// Apple's `type`.
    pub kind: String,
    /// What the commit came to.
    pub commit: Commit,
}

/// Why a request is refused. Nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// No Bearer token.
    #[error("there is no Bearer token")]
    NoToken,
    /// Another scheme than Bearer.
    #[error("the scheme is not Bearer")]
    WrongScheme,
    /// The token does not hold.
    #[error("the token does not hold")]
    BadToken(#[source] JwtError),
    /// The token may be signed with a key that is too new to be known here.
    #[error("the token cannot be judged right now")]
    TokenUndecided,
    /// Not JSON in UTF-8.
    #[error("the content type is not JSON in UTF-8")]
    ContentType,
    /// Neither gzip nor identity.
    #[error("the content encoding is neither gzip nor identity")]
    ContentEncoding,
    /// Larger than taken, as it is or inflated.
    #[error("the body is too large")]
    TooLarge,
    /// Not gzip, though it says so, or damaged.
    #[error("the body cannot be inflated")]
    BadGzip,
    /// Nothing in it.
    #[error("the body is empty")]
    Empty,
    /// Not a message, not one for us, or not the one that the headers name.
    #[error("the body is not a message for us")]
    Envelope(#[source] EnvelopeError),
    /// Nobody here is this business.
    #[error("the business is unknown")]
    UnknownBusiness,
    /// Apple's secret has not been set, or could not be read.
    #[error("there are no keys to verify with")]
    NoKeys(#[source] KeyRingError),
    /// The store did not answer.
    #[error("the store did not answer")]
    Store(#[source] PortError),
}

impl Refusal {
    /// The HTTP status, in Apple's own vocabulary (spec/reliability §2.10).
    pub fn status(&self) -> u16 {
        match self {
            Self::NoToken | Self::WrongScheme => 401,
            Self::BadToken(_) => 403,
            Self::TooLarge => 413,
            Self::ContentType | Self::ContentEncoding => 415,
            Self::BadGzip | Self::Empty => 400,
            Self::Envelope(error) => error.status(),
            Self::UnknownBusiness => 404,
            Self::TokenUndecided | Self::NoKeys(_) | Self::Store(_) => 503,
        }
    }

    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoToken => "auth_missing",
            Self::WrongScheme => "auth_scheme",
            Self::BadToken(_) => "auth_invalid",
            Self::TokenUndecided => "auth_undecided",
            Self::ContentType => "content_type",
            Self::ContentEncoding => "content_encoding",
            Self::TooLarge => "too_large",
            Self::BadGzip => "bad_gzip",
            Self::Empty => "empty",
            Self::Envelope(error) => error.code(),
            Self::UnknownBusiness => "unknown_business",
            Self::NoKeys(_) | Self::Store(_) => "unavailable",
        }
    }
}

impl<S, K, C> Receive<S, K, C>
where
    S: Inbox + Businesses,
    K: AppleSecrets,
    C: Clock + Entropy + Clone,
{
    /// How long a business that was found is taken as known, and one that was not as unknown.
    const BUSINESS_LIFE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(10));
    const BUSINESSES_REMEMBERED: usize = 4096;

    /// Receives for this MSP.
    pub fn new(msp: MspId, store: S, secrets: K, clock: C) -> Self {
        let (positive, negative) = Self::BUSINESS_LIFE;
        Self {
            msp,
            store,
            keys: KeyRing::new(secrets, clock.clone()),
            clock,
            businesses: TtlCache::new(positive, negative, Self::BUSINESSES_REMEMBERED),
        }
    }

    /// Takes one request.
    pub async fn receive(
        &self,
        request: InboundRequest<'_>,
        body: Vec<u8>,
    ) -> Result<Received, Refusal> {
        if body.len() > MAX_WIRE_BODY {
            return Err(Refusal::TooLarge);
        }
        self.authenticate(bearer(request.authorization)?).await?;
        // Apple always names it; a body without one is judged by what it is (M101).
        if request.content_type.is_some_and(|value| !is_json(value)) {
            return Err(Refusal::ContentType);
        }
        let encoding = body_encoding(request.content_encoding, &body)?;
        let inflated = inflate(encoding, &body)?;
        let json = inflated.as_deref().unwrap_or(&body);
        if json.iter().all(u8::is_ascii_whitespace) {
            return Err(Refusal::Empty);
        }
        let envelope = Envelope::parse(json).map_err(Refusal::Envelope)?;
        let hash = body_hash(json);
        let stored = StoredBody { encoding, bytes: body, hash };
        envelope.agree(request.ids).map_err(Refusal::Envelope)?;
        let business = self.business(&envelope.destination).await?;
        let message = self.inbox_message(&request, envelope, business, stored);
        let commit = self.store.commit(&message).await.map_err(Refusal::Store)?;
        Ok(Received { pointer: message.pointer, kind: message.kind, commit })
    }

    async fn authenticate(&self, token: &str) -> Result<(), Refusal> {
        let now = self.clock.now().as_second();
        let inspected = jwt::inspect(token, &self.msp, now).map_err(Refusal::BadToken)?;
        let keys = self.keys.accepted().await.map_err(Refusal::NoKeys)?;
        let Err(error) = inspected.verify(&keys) else { return Ok(()) };
        match self.keys.second_look().await {
            Ok(SecondLook::Changed(keys)) => {
                inspected.verify(&keys).map(drop).map_err(Refusal::BadToken)
            }
            Ok(SecondLook::Same) => Err(Refusal::BadToken(error)),
            Ok(SecondLook::Suppressed) | Err(_) => Err(Refusal::TokenUndecided),
        }
    }

    async fn business(&self, id: &BusinessId) -> Result<Business, Refusal> {
        let now = self.clock.now();
        let known = match self.businesses.recall(id, now) {
            Some(known) => known,
            None => {
                let found = self.store.business(id).await.map_err(Refusal::Store)?;
                self.businesses.remember(id.clone(), found.clone(), now);
                found
            }
        };
        known.ok_or(Refusal::UnknownBusiness)
    }

    fn inbox_message(
        &self,
        request: &InboundRequest<'_>,
        envelope: Envelope,
        business: Business,
        body: StoredBody,
    ) -> InboxMessage {
        let now = self.clock.now();
        let sort = match envelope.kind {
            MessageType::TypingStart => InboxSort::typing(true, now),
            MessageType::TypingEnd => InboxSort::typing(false, now),
            _ => InboxSort::Message(envelope.id),
        };
        let conversation = ConversationId::of(&envelope.destination, &envelope.source);
        InboxMessage {
            pointer: InboxPointer { tenant: business.tenant, conversation, sort },
            id: envelope.id,
            business: envelope.destination,
            opaque: envelope.source,
            kind: envelope.kind.as_str().to_owned(),
            capability_list: request.capability_list.map(str::to_owned),
            body,
            received_at: now,
        }
    }
}

fn bearer(authorization: Option<&str>) -> Result<&str, Refusal> {
    let value = authorization.filter(|value| !value.is_empty()).ok_or(Refusal::NoToken)?;
    let scheme = value.get(..6).filter(|scheme| scheme.eq_ignore_ascii_case("bearer"));
    let rest = scheme.and_then(|_| value.get(6..)).ok_or(Refusal::WrongScheme)?;
    match rest.strip_prefix(' ') {
        Some("") => Err(Refusal::NoToken),
        None if rest.is_empty() => Err(Refusal::NoToken),
        Some(token) => Ok(token),
        // `Bearer<TAB>x`, `Bearerx`: a token of sorts, and not one we take.
        None => Err(Refusal::BadToken(JwtError::Format)),
    }
}

fn body_encoding(header: Option<&str>, body: &[u8]) -> Result<BodyEncoding, Refusal> {
    match header.map(|value| value.trim().to_ascii_lowercase()).as_deref() {
        Some("gzip") => Ok(BodyEncoding::Gzip),
        // Apple compresses by rule; a lost header must not lose a message (M107).
        None | Some("" | "identity") if gzip::is_gzip(body) => Ok(BodyEncoding::Gzip),
        None | Some("" | "identity") => Ok(BodyEncoding::Identity),
        Some(_) => Err(Refusal::ContentEncoding),
    }
}

/// The inflated body, or nothing where it is plain already.
fn inflate(encoding: BodyEncoding, body: &[u8]) -> Result<Option<Vec<u8>>, Refusal> {
    match encoding {
        BodyEncoding::Identity => Ok(None),
        BodyEncoding::Gzip => match gzip::inflate(body, MAX_INFLATED_BODY) {
            Ok(inflated) => Ok(Some(inflated)),
            Err(InflateError::TooLarge { .. }) => Err(Refusal::TooLarge),
            Err(InflateError::BadGzip) => Err(Refusal::BadGzip),
        },
    }
}
