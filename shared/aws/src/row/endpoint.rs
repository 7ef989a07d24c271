//! An endpoint: `T#<tenant>` / `EP#<endpoint>`. `failingSince` is absent, not null, while it does
//! well: an update relies on that.

use amb_service::model::{Endpoint, EndpointId, TenantId};

use super::{Item, Key, RowFault, key::tenant_pk, write};

pub(crate) const PREFIX: &str = "EP#";

pub(crate) fn key(tenant: &TenantId, id: &EndpointId) -> Key {
    Key::new(tenant_pk(tenant), format!("{PREFIX}{id}"))
}

pub(crate) fn item(endpoint: &Endpoint) -> Result<Item, RowFault> {
    write(key(&endpoint.tenant, &endpoint.id), endpoint)
}
