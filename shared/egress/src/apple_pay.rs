//! Asks Apple for merchant sessions, by mutual TLS with the merchant's own certificate
//! (spec/payments §1.2; Apple, Requesting an Apple Pay payment session).

use std::{borrow::Cow, sync::Arc, time::Duration};

use amb_service::{
    model::{Channel, SessionIdentifier},
    port::{Clock, MerchantSecrets, MerchantSession, MerchantSessions, SessionAsk, SessionError},
};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use reqwest::{
    Method, Request,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde::Serialize;
use tokio::time;
use url::Url;

use self::{
    answer::{refusal, session},
    identity::{Identities, Identity},
};
use crate::{
    CallError, EndpointUrl, Policy, TlsFault, UrlFault,
    client::{Pool, WalledClient},
    exchange::{self, Limits, Reply},
    merchant_keys::MerchantKeys,
    resolver::{Lookup, SystemLookup},
};

mod answer;
mod identity;

/// Apple's two gateways for merchant sessions. No other host is ever asked: for Messages there is no
/// validation URL that anybody could hand in.
#[derive(Debug)]
pub struct ApplePayGateway<K, C> {
    /// What each merchant's own client is made from.
    plain: WalledClient,
    keys: MerchantKeys<K>,
    identities: Identities,
    clock: C,
    elsewhere: Option<EndpointUrl>,
    patience: Duration,
}

/// What Apple is asked.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    merchant_identifier: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    domain_name: Option<&'a str>,
    display_name: &'a str,
    initiative: &'static str,
    initiative_context: &'a str,
}

impl<K: MerchantSecrets, C: Clock> ApplePayGateway<K, C> {
    /// Apple's gateways.
    pub fn new(secrets: K, clock: C, policy: Policy) -> Self {
        Self::with_lookup(secrets, clock, policy, SystemLookup)
    }

    /// Apple's gateways, with names resolved another way.
    pub fn with_lookup(secrets: K, clock: C, policy: Policy, lookup: impl Lookup) -> Self {
        Self {
            plain: WalledClient::new(policy, lookup, Pool::Idle(POOL_IDLE)),
            keys: MerchantKeys::new(secrets),
            identities: Identities::default(),
            clock,
            elsewhere: None,
            patience: PATIENCE,
        }
    }

    /// Asks a server on this machine in place of Apple's, where the policy allows loopback; anything
    /// else is refused.
    pub fn at_loopback(mut self, base: &str) -> Result<Self, UrlFault> {
        self.elsewhere = Some(EndpointUrl::loopback(base, self.plain.policy())?);
        Ok(self)
    }

    /// The merchant's own client.
    async fn identity(&self, ask: &SessionAsk<'_>) -> Result<Arc<Identity>, SessionError> {
        let now = self.clock.now();
        let secret = self.keys.get(ask.tenant, ask.identity, now).await?;
        let secret = secret.ok_or(SessionError::Certificate("there is no such secret"))?;
        let identity = self.identities.of(&self.plain, ask.tenant, ask.identity, &secret)?;
        if let Some(days_left) = identity.warn_at(now) {
            tracing::warn!(
                tenant = %ask.tenant,
                merchant = %ask.merchant,
                days_left,
                "certificate_expiring"
            );
        }
        if identity.not_after() <= now {
            return Err(SessionError::Certificate("it has expired"));
        }
        Ok(identity)
    }

    async fn made(&self, ask: &SessionAsk<'_>) -> Result<MerchantSession, SessionError> {
        let deadline = time::Instant::now() + self.patience;
        let identity = self.identity(ask).await?;
        let mut ended = SessionError::Unavailable;
        for tries_left in (0..TRIES).rev() {
            let left = deadline.saturating_duration_since(time::Instant::now());
            // A try leaves time for the next: one that hangs may be the only one that does.
            let within = if tries_left == 0 { left } else { left / 2 };
            if within.is_zero() {
                break;
            }
            let limits = Limits { headers: within, body: within, total: within, ..LIMITS };
            let request = self.request(ask)?;
            match exchange::exchange(identity.client(), request, &limits).await {
                Ok(reply) if is_worth_another_try(&reply) => ended = SessionError::Unavailable,
                Ok(reply) if reply.status == 200 => match session(&reply, ask.initiative_context) {
                    Err(SessionError::Unavailable) => ended = SessionError::Unavailable,
                    settled => return settled,
                },
                Ok(reply) => return Err(refusal(&reply)),
                Err(failure) => {
                    tracing::warn!(code = failure.error.code(), "Apple made no merchant session");
                    ended = match failure.error {
                        CallError::Tls(TlsFault::Handshake) => {
                            SessionError::Certificate("Apple ended the TLS handshake with it")
                        }
                        _ => SessionError::Unavailable,
                    };
                }
            }
        }
        Err(ended)
    }

    fn request(&self, ask: &SessionAsk<'_>) -> Result<Request, SessionError> {
        let context = Url::parse(ask.initiative_context).ok();
        let question = Question {
            merchant_identifier: named(ask),
            domain_name: context.as_ref().and_then(Url::host_str),
            display_name: ask.display_name,
            initiative: "messaging",
            initiative_context: ask.initiative_context,
        };
        let body =
            serde_json::to_vec(&question).map_err(|_unwritable| SessionError::Unavailable)?;
        let mut request = Request::new(Method::POST, self.url(ask.channel));
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.into());
        Ok(request)
    }

    fn url(&self, channel: Channel) -> Url {
        match (&self.elsewhere, channel) {
            (Some(base), _) => base.below("paymentservices").below("paymentSession").to_url(),
            (None, Channel::World) => apple(WORLD),
            (None, Channel::China) => apple(CHINA),
        }
    }
}

impl<K: MerchantSecrets, C: Clock> MerchantSessions for ApplePayGateway<K, C> {
    async fn merchant_session(
        &self,
        ask: &SessionAsk<'_>,
    ) -> Result<MerchantSession, SessionError> {
        let made = self.made(ask).await;
        if let Err(SessionError::Certificate(why)) = &made {
            tracing::error!(tenant = %ask.tenant, merchant = %ask.merchant, why, "session_refused");
        }
        made
    }
}

/// The merchant, as Apple wants to be told.
fn named<'a>(ask: &SessionAsk<'a>) -> Cow<'a, str> {
    let merchant = ask.merchant.as_str();
    match ask.identifier {
        SessionIdentifier::Plain => merchant.into(),
        SessionIdentifier::Sha256 => {
            HEXLOWER.encode(digest::digest(&digest::SHA256, merchant.as_bytes()).as_ref()).into()
        }
    }
}

fn is_worth_another_try(reply: &Reply) -> bool {
    reply.status >= 500 || reply.status == 429
}

#[expect(clippy::expect_used, reason = "both are URLs, and a test reads them")]
fn apple(url: &'static str) -> Url {
    Url::parse(url).expect("Apple's URL is one")
}

const WORLD: &str = "https://apple-pay-gateway.apple.com/paymentservices/paymentSession";
const CHINA: &str = "https://cn-apple-pay-gateway.apple.com/paymentservices/paymentSession";

/// spec/payments §1.2: after a 5xx or a time-out twice again, eight seconds in all.
const PATIENCE: Duration = Duration::from_secs(8);
const TRIES: u32 = 3;
const POOL_IDLE: Duration = Duration::from_secs(20);

/// What depends on the time left is set for each try. One byte more is read than may be there.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(3),
    headers: Duration::ZERO,
    body: Duration::ZERO,
    total: Duration::ZERO,
    body_bytes: answer::MOST_BYTES + 1,
};

#[cfg(test)]
mod tests;
