//! Payment service providers behind one port: Stripe, Adyen, and the business's own
//! [endpoint]. Which one is asked is the account's to say (spec/payments §2).
//!
//! What all three keep:
//!
//! - An approval is an explicit word with exactly the amount and the currency that were asked for; a
//!   word nobody knows is a doubt (F117).
//! - What failed before a connection stood was not executed. Everything after it is a doubt.
//! - Every call has the time that is left, and no more. One that was not executed, or whose outcome is
//!   unknown, is made once more under the same key if eight seconds remain (F112): for the provider it
//!   is the same call.
//! - Keys are made from the attempt's own, so that every retry from anywhere has the same.
//! - Keys that are refused, missing or unreadable ring one alarm, whatever was asked, and are read anew.
//! - What a provider writes stays here, but for its codes: letters, digits, `_` and `-`, for finance.

use std::{fmt, time::Duration};

use amb_protocol::{money::Minor, secret::Secret};
use amb_service::{
    model::{DeclineClass, Doubt, PaymentId, PspAccount, PspKind, PspResult, TenantId},
    port::{
        Clock, MerchantSecrets, Notice, NoticeFault, PortError, Psp, PspDone, PspFault, PspOrder,
        PspToken, Resolution,
    },
    problem::chain,
};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use tokio::time;
use url::Url;

use self::{adyen::Adyen, endpoint::Endpoint, stripe::Stripe, wire::Wire};
use crate::{
    EndpointUrl, Policy, UrlFault,
    client::Pool,
    merchant_keys::MerchantKeys,
    resolver::{Lookup, SystemLookup},
};

mod adyen;
mod amount;
#[cfg(feature = "decrypt")]
mod card;
pub mod endpoint;
mod stripe;
mod wire;

/// Every provider, for every merchant.
#[derive(Debug)]
pub struct Psps<K, C> {
    providers: Wire,
    businesses: Wire,
    keys: MerchantKeys<K>,
    clock: C,
    stripe: Option<Url>,
    adyen: Option<Url>,
}

/// How long a call may take, and when it began.
#[derive(Clone, Copy, Debug)]
struct Budget {
    now: Timestamp,
    deadline: time::Instant,
}

/// One operation on an account.
struct Operation<'a> {
    tenant: &'a TenantId,
    account: &'a PspAccount,
    budget: Budget,
    wire: Wire,
}

/// Why nothing could be asked.
#[derive(Debug)]
enum NotAsked {
    /// The account's secret is missing, or is not the provider's; its address is none.
    Configuration,
    /// Its secret could not be had.
    Secrets(PortError),
}

impl<K: MerchantSecrets, C: Clock> Psps<K, C> {
    /// Every provider, behind the wall.
    pub fn new(secrets: K, clock: C, policy: Policy) -> Self {
        Self::with_lookup(secrets, clock, policy, SystemLookup)
    }

    /// Every provider, with names resolved another way.
    pub fn with_lookup(secrets: K, clock: C, policy: Policy, lookup: impl Lookup + Clone) -> Self {
        Self {
            // Within one payment the calls follow each other closely, so a connection is kept for that
            // long and no longer: on one that died while the function was frozen, an answer would be lost.
            providers: Wire::new(policy.clone(), lookup.clone(), Pool::Idle(POOL_IDLE)),
            businesses: Wire::new(policy, lookup, Pool::Off),
            keys: MerchantKeys::new(secrets),
            clock,
            stripe: None,
            adyen: None,
        }
    }

    /// Asks servers on this machine in place of Stripe and of Adyen (there, `base` stands for everything
    /// before `/v72`), where the policy allows loopback.
    pub fn elsewhere(
        mut self,
        stripe: Option<&str>,
        adyen: Option<&str>,
    ) -> Result<Self, UrlFault> {
        let policy = self.businesses.policy();
        let at = |base| EndpointUrl::loopback(base, policy).map(|url| url.to_url());
        let (stripe, adyen) = (stripe.map(at).transpose()?, adyen.map(at).transpose()?);
        (self.stripe, self.adyen) = (stripe, adyen);
        Ok(self)
    }

    fn budget(&self, until: Timestamp) -> Budget {
        let now = self.clock.now();
        let left = Duration::try_from(now.duration_until(until)).unwrap_or_default();
        Budget { now, deadline: time::Instant::now() + left }
    }

