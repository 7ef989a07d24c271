//! What every call to Apple's gateway needs: the way there, and the token that it wants to see.

use std::{sync::Mutex, time::Duration};

use amb_protocol::{
    gateway::{self, GatewayStatus},
    id::MspId,
    jwt::{self, ApiSecret},
};
use amb_service::port::Clock;
use reqwest::{
    Method, Request,
    header::{AUTHORIZATION, HeaderValue},
};

use crate::{
    EndpointUrl, Policy,
    client::{Pool, WalledClient},
    resolver::Lookup,
};

/// The gateway's door, for one Messaging Service Provider.
#[derive(Debug)]
pub(super) struct Access<C> {
    client: WalledClient,
    base: EndpointUrl,
    msp: MspId,
    clock: C,
    token: Mutex<Option<CachedToken>>,
}

/// A token that is still good, and the key it was signed with.
#[derive(Debug)]
struct CachedToken {
    fingerprint: String,
    minted_at: i64,
    authorization: HeaderValue,
}

impl<C: Clock> Access<C> {
    pub(super) fn new(
        base: EndpointUrl,
        msp: MspId,
        clock: C,
        policy: Policy,
        lookup: impl Lookup,
    ) -> Self {
        let client = WalledClient::new(policy, lookup, Pool::Idle(POOL_IDLE));
        Self { client, base, msp, clock, token: Mutex::new(None) }
    }

    pub(super) fn client(&self) -> &WalledClient {
        &self.client
    }

    /// A request to this path below the base, with its `Authorization`; none if no token can be made.
    pub(super) fn request(&self, method: Method, path: &str, key: &ApiSecret) -> Option<Request> {
        let authorization = self.authorization(key)?;
        let mut request = Request::new(method, self.base.below(path).to_url());
        request.headers_mut().insert(AUTHORIZATION, authorization);
        Some(request)
    }

    /// A token that Apple refused is not used again.
    pub(super) fn answered(&self, status: u16) {
        if gateway::classify(status) == GatewayStatus::Unauthorized {
            *self.token.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
        }
    }

    /// The `Authorization` header for this key: minted anew after [`TOKEN_LIFE`], for another key,
    /// and when the clock went backwards.
    fn authorization(&self, key: &ApiSecret) -> Option<HeaderValue> {
        let now = self.clock.now().as_second();
        let fingerprint = key.fingerprint();
        let mut cached = self.token.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(token) = cached.as_ref()
            && token.fingerprint == fingerprint
            && (0..TOKEN_LIFE).contains(&(now - token.minted_at))
        {
            return Some(token.authorization.clone());
        }
        let minted = jwt::mint(&self.msp, key, now).ok()?;
        let mut authorization =
            HeaderValue::try_from(format!("Bearer {}", minted.expose())).ok()?;
        authorization.set_sensitive(true);
        *cached =
            Some(CachedToken { fingerprint, minted_at: now, authorization: authorization.clone() });
        Some(authorization)
    }

    #[cfg(test)]
    pub(super) fn clock(&self) -> &C {
        &self.clock
    }
}

/// Apple refuses a token whose `iat` is more than an hour old (Apple, Authorizing with the MSP API);
/// half of that leaves room for clocks and for a request that waits. Seconds.
const TOKEN_LIFE: i64 = 30 * 60;
const POOL_IDLE: Duration = Duration::from_secs(20);
