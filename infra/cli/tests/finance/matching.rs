//! `amb match`: a payout held against exported days.

use crate::{amb, exported::Exported};

const STRIPE: &str = "automatic_payout_id,balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,payment_intent_id,payment_metadata[requestIdentifier]";
const ADYEN: &str = "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,Modification Merchant Reference,Batch Number";

/// A payout of Stripe's with every sale, a cent too much for one of them where that is wanted.
fn stripe(exported: &Exported, is_off: bool) -> String {
    let mut lines = vec![STRIPE.to_owned()];
    for (at, (payment, cents)) in exported.sales.iter().enumerate() {
        let gross = if is_off && at == 0 { cents + 1 } else { *cents };
        let (gross, net) = (gross_text(gross), gross_text(gross - 50));
        let request = payment.request_identifier();
        lines.push(format!(
            "po_1,txn_{at},2026-11-22 09:00:00,usd,{gross},0.50,{net},charge,pi_{at},{}",
            request.as_str()
        ));
    }
    lines.join("\r\n")
}

fn gross_text(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

fn run(exported: &Exported, psp: &str, report: &str, more: &[&str]) -> (i32, String, String) {
    let report = exported.put("report.csv", report);
    let folder = exported.folder.join("journal");
    let fixed = ["match", "--psp", psp, report.to_str().unwrap(), "--journal"];
    amb(fixed.iter().chain([&folder.to_str().unwrap()]).chain(more))
}

#[test]
fn a_payout_that_agrees_ends_with_0() {
    let exported = Exported::new("agrees", "stripe");
    let (code, told, error) = run(&exported, "stripe", &stripe(&exported, false), &[]);
    assert_eq!((code, error.as_str()), (0, ""), "{told}");
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (&told["psp"], &told["lines"], &told["matched"]),
        (&"stripe".into(), &9.into(), &9.into())
    );
    assert_eq!(told["exceptions"], serde_json::json!([]));
}

#[test]
fn a_cent_too_much_ends_with_1_and_is_named() {
    let exported = Exported::new("cent", "stripe");
    let report = stripe(&exported, true);
    let (code, told, _) = run(&exported, "stripe", &report, &[]);
    assert_eq!(code, 1);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["counts"], serde_json::json!({ "amount_diff": 1 }));
    let exception = &told["exceptions"][0];
    assert_eq!(exception["paymentId"], exported.sales[0].0.as_str());
    assert_eq!((&exception["line"], &exception["amount"]), (&2.into(), &"10.01".into()));
    let (code, table, _) = run(&exported, "stripe", &report, &["--csv"]);
    assert_eq!((code, table.lines().count()), (1, 10));
    assert!(table.lines().nth(1).unwrap().starts_with("2,exception,amount_diff,pay_"), "{table}");
}

#[test]
fn what_is_not_settled_yet_is_open_and_no_exception() {
    let exported = Exported::new("open", "stripe");
    let report = stripe(&exported, false);
    let all_but_the_last = report.rsplit_once("\r\n").unwrap().0;
    let (code, told, _) = run(&exported, "stripe", all_but_the_last, &[]);
    assert!(code == 0 && told.contains("\"timing_cutoff\": 1"), "{told}");
    let later = all_but_the_last.replace("2026-11-22 09", "2026-11-25 09");
    let (code, told, _) = run(&exported, "stripe", &later, &[]);
    assert!(code == 1 && told.contains("\"captured_not_settled\": 1"), "{told}");
}

#[test]
fn adyens_batch_is_matched_by_our_reference() {
    let exported = Exported::new("adyen", "adyen");
    let mut lines = vec![ADYEN.to_owned()];
    for (payment, cents) in &exported.sales {
        let (gross, net) = (gross_text(*cents), gross_text(cents - 30));
        lines.push(format!(
            "Co,CoPOS,PSP{payment},{payment}-1,applepay,2026-11-22 10:00:00,CET,Settled,,USD,{gross},,1,USD,,{net},0.30,,,,visa,,281"
        ));
    }
    let (code, told, error) = run(&exported, "adyen", &lines.join("\n"), &[]);
    assert_eq!((code, error.as_str()), (0, ""), "{told}");
    assert!(told.contains("\"matched\": 9"), "{told}");
}

#[test]
fn what_cannot_be_matched_ends_with_2_and_says_where() {
    let exported = Exported::new("unfit", "stripe");
    let comma = stripe(&exported, false).replacen("0.50", "\"0,50\"", 1);
    let (code, told, error) = run(&exported, "stripe", &comma, &[]);
    assert_eq!((code, told.as_str()), (2, ""));
    assert!(error.contains("report.csv: line 2, `fee`: an amount has a comma"), "{error}");
    let (code, _, error) = run(&exported, "adyen", &stripe(&exported, false), &[]);
    assert!(code == 2 && error.contains("the column `Merchant Account` is missing"), "{error}");
    std::fs::remove_dir_all(exported.folder.join("journal/merchant=merchant.com.example")).unwrap();
    let (code, _, error) = run(&exported, "stripe", &stripe(&exported, false), &[]);
    assert!(code == 2 && error.contains("no `journal.csv`"), "{error}");
}
