//! What reports leave in the books: each account means what it is called.

use jiff::SignedDuration;

use super::*;
use crate::{
    contract::Sample,
    finance::{
        ledger::{TrialBalance, ledger},
        tests::{
            Shop,
            reports::{matched, stripe, stripe_line},
        },
    },
    memory::drive,
    model::{JournalEvent, JournalRow, PaymentId, PaymentPointer},
};
use amb_protocol::money::Minor;

/// Puts a report into the bucket and has it matched.
fn settle(shop: &Shop, name: &str, lines: &[String]) -> Matched {
    put(shop, name, lines);
    matched(shop, name).unwrap()
}

fn put(shop: &Shop, name: &str, lines: &[String]) {
    let key = ExportKey::report(&shop.tenant, name).unwrap();
    shop.world.world().exports.files.insert(key, stripe(lines));
}

fn of_all(shop: &Shop) -> Vec<JournalRow> {
    shop.world.world().book.journal.values().flatten().cloned().collect()
}

/// The balances that are not zero; all together are.
fn balances(shop: &Shop) -> Vec<(String, i128)> {
    let mut balance = TrialBalance::default();
    balance.add(&ledger(&of_all(shop)));
    assert_eq!(balance.check(), Ok(()));
    let all = balance.balances().filter(|(_, _, sum)| *sum != 0);
    all.map(|(currency, account, sum)| (format!("{account} {currency}"), sum)).collect()
}

fn usd(all: &[(&str, i128)]) -> Vec<(String, i128)> {
    all.iter().map(|(account, sum)| (format!("{account} USD"), *sum)).collect()
}

fn charge(id: &str, payment: &PaymentId) -> String {
    stripe_line(id, "charge", ["100.00", "3.00", "97.00"], Some(payment))
}

#[test]
fn a_chargeback_months_later_is_known_and_one_that_is_won_again_leaves_its_fee_alone() {
    let shop = Shop::new(40);
    let payment = shop.sale(10_000);
    settle(&shop, "reports/a.csv", &[charge("txn_1", &payment)]);
    shop.pass_days(150);
    let now = shop.world.world().now.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let later = |line: String| line.replace("2026-11-24 09:00:00", &now);
    let lost = stripe_line("txn_2", "dispute", ["-100.00", "15.00", "-115.00"], Some(&payment));
    let first = settle(&shop, "reports/b.csv", &[later(lost)]);
    assert!(first.exceptions.is_empty(), "{first:?}");
    let held_back = [
        ("bank", 9_700 - 11_500),
        ("chargebacks", 10_000),
        ("customer_receivable", -10_000),
        ("psp_fees", 300 + 1_500),
    ];
    assert_eq!(balances(&shop), usd(&held_back));
    let won =
        stripe_line("txn_3", "dispute_reversal", ["100.00", "0.00", "100.00"], Some(&payment));
    settle(&shop, "reports/c.csv", &[later(won)]);
    let won = [("bank", 8_200), ("customer_receivable", -10_000), ("psp_fees", 1_800)];
    assert_eq!(balances(&shop), usd(&won));
}

#[test]
fn a_chargeback_that_the_provider_told_before_is_booked_once() {
    let shop = Shop::new(41);
    let payment = shop.sale(10_000);
    shop.write(vec![shop.row(JournalEvent::Chargeback, &payment, 10_000)]);
    let lost = stripe_line("txn_2", "dispute", ["-100.00", "15.00", "-115.00"], Some(&payment));
    settle(&shop, "reports/a.csv", &[charge("txn_1", &payment), lost]);
    let rows = of_all(&shop);
    let told = rows.iter().filter(|row| row.event_type == JournalEvent::Chargeback);
    assert_eq!(told.count(), 1);
    assert!(balances(&shop).contains(&("chargebacks USD".to_owned(), 10_000)));
    assert!(!balances(&shop).iter().any(|(account, _)| account.starts_with("psp_clearing")));
}

#[test]
fn a_chargeback_that_the_report_tells_first_stands_with_its_payment() {
    let shop = Shop::new(50);
    let [lost, won, abroad] = [0; 3].map(|_| {
        let now = shop.world.world().now;
        let mut payment = Sample::new(now, shop.world.clone()).payment();
        let (tenant, payment_id) = (shop.tenant.clone(), shop.sale(10_000));
        payment.pointer = PaymentPointer { tenant, payment: payment_id };
        payment.merchant = shop.merchant.clone();
        let pointer = payment.pointer.clone();
        shop.world.world().book.payments.insert(pointer.clone(), payment);
        pointer
    });
    let line = |id, what, sign: &str, of: &PaymentPointer| {
        let text = format!("{sign}100.00");
        stripe_line(id, what, [&text, "0.00", &text], Some(&of.payment))
    };
    let lines = [
        line("txn_1", "dispute", "-", &lost),
        line("txn_2", "dispute_reversal", "", &won),
        line("txn_3", "dispute", "-", &abroad).replace(",usd,", ",eur,"),
    ];
    settle(&shop, "reports/a.csv", &lines);
    let told = |pointer: &PaymentPointer| {
        let world = shop.world.world();
        world.book.payments.get(pointer).unwrap().charged_back_at.is_some()
    };
    assert_eq!([told(&lost), told(&won), told(&abroad)], [true, false, false]);
    let rows = of_all(&shop);
    let booked = rows.iter().filter(|row| row.event_type == JournalEvent::Chargeback);
    let booked = booked.filter(|row| row.payment_id.as_ref() == Some(&lost.payment));
    assert_eq!(booked.map(|row| row.amount_minor).collect::<Vec<_>>(), [Some(Minor::new(10_000))]);
}

