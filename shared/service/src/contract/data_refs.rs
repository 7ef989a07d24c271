//! Apple's references to large content.

use amb_protocol::id::{BusinessId, RequestIdentifier};
use serde_json::json;

use super::sample::Sample;
use crate::{
    model::{DataRef, TenantId},
    port::{DataRefs, Entropy, PortError},
};

/// A reference is found by tenant, business and content, as Apple wrote it; a later one replaces it,
/// and its expiry is the caller's to judge.
pub async fn data_refs<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: DataRefs,
    E: Entropy,
{
    let (tenant, business) = (&sample.tenant, &sample.business);
    // Not in the order of the alphabet: it is sent back as it came.
    let reference =
        json!({ "url": "https://p00.example.com/M4.C01", "owner": "M4", "size": 51_200.0 });
    let kept = DataRef {
        tenant: tenant.clone(),
        business: business.clone(),
        content_hash: "ab".repeat(32),
        reference: reference.as_object().cloned().unwrap_or_default(),
        request_identifier: RequestIdentifier::parse("c0ffee").ok(),
        created_at: sample.now,
        expires_at: sample.now,
    };
    let hash = kept.content_hash.as_str();
    assert_eq!(store.data_ref(tenant, business, hash).await?, None);
    store.keep_data_ref(&kept).await?;
    let found = store.data_ref(tenant, business, hash).await?;
    assert_eq!(found.as_ref(), Some(&kept));
    let text = found.map(|found| serde_json::Value::from(found.reference).to_string());
    assert_eq!(text, Some(reference.to_string()), "members in their order, numbers as they were");

    let later = DataRef { request_identifier: None, expires_at: sample.after(60), ..kept.clone() };
    store.keep_data_ref(&later).await?;
    assert_eq!(store.data_ref(tenant, business, hash).await?, Some(later));

    let stranger = TenantId::draw(sample.entropy());
    assert_eq!(store.data_ref(&stranger, business, hash).await?, None);
    let odd = BusinessId::parse("R#1");
    assert_eq!(store.data_ref(tenant, odd.as_ref().unwrap_or(business), hash).await?, None);
    assert_eq!(store.data_ref(tenant, business, &"cd".repeat(32)).await?, None);
    Ok(())
}
