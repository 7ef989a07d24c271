//! A reference to large content: `T#<tenant>#R#<SHA-256 of the business>` / `R#<SHA-256 of the
//! content>`, hashed because a business id may hold any visible character. Apple's object is kept as
//! JSON text: it goes back as it came. `expires` is compared; `ttl` only cleans up.

use amb_protocol::id::{BusinessId, RequestIdentifier};
use amb_service::model::{DataRef, TenantId, body_hash};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Item, Key, RowFault, n, read, time::as_nanos, write};

#[derive(Serialize, Deserialize)]
struct Shape {
    tenant: TenantId,
    business: BusinessId,
    content: String,
    /// Apple's object.
    reference: String,
    request: Option<RequestIdentifier>,
    #[serde(with = "as_nanos")]
    created: Timestamp,
    #[serde(with = "as_nanos")]
    expires: Timestamp,
}

pub(crate) fn key(tenant: &TenantId, business: &BusinessId, content_hash: &str) -> Key {
    let business = HEXLOWER.encode(&body_hash(business.as_str().as_bytes()));
    Key::new(format!("T#{tenant}#R#{business}"), format!("R#{content_hash}"))
}

pub(crate) fn item(data_ref: &DataRef) -> Result<Item, RowFault> {
    let DataRef { tenant, business, content_hash, .. } = data_ref;
    let shape = Shape {
        tenant: tenant.clone(),
        business: business.clone(),
        content: content_hash.clone(),
        reference: serde_json::to_string(&data_ref.reference)?,
        request: data_ref.request_identifier.clone(),
        created: data_ref.created_at,
        expires: data_ref.expires_at,
    };
    let mut item = write(key(tenant, business, content_hash), &shape)?;
    item.insert("ttl".to_owned(), n(data_ref.expires_at.as_second()));
    Ok(item)
}

pub(crate) fn data_ref(item: Item) -> Result<DataRef, RowFault> {
    let shape: Shape = read(item)?;
    Ok(DataRef {
        tenant: shape.tenant,
        business: shape.business,
        content_hash: shape.content,
        reference: serde_json::from_str(&shape.reference)?,
        request_identifier: shape.request,
        created_at: shape.created,
        expires_at: shape.expires,
    })
}
