//! Sealing of what is kept and must not be read where it is kept: AES-256-GCM under a derived key, bound
//! to whose it is. Webhook signing secrets are bound to their endpoint, contacts to their payment.

use amb_protocol::secret::Secret;
use aws_lc_rs::aead::{Aad, LessSafeKey, NONCE_LEN, Nonce};
use data_encoding::BASE64;
use jiff::Timestamp;

use crate::{
    model::{EndpointId, SealedSecret},
    port::Entropy,
    service_key::ServiceKey,
};

/// What is sealed does not open: it was sealed under another key, for somebody else, or is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("what is sealed does not open")]
pub struct DoesNotOpen;

/// Seals a secret for one endpoint.
pub fn seal(
    key: &ServiceKey,
    endpoint: &EndpointId,
    secret: &Secret<String>,
    now: Timestamp,
    entropy: &impl Entropy,
) -> Result<SealedSecret, DoesNotOpen> {
    let sealed = seal_text(key.sealing(), endpoint.as_str(), secret.expose().clone(), entropy)?;
    Ok(SealedSecret { sealed, created_at: now, expires_at: None })
}

/// Opens a sealed secret of this endpoint.
pub fn open(
    key: &ServiceKey,
    endpoint: &EndpointId,
    sealed: &SealedSecret,
) -> Result<Secret<String>, DoesNotOpen> {
    open_text(key.sealing(), endpoint.as_str(), &sealed.sealed)
}

/// Seals a text for its owner: the nonce and the ciphertext, in Base64.
pub(crate) fn seal_text(
    key: &LessSafeKey,
    owner: &str,
    text: String,
    entropy: &impl Entropy,
) -> Result<String, DoesNotOpen> {
    let mut nonce = [0; NONCE_LEN];
    entropy.fill(&mut nonce);
    let mut sealed = text.into_bytes();
    let unique = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(unique, Aad::from(owner), &mut sealed)
        .map_err(|_fault| DoesNotOpen)?;
    Ok(BASE64.encode(&[&nonce[..], &sealed].concat()))
}

/// Opens a sealed text of this owner.
pub(crate) fn open_text(
    key: &LessSafeKey,
    owner: &str,
    sealed: &str,
) -> Result<Secret<String>, DoesNotOpen> {
    let bytes = BASE64.decode(sealed.as_bytes()).map_err(|_fault| DoesNotOpen)?;
    let (nonce, ciphertext) = bytes.split_at_checked(NONCE_LEN).ok_or(DoesNotOpen)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_fault| DoesNotOpen)?;
    let mut buffer = ciphertext.to_vec();
    let plain =
        key.open_in_place(nonce, Aad::from(owner), &mut buffer).map_err(|_fault| DoesNotOpen)?;
    String::from_utf8(plain.to_vec()).map(Secret::new).map_err(|_fault| DoesNotOpen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;

    #[test]
    fn a_secret_opens_for_its_endpoint_only() {
        let world = Memory::new(1);
        let key = ServiceKey::derive(&Secret::new(vec![9; 32])).unwrap();
        let (ours, other) = (EndpointId::draw(&world), EndpointId::draw(&world));
        let secret = Secret::new("whsec_abc".to_owned());
        let sealed = seal(&key, &ours, &secret, Timestamp::UNIX_EPOCH, &world).unwrap();
        assert!(!sealed.sealed.contains("whsec"));
        assert_eq!(open(&key, &ours, &sealed).unwrap().expose(), secret.expose());
        assert!(matches!(open(&key, &other, &sealed), Err(DoesNotOpen)));
    }
}
