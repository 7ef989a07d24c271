//! A business: `B#<business>` / `BINDING`, which binds the id to its tenant for ever and is what the
//! ack path reads, and once more among its tenant's, `T#<tenant>` / `B#<business>`. Both are written
//! in one transaction.

use amb_protocol::id::BusinessId;
use amb_service::model::Business;

use super::{Item, Key, RowFault, key::tenant_pk, write};

pub(crate) const PREFIX: &str = "B#";

pub(crate) fn binding_key(id: &BusinessId) -> Key {
    Key::new(format!("{PREFIX}{}", id.as_str()), "BINDING")
}

pub(crate) fn binding(business: &Business) -> Result<Item, RowFault> {
    write(binding_key(&business.id), business)
}

pub(crate) fn owned(business: &Business) -> Result<Item, RowFault> {
    let sk = format!("{PREFIX}{}", business.id.as_str());
    write(Key::new(tenant_pk(&business.tenant), sk), business)
}
