//! What customers' devices call while they pay (spec/payments §1.1, §4.4, §5).
//!
//! A device proves nothing but that it knows the address ([`Capability`]), and it is answered with a JSON
//! object always: for the device, another status than 2xx is a broken endpoint. Everything has to be
//! over within 23 seconds of the moment at which API Gateway took the request.

mod attempt;
mod begin;
mod body;
mod decline;
mod fallback;
mod finalise;
mod follow;
mod gateway;
mod price;
mod reply;
mod rows;
mod strict;
mod token;
mod tracking;
mod unread;
mod update;

pub use body::MAX_BODY;
pub use fallback::PAGE_POLICY;
pub use reply::{CallbackError, Reply, Said};
pub use token::{CheckedToken, RefusedToken, TokenCheck};

use std::{fmt, sync::OnceLock, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    capability::{Capability, Opened, Step},
    commit::{Committed, Plan, commit_by},
};
use crate::{
    dispatch::stand_back,
    model::Payment,
    port::{
        Clock, Entropy, Merchants, Payments, PortError, PriceSource, Psp, ServiceKeySource,
        SettlementQueue,
    },
    service_key::ServiceKey,
};

/// How long after API Gateway took the request the answer is on its way.
pub const ANSWER_WITHIN: SignedDuration = SignedDuration::from_secs(23);

/// How long the provider has, from the same moment.
const PSP_WITHIN: SignedDuration = SignedDuration::from_secs(18);

/// When what the device is told is written, at the latest.
const TOLD_WITHIN: SignedDuration = SignedDuration::from_secs(22);

/// How often something that others change too is tried.
const TRIES: u32 = 60;

/// Serves devices.
pub struct Callbacks<S, Q, P, W, K, C, T> {
    store: S,
    queue: Q,
    psp: P,
    prices: W,
    keys: K,
    clock: C,
    tokens: T,
    key: OnceLock<ServiceKey>,
}

/// What a device asks.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// From the path: the payment.
    pub payment: &'a str,
    /// From the path: the right to call.
    pub capability: &'a str,
    /// From the path: what for.
    pub step: Step,
    /// When API Gateway took the request.
    pub began: Timestamp,
    /// Of the request, for the journal.
    pub id: &'a str,
    /// As it was sent.
    pub body: &'a [u8],
}

impl fmt::Debug for Call<'_> {
    /// The path is the right to call, and bodies hold contacts and tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Call({}, {} bytes, {})", self.step.as_str(), self.body.len(), self.id)
    }
}

impl Call<'_> {
    fn by(&self, within: SignedDuration) -> Timestamp {
        self.began.saturating_add(within).unwrap_or(Timestamp::MAX)
    }
}

impl<S, Q, P, W, K, C, T> Callbacks<S, Q, P, W, K, C, T>
where
    S: Payments + Merchants,
    Q: SettlementQueue,
    P: Psp,
    W: PriceSource,
    K: ServiceKeySource,
    C: Clock + Entropy,
    T: TokenCheck,
{
    /// Serves with these ports.
    pub fn new(store: S, queue: Q, psp: P, prices: W, keys: K, clock: C, tokens: T) -> Self {
        Self { store, queue, psp, prices, keys, clock, tokens, key: OnceLock::new() }
    }

    /// Answers one request. A path that is unknown, forged, run out or used up gets one answer, after
    /// the same look at the table.
    pub async fn serve(&self, call: &Call<'_>) -> Result<Reply, CallbackError> {
        let Some(payment) = self.open(call).await? else {
            return Ok(Reply::gone());
        };
        let (pointer, business) = (payment.pointer.clone(), payment.business.clone());
        let reply = match call.step {
            Step::Gateway => Box::pin(self.gateway(call, payment)).await?,
            Step::PaymentMethod | Step::ShippingContact | Step::ShippingMethod => {
                Box::pin(self.update(call, payment)).await?
            }
            Step::OrderTracking => self.order_tracking(call, payment).await?,
            Step::Fallback => self.fallback(&payment).await?,
        };
        Ok(Reply { pointer: Some(pointer), business: Some(business), ..reply })
    }

    /// The payment that a path opens.
    async fn open(&self, call: &Call<'_>) -> Result<Option<Payment>, PortError> {
        let key = self.key().await?;
        let now = self.clock.now();
        let opened = Capability::open(key, call.payment, call.capability, call.step, now);
        let Opened { pointer, holds } = opened;
        let found = self.store.find_payment(&pointer).await?;
        Ok(found.filter(|_| holds))
    }
}

impl<S: Payments, Q, P, W, K, C: Clock + Entropy, T> Callbacks<S, Q, P, W, K, C, T> {
    /// Writes a plan down while there is time to answer.
    async fn write(&self, call: &Call<'_>, plan: Plan) -> Result<Committed, PortError> {
        commit_by(&self.store, &self.clock, plan, call.by(ANSWER_WITHIN)).await
    }

    /// Lets others get done before the next try, if there is time for one.
    async fn goes_on(&self, call: &Call<'_>, tried: u32) -> Result<(), CallbackError> {
        stand_back(&self.clock, tried).await;
        if self.clock.now() < call.by(ANSWER_WITHIN) { Ok(()) } else { Err(CallbackError::Busy) }
    }
}

impl<S, Q, P, W, K: ServiceKeySource, C, T> Callbacks<S, Q, P, W, K, C, T> {
    async fn key(&self) -> Result<&ServiceKey, PortError> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let master = self.keys.service_key().await?;
        let key = ServiceKey::derive(&master)
            .map_err(|short| PortError::unreadable("ServiceKeySource::service_key", short))?;
        Ok(self.key.get_or_init(|| key))
    }
}

impl<S: Payments, Q, P, W, K, C, T> Callbacks<S, Q, P, W, K, C, T> {
    /// The payment as it is now; that it was there a moment ago is known.
    async fn again(&self, payment: &Payment) -> Result<Payment, PortError> {
        let found = self.store.find_payment(&payment.pointer).await?;
        found.ok_or_else(|| PortError::unreadable("Payments::find_payment", "the payment is gone"))
    }
}

impl<S, Q: SettlementQueue, P, W, K, C, T> Callbacks<S, Q, P, W, K, C, T> {
    /// Has the settling worker look at it. Should the queue be away, the sweep finds what is due.
    async fn settle(&self, payment: &Payment, delay: Duration) {
        if let Err(error) = self.queue.enqueue_settlement(&payment.pointer, delay).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a settlement waits for the sweep"
            );
        }
    }
}

impl<S, Q, P, W, K, C, T> fmt::Debug for Callbacks<S, Q, P, W, K, C, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callbacks")
    }
}

#[cfg(test)]
mod tests;
