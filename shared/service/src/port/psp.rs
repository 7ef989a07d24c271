use amb_protocol::{
    apple_pay::{MerchantIdentifier, Region},
    money::{Currency, Minor},
    secret::Secret,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::future::Future;

use super::PortError;
use crate::model::{
    DeclineClass, Fence, PaymentId, PspAccount, PspEnding, PspResult, SecretName, TenantId,
};

/// Payment service providers, whichever the account names. An adapter never says more than it knows:
/// only an explicit approval of exactly the amount and the currency that were asked for is one
/// (F117), an unknown word is a doubt, and what failed before a byte was sent was not executed
/// (spec/payments §2.1). Nothing a provider writes is passed on to a customer.
pub trait Psp: Send + Sync {
    /// Makes the provider's own object of a payment, where it has one that can be fenced later: when
    /// the bubble is sent. `None`: it has none.
    fn prepare(
        &self,
        order: &PspOrder,
        until: Timestamp,
    ) -> impl Future<Output = Result<Option<String>, PspFault>> + Send;

    /// Asks for the money to be held. It always answers by `until`.
    fn authorize(
        &self,
        order: &PspOrder,
        token: &PspToken,
        until: Timestamp,
    ) -> impl Future<Output = PspResult> + Send;

    /// Makes an attempt certain: fences it first, where the provider can.
    fn resolve(
        &self,
        order: &PspOrder,
        until: Timestamp,
    ) -> impl Future<Output = Resolution> + Send;

    /// Lets the money of an attempt go, whether or not it is known to be held.
    fn void(&self, order: &PspOrder, until: Timestamp) -> impl Future<Output = PspDone> + Send;

    /// Captures held money, all or a part.
    fn capture(
        &self,
        order: &PspOrder,
        amount: Minor,
        until: Timestamp,
    ) -> impl Future<Output = PspDone> + Send;

    /// Gives captured money back, all or a part. `key` is the refund's own.
    fn refund(
        &self,
        order: &PspOrder,
        amount: Minor,
        key: &str,
        until: Timestamp,
    ) -> impl Future<Output = PspDone> + Send;

    /// The payment that a notice says it is about, before anybody knows who says so: good for finding the
    /// account whose key the notice is checked with, and for nothing else. `psp` is the provider's word.
    fn named(&self, psp: &str, body: &[u8]) -> Option<PaymentId>;

    /// Reads a provider's own notice: checks that it is the provider's, and says which payments to look
    /// at, and what it tells of them that cannot be asked for.
    fn notice(
        &self,
        tenant: &TenantId,
        account: &PspAccount,
        headers: &[(String, String)],
        body: &[u8],
        now: Timestamp,
    ) -> impl Future<Output = Result<Vec<Notice>, NoticeFault>> + Send;
}

impl<T: Psp> Psp for &T {
    async fn prepare(
        &self,
        order: &PspOrder,
        until: Timestamp,
    ) -> Result<Option<String>, PspFault> {
        (**self).prepare(order, until).await
    }
    async fn authorize(&self, order: &PspOrder, token: &PspToken, until: Timestamp) -> PspResult {
        (**self).authorize(order, token, until).await
    }
    async fn resolve(&self, order: &PspOrder, until: Timestamp) -> Resolution {
        (**self).resolve(order, until).await
    }
    async fn void(&self, order: &PspOrder, until: Timestamp) -> PspDone {
        (**self).void(order, until).await
    }
    async fn capture(&self, order: &PspOrder, amount: Minor, until: Timestamp) -> PspDone {
        (**self).capture(order, amount, until).await
    }
    async fn refund(
        &self,
        order: &PspOrder,
        amount: Minor,
        key: &str,
        until: Timestamp,
    ) -> PspDone {
        (**self).refund(order, amount, key, until).await
    }
    fn named(&self, psp: &str, body: &[u8]) -> Option<PaymentId> {
        (**self).named(psp, body)
    }
    async fn notice(
        &self,
        tenant: &TenantId,
        account: &PspAccount,
        headers: &[(String, String)],
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<Notice>, NoticeFault> {
        (**self).notice(tenant, account, headers, body, now).await
    }
}

/// An attempt as a provider has to know it. Before the first attempt, `attempt` is 0 and `key` the
/// payment's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PspOrder {
    /// The owner.
    pub tenant: TenantId,
    /// The account.
    pub account: PspAccount,
    /// The merchant.
    pub merchant: MerchantIdentifier,
    /// The payment.
    pub payment: PaymentId,
    /// The attempt, from 1.
    pub attempt: u32,
    /// Our name of the attempt, at most 64 characters: [`Attempt::reference`](crate::model::Attempt).
    pub reference: String,
    /// The business's own name of the order, for its own eyes at the provider.
    pub order_reference: Option<String>,
    /// The idempotency key of the authorisation; those of its void and capture are made from it.
    pub key: String,
    /// How often what is asked now was asked before and came to nothing, or was another request: part of
    /// the key of a void and of a capture, since a provider answers a key it knows as it did before.
    #[serde(default)]
    pub turn: u32,
    /// How much.
    pub amount: Minor,
    /// Of what.
    pub currency: Currency,
    /// The provider's own object, if one was made.
    pub intent: Option<String>,
    /// The provider's name of the authorisation, as far as it is known.
    pub psp_reference: Option<String>,
    /// When the attempt began; for a capture and a refund, when that was asked for. Keys run out (Stripe's
    /// after 24 hours, Adyen's after seven days).
    pub begun_at: Timestamp,
    /// Where the cardholder lives, for address checks that need no more.
    pub billing: Option<Region>,
}

/// What is paid with: Apple's encrypted token as the device sent it, JSON. Never stored, never logged.
#[derive(Clone, Debug)]
pub struct PspToken {
    /// `paymentData`, JSON text.
    pub payment_data: Secret<String>,
    /// `transactionIdentifier`.
    pub transaction_id: String,
    /// `paymentMethod.network`, if the device says it.
    pub network: Option<String>,
    /// `paymentMethod.displayName`, if the device says it.
    pub display_name: Option<String>,
}

/// The provider's object could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PspFault {
    /// It refused, and would refuse again.
    #[error("the payment provider refused")]
    Refused(DeclineClass),
    /// Worth another try.
    #[error("the payment provider did not answer")]
    Unavailable,
}

