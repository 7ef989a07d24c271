//! Rows of the journal as payments leave them.

use std::{array, hint::black_box};

use amb_lambda::adapter::System;
use amb_protocol::{
    apple_pay::MerchantIdentifier,
    id::BusinessId,
    money::{Currency, Minor},
};
use amb_service::{
    model::{Chain, ChainHead, JournalEvent, JournalRow, PaymentId, TenantId},
    payment::journal::chain,
};
use jiff::Timestamp;

use super::Fallible;
use crate::{clock::cpu_us, report::Report};

const BUSINESS: &str = "6f1c0a52-3b7e-4d59-9c1e-be0000000005";
const ZONE: &str = "America/New_York";
/// Runs between two looks at the clock.
const ITERATIONS: u32 = 200;
/// What a payment that goes well is told by.
const LIFE: [JournalEvent; 10] = [
    JournalEvent::SessionCreated,
    JournalEvent::OfferSent,
    JournalEvent::QuoteIssued,
    JournalEvent::TokenReceived,
    JournalEvent::Claimed,
    JournalEvent::PspRequest,
    JournalEvent::PspResult,
    JournalEvent::Told,
    JournalEvent::OrderTracked,
    JournalEvent::Captured,
];

/// Measures what makes a row a link of its chain.
pub(super) fn measure(report: &mut Report) -> Fallible<()> {
    let mut books = Books::new(0)?;
    let row = books.life().pop().ok_or("a life without a row")?;
    let bytes = row.canonical().len();
    let taken = cpu_us(ITERATIONS, || drop(black_box(black_box(&row).hash_of())));
    let note = format!("canonical form of {bytes} bytes, and its hash");
    report.figure("payments.journal_row_us", taken, "us", note);
    Ok(())
}

/// A merchant whose day never ends.
#[derive(Debug)]
pub(super) struct Books {
    pub(super) chain: Chain,
    business: BusinessId,
    currency: Currency,
    at: Timestamp,
    head: ChainHead,
}

impl Books {
    /// One chain of a merchant's, without a row.
    pub(super) fn new(shard: u8) -> Fallible<Self> {
        let tenant = TenantId::parse("ten_aaaaaaaaaaaaaaaaaaaaaaaaaa")?;
        let merchant = MerchantIdentifier::parse("merchant.com.example.shop")?;
        Ok(Self {
            chain: Chain { tenant, merchant, shard },
            business: BusinessId::parse(BUSINESS)?,
            currency: Currency::parse("USD")?,
            at: "2026-11-20T17:00:00Z".parse()?,
            head: ChainHead::default(),
        })
    }

    /// The rows of the next payment.
    pub(super) fn life(&mut self) -> Vec<JournalRow> {
        let payment = PaymentId::draw(&System);
        let rows = LIFE.map(|event| self.row(event, &payment));
        let rows = chain(&self.chain, &self.head, ZONE, self.at, rows.into());
        if let Some(last) = rows.last() {
            self.head = last.head();
        }
        rows
    }

    /// The columns that most rows have.
    fn row(&self, event: JournalEvent, payment: &PaymentId) -> JournalRow {
        let some = |text: &str| Some(text.to_owned());
        let [hash, key]: [String; 2] = array::from_fn(|_| "5d".repeat(32));
        let row = JournalRow {
            business_id: Some(self.business.clone()),
            payment_id: Some(payment.clone()),
            request_identifier: Some(payment.request_identifier().as_str().to_owned()),
            reference: some("order-2026-11-20-001742"),
            attempt_no: Some(1),
            endpoint: some("gateway"),
            callback_id: some("JKJaXmPLvHcESHA="),
            decision: some("approved"),
            told: some("success"),
            currency: Some(self.currency),
            exponent: Some(self.currency.exponent()),
            quote_seq: Some(2),
            psp: some("stripe"),
            psp_account: some("default"),
            psp_reference: Some(format!("pi_{payment}")),
            psp_merchant_reference: Some(format!("{payment}-1")),
            idem_key_prefix: key.get(..12).map(str::to_owned),
            network: some("visa"),
            funding: some("debit"),
            apple_txid_hash: Some(hash),
            verify_result: some("valid"),
            latency_ms: Some(412),
            psp_latency_ms: Some(388),
            deadline_margin_ms: Some(22_588),
            actor: some("device"),
            ..JournalRow::draft(event, &self.chain.tenant, &self.chain.merchant)
        };
        row.of_amount(Minor::new(6_399))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_follow_each_other_in_one_chain() {
        let mut books = Books::new(1).unwrap();
        let (one, other) = (books.life(), books.life());
        let last = one.last().unwrap();
        let next = other.first().unwrap();
        assert_eq!((last.seq, &last.hash), (next.seq - 1, &next.prev_hash));
        assert_eq!((next.hash_of(), next.day), (next.hash.clone(), last.day));
    }
}
