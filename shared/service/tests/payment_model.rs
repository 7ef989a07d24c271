//! The protocol of an authorisation as a model, checked exhaustively (spec/payments §4.6): two
//! deliveries of one token at once, a provider whose answers are lost and that acts late, one crash
//! anywhere, a lease that runs out, a worker that ends doubts. What is proposed breaks nothing; each way
//! of leaving something out breaks what it must.

#[path = "payment_model/protocol.rs"]
mod protocol;

use std::collections::BTreeSet;

use protocol::{Protocol, Provider, Resolve, Variant};
use stateright::{Checker, Model};

/// What a variant breaks, and how many states there are.
fn broken(variant: Variant) -> (BTreeSet<&'static str>, usize) {
    let checker = Protocol(variant).checker().spawn_bfs().join();
    (checker.discoveries().into_keys().collect(), checker.unique_state_count())
}

fn breaks(variant: Variant, expected: &[&'static str]) {
    let (broken, states) = broken(variant);
    assert_eq!(broken, expected.iter().copied().collect(), "in {states} states of {variant:?}");
}

const TWO_HOLDS: &str = "P1 at most one hold";
const SUCCESS_WITHOUT_MONEY: &str = "P2 success told means that money is held";
const TOLD_BOTH: &str = "P3 a device is told one thing";
const FAILURE_WITH_MONEY: &str = "P4 at rest, failure told means that nothing is held";
const RECORD_DIFFERS: &str = "P5 at rest, the record says what the provider has";
const IN_DOUBT: &str = "P6 nothing stays in doubt";
const UNCLAIMED: &str = "P9 no call without a claim";

#[test]
fn what_is_proposed_breaks_nothing() {
    let (broken, states) = broken(Variant::proposed());
    assert_eq!(broken, BTreeSet::new());
    assert!(states > 300, "the model is not empty: {states}");
}

#[test]
fn without_a_claim_two_deliveries_hold_twice() {
    let variant = Variant { claims: false, provider: Provider::Forgetful, ..Variant::proposed() };
    let (broken, _) = broken(variant);
    for property in [TWO_HOLDS, RECORD_DIFFERS, UNCLAIMED] {
        assert!(broken.contains(property), "{property} is not among {broken:?}");
    }
}

#[test]
fn told_that_is_written_twice_tells_the_device_both() {
    let variant = Variant { told_once: false, ..Variant::proposed() };
    let (broken, _) = broken(variant);
    assert!(broken.contains(TOLD_BOTH), "{broken:?}");
    assert!(broken.contains(RECORD_DIFFERS), "{broken:?}");
}

#[test]
fn asking_without_a_fence_leaves_money_that_lands_later() {
    let variant = Variant { resolve: Resolve::Query, ..Variant::proposed() };
    breaks(variant, &[FAILURE_WITH_MONEY, RECORD_DIFFERS]);
}

#[test]
fn a_timeout_is_not_a_failure() {
    let variant = Variant { resolve: Resolve::Assume, ..Variant::proposed() };
    breaks(variant, &[FAILURE_WITH_MONEY, RECORD_DIFFERS]);
}

#[test]
fn a_late_success_is_not_kept_after_failure_was_told() {
    let variant = Variant { voids_after_failure: false, ..Variant::proposed() };
    let (broken, _) = broken(variant);
    assert!(broken.contains(FAILURE_WITH_MONEY), "{broken:?}");
}

#[test]
fn taking_a_lease_over_and_asking_again_holds_twice() {
    let variant =
        Variant { takeover_asks_again: true, provider: Provider::Forgetful, ..Variant::proposed() };
    let (broken, _) = broken(variant);
    assert!(broken.contains(TWO_HOLDS) && broken.contains(RECORD_DIFFERS), "{broken:?}");
}

#[test]
fn taking_over_is_safe_with_a_provider_that_remembers() {
    breaks(Variant { takeover_asks_again: true, ..Variant::proposed() }, &[]);
}

#[test]
fn every_property_is_broken_by_some_variant_but_those_that_none_may_break() {
    let all = [
        Variant { claims: false, provider: Provider::Forgetful, ..Variant::proposed() },
        Variant { told_once: false, ..Variant::proposed() },
        Variant { resolve: Resolve::Query, ..Variant::proposed() },
        Variant { resolve: Resolve::Never, ..Variant::proposed() },
    ];
    let seen: BTreeSet<_> = all.into_iter().flat_map(|variant| broken(variant).0).collect();
    let every = [
        TWO_HOLDS,
        SUCCESS_WITHOUT_MONEY,
        TOLD_BOTH,
        FAILURE_WITH_MONEY,
        RECORD_DIFFERS,
        IN_DOUBT,
        UNCLAIMED,
    ];
    for property in every {
        assert!(seen.contains(property), "no variant breaks {property}: it proves nothing");
    }
}
