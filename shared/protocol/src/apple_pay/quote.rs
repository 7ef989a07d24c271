//! What the customer's choices cost.

use serde::{Deserialize, Serialize};

use super::{Line, Region, ShippingMethod};

/// What a price depends on, and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Inputs {
    /// The shipping method's identifier; none: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_method: Option<String>,
    /// Where it goes, as far as the device shows before it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<Region>,
    /// What it is paid with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_type: Option<PaymentType>,
}

/// A kind of card, in Apple's words. A kind we do not know is none of them, and costs nothing extra.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PaymentType {
    /// `credit`
    Credit,
    /// `debit`
    Debit,
    /// `prepaid`
    Prepaid,
    /// `store`
    Store,
}

impl PaymentType {
    /// The kind of this word, in whatever case it was written; none: one that we do not know.
    pub fn parse(word: &str) -> Option<Self> {
        let kinds = [Self::Credit, Self::Debit, Self::Prepaid, Self::Store];
        kinds.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(word.trim()))
    }

    /// Apple's word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Credit => "credit",
            Self::Debit => "debit",
            Self::Prepaid => "prepaid",
            Self::Store => "store",
        }
    }
}

/// A price with everything that it is made of. It sums up: the final lines make the total.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    /// Its number within the payment; the offer itself is number 0.
    pub seq: u32,
    /// What it was made from.
    pub inputs: Inputs,
    /// What the sheet shows.
    pub lines: Vec<Line>,
    /// What is to be paid.
    pub total: Line,
    /// The ways of delivery to this place, when they changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_methods: Option<Vec<ShippingMethod>>,
    /// Who made it.
    pub source: QuoteSource,
    /// Of the total: tax, in minor units.
    pub tax: crate::money::Minor,
    /// Of the total: shipping.
    pub shipping: crate::money::Minor,
}

/// Who made a quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum QuoteSource {
    /// It is the offer as it was sent.
    Offer,
    /// The static rules.
    Static,
    /// The business's server.
    Callback,
    /// The static rules, because the business's server did not answer with a price.
    FallbackStatic,
    /// An earlier quote, for the same reason.
    FallbackLast,
}

impl QuoteSource {
    /// The word in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Static => "static",
            Self::Callback => "callback",
            Self::FallbackStatic => "fallback_static",
            Self::FallbackLast => "fallback_last",
        }
    }
}
