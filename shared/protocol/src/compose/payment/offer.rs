//! What is asked for, and that it adds up (spec/payments §5, rule 5).

use serde_json::Value;

use super::{
    super::{check::Check, object::Object, syntax, wire},
    MerchantDefaults, pricing,
};
use crate::{
    apple_pay::{ContactRequirement, Inputs, Line, LineType, Offer, ShippingMethod, price},
    money::{AmountFault, Currency, Minor},
    rules::Fault,
};

/// The longest address that every browser opens.
const LONGEST_CHECKOUT: usize = 2_048;

/// Reads everything that a payment is about.
pub(super) fn read(
    content: &mut Object<'_>,
    defaults: &MerchantDefaults,
    check: &mut Check<'_>,
) -> Option<Offer> {
    let merchant_name = name(content, defaults, check);
    let country = country(content, defaults, check);
    let networks = words(content, "supportedNetworks", &wire::NETWORKS, "payment_network", check);
    let networks = networks.unwrap_or_else(|| defaults.networks.clone());
    check.count(networks.len(), "payment_networks", || content.pointer("supportedNetworks"));
    let capabilities = capabilities(content, defaults, check);
    let required_billing = contact(content, "requiredBillingContactFields", check);
    let required_shipping = contact(content, "requiredShippingContactFields", check);
    let supported_countries = countries(content, check);
    let checkout_url = checkout(content, defaults, check);
    let Some(currency) = currency(content, check) else {
        // What the rest is in is not known.
        for name in ["lineItems", "total", "shippingMethods", "pricing"] {
            content.optional(name);
        }
        return None;
    };
    let lines = lines(content, currency, check);
    let shipping_methods = methods(content, currency, check);
    let total = total(content, &merchant_name, currency, check);
    let pricing = pricing::read(content, currency, defaults, check);
    let (lines, shipping_methods, total, pricing) = (lines?, shipping_methods?, total?, pricing?);
    let given = total.as_ref().map(|total| total.amount);
    let goods = goods(content, lines, shipping_methods.first(), total.as_ref(), check)?;
    let label = total.unwrap_or(Line {
        label: merchant_name.clone(),
        amount: Minor::ZERO,
        kind: LineType::Final,
    });
    let mut offer = Offer {
        merchant: defaults.merchant.clone(),
        merchant_name,
        country,
        currency,
        lines: goods,
        total: label,
        shipping_methods,
        required_billing: required_billing?,
        required_shipping: required_shipping?,
        networks,
        capabilities,
        supported_countries: supported_countries?,
        pricing,
        checkout_url,
    };
    offer.total.amount = adds_up(&offer, given, content, check)?;
    Some(offer)
}

/// A page of the business's own: a browser opens it, and nobody here does.
fn checkout(
    content: &mut Object<'_>,
    defaults: &MerchantDefaults,
    check: &mut Check<'_>,
) -> Option<String> {
    let Some(url) = content.optional_string("checkoutUrl", check) else {
        return defaults.checkout_url.clone();
    };
    wire::payment_url("checkoutUrl", url, content, check);
    if url.len() > LONGEST_CHECKOUT {
        let message = format!("at most {LONGEST_CHECKOUT} characters are taken");
        let fault = Fault::new(content.pointer("checkoutUrl"), "payment_url", message);
        check.fault(fault.limit(LONGEST_CHECKOUT, url.len()));
    }
    Some(url.to_owned())
}

