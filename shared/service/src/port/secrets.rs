use amb_protocol::{jwt::ApiSecret, secret::Secret};
use jiff::Timestamp;
use std::future::Future;

use super::PortError;

/// Apple's Messaging API secret. IAM: `GetSecretValue` on it.
pub trait AppleSecrets: Send + Sync {
    /// Every live version.
    fn apple_keys(&self) -> impl Future<Output = Result<AppleKeySet, PortError>> + Send;
}

/// The live versions of Apple's Messaging API secret (spec/reliability §7.2).
#[derive(Clone, Debug, Default)]
pub struct AppleKeySet {
    /// What we sign with. Absent before the operator has put a value.
    pub current: Option<ApiSecret>,
    /// What Apple may still sign with after a rotation.
    pub previous: Option<ApiSecret>,
    /// From then on the previous one is refused; none: it is accepted while it is there.
    pub previous_accept_until: Option<Timestamp>,
    /// What Apple may already sign with during a rotation.
    pub pending: Option<ApiSecret>,
}

impl AppleKeySet {
    /// The keys that an inbound token may be signed with now.
    pub fn accepted(&self, now: Timestamp) -> Vec<ApiSecret> {
        let previous = self
            .previous
            .iter()
            .filter(|_| self.previous_accept_until.is_none_or(|until| now < until));
        self.current.iter().chain(&self.pending).chain(previous).cloned().collect()
    }

    /// Tells one set from another without showing a key.
    pub fn fingerprint(&self) -> String {
        let slot = |key: &Option<ApiSecret>| key.as_ref().map(ApiSecret::fingerprint);
        format!(
            "{:?}/{:?}/{:?}/{:?}",
            slot(&self.current),
            slot(&self.previous),
            slot(&self.pending),
            self.previous_accept_until
        )
    }
}

/// The operator's key. IAM: `GetSecretValue` on it.
pub trait OperatorKeySource: Send + Sync {
    /// The key as the operator sends it after `Bearer`.
    fn operator_key(&self) -> impl Future<Output = Result<Secret<String>, PortError>> + Send;
}

/// The service's own master key. IAM: `GetSecretValue` on it.
pub trait ServiceKeySource: Send + Sync {
    /// The key material, at least 32 bytes.
    fn service_key(&self) -> impl Future<Output = Result<Secret<Vec<u8>>, PortError>> + Send;
}
