//! What happened to one call on its way: which addresses were vetted, what became of its connection.
//!
//! The resolver and the connector run deep inside the HTTP client, where a call's own state does
//! not reach; both are polled within the call's task, so a task-local carries it.
//!
//! A client that keeps connections has a call wait for two at once: for one that becomes free, and
//! for a new one. If the first wins, the request leaves over it, and the new one is made to its end
//! in a task of its own, where there is no journey (it is vetted all the same). So that a connection
//! was asked for and does not stand says nothing about the request. What does: as long as the call
//! waits, the connecting belongs to it and ends with it.

use std::{
    future::Future,
    net::IpAddr,
    pin::Pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Poll, ready},
};

use tokio::{sync::Notify, time};
use tower::{Layer, Service};

use crate::{Phase, exchange::Limits};

tokio::task_local! {
    static JOURNEY: Arc<Journey>;
}

/// The state of one call.
#[derive(Debug, Default)]
pub(crate) struct Journey {
    addresses: OnceLock<Vec<IpAddr>>,
    own: Mutex<Own>,
    arrived: Notify,
}

/// What became of the connection that a call asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Own {
    /// The call took one that was free, or has not come to it yet.
    #[default]
    NotAsked,
    /// It is being made, or could not be.
    Asked,
    /// It stands, TLS included.
    Stands,
    /// The call took one that became free meanwhile.
    LeftBehind,
    /// The call ended while it waited.
    GivenUp,
}

impl Journey {
    /// Runs a call with its journey.
    pub(crate) async fn follow<F: Future>(self: &Arc<Self>, call: F) -> F::Output {
        JOURNEY.scope(Arc::clone(self), call).await
    }

    /// Notes what the resolver vetted for the call that runs, if one does.
    pub(crate) fn note_addresses(addresses: &[IpAddr]) {
        Self::with(|journey| drop(journey.addresses.set(addresses.to_vec())));
    }

    /// What the resolver vetted for the connection that this call asked for; none when it did not
    /// have to resolve.
    pub(crate) fn addresses(&self) -> Option<&[IpAddr]> {
        self.addresses.get().map(Vec::as_slice)
    }

    /// Whether the call ended while it still waited for a connection, so that nothing was sent. To be
    /// asked of a call that was cut off, after its future is gone.
    pub(crate) fn never_left(&self) -> bool {
        self.own() == Own::GivenUp
    }

    /// Waits until a phase has taken longer than it may, and says which.
    pub(crate) async fn overdue(&self, limits: &Limits) -> Phase {
        let arrival = time::timeout(limits.connect, self.arrived.notified()).await;
        if arrival.is_err() {
            if self.own() == Own::Asked {
                return Phase::Connect;
            }
            // A pooled connection: the wait so far counts as one for the headers.
            time::sleep(limits.headers.saturating_sub(limits.connect)).await;
        } else {
            time::sleep(limits.headers).await;
        }
        Phase::Headers
    }

    fn own(&self) -> Own {
        *self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_own(&self, own: Own) {
        *self.own.lock().unwrap_or_else(PoisonError::into_inner) = own;
    }

    /// Whether it is this call that runs, or is being dropped.
    fn is_here(self: &Arc<Self>) -> bool {
        JOURNEY.try_with(|journey| Arc::ptr_eq(journey, self)).unwrap_or(false)
    }

    fn with(note: impl FnOnce(&Self)) {
        // No journey: a connection in the background.
        let _ = JOURNEY.try_with(|journey| note(journey));
    }
}

/// Tells the journey what becomes of its connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WatchConnector;

impl<S> Layer<S> for WatchConnector {
    type Service = WatchedConnector<S>;

    fn layer(&self, inner: S) -> Self::Service {
        WatchedConnector { inner }
    }
}

/// See [`WatchConnector`].
#[derive(Clone, Debug)]
pub(crate) struct WatchedConnector<S> {
    inner: S,
}

impl<S, R> Service<R> for WatchedConnector<S>
where
    S: Service<R>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Connecting<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let journey = JOURNEY.try_with(Arc::clone).ok();
        if let Some(journey) = &journey {
            journey.note_own(Own::Asked);
        }
        Connecting { connecting: Box::pin(self.inner.call(target)), journey }
    }
}

/// A connection being made.
#[derive(Debug)]
pub(crate) struct Connecting<F> {
    connecting: Pin<Box<F>>,
    /// The call that waits for it, while it does.
    journey: Option<Arc<Journey>>,
}

impl<F, C, E> Future for Connecting<F>
where
    F: Future<Output = Result<C, E>>,
{
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        if let Some(journey) = self.journey.take_if(|journey| !journey.is_here()) {
            journey.note_own(Own::LeftBehind);
        }
        let outcome = ready!(self.connecting.as_mut().poll(context));
        if let Some(journey) = self.journey.take()
            && outcome.is_ok()
        {
            journey.note_own(Own::Stands);
            journey.arrived.notify_one();
        }
        Poll::Ready(outcome)
    }
}

impl<F> Drop for Connecting<F> {
    fn drop(&mut self) {
        if let Some(journey) = self.journey.take()
            && journey.is_here()
        {
            journey.note_own(Own::GivenUp);
        }
    }
}
