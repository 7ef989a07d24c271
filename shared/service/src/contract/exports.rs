//! The finance team's files: written once.

use amb_protocol::apple_pay::MerchantIdentifier;
use jiff::civil::Date;

use super::sample::Sample;
use crate::{
    model::ExportKey,
    port::{Bytes, Chunks, Entropy, Exports, FileRead, Kept, PortError},
};

/// The shortest that a part may be which is not the last (S3).
const PART: usize = 5 * 1024 * 1024;
const TYPE: &str = "text/csv; charset=utf-8";

/// What was written first stays, byte for byte, whoever writes again and in whatever way.
pub async fn exports<S: Exports, E: Entropy>(
    store: &S,
    sample: &Sample<E>,
) -> Result<(), PortError> {
    let Ok(merchant) = MerchantIdentifier::parse("merchant.com.example") else {
        unreachable!("a merchant")
    };
    let key = |name| ExportKey::day(&sample.tenant, &merchant, Date::constant(2026, 11, 21), name);

    let small = key("control.json");
    assert_eq!(store.export(&small, 10).await?, FileRead::Missing);
    assert!(store.open_export(&small).await?.is_none());
    assert_eq!(store.put_export(&small, TYPE, b"first".to_vec()).await?, Kept::Now);
    assert_eq!(store.put_export(&small, TYPE, b"second".to_vec()).await?, Kept::Before);
    assert_eq!(store.export(&small, 10).await?, FileRead::Whole(b"first".to_vec()));
    assert_eq!(store.export(&small, 4).await?, FileRead::TooLarge(5));

    let large = key("journal.csv");
    let parts = [Bytes::from(vec![b'a'; PART]), Bytes::from_static(b"the end")];
    assert_eq!(in_parts(store, &large, &parts).await?, Kept::Now);
    let other = [Bytes::from(vec![b'b'; PART]), Bytes::from_static(b"another end")];
    assert_eq!(in_parts(store, &large, &other).await?, Kept::Before);
    assert_eq!(store.put_export(&large, TYPE, Vec::new()).await?, Kept::Before);
    assert_eq!(read(store, &large).await?, Some(parts.concat()));
    assert_eq!(in_parts(store, &small, &parts).await?, Kept::Before);

    let begun = key("journal.parquet");
    store.begin_export(&begun, TYPE).await?;
    assert_eq!(store.export(&begun, 10).await?, FileRead::Missing, "nothing before its end");
    Ok(())
}

async fn in_parts<S: Exports>(
    store: &S,
    key: &ExportKey,
    parts: &[Bytes],
) -> Result<Kept, PortError> {
    let upload = store.begin_export(key, TYPE).await?;
    let mut named = Vec::new();
    for (number, bytes) in (1..).zip(parts) {
        named.push(store.put_export_part(key, &upload, number, bytes.clone()).await?);
    }
    store.end_export(key, &upload, &named).await
}

async fn read<S: Exports>(store: &S, key: &ExportKey) -> Result<Option<Vec<u8>>, PortError> {
    let Some(file) = store.open_export(key).await? else { return Ok(None) };
    let (mut body, mut all) = (file.body, Vec::new());
    while let Some(piece) = body.chunk().await? {
        all.extend_from_slice(&piece);
    }
    assert_eq!(all.len() as u64, file.size);
    Ok(Some(all))
}
