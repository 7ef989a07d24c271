//! `paymentGateway`: the customer pays (spec/payments §4.4).
//!
//! ```text
//! claim of the token?  this payment's → its attempt's answer (follow)    another's → refused
//! token, state, price  refused → journal, FAILURE
//! commit               claim + attempt + AUTHORIZING + journal, at once or not at all
//! 45 s                 a message that settles the attempt if we do not
//! provider             until 18 s
//! commit               told, once and for ever; and only then the answer
//! ```

use amb_protocol::apple_pay::{GatewayAnswer, Inputs, Offer, PayError, Region};
use futures_util::future::try_join3;
use jiff::Timestamp;

use super::{
    Call, CallbackError, Callbacks, Reply, Said, TRIES, TokenCheck,
    body::{Body, BodyFault},
    rows::codes,
    token::{CheckedToken, RefusedToken, Token},
};
use crate::{
    dispatch::stand_back,
    model::{Attempt, JournalEvent, JournalRow, Payment, TokenClaim, Told},
    payment::commit::{Committed, Plan},
    port::{
        Clock, Entropy, Merchants, Payments, PortError, PriceSource, Psp, ServiceKeySource,
        SettlementQueue,
    },
};

/// What the device sent to pay with.
pub(super) struct Paying {
    pub(super) body: Body,
    pub(super) token: Token,
    /// What came of checking the token, once that was done.
    pub(super) checked: Option<Result<CheckedToken, RefusedToken>>,
}

/// Why no attempt begins.
pub(super) struct Refusal {
    /// In our words.
    pub(super) why: &'static str,
    /// What the customer can correct.
    pub(super) errors: Vec<PayError>,
    /// What the device says is chosen, where we had it otherwise: the sheet stays, and goes on from there.
    pub(super) chosen: Option<Box<Inputs>>,
}

impl From<&'static str> for Refusal {
    fn from(why: &'static str) -> Self {
        Self { why, errors: Vec::new(), chosen: None }
    }
}

impl Paying {
    pub(super) fn read(call: &Call<'_>, payment: &Payment) -> Result<Self, BodyFault> {
        let mut body = Body::read(call.body, &payment.pointer.payment)?;
        let is_token = body.member("paymentToken").is_some_and(serde_json::Value::is_object);
        let token = body.token.take().filter(|_| is_token).ok_or(BodyFault::Token)?;
        Ok(Self { body, token, checked: None })
    }

    /// Checks the token, once.
    pub(super) fn check(
        &mut self,
        tokens: &impl TokenCheck,
        now: Timestamp,
    ) -> Result<CheckedToken, RefusedToken> {
        let text = self.token.text.expose();
        self.checked.get_or_insert_with(|| tokens.check(text, now)).clone()
    }

    /// Where the cardholder lives, as far as an address check needs it.
    pub(super) fn billing(&self) -> Option<Region> {
        self.body.member("billingContact").and_then(Region::whole)
    }

    /// The row with what is known of the token.
    pub(super) fn row(&self, row: JournalRow) -> JournalRow {
        let signed_at = self.checked.as_ref().and_then(|checked| checked.as_ref().ok());
        JournalRow {
            apple_txid_hash: self.token.hash.as_ref().map(|hash| hash.as_str().to_owned()),
            token_signing_time: signed_at.map(|checked| checked.signed_at),
            verify_result: self.checked.as_ref().map(|checked| match checked {
                Ok(_) => "valid".to_owned(),
                Err(refused) => refused.code.to_owned(),
            }),
            ..row
        }
    }
}

