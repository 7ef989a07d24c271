//! Apple Pay requests, as far as the message goes. Source: Apple, Interactive Message Types, Apple
//! Pay Message; what the device compares was observed.

use serde_json::Value;

use super::super::{check::Check, object::Object, syntax};
use crate::{
    apple_pay::Offer,
    money::{Currency, Minor},
    rules::Fault,
};

pub(in crate::compose) const NETWORKS: [&str; 8] =
    ["amex", "discover", "jcb", "masterCard", "privateLabel", "visa", "chinaUnionPay", "interac"];
pub(in crate::compose) const CAPABILITIES: [&str; 4] =
    ["supports3DS", "supportsCredit", "supportsDebit", "supportsEMV"];
pub(in crate::compose) const CONTACT_FIELDS: [&str; 6] =
    ["email", "name", "phone", "phoneticName", "post", "postalAddress"];
pub(in crate::compose) const LINE_TYPES: [&str; 2] = ["final", "pending"];

/// Checks `data.payment` and the bubble's style.
pub(super) fn check(interactive: &mut Object<'_>, data: &mut Object<'_>, check: &mut Check<'_>) {
    if let Some(Value::Object(bubble)) = interactive.optional("receivedMessage")
        && bubble.get("style").and_then(Value::as_str) != Some("large")
    {
        let pointer = format!("{}/style", interactive.pointer("receivedMessage"));
        let fault = Fault::new(pointer, "payment_style", "Apple Pay has the style `large` alone");
        check.fault(fault.fix("set it to `large`"));
    }
    let Some(mut payment) = data.object("payment", check) else { return };
    let gateway = payment
        .object("endpoints", check)
        .and_then(|mut endpoints| self::endpoints(&mut endpoints, check));
    if let Some(mut session) = payment.object("merchantSession", check) {
        self::session(&mut session, gateway, check);
    }
    if let Some(mut request) = payment.object("paymentRequest", check) {
        self::request(&mut request, check);
    }
}

/// Every address is https, unless it leads to this machine: there the local stack is, and a device that
/// calls itself is nobody's danger. The gateway's has to be there.
fn endpoints<'v>(endpoints: &mut Object<'v>, check: &mut Check<'_>) -> Option<&'v str> {
    let gateway = endpoints.string("paymentGatewayUrl", check);
    let others = [
        "fallbackUrl",
        "orderTrackingUrl",
        "paymentMethodUpdateUrl",
        "shippingContactUpdateUrl",
        "shippingMethodUpdateUrl",
    ];
    let others = others.map(|name| (name, endpoints.optional_string(name, check)));
    for (name, url) in others.into_iter().chain([("paymentGatewayUrl", gateway)]) {
        if let Some(url) = url.filter(|url| !syntax::is_this_machine(url)) {
            self::url(name, url, endpoints, check);
        }
    }
    gateway
}

/// An address that somebody calls: https.
pub(in crate::compose) fn url(name: &str, url: &str, object: &Object<'_>, check: &mut Check<'_>) {
    if !syntax::is_https(url) {
        let message = "an https URL is expected";
        check.fault(Fault::new(object.pointer(name), "payment_url", message));
    }
}

/// Apple's session is passed on as it is; the device calls the address that stands in it.
pub(in crate::compose) fn session(
    session: &mut Object<'_>,
    gateway: Option<&str>,
    check: &mut Check<'_>,
) {
    for name in ["merchantSessionIdentifier", "merchantIdentifier"] {
        session.string(name, check);
    }
    let displayed = session.string("displayName", check);
    let most = check.limit("payment_display_name_length").unwrap_or(u64::MAX);
    if let Some(length) = displayed.map(|name| name.chars().count()).filter(|n| *n as u64 > most) {
        let message = format!("at most {most} characters are taken");
        let pointer = session.pointer("displayName");
        let fault = Fault::new(pointer, "payment_display_name_length", message);
        check.fault(fault.limit(most, length));
    }
    for name in ["epochTimestamp", "expiresAt"] {
        session.required(name, check);
    }
    session.required("initiative", check);
    session.word("initiative", &["messaging"], "payment_initiative", check);
    let context = session.string("initiativeContext", check);
    let bare = |url: &str| url.strip_suffix('/').unwrap_or(url).to_owned();
    if let Some((context, gateway)) = context.zip(gateway)
        && bare(context) != bare(gateway)
    {
        let message = "it has to equal `paymentGatewayUrl`: the device calls this one";
        let pointer = session.pointer("initiativeContext");
        check.fault(Fault::new(pointer, "payment_gateway_equal", message));
    }
}

