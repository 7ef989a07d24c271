//! The Apple Pay settings of businesses, and the queue of what is to be settled.

use std::time::Duration;

use super::sample::Sample;
use crate::{
    model::{DomainAssociation, MerchantSettings, TenantId},
    port::{Entropy, Merchants, PortError, SettlementQueue},
};

/// Settings change under an optimistic lock; the association that was put last is the domain's.
pub async fn merchants<S: Merchants, E: Entropy>(
    store: &S,
    sample: &Sample<E>,
) -> Result<(), PortError> {
    let first = sample.merchant();
    let (tenant, business) = (&first.tenant, &first.business);
    assert_eq!(store.merchant(tenant, business).await?, None);
    let late = MerchantSettings { revision: 2, ..first.clone() };
    assert!(!store.put_merchant(&late).await?, "there is none to follow");
    assert_eq!(store.merchant(tenant, business).await?, None);
    assert!(store.put_merchant(&first).await?);
    assert_eq!(store.merchant(tenant, business).await?.as_ref(), Some(&first));

    let association = |text: &str| Some(DomainAssociation(text.to_owned()));
    let second = MerchantSettings {
        revision: 2,
        updated_at: sample.after(1),
        domain_association: association("7B227073"),
        ..first.clone()
    };
    assert!(!store.put_merchant(&MerchantSettings { revision: 1, ..second.clone() }).await?);
    assert_eq!(store.merchant(tenant, business).await?.as_ref(), Some(&first), "it moved on");
    assert!(store.put_merchant(&second).await?);
    assert_eq!(store.merchant(tenant, business).await?.as_ref(), Some(&second));
    assert_eq!(store.domain_association().await?.as_deref(), Some("7B227073"));
    assert_eq!(store.merchant(&TenantId::draw(sample.entropy()), business).await?, None);

    let other = Sample::new(sample.now, sample.entropy());
    let theirs = MerchantSettings {
        updated_at: sample.after(2),
        domain_association: association("7B227074"),
        ..other.merchant()
    };
    assert!(store.put_merchant(&theirs).await?);
    assert_eq!(store.domain_association().await?.as_deref(), Some("7B227074"));
    Ok(())
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
