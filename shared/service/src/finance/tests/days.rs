//! Days are closed, exported once, and chained.

use jiff::SignedDuration;
use std::collections::BTreeSet;

use super::*;
use crate::{
    finance::{
        close,
        control::{ChainVerdict, sha256},
        export::{ExportError, Ran},
        links::Broken,
    },
    memory::{FaultMode, FaultPlan},
    port::{Clock, Entropy},
};

/// Three days of sales, and the morning after.
fn three_days(seed: u64) -> Shop {
    let shop = Shop::new(seed);
    for _ in 0..3 {
        for cents in [6_399, 1, 250_000] {
            shop.sale(cents);
        }
        shop.pass_days(1);
    }
    shop
}

const DAYS: [Date; 3] = [november(18), november(19), november(20)];

#[test]
fn every_day_that_is_over_is_exported_and_the_verifier_agrees() {
    let shop = three_days(2);
    let ran = shop.export();
    assert_eq!((ran.days, ran.broken, ran.left, ran.failed), (3, 0, 0, 0));
    assert!(shop.verify(&DAYS).is_empty(), "{:?}", shop.verify(&DAYS));
    let first = shop.control(DAYS[0]);
    assert_eq!((first.rows, first.previous), (9, None));
    let second = shop.control(DAYS[1]);
    let before = second.previous.unwrap();
    assert_eq!(before.sha256, sha256(&shop.file(DAYS[0], Control::NAME).unwrap()));
    let captured = second.sums.iter().find(|sum| sum.event_type == JournalEvent::Captured);
    assert_eq!(captured.unwrap().amount, "2564.00");
    assert_eq!(shop.export(), Ran::default(), "nothing is left");
}

#[test]
fn a_day_that_was_closed_never_changes_whatever_the_clocks_say() {
    let shop = three_days(3);
    shop.export();
    let before = shop.world.world().exports.files.clone();
    // A writer whose clock is two days late, on every chain.
    let late = shop.world.world().now - SignedDuration::from_hours(48);
    for _ in 0..32 {
        shop.write_at(late, vec![shop.row(JournalEvent::OfferSent, &shop.payment(), 5)]);
    }
    shop.export();
    let rows: usize = DAYS.iter().map(|day| shop.exported_rows(*day).len()).sum();
    let earlier: u64 = DAYS.iter().map(|day| shop.control(*day).rows).sum();
    assert_eq!(rows as u64, earlier);
    for (key, bytes) in &before {
        assert_eq!(shop.world.world().exports.files.get(key), Some(bytes));
    }
    shop.pass_days(1);
    shop.export();
    assert!(shop.verify(&[DAYS[0], DAYS[1], DAYS[2], november(21)]).is_empty());
    assert!(shop.control(november(21)).rows >= 32, "they belong to the day that was open");
}

#[test]
fn f125_a_second_export_is_identical_while_writes_continue() {
    let shop = three_days(4);
    shop.export();
    let first = shop.world.world().exports.files.clone();
    for _ in 0..8 {
        shop.sale(99);
    }
    shop.world.world().exports.files.clear();
    shop.export();
    let second = shop.world.world().exports.files.clone();
    assert_eq!(first.len(), 12);
    assert_eq!(first, second);
}

#[test]
fn f125_in_parts_the_bytes_are_the_same() {
    let shop = three_days(5);
    shop.export();
    let whole = shop.world.world().exports.files.clone();
    shop.world.world().exports.files.clear();
    shop.world.world().part_bytes = 64;
    shop.export();
    assert!(shop.world.world().faults.calls.contains(&"Exports::end_export"));
    assert_eq!(shop.world.world().exports.files, whole);
}

#[test]
fn a_day_is_not_exported_before_it_is_over_and_a_little_more() {
    let shop = Shop::new(6);
    shop.sale(100);
    // Midnight in Tokyo is three in the afternoon, UTC.
    shop.world.world().now = "2026-11-18T15:04:59Z".parse().unwrap();
    assert_eq!(shop.export(), Ran::default());
    let asked =
        Scope { day: Some(november(18)), merchant: Some(shop.merchant.clone()), tenant: None };
    let mut refusals = Vec::new();
    let refused = |_: &TenantId, error: &ExportError| refusals.push(error.to_string());
    let ran = drive(shop.finance().run(&asked, Timestamp::MAX, refused)).unwrap().unwrap();
    assert_eq!(ran.failed, 1);
    assert_eq!(refusals, ["the day is not over"]);
    shop.world.world().now = "2026-11-18T15:05:00Z".parse().unwrap();
    assert_eq!(shop.export().days, 1);
}

