//! A customer's file by its content: `T#<tenant>#F#<SHA-256 of the content>` / `F`.

use amb_service::{model::TenantId, port::KnownFile};
use jiff::SignedDuration;

use super::{Item, Key, RowFault, n, time::ttl, write};

/// How long it is known: well longer than anybody takes an old file for a new one.
const LIFE: SignedDuration = SignedDuration::from_hours(14 * 24);

pub(crate) fn key(tenant: &TenantId, sha256: &str) -> Key {
    Key::new(format!("T#{tenant}#F#{sha256}"), "F")
}

pub(crate) fn item(tenant: &TenantId, sha256: &str, known: &KnownFile) -> Result<Item, RowFault> {
    let mut item = write(key(tenant, sha256), known)?;
    item.insert("ttl".to_owned(), n(ttl(known.stored_at, LIFE)));
    Ok(item)
}
