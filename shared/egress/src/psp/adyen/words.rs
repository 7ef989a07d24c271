//! Adyen's codes of a refusal, and what kind of no each is (spec/payments §2.5).

use amb_service::model::{DeclineClass, Doubt, PspResult};

use super::IN_PROGRESS;
use crate::psp::{in_doubt, rejected};

/// What kind of no a `refusalReasonCode` says. A code nobody knows is a no without a reason.
pub(super) fn class(reason: Option<&str>) -> DeclineClass {
    let known = CLASSES.iter().find(|(code, _)| Some(*code) == reason);
    known.map_or(DeclineClass::Generic, |(_, class)| *class)
}

/// What an HTTP error to a payment says of it.
pub(super) fn refusal(status: u16, code: Option<String>) -> PspResult {
    match status {
        _ if code.as_deref() == Some(IN_PROGRESS) => in_doubt(Doubt::Pending, None),
        400 | 401 | 403 | 404 => rejected(DeclineClass::Configuration, code),
        422 => rejected(DeclineClass::Token, code),
        429 => rejected(DeclineClass::RateLimited, code),
        409 => in_doubt(Doubt::Pending, None),
        _ => in_doubt(Doubt::UnknownWord, None),
    }
}

/// Adyen, Refusal reasons: those that are something else than a no without a reason.
const CLASSES: [(&str, DeclineClass); 15] = [
    // Blocked Card
    ("5", DeclineClass::Fraud),
    // Invalid Amount
    ("7", DeclineClass::Configuration),
    // 3D Not Authenticated
    ("11", DeclineClass::Unservable),
    // Acquirer Fraud
    ("14", DeclineClass::Fraud),
    // FRAUD
    ("20", DeclineClass::Fraud),
    // FRAUD-CANCELLED
    ("22", DeclineClass::Fraud),
    // Restricted Card
    ("25", DeclineClass::Fraud),
    // Issuer Suspected Fraud
    ("31", DeclineClass::Fraud),
    // AVS Declined
    ("32", DeclineClass::AvsPostal),
    // Card requires online pin
    ("33", DeclineClass::Unservable),
    // Mobile pin required
    ("36", DeclineClass::Unservable),
    // Authentication required
    ("38", DeclineClass::Unservable),
    // RReq not received from DS
    ("39", DeclineClass::Unservable),
    // CVM Required Restart Payment
    ("41", DeclineClass::Unservable),
    // 3DS Authentication Error
    ("42", DeclineClass::Unservable),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_known_reason_has_its_class_and_an_unknown_one_is_a_no_without_a_reason() {
        for (reason, expected) in [
            (Some("2"), DeclineClass::Generic),
            (Some("6"), DeclineClass::Generic),
            (Some("12"), DeclineClass::Generic),
            (Some("20"), DeclineClass::Fraud),
            (Some("32"), DeclineClass::AvsPostal),
            (Some("38"), DeclineClass::Unservable),
            (Some("999"), DeclineClass::Generic),
            (None, DeclineClass::Generic),
        ] {
            assert_eq!(class(reason), expected, "{reason:?}");
        }
    }
}
