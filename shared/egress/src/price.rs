//! Asks a business's own server what the customer's choices cost (spec/payments §5).
//!
//! # The contract
//!
//! The server is asked with `POST {url}`, [signed](crate::signed), whenever the customer chose something
//! that nobody has priced yet:
//!
//! ```json
//! {"business":"…","payment":"pay_…","reference":"1001","currencyCode":"USD",
//!  "lineItems":[{"label":"Desk","amount":"199.00","type":"final"}],
//!  "total":{"label":"Example Shop","amount":"203.99","type":"final"},
//!  "shippingMethods":[{"identifier":"std","label":"Standard","detail":"3 days","amount":"4.99"}],
//!  "chosen":{"shippingMethod":"std","paymentType":"credit","shippingContact":{
//!    "countryCode":"US","administrativeArea":"CA","locality":"Cupertino","postalCode":"95014"}}}
//! ```
//!
//! `lineItems` are the goods, without delivery and tax; `total` is what was offered first;
//! `shippingMethods` are what the customer chooses from, and stay that unless the answer has
//! `newShippingMethods`: the offer's, or those that were told last, as long as the place is the same.
//! `reference`, `shippingMethods` and everything in `chosen` may be absent. It answers 200 with
//!
//! ```json
//! {"newTotal":{"amount":"220.41"},"newLineItems":[{"label":"Desk","amount":"199.00"},…],"tax":"16.42"}
//! ```
//!
//! or with `errors` ([`read_price_answer`](amb_protocol::apple_pay::read_price_answer) says what else may
//! be there), within six seconds: after some three and a half it is asked once more.

mod question;

use std::time::Duration;

use amb_service::port::{
    Clock, HOP_HEADER, MerchantSecrets, PriceAnswer, PriceAsk, PriceError, PriceSource,
};
use jiff::Timestamp;
use reqwest::{
    Method, Request,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use tokio::time;

use self::question::Question;
use crate::{
    CallError, EndpointUrl, Policy,
    client::{Pool, WalledClient},
    exchange::{self, Limits, Reply},
    merchant_keys::MerchantKeys,
    resolver::{Lookup, SystemLookup},
    signed::SharedKey,
};

/// Businesses' servers that say a price, behind the wall. Each call is [signed](crate::signed).
#[derive(Debug)]
pub struct BusinessPrices<K, C> {
    client: WalledClient,
    keys: MerchantKeys<K>,
    clock: C,
    patience: Duration,
}

/// Why one try gave no price.
enum Miss {
    /// Another try may do better.
    Again(PriceError),
    /// It would not.
    Final(PriceError),
}

impl<K: MerchantSecrets, C: Clock> BusinessPrices<K, C> {
    /// Prices behind the wall.
    pub fn new(secrets: K, clock: C, policy: Policy) -> Self {
        Self::with_lookup(secrets, clock, policy, SystemLookup)
    }

    /// Prices, with names resolved another way.
    pub fn with_lookup(secrets: K, clock: C, policy: Policy, lookup: impl Lookup) -> Self {
        Self {
            client: WalledClient::new(policy, lookup, Pool::Off),
            keys: MerchantKeys::new(secrets),
            clock,
            patience: PATIENCE,
        }
    }

    async fn key(&self, ask: &PriceAsk<'_>) -> Result<SharedKey, PriceError> {
        let secret = self.keys.get(ask.tenant, ask.signing, self.clock.now()).await;
        let secret = secret.map_err(|_unavailable| PriceError::NotAskable)?;
        secret.and_then(|text| SharedKey::of_secret(text.expose())).ok_or(PriceError::NotAskable)
    }

    async fn once(
        &self,
        url: &EndpointUrl,
        key: &SharedKey,
        body: &[u8],
        within: Duration,
    ) -> Result<PriceAnswer, Miss> {
        let mut request = Request::new(Method::POST, url.to_url());
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(HOP_HEADER, HeaderValue::from_static("1"));
        for (name, value) in key.sign(self.clock.now(), body) {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        *request.body_mut() = Some(body.to_vec().into());
        let limits = Limits { headers: within, body: within, total: within, ..LIMITS };
        match exchange::exchange(&self.client, request, &limits).await {
            Ok(reply) => price(reply),
            Err(failure) => {
                tracing::debug!(code = failure.error.code(), "a price was not to be had");
                Err(match failure.error {
                    CallError::Blocked => Miss::Final(PriceError::NotAskable),
                    CallError::Timeout(_) => Miss::Again(PriceError::Timeout),
                    _ => Miss::Again(PriceError::Refused),
                })
            }
        }
    }
}

impl<K: MerchantSecrets, C: Clock> PriceSource for BusinessPrices<K, C> {
    async fn price(&self, ask: &PriceAsk<'_>, until: Timestamp) -> Result<PriceAnswer, PriceError> {
        let left = Duration::try_from(self.clock.now().duration_until(until)).unwrap_or_default();
        let deadline = time::Instant::now() + left.min(self.patience);
        // Vetted when it was stored; the rules may have become stricter since.
        let url = EndpointUrl::parse(ask.url, self.client.policy())
            .map_err(|_fault| PriceError::NotAskable)?;
        let key = self.key(ask).await?;
        let body = serde_json::to_vec(&Question::of(ask));
        let body = body.map_err(|_unwritable| PriceError::NotAskable)?;

        let left = || deadline.saturating_duration_since(time::Instant::now());
        // The first try leaves time for a second one: a server that hangs may answer its next caller.
        let first = self.once(&url, &key, &body, left().mul_f32(FIRST_SHARE)).await;
        let missed = match first {
            Ok(answer) => return Ok(answer),
            Err(Miss::Final(error)) => return Err(error),
            Err(Miss::Again(error)) => error,
        };
        if left() < LEAST_TRY {
            return Err(missed);
        }
        self.once(&url, &key, &body, left()).await.map_err(|miss| match miss {
            Miss::Again(error) | Miss::Final(error) => error,
        })
    }
}

/// What is a price, as far as it is looked at here.
fn price(reply: Reply) -> Result<PriceAnswer, Miss> {
    match reply.status {
        200 if !reply.body.is_empty() && reply.body.len() <= MOST_BYTES => {
            Ok(PriceAnswer(reply.body))
        }
        429 | 500.. => Err(Miss::Again(PriceError::Refused)),
        _ => Err(Miss::Final(PriceError::Refused)),
    }
}

/// spec/payments §5: six seconds, one retry in them.
const PATIENCE: Duration = Duration::from_secs(6);
/// How much of the time the first try may take.
const FIRST_SHARE: f32 = 0.6;
/// Less time than this is no use for another try.
const LEAST_TRY: Duration = Duration::from_millis(500);
/// The largest answer.
const MOST_BYTES: usize = 64 * 1024;

/// One byte more is read than may be there. What depends on the time left is set for each try.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(2),
    headers: Duration::ZERO,
    body: Duration::ZERO,
    total: Duration::ZERO,
    body_bytes: MOST_BYTES + 1,
};

#[cfg(test)]
mod tests;
