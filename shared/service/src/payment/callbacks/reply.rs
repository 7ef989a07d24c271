//! What a callback comes to.

use std::time::Duration;

use amb_protocol::{
    apple_pay::{GatewayAnswer, UpdateAnswer},
    id::BusinessId,
};

use super::body::BodyFault;
use crate::{model::PaymentPointer, port::PortError};

/// What a callback came to.
#[derive(Clone, Debug)]
pub struct Reply {
    /// What the device is told.
    pub said: Said,
    /// The payment, where the path opened one.
    pub pointer: Option<PaymentPointer>,
    /// Its business.
    pub business: Option<BusinessId>,
    /// What it came to, in a word for the log.
    pub outcome: &'static str,
    /// Why, in a word for the log.
    pub code: Option<&'static str>,
    /// What the provider took of the time.
    pub psp: Duration,
    /// Members that were not expected: Apple's form changes.
    pub unknown: u64,
}

/// What the device is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// There is nothing here. Whoever knows no path learns nothing else.
    Gone,
    /// The body cannot be read.
    Unreadable(BodyFault),
    /// How the payment went.
    Paid(GatewayAnswer),
    /// What it costs.
    Priced(UpdateAnswer),
    /// Order tracking was kept.
    Tracked,
    /// A page in HTML.
    Page(String),
}

impl Reply {
    pub(super) fn new(said: Said, outcome: &'static str) -> Self {
        Self {
            said,
            pointer: None,
            business: None,
            outcome,
            code: None,
            psp: Duration::ZERO,
            unknown: 0,
        }
    }

    pub(super) fn gone() -> Self {
        Self::new(Said::Gone, "gone")
    }

    pub(super) fn unreadable(fault: BodyFault) -> Self {
        // Another payment's name in the body is no business of this path.
        if fault == BodyFault::Foreign {
            return Self::gone().code("foreign_request");
        }
        Self::new(Said::Unreadable(fault), "unreadable").code(fault.code())
    }

    pub(super) fn code(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }
}

/// A callback that is not answered: what could be said is not written down, and nothing is said that is
/// not. The device shows a failure, and the settling worker sees to it that there is one.
#[derive(Debug, thiserror::Error)]
pub enum CallbackError {
    /// A port failed.
    #[error("a device's request could not be served")]
    Port(#[from] PortError),
    /// Everybody changes this payment at once.
    #[error("the payment did not hold still")]
    Busy,
    /// What the device is told could not be written down.
    #[error("what the device is told could not be written down")]
    Untold,
}
