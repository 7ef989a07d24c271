//! What a payment's device, customer and business have seen of it.

use amb_protocol::money::Minor;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::PaymentPointer;
use crate::model::EventType;

/// What order tracking said: the one place where what the customer saw comes back. A later call takes
/// its place if it says more, or is of a later attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tracking {
    /// When.
    pub at: Timestamp,
    /// The last of `summaryItems`, in minor units; none: it could not be read.
    pub total: Option<Minor>,
    /// SHA-256 of the body, hex: what a repeated call is known by.
    pub body_hash: String,
    /// The attempts that there were when it came: it is of the last of them. None: nobody counted them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempts: Option<u32>,
}

/// What the customer's own reply says of a payment: kept apart from the payment, so that whoever reads
/// messages never changes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentReply {
    /// Of which.
    pub payment: PaymentPointer,
    /// What was seen.
    pub seen: Seen,
}

/// What a reply says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// When it came.
    pub at: Timestamp,
    /// `payment.state`, in Apple's word: `paid`, `paymentNotCompleted`, …
    pub state: Option<String>,
}

impl Seen {
    /// Whether the customer's bubble says that it was not paid: any word for "not completed", and the
    /// states of a bubble that cannot have been paid.
    pub fn denies(&self) -> bool {
        const DENIALS: [&str; 5] = ["declined", "expired", "invalid", "setup", "unavailable"];
        self.state.as_deref().is_some_and(|state| {
            let state = state.to_ascii_lowercase();
            state.starts_with("paymentnot") || DENIALS.contains(&state.as_str())
        })
    }

    /// Whether it says that it was paid. A word that nobody knows says neither.
    pub fn affirms(&self) -> bool {
        const PAID: [&str; 2] = ["paid", "paymentCompleted"];
        let state = self.state.as_deref();
        state.is_some_and(|state| PAID.iter().any(|paid| paid.eq_ignore_ascii_case(state)))
    }
}

/// An event that businesses have not been told yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentNews {
    /// Its number within the payment, from 1: the event's id is made from it.
    pub no: u32,
    /// `payment.…`
    pub kind: EventType,
    /// When it happened.
    pub at: Timestamp,
    /// The event's `data`.
    pub data: Value,
    /// Why a person has to look, if one has to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concern: Option<Concern>,
}

/// Why a person has to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Concern {
    /// Money cannot be let go, or nobody can tell.
    VoidStuck,
    /// The customer saw something else than we were told.
    AckMismatch,
    /// The provider does not do, or did not do after all, what it was asked; or it took back what cannot be
    /// booked.
    ChangeFailed,
}
