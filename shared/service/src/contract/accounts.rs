//! Tenants and what they own.

use super::sample::{Sample, both};
use crate::{
    model::{
        ApiKey, ApiKeyId, Business, BusinessStatus, Endpoint, EndpointStatus, Mode, Retention,
        Scope, Tenant, TenantId,
    },
    port::{
        ApiKeys, Businesses, Claim, EndpointHealth, Endpoints, Entropy, PortError, Replaced,
        Tenants,
    },
};

/// Tenants are found by id and listed by id.
pub async fn tenants<S: Tenants, E: Entropy>(
    store: &S,
    sample: &Sample<E>,
) -> Result<(), PortError> {
    assert_eq!(store.tenant(&sample.tenant).await?, None);
    let mut ours: Vec<_> = (0..3)
        .map(|number| Tenant {
            attachment_retention: Retention::Quarter,
            ..Tenant::new(TenantId::draw(sample.entropy()), format!("Café № {number}"), sample.now)
        })
        .collect();
    for tenant in &ours {
        store.insert_tenant(tenant).await?;
        assert_eq!(store.tenant(&tenant.id).await?.as_ref(), Some(tenant));
    }
    if let Some(changed) = ours.last_mut() {
        changed.attachment_retention = Retention::Week;
        store.update_tenant(changed).await?;
        assert_eq!(store.tenant(&changed.id).await?.as_ref(), Some(&*changed));
    }
    ours.sort_by(|a, b| a.id.cmp(&b.id));
    let mut listed = store.tenants().await?;
    assert!(listed.is_sorted_by(|a, b| a.id < b.id));
    listed.retain(|tenant| ours.contains(tenant));
    assert_eq!(listed, ours);
    Ok(())
}

/// A business id belongs to the tenant that claimed it first, for ever.
pub async fn businesses<S: Businesses, E: Entropy>(
    store: &S,
    sample: &Sample<E>,
) -> Result<(), PortError> {
    let business = Business {
        id: sample.business.clone(),
        tenant: sample.tenant.clone(),
        name: "Toys".to_owned(),
        mode: Mode::Test,
        status: BusinessStatus::Active,
        created_at: sample.now,
    };
    assert_eq!(store.business(&business.id).await?, None);
    assert_eq!(store.claim_business(&business).await?, Claim::Made);
    assert_eq!(store.business(&business.id).await?.as_ref(), Some(&business));
    let thief = Business { tenant: TenantId::draw(sample.entropy()), ..business.clone() };
    assert_eq!(store.claim_business(&thief).await?, Claim::Taken(business.clone()));
    let again = Business { name: "Again".to_owned(), ..business.clone() };
    assert_eq!(store.claim_business(&again).await?, Claim::Taken(business.clone()));

    let changed = Business { status: BusinessStatus::Suspended, ..business };
    store.update_business(&changed).await?;
    assert_eq!(store.business(&changed.id).await?.as_ref(), Some(&changed));
    store.update_business(&thief).await?;
    assert_eq!(store.business(&changed.id).await?.as_ref(), Some(&changed), "not theirs");
    assert_eq!(store.businesses(&sample.tenant).await?, std::slice::from_ref(&changed));
    assert_eq!(store.businesses(&thief.tenant).await?, []);

    let other = Sample::new(sample.now, sample.entropy());
    let ours = Business { id: other.business.clone(), ..changed.clone() };
    let theirs = Business { tenant: other.tenant, ..ours.clone() };
    let (a, b) = both(store.claim_business(&ours), store.claim_business(&theirs)).await;
    // A claim that meets another may fail for the moment; it never makes two owners.
    let made = [&a, &b].into_iter().filter(|answer| matches!(answer, Ok(Claim::Made))).count();
    assert!(made <= 1, "{a:?} {b:?}");
    let owner = store.business(&ours.id).await?.map(|found| found.tenant);
    assert_eq!(owner.is_some(), made == 1);
    Ok(())
}

