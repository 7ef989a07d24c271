//! A provider's report is matched: its lines become rows of the journal, and a result that finance can
//! work off. A report is known by its hash: the same file again changes nothing.

use amb_protocol::{
    apple_pay::MerchantIdentifier,
    money::{Currency, Minor},
};
use jiff::{SignedDuration, Timestamp, Unit, tz::TimeZone};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

use super::{
    append::append,
    book::Book,
    close::{books, chains},
    csv::{CsvTable, maybe, text},
    export::{ExportError, Finance},
    matching::{Booked, Bounds, ExceptionClass, MatchedLine, Matching, OpenItem, hold},
    report::{LineKind, Report, ReportFault, ReportForm, read},
};
use crate::{
    model::{Cell, Chain, ExportKey, JournalEvent, JournalRow, PaymentId, TenantId},
    port::{Clock, Entropy, Exports, FileRead, Journal, JournalQuery, Kept, Payments, PortError},
};

/// What rows of reports have in the column `endpoint`.
pub(super) const ENDPOINT: &str = "matching";
/// The largest report.
pub const MOST_REPORT: u64 = 64 * 1024 * 1024;
/// How far before a report's first line the journal is read.
const BEFORE: SignedDuration = SignedDuration::from_hours(60 * 24);
/// Rows of one transaction.
const TOGETHER: usize = 40;
/// Rows read at once.
const PAGE: usize = 500;

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
    /// Its earlier result cannot be read or written.
    #[error(transparent)]
    Export(#[from] ExportError),
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
        let book = self.book((tenant, merchant), &report, &books.time_zone).await?;
        let matching = hold(&report, &book, &Bounds::default());
        self.write_down((tenant, merchant), &report, &book, &matching, &books.time_zone).await?;
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

    /// The journal from some time before the report on.
    async fn book(
        &self,
        (tenant, merchant): (&TenantId, &MerchantIdentifier),
        report: &Report,
        time_zone: &str,
    ) -> Result<Book, PortError> {
        let zone = TimeZone::get(time_zone).unwrap_or(TimeZone::UTC);
        let first = report.lines.iter().map(|line| line.at).min();
        let from = first.map(|at| (at - BEFORE).to_zoned(zone).date());
        let mut book = Book::without(report);
        for chain in chains(tenant, merchant) {
            let mut query = JournalQuery { chain, after: 0, from, to: None, limit: PAGE };
            loop {
                let rows = self.store.journal(&query).await?;
                for row in &rows {
                    book.add(row);
                }
                match rows.last() {
                    Some(last) if rows.len() == query.limit => query.after = last.seq,
                    _ => break,
                }
            }
        }
        Ok(book)
    }

    /// Writes into the journal what is not there yet.
    async fn write_down(
        &self,
        (tenant, merchant): (&TenantId, &MerchantIdentifier),
        report: &Report,
        book: &Book,
        matching: &Matching,
        time_zone: &str,
    ) -> Result<(), PortError> {
        let blank = |event| JournalRow::draft(event, tenant, merchant);
        let mut chained = BTreeMap::<Chain, Vec<JournalRow>>::new();
        for row in rows(report, book, matching, blank) {
            let line = row.callback_id.as_deref().unwrap_or_default();
            if book.has_row(line, row.event_type, row.error_class.as_deref()) {
                continue;
            }
            let chain = match &row.payment_id {
                Some(payment) => Chain::of(tenant, merchant, payment),
                None => Chain::first(tenant, merchant),
            };
            chained.entry(chain).or_default().push(row);
        }
        let (store, clock) = (&self.store, &self.clock);
        for (chain, rows) in chained {
            for together in rows.chunks(TOGETHER) {
                let at = || clock.now();
                append(store, clock, &chain, time_zone, at, |_| true, together.to_vec()).await?;
            }
        }
        Ok(())
    }
}

