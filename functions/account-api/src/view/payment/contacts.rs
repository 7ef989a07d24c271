use amb_service::model::PaymentContacts;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::Instant;

/// For whom and where to, as the customer's device said it: contacts in Apple's words.
#[derive(Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = PaymentContacts))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentContactsView {
    /// The cardholder's, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    billing_contact: Option<Map<String, Value>>,
    /// Where it goes, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_contact: Option<Map<String, Value>>,
    /// The `identifier` of the way of delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_method: Option<String>,
    /// From then on it is not there.
    until: Instant,
}

impl From<(PaymentContacts, Timestamp)> for PaymentContactsView {
    fn from((contacts, until): (PaymentContacts, Timestamp)) -> Self {
        let PaymentContacts { billing_contact, shipping_contact, shipping_method } = contacts;
        Self { billing_contact, shipping_contact, shipping_method, until: Instant(until) }
    }
}
