//! Whether exports are whole: recomputed from the files alone, without the system that wrote them.

use amb_protocol::apple_pay::MerchantIdentifier;
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::civil::Date;
use std::{
    collections::BTreeMap,
    io::{self, Read},
};

use super::{
    control::{ChainSpan, Control, ExportedFile, PreviousControl, Sums},
    csv::{CsvFault, JournalRows},
    links::{Break, Broken, Links},
};
use crate::model::{Chain, ChainHead, TenantId};

/// Something that is wrong with the exports.
#[derive(Debug, thiserror::Error)]
pub enum Finding {
    /// The control file cannot be read.
    #[error("the control file cannot be read")]
    Control(#[source] serde_json::Error),
    /// It belongs to another merchant or tenant than the one before.
    #[error("{day}: the control file belongs to somebody else")]
    Stranger {
        /// Its day.
        day: Date,
    },
    /// It is not of the next day.
    #[error("{day}: a day is missing before it, or it stands out of order")]
    DayMissing {
        /// Its day.
        day: Date,
    },
    /// It names another file as the one before.
    #[error("{day}: the control file before it is not the one that it names")]
    Previous {
        /// Its day.
        day: Date,
    },
    /// The journal cannot be read.
    #[error("{day}: the journal cannot be read")]
    Journal {
        /// Its day.
        day: Date,
        /// Why.
        #[source]
        source: CsvFault,
    },
    /// A row is missing, was changed, or stands where it does not belong.
    #[error("{day}: chain {}, row {}: {}", .fault.shard, .fault.seq, .fault.what)]
    Chain {
        /// The day.
        day: Date,
        /// Where, and what.
        fault: Break,
    },
    /// The file is not the one that was exported.
    #[error("{day}: `{file}` is not the file that was exported")]
    File {
        /// The day.
        day: Date,
        /// The file's name.
        file: String,
    },
    /// There are not as many rows as the control file says.
    #[error("{day}: the control file says {said} rows, and there are {there}")]
    Rows {
        /// The day.
        day: Date,
        /// What the control file says.
        said: u64,
        /// What was read.
        there: u64,
    },
    /// The control file does not say what the rows come to.
    #[error("{day}: the control file is wrong about {what}")]
    Total {
        /// The day.
        day: Date,
        /// What: `sums`, `chains`.
        what: &'static str,
    },
}

/// Reads days in order, and holds each against the one before.
#[derive(Debug, Default)]
pub struct Verifier {
    previous: Option<(Control, PreviousControl)>,
    /// Days that were read.
    pub days: u64,
    /// Rows that were read.
    pub rows: u64,
}

impl Verifier {
    /// Nothing was read so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whose exports they are.
    pub fn whose(&self) -> Option<(&TenantId, &MerchantIdentifier)> {
        self.previous.as_ref().map(|(control, _)| (&control.tenant, &control.merchant))
    }

    /// The last control file that was read. Who has its hash from elsewhere can trust everything
    /// before.
    pub fn last(&self) -> Option<&PreviousControl> {
        self.previous.as_ref().map(|(_, previous)| previous)
    }

    /// Reads a day: its control file and its `journal.csv`. What is wrong with it.
    pub fn day<R: Read>(&mut self, control: &[u8], journal: R) -> Vec<Finding> {
        let mut findings = Vec::new();
        let read = match Control::read(control) {
            Ok(read) => read,
            Err(fault) => return vec![Finding::Control(fault)],
        };
        let day = read.day;
        self.days += 1;
        self.follows(&read, &mut findings);
        let heads = self.heads(&read);
        let mut hashing =
            Hashing { inner: journal, digest: digest::Context::new(&digest::SHA256), bytes: 0 };
        let told = Told::of(&read, heads, &mut hashing, &mut findings);
        self.rows += told.rows;
        // What is left of a file that could not be read to its end.
        let rest = io::copy(&mut hashing, &mut io::sink());
        let file = read.files.iter().find(|file| file.name == "journal.csv");
        if rest.is_err() || !file.is_some_and(|file| hashing.is(file)) {
            findings.push(Finding::File { day, file: "journal.csv".to_owned() });
        }
        told.hold_against(&read, &mut findings);
        let previous = read.as_previous(control);
        self.previous = Some((read, previous));
        findings
    }

    /// Holds another file of the day that was read last against its control file.
    pub fn file<R: Read>(&self, name: &str, mut bytes: R) -> Option<Finding> {
        let (control, _) = self.previous.as_ref()?;
        let file = control.files.iter().find(|file| file.name == name)?;
        let mut hashing =
            Hashing { inner: &mut bytes, digest: digest::Context::new(&digest::SHA256), bytes: 0 };
        let read = io::copy(&mut hashing, &mut io::sink());
        let is_same = read.is_ok() && hashing.is(file);
        (!is_same).then(|| Finding::File { day: control.day, file: name.to_owned() })
    }

