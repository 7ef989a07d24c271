//! The one way in which a payment changes.

use amb_protocol::{apple_pay::Quote, money::Minor};
use jiff::Timestamp;

use super::journal;
use crate::{
    dispatch::stand_back,
    model::{Chain, ChainHead, JournalRow, Payment, SealedContacts, TokenClaim},
    port::{Changed, Clock, Entropy, PaymentChange, Payments, PortError},
};

/// How often a chain may outrun us: many payments of one merchant share a chain.
const TRIES: u32 = 40;

/// A payment as it is to be, and what goes with it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The payment afterwards, with the revision that it was read with.
    pub payment: Payment,
    /// A token that nobody may have used before.
    pub claim: Option<TokenClaim>,
    /// New quotes.
    pub quotes: Vec<Quote>,
    /// Whom it is for.
    pub contacts: Option<SealedContacts>,
    /// The journal's rows, not chained.
    pub rows: Vec<JournalRow>,
    /// Where the chain ended a moment ago, if that is known.
    pub head: Option<ChainHead>,
}

impl Plan {
    /// A change of a payment, and why.
    pub fn of(payment: Payment, rows: Vec<JournalRow>) -> Self {
        Self { payment, claim: None, quotes: Vec::new(), contacts: None, rows, head: None }
    }
}

/// What a plan came to.
#[derive(Clone, Debug, PartialEq)]
pub enum Committed {
    /// Everything happened; the payment as it is now.
    Done(Box<Payment>),
    /// Nothing happened: the payment moved on. Read and plan again.
    Moved,
    /// Nothing happened: the token was used before.
    Claimed(TokenClaim),
}

impl Payment {
    /// The chain of the journal that its rows are in.
    pub(super) fn chain(&self) -> Chain {
        Chain::of(&self.pointer.tenant, &self.merchant, &self.pointer.payment)
    }
}

/// Says in the row that tells how the payment stands by how much what is held has changed. There is such
/// a row: what is held changes with the state.
fn account(payment: &mut Payment, rows: &mut [JournalRow]) {
    let change = payment.holds().checked_sub(payment.held).filter(|it| *it != Minor::ZERO);
    let place = rows.iter().rposition(|row| row.state_to.is_some());
    let place = place.or(rows.len().checked_sub(1));
    if let (Some(change), Some(row)) = (change, place.and_then(|place| rows.get_mut(place))) {
        row.held_minor = Some(change);
        payment.held = payment.holds();
    }
}

/// Writes a plan down, all or nothing. An error leaves open whether it happened: read the payment.
pub async fn commit<S: Payments, C: Clock + Entropy>(
    store: &S,
    clock: &C,
    plan: Plan,
) -> Result<Committed, PortError> {
    commit_by(store, clock, plan, Timestamp::MAX).await
}

/// The same, tried no longer than until `by` where the chain keeps on growing.
pub async fn commit_by<S: Payments, C: Clock + Entropy>(
    store: &S,
    clock: &C,
    plan: Plan,
    by: Timestamp,
) -> Result<Committed, PortError> {
    let Plan { mut payment, claim, quotes, contacts, mut rows, head } = plan;
    payment.revision += 1;
    account(&mut payment, &mut rows);
    let chain = payment.chain();
    let head = match head {
        Some(head) => head,
        None => store.chain_head(&chain).await?,
    };
    let time_zone = payment.time_zone.clone();
    let mut change = PaymentChange {
        payment: Some(payment),
        claim,
        quotes,
        contacts,
        head,
        chain,
        rows: Vec::new(),
    };
    for tried in 0..TRIES {
        let now = clock.now();
        change.rows = journal::chain(&change.chain, &change.head, &time_zone, now, rows.clone());
        match store.change(&change).await? {
            Changed::Done => {
                let done = change.payment.take().map(Box::new);
                return Ok(done.map_or(Committed::Moved, Committed::Done));
            }
            Changed::Moved => return Ok(Committed::Moved),
            Changed::Claimed(claim) => return Ok(Committed::Claimed(claim)),
            Changed::Outrun if by <= now => break,
            Changed::Outrun => {
                stand_back(clock, tried).await;
                change.head = store.chain_head(&change.chain).await?;
            }
        }
    }
    Err(PortError::unavailable("Payments::change", "the journal did not hold still"))
}
