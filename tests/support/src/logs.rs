//! The lines that a piece of work logs, as CloudWatch would get them, from every level up.

use std::sync::{Arc, Mutex, PoisonError};

use amb_lambda::telemetry::{JsonLines, Sink};
use amb_service::port::Clock;
use tracing_subscriber::{Registry, layer::SubscriberExt as _};

/// Does the work, in this thread, and answers what it came to and what it logged.
pub fn captured<T>(
    function: &'static str,
    clock: impl Clock + 'static,
    work: impl FnOnce() -> T,
) -> (T, Vec<String>) {
    let lines = Lines::default();
    let layer = JsonLines::new(function, clock, lines.clone());
    let done = tracing::subscriber::with_default(Registry::default().with(layer), work);
    let mut written = lines.0.lock().unwrap_or_else(PoisonError::into_inner);
    (done, std::mem::take(&mut *written))
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Sink for Lines {
    fn write(&self, line: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    }
}
