//! Whether an attempt begins, and how (spec/payments §4.4, steps 2 and 3).

use amb_protocol::apple_pay::{Inputs, Offer, PayError, PayErrorCode};
use jiff::SignedDuration;

use super::{
    Call, CallbackError, Callbacks, PSP_WITHIN, TokenCheck,
    gateway::{ALREADY_PAID, EXHAUSTED, Paying, Refusal},
    price::Priced,
    rows::with_inputs,
};
use crate::{
    model::{
        Attempt, JournalEvent, JournalRow, Payment, PaymentState, QuoteMark, TokenClaim, TokenHash,
        Told,
    },
    payment::commit::Plan,
    port::{Clock, Entropy, Merchants, Payments, PriceSource},
};

/// How long nobody else deals with an attempt: longer than the process that began it can live.
const LEASE: SignedDuration = SignedDuration::from_secs(45);

/// What the provider needs at least. Later than so long before its end, nothing is begun: a device that
/// waited for that long has given up.
const PSP_NEEDS: SignedDuration = SignedDuration::from_secs(2);

/// The customer was shown another price.
const PRICE_CHANGED: &str =
    "The price has changed. Please choose the delivery again, or close this and open it anew.";

impl<S, Q, P, W, K, C, T> Callbacks<S, Q, P, W, K, C, T>
where
    S: Payments + Merchants,
    W: PriceSource,
    C: Clock + Entropy,
    T: TokenCheck,
{
    /// The attempt as it is to be written down, or why there is none.
    pub(super) async fn begin(
        &self,
        call: &Call<'_>,
        payment: &Payment,
        offer: &Offer,
        paying: &mut Paying,
    ) -> Result<Result<Plan, Refusal>, CallbackError> {
        let checked = paying.check(&self.tokens, self.clock.now());
        let hash = match (checked, paying.token.hash.clone()) {
            // What the token was looked up by is what was signed.
            (Ok(checked), Some(hash)) if TokenHash::of(&checked.transaction_id) == hash => hash,
            (Err(refused), _) => return Ok(Err(refused.code.into())),
            (Ok(_), _) => return Ok(Err("token_format".into())),
        };
        if let Some(refusal) = self.closed(payment) {
            return Ok(Err(refusal));
        }
        let contact = |name| paying.body.member(name);
        let errors = offer.missing(contact("billingContact"), contact("shippingContact"));
        if !errors.is_empty() {
            return Ok(Err(Refusal { why: "contact_invalid", errors, chosen: None }));
        }
        let inputs = final_inputs(payment, paying);
        let priced = self.priced(payment, offer, &inputs, call.by(PSP_WITHIN - PSP_NEEDS)).await?;
        let mark = match mark(payment, offer, &priced) {
            Ok(mark) => mark.clone(),
            Err(refusal) => return Ok(Err(refusal)),
        };
        if self.clock.now() > call.by(PSP_WITHIN - PSP_NEEDS) {
            return Ok(Err("late".into()));
        }
        Ok(Ok(self.plan(call, payment.clone(), paying, (hash, mark), &inputs)))
    }

    /// Why the payment takes no attempt now.
    fn closed(&self, payment: &Payment) -> Option<Refusal> {
        let told = payment.live().and_then(|attempt| attempt.told);
        let why = match payment.state {
            _ if told == Some(Told::Success) => ALREADY_PAID,
            PaymentState::Expired => "expired",
            // An attempt is under way, or money of one that failed is not let go yet.
            _ if !payment.may_begin() => "try_later",
            _ if self.clock.now() >= payment.expires_at => "expired",
            _ if payment.attempts.len() >= Payment::MOST_ATTEMPTS => EXHAUSTED,
            _ => return None,
        };
        Some(why.into())
    }

    fn plan(
        &self,
        call: &Call<'_>,
        mut payment: Payment,
        paying: &Paying,
        (token, mark): (TokenHash, QuoteMark),
        inputs: &Inputs,
    ) -> Plan {
        let now = self.clock.now();
        let no = payment.attempt_no().saturating_add(1);
        let from = payment.state;
        payment.attempts.push(Attempt {
            no,
            key: Attempt::key("auth", &payment.merchant, &token),
            token: token.clone(),
            quote: mark.seq,
            amount: mark.total,
            begun_at: now,
            reply_before: payment.reply.clone(),
            lease_until: now + LEASE,
            told: None,
            errors: Vec::new(),
            result: None,
            authorised: None,
            another: None,
            absent_since: None,
            fence: None,
        });
        payment.enter(PaymentState::Authorizing, now);
        payment.reschedule(now);
        let row = |event| paying.row(with_inputs(call.row(event, &payment, now), inputs));
        let rows = vec![
            row(JournalEvent::TokenReceived),
            JournalRow {
                decision: Some("claimed".to_owned()),
                quote_source: Some(mark.source.as_str().to_owned()),
                tax_minor: Some(mark.tax),
                shipping_minor: Some(mark.shipping),
                ..row(JournalEvent::Claimed).moved(from, PaymentState::Authorizing)
            },
            row(JournalEvent::PspRequest),
        ];
        let claim = TokenClaim {
            merchant: payment.merchant.clone(),
            token,
            payment: payment.pointer.clone(),
            attempt: no,
            errors: Vec::new(),
            created_at: now,
        };
        Plan { claim: Some(claim), ..Plan::of(payment, rows) }
    }
}

/// What the customer chose in the end: what the device says now, and before that what it said last. The
/// kind of card comes with the token only if the device likes (spec/payments §10).
fn final_inputs(payment: &Payment, paying: &Paying) -> Inputs {
    let last = &payment.chosen;
    let method = paying.body.shipping_method().map(|id| id.chars().take(128).collect());
    Inputs {
        shipping_method: method.or_else(|| last.shipping_method.clone()),
        region: paying.body.region("shippingContact").or_else(|| last.region.clone()),
        payment_type: paying.token.payment_type.or(last.payment_type),
    }
}

/// The quote that is paid: one that the customer was told, and that the sheet shows (spec/payments §5,
/// rule 2).
fn mark<'p>(
    payment: &'p Payment,
    offer: &Offer,
    priced: &Priced,
) -> Result<&'p QuoteMark, Refusal> {
    let changed = || Refusal {
        why: "price_changed",
        errors: vec![PayError::new(
            if offer.shipping_methods.is_empty() {
                PayErrorCode::Unknown
            } else {
                PayErrorCode::ShippingContactInvalid
            },
            PRICE_CHANGED,
        )],
        chosen: Some(Box::new(priced.inputs.clone())),
    };
    match &priced.came_to {
        Ok(quote) => payment.told_as(quote, offer).ok_or_else(changed),
        Err(errors) => Err(Refusal { why: "choice", errors: errors.clone(), chosen: None }),
    }
}
