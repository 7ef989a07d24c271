//! The crash enumerator (spec/reliability §3.3).
//!
//! Every scenario is run once to count its port calls. Then, for every call and every way it can go
//! wrong (the process dies before it, dies after it, loses its answer, or the call is refused), the
//! scenario is run again from the same seed, the world recovers by redelivery and sweep over ten
//! virtual days, and the invariants of spec/reliability §0.1 are checked.
//!
//! A new use case joins by a scenario in `scenarios.rs` and, if it promises something new, by a check
//! in `invariants.rs`.

#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod crash {
    pub(crate) mod actors;
    pub(crate) mod composed;
    pub(crate) mod invariants;
    pub(crate) mod payload_invariants;
    pub(crate) mod payloads;
    pub(crate) mod scenarios;
}

use amb_service::{
    memory::{FaultMode, Memory},
    model::{EventType, FileKey, OutboundStatus, Payload, PayloadStatus, Progress, TimelineItem},
    port::Entropy,
};
use crash::{
    actors::{Actors, Frozen, Order},
    invariants::{repeats, violations},
    payload_invariants::left_over,
    scenarios::{SCENARIOS, Scenario},
};

#[test]
fn every_crash_point_of_every_scenario_keeps_the_invariants() {
    let (mut points, mut left) = (0, 0);
    for scenario in SCENARIOS {
        let calls = clean_run(scenario);
        let mut seen = 0;
        for at in 0..calls {
            for mode in FaultMode::ALL {
                let (actors, happened) = run(scenario, &[(at, mode)], Order::CommitThenAck);
                let found = violations(&actors);
                assert!(found.is_empty(), "{} at call {at} {mode:?}: {found:#?}", scenario.name);
                assert!(happened, "{}: call {at} was never reached", scenario.name);
                points += 1;
                left += left_over(&actors).len();
            }
            seen += 1;
        }
        assert_eq!(seen, calls, "{}: every call is a crash point", scenario.name);
    }
    eprintln!("crash points: {points} over {} scenarios, 0 violations", SCENARIOS.len());
    eprintln!("files and parts that the bucket's rules have to remove: {left}");
    assert!(points > 1_000, "the enumeration has shrunk to {points} points");
}

/// Two faults in one run, drawn evenly, the second within reach of the recovery from the first.
#[test]
fn two_faults_in_one_run_keep_the_invariants() {
    const RUNS: usize = 6_000;
    let dice = Memory::new(20_261_121);
    let draw = |below: usize| {
        let mut bytes = [0; 4];
        dice.fill(&mut bytes);
        usize::try_from(u32::from_be_bytes(bytes)).unwrap() % below
    };
    let calls: Vec<_> = SCENARIOS.iter().map(clean_run).collect();
    for number in 0..RUNS {
        let chosen = draw(SCENARIOS.len());
        let scenario = &SCENARIOS[chosen];
        let first = draw(calls[chosen]);
        let second = first + 1 + draw(40);
        let mode = || FaultMode::ALL[draw(FaultMode::ALL.len())];
        let faults = [(first, mode()), (second, mode())];
        let (actors, _) = run(scenario, &faults, Order::CommitThenAck);
        let found = violations(&actors);
        assert!(found.is_empty(), "run {number}, {} with {faults:?}: {found:#?}", scenario.name);
    }
    eprintln!("two faults: {RUNS} runs, 0 violations");
}

#[test]
fn acknowledging_before_the_put_is_caught() {
    let is_caught = SCENARIOS.iter().any(|scenario| {
        (0..clean_run(scenario)).any(|at| {
            let fault = [(at, FaultMode::DieBefore)];
            let (actors, _) = run(scenario, &fault, Order::AckThenCommit);
            violations(&actors).iter().any(|found| found.starts_with("I1"))
        })
    });
    assert!(is_caught, "the broken variant passed: the enumerator proves nothing");
}

