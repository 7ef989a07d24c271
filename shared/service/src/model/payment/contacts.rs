use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// For whom and where to: what the customer's device said with the payment, in Apple's words. It is told
/// to the business alone; its `Debug` shows nothing of it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentContacts {
    /// The cardholder's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_contact: Option<Map<String, Value>>,
    /// Where it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_contact: Option<Map<String, Value>>,
    /// The `identifier` of the way of delivery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_method: Option<String>,
}

impl PaymentContacts {
    /// Whether they say nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl fmt::Debug for PaymentContacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentContacts(***)")
    }
}

/// The same as it is kept: for no longer than [`LIFE`](Self::LIFE), readable with the service's key only.
/// The journal and events hold nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SealedContacts {
    /// Base64.
    pub sealed: String,
    /// From then on nobody reads it, and the table forgets it.
    pub until: Timestamp,
}

impl SealedContacts {
    /// How long a business can read them (spec/payments §7).
    pub const LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);
}
