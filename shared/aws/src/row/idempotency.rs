//! The record of an idempotency key: `T#<tenant>#I#<SHA-256 of the key>` / `IDEM`, hashed because a
//! key may hold any visible character. `expires` is compared; `ttl` only cleans up.

use amb_service::model::{IdempotencyKey, IdempotencyRecord, TenantId, body_hash};
use data_encoding::HEXLOWER;

use super::{Item, Key, RowFault, n, time::nanos, write};

pub(crate) fn key(tenant: &TenantId, key: &IdempotencyKey) -> Key {
    let hash = HEXLOWER.encode(&body_hash(key.as_str().as_bytes()));
    Key::new(format!("T#{tenant}#I#{hash}"), "IDEM")
}

pub(crate) fn item(record: &IdempotencyRecord) -> Result<Item, RowFault> {
    let mut item = write(key(&record.tenant, &record.key), record)?;
    item.insert("expires".to_owned(), n(nanos(record.expires_at)));
    item.insert("ttl".to_owned(), n(record.expires_at.as_second()));
    Ok(item)
}
