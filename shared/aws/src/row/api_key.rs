//! An API key: `K#<key>` / `KEY`, which every request reads, and once more among its tenant's,
//! `T#<tenant>` / `K#<key>`. Both are written in one transaction.

use amb_service::model::{ApiKey, ApiKeyId};

use super::{Item, Key, RowFault, key::tenant_pk, write};

pub(crate) const PREFIX: &str = "K#";

pub(crate) fn key(id: &ApiKeyId) -> Key {
    Key::new(format!("{PREFIX}{id}"), "KEY")
}

pub(crate) fn items(api_key: &ApiKey) -> Result<[Item; 2], RowFault> {
    let owned = Key::new(tenant_pk(&api_key.tenant), format!("{PREFIX}{}", api_key.id));
    Ok([write(key(&api_key.id), api_key)?, write(owned, api_key)?])
}