    fn begin<'a>(
        &self,
        tenant: &'a TenantId,
        account: &'a PspAccount,
        budget: Budget,
    ) -> Operation<'a> {
        let wire = match account.kind {
            PspKind::Stripe { .. } | PspKind::Adyen { .. } => &self.providers,
            PspKind::Endpoint { .. } => &self.businesses,
        };
        Operation { tenant, account, budget, wire: wire.anew() }
    }

    fn on<'a>(&self, order: &'a PspOrder, until: Timestamp) -> Operation<'a> {
        self.begin(&order.tenant, &order.account, self.budget(until))
    }

    /// Says that an account's keys are not what its provider wants, or are not there: an alarm waits for
    /// the word. What was remembered of them is read anew, they may have been put anew.
    fn misconfigured(&self, on: &Operation<'_>, why: &'static str) {
        let psp = on.account.kind.as_str();
        tracing::error!(tenant = %on.tenant, psp, why, "psp_misconfigured");
        self.keys.forget(on.tenant, &on.account.secret);
    }

    /// Ends an operation that was asked.
    fn end(&self, on: &Operation<'_>) {
        if on.wire.has_refused() {
            self.misconfigured(on, "refused");
        }
    }

    async fn secret(&self, on: &Operation<'_>) -> Result<Secret<String>, NotAsked> {
        match self.keys.get(on.tenant, &on.account.secret, on.budget.now).await {
            Ok(Some(secret)) => Ok(secret),
            Ok(None) => {
                self.misconfigured(on, "missing");
                Err(NotAsked::Configuration)
            }
            Err(error) => {
                tracing::error!(error = %chain(&error), "a payment provider's key was not to be had");
                self.misconfigured(on, "not_to_be_had");
                Err(NotAsked::Secrets(error))
            }
        }
    }

    /// The provider of an account, with its keys.
    fn with<'a>(&'a self, on: &'a Operation<'_>, secret: &Secret<String>) -> Option<Opened<'a>> {
        let (wire, budget) = (&on.wire, on.budget);
        let opened = match &on.account.kind {
            PspKind::Stripe { account } => {
                Stripe::open(wire, self.stripe.as_ref(), account.as_deref(), secret, budget)
                    .map(Opened::Stripe)
            }
            PspKind::Adyen { merchant_account, prefix } => {
                let base = adyen::base(self.adyen.as_ref(), prefix);
                base.and_then(|base| Adyen::open(wire, base, merchant_account, secret, budget))
                    .map(Opened::Adyen)
            }
            PspKind::Endpoint { url } => {
                Endpoint::open(wire, url, secret, budget).map(Opened::Endpoint)
            }
        };
        if opened.is_none() {
            self.misconfigured(on, "unreadable");
        }
        opened
    }

    /// The provider of an account, ready to be asked.
    async fn open<'a>(&'a self, on: &'a Operation<'_>) -> Result<Opened<'a>, NotAsked> {
        let secret = self.secret(on).await?;
        self.with(on, &secret).ok_or(NotAsked::Configuration)
    }

    /// Asks an order's provider for the money.
    async fn ask(&self, order: &PspOrder, paid: Paid<'_>, until: Timestamp) -> PspResult {
        let on = self.on(order, until);
        let result = match self.open(&on).await {
            Ok(Opened::Stripe(stripe)) => stripe.authorize(order, paid).await,
            Ok(Opened::Adyen(adyen)) => adyen.authorize(order, paid).await,
            Ok(Opened::Endpoint(endpoint)) => endpoint.authorize(order, paid).await,
            Err(NotAsked::Configuration) => return rejected(DeclineClass::Configuration, None),
            Err(NotAsked::Secrets(_)) => return rejected(DeclineClass::Unreachable, None),
        };
        // Who pays here cannot help it, whatever it was.
        if matches!(result, PspResult::Rejected { class: DeclineClass::Configuration, .. }) {
            on.wire.refuse();
        }
        self.end(&on);
        result
    }
}

