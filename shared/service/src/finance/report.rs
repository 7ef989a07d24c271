//! Providers' reports of what they settled, read strictly: what is not exactly as expected is refused,
//! and nothing of the report is used.

mod adyen;
mod stripe;

use amb_protocol::money::{AmountFault, Currency, Minor};
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use std::collections::BTreeMap;

use super::control::sha256;
use crate::model::PaymentId;

/// Whose report it is, and of what form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportForm {
    /// Stripe's `payout_reconciliation.itemized.5`.
    Stripe,
    /// Adyen's Settlement details.
    Adyen,
}

impl ReportForm {
    /// Reads the word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "stripe" => Some(Self::Stripe),
            "adyen" => Some(Self::Adyen),
            _ => None,
        }
    }

    /// The provider's word in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stripe => "stripe",
            Self::Adyen => "adyen",
        }
    }
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whose it is.
    pub form: ReportForm,
    /// SHA-256 of the file, hex: what it is known by.
    pub sha256: String,
    /// Its lines.
    pub lines: Vec<ReportLine>,
}

/// A line of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportLine {
    /// Counted from 1, the header included.
    pub line: u64,
    /// What names it at the provider.
    pub id: String,
    /// The account with the provider, where the line says so.
    pub account: Option<String>,
    /// What it is about.
    pub kind: LineKind,
    /// The provider's own word for that.
    pub word: String,
    /// The payment, where the line says so.
    pub payment: Option<PaymentId>,
    /// Its attempt, where the line says so.
    pub attempt: Option<u32>,
    /// The provider's names of what it is about.
    pub psp_references: Vec<String>,
    /// When it was made.
    pub at: Timestamp,
    /// What it was paid in.
    pub currency: Currency,
    /// How much; less than zero goes back.
    pub gross: Minor,
    /// What it is settled in.
    pub net_currency: Currency,
    /// What reaches the account, in that.
    pub net: Minor,
    /// What the provider keeps, in that.
    pub fee: Minor,
    /// The payout or batch.
    pub batch: Option<String>,
}

/// What a line is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineKind {
    /// Money of a customer.
    Capture,
    /// Money back to a customer.
    Refund,
    /// Money that a customer's bank took back, or gave up.
    Chargeback,
    /// The provider's own charges.
    Fee,
    /// The transfer to the bank or into the next batch: the sum of the others.
    Payout,
    /// Something else.
    Other,
}

/// A file that is not the report it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportFault {
    /// Not text in UTF-8.
    #[error("the file is no text in UTF-8")]
    Encoding,
    /// Not CSV with commas.
    #[error("line {0} is no CSV, or has more or fewer cells than the header")]
    Form(u64),
    /// A column is missing, or comes twice.
    #[error("the column `{0}` is missing, or comes twice")]
    Header(String),
    /// A cell says something that the column does not hold.
    #[error("line {line}, `{column}`: {why}")]
    Cell {
        /// Counted from 1, the header included.
        line: u64,
        /// The column.
        column: String,
        /// What is wrong.
        why: CellProblem,
    },
}

/// What is wrong with a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CellProblem {
    /// A comma in a number: of decimals or of thousands, nobody can tell.
    #[error("an amount has a comma")]
    Comma,
    /// No amount of the currency.
    #[error(transparent)]
    Amount(AmountFault),
    /// No currency.
    #[error("no currency of ISO 4217")]
    Currency,
    /// No time.
    #[error("no time of the form 2026-11-21 09:30:00")]
    Time,
    /// A time zone that nobody knows.
    #[error("an unknown time zone")]
    TimeZone,
    /// Nothing, where something has to be.
    #[error("something has to be there")]
    Empty,
    /// Two amounts that exclude one another, or more than can be added up.
    #[error("the amounts of the line contradict one another")]
    Contradiction,
}

/// Reads a report.
pub fn read(form: ReportForm, file: &[u8]) -> Result<Report, ReportFault> {
    let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let text = std::str::from_utf8(text).map_err(|_fault| ReportFault::Encoding)?;
    if text.contains('\0') {
        return Err(ReportFault::Encoding);
    }
    let mut lines = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    let mut records = lines.records();
    let header = records.next().and_then(Result::ok).ok_or(ReportFault::Form(1))?;
    let columns = match form {
        ReportForm::Stripe => stripe::columns(&header)?,
        ReportForm::Adyen => adyen::columns(&header)?,
    };
    let (mut read, mut own) = (Vec::new(), BTreeMap::new());
    for (line, record) in (2..).zip(records) {
        let record = record.map_err(|_fault| ReportFault::Form(line))?;
        let cells = Cells { line, columns: &columns, record: &record };
        read.push(match form {
            ReportForm::Stripe => stripe::line(&cells)?,
            ReportForm::Adyen => adyen::line(&cells, &mut own)?,
        });
    }
    Ok(Report { form, sha256: sha256(file), lines: read })
}

/// The places of the columns.
type Columns = BTreeMap<String, usize>;

/// Every column's place; none may come twice.
fn places(header: &csv::StringRecord) -> Result<Columns, ReportFault> {
    let mut places = Columns::new();
    for (place, name) in header.iter().enumerate() {
        if places.insert(name.to_owned(), place).is_some() {
            return Err(ReportFault::Header(name.to_owned()));
        }
    }
    Ok(places)
}

/// A line that is being read.
struct Cells<'r> {
    line: u64,
    columns: &'r Columns,
    record: &'r csv::StringRecord,
}

impl<'r> Cells<'r> {
    /// The text of a column; none where it is empty or there is no such column.
    fn text(&self, column: &str) -> Option<&'r str> {
        let place = self.columns.get(column)?;
        self.record.get(*place).map(str::trim).filter(|text| !text.is_empty())
    }

    fn needed(&self, column: &str) -> Result<&'r str, ReportFault> {
        self.text(column).ok_or_else(|| self.fault(column, CellProblem::Empty))
    }

    fn currency(&self, column: &str) -> Result<Currency, ReportFault> {
        let text = self.needed(column)?.to_ascii_uppercase();
        Currency::parse(&text).map_err(|_odd| self.fault(column, CellProblem::Currency))
    }

    /// An amount; nothing is zero.
    fn amount(&self, column: &str, currency: Currency) -> Result<Minor, ReportFault> {
        let Some(text) = self.text(column) else { return Ok(Minor::ZERO) };
        if text.contains(',') {
            return Err(self.fault(column, CellProblem::Comma));
        }
        Minor::parse_padded(text, currency)
            .map_err(|fault| self.fault(column, CellProblem::Amount(fault)))
    }

    /// `2026-11-21 09:30:00`, by a clock.
    fn time(&self, column: &str, zone: &TimeZone) -> Result<Timestamp, ReportFault> {
        let fault = || self.fault(column, CellProblem::Time);
        let at: DateTime = self.needed(column)?.parse().map_err(|_odd| fault())?;
        let at = at.to_zoned(zone.clone()).map_err(|_odd| fault())?;
        Ok(at.timestamp())
    }

    fn fault(&self, column: &str, why: CellProblem) -> ReportFault {
        ReportFault::Cell { line: self.line, column: column.to_owned(), why }
    }
}