/// What is to be paid first, if that is what is said and what can be paid at all.
fn adds_up(
    offer: &Offer,
    given: Option<Minor>,
    content: &Object<'_>,
    check: &mut Check<'_>,
) -> Option<Minor> {
    let pointer = || {
        let name = if given.is_some() { "total" } else { "lineItems" };
        let pointer = content.pointer(name);
        if given.is_some() { format!("{pointer}/amount") } else { pointer }
    };
    let Ok(quote) = price(offer, &Inputs::default(), 0) else {
        let most = Offer::MOST_UNITS;
        let message = format!("more than zero, and at most {most}, has to be paid");
        check.fault(Fault::new(pointer(), "payment_total", message));
        return None;
    };
    let sum = quote.total.amount;
    if given.is_some_and(|given| given != sum) {
        let currency = offer.currency;
        let message = format!(
            "lines, the first shipping method and tax come to {}",
            sum.to_decimal(currency)
        );
        let actual = given.map(|given| given.to_decimal(currency));
        let fault = Fault::new(pointer(), "payment_total_sum", message);
        let fix = if content.has("lineItems") {
            "leave the total out: it is reckoned for you"
        } else {
            "say the goods as `lineItems`, without tax, and leave the total out: it is reckoned for you"
        };
        check.fault(fault.limit(sum.to_decimal(currency), actual).fix(fix));
        return None;
    }
    Some(sum)
}

/// The lines without the first shipping method, which is added by the price. It may stand among them,
/// as in Apple's samples, or not.
fn goods(
    content: &Object<'_>,
    lines: Option<Vec<Line>>,
    first: Option<&ShippingMethod>,
    total: Option<&Line>,
    check: &mut Check<'_>,
) -> Option<Vec<Line>> {
    let Some(mut lines) = lines else {
        let Some(total) = total else {
            let message = "`lineItems` or `total` is required";
            check.fault(Fault::new(content.pointer("lineItems"), "required", message));
            return None;
        };
        let shipping = first.map_or(Minor::ZERO, |first| first.amount);
        let amount = total.amount.checked_sub(shipping)?;
        if amount < Minor::ZERO {
            let message = "the first shipping method alone costs more: it is in the total";
            let pointer = format!("{}/amount", content.pointer("total"));
            check.fault(Fault::new(pointer, "payment_total_sum", message));
            return None;
        }
        return Some(vec![Line { amount, kind: LineType::Final, label: total.label.clone() }]);
    };
    let Some(first) = first else { return Some(lines) };
    let costs = |line: &Line| line.kind == LineType::Final && line.amount == first.amount;
    if let Some(at) = lines.iter().position(|line| costs(line) && line.label == first.label) {
        lines.remove(at);
        return Some(lines);
    }
    let sum = Minor::sum(lines.iter().filter(|l| l.kind == LineType::Final).map(|l| l.amount));
    let is_in = total.is_some() && sum == total.map(|total| total.amount);
    if !is_in || first.amount == Minor::ZERO {
        return Some(lines);
    }
    let mut places = lines.iter().enumerate().filter(|(_, line)| costs(line)).map(|(at, _)| at);
    if let (Some(at), None) = (places.next(), places.next()) {
        lines.remove(at);
        return Some(lines);
    }
    let message = "the first shipping method is chosen unless the customer chooses another, and no \
                   line, or more than one, has its amount";
    let pointer = format!("{}/0/amount", content.pointer("shippingMethods"));
    let fault = Fault::new(pointer, "payment_shipping_first", message);
    check.fault(fault.fix("leave shipping out of the lines: it is added for you"));
    None
}

fn name(content: &mut Object<'_>, defaults: &MerchantDefaults, check: &mut Check<'_>) -> String {
    let Some(name) = content.optional_string("merchantName", check) else {
        return defaults.name.clone();
    };
    let pointer = content.pointer("merchantName");
    label(name, pointer, "payment_display_name_length", check);
    name.to_owned()
}

/// A label is there, and no longer than its rule says.
pub(super) fn label(text: &str, pointer: String, rule: &'static str, check: &mut Check<'_>) {
    if text.trim().is_empty() {
        check.fault(Fault::new(pointer, "empty", "there is nothing to read in it"));
        return;
    }
    let most = check.limit(rule).unwrap_or(u64::MAX);
    let length = text.chars().count();
    if length as u64 > most {
        let message = format!("at most {most} characters are taken");
        check.fault(Fault::new(pointer, rule, message).limit(most, length));
    }
}