#[test]
fn what_the_journal_has_no_counterpart_of_waits_in_suspense_and_nothing_is_owed() {
    let shop = Shop::new(42);
    let payment = shop.sale(10_000);
    let lines = [
        charge("txn_1", &payment),
        charge("txn_2", &payment),
        stripe_line("txn_3", "refund", ["-20.00", "0.00", "-20.00"], Some(&payment)),
    ];
    let came = settle(&shop, "reports/a.csv", &lines);
    assert_eq!(came.exceptions.get("duplicate_settlement"), Some(&2));
    assert_eq!(came.exceptions.get("refund_without_request"), Some(&1));
    let sums = [
        ("bank", 9_700 * 2 - 2_000),
        ("customer_receivable", -10_000),
        ("psp_fees", 600),
        ("suspense", -10_000 + 2_000),
    ];
    assert_eq!(balances(&shop), usd(&sums));
}

#[test]
fn a_refund_that_did_not_reach_the_customer_is_an_exception() {
    let shop = Shop::new(43);
    let payment = shop.sale(10_000);
    shop.write(vec![
        shop.row(JournalEvent::RefundRequested, &payment, 10_000),
        shop.row(JournalEvent::Refunded, &payment, 10_000),
    ]);
    let back = |id, what, sign| {
        let text = format!("{sign}100.00");
        stripe_line(id, what, [&text, "0.00", &text], Some(&payment))
    };
    let fine =
        settle(&shop, "reports/a.csv", &[charge("txn_1", &payment), back("txn_2", "refund", "-")]);
    assert!(fine.exceptions.is_empty(), "{fine:?}");
    let odd = settle(&shop, "reports/b.csv", &[back("txn_3", "refund_failure", "")]);
    assert_eq!(odd.exceptions.get("amount_diff"), Some(&1));
    assert!(balances(&shop).contains(&("psp_clearing:stripe:USD USD".to_owned(), -10_000)));
    let again = settle(
        &shop,
        "reports/c.csv",
        &[back("txn_4", "refund", "-"), back("txn_5", "refund", "-")],
    );
    assert_eq!(again.exceptions.get("amount_diff"), Some(&2), "more than was asked for, in all");
}

#[test]
fn what_is_settled_in_another_currency_clears_what_was_paid() {
    let shop = Shop::new(44);
    let payment = shop.sale(10_000);
    let header = stripe(&[]);
    let header = String::from_utf8(header).unwrap();
    let line =
        charge("txn_1", &payment).replace(",usd,100.00,3.00,97.00,", ",eur,92.00,2.80,89.20,");
    let file = format!(
        "{},customer_facing_amount,customer_facing_currency\r\n{line},100.00,usd\r\n",
        header.trim_end()
    );
    let key = ExportKey::report(&shop.tenant, "reports/a.csv").unwrap();
    shop.world.world().exports.files.insert(key, file.into_bytes());
    let came = matched(&shop, "reports/a.csv").unwrap();
    assert_eq!(came.exceptions.get("currency_diff"), Some(&1));
    let eur = |account: &str, sum| (format!("{account} EUR"), sum);
    let mut sums = vec![eur("bank", 8_920), eur("psp_fees", 280), eur("suspense", -9_200)];
    sums.extend(usd(&[("customer_receivable", -10_000), ("suspense", 10_000)]));
    assert_eq!(balances(&shop), sums);
    // And the next report takes it for settled.
    shop.pass_days(36);
    let next = charge("txn_9", &shop.sale(10_000)).replace("2026-11-24 09", "2026-12-24 09");
    let next = settle(&shop, "reports/b.csv", &[next]);
    assert!(next.exceptions.is_empty(), "{next:?}");
}

