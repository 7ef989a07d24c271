//! `pricing`: how the price follows the customer's choices.

use super::{
    super::{check::Check, object::Object, syntax, wire},
    MerchantDefaults,
    offer::{amount, label},
};
use crate::{
    apple_pay::{
        PaymentType, Pricing, PricingFallback, Rounding, Servable, StaticPricing, Surcharge,
        TaxRule,
    },
    money::Currency,
    rules::Fault,
};

const PAYMENT_TYPES: [&str; 4] = ["credit", "debit", "prepaid", "store"];
const FALLBACKS: [&str; 3] = ["static", "lastQuote", "refuse"];
const ROUNDINGS: [&str; 2] = ["halfUp", "halfEven"];

/// Reads `pricing`; the business's own where it is not there.
pub(super) fn read(
    content: &mut Object<'_>,
    currency: Currency,
    defaults: &MerchantDefaults,
    check: &mut Check<'_>,
) -> Option<Pricing> {
    if !content.has("pricing") {
        content.optional("pricing");
        return Some(defaults.pricing.clone());
    }
    let mut object = content.optional_object("pricing", check)?;
    object.required("by", check);
    let by = object.word("by", &["static", "callback"], "payment_pricing", check);
    let pricing = match by {
        Some("static") => rules(&mut object, currency, check).map(Pricing::Static),
        Some(_) if !defaults.signs => {
            let message =
                "what asks your server is signed, and the business's settings name no key";
            let fault = Fault::new(object.pointer("by"), "payment_pricing", message);
            check.fault(fault.fix("name a secret as `signing` in its Apple Pay settings"));
            return None;
        }
        Some(_) => callback(&mut object, currency, check),
        None => return None,
    };
    object.finish(check);
    pricing
}

fn callback(object: &mut Object<'_>, currency: Currency, check: &mut Check<'_>) -> Option<Pricing> {
    let url = object.string("url", check);
    if let Some(url) = url {
        wire::payment_url("url", url, object, check);
    }
    let fallback = match object.word("fallback", &FALLBACKS, "payment_pricing", check) {
        Some("lastQuote") => PricingFallback::LastQuote,
        Some("refuse") => PricingFallback::Refuse,
        _ => PricingFallback::Static,
    };
    let rules = match object.optional_object("rules", check) {
        Some(mut object) => {
            let read = rules(&mut object, currency, check);
            object.finish(check);
            read?
        }
        None => StaticPricing::default(),
    };
    Some(Pricing::Callback { url: url?.to_owned(), fallback, rules })
}

fn rules(
    object: &mut Object<'_>,
    currency: Currency,
    check: &mut Check<'_>,
) -> Option<StaticPricing> {
    let taxes = list(object, "taxes", check, tax);
    let surcharges =
        list(object, "surcharges", check, |object, check| surcharge(object, currency, check));
    let servable = list(object, "servable", check, place);
    let rounding = match object.word("rounding", &ROUNDINGS, "payment_pricing", check) {
        Some("halfEven") => Rounding::HalfEven,
        _ => Rounding::HalfUp,
    };
    Some(StaticPricing { taxes: taxes?, surcharges: surcharges?, servable: servable?, rounding })
}

fn list<T>(
    object: &mut Object<'_>,
    name: &'static str,
    check: &mut Check<'_>,
    mut read: impl FnMut(&mut Object<'_>, &mut Check<'_>) -> Option<T>,
) -> Option<Vec<T>> {
    let Some(entries) = object.optional_list(name, check) else {
        return (!object.has(name)).then(Vec::new);
    };
    check.count(entries.len(), "payment_rows", || object.pointer(name));
    object.each(name, entries, check, |_, entry, check| read(entry, check))
}

fn tax(object: &mut Object<'_>, check: &mut Check<'_>) -> Option<TaxRule> {
    let place = place(object, check);
    let text = words(object, check);
    let percent = percent(object, check);
    let on_shipping = object.flag("onShipping", check).unwrap_or_default();
    Some(TaxRule { place: place?, label: text?, percent: percent?, on_shipping })
}

/// `percent`: a decimal string from 0 to 100 with at most six decimals.
fn percent(object: &mut Object<'_>, check: &mut Check<'_>) -> Option<rust_decimal::Decimal> {
    let text = object.string("percent", check)?;
    let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let percent: Option<rust_decimal::Decimal> = text.parse().ok().filter(|_| is_plain);
    let hundred = rust_decimal::Decimal::ONE_HUNDRED;
    let percent = percent.filter(|percent| percent.scale() <= 6 && *percent <= hundred);
    if percent.is_none() {
        let message = "a decimal in a string from 0 to 100 is expected, such as \"8.25\"";
        check.fault(Fault::new(object.pointer("percent"), "payment_pricing", message));
    }
    percent
}

fn surcharge(
    object: &mut Object<'_>,
    currency: Currency,
    check: &mut Check<'_>,
) -> Option<Surcharge> {
    object.required("paymentType", check);
    let kind = object.word("paymentType", &PAYMENT_TYPES, "payment_pricing", check);
    let text = words(object, check);
    let amount = amount(object, currency, check);
    let payment_type = kind.and_then(PaymentType::parse)?;
    Some(Surcharge { payment_type, label: text?, amount: amount? })
}

fn place(object: &mut Object<'_>, check: &mut Check<'_>) -> Option<Servable> {
    let country = object.optional_string("country", check);
    if country.is_some_and(|country| !syntax::is_country(country)) {
        let message = "the two capital letters of a country are expected (ISO 3166)";
        check.fault(Fault::new(object.pointer("country"), "payment_country", message));
    }
    let mut part = |name: &'static str| {
        let text = object.optional_string(name, check)?;
        label(text, object.pointer(name), "payment_label_length", check);
        let is_code = name == "postalPrefix";
        if country.is_some_and(|country| is_code && is_hidden(country, text.trim())) {
            let message =
                "before the customer pays, a device shows the first half of such a code alone";
            let fault = Fault::new(object.pointer(name), "payment_pricing", message);
            check.fault(fault.fix("leave the second half out, such as `SW1A` or `K1A`"));
        }
        let squeezed: String = match name {
            "region" => text.trim().to_owned(),
            _ => text.chars().filter(|c| !c.is_whitespace()).collect(),
        };
        Some(squeezed.to_uppercase())
    };
    let (region, postal_prefix) = (part("region"), part("postalPrefix"));
    if country.is_none() && (region.is_some() || postal_prefix.is_some()) {
        let message = "a region or a postal code is one of a country";
        check.fault(Fault::new(object.pointer("country"), "required", message));
        return None;
    }
    Some(Servable { country: country.map(str::to_owned), region, postal_prefix })
}

/// Whether a prefix reaches into the half of a postal code that is not shown (Apple: the redacted
/// contact): it would fit nobody, or another district.
fn is_hidden(country: &str, prefix: &str) -> bool {
    let most = match country {
        "GB" => 4,
        "CA" => 3,
        _ => return false,
    };
    prefix.chars().count() > most || prefix.contains(char::is_whitespace)
}

fn words(object: &mut Object<'_>, check: &mut Check<'_>) -> Option<String> {
    let text = object.string("label", check)?;
    label(text, object.pointer("label"), "payment_label_length", check);
    Some(text.to_owned())
}
