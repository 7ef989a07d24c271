//! Posts messages to Apple's gateway.

use std::{sync::Mutex, time::Duration};

use amb_protocol::{
    compose::Channel,
    gateway::{self, GatewayStatus},
    id::MspId,
    jwt::{self, ApiSecret},
    outbound::Message,
};
use amb_service::port::{AppClipLink, Clock, Constructed, Gateway, GatewayAnswer, GatewayError};
use reqwest::{
    Method, Request,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde_json::{Map, Value, json};

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

    fn post(&self, path: &str, authorization: HeaderValue, body: Vec<u8>) -> Request {
        let mut request = Request::new(Method::POST, self.base.below(path).to_url());
        let headers = request.headers_mut();
        headers.insert(AUTHORIZATION, authorization);
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.into());
        request
    }

    fn request(&self, message: &Message, authorization: HeaderValue) -> Request {
        let path = match message.channel() {
            Channel::Message | Channel::Notification => "message",
            Channel::Authenticate => "authenticate",
        };
        let mut request = self.post(path, authorization, message.to_json());
        let headers = request.headers_mut();
        for (name, value) in message.headers() {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
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

    /// Sends a request; a key that Apple refuses is not used again from the cache.
    async fn exchange(&self, request: Request) -> Result<Reply, GatewayError> {
        match exchange::exchange(&self.client, request, &self.limits).await {
            Ok(reply) => {
                if gateway::classify(reply.status) == GatewayStatus::Unauthorized {
                    self.forget_token();
                }
                Ok(reply)
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
        let reply = self.exchange(self.request(message, authorization)).await?;
        let mut answer = answer(&reply);
        if answer.status == GatewayStatus::Accepted && message.include_data_ref {
            answer.data_ref = member(&reply, "dataRef");
        }
        Ok(answer)
    }

    async fn construct_payload(
        &self,
        link: &AppClipLink,
        key: &ApiSecret,
    ) -> Result<Constructed, GatewayError> {
        let authorization = self.authorization(key).ok_or(GatewayError::NotSent)?;
        // `version` has to leave as `1.0`: a JSON number with a decimal (spec/apple-protocol §3.5).
        let body = json!({
            "type": "link",
            "link": { "url": link.url, "storeRegion": link.store_region },
            "version": 1.0,
        });
        let mut request =
            self.post("constructPayload", authorization, body.to_string().into_bytes());
        if let Ok(business) = HeaderValue::try_from(link.business.as_str()) {
            request.headers_mut().insert("source-id", business);
        }
        let reply = self.exchange(request).await?;
        let reference = match gateway::classify(reply.status) {
            GatewayStatus::Accepted => member(&reply, "richLinkDataRef"),
            _ => None,
        };
        Ok(reference.map_or_else(|| Constructed::Not(answer(&reply)), Constructed::Reference))
    }
}

/// An object among the members of an answer's body.
fn member(reply: &Reply, name: &str) -> Option<Map<String, Value>> {
    let mut body: Map<String, Value> = serde_json::from_slice(&reply.body).ok()?;
    match body.remove(name) {
        Some(Value::Object(member)) => Some(member),
        _ => None,
    }
}

fn answer(reply: &Reply) -> GatewayAnswer {
    let text = exchange::excerpt(&reply.body, DETAIL_CHARS);
    GatewayAnswer {
        status: gateway::classify(reply.status),
        retry_after: retry_after(&reply.headers),
        detail: (!text.is_empty()).then_some(text),
        data_ref: None,
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
