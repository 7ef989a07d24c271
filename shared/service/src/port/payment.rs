use amb_protocol::{
    apple_pay::{MerchantIdentifier, Offer, Quote},
    id::BusinessId,
};
use jiff::{Timestamp, civil::Date};
use std::{future::Future, time::Duration};

use super::{Page, PortError};
use crate::model::{
    Chain, ChainHead, JournalRow, MerchantSettings, Payment, PaymentPointer, PaymentReply,
    SealedContacts, Seen, TenantId, TokenClaim, TokenHash,
};

/// Payments. Rows are put whole, each under a condition; nothing is updated or deleted. IAM: `GetItem`
/// and `PutItem` on `payments`.
pub trait Payments: Send + Sync {
    /// A payment, read consistently, with the customer's reply in it if one was [kept](Self::keep_reply).
    fn find_payment(
        &self,
        pointer: &PaymentPointer,
    ) -> impl Future<Output = Result<Option<Payment>, PortError>> + Send;

    /// What was offered. It never changes.
    fn offer(
        &self,
        pointer: &PaymentPointer,
    ) -> impl Future<Output = Result<Option<Offer>, PortError>> + Send;

    /// A quote that was issued. It never changes.
    fn quote(
        &self,
        pointer: &PaymentPointer,
        seq: u32,
    ) -> impl Future<Output = Result<Option<Quote>, PortError>> + Send;

    /// Whom a payment is for, sealed, while it is kept.
    fn contacts(
        &self,
        pointer: &PaymentPointer,
    ) -> impl Future<Output = Result<Option<SealedContacts>, PortError>> + Send;

    /// Who used a token first, read consistently.
    fn token_claim(
        &self,
        merchant: &MerchantIdentifier,
        token: &TokenHash,
    ) -> impl Future<Output = Result<Option<TokenClaim>, PortError>> + Send;

    /// Where a chain of the journal ends, read consistently; the [default](ChainHead::default) if it
    /// has no row.
    fn chain_head(
        &self,
        chain: &Chain,
    ) -> impl Future<Output = Result<ChainHead, PortError>> + Send;

    /// Changes a payment, all or nothing.
    fn change(
        &self,
        change: &PaymentChange,
    ) -> impl Future<Output = Result<Changed, PortError>> + Send;

    /// Keeps what the customer's reply says in the place of what was kept before, if that still is what
    /// is kept; whether it was. Whoever reads the payment from then on sees it.
    fn keep_reply(
        &self,
        reply: &PaymentReply,
        instead_of: Option<&Seen>,
    ) -> impl Future<Output = Result<bool, PortError>> + Send;
}

/// One atomic change of a payment: everything in it happens, or nothing. The payment and the message
/// that asks for it are first written by a [`Step`](super::Step).
#[derive(Clone, Debug, PartialEq)]
pub struct PaymentChange {
    /// The payment afterwards: its revision is one more than the stored one, or nothing happens. `reply`
    /// is not written with it. Always there, but for rows that belong to no payment.
    pub payment: Option<Payment>,
    /// A token that nobody may have used before.
    pub claim: Option<TokenClaim>,
    /// Quotes, each new.
    pub quotes: Vec<Quote>,
    /// Whom it is for: it takes the place of what was kept of that before.
    pub contacts: Option<SealedContacts>,
    /// The chain that the rows go into.
    pub chain: Chain,
    /// New rows, chained, in order.
    pub rows: Vec<JournalRow>,
    /// Where the chain has to end before; it ends at the last row afterwards. Without a row it is not
    /// looked at.
    pub head: ChainHead,
}

/// Rows that are to stand at the end of a chain of the journal.
#[derive(Clone, Debug, PartialEq)]
pub struct ChainRows {
    /// The chain.
    pub chain: Chain,
    /// Where it has to end before.
    pub head: ChainHead,
    /// The rows, chained, in order.
    pub rows: Vec<JournalRow>,
}