fn country(content: &mut Object<'_>, defaults: &MerchantDefaults, check: &mut Check<'_>) -> String {
    let Some(country) = content.optional_string("countryCode", check) else {
        return defaults.country.clone();
    };
    if !syntax::is_country(country) {
        check.fault(Fault::new(content.pointer("countryCode"), "payment_country", COUNTRY));
    }
    country.to_owned()
}

const COUNTRY: &str = "the two capital letters of a country are expected (ISO 3166)";

fn countries(content: &mut Object<'_>, check: &mut Check<'_>) -> Option<Vec<String>> {
    let Some(list) = content.optional_list("supportedCountries", check) else {
        return (!content.has("supportedCountries")).then(Vec::new);
    };
    let mut read = Vec::with_capacity(list.len());
    for (at, country) in list.iter().enumerate() {
        match country.as_str().filter(|country| syntax::is_country(country)) {
            Some(country) => read.push(country.to_owned()),
            None => {
                let pointer = format!("{}/{at}", content.pointer("supportedCountries"));
                check.fault(Fault::new(pointer, "payment_country", COUNTRY));
            }
        }
    }
    (read.len() == list.len()).then_some(read)
}

fn currency(content: &mut Object<'_>, check: &mut Check<'_>) -> Option<Currency> {
    let code = content.string("currencyCode", check)?;
    let currency = Currency::parse(code);
    if let Err(fault) = currency {
        let pointer = content.pointer("currencyCode");
        check.fault(Fault::new(pointer, "payment_currency", fault.to_string()));
    }
    currency.ok()
}

fn capabilities(
    content: &mut Object<'_>,
    defaults: &MerchantDefaults,
    check: &mut Check<'_>,
) -> Vec<String> {
    let name = "merchantCapabilities";
    let given = words(content, name, &wire::CAPABILITIES, "payment_capability", check);
    let capabilities = given.unwrap_or_else(|| defaults.capabilities.clone());
    if !capabilities.iter().any(|word| word == "supports3DS") {
        let message = "`supports3DS` has to be among them";
        check.fault(Fault::new(content.pointer(name), "payment_3ds", message));
    }
    if defaults.decrypts && capabilities.iter().any(|word| word == "supportsEMV") {
        let message =
            "tokens of this business are opened here, and those of `supportsEMV` cannot be";
        let fault = Fault::new(content.pointer(name), "payment_capability", message);
        check.fault(fault.fix("leave `supportsEMV` out, or have the provider open the tokens"));
    }
    capabilities
}