/// Keys are found by id, replaced, and listed by their tenant.
pub async fn api_keys<S: ApiKeys, E: Entropy>(
    store: &S,
    sample: &Sample<E>,
) -> Result<(), PortError> {
    let mut keys: Vec<_> = (0..2)
        .map(|_| ApiKey {
            id: ApiKeyId::draw(sample.entropy()),
            tenant: sample.tenant.clone(),
            name: "ci".to_owned(),
            mode: Mode::Live,
            scopes: [Scope::Read, Scope::Send].into(),
            hash: "ab".repeat(32),
            created_at: sample.now,
            not_before: None,
            not_after: Some(sample.after(60)),
            revoked_at: None,
        })
        .collect();
    keys.sort_by(|a, b| a.id.cmp(&b.id));
    for key in &mut keys {
        assert_eq!(store.api_key(&key.id).await?, None);
        store.put_api_key(key).await?;
        assert_eq!(store.api_key(&key.id).await?.as_ref(), Some(&*key));
        key.revoked_at = Some(sample.after(5));
        store.put_api_key(key).await?;
        assert_eq!(store.api_key(&key.id).await?.as_ref(), Some(&*key));
    }
    assert_eq!(store.api_keys(&sample.tenant).await?, keys);
    assert_eq!(store.api_keys(&TenantId::draw(sample.entropy())).await?, []);
    Ok(())
}

/// Endpoints change under an optimistic lock; their health does not move it, disabling does.
pub async fn endpoints<S: Endpoints + EndpointHealth, E: Entropy>(
    store: &S,
    sample: &Sample<E>,
) -> Result<(), PortError> {
    let mut all = [sample.endpoint(), sample.endpoint()];
    all.sort_by(|a, b| a.id.cmp(&b.id));
    let [first, second] = all;
    let tenant = &sample.tenant;
    assert_eq!(store.endpoint(tenant, &first.id).await?, None);
    store.insert_endpoint(&first).await?;
    store.insert_endpoint(&second).await?;
    assert_eq!(store.endpoint(tenant, &first.id).await?.as_ref(), Some(&first));
    assert_eq!(store.endpoints(tenant).await?, [first.clone(), second.clone()]);
    assert_eq!(store.endpoint(&TenantId::draw(sample.entropy()), &first.id).await?, None);

    let changed = Endpoint { ordered: false, revision: 2, ..first.clone() };
    assert_eq!(store.replace_endpoint(&changed).await?, Replaced::Done);
    assert_eq!(store.replace_endpoint(&changed).await?, Replaced::Moved, "it moved on");
    assert_eq!(store.endpoint(tenant, &first.id).await?.as_ref(), Some(&changed));
    let nowhere = Endpoint { revision: 2, ..sample.endpoint() };
    assert_eq!(store.replace_endpoint(&nowhere).await?, Replaced::Moved, "it is gone");
    assert_eq!(store.endpoint(tenant, &nowhere.id).await?, None);

    health(store, sample, &changed).await?;

    store.delete_endpoint(tenant, &first.id).await?;
    store.delete_endpoint(tenant, &first.id).await?;
    assert_eq!(store.endpoint(tenant, &first.id).await?, None);
    assert_eq!(store.endpoints(tenant).await?, [second]);
    assert_eq!(store.blame(tenant, &first.id, sample.now).await?, None);
    store.forgive(tenant, &first.id).await?;
    store.disable(tenant, &first.id, EndpointStatus::Gone).await?;
    assert_eq!(store.endpoint(tenant, &first.id).await?, None, "health brings nothing back");
    Ok(())
}

async fn health<S: Endpoints + EndpointHealth>(
    store: &S,
    sample: &Sample<impl Entropy>,
    endpoint: &Endpoint,
) -> Result<(), PortError> {
    let (tenant, id) = (&endpoint.tenant, &endpoint.id);
    let failing = |failures| {
        let failing_since = Some(sample.after(1));
        Some(Endpoint { failing_since, failures, ..endpoint.clone() })
    };
    assert_eq!(store.blame(tenant, id, sample.after(1)).await?, failing(1));
    assert_eq!(store.blame(tenant, id, sample.after(2)).await?, failing(2));
    store.forgive(tenant, id).await?;
    assert_eq!(store.endpoint(tenant, id).await?.as_ref(), Some(endpoint));
    let since = Some(sample.after(3));
    let blamed = store.blame(tenant, id, sample.after(3)).await?;
    assert_eq!(blamed.and_then(|found| found.failing_since), since, "counted anew");
    store.forgive(tenant, id).await?;

    store.disable(tenant, id, EndpointStatus::Gone).await?;
    store.disable(tenant, id, EndpointStatus::Failing).await?;
    let gone = Endpoint { status: EndpointStatus::Gone, revision: 3, ..endpoint.clone() };
    assert_eq!(store.endpoint(tenant, id).await?, Some(gone), "the first reason stands");
    Ok(())
}
