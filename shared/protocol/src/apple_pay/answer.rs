//! What the device is told. Only documented values leave: the device drops an error whose code it does
//! not know, and takes a status it does not know for a failed request (observed).

use serde::{Deserialize, Serialize};

use super::{Line, LineType, Quote, ShippingMethod};
use crate::money::Currency;

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

/// What the three update endpoints answer: always with the total, without which the device waits for
/// ever, and always with the lines, because the device puts the total below those that it has
/// (spec/payments §1.1; observed).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateAnswer {
    /// What is to be paid.
    pub new_total: SheetLine,
    /// What it is made of, the total not among them.
    pub new_line_items: Vec<SheetLine>,
    /// The ways of delivery, where they changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_shipping_methods: Option<Vec<SheetMethod>>,
    /// What the customer can correct.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<PayError>,
}

impl UpdateAnswer {
    /// The answer that a quote makes; amounts are in its offer's currency.
    pub fn of(quote: &Quote, currency: Currency) -> Self {
        let line = |line: &Line| SheetLine::of(line, currency);
        let methods = quote.shipping_methods.as_ref();
        Self {
            new_total: line(&quote.total),
            new_line_items: quote.lines.iter().map(line).collect(),
            new_shipping_methods: methods.map(|methods| {
                methods.iter().map(|method| SheetMethod::of(method, currency)).collect()
            }),
            errors: Vec::new(),
        }
    }

    /// Instead of a price: what is wrong, over the quote that the customer saw last.
    pub fn refusing(errors: Vec<PayError>, last: &Quote, currency: Currency) -> Self {
        Self { errors, ..Self::of(last, currency) }
    }
}

/// A line as it goes to the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetLine {
    /// What it is for.
    pub label: String,
    /// A decimal with the currency's decimals, in a string.
    pub amount: String,
    /// `final` or `pending`.
    #[serde(rename = "type")]
    pub kind: LineType,
}

impl SheetLine {
    /// The line in its currency.
    pub fn of(line: &Line, currency: Currency) -> Self {
        let amount = line.amount.to_decimal(currency);
        Self { label: line.label.clone(), amount, kind: line.kind }
    }
}

/// A way of delivery as it goes to the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetMethod {
    /// What the device names it by.
    pub identifier: String,
    /// What the customer sees.
    pub label: String,
    /// What the customer sees below it.
    pub detail: String,
    /// A decimal with the currency's decimals, in a string.
    pub amount: String,
}

impl SheetMethod {
    /// The method in its currency.
    pub fn of(method: &ShippingMethod, currency: Currency) -> Self {
        Self {
            identifier: method.identifier.clone(),
            label: method.label.clone(),
            detail: method.detail.clone(),
            amount: method.amount.to_decimal(currency),
        }
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

impl PayError {
    /// Something wrong with no field of a contact.
    pub fn new(code: PayErrorCode, message: impl Into<String>) -> Self {
        Self { code, contact_field: None, message: message.into() }
    }
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