impl<S, Q, P, W, K, C, T> Callbacks<S, Q, P, W, K, C, T>
where
    S: Payments + Merchants,
    Q: SettlementQueue,
    P: Psp,
    W: PriceSource,
    K: ServiceKeySource,
    C: Clock + Entropy,
    T: TokenCheck,
{
    /// Pays, at most once per token and once per payment, and tells the device what stands in the row.
    pub(super) async fn gateway(
        &self,
        call: &Call<'_>,
        mut payment: Payment,
    ) -> Result<Reply, CallbackError> {
        let mut paying = match Paying::read(call, &payment) {
            Ok(paying) => paying,
            Err(fault) => {
                let event = JournalEvent::TokenRejected;
                return Ok(self.unreadable(call, payment, event, fault).await);
            }
        };
        let unknown = paying.body.unknown;
        for tried in 0..TRIES {
            // One look for all that an attempt needs: the customer waits.
            let chain = payment.chain();
            let (claim, offer, head) = try_join3(
                self.claim(&payment, &paying),
                self.offered(&payment),
                self.store.chain_head(&chain),
            )
            .await?;
            // Before anything else: a token that comes again gets its answer, however old it is by now.
            let (plan, refused) = match claim {
                Some(claim) if claim.payment == payment.pointer && claim.attempt == 0 => {
                    let reply = self.repeat_refusal(call, payment, claim.errors).await;
                    return Ok(Reply { unknown, ..reply });
                }
                Some(claim) if claim.payment == payment.pointer => {
                    let reply = self.follow(call, payment, claim.attempt).await?;
                    return Ok(Reply { unknown, ..reply });
                }
                Some(_) => self.refuse(call, payment, &offer, &paying, REPLAY.into()),
                None => match self.begin(call, &payment, &offer, &mut paying).await? {
                    Ok(plan) => (plan, None),
                    Err(refusal) if refusal.why == EXHAUSTED => {
                        return Ok(Reply::gone().code(EXHAUSTED));
                    }
                    Err(refusal) => self.refuse(call, payment, &offer, &paying, refusal),
                },
            };
            let plan = Plan { head: Some(head), ..plan };
            let unmoved = plan.payment.clone();
            if let Some(reply) = &refused
                && plan.rows.is_empty()
                && plan.claim.is_none()
            {
                return Ok(Reply { unknown, ..reply.clone() });
            }
            let committed = self.write(call, plan).await;
            match (committed, refused) {
                (Ok(Committed::Done(_)), Some(reply)) => return Ok(Reply { unknown, ..reply }),
                (Ok(Committed::Done(payment)), None) => {
                    let reply = self.authorize(call, *payment, &paying).await?;
                    return Ok(Reply { unknown, ..reply });
                }
                (Err(error), Some(_)) => return Err(error.into()),
                // Somebody changed the payment, or used the token, or nobody can tell: what stands there
                // now says which. An attempt that we began without knowing it is followed like another's:
                // the provider was not asked.
                (Ok(Committed::Moved | Committed::Claimed(_)) | Err(_), _) => {
                    stand_back(&self.clock, tried).await;
                    payment = self.again(&unmoved).await?;
                }
            }
        }
        Err(CallbackError::Busy)
    }

    /// What the token was used for before.
    async fn claim(
        &self,
        payment: &Payment,
        paying: &Paying,
    ) -> Result<Option<TokenClaim>, PortError> {
        match &paying.token.hash {
            Some(hash) => self.store.token_claim(&payment.merchant, hash).await,
            None => Ok(None),
        }
    }

    /// No attempt: the journal says why, and the device is told that it failed. Whoever keeps on sending
    /// what is refused does not make the journal longer for ever.
    fn refuse(
        &self,
        call: &Call<'_>,
        mut payment: Payment,
        offer: &Offer,
        paying: &Paying,
        refusal: Refusal,
    ) -> (Plan, Option<Reply>) {
        let Refusal { why, errors, chosen } = refusal;
        let row = call.row(JournalEvent::TokenRejected, &payment, self.clock.now());
        let row = JournalRow {
            attempt_no: None,
            decision: Some("refused".to_owned()),
            told: Some(Told::Failure.as_str().to_owned()),
            error_class: Some(why.to_owned()),
            apple_errors: codes(&errors),
            ..without_attempt(paying.row(row))
        };
        let is_full = payment.updates >= Payment::MOST_UPDATES;
        let rows = if is_full { Vec::new() } else { vec![row] };
        payment.updates = payment.updates.saturating_add(1).min(Payment::MOST_UPDATES);
        if errors.is_empty() {
            payment.close_sheet();
        } else if let Some(chosen) = chosen {
            // The total on it stays as well, until an answer of ours changes it.
            payment.shown = payment.on_sheet(offer).map(|mark| mark.seq);
            payment.chosen = *chosen;
        }
        // A token of Apple's was refused for what may change, be it a clock: it has had its answer.
        let is_genuine = match &paying.checked {
            Some(Ok(_)) => true,
            Some(Err(refused)) => refused.is_genuine(),
            None => false,
        };
        let token = paying.token.hash.clone().filter(|_| is_genuine && why != REPLAY);
        let claim = token.map(|token| TokenClaim {
            merchant: payment.merchant.clone(),
            token,
            payment: payment.pointer.clone(),
            attempt: 0,
            errors: errors.clone(),
            created_at: self.clock.now(),
        });
        let said = Said::Paid(GatewayAnswer::failure(errors));
        // Somebody has to hear of two of them: a token was stolen, or a customer does not know that they
        // have paid.
        let outcome = match why {
            REPLAY => "replayed",
            ALREADY_PAID => "paid_again",
            _ => "refused",
        };
        (Plan { claim, ..Plan::of(payment, rows) }, Some(Reply::new(said, outcome).code(why)))
    }

    /// The same refusal again. It is noted where it can be.
    async fn repeat_refusal(
        &self,
        call: &Call<'_>,
        mut payment: Payment,
        errors: Vec<PayError>,
    ) -> Reply {
        if payment.updates < Payment::MOST_UPDATES {
            payment.updates += 1;
            let row = call.row(JournalEvent::Duplicate, &payment, self.clock.now());
            let row = JournalRow {
                attempt_no: None,
                decision: Some("repeated".to_owned()),
                told: Some(Told::Failure.as_str().to_owned()),
                apple_errors: codes(&errors),
                ..without_attempt(row)
            };
            let noted = self.write(call, Plan::of(payment, vec![row])).await;
            if let Err(error) = noted {
                tracing::warn!(error = &error as &dyn std::error::Error, "a repeat is not noted");
            }
        }
        Reply::new(Said::Paid(GatewayAnswer::failure(errors)), "repeated")
    }
}

/// The token paid something else.
const REPLAY: &str = "replay";

/// The device was told that it is paid.
pub(super) const ALREADY_PAID: &str = "already_paid";

/// All attempts of this payment are used up.
pub(super) const EXHAUSTED: &str = "exhausted";

/// The row of a token that makes no attempt says nothing of the attempt before.
fn without_attempt(row: JournalRow) -> JournalRow {
    JournalRow {
        idem_key_prefix: None,
        psp_merchant_reference: None,
        psp_reference: None,
        psp_code: None,
        auth_code: None,
        network: None,
        card_last4: None,
        quote_seq: None,
        amount_minor: None,
        amount: None,
        ..row
    }
}

/// What stands in the row of an attempt.
pub(super) fn answer_of(attempt: &Attempt) -> Option<GatewayAnswer> {
    Some(match attempt.told? {
        Told::Success => GatewayAnswer::success(),
        Told::Failure => GatewayAnswer::failure(attempt.errors.clone()),
    })
}
