//! Standard Webhooks signatures (v1), one for every live secret of an endpoint.

use amb_protocol::secret::Secret;
use data_encoding::BASE64;
use jiff::Timestamp;
use standardwebhooks::Webhook;

use crate::{model::EventId, port::Entropy};

/// The prefix of a signing secret.
pub const SECRET_PREFIX: &str = "whsec_";

/// A signing secret that the library does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a webhook signing secret is `whsec_` and base64 of 24 to 64 bytes")]
pub struct UnusableSecret;

/// Draws a signing secret: `whsec_` and 32 bytes.
pub fn draw_secret(entropy: &impl Entropy) -> Secret<String> {
    let mut bytes = [0; 32];
    entropy.fill(&mut bytes);
    Secret::new(format!("{SECRET_PREFIX}{}", BASE64.encode(&bytes)))
}

/// The `webhook-id`, `webhook-timestamp` and `webhook-signature` headers; newest secret first.
pub fn headers(
    event: &EventId,
    now: Timestamp,
    body: &[u8],
    secrets: &[Secret<String>],
) -> Result<Vec<(&'static str, String)>, UnusableSecret> {
    let signatures = secrets
        .iter()
        .map(|secret| {
            let signer = Webhook::new(secret.expose()).map_err(|_fault| UnusableSecret)?;
            signer.sign(event.as_str(), now.as_second(), body).map_err(|_fault| UnusableSecret)
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(vec![
        ("webhook-id", event.as_str().to_owned()),
        ("webhook-timestamp", now.as_second().to_string()),
        ("webhook-signature", signatures.join(" ")),
    ])
}
