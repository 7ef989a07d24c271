//! Stripe's objects, as far as they are read, and what they say of an order.

use amb_protocol::money::{Currency, Minor};
use amb_service::{
    model::{DeclineClass, Doubt, PspResult},
    port::{PspDone, PspOrder},
};
use serde::Deserialize;
use std::collections::BTreeMap;

use super::{Stripe, words};
use crate::psp::{amount::STRIPE, code, in_doubt, last4, rejected};

/// `PaymentIntent`
#[derive(Debug, Deserialize)]
pub(super) struct Intent {
    pub(super) id: String,
    pub(super) status: Status,
    amount: i64,
    #[serde(default)]
    amount_capturable: i64,
    #[serde(default)]
    amount_received: i64,
    currency: String,
    #[serde(default)]
    latest_charge: Option<Charge>,
    #[serde(default)]
    last_payment_error: Option<CardError>,
    #[serde(default)]
    pub(super) metadata: BTreeMap<String, String>,
}

/// `PaymentIntent.status`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    RequiresCapture,
    Succeeded,
    Canceled,
    #[serde(other)]
    Unknown,
}

/// `Charge`: its id, or all of it where it was asked for.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Charge {
    Id(String),
    Whole(Box<WholeCharge>),
}

#[derive(Debug, Deserialize)]
struct WholeCharge {
    id: String,
    #[serde(default)]
    authorization_code: Option<String>,
    #[serde(default)]
    payment_method_details: Option<Details>,
    #[serde(default)]
    balance_transaction: Option<Balance>,
}

#[derive(Debug, Deserialize)]
struct Details {
    #[serde(default)]
    card: Option<Card>,
}

#[derive(Debug, Deserialize)]
struct Card {
    #[serde(default)]
    network: Option<String>,
    #[serde(default)]
    last4: Option<String>,
}

/// `BalanceTransaction`: its id, or all of it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Balance {
    Whole { fee: i64, currency: String },
    Id(#[expect(dead_code, reason = "read as one of two forms")] String),
}

/// `Token`
#[derive(Debug, Deserialize)]
pub(super) struct CardToken {
    pub(super) id: String,
}

/// `Refund`
#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    id: String,
    amount: i64,
    currency: String,
    status: Option<String>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// A page of refunds. One payment has never more than a page.
#[derive(Debug, Deserialize)]
pub(super) struct Refunds {
    data: Vec<Refund>,
}

/// The body of an error.
#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    error: CardError,
}

/// An error's codes, without its text.
#[derive(Debug, Default, Deserialize)]
struct CardError {
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    decline_code: Option<String>,
    #[serde(default)]
    payment_intent: Option<Box<Intent>>,
}

/// An error with its status.
#[derive(Debug)]
pub(super) struct Refused {
    status: u16,
    error: CardError,
}

impl Stripe<'_> {
    /// What a confirmed intent says of its order.
    pub(super) async fn judge(&self, order: &PspOrder, intent: Intent) -> PspResult {
        let reference = Some(intent.id.clone());
        match intent.status {
            Status::RequiresCapture => {
                intent.approval(order).unwrap_or_else(|| in_doubt(Doubt::Mismatch, reference))
            }
            Status::RequiresPaymentMethod => intent.decline(),
            Status::Canceled => rejected(DeclineClass::Generic, Some("canceled".to_owned())),
            Status::Processing => in_doubt(Doubt::Pending, reference),
            Status::RequiresAction => {
                // Nobody can do it inside the sheet, so it must not be done later either.
                match self.cancel(order, &intent.id).await {
                    Some(cancelled) if cancelled.status == Status::Canceled => {
                        rejected(DeclineClass::Unservable, Some("requires_action".to_owned()))
                    }
                    _ => in_doubt(Doubt::Pending, reference),
                }
            }
            // Nobody asked for a capture.
            Status::Succeeded | Status::RequiresConfirmation | Status::Unknown => {
                in_doubt(Doubt::UnknownWord, reference)
            }
        }
    }

    /// What an error to a confirmation says of its order.
    pub(super) async fn judge_refusal(
        &self,
        order: &PspOrder,
        no: Refused,
        intent: String,
    ) -> PspResult {
        if no.is_still_running() {
            return in_doubt(Doubt::Pending, Some(intent));
        }
        // The same key with other parameters: whatever the first call did, it was done.
        if no.error.kind == "idempotency_error" {
            return in_doubt(Doubt::UnknownWord, Some(intent));
        }
        match (no.status, no.intent_status()) {
            (401 | 403 | 429, _) | (400 | 404, None) => rejected(no.class(), no.code()),
            (_, Some(Status::RequiresPaymentMethod)) | (402, None) => {
                PspResult::Declined { class: no.class(), code: no.code(), reference: Some(intent) }
            }
            (_, Some(_)) => match no.into_intent() {
                Some(found) if found.id == intent => self.judge(order, found).await,
                _ => in_doubt(Doubt::UnknownWord, Some(intent)),
            },
            (_, None) => in_doubt(Doubt::UnknownWord, Some(intent)),
        }
    }
}

