//! Who is calling the business API: API keys, their text, and what they open.
//!
//! A key reads `amb_live_<id>_<secret><checksum>`: the prefix and the checksum let a scanner find a
//! leaked one; of the whole only the SHA-256 is kept.

use amb_protocol::secret::Secret;
use data_encoding::HEXLOWER;
use std::{collections::BTreeSet, time::Duration};
use subtle::ConstantTimeEq;

use crate::{
    model::{ApiKey, ApiKeyId, Business, Mode, Scope, TenantId, base32_id, body_hash},
    port::{ApiKeys, Clock, Entropy, PortError},
    problem::Problem,
    ttl_cache::TtlCache,
};

/// Somebody who showed a key that opens something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The tenant they act for.
    pub tenant: TenantId,
    /// Which businesses they may act on; none means both (the operator).
    pub mode: Option<Mode>,
    /// What they may do.
    pub scopes: BTreeSet<Scope>,
}

impl Principal {
    /// Lets them pass if they have the scope.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.contains(&scope) { Ok(()) } else { Err(Problem::missing_scope()) }
    }

    /// Lets them act on a business: theirs, and of their mode. Somebody else's does not exist.
    pub fn on(&self, business: Option<Business>) -> Result<Business, Problem> {
        let business = business.filter(|business| business.tenant == self.tenant);
        let business = business.ok_or_else(Problem::not_found)?;
        match self.mode {
            Some(mode) if mode != business.mode => Err(Problem::wrong_mode()),
            _ => Ok(business),
        }
    }
}

/// Checks API keys.
#[derive(Debug)]
pub struct Access<S, C> {
    store: S,
    clock: C,
    keys: TtlCache<ApiKeyId, ApiKey>,
}

impl<S: ApiKeys, C: Clock> Access<S, C> {
    /// A revoked key is dead everywhere within this time (F149); an unknown one is asked for again
    /// after the second.
    const LIFE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(10));
    const KEYS_REMEMBERED: usize = 4096;

    /// Checks against this store.
    pub fn new(store: S, clock: C) -> Self {
        let (positive, negative) = Self::LIFE;
        Self { store, clock, keys: TtlCache::new(positive, negative, Self::KEYS_REMEMBERED) }
    }

    /// Who shows this `Authorization` header. Every refusal reads the same.
    pub async fn authenticate(&self, authorization: Option<&str>) -> Result<Principal, Problem> {
        let text = bearer(authorization).ok_or_else(Problem::unauthenticated)?;
        let shown = KeyText::parse(text).ok_or_else(Problem::unauthenticated)?;
        let now = self.clock.now();
        let known = self.find(&shown.id).await?;
        let hash = hash_of(text);
        let matches = known.filter(|key| {
            let same: bool = key.hash.as_bytes().ct_eq(hash.as_bytes()).into();
            same && key.mode == shown.mode && key.is_live(now)
        });
        let key = matches.ok_or_else(Problem::unauthenticated)?;
        Ok(Principal { tenant: key.tenant, mode: Some(key.mode), scopes: key.scopes })
    }

    async fn find(&self, id: &ApiKeyId) -> Result<Option<ApiKey>, PortError> {
        let now = self.clock.now();
        if let Some(known) = self.keys.recall(id, now) {
            return Ok(known);
        }
        let found = self.store.api_key(id).await?;
        self.keys.remember(id.clone(), found.clone(), now);
        Ok(found)
    }
}

/// The token of a Bearer header.
pub fn bearer(authorization: Option<&str>) -> Option<&str> {
    let (scheme, token) = authorization?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

/// The id in a key's text; none if it is no key's.
pub fn key_id(text: &str) -> Option<ApiKeyId> {
    KeyText::parse(text).map(|shown| shown.id)
}

/// Draws a key: its id, and its text, which is shown once.
pub fn draw_key(mode: Mode, entropy: &impl Entropy) -> (ApiKeyId, Secret<String>) {
    let id = ApiKeyId::draw(entropy);
    let mut secret = String::with_capacity(52);
    for _ in 0..2 {
        let mut bytes = [0; 16];
        entropy.fill(&mut bytes);
        secret.push_str(&base32_id(&bytes));
    }
    let body = id.as_str().strip_prefix(ApiKeyId::PREFIX).unwrap_or_default();
    let unchecked = format!("{}{body}_{secret}", prefix(mode));
    let checksum = checksum(&unchecked);
    (id, Secret::new(unchecked + &checksum))
}

/// What is kept of a key.
pub fn hash_of(text: &str) -> String {
    HEXLOWER.encode(&body_hash(text.as_bytes()))
}

struct KeyText {
    id: ApiKeyId,
    mode: Mode,
}

impl KeyText {
    const CHECKSUM: usize = 6;

    fn parse(text: &str) -> Option<Self> {
        let (mode, rest) = [Mode::Live, Mode::Test]
            .into_iter()
            .find_map(|mode| Some((mode, text.strip_prefix(prefix(mode))?)))?;
        let (id, _) = rest.split_once('_')?;
        let (unchecked, shown) = text.split_at_checked(text.len().checked_sub(Self::CHECKSUM)?)?;
        let id = ApiKeyId::parse(&format!("{}{id}", ApiKeyId::PREFIX)).ok()?;
        (checksum(unchecked) == shown).then_some(Self { id, mode })
    }
}

fn prefix(mode: Mode) -> &'static str {
    match mode {
        Mode::Live => "amb_live_",
        Mode::Test => "amb_test_",
    }
}

fn checksum(unchecked: &str) -> String {
    let hash = body_hash(unchecked.as_bytes());
    HEXLOWER.encode(&hash).chars().take(KeyText::CHECKSUM).collect()
}