fn request(request: &mut Object<'_>, check: &mut Check<'_>) {
    if let Some(mut apple_pay) = request.object("applePay", check) {
        apple_pay.string("merchantIdentifier", check);
        let capabilities = words(
            &mut apple_pay,
            "merchantCapabilities",
            &CAPABILITIES,
            "payment_capability",
            check,
        );
        if capabilities.is_some_and(|words| !words.iter().any(|word| word == "supports3DS")) {
            let pointer = apple_pay.pointer("merchantCapabilities");
            check.fault(Fault::new(pointer, "payment_3ds", "`supports3DS` has to be among them"));
        }
        let networks =
            words(&mut apple_pay, "supportedNetworks", &NETWORKS, "payment_network", check);
        if let Some(networks) = networks {
            let pointer = apple_pay.pointer("supportedNetworks");
            check.count(networks.len(), "payment_networks", || pointer);
        }
    }
    let country = request.string("countryCode", check);
    if country.is_some_and(|country| !syntax::is_country(country)) {
        let message = "the two capital letters of a country are expected (ISO 3166)";
        check.fault(Fault::new(request.pointer("countryCode"), "payment_country", message));
    }
    let currency = request.string("currencyCode", check);
    let currency = currency.and_then(|code| match Currency::parse(code) {
        Ok(currency) => Some(currency),
        Err(fault) => {
            let pointer = request.pointer("currencyCode");
            check.fault(Fault::new(pointer, "payment_currency", fault.to_string()));
            None
        }
    });
    let mut sum = Some(Minor::ZERO);
    let mut known = Vec::new();
    if let Some(lines) = request.optional_list("lineItems", check) {
        check.count(lines.len(), "payment_line_items", || request.pointer("lineItems"));
        request.each("lineItems", lines, check, |_, line, check| {
            let amount = self::line(line, currency, check);
            let is_known = line.peek("type").is_none_or(|kind| kind == "final");
            sum = sum.zip(amount).and_then(|(sum, amount)| {
                if is_known { sum.checked_add(amount) } else { Some(sum) }
            });
            known.extend(amount.filter(|_| is_known));
            Some(())
        });
        sum = sum.filter(|_| !lines.is_empty());
    } else {
        sum = None;
    }
    if let Some(methods) = request.optional_list("shippingMethods", check) {
        request.each("shippingMethods", methods, check, |at, method, check| {
            for name in ["identifier", "label", "detail"] {
                method.required(name, check);
                method.optional_string(name, check);
            }
            let amount = amount(method, currency, check);
            if amount.is_some_and(|amount| amount < Minor::ZERO) {
                let message = "a shipping method never costs less than zero";
                check.fault(Fault::new(method.pointer("amount"), "payment_amount", message));
            }
            // The device takes the first for chosen, and its amount has to be in what is shown.
            let is_in = |amount: Minor| amount == Minor::ZERO || known.contains(&amount);
            if at == 0 && sum.is_some() && amount.is_some_and(|amount| !is_in(amount)) {
                let message = "the first shipping method is chosen, and no line has its amount";
                let fault = Fault::new(method.pointer("amount"), "payment_shipping_first", message);
                check.fault(fault.fix("add a line for it"));
            }
            Some(())
        });
    }
    for name in ["requiredBillingContactFields", "requiredShippingContactFields"] {
        if request.has(name) {
            words(request, name, &CONTACT_FIELDS, "payment_contact_field", check);
        }
    }
    if let Some(mut total) = request.object("total", check) {
        let amount = line(&mut total, currency, check);
        if let Some((amount, currency)) = amount.zip(currency) {
            self::total(amount, currency, sum, &total, check);
        }
    }
}

/// What is to be paid is what the lines make, and can be paid at all.
fn total(
    amount: Minor,
    currency: Currency,
    sum: Option<Minor>,
    total: &Object<'_>,
    check: &mut Check<'_>,
) {
    let pointer = total.pointer("amount");
    if !Offer::is_payable(amount, currency) {
        let message = format!("more than zero, and at most {}, has to be paid", Offer::MOST_UNITS);
        check.fault(Fault::new(pointer, "payment_total", message));
    } else if let Some(sum) = sum.filter(|sum| *sum != amount) {
        let (sum, amount) = (sum.to_decimal(currency), amount.to_decimal(currency));
        let message = format!("the lines come to {sum}");
        check.fault(Fault::new(pointer, "payment_total_sum", message).limit(sum, amount));
    }
}

/// A line: its amount, if it is one of the currency. Without a currency it is only read.
fn line(line: &mut Object<'_>, currency: Option<Currency>, check: &mut Check<'_>) -> Option<Minor> {
    line.required("label", check);
    line.optional_string("label", check);
    let is_kind = line.word("type", &LINE_TYPES, "payment_line_type", check).is_some();
    let is_kind = is_kind || !line.has("type");
    amount(line, currency, check).filter(|_| is_kind)
}

/// A decimal string; never a number, which may not be exact.
fn amount(
    object: &mut Object<'_>,
    currency: Option<Currency>,
    check: &mut Check<'_>,
) -> Option<Minor> {
    let text = object.string("amount", check)?;
    match Minor::parse(text, currency?) {
        Ok(amount) => Some(amount),
        Err(fault) => {
            let pointer = object.pointer("amount");
            check.fault(Fault::new(pointer, "payment_amount", fault.to_string()));
            None
        }
    }
}

/// A list of known words.
pub(in crate::compose) fn words<'v>(
    object: &mut Object<'v>,
    name: &'static str,
    known: &[&str],
    rule: &'static str,
    check: &mut Check<'_>,
) -> Option<&'v [Value]> {
    let words = object.list(name, check)?;
    for (at, word) in words.iter().enumerate() {
        if !word.as_str().is_some_and(|word| known.contains(&word)) {
            let pointer = format!("{}/{at}", object.pointer(name));
            check.fault(Fault::new(pointer, rule, format!("one of: {}", known.join(", "))));
        }
    }
    Some(words)
}
