//! Adyen's Settlement details, as real ones look.

use super::reports::{classes, held};
use super::*;
use crate::finance::{
    matching::Booked,
    report::{CellProblem, LineKind, Report, ReportFault, ReportForm, read},
    settle::Matched,
};

const BEGINNING: &str = "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant";
/// What reports of 2022 have behind [`BEGINNING`].
const ENDING: &str = "Modification Merchant Reference,Batch Number,Reserved4,Reserved5";
/// What reports of 2021 have there.
const OLDER: &str = "Batch Number,Reserved4,Reserved5,Modification Merchant Reference,Booking Date";

fn lined(lines: &[String]) -> Result<Report, ReportFault> {
    read(ReportForm::Adyen, &file(lines))
}

fn file(lines: &[String]) -> Vec<u8> {
    format!("{BEGINNING},{ENDING}\n{}\n", lines.join("\n")).into_bytes()
}

/// A line of Adyen's: what, the attempt, gross debit and credit, net debit and credit, commission.
fn adyen_line(what: &str, reference: &str, [gd, gc, nd, nc, fee]: [&str; 5]) -> String {
    format!(
        "Co,CoPOS,PSP{reference},{reference},applepay,2026-11-24 10:00:00,CET,{what},MOD{what},USD,{gd},{gc},1,USD,{nd},{nc},{fee},,,,visa,,281,,"
    )
}

/// A line of Adyen's own, as it has them: what, its words for it, net debit and credit.
fn own_line(what: &str, words: &str, nd: &str, nc: &str) -> String {
    format!("Co,CoPOS,,,,2026-11-25 00:46:38,CET,{what},{words},,,,,USD,{nd},{nc},,,,,,,281,,")
}

#[test]
fn adyens_direction_is_the_column_and_its_time_is_the_columns_zone() {
    let payment = Shop::new(22).payment();
    let lines = [
        adyen_line("Settled", &format!("{payment}-1"), ["100.00", "", "", "99.40", "0.60"]),
        adyen_line("Refunded", &format!("{payment}-1"), ["", "100.00", "100.00", "", ""]),
    ];
    let report = lined(&lines).unwrap();
    let told: Vec<_> = report
        .lines
        .iter()
        .map(|line| (line.kind, line.gross.get(), line.fee.get(), line.net.get()))
        .collect();
    assert_eq!(
        told,
        [(LineKind::Capture, 10_000, 60, 9_940), (LineKind::Refund, -10_000, 0, -10_000),]
    );
    assert_eq!(report.lines[0].payment, Some(payment));
    assert_eq!(report.lines[0].at.to_string(), "2026-11-24T09:00:00Z");
    let odd = lined(&lines.map(|line| line.replace(",CET,", ",Mars,")));
    assert!(matches!(odd, Err(ReportFault::Cell { why: CellProblem::TimeZone, .. })));
    let both = lined(&[adyen_line("Settled", "x", ["1.00", "1.00", "", "1.00", ""])]);
    assert!(matches!(both, Err(ReportFault::Cell { why: CellProblem::Contradiction, .. })));
}

#[test]
fn columns_are_known_by_their_names_in_whatever_order_they_stand() {
    let line = adyen_line("Settled", "pay-1", ["", "100.00", "", "99.40", "0.60"]);
    let newer = lined(std::slice::from_ref(&line)).unwrap();
    let line = line.replace("visa,,281,,", "visa,281,,,<auto>,2026-11-24 23:50:00");
    let file = format!("{BEGINNING},{OLDER}\n{line}\n");
    let older = read(ReportForm::Adyen, file.as_bytes()).unwrap();
    assert_eq!(older.lines, newer.lines);
    assert_eq!(older.lines[0].batch.as_deref(), Some("281"));
    let without = file.replace("Batch Number", "Batch");
    let fault = read(ReportForm::Adyen, without.as_bytes()).unwrap_err();
    assert_eq!(fault, ReportFault::Header("Batch Number".to_owned()));
}

#[test]
fn what_adyen_charges_pays_out_and_carries_over_is_no_exception() {
    let shop = Shop::new(26);
    let report = lined(&[
        own_line("Balancetransfer", "Balancetransfer", "", "4543.90"),
        own_line("Fee", "Transaction Fees November     24 2026", "38.1", ""),
        own_line("AuthorisationSchemeFee", "", "0.10", ""),
        own_line("PaymentCost", "", "0.20", ""),
        own_line("BankInstructionReturned", "", "", "7.00"),
        own_line("MerchantPayout", "\"TX1XT batch 281, CoPOS\"", "4512.80", ""),
    ]);
    let matching = held(&shop, &report.unwrap());
    assert_eq!(classes(&matching), []);
    let booked = matching.lines.iter().map(|placed| (placed.booked, placed.line.gross.get()));
    let (nowhere, fee) = (|gross| (Booked::Nowhere, gross), |gross| (Booked::Fees, gross));
    assert_eq!(
        booked.collect::<Vec<_>>(),
        [nowhere(454_390), fee(-3_810), fee(-10), fee(-20), nowhere(700), nowhere(-451_280)]
    );
}

impl Shop {
    /// A payment that failed for the device at the first attempt and was captured at the second.
    fn second_try(&self, cents: i64) -> PaymentId {
        let payment = self.payment();
        let row = |event, no, told: Option<&str>| JournalRow {
            psp: Some("adyen".to_owned()),
            psp_account: Some("CoPOS".to_owned()),
            psp_reference: Some(format!("PSP{payment}-{no}")),
            attempt_no: Some(no),
            told: told.map(str::to_owned),
            ..self.row(event, &payment, cents)
        };
        self.write(vec![
            row(JournalEvent::SessionCreated, 1, None),
            row(JournalEvent::Told, 1, Some("failure")),
            row(JournalEvent::Told, 2, Some("success")),
            row(JournalEvent::Captured, 2, None),
        ]);
        payment
    }

