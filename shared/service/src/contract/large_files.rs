//! Files of any size, in parts.

use super::sample::Sample;
use crate::{
    model::{FileKey, Retention, UploadId},
    port::{Bytes, Chunks, Entropy, Files, Joined, LargeFile, LargeFiles, PortError},
};

/// The shortest that a part may be which is not the last (S3).
const PART: usize = 5 * 1024 * 1024;
const TYPE: &str = "application/pdf";

/// A file is there when its parts are joined, byte for byte, and is read from any place on.
pub async fn large_files<S, E>(store: &S, sample: &Sample<E>) -> Result<(), PortError>
where
    S: LargeFiles + Files,
    E: Entropy,
{
    parts_become_a_file(store, sample).await?;
    a_file_is_read_from_any_place(store, sample).await?;
    an_upload_that_was_given_up_is_nothing(store, sample).await?;
    what_was_removed_is_gone(store, sample).await
}

fn drawn(sample: &Sample<impl Entropy>) -> FileKey {
    let upload = UploadId::draw(sample.entropy());
    let drawn = upload.as_str().strip_prefix(UploadId::PREFIX).unwrap_or_default();
    FileKey::attachment(Retention::Day, &sample.tenant, drawn)
}

/// Bytes in which no two places of a few megabytes look alike.
fn bytes(from: usize, length: usize) -> Bytes {
    let numbers = (from..).step_by(8).flat_map(usize::to_be_bytes);
    numbers.take(length).collect()
}

async fn read<S: LargeFiles>(file: LargeFile<S::Body>) -> Result<Vec<u8>, PortError> {
    let mut body = file.body;
    let mut all = Vec::new();
    while let Some(piece) = body.chunk().await? {
        all.extend_from_slice(&piece);
    }
    assert!(body.chunk().await?.is_none(), "the end stays the end");
    Ok(all)
}

/// What is there from a place on, and how large the whole is.
async fn found<S: LargeFiles>(
    store: &S,
    key: &FileKey,
    from: u64,
) -> Result<Option<(u64, Vec<u8>)>, PortError> {
    match store.open(key, from).await? {
        None => Ok(None),
        Some(file) => Ok(Some((file.size, read::<S>(file).await?))),
    }
}

async fn parts_become_a_file<S: LargeFiles>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let key = drawn(sample);
    let upload = store.begin(&key, TYPE).await?;
    let other = store.begin(&key, TYPE).await?;
    assert_ne!(upload, other, "a file may be begun twice");
    let (first, second) = (bytes(0, PART), bytes(PART, PART + 4));
    let last = bytes(0, 7);
    // In any order, and the same number again replaces it.
    let third_tag = store.put_part(&key, &upload, 3, last.clone()).await?;
    let broken = store.put_part(&key, &upload, 2, bytes(0, PART)).await?;
    let first_tag = store.put_part(&key, &upload, 1, first.clone()).await?;
    let second_tag = store.put_part(&key, &upload, 2, second.clone()).await?;
    assert_ne!(broken, second_tag, "other bytes have another tag");
    assert_eq!(found(store, &key, 0).await?, None, "it is not joined");

    let tags = [first_tag, second_tag, third_tag];
    assert_eq!(store.join(&key, &upload, &tags).await?, Joined::Whole);
    let whole = [first, second, last].concat();
    let size = whole.len() as u64;
    assert!(found(store, &key, 0).await? == Some((size, whole)), "it came back changed");
    assert_eq!(store.join(&key, &upload, &tags).await?, Joined::Whole, "the answer was lost");
    assert_eq!(store.join(&key, "no such upload", &tags).await?, Joined::Whole, "it is there");
    store.abandon(&key, &other).await?;
    assert!(store.open(&key, 0).await?.is_some(), "the other is not this one");
    Ok(())
}

async fn a_file_is_read_from_any_place<S: LargeFiles + Files>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let key = drawn(sample);
    let whole = bytes(0, 300_000);
    store.put_file(&key, TYPE, whole.to_vec()).await?;
    for from in [0, 1, 65_536, 299_999, 300_000, 300_001] {
        let rest = whole.get(from..).unwrap_or_default().to_vec();
        let found = found(store, &key, from as u64).await?;
        assert!(found == Some((300_000, rest)), "from {from}");
    }
    store.put_file(&key, TYPE, Vec::new()).await?;
    assert_eq!(found(store, &key, 0).await?, Some((0, Vec::new())), "nothing is something");
    Ok(())
}

async fn an_upload_that_was_given_up_is_nothing<S: LargeFiles>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let key = drawn(sample);
    let upload = store.begin(&key, TYPE).await?;
    let tag = store.put_part(&key, &upload, 1, bytes(0, 9)).await?;
    store.abandon(&key, &upload).await?;
    store.abandon(&key, &upload).await?;
    assert!(store.put_part(&key, &upload, 2, bytes(0, 9)).await.is_err(), "it is over");
    assert_eq!(store.join(&key, &upload, &[tag]).await?, Joined::Lost);
    assert_eq!(found(store, &key, 0).await?, None);
    Ok(())
}

async fn what_was_removed_is_gone<S: LargeFiles>(
    store: &S,
    sample: &Sample<impl Entropy>,
) -> Result<(), PortError> {
    let key = drawn(sample);
    store.remove(&key).await?;
    let upload = store.begin(&key, TYPE).await?;
    let tag = store.put_part(&key, &upload, 1, bytes(0, 9)).await?;
    store.join(&key, &upload, &[tag]).await?;
    assert!(store.open(&key, 0).await?.is_some());
    store.remove(&key).await?;
    assert_eq!(found(store, &key, 0).await?, None);
    store.remove(&key).await
}
