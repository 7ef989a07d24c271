//! Changes of authorised money that a provider takes first, and tells the end of later.

use amb_protocol::money::{Currency, Minor};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is asked of a provider after the authorisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PspChange {
    /// To capture money.
    Capture,
    /// To give it back.
    Refund,
    /// To let it go.
    Void,
}

impl PspChange {
    /// The word in the journal and in events.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Capture => "capture",
            Self::Refund => "refund",
            Self::Void => "void",
        }
    }
}

/// A change that a provider has taken, and whose end it tells by a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TakenChange {
    /// The provider's name of the change.
    pub reference: String,
    /// When it said so first.
    pub at: Timestamp,
}

/// How a change ended that a provider had taken, as its notice says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PspEnding {
    /// What was asked.
    pub change: PspChange,
    /// The provider's name of the change.
    pub reference: String,
    /// The provider's name of the authorisation that it is about, if it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// It was done; else it came to nothing, perhaps after it had been done.
    pub is_done: bool,
    /// How much, if it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Minor>,
    /// Of what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// The provider's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// A void that gave money back which had been captured, as far as the provider says: a label.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub refunded: bool,
    /// The settling worker has weighed it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weighed: bool,
}

impl PspEnding {
    /// How a change ended, with nothing told besides.
    pub fn new(change: PspChange, reference: String, is_done: bool) -> Self {
        Self {
            change,
            reference,
            is_done,
            of: None,
            amount: None,
            currency: None,
            code: None,
            refunded: false,
            weighed: false,
        }
    }

    /// Something that is held runs out, or is let go by a person: the provider has no other name of that.
    pub fn let_go(held: String) -> Self {
        Self { of: Some(held.clone()), ..Self::new(PspChange::Void, held, true) }
    }

    /// Whether two notices tell the same.
    pub fn is_again(&self, other: &Self) -> bool {
        (self.change, &self.reference, self.is_done, &self.code)
            == (other.change, &other.reference, other.is_done, &other.code)
    }
}
