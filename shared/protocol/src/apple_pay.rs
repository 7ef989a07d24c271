//! Apple Pay in Messages: what is offered, what it costs, what the device asks and is answered, and
//! the token it pays with. Sources: Apple, Apple Pay Message and Apple Pay Endpoints; Apple Pay JS for
//! the vocabulary of errors; spec/payments.

mod answer;
mod contact;
mod offer;
mod place;
mod price;
mod priced;
mod quote;
mod requirement;
mod share;
pub mod token;

pub use answer::{
    ContactField, GatewayAnswer, PayError, PayErrorCode, PayStatus, SheetLine, SheetMethod,
    UpdateAnswer,
};
pub use contact::Region;
pub use offer::{
    ContactRequirement, Line, LineType, MerchantIdentifier, Offer, Pricing, PricingFallback,
    Rounding, Servable, ShippingMethod, StaticPricing, Surcharge, TaxRule,
};
pub use price::price;
pub use priced::{MOST_ANSWER_BYTES, PriceFault, read_price_answer};
pub use quote::{Inputs, PaymentType, Quote, QuoteSource};
