//! The ledger: double entry, derived from the journal row by row and from nothing else
//! (spec/payments §6.1).
//!
//! | event | debit | credit |
//! |---|---|---|
//! | `held_minor` above zero: money is held | `psp_authorised` | `customer_authorised` |
//! | `held_minor` below zero: it is held no longer | `customer_authorised` | `psp_authorised` |
//! | `CAPTURED` | `psp_clearing` | `customer_receivable` |
//! | `REFUNDED` | `refunds` | `psp_clearing` |
//! | `CHANGE_FAILED` reversed, of a capture | `customer_receivable` | `psp_clearing` |
//! | `CHANGE_FAILED` reversed, of a refund | `psp_clearing` | `refunds` |
//! | `CHARGEBACK`; below zero when it was won | `chargebacks` | `psp_clearing` |
//! | `SETTLED` | `bank` (net), `psp_fees` (fee) | `psp_clearing` (gross) |
//! | `SETTLED` by way of another currency: what was paid | `suspense` | `psp_clearing` |
//! | and what was settled | `bank` (net), `psp_fees` (fee) | `suspense` (gross) |
//!
//! The first two are memos: no money has moved. A hold ends as a whole: what a capture leaves of it, the
//! provider lets go. A provider's own charges go to `psp_fees` in the place of the clearing account, and
//! what the journal has no counterpart of to `suspense`. So `psp_clearing` is what the provider owes,
//! and `psp_authorised` what it holds.

use amb_protocol::money::{Currency, Minor};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;

use super::csv::{CsvTable, maybe, text};
use crate::model::{Cell, JournalEvent, JournalRow, PaymentId};

/// One line of the ledger. The lines of one row of the journal are a group: their debits and credits
/// are equal, currency by currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The day of the books.
    pub day: Date,
    /// The row's chain.
    pub shard: u8,
    /// The row's number in it.
    pub seq: u64,
    /// The row's time.
    pub ts_utc: Timestamp,
    /// What happened.
    pub event_type: JournalEvent,
    /// The payment.
    pub payment_id: Option<PaymentId>,
    /// The business's own name of the order.
    pub reference: Option<String>,
    /// The provider's name of it.
    pub psp_reference: Option<String>,
    /// The account: with provider and currency, where there is one per provider and currency.
    pub account: String,
    /// No money moves: it says what is held.
    pub is_memo: bool,
    /// ISO 4217.
    pub currency: Currency,
    /// In the smallest unit; zero where it is a credit.
    pub debit: Minor,
    /// In the smallest unit; zero where it is a debit.
    pub credit: Minor,
}

/// The entries that follow from rows of the journal, in their order.
pub fn ledger<'r>(rows: impl IntoIterator<Item = &'r JournalRow>) -> Vec<Entry> {
    rows.into_iter().flat_map(entries).collect()
}

/// The entries that follow from one row: none, or a group that sums up to zero.
pub fn entries(row: &JournalRow) -> Vec<Entry> {
    let Some(currency) = row.currency else { return Vec::new() };
    let amount = row.amount_minor.unwrap_or_default();
    let mut group = Group { row, currency, entries: Vec::new() };
    if let Some(change) = row.held_minor {
        group.memo(change);
    }
    match row.event_type {
        JournalEvent::Captured => {
            group.pair(&group.at_psp("psp_clearing"), "customer_receivable", amount);
        }
        JournalEvent::Refunded => group.pair("refunds", &group.at_psp("psp_clearing"), amount),
        JournalEvent::ChangeFailed if row.error_class.as_deref() == Some("reversed") => {
            let clearing = group.at_psp("psp_clearing");
            match row.decision.as_deref() {
                Some("capture") => group.pair(&clearing, "customer_receivable", negative(amount)),
                Some("refund") => group.pair("refunds", &clearing, negative(amount)),
                // It was only held: the memo says so.
                _ => {}
            }
        }
        JournalEvent::Chargeback => {
            group.pair("chargebacks", &group.at_psp("psp_clearing"), amount);
        }
        JournalEvent::Settled => group.settled(amount),
        _ => {}
    }
    group.entries
}

struct Group<'r> {
    row: &'r JournalRow,
    currency: Currency,
    entries: Vec<Entry>,
}

