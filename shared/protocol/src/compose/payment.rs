//! Apple Pay: a customer is asked to pay. Source: Apple, Interactive Message Types, Apple Pay Message;
//! what is right is spec/payments §5.
//!
//! Everything that can be wrong is told before anything is sent. What only exists when the message
//! leaves, Apple's merchant session and the addresses that the device calls, is filled in then.

mod endpoints;
mod offer;
mod pricing;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json, value::RawValue};

pub use endpoints::PaymentEndpoints;

use super::{
    Channel, Draft, Need,
    bubble::{self, Bubble, Style},
    check::Check,
    image::{self, Image},
    interactive::{self, BUSINESS_BID},
    object::Object,
    private,
};
use crate::{
    apple_pay::{Inputs, MerchantIdentifier, Offer, Pricing, Quote, SheetLine, SheetMethod, price},
    id::RequestIdentifier,
    rules::{Fault, RulePack},
};

/// What a payment is asked for with, where its content does not say: the business's own settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MerchantDefaults {
    /// Whose account is paid into. No content names another.
    pub merchant: MerchantIdentifier,
    /// The trading name.
    pub name: String,
    /// ISO 3166 alpha-2, capital.
    pub country: String,
    /// Card networks, in Apple's words.
    pub networks: Vec<String>,
    /// `supports3DS` and more.
    pub capabilities: Vec<String>,
    /// How a payment is priced that says nothing of it.
    pub pricing: Pricing,
    /// Where the customer pays whose device has no Apple Pay, unless the payment says otherwise.
    pub checkout_url: Option<String>,
    /// Whether calls to the business's own server can be signed: prices are asked for in no other way.
    pub signs: bool,
    /// Whether tokens are opened here, and the provider gets what is in them.
    pub decrypts: bool,
}

impl MerchantDefaults {
    /// A shop that takes cards, to try a content with where there is no business yet.
    pub fn sample() -> Self {
        #[expect(clippy::expect_used, reason = "a constant that is right")]
        let merchant = MerchantIdentifier::parse("merchant.com.example.shop").expect("constant");
        Self {
            merchant,
            name: "Example Shop".to_owned(),
            country: "US".to_owned(),
            networks: ["amex", "masterCard", "visa"].map(str::to_owned).to_vec(),
            capabilities: vec!["supports3DS".to_owned()],
            pricing: Pricing::default(),
            checkout_url: None,
            signs: true,
            decrypts: false,
        }
    }
}

/// A payment that is asked for, and waits for what only exists when it leaves.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingPayment {
    /// What the customer is asked to pay for.
    pub offer: Offer,
    /// The business's own name of it: an order number, at most 128 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// How many minutes it can be paid, 5 to 10 080 (a week).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u16>,
    /// Addresses that the business serves itself. With its own gateway the payment is none of ours.
    #[serde(default)]
    pub endpoints: PaymentEndpoints,
    /// A merchant session that the business brought along, JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
}

private!(PendingPayment);

/// A session that would not reach the device as Apple wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the merchant session cannot be passed on unchanged")]
pub struct SessionAltered;

impl PendingPayment {
    /// Whether we answer the device: otherwise the business does, with everything that follows.
    pub fn is_ours(&self) -> bool {
        self.endpoints.payment_gateway_url.is_none()
    }

    /// Fills session and addresses into a message's body. Apple's session is signed and opaque: every
    /// member, in its order, every string and the text of every number stay as they are, or it is
    /// refused.
    pub fn fill(
        body: &mut Map<String, Value>,
        session: &RawValue,
        endpoints: &PaymentEndpoints,
    ) -> Result<(), SessionAltered> {
        let passed: Value =
            serde_json::from_str(session.get()).map_err(|_too_deep| SessionAltered)?;
        if marks(session.get()) != marks(&passed.to_string()) || !passed.is_object() {
            return Err(SessionAltered);
        }
        let interactive = body.get_mut("interactiveData").and_then(|data| data.get_mut("data"));
        let payment = interactive.and_then(|data| data.get_mut("payment"));
        let payment = payment.and_then(Value::as_object_mut).ok_or(SessionAltered)?;
        payment.insert("merchantSession".to_owned(), passed);
        payment.insert("endpoints".to_owned(), json!(endpoints));
        Ok(())
    }
}

