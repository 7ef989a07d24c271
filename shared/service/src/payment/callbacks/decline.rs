//! What a no means for the customer (spec/payments §2.5). The words are ours: a provider's never reach
//! a customer.

use amb_protocol::apple_pay::{ContactField, PayError, PayErrorCode};

use crate::model::{DeclineClass, PaymentState, PspResult, Told};

/// The card's postal code is another.
const POSTAL_CODE: &str = "The postal code does not match the card's.";
/// The card's address is another.
const ADDRESS: &str = "The address does not match the card's.";

/// What the customer can correct; the sheet stays open for it. Nothing: another card, another time.
pub(super) fn errors_of(class: DeclineClass) -> Vec<PayError> {
    let billing = |field, message| {
        let error = PayError::new(PayErrorCode::BillingContactInvalid, message);
        vec![PayError { contact_field: Some(field), ..error }]
    };
    match class {
        DeclineClass::AvsPostal => billing(ContactField::PostalCode, POSTAL_CODE),
        DeclineClass::AvsAddress => billing(ContactField::AddressLines, ADDRESS),
        DeclineClass::Generic
        | DeclineClass::Fraud
        | DeclineClass::Token
        | DeclineClass::Configuration
        | DeclineClass::RateLimited
        | DeclineClass::Unservable
        | DeclineClass::Unreachable => Vec::new(),
    }
}

/// How the payment stands after the provider's word, and what the device is told.
pub(super) fn end_of(result: &PspResult) -> (PaymentState, Told, Vec<PayError>) {
    match result {
        PspResult::Approved { .. } => (PaymentState::Authorized, Told::Success, Vec::new()),
        PspResult::Declined { class, .. } => {
            (PaymentState::Declined, Told::Failure, errors_of(*class))
        }
        PspResult::Rejected { class, .. } => {
            (PaymentState::Failed, Told::Failure, errors_of(*class))
        }
        PspResult::InDoubt { .. } => (PaymentState::Unknown, Told::Failure, Vec::new()),
    }
}

/// The word in the journal.
pub(super) const fn decision(result: &PspResult) -> &'static str {
    match result {
        PspResult::Approved { .. } => "approved",
        PspResult::Declined { .. } => "declined",
        PspResult::Rejected { .. } => "rejected",
        PspResult::InDoubt { .. } => "in_doubt",
    }
}
