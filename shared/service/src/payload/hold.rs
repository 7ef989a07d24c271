//! The lease of a payload, kept by the bytes that move. A worker that dies lets go of it within a minute
//! and a half, however long its file would have taken; one that stands still loses it too.

use jiff::{SignedDuration, Timestamp};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
    lease: Mutex<Leased>,
    until: Timestamp,
}

/// A lease, and the one that was asked for and never answered: it may be that one by now.
#[derive(Clone, Copy, Debug)]
struct Leased {
    until: Timestamp,
    asked: Option<Timestamp>,
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
        let lease = Mutex::new(Leased { until: lease, asked: None });
        Self { store, clock, pointer, lease, until }
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
        self.leased().until
    }

    /// Renews the lease if it is time to. A lease that was lost is noticed when something is written
    /// under it: nothing is lost by going on until then. A renewal whose answer was lost is asked for
    /// again as it was, for it may have happened.
    pub(super) async fn keep(&self) {
        let (now, leased) = (self.clock.now(), *self.leased());
        if now + RENEWED_AT <= leased.until {
            return;
        }
        let until = leased.asked.unwrap_or_else(|| lease_from(now));
        self.leased().asked = Some(until);
        match self.store.renew_payload(&self.pointer, leased.until, until).await {
            Ok(true) => *self.leased() = Leased { until, asked: None },
            Ok(false) => tracing::warn!("the lease of a payload was lost"),
            Err(error) => tracing::warn!(error = %chain(&error), "a lease could not be renewed"),
        }
    }

    fn leased(&self) -> MutexGuard<'_, Leased> {
        self.lease.lock().unwrap_or_else(PoisonError::into_inner)
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

#[cfg(test)]
mod tests {
    use amb_protocol::id::BusinessId;

    use super::*;
    use crate::{
        memory::{FaultMode, Memory, drive},
        model::{DownloadId, Payload, PayloadPlace, PayloadSource, TenantId},
    };

    fn held() -> (Memory, Hold<Memory, Memory>) {
        let world = Memory::new(1);
        let now = world.now();
        let place = PayloadPlace::Download(DownloadId::draw(&world));
        let pointer = PayloadPointer { tenant: TenantId::draw(&world), place };
        let business = BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").unwrap();
        let row = Payload::pending(pointer.clone(), business, PayloadSource::Inbox, now);
        let lease = lease_from(now);
        let row = Payload { lease_until: Some(lease), ..row };
        world.world().payloads.insert(pointer.clone(), row);
        let until = now + SignedDuration::from_mins(14);
        let hold = Hold::new(world.clone(), world.clone(), pointer, lease, until);
        (world, hold)
    }

    fn lease_of(world: &Memory) -> Timestamp {
        world.world().payloads.values().next().unwrap().lease_until.unwrap()
    }

    #[test]
    fn a_lease_lives_as_long_as_bytes_move_and_costs_two_writes_a_minute() {
        let (world, hold) = held();
        for second in 1..=600 {
            world.world().now += SignedDuration::from_secs(1);
            drive(hold.keep()).unwrap();
            assert!(hold.lease() > world.now(), "after {second} s");
            assert_eq!(hold.lease(), lease_of(&world));
        }
        let calls = &world.world().faults.calls;
        let renewals = calls.iter().filter(|call| **call == "Payloads::renew_payload").count();
        assert_eq!(renewals, 19);
    }

    #[test]
    fn a_renewal_whose_answer_was_lost_has_happened() {
        let (world, hold) = held();
        world.world().now += SignedDuration::from_secs(40);
        let asked = lease_from(world.now());
        let calls = world.world().faults.calls.len();
        world.world().faults.at = Some((calls, FaultMode::AnswerLost));
        drive(hold.keep()).unwrap();
        world.world().now += SignedDuration::from_secs(1);
        drive(hold.keep()).unwrap();
        assert_eq!((hold.lease(), lease_of(&world)), (asked, asked));
        world.world().now += SignedDuration::from_secs(40);
        drive(hold.keep()).unwrap();
        assert_eq!(hold.lease(), lease_from(world.now()), "and it is renewed as ever");
    }

    #[test]
    fn a_renewal_that_fails_is_tried_with_the_next_bytes() {
        let (world, hold) = held();
        world.world().now += SignedDuration::from_secs(40);
        let calls = world.world().faults.calls.len();
        world.world().faults.at = Some((calls, FaultMode::Refused));
        drive(hold.keep()).unwrap();
        assert_eq!(hold.lease(), lease_of(&world), "as it was");
        drive(hold.keep()).unwrap();
        assert_eq!(hold.lease(), lease_from(world.now()));
        assert_eq!(hold.lease(), lease_of(&world));
    }
}
