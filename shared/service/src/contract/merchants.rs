//! The Apple Pay settings of businesses, and the queue of what is to be settled.

use std::time::Duration;

use super::sample::Sample;
use crate::{
    model::{
        Chain, ChainHead, DomainAssociation, JournalEvent, JournalRow, MerchantSettings, TenantId,
    },
    payment::journal,
    port::{
        ChainRows, Changed, Entropy, Journal, JournalQuery, Merchants, PortError, SettlementQueue,
    },
};

/// Settings change under an optimistic lock and never without their row of the journal; the association
/// that was put last is the domain's.
pub async fn merchants<S: Merchants + Journal, E: Entropy>(
    store: &S,
    sample: &Sample<E>,
) -> Result<(), PortError> {
    let first = sample.merchant();
    let (tenant, business) = (&first.tenant, &first.business);
    assert_eq!(store.merchant(tenant, business).await?, None);
    let late = MerchantSettings { revision: 2, ..first.clone() };
    let begin = row_about(&late, ChainHead::default());
    assert_eq!(store.put_merchant(&late, &begin).await?, Changed::Moved, "there is none to follow");
    assert_eq!(store.merchant(tenant, business).await?, None);
    assert_eq!(rows(store, &begin.chain).await?, []);
    let begin = row_about(&first, ChainHead::default());
    assert_eq!(store.put_merchant(&first, &begin).await?, Changed::Done);
    assert_eq!(store.merchant(tenant, business).await?.as_ref(), Some(&first));
    assert_eq!(rows(store, &begin.chain).await?, begin.rows);
    let end = begin.rows.last().map(JournalRow::head).unwrap_or_default();

    let association = |text: &str| Some(DomainAssociation(text.to_owned()));
    let second = MerchantSettings {
        revision: 2,
        updated_at: sample.after(1),
        domain_association: association("7B227073"),
        ..first.clone()
    };
    let again = MerchantSettings { revision: 1, ..second.clone() };
    let row = row_about(&second, end);
    assert_eq!(store.put_merchant(&again, &row).await?, Changed::Moved);
    let outrun = row_about(&second, ChainHead::default());
    assert_eq!(store.put_merchant(&second, &outrun).await?, Changed::Outrun, "the chain grew");
    assert_eq!(store.merchant(tenant, business).await?.as_ref(), Some(&first), "it stays");
    assert_eq!(rows(store, &begin.chain).await?, begin.rows, "it stays");
    assert_eq!(store.put_merchant(&second, &row).await?, Changed::Done);
    assert_eq!(store.merchant(tenant, business).await?.as_ref(), Some(&second));
    assert_eq!(rows(store, &begin.chain).await?, [begin.rows, row.rows].concat());
    assert_eq!(store.domain_association().await?.as_deref(), Some("7B227073"));
    assert_eq!(store.merchant(&TenantId::draw(sample.entropy()), business).await?, None);

    let other = Sample::new(sample.now, sample.entropy());
    let theirs = MerchantSettings {
        updated_at: sample.after(2),
        domain_association: association("7B227074"),
        ..other.merchant()
    };
    let row = row_about(&theirs, ChainHead::default());
    assert_eq!(store.put_merchant(&theirs, &row).await?, Changed::Done);
    assert_eq!(store.domain_association().await?.as_deref(), Some("7B227074"));
    Ok(())
}

/// A row about settings, behind this end of its chain.
fn row_about(settings: &MerchantSettings, head: ChainHead) -> ChainRows {
    let MerchantSettings { tenant, merchant, time_zone, updated_at, .. } = settings;
    let chain = Chain::first(tenant, merchant);
    let row = JournalRow::draft(JournalEvent::ConfigChanged, tenant, merchant);
    let rows = journal::chain(&chain, &head, time_zone, *updated_at, vec![row]);
    ChainRows { chain, head, rows }
}

async fn rows<S: Journal>(store: &S, chain: &Chain) -> Result<Vec<JournalRow>, PortError> {
    let chain = chain.clone();
    store.journal(&JournalQuery { chain, after: 0, from: None, to: None, limit: 10 }).await
}

/// Takes a pointer with any delay, as often as it is asked to.
pub async fn settlement_queue<Q: SettlementQueue, E: Entropy>(
    queue: &Q,
    sample: &Sample<E>,
) -> Result<(), PortError> {
    let pointer = sample.payment().pointer;
    for delay in [0, 0, 45, 900].map(Duration::from_secs) {
        queue.enqueue_settlement(&pointer, delay).await?;
    }
    Ok(())
}
