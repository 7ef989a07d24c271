//! What a customer is asked to pay for.

use serde::{Deserialize, Serialize};
use std::fmt;

use crate::money::{Currency, Minor};

/// A merchant identifier, as Apple's developer account names it: `merchant.com.example.shop`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MerchantIdentifier(String);

/// A text that is no merchant identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`merchant.` and a reverse domain name are expected, at most 255 characters")]
pub struct MerchantIdentifierFault;

impl MerchantIdentifier {
    /// Reads one: letters, digits, `-`, `.` and `_` after `merchant.`.
    pub fn parse(text: &str) -> Result<Self, MerchantIdentifierFault> {
        let rest = text.strip_prefix("merchant.").ok_or(MerchantIdentifierFault)?;
        let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
        if rest.is_empty() || text.len() > 255 || !rest.bytes().all(fits) {
            return Err(MerchantIdentifierFault);
        }
        Ok(Self(text.to_owned()))
    }

    /// As Apple spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MerchantIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for MerchantIdentifier {
    type Error = MerchantIdentifierFault;
    fn try_from(text: String) -> Result<Self, MerchantIdentifierFault> {
        Self::parse(&text)
    }
}

impl From<MerchantIdentifier> for String {
    fn from(id: MerchantIdentifier) -> Self {
        id.0
    }
}

/// What a customer is asked to pay for, without a fault: the lines sum up to the total, the first
/// shipping method among them. It never changes once it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Offer {
    /// Whose account is paid into.
    pub merchant: MerchantIdentifier,
    /// The trading name, which is also the total's label.
    pub merchant_name: String,
    /// ISO 3166 alpha-2, capital.
    pub country: String,
    /// What all amounts are in.
    pub currency: Currency,
    /// The goods: without shipping, tax and surcharges that [`pricing`](Self::pricing) adds.
    pub lines: Vec<Line>,
    /// The total that the customer sees first.
    pub total: Line,
    /// What the customer may choose from; the first is chosen unless they choose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shipping_methods: Vec<ShippingMethod>,
    /// What the customer has to give for billing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_billing: Vec<ContactRequirement>,
    /// What the customer has to give for shipping.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_shipping: Vec<ContactRequirement>,
    /// Card networks, in Apple's words.
    pub networks: Vec<String>,
    /// `supports3DS` and more.
    pub capabilities: Vec<String>,
    /// Countries whose cards are taken; none: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supported_countries: Vec<String>,
    /// How the price follows the customer's choices.
    #[serde(default)]
    pub pricing: Pricing,
    /// Where the customer pays whose device has no Apple Pay: a page of the business's own, https.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout_url: Option<String>,
}

impl Offer {
    /// The most that a total may be, in whole units of the currency (the device refuses more).
    pub const MOST_UNITS: i64 = 100_000_000;

    /// Whether so much can be paid at all: more than zero, and no more than the device takes.
    pub fn is_payable(total: Minor, currency: Currency) -> bool {
        let most = Self::MOST_UNITS * 10_i64.pow(u32::from(currency.exponent()));
        total > Minor::ZERO && total.get() <= most
    }

    /// The shipping method that is chosen unless the customer chooses another.
    pub fn first_shipping(&self) -> Option<&ShippingMethod> {
        self.shipping_methods.first()
    }
}

/// One line of the sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it is for.
    pub label: String,
    /// How much; a discount is less than zero.
    pub amount: Minor,
    /// Whether it is known yet.
    #[serde(rename = "type", default)]
    pub kind: LineType,
}

/// Whether a line's amount is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineType {
    /// It is.
    #[default]
    Final,
    /// It will be, later; it counts for nothing in the total's sum.
    Pending,
}

/// A way of delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingMethod {
    /// The only thing of it that is trusted when the device names it.
    pub identifier: String,
    /// What the customer sees.
    pub label: String,
    /// What the customer sees below it.
    pub detail: String,
    /// What it costs, never less than zero.
    pub amount: Minor,
}

/// A field of a contact that the sheet asks for, in the words of Messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ContactRequirement {
    /// An email address.
    Email,
    /// A name.
    Name,
    /// A phone number.
    Phone,
    /// How the name is spoken.
    PhoneticName,
    /// A postal address; the web's word `postalAddress` is read too.
    #[serde(alias = "postalAddress")]
    Post,
}

/// Who says what the customer's choices cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "by")]
pub enum Pricing {
    /// These rules.
    Static(StaticPricing),
    /// The business's own server, asked with a signed call.
    #[serde(rename_all = "camelCase")]
    Callback {
        /// Where to ask: https.
        url: String,
        /// What happens when it does not answer in time, or not with a price.
        fallback: PricingFallback,
        /// The rules that [`PricingFallback::Static`] goes by.
        #[serde(default)]
        rules: StaticPricing,
    },
}

impl Default for Pricing {
    /// What is offered is what it costs; a shipping method adds its amount.
    fn default() -> Self {
        Self::Static(StaticPricing::default())
    }
}

/// What a price is made of when the business does not answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PricingFallback {
    /// The static rules.
    #[default]
    Static,
    /// The quote that was issued last.
    LastQuote,
    /// Nothing: the address cannot be served.
    Refuse,
}

/// Rules that make a price from the customer's choices, without asking anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StaticPricing {
    /// Taxes by place: the most particular rule that fits counts (postal prefix, then region, then
    /// country, then everywhere).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taxes: Vec<TaxRule>,
    /// Surcharges by kind of card.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surcharges: Vec<Surcharge>,
    /// Where is delivered to; none: everywhere.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub servable: Vec<Servable>,
    /// How the tax of a line becomes whole.
    #[serde(default, skip_serializing_if = "Rounding::is_default")]
    pub rounding: Rounding,
}

/// How an amount between two of the smallest unit becomes one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Rounding {
    /// A half goes up: commercial rounding.
    #[default]
    HalfUp,
    /// A half goes to the even one: bankers' rounding.
    HalfEven,
}

impl Rounding {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A tax on what goes to a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxRule {
    /// Where; absent parts fit everything.
    #[serde(flatten)]
    pub place: Servable,
    /// The line's label.
    pub label: String,
    /// Percent, exact: "8.25".
    #[serde(with = "rust_decimal::serde::str")]
    pub percent: rust_decimal::Decimal,
    /// Whether shipping is taxed too.
    #[serde(default)]
    pub on_shipping: bool,
}

/// What a kind of card costs on top.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Surcharge {
    /// For which kind.
    pub payment_type: super::PaymentType,
    /// The line's label.
    pub label: String,
    /// How much; a discount is less than zero.
    pub amount: Minor,
}

/// A place, or an area.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Servable {
    /// ISO 3166 alpha-2, capital.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// `administrativeArea`, capital.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// What the postal code begins with, without blanks, capital.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_prefix: Option<String>,
}
