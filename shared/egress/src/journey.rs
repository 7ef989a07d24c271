//! What happened to one call on its way: which addresses were vetted, whether a connection stood.
//!
//! The resolver and the connector run deep inside the HTTP client, where a call's own state does
//! not reach; both are polled within the call's task, so a task-local carries it. A connection that
//! the client opens in the background (it does so when a pooled one became free first) has no
//! journey, and is vetted all the same.

use std::{
    future::Future,
    net::IpAddr,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
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
    connecting: AtomicBool,
    connected: AtomicBool,
    arrived: Notify,
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

    /// What the resolver vetted for this call; none when it did not have to resolve.
    pub(crate) fn addresses(&self) -> Option<&[IpAddr]> {
        self.addresses.get().map(Vec::as_slice)
    }

    /// Whether the request may have left: its own connection stood, or it took a pooled one.
    pub(crate) fn may_have_sent(&self) -> bool {
        self.connected.load(Ordering::Relaxed) || !self.connecting.load(Ordering::Relaxed)
    }

    /// Waits until a phase has taken longer than it may, and says which.
    pub(crate) async fn overdue(&self, limits: &Limits) -> Phase {
        let arrival = time::timeout(limits.connect, self.arrived.notified()).await;
        if arrival.is_err() {
            if !self.may_have_sent() {
                return Phase::Connect;
            }
            // A pooled connection: the wait so far was for the headers already.
            time::sleep(limits.headers.saturating_sub(limits.connect)).await;
        } else {
            time::sleep(limits.headers).await;
        }
        Phase::Headers
    }

    fn with(note: impl FnOnce(&Self)) {
        // No journey: a connection in the background.
        let _ = JOURNEY.try_with(|journey| note(journey));
    }
}

/// Tells the journey when its connection, TLS included, stands.
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
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, target: R) -> Self::Future {
        Journey::with(|journey| journey.connecting.store(true, Ordering::Relaxed));
        let connecting = self.inner.call(target);
        Box::pin(async move {
            let connection = connecting.await?;
            Journey::with(|journey| {
                journey.connected.store(true, Ordering::Relaxed);
                journey.arrived.notify_one();
            });
            Ok(connection)
        })
    }
}
