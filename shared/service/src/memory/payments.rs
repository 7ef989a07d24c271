//! Payments and their journal in memory.

use amb_protocol::{
    apple_pay::{MerchantIdentifier, Offer, Quote},
    id::BusinessId,
};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

use super::{Memory, World, conversations::MOST_ROWS};
use crate::{
    json_size,
    model::{
        Chain, ChainHead, JournalRow, MerchantSettings, Payment, PaymentId, PaymentPointer,
        PaymentReply, SealedContacts, Seen, TenantId, TokenClaim, TokenHash,
    },
    port::{
        AskedPayment, ChainRows, Changed, DuePayments, Journal, JournalQuery, Merchants, Page,
        PaymentChange, PaymentLists, Payments, PortError,
    },
};

/// Payments, and everything that is kept of them.
#[derive(Clone, Debug, Default)]
pub struct PaymentBook {
    /// Payments, without replies.
    pub payments: BTreeMap<PaymentPointer, Payment>,
    /// What was offered.
    pub offers: BTreeMap<PaymentPointer, Offer>,
    /// Quotes.
    pub quotes: BTreeMap<(PaymentPointer, u32), Quote>,
    /// Whom payments are for.
    pub contacts: BTreeMap<PaymentPointer, SealedContacts>,
    /// What customers' replies said.
    pub replies: BTreeMap<PaymentPointer, Seen>,
    /// Tokens.
    pub claims: BTreeMap<(MerchantIdentifier, TokenHash), TokenClaim>,
    /// The journal.
    pub journal: BTreeMap<Chain, Vec<JournalRow>>,
    /// Settings of businesses.
    pub merchants: BTreeMap<(TenantId, BusinessId), MerchantSettings>,
}

impl PaymentBook {
    /// Where a chain ends.
    pub fn head(&self, chain: &Chain) -> ChainHead {
        let last = self.journal.get(chain).and_then(|rows| rows.last());
        last.map(JournalRow::head).unwrap_or_default()
    }

    /// Inserts a payment that a step asks for.
    pub(super) fn ask(&mut self, asked: &AskedPayment) {
        let pointer = asked.payment.pointer.clone();
        if !self.payments.contains_key(&pointer) {
            self.offers.insert(pointer.clone(), asked.offer.clone());
            self.payments.insert(pointer, asked.payment.clone());
        }
    }

    fn change(&mut self, change: &PaymentChange) -> Changed {
        if let Some(payment) = &change.payment {
            let stored = self.payments.get(&payment.pointer).map(|stored| stored.revision);
            if stored.map(|revision| revision + 1) != Some(payment.revision) {
                return Changed::Moved;
            }
        }
        if let Some(claim) = &change.claim {
            let key = (claim.merchant.clone(), claim.token.clone());
            if let Some(earlier) = self.claims.get(&key) {
                return Changed::Claimed(earlier.clone());
            }
        }
        if !change.rows.is_empty() && self.head(&change.chain) != change.head {
            return Changed::Outrun;
        }
        if let Some(payment) = &change.payment {
            let pointer = payment.pointer.clone();
            for quote in &change.quotes {
                let earlier = self.quotes.insert((pointer.clone(), quote.seq), quote.clone());
                assert!(earlier.is_none(), "a quote's number was given out twice");
            }
            if let Some(contacts) = &change.contacts {
                self.contacts.insert(pointer.clone(), contacts.clone());
            }
            self.payments.insert(pointer, Payment { reply: None, ..payment.clone() });
        }
        if let Some(claim) = &change.claim {
            self.claims.insert((claim.merchant.clone(), claim.token.clone()), claim.clone());
        }
        self.grow(&change.chain, &change.rows);
        Changed::Done
    }

    fn grow(&mut self, chain: &Chain, rows: &[JournalRow]) {
        if !rows.is_empty() {
            self.journal.entry(chain.clone()).or_default().extend(rows.iter().cloned());
        }
    }
}

/// What DynamoDB takes as one row; what stands beside the JSON is small.
const LARGEST_ROW: usize = 400 * 1024 - 1024;

