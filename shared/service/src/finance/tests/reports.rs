//! Providers' reports against the journal.

use super::*;
use crate::{
    finance::{
        Book, Known,
        matching::{Booked, Bounds, ExceptionClass, Matching, hold},
        report::{CellProblem, Report, ReportFault, ReportForm, read},
        settle::{MatchError, Matched},
    },
    model::ExportKey,
};

const STRIPE: &str = "automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,charge_id,payment_intent_id,payment_metadata[requestIdentifier]";

/// A line of Stripe's: id, category, gross, fee, net, the payment.
pub(in crate::finance) fn stripe_line(
    id: &str,
    what: &str,
    [gross, fee, net]: [&str; 3],
    payment: Option<&PaymentId>,
) -> String {
    let request = payment.map(|payment| payment.request_identifier().as_str().to_uppercase());
    let request = request.unwrap_or_default();
    format!(
        "po_1,2026-11-25 00:00:00,{id},2026-11-24 09:00:00,2026-11-25 00:00:00,usd,{gross},{fee},{net},{what},ch_1,ch_1,pi_x,{request}"
    )
}

pub(in crate::finance) fn stripe(lines: &[String]) -> Vec<u8> {
    format!("\u{feff}{STRIPE}\r\n{}\r\n", lines.join("\r\n")).into_bytes()
}

pub(super) fn classes(matching: &Matching) -> Vec<(u64, &'static str)> {
    let lines = matching.lines.iter().flat_map(|placed| {
        placed.exceptions.iter().map(|class| (placed.line.line, class.as_str()))
    });
    lines.chain(matching.open.iter().map(|item| (0, item.class.as_str()))).collect()
}

pub(super) fn held(shop: &Shop, report: &Report) -> Matching {
    let mut book = Book::without(report);
    for row in shop.world.world().book.journal.values().flatten() {
        book.add(row);
    }
    hold(report, &book, &Bounds::default())
}

fn against(shop: &Shop, lines: &[String]) -> Matching {
    held(shop, &read(ReportForm::Stripe, &stripe(lines)).unwrap())
}

#[test]
fn a_report_that_agrees_leaves_nothing_open() {
    let shop = Shop::new(20);
    let payment = shop.sale(10_000);
    let matching = against(
        &shop,
        &[stripe_line("txn_1", "charge", ["100.00", "3.20", "96.80"], Some(&payment))],
    );
    assert_eq!(classes(&matching), []);
    assert_eq!(matching.lines[0].payment, Some(payment));
    assert_eq!(matching.lines[0].booked, Booked::Clearing);
}

