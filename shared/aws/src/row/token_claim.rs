//! Who used a token first: `TK#<merchant>#<SHA-256 of its transaction id>` / `CLAIM`. Not below a tenant:
//! a token is the merchant's, whoever asks with it.

use amb_protocol::apple_pay::MerchantIdentifier;
use amb_service::model::{TokenClaim, TokenHash};
use jiff::SignedDuration;

use super::{Item, Key, RowFault, n, time::ttl, write};

/// Longer than any dispute (spec/payments §4.2).
const LIFE: SignedDuration = SignedDuration::from_hours(400 * 24);

pub(crate) fn key(merchant: &MerchantIdentifier, token: &TokenHash) -> Key {
    Key::new(format!("TK#{merchant}#{}", token.as_str()), "CLAIM")
}

pub(crate) fn item(claim: &TokenClaim) -> Result<Item, RowFault> {
    let mut item = write(key(&claim.merchant, &claim.token), claim)?;
    item.insert("ttl".to_owned(), n(ttl(claim.created_at, LIFE)));
    Ok(item)
}