/// DynamoDB writes no more rows together, and no larger ones.
fn fits(change: &PaymentChange) -> Result<(), PortError> {
    let refused = |what: String| Err(PortError::unreadable("Payments::change", what));
    let singles = [change.payment.is_some(), change.claim.is_some(), change.contacts.is_some()];
    let singles = singles.into_iter().filter(|is_there| *is_there).count();
    let rows = singles + change.quotes.len() + chain_rows(&change.head, &change.rows);
    if rows > MOST_ROWS {
        return refused(format!("a change of {rows} rows"));
    }
    let bytes = change.payment.as_ref().map_or(0, json_size::of);
    if bytes > LARGEST_ROW { refused(format!("a payment of {bytes} bytes")) } else { Ok(()) }
}

/// Rows at the end of a chain cost its end, its place among all chains, and its days.
fn chain_rows(head: &ChainHead, rows: &[JournalRow]) -> usize {
    if rows.is_empty() {
        return 0;
    }
    let days = [head.day].into_iter().chain(rows.iter().map(|row| row.day));
    let days = days.collect::<BTreeSet<_>>().len() - 1;
    1 + usize::from(head.seq == 0) + days + rows.len()
}

fn with_reply(world: &World, payment: &Payment) -> Payment {
    let reply = world.book.replies.get(&payment.pointer).cloned();
    Payment { reply, ..payment.clone() }
}

impl Payments for Memory {
    async fn find_payment(&self, pointer: &PaymentPointer) -> Result<Option<Payment>, PortError> {
        self.call("Payments::find_payment", |world| {
            world.book.payments.get(pointer).map(|payment| with_reply(world, payment))
        })
        .await
    }

    async fn offer(&self, pointer: &PaymentPointer) -> Result<Option<Offer>, PortError> {
        self.call("Payments::offer", |world| world.book.offers.get(pointer).cloned()).await
    }

    async fn quote(&self, pointer: &PaymentPointer, seq: u32) -> Result<Option<Quote>, PortError> {
        let place = (pointer.clone(), seq);
        self.call("Payments::quote", |world| world.book.quotes.get(&place).cloned()).await
    }

    async fn contacts(
        &self,
        pointer: &PaymentPointer,
    ) -> Result<Option<SealedContacts>, PortError> {
        self.call("Payments::contacts", |world| world.book.contacts.get(pointer).cloned()).await
    }

    async fn token_claim(
        &self,
        merchant: &MerchantIdentifier,
        token: &TokenHash,
    ) -> Result<Option<TokenClaim>, PortError> {
        let key = (merchant.clone(), token.clone());
        self.call("Payments::token_claim", |world| world.book.claims.get(&key).cloned()).await
    }

    async fn chain_head(&self, chain: &Chain) -> Result<ChainHead, PortError> {
        self.call("Payments::chain_head", |world| world.book.head(chain)).await
    }

    async fn change(&self, change: &PaymentChange) -> Result<Changed, PortError> {
        fits(change)?;
        self.call("Payments::change", |world| world.book.change(change)).await
    }

    async fn keep_reply(
        &self,
        reply: &PaymentReply,
        instead_of: Option<&Seen>,
    ) -> Result<bool, PortError> {
        self.call("Payments::keep_reply", |world| {
            let replies = &mut world.book.replies;
            let is_unmoved = replies.get(&reply.payment) == instead_of;
            if is_unmoved {
                replies.insert(reply.payment.clone(), reply.seen.clone());
            }
            is_unmoved
        })
        .await
    }
}

impl DuePayments for Memory {
    async fn due_payments(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<PaymentPointer>, PortError> {
        self.call("DuePayments::due_payments", |world| {
            let owing = world.book.payments.values();
            let mut due: Vec<_> = owing
                .filter_map(|payment| Some((payment.due_at?, &payment.pointer)))
                .filter(|(at, _)| *at <= now)
                .collect();
            due.sort();
            due.into_iter().take(limit).map(|(_, pointer)| pointer.clone()).collect()
        })
        .await
    }
}

impl PaymentLists for Memory {
    async fn payments_of(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        cursor: Option<String>,
        limit: usize,
    ) -> Result<Page<Payment>, PortError> {
        self.call("PaymentLists::payments_of", |world| {
            let theirs = |payment: &&Payment| {
                payment.pointer.tenant == *tenant && payment.business == *business
            };
            let mut payments: Vec<_> = world.book.payments.values().filter(theirs).collect();
            let place = |payment: &Payment| {
                format!("{:020}{}", payment.created_at.as_millisecond(), payment.pointer.payment)
            };
            payments.sort_by_key(|payment| std::cmp::Reverse(place(payment)));
            payments
                .retain(|payment| cursor.as_ref().is_none_or(|cursor| place(payment) < *cursor));
            let more = payments.len() > limit;
            let items: Vec<_> = payments
                .into_iter()
                .take(limit)
                .map(|payment| with_reply(world, payment))
                .collect();
            let cursor = items.last().map(place).filter(|_| more);
            Page { items, cursor }
        })
        .await
    }
}

impl Journal for Memory {
    async fn journal(&self, query: &JournalQuery) -> Result<Vec<JournalRow>, PortError> {
        self.call("Journal::journal", |world| {
            let rows = world.book.journal.get(&query.chain).into_iter().flatten();
            rows.filter(|row| row.seq > query.after)
                .filter(|row| query.from.is_none_or(|from| from <= row.day))
                .filter(|row| query.to.is_none_or(|to| row.day <= to))
                .take(query.limit)
                .cloned()
                .collect()
        })
        .await
    }

