//! Every row of the plan is run or waived, and every decision is of a row that runs.

use std::collections::BTreeSet;

use amb_bad_input::{DECIDED_OTHERWISE, WAIVED};

const SOURCES: [&str; 18] = [
    include_str!("attachment.rs"),
    include_str!("attachment_type.rs"),
    include_str!("authorization.rs"),
    include_str!("body.rs"),
    include_str!("corpora.rs"),
    include_str!("endpoint_url.rs"),
    include_str!("request.rs"),
    include_str!("keys.rs"),
    include_str!("meaning.rs"),
    include_str!("members.rs"),
    include_str!("pay.rs"),
    include_str!("send.rs"),
    include_str!("send_body.rs"),
    include_str!("send_content.rs"),
    include_str!("token_claims.rs"),
    include_str!("token_header.rs"),
    include_str!("token_signature.rs"),
    include_str!("words.rs"),
];

/// The rows that have a test: its name begins with the row, and it runs the row of that id.
fn run() -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    for source in SOURCES {
        for test in source.split("#[test]\n").skip(1) {
            let name = test.trim_start().strip_prefix("fn ").unwrap();
            let id = name.split('_').next().unwrap().to_uppercase();
            assert!(test.contains(&format!("Row::run(\"{id}\"")), "{}", &name[..40]);
            rows.insert(id);
        }
    }
    rows
}

fn waived() -> BTreeSet<String> {
    WAIVED.iter().flat_map(|waiver| waiver.rows).map(|id| (*id).to_owned()).collect()
}

#[test]
fn every_row_is_run_or_waived_and_none_is_both() {
    let (run, waived) = (run(), waived());
    let plan = (1..=72)
        .chain(101..=178)
        .map(|n| format!("M{n:03}"))
        .chain((1..=56).map(|n| format!("S{n:03}")))
        .chain((1..=26).map(|n| format!("W{n:03}")))
        .chain((1..=30).map(|n| format!("A{n:03}")))
        .chain((1..=40).map(|n| format!("P{n:03}")));
    let plan: BTreeSet<String> = plan.collect();
    let forgotten: Vec<_> =
        plan.iter().filter(|id| !run.contains(*id) && !waived.contains(*id)).collect();
    assert!(forgotten.is_empty(), "neither run nor waived: {forgotten:?}");
    let both: Vec<_> = run.intersection(&waived).collect();
    assert!(both.is_empty(), "run and waived: {both:?}");
    let strange: Vec<_> = run.union(&waived).filter(|id| !plan.contains(*id)).collect();
    assert!(strange.is_empty(), "not in the plan: {strange:?}");
}

#[test]
fn every_decision_is_of_a_row_that_runs_and_says_why() {
    let run = run();
    let mut decided = BTreeSet::new();
    for decision in DECIDED_OTHERWISE {
        for id in decision.rows {
            assert!(run.contains(*id), "{id} is decided and not run");
            assert!(decided.insert(id), "{id} is decided twice");
        }
        assert!(!decision.plan.is_empty() && decision.why.len() > 20, "{:?}", decision.rows);
    }
    for waiver in WAIVED {
        assert!(waiver.why.len() > 20, "{:?}", waiver.rows);
    }
}

#[test]
fn what_is_run_elsewhere_is_there() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    for waiver in WAIVED.iter().filter(|waiver| !waiver.elsewhere.is_empty()) {
        let sources: String = waiver
            .elsewhere
            .iter()
            .map(|path| std::fs::read_to_string(format!("{root}/{path}")).unwrap())
            .collect();
        for id in waiver.rows {
            let id = format!("{}_", id.to_lowercase());
            let named = |line: &str| line.contains("fn ") && line.contains(&id);
            assert!(sources.lines().any(named), "no test of {:?} carries {id}", waiver.elsewhere);
        }
    }
}