#[test]
fn a_day_ends_by_the_merchants_clock_be_it_of_23_hours_or_25_or_without_a_midnight() {
    for (day, zone, end) in [
        ("2026-10-24", "Europe/Berlin", "2026-10-24T22:00:00Z"),
        ("2026-10-25", "Europe/Berlin", "2026-10-25T23:00:00Z"),
        ("2026-03-08", "America/New_York", "2026-03-09T04:00:00Z"),
        // The next day begins at one o'clock.
        ("2026-03-28", "Asia/Beirut", "2026-03-28T22:00:00Z"),
        ("2026-11-18", "Pacific/Kiritimati", "2026-11-18T10:00:00Z"),
    ] {
        let (day, end): (Date, Timestamp) = (day.parse().unwrap(), end.parse().unwrap());
        assert_eq!(close::end_of(day, zone), Some(end), "{day} {zone}");
        let over = |after: i64| {
            close::last_over(end + close::GRACE + SignedDuration::from_secs(after), zone)
        };
        assert_eq!((over(-1), over(0)), (day.yesterday().ok(), Some(day)), "{day} {zone}");
    }
}

#[test]
fn a_shop_that_changes_its_clock_loses_no_row_and_repeats_none() {
    for (zone, hours) in [("America/New_York", 20), ("Pacific/Kiritimati", 12)] {
        let shop = Shop::new(12);
        shop.sale(100);
        shop.pass(SignedDuration::from_hours(hours));
        shop.sale(200);
        for at in 0..4 {
            // Payments that were asked for before go on by the clock of then.
            let of = if at % 2 == 0 { zone } else { ZONE };
            let now = shop.world.world().now;
            shop.write_by(of, now, vec![shop.row(JournalEvent::OfferSent, &shop.payment(), 5)]);
            shop.pass(SignedDuration::from_hours(7));
            shop.export();
        }
        shop.pass_days(2);
        shop.export();
        let days: Vec<Date> =
            (18..30).map(november).filter(|day| shop.file(*day, Control::NAME).is_some()).collect();
        assert!(days.len() >= 3 && shop.verify(&days).is_empty(), "{:?}", shop.verify(&days));
        let last = *days.last().unwrap();
        let there: u64 = days.iter().map(|day| shop.control(*day).rows).sum();
        let world = shop.world.world();
        let rows = world.book.journal.values().flatten().filter(|row| row.day <= last);
        assert_eq!(there, rows.count() as u64, "{zone}");
    }
}

#[test]
fn a_quiet_day_has_its_files_too() {
    let shop = Shop::new(7);
    shop.sale(100);
    shop.pass_days(4);
    assert_eq!(shop.export().days, 4);
    let quiet = shop.control(november(20));
    assert_eq!(quiet.chains.len(), usize::from(Chain::SHARDS));
    assert!(
        shop.exported_rows(november(20))
            .iter()
            .all(|row| row.event_type == JournalEvent::DayClosed)
    );
    assert!(shop.verify(&[november(18), november(19), november(20), november(21)]).is_empty());
}

#[test]
fn what_one_run_does_not_finish_the_next_one_does() {
    let shop = three_days(8);
    let now = shop.world.world().now;
    let ran = drive(shop.finance().run(&Scope::default(), now, |_, _| {})).unwrap().unwrap();
    assert_eq!((ran.days, ran.left), (0, 1));
    assert_eq!(shop.export().days, 3);
}

/// A clock that goes on by a second whenever somebody looks at it.
struct Ticking(Memory);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        self.0.world().now += SignedDuration::from_secs(1);
        self.0.world().now
    }
    async fn sleep(&self, _duration: std::time::Duration) {}
}

impl Entropy for Ticking {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }
}

impl Shop {
    /// Exports for so many looks at the clock.
    fn export_for(&self, looks: i64) -> Ran {
        let until = self.world.world().now + SignedDuration::from_secs(looks);
        let ticking = Ticking(self.world.clone());
        let finance = Finance::new(self.world.clone(), self.world.clone(), ticking);
        drive(finance.run(&Scope::default(), until, |_, error| panic!("{error:?}")))
            .unwrap()
            .unwrap()
    }
}

