//! Every sample event is read, and what is over is exported.

use super::*;
use amb_protocol::apple_pay::MerchantIdentifier;
use amb_service::{
    memory::{Memory, drive},
    model::{Chain, ChainHead, JournalEvent, JournalRow, TenantId},
    payment::journal,
    port::{ChainRows, PaymentChange},
};
use amb_support::logs::captured;
use jiff::SignedDuration;
use std::{fs, path::Path};

fn sample(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/finance-export");
    serde_json::from_slice(&fs::read(folder.join(name)).unwrap()).unwrap()
}

#[test]
fn every_sample_asks_for_something() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/finance-export");
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name();
        Ask::read(&sample(name.to_str().unwrap())).unwrap();
    }
    assert_eq!(Ask::read(&sample("every-hour.json")).unwrap(), Ask::Days(Scope::default()));
    let Ask::Days(scope) = Ask::read(&sample("one-day.json")).unwrap() else { panic!() };
    assert_eq!(scope.day.unwrap().to_string(), "2026-11-20");
    let Ask::Report { key, .. } = Ask::read(&sample("stripe-report.json")).unwrap() else {
        panic!()
    };
    assert!(key.as_str().ends_with("/reports/2026-11/stripe-payouts.csv"), "{key:?}");
}

#[test]
fn a_report_that_is_dropped_into_the_bucket_says_by_its_place_whose_it_is() {
    let mut event = sample("dropped-report.json");
    let Ask::Report { tenant, merchant, form, key } = Ask::read(&event).unwrap() else { panic!() };
    assert_eq!((merchant.as_str(), form.as_str()), ("merchant.com.example.shop", "stripe"));
    assert_eq!(key.as_str(), event["detail"]["object"]["key"]);
    assert!(key.as_str().starts_with(&format!("tenant={tenant}/")));
    for odd in [
        "reports/merchant.com.example.shop/stripe/a.csv",
        "tenant=ten_x/reports/merchant.com.example.shop/stripe/a.csv",
        "tenant=ten_aaaaaaaaaaaaaaaaaaaaaaaaaa/reports/merchant.com.example.shop/paypal/a.csv",
        "tenant=ten_aaaaaaaaaaaaaaaaaaaaaaaaaa/reports/merchant.com.example.shop/stripe/../a.csv",
        "tenant=ten_aaaaaaaaaaaaaaaaaaaaaaaaaa/journal/merchant.com.example.shop/stripe/a.csv",
        "tenant=ten_aaaaaaaaaaaaaaaaaaaaaaaaaa/reports/a.csv",
    ] {
        event["detail"]["object"]["key"] = odd.into();
        assert!(Ask::read(&event).is_err(), "{odd}");
    }
}

#[test]
fn what_is_asked_for_in_vain_is_a_line_among_the_failures() {
    let world = Memory::new(2);
    let finance = Finance::new(world.clone(), world.clone(), world.clone());
    let mut dropped = sample("dropped-report.json");
    let key = dropped["detail"]["object"]["key"].as_str().unwrap().to_owned();
    dropped["detail"]["object"]["key"] = key.replace(".csv", " (1).csv").into();
    for (event, its) in [(dropped, "matching"), (json!({"day": "yesterday"}), "export")] {
        let (answered, lines) = captured("finance-export", world.clone(), || {
            drive(answer(&finance, &world, Timestamp::MAX, &event)).unwrap()
        });
        assert!(matches!(answered, Err(Failed::Ask(_))));
        let line: Value = serde_json::from_str(&lines[0]).unwrap();
        assert_eq!((&line["Stage"], &line["Outcome"]), (&its.into(), &"failed".into()), "{line}");
        assert!(line["error"].as_str().is_some_and(|error| !error.is_empty()), "{line}");
    }
}

#[test]
fn an_event_with_an_unknown_member_or_another_prefix_is_refused() {
    let mut report = sample("adyen-report.json");
    for odd in [json!({"days": 3}), json!({"day": "yesterday"}), json!([]), json!({"report": {}})] {
        assert!(Ask::read(&odd).is_err(), "{odd}");
    }
    report["report"]["key"] = "journal/control.json".into();
    assert!(Ask::read(&report).is_err());
}

#[test]
fn the_clock_exports_what_is_over_and_says_how_much() {
    let world = Memory::new(1);
    let tenant = TenantId::draw(&world);
    let merchant = MerchantIdentifier::parse("merchant.com.example").unwrap();
    let chain = Chain::first(&tenant, &merchant);
    let draft = JournalRow::draft(JournalEvent::ConfigChanged, &tenant, &merchant);
    let now = world.world().now;
    let head = ChainHead::default();
    let rows = journal::chain(&chain, &head, "Europe/Berlin", now, vec![draft]);
    let change = PaymentChange::from(ChainRows { chain, head, rows });
    drive(world.change(&change)).unwrap().unwrap();
    let finance = Finance::new(world.clone(), world.clone(), world.clone());
    let run = || {
        drive(answer(&finance, &world, Timestamp::MAX, &sample("every-hour.json")))
            .unwrap()
            .unwrap()
    };
    assert_eq!(run()["days"], 0);
    world.world().now += SignedDuration::from_hours(24);
    assert_eq!(run(), json!({"days": 1, "rows": 1, "broken": 0, "left": 0}));
    assert_eq!(run()["days"], 0, "once");
    let day = json!({"merchant": "merchant.com.example", "day": "2099-01-01"});
    let refused = drive(answer(&finance, &world, Timestamp::MAX, &day)).unwrap();
    assert!(matches!(refused, Err(Failed::Days(1))));
}
