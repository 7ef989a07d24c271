//! How a business is paid: its merchant, its certificate, its provider.

use amb_protocol::{
    apple_pay::{MerchantIdentifier, Pricing},
    id::BusinessId,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::TenantId;

/// The Apple Pay settings of a business: one row per business in `accounts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MerchantSettings {
    /// The owner.
    pub tenant: TenantId,
    /// Whose settings.
    pub business: BusinessId,
    /// The merchant identifier.
    pub merchant: MerchantIdentifier,
    /// The trading name, at most 64 characters, not localised.
    pub display_name: String,
    /// ISO 3166 alpha-2, capital: where the merchant's bank is.
    pub country: String,
    /// Which of Apple's two hosts makes the sessions.
    #[serde(default)]
    pub channel: Channel,
    /// What Apple is told when a session is asked for.
    #[serde(default)]
    pub session_identifier: SessionIdentifier,
    /// The secret that holds the Merchant Identity Certificate and its key.
    pub identity: SecretName,
    /// Who moves the money.
    pub psp: PspAccount,
    /// When it is captured.
    #[serde(default)]
    pub capture: CapturePolicy,
    /// Networks that are taken, in Apple's words.
    pub networks: Vec<String>,
    /// `supports3DS` and more.
    pub capabilities: Vec<String>,
    /// What a request that says nothing is priced by.
    #[serde(default)]
    pub pricing: Pricing,
    /// Where a customer pays whose device has no Apple Pay: the fallback page leads there. Https, at most
    /// 2 048 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout_url: Option<String>,
    /// The IANA time zone of the books: the journal's days are its days.
    pub time_zone: String,
    /// The secret that signs calls to the business's own servers, for pricing and the `endpoint` provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing: Option<SecretName>,
    /// What Apple wants to find on the gateway's domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain_association: Option<DomainAssociation>,
    /// When they were last changed.
    pub updated_at: Timestamp,
    /// Counts the changes.
    pub revision: u64,
}

impl MerchantSettings {
    /// The secret that signs calls to the business's own servers: the one named for it, or the one that
    /// signs the calls to its own provider anyway. What other providers gave out signs nothing.
    pub fn signing_secret(&self) -> Option<&SecretName> {
        let is_own = matches!(self.psp.kind, PspKind::Endpoint { .. });
        self.signing.as_ref().or(Some(&self.psp.secret).filter(|_| is_own))
    }
}

/// The content of Apple's `apple-developer-merchantid-domain-association`: text, at most 32 KiB.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DomainAssociation(pub String);

/// Which of Apple's hosts makes merchant sessions. There is no third, and no address is ever taken from
/// outside (spec/payments §1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// `apple-pay-gateway.apple.com`
    #[default]
    World,
    /// `cn-apple-pay-gateway.apple.com`
    China,
}

/// How a session is asked for: Apple's samples of today name the merchant, and older ones its hash
/// (spec/payments §1.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SessionIdentifier {
    /// The merchant identifier as it is.
    #[default]
    Plain,
    /// The SHA-256 of it, in lower hex.
    Sha256,
}

/// The last part of a secret's name; what comes before it is the deployment's and the tenant's own, so
/// that no tenant can name another's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SecretName(String);

/// A text that is no name of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("1 to 64 letters, digits and `-` are expected")]
pub struct SecretNameFault;

impl SecretName {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, SecretNameFault> {
        let fits = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if fits && (1..=64).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(SecretNameFault)
        }
    }

    /// As the tenant wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SecretName {
    type Error = SecretNameFault;
    fn try_from(text: String) -> Result<Self, SecretNameFault> {
        Self::parse(&text)
    }
}

impl From<SecretName> for String {
    fn from(name: SecretName) -> Self {
        name.0
    }
}

/// An account with a payment service provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PspAccount {
    /// Who.
    #[serde(flatten)]
    pub kind: PspKind,
    /// The secret that holds its keys; its form is the provider's (`shared/egress`).
    pub secret: SecretName,
    /// The token is opened by us and its card data are passed on, instead of Apple's token (a function of
    /// its own, off by default).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decrypts: bool,
}

/// A payment service provider, and what tells one account with it from another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "kind")]
pub enum PspKind {
    /// Stripe.
    #[serde(rename_all = "camelCase")]
    Stripe {
        /// A connected account, if the key is a platform's.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<String>,
    },
    /// Adyen Checkout. Its idempotency keys hold within one region, so the region is the account's.
    #[serde(rename_all = "camelCase")]
    Adyen {
        /// `merchantAccount`
        merchant_account: String,
        /// The live endpoint's prefix, `1797a841fbb37ca7-AdyenDemo`; `test` is the test environment.
        prefix: String,
    },
    /// The business's own server (spec/payments §2.6).
    #[serde(rename_all = "camelCase")]
    Endpoint {
        /// Its base: https.
        url: String,
    },
}

impl PspKind {
    /// The word in the API and the journal.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Stripe { .. } => "stripe",
            Self::Adyen { .. } => "adyen",
            Self::Endpoint { .. } => "endpoint",
        }
    }

    /// What the journal calls the account.
    pub fn account(&self) -> &str {
        match self {
            Self::Stripe { account } => account.as_deref().unwrap_or("default"),
            Self::Adyen { merchant_account, .. } => merchant_account,
            Self::Endpoint { url } => url,
        }
    }
}

/// When money that is held is captured (spec/payments §0.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "when")]
pub enum CapturePolicy {
    /// Once order tracking or the customer's reply shows that they saw the right thing; without either,
    /// after so many minutes.
    #[serde(rename_all = "camelCase")]
    Acknowledged {
        /// 1 to 10 080 (a week). Fewer than 15 count as 15: clocks differ.
        after_minutes: u16,
    },
    /// When the business asks for it.
    Manual,
}

impl Default for CapturePolicy {
    fn default() -> Self {
        Self::Acknowledged { after_minutes: 15 }
    }
}
