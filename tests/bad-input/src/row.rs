//! One row of the plan.

use std::panic::{AssertUnwindSafe, catch_unwind};

use amb_service::model::ConversationStatus;
use amb_support::{
    account::{self, TENANT},
    canary,
    gateway_event::GatewayEvent,
    logs,
    vectors::{BUSINESS, CUSTOMER},
};
use serde_json::{Value, value::RawValue};

use crate::{DECIDED_OTHERWISE, Expected, InboundWebhook, OutboundSend, Outcome};

/// The cases of one row.
#[derive(Debug)]
pub struct Row {
    id: &'static str,
    cases: usize,
    answers: Vec<(u16, Option<String>)>,
    faults: Vec<String>,
}

impl Row {
    /// Runs the cases of a row, and fails with everything that was wrong.
    pub fn run(id: &'static str, cases: impl FnOnce(&mut Self)) {
        let mut row = Self { id, cases: 0, answers: Vec::new(), faults: Vec::new() };
        cases(&mut row);
        row.finish();
    }

    /// One request of Apple's to a cold instance. What is taken is told to the business as well, in
    /// JSON that can be read: no input stops a message on its way.
    pub fn apple(&mut self, case: &str, event: &GatewayEvent, expected: Expected) {
        let function = InboundWebhook::default();
        let outcome = function.send(event);
        self.check(case, &outcome, expected);
        if outcome.status() != 200 {
            return;
        }
        let (told, logs) = logs::captured("event-dispatch", function.world.clone(), || {
            catch_unwind(AssertUnwindSafe(|| function.tell().map_err(|error| error.to_string())))
        });
        let readable = |body: &Vec<u8>| serde_json::from_slice::<&RawValue>(body).is_ok();
        match told {
            Err(_) => self.holds(&format!("{case}: telling it does not panic"), false),
            Ok(Err(error)) => self.holds(&format!("{case}: {error}"), false),
            Ok(Ok(bodies)) => self.holds(
                &format!("{case}: the business reads what it is told"),
                bodies.len() == 1 && bodies.iter().all(readable),
            ),
        }
        let after = Outcome { answer: None, logs, ..outcome };
        self.quiet(case, &after);
    }

    /// One request of a business, with a good key and an open conversation, to a cold instance. The
    /// last word on the event is the caller's.
    pub fn business(
        &mut self,
        case: &str,
        body: &Value,
        change: impl FnOnce(GatewayEvent) -> GatewayEvent,
        expected: Expected,
    ) {
        let function = OutboundSend::default();
        let key = account::key(&function.world, TENANT);
        account::conversation(&function.world, BUSINESS, CUSTOMER, ConversationStatus::Open);
        let event = change(GatewayEvent::to_send(&key, body));
        let outcome = function.send(&event);
        self.check(case, &outcome, expected);
    }

    /// Holds what a request came to against what is expected, and against what holds for all.
    pub fn check(&mut self, case: &str, outcome: &Outcome, expected: Expected) {
        self.cases += 1;
        self.answers.push((outcome.status(), outcome.code()));
        let mut wrong = Vec::new();
        if outcome.answer.is_none() {
            wrong.push("the function panicked or waited for ever".to_owned());
        }
        let (status, code) = (outcome.status(), outcome.code());
        if (status, code.as_deref()) != (expected.status, expected.code) {
            wrong.push(format!(
                "{} {:?} is expected, and {status} {code:?} came",
                expected.status, expected.code
            ));
        }
        for port in &outcome.calls {
            let called = outcome.called(port);
            let allowed = expected.ports.iter().find(|(name, _)| name == port);
            if called > allowed.map_or(0, |(_, most)| *most) {
                wrong.push(format!("{port} was called {called} times"));
            }
        }
        if status >= 400 && outcome.stored != expected.rows {
            wrong.push(format!("{} rows of a refused request were stored", outcome.stored));
        }
        wrong.extend(leaks(outcome));
        self.faults.extend(wrong.into_iter().map(|fault| format!("{}: {case}: {fault}", self.id)));
    }

    /// Holds something else that the row promises.
    pub fn holds(&mut self, case: &str, truth: bool) {
        self.cases += 1;
        if !truth {
            self.faults.push(format!("{}: {case}: does not hold", self.id));
        }
    }

    /// Holds what was logged beside an answer to what holds for all.
    pub(crate) fn quiet(&mut self, case: &str, outcome: &Outcome) {
        let found = leaks(outcome);
        self.faults.extend(found.iter().map(|leak| format!("{}: {case}: {leak}", self.id)));
    }

    fn finish(mut self) {
        assert!(self.cases > 0, "{} has no case", self.id);
        for decision in DECIDED_OTHERWISE.iter().filter(|known| known.rows.contains(&self.id)) {
            for (status, code) in decision.answers {
                let given = self.answers.iter().any(|(s, c)| s == status && c.as_deref() == *code);
                if !given {
                    let fault = format!("{}: no case has the decided {status} {code:?}", self.id);
                    self.faults.push(fault);
                }
            }
        }
        let (faults, cases) = (self.faults.len(), self.cases);
        assert!(faults == 0, "{faults} faults in {cases} cases:\n{}", self.faults.join("\n"));
    }
}

/// What came out where it may not, and log lines that are none.
fn leaks(outcome: &Outcome) -> Vec<String> {
    let words = || outcome.forbidden.iter().map(String::as_str);
    let mut found = Vec::new();
    let mut look = |place: &str, text: &str| {
        if let Some(word) = canary::found(words(), text) {
            found.push(format!("{place} shows {word:?}"));
        }
    };
    look("the answer", outcome.body());
    for (name, value) in outcome.answer.iter().flat_map(http::Response::headers) {
        look(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
    }
    look("a queue", &outcome.queued);
    for line in &outcome.logs {
        look("a log line", line);
    }
    for line in &outcome.logs {
        let is_object = serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object());
        if !is_object || line.contains(['\n', '\r']) || line.len() > LONGEST_LINE {
            found.push("a log line is not one short line of JSON".to_owned());
        }
    }
    found
}

/// reliability §6.7: a line is at most 8 KB.
const LONGEST_LINE: usize = 8 * 1024;