#[test]
fn each_class_of_exception_is_told_apart() {
    let shop = Shop::new(21);
    let sale = |cents| shop.sale(cents);
    let [fine, short, again, dear, unasked] = [100, 200, 300, 400, 500].map(sale);
    let refused = shop.payment();
    let told = JournalRow {
        told: Some("failure".to_owned()),
        ..shop.row(JournalEvent::Told, &refused, 600)
    };
    shop.write(vec![told]);
    let voided = shop.payment();
    shop.write(vec![shop.row(JournalEvent::Voided, &voided, 700)]);
    let never = shop.payment();
    let told = JournalRow {
        told: Some("success".to_owned()),
        held_minor: Some(Minor::new(800)),
        ..shop.row(JournalEvent::Told, &never, 800)
    };
    shop.write(vec![told]);
    let late = sale(900);
    shop.world.world().now = "2026-11-24T01:00:00Z".parse().unwrap();
    let recent = sale(950);
    let foreign = sale(1_000);
    shop.world.world().now = "2026-11-26T08:00:00Z".parse().unwrap();
    let last = sale(1_100);
    let lines = [
        stripe_line("txn_fine", "charge", ["1.00", "0.05", "0.95"], Some(&fine)),
        stripe_line("txn_short", "charge", ["1.99", "0.05", "1.94"], Some(&short)),
        stripe_line("txn_a", "charge", ["3.00", "0.05", "2.95"], Some(&again)),
        stripe_line("txn_b", "charge", ["3.00", "0.05", "2.95"], Some(&again)),
        stripe_line("txn_dear", "charge", ["4.00", "3.00", "1.00"], Some(&dear)),
        stripe_line("txn_sale", "charge", ["5.00", "0.05", "4.95"], Some(&unasked)),
        stripe_line("txn_back", "refund", ["-5.00", "0", "-5.00"], Some(&unasked)),
        stripe_line("txn_refused", "charge", ["6.00", "0.05", "5.95"], Some(&refused)),
        stripe_line("txn_voided", "charge", ["7.00", "0.05", "6.95"], Some(&voided)),
        stripe_line("txn_who", "charge", ["9.99", "0.05", "9.94"], Some(&shop.payment())),
        stripe_line("txn_eur", "charge", ["10.00", "0.05", "9.95"], Some(&foreign))
            .replace(",usd,", ",eur,"),
        stripe_line("txn_fine", "charge", ["1.00", "0.05", "0.95"], Some(&fine)),
        stripe_line("txn_odd", "risk_reserved_funds", ["-1.00", "0", "-1.00"], Some(&fine)),
        stripe_line("txn_radar", "fee", ["-0.50", "0.00", "-0.50"], None),
        stripe_line("po_1", "payout", ["-20.00", "0.00", "-20.00"], None),
        stripe_line("txn_end", "charge", ["11.00", "0.10", "10.90"], Some(&last))
            .replace("2026-11-24 09", "2026-11-26 09"),
    ];
    let matching = against(&shop, &lines);
    let mut found = classes(&matching);
    found.sort_unstable();
    assert_eq!(
        found,
        [
            (0, "captured_not_settled"),
            (0, "timing_cutoff"),
            (0, "told_success_never_captured"),
            (3, "amount_diff"),
            (4, "duplicate_settlement"),
            (5, "duplicate_settlement"),
            (6, "fee_unexpected"),
            (8, "refund_without_request"),
            (9, "amount_diff"),
            (9, "told_failure_but_settled"),
            (10, "amount_diff"),
            (10, "voided_but_settled"),
            (11, "settled_unknown"),
            (12, "currency_diff"),
            (13, "duplicate_settlement"),
            (14, "settled_unknown"),
        ]
    );
    assert!(matching.open.iter().any(|item| item.payment == late));
    let never = matching.open.iter().find(|item| item.payment == never).unwrap();
    assert_eq!(never.amount.get(), 800, "what is held");
    assert!(matching.open.iter().any(|item| item.payment == recent));
    let booked = |booked| {
        let all = matching.lines.iter().filter(move |placed| placed.booked == booked);
        all.map(|placed| placed.line.line).collect::<Vec<_>>()
    };
    assert_eq!(booked(Booked::Clearing), [2, 3, 4, 6, 7, 17]);
    assert_eq!(booked(Booked::Fees), [15]);
    assert_eq!(booked(Booked::Nowhere), [13, 16]);
    // A second settlement, a refund nobody asked for, what was never captured or is not known, another
    // currency than was paid in, and no word of ours: the journal has nothing that they would clear.
    assert_eq!(booked(Booked::Suspense), [5, 8, 9, 10, 11, 12, 14]);
}

#[test]
fn only_what_was_captured_says_up_to_when_a_report_has_captures() {
    let shop = Shop::new(27);
    let [paid, back, open] = [10_000, 2_000, 300].map(|cents| shop.sale(cents));
    shop.write(vec![shop.row(JournalEvent::RefundRequested, &back, 2_000)]);
    let later = |line: String| line.replace("2026-11-24 09", "2026-11-30 09");
    let charge = stripe_line("txn_1", "charge", ["100.00", "3.00", "97.00"], Some(&paid));
    let lines = [
        charge.replace("2026-11-24 09", "2026-11-18 09"),
        later(stripe_line("txn_2", "refund", ["-20.00", "0.00", "-20.00"], Some(&back))),
        later(stripe_line("txn_3", "fee", ["-1.00", "0.00", "-1.00"], None)),
        later(stripe_line("po_1", "payout", ["-76.00", "0.00", "-76.00"], None)),
    ];
    let matching = against(&shop, &lines);
    assert_eq!(classes(&matching), [(0, "timing_cutoff")]);
    assert_eq!(matching.open[0].payment, open);
    assert_eq!(classes(&against(&shop, &lines[1..])), [], "it says nothing of captures");
}