/// A list of known words; none: it is not there.
fn words(
    content: &mut Object<'_>,
    name: &'static str,
    known: &[&str],
    rule: &'static str,
    check: &mut Check<'_>,
) -> Option<Vec<String>> {
    content.optional(name)?;
    let words = wire::words(content, name, known, rule, check)?;
    Some(words.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn contact(
    content: &mut Object<'_>,
    name: &'static str,
    check: &mut Check<'_>,
) -> Option<Vec<ContactRequirement>> {
    let given = content.has(name);
    let words = words(content, name, &wire::CONTACT_FIELDS, "payment_contact_field", check);
    let Some(words) = words else { return (!given).then(Vec::new) };
    let read = words.into_iter().map(|word| serde_json::from_value(Value::String(word)).ok());
    let mut fields: Vec<ContactRequirement> = read.flatten().collect();
    let mut seen = Vec::new();
    fields.retain(|field| {
        !seen.contains(field) && {
            seen.push(*field);
            true
        }
    });
    Some(fields)
}

#[expect(clippy::option_option, reason = "the outer one is whether it is right")]
fn lines(
    content: &mut Object<'_>,
    currency: Currency,
    check: &mut Check<'_>,
) -> Option<Option<Vec<Line>>> {
    let name = "lineItems";
    let Some(list) = content.optional_list(name, check) else {
        return (!content.has(name)).then_some(None);
    };
    check.count(list.len(), "payment_line_items", || content.pointer(name));
    check.count(list.len(), "payment_rows", || content.pointer(name));
    let read = content.each(name, list, check, |_, object, check| line(object, currency, check));
    read.filter(|lines| !lines.is_empty()).map(Some)
}

fn line(object: &mut Object<'_>, currency: Currency, check: &mut Check<'_>) -> Option<Line> {
    let text = object.string("label", check);
    if let Some(text) = text {
        label(text, object.pointer("label"), "payment_label_length", check);
    }
    let kind = kind(object, check);
    let amount = amount(object, currency, check);
    Some(Line { label: text?.to_owned(), amount: amount?, kind: kind? })
}

fn kind(object: &mut Object<'_>, check: &mut Check<'_>) -> Option<LineType> {
    match object.word("type", &wire::LINE_TYPES, "payment_line_type", check) {
        Some("pending") => Some(LineType::Pending),
        Some(_) => Some(LineType::Final),
        None => (!object.has("type")).then_some(LineType::Final),
    }
}

/// `amount`: a decimal string with no more decimals than the currency has.
pub(super) fn amount(
    object: &mut Object<'_>,
    currency: Currency,
    check: &mut Check<'_>,
) -> Option<Minor> {
    let text = object.string("amount", check)?;
    match Minor::parse(text, currency) {
        Ok(amount) => Some(amount),
        Err(fault) => {
            let found = Fault::new(object.pointer("amount"), "payment_amount", fault.to_string());
            check.fault(match fault {
                AmountFault::Decimals(most) => found.fix(format!("round it to {most} decimals")),
                AmountFault::Form | AmountFault::TooLarge => found,
            });
            None
        }
    }
}

fn methods(
    content: &mut Object<'_>,
    currency: Currency,
    check: &mut Check<'_>,
) -> Option<Vec<ShippingMethod>> {
    let name = "shippingMethods";
    let Some(list) = content.optional_list(name, check) else {
        return (!content.has(name)).then(Vec::new);
    };
    check.count(list.len(), "payment_rows", || content.pointer(name));
    let mut known: Vec<String> = Vec::new();
    content.each(name, list, check, |_, object, check| {
        let mut text = |name| {
            let text = object.string(name, check)?;
            label(text, object.pointer(name), "payment_label_length", check);
            Some(text.to_owned())
        };
        let (identifier, words) = (text("identifier"), text("label"));
        let detail = object.optional_string("detail", check).unwrap_or_default();
        if !detail.is_empty() {
            label(detail, object.pointer("detail"), "payment_label_length", check);
        }
        let amount = amount(object, currency, check);
        if let Some(identifier) = &identifier {
            if known.contains(identifier) {
                let message = "another shipping method has this identifier";
                let pointer = object.pointer("identifier");
                check.fault(Fault::new(pointer, "payment_shipping_identifier", message));
            }
            known.push(identifier.clone());
        }
        if amount.is_some_and(|amount| amount < Minor::ZERO) {
            let message = "a shipping method never costs less than zero";
            check.fault(Fault::new(object.pointer("amount"), "payment_amount", message));
        }
        let detail = detail.to_owned();
        Some(ShippingMethod { identifier: identifier?, label: words?, detail, amount: amount? })
    })
}

#[expect(clippy::option_option, reason = "the outer one is whether it is right")]
fn total(
    content: &mut Object<'_>,
    merchant_name: &str,
    currency: Currency,
    check: &mut Check<'_>,
) -> Option<Option<Line>> {
    if !content.has("total") {
        content.optional("total");
        return Some(None);
    }
    let mut object = content.optional_object("total", check)?;
    let text = object.optional_string("label", check);
    if let Some(text) = text {
        label(text, object.pointer("label"), "payment_label_length", check);
    }
    let kind = kind(&mut object, check);
    let amount = amount(&mut object, currency, check);
    object.finish(check);
    let label = text.unwrap_or(merchant_name).to_owned();
    Some(Some(Line { label, amount: amount?, kind: kind? }))
}
