//! A business's file that Apple has: `T#<tenant>#A#<SHA-256 of the business>` / `A#<fingerprint>`,
//! hashed because a business id may hold any visible character.

use amb_protocol::id::BusinessId;
use amb_service::model::{AppleFile, TenantId, body_hash};
use data_encoding::HEXLOWER;

use super::{Item, Key, RowFault, n, write};

pub(crate) fn key(tenant: &TenantId, business: &BusinessId, fingerprint: &str) -> Key {
    let business = HEXLOWER.encode(&body_hash(business.as_str().as_bytes()));
    Key::new(format!("T#{tenant}#A#{business}"), format!("A#{fingerprint}"))
}

pub(crate) fn item(key: Key, file: &AppleFile) -> Result<Item, RowFault> {
    let mut item = write(key, file)?;
    item.insert("ttl".to_owned(), n(file.expires_at.as_second()));
    Ok(item)
}