#[test]
fn a_report_without_accounts_is_of_those_that_the_payments_it_names_were_taken_with() {
    let shop = Shop::new(31);
    let (paid, another) = (shop.sale(10_000), shop.payment());
    let elsewhere = |row| JournalRow { psp_account: Some("acct_2".to_owned()), ..row };
    shop.write(vec![elsewhere(shop.captured(&another, 700))]);
    let line = |payment| stripe_line("txn_1", "charge", ["100.00", "3.00", "97.00"], payment);
    assert_eq!(classes(&against(&shop, &[line(Some(&paid))])), []);
    let stranger = against(&shop, &[line(None)]);
    let found = classes(&stranger);
    assert_eq!(found.iter().filter(|(line, _)| *line == 0).count(), 2, "it could be of any");
}

#[test]
fn every_class_has_its_own_word_and_one_of_them_calls_somebody() {
    let words: std::collections::BTreeSet<_> =
        ExceptionClass::ALL.iter().map(|class| class.as_str()).collect();
    assert_eq!(words.len(), 11);
    let paging: Vec<_> = ExceptionClass::ALL.iter().filter(|class| class.pages()).collect();
    assert_eq!(paging, [&ExceptionClass::ToldFailureButSettled]);
}

#[test]
fn a_decimal_comma_a_missing_column_and_another_encoding_are_refused() {
    let line = stripe_line("txn_1", "charge", ["\"100,00\"", "3.20", "96.80"], None);
    let fault = read(ReportForm::Stripe, &stripe(&[line])).unwrap_err();
    let why = CellProblem::Comma;
    assert_eq!(fault, ReportFault::Cell { line: 2, column: "gross".to_owned(), why });
    let without = STRIPE.replace(",fee,", ",fees,");
    let fault = read(ReportForm::Stripe, without.as_bytes()).unwrap_err();
    assert_eq!(fault, ReportFault::Header("fee".to_owned()));
    let twice = STRIPE.replace("source_id", "net");
    assert_eq!(
        read(ReportForm::Stripe, twice.as_bytes()),
        Err(ReportFault::Header("net".to_owned()))
    );
    let semicolons = STRIPE.replace(',', ";");
    assert!(matches!(read(ReportForm::Stripe, semicolons.as_bytes()), Err(ReportFault::Header(_))));
    assert_eq!(read(ReportForm::Stripe, b"\xff\xfea\0"), Err(ReportFault::Encoding));
    assert_eq!(read(ReportForm::Stripe, b""), Err(ReportFault::Form(1)));
}

pub(in crate::finance) fn matched(shop: &Shop, name: &str) -> Result<Matched, MatchError> {
    let key = ExportKey::report(&shop.tenant, name).unwrap();
    drive(shop.finance().match_report((&shop.tenant, &shop.merchant), ReportForm::Stripe, &key))
        .unwrap()
}

fn events(shop: &Shop) -> Vec<JournalEvent> {
    let world = shop.world.world();
    let rows = world.book.journal.values().flatten();
    let of_reports = rows.filter(|row| row.endpoint.as_deref() == Some("matching"));
    of_reports.map(|row| row.event_type).collect()
}

