//! A day of the books, as files. It is written by a process of its own, whose memory is nobody
//! else's.

use std::{
    env,
    error::Error,
    fs,
    process::{Command, Stdio},
};

use amb_service::{
    finance::{
        control::ChainVerdict,
        day::{DayBasis, DayWriter, FILES},
    },
    model::{Chain, JournalRow},
    port::PART_BYTES,
};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Fallible, journal::Books};
use crate::{
    clock::{micros, thread_nanos},
    report::Report,
};

/// What tells this program to be the process that writes.
pub(crate) const ARGUMENT: &str = "--export";
const ROWS: u64 = 1_000_000;
/// Rows that the export reads at once.
const PAGE: usize = 500;
const DAY: Date = Date::constant(2026, 11, 20);

/// What writing a day came to.
#[derive(Debug, Deserialize, Serialize)]
struct Written {
    rows: u64,
    /// Processor time, in microseconds, without what drew the rows up.
    micros: f64,
    /// Bytes of each file, in the order of [`FILES`].
    bytes: Vec<u64>,
    peak_rss_kib: f64,
}

/// Measures a million rows.
pub(super) fn measure(report: &mut Report) -> Fallible<()> {
    let child = Command::new(env::current_exe()?)
        .args([ARGUMENT, &ROWS.to_string()])
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if !child.status.success() {
        return Err(format!("the export ended with {}", child.status).into());
    }
    let written: Written = serde_json::from_slice(&child.stdout)?;
    let files = FILES.iter().zip(&written.bytes);
    let files: Vec<_> =
        files.map(|((name, _), bytes)| format!("{name} {} MB", bytes / 1_000_000)).collect();
    let seconds = written.micros / 1_000_000.0;
    let rows = f64::from(u32::try_from(written.rows).unwrap_or(u32::MAX));
    let note = format!(
        "{} rows in {seconds:.1} s of processor time, chains checked: {}; without AWS",
        written.rows,
        files.join(", ")
    );
    report.figure("payments.export_rows_per_s", rows / seconds, "1/s", note);
    let note = format!("peak of a process that writes {} rows and drops the parts", written.rows);
    report.figure("payments.export_rss_mb", written.peak_rss_kib / 1024.0, "MiB", note);
    Ok(())
}

/// The process that writes: so many rows in; what it came to, as JSON.
pub(crate) fn child(rows: &str) -> Result<String, Box<dyn Error>> {
    Ok(serde_json::to_string(&write(rows.parse()?)?)?)
}

/// Writes a day as the export does, and drops what it would put into the bucket.
fn write(rows: u64) -> Fallible<Written> {
    let first = Books::new(0)?.chain;
    let basis =
        DayBasis { tenant: first.tenant, merchant: first.merchant, day: DAY, previous: None };
    let mut nanos = 0;
    let mut writer = DayWriter::new(basis, PART_BYTES)?;
    let mut left = rows;
    for shard in 0..Chain::SHARDS {
        let mut books = Books::new(shard)?;
        // Each of the chains that are left has its part of what is left.
        let mut of_chain = left / u64::from(Chain::SHARDS - shard);
        left -= of_chain;
        while of_chain > 0 {
            let page = page(&mut books, of_chain);
            of_chain -= u64::try_from(page.len())?;
            let began = thread_nanos();
            for row in &page {
                writer.row(row)?;
            }
            drop(writer.parts()?);
            nanos += thread_nanos() - began;
        }
    }
    let began = thread_nanos();
    let (_, control) = writer.end()?;
    nanos += thread_nanos() - began;
    if (control.chain, control.rows) != (ChainVerdict::Whole, rows) {
        return Err("the day that was written is not the one that was drawn up".into());
    }
    let bytes = control.files.iter().map(|file| file.bytes).collect();
    Ok(Written { rows, micros: micros(nanos), bytes, peak_rss_kib: peak_rss_kib()? })
}

fn page(books: &mut Books, most: u64) -> Vec<JournalRow> {
    let most = usize::try_from(most).unwrap_or(usize::MAX).min(PAGE);
    let mut page = Vec::with_capacity(most);
    while page.len() < most {
        page.extend(books.life());
    }
    // What is cut off the last page of a chain, nobody looks for.
    page.truncate(most);
    page
}

/// The most memory that this process has ever held.
fn peak_rss_kib() -> Fallible<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
    Ok(kib.ok_or("Linux does not tell the peak")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_whole() {
        let written = write(2_222).unwrap();
        assert_eq!((written.rows, written.bytes.len()), (2_222, FILES.len()));
        assert!(written.bytes.iter().all(|bytes| *bytes > 1_000), "{written:?}");
    }
}
