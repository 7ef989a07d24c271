//! `amb verify-journal`: an auditor's questions, and a forger's answers.

use std::{fs, path::Path};

use jiff::civil::Date;

use crate::{
    amb,
    exported::{Exported, LAST},
};

const fn november(day: i8) -> Date {
    Date::constant(2026, 11, day)
}

fn verify(folder: &Path, more: &[&str]) -> (i32, String) {
    let folder = folder.to_str().unwrap();
    let (code, told, error) = amb(["verify-journal", folder].iter().chain(more));
    (code, told + &error)
}

/// What is said of exports that are not whole.
fn found(exported: &Exported) -> String {
    let (code, told) = verify(&exported.folder, &[]);
    assert_eq!(code, 1, "{told}");
    told
}

#[test]
fn what_was_exported_is_whole_and_ends_with_0() {
    let exported = Exported::new("whole", "stripe");
    let (_, last) = exported.control(november(20)).unwrap();
    let more = ["--until", LAST, "--noted", &last.sha256.to_uppercase()];
    let (code, told) = verify(&exported.folder, &more);
    assert_eq!(code, 0, "{told}");
    assert!(told.contains("whole, from the merchant's first row on: 3 days, 27 rows"), "{told}");
    assert!(told.contains(&format!("control file of {LAST}: SHA-256 {}", last.sha256)), "{told}");
}

#[test]
fn what_cannot_be_checked_ends_with_2_and_names_the_place() {
    let nowhere = std::env::temp_dir().join("amb-nowhere");
    let (code, told) = verify(&nowhere, &[]);
    assert!(code == 2 && told.contains("amb-nowhere: No such file"), "{told}");
    let exported = Exported::new("empty", "stripe");
    fs::remove_dir_all(exported.folder.join("journal")).unwrap();
    let (code, told) = verify(&exported.folder, &[]);
    assert!(code == 2 && told.contains("no folder `day=…`"), "{told}");
}

#[test]
fn a_changed_row_is_named() {
    let exported = Exported::new("changed", "stripe");
    let journal = exported.file(november(19), "journal.csv");
    let text = fs::read_to_string(&journal).unwrap();
    fs::write(&journal, text.replacen("CAPTURED", "REFUNDED", 1)).unwrap();
    let told = found(&exported);
    assert!(told.contains("it is not what its hash was made over"), "{told}");
    assert!(told.contains("2026-11-19: `journal.csv` is not the file that was exported"), "{told}");
}

#[test]
fn a_days_last_row_is_missed_although_its_files_were_made_anew() {
    let mut exported = Exported::new("tail", "stripe");
    let last = exported.last_row(november(18));
    exported.forget(|row| row.hash == last.hash);
    exported.write(&[november(18)]);
    let told = found(&exported);
    assert!(told.contains("2026-11-19: the control file before it is not the one"), "{told}");
    exported.write(&[november(19), november(20)]);
    let told = found(&exported);
    assert!(told.contains("a row is missing before it"), "{told}");
}

#[test]
fn who_makes_every_file_anew_is_seen_by_who_noted_a_hash() {
    let mut exported = Exported::new("anew", "stripe");
    let (_, noted) = exported.control(november(19)).unwrap();
    let shard = exported.last_row(november(18)).shard;
    exported.forget(|row| row.shard == shard);
    exported.write(&[18, 19, 20].map(november));
    let (code, told) = verify(&exported.folder, &[]);
    assert_eq!(code, 0, "files alone cannot tell: {told}");
    let (code, told) = verify(&exported.folder, &["--noted", &noted.sha256]);
    assert!(code == 1 && told.contains("no control file has the noted SHA-256"), "{told}");
}

#[test]
fn a_missing_day_is_missed_and_a_missing_end_by_who_knows_of_it() {
    let exported = Exported::new("day", "stripe");
    let (_, noted) = exported.control(november(20)).unwrap();
    let day = |day| exported.day(november(day));
    fs::remove_dir_all(day(20)).unwrap();
    let (code, told) = verify(&exported.folder, &[]);
    assert!(code == 0 && told.contains("2 days, 18 rows"), "files alone cannot tell: {told}");
    let (code, told) = verify(&exported.folder, &["--until", LAST]);
    assert!(code == 1 && told.contains("its days do not go on to 2026-11-20"), "{told}");
    let (code, told) = verify(&exported.folder, &["--noted", &noted.sha256]);
    assert!(code == 1 && told.contains(&noted.sha256), "{told}");

    let exported = Exported::new("middle", "stripe");
    let day = |day| exported.day(november(day));
    fs::remove_dir_all(day(19)).unwrap();
    let told = found(&exported);
    assert!(told.contains("2026-11-20: a day is missing before it"), "{told}");

    let exported = Exported::new("first", "stripe");
    fs::remove_dir_all(exported.day(november(18))).unwrap();
    let (code, told) = verify(&exported.folder, &[]);
    assert!(code == 0 && told.contains("what was before is not"), "{told}");
}

#[test]
fn a_chain_that_no_control_file_names_is_missed() {
    let mut exported = Exported::new("chain", "stripe");
    let shard = exported.last_row(november(18)).shard;
    exported.forget(|row| row.shard == shard);
    let mut previous = None;
    for day in [18, 19, 20].map(november) {
        exported.write(&[day]);
        let (mut control, _) = exported.control(day).unwrap();
        control.chains.retain(|span| span.shard != shard);
        control.previous = previous;
        let bytes = control.to_bytes();
        fs::write(exported.file(day, "control.json"), &bytes).unwrap();
        previous = Some(control.as_previous(&bytes));
    }
    let told = found(&exported);
    assert!(told.contains("the control file is wrong about chains"), "{told}");
}

#[test]
fn rows_and_days_that_changed_places_are_found() {
    let exported = Exported::new("order", "stripe");
    let journal = exported.file(november(19), "journal.csv");
    let text = fs::read_to_string(&journal).unwrap();
    let mut lines: Vec<&str> = text.split_inclusive("\r\n").collect();
    lines.swap(1, 2);
    fs::write(&journal, lines.concat()).unwrap();
    assert!(found(&exported).contains("a row is missing before it, or it stands where"));

    let exported = Exported::new("swapped", "stripe");
    let day = |day| exported.day(november(day));
    let aside = exported.folder.join("aside");
    for (from, to) in [(day(19), aside.clone()), (day(20), day(19)), (aside, day(20))] {
        fs::rename(from, to).unwrap();
    }
    assert!(found(&exported).contains("a day is missing before it, or it stands out of order"));
}

#[test]
fn a_missing_file_is_a_finding_and_parquet_that_was_left_is_told() {
    for name in ["journal.csv", "ledger.csv", "control.json"] {
        let exported = Exported::new(&format!("no-{name}"), "stripe");
        fs::remove_file(exported.file(november(20), name)).unwrap();
        let told = found(&exported);
        assert!(told.contains(&format!("`{name}` is missing")), "{told}");
    }
    let exported = Exported::new("no-parquet", "stripe");
    fs::remove_dir_all(exported.folder.join("journal-parquet")).unwrap();
    let (code, told) = verify(&exported.folder, &[]);
    assert!(code == 0 && told.contains("journal.parquet of 3 days is not here"), "{told}");
    let exported = Exported::new("other-parquet", "stripe");
    fs::write(exported.file(november(19), "journal.parquet"), b"PAR1").unwrap();
    assert!(found(&exported).contains("`journal.parquet` is not the file"));
}