impl Intent {
    /// The approval of exactly this order, if it is one.
    pub(super) fn approval(&self, order: &PspOrder) -> Option<PspResult> {
        let amount = STRIPE.read(self.amount, order.currency)?;
        let counted = match self.status {
            Status::Succeeded => self.amount_received,
            _ => self.amount_capturable,
        };
        let is_exact = amount == order.amount
            && counted == self.amount
            && self.currency.eq_ignore_ascii_case(order.currency.as_str());
        let charge = self.charge();
        let card = charge
            .and_then(|charge| charge.payment_method_details.as_ref())
            .and_then(|details| details.card.as_ref());
        is_exact.then(|| PspResult::Approved {
            reference: self.id.clone(),
            amount,
            currency: order.currency,
            auth_code: charge.and_then(|c| c.authorization_code.as_deref()).and_then(code),
            network: card.and_then(|card| card.network.as_deref()).and_then(code),
            last4: card.and_then(|card| card.last4.as_deref()).and_then(last4),
        })
    }

    fn decline(self) -> PspResult {
        let error = self.last_payment_error.unwrap_or_default();
        PspResult::Declined { class: error.class(), code: error.code(), reference: Some(self.id) }
    }

    /// Whether so much was captured.
    pub(super) fn has_captured(&self, written: i64, order: &PspOrder) -> bool {
        self.status == Status::Succeeded
            && self.amount_received == written
            && self.currency.eq_ignore_ascii_case(order.currency.as_str())
    }

    pub(super) fn charge_id(&self) -> Option<String> {
        match self.latest_charge.as_ref()? {
            Charge::Id(id) => Some(id.clone()),
            Charge::Whole(charge) => Some(charge.id.clone()),
        }
    }

    /// What Stripe keeps, where it is in the payment's own currency.
    pub(super) fn fee(&self, currency: Currency) -> Option<Minor> {
        match self.charge()?.balance_transaction.as_ref()? {
            Balance::Whole { fee, currency: of } if of.eq_ignore_ascii_case(currency.as_str()) => {
                STRIPE.read(*fee, currency)
            }
            _ => None,
        }
    }

    fn charge(&self) -> Option<&WholeCharge> {
        match self.latest_charge.as_ref()? {
            Charge::Whole(charge) => Some(charge),
            Charge::Id(_) => None,
        }
    }
}

impl Status {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
            Self::Unknown => "unknown",
        }
    }
}

impl Refund {
    /// What became of it, if it is one of so much. Stripe takes back what failed by itself.
    pub(super) fn done(&self, written: i64, order: &PspOrder) -> PspDone {
        let reference = Some(self.id.clone());
        let is_exact =
            self.amount == written && self.currency.eq_ignore_ascii_case(order.currency.as_str());
        match self.status.as_deref().filter(|_| is_exact) {
            Some("succeeded") => PspDone::Done { reference, fee: None },
            Some("pending") => PspDone::Accepted { reference },
            Some(word @ ("failed" | "canceled" | "requires_action")) => {
                PspDone::Refused { code: Some(word.to_owned()) }
            }
            _ => PspDone::Unknown,
        }
    }
}

impl Refunds {
    /// The refund that was made under a key.
    pub(super) fn under(&self, key: &str) -> Option<&Refund> {
        self.data.iter().find(|refund| refund.metadata.get("key").is_some_and(|own| own == key))
    }
}

impl Refusal {
    pub(super) fn with(self, status: u16) -> Refused {
        Refused { status, error: self.error }
    }
}

impl CardError {
    fn class(&self) -> DeclineClass {
        words::class(self.decline_code.as_deref(), self.code.as_deref())
    }

    fn code(&self) -> Option<String> {
        self.decline_code.as_deref().or(self.code.as_deref()).and_then(code)
    }
}

impl Refused {
    pub(super) fn at_the_door(status: u16) -> Self {
        Self { status, error: CardError::default() }
    }

    /// What kind of no it is.
    pub(super) fn class(&self) -> DeclineClass {
        match self.status {
            402 => self.error.class(),
            429 => DeclineClass::RateLimited,
            _ => DeclineClass::Configuration,
        }
    }

    pub(super) fn code(&self) -> Option<String> {
        self.error.code()
    }

    /// Refused for what it asks, so that it would be again; and not because of who asks, or when.
    pub(super) fn is_about_the_request(&self) -> bool {
        matches!(self.status, 400 | 402 | 404) && self.error.kind != "idempotency_error"
    }

    /// Refused because of the account's keys, whatever the status.
    pub(super) fn is_about_the_keys(&self) -> bool {
        self.error.code.as_deref().is_some_and(words::is_about_the_keys)
    }

    /// Another call with the same key, or on the same object, is not done yet.
    fn is_still_running(&self) -> bool {
        self.status == 409
            || matches!(self.error.code.as_deref(), Some("lock_timeout" | "idempotency_key_in_use"))
    }

    /// How the intent stands that the error is about.
    pub(super) fn intent_status(&self) -> Option<Status> {
        self.error.payment_intent.as_ref().map(|intent| intent.status)
    }

    pub(super) fn into_intent(self) -> Option<Intent> {
        self.error.payment_intent.map(|intent| *intent)
    }
}