/// The rows of a matching, in the order of the lines.
fn rows(
    report: &Report,
    book: &Book,
    matching: &Matching,
    blank: impl Fn(JournalEvent) -> JournalRow,
) -> Vec<JournalRow> {
    let name = name_of(report);
    let about = |event, payment: Option<&PaymentId>, place: String| {
        let known = book.find(payment, &[]).map(|(_, known)| known);
        let psp = report.form.as_str().to_owned();
        JournalRow {
            payment_id: payment.cloned(),
            request_identifier: payment.map(|id| id.request_identifier().as_str().to_owned()),
            business_id: known.and_then(|known| known.business.clone()),
            reference: known.and_then(|known| known.reference.clone()),
            psp_account: known.and_then(|known| known.psp_account.clone()),
            psp: Some(psp),
            endpoint: Some(ENDPOINT.to_owned()),
            callback_id: Some(format!("{name}:{place}")),
            actor: Some("finance".to_owned()),
            ..blank(event)
        }
    };
    let mut rows = Vec::new();
    for placed in &matching.lines {
        let MatchedLine { line, payment, exceptions, booked } = placed;
        let place = line.line.to_string();
        let base = |event| JournalRow {
            psp_reference: Some(line.id.clone()),
            decision: Some(booked.as_str().to_owned()),
            ..about(event, payment.as_ref(), place.clone())
        };
        let is_news = line.kind == LineKind::Chargeback && *booked == Booked::Clearing;
        let charged_back = payment.as_ref().and_then(|id| book.find(Some(id), &[]));
        if is_news && charged_back.is_some_and(|(_, known)| known.charged_back.get() == 0) {
            let taken = Minor::new(-line.gross.get());
            let row =
                JournalRow { currency: Some(line.currency), ..base(JournalEvent::Chargeback) };
            rows.push(with_exponent(row).of_amount(taken));
        }
        if *booked != Booked::Nowhere {
            rows.push(settled(base(JournalEvent::Settled), placed));
        }
        let currency = Some(line.currency);
        if exceptions.is_empty() && line.kind != LineKind::Payout {
            let row = JournalRow { currency, ..base(JournalEvent::Matched) };
            rows.push(with_exponent(row).of_amount(line.gross));
        }
        for class in exceptions {
            let class = Some(class.as_str().to_owned());
            let row =
                JournalRow { currency, error_class: class, ..base(JournalEvent::MatchException) };
            rows.push(with_exponent(row).of_amount(line.gross));
        }
    }
    for item in matching.open.iter().filter(|item| !item.class.is_expected()) {
        let known = book.find(Some(&item.payment), &[]).map(|(_, known)| known);
        if known.is_some_and(|known| known.exceptions.contains(item.class.as_str())) {
            continue;
        }
        let place = item.payment.as_str().to_owned();
        let row = JournalRow {
            currency: Some(item.currency),
            error_class: Some(item.class.as_str().to_owned()),
            ..about(JournalEvent::MatchException, Some(&item.payment), place)
        };
        rows.push(with_exponent(row).of_amount(item.amount));
    }
    rows
}

/// What the provider settled: gross and fee. In another currency than it was paid in, it is what was
/// settled that counts, and it waits in suspense.
fn settled(row: JournalRow, placed: &MatchedLine) -> JournalRow {
    let line = &placed.line;
    let (currency, gross) = if line.currency == line.net_currency {
        (line.currency, line.gross)
    } else {
        (line.net_currency, line.net.checked_add(line.fee).unwrap_or(line.net))
    };
    let kind = match line.kind {
        LineKind::Capture => "capture",
        LineKind::Refund => "refund",
        LineKind::Chargeback => "chargeback",
        LineKind::Fee => "fee",
        LineKind::Payout => "payout",
        LineKind::Other => "other",
    };
    let row = JournalRow {
        currency: Some(currency),
        // A fee that does not explain the net is not booked: what arrived is.
        fee_minor: gross.checked_sub(line.net),
        psp_code: Some(kind.to_owned()),
        ..row
    };
    with_exponent(row).of_amount(gross)
}