    fn settle_adyen(&self, name: &str, lines: &[String]) -> Matched {
        let key = ExportKey::report(&self.tenant, name).unwrap();
        self.world.world().exports.files.insert(key.clone(), file(lines));
        let merchant = (&self.tenant, &self.merchant);
        drive(self.finance().match_report(merchant, ReportForm::Adyen, &key)).unwrap().unwrap()
    }
}

fn settled(reference: &str) -> String {
    adyen_line("Settled", reference, ["", "100.00", "", "99.40", "0.60"])
}

#[test]
fn a_capture_of_the_attempt_that_failed_for_the_device_calls_somebody_whatever_became_of_the_next()
{
    let shop = Shop::new(28);
    let payment = shop.second_try(10_000);
    let lines = [settled(&format!("{payment}-1")), settled(&format!("{payment}-2"))];
    let matching = held(&shop, &lined(&lines).unwrap());
    assert_eq!(classes(&matching), [(2, "told_failure_but_settled")]);
    let booked = matching.lines.iter().map(|placed| placed.booked);
    assert_eq!(booked.collect::<Vec<_>>(), [Booked::Suspense, Booked::Clearing]);
    let alone = held(&shop, &lined(&lines[..1]).unwrap());
    let open = (0, "captured_not_settled");
    assert_eq!(classes(&alone), [(2, "told_failure_but_settled"), open]);
    // By the provider's name, where somebody renamed the order there.
    let renamed = lines[0].replace(&format!(",{payment}-1,"), ",order 17,");
    let renamed = held(&shop, &lined(&[renamed]).unwrap());
    assert_eq!(classes(&renamed), [(2, "told_failure_but_settled"), open]);
}

#[test]
fn a_capture_of_a_failed_attempt_does_not_settle_the_one_that_was_told_for_a_success() {
    let shop = Shop::new(29);
    let payment = shop.second_try(10_000);
    let first = shop.settle_adyen("reports/a.csv", &[settled(&format!("{payment}-1"))]);
    assert!(first.pages, "{first:?}");
    let second = shop.settle_adyen("reports/b.csv", &[settled(&format!("{payment}-2"))]);
    assert!(second.exceptions.is_empty(), "{second:?}");
}

#[test]
fn a_report_says_nothing_of_what_was_captured_by_another_account() {
    let shop = Shop::new(30);
    let [ours, another] = [10_000, 7_000].map(|cents| shop.second_try(cents));
    let line = settled(&format!("{ours}-2"));
    let matching = |line: &String| held(&shop, &lined(std::slice::from_ref(line)).unwrap());
    assert_eq!(matching(&line).open[0].payment, another);
    let elsewhere = matching(&line.replace(",CoPOS,", ",CoECOM,"));
    assert_eq!(classes(&elsewhere), []);
}

#[test]
fn a_batch_in_another_order_books_nothing_again() {
    let shop = Shop::new(32);
    let payment = shop.second_try(10_000);
    let fee = own_line("Fee", "Transaction Fees November     24 2026", "38.1", "");
    let more = own_line("Fee", "Transaction Fees November     25 2026", "12.00", "");
    let elsewhere = fee.replace(",CoPOS,", ",CoECOM,");
    let mut lines = vec![settled(&format!("{payment}-2")), fee.clone(), fee, more, elsewhere];
    let first = shop.settle_adyen("reports/a.csv", &lines);
    assert!(first.exceptions.is_empty(), "{first:?}");
    lines.reverse();
    let again = shop.settle_adyen("reports/b.csv", &lines);
    assert_eq!(again.exceptions.get("duplicate_settlement"), Some(&5), "{again:?}");
}

#[test]
fn the_clocks_of_adyens_customers_are_known_by_their_abbreviations() {
    // At ten in the morning of 2026-11-24 by each of them, as hours and minutes of UTC.
    let clocks = "UTC 10:00 WET 10:00 WEST 10:00 BST 10:00 CET 09:00 CEST 09:00 EET 08:00 EEST 08:00 \
        SAST 08:00 EAT 07:00 TRT 07:00 GST 06:00 IST 04:30 ICT 03:00 WIB 03:00 SGT 02:00 MYT 02:00 \
        HKT 02:00 PHT 02:00 AWST 02:00 JST 01:00 KST 01:00 BRT 13:00 ART 13:00 CLT 13:00 CLST 13:00 \
        COT 15:00 PET 15:00 EST 15:00 EDT 15:00 CST 16:00 CDT 16:00 MST 17:00 MDT 17:00 PST 18:00 \
        PDT 18:00 AKST 19:00 AKDT 19:00 HST 20:00 ACST 23:30 ACDT 23:30 AEST 23:00 AEDT 23:00 \
        NZST 21:00 NZDT 21:00 America/Phoenix 17:00";
    let words: Vec<_> = clocks.split_whitespace().collect();
    for clock in words.chunks(2) {
        let line = adyen_line("Settled", "x", ["", "1.00", "", "1.00", ""]);
        let line = line.replace(",CET,", &format!(",{},", clock[0]));
        let at = lined(&[line]).unwrap().lines[0].at;
        assert_eq!(at.strftime("%H:%M").to_string(), clock[1], "{}", clock[0]);
    }
}
