//! `amb verify-journal`: recomputes a merchant's journal from the files that were exported, and from
//! nothing else.

use amb_service::finance::{
    control::Control,
    day::FILES,
    verify::{Finding, Verifier},
};
use clap::Args;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufReader, Write},
    path::{Path, PathBuf},
};

/// What the command line says.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The folder that the finance bucket was copied to: one merchant's, or the whole of it.
    folder: PathBuf,
}

/// A folder that cannot be checked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unchecked {
    /// A file cannot be read, or what was found cannot be told.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It holds no day.
    #[error("no `day=…/control.json` lies below this folder")]
    NoDay,
}

/// Checks every merchant's days; whether all is well.
pub(crate) fn run(options: &Options, out: &mut impl Write) -> Result<bool, Unchecked> {
    let mut merchants = BTreeMap::<PathBuf, Vec<PathBuf>>::new();
    collect(&options.folder, &mut merchants)?;
    if merchants.is_empty() {
        return Err(Unchecked::NoDay);
    }
    let mut is_whole = true;
    for (merchant, mut days) in merchants {
        // `day=2026-11-21`: their names sort as they follow.
        days.sort();
        is_whole &= check(&merchant, &days, out)?;
    }
    Ok(is_whole)
}

fn check(merchant: &Path, days: &[PathBuf], out: &mut impl Write) -> Result<bool, Unchecked> {
    let (mut verifier, mut found) = (Verifier::new(), 0_u64);
    let mut is_from_first = None;
    for day in days {
        let control = fs::read(day.join(Control::NAME))?;
        let read = Control::read(&control).ok();
        is_from_first.get_or_insert(read.is_some_and(|control| control.previous.is_none()));
        let journal = BufReader::new(File::open(day.join("journal.csv"))?);
        let mut findings = verifier.day(&control, journal);
        for (name, _) in FILES.iter().filter(|(name, _)| *name != "journal.csv") {
            if let Some(file) = lying(day, name) {
                findings.extend(verifier.file(name, BufReader::new(File::open(file)?)));
            }
        }
        for finding in &findings {
            writeln!(out, "{}: {}", day.display(), chain(finding))?;
        }
        found += findings.len() as u64;
    }
    let whose = verifier.whose().map(|(tenant, merchant)| format!("{tenant} {merchant}"));
    let whose = whose.unwrap_or_else(|| merchant.display().to_string());
    let (days, rows) = (verifier.days, verifier.rows);
    if found > 0 {
        writeln!(out, "{whose}: {found} findings in {days} days, {rows} rows")?;
        return Ok(false);
    }
    let since = match is_from_first {
        Some(true) => "from the merchant's first row on",
        _ => "from the first day that is here on; what was before is not",
    };
    writeln!(out, "{whose}: whole, {since}: {days} days, {rows} rows")?;
    if let Some(last) = verifier.last() {
        writeln!(out, "  control file of {}: SHA-256 {}", last.day, last.sha256)?;
    }
    Ok(true)
}

/// Days below a folder, by the folder that holds them.
fn collect(folder: &Path, into: &mut BTreeMap<PathBuf, Vec<PathBuf>>) -> Result<(), io::Error> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if !entry.file_type()?.is_dir() {
            continue;
        }
        let path = entry.path();
        if path.join(Control::NAME).is_file() {
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

/// A finding with its causes.
fn chain(finding: &Finding) -> String {
    let mut text = finding.to_string();
    let mut cause = std::error::Error::source(finding);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use amb_protocol::apple_pay::MerchantIdentifier;
    use amb_service::{
        finance::day::{DayBasis, DayWriter},
        model::{Chain, ChainHead, JournalEvent, JournalRow, TenantId},
        payment::journal,
    };
    use jiff::{Timestamp, civil::Date};

    fn exported(folder: &Path) -> PathBuf {
        let tenant = TenantId::parse("ten_aaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap();
        let merchant = MerchantIdentifier::parse("merchant.com.example").unwrap();
        let (chain, day) = (Chain::first(&tenant, &merchant), Date::constant(2026, 11, 21));
        let at: Timestamp = "2026-11-21T09:00:00Z".parse().unwrap();
        let draft = JournalRow::draft(JournalEvent::ConfigChanged, &tenant, &merchant);
        let rows = journal::chain(&chain, &ChainHead::default(), "UTC", at, vec![draft; 3]);
        let basis = DayBasis { tenant, merchant, day, previous: None };
        let mut writer = DayWriter::new(basis, 1 << 20).unwrap();
        for row in &rows {
            writer.row(row).unwrap();
        }
        let (parts, control) = writer.end().unwrap();
        let day = folder.join("merchant=merchant.com.example/day=2026-11-21");
        fs::create_dir_all(&day).unwrap();
        for part in parts {
            fs::write(day.join(part.file), part.bytes).unwrap();
        }
        fs::write(day.join(Control::NAME), control.to_bytes()).unwrap();
        day
    }

    fn verified(folder: &Path) -> (Result<bool, Unchecked>, String) {
        let mut out = Vec::new();
        let checked = run(&Options { folder: folder.to_owned() }, &mut out);
        (checked, String::from_utf8(out).unwrap())
    }

    #[test]
    fn a_folder_is_whole_or_says_where_it_is_not() {
        let folder = std::env::temp_dir().join(format!("amb-verify-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert!(matches!(verified(&folder).0, Err(Unchecked::NoDay)));
        let day = exported(&folder);
        let (checked, told) = verified(&folder);
        assert!(
            checked.unwrap() && told.contains("whole, from the merchant's first row on"),
            "{told}"
        );
        let journal = day.join("journal.csv");
        let text = fs::read_to_string(&journal).unwrap();
        fs::write(&journal, text.replacen("CONFIG_CHANGED", "OFFER_SENT", 1)).unwrap();
        let (checked, told) = verified(&folder);
        assert!(!checked.unwrap() && told.contains("row 1: Hash"), "{told}");
        fs::remove_dir_all(&folder).unwrap();
    }
}
