//! Adyen Checkout v72 (spec/payments §2.4; Adyen, API Explorer, API idempotency, Cancel, Reversal).
//!
//! Adyen has no call that tells how a payment stands. What is told is the first answer, under the same
//! key, for a week; and whatever may be held is cancelled by our own reference ("technical cancel").
//! Modifications are taken, "received", and then done: how they ended, only a notice tells.

use std::collections::BTreeMap;

use amb_protocol::{
    money::{Currency, Minor},
    secret::Secret,
};
use amb_service::{
    model::{DeclineClass, Doubt, Fence, PspResult},
    port::{PspDone, PspOrder, Resolution},
};
use data_encoding::BASE64;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use self::call::Answer;
pub(super) use self::notice::{named, notices};
use super::{Budget, Paid, amount::ADYEN, code, in_doubt, key_of, last4, rejected, wire::Wire};

mod call;
#[cfg(feature = "decrypt")]
mod card;
mod notice;
mod words;

/// An Adyen merchant account, ready to be asked.
pub(super) struct Adyen<'a> {
    wire: &'a Wire,
    base: Url,
    merchant_account: &'a str,
    secret: AdyenSecret,
    budget: Budget,
}

/// An account's keys.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AdyenSecret {
    v: u8,
    api_key: Secret<String>,
    hmac_key: Secret<String>,
}

/// `Amount`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Amount {
    currency: String,
    value: i64,
}

/// `PaymentResponse`
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payment {
    result_code: String,
    #[serde(default)]
    psp_reference: Option<String>,
    #[serde(default)]
    merchant_reference: Option<String>,
    #[serde(default)]
    amount: Option<Amount>,
    #[serde(default)]
    refusal_reason_code: Option<String>,
    #[serde(default)]
    additional_data: BTreeMap<String, Value>,
}

/// The answer to a modification.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Modification {
    status: String,
    #[serde(default)]
    psp_reference: Option<String>,
    #[serde(default)]
    amount: Option<Amount>,
}

/// Where an account's calls go: its own live endpoint, or the test environment. Keys hold within one
/// region, so it never changes for an account.
pub(super) fn base(elsewhere: Option<&Url>, prefix: &str) -> Option<Url> {
    if let Some(url) = elsewhere {
        return Some(url.clone());
    }
    let fits = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if prefix.is_empty() || prefix.len() > 63 - "-checkout-live".len() || !prefix.bytes().all(fits)
    {
        return None;
    }
    let url = match prefix {
        "test" => "https://checkout-test.adyen.com/".to_owned(),
        _ => format!("https://{prefix}-checkout-live.adyenpayments.com/checkout"),
    };
    Url::parse(&url).ok()
}

impl<'a> Adyen<'a> {
    pub(super) fn open(
        wire: &'a Wire,
        base: Url,
        merchant_account: &'a str,
        secret: &Secret<String>,
        budget: Budget,
    ) -> Option<Self> {
        let secret: AdyenSecret = serde_json::from_str(secret.expose()).ok()?;
        (secret.v == 1).then_some(Self { wire, base, merchant_account, secret, budget })
    }

    pub(super) async fn authorize(&self, order: &PspOrder, paid: Paid<'_>) -> PspResult {
        let Some(amount) = amount(order.amount, order.currency) else {
            return rejected(DeclineClass::Configuration, Some("amount".to_owned()));
        };
        let body = match paid {
            Paid::Token(token) => {
                let token = Secret::new(BASE64.encode(token.payment_data.expose().as_bytes()));
                self.payment(order, &amount, Some(token.expose()))
            }
            #[cfg(feature = "decrypt")]
            Paid::Card(card) => self.card_payment(order, &amount, card),
        };
        match self.post::<Payment>(&["payments"], &body, &order.key).await {
            Answer::Yes(payment) => self.judge(order, payment).await,
            Answer::No { status, code } => words::refusal(status, code),
            Answer::NotSent => rejected(DeclineClass::Unreachable, None),
            Answer::Doubt(doubt) => in_doubt(doubt, None),
        }
    }

    pub(super) async fn resolve(&self, order: &PspOrder) -> Resolution {
        if let Some(reference) = &order.psp_reference {
            // It is known and may hold money. Adyen would not say, so it is let go like what does.
            let result = in_doubt(Doubt::Pending, Some(reference.clone()));
            return Resolution::Held { result, fence: Fence::ReplayKey };
        }
        let Some(amount) = amount(order.amount, order.currency) else {
            return Resolution::Nothing(Fence::Strong);
        };
        // The first answer, under the same key. The body has no token: should the first call never have
        // arrived, this one pays nothing.
        if self.knows_keys_of(order) {
            let body = self.payment(order, &amount, None);
            if let Answer::Yes(payment) = self.post(&["payments"], &body, &order.key).await {
                return self.resolved(order, payment).await;
            }
        }
        // Whatever is known there under our reference is let go, and what is not may still arrive.
        if self.cancel(order).await { Resolution::Absent } else { Resolution::StillUnknown }
    }