#[test]
fn what_is_not_settled_is_written_down_once_and_anew_when_money_has_moved_since() {
    let shop = Shop::new(48);
    let late = shop.sale(5_000);
    let mut day = 0;
    let mut next = |name: &str| {
        day += 10;
        shop.pass_days(10);
        let at = shop.world.world().now.strftime("%Y-%m-%d %H:%M:%S").to_string();
        let line = charge(&format!("txn_{day}"), &shop.sale(10_000));
        let came = settle(&shop, name, &[line.replace("2026-11-24 09:00:00", &at)]);
        assert_eq!(came.exceptions.get("captured_not_settled"), Some(&1), "{came:?}");
        let rows = of_all(&shop);
        let exceptions = rows.iter().filter(|row| row.event_type == JournalEvent::MatchException);
        exceptions.count()
    };
    assert_eq!(next("reports/a.csv"), 1);
    assert_eq!(next("reports/b.csv"), 1, "nothing new happened to it");
    let undone = JournalRow {
        error_class: Some("reversed".to_owned()),
        decision: Some("capture".to_owned()),
        ..shop.row(JournalEvent::ChangeFailed, &late, 5_000)
    };
    shop.write(vec![undone, shop.captured(&late, 5_000)]);
    assert_eq!(next("reports/c.csv"), 2);
}

#[test]
fn a_part_that_is_captured_ends_the_whole_hold() {
    let shop = Shop::new(45);
    let payment = shop.payment();
    let told = JournalRow {
        held_minor: Some(Minor::new(10_000)),
        ..shop.row(JournalEvent::Told, &payment, 10_000)
    };
    shop.write(vec![told]);
    let held = [("customer_authorised", -10_000), ("psp_authorised:stripe:USD", 10_000)];
    assert_eq!(balances(&shop), usd(&held));
    let captured = JournalRow {
        held_minor: Some(Minor::new(-10_000)),
        ..shop.row(JournalEvent::Captured, &payment, 4_000)
    };
    shop.write(vec![captured]);
    let owed = [("customer_receivable", -4_000), ("psp_clearing:stripe:USD", 4_000)];
    assert_eq!(balances(&shop), usd(&owed));
}

/// A report of one sale, read and held against the journal, not written down yet.
fn held_back(shop: &Shop, lines: &[String]) -> (Reading, Vec<JournalRow>) {
    let report = read(ReportForm::Stripe, &stripe(lines)).unwrap();
    let merchant = (&shop.tenant, &shop.merchant);
    let reading = Reading::of(&shop.world, merchant, &report, "Asia/Tokyo".to_owned());
    let reading = drive(reading).unwrap().unwrap();
    let matching = hold(&report, &reading.book, &Bounds::default());
    let pen = Pen::of(&report, &reading.book, merchant);
    let rows = pen.lines(&matching.lines, &mut Chargebacks::default());
    (reading, rows)
}

#[test]
fn a_report_that_is_matched_twice_at_once_is_written_down_once() {
    let shop = Shop::new(46);
    let lines = [charge("txn_1", &shop.sale(10_000)), charge("txn_2", &shop.payment())];
    let (mut slow, rows) = held_back(&shop, &lines);
    settle(&shop, "reports/a.csv", &lines);
    let before = of_all(&shop);
    drive(slow.write_down(&shop.world, &shop.world, rows)).unwrap().unwrap();
    assert_eq!(of_all(&shop), before);
}

#[test]
fn a_line_that_two_reports_have_is_not_booked_by_both_however_they_run() {
    let shop = Shop::new(47);
    let payment = shop.sale(10_000);
    let (mut slow, rows) = held_back(&shop, &[charge("txn_1", &payment)]);
    let more = stripe_line("txn_2", "fee", ["-1.00", "0.00", "-1.00"], None);
    settle(&shop, "reports/a.csv", &[charge("txn_1", &payment), more]);
    let before = of_all(&shop);
    let written = drive(slow.write_down(&shop.world, &shop.world, rows)).unwrap();
    assert!(matches!(written, Err(MatchError::Contended)));
    assert_eq!(of_all(&shop), before);
    shop.pass(SignedDuration::from_mins(1));
    let again = settle(&shop, "reports/b.csv", &[charge("txn_1", &payment)]);
    assert_eq!(again.exceptions.get("duplicate_settlement"), Some(&1));
}

#[test]
fn a_report_of_more_lines_than_are_written_at_once_is_written_down_whole_and_once() {
    let shop = Shop::new(49);
    let payment = shop.sale(10_000);
    let fee = |no| stripe_line(&format!("txn_{no}"), "fee", ["-1.00", "0.00", "-1.00"], None);
    let mut lines: Vec<_> = (0..=LINES).map(fee).collect();
    // What was taken back is added up from the first lines to the last.
    let dispute = |id, part: &str| stripe_line(id, "dispute", [part, "0.00", part], Some(&payment));
    lines.insert(0, dispute("txn_a", "-40.00"));
    lines.push(dispute("txn_b", "-60.00"));
    let came = settle(&shop, "reports/a.csv", &lines);
    assert_eq!((came.lines, came.exceptions.len()), (LINES as u64 + 3, 0), "{came:?}");
    let rows = of_all(&shop);
    let count = |event| rows.iter().filter(|row| row.event_type == event).count();
    assert_eq!(count(JournalEvent::Settled), LINES + 3);
    assert_eq!(count(JournalEvent::Matched), LINES + 3);
    assert_eq!(count(JournalEvent::Chargeback), 2);
    assert!(balances(&shop).contains(&("chargebacks USD".to_owned(), 10_000)));
}
