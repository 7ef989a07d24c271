//! Secrets of merchants, as the callers here need them.

use std::time::Duration;

use amb_protocol::secret::Secret;
use amb_service::{
    model::{SecretName, TenantId},
    port::{MerchantSecrets, PortError},
    ttl_cache::TtlCache,
};
use jiff::Timestamp;

/// Reads secrets of merchants, and keeps each for at most [`LIFE`]. An absence is not kept: a secret
/// that was just put is there.
#[derive(Debug)]
pub(crate) struct MerchantKeys<K> {
    secrets: K,
    cache: TtlCache<(TenantId, SecretName), Secret<String>>,
}

impl<K: MerchantSecrets> MerchantKeys<K> {
    pub(crate) fn new(secrets: K) -> Self {
        Self { secrets, cache: TtlCache::new(LIFE, Duration::ZERO, MOST) }
    }

    /// The text of a secret; none: there is no such secret.
    pub(crate) async fn get(
        &self,
        tenant: &TenantId,
        name: &SecretName,
        now: Timestamp,
    ) -> Result<Option<Secret<String>>, PortError> {
        let place = (tenant.clone(), name.clone());
        if let Some(Some(known)) = self.cache.recall(&place, now) {
            return Ok(Some(known));
        }
        let found = self.secrets.merchant_secret(tenant, name).await?;
        self.cache.remember(place, found.clone(), now);
        Ok(found)
    }

    /// A key that was refused is not used again from memory: it may have been rotated.
    pub(crate) fn forget(&self, tenant: &TenantId, name: &SecretName, now: Timestamp) {
        self.cache.remember((tenant.clone(), name.clone()), None, now);
    }
}

/// A rotated secret is in use after this at the latest.
const LIFE: Duration = Duration::from_secs(300);
/// Secrets that are kept.
const MOST: usize = 256;

#[cfg(test)]
impl<K> MerchantKeys<K> {
    pub(crate) fn secrets(&self) -> &K {
        &self.secrets
    }
}
