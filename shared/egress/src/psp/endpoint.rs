//! The business's own server as a payment provider (spec/payments §2.6).
//!
//! # The contract
//!
//! All calls go below one https URL, `{url}`. Each is [signed](crate::signed) with the key that the
//! business shares with this service; one that is not is answered with 401. Bodies are JSON, at most
//! 64 KiB either way. An authorisation has 15 seconds at most, everything else too; redirects are not
//! followed. `{key}` is 64 characters of lower hex, and names one attempt to pay for ever.
//!
//! | call | does |
//! |---|---|
//! | `POST {url}` | holds the money of `key`, once |
//! | `GET {url}/{key}` | tells how it stands |
//! | `POST {url}/{key}/cancel` | lets the money go, and refuses every later `POST {url}` with that key |
//! | `POST {url}/{key}/capture` | captures `amount` of what is held, once, and lets the rest go |
//! | `POST {url}/{key}/refunds` | gives `amount` back, once for each `Idempotency-Key` |
//!
//! `POST {url}` carries `Idempotency-Key: {key}` and
//!
//! ```json
//! {"key":"…","payment":"pay_…","reference":"pay_…-1","attempt":1,"merchant":"merchant.…",
//!  "orderReference":"1001","amount":"63.99","currency":"USD",
//!  "billing":{"country":"US","postalCode":"95014"},
//!  "token":{"paymentData":{…},"transactionIdentifier":"…","paymentMethod":{"network":"Visa"}}}
//! ```
//!
//! where `orderReference`, `billing` and `paymentMethod` may be absent. An account that takes opened
//! tokens gets, in place of `token`,
//!
//! ```json
//! {"card":{"number":"…","expiryMonth":"12","expiryYear":"2031","cryptogram":"…","eci":"7"}}
//! ```
//!
//! where `eci` may be absent. It answers 200 with
//!
//! ```json
//! {"decision":"approved","reference":"…","amount":"63.99","currency":"USD"}
//! ```
//!
//! `decision` is `approved`, `declined` or `pending`. An approval says the amount and the currency that
//! are held, and a `reference`; it may say `authCode`, `network` and `last4`. A no may say a `code`, for
//! finance, and a `reason`: `postal_code` or `address`, which the customer may correct; `token`; or `fraud`,
//! which nobody explains. The same key again gets the same answer, however often, and holds nothing
//! more.
//!
//! `GET {url}/{key}` answers the same, or 404 for a key that never arrived. Two more decisions:
//! `cancelled` and `captured`.
//!
//! `POST {url}/{key}/cancel`, with `{"key":"…"}`, answers 200 with `{"decision":"cancelled"}`, whether
//! the key is known or not, however often; or with `{"decision":"captured",…}` if it is too late. From
//! then on `POST {url}` with that key answers 200 with `{"decision":"declined","code":"cancelled"}`.
//! That is the fence which makes a doubt end: it has to hold against a call that is still on its way.
//!
//! `POST {url}/{key}/capture`, with `{"key":"…","amount":"63.99","currency":"USD"}`, answers 200 with
//! `{"decision":"captured","amount":"63.99","currency":"USD"}`, again for the same amount, and may say a
//! `reference` and the `fee`. 409 says that it cannot be captured, and never will.
//!
//! `POST {url}/{key}/refunds`, with the same members and an `Idempotency-Key` of its own, answers 200
//! with `{"decision":"refunded","amount":…,"currency":…}`. 409 says that it cannot be given back.
//! 202 to either of the two says that it was taken and is being done: the same call is made again later.
//!
//! The business may `POST /psp/{business}/endpoint` when something happens by itself, signed the same
//! way: `{"payment":"pay_…","kind":"changed"}`; `"kind":"cancelled"` with the `reference` of the approval,
//! when what was held ran out or was let go by hand, which is then asked for with `/cancel`; or
//! `"kind":"chargeback"` with `amount` and `currency`, which are those of the payment: what is told in
//! another currency is in no books.
//!
//! `amb check-endpoint` runs this contract against a server.

use std::time::Duration;

