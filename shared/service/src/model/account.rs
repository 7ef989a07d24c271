//! Tenants and what they own.

use amb_protocol::id::BusinessId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use super::{ApiKeyId, EndpointId, EventType, Heard, Route, TenantId};

/// An owner of businesses, keys and endpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// What people call it.
    pub name: String,
    /// How long their customers' files are kept.
    #[serde(default)]
    pub attachment_retention: Retention,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Tenant {
    /// A tenant of this moment, with what is usual.
    pub fn new(id: TenantId, name: String, now: Timestamp) -> Self {
        Self { id, name, attachment_retention: Retention::default(), created_at: now }
    }
}

/// How long customers' files are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub enum Retention {
    /// A day.
    Day,
    /// A week.
    Week,
    /// Thirty days, as Apple keeps them.
    #[default]
    Month,
    /// Ninety days.
    Quarter,
    /// A year.
    Year,
}

impl Retention {
    /// Every choice.
    pub const ALL: [Self; 5] = [Self::Day, Self::Week, Self::Month, Self::Quarter, Self::Year];

    /// In days.
    pub const fn days(self) -> u16 {
        match self {
            Self::Day => 1,
            Self::Week => 7,
            Self::Month => 30,
            Self::Quarter => 90,
            Self::Year => 365,
        }
    }
}

impl From<Retention> for u16 {
    fn from(retention: Retention) -> Self {
        retention.days()
    }
}

impl TryFrom<u16> for Retention {
    type Error = &'static str;
    fn try_from(days: u16) -> Result<Self, Self::Error> {
        let found = Self::ALL.into_iter().find(|retention| retention.days() == days);
        found.ok_or("one of 1, 7, 30, 90 and 365 days is expected")
    }
}

/// A business id, bound for ever to the tenant that claimed it first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Business {
    /// Apple's id of it.
    pub id: BusinessId,
    /// The owner.
    pub tenant: TenantId,
    /// What people call it.
    pub name: String,
    /// Whether it is one of Apple's test businesses.
    pub mode: Mode,
    /// Whether messages are passed on.
    pub status: BusinessStatus,
    /// When it was bound.
    pub created_at: Timestamp,
}

/// Whether a business's messages are passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BusinessStatus {
    /// They are.
    Active,
    /// They are kept and parked: the customer's words are not lost.
    Suspended,
}

/// Live, or Apple's test environment. A key of one never acts on a business of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Customers.
    Live,
    /// Apple's internal test business ids.
    Test,
}

/// An API key; of the secret only the SHA-256 is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKey {
    /// The public half, part of the key's text.
    pub id: ApiKeyId,
    /// The owner.
    pub tenant: TenantId,
    /// What people call it.
    pub name: String,
    /// Which businesses it may act on.
    pub mode: Mode,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// SHA-256 of the whole key, hex.
    pub hash: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Not before this.
    pub not_before: Option<Timestamp>,
    /// Not from this on.
    pub not_after: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl ApiKey {
    /// Whether it opens anything now.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none()
            && self.not_before.is_none_or(|from| from <= now)
            && self.not_after.is_none_or(|until| now < until)
    }
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// Businesses, keys, endpoints.
    Admin,
    /// Read conversations, messages and events.
    Read,
    /// Read whom payments are for; with `read`, answers that the business has marked as private too.
    Private,
    /// Send messages.
    Send,
    /// Send Apple's own JSON past the rule check. Useless without `Send`.
    #[serde(rename = "send_unchecked")]
    SendUnchecked,
    /// Capture, void and refund payments.
    Payments,
    /// Read the journal.
    Finance,
}

/// Where a tenant hears of its events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Its id.
    pub id: EndpointId,
    /// The owner.
    pub tenant: TenantId,
    /// Where to post, as vetted and re-serialised.
    pub url: String,
    /// What it is for, in the owner's words.
    pub description: String,
    /// Which events; empty means all.
    pub events: BTreeSet<EventType>,
    /// Which conversations; none means all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Strict order per conversation: the next event waits for this one.
    pub ordered: bool,
    /// How long one attempt may take, in seconds (5 to 25).
    pub timeout_seconds: u8,
    /// Signing secrets, newest first, at most three.
    pub secrets: Vec<SealedSecret>,
    /// Whether it is posted to.
    pub status: EndpointStatus,
    /// The first failure since the last success.
    pub failing_since: Option<Timestamp>,
    /// Failures since the last success.
    pub failures: u32,
    /// When it was made.
    pub created_at: Timestamp,
    /// Counts the changes: the optimistic lock, and the `ETag`.
    pub revision: u64,
}

impl Endpoint {
    /// Endpoints a tenant may have (spec/reliability F037).
    pub const MAX_PER_TENANT: usize = 20;

    /// Whether an event of this type is owed to it, were it of the right conversation.
    pub fn hears(&self, kind: EventType) -> bool {
        self.status == EndpointStatus::Enabled
            && (self.events.is_empty() || self.events.contains(&kind))
    }

    /// Whether the events of such a conversation are for it.
    pub fn hears_of(&self, conversation: &Heard<'_>) -> bool {
        self.routes.is_empty() || self.routes.iter().any(|route| route.matches(conversation))
    }
}

/// Whether an endpoint is posted to, and why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EndpointStatus {
    /// It is.
    Enabled,
    /// Its owner switched it off.
    DisabledByOwner,
    /// It answered 410.
    Gone,
    /// Nothing but failures for five days.
    Failing,
    /// Its name leads to addresses that are not allowed.
    Blocked,
}

/// A webhook signing secret, sealed under the service key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SealedSecret {
    /// Nonce and ciphertext, base64.
    pub sealed: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Signs until this; the newest has none.
    pub expires_at: Option<Timestamp>,
}
