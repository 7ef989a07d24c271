//! An attempt with the provider (spec/payments §4.4, steps 4 and 5).

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{
    Call, CallbackError, Callbacks, PSP_WITHIN, Reply, gateway::Paying, rows::milliseconds,
};
use crate::{
    model::{DeclineClass, Doubt, Payment, PspResult, SealedContacts},
    payment::order::order,
    port::{
        Clock, Entropy, Payments, PortError, Psp, PspOrder, PspToken, ServiceKeySource,
        SettlementQueue,
    },
};

/// When the attempt is looked at by the settling worker, if we have not ended it by then: longer than
/// any process of ours lives, and as long as the attempt is held.
const SETTLE_AFTER: Duration = Duration::from_secs(45);

/// A second request has to have so long.
const AGAIN_NEEDS: SignedDuration = SignedDuration::from_secs(8);

impl<S, Q, P, W, K, C, T> Callbacks<S, Q, P, W, K, C, T>
where
    S: Payments,
    Q: SettlementQueue,
    P: Psp,
    K: ServiceKeySource,
    C: Clock + Entropy,
{
    /// Has the money held. The attempt is written down: whatever becomes of us now, somebody ends it.
    pub(super) async fn authorize(
        &self,
        call: &Call<'_>,
        payment: Payment,
        paying: &Paying,
    ) -> Result<Reply, CallbackError> {
        self.settle(&payment, SETTLE_AFTER).await;
        let contacts = self.sealed(&payment, paying).await?;
        let order = order(&payment, payment.live(), paying.billing());
        let asked_at = self.clock.now();
        let result = self.ask_psp(&order, &paying.token.psp, call.by(PSP_WITHIN)).await;
        let took = Duration::from_millis(milliseconds(asked_at, self.clock.now()));
        let reply = self.finalise(call, &payment, &exact(&order, result), took, contacts).await?;
        Ok(Reply { psp: took, ..reply })
    }

    /// Whom the payment is for, as it is kept should it be paid.
    async fn sealed(
        &self,
        payment: &Payment,
        paying: &Paying,
    ) -> Result<Option<SealedContacts>, PortError> {
        let contacts = paying.body.contacts();
        if contacts.is_empty() {
            return Ok(None);
        }
        let (key, now) = (self.key().await?, self.clock.now());
        let sealed = contacts.seal(key, &payment.pointer, now, &self.clock);
        sealed.map(Some).map_err(|fault| PortError::unreadable("PaymentContacts::seal", fault))
    }

    async fn ask_psp(&self, order: &PspOrder, token: &PspToken, until: Timestamp) -> PspResult {
        if self.clock.now() >= until {
            return PspResult::Rejected { class: DeclineClass::Unreachable, code: None };
        }
        let result = self.psp.authorize(order, token, until).await;
        let was_not_executed = matches!(
            result,
            PspResult::Rejected {
                class: DeclineClass::Unreachable | DeclineClass::RateLimited,
                ..
            }
        );
        let left = self.clock.now().duration_until(until);
        if was_not_executed && left >= AGAIN_NEEDS {
            return self.psp.authorize(order, token, until).await;
        }
        result
    }
}

/// Only exactly what was asked for is an approval (F117). An adapter sees to that; here money is told,
/// and so it is looked at again.
pub(super) fn exact(order: &PspOrder, result: PspResult) -> PspResult {
    match result {
        PspResult::Approved { reference, amount, currency, .. }
            if (amount, currency) != (order.amount, order.currency) =>
        {
            PspResult::InDoubt { why: Doubt::Mismatch, reference: Some(reference) }
        }
        result => result,
    }
}