/// How a doubt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// Nothing is held and nothing will be.
    Nothing(Fence),
    /// The money is held.
    Held {
        /// As the provider tells it.
        result: PspResult,
        /// How certain that is.
        fence: Fence,
    },
    /// The provider does not know it, or would not say, and it could still arrive. Twice so, at least ten
    /// minutes apart, is nothing.
    Absent,
    /// It did not end: ask again later.
    StillUnknown,
}

/// What became of a void, a capture, a refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PspDone {
    /// It is done, now or earlier.
    Done {
        /// The provider's name of it.
        reference: Option<String>,
        /// What the provider keeps, if it says so.
        fee: Option<Minor>,
    },
    /// The provider took it and is at it: ask again later, with the same key.
    Accepted {
        /// The provider's name of it.
        reference: Option<String>,
    },
    /// The provider took it, and tells by a notice how it ended: the same key is answered the same.
    Received {
        /// The provider's name of it, which the notice repeats.
        reference: String,
    },
    /// It cannot be done, and could not be later.
    Refused {
        /// The provider's own code.
        code: Option<String>,
    },
    /// Nobody knows, or the provider did not answer: the same again is safe.
    Unknown,
}

/// What a provider's notice is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The payment.
    pub payment: PaymentId,
    /// What it says, as far as it concerns us.
    pub kind: NoticeKind,
}

/// What a notice says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeKind {
    /// Something happened to it: look.
    Changed,
    /// The provider authorised an attempt. It may be the first that anybody hears of it: the answer may
    /// have been lost.
    Authorised {
        /// Which attempt, from 1.
        attempt: u32,
        /// The provider's name of the authorisation.
        reference: String,
    },
    /// A change that the provider had taken has ended.
    Ended(PspEnding),
    /// The card's owner took so much back.
    Chargeback {
        /// How much, and of what; none: that is not told, or cannot be read.
        amount: Option<(Minor, Currency)>,
    },
}

/// A notice that is not taken.
#[derive(Debug, thiserror::Error)]
pub enum NoticeFault {
    /// It is not the provider's.
    #[error("the notice is not signed by the provider")]
    Forged,
    /// It is the provider's, and cannot be read.
    #[error("the notice cannot be read")]
    Unreadable,
    /// The key to check it with cannot be had now.
    #[error("a notice could not be checked")]
    Port(#[from] PortError),
}

/// Secrets of merchants: certificates, providers' keys, signing keys. Their names are the deployment's
/// prefix, the tenant's id and the [`SecretName`]. IAM: `GetSecretValue` below the prefix.
pub trait MerchantSecrets: Send + Sync {
    /// The text of a secret; none: there is no such secret.
    fn merchant_secret(
        &self,
        tenant: &TenantId,
        name: &SecretName,
    ) -> impl Future<Output = Result<Option<Secret<String>>, PortError>> + Send;
}

impl<T: MerchantSecrets> MerchantSecrets for &T {
    fn merchant_secret(
        &self,
        tenant: &TenantId,
        name: &SecretName,
    ) -> impl Future<Output = Result<Option<Secret<String>>, PortError>> + Send {
        (**self).merchant_secret(tenant, name)
    }
}
