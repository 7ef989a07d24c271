//! Apple's keys, cached in the function: fresh within minutes, served stale while the store is
//! down, and looked up again when a signature does not fit, under a token bucket so that a flood of
//! forged tokens costs next to nothing (spec/reliability §7.8).

use amb_protocol::jwt::ApiSecret;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Mutex, PoisonError};

use crate::port::{AppleKeySet, AppleSecrets, Clock, Entropy, PortError};
use crate::schedule::jittered;

/// Older keys are looked up again by the next request; ± 20 %, so that instances spread.
const SOFT_LIFE: SignedDuration = SignedDuration::from_mins(5);
/// While the store is down, keys are served this long.
const STALE_LIFE: SignedDuration = SignedDuration::from_hours(12);
/// After a failed look-up, the next request within this time does not try again.
const RETRY_AFTER_ERROR: SignedDuration = SignedDuration::from_secs(30);
/// Pauses between look-ups that a bad signature causes: the first, and the cap when looking up never
/// helps.
const FIRST_MISS_PAUSE: SignedDuration = SignedDuration::from_secs(30);
const LONGEST_MISS_PAUSE: SignedDuration = SignedDuration::from_mins(5);

/// Apple's keys, as this instance knows them.
#[derive(Debug)]
pub struct KeyRing<S, C> {
    source: S,
    clock: C,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    set: Option<AppleKeySet>,
    fetched_at: Timestamp,
    refresh_at: Timestamp,
    next_miss_at: Timestamp,
    miss_pause: Option<SignedDuration>,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyRingError {
    /// The store is down and nothing usable is cached.
    #[error("Apple's keys could not be read")]
    Unavailable(#[source] PortError),
    /// The operator has not put Apple's secret yet.
    #[error("Apple's Messaging API secret has not been set")]
    Unset,
}

/// What looking again after a bad signature came to.
#[derive(Debug)]
pub enum SecondLook {
    /// The keys changed: verify again with these.
    Changed(Vec<ApiSecret>),
    /// They are the same, or were looked up within the last half minute: the token is bad.
    Same,
    /// It is too early to look again: nobody can tell a bad token from a new key.
    Suppressed,
}

impl<S: AppleSecrets, C: Clock + Entropy> KeyRing<S, C> {
    /// An empty ring; the first use fills it.
    pub fn new(source: S, clock: C) -> Self {
        Self { source, clock, known: Mutex::default() }
    }

    /// The keys that an inbound token may be signed with.
    pub async fn accepted(&self) -> Result<Vec<ApiSecret>, KeyRingError> {
        let set = self.current_set().await?;
        let keys = set.accepted(self.clock.now());
        if keys.is_empty() { Err(KeyRingError::Unset) } else { Ok(keys) }
    }

    /// The key that we sign with.
    pub async fn signing(&self) -> Result<ApiSecret, KeyRingError> {
        self.current_set().await?.current.ok_or(KeyRingError::Unset)
    }

    /// Looks up the keys again because a token's signature fits none of them.
    pub async fn second_look(&self) -> Result<SecondLook, KeyRingError> {
        let now = self.clock.now();
        {
            let mut known = self.lock();
            if known.set.is_some() && now < known.fetched_at + FIRST_MISS_PAUSE {
                return Ok(SecondLook::Same);
            }
            if now < known.next_miss_at {
                return Ok(SecondLook::Suppressed);
            }
            let pause = known.miss_pause.unwrap_or(FIRST_MISS_PAUSE);
            known.next_miss_at = now + pause;
            known.miss_pause = Some((pause * 2).min(LONGEST_MISS_PAUSE));
        }
        let before = self.lock().set.as_ref().map(AppleKeySet::fingerprint);
        let set = self.fetch(now).await.map_err(KeyRingError::Unavailable)?;
        if Some(set.fingerprint()) == before {
            return Ok(SecondLook::Same);
        }
        self.lock().miss_pause = None;
        Ok(SecondLook::Changed(set.accepted(now)))
    }

    async fn current_set(&self) -> Result<AppleKeySet, KeyRingError> {
        let now = self.clock.now();
        let (cached, fresh, usable) = {
            let known = self.lock();
            let usable = now < known.fetched_at + STALE_LIFE;
            (known.set.clone(), now < known.refresh_at, usable)
        };
        match cached {
            Some(set) if fresh => Ok(set),
            cached => match (self.fetch(now).await, cached) {
                (Ok(set), _) => Ok(set),
                (Err(_), Some(stale)) if usable => {
                    self.lock().refresh_at = now + RETRY_AFTER_ERROR;
                    Ok(stale)
                }
                (Err(error), _) => Err(KeyRingError::Unavailable(error)),
            },
        }
    }

    async fn fetch(&self, now: Timestamp) -> Result<AppleKeySet, PortError> {
        let set = self.source.apple_keys().await?;
        let life = jittered(SOFT_LIFE.unsigned_abs(), &self.clock);
        let mut known = self.lock();
        known.set = Some(set.clone());
        known.fetched_at = now;
        known.refresh_at = now + life;
        Ok(set)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
