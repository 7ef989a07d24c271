//! Stripe: a `PaymentIntent` made with the bubble, confirmed with the token, cancelled as the fence
//! (spec/payments §2.3; Stripe, Payment Intents API, Idempotent requests, Error handling).
//!
//! Apple's token becomes a Stripe token through `pk_token`, as Stripe's own iOS library sends it; no
//! reference documents it, so an account has to be tried with it before it goes live.

use amb_protocol::{money::Minor, secret::Secret};
use amb_service::{
    model::{DeclineClass, Doubt, Fence, PspResult},
    port::{PspDone, PspFault, PspOrder, Resolution},
};
use jiff::SignedDuration;
use serde::Deserialize;
use url::Url;

pub(super) use self::notice::named;
use self::{
    call::{Answer, Form},
    objects::{CardToken, Intent, Refund, Refunds, Status},
};
use super::{Budget, Paid, amount::STRIPE, in_doubt, key_of, rejected, wire::Wire};

mod call;
#[cfg(feature = "decrypt")]
mod card;
mod notice;
mod objects;
mod words;

/// A Stripe account, ready to be asked.
pub(super) struct Stripe<'a> {
    wire: &'a Wire,
    base: Url,
    account: Option<&'a str>,
    secret: StripeSecret,
    budget: Budget,
}

/// An account's keys.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StripeSecret {
    v: u8,
    key: Secret<String>,
    #[serde(default)]
    publishable_key: Option<Secret<String>>,
    webhook_secret: Secret<String>,
}

impl<'a> Stripe<'a> {
    pub(super) fn open(
        wire: &'a Wire,
        elsewhere: Option<&Url>,
        account: Option<&'a str>,
        secret: &Secret<String>,
        budget: Budget,
    ) -> Option<Self> {
        let secret: StripeSecret = serde_json::from_str(secret.expose()).ok()?;
        let base = elsewhere.cloned().or_else(|| Url::parse(BASE).ok())?;
        (secret.v == 1).then_some(Self { wire, base, account, secret, budget })
    }

    pub(super) async fn prepare(&self, order: &PspOrder) -> Result<String, PspFault> {
        match self.create(order).await {
            Ok(intent) => Ok(intent.id),
            Err(Answer::No(no)) => Err(PspFault::Refused(no.class())),
            Err(Answer::Unspeakable) => Err(PspFault::Refused(DeclineClass::Configuration)),
            Err(_) => Err(PspFault::Unavailable),
        }
    }

    pub(super) async fn authorize(&self, order: &PspOrder, paid: Paid<'_>) -> PspResult {
        // Neither call holds anything, so whatever goes wrong in them, nothing was executed.
        let (card, intent) = tokio::join!(self.tokenize(order, paid), self.intent_for(order));
        let (card, intent) = match (card, intent) {
            (Ok(card), Ok(intent)) => (card, intent),
            (Err(failed), _) => return failed.before_confirming(DeclineClass::Token),
            (_, Err(failed)) => return failed.before_confirming(DeclineClass::Configuration),
        };
        let mut form = Form::new();
        form.put("payment_method_data[type]", "card");
        form.put("payment_method_data[card][token]", &card.id);
        form.billing(order.billing.as_ref());
        form.put("expand[]", "latest_charge");
        let path = ["payment_intents", &intent.id, "confirm"];
        let key = key_of("confirm", &order.key);
        match self.post::<Intent>(&path, form, Some(&key)).await {
            Answer::Yes(confirmed) if confirmed.id == intent.id => {
                self.judge(order, confirmed).await
            }
            Answer::Yes(_) | Answer::Unreadable | Answer::Unspeakable => {
                in_doubt(Doubt::UnknownWord, Some(intent.id))
            }
            Answer::No(no) => self.judge_refusal(order, no, intent.id).await,
            Answer::NotSent => rejected(DeclineClass::Unreachable, None),
            Answer::Doubt(doubt) => in_doubt(doubt, Some(intent.id)),
        }
    }

    pub(super) async fn resolve(&self, order: &PspOrder) -> Resolution {
        match self.fence(order).await {
            Some(intent) if intent.status == Status::Canceled => Resolution::Nothing(Fence::Strong),
            Some(intent) if intent.status == Status::Succeeded => {
                let result = intent
                    .approval(order)
                    .unwrap_or_else(|| in_doubt(Doubt::Mismatch, Some(intent.id.clone())));
                Resolution::Held { result, fence: Fence::Strong }
            }
            _ => Resolution::StillUnknown,
        }
    }

