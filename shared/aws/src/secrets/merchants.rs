//! Secrets of merchants: `{prefix}/{tenant}/{name}`.

use amb_protocol::secret::Secret;
use amb_service::{
    model::{SecretName, TenantId},
    port::{MerchantSecrets, PortError},
    problem::chain,
};
use aws_sdk_secretsmanager::Client;
use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

use super::value_of;

/// How long a secret is taken for unchanged: a new certificate or key counts after this.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// Secrets that are remembered at once: beyond it all are forgotten.
const REMEMBERED: usize = 1_024;

/// The secrets of merchants, each remembered for five minutes. One that cannot be asked for then is used
/// as it was: a payment does not fail because Secrets Manager is slow.
#[derive(Clone)]
pub struct SecretsManagerMerchants {
    client: Client,
    prefix: String,
    known: Arc<Mutex<HashMap<String, Known>>>,
}

#[derive(Clone)]
struct Known {
    text: Secret<String>,
    until: Instant,
}

impl SecretsManagerMerchants {
    /// The secrets below this prefix (`AMB_MERCHANT_SECRETS`).
    pub fn new(client: Client, prefix: impl Into<String>) -> Self {
        Self { client, prefix: prefix.into(), known: Arc::default() }
    }

    fn recall(&self, id: &str) -> Option<Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    fn remember(&self, id: String, text: Option<&Secret<String>>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match text {
            None => {
                known.remove(&id);
            }
            Some(text) => {
                if known.len() >= REMEMBERED {
                    known.clear();
                }
                // Not the service's clock: this is no business of any test's.
                known.insert(id, Known { text: text.clone(), until: Instant::now() + LIFE });
            }
        }
    }
}

impl MerchantSecrets for SecretsManagerMerchants {
    async fn merchant_secret(
        &self,
        tenant: &TenantId,
        name: &SecretName,
    ) -> Result<Option<Secret<String>>, PortError> {
        const OPERATION: &str = "MerchantSecrets::merchant_secret";
        let id = format!("{}/{tenant}/{}", self.prefix, name.as_str());
        let known = self.recall(&id);
        if let Some(Known { text, until }) = &known
            && Instant::now() < *until
        {
            return Ok(Some(text.clone()));
        }
        match (value_of(OPERATION, &self.client, &id, "AWSCURRENT").await, known) {
            (Ok(text), _) => {
                self.remember(id, text.as_ref());
                Ok(text)
            }
            (Err(error), Some(known)) => {
                tracing::warn!(error = %chain(&error), "a merchant's secret is used as it was");
                Ok(Some(known.text))
            }
            (Err(error), None) => Err(error),
        }
    }
}

impl fmt::Debug for SecretsManagerMerchants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsManagerMerchants")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
