//! The Apple Pay settings of a business: `T#<tenant>` / `AP#<business>`, as JSON text, because rules of
//! pricing are compared digit by digit. What Apple wants to find on the gateway's domain is the
//! deployment's: `APPLEPAY` / `ASSOCIATION`.

use amb_protocol::id::BusinessId;
use amb_service::model::{DomainAssociation, MerchantSettings, TenantId};
use serde::{Deserialize, Serialize};

use super::{Item, Key, RowFault, key::tenant_pk, n, read, write, write_json};

#[derive(Serialize, Deserialize)]
struct Association {
    text: DomainAssociation,
}

pub(crate) fn key(tenant: &TenantId, business: &BusinessId) -> Key {
    Key::new(tenant_pk(tenant), format!("AP#{}", business.as_str()))
}

pub(crate) fn item(settings: &MerchantSettings) -> Result<Item, RowFault> {
    let mut item = write_json(key(&settings.tenant, &settings.business), settings)?;
    item.insert("revision".to_owned(), n(settings.revision));
    Ok(item)
}

pub(crate) fn association_key() -> Key {
    Key::new("APPLEPAY", "ASSOCIATION")
}

pub(crate) fn association_item(association: &DomainAssociation) -> Result<Item, RowFault> {
    write(association_key(), &Association { text: association.clone() })
}

pub(crate) fn association(item: Item) -> Result<String, RowFault> {
    Ok(read::<Association>(item)?.text.0)
}
