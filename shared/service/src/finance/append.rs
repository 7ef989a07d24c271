//! Rows that belong to no payment's change, at the end of a chain.

use jiff::Timestamp;

use crate::{
    dispatch::stand_back,
    model::{Chain, ChainHead, JournalRow},
    payment::journal,
    port::{Changed, Clock, Entropy, PaymentChange, Payments, PortError},
};

/// How often a chain may outrun us.
const TRIES: u32 = 40;

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
        let change = PaymentChange {
            payment: None,
            claim: None,
            quotes: Vec::new(),
            chain: chain.clone(),
            rows: journal::chain(chain, &head, time_zone, at(), rows.clone()),
            head,
        };
        match store.change(&change).await? {
            Changed::Done => return Ok(true),
            // Neither a payment nor a claim is in it: only the chain can have moved.
            Changed::Outrun | Changed::Moved | Changed::Claimed(_) => {
                stand_back(clock, tried).await;
            }
        }
    }
    Err(PortError::unavailable("Payments::change", "the journal did not hold still"))
}
