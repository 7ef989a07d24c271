//! Cursors of lists: opaque to callers, bound to the tenant and the list, and not to be forged
//! (spec/reliability S054).

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;

use crate::{model::TenantId, service_key::ServiceKey};

const TAG: usize = 16;

/// Something that is no cursor of this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor does not belong to this list")]
pub struct NoCursor;

/// Writes a cursor for a place in a list.
pub fn write(key: &ServiceKey, tenant: &TenantId, list: &str, place: &str) -> String {
    let mut bytes = tag(key, tenant, list, place).as_ref().iter().copied().take(TAG).collect();
    let bytes: &mut Vec<u8> = &mut bytes;
    bytes.extend_from_slice(place.as_bytes());
    BASE64URL_NOPAD.encode(bytes)
}

/// Reads the place back.
pub fn read(
    key: &ServiceKey,
    tenant: &TenantId,
    list: &str,
    cursor: &str,
) -> Result<String, NoCursor> {
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).map_err(|_fault| NoCursor)?;
    let (given, place) = bytes.split_at_checked(TAG).ok_or(NoCursor)?;
    let place = std::str::from_utf8(place).map_err(|_fault| NoCursor)?;
    let expected = tag(key, tenant, list, place);
    let same = subtle::ConstantTimeEq::ct_eq(expected.as_ref().get(..TAG).ok_or(NoCursor)?, given);
    if bool::from(same) { Ok(place.to_owned()) } else { Err(NoCursor) }
}

fn tag(key: &ServiceKey, tenant: &TenantId, list: &str, place: &str) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key.cursor());
    for part in [tenant.as_str(), list, place] {
        context.update(part.as_bytes());
        context.update(&[0]);
    }
    context.sign()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;
    use amb_protocol::secret::Secret;

    #[test]
    fn s054_a_cursor_is_good_for_its_tenant_and_list_only() {
        let world = Memory::new(1);
        let key = ServiceKey::derive(&Secret::new(vec![9; 32])).unwrap();
        let (ours, theirs) = (TenantId::draw(&world), TenantId::draw(&world));
        let cursor = write(&key, &ours, "events/cnv_x", "17");
        assert_eq!(read(&key, &ours, "events/cnv_x", &cursor).unwrap(), "17");
        assert_eq!(read(&key, &theirs, "events/cnv_x", &cursor), Err(NoCursor));
        assert_eq!(read(&key, &ours, "events/cnv_y", &cursor), Err(NoCursor));
        for at in 0..cursor.len() {
            let mut forged = cursor.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(read(&key, &ours, "events/cnv_x", &forged), Err(NoCursor), "{at}");
        }
        assert_eq!(read(&key, &ours, "events/cnv_x", ""), Err(NoCursor));
    }
}
