//! What a request came to, and what it left behind.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
};

use amb_lambda::answer::Answer;
use amb_service::memory::{Memory, drive};
use amb_support::logs;
use serde_json::Value;

/// What one request came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The answer, unless the function panicked or waited for ever.
    pub answer: Option<Answer>,
    /// The ports that were called, in order.
    pub calls: Vec<&'static str>,
    /// The lines that were logged.
    pub logs: Vec<String>,
    /// Rows that were not there before.
    pub stored: usize,
    /// Everything on the queues.
    pub queued: String,
    /// Words that may stand nowhere of that.
    pub forbidden: Vec<String>,
}

impl Outcome {
    /// Runs a request against a world, and takes down what happens.
    pub(crate) fn of<F>(
        world: &Memory,
        function: &'static str,
        forbidden: Vec<String>,
        serve: impl FnOnce() -> F,
    ) -> Self
    where
        F: Future<Output = Answer>,
    {
        world.world().faults.calls.clear();
        let before = rows(world);
        let (answer, logs) = logs::captured(function, world.clone(), || {
            catch_unwind(AssertUnwindSafe(|| drive(serve()))).unwrap_or(None)
        });
        let mut after = world.world();
        after.faults.at = None;
        let calls = std::mem::take(&mut after.faults.calls);
        let queued = format!("{:?} {:?}", after.outbound_queue, after.delivery_queue);
        drop(after);
        Self { answer, calls, logs, stored: rows(world) - before, queued, forbidden }
    }

    /// The status; 0 if there is no answer.
    pub fn status(&self) -> u16 {
        self.answer.as_ref().map_or(0, |answer| answer.status().as_u16())
    }

    /// The body of the answer.
    pub fn body(&self) -> &str {
        self.answer.as_ref().map_or("", |answer| answer.body())
    }

    /// The body of the answer as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(self.body()).unwrap_or_default()
    }

    /// The code in the body of the answer.
    pub fn code(&self) -> Option<String> {
        self.json().get("code")?.as_str().map(str::to_owned)
    }

    /// A header of the answer.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.answer.as_ref()?.headers().get(name)?.to_str().ok()
    }

    /// How often a port was called.
    pub fn called(&self, port: &str) -> usize {
        self.calls.iter().filter(|called| **called == port).count()
    }
}

/// Everything that a request could have written, and that stays.
fn rows(memory: &Memory) -> usize {
    let world = memory.world();
    world.inbox.len()
        + world.outbound.len()
        + world.timeline.len()
        + world.idempotency.len()
        + world.claims.len()
        + world.conversations.len()
        + world.deliveries.len()
        + world.book.claims.len()
        + world.book.quotes.len()
        + world.book.journal.values().map(Vec::len).sum::<usize>()
}