#[test]
fn a_day_for_which_the_time_is_too_short_is_given_up_between_its_pages() {
    let mut days = BTreeSet::new();
    for looks in 1..80 {
        let shop = three_days(13);
        let ran = shop.export_for(looks);
        assert_eq!(ran.left, u64::from(ran.days < 3), "{looks}");
        let controls = DAYS.iter().filter(|day| shop.file(**day, Control::NAME).is_some());
        assert_eq!(controls.count() as u64, ran.days, "{looks}");
        days.insert(ran.days);
        assert_eq!(shop.export().days, 3 - ran.days, "{looks}");
        assert!(shop.verify(&DAYS).is_empty(), "{looks}");
    }
    assert_eq!(days, BTreeSet::from([0, 1, 2, 3]));
}

#[test]
fn a_merchant_that_takes_all_the_time_does_not_always_come_first() {
    let mut first = BTreeSet::new();
    for seed in 0..24 {
        let large = Shop::new(seed);
        let merchant = MerchantIdentifier::parse("merchant.com.example.zoo").unwrap();
        let (world, tenant) = (large.world.clone(), large.tenant.clone());
        let small = Shop { world, tenant, merchant };
        large.sale(100);
        small.sale(100);
        large.pass_days(1);
        // Enough for one day, and not for two.
        let looks = (1..60).find(|looks| large.export_for(*looks).days > 0);
        assert!(looks.is_some());
        first.insert(small.file(DAYS[0], Control::NAME).is_some());
    }
    assert_eq!(first.len(), 2, "now the one, now the other");
}

#[test]
fn f125_a_crash_anywhere_leaves_nothing_that_the_next_run_does_not_make_good() {
    let calls = {
        let shop = three_days(9);
        let before = shop.world.world().faults.calls.len();
        shop.export();
        before..shop.world.world().faults.calls.len()
    };
    let expected = {
        let shop = three_days(9);
        shop.export();
        shop.world.world().exports.files.clone()
    };
    for at in calls {
        for mode in FaultMode::ALL {
            let shop = three_days(9);
            shop.world.world().faults.at = Some((at, mode));
            let _ = drive(shop.finance().run(&Scope::default(), Timestamp::MAX, |_, _| {}));
            shop.world.world().faults = FaultPlan::default();
            shop.export();
            assert_eq!(shop.world.world().exports.files, expected, "{mode:?} at call {at}");
        }
    }
}

#[test]
fn a_broken_chain_is_exported_and_told() {
    let shop = three_days(10);
    {
        let mut world = shop.world.world();
        let rows = world.book.journal.values_mut().find(|rows| rows.len() > 2).unwrap();
        rows[1].amount_minor = Some(Minor::new(1_000_000));
    }
    let ran = shop.export();
    assert_eq!((ran.days, ran.broken), (3, 1));
    let broken =
        DAYS.iter().map(|day| shop.control(*day)).find(|it| it.chain == ChainVerdict::Broken);
    let breaks: Vec<_> =
        broken.unwrap().chains.into_iter().flat_map(|chain| chain.breaks).collect();
    assert_eq!(breaks.len(), 1, "{breaks:?}");
    assert_eq!(breaks[0].what, Broken::Hash);
    assert!(!shop.verify(&DAYS).is_empty());
}

#[test]
fn another_file_in_the_place_of_one_of_ours_is_never_taken_for_it() {
    let shop = three_days(11);
    let key = ExportKey::day(&shop.tenant, &shop.merchant, DAYS[0], "ledger.csv");
    shop.world.world().exports.files.insert(key, b"somebody else's".to_vec());
    let mut failures = BTreeSet::new();
    let failed = |_: &TenantId, error: &ExportError| {
        failures.insert(error.to_string());
    };
    let ran =
        drive(shop.finance().run(&Scope::default(), Timestamp::MAX, failed)).unwrap().unwrap();
    assert_eq!((ran.days, ran.failed), (0, 1));
    assert!(failures.iter().all(|text| text.contains("with other bytes")), "{failures:?}");
    assert!(shop.file(DAYS[0], Control::NAME).is_none());
}
