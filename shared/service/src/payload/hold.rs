//! The lease of a payload, kept by the bytes that move. A worker that dies lets go of it within a minute
//! and a half, however long its file would have taken; one that stands still loses it too.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, PoisonError};

use crate::{
    model::PayloadPointer,
    port::{Bytes, Chunks, Clock, Payloads},
    problem::chain,
};

/// How long a lease is taken for: more than anything takes that moves no bytes.
const LEASE: SignedDuration = SignedDuration::from_secs(90);
/// It is renewed once no more than this is left of it.
const RENEWED_AT: SignedDuration = SignedDuration::from_secs(60);

/// A payload in a worker's hand.
#[derive(Debug)]
pub(super) struct Hold<S, C> {
    store: S,
    clock: C,
    pointer: PayloadPointer,
    lease: Mutex<Timestamp>,
    until: Timestamp,
}

/// The lease of a payload that is taken at this instant.
pub(super) fn lease_from(now: Timestamp) -> Timestamp {
    now + LEASE
}

impl<S: Payloads, C: Clock> Hold<S, C> {
    /// Holds what was leased until `lease`, to be done with or put down at `until`.
    pub(super) fn new(
        store: S,
        clock: C,
        pointer: PayloadPointer,
        lease: Timestamp,
        until: Timestamp,
    ) -> Self {
        Self { store, clock, pointer, lease: Mutex::new(lease), until }
    }

    /// When this attempt has to have ended.
    pub(super) fn until(&self) -> Timestamp {
        self.until
    }

    /// Whether that is now.
    pub(super) fn is_over(&self) -> bool {
        self.clock.now() >= self.until
    }

    /// The lease as it stands.
    pub(super) fn lease(&self) -> Timestamp {
        *self.lease.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Renews the lease if it is time to. A lease that was lost is noticed when something is written
    /// under it: nothing is lost by going on until then.
    pub(super) async fn keep(&self) {
        let (now, lease) = (self.clock.now(), self.lease());
        if now + RENEWED_AT <= lease {
            return;
        }
        let until = lease_from(now);
        match self.store.renew_payload(&self.pointer, lease, until).await {
            Ok(true) => *self.lease.lock().unwrap_or_else(PoisonError::into_inner) = until,
            Ok(false) => tracing::warn!("the lease of a payload was lost"),
            Err(error) => tracing::warn!(error = %chain(&error), "a lease could not be renewed"),
        }
    }
}

/// Bytes that keep a payload's lease while they come.
pub(super) struct Held<B, S, C> {
    body: B,
    hold: Arc<Hold<S, C>>,
}

impl<B, S, C> Held<B, S, C> {
    pub(super) fn new(body: B, hold: &Arc<Hold<S, C>>) -> Self {
        Self { body, hold: Arc::clone(hold) }
    }
}

impl<B, S, C> Chunks for Held<B, S, C>
where
    B: Chunks,
    S: Payloads,
    C: Clock,
{
    type Error = B::Error;

    async fn chunk(&mut self) -> Result<Option<Bytes>, B::Error> {
        self.hold.keep().await;
        self.body.chunk().await
    }
}
