//! Runs a use case against the world.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
};

/// Runs a future over twins to its end. Twins answer at once, so one poll is a whole run; `None`
/// means that the process died at the gate.
pub fn drive<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Runs a future over twins until it ends or is frozen at the gate; what is frozen goes on when this
/// is called again. A process that died looks frozen for ever.
pub fn begin<F: Future + ?Sized>(future: &mut Pin<Box<F>>) -> Option<F::Output> {
    match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

/// Freezes whoever comes to the gate, once.
pub(super) async fn freeze() {
    let mut is_frozen = false;
    poll_fn(|_| {
        let was_frozen = std::mem::replace(&mut is_frozen, true);
        if was_frozen { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