    pub(super) async fn void(&self, order: &PspOrder) -> PspDone {
        match self.fence(order).await {
            Some(intent) if intent.status == Status::Canceled => {
                PspDone::Done { reference: Some(intent.id), fee: None }
            }
            // It was captured after all: the way back is a refund.
            Some(intent) if intent.status == Status::Succeeded => {
                PspDone::Refused { code: Some("captured".to_owned()) }
            }
            _ => PspDone::Unknown,
        }
    }

    pub(super) async fn capture(&self, order: &PspOrder, amount: Minor) -> PspDone {
        let Some(id) = self.id_of(order).await else { return PspDone::Unknown };
        let Some(written) = STRIPE.write(amount, order.currency) else {
            return PspDone::Refused { code: Some("amount".to_owned()) };
        };
        let mut form = Form::new();
        form.put("amount_to_capture", &written.to_string());
        form.put("expand[]", "latest_charge.balance_transaction");
        // A failure is remembered under its key as well; an intent is captured once, whatever the key.
        let key = key_of(&format!("capture/{}/{}", order.turn, self.round(order)), &order.key);
        let answer =
            self.post::<Intent>(&["payment_intents", &id, "capture"], form, Some(&key)).await;
        let (intent, code) = match answer {
            Answer::Yes(intent) => (Some(intent), None),
            Answer::No(no) => {
                let code = no.code();
                let is_final = no.is_about_the_request();
                match no.into_intent() {
                    Some(intent) => (Some(intent), code),
                    None if is_final => return PspDone::Refused { code },
                    None => (self.read_intent(&id).await, None),
                }
            }
            _ => (self.read_intent(&id).await, None),
        };
        match intent {
            Some(intent) if intent.has_captured(written, order) => {
                PspDone::Done { reference: intent.charge_id(), fee: intent.fee(order.currency) }
            }
            Some(intent) if matches!(intent.status, Status::Canceled | Status::Succeeded) => {
                PspDone::Refused { code: code.or_else(|| Some(intent.status.as_str().to_owned())) }
            }
            _ => PspDone::Unknown,
        }
    }

    /// Refunds once, for ever: Stripe forgets a key after a day, so what was done under it is looked for
    /// first.
    pub(super) async fn refund(&self, order: &PspOrder, amount: Minor, key: &str) -> PspDone {
        let Some(id) = self.id_of(order).await else { return PspDone::Unknown };
        let Some(written) = STRIPE.write(amount, order.currency) else {
            return PspDone::Refused { code: Some("amount".to_owned()) };
        };
        let key = key_of("refund", key);
        let query = [("payment_intent", id.as_str()), ("limit", "100")];
        let Answer::Yes(refunds) = self.get::<Refunds>(&["refunds"], &query).await else {
            return PspDone::Unknown;
        };
        if let Some(refund) = refunds.under(&key) {
            return refund.done(written, order);
        }
        let mut form = Form::new();
        form.put("payment_intent", &id);
        form.put("amount", &written.to_string());
        form.put("metadata[payment]", order.payment.as_str());
        form.put("metadata[key]", &key);
        match self.post::<Refund>(&["refunds"], form, Some(&key)).await {
            Answer::Yes(refund) => refund.done(written, order),
            Answer::No(no) if no.is_about_the_request() => PspDone::Refused { code: no.code() },
            _ => PspDone::Unknown,
        }
    }

    /// The intent of an order, at the amount that is to be paid.
    async fn intent_for(&self, order: &PspOrder) -> Result<Intent, Answer<Intent>> {
        let Some(id) = order.intent.as_deref() else { return self.create(order).await };
        let Some(amount) = STRIPE.write(order.amount, order.currency) else {
            return Err(Answer::Unspeakable);
        };
        let mut form = Form::new();
        form.put("amount", &amount.to_string());
        form.put("metadata[reference]", &order.reference);
        let key = key_of("update", &order.key);
        match self.post::<Intent>(&["payment_intents", id], form, Some(&key)).await {
            Answer::Yes(intent) if intent.id == id => Ok(intent),
            Answer::Yes(_) => Err(Answer::Unreadable),
            // An earlier fence ended it.
            Answer::No(no) if no.intent_status() == Some(Status::Canceled) => {
                self.create(order).await
            }
            failed => Err(failed),
        }
    }

