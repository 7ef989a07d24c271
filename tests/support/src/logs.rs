//! The lines that a piece of work logs, as CloudWatch would get them, from every level up.

use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use amb_lambda::telemetry::{JsonLines, Sink};
use amb_service::port::Clock;
use tracing::{Dispatch, Subscriber, subscriber::DefaultGuard};
use tracing_subscriber::{Registry, layer::SubscriberExt as _};

/// Does the work, in this thread, and answers what it came to and what it logged.
pub fn captured<T>(
    function: &'static str,
    clock: impl Clock + 'static,
    work: impl FnOnce() -> T,
) -> (T, Vec<String>) {
    let lines = Lines::default();
    let layer = JsonLines::new(function, clock, lines.clone());
    let listening = listen(Registry::default().with(layer));
    let done = work();
    drop(listening);
    let mut written = lines.0.lock().unwrap_or_else(PoisonError::into_inner);
    (done, std::mem::take(&mut *written))
}

/// Lets a subscriber hear what this thread logs, until the guard is dropped.
///
/// `tracing` keeps, once for the whole process, whether anybody listens to a place that logs. While
/// it knows of one subscriber alone, it asks the thread that comes by first, and a thread without a
/// subscriber switches the place off for every thread. Two that live as long as the process keep it
/// from asking so.
pub fn listen(subscriber: impl Subscriber + Send + Sync + 'static) -> DefaultGuard {
    static OTHERS: LazyLock<[Dispatch; 2]> =
        LazyLock::new(|| [(), ()].map(|()| Dispatch::new(Registry::default())));
    LazyLock::force(&OTHERS);
    tracing::subscriber::set_default(subscriber)
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Sink for Lines {
    fn write(&self, line: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use std::{thread, time::Duration};

    #[derive(Clone, Copy)]
    struct Still;

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::UNIX_EPOCH
        }
        async fn sleep(&self, _duration: Duration) {}
    }

    #[test]
    fn a_place_that_a_thread_without_a_listener_reached_first_is_heard() {
        fn place() {
            tracing::info!("here");
        }
        let ((), lines) = captured("support", Still, || {
            thread::spawn(place).join().unwrap();
            place();
        });
        assert_eq!(lines.len(), 1, "{lines:?}");
    }
}