impl Group<'_> {
    fn at_psp(&self, account: &str) -> String {
        let psp = self.row.psp.as_deref().unwrap_or("unknown");
        format!("{account}:{psp}:{}", self.currency)
    }

    fn memo(&mut self, amount: Minor) {
        let first = self.entries.len();
        self.pair(&self.at_psp("psp_authorised"), "customer_authorised", amount);
        for entry in self.entries.iter_mut().skip(first) {
            entry.is_memo = true;
        }
    }

    /// A line of a provider's report: what it paid out, what it kept, and what that settles.
    fn settled(&mut self, gross: Minor) {
        let fee = self.row.fee_minor.unwrap_or_default();
        let clearing = self.at_psp("psp_clearing");
        let against = match self.row.decision.as_deref() {
            Some("exchange") => return self.pair("suspense", &clearing, gross),
            Some("fee") => "psp_fees".to_owned(),
            Some("suspense") => "suspense".to_owned(),
            _ => clearing,
        };
        let net = gross.checked_sub(fee).unwrap_or_default();
        self.pair("bank", &against, net);
        // What the net left open of the gross, whatever could be subtracted.
        self.pair("psp_fees", &against, gross.checked_sub(net).unwrap_or_default());
    }

    /// A debit and a credit of the same amount; the other way round where it is less than zero.
    fn pair(&mut self, debit: &str, credit: &str, amount: Minor) {
        let (debit, credit, amount) = if amount < Minor::ZERO {
            (credit, debit, negative(amount))
        } else {
            (debit, credit, amount)
        };
        if amount == Minor::ZERO || debit == credit {
            return;
        }
        self.entry(debit, amount, Minor::ZERO);
        self.entry(credit, Minor::ZERO, amount);
    }

    fn entry(&mut self, account: &str, debit: Minor, credit: Minor) {
        self.entries.push(Entry {
            day: self.row.day,
            shard: self.row.shard,
            seq: self.row.seq,
            ts_utc: self.row.ts_utc,
            event_type: self.row.event_type,
            payment_id: self.row.payment_id.clone(),
            reference: self.row.reference.clone(),
            psp_reference: self.row.psp_reference.clone(),
            account: account.to_owned(),
            is_memo: false,
            currency: self.currency,
            debit,
            credit,
        });
    }
}

fn negative(amount: Minor) -> Minor {
    Minor::ZERO.checked_sub(amount).unwrap_or_default()
}

/// Balances of accounts: debits less credits, by currency.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrialBalance {
    balances: BTreeMap<(Currency, String), i128>,
}

/// A group of entries, or all of them, whose debits and credits differ.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("debits and credits of {currency} differ by {difference} of the smallest unit")]
pub struct OutOfBalance {
    /// The currency.
    pub currency: Currency,
    /// Debits less credits.
    pub difference: i128,
}

impl TrialBalance {
    /// Adds entries.
    pub fn add<'e>(&mut self, entries: impl IntoIterator<Item = &'e Entry>) {
        for entry in entries {
            let place = (entry.currency, entry.account.clone());
            let balance = self.balances.entry(place).or_default();
            *balance += i128::from(entry.debit.get()) - i128::from(entry.credit.get());
        }
    }

    /// The balance of every account: debits less credits, in the smallest unit.
    pub fn balances(&self) -> impl Iterator<Item = (Currency, &str, i128)> {
        let balances = self.balances.iter();
        balances.map(|((currency, account), balance)| (*currency, account.as_str(), *balance))
    }

    /// Whether everything sums up to zero, currency by currency.
    pub fn check(&self) -> Result<(), OutOfBalance> {
        let mut sums = BTreeMap::<Currency, i128>::new();
        for (currency, _, balance) in self.balances() {
            *sums.entry(currency).or_default() += balance;
        }
        match sums.into_iter().find(|(_, sum)| *sum != 0) {
            Some((currency, difference)) => Err(OutOfBalance { currency, difference }),
            None => Ok(()),
        }
    }
}

/// The columns of `ledger.csv`.
pub const COLUMNS: &[&str] = &[
    "day",
    "shard",
    "seq",
    "ts_utc",
    "event_type",
    "payment_id",
    "reference",
    "psp_reference",
    "account",
    "is_memo",
    "currency",
    "debit_minor",
    "credit_minor",
    "debit",
    "credit",
];

/// Writes entries.
pub fn write(table: &mut CsvTable, entries: &[Entry]) {
    for entry in entries {
        let decimal = |amount: Minor| Cell::Text(amount.to_decimal(entry.currency).into());
        table.row([
            Cell::Day(entry.day),
            Cell::Number(entry.shard.into()),
            Cell::Number(i64::try_from(entry.seq).unwrap_or(i64::MAX)),
            Cell::Instant(entry.ts_utc),
            text(entry.event_type.as_str()),
            maybe(entry.payment_id.as_ref().map(PaymentId::as_str)),
            maybe(entry.reference.as_deref()),
            maybe(entry.psp_reference.as_deref()),
            text(&entry.account),
            Cell::Flag(entry.is_memo),
            text(entry.currency.as_str()),
            Cell::Number(entry.debit.get()),
            Cell::Number(entry.credit.get()),
            decimal(entry.debit),
            decimal(entry.credit),
        ]);
    }
}
