//! What a business's server is asked.

use amb_protocol::{
    apple_pay::{PaymentType, Region, SheetLine, SheetMethod},
    money::Currency,
};
use amb_service::{model::PaymentId, port::PriceAsk};
use serde::Serialize;

/// The body of the call, in the words of Apple's payment request; amounts are decimal strings.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Question<'a> {
    business: &'a str,
    payment: &'a PaymentId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<&'a str>,
    currency_code: Currency,
    line_items: Vec<SheetLine>,
    total: SheetLine,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    shipping_methods: Vec<SheetMethod>,
    chosen: Chosen<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Chosen<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_contact: Option<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_type: Option<PaymentType>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Place<'a> {
    #[serde(skip_serializing_if = "str::is_empty")]
    country_code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    administrative_area: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    locality: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    postal_code: &'a str,
}

impl<'a> Question<'a> {
    pub(super) fn of(ask: &PriceAsk<'a>) -> Self {
        let PriceAsk { offer, inputs, .. } = *ask;
        let currency = offer.currency;
        let methods = offer.shipping_methods.iter();
        Self {
            business: ask.business.as_str(),
            payment: ask.payment,
            reference: ask.reference,
            currency_code: currency,
            line_items: offer.lines.iter().map(|line| SheetLine::of(line, currency)).collect(),
            total: SheetLine::of(&offer.total, currency),
            shipping_methods: methods.map(|method| SheetMethod::of(method, currency)).collect(),
            chosen: Chosen {
                shipping_method: inputs.shipping_method.as_deref(),
                shipping_contact: inputs.region.as_ref().map(Place::of),
                payment_type: inputs.payment_type,
            },
        }
    }
}

impl<'a> Place<'a> {
    fn of(region: &'a Region) -> Self {
        Self {
            country_code: &region.country,
            administrative_area: &region.region,
            locality: &region.locality,
            postal_code: &region.postal_code,
        }
    }
}
