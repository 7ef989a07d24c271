//! A provider's report is matched: its lines become rows of the journal, and a result that finance can
//! work off. A report is known by its hash: the same file again changes nothing.

mod result;
mod rows;
#[cfg(test)]
mod tests;
mod told;
mod write;

pub use result::{RESULT_COLUMNS, result_csv, result_json};

use amb_protocol::apple_pay::MerchantIdentifier;
use std::collections::BTreeMap;

use super::{
    close::books,
    export::Finance,
    matching::{Bounds, ExceptionClass, Matching, hold},
    report::{Report, ReportFault, ReportForm, read},
};
use crate::{
    model::{ExportKey, TenantId},
    port::{Clock, Entropy, Exports, FileRead, Journal, Kept, Payments, PortError},
};
use rows::{Chargebacks, Pen};
use told::tell;
use write::Reading;

/// What rows of reports have in the column `endpoint`.
pub(super) const ENDPOINT: &str = "matching";
/// The largest report: the function has 512 MB for its lines, what they come to, and the journal of the
/// sixty days before.
pub const MOST_REPORT: u64 = 16 * 1024 * 1024;
/// Lines whose rows are made at once.
const LINES: usize = 1_000;

/// What a matching came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matched {
    /// SHA-256 of the report, hex.
    pub report: String,
    /// Its lines.
    pub lines: u64,
    /// Exceptions by class, timing included.
    pub exceptions: BTreeMap<&'static str, u64>,
    /// Somebody has to be called.
    pub pages: bool,
    /// It was matched by an earlier run: nothing happened now.
    pub was_before: bool,
}

/// Why a report is not matched.
#[derive(Debug, thiserror::Error)]
pub enum MatchError {
    /// A port did not do what it was asked.
    #[error(transparent)]
    Port(#[from] PortError),
    /// There is no such file.
    #[error("there is no such report")]
    Missing,
    /// It is larger than [`MOST_REPORT`].
    #[error("the report is too large")]
    TooLarge,
    /// It is not what it should be.
    #[error(transparent)]
    Report(#[from] ReportFault),
    /// The merchant has no journal.
    #[error("the merchant has no journal")]
    NoJournal,
    /// Another report wrote what this one was held against: begin again.
    #[error("another report of the merchant is being matched; try again")]
    Contended,
}

/// What a report is called in rows and results.
pub(super) fn name_of(report: &Report) -> String {
    report.sha256.get(..16).unwrap_or(&report.sha256).to_owned()
}

impl<S, X, C> Finance<S, X, C>
where
    S: Payments + Journal,
    X: Exports,
    C: Clock + Entropy,
{
    /// Matches a report that lies in the bucket.
    pub async fn match_report(
        &self,
        (tenant, merchant): (&TenantId, &MerchantIdentifier),
        form: ReportForm,
        key: &ExportKey,
    ) -> Result<Matched, MatchError> {
        let file = match self.exports.export(key, MOST_REPORT).await? {
            FileRead::Whole(file) => file,
            FileRead::Missing => return Err(MatchError::Missing),
            FileRead::TooLarge(_) => return Err(MatchError::TooLarge),
        };
        let report = read(form, &file)?;
        drop(file);
        let place = |ending| ExportKey::matching(tenant, merchant, &report.sha256, ending);
        let result = place("json");
        if self.exports.export(&result, 0).await? != FileRead::Missing {
            let report = report.sha256.clone();
            return Ok(Matched { report, was_before: true, ..Matched::default() });
        }
        let books = books(&self.store, tenant, merchant).await?.ok_or(MatchError::NoJournal)?;
        let merchant = (tenant, merchant);
        let mut reading = loop {
            let time_zone = books.time_zone.clone();
            let reading = Reading::of(&self.store, merchant, &report, time_zone).await?;
            if !tell(&self.store, &self.clock, tenant, &report, &reading.book).await? {
                break reading;
            }
        };
        let matching = hold(&report, &reading.book, &Bounds::default());
        let mut chargebacks = Chargebacks::default();
        for lines in matching.lines.chunks(LINES) {
            let rows = Pen::of(&report, &reading.book, merchant).lines(lines, &mut chargebacks);
            reading.write_down(&self.store, &self.clock, rows).await?;
        }
        let rows = Pen::of(&report, &reading.book, merchant).open(&matching.open);
        reading.write_down(&self.store, &self.clock, rows).await?;
        let csv = result_csv(&matching);
        let table = place("csv");
        let written = self.exports.put_export(&table, "text/csv; charset=utf-8", csv).await?;
        if written == Kept::Before {
            tracing::info!("the result's table was there from an earlier run");
        }
        let json = result_json(&report, &matching);
        self.exports.put_export(&result, "application/json", json).await?;
        Ok(matched(&report, &matching))
    }
}

fn matched(report: &Report, matching: &Matching) -> Matched {
    let mut exceptions = BTreeMap::new();
    for class in classes(matching) {
        *exceptions.entry(class.as_str()).or_default() += 1;
    }
    Matched {
        report: report.sha256.clone(),
        lines: matching.lines.len() as u64,
        exceptions,
        pages: classes(matching).any(ExceptionClass::pages),
        was_before: false,
    }
}

fn classes(matching: &Matching) -> impl Iterator<Item = ExceptionClass> {
    let lines = matching.lines.iter().flat_map(|placed| placed.exceptions.iter().copied());
    lines.chain(matching.open.iter().map(|item| item.class))
}
