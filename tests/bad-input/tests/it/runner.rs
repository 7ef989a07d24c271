//! The runner itself: what it is there to catch, it catches.

use std::panic::{AssertUnwindSafe, catch_unwind};

use amb_bad_input::{Expected, InboundWebhook, Outcome, Row, refused, taken};
use amb_support::{canary::CANARY, gateway_event::GatewayEvent};

/// What the runner says of an outcome.
fn verdict(outcome: &Outcome, expected: Expected) -> Result<(), String> {
    let run = || Row::run("runner", |row| row.check("case", outcome, expected));
    catch_unwind(AssertUnwindSafe(run))
        .map_err(|panic| panic.downcast_ref::<String>().cloned().unwrap_or_default())
}

fn caught(outcome: &Outcome, expected: Expected, fault: &str) {
    let said = verdict(outcome, expected).unwrap_err();
    assert!(said.contains(fault), "{fault:?} is expected, and {said:?} came");
}

fn good() -> Outcome {
    InboundWebhook::default().send(&GatewayEvent::from_apple())
}

fn bad() -> Outcome {
    InboundWebhook::default().send(&GatewayEvent::from_apple().authorization("Bearer x"))
}

#[test]
fn an_outcome_as_expected_passes() {
    assert_eq!(verdict(&good(), taken()), Ok(()));
    assert_eq!(verdict(&bad(), refused(403, "auth_invalid")), Ok(()));
}

#[test]
fn another_status_or_code_is_caught() {
    caught(&good(), refused(403, "auth_invalid"), "is expected, and 200 None came");
    caught(&bad(), refused(403, "other"), "is expected, and 403");
    caught(&Outcome { answer: None, ..good() }, taken(), "panicked or waited for ever");
}

#[test]
fn a_port_call_too_many_is_caught() {
    let mut outcome = bad();
    outcome.calls = vec!["Inbox::commit"];
    caught(&outcome, refused(403, "auth_invalid"), "Inbox::commit was called 1 times");
    let mut outcome = good();
    outcome.calls.push("AppleSecrets::apple_keys");
    caught(&outcome, taken(), "AppleSecrets::apple_keys was called 2 times");
}

#[test]
fn what_a_refused_request_stores_is_caught() {
    let outcome = Outcome { stored: 1, ..bad() };
    caught(&outcome, refused(403, "auth_invalid"), "1 rows of a refused request");
}

#[test]
fn a_leak_is_caught_wherever_it_is() {
    let mut outcome = good();
    outcome.logs.push(format!("{{\"code\":\"{CANARY}\"}}"));
    caught(&outcome, taken(), "a log line shows");
    caught(&Outcome { queued: CANARY.to_owned(), ..good() }, taken(), "a queue shows");
    let mut outcome = good();
    outcome.answer = Some(http::Response::new(CANARY.to_owned()));
    caught(&outcome, taken(), "the answer shows");
    let mut outcome = good();
    let answer = http::Response::builder().header("x-detail", CANARY).body(String::new());
    outcome.answer = Some(answer.unwrap());
    caught(&outcome, taken(), "x-detail shows");
}

#[test]
fn a_line_that_is_no_line_is_caught() {
    for line in
        ["plain words", "{\"a\":1}\n{\"b\":2}", &format!("{{\"a\":\"{}\"}}", "x".repeat(9000))]
    {
        let mut outcome = good();
        outcome.logs.push(line.to_owned());
        caught(&outcome, taken(), "not one short line of JSON");
    }
}

#[test]
fn a_row_without_cases_or_without_its_decided_answer_is_caught() {
    let run = |id, outcome: &Outcome| {
        let run = || Row::run(id, |row| row.check("case", outcome, taken()));
        catch_unwind(AssertUnwindSafe(run)).is_ok()
    };
    assert!(run("M030", &good()));
    assert!(!run("M024", &good()), "a long kid is decided to be 403, and no case shows it");
    assert!(catch_unwind(|| Row::run("M030", |_| ())).is_err());
}

#[test]
fn every_request_logs_one_line_at_least() {
    assert!(!good().logs.is_empty() && !bad().logs.is_empty());
}
