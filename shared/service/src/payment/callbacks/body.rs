//! The bodies of callbacks, from anybody (spec/payments §7).

use amb_protocol::{apple_pay::Region, id::RequestIdentifier, json};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use serde::Deserialize;
use serde_json::{Map, Value, value::RawValue};

use super::{strict, token::Token};
use crate::model::{PaymentContacts, PaymentId};

/// The longest body that is read.
pub const MAX_BODY: usize = 64 * 1024;

/// Why a body is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BodyFault {
    /// More than [`MAX_BODY`].
    #[error("the body is too large")]
    TooLarge,
    /// No JSON object, too deep, too many members, a name twice.
    #[error("the body is not a JSON object that can be read in one way only")]
    Unreadable,
    /// `requestIdentifier` is missing, or no text.
    #[error("requestIdentifier is missing")]
    Request,
    /// `requestIdentifier` is another payment's.
    #[error("requestIdentifier is not that of the path")]
    Foreign,
    /// `version` is one that we do not know.
    #[error("the version is unknown")]
    Version,
    /// `payment` is missing, or no object.
    #[error("payment is missing")]
    Payment,
    /// `payment.paymentToken` is missing, or no object.
    #[error("paymentToken is missing")]
    Token,
}

impl BodyFault {
    /// The word in the log.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Unreadable => "bad_json",
            Self::Request => "request_missing",
            Self::Foreign => "foreign_request",
            Self::Version => "version",
            Self::Payment => "payment_missing",
            Self::Token => "token_missing",
        }
    }
}

/// A body that belongs to its path.
pub(super) struct Body {
    payment: Map<String, Value>,
    /// The token, where there is one.
    pub(super) token: Option<Token>,
    /// SHA-256 of the bytes, hex.
    pub(super) hash: String,
    /// Members that were not expected, and a version that is missing.
    pub(super) unknown: u64,
}

const TOP: [&str; 4] = ["requestIdentifier", "version", "payment", "paymentMethod"];
const WITHIN: [&str; 7] = [
    "billingContact",
    "shippingContact",
    "shippingMethod",
    "paymentMethod",
    "paymentToken",
    "summaryItems",
    "errors",
];

impl Body {
    pub(super) fn read(bytes: &[u8], of: &PaymentId) -> Result<Self, BodyFault> {
        if bytes.len() > MAX_BODY {
            return Err(BodyFault::TooLarge);
        }
        let text = json::repair(bytes);
        let Ok(Value::Object(mut body)) = strict::read(&text) else {
            return Err(BodyFault::Unreadable);
        };
        let request = body.get("requestIdentifier").and_then(Value::as_str);
        let request = request.ok_or(BodyFault::Request)?;
        let request = RequestIdentifier::parse(request).map_err(|_fault| BodyFault::Foreign)?;
        if PaymentId::of(&request).as_ref() != Some(of) {
            return Err(BodyFault::Foreign);
        }
        let version = body.get("version");
        if !version.is_none_or(is_known_version) {
            return Err(BodyFault::Version);
        }
        let unknown = strangers(&body, &TOP) + u64::from(version.is_none());
        let payment = match body.remove("payment") {
            Some(Value::Object(payment)) => payment,
            // A form that devices have besides (observed): the method without the payment around it.
            None if body.get("paymentMethod").is_some_and(Value::is_object) => {
                body.into_iter().filter(|(name, _)| name == "paymentMethod").collect()
            }
            _ => return Err(BodyFault::Payment),
        };
        Ok(Self {
            token: raw_token(&text).and_then(Token::read),
            unknown: unknown + strangers(&payment, &WITHIN),
            payment,
            hash: HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref()),
        })
    }

    /// A member of `payment`.
    pub(super) fn member(&self, name: &str) -> Option<&Value> {
        self.payment.get(name).filter(|value| !value.is_null())
    }

    /// Where a contact lives, as far as a price may depend on it.
    pub(super) fn region(&self, contact: &str) -> Option<Region> {
        self.member(contact).and_then(Region::of)
    }

    /// The identifier of the shipping method: the only thing of it that is looked at.
    pub(super) fn shipping_method(&self) -> Option<&str> {
        self.member("shippingMethod")?.get("identifier")?.as_str()
    }

    /// For whom and where to, as the device says it.
    pub(super) fn contacts(&self) -> PaymentContacts {
        let contact = |name| self.member(name).and_then(Value::as_object).cloned();
        PaymentContacts {
            billing_contact: contact("billingContact"),
            shipping_contact: contact("shippingContact"),
            shipping_method: self.shipping_method().map(str::to_owned),
        }
    }

    /// The kind of card that was chosen.
    pub(super) fn payment_type(&self) -> Option<&str> {
        let method = self.member("paymentMethod")?;
        let kind = method.get("type").or_else(|| method.get("paymentType"));
        kind.and_then(Value::as_str)
    }
}

/// The documents say `"1.0"`, the devices 1.
fn is_known_version(version: &Value) -> bool {
    match version {
        Value::Number(number) => number.as_u64() == Some(1),
        Value::String(text) => matches!(text.as_str(), "1" | "1.0"),
        _ => false,
    }
}

fn strangers(object: &Map<String, Value>, known: &[&str]) -> u64 {
    let strange = object.keys().filter(|name| !known.contains(&name.as_str()));
    u64::try_from(strange.count()).unwrap_or(u64::MAX)
}

/// `payment.paymentToken` as it was sent: the provider gets it to the byte.
fn raw_token(text: &[u8]) -> Option<&str> {
    #[derive(Deserialize)]
    struct Outer<'a> {
        #[serde(borrow)]
        payment: &'a RawValue,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Inner<'a> {
        #[serde(borrow)]
        payment_token: Option<&'a RawValue>,
    }
    let outer: Outer<'_> = serde_json::from_slice(text).ok()?;
    let inner: Inner<'_> = serde_json::from_str(outer.payment.get()).ok()?;
    inner.payment_token.map(RawValue::get)
}

#[cfg(test)]
mod tests;
