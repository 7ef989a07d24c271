//! *Fetch*: what lies in Apple's content store and has to be had from there, or brought there.
//!
//! A payload's row is leased, attempted and written down, as an outbound message is. The end of one
//! that a conversation waits for is one step: the row, the place in the timeline and the deliveries
//! of it, so that it is told once, whatever breaks on the way. What is left behind by an attempt that
//! dies is an upload that was never joined or a file that nothing names, and the bucket's rules remove
//! both.

mod attachment;
mod attempt;
mod download;
mod end;
mod file;
mod hold;
mod named;
mod reference;
mod reply;
mod resolve;
mod told;
mod transfer;

use jiff::Timestamp;
use std::{sync::Arc, time::Duration};

use crate::{
    keyring::{KeyRing, KeyRingError},
    model::{Payload, PayloadFault, PayloadPlace, PayloadPointer, PayloadSource, QUEUE_GRACE},
    port::{
        AppleFiles, AppleSecrets, Businesses, Clock, ContentStore, Conversations, DecodedMessages,
        DeliveryQueue, EndpointDirectory, Entropy, Files, InboxReader, LargeFiles, Outbox,
        PayloadLease, PayloadQueue, Payloads, Payments, PortError, SettlementQueue, StoredFiles,
        Tenants, Timeline, WebFiles,
    },
    problem::chain,
    schedule::jittered,
};
use attempt::Attempt;
use end::End;
use hold::{Hold, lease_from};

/// Pauses, in seconds, after the failures before the last: Apple's links die within seconds, and a
/// moment later it may well answer.
const PAUSES: [u64; Payload::MOST_FAILURES as usize - 1] = [1, 3];
/// Pauses while Apple is not to be had, some twenty minutes in all: its outages end, and a customer's
/// answer is worth waiting for.
const OUTAGE_PAUSES: [u64; Payload::MOST_OUTAGES as usize - 1] = [1, 3, 10, 30, 60, 120, 300, 600];
/// What ran out of time goes on after this.
const SOON: Duration = Duration::from_secs(1);
/// After an outage of our own, so long times the square of the attempts, up to [`LONGEST_OUTAGE`]: all
/// of [`Payload::LIFE`] is within [`Payload::MOST_ATTEMPTS`].
const OUTAGE: Duration = Duration::from_secs(5);
const LONGEST_OUTAGE: Duration = Duration::from_secs(600);

/// Fetches payloads, and brings files.
#[derive(Debug)]
pub struct Fetch<S, Q, A, K, F, W, C> {
    store: S,
    queue: Q,
    apple: A,
    keys: KeyRing<K, C>,
    files: F,
    web: W,
    clock: C,
}

/// Every table port that fetching uses.
pub trait FetchTables:
    Payloads
    + StoredFiles
    + AppleFiles
    + InboxReader
    + DecodedMessages
    + Conversations
    + Timeline
    + EndpointDirectory
    + Businesses
    + Outbox
    + Tenants
    + Payments
    + Clone
    + 'static
{
}

impl<T> FetchTables for T where
    T: Payloads
        + StoredFiles
        + AppleFiles
        + InboxReader
        + DecodedMessages
        + Conversations
        + Timeline
        + EndpointDirectory
        + Businesses
        + Outbox
        + Tenants
        + Payments
        + Clone
        + 'static
{
}

/// What one message of the payloads queue came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The payload came to an end.
    Finished,
    /// It will be attempted again after this pause, and is on the queue for it.
    Again(Duration),
    /// There was nothing to do: it is over, not due, or in somebody else's hands.
    Nothing,
}

