//! Secrets of merchants: `{prefix}/{tenant}/{name}`.

use amb_protocol::secret::Secret;
use amb_service::{
    model::{SecretName, TenantId},
    port::{MerchantSecrets, PortError},
};
use aws_sdk_secretsmanager::Client;
use std::fmt;

use super::value_of;

/// The secrets of merchants, as they are now. Nothing is remembered here, so that what was refused can be
/// read anew: whoever needs them often remembers them.
#[derive(Clone)]
pub struct SecretsManagerMerchants {
    client: Client,
    prefix: String,
}

impl SecretsManagerMerchants {
    /// The secrets below this prefix (`AMB_MERCHANT_SECRETS`).
    pub fn new(client: Client, prefix: impl Into<String>) -> Self {
        Self { client, prefix: prefix.into() }
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
        value_of(OPERATION, &self.client, &id, "AWSCURRENT").await
    }
}

impl fmt::Debug for SecretsManagerMerchants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretsManagerMerchants")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
