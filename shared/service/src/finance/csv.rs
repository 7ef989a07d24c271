//! Tables as CSV: UTF-8, RFC 4180, a header, lines that end in CR LF.
//!
//! A spreadsheet takes a text that begins with `=`, `+`, `-`, `@`, one of these in full width, a tab, a
//! line's end or NUL for a formula, or may (CWE-1236; ASVS 1.2.10). Such a text gets a `'` in front, and so does one that begins with
//! `'` itself, so that taking one off gives the text back. Numbers stay numbers. An empty cell is
//! nothing; an empty text, should there ever be one, is a `'` alone.

use std::{borrow::Cow, io::Read};

use crate::model::{Cell, CellFault, JournalRow};

/// A table that is being written.
#[derive(Debug)]
pub struct CsvTable {
    lines: csv::Writer<Vec<u8>>,
}

impl CsvTable {
    /// A table with these columns.
    pub fn new(columns: &[&str]) -> Self {
        let mut table = Self { lines: writer() };
        table.line(columns.iter().map(|name| name.as_bytes()));
        table
    }

    /// The journal, without a row so far.
    pub fn of_journal() -> Self {
        Self::new(JournalRow::COLUMNS)
    }

    /// Writes a row.
    pub fn row<'c>(&mut self, cells: impl IntoIterator<Item = Cell<'c>>) {
        let texts: Vec<Cow<'c, str>> = cells.into_iter().map(written).collect();
        self.line(texts.iter().map(|text| text.as_bytes()));
    }

    /// Takes what was written so far.
    pub fn take(&mut self) -> Vec<u8> {
        #[expect(clippy::expect_used, reason = "a vector takes everything")]
        std::mem::replace(&mut self.lines, writer()).into_inner().expect("a vector was written to")
    }

    fn line<'t>(&mut self, cells: impl Iterator<Item = &'t [u8]>) {
        #[expect(
            clippy::expect_used,
            reason = "a vector takes everything, and all rows are of one length"
        )]
        self.lines.write_record(cells).expect("a vector was written to");
    }
}

/// A row is as long as the header, which every other part of the table was written under.
fn writer() -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .flexible(true)
        .from_writer(Vec::new())
}

/// What stands in the file for a cell.
pub fn written(cell: Cell<'_>) -> Cow<'_, str> {
    match cell {
        Cell::Nothing => Cow::Borrowed(""),
        Cell::Text(text) => harmless(text),
        Cell::Number(number) => Cow::Owned(number.to_string()),
        Cell::Flag(flag) => Cow::Borrowed(if flag { "true" } else { "false" }),
        Cell::Instant(at) => Cow::Owned(at.to_string()),
        Cell::Day(day) => Cow::Owned(day.to_string()),
    }
}

/// With what a text begins that a spreadsheet may compute.
const ACTING: [char; 12] = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', '\0'];

/// A text that no spreadsheet computes.
fn harmless(text: Cow<'_, str>) -> Cow<'_, str> {
    let acts = text.starts_with(ACTING) || text.starts_with('\'') || text.is_empty();
    if acts && !is_number(&text) { Cow::Owned(format!("'{text}")) } else { text }
}

/// `-?[0-9]+(\.[0-9]+)?`
fn is_number(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match unsigned.split_once('.') {
        Some((whole, part)) => digits(whole) && digits(part),
        None => digits(unsigned),
    }
}

/// What a cell of the file stands for; `None` is nothing.
pub fn meant(cell: &str) -> Option<&str> {
    if cell.is_empty() { None } else { Some(cell.strip_prefix('\'').unwrap_or(cell)) }
}

/// A file that is no journal.
#[derive(Debug, thiserror::Error)]
pub enum CsvFault {
    /// It cannot be read as CSV at all.
    #[error("the file is no CSV in UTF-8, or a line has too few or too many cells")]
    Form(#[source] csv::Error),
    /// The first line does not name the columns of the journal, in their order.
    #[error("the columns are not those of the journal, in their order, or of a later version")]
    Header,
    /// A cell does not hold what its column holds.
    #[error("line {line}")]
    Cell {
        /// Counted from 1, the header included; lines within cells do not count.
        line: u64,
        /// Which, and why.
        #[source]
        fault: CellFault,
    },
}

/// The rows of an exported journal, one by one.
#[derive(Debug)]
pub struct JournalRows<R> {
    lines: csv::Reader<R>,
    record: csv::StringRecord,
    places: Vec<Option<usize>>,
    line: u64,
}

impl<R: Read> JournalRows<R> {
    /// Reads the header.
    pub fn open(file: R) -> Result<Self, CsvFault> {
        let mut lines = csv::ReaderBuilder::new().has_headers(false).from_reader(file);
        let mut record = csv::StringRecord::new();
        let is_there = lines.read_record(&mut record).map_err(CsvFault::Form)?;
        let places = if is_there { places(&record) } else { None };
        let places = places.ok_or(CsvFault::Header)?;
        Ok(Self { lines, record, places, line: 1 })
    }
}

/// Where the file has each column. A file of an earlier version has not all of them: those that came
/// later may hold nothing.
fn places(header: &csv::StringRecord) -> Option<Vec<Option<usize>>> {
    let mut names = header.iter().enumerate().peekable();
    let mut places = Vec::with_capacity(JournalRow::SHAPES.len());
    for shape in JournalRow::SHAPES {
        let place = names.next_if(|(_, name)| *name == shape.name).map(|(place, _)| place);
        if place.is_none() && !shape.is_optional {
            return None;
        }
        places.push(place);
    }
    names.next().is_none().then_some(places)
}

impl<R: Read> Iterator for JournalRows<R> {
    type Item = Result<JournalRow, CsvFault>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.lines.read_record(&mut self.record) {
            Ok(false) => None,
            Ok(true) => {
                self.line += 1;
                let line = self.line;
                let cell = |place: &Option<usize>| self.record.get((*place)?).and_then(meant);
                let row = JournalRow::from_cells(self.places.iter().map(cell));
                Some(row.map_err(|fault| CsvFault::Cell { line, fault }))
            }
            Err(fault) => Some(Err(CsvFault::Form(fault))),
        }
    }
}

/// Rows as one CSV document: a page of the journal.
pub fn journal_document<'r>(rows: impl IntoIterator<Item = &'r JournalRow>) -> String {
    let mut table = CsvTable::of_journal();
    for row in rows {
        table.row(row.cells());
    }
    // Every cell was text.
    String::from_utf8(table.take()).unwrap_or_default()
}

/// A cell of our own tables.
pub(super) fn text(text: &str) -> Cell<'_> {
    Cell::Text(Cow::Borrowed(text))
}

/// A text that may be absent.
pub(super) fn maybe(text: Option<&str>) -> Cell<'_> {
    text.map_or(Cell::Nothing, self::text)
}