    async fn create(&self, order: &PspOrder) -> Result<Intent, Answer<Intent>> {
        let Some(amount) = STRIPE.write(order.amount, order.currency) else {
            return Err(Answer::Unspeakable);
        };
        let mut form = Form::new();
        form.put("amount", &amount.to_string());
        form.put("currency", &order.currency.as_str().to_ascii_lowercase());
        form.put("capture_method", "manual");
        form.put("payment_method_types[]", "card");
        form.put("metadata[payment]", order.payment.as_str());
        form.put("metadata[requestIdentifier]", order.payment.request_identifier().as_str());
        form.put("metadata[merchant]", order.merchant.as_str());
        form.put("metadata[reference]", &order.reference);
        if let Some(own) = &order.order_reference {
            form.put("metadata[order]", own);
        }
        let key = key_of("create", &order.key);
        match self.post::<Intent>(&["payment_intents"], form, Some(&key)).await {
            Answer::Yes(intent) => Ok(intent),
            failed => Err(failed),
        }
    }

    /// Apple's token as one of Stripe's, which is used once.
    async fn tokenize(
        &self,
        order: &PspOrder,
        paid: Paid<'_>,
    ) -> Result<CardToken, Answer<CardToken>> {
        let mut form = Form::new();
        match paid {
            Paid::Token(token) => form.apples(token),
            #[cfg(feature = "decrypt")]
            Paid::Card(card) => form.card(card),
        }
        let key = key_of("token", &order.key);
        match self.post_token(form, &key).await {
            Answer::Yes(token) => Ok(token),
            failed => Err(failed),
        }
    }

    /// The intent that an order's money is held under. Where its name was lost, the same call under the
    /// same key tells it, as long as Stripe remembers the key.
    async fn id_of(&self, order: &PspOrder) -> Option<String> {
        let known = order.psp_reference.as_deref().filter(|reference| reference.starts_with("pi_"));
        match known.or(order.intent.as_deref()) {
            Some(id) => Some(id.to_owned()),
            None => self.created(order).await,
        }
    }

    /// The intent that was made for an attempt alone, or is now.
    async fn created(&self, order: &PspOrder) -> Option<String> {
        if order.begun_at.duration_until(self.budget.now) > KEY_LIFE {
            return None;
        }
        self.create(order).await.ok().map(|intent| intent.id)
    }

    /// Cancels whatever an attempt may hold money under, and says how it stands then.
    async fn fence(&self, order: &PspOrder) -> Option<Intent> {
        let id = self.id_of(order).await?;
        let intent = self.cancel(order, &id).await?;
        // The bubble's intent was cancelled before this attempt reached it, so the attempt may have made
        // one of its own.
        let is_anothers = order.psp_reference.is_none()
            && order.intent.is_some()
            && intent.status == Status::Canceled
            && intent.metadata.get("reference") != Some(&order.reference);
        if !is_anothers {
            return Some(intent);
        }
        let own = self.created(order).await?;
        self.cancel(order, &own).await
    }

    /// Cancels an intent, and says how it stands then. A cancelled one stays so, and holds nothing.
    async fn cancel(&self, order: &PspOrder, id: &str) -> Option<Intent> {
        // A failure is remembered under its key as well, so the key changes from round to round;
        // cancelling twice is cancelling once.
        let key = key_of(&format!("cancel/{id}/{}", self.round(order)), &order.key);
        let path = ["payment_intents", id, "cancel"];
        match self.post::<Intent>(&path, Form::new(), Some(&key)).await {
            Answer::Yes(intent) if intent.id == id => Some(intent),
            _ => self.read_intent(id).await,
        }
    }

    fn round(&self, order: &PspOrder) -> i64 {
        order.begun_at.duration_until(self.budget.now).as_secs() / ROUND_SECONDS
    }

    async fn read_intent(&self, id: &str) -> Option<Intent> {
        let query = [("expand[]", "latest_charge.balance_transaction")];
        match self.get::<Intent>(&["payment_intents", id], &query).await {
            Answer::Yes(intent) if intent.id == id => Some(intent),
            _ => None,
        }
    }
}

/// The only address of Stripe's API.
const BASE: &str = "https://api.stripe.com/";
/// Stripe, Idempotent requests: keys are kept for at least 24 hours. An hour is left for clocks.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(23);
const ROUND_SECONDS: i64 = 600;

#[cfg(test)]
mod tests;
