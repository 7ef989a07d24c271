//! `amb verify-journal`: recomputes a merchant's journal from the files that were exported, and from
//! nothing else.

use amb_service::{
    finance::{
        control::{Control, PreviousControl},
        day::FILES,
        verify::Verifier,
    },
    problem::chain,
};
use clap::Args;
use jiff::civil::Date;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    fs::{self, File},
    io::{self, BufReader, Write},
    path::{Path, PathBuf},
};

/// The journal of a day. Without it nothing can be recomputed.
const JOURNAL: &str = "journal.csv";
/// The same, for Athena.
const PARQUET: &str = "journal.parquet";

/// What the command line says.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder that the finance bucket was copied to: one merchant's, or the whole of it.
    folder: PathBuf,
    /// The last day that has to be there, of every merchant: `2026-11-30`. Files cannot tell that the
    /// days after them were taken away.
    #[arg(long, value_name = "DAY")]
    until: Option<Date>,
    /// The SHA-256 of a control file that was noted earlier: it has to be among them, and with it every
    /// row up to its day is as it was. Can be given several times.
    #[arg(long, value_name = "SHA256")]
    noted: Vec<String>,
}

/// A folder that cannot be checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unchecked {
    /// A file or folder cannot be read.
    #[error("{}", .path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What was found cannot be told.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It holds no day.
    #[error("no folder `day=…` lies below this one")]
    NoDay,
}

/// Checks every merchant's days; whether all is well.
pub(crate) fn run(options: &Options, out: &mut impl Write) -> Result<bool, Unchecked> {
    let mut merchants = BTreeMap::<PathBuf, Vec<PathBuf>>::new();
    collect(&options.folder, &mut merchants)?;
    if merchants.is_empty() {
        return Err(Unchecked::NoDay);
    }
    let mut seen = BTreeSet::new();
    let mut is_whole = true;
    for (merchant, mut days) in merchants {
        // `day=2026-11-21`: their names sort as they follow.
        days.sort();
        let mut check = Check { out, verifier: Verifier::new(), found: 0, apart: 0 };
        is_whole &= check.merchant(&merchant, &days, options.until, &mut seen)?;
    }
    let noted = options.noted.iter().map(|noted| noted.trim().to_ascii_lowercase());
    for missing in noted.filter(|noted| !seen.contains(noted)) {
        is_whole = false;
        writeln!(out, "no control file has the noted SHA-256 {missing}")?;
    }
    Ok(is_whole)
}

/// One merchant's days, being read.
struct Check<'o, W> {
    out: &'o mut W,
    verifier: Verifier,
    found: u64,
    /// Days whose Parquet file lies elsewhere.
    apart: u64,
}

impl<W: Write> Check<'_, W> {
    fn merchant(
        &mut self,
        merchant: &Path,
        days: &[PathBuf],
        until: Option<Date>,
        seen: &mut BTreeSet<String>,
    ) -> Result<bool, Unchecked> {
        let mut is_from_first = None;
        for day in days {
            let place = day.join(Control::NAME);
            if !place.is_file() {
                self.find(day, &format_args!("`{}` is missing", Control::NAME))?;
                continue;
            }
            let control = fs::read(&place).map_err(|source| at(&place, source))?;
            let first = Control::read(&control).is_ok_and(|control| control.previous.is_none());
            is_from_first.get_or_insert(first);
            self.day(day, &control)?;
            seen.extend(self.verifier.last().map(|last| last.sha256.clone()));
        }
        let last = self.verifier.last().cloned();
        if let Some(until) = until
            && last.as_ref().is_none_or(|last| last.day < until)
        {
            self.find(merchant, &format_args!("its days do not go on to {until}"))?;
        }
        self.conclude(merchant, last, is_from_first.unwrap_or_default())
    }

    fn day(&mut self, day: &Path, control: &[u8]) -> Result<(), Unchecked> {
        let journal = day.join(JOURNAL);
        let findings = if journal.is_file() {
            self.verifier.day(control, BufReader::new(open(&journal)?))
        } else {
            self.verifier.day(control, io::empty())
        };
        for finding in &findings {
            self.find(day, &chain(finding))?;
        }
        for (name, _) in FILES {
            let Some(file) = lying(day, name) else {
                // Parquet may have been left where it lies.
                if name == PARQUET {
                    self.apart += 1;
                } else {
                    self.find(day, &format_args!("`{name}` is missing"))?;
                }
                continue;
            };
            if name != JOURNAL
                && let Some(finding) = self.verifier.file(name, BufReader::new(open(&file)?))
            {
                self.find(day, &chain(&finding))?;
            }
        }
        Ok(())
    }

    fn find(&mut self, place: &Path, what: &impl fmt::Display) -> Result<(), io::Error> {
        self.found += 1;
        writeln!(self.out, "{}: {what}", place.display())
    }

    fn conclude(
        &mut self,
        merchant: &Path,
        last: Option<PreviousControl>,
        is_from_first: bool,
    ) -> Result<bool, Unchecked> {
        let Self { out, verifier, found, apart } = self;
        let whose = verifier.whose().map(|(tenant, merchant)| format!("{tenant} {merchant}"));
        let whose = whose.unwrap_or_else(|| merchant.display().to_string());
        let (days, rows) = (verifier.days, verifier.rows);
        if *found > 0 {
            writeln!(out, "{whose}: {found} findings in {days} days, {rows} rows")?;
            return Ok(false);
        }
        let since = if is_from_first {
            "from the merchant's first row on"
        } else {
            "from the first day that is here on; what was before is not"
        };
        writeln!(out, "{whose}: whole, {since}: {days} days, {rows} rows")?;
        if *apart > 0 {
            writeln!(out, "  journal.parquet of {apart} days is not here, and was not compared")?;
        }
        if let Some(last) = last {
            writeln!(out, "  control file of {}: SHA-256 {}", last.day, last.sha256)?;
        }
        Ok(true)
    }
}

fn open(path: &Path) -> Result<File, Unchecked> {
    File::open(path).map_err(|source| at(path, source))
}

fn at(path: &Path, source: io::Error) -> Unchecked {
    Unchecked::File { path: path.to_owned(), source }
}

/// Days below a folder, by the folder that holds them.
fn collect(folder: &Path, into: &mut BTreeMap<PathBuf, Vec<PathBuf>>) -> Result<(), Unchecked> {
    for entry in fs::read_dir(folder).map_err(|source| at(folder, source))? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        let (path, name) = (entry.path(), entry.file_name());
        // In the bucket, Parquet lies in days of its own.
        let is_parquet = path.join(PARQUET).is_file() && !path.join(JOURNAL).is_file();
        let is_day = name.to_string_lossy().starts_with("day=") && !is_parquet;
        if is_day || path.join(Control::NAME).is_file() {
            into.entry(folder.to_owned()).or_default().push(path);
        } else {
            collect(&path, into)?;
        }
    }
    Ok(())
}

/// A file of a day: beside its control file, or, as Parquet lies in the bucket, in the folder beside
/// `journal`.
fn lying(day: &Path, name: &str) -> Option<PathBuf> {
    let beside = day.join(name);
    if beside.is_file() {
        return Some(beside);
    }
    let merchant = day.parent()?;
    let bucket = merchant.parent()?.parent()?;
    let there = bucket.join("journal-parquet").join(merchant.file_name()?);
    let there = there.join(day.file_name()?).join(name);
    there.is_file().then_some(there)
}