    pub(super) async fn void(&self, order: &PspOrder) -> PspDone {
        let Some(psp_reference) = &order.psp_reference else { return PspDone::Unknown };
        match self.reverse(order, psp_reference).await {
            Some(reference) => PspDone::Received { reference },
            None => PspDone::Unknown,
        }
    }

    pub(super) async fn capture(&self, order: &PspOrder, captured: Minor) -> PspDone {
        let key = key_of(&format!("capture/{}", order.turn), &order.key);
        self.modify(order, "captures", captured, &order.reference, &key).await
    }

    pub(super) async fn refund(&self, order: &PspOrder, back: Minor, key: &str) -> PspDone {
        let key = key_of("refund", key);
        let reference = format!("{}-r{}", order.reference, key.chars().take(8).collect::<String>());
        self.modify(order, "refunds", back, &reference, &key).await
    }

    /// Whether what was begun then is still known by its key: past that, the same call might do it once
    /// more.
    fn knows_keys_of(&self, order: &PspOrder) -> bool {
        order.begun_at.duration_until(self.budget.now) <= KEY_LIFE
    }

    /// Captures or refunds so much of a payment.
    async fn modify(
        &self,
        order: &PspOrder,
        what: &str,
        how_much: Minor,
        reference: &str,
        key: &str,
    ) -> PspDone {
        let Some(psp_reference) = &order.psp_reference else {
            return PspDone::Refused { code: Some("no_reference".to_owned()) };
        };
        let Some(amount) = amount(how_much, order.currency) else {
            return PspDone::Refused { code: Some("amount".to_owned()) };
        };
        if !self.knows_keys_of(order) {
            tracing::error!(tenant = %order.tenant, payment = %order.payment, what, "psp_key_expired");
            return PspDone::Unknown;
        }
        let body = json!({
            "merchantAccount": self.merchant_account,
            "amount": amount,
            "reference": reference,
        });
        let path = ["payments", psp_reference, what];
        match self.post::<Modification>(&path, &body, key).await {
            Answer::Yes(taken) if taken.amount.as_ref().is_none_or(|it| *it == amount) => {
                match taken.received() {
                    Some(reference) => PspDone::Received { reference },
                    None => PspDone::Unknown,
                }
            }
            Answer::No { status: 400 | 404 | 422, code }
                if code.as_deref() != Some(IN_PROGRESS) =>
            {
                PspDone::Refused { code }
            }
            _ => PspDone::Unknown,
        }
    }

    /// What the body of a payment says. Without a token it cannot be paid.
    fn payment(&self, order: &PspOrder, amount: &Amount, token: Option<&str>) -> Value {
        let method = json!({ "type": "applepay" });
        let method = with(method, "applePayToken", token.map(Into::into));
        let body = json!({
            "merchantAccount": self.merchant_account,
            "amount": amount,
            "reference": order.reference,
            "paymentMethod": method,
            "returnUrl": RETURN_URL,
            "shopperInteraction": "Ecommerce",
            "additionalData": { "manualCapture": "true" },
            "metadata": { "payment": order.payment, "attempt": order.attempt.to_string() },
        });
        with(body, "merchantOrderReference", order.order_reference.as_deref().map(Into::into))
    }

    /// What an answer says of its order.
    async fn judge(&self, order: &PspOrder, payment: Payment) -> PspResult {
        let reference = payment.psp_reference.as_deref().and_then(code);
        let is_ours =
            payment.merchant_reference.as_deref().is_none_or(|own| own == order.reference);
        if !is_ours {
            return in_doubt(Doubt::Mismatch, reference);
        }
        match payment.result_code.as_str() {
            "Authorised" => {
                payment.approval(order).unwrap_or_else(|| in_doubt(Doubt::Mismatch, reference))
            }
            "PartiallyAuthorised" => in_doubt(Doubt::Mismatch, reference),
            "Refused" | "Cancelled" | "Error" => payment.decline(reference),
            "Received"
            | "Pending"
            | "PresentToShopper"
            | "AuthenticationFinished"
            | "AuthenticationNotRequired" => in_doubt(Doubt::Pending, reference),
            "RedirectShopper" | "IdentifyShopper" | "ChallengeShopper" => {
                // Nobody can do it inside the sheet, so it must not be done later either. Adyen names it only
                // once it was done.
                let is_ended = match &reference {
                    Some(psp_reference) => self.reverse(order, psp_reference).await.is_some(),
                    None => self.cancel(order).await,
                };
                if is_ended {
                    rejected(DeclineClass::Unservable, code(&payment.result_code))
                } else {
                    in_doubt(Doubt::Pending, reference)
                }
            }
            _ => in_doubt(Doubt::UnknownWord, reference),
        }
    }

