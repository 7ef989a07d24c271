//! Apple Pay requests, as far as the message goes. Source: Apple, Interactive Message Types, Apple
//! Pay Message; what the device compares was observed.

use serde_json::Value;

use super::super::{check::Check, object::Object, syntax};
use crate::rules::Fault;

const NETWORKS: [&str; 8] =
    ["amex", "discover", "jcb", "masterCard", "privateLabel", "visa", "chinaUnionPay", "interac"];
const CAPABILITIES: [&str; 4] = ["supports3DS", "supportsCredit", "supportsDebit", "supportsEMV"];
const CONTACT_FIELDS: [&str; 6] =
    ["email", "name", "phone", "phoneticName", "post", "postalAddress"];
const LINE_TYPES: [&str; 2] = ["final", "pending"];

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

/// Every address is https; the gateway's has to be there.
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
        if url.is_some_and(|url| !syntax::is_https(url)) {
            let message = "an https URL is expected";
            check.fault(Fault::new(endpoints.pointer(name), "payment_url", message));
        }
    }
    gateway
}

/// Apple's session is passed on as it is; the device calls the address that stands in it.
fn session(session: &mut Object<'_>, gateway: Option<&str>, check: &mut Check<'_>) {
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
    let letters = |text: &str| text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase());
    if currency.is_some_and(|currency| !letters(currency)) {
        let message = "the three capital letters of a currency are expected (ISO 4217)";
        check.fault(Fault::new(request.pointer("currencyCode"), "payment_currency", message));
    }
    if let Some(lines) = request.optional_list("lineItems", check) {
        check.count(lines.len(), "payment_line_items", || request.pointer("lineItems"));
        request.each("lineItems", lines, check, |_, line, check| Some(self::line(line, check)));
    }
    if let Some(methods) = request.optional_list("shippingMethods", check) {
        request.each("shippingMethods", methods, check, |_, method, check| {
            for name in ["identifier", "label", "detail"] {
                method.required(name, check);
                method.optional_string(name, check);
            }
            amount(method, check);
            Some(())
        });
    }
    for name in ["requiredBillingContactFields", "requiredShippingContactFields"] {
        if request.has(name) {
            words(request, name, &CONTACT_FIELDS, "payment_contact_field", check);
        }
    }
    if let Some(mut total) = request.object("total", check)
        && line(&mut total, check) == Some(false)
    {
        let message = "the total has to be more than zero";
        check.fault(Fault::new(total.pointer("amount"), "payment_total", message));
    }
}

/// A line: whether its amount is more than zero.
fn line(line: &mut Object<'_>, check: &mut Check<'_>) -> Option<bool> {
    line.required("label", check);
    line.optional_string("label", check);
    line.word("type", &LINE_TYPES, "payment_line_type", check);
    amount(line, check)
}

/// A decimal string; never a number, which may not be exact.
fn amount(object: &mut Object<'_>, check: &mut Check<'_>) -> Option<bool> {
    let text = object.string("amount", check)?;
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let unsigned = whole.strip_prefix('-').unwrap_or(whole);
    if !digits(unsigned) || !digits(part) {
        let message = "a decimal number in a string is expected, such as \"63.99\"";
        check.fault(Fault::new(object.pointer("amount"), "payment_amount", message));
        return None;
    }
    Some(unsigned == whole && text.bytes().any(|b| matches!(b, b'1'..=b'9')))
}

/// A list of known words.
fn words<'v>(
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