/// Why a payload could not be attempted or written down; the queue message has to come again.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// A port failed.
    #[error("a payload could not be fetched")]
    Port(#[from] PortError),
    /// There is no key to sign with.
    #[error("there is no key to sign with")]
    Keys(#[from] KeyRingError),
    /// Apple refuses our key, and there is no newer one.
    #[error("Apple refuses our key")]
    Unauthorized,
    /// The conversation moved on under every try.
    #[error("the conversation did not hold still")]
    Contended,
}

impl<S, Q, A, K, F, W, C> Fetch<S, Q, A, K, F, W, C>
where
    S: FetchTables,
    Q: DeliveryQueue + PayloadQueue + SettlementQueue,
    A: ContentStore,
    K: AppleSecrets,
    F: Files + LargeFiles,
    W: WebFiles,
    C: Clock + Entropy + Clone + 'static,
{
    /// Fetches with these ports.
    pub fn new(store: S, queue: Q, apple: A, secrets: K, files: F, web: W, clock: C) -> Self {
        let keys = KeyRing::new(secrets, clock.clone());
        Self { store, queue, apple, keys, files, web, clock }
    }

    /// Handles one message of the payloads queue. `until` is when this attempt has to have ended: a
    /// transfer that takes longer goes on in another one.
    pub async fn fetch(
        &self,
        pointer: &PayloadPointer,
        until: Timestamp,
    ) -> Result<Fetched, FetchError> {
        let now = self.clock.now();
        let lease = lease_from(now);
        // Nobody has to be told of a payload that is in other hands: who has it enqueues it again, and
        // the sweep finds one whose worker died.
        let PayloadLease::Taken(mut payload) =
            self.store.lease_payload(pointer, now, lease).await?
        else {
            return Ok(Fetched::Nothing);
        };
        let (store, clock) = (self.store.clone(), self.clock.clone());
        let hold = Arc::new(Hold::new(store, clock, pointer.clone(), lease, until));
        let fetched = self.carry_on(&mut payload, &hold).await;
        if fetched.is_err() {
            self.give_back(payload, hold.lease()).await;
        }
        fetched
    }

    async fn carry_on(
        &self,
        payload: &mut Payload,
        hold: &Arc<Hold<S, C>>,
    ) -> Result<Fetched, FetchError> {
        let attempt = if is_given_up(payload, self.clock.now()) {
            Attempt::failed(PayloadFault::GivenUp)
        } else {
            self.attempt(payload, hold).await?
        };
        match attempt {
            Attempt::Done(status) => self.end(payload, hold.lease(), End::With(*status)).await,
            Attempt::Told(twin) => self.end(payload, hold.lease(), End::Told(twin)).await,
            Attempt::Failed { code, detail } => {
                self.end(payload, hold.lease(), End::failed(code, detail)).await
            }
            Attempt::Missed { code, detail } => match next_pause(payload, code) {
                Some(pause) => {
                    let pause = jittered(Duration::from_secs(pause), &self.clock);
                    self.again(payload, hold.lease(), pause).await
                }
                None => self.end(payload, hold.lease(), End::failed(code, detail)).await,
            },
            Attempt::Interrupted => self.again(payload, hold.lease(), SOON).await,
        }
    }

    async fn attempt(
        &self,
        payload: &mut Payload,
        hold: &Arc<Hold<S, C>>,
    ) -> Result<Attempt, FetchError> {
        match (payload.pointer.place.clone(), payload.source.clone()) {
            (PayloadPlace::Reply { conversation, message }, PayloadSource::Inbox) => {
                self.reply(payload, conversation, message, hold).await
            }
            (PayloadPlace::Attachment(id), PayloadSource::Inbox) => {
                self.attachment(payload, &id, hold).await
            }
            (PayloadPlace::File { .. }, PayloadSource::File(source)) => {
                self.bring(payload, &source, hold).await
            }
            (PayloadPlace::Download(id), PayloadSource::Reference(reference)) => {
                self.download(payload, &id, &reference, hold).await
            }
            // Nobody writes such a row.
            _ => Ok(Attempt::failed(PayloadFault::Incomplete)),
        }
    }

    /// Writes down that it is not the end, and enqueues it for the next attempt.
    async fn again(
        &self,
        payload: &mut Payload,
        lease: Timestamp,
        pause: Duration,
    ) -> Result<Fetched, FetchError> {
        payload.next_attempt_at = self.clock.now() + pause;
        payload.sweep_at = payload.next_attempt_at + QUEUE_GRACE;
        payload.lease_until = None;
        if !self.store.record_payload(payload, lease).await? {
            return Ok(Fetched::Nothing);
        }
        if let Err(error) = self.queue.enqueue_payload(&payload.pointer, pause).await {
            tracing::warn!(error = %chain(&error), "a payload is left to the sweep");
        }
        Ok(Fetched::Again(pause))
    }

    /// Gives the lease back after an outage, as far as that is possible: the sweep brings it again.
    async fn give_back(&self, mut payload: Payload, lease: Timestamp) {
        let pause = OUTAGE.saturating_mul(payload.attempts.saturating_pow(2)).min(LONGEST_OUTAGE);
        payload.next_attempt_at = self.clock.now() + jittered(pause, &self.clock);
        payload.sweep_at = payload.next_attempt_at;
        payload.lease_until = None;
        if let Err(error) = self.store.record_payload(&payload, lease).await {
            tracing::warn!(error = %chain(&error), "a payload's lease has to run out");
        }
    }
}

/// Counts a miss; answers the seconds after which it is tried again, if it is. Outages are counted by
/// themselves: a link that dies when Apple is back is the first that died.
fn next_pause(payload: &mut Payload, code: PayloadFault) -> Option<u64> {
    let (misses, pauses) = match code {
        PayloadFault::Unavailable => (&mut payload.outages, OUTAGE_PAUSES.as_slice()),
        _ => (&mut payload.failures, PAUSES.as_slice()),
    };
    let pause = pauses.get(usize::try_from(*misses).unwrap_or(usize::MAX)).copied();
    *misses += 1;
    pause
}

fn is_given_up(payload: &Payload, now: Timestamp) -> bool {
    payload.attempts > Payload::MOST_ATTEMPTS || payload.created_at + Payload::LIFE <= now
}