use amb_protocol::{
    money::{Currency, Minor},
    secret::Secret,
};
use amb_service::{
    model::{DeclineClass, Doubt, Fence, PspResult},
    port::{HOP_HEADER, PspDone, PspOrder, PspToken, Resolution},
};
use reqwest::{
    Method, Request,
    header::{CONTENT_TYPE, HeaderName, HeaderValue},
};
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};
use tokio::time;

pub use self::conformance::{Caller, Reply as CallReply};
pub(super) use self::notice::{named, notices};
use super::{
    Budget, Paid, code, in_doubt, key_of, last4, rejected,
    wire::{Called, Wire, read},
};
use crate::{EndpointUrl, exchange::Reply, signed::SharedKey};

#[cfg(feature = "decrypt")]
mod card;
mod conformance;
mod notice;

/// A business's server, ready to be asked.
pub(super) struct Endpoint<'a> {
    wire: &'a Wire,
    url: EndpointUrl,
    key: SharedKey,
    budget: Budget,
}

/// What holds the money. It contains the token: nothing of it is shown.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Authorization<'a> {
    key: &'a str,
    payment: &'a str,
    reference: &'a str,
    attempt: u32,
    merchant: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_reference: Option<&'a str>,
    amount: String,
    currency: Currency,
    #[serde(skip_serializing_if = "Option::is_none")]
    billing: Option<&'a amb_protocol::apple_pay::Region>,
    #[serde(flatten)]
    means: Means<'a>,
}

