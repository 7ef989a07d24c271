//! Payments, read back, and what a business asks of them: capture, void, refund, and a receipt.

mod receipt;

pub use receipt::ReceiptOrder;

use jiff::Timestamp;
use serde_json::Value;

use super::{Account, Caller, List, list::ListName, optional_body, query::Query};
use crate::{
    access::Principal,
    model::{
        IdempotencyKey, JournalRow, Payment, PaymentContacts, PaymentId, PaymentPointer, Scope,
    },
    payment::ask::{self, Asker},
    port::{
        Businesses, Clock, Entropy, Journal, PaymentLists, Payments, PortError, SettlementQueue,
    },
    problem::{Faults, ObjectBody, Problem, Reader},
};

/// Longest amount that is looked at, in characters.
const MAX_AMOUNT: usize = 20;

/// A payment and everything that happened to it.
#[derive(Clone, Debug, PartialEq)]
pub struct PaymentHistory {
    /// How it stands.
    pub payment: Payment,
    /// Its rows of the journal, in order.
    pub journal: Vec<JournalRow>,
}

impl<S, Q, C> Account<S, Q, C>
where
    S: Businesses + Payments + PaymentLists + Journal,
    C: Clock,
{
    /// The payments of a business, newest first.
    pub async fn list_payments(
        &self,
        principal: &Principal,
        query: &[(String, String)],
    ) -> Result<List<Payment>, Problem> {
        principal.require(Scope::Read)?;
        let mut query = Query::new(query);
        let (limit, cursor) = query.paging();
        let business = query.business();
        let business = query.finish(business)?;
        let business = principal.on(self.store.business(&business).await?)?.id;
        let name = format!("payments/{business}");
        let list = ListName { tenant: &principal.tenant, name: &name };
        let place = self.place(list, cursor)?;
        let page = self.store.payments_of(&principal.tenant, &business, place, limit).await?;
        let next_cursor = page.cursor.map(|place| self.cursor(list, &place));
        Ok(List { items: page.items, next_cursor })
    }

    /// One payment, with everything that happened to it.
    pub async fn payment(
        &self,
        principal: &Principal,
        id: &str,
    ) -> Result<PaymentHistory, Problem> {
        principal.require(Scope::Read)?;
        let payment = self.own_payment(principal, id).await?;
        let PaymentPointer { tenant, payment: id } = &payment.pointer;
        let journal = self.store.journal_of(tenant, &payment.merchant, id).await?;
        Ok(PaymentHistory { payment, journal })
    }
}

impl<S, Q, C> Account<S, Q, C>
where
    S: Businesses + Payments,
    C: Clock,
{
    /// For whom and where to, as the customer's device said it when it paid, and until when that can be
    /// read. Not there before it is paid.
    pub async fn payment_contacts(
        &self,
        principal: &Principal,
        id: &str,
    ) -> Result<(PaymentContacts, Timestamp), Problem> {
        principal.require(Scope::Private)?;
        let pointer = self.own_payment(principal, id).await?.pointer;
        let kept = self.store.contacts(&pointer).await?;
        let kept = kept.filter(|kept| self.clock.now() < kept.until);
        let kept = kept.ok_or_else(Problem::not_found)?;
        let contacts = kept.open(&self.key, &pointer);
        let contacts =
            contacts.map_err(|fault| PortError::unreadable("Payments::contacts", fault))?;
        Ok((contacts, kept.until))
    }
}

impl<S, Q, C> Account<S, Q, C>
where
    S: Businesses + Payments,
    C: Clock,
{
    /// A payment of the caller's tenant, of a business of the caller's mode. Another's is not there.
    async fn own_payment(&self, principal: &Principal, id: &str) -> Result<Payment, Problem> {
        let payment = PaymentId::parse(id).map_err(|_odd| Problem::not_found())?;
        let pointer = PaymentPointer { tenant: principal.tenant.clone(), payment };
        let found = self.store.find_payment(&pointer).await?;
        let payment = found.ok_or_else(Problem::not_found)?;
        principal.on(self.store.business(&payment.business).await?)?;
        Ok(payment)
    }
}

impl<S, Q, C> Account<S, Q, C>
where
    S: Businesses + Payments,
    Q: SettlementQueue,
    C: Clock + Entropy,
{
    /// Asks for money to be captured: all of it, or `{"amount"}`.
    pub async fn capture_payment(
        &self,
        caller: &Caller,
        id: &str,
        body: &[u8],
    ) -> Result<Payment, Problem> {
        let (payment, body) = self.asked_payment(caller, id, body).await?;
        let amount = amount(&body)?;
        let (asker, id) = asker(caller, &payment)?;
        ask::capture(&self.store, &self.queue, &self.clock, asker, id, amount).await
    }

    /// Asks for money to be let go, or for an unpaid request to be taken back.
    pub async fn void_payment(
        &self,
        caller: &Caller,
        id: &str,
        body: &[u8],
    ) -> Result<Payment, Problem> {
        let (payment, ObjectBody(map)) = self.asked_payment(caller, id, body).await?;
        let mut faults = Faults::default();
        Reader::new(&map).finish(&mut faults);
        faults.finish(Some(()))?;
        let (asker, id) = asker(caller, &payment)?;
        ask::void(&self.store, &self.queue, &self.clock, asker, id).await
    }

    /// Asks for captured money to be given back: what is left of it, or `{"amount"}`. The same
    /// `Idempotency-Key` is the same refund.
    pub async fn refund_payment(
        &self,
        caller: &Caller,
        id: &str,
        key: Option<&str>,
        body: &[u8],
    ) -> Result<Payment, Problem> {
        let (payment, body) = self.asked_payment(caller, id, body).await?;
        let amount = amount(&body)?;
        let key = key.and_then(IdempotencyKey::parse);
        let key = key.ok_or_else(Problem::idempotency_key_required)?;
        let (asker, id) = asker(caller, &payment)?;
        let (store, queue, clock) = (&self.store, &self.queue, &self.clock);
        ask::refund(store, queue, clock, asker, id, amount, key.as_str()).await
    }

    async fn asked_payment(
        &self,
        caller: &Caller,
        id: &str,
        body: &[u8],
    ) -> Result<(Payment, ObjectBody), Problem> {
        let principal = caller.principal()?;
        principal.require(Scope::Payments)?;
        let payment = self.own_payment(principal, id).await?;
        Ok((payment, optional_body(body)?))
    }
}

fn asker<'a>(
    caller: &'a Caller,
    payment: &'a Payment,
) -> Result<(Asker<'a>, &'a PaymentId), Problem> {
    let tenant = &caller.principal()?.tenant;
    Ok((Asker { tenant, actor: caller.actor() }, &payment.pointer.payment))
}

/// `amount`: a decimal string, whose currency is the payment's.
fn amount(ObjectBody(map): &ObjectBody) -> Result<Option<&str>, Problem> {
    let mut faults = Faults::default();
    let mut reader = Reader::new(map);
    reader.optional_text("amount", MAX_AMOUNT, &mut faults);
    reader.finish(&mut faults);
    faults.finish(Some(map.get("amount").and_then(Value::as_str)))
}
