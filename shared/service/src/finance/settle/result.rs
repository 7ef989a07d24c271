//! What matching a report came to, as finance works it off: a table, and totals with every exception.

use std::collections::BTreeMap;

use jiff::{Timestamp, Unit};
use serde::Serialize;
use serde_json::Value;

use super::matched;
use crate::{
    finance::{
        csv::{CsvTable, maybe, text},
        matching::{ExceptionClass, MatchedLine, Matching, OpenItem},
        report::Report,
    },
    model::{Cell, PaymentId},
};

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
