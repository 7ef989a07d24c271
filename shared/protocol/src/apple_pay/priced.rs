//! What a business's own server answers when it is asked for a price.

use serde::Deserialize;

use super::{
    ContactField, Inputs, Line, LineType, Offer, PayError, PayErrorCode, Quote, QuoteSource,
    ShippingMethod, price::sum,
};
use crate::money::{Currency, Minor};

/// The longest answer that is read.
pub const MOST_ANSWER_BYTES: usize = 64 * 1024;

const MOST_LINES: usize = 100;
const LONGEST_LABEL: usize = 128;
const LONGEST_MESSAGE: usize = 200;

/// An answer that is no price.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceFault {
    /// The business says what the customer has to correct.
    #[error("the business refuses these choices")]
    Refused(Vec<PayError>),
    /// More than 64 KiB.
    #[error("the answer is larger than 64 KiB")]
    TooLarge,
    /// Not the JSON object that is expected: a page in HTML, an amount that is a number, a name twice.
    #[error("the answer is not JSON in the form of an update")]
    Unreadable,
    /// `currencyCode` is another.
    #[error("the answer is in another currency")]
    Currency,
    /// An amount that the currency does not have, or too large a one, or a tax that is no part of the
    /// total.
    #[error("an amount is not one of the currency")]
    Amount,
    /// No total, or one that cannot be paid.
    #[error("the total is missing, not above zero, or more than can be paid")]
    Total,
    /// The lines are empty, unlabelled, too many, or do not sum up to the total.
    #[error("the lines do not make the total")]
    Lines,
    /// A way of delivery is incomplete, costs less than nothing, or stands there twice.
    #[error("the shipping methods cannot be shown")]
    Methods,
}

impl PriceFault {
    /// The word in the journal.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::TooLarge => "too_large",
            Self::Unreadable => "unreadable",
            Self::Currency => "currency",
            Self::Amount => "amount",
            Self::Total => "total",
            Self::Lines => "lines",
            Self::Methods => "methods",
        }
    }
}

