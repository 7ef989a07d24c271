use amb_protocol::money::Currency;
use amb_service::model::{Attempt, PspResult, Told};
use serde::Serialize;

use super::Instant;

/// One try of a customer to pay.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = PaymentAttempt))]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttemptView {
    /// From 1.
    attempt: u32,
    amount: String,
    /// What the provider said: `approved`, `declined`, `rejected`, `inDoubt`; absent while it is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<crate::openapi::PspResultWord>))]
    result: Option<&'static str>,
    /// Why not, in our words. The provider said no: `generic`, `fraud`, `avs_postal`, `avs_address`,
    /// `token`, `unservable`; it did nothing: `configuration`, `rate_limited`, `unreachable`; nobody
    /// knew at first: `timeout`, `broken`, `server_error`, `pending`, `unknown_word`,
    /// `amount_mismatch`, `ours`.
    #[serde(skip_serializing_if = "Option::is_none")]
    decline: Option<&'static str>,
    /// The provider's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    psp_code: Option<String>,
    /// The provider's name of the authorisation.
    #[serde(skip_serializing_if = "Option::is_none")]
    psp_reference: Option<String>,
    /// The card network, if the provider tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<String>,
    /// The card's last digits, if the provider tells them.
    #[serde(skip_serializing_if = "Option::is_none")]
    last4: Option<String>,
    /// What the device was told: `success` or `failure`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<crate::openapi::ToldWord>))]
    told: Option<&'static str>,
    begun_at: Instant,
}

impl AttemptView {
    pub(super) fn of(attempt: Attempt, currency: Currency) -> Self {
        let psp_reference =
            attempt.result.as_ref().and_then(PspResult::reference).map(str::to_owned);
        let view = Self {
            attempt: attempt.no,
            amount: attempt.amount.to_decimal(currency),
            result: None,
            decline: None,
            psp_code: None,
            psp_reference,
            network: None,
            last4: None,
            told: attempt.told.map(Told::as_str),
            begun_at: Instant(attempt.begun_at),
        };
        match attempt.result {
            None => view,
            Some(PspResult::Approved { network, last4, .. }) => {
                Self { result: Some("approved"), network, last4, ..view }
            }
            Some(PspResult::Declined { class, code, .. }) => Self {
                result: Some("declined"),
                decline: Some(class.as_str()),
                psp_code: code,
                ..view
            },
            Some(PspResult::Rejected { class, code }) => Self {
                result: Some("rejected"),
                decline: Some(class.as_str()),
                psp_code: code,
                ..view
            },
            Some(PspResult::InDoubt { why, .. }) => {
                Self { result: Some("inDoubt"), decline: Some(why.as_str()), ..view }
            }
        }
    }
}