    /// Whether a control file follows the one before.
    fn follows(&self, read: &Control, findings: &mut Vec<Finding>) {
        let day = read.day;
        let Some((before, named)) = &self.previous else { return };
        if (&before.tenant, &before.merchant) != (&read.tenant, &read.merchant) {
            findings.push(Finding::Stranger { day });
        }
        if before.day.tomorrow().ok() != Some(day) {
            findings.push(Finding::DayMissing { day });
        }
        if read.previous.as_ref() != Some(named) {
            findings.push(Finding::Previous { day });
        }
    }

    /// Where the chains stood before the day: as the control file before says, or, should the first
    /// that is there not be the merchant's first, as it says itself.
    fn heads(&self, read: &Control) -> BTreeMap<u8, ChainHead> {
        let spans = read.chains.iter();
        spans
            .map(|span| {
                let head = match &self.previous {
                    Some((before, _)) => before.head(span.shard),
                    None if read.previous.is_none() => ChainHead::default(),
                    None => ChainHead {
                        seq: span.first_seq.map_or(span.last_seq, |first| first.saturating_sub(1)),
                        hash: span.prev_hash.clone(),
                        ..ChainHead::default()
                    },
                };
                (span.shard, head)
            })
            .collect()
    }
}

/// What the rows of a day come to.
struct Told {
    day: Date,
    rows: u64,
    sums: Option<Sums>,
    spans: BTreeMap<u8, (ChainHead, u64, Option<u64>, Links)>,
}

impl Told {
    fn of<R: Read>(
        control: &Control,
        heads: BTreeMap<u8, ChainHead>,
        journal: R,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let day = control.day;
        let spans = heads.into_iter().map(|(shard, head)| {
            let links = Links::after(shard, head.clone()).of_day(day);
            (shard, (head, 0, None, links))
        });
        let mut told = Self { day, rows: 0, sums: Some(Sums::default()), spans: spans.collect() };
        let rows = match JournalRows::open(journal) {
            Ok(rows) => rows,
            Err(source) => {
                findings.push(Finding::Journal { day, source });
                return told;
            }
        };
        let mut shard = 0;
        for row in rows {
            let row = match row {
                Ok(row) => row,
                Err(source) => {
                    findings.push(Finding::Journal { day, source });
                    // A row that cannot be read is missing: what follows tells so once more.
                    continue;
                }
            };
            told.rows += 1;
            // Chain by chain: rows of two chains that changed places break neither.
            if row.shard < shard {
                let fault = Break { shard: row.shard, seq: row.seq, what: Broken::Gap };
                findings.push(Finding::Chain { day, fault });
            }
            shard = row.shard;
            if (&row.tenant_id, &row.merchant_id) != (&control.tenant, &control.merchant) {
                findings.push(Finding::Stranger { day });
            }
            told.sums = told.sums.take().and_then(|mut sums| sums.add(&row).ok().map(|()| sums));
            let Some((_, rows, first, links)) = told.spans.get_mut(&row.shard) else {
                findings.push(Finding::Total { day, what: "chains" });
                continue;
            };
            *rows += 1;
            first.get_or_insert(row.seq);
            findings.extend(links.follow(&row).map(|fault| Finding::Chain { day, fault }));
        }
        told
    }

    fn hold_against(self, control: &Control, findings: &mut Vec<Finding>) {
        let day = self.day;
        if self.rows != control.rows {
            findings.push(Finding::Rows { day, said: control.rows, there: self.rows });
        }
        if self.sums.map(Sums::into_list).as_ref() != Some(&control.sums) {
            findings.push(Finding::Total { day, what: "sums" });
        }
        let same = |span: &ChainSpan| {
            self.spans.get(&span.shard).is_some_and(|(before, rows, first, links)| {
                (*rows, *first) == (span.rows, span.first_seq)
                    && before.hash == span.prev_hash
                    && links.head().seq == span.last_seq
                    && links.head().hash == span.last_hash
            })
        };
        // A chain that is named by nobody would be missed by nobody.
        let has_all = control.chains.iter().map(|span| span.shard).eq(0..Chain::SHARDS);
        if !has_all || !control.chains.iter().all(same) {
            findings.push(Finding::Total { day, what: "chains" });
        }
    }
}

/// Hashes what is read through it.
struct Hashing<R> {
    inner: R,
    digest: digest::Context,
    bytes: u64,
}

impl<R> Hashing<R> {
    fn is(&self, file: &ExportedFile) -> bool {
        let sha256 = HEXLOWER.encode(self.digest.clone().finish().as_ref());
        self.bytes == file.bytes && sha256 == file.sha256
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(into)?;
        self.digest.update(into.get(..read).unwrap_or_default());
        self.bytes += read as u64;
        Ok(read)
    }
}
