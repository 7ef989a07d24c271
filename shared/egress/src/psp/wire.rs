//! One call to a provider, and what is known of it afterwards.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use amb_service::model::Doubt;
use reqwest::Request;
use serde::de::DeserializeOwned;
use tokio::time;

use super::Budget;
use crate::{
    CallError, Policy,
    client::{Pool, WalledClient},
    exchange::{self, Limits, Reply},
    resolver::Lookup,
};

/// The way to providers, and whether one of them refused the keys that came this way.
#[derive(Debug)]
pub(super) struct Wire {
    client: Arc<WalledClient>,
    has_refused: AtomicBool,
}

/// What came of a call.
#[derive(Debug)]
pub(super) enum Called {
    /// An answer.
    Answer(Reply),
    /// Nothing was sent.
    NotSent,
    /// It may have been sent, and there is no answer.
    Lost(Doubt),
}

impl Wire {
    pub(super) fn new(policy: Policy, lookup: impl Lookup, pool: Pool) -> Self {
        Self::over(Arc::new(WalledClient::new(policy, lookup, pool)))
    }

    const fn over(client: Arc<WalledClient>) -> Self {
        Self { client, has_refused: AtomicBool::new(false) }
    }

    /// The same way for one operation, on which no keys were refused yet.
    pub(super) fn anew(&self) -> Self {
        Self::over(Arc::clone(&self.client))
    }

    /// Keys were refused.
    pub(super) fn refuse(&self) {
        self.has_refused.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_refused(&self) -> bool {
        self.has_refused.load(Ordering::Relaxed)
    }

    pub(super) fn policy(&self) -> &Policy {
        self.client.policy()
    }

    /// Makes a call, and once more if that may do better and enough time is left. `make` makes the same
    /// request each time, its key included.
    pub(super) async fn call(
        &self,
        budget: Budget,
        make: impl Fn() -> Request,
        is_worth_another: impl Fn(&Called) -> bool,
    ) -> Called {
        let first = self.once(make(), budget.left()).await;
        if !is_worth_another(&first) || budget.left() < LEAST_FOR_ANOTHER {
            return first;
        }
        time::sleep(PAUSE).await;
        let second = self.once(make(), budget.left()).await;
        // What the first may have done is not undone by a second that was turned away at the door.
        if first.is_doubt() && second.proves_nothing() { first } else { second }
    }

    async fn once(&self, request: Request, within: Duration) -> Called {
        if within.is_zero() {
            return Called::NotSent;
        }
        let limits = Limits { headers: within, body: within, total: within, ..LIMITS };
        match exchange::exchange(&self.client, request, &limits).await {
            Ok(reply) => {
                // Whatever else it says: every provider's keys are refused so.
                if matches!(reply.status, 401 | 403) {
                    self.refuse();
                }
                Called::Answer(reply)
            }
            Err(failure) => {
                tracing::warn!(
                    code = failure.error.code(),
                    may_have_sent = failure.may_have_sent,
                    "a payment provider gave no answer"
                );
                match failure.error {
                    _ if !failure.may_have_sent => Called::NotSent,
                    CallError::Timeout(_) => Called::Lost(Doubt::Timeout),
                    _ => Called::Lost(Doubt::Broken),
                }
            }
        }
    }
}

impl Called {
    /// Not sent, broken, or answered by a machine in trouble: for a provider that knows the key, the same
    /// call again is the same call. After a time-out nothing is left to try it with.
    pub(super) fn is_shaky(&self) -> bool {
        match self {
            Self::NotSent | Self::Lost(_) => true,
            Self::Answer(reply) => reply.status >= 500 || reply.status == 429,
        }
    }

    /// It may have been executed, or is being so.
    fn is_doubt(&self) -> bool {
        match self {
            Self::NotSent => false,
            Self::Lost(_) => true,
            Self::Answer(reply) => reply.status >= 500 || reply.status == 409,
        }
    }

    /// It was refused before anybody looked at its key.
    fn proves_nothing(&self) -> bool {
        match self {
            Self::NotSent => true,
            Self::Lost(_) => false,
            Self::Answer(reply) => {
                matches!(reply.status, 401 | 403 | 404 | 405 | 408 | 409 | 413 | 415 | 429)
            }
        }
    }
}

/// Reads an answer. Members that occur twice, a body that was cut off, a page for people: none is read.
pub(super) fn read<T: DeserializeOwned>(reply: &Reply) -> Option<T> {
    if reply.body.len() > MOST_BYTES {
        return None;
    }
    serde_json::from_slice(&reply.body).ok()
}

/// spec/payments §4.4: less time than this is no use for another try.
const LEAST_FOR_ANOTHER: Duration = Duration::from_secs(8);
const PAUSE: Duration = Duration::from_millis(300);
/// The largest answer: Stripe's charge with everything in it is a tenth of that.
const MOST_BYTES: usize = 256 * 1024;

/// What depends on the time left is set for each call. One byte more is read than may be there.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(3),
    headers: Duration::ZERO,
    body: Duration::ZERO,
    total: Duration::ZERO,
    body_bytes: MOST_BYTES + 1,
};