#[test]
fn progress_that_is_not_written_down_is_caught() {
    let scenario = SCENARIOS.iter().find(|scenario| scenario.name == "three parts").unwrap();
    let mut caught = 0;
    for at in 0..clean_run(scenario) {
        let mut actors = Actors::new(Order::CommitThenAck);
        (scenario.arrange)(&mut actors);
        {
            let plan = &mut actors.world.world().faults;
            plan.at = Some((plan.calls.len() + at, FaultMode::DieAfter));
        }
        (scenario.script)(&mut actors);
        for message in actors.world.world().outbound.values_mut() {
            message.progress = Progress::default();
        }
        actors.recover();
        caught += usize::from(violations(&actors).iter().any(|found| found.starts_with("parts")));
    }
    assert!(caught > 0, "the broken variant passed: the enumerator proves nothing of parts");
}

/// A worker of payloads is frozen before every call, another one takes its payload over, and then it
/// goes on as if nothing had happened.
#[test]
fn a_worker_that_was_frozen_changes_nothing() {
    let (mut points, mut taken_over) = (0, 0);
    for scenario in SCENARIOS {
        for at in 0..clean_run(scenario) {
            let mut actors = Actors::new(Order::CommitThenAck);
            (scenario.arrange)(&mut actors);
            let before = actors.world.world().faults.calls.len();
            actors.frozen = Frozen::At(before + at);
            (scenario.script)(&mut actors);
            if actors.frozen != Frozen::Thawed {
                continue;
            }
            actors.recover();
            let found = violations(&actors);
            assert!(found.is_empty(), "{} frozen at call {at}: {found:#?}", scenario.name);
            points += 1;
            let twice = actors.world.world().payloads.values().any(|payload| payload.attempts > 1);
            taken_over += usize::from(twice);
        }
    }
    eprintln!("frozen workers: {points} points, {taken_over} of them taken over, 0 violations");
    assert!(taken_over > 100, "the enumeration has shrunk to {taken_over} of {points} points");
}

/// A payload that ended and was not told in the same step.
#[test]
fn an_end_that_nobody_is_told_is_caught() {
    for (name, word) in [("a file", "attachments"), ("a reply by reference", "awaited")] {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap();
        let mut caught = 0;
        for at in 0..clean_run(scenario) {
            let mut actors = Actors::new(Order::CommitThenAck);
            (scenario.arrange)(&mut actors);
            {
                let plan = &mut actors.world.world().faults;
                plan.at = Some((plan.calls.len() + at, FaultMode::DieBefore));
            }
            (scenario.script)(&mut actors);
            let now = actors.world.world().now;
            for payload in actors.world.world().payloads.values_mut() {
                if payload.status == PayloadStatus::Pending {
                    payload.status = PayloadStatus::Told;
                    payload.finished_at = Some(now);
                }
            }
            actors.recover();
            let found = violations(&actors);
            caught += usize::from(found.iter().any(|found| found.starts_with(word)));
        }
        assert!(caught > 0, "the broken variant passed: the enumerator proves nothing of {name}");
    }
}

#[test]
fn i19_the_same_seed_gives_the_same_trace() {
    for scenario in SCENARIOS {
        let trace = || {
            let (actors, _) = run(scenario, &[], Order::CommitThenAck);
            let world = actors.world.world();
            format!("{:?} {:?}", world.faults.calls, world.far_side)
        };
        assert_eq!(trace(), trace(), "{}", scenario.name);
    }
}

/// A scenario proves nothing of a message that never gets as far as Apple.
#[test]
fn what_is_composed_reaches_apple_when_nothing_fails() {
    let composed = [
        ("three parts", 3),
        ("Apple stumbles over parts", 4),
        ("content in a file", 3),
        ("a choice of two", 1),
        ("pictures and a page", 2),
        ("large content by name", 3),
        ("an App Clip", 2),
    ];
    for (name, taken) in composed {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap();
        let (actors, _) = run(scenario, &[], Order::CommitThenAck);
        let world = actors.world.world();
        for message in world.outbound.values() {
            assert_eq!(message.status, OutboundStatus::AcceptedByApple, "{name}");
        }
        let calls = world.far_side.apple_calls.iter().filter(|call| call.accepted);
        assert_eq!(calls.count(), taken, "{name}");
    }
}

