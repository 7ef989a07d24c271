//! What the device is told. Only documented values leave: the device drops an error whose code it does
//! not know, and takes a status it does not know for a failed request (observed).

use serde::{Deserialize, Serialize};

/// What `paymentGateway` answers: always an object, always a status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GatewayAnswer {
    /// How it went.
    pub status: PayStatus,
    /// What the customer can correct; the sheet stays open for it. None: the payment is declined.
    #[serde(default)]
    pub errors: Vec<PayError>,
}

impl GatewayAnswer {
    /// The payment went through.
    pub const fn success() -> Self {
        Self { status: PayStatus::Success, errors: Vec::new() }
    }

    /// It did not.
    pub const fn failure(errors: Vec<PayError>) -> Self {
        Self { status: PayStatus::Failure, errors }
    }
}

/// How a payment went. Apple has more words; only these two are used (spec/payments §1.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PayStatus {
    /// Authorised.
    #[serde(rename = "STATUS_SUCCESS")]
    Success,
    /// Not.
    #[serde(rename = "STATUS_FAILURE")]
    Failure,
}

/// An `ApplePayError`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PayError {
    /// What is wrong.
    pub code: PayErrorCode,
    /// Where, for the two codes about contacts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_field: Option<ContactField>,
    /// What the customer reads: our words, or the business's, never a payment provider's.
    pub message: String,
}

/// What is wrong, in Apple's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PayErrorCode {
    /// A field of the shipping contact.
    ShippingContactInvalid,
    /// A field of the billing contact.
    BillingContactInvalid,
    /// Nothing is delivered there.
    AddressUnserviceable,
    /// Something else.
    Unknown,
}

/// A field of a contact, in Apple's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "Apple's words say it")]
pub enum ContactField {
    PhoneNumber,
    EmailAddress,
    Name,
    PhoneticName,
    PostalAddress,
    AddressLines,
    Locality,
    SubLocality,
    PostalCode,
    AdministrativeArea,
    SubAdministrativeArea,
    Country,
    CountryCode,
}
