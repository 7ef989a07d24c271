//! What the device is told is written down, once and for ever, and only then told (spec/payments §4.4,
//! steps 6 and 7).

use std::time::Duration;

use super::{
    ANSWER_WITHIN, Call, CallbackError, Callbacks, Reply, Said, TOLD_WITHIN, TRIES,
    decline::{decision, end_of},
    gateway::answer_of,
    rows::codes,
};
use crate::{
    dispatch::stand_back,
    model::{
        Attempt, EventType, JournalEvent, JournalRow, Payment, PaymentState, PspResult,
        SealedContacts, Told,
    },
    payment::commit::{Committed, Plan},
    port::{Clock, Entropy, Payments, SettlementQueue},
};

/// How often it is tried to write it down. The device hears nothing that is not.
const WRITES: u32 = 12;

impl<S, Q, P, W, K, C, T> Callbacks<S, Q, P, W, K, C, T>
where
    S: Payments,
    Q: SettlementQueue,
    C: Clock + Entropy,
{
    /// Ends the attempt that `begun` has live with the provider's word.
    pub(super) async fn finalise(
        &self,
        call: &Call<'_>,
        begun: &Payment,
        result: &PspResult,
        took: Duration,
        contacts: Option<SealedContacts>,
    ) -> Result<Reply, CallbackError> {
        let no = begun.live().map_or(0, |attempt| attempt.no);
        let mut payment = begun.clone();
        for tried in 0..WRITES {
            if let Some(recorded) = recorded(&payment, no) {
                // Somebody told it before we could. What stands there is what is told.
                let told = attempt_of(&payment, no).and_then(|attempt| attempt.told);
                let is_held = matches!(result, PspResult::Approved { .. });
                if is_held && told == Some(Told::Failure) {
                    self.keep(call, payment, no, result, took).await;
                }
                return Ok(recorded);
            }
            let is_over = tried > 0 && self.clock.now() >= call.by(ANSWER_WITHIN);
            if is_over || !is_at_it(&payment, no) {
                return Err(CallbackError::Untold);
            }
            let plan = self.told(call, payment.clone(), result, took);
            // Of whom did not pay, nothing is kept.
            let told = plan.payment.live().and_then(|attempt| attempt.told);
            let is_paid = told == Some(Told::Success);
            let plan = Plan { contacts: contacts.clone().filter(|_| is_paid), ..plan };
            match self.write(call, plan).await {
                Ok(Committed::Done(payment)) => {
                    self.settle(&payment, Duration::ZERO).await;
                    return recorded(&payment, no).ok_or(CallbackError::Untold);
                }
                Ok(Committed::Moved | Committed::Claimed(_)) | Err(_) => {
                    stand_back(&self.clock, tried).await;
                }
            }
            if let Ok(found) = self.again(&payment).await {
                payment = found;
            }
        }
        Err(CallbackError::Untold)
    }

    /// The payment with the end of its live attempt. An approval that comes too late for the device to
    /// hear of it is a failure, and let go.
    fn told(
        &self,
        call: &Call<'_>,
        mut payment: Payment,
        result: &PspResult,
        took: Duration,
    ) -> Plan {
        let now = self.clock.now();
        let from = payment.state;
        let (mut to, mut told, errors) = end_of(result);
        let is_late = told == Told::Success && now > call.by(TOLD_WITHIN);
        if is_late {
            (to, told) = (PaymentState::Unknown, Told::Failure);
        }
        if let Some(attempt) = payment.live_mut() {
            attempt.result = Some(result.clone());
            attempt.told = Some(told);
            attempt.errors.clone_from(&errors);
        }
        if told == Told::Failure && errors.is_empty() {
            payment.close_sheet();
        }
        payment.enter(to, now);
        match to {
            PaymentState::Authorized => {
                payment.news(EventType::PaymentAuthorized, now, serde_json::Value::Null);
            }
            PaymentState::Declined | PaymentState::Failed => {
                payment.news(EventType::PaymentDeclined, now, serde_json::Value::Null);
            }
            _ => {}
        }
        payment.reschedule(now);
        let answered = match result {
            PspResult::InDoubt { .. } => JournalEvent::PspTimeout,
            _ => JournalEvent::PspResult,
        };
        let decision = decision(result).to_owned();
        let rows = vec![
            JournalRow {
                decision: Some(decision.clone()),
                psp_latency_ms: Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
                ..call.row(answered, &payment, now)
            },
            JournalRow {
                decision: Some(if is_late { "late".to_owned() } else { decision }),
                told: Some(told.as_str().to_owned()),
                apple_errors: codes(&errors),
                ..call.row(JournalEvent::Told, &payment, now).moved(from, to)
            },
        ];
        Plan::of(payment, rows)
    }

    /// Keeps an approval that may not be told, so that whoever lets the money go knows of it. It is not
    /// lost without this: the provider knows it too.
    async fn keep(
        &self,
        call: &Call<'_>,
        mut payment: Payment,
        no: u32,
        result: &PspResult,
        took: Duration,
    ) {
        for tried in 0..TRIES.min(WRITES) {
            let from = payment.state;
            let live = payment.live_mut().filter(|attempt| attempt.no == no);
            let Some(attempt) = live.filter(|attempt| attempt.result.as_ref() != Some(result))
            else {
                return;
            };
            attempt.result = Some(result.clone());
            let now = self.clock.now();
            // It was given up for certain, and there is money after all: the doubt begins again.
            let is_settled = !matches!(from, PaymentState::Unknown | PaymentState::Voiding);
            if is_settled {
                payment.enter(PaymentState::Unknown, now);
            }
            payment.reschedule(now);
            let row = JournalRow {
                decision: Some("approved_late".to_owned()),
                psp_latency_ms: Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
                ..call.row(JournalEvent::PspResult, &payment, now)
            };
            let row = if is_settled { row.moved(from, payment.state) } else { row };
            let plan = Plan::of(payment.clone(), vec![row]);
            if let Ok(Committed::Done(payment)) = self.write(call, plan).await {
                return self.settle(&payment, Duration::ZERO).await;
            }
            stand_back(&self.clock, tried).await;
            match self.again(&payment).await {
                Ok(found) => payment = found,
                Err(_) => return,
            }
        }
    }
}

/// The attempt of this number.
pub(super) fn attempt_of(payment: &Payment, no: u32) -> Option<&Attempt> {
    payment.attempts.iter().find(|attempt| attempt.no == no)
}

/// Whether this attempt is the live one and with the provider.
pub(super) fn is_at_it(payment: &Payment, no: u32) -> bool {
    let is_live = payment.live().is_some_and(|attempt| attempt.no == no && attempt.told.is_none());
    is_live && payment.state == PaymentState::Authorizing
}

/// What the device is told of an attempt, if that stands there.
pub(super) fn recorded(payment: &Payment, no: u32) -> Option<Reply> {
    let attempt = attempt_of(payment, no)?;
    let reply = Reply::new(Said::Paid(answer_of(attempt)?), attempt.told?.as_str());
    Some(match &attempt.result {
        Some(PspResult::Declined { class, .. } | PspResult::Rejected { class, .. }) => {
            reply.code(class.as_str())
        }
        Some(PspResult::InDoubt { why, .. }) => reply.code(why.as_str()),
        _ => reply,
    })
}