/// Numbers as they are written, and how many members and elements there are: what reading and writing
/// JSON again could change. Strings and blanks are passed over.
fn marks(json: &str) -> Vec<&[u8]> {
    let bytes = json.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let is_number =
            |b: &u8| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E');
        at += match rest.first() {
            Some(b'"') => string(rest),
            Some(b) if b.is_ascii_digit() || *b == b'-' => {
                let length = rest.iter().take_while(|b| is_number(b)).count();
                found.extend(rest.get(..length));
                length
            }
            Some(b':' | b',' | b'[' | b'{') => {
                found.extend(rest.get(..1));
                1
            }
            _ => 1,
        };
    }
    found
}

/// The length of a string with its quotes.
fn string(json: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = json.iter().skip(1).position(|b| match b {
        _ if is_escaped => {
            is_escaped = false;
            false
        }
        b'\\' => {
            is_escaped = true;
            false
        }
        b => *b == b'"',
    });
    end.map_or(json.len(), |end| end + 2)
}

/// A message that asks for a payment.
pub(super) struct Payment {
    request_identifier: RequestIdentifier,
    images: Vec<Image>,
    pending: PendingPayment,
    quote: Quote,
    received_message: Bubble,
    reply_message: Option<Bubble>,
}

impl Payment {
    /// Reads a business's content. Its identifier is always ours: it is the payment's.
    pub(super) fn read_content(
        content: &mut Object<'_>,
        drawn: &RequestIdentifier,
        merchant: Option<&MerchantDefaults>,
        check: &mut Check<'_>,
    ) -> Option<Self> {
        if merchant.is_none() {
            let message = "this business takes no payments";
            let fault = Fault::new(content.at(), "payment_merchant", message);
            check.fault(fault.fix("put its Apple Pay settings: merchant, certificate, provider"));
        }
        image::read(content, check);
        let sample = MerchantDefaults::sample();
        let defaults = merchant.unwrap_or(&sample);
        let offer = offer::read(content, defaults, check);
        let reference = reference(content, check);
        let minutes = minutes(content, check);
        let given = endpoints::read(content, check);
        let bubbles = bubbles(content, &defaults.name, check);
        image::count(content, check);
        let images = image::settle(check);
        let (offer, minutes, (endpoints, session)) = (offer?, minutes?, given?);
        let quote = price(&offer, &Inputs::default(), 0).ok()?;
        let (received_message, reply_message) = bubbles?;
        let pending = PendingPayment { offer, reference, minutes, endpoints, session };
        let request_identifier = drawn.clone();
        merchant?;
        Some(Self { request_identifier, images, pending, quote, received_message, reply_message })
    }

    /// The message without pictures, session and addresses.
    pub(super) fn draft(self, pack: &RulePack) -> Draft {
        let mut data = Map::new();
        data.insert("version".to_owned(), json!(interactive::VERSION));
        data.insert("requestIdentifier".to_owned(), json!(self.request_identifier));
        if !self.images.is_empty() {
            let images: Vec<_> = self.images.iter().map(interactive::without_data).collect();
            data.insert("images".to_owned(), json!(images));
        }
        let request = payment_request(&self.pending.offer, &self.quote);
        data.insert("payment".to_owned(), json!({ "paymentRequest": request }));
        let mut message = Map::new();
        message.insert("bid".to_owned(), json!(BUSINESS_BID));
        message.insert("data".to_owned(), Value::Object(data));
        message.insert("receivedMessage".to_owned(), json!(self.received_message));
        if let Some(reply) = &self.reply_message {
            message.insert("replyMessage".to_owned(), json!(reply));
        }
        let bubbles = [Some(&self.received_message), self.reply_message.as_ref()];
        let uses: Vec<_> = bubbles
            .into_iter()
            .flatten()
            .filter_map(|bubble| Some((bubble.image_identifier.as_deref()?, bubble.slot())))
            .collect();
        let mut needs = interactive::pictures(&self.images, &uses);
        needs.push(Need::Payment(Box::new(self.pending)));
        Draft {
            request_identifier: Some(self.request_identifier),
            needs,
            pack: pack.name().to_owned(),
            ..Draft::plain(interactive::body(message), Channel::Message)
        }
    }
}

