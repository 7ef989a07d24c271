//! Providers' own notices: checked, and answered by a look at the payments that they name. A notice
//! never says how a payment stands; the provider does, when it is asked (spec/payments §4.5). What a
//! provider tells in no other way, how a change ended that it had taken, is kept for that look.

#[cfg(test)]
mod tests;

use amb_protocol::{id::BusinessId, money::Minor};
use std::time::Duration;

use crate::{
    dispatch::{TRIES, stand_back},
    model::{JournalEvent, JournalRow, Payment, PaymentPointer, PaymentState, PspEnding},
    payment::commit::{Committed, Plan, commit},
    port::{
        Businesses, Clock, Entropy, Merchants, NoticeFault, NoticeKind, Payments, PortError, Psp,
        SettlementQueue,
    },
};

/// The actor of what a provider tells.
const PROVIDER: &str = "psp";

/// Takes providers' notices.
#[derive(Debug)]
pub struct Notices<S, Q, P, C> {
    store: S,
    queue: Q,
    psp: P,
    clock: C,
}

/// Why a notice was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NoticeRefusal {
    /// The business takes no payments with this provider, or is not there: the two look alike.
    #[error("there is no such business with this provider")]
    NotFound,
    /// It is not the provider's, cannot be read, or could not be checked.
    #[error("a notice was not taken")]
    Fault(#[from] NoticeFault),
    /// A port failed; the provider sends it again.
    #[error("a notice could not be followed")]
    Port(#[from] PortError),
    /// A payment moved on under every try; the provider sends it again.
    #[error("the payment did not hold still")]
    Contended,
}

impl<S, Q, P, C> Notices<S, Q, P, C>
where
    S: Payments + Businesses + Merchants,
    Q: SettlementQueue,
    P: Psp,
    C: Clock + Entropy,
{
    /// Takes notices with these ports.
    pub fn new(store: S, queue: Q, psp: P, clock: C) -> Self {
        Self { store, queue, psp, clock }
    }

    /// Takes one notice; answers how many payments of ours it names. `psp` is the provider's word.
    pub async fn notice(
        &self,
        business: &BusinessId,
        psp: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<usize, NoticeRefusal> {
        let found = self.store.business(business).await?.ok_or(NoticeRefusal::NotFound)?;
        let settings = self.store.merchant(&found.tenant, business).await?;
        let account = settings.map(|settings| settings.psp);
        let account = account.filter(|account| account.kind.as_str() == psp);
        let account = account.ok_or(NoticeRefusal::NotFound)?;
        let now = self.clock.now();
        let notices = self.psp.notice(&found.tenant, &account, headers, body, now).await?;
        let mut taken = 0;
        for notice in notices {
            let pointer = PaymentPointer { tenant: found.tenant.clone(), payment: notice.payment };
            taken += usize::from(self.take(&pointer, business, &notice.kind).await?);
        }
        Ok(taken)
    }

    /// Has a payment looked at; whether it is there.
    async fn take(
        &self,
        pointer: &PaymentPointer,
        business: &BusinessId,
        kind: &NoticeKind,
    ) -> Result<bool, NoticeRefusal> {
        for tries in 0..TRIES {
            let found = self.store.find_payment(pointer).await?;
            let Some(mut payment) = found.filter(|payment| payment.business == *business) else {
                return Ok(false);
            };
            let now = self.clock.now();
            let rows = match kind {
                NoticeKind::Changed if awaits_provider(&payment) => {
                    if payment.due_at.is_none_or(|due_at| due_at > now) {
                        payment.due_at = Some(now);
                    }
                    Vec::new()
                }
                NoticeKind::Ended(ending) if is_new(&payment, ending) => {
                    payment.endings.push(ending.clone());
                    if payment.lease_until.is_none() {
                        payment.due_at = Some(now);
                    }
                    Vec::new()
                }
                NoticeKind::Chargeback { amount } if payment.charged_back_at.is_none() => {
                    payment.charged_back_at = Some(now);
                    vec![charged_back(&payment, *amount)]
                }
                NoticeKind::Changed | NoticeKind::Ended(_) | NoticeKind::Chargeback { .. } => {
                    return Ok(true);
                }
            };
            match commit(&self.store, &self.clock, Plan::of(payment, rows)).await? {
                Committed::Done(_) => {
                    self.queue.enqueue_settlement(pointer, Duration::ZERO).await?;
                    return Ok(true);
                }
                Committed::Moved | Committed::Claimed(_) => {}
            }
            stand_back(&self.clock, tries).await;
        }
        Err(NoticeRefusal::Contended)
    }
}

/// Whether the provider's word could bring the payment on. An attempt that is with a callback is left
/// to it, and one in a settling worker's hands to that: it asks the provider right now.
fn awaits_provider(payment: &Payment) -> bool {
    let is_a_callbacks = payment.state == PaymentState::Authorizing;
    payment.awaits_provider() && !is_a_callbacks && payment.lease_until.is_none()
}

/// Whether the provider tells it for the first time. It is the settling worker that weighs it.
fn is_new(payment: &Payment, ending: &PspEnding) -> bool {
    let is_again = payment.endings.iter().any(|known| known.is_again(ending));
    !is_again && payment.endings.len() < Payment::MOST_ENDINGS
}

fn charged_back(payment: &Payment, amount: Option<Minor>) -> JournalRow {
    let row = JournalRow::about(JournalEvent::Chargeback, payment);
    let row = JournalRow { actor: Some(PROVIDER.to_owned()), ..row };
    row.of_amount(amount.unwrap_or(payment.captured))
}
