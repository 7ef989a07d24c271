//! The control file of a day: what was exported, and what came before. Who trusts the latest one can
//! check everything back to the first.

use amb_protocol::{
    apple_pay::MerchantIdentifier,
    money::{Currency, Minor},
};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use super::links::Break;
use crate::model::{ChainHead, JournalEvent, JournalRow, TenantId};

/// A day's control file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Control {
    /// The version of its form.
    pub v: u8,
    /// The owner.
    pub tenant: TenantId,
    /// The merchant.
    pub merchant: MerchantIdentifier,
    /// The day of the books.
    pub day: Date,
    /// Rows of the journal.
    pub rows: u64,
    /// `whole`, or `broken`: then `breaks` of the chains say where.
    pub chain: ChainVerdict,
    /// The files of the day.
    pub files: Vec<ExportedFile>,
    /// Amounts by currency and event.
    pub sums: Vec<EventSum>,
    /// Where the chains of the merchant stand.
    pub chains: Vec<ChainSpan>,
    /// The control file before; none on the merchant's first day.
    pub previous: Option<PreviousControl>,
    /// The version of the software that wrote it.
    pub code_version: String,
}

/// What came of checking the chains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChainVerdict {
    /// Nothing is missing, and nothing was changed.
    Whole,
    /// Something is.
    Broken,
}

/// A file of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportedFile {
    /// Its name: `journal.csv`, `journal.parquet`, `ledger.csv`.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of it, hex.
    pub sha256: String,
}

/// What the rows of one event in one currency come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EventSum {
    /// ISO 4217.
    pub currency: Currency,
    /// The event.
    pub event_type: JournalEvent,
    /// Rows that have an amount.
    pub rows: u64,
    /// Their amounts, in the smallest unit.
    pub amount_minor: Minor,
    /// The same as a decimal.
    pub amount: String,
}

/// Where a chain stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainSpan {
    /// The chain.
    pub shard: u8,
    /// Its rows of the day.
    pub rows: u64,
    /// The first of them; none if there is none.
    pub first_seq: Option<u64>,
    /// The last row's number so far; 0 before the first.
    pub last_seq: u64,
    /// The hash before the first of them.
    pub prev_hash: String,
    /// The last row's hash so far.
    pub last_hash: String,
    /// The last row's time.
    pub last_at: Timestamp,
    /// The last row's day.
    pub last_day: Date,
    /// What is wrong, at most [`MOST_BREAKS`](Self::MOST_BREAKS) of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breaks: Vec<Break>,
}

impl ChainSpan {
    /// Breaks that a control file names, per chain.
    pub const MOST_BREAKS: usize = 100;

    /// Where the chain ends after the day.
    pub fn head(&self) -> ChainHead {
        ChainHead {
            seq: self.last_seq,
            hash: self.last_hash.clone(),
            at: self.last_at,
            day: self.last_day,
        }
    }
}

/// The control file of the day before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreviousControl {
    /// Its day: the one before.
    pub day: Date,
    /// SHA-256 of the file, hex.
    pub sha256: String,
}

impl Control {
    /// The version of the form.
    pub const VERSION: u8 = 1;
    /// The name of the file.
    pub const NAME: &'static str = "control.json";

    /// The file: JSON that people read too.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = serde_json::to_vec_pretty(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }

    /// Reads one.
    pub fn read(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// Where a chain of the merchant ends after the day.
    pub fn head(&self, shard: u8) -> ChainHead {
        let span = self.chains.iter().find(|span| span.shard == shard);
        span.map_or_else(ChainHead::default, ChainSpan::head)
    }

    /// How the next day's control file names this one.
    pub fn as_previous(&self, bytes: &[u8]) -> PreviousControl {
        PreviousControl { day: self.day, sha256: sha256(bytes) }
    }
}

/// SHA-256 in hex.
pub fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(digest::digest(&digest::SHA256, bytes).as_ref())
}

/// Amounts by currency and event, being added up.
#[derive(Clone, Debug, Default)]
pub struct Sums(BTreeMap<(Currency, JournalEvent), (u64, Minor)>);

/// More than can be held: some 90 000 000 000 000 000 of a currency with two decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the amounts of a day are more than can be added up")]
pub struct TooMuch;

impl Sums {
    /// Adds a row's amount.
    pub fn add(&mut self, row: &JournalRow) -> Result<(), TooMuch> {
        if let Some((currency, amount)) = row.currency.zip(row.amount_minor) {
            let (rows, sum) = self.0.entry((currency, row.event_type)).or_default();
            *rows += 1;
            *sum = sum.checked_add(amount).ok_or(TooMuch)?;
        }
        Ok(())
    }

    /// The sums, by currency, then event.
    pub fn into_list(self) -> Vec<EventSum> {
        let sums = self.0.into_iter();
        sums.map(|((currency, event_type), (rows, sum))| EventSum {
            currency,
            event_type,
            rows,
            amount_minor: sum,
            amount: sum.to_decimal(currency),
        })
        .collect()
    }
}