/// `paymentRequest`, as the device reads it.
fn payment_request(offer: &Offer, quote: &Quote) -> Value {
    let currency = offer.currency;
    let mut request = Map::new();
    let mut insert = |name: &str, value: Value| request.insert(name.to_owned(), value);
    insert(
        "applePay",
        json!({
            "merchantIdentifier": offer.merchant,
            "merchantCapabilities": offer.capabilities,
            "supportedNetworks": offer.networks,
        }),
    );
    insert("merchantName", json!(offer.merchant_name));
    insert("countryCode", json!(offer.country));
    insert("currencyCode", json!(currency));
    let lines = quote.lines.iter().map(|line| SheetLine::of(line, currency));
    insert("lineItems", json!(lines.collect::<Vec<_>>()));
    if !offer.shipping_methods.is_empty() {
        let methods = offer.shipping_methods.iter().map(|way| SheetMethod::of(way, currency));
        insert("shippingMethods", json!(methods.collect::<Vec<_>>()));
    }
    for (name, fields) in [
        ("requiredBillingContactFields", &offer.required_billing),
        ("requiredShippingContactFields", &offer.required_shipping),
    ] {
        if !fields.is_empty() {
            insert(name, json!(fields));
        }
    }
    if !offer.supported_countries.is_empty() {
        insert("supportedCountries", json!(offer.supported_countries));
    }
    insert("total", json!(SheetLine::of(&quote.total, currency)));
    Value::Object(request)
}

fn reference(content: &mut Object<'_>, check: &mut Check<'_>) -> Option<String> {
    let reference = content.optional_string("reference", check)?;
    let most = check.limit("payment_reference_length").unwrap_or(u64::MAX);
    let length = reference.chars().count();
    if length == 0 || length as u64 > most || reference.chars().any(char::is_control) {
        let message = format!("1 to {most} characters are expected, none of them a control");
        let fault = Fault::new(content.pointer("reference"), "payment_reference_length", message);
        check.fault(fault.limit(most, length));
    }
    Some(reference.to_owned())
}

/// `expiresInMinutes`. The outer option is whether it is right.
#[expect(clippy::option_option, reason = "absent is right as well")]
fn minutes(content: &mut Object<'_>, check: &mut Check<'_>) -> Option<Option<u16>> {
    if !content.has("expiresInMinutes") {
        content.optional("expiresInMinutes");
        return Some(None);
    }
    let minutes = content.integer("expiresInMinutes", check)?;
    let rule = check.range("payment_expiry");
    if !rule.contains(&minutes) {
        let message = format!("{} to {} minutes are taken", rule.start(), rule.end());
        check.fault(Fault::new(content.pointer("expiresInMinutes"), "payment_expiry", message));
        return None;
    }
    Some(u16::try_from(minutes).ok())
}

/// The bubbles: `title`, `subtitle` and `image` for short, or as any other interactive message has
/// them. The style is `large` alone, and the title is the trading name unless another is said.
fn bubbles(
    content: &mut Object<'_>,
    name: &str,
    check: &mut Check<'_>,
) -> Option<(Bubble, Option<Bubble>)> {
    if !content.has("receivedMessage") {
        content.optional("receivedMessage");
        let title = content.optional_shown("title", "bubble_title_length", check);
        let received = Bubble {
            title: title.filter(|title| !title.trim().is_empty()).or(Some(name.to_owned())),
            subtitle: content.optional_shown("subtitle", "bubble_subtitle_length", check),
            style: Some(Style::Large),
            image_identifier: image::reference(content, check),
            ..Bubble::default()
        };
        let reply = bubble::reply_to(&received, content, check);
        return Some((received, reply));
    }
    for name in ["title", "subtitle", "image"] {
        if content.optional(name).is_some() {
            let message = "it is `receivedMessage` that says it here";
            let fault = Fault::new(content.pointer(name), "payment_bubble", message);
            check.fault(fault.fix("say it there, or leave `receivedMessage` out"));
        }
    }
    for name in ["receivedMessage", "replyMessage"] {
        let style = content.peek(name).and_then(|bubble| bubble.get("style"));
        if style.is_some_and(|style| !style.is_null() && style != "large") {
            let pointer = format!("{}/style", content.pointer(name));
            let message = "Apple Pay has the style `large` alone";
            check.fault(Fault::new(pointer, "payment_style", message).fix("leave it out"));
        }
    }
    let (received, reply) = bubble::read_pair(content, check);
    let large = |bubble: Bubble| Bubble { style: Some(Style::Large), ..bubble };
    Some((large(received?), reply.map(large)))
}

impl fmt::Debug for Payment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payment").finish_non_exhaustive()
    }
}