impl From<ChainRows> for PaymentChange {
    /// Rows that belong to no payment.
    fn from(ChainRows { chain, head, rows }: ChainRows) -> Self {
        Self { payment: None, claim: None, quotes: Vec::new(), contacts: None, chain, rows, head }
    }
}

/// What a change came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Changed {
    /// Everything happened.
    Done,
    /// Nothing happened: the payment moved on. Read and plan again.
    Moved,
    /// Nothing happened: the token was used before.
    Claimed(TokenClaim),
    /// Nothing happened: the chain grew meanwhile. Chain again.
    Outrun,
}

/// Finds payments that the settling worker has to look at. IAM: `Query` on the index `due` of
/// `payments`.
pub trait DuePayments: Send + Sync {
    /// At most so many, those due longest first.
    fn due_payments(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<PaymentPointer>, PortError>> + Send;
}

/// Reads payments for their business, newest first. IAM: `Query` on the index `list` of `payments`,
/// `GetItem` on `payments`.
pub trait PaymentLists: Send + Sync {
    /// The payments of a business, a page at a time.
    fn payments_of(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
        cursor: Option<String>,
        limit: usize,
    ) -> impl Future<Output = Result<Page<Payment>, PortError>> + Send;
}

/// Reads the journal. IAM: `Query` on `payments`; `GetItem` and `Query` on the index `list` for the rows
/// of one payment.
pub trait Journal: Send + Sync {
    /// Rows of a chain, in order, from a number on, of one day or of all.
    fn journal(
        &self,
        query: &JournalQuery,
    ) -> impl Future<Output = Result<Vec<JournalRow>, PortError>> + Send;

    /// The rows of one payment, in order.
    fn journal_of(
        &self,
        tenant: &TenantId,
        merchant: &MerchantIdentifier,
        payment: &crate::model::PaymentId,
    ) -> impl Future<Output = Result<Vec<JournalRow>, PortError>> + Send;

    /// Every chain that has a row, of one tenant or of all, in order.
    fn chains(
        &self,
        tenant: Option<&TenantId>,
    ) -> impl Future<Output = Result<Vec<Chain>, PortError>> + Send;
}

/// Which part of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalQuery {
    /// The chain.
    pub chain: Chain,
    /// Only rows after this number.
    pub after: u64,
    /// Only rows of this day and later.
    pub from: Option<Date>,
    /// Only rows of this day and earlier.
    pub to: Option<Date>,
    /// At most so many.
    pub limit: usize,
}

/// The Apple Pay settings of businesses. IAM: `GetItem` on `accounts` (`PutItem` there and on `payments`
/// to administer).
pub trait Merchants: Send + Sync {
    /// The settings of a business, if it takes payments.
    fn merchant(
        &self,
        tenant: &TenantId,
        business: &BusinessId,
    ) -> impl Future<Output = Result<Option<MerchantSettings>, PortError>> + Send;

    /// Puts them together with the journal's rows about it, all or nothing: [`Changed::Moved`] if their
    /// revision is not one more than the stored one's, [`Changed::Outrun`] if the chain grew meanwhile.
    fn put_merchant(
        &self,
        settings: &MerchantSettings,
        journal: &ChainRows,
    ) -> impl Future<Output = Result<Changed, PortError>> + Send;

    /// What Apple wants to find on the gateway's domain: the last that was put.
    fn domain_association(&self) -> impl Future<Output = Result<Option<String>, PortError>> + Send;
}

/// The settlements queue: standard. IAM: `SendMessage`.
pub trait SettlementQueue: Send + Sync {
    /// Enqueues a pointer, to be looked at after `delay` (at most 900 s).
    fn enqueue_settlement(
        &self,
        pointer: &PaymentPointer,
        delay: Duration,
    ) -> impl Future<Output = Result<(), PortError>> + Send;
}

impl<T: SettlementQueue> SettlementQueue for &T {
    fn enqueue_settlement(
        &self,
        pointer: &PaymentPointer,
        delay: Duration,
    ) -> impl Future<Output = Result<(), PortError>> + Send {
        (**self).enqueue_settlement(pointer, delay)
    }
}
