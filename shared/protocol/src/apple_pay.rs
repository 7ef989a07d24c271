//! Apple Pay in Messages: what is offered, what it costs, what the device asks and is answered, and
//! the token it pays with. Sources: Apple, Apple Pay Message and Apple Pay Endpoints; Apple Pay JS for
//! the vocabulary of errors; spec/payments.

mod answer;
mod contact;
mod offer;
mod quote;

pub use answer::{ContactField, GatewayAnswer, PayError, PayErrorCode, PayStatus};
pub use contact::Region;
pub use offer::{
    ContactRequirement, Line, LineType, MerchantIdentifier, Offer, Pricing, PricingFallback,
    Servable, ShippingMethod, StaticPricing, Surcharge, TaxRule,
};
pub use quote::{Inputs, PaymentType, Quote, QuoteSource};
