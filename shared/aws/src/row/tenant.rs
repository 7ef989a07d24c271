//! A tenant: `T#<tenant>` / `TENANT`, and once more in the list of all, `TENANTS` / `<tenant>`.
//! Both are written together, so the copies never differ.

use amb_service::model::{Tenant, TenantId};

use super::{Item, Key, RowFault, key::tenant_pk, write};

pub(crate) const LIST: &str = "TENANTS";

pub(crate) fn key(id: &TenantId) -> Key {
    Key::new(tenant_pk(id), "TENANT")
}

pub(crate) fn items(tenant: &Tenant) -> Result<[Item; 2], RowFault> {
    let listed = Key::new(LIST, tenant.id.as_str());
    Ok([write(key(&tenant.id), tenant)?, write(listed, tenant)?])
}