/// Reads the answer of a business's server: `newTotal`, `newLineItems`, `newShippingMethods` and
/// `errors` as they go to the device, and besides, if the business likes, `currencyCode` to be held
/// against the offer's, and `tax`, the part of the total that the books name so. Amounts are decimal
/// strings. A total without lines gets lines; lines without a total get their sum. The total's label
/// stays the trading name.
///
/// ```
/// # use amb_protocol::{apple_pay::{Inputs, Offer, read_price_answer}};
/// # use serde_json::json;
/// # let offer: Offer = serde_json::from_value(json!({"merchant": "merchant.com.example", "merchantName":
/// # "Example", "country": "US", "currency": "USD", "lines": [], "total": {"label": "Example", "amount":
/// # 6399}, "networks": ["visa"], "capabilities": ["supports3DS"]}))?;
/// let answer = br#"{"newTotal": {"amount": "68.99"}, "currencyCode": "USD"}"#;
/// let quote = read_price_answer(&offer, &Inputs::default(), 1, answer)?;
/// assert_eq!(quote.total.amount.get(), 6899);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_price_answer(
    offer: &Offer,
    inputs: &Inputs,
    seq: u32,
    answer: &[u8],
) -> Result<Quote, PriceFault> {
    if answer.len() > MOST_ANSWER_BYTES {
        return Err(PriceFault::TooLarge);
    }
    let answer: Answer =
        serde_json::from_slice(answer).map_err(|_not_an_update| PriceFault::Unreadable)?;
    let currency = offer.currency;
    if answer.currency_code.as_ref().is_some_and(|code| code != currency.as_str()) {
        return Err(PriceFault::Currency);
    }
    if !answer.errors.is_empty() {
        return Err(PriceFault::Refused(answer.errors.iter().take(10).map(Told::read).collect()));
    }
    let methods = answer.new_shipping_methods.map(|methods| read_methods(&methods, currency));
    let methods = methods.transpose()?;
    let method = chosen(offer, inputs, methods.as_deref());
    let told = answer.new_total.map(|total| parse(&total.amount, currency)).transpose()?;
    let lines = match (answer.new_line_items, told) {
        (Some(lines), _) => read_lines(&lines, currency)?,
        (None, Some(total)) => made_lines(offer, method, total),
        (None, None) => return Err(PriceFault::Total),
    };
    let sum = sum(&lines).ok_or(PriceFault::Amount)?;
    let total = told.unwrap_or(sum);
    if !Offer::is_payable(total, currency) {
        return Err(PriceFault::Total);
    }
    if total != sum {
        return Err(PriceFault::Lines);
    }
    let tax = answer.tax.map(|tax| parse(&tax, currency)).transpose()?.unwrap_or_default();
    if tax < Minor::ZERO || tax > total {
        return Err(PriceFault::Amount);
    }
    Ok(Quote {
        seq,
        inputs: inputs.clone(),
        lines,
        total: Line { amount: total, ..offer.total.clone() },
        shipping: method.map_or(Minor::ZERO, |method| method.amount),
        shipping_methods: methods.clone(),
        source: QuoteSource::Callback,
        tax,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    currency_code: Option<String>,
    new_total: Option<Priced>,
    new_line_items: Option<Vec<Priced>>,
    new_shipping_methods: Option<Vec<Way>>,
    #[serde(default)]
    errors: Vec<Told>,
    tax: Option<String>,
}

#[derive(Deserialize)]
struct Priced {
    #[serde(default)]
    label: String,
    amount: String,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Way {
    identifier: String,
    label: String,
    #[serde(default)]
    detail: String,
    amount: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    code: String,
    contact_field: Option<String>,
    #[serde(default)]
    message: String,
}

impl Told {
    /// With Apple's words alone: the device drops what it does not know.
    fn read(&self) -> PayError {
        let word = |word: &str| serde_json::Value::String(word.to_owned());
        let code = serde_json::from_value(word(&self.code)).unwrap_or(PayErrorCode::Unknown);
        let is_of_contact = matches!(
            code,
            PayErrorCode::ShippingContactInvalid | PayErrorCode::BillingContactInvalid
        );
        let field = self.contact_field.as_deref().filter(|_| is_of_contact);
        let field: Option<ContactField> =
            field.and_then(|field| serde_json::from_value(word(field)).ok());
        let shown = self.message.chars().filter(|c| !c.is_control());
        PayError { code, contact_field: field, message: shown.take(LONGEST_MESSAGE).collect() }
    }
}

fn parse(text: &str, currency: Currency) -> Result<Minor, PriceFault> {
    Minor::parse(text, currency).map_err(|_fault| PriceFault::Amount)
}

fn is_label(text: &str) -> bool {
    !text.trim().is_empty() && text.chars().count() <= LONGEST_LABEL
}

fn read_lines(lines: &[Priced], currency: Currency) -> Result<Vec<Line>, PriceFault> {
    if lines.is_empty() || lines.len() > MOST_LINES {
        return Err(PriceFault::Lines);
    }
    let read = |line: &Priced| {
        let kind = match line.kind.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("final") => LineType::Final,
            Some("pending") => LineType::Pending,
            Some(_) => return Err(PriceFault::Lines),
        };
        if !is_label(&line.label) {
            return Err(PriceFault::Lines);
        }
        Ok(Line { label: line.label.clone(), amount: parse(&line.amount, currency)?, kind })
    };
    lines.iter().map(read).collect()
}

fn read_methods(methods: &[Way], currency: Currency) -> Result<Vec<ShippingMethod>, PriceFault> {
    let mut read: Vec<ShippingMethod> = Vec::with_capacity(methods.len());
    for Way { identifier, label, detail, amount } in methods.iter().take(MOST_LINES + 1) {
        let amount = parse(amount, currency)?;
        let is_twice = read.iter().any(|other| other.identifier == *identifier);
        let is_long = detail.chars().count() > LONGEST_LABEL || read.len() == MOST_LINES;
        if !is_label(identifier) || !is_label(label) || amount < Minor::ZERO || is_twice || is_long
        {
            return Err(PriceFault::Methods);
        }
        let (identifier, label, detail) = (identifier.clone(), label.clone(), detail.clone());
        read.push(ShippingMethod { identifier, label, detail, amount });
    }
    Ok(read)
}

/// The way of delivery that the price is for, if it is known: new ones take the place of the offer's.
fn chosen<'m>(
    offer: &'m Offer,
    inputs: &Inputs,
    methods: Option<&'m [ShippingMethod]>,
) -> Option<&'m ShippingMethod> {
    let methods = methods.unwrap_or(&offer.shipping_methods);
    let named = inputs.shipping_method.as_ref();
    let named = named.map(|identifier| methods.iter().find(|m| m.identifier == *identifier));
    named.unwrap_or_else(|| methods.first())
}

/// Lines for a total that came alone: those of the offer, if they make it, and else one.
fn made_lines(offer: &Offer, method: Option<&ShippingMethod>, total: Minor) -> Vec<Line> {
    let shipping = method.map(|method| Line {
        label: method.label.clone(),
        amount: method.amount,
        kind: LineType::Final,
    });
    let lines: Vec<Line> = offer.lines.iter().cloned().chain(shipping).collect();
    if !lines.is_empty() && sum(&lines) == Some(total) {
        return lines;
    }
    vec![Line { label: offer.merchant_name.clone(), amount: total, kind: LineType::Final }]
}

#[cfg(test)]
mod tests;