/// What is paid with.
#[derive(Clone, Copy)]
enum Paid<'a> {
    /// Apple's token, which the provider opens.
    Token(&'a PspToken),
    /// What was in it.
    #[cfg(feature = "decrypt")]
    Card(&'a amb_protocol::apple_pay::token::CardData),
}

/// A provider, with its keys and the time that is left.
enum Opened<'a> {
    Stripe(Stripe<'a>),
    Adyen(Adyen<'a>),
    Endpoint(Endpoint<'a>),
}

impl<K: MerchantSecrets, C: Clock> Psp for Psps<K, C> {
    async fn prepare(
        &self,
        order: &PspOrder,
        until: Timestamp,
    ) -> Result<Option<String>, PspFault> {
        let on = self.on(order, until);
        match self.open(&on).await {
            Ok(Opened::Stripe(stripe)) => {
                let prepared = stripe.prepare(order).await;
                self.end(&on);
                prepared.map(Some)
            }
            // Neither has anything to prepare.
            Ok(Opened::Adyen(_) | Opened::Endpoint(_)) => Ok(None),
            Err(NotAsked::Configuration) => Err(PspFault::Refused(DeclineClass::Configuration)),
            Err(NotAsked::Secrets(_)) => Err(PspFault::Unavailable),
        }
    }

    async fn authorize(&self, order: &PspOrder, token: &PspToken, until: Timestamp) -> PspResult {
        if order.account.decrypts {
            // Such an account takes card data, and only `token-decrypt` has them.
            self.misconfigured(&self.on(order, until), "nothing_here_opens_tokens");
            return rejected(DeclineClass::Configuration, None);
        }
        self.ask(order, Paid::Token(token), until).await
    }

    async fn resolve(&self, order: &PspOrder, until: Timestamp) -> Resolution {
        let on = self.on(order, until);
        let came_to = match self.open(&on).await {
            Ok(Opened::Stripe(stripe)) => stripe.resolve(order).await,
            Ok(Opened::Adyen(adyen)) => adyen.resolve(order).await,
            Ok(Opened::Endpoint(endpoint)) => endpoint.resolve(order).await,
            Err(_) => Resolution::StillUnknown,
        };
        self.end(&on);
        came_to
    }

    async fn void(&self, order: &PspOrder, until: Timestamp) -> PspDone {
        let on = self.on(order, until);
        let came_to = match self.open(&on).await {
            Ok(Opened::Stripe(stripe)) => stripe.void(order).await,
            Ok(Opened::Adyen(adyen)) => adyen.void(order).await,
            Ok(Opened::Endpoint(endpoint)) => endpoint.void(order).await,
            Err(_) => PspDone::Unknown,
        };
        self.end(&on);
        came_to
    }

    async fn capture(&self, order: &PspOrder, amount: Minor, until: Timestamp) -> PspDone {
        let on = self.on(order, until);
        let came_to = match self.open(&on).await {
            Ok(Opened::Stripe(stripe)) => stripe.capture(order, amount).await,
            Ok(Opened::Adyen(adyen)) => adyen.capture(order, amount).await,
            Ok(Opened::Endpoint(endpoint)) => endpoint.capture(order, amount).await,
            Err(_) => PspDone::Unknown,
        };
        self.end(&on);
        came_to
    }

    async fn refund(
        &self,
        order: &PspOrder,
        amount: Minor,
        key: &str,
        until: Timestamp,
    ) -> PspDone {
        let on = self.on(order, until);
        let came_to = match self.open(&on).await {
            Ok(Opened::Stripe(stripe)) => stripe.refund(order, amount, key).await,
            Ok(Opened::Adyen(adyen)) => adyen.refund(order, amount, key).await,
            Ok(Opened::Endpoint(endpoint)) => endpoint.refund(order, amount, key).await,
            Err(_) => PspDone::Unknown,
        };
        self.end(&on);
        came_to
    }

    fn named(&self, psp: &str, body: &[u8]) -> Option<PaymentId> {
        match psp {
            "stripe" => stripe::named(body),
            "adyen" => adyen::named(body),
            "endpoint" => endpoint::named(body),
            _ => None,
        }
    }

    async fn notice(
        &self,
        tenant: &TenantId,
        account: &PspAccount,
        headers: &[(String, String)],
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<Notice>, NoticeFault> {
        let budget = Budget { now, deadline: time::Instant::now() + NOTICE_PATIENCE };
        let on = self.begin(tenant, account, budget);
        let secret = match self.secret(&on).await {
            Ok(secret) => secret,
            // A notice to an account without a key is nobody's.
            Err(NotAsked::Configuration) => return Err(NoticeFault::Forged),
            Err(NotAsked::Secrets(error)) => return Err(error.into()),
        };
        let read = match (&account.kind, self.with(&on, &secret)) {
            (PspKind::Adyen { merchant_account, .. }, _) => {
                adyen::notices(&secret, merchant_account, body)
            }
            (PspKind::Endpoint { .. }, _) => endpoint::notices(&secret, headers, body, now),
            (_, Some(Opened::Stripe(stripe))) => stripe.notices(headers, body).await,
            _ => Err(NoticeFault::Forged),
        };
        self.end(&on);
        read
    }
}

impl Budget {
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(time::Instant::now())
    }
}

impl fmt::Debug for Opened<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Stripe(_) => "Stripe",
            Self::Adyen(_) => "Adyen",
            Self::Endpoint(_) => "Endpoint",
        })
    }
}

/// The key of one of an attempt's calls, made from the attempt's own: 64 characters.
fn key_of(verb: &str, key: &str) -> String {
    let text = format!("amb/v1|{verb}|{key}");
    HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

/// A provider's code, if it is one: anything else is text, which stays here.
fn code(text: &str) -> Option<String> {
    let fits = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    (fits && (1..=64).contains(&text.len())).then(|| text.to_owned())
}

/// The last four digits of a card, if that is what they are.
fn last4(text: &str) -> Option<String> {
    (text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.to_owned())
}

/// The payment whose attempt a provider knows under our reference, `pay_…-2`.
fn payment_of(reference: &str) -> Option<PaymentId> {
    PaymentId::parse(reference.split('-').next().unwrap_or_default()).ok()
}

fn rejected(class: DeclineClass, code: Option<String>) -> PspResult {
    PspResult::Rejected { class, code }
}

fn in_doubt(why: Doubt, reference: Option<String>) -> PspResult {
    PspResult::InDoubt { why, reference }
}

/// Longer than the pauses between the calls of one payment.
const POOL_IDLE: Duration = Duration::from_secs(5);
/// For the one question that a notice may need: whose charge it is about.
const NOTICE_PATIENCE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests;
