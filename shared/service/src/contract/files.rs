//! Files, whole.

use super::sample::Sample;
use crate::{
    model::{FileKey, TemplateName, TenantId, UploadId},
    port::{Entropy, FileRead, Files, PortError},
};

/// A file is what was put there last, byte for byte, and is not read past the limit.
pub async fn files<S: Files, E: Entropy>(store: &S, sample: &Sample<E>) -> Result<(), PortError> {
    let message = sample.message_id();
    let ours = FileKey::outbound(&sample.tenant, message);
    assert_eq!(store.file(&ours, 1_000).await?, FileRead::Missing);

    let bytes: Vec<u8> = (0..=u8::MAX).cycle().take(300_000).collect();
    store.put_file(&ours, "application/octet-stream", bytes.clone()).await?;
    assert_eq!(store.file(&ours, 300_000).await?, FileRead::Whole(bytes));
    assert_eq!(store.file(&ours, 299_999).await?, FileRead::TooLarge(300_000));

    store.put_file(&ours, "application/json", b"{}".to_vec()).await?;
    assert_eq!(store.file(&ours, 2).await?, FileRead::Whole(b"{}".to_vec()), "the later one");
    store.put_file(&ours, "text/plain", Vec::new()).await?;
    assert_eq!(store.file(&ours, 0).await?, FileRead::Whole(Vec::new()), "nothing is something");

    let Ok(name) = TemplateName::parse("a") else { unreachable!("a name") };
    for other in [
        FileKey::outbound(&TenantId::draw(sample.entropy()), message),
        FileKey::upload(&sample.tenant, &UploadId::draw(sample.entropy())),
        FileKey::picture(&sample.tenant, "00ff", "icon"),
        FileKey::template(&sample.tenant, &name, 1, "00ff"),
    ] {
        assert_eq!(store.file(&other, 1_000).await?, FileRead::Missing, "{other:?}");
    }
    Ok(())
}