#[test]
fn a_report_is_known_by_its_hash_and_a_crash_anywhere_writes_no_row_twice() {
    let shop = |faults: FaultAt| {
        let shop = Shop::new(23);
        let payment = shop.sale(10_000);
        let lines = [
            stripe_line("txn_1", "charge", ["100.00", "3.20", "96.80"], Some(&payment)),
            stripe_line("txn_2", "dispute", ["-100.00", "15.00", "-115.00"], Some(&payment)),
            stripe_line("txn_3", "charge", ["1.00", "0.05", "0.95"], Some(&shop.payment())),
        ];
        let key = ExportKey::report(&shop.tenant, "reports/a.csv").unwrap();
        shop.world.world().exports.files.insert(key, stripe(&lines));
        shop.world.world().faults.at = faults;
        shop
    };
    let clean = shop(None);
    let before = clean.world.world().faults.calls.len();
    let first = matched(&clean, "reports/a.csv").unwrap();
    assert_eq!((first.lines, first.was_before, first.pages), (3, false, false));
    let expected = events(&clean);
    assert_eq!(expected.iter().filter(|event| **event == JournalEvent::Settled).count(), 3);
    assert_eq!(expected.iter().filter(|event| **event == JournalEvent::Chargeback).count(), 1);
    assert!(matched(&clean, "reports/a.csv").unwrap().was_before);
    assert_eq!(events(&clean), expected);
    let calls = before..clean.world.world().faults.calls.len();
    for at in calls {
        for mode in crate::memory::FaultMode::ALL {
            let shop = shop(Some((at, mode)));
            let key = ExportKey::report(&shop.tenant, "reports/a.csv").unwrap();
            let _ = drive(shop.finance().match_report(
                (&shop.tenant, &shop.merchant),
                ReportForm::Stripe,
                &key,
            ));
            shop.world.world().faults = crate::memory::FaultPlan::default();
            matched(&shop, "reports/a.csv").unwrap();
            assert_eq!(events(&shop), expected, "{mode:?} at call {at}");
        }
    }
}

type FaultAt = Option<(usize, crate::memory::FaultMode)>;

#[test]
fn what_a_report_settled_is_no_news_in_the_next_one() {
    let shop = Shop::new(24);
    let payment = shop.sale(10_000);
    let charge = stripe_line("txn_1", "charge", ["100.00", "3.20", "96.80"], Some(&payment));
    let put = |name: &str, lines: &[String]| {
        let key = ExportKey::report(&shop.tenant, name).unwrap();
        shop.world.world().exports.files.insert(key, stripe(lines));
    };
    put("reports/a.csv", std::slice::from_ref(&charge));
    put("reports/b.csv", &[charge, stripe_line("txn_9", "fee", ["-1.00", "0", "-1.00"], None)]);
    assert!(matched(&shop, "reports/a.csv").unwrap().exceptions.is_empty());
    let second = matched(&shop, "reports/b.csv").unwrap();
    assert_eq!(second.exceptions.get("duplicate_settlement"), Some(&1));
    let mut balance = crate::finance::ledger::TrialBalance::default();
    let rows: Vec<_> = shop.world.world().book.journal.values().flatten().cloned().collect();
    balance.add(&crate::finance::ledger::ledger(&rows));
    assert_eq!(balance.check(), Ok(()));
    let bank = balance.balances().find(|(_, account, _)| *account == "bank").unwrap().2;
    assert_eq!(bank, 9_680 - 100);
    let known = Known::default();
    assert!(known.captured_at.is_none());
    assert!(matches!(matched(&shop, "reports/none.csv"), Err(MatchError::Missing)));
}

#[test]
fn a_report_lies_under_its_tenants_own_prefix() {
    let tenant = Shop::new(25).tenant;
    for odd in ["journal/x", "reports/", "reports/../x", "reports//x", "/reports/x", "reports/a b"]
    {
        assert!(ExportKey::report(&tenant, odd).is_err(), "{odd}");
    }
    let key = ExportKey::report(&tenant, "reports/2026-11/a.csv").unwrap();
    assert_eq!(key.as_str(), format!("tenant={tenant}/reports/2026-11/a.csv"));
}
