use futures_util::lock::{Mutex, MutexGuard};
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many at once, and the others wait: work that takes much memory. A piece of work goes to the
/// next lane in turn, and waits there for those before it.
#[derive(Debug)]
pub(super) struct Lanes<const N: usize> {
    lanes: [Mutex<()>; N],
    turn: AtomicUsize,
}

impl<const N: usize> Default for Lanes<N> {
    fn default() -> Self {
        Self { lanes: std::array::from_fn(|_| Mutex::new(())), turn: AtomicUsize::new(0) }
    }
}

impl<const N: usize> Lanes<N> {
    /// The right to work, until it is dropped.
    pub(super) async fn enter(&self) -> Option<MutexGuard<'_, ()>> {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        match self.lanes.get(turn % N) {
            Some(lane) => Some(lane.lock().await),
            None => None,
        }
    }
}
