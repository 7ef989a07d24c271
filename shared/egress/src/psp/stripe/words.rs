//! Stripe's codes of a decline, and what kind of no each is (spec/payments §2.5).

use amb_service::model::DeclineClass;

/// What kind of no a decline's codes say. A code nobody knows is a no without a reason.
pub(super) fn class(decline_code: Option<&str>, code: Option<&str>) -> DeclineClass {
    let known = |word: Option<&str>| {
        let word = word?;
        CLASSES.iter().find(|(known, _)| *known == word).map(|(_, class)| *class)
    };
    known(decline_code).or_else(|| known(code)).unwrap_or(DeclineClass::Generic)
}

/// Stripe, Error codes: whether a code says that the account's keys are not what they should be.
pub(super) fn is_about_the_keys(code: &str) -> bool {
    matches!(
        code,
        "account_invalid"
            | "api_key_expired"
            | "livemode_mismatch"
            | "platform_api_key_expired"
            | "secret_key_required"
            | "testmode_charges_only"
    )
}

/// Stripe, Decline codes and Error codes: those that are something else than a no without a reason.
const CLASSES: [(&str, DeclineClass); 22] = [
    ("incorrect_zip", DeclineClass::AvsPostal),
    ("postal_code_invalid", DeclineClass::AvsPostal),
    ("incorrect_address", DeclineClass::AvsAddress),
    ("fraudulent", DeclineClass::Fraud),
    ("highest_risk_level", DeclineClass::Fraud),
    ("lost_card", DeclineClass::Fraud),
    ("merchant_blacklist", DeclineClass::Fraud),
    ("pickup_card", DeclineClass::Fraud),
    ("restricted_card", DeclineClass::Fraud),
    ("security_violation", DeclineClass::Fraud),
    ("stolen_card", DeclineClass::Fraud),
    ("stop_payment_order", DeclineClass::Fraud),
    ("invalid_source", DeclineClass::Token),
    ("token_already_used", DeclineClass::Token),
    ("token_in_use", DeclineClass::Token),
    ("authentication_required", DeclineClass::Unservable),
    ("offline_pin_required", DeclineClass::Unservable),
    ("online_or_offline_pin_required", DeclineClass::Unservable),
    ("payment_intent_authentication_failure", DeclineClass::Unservable),
    ("pin_required", DeclineClass::Unservable),
    ("rate_limit", DeclineClass::RateLimited),
    ("testmode_charges_only", DeclineClass::Configuration),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrower_code_decides_and_an_unknown_one_is_a_no_without_a_reason() {
        for (decline_code, code, expected) in [
            (Some("insufficient_funds"), Some("card_declined"), DeclineClass::Generic),
            (Some("stolen_card"), Some("card_declined"), DeclineClass::Fraud),
            (None, Some("incorrect_zip"), DeclineClass::AvsPostal),
            (None, Some("incorrect_address"), DeclineClass::AvsAddress),
            (None, Some("expired_card"), DeclineClass::Generic),
            (Some("authentication_required"), Some("card_declined"), DeclineClass::Unservable),
            (Some("a_new_word"), Some("another"), DeclineClass::Generic),
            (None, None, DeclineClass::Generic),
        ] {
            assert_eq!(class(decline_code, code), expected, "{decline_code:?} {code:?}");
        }
    }
}
