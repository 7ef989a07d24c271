//! Posts messages to Apple's gateway; [`content`] takes files from Apple's content store and brings
//! them there.

use std::time::Duration;

use amb_protocol::{
    compose::Channel,
    gateway::{self, GatewayStatus},
    id::MspId,
    jwt::ApiSecret,
    outbound::Message,
};
use amb_service::port::{AppClipLink, Clock, Constructed, Gateway, GatewayAnswer, GatewayError};
use reqwest::{
    Method, Request,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde_json::{Map, Value, json};

use self::access::Access;
use crate::{
    EndpointUrl, Policy,
    exchange::{self, Limits, Reply},
    resolver::{Lookup, SystemLookup},
    retry_after::retry_after,
};

mod access;
pub mod content;

/// Apple's gateway, for one Messaging Service Provider.
///
/// It goes through the same wall as a webhook, although its URL comes from the deployer: a wrong
/// setting cannot point it at the inside either.
#[derive(Debug)]
pub struct AppleGateway<C> {
    access: Access<C>,
    limits: Limits,
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
        Self { access: Access::new(base, msp, clock, policy, lookup), limits: LIMITS }
    }

    fn post(&self, path: &str, body: Vec<u8>, key: &ApiSecret) -> Result<Request, GatewayError> {
        let mut request =
            self.access.request(Method::POST, path, key).ok_or(GatewayError::NotSent)?;
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.into());
        Ok(request)
    }

    fn request(&self, message: &Message, key: &ApiSecret) -> Result<Request, GatewayError> {
        let path = match message.channel() {
            Channel::Message | Channel::Notification => "message",
            Channel::Authenticate => "authenticate",
        };
        let mut request = self.post(path, message.to_json(), key)?;
        let headers = request.headers_mut();
        for (name, value) in message.headers() {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        Ok(request)
    }

    /// Sends a request; a key that Apple refuses is not used again from the cache.
    async fn exchange(&self, request: Request) -> Result<Reply, GatewayError> {
        match exchange::exchange(self.access.client(), request, &self.limits).await {
            Ok(reply) => {
                self.access.answered(reply.status);
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
}

impl<C: Clock> Gateway for AppleGateway<C> {
    async fn post_message(
        &self,
        message: &Message,
        key: &ApiSecret,
    ) -> Result<GatewayAnswer, GatewayError> {
        let reply = self.exchange(self.request(message, key)?).await?;
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
        // `version` has to leave as `1.0`: a JSON number with a decimal (spec/apple-protocol §3.5).
        let body = json!({
            "type": "link",
            "link": { "url": link.url, "storeRegion": link.store_region },
            "version": 1.0,
        });
        let mut request = self.post("constructPayload", body.to_string().into_bytes(), key)?;
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
const DETAIL_CHARS: usize = 512;

#[cfg(test)]
mod tests;
