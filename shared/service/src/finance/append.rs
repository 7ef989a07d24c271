//! Rows that belong to no payment's change, at the end of a chain.

use jiff::Timestamp;

use crate::{
    dispatch::stand_back,
    model::{Chain, ChainHead, JournalRow},
    payment::journal,
    port::{ChainRows, Changed, Clock, Entropy, Payments, PortError},
};

/// How often a chain may outrun us.
pub(super) const TRIES: u32 = 40;

/// Puts rows at the end of a chain, dated `at` or later; none if `wanted` does not want to any more,
/// seeing where the chain ends.
pub(crate) async fn append<S: Payments, C: Clock + Entropy>(
    store: &S,
    clock: &C,
    chain: &Chain,
    time_zone: &str,
    at: impl Fn() -> Timestamp,
    wanted: impl Fn(&ChainHead) -> bool,
    rows: Vec<JournalRow>,
) -> Result<bool, PortError> {
    for tried in 0..TRIES {
        let head = store.chain_head(chain).await?;
        if !wanted(&head) {
            return Ok(false);
        }
        if append_at(store, chain, head, time_zone, at(), rows.clone()).await? {
            return Ok(true);
        }
        stand_back(clock, tried).await;
    }
    Err(moving())
}

/// Puts rows behind one end of a chain; whether it still ended there.
pub(super) async fn append_at<S: Payments>(
    store: &S,
    chain: &Chain,
    head: ChainHead,
    time_zone: &str,
    at: Timestamp,
    rows: Vec<JournalRow>,
) -> Result<bool, PortError> {
    let rows = journal::chain(chain, &head, time_zone, at, rows);
    let rows = ChainRows { chain: chain.clone(), head, rows };
    match store.change(&rows.into()).await? {
        Changed::Done => Ok(true),
        // Neither a payment nor a claim is in it: only the chain can have moved.
        Changed::Outrun | Changed::Moved | Changed::Claimed(_) => Ok(false),
    }
}

/// Others were faster every time.
pub(super) fn moving() -> PortError {
    PortError::unavailable("Payments::change", "the journal did not hold still")
}
