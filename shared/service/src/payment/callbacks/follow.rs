//! The same token again: its attempt's answer, as soon as there is one (spec/payments §4.4, step 1).

use std::time::Duration;

use super::{
    Call, CallbackError, Callbacks, Reply, TOLD_WITHIN, TRIES,
    finalise::{attempt_of, is_at_it, recorded},
};
use crate::{
    dispatch::stand_back,
    model::{Attempt, Doubt, JournalEvent, JournalRow, Payment, PaymentState, PspResult, Told},
    payment::commit::{Committed, Plan},
    port::{Clock, Entropy, Payments, SettlementQueue},
};

/// How often a follower looks.
const LOOK_EVERY: Duration = Duration::from_millis(300);

impl<S, Q, P, W, K, C, T> Callbacks<S, Q, P, W, K, C, T>
where
    S: Payments,
    Q: SettlementQueue,
    C: Clock + Entropy,
{
    /// Waits until the attempt's answer is written down. When its own time is over it writes one itself:
    /// a failure, because nobody knows.
    pub(super) async fn follow(
        &self,
        call: &Call<'_>,
        mut payment: Payment,
        no: u32,
    ) -> Result<Reply, CallbackError> {
        // One look more than there is time for: waiting that takes no time must come to an end too.
        for _ in 0..100 {
            payment = self.again(&payment).await?;
            if let Some(reply) = recorded(&payment, no) {
                self.note(call, payment, no).await;
                return Ok(reply);
            }
            if self.clock.now() >= call.by(TOLD_WITHIN) {
                break;
            }
            self.clock.sleep(LOOK_EVERY).await;
        }
        for tried in 0..TRIES {
            if let Some(reply) = recorded(&payment, no) {
                self.note(call, payment, no).await;
                return Ok(reply);
            }
            if !is_at_it(&payment, no) {
                return Err(CallbackError::Untold);
            }
            let plan = self.given_up(call, payment.clone());
            match self.write(call, plan).await? {
                Committed::Done(payment) => {
                    self.settle(&payment, Duration::ZERO).await;
                    return recorded(&payment, no).ok_or(CallbackError::Untold);
                }
                Committed::Moved | Committed::Claimed(_) => {
                    stand_back(&self.clock, tried).await;
                    payment = self.again(&payment).await?;
                }
            }
        }
        Err(CallbackError::Untold)
    }

    /// The payment with a failure told of its live attempt, which is in doubt from then on.
    fn given_up(&self, call: &Call<'_>, mut payment: Payment) -> Plan {
        let now = self.clock.now();
        let from = payment.state;
        if let Some(attempt) = payment.live_mut() {
            attempt.told = Some(Told::Failure);
            attempt.result = Some(PspResult::InDoubt { why: Doubt::Ours, reference: None });
        }
        payment.close_sheet();
        payment.enter(PaymentState::Unknown, now);
        payment.reschedule(now);
        let row = JournalRow {
            decision: Some("in_doubt".to_owned()),
            told: Some(Told::Failure.as_str().to_owned()),
            ..call.row(JournalEvent::Told, &payment, now).moved(from, PaymentState::Unknown)
        };
        Plan::of(payment, vec![row])
    }

    /// Notes that it came again. The answer stands already: it is told whether or not this is noted, in
    /// time, and whoever sends the same for ever does not make the journal longer for ever.
    async fn note(&self, call: &Call<'_>, mut payment: Payment, no: u32) {
        for tried in 0..TRIES {
            let is_late = self.clock.now() >= call.by(TOLD_WITHIN);
            if is_late || payment.updates >= Payment::MOST_UPDATES {
                return;
            }
            payment.updates += 1;
            let attempt = attempt_of(&payment, no);
            let row = call.row(JournalEvent::Duplicate, &payment, self.clock.now());
            let row = JournalRow {
                attempt_no: Some(no),
                duplicate_of: Some(Attempt::reference(&payment.pointer, no)),
                decision: Some("repeated".to_owned()),
                told: attempt.and_then(|it| it.told).map(|told| told.as_str().to_owned()),
                apple_txid_hash: attempt.map(|it| it.token.as_str().to_owned()),
                ..row
            };
            let plan = Plan::of(payment.clone(), vec![row]);
            match self.write(call, plan).await {
                Ok(Committed::Moved | Committed::Claimed(_)) => {}
                Ok(Committed::Done(_)) | Err(_) => return,
            }
            stand_back(&self.clock, tried).await;
            match self.again(&payment).await {
                Ok(found) => payment = found,
                Err(_) => return,
            }
        }
    }
}
