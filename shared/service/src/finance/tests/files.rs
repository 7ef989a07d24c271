//! What is in the files, and what the verifier finds in others.

use std::borrow::Cow;

use parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::RowAccessor,
};
use proptest::prelude::*;

use super::*;
use crate::{
    finance::{
        csv::{CsvTable, journal_document, meant, written},
        ledger::{self, TrialBalance},
        parquet::{GROUP_ROWS, ParquetJournal},
    },
    model::Cell,
};

#[test]
fn p028_what_a_spreadsheet_would_compute_is_neutralised_and_reads_back() {
    for (text, cell) in [
        ("=1+1", "'=1+1"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-1+1", "'-1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("'=1", "''=1"),
        ("-12.50", "-12.50"),
        ("-", "'-"),
        ("order \"17\", blue\r\nand red", "order \"17\", blue\r\nand red"),
        ("plain", "plain"),
        ("", "'"),
    ] {
        assert_eq!(written(Cell::Text(Cow::Borrowed(text))), cell, "{text:?}");
        assert_eq!(meant(cell), Some(text));
    }
    assert_eq!(written(Cell::Nothing), "");
    assert_eq!(meant(""), None);
    for now_acting in ["＝1", "＋1", "－1", "＠a", "\n1", "\0=1"] {
        assert_eq!(written(Cell::Text(now_acting.into())), format!("'{now_acting}"));
        assert_eq!(meant(now_acting), Some(now_acting), "as older files have it");
    }
}

#[test]
fn p028_a_table_is_rfc_4180() {
    let mut table = CsvTable::new(&["a", "b"]);
    table.row([Cell::Text("x \"y\"\r\nz,".into()), Cell::Number(-5)]);
    let text = String::from_utf8(table.take()).unwrap();
    assert_eq!(text, "a,b\r\n\"x \"\"y\"\"\r\nz,\",-5\r\n");
}

proptest! {
    #[test]
    fn p028_every_text_reads_back_and_no_cell_begins_with_a_formula(text in "[=+@＝＋－＠\t\r\0'\\-0-9.a-z\"\n, ]{0,12}|.{0,20}") {
        let cell = written(Cell::Text(Cow::Borrowed(&text))).into_owned();
        prop_assert_eq!(meant(&cell), Some(text.as_str()));
        let is_number = cell.trim_start_matches('-').starts_with(|c: char| c.is_ascii_digit());
        prop_assert!(!cell.starts_with(['=', '+', '@', '＝', '＋', '－', '＠', '\t', '\r', '\n', '\0']));
        prop_assert!(!cell.starts_with('-') || is_number);
    }

    #[test]
    fn p028_a_row_reads_back_from_csv_with_its_hash(reference in "[^\0]{1,20}", cents in any::<i64>()) {
        let shop = Shop::new(1);
        let payment = shop.payment();
        let row = JournalRow { reference: Some(reference), ..shop.row(JournalEvent::Captured, &payment, 1) };
        let row = JournalRow { amount_minor: Some(Minor::new(cents)), weak_flag: Some(true), ..row };
        shop.write(vec![row]);
        let rows: Vec<_> = shop.world.world().book.journal.values().flatten().cloned().collect();
        let read: Vec<_> = JournalRows::open(journal_document(&rows).as_bytes())
            .unwrap()
            .map(Result::unwrap)
            .collect();
        prop_assert_eq!(&read, &rows);
        prop_assert_eq!(read[0].hash_of(), read[0].hash.clone());
    }

    #[test]
    fn every_group_of_the_ledger_sums_up_to_zero(
        events in proptest::collection::vec((0..JournalEvent::ALL.len(), any::<i64>(), any::<Option<i32>>(), 0..4_usize), 1..40),
    ) {
        let shop = Shop::new(1);
        let payment = shop.payment();
        let mut all = TrialBalance::default();
        for (event, cents, fee, decision) in events {
            let decision = ["clearing", "exchange", "fee", "suspense"][decision];
            let row = JournalRow {
                fee_minor: fee.map(|fee| Minor::new(fee.into())),
                held_minor: fee.map(|held| Minor::new(held.into())),
                decision: Some(decision.to_owned()),
                told: Some("success".to_owned()),
                ..shop.row(JournalEvent::ALL[event], &payment, cents)
            };
            let entries = ledger::entries(&row);
            let mut group = TrialBalance::default();
            group.add(&entries);
            prop_assert_eq!(group.check(), Ok(()));
            all.add(&entries);
        }
        prop_assert_eq!(all.check(), Ok(()));
    }
}

#[test]
fn a_file_of_an_earlier_version_reads_with_its_hashes_and_one_of_a_later_is_refused() {
    let shop = Shop::new(1);
    shop.sale(100);
    let rows: Vec<_> = shop.world.world().book.journal.values().flatten().cloned().collect();
    let of = |keep: &dyn Fn(&str) -> bool, more: &str| {
        let keeps: Vec<bool> = JournalRow::COLUMNS.iter().map(|name| keep(name)).collect();
        let document = journal_document(&rows);
        let cut = |line: &str| {
            let cells = line.split(',').zip(&keeps).filter(|(_, keep)| **keep);
            cells.map(|(cell, _)| cell).collect::<Vec<_>>().join(",") + more
        };
        document.lines().map(cut).collect::<Vec<_>>().join("\r\n")
    };
    let earlier = of(&|name| name != "weak_flag" && name != "fence", "");
    let read: Vec<_> = JournalRows::open(earlier.as_bytes()).unwrap().map(Result::unwrap).collect();
    assert_eq!(read, rows);
    assert!(read.iter().all(|row| row.hash == row.hash_of()));
    assert!(JournalRows::open(of(&|name| name != "seq", "").as_bytes()).is_err());
    assert!(JournalRows::open(of(&|_| true, ",later").as_bytes()).is_err());
}

#[test]
fn the_hash_is_made_over_what_a_row_holds() {
    let shop = Shop::new(1);
    let mut row = shop.row(JournalEvent::Captured, &shop.payment(), 5);
    row.reference = Some("\"ü\"\n".to_owned());
    row.weak_flag = Some(false);
    let canonical = row.canonical();
    assert!(canonical.starts_with(r#"{"seq":0,"shard":0,"ts_utc":"1970-01-01T00:00:00Z","#));
    assert!(
        canonical.contains(
            r#","reference":"\"ü\"\n","event_type":"CAPTURED","currency":"USD","amount_minor":5,"#
        ),
        "{canonical}"
    );
    assert!(canonical.contains(r#","weak_flag":false,"#));
    assert!(canonical.ends_with(r#","prev_hash":""}"#) && !canonical.contains("null"));
}

#[test]
fn the_ledger_of_a_sale_that_was_settled_leaves_its_fee_and_its_money_in_the_bank() {
    let shop = Shop::new(1);
    let payment = shop.payment();
    let told = JournalRow {
        told: Some("success".to_owned()),
        decision: Some("approved".to_owned()),
        held_minor: Some(Minor::new(10_000)),
        ..shop.row(JournalEvent::Told, &payment, 10_000)
    };
    let settled = JournalRow {
        fee_minor: Some(Minor::new(320)),
        ..shop.row(JournalEvent::Settled, &payment, 10_000)
    };
    let rows = [told, shop.captured(&payment, 10_000), settled];
    let mut balance = TrialBalance::default();
    balance.add(&ledger::ledger(&rows));
    let balances: Vec<_> = balance.balances().map(|(_, account, sum)| (account, sum)).collect();
    assert_eq!(
        balances,
        [
            ("bank", 9_680),
            ("customer_authorised", 0),
            ("customer_receivable", -10_000),
            ("psp_authorised:stripe:USD", 0),
            ("psp_clearing:stripe:USD", 0),
            ("psp_fees", 320),
        ]
    );
}

#[test]
fn parquet_holds_the_same_rows_typed_and_its_bytes_are_the_same_again() {
    let shop = Shop::new(1);
    let payment = shop.payment();
    let mut rows = Vec::new();
    for cents in 0..i64::try_from(GROUP_ROWS).unwrap() + 3 {
        rows.push(shop.row(JournalEvent::Captured, &payment, cents));
    }
    shop.write(rows);
    let rows: Vec<_> = shop.world.world().book.journal.values().flatten().cloned().collect();
    let bytes = || {
        let mut file = ParquetJournal::new().unwrap();
        let mut bytes = Vec::new();
        for (at, row) in rows.iter().enumerate() {
            file.row(row).unwrap();
            if at % 1_000 == 0 {
                bytes.extend(file.take().unwrap());
            }
        }
        bytes.extend(file.finish().unwrap());
        bytes
    };
    assert_eq!(bytes(), bytes());
    let reader = SerializedFileReader::new(crate::port::Bytes::from(bytes())).unwrap();
    assert_eq!(reader.metadata().num_row_groups(), 2);
    let place = |name| JournalRow::COLUMNS.iter().position(|column| *column == name).unwrap();
    let read = reader.get_row_iter(None).unwrap().map(Result::unwrap);
    let mut count = 0_i64;
    for (row, ours) in read.zip(&rows) {
        assert_eq!(row.get_long(place("amount_minor")).unwrap(), count);
        assert_eq!(row.get_string(place("hash")).unwrap(), &ours.hash);
        assert_eq!(
            row.get_timestamp_millis(place("ts_utc")).unwrap(),
            ours.ts_utc.as_millisecond()
        );
        count += 1;
    }
    assert_eq!(count, i64::try_from(rows.len()).unwrap());
}

/// Two days with some payments in them.
fn two_days() -> Shop {
    let shop = Shop::new(12);
    for _ in 0..2 {
        for cents in [6_399, 1, 250_000, 12] {
            shop.sale(cents);
        }
        shop.pass_days(1);
    }
    shop.export();
    shop
}

/// What somebody does to a journal.
#[derive(Clone, Debug)]
enum Tampering {
    Remove(usize),
    Swap(usize, usize),
    Repeat(usize),
    Edit(usize, usize, String),
}

fn tampering() -> impl Strategy<Value = Tampering> {
    let columns = 0..JournalRow::COLUMNS.len();
    prop_oneof![
        any::<usize>().prop_map(Tampering::Remove),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Tampering::Swap(a, b)),
        any::<usize>().prop_map(Tampering::Repeat),
        (any::<usize>(), columns, "[a-z0-9]{0,6}")
            .prop_map(|(row, column, text)| Tampering::Edit(row, column, text)),
    ]
}

/// The journal with it; none if nothing changed.
fn tampered(file: &[u8], how: &Tampering) -> Option<Vec<u8>> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(file);
    let mut lines: Vec<Vec<String>> = reader
        .records()
        .map(|record| record.unwrap().iter().map(str::to_owned).collect())
        .collect();
    let before = lines.clone();
    let rows = lines.len() - 1;
    let place = |row: &usize| 1 + row % rows;
    match how {
        Tampering::Remove(row) => {
            lines.remove(place(row));
        }
        Tampering::Swap(a, b) => lines.swap(place(a), place(b)),
        Tampering::Repeat(row) => {
            let line = lines[place(row)].clone();
            lines.insert(place(row), line);
        }
        Tampering::Edit(row, column, text) => lines[place(row)][*column].clone_from(text),
    }
    let mut writer =
        ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(Vec::new());
    for line in &lines {
        writer.write_record(line).unwrap();
    }
    (before != lines).then(|| writer.into_inner().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_edit_removal_and_reordering_is_found(how in tampering(), day in 0..2_usize) {
        let shop = two_days();
        let days = [november(18), november(19)];
        let key = ExportKey::day(&shop.tenant, &shop.merchant, days[day], "journal.csv");
        let file = shop.file(days[day], "journal.csv").unwrap();
        let Some(forged) = tampered(&file, &how) else { return Ok(()) };
        shop.world.world().exports.files.insert(key, forged.clone());
        // Somebody who mends the control file's hash of the journal too.
        let mut control = shop.control(days[day]);
        control.files[0].bytes = forged.len() as u64;
        control.files[0].sha256 = crate::finance::control::sha256(&forged);
        let key = ExportKey::day(&shop.tenant, &shop.merchant, days[day], Control::NAME);
        let honest = shop.verify(&days);
        let is_found = honest.iter().any(|it| matches!(it, Finding::File { .. }));
        prop_assert!(is_found);
        shop.world.world().exports.files.insert(key, control.to_bytes());
        let found = shop.verify(&days);
        let in_rows = found.iter().any(|it| matches!(
            it,
            Finding::Chain { .. } | Finding::Total { .. } | Finding::Journal { .. } | Finding::Stranger { .. }
        ));
        prop_assert!(in_rows, "{:?}: {:?}", how, found);
    }
}

#[test]
fn a_day_that_is_missing_and_a_control_file_that_was_mended_are_found() {
    let shop = two_days();
    shop.pass_days(1);
    shop.export();
    let days = [november(18), november(19), november(20)];
    assert!(shop.verify(&days).is_empty());
    assert!(shop.verify(&days[1..]).is_empty(), "a later beginning is good");
    let found = shop.verify(&[days[0], days[2]]);
    assert!(found.iter().any(|it| matches!(it, Finding::DayMissing { .. })), "{found:?}");
    let mut control = shop.control(days[0]);
    control.code_version = "another".to_owned();
    let key = ExportKey::day(&shop.tenant, &shop.merchant, days[0], Control::NAME);
    shop.world.world().exports.files.insert(key, control.to_bytes());
    let found = shop.verify(&days);
    assert!(found.iter().any(|it| matches!(it, Finding::Previous { .. })), "{found:?}");
}

/// The text of a file of this repository.
fn file(path: &str) -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).unwrap()
}

#[test]
fn every_column_is_explained_to_finance_and_known_to_athena() {
    let (readme, athena) = (file("README.md"), file("infra/finance/athena.sql"));
    let columns = readme.split("| columns of the journal |").nth(1).unwrap();
    for shape in JournalRow::SHAPES {
        assert!(columns.contains(&format!("`{}`", shape.name)), "README: {}", shape.name);
        let kind = match shape.kind {
            crate::model::CellKind::Text => "string",
            crate::model::CellKind::Number => "bigint",
            crate::model::CellKind::Flag => "boolean",
            crate::model::CellKind::Instant => "timestamp",
            // The partition.
            crate::model::CellKind::Day => continue,
        };
        assert!(athena.contains(&format!("\n  {} {kind}", shape.name)), "Athena: {}", shape.name);
    }
}
