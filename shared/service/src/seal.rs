//! Sealing of webhook signing secrets: AES-256-GCM under a derived key, bound to the endpoint.

use amb_protocol::secret::Secret;
use aws_lc_rs::aead::{Aad, NONCE_LEN, Nonce};
use data_encoding::BASE64;
use jiff::Timestamp;

use crate::{
    model::{EndpointId, SealedSecret},
    port::Entropy,
    service_key::ServiceKey,
};

/// A sealed secret that does not open: sealed under another key, for another endpoint, or damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sealed secret does not open")]
pub struct DoesNotOpen;

/// Seals a secret for one endpoint.
pub fn seal(
    key: &ServiceKey,
    endpoint: &EndpointId,
    secret: &Secret<String>,
    now: Timestamp,
    entropy: &impl Entropy,
) -> Result<SealedSecret, DoesNotOpen> {
    let mut nonce = [0; NONCE_LEN];
    entropy.fill(&mut nonce);
    let mut sealed = secret.expose().clone().into_bytes();
    key.sealing()
        .seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(endpoint.as_str()),
            &mut sealed,
        )
        .map_err(|_fault| DoesNotOpen)?;
    let mut text = nonce.to_vec();
    text.append(&mut sealed);
    Ok(SealedSecret { sealed: BASE64.encode(&text), created_at: now, expires_at: None })
}

/// Opens a sealed secret of this endpoint.
pub fn open(
    key: &ServiceKey,
    endpoint: &EndpointId,
    sealed: &SealedSecret,
) -> Result<Secret<String>, DoesNotOpen> {
    let bytes = BASE64.decode(sealed.sealed.as_bytes()).map_err(|_fault| DoesNotOpen)?;
    let (nonce, ciphertext) = bytes.split_at_checked(NONCE_LEN).ok_or(DoesNotOpen)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_fault| DoesNotOpen)?;
    let mut buffer = ciphertext.to_vec();
    let plain = key
        .sealing()
        .open_in_place(nonce, Aad::from(endpoint.as_str()), &mut buffer)
        .map_err(|_fault| DoesNotOpen)?;
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
