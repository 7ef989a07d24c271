//! A day's files, written from its rows as they come: no more is held than a row group and a part of
//! each file.

use jiff::civil::Date;
use parquet::errors::ParquetError;
use std::collections::BTreeMap;

use super::{
    control::{ChainSpan, ChainVerdict, Control, ExportedFile, PreviousControl, Sums, TooMuch},
    csv::CsvTable,
    ledger,
    links::Links,
    output::Output,
    parquet::ParquetJournal,
};
use crate::{
    model::{Chain, ChainHead, JournalRow, TenantId},
    payment::journal::CODE_VERSION,
};
use amb_protocol::apple_pay::MerchantIdentifier;

/// Rows of which bytes are made before parts are looked for.
const PORTION: usize = 512;

/// The names of a day's files besides its control file, with their content types.
pub const FILES: [(&str, &str); 3] = [
    ("journal.csv", "text/csv; charset=utf-8"),
    ("journal.parquet", "application/vnd.apache.parquet"),
    ("ledger.csv", "text/csv; charset=utf-8"),
];

/// Whose day it is, and what came before.
#[derive(Clone, Debug)]
pub struct DayBasis {
    /// The owner.
    pub tenant: TenantId,
    /// The merchant.
    pub merchant: MerchantIdentifier,
    /// The day.
    pub day: Date,
    /// The control file before and how it is named; none on the merchant's first day.
    pub previous: Option<(Control, PreviousControl)>,
}

/// Why a day cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum DayFault {
    /// The Parquet file cannot be written.
    #[error("the Parquet file cannot be written")]
    Parquet(#[from] ParquetError),
    /// The day's amounts are too much.
    #[error(transparent)]
    TooMuch(#[from] TooMuch),
}

/// A part of a file, in the order in which it belongs there.
#[derive(Debug)]
pub struct Part {
    /// The file's name.
    pub file: &'static str,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A day that is being written. Rows come chain by chain, each in its order.
#[derive(Debug)]
pub struct DayWriter {
    basis: DayBasis,
    csv: CsvTable,
    parquet: ParquetJournal,
    ledger: CsvTable,
    outputs: [Output; 3],
    chains: BTreeMap<u8, Spanning>,
    sums: Sums,
    rows: u64,
}

/// A chain on its way through the day.
#[derive(Debug)]
struct Spanning {
    links: Links,
    span: ChainSpan,
}

impl DayWriter {
    /// A day without a row; parts are at least so long.
    pub fn new(basis: DayBasis, part_bytes: usize) -> Result<Self, DayFault> {
        let head = |shard| match &basis.previous {
            Some((control, _)) => control.head(shard),
            None => ChainHead::default(),
        };
        let chains =
            (0..Chain::SHARDS).map(|shard| (shard, Spanning::after(shard, head(shard), basis.day)));
        Ok(Self {
            csv: CsvTable::of_journal(),
            parquet: ParquetJournal::new()?,
            ledger: CsvTable::new(ledger::COLUMNS),
            outputs: FILES.map(|(name, _)| Output::new(name, part_bytes)),
            chains: chains.collect(),
            sums: Sums::default(),
            rows: 0,
            basis,
        })
    }

    /// Adds a row.
    pub fn row(&mut self, row: &JournalRow) -> Result<(), DayFault> {
        if let Some(chain) = self.chains.get_mut(&row.shard) {
            chain.follow(row);
        }
        self.sums.add(row)?;
        self.csv.row(row.cells());
        self.parquet.row(row)?;
        ledger::write(&mut self.ledger, &ledger::entries(row));
        self.rows += 1;
        Ok(())
    }

    /// Takes the parts that are complete. Call it now and then: nothing grows in between but them.
    pub fn parts(&mut self) -> Result<Vec<Part>, DayFault> {
        self.pour()?;
        let ready = self.outputs.iter_mut().map(|output| (output.name(), output.part()));
        Ok(ready.filter_map(|(file, bytes)| Some(Part { file, bytes: bytes? })).collect())
    }

    /// Whether it is time to look for [`parts`](Self::parts).
    pub fn is_worth_a_look(&self) -> bool {
        usize::try_from(self.rows).is_ok_and(|rows| rows % PORTION == 0)
    }

    /// Ends the day: the last part of each file, in the order of [`FILES`], and the control file.
    pub fn end(mut self) -> Result<(Vec<Part>, Control), DayFault> {
        self.pour()?;
        let Self { basis, parquet, mut outputs, chains, sums, rows, .. } = self;
        let footer = parquet.finish()?;
        let [_, parquet, _] = &mut outputs;
        parquet.add(&footer);
        let mut files: Vec<ExportedFile> = Vec::new();
        let mut parts = Vec::new();
        for output in outputs {
            let name = output.name();
            let (bytes, file) = output.end();
            parts.push(Part { file: name, bytes });
            files.push(file);
        }
        let chains: Vec<ChainSpan> = chains.into_values().map(Spanning::end).collect();
        let is_whole = chains.iter().all(|chain| chain.breaks.is_empty());
        let control = Control {
            v: Control::VERSION,
            tenant: basis.tenant,
            merchant: basis.merchant,
            day: basis.day,
            rows,
            chain: if is_whole { ChainVerdict::Whole } else { ChainVerdict::Broken },
            files,
            sums: sums.into_list(),
            chains,
            previous: basis.previous.map(|(_, previous)| previous),
            code_version: CODE_VERSION.to_owned(),
        };
        Ok((parts, control))
    }

    fn pour(&mut self) -> Result<(), DayFault> {
        let [csv, parquet, ledger] = &mut self.outputs;
        csv.add(&self.csv.take());
        parquet.add(&self.parquet.take()?);
        ledger.add(&self.ledger.take());
        Ok(())
    }
}

impl Spanning {
    fn after(shard: u8, head: ChainHead, day: Date) -> Self {
        let span = ChainSpan {
            shard,
            rows: 0,
            first_seq: None,
            last_seq: head.seq,
            prev_hash: head.hash.clone(),
            last_hash: head.hash.clone(),
            last_at: head.at,
            last_day: head.day,
            breaks: Vec::new(),
        };
        Self { links: Links::after(shard, head).of_day(day), span }
    }

    fn follow(&mut self, row: &JournalRow) {
        if let Some(fault) = self.links.follow(row)
            && self.span.breaks.len() < ChainSpan::MOST_BREAKS
        {
            self.span.breaks.push(fault);
        }
        self.span.first_seq.get_or_insert(row.seq);
        self.span.rows += 1;
    }

    fn end(self) -> ChainSpan {
        let ChainHead { seq, hash, at, day } = self.links.head().clone();
        ChainSpan { last_seq: seq, last_hash: hash, last_at: at, last_day: day, ..self.span }
    }
}
