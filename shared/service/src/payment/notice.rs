//! Providers' own notices: checked, and answered by a look at the payments that they name. A notice
//! never says how a payment stands; the provider does, when it is asked (spec/payments §4.5). What a
//! provider tells in no other way, how a change ended that it had taken, is kept for that look.

#[cfg(test)]
mod tests;

use amb_protocol::{
    id::BusinessId,
    money::{Currency, Minor},
};
use jiff::Timestamp;
use serde_json::json;
use std::time::Duration;

use crate::{
    dispatch::{TRIES, stand_back},
    model::{
        Concern, JournalEvent, JournalRow, Payment, PaymentPointer, PaymentState, PspAccount,
        PspEnding, PspResult, TenantId, Told,
    },
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
    ///
    /// It is checked with the key of the account that its payment was made with, whatever the settings say
    /// by now: providers tell of a payment for months. One that names no payment of ours is checked with
    /// the settings' account. Until a key has held, what is written in it is good for one look at the
    /// table, and whoever sends it learns nothing from that look.
    pub async fn notice(
        &self,
        business: &BusinessId,
        psp: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<usize, NoticeRefusal> {
        let found = self.store.business(business).await?.ok_or(NoticeRefusal::NotFound)?;
        let tenant = &found.tenant;
        let settings = self.store.merchant(tenant, business).await?;
        let settings = settings.map(|settings| settings.psp);
        let settings = settings.filter(|account| account.kind.as_str() == psp);
        let teller = match (self.account(tenant, business, psp, body).await?, &settings) {
            (Some(account), _) => Teller { account, is_settings: false },
            (None, Some(account)) => Teller { account: account.clone(), is_settings: true },
            (None, None) => return Err(NoticeRefusal::NotFound),
        };
        let now = self.clock.now();
        let notices = match self.psp.notice(tenant, &teller.account, headers, body, now).await {
            // The same answer as to one that names no payment.
            Err(NoticeFault::Forged) if settings.is_none() => return Err(NoticeRefusal::NotFound),
            told => told?,
        };
        let mut taken = 0;
        for notice in notices {
            let pointer = PaymentPointer { tenant: tenant.clone(), payment: notice.payment };
            taken += usize::from(self.take(&pointer, business, &teller, &notice.kind).await?);
        }
        Ok(taken)
    }

    /// The account of the payment that a notice says it is about, if that is the business's own.
    async fn account(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        psp: &str,
        body: &[u8],
    ) -> Result<Option<PspAccount>, PortError> {
        let Some(payment) = self.psp.named(psp, body) else { return Ok(None) };
        let pointer = PaymentPointer { tenant: tenant.clone(), payment };
        let found = self.store.find_payment(&pointer).await?;
        let found = found.filter(|payment| payment.business == *business);
        Ok(found.map(|payment| payment.psp).filter(|account| account.kind.as_str() == psp))
    }

    /// Has a payment looked at; whether it is there.
    async fn take(
        &self,
        pointer: &PaymentPointer,
        business: &BusinessId,
        teller: &Teller,
        kind: &NoticeKind,
    ) -> Result<bool, NoticeRefusal> {
        for tries in 0..TRIES {
            let found = self.store.find_payment(pointer).await?;
            let is_its = |payment: &Payment| payment.business == *business && teller.knows(payment);
            let Some(mut payment) = found.filter(is_its) else { return Ok(false) };
            let now = self.clock.now();
            let rows = match kind {
                NoticeKind::Authorised { attempt, reference } if is_news(&payment, *attempt) => {
                    keep(&mut payment, *attempt, reference, now);
                    Vec::new()
                }
                NoticeKind::Authorised { attempt, reference }
                    if is_another(&payment, *attempt, reference) =>
                {
                    held_twice(&mut payment, *attempt, reference, now)
                }
                NoticeKind::Changed | NoticeKind::Authorised { .. }
                    if awaits_provider(&payment) =>
                {
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
                    vec![charged_back(&mut payment, *amount, now)]
                }
                NoticeKind::Changed
                | NoticeKind::Authorised { .. }
                | NoticeKind::Ended(_)
                | NoticeKind::Chargeback { .. } => {
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

/// The account whose key a notice was checked with.
struct Teller {
    account: PspAccount,
    /// It is the settings', and not that of the payment which the notice named.
    is_settings: bool,
}

impl Teller {
    /// Whether it may speak of a payment: one that was made with it. A key that was since put under another
    /// name is still the account's, but the one that was given up has nothing to say of later payments.
    fn knows(&self, payment: &Payment) -> bool {
        payment.psp.kind == self.account.kind
            && (self.is_settings || payment.psp.secret == self.account.secret)
    }
}

/// Whether the provider's word could bring the payment on. An attempt that is with a callback is left
/// to it, and one in a settling worker's hands to that: it asks the provider right now.
fn awaits_provider(payment: &Payment) -> bool {
    let is_a_callbacks = payment.state == PaymentState::Authorizing;
    payment.awaits_provider() && !is_a_callbacks && payment.lease_until.is_none()
}

/// Whether this attempt is not known to hold anything, so that the provider's name of it is worth keeping.
/// While a callback waits for the answer too: it may never come.
fn is_news(payment: &Payment, no: u32) -> bool {
    let attempt = payment.attempts.iter().find(|attempt| attempt.no == no);
    attempt.is_some_and(|attempt| {
        attempt.told != Some(Told::Success) && attempt.authorised.is_none() && !attempt.may_hold()
    })
}

/// Keeps the provider's name of what it authorised. The settling worker looks into it, once nobody else is
/// at the payment.
fn keep(payment: &mut Payment, no: u32, reference: &str, now: Timestamp) {
    if let Some(attempt) = payment.attempts.iter_mut().find(|attempt| attempt.no == no) {
        attempt.authorised = Some(reference.to_owned());
    }
    if payment.lease_until.is_none() && payment.state != PaymentState::Authorizing {
        payment.due_at = Some(now);
    }
}

/// Whether the provider names something else than what the attempt is known to hold, for the first time.
fn is_another(payment: &Payment, no: u32, reference: &str) -> bool {
    let attempt = payment.attempts.iter().find(|attempt| attempt.no == no);
    attempt.is_some_and(|attempt| {
        let answered = attempt.result.as_ref().and_then(PspResult::reference);
        let mut known = answered.into_iter().chain(attempt.authorised.as_deref()).peekable();
        attempt.another.is_none() && known.peek().is_some() && known.all(|known| known != reference)
    })
}

/// A person's: which of the two is the customer's money, and whether there are two, the provider knows.
fn held_twice(payment: &mut Payment, no: u32, reference: &str, now: Timestamp) -> Vec<JournalRow> {
    let due_at = payment.due_at;
    let row = payment.held_twice(no, reference, now);
    leave_to_whoever_has_it(payment, due_at);
    row.into_iter().collect()
}

/// Whoever has the payment in hand tells what a person has to be told; else the next look does.
fn leave_to_whoever_has_it(payment: &mut Payment, due_at: Option<Timestamp>) {
    if payment.lease_until.is_some() || payment.state == PaymentState::Authorizing {
        payment.due_at = due_at;
    }
}

/// Whether the provider tells something else of the change than last. It is the settling worker that weighs
/// it: a capture may come to nothing and, days later, be done after all.
fn is_new(payment: &Payment, ending: &PspEnding) -> bool {
    let is_its =
        |known: &&PspEnding| known.change == ending.change && known.reference == ending.reference;
    let last = payment.endings.iter().rev().find(is_its);
    !last.is_some_and(|last| last.is_again(ending)) && payment.endings.len() < Payment::MOST_ENDINGS
}

/// The row of a chargeback. What is told in another currency than was paid in, or cannot be read, has no
/// amount there, and so is in no books until the provider's report settles it: a person is told of it.
fn charged_back(
    payment: &mut Payment,
    told: Option<(Minor, Currency)>,
    now: Timestamp,
) -> JournalRow {
    let row = JournalRow::about(JournalEvent::Chargeback, payment);
    let row = JournalRow { actor: Some(PROVIDER.to_owned()), ..row };
    let (class, told) = match told {
        Some((amount, currency)) if currency == payment.currency => return row.of_amount(amount),
        Some((amount, currency)) => {
            let told = json!({ "amount": amount.to_decimal(currency), "currency": currency });
            ("currency_diff", told)
        }
        None => ("amount_unknown", json!({})),
    };
    let due_at = payment.due_at;
    payment.worry(Concern::ChangeFailed, "chargeback_unbooked", now, told);
    leave_to_whoever_has_it(payment, due_at);
    let error_class = Some(class.to_owned());
    JournalRow { amount_minor: None, amount: None, error_class, ..row }
}
