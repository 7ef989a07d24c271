//! Sessions that a business brings along, for a gateway of its own (spec/peers LC-03, SC-19).

use amb_protocol::compose::PendingPayment;
use jiff::Timestamp;
use serde_json::{Map, Value, value::RawValue};

use super::{LEAST_LEFT, NotOpened};
use crate::port::MerchantSession;

/// Fills them in, if the device can still use the session.
pub(super) fn fill(
    pending: &PendingPayment,
    body: &mut Map<String, Value>,
    now: Timestamp,
) -> Result<(), NotOpened> {
    let refused = |why: &str| NotOpened::Refused(why.to_owned());
    let text = pending.session.clone().ok_or_else(|| refused("there is no merchant session"))?;
    let session = RawValue::from_string(text);
    let session = session.map_err(|_fault| refused("the merchant session is not JSON"))?;
    let parsed: Value = serde_json::from_str(session.get()).unwrap_or_default();
    let expires_at = parsed.get("expiresAt").and_then(MerchantSession::read_end);
    let expires_at =
        expires_at.ok_or_else(|| refused("the merchant session has no `expiresAt`"))?;
    if expires_at < now + LEAST_LEFT {
        return Err(refused("the merchant session ends within a minute"));
    }
    PendingPayment::fill(body, &session, &pending.endpoints)
        .map_err(|altered| refused(&altered.to_string()))
}