/// What a conversation hears of payloads, and what Apple gets.
#[test]
fn what_is_fetched_and_brought_is_there_when_nothing_fails() {
    use EventType::{AttachmentFailed, AttachmentReady, InteractiveReplied, MessageParked};
    let fetched: [(&str, &[EventType], usize); 19] = [
        ("a reply by reference", &[InteractiveReplied], 0),
        ("a reply whose links die twice", &[InteractiveReplied], 0),
        ("a reply whose links die", &[MessageParked], 0),
        ("a reply that Apple cannot decode", &[MessageParked], 0),
        ("a text behind a reply by reference", &[InteractiveReplied], 0),
        ("a reply in every form", &[InteractiveReplied; 3], 0),
        ("the customer leaves behind a reply", &[InteractiveReplied], 0),
        ("Apple stumbles over a reply", &[InteractiveReplied], 0),
        ("a file", &[AttachmentReady], 0),
        ("a file in two attempts", &[AttachmentReady], 0),
        ("a file that breaks off", &[AttachmentReady], 0),
        (
            "several files",
            &[
                AttachmentReady,
                AttachmentReady,
                AttachmentReady,
                AttachmentFailed,
                AttachmentFailed,
            ],
            0,
        ),
        ("an upload", &[], 1),
        ("an upload at the third time", &[], 1),
        ("an upload that fails", &[], 0),
        ("an upload for two", &[], 1),
        ("a file of the web", &[], 2),
        ("a download", &[], 0),
        ("payloads are lost", &[AttachmentReady, InteractiveReplied], 0),
    ];
    for (name, told, uploads) in fetched {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name == name).unwrap();
        let (actors, _) = run(scenario, &[], Order::CommitThenAck);
        let world = actors.world.world();
        let mut kinds: Vec<_> = world
            .timeline
            .values()
            .filter_map(|entry| match entry.item {
                TimelineItem::Event { kind, .. } => Some(kind),
                TimelineItem::Sent { .. } | TimelineItem::Awaited { .. } => None,
            })
            .filter(|kind| {
                [AttachmentFailed, AttachmentReady, InteractiveReplied, MessageParked]
                    .contains(kind)
            })
            .collect();
        kinds.sort();
        let mut told = told.to_vec();
        told.sort();
        assert_eq!(kinds, told, "{name}");
        assert_eq!(world.far_side.content.uploads.len(), uploads, "{name}");
        let decoded = |payload: &Payload| matches!(payload.status, PayloadStatus::Decoded { .. });
        assert_eq!(world.payloads.values().any(decoded), name == "a download", "{name}");
        if name == "a file in two attempts" {
            let ranges = world.far_side.content.opened.iter().filter(|(_, from)| *from > 0);
            assert_eq!(ranges.count(), 1, "{name}");
        }
        if name == "a reply that Apple cannot decode" {
            let kept = |file: &FileKey| file.as_str().starts_with("ciphertexts/");
            assert!(world.files.keys().any(kept), "{name}");
        }
    }
}

/// Runs a scenario without a fault; answers how many port calls its script makes.
fn clean_run(scenario: &Scenario) -> usize {
    let mut actors = Actors::new(Order::CommitThenAck);
    (scenario.arrange)(&mut actors);
    let before = actors.world.world().faults.calls.len();
    (scenario.script)(&mut actors);
    let calls = actors.world.world().faults.calls.len() - before;
    actors.recover();
    let found = violations(&actors);
    assert!(found.is_empty(), "{} without any fault: {found:#?}", scenario.name);
    let repeated = repeats(&actors);
    assert!(repeated.is_empty(), "{} without any fault: {repeated:?} twice", scenario.name);
    let left = left_over(&actors);
    assert!(left.is_empty(), "{} without any fault: {left:?} is left over", scenario.name);
    calls
}

/// Runs a scenario with faults at these calls, counted from the start of its script; a later one may
/// fall into the recovery. Answers whether the first came to pass.
fn run(scenario: &Scenario, faults: &[(usize, FaultMode)], order: Order) -> (Actors, bool) {
    let mut actors = Actors::new(order);
    (scenario.arrange)(&mut actors);
    let before = actors.world.world().faults.calls.len();
    let mut planned = faults.iter().map(|(at, mode)| (before + at, *mode));
    {
        let plan = &mut actors.world.world().faults;
        plan.at = planned.next();
        plan.then = planned.next();
    }
    (scenario.script)(&mut actors);
    let happened = {
        let world = actors.world.world();
        faults.first().is_none_or(|(at, _)| world.faults.calls.len() > before + at)
    };
    actors.recover();
    (actors, happened)
}