    /// What the first answer, told again, says of a doubt.
    async fn resolved(&self, order: &PspOrder, payment: Payment) -> Resolution {
        let is_named = payment.psp_reference.is_some();
        match self.judge(order, payment).await {
            // It was cancelled by our reference, which Adyen took: that may still come to nothing.
            PspResult::Rejected { .. } if !is_named => Resolution::Absent,
            PspResult::Declined { .. } | PspResult::Rejected { .. } => {
                Resolution::Nothing(Fence::ReplayKey)
            }
            // It is held; or it is known and may be, and is let go like what is.
            result @ (PspResult::Approved { .. }
            | PspResult::InDoubt { reference: Some(_), .. }) => {
                Resolution::Held { result, fence: Fence::ReplayKey }
            }
            PspResult::InDoubt { why, reference: None } => {
                // What is said to be held without a name is not taken for nothing by asking twice.
                let is_taken = self.cancel(order).await;
                let is_absent = is_taken && why == Doubt::Pending;
                if is_absent { Resolution::Absent } else { Resolution::StillUnknown }
            }
        }
    }

    /// Lets go of a payment that is known: Adyen cancels it, or gives it back. Its name of that; none: it
    /// was not taken.
    async fn reverse(&self, order: &PspOrder, psp_reference: &str) -> Option<String> {
        let body = json!({
            "merchantAccount": self.merchant_account,
            "reference": format!("{}-v", order.reference),
        });
        let key = key_of(&format!("reverse/{}", order.turn), &order.key);
        let path = ["payments", psp_reference, "reversals"];
        match self.post::<Modification>(&path, &body, &key).await {
            Answer::Yes(taken) => taken.received(),
            _ => None,
        }
    }

    /// Cancels whatever there is under our reference; whether that was taken.
    async fn cancel(&self, order: &PspOrder) -> bool {
        // A payment may arrive after its cancellation; so each round cancels anew, with a key of its own.
        let round = order.begun_at.duration_until(self.budget.now).as_secs() / ROUND_SECONDS;
        let body = json!({
            "merchantAccount": self.merchant_account,
            "paymentReference": order.reference,
            "reference": format!("{}-v", order.reference),
        });
        let key = key_of(&format!("cancel/{round}"), &order.key);
        let answer = self.post::<Modification>(&["cancels"], &body, &key).await;
        matches!(answer, Answer::Yes(taken) if taken.status == RECEIVED)
    }
}

impl Modification {
    /// Adyen's name of it, if it was taken.
    fn received(&self) -> Option<String> {
        let is_received = self.status == RECEIVED;
        self.psp_reference.as_deref().filter(|_| is_received).and_then(code)
    }
}

impl Payment {
    /// The approval of exactly this order, if it is one.
    fn approval(&self, order: &PspOrder) -> Option<PspResult> {
        let approved = self.amount.as_ref()?;
        let is_exact = approved.currency == order.currency.as_str()
            && ADYEN.read(approved.value, order.currency) == Some(order.amount);
        let told = |name: &str| self.additional_data.get(name).and_then(Value::as_str);
        let reference = self.psp_reference.as_deref().and_then(code)?;
        is_exact.then(|| PspResult::Approved {
            reference,
            amount: order.amount,
            currency: order.currency,
            auth_code: told("authCode").and_then(code),
            network: told("paymentMethod").and_then(code),
            last4: told("cardSummary").and_then(last4),
        })
    }

    fn decline(&self, reference: Option<String>) -> PspResult {
        let reason = self.refusal_reason_code.as_deref();
        PspResult::Declined { class: words::class(reason), code: reason.and_then(code), reference }
    }
}

/// The object with a member more, if there is a value for it.
fn with(mut object: Value, name: &str, value: Option<Value>) -> Value {
    if let (Some(members), Some(value)) = (object.as_object_mut(), value) {
        members.insert(name.to_owned(), value);
    }
    object
}

fn amount(amount: Minor, currency: Currency) -> Option<Amount> {
    let value = ADYEN.write(amount, currency)?;
    Some(Amount { currency: currency.as_str().to_owned(), value })
}

/// Required, and never gone to: what would need it is cancelled.
const RETURN_URL: &str = "https://apple-pay.invalid/";
/// The word of a modification that was taken.
const RECEIVED: &str = "received";
/// `errorCode`: the same call is being processed, or was.
const IN_PROGRESS: &str = "704";
/// Adyen, API idempotency: keys are kept for at least seven days. An hour is left for clocks.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24 - 1);
const ROUND_SECONDS: i64 = 600;

#[cfg(test)]
mod tests;
