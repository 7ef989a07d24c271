//! `amb match`: a provider's report held against exported days, without the system that wrote them.
//! Nothing is written into any journal.

use amb_service::finance::{
    Book,
    csv::{CsvFault, JournalRows},
    matching::{Bounds, hold},
    report::{ReportFault, ReportForm, read},
    settle::{result_csv, result_json},
};
use clap::{Args, ValueEnum};
use std::{
    fs::{self, File},
    io::{self, BufReader, Write},
    path::{Path, PathBuf},
};

/// What the command line says.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Whose report it is.
    #[arg(long)]
    psp: Provider,
    /// The report: Stripe's `payout_reconciliation.itemized.5`, or Adyen's Settlement details.
    report: PathBuf,
    /// The folder that one merchant's exported days were copied to.
    #[arg(long)]
    journal: PathBuf,
    /// Answer with the whole table, a line per line of the report, instead of the exceptions.
    #[arg(long)]
    csv: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Provider {
    Stripe,
    Adyen,
}

/// A report that cannot be matched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unmatched {
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
    /// The report is not what it should be.
    #[error("{}", .file.display())]
    Report {
        /// The file.
        file: PathBuf,
        /// Why.
        source: ReportFault,
    },
    /// A day's journal cannot be read.
    #[error("{}", .file.display())]
    Journal {
        /// The file.
        file: PathBuf,
        /// Why.
        source: CsvFault,
    },
    /// Without a journal, nothing would match.
    #[error("no `journal.csv` lies below the folder of `--journal`")]
    NoDay,
}

/// Matches; whether there is no exception.
pub(crate) fn run(options: &Options, out: &mut impl Write) -> Result<bool, Unmatched> {
    let form = match options.psp {
        Provider::Stripe => ReportForm::Stripe,
        Provider::Adyen => ReportForm::Adyen,
    };
    let file = &options.report;
    let report = fs::read(file).map_err(|source| at(file, source))?;
    let unfit = |source| Unmatched::Report { file: file.clone(), source };
    let report = read(form, &report).map_err(unfit)?;
    let mut journals = Vec::new();
    collect(&options.journal, &mut journals)?;
    if journals.is_empty() {
        return Err(Unmatched::NoDay);
    }
    // Within a merchant's folder their names sort as the days follow.
    journals.sort();
    let mut book = Book::without(&report);
    for file in journals {
        let unread = |source| Unmatched::Journal { file: file.clone(), source };
        let opened = File::open(&file).map_err(|source| at(&file, source))?;
        for row in JournalRows::open(BufReader::new(opened)).map_err(unread)? {
            book.add(&row.map_err(unread)?);
        }
    }
    let matching = hold(&report, &book, &Bounds::default());
    let told = if options.csv { result_csv(&matching) } else { result_json(&report, &matching) };
    out.write_all(&told)?;
    let agrees = matching.lines.iter().all(|placed| placed.exceptions.is_empty());
    Ok(agrees && matching.open.iter().all(|item| item.class.is_expected()))
}

/// Every `journal.csv` below a folder.
fn collect(folder: &Path, into: &mut Vec<PathBuf>) -> Result<(), Unmatched> {
    for entry in fs::read_dir(folder).map_err(|source| at(folder, source))? {
        let (kind, path) = entry.map(|entry| (entry.file_type(), entry.path()))?;
        if kind?.is_dir() {
            collect(&path, into)?;
        } else if path.file_name().is_some_and(|name| name == "journal.csv") {
            into.push(path);
        }
    }
    Ok(())
}

fn at(path: &Path, source: io::Error) -> Unmatched {
    Unmatched::File { path: path.to_owned(), source }
}
