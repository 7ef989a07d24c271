//! Posts messages to Apple's gateway.

use std::{sync::Mutex, time::Duration};

use amb_protocol::{
    gateway::{self, GatewayStatus},
    id::MspId,
    jwt::{self, ApiSecret},
    outbound::Message,
};
use amb_service::port::{Clock, Gateway, GatewayAnswer, GatewayError};
use reqwest::{
    Method, Request,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};

use crate::{
    EndpointUrl, Policy,
    client::{Pool, WalledClient},
    exchange::{self, Limits, Reply},
    resolver::{Lookup, SystemLookup},
    retry_after::retry_after,
};

/// Apple's gateway, for one Messaging Service Provider.
///
/// It goes through the same wall as a webhook, although its URL comes from the deployer: a wrong
/// setting cannot point it at the inside either.
#[derive(Debug)]
pub struct AppleGateway<C> {
    client: WalledClient,
    base: EndpointUrl,
    msp: MspId,
    clock: C,
    token: Mutex<Option<CachedToken>>,
    limits: Limits,
}

/// A token that is still good, and the key it was signed with.
#[derive(Debug)]
struct CachedToken {
    fingerprint: String,
    minted_at: i64,
    authorization: HeaderValue,
}

impl<C: Clock> AppleGateway<C> {
    /// The gateway below `base`, such as `https://mspgw.push.apple.com/v1`.
    pub fn new(base: EndpointUrl, msp: MspId, clock: C, policy: Policy) -> Self {
        Self::with_lookup(base, msp, clock, policy, SystemLookup)
    }

    /// The gateway, with names resolved another way.
    pub fn with_lookup(
        base: EndpointUrl,
        msp: MspId,
        clock: C,
        policy: Policy,
        lookup: impl Lookup,
    ) -> Self {
        let client = WalledClient::new(policy, lookup, Pool::Idle(POOL_IDLE));
        Self { client, base, msp, clock, token: Mutex::new(None), limits: LIMITS }
    }

    fn request(&self, message: &Message, authorization: HeaderValue) -> Request {
        let mut request = Request::new(Method::POST, self.base.below("message").to_url());
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, authorization);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in message.headers() {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        *request.body_mut() = Some(message.to_json().into());
        request
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

    fn forget_token(&self) {
        *self.token.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = None;
    }
}

impl<C: Clock> Gateway for AppleGateway<C> {
    async fn post_message(
        &self,
        message: &Message,
        key: &ApiSecret,
    ) -> Result<GatewayAnswer, GatewayError> {
        let authorization = self.authorization(key).ok_or(GatewayError::NotSent)?;
        let request = self.request(message, authorization);
        match exchange::exchange(&self.client, request, &self.limits).await {
            Ok(reply) => {
                let answer = answer(&reply);
                if answer.status == GatewayStatus::Unauthorized {
                    self.forget_token();
                }
                Ok(answer)
            }
            Err(failure) => {
                tracing::warn!(
                    code = failure.error.code(),
                    may_have_sent = failure.may_have_sent,
                    "Apple's gateway gave no answer"
                );
                Err(if failure.may_have_sent {
                    GatewayError::Unanswered
                } else {
                    GatewayError::NotSent
                })
            }
        }
    }
}

fn answer(reply: &Reply) -> GatewayAnswer {
    let text = exchange::excerpt(&reply.body, DETAIL_CHARS);
    GatewayAnswer {
        status: gateway::classify(reply.status),
        retry_after: retry_after(&reply.headers),
        detail: (!text.is_empty()).then_some(text),
    }
}

/// reliability §8.6: connect 2 s, whole 10 s, as in Apple's samples.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    headers: Duration::from_secs(10),
    body: Duration::from_secs(2),
    total: Duration::from_secs(10),
    body_bytes: 16 * 1024,
};
/// Apple refuses a token whose `iat` is more than an hour old (Apple, Authorizing with the MSP API);
/// half of that leaves room for clocks and for a request that waits. Seconds.
const TOKEN_LIFE: i64 = 30 * 60;
const POOL_IDLE: Duration = Duration::from_secs(20);
const DETAIL_CHARS: usize = 512;

#[cfg(test)]
mod tests;
