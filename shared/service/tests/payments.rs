//! Payments under faults: whole lives of payments against twins, with everything that can go wrong going
//! wrong, and the promises P1 to P12 of spec/payments §4.6 checked when the dust has settled.
//!
//! Two ways lead there. The *enumeration* plays a few lives again and again, each time with one port
//! call failing in one of four ways, then with two. The *simulation* draws lives from a seed, faults
//! included, as many as `SIMULATED_PAYMENTS` says; `make simulate` says a million.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod payments {
    pub(crate) mod device;
    pub(crate) mod dice;
    pub(crate) mod life;
    pub(crate) mod notices;
    pub(crate) mod promises;
    pub(crate) mod scenarios;
    pub(crate) mod shop;
}

use std::{collections::BTreeMap, thread};

use amb_service::memory::FaultMode;
use payments::{
    dice::Dice,
    life::Life,
    promises::{Totals, broken},
    scenarios::{SCENARIOS, Scenario},
    shop::Shop,
};

/// What every run begins from.
const SEED: u64 = 20_261_121;

/// Payments of one shop: they share a journal's chains, a provider and a clock.
const PER_SHOP: usize = 40;

#[test]
fn every_crash_point_of_a_payments_life_keeps_the_promises() {
    let mut points = 0;
    for scenario in SCENARIOS {
        for at in 0..clean_run(scenario) {
            for mode in FaultMode::ALL {
                let shop = run(scenario, &[(at, mode)]);
                let found = broken(&shop);
                assert!(found.is_empty(), "{} at call {at} {mode:?}: {found:#?}", scenario.name);
                points += 1;
            }
        }
    }
    eprintln!("crash points of payments: {points} over {} scenarios", SCENARIOS.len());
    assert!(points > 500, "the enumeration has shrunk to {points} points");
}

#[test]
fn two_faults_in_a_payments_life_keep_the_promises() {
    const RUNS: usize = 4_000;
    let mut dice = Dice::new(SEED);
    let calls: Vec<_> = SCENARIOS.iter().map(clean_run).collect();
    for number in 0..RUNS {
        let chosen = dice.below(SCENARIOS.len());
        let first = dice.below(calls[chosen]);
        let second = first + 1 + dice.below(30);
        let faults = [(first, dice.fault_mode()), (second, dice.fault_mode())];
        let shop = run(&SCENARIOS[chosen], &faults);
        let found = broken(&shop);
        let name = SCENARIOS[chosen].name;
        assert!(found.is_empty(), "run {number}, {name} with {faults:?}: {found:#?}");
    }
}

/// Lives of payments, drawn: five in a hundred calls of each of them fail, and as many answers of the
/// provider.
#[test]
fn simulated_payments_are_neither_lost_nor_doubled_nor_left_in_doubt() {
    let wanted = simulated_payments();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let shops = wanted.div_ceil(PER_SHOP);
    let totals: Vec<Totals> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| scope.spawn(move || simulate((worker..shops).step_by(threads))))
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let totals = totals.into_iter().fold(Totals::default(), Totals::with);
    eprintln!("{wanted} simulated payments, seed {SEED}: {totals}");
    assert_eq!(totals.payments, shops * PER_SHOP);
    // A simulation in which nothing goes wrong, or nothing goes well, proves nothing.
    for (what, count) in totals.counts() {
        assert!(count * 2_000 >= totals.payments, "{what}: {count} of {}", totals.payments);
    }
}

fn simulate(shops: impl Iterator<Item = usize>) -> Totals {
    let mut totals = Totals::default();
    for number in shops {
        let seed = SEED + number as u64;
        let mut shop = Shop::new(seed);
        let mut dice = Dice::new(seed);
        shop.world.world().psp.tells_by_notice = dice.percent(25);
        let lives = (0..PER_SHOP).map(|_| Life::drawn(&mut shop, &mut dice)).collect();
        Life::live_all(lives, &mut shop, &mut dice);
        shop.recover();
        let found = broken(&shop);
        assert!(found.is_empty(), "shop {number} of seed {SEED}: {found:#?}");
        totals = totals.with(Totals::of(&shop));
    }
    totals
}

/// How many, if nobody says: enough to see every branch, little enough for every day.
#[expect(clippy::disallowed_methods, reason = "how long a test runs is the caller's")]
fn simulated_payments() -> usize {
    let said = std::env::var("SIMULATED_PAYMENTS").ok();
    said.map_or(4_000, |count| count.parse().unwrap())
}

/// The promises have to be able to fail: each broken world breaks the one that names it.
#[test]
fn every_broken_promise_is_caught() {
    type Break = fn(&mut Shop);
    let breaks: BTreeMap<&str, Break> = BTreeMap::from([
        ("P1", (|shop| shop.hold_twice()) as Break),
        ("P2", |shop| shop.lose_the_money()),
        ("P3", |shop| shop.tell_another_story()),
        ("P4", |shop| shop.fail_what_is_paid()),
        ("P5", |shop| shop.forget_the_capture()),
        ("P6", |shop| shop.leave_in_doubt()),
        ("P7", |shop| shop.tear_a_row_out()),
        ("P9", |shop| shop.ask_without_a_claim()),
        ("P10", |shop| shop.fail_what_is_paid()),
        ("P11", |shop| shop.charge_another_amount()),
        ("shown", |shop| shop.show_another_total()),
        ("denial", |shop| shop.pass_over_a_denial()),
        ("evidence", |shop| shop.leave_a_reply_unread()),
        ("events", |shop| shop.tell_twice()),
    ]);
    for (promise, breaks) in breaks {
        let mut shop = run(&SCENARIOS[0], &[]);
        assert!(broken(&shop).is_empty());
        breaks(&mut shop);
        let found = broken(&shop);
        assert!(found.iter().any(|found| found.starts_with(promise)), "{promise}: {found:#?}");
    }
}

/// Runs a scenario without a fault; answers how many port calls its script makes.
fn clean_run(scenario: &Scenario) -> usize {
    let mut shop = Shop::new(SEED);
    (scenario.script)(&mut shop);
    let calls = shop.calls();
    shop.recover();
    let found = broken(&shop);
    assert!(found.is_empty(), "{} without any fault: {found:#?}", scenario.name);
    let state = shop.state(0);
    assert_eq!(state, scenario.ends, "{} without any fault", scenario.name);
    calls
}

fn run(scenario: &Scenario, faults: &[(usize, FaultMode)]) -> Shop {
    let mut shop = Shop::new(SEED);
    {
        let plan = &mut shop.world.world().faults;
        let mut planned = faults.iter().copied();
        plan.at = planned.next();
        plan.then = planned.next();
    }
    (scenario.script)(&mut shop);
    shop.recover();
    shop
}