    async fn journal_of(
        &self,
        tenant: &TenantId,
        merchant: &MerchantIdentifier,
        payment: &PaymentId,
    ) -> Result<Vec<JournalRow>, PortError> {
        let chain = Chain::of(tenant, merchant, payment);
        self.call("Journal::journal_of", |world| {
            let rows = world.book.journal.get(&chain).into_iter().flatten();
            rows.filter(|row| row.payment_id.as_ref() == Some(payment)).cloned().collect()
        })
        .await
    }

    async fn chains(&self, tenant: Option<&TenantId>) -> Result<Vec<Chain>, PortError> {
        self.call("Journal::chains", |world| {
            let chains = world.book.journal.keys();
            chains.filter(|chain| tenant.is_none_or(|it| chain.tenant == *it)).cloned().collect()
        })
        .await
    }
}

impl Merchants for Memory {
    async fn merchant(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
    ) -> Result<Option<MerchantSettings>, PortError> {
        let place = (tenant.clone(), business.clone());
        self.call("Merchants::merchant", |world| world.book.merchants.get(&place).cloned()).await
    }

    async fn put_merchant(
        &self,
        settings: &MerchantSettings,
        journal: &ChainRows,
    ) -> Result<Changed, PortError> {
        let place = (settings.tenant.clone(), settings.business.clone());
        self.call("Merchants::put_merchant", |world| {
            let book = &mut world.book;
            let stored = book.merchants.get(&place).map_or(0, |stored| stored.revision);
            if stored + 1 != settings.revision {
                return Changed::Moved;
            }
            if !journal.rows.is_empty() && book.head(&journal.chain) != journal.head {
                return Changed::Outrun;
            }
            book.merchants.insert(place, settings.clone());
            book.grow(&journal.chain, &journal.rows);
            Changed::Done
        })
        .await
    }

    async fn domain_association(&self) -> Result<Option<String>, PortError> {
        self.call("Merchants::domain_association", |world| {
            let mut put: Vec<_> = world.book.merchants.values().collect();
            put.sort_by_key(|settings| settings.updated_at);
            let mut named =
                put.into_iter().filter_map(|settings| settings.domain_association.clone());
            named.next_back().map(|association| association.0)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{contract::Sample, memory::drive};

    #[test]
    fn a_payment_that_dynamodb_would_not_take_is_refused() {
        let world = Memory::new(3);
        let now = world.world().now;
        let payment = Sample::new(now, world.clone()).payment();
        let pointer = payment.pointer.clone();
        world.world().book.payments.insert(pointer.clone(), payment.clone());
        let mut change = PaymentChange {
            payment: Some(Payment { revision: payment.revision + 1, ..payment.clone() }),
            claim: None,
            quotes: Vec::new(),
            contacts: None,
            chain: Chain::of(&pointer.tenant, &payment.merchant, &pointer.payment),
            rows: Vec::new(),
            head: ChainHead::default(),
        };
        let large = Some("x".repeat(LARGEST_ROW));
        change.payment.as_mut().unwrap().reference = large;
        assert!(drive(world.change(&change)).unwrap().is_err());
        change.payment.as_mut().unwrap().reference = None;
        assert_eq!(drive(world.change(&change)).unwrap().unwrap(), Changed::Done);
    }
}