/// What is paid with: the member `token`, or `card` in its place.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum Means<'a> {
    Token(Token<'a>),
    #[cfg(feature = "decrypt")]
    Card(card::Card<'a>),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Token<'a> {
    payment_data: &'a RawValue,
    transaction_identifier: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    payment_method: Option<PaidWith<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PaidWith<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
}

/// What the server says.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Said {
    decision: String,
    #[serde(default)]
    reference: Option<String>,
    #[serde(default)]
    amount: Option<String>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    auth_code: Option<String>,
    #[serde(default)]
    network: Option<String>,
    #[serde(default)]
    last4: Option<String>,
    #[serde(default)]
    fee: Option<String>,
}

/// How a call ended.
enum Answer {
    /// 200 with a decision.
    Said(Box<Said>),
    /// 202.
    Taken(Option<String>),
    /// A 4xx.
    No(u16, Option<String>),
    NotSent,
    Doubt(Doubt),
}

impl<'a> Endpoint<'a> {
    pub(super) fn open(
        wire: &'a Wire,
        url: &str,
        secret: &Secret<String>,
        budget: Budget,
    ) -> Option<Self> {
        // Vetted when it was stored; the rules may have become stricter since.
        let url = EndpointUrl::parse(url, wire.policy()).ok()?;
        let key = SharedKey::of_secret(secret.expose())?;
        let deadline = budget.deadline.min(time::Instant::now() + PATIENCE);
        Some(Self { wire, url, key, budget: Budget { deadline, ..budget } })
    }

    pub(super) async fn authorize(&self, order: &PspOrder, paid: Paid<'_>) -> PspResult {
        let Some(body) = Means::of(paid).and_then(|means| authorization(order, means)) else {
            return rejected(DeclineClass::Token, None);
        };
        match self.call(Method::POST, &[], &body, Some(&order.key)).await {
            Answer::Said(said) => said.result(order),
            Answer::Taken(_) => in_doubt(Doubt::Pending, None),
            Answer::No(status, code) => refusal(status, code),
            Answer::NotSent => rejected(DeclineClass::Unreachable, None),
            Answer::Doubt(doubt) => in_doubt(doubt, None),
        }
    }

    pub(super) async fn resolve(&self, order: &PspOrder) -> Resolution {
        match self.cancel(order).await {
            Answer::Said(said) if said.decision == "cancelled" => {
                Resolution::Nothing(Fence::Strong)
            }
            Answer::Said(said) if said.decision == "captured" => {
                let result = said
                    .approval(order)
                    .unwrap_or_else(|| in_doubt(Doubt::Mismatch, said.reference()));
                Resolution::Held { result, fence: Fence::Strong }
            }
            _ => Resolution::StillUnknown,
        }
    }

    pub(super) async fn void(&self, order: &PspOrder) -> PspDone {
        match self.cancel(order).await {
            Answer::Said(said) if said.decision == "cancelled" => {
                PspDone::Done { reference: said.reference(), fee: None }
            }
            // It was captured after all: the way back is a refund.
            Answer::Said(said) if said.decision == "captured" => {
                PspDone::Refused { code: Some("captured".to_owned()) }
            }
            Answer::Taken(reference) => PspDone::Accepted { reference },
            _ => PspDone::Unknown,
        }
    }

    pub(super) async fn capture(&self, order: &PspOrder, amount: Minor) -> PspDone {
        let key = key_of(&format!("capture/{}", order.turn), &order.key);
        self.move_money(order, "capture", "captured", amount, &key).await
    }

    pub(super) async fn refund(&self, order: &PspOrder, amount: Minor, key: &str) -> PspDone {
        let key = key_of("refund", key);
        self.move_money(order, "refunds", "refunded", amount, &key).await
    }

    async fn move_money(
        &self,
        order: &PspOrder,
        what: &str,
        word: &str,
        amount: Minor,
        key: &str,
    ) -> PspDone {
        let body = json!({
            "key": order.key,
            "amount": amount.to_decimal(order.currency),
            "currency": order.currency,
        });
        match self.call(Method::POST, &[&order.key, what], &body.to_string(), Some(key)).await {
            Answer::Said(said) if said.decision == word && said.says(amount, order.currency) => {
                let fee = said.fee.as_deref();
                let fee = fee.and_then(|fee| Minor::parse_padded(fee, order.currency).ok());
                PspDone::Done { reference: said.reference(), fee }
            }
            Answer::Taken(reference) => PspDone::Accepted { reference },
            Answer::No(409 | 422, code) => PspDone::Refused { code },
            _ => PspDone::Unknown,
        }
    }

    async fn cancel(&self, order: &PspOrder) -> Answer {
        let body = json!({ "key": order.key }).to_string();
        let key = key_of("cancel", &order.key);
        self.call(Method::POST, &[&order.key, "cancel"], &body, Some(&key)).await
    }

    async fn call(&self, method: Method, path: &[&str], body: &str, key: Option<&str>) -> Answer {
        let make = || request(&self.url, &self.key, &method, path, body, key, self.budget.now);
        match self.wire.call(self.budget, make, Called::is_shaky).await {
            Called::Answer(reply) => answer(&reply),
            Called::NotSent => Answer::NotSent,
            Called::Lost(doubt) => Answer::Doubt(doubt),
        }
    }
}

/// One signed call of the contract.
fn request(
    url: &EndpointUrl,
    signing: &SharedKey,
    method: &Method,
    path: &[&str],
    body: &str,
    key: Option<&str>,
    now: jiff::Timestamp,
) -> Request {
    let url = path.iter().fold(url.clone(), |url, segment| url.below(segment));
    let mut request = Request::new(method.clone(), url.to_url());
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(HOP_HEADER, HeaderValue::from_static("1"));
    let key = key.map(|key| ("idempotency-key", key.to_owned()));
    for (name, value) in signing.sign(now, body.as_bytes()).into_iter().chain(key) {
        // Names are ours, values hex and digits: none is ever left out.
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if !body.is_empty() {
        *request.body_mut() = Some(body.to_owned().into());
    }
    request
}

fn authorization(order: &PspOrder, means: Means<'_>) -> Option<String> {
    serde_json::to_string(&Authorization {
        key: &order.key,
        payment: order.payment.as_str(),
        reference: &order.reference,
        attempt: order.attempt,
        merchant: order.merchant.as_str(),
        order_reference: order.order_reference.as_deref(),
        amount: order.amount.to_decimal(order.currency),
        currency: order.currency,
        billing: order.billing.as_ref(),
        means,
    })
    .ok()
}

impl<'a> Means<'a> {
    /// None: Apple's token is no JSON.
    fn of(paid: Paid<'a>) -> Option<Self> {
        match paid {
            Paid::Token(token) => Token::of(token).map(Self::Token),
            #[cfg(feature = "decrypt")]
            Paid::Card(card) => Some(Self::Card(card::Card::of(card))),
        }
    }
}

impl<'a> Token<'a> {
    fn of(token: &'a PspToken) -> Option<Self> {
        let (network, name) = (token.network.as_deref(), token.display_name.as_deref());
        let method = PaidWith { network, display_name: name };
        Some(Self {
            payment_data: serde_json::from_str(token.payment_data.expose()).ok()?,
            transaction_identifier: &token.transaction_id,
            payment_method: (network.is_some() || name.is_some()).then_some(method),
        })
    }
}

fn answer(reply: &Reply) -> Answer {
    if reply.body.len() > MOST_BYTES {
        return Answer::Doubt(Doubt::UnknownWord);
    }
    let said: Option<Said> = read(reply);
    match (reply.status, said) {
        (200, Some(said)) => Answer::Said(Box::new(said)),
        (202, said) => Answer::Taken(said.and_then(|said| said.reference())),
        (status @ 400..500, said) => {
            Answer::No(status, said.and_then(|said| said.code.as_deref().and_then(code)))
        }
        (500.., _) => Answer::Doubt(Doubt::ServerError),
        _ => Answer::Doubt(Doubt::UnknownWord),
    }
}

/// What an HTTP error to an authorisation says of it. Only what is said at the door, before anything is
/// done, is certain.
fn refusal(status: u16, code: Option<String>) -> PspResult {
    match status {
        400 | 401 | 403 | 404 | 405 | 413 | 415 => rejected(DeclineClass::Configuration, code),
        422 => rejected(DeclineClass::Token, code),
        429 => rejected(DeclineClass::RateLimited, code),
        409 => in_doubt(Doubt::Pending, None),
        _ => in_doubt(Doubt::UnknownWord, None),
    }
}

impl Said {
    fn result(&self, order: &PspOrder) -> PspResult {
        match self.decision.as_str() {
            "approved" => {
                self.approval(order).unwrap_or_else(|| in_doubt(Doubt::Mismatch, self.reference()))
            }
            "declined" => PspResult::Declined {
                class: class(self.reason.as_deref()),
                code: self.code.as_deref().and_then(code),
                reference: self.reference(),
            },
            "pending" => in_doubt(Doubt::Pending, self.reference()),
            _ => in_doubt(Doubt::UnknownWord, self.reference()),
        }
    }

    /// The approval of exactly this order, if it is one.
    fn approval(&self, order: &PspOrder) -> Option<PspResult> {
        let reference = self.reference()?;
        self.says(order.amount, order.currency).then(|| PspResult::Approved {
            reference,
            amount: order.amount,
            currency: order.currency,
            auth_code: self.auth_code.as_deref().and_then(code),
            network: self.network.as_deref().and_then(code),
            last4: self.last4.as_deref().and_then(last4),
        })
    }

    fn says(&self, amount: Minor, currency: Currency) -> bool {
        let said = self.amount.as_deref().and_then(|text| Minor::parse_padded(text, currency).ok());
        said == Some(amount) && self.currency.as_deref() == Some(currency.as_str())
    }

    fn reference(&self) -> Option<String> {
        self.reference.as_deref().and_then(code)
    }
}

/// What kind of no a `reason` says. A word nobody knows is a no without a reason.
fn class(reason: Option<&str>) -> DeclineClass {
    match reason {
        Some("postal_code") => DeclineClass::AvsPostal,
        Some("address") => DeclineClass::AvsAddress,
        Some("fraud") => DeclineClass::Fraud,
        Some("token") => DeclineClass::Token,
        _ => DeclineClass::Generic,
    }
}

/// spec/payments §2.6.
const PATIENCE: Duration = Duration::from_secs(15);
const MOST_BYTES: usize = 64 * 1024;

#[cfg(test)]
mod tests;
