//! *Opening*: a payment's bubble is about to leave. Apple makes a merchant session, the provider an
//! object of its own, and the message learns where the device calls.
//!
//! A session is for one use and does not last, so every attempt to send takes a new one, as late as can
//! be (F120).

mod given;

use std::{future::Future, sync::OnceLock};

use amb_protocol::{
    compose::{PaymentEndpoints, PendingPayment},
    id::RequestIdentifier,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::{
    capability::{Capability, Step},
    commit::{Committed, Plan, commit},
    order::order,
};
use crate::{
    model::{
        DeclineClass, JournalEvent, JournalRow, MerchantSettings, OutboundMessage, Payment,
        PaymentId, PaymentPointer, PaymentState,
    },
    port::{
        Clock, Entropy, MerchantSession, MerchantSessions, Merchants, Payments, PortError, Psp,
        PspFault, ServiceKeySource, SessionAsk, SessionError,
    },
    service_key::ServiceKey,
};

/// A session that ends sooner is not worth sending (F120).
const LEAST_LEFT: SignedDuration = SignedDuration::from_secs(60);

/// How long the provider may take over its own object.
const PREPARED_WITHIN: SignedDuration = SignedDuration::from_secs(6);

/// How often a payment that moves is read again.
const TRIES: u32 = 5;

/// The longest that a business is told of Apple's own words, in characters.
const LONGEST_DETAIL: usize = 200;

/// Opens payments whose bubbles leave.
pub trait OpensPayments: Send + Sync {
    /// Fills session and addresses into the body of a part that asks for a payment.
    fn open(
        &self,
        message: &OutboundMessage,
        request: &RequestIdentifier,
        pending: &PendingPayment,
        body: &mut Map<String, Value>,
    ) -> impl Future<Output = Result<(), NotOpened>> + Send;
}

/// Why a bubble does not leave now.
#[derive(Debug, thiserror::Error)]
pub enum NotOpened {
    /// It never will.
    #[error("the payment cannot be opened: {0}")]
    Refused(String),
    /// Worth another try.
    #[error("the payment cannot be opened now: {0}")]
    Later(&'static str),
    /// A port failed.
    #[error("the payment could not be opened")]
    Port(#[from] PortError),
}

/// Where nobody takes payments.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoPayments;

impl OpensPayments for NoPayments {
    async fn open(
        &self,
        _message: &OutboundMessage,
        _request: &RequestIdentifier,
        _pending: &PendingPayment,
        _body: &mut Map<String, Value>,
    ) -> Result<(), NotOpened> {
        Err(NotOpened::Refused("payments are not set up here".to_owned()))
    }
}

/// Opens payments with Apple and the business's provider.
pub struct Opening<S, M, P, K, C> {
    store: S,
    sessions: M,
    psp: P,
    keys: K,
    clock: C,
    base: String,
    key: OnceLock<ServiceKey>,
}

impl<S, M, P, K, C> std::fmt::Debug for Opening<S, M, P, K, C> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Opening").field("base", &self.base).finish_non_exhaustive()
    }
}

impl<S, M, P, K, C> Opening<S, M, P, K, C> {
    /// Opens with these ports; `base` is where devices call, such as `https://pay.example.com`.
    pub fn new(store: S, sessions: M, psp: P, keys: K, clock: C, base: String) -> Self {
        Self { store, sessions, psp, keys, clock, base, key: OnceLock::new() }
    }
}

impl<S, M, P, K, C> OpensPayments for Opening<S, M, P, K, C>
where
    S: Payments + Merchants,
    M: MerchantSessions,
    P: Psp,
    K: ServiceKeySource,
    C: Clock + Entropy,
{
    async fn open(
        &self,
        message: &OutboundMessage,
        request: &RequestIdentifier,
        pending: &PendingPayment,
        body: &mut Map<String, Value>,
    ) -> Result<(), NotOpened> {
        if !pending.is_ours() {
            return given::fill(pending, body, self.clock.now());
        }
        let payment = PaymentId::of(request).ok_or_else(lost)?;
        let pointer = PaymentPointer { tenant: message.pointer.tenant.clone(), payment };
        let opened = self.opened(&pointer, pending, body).await;
        if let Err(NotOpened::Refused(_)) = &opened {
            // What Apple may have taken earlier can still be paid.
            if !message.outcome_unknown {
                self.give_up(&pointer).await?;
            }
        }
        opened
    }
}

impl<S, M, P, K, C> Opening<S, M, P, K, C>
where
    S: Payments + Merchants,
    M: MerchantSessions,
    P: Psp,
    K: ServiceKeySource,
    C: Clock + Entropy,
{
    async fn opened(
        &self,
        pointer: &PaymentPointer,
        pending: &PendingPayment,
        body: &mut Map<String, Value>,
    ) -> Result<(), NotOpened> {
        let payment = self.store.find_payment(pointer).await?.ok_or_else(lost)?;
        can_still_be_paid(&payment, self.clock.now())?;
        let settings = self.store.merchant(&pointer.tenant, &payment.business).await?;
        let refused = || NotOpened::Refused("the business takes no payments any more".to_owned());
        // What the offer says is the merchant's stays; another merchant's session would not fit it.
        let settings = settings.filter(|settings| settings.merchant == payment.merchant);
        let settings = settings.ok_or_else(refused)?;
        let intent = match &payment.intent {
            Some(intent) => Some(intent.clone()),
            None => self.prepared(&payment).await?,
        };
        let ours = self.addresses(pointer, &payment).await?;
        let gateway = ours.payment_gateway_url.clone().unwrap_or_default();
        let session = self.session(pointer, &settings, &gateway).await?;
        PendingPayment::fill(body, &session.json, &pending.endpoints.or(ours))
            .map_err(|altered| NotOpened::Refused(altered.to_string()))?;
        self.journal(payment, intent).await
    }

    /// The provider's own object, where it makes one: it can be fenced whatever happens later.
    async fn prepared(&self, payment: &Payment) -> Result<Option<String>, NotOpened> {
        let until = self.clock.now() + PREPARED_WITHIN;
        match self.psp.prepare(&order(payment, None, None), until).await {
            Ok(intent) => Ok(intent),
            Err(PspFault::Refused(DeclineClass::RateLimited | DeclineClass::Unreachable)) => {
                Err(NotOpened::Later("the payment provider has no time"))
            }
            Err(PspFault::Refused(class)) => {
                let detail = format!("the payment provider refuses it: {}", class.as_str());
                Err(NotOpened::Refused(detail))
            }
            Err(PspFault::Unavailable) => {
                Err(NotOpened::Later("the payment provider does not answer"))
            }
        }
    }

    /// Where the device calls: all of one base, each its own right.
    async fn addresses(
        &self,
        pointer: &PaymentPointer,
        payment: &Payment,
    ) -> Result<PaymentEndpoints, PortError> {
        let key = self.key().await?;
        let url =
            |step| Some(Capability::issue(key, &self.base, pointer, step, payment.expires_at));
        Ok(PaymentEndpoints {
            payment_gateway_url: url(Step::Gateway),
            payment_method_update_url: url(Step::PaymentMethod),
            shipping_contact_update_url: url(Step::ShippingContact),
            shipping_method_update_url: url(Step::ShippingMethod),
            order_tracking_url: url(Step::OrderTracking),
            fallback_url: url(Step::Fallback),
        })
    }

    async fn session(
        &self,
        pointer: &PaymentPointer,
        settings: &MerchantSettings,
        gateway: &str,
    ) -> Result<MerchantSession, NotOpened> {
        let ask = SessionAsk {
            tenant: &pointer.tenant,
            channel: settings.channel,
            identity: &settings.identity,
            merchant: &settings.merchant,
            identifier: settings.session_identifier,
            display_name: &settings.display_name,
            initiative_context: gateway,
        };
        let session = self.sessions.merchant_session(&ask).await.map_err(refusal)?;
        if session.expires_at < self.clock.now() + LEAST_LEFT {
            return Err(NotOpened::Refused("Apple's session ends within a minute".to_owned()));
        }
        Ok(session)
    }

    /// Writes down that the bubble may be on its way.
    async fn journal(&self, payment: Payment, intent: Option<String>) -> Result<(), NotOpened> {
        let pointer = payment.pointer.clone();
        let mut read = Some(payment);
        for _ in 0..TRIES {
            let found = match read.take() {
                Some(payment) => Some(payment),
                None => self.store.find_payment(&pointer).await?,
            };
            let mut payment = found.ok_or_else(lost)?;
            let now = self.clock.now();
            can_still_be_paid(&payment, now)?;
            let mut events = vec![JournalEvent::SessionCreated];
            if payment.sent_at.is_none() {
                events.push(JournalEvent::OfferSent);
                payment.sent_at = Some(now);
            }
            if payment.intent.is_none() {
                payment.intent.clone_from(&intent);
            }
            let row = |event| JournalRow::about(event, &payment).of_amount(payment.offered);
            let rows = events.into_iter().map(row).collect();
            payment.reschedule(now);
            match commit(&self.store, &self.clock, Plan::of(payment, rows)).await? {
                Committed::Done(_) => return Ok(()),
                Committed::Moved | Committed::Claimed(_) => {}
            }
        }
        Err(NotOpened::Later("the payment did not hold still"))
    }

    /// The bubble never leaves: nobody can pay.
    async fn give_up(&self, pointer: &PaymentPointer) -> Result<(), PortError> {
        for _ in 0..TRIES {
            let found = self.store.find_payment(pointer).await?;
            // Another attempt's bubble may be with the customer.
            let is_unsent = |p: &Payment| p.state == PaymentState::Open && p.attempts.is_empty();
            let Some(mut payment) = found.filter(is_unsent) else { return Ok(()) };
            let now = self.clock.now();
            let from = payment.state;
            payment.enter(PaymentState::Expired, now);
            payment.reschedule(now);
            let row = JournalRow {
                state_from: Some(from.as_str().to_owned()),
                state_to: Some(payment.state.as_str().to_owned()),
                error_class: Some("not_sent".to_owned()),
                ..JournalRow::about(JournalEvent::Expired, &payment)
            };
            let plan = Plan::of(payment, vec![row]);
            match commit(&self.store, &self.clock, plan).await? {
                Committed::Done(_) => return Ok(()),
                Committed::Moved | Committed::Claimed(_) => {}
            }
        }
        // It runs out by itself.
        Ok(())
    }

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

fn lost() -> NotOpened {
    NotOpened::Refused("the payment is gone".to_owned())
}

/// A bubble that nobody could pay is not sent.
fn can_still_be_paid(payment: &Payment, now: Timestamp) -> Result<(), NotOpened> {
    if payment.state == PaymentState::Expired || payment.expires_at < now + LEAST_LEFT {
        return Err(NotOpened::Refused("the payment ran out before it could be sent".to_owned()));
    }
    Ok(())
}

/// Why Apple makes no session. Only the business is told, and only so much.
fn refusal(error: SessionError) -> NotOpened {
    match error {
        SessionError::Certificate(why) => {
            NotOpened::Refused(format!("the merchant's certificate cannot be used: {why}"))
        }
        SessionError::Refused { status, message } => {
            let words = message.unwrap_or_default();
            let shown = words.chars().filter(|c| !c.is_control()).take(LONGEST_DETAIL);
            let detail =
                format!("Apple refused a session with {status} {}", shown.collect::<String>());
            NotOpened::Refused(detail.trim_end().to_owned())
        }
        SessionError::Unavailable => NotOpened::Later("Apple makes no session"),
        SessionError::Port(error) => NotOpened::Port(error),
    }
}