fn with_exponent(row: JournalRow) -> JournalRow {
    JournalRow { exponent: row.currency.map(Currency::exponent), ..row }
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

/// The columns of a result.
pub const RESULT_COLUMNS: &[&str] = &[
    "line",
    "result",
    "class",
    "payment_id",
    "reference",
    "psp_line",
    "psp_word",
    "batch",
    "at_utc",
    "currency",
    "gross_minor",
    "gross",
    "net_currency",
    "net_minor",
    "fee_minor",
    "booked",
];

/// A result as a table: a row per line and class, then what no line is about.
pub fn result_csv(matching: &Matching) -> Vec<u8> {
    let mut table = CsvTable::new(RESULT_COLUMNS);
    for placed in &matching.lines {
        if placed.exceptions.is_empty() {
            table.row(line_cells(placed, None));
        }
        for class in &placed.exceptions {
            table.row(line_cells(placed, Some(*class)));
        }
    }
    for item in &matching.open {
        table.row(open_cells(item));
    }
    table.take()
}

fn line_cells(placed: &MatchedLine, class: Option<ExceptionClass>) -> [Cell<'_>; 16] {
    let line = &placed.line;
    [
        Cell::Number(i64::try_from(line.line).unwrap_or(i64::MAX)),
        text(if class.is_some() { "exception" } else { "matched" }),
        maybe(class.map(ExceptionClass::as_str)),
        maybe(placed.payment.as_ref().map(PaymentId::as_str)),
        Cell::Nothing,
        text(&line.id),
        text(&line.word),
        maybe(line.batch.as_deref()),
        Cell::Instant(milliseconds(line.at)),
        text(line.currency.as_str()),
        Cell::Number(line.gross.get()),
        Cell::Text(line.gross.to_decimal(line.currency).into()),
        text(line.net_currency.as_str()),
        Cell::Number(line.net.get()),
        Cell::Number(line.fee.get()),
        text(placed.booked.as_str()),
    ]
}

fn open_cells(item: &OpenItem) -> [Cell<'_>; 16] {
    let mut cells = [const { Cell::Nothing }; 16];
    let result = if item.class.is_expected() { "open" } else { "exception" };
    let filled = [
        (1, text(result)),
        (2, text(item.class.as_str())),
        (3, text(item.payment.as_str())),
        (4, maybe(item.reference.as_deref())),
        (9, text(item.currency.as_str())),
        (10, Cell::Number(item.amount.get())),
        (11, Cell::Text(item.amount.to_decimal(item.currency).into())),
    ];
    for (at, cell) in filled {
        if let Some(place) = cells.get_mut(at) {
            *place = cell;
        }
    }
    cells
}

fn milliseconds(at: Timestamp) -> Timestamp {
    at.round(Unit::Millisecond).unwrap_or(at)
}

/// A result as JSON: totals, and every exception.
pub fn result_json(report: &Report, matching: &Matching) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Document<'m> {
        v: u8,
        psp: &'static str,
        report: &'m str,
        lines: usize,
        matched: usize,
        pages: bool,
        counts: BTreeMap<&'static str, u64>,
        exceptions: Vec<Value>,
    }
    let mut exceptions = Vec::new();
    for placed in &matching.lines {
        for class in &placed.exceptions {
            exceptions.push(serde_json::json!({
                "class": class.as_str(),
                "line": placed.line.line,
                "paymentId": placed.payment.as_ref().map(PaymentId::as_str),
                "pspLine": placed.line.id,
                "currency": placed.line.currency,
                "amountMinor": placed.line.gross,
                "amount": placed.line.gross.to_decimal(placed.line.currency),
            }));
        }
    }
    for item in &matching.open {
        exceptions.push(serde_json::json!({
            "class": item.class.as_str(),
            "paymentId": item.payment.as_str(),
            "reference": item.reference,
            "currency": item.currency,
            "amountMinor": item.amount,
            "amount": item.amount.to_decimal(item.currency),
        }));
    }
    let totals = matched(report, matching);
    let document = Document {
        v: 1,
        psp: report.form.as_str(),
        report: &report.sha256,
        lines: matching.lines.len(),
        matched: matching.lines.iter().filter(|placed| placed.exceptions.is_empty()).count(),
        pages: totals.pages,
        counts: totals.exceptions,
        exceptions,
    };
    let mut bytes = serde_json::to_vec_pretty(&document).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}
