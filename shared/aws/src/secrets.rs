//! Secrets Manager: Apple's Messaging API secret with its stages, the service's master key, the
//! operator's key, merchants' own. Values are JSON with a version.

mod merchants;
mod value;

pub use merchants::SecretsManagerMerchants;

use amb_protocol::{jwt::ApiSecret, secret::Secret};
use amb_service::port::{
    AppleKeySet, AppleSecrets, OperatorKeySource, PortError, ServiceKeySource,
};
use aws_sdk_secretsmanager::{Client, operation::get_secret_value::GetSecretValueError};
use std::fmt;

use crate::fault::{Refused, unavailable};
use value::{AppleValue, KeyValue, SecretFault};

/// Apple's Messaging API secret: `{"v":1,"kid":…,"key":"<base64>","previousAcceptUntil":null|seconds}`.
#[derive(Clone)]
pub struct SecretsManagerApple {
    client: Client,
    secret_id: String,
}

impl SecretsManagerApple {
    /// The secret with this ARN or name (`AMB_APPLE_SECRET`).
    pub fn new(client: Client, secret_id: impl Into<String>) -> Self {
        Self { client, secret_id: secret_id.into() }
    }
}

impl AppleSecrets for SecretsManagerApple {
    async fn apple_keys(&self) -> Result<AppleKeySet, PortError> {
        const OPERATION: &str = "AppleSecrets::apple_keys";
        let stage = |stage| value_of(OPERATION, &self.client, &self.secret_id, stage);
        let (current, previous, pending) =
            tokio::try_join!(stage("AWSCURRENT"), stage("AWSPREVIOUS"), stage("AWSPENDING"))?;
        let current = match current {
            Some(text) => {
                AppleValue::parse(&text).map_err(|fault| PortError::unreadable(OPERATION, fault))?
            }
            None => AppleValue::Unset,
        };
        let until = current.previous_accept_until();
        let current = current.into_key();
        let set = AppleKeySet {
            previous: beside(current.as_ref(), previous, "AWSPREVIOUS"),
            pending: beside(current.as_ref(), pending, "AWSPENDING"),
            previous_accept_until: until,
            current,
        };
        Ok(set)
    }
}

/// A key that may be there beside the current one. One that cannot be read must not keep the current
/// one from being used.
fn beside(
    current: Option<&ApiSecret>,
    text: Option<Secret<String>>,
    stage: &'static str,
) -> Option<ApiSecret> {
    let key = match AppleValue::parse(&text?) {
        Ok(value) => value.into_key()?,
        Err(fault) => {
            tracing::warn!(stage, error = %fault, "a stage of Apple's secret is ignored");
            return None;
        }
    };
    let same = current.is_some_and(|current| current.fingerprint() == key.fingerprint());
    (!same).then_some(key)
}

/// The service's master key: `{"v":1,"key":"<at least 32 characters>"}`.
#[derive(Clone)]
pub struct SecretsManagerServiceKey {
    client: Client,
    secret_id: String,
}

impl SecretsManagerServiceKey {
    /// The secret with this ARN or name (`AMB_SERVICE_KEY_SECRET`).
    pub fn new(client: Client, secret_id: impl Into<String>) -> Self {
        Self { client, secret_id: secret_id.into() }
    }
}

impl ServiceKeySource for SecretsManagerServiceKey {
    async fn service_key(&self) -> Result<Secret<Vec<u8>>, PortError> {
        const OPERATION: &str = "ServiceKeySource::service_key";
        let key = plain_key(OPERATION, &self.client, &self.secret_id).await?;
        Ok(Secret::new(key.expose().as_bytes().to_vec()))
    }
}

/// The operator's key, which opens the tenant routes: `{"v":1,"key":"…"}`.
#[derive(Clone)]
pub struct SecretsManagerOperatorKey {
    client: Client,
    secret_id: String,
}

impl SecretsManagerOperatorKey {
    /// The secret with this ARN or name (`AMB_OPERATOR_KEY_SECRET`).
    pub fn new(client: Client, secret_id: impl Into<String>) -> Self {
        Self { client, secret_id: secret_id.into() }
    }
}

impl OperatorKeySource for SecretsManagerOperatorKey {
    async fn operator_key(&self) -> Result<Secret<String>, PortError> {
        plain_key("SecretsManagerOperatorKey::operator_key", &self.client, &self.secret_id).await
    }
}

async fn plain_key(
    operation: &'static str,
    client: &Client,
    secret_id: &str,
) -> Result<Secret<String>, PortError> {
    let text = value_of(operation, client, secret_id, "AWSCURRENT").await?;
    let text = text.ok_or_else(|| PortError::unreadable(operation, SecretFault::Missing))?;
    KeyValue::parse(&text).map_err(|fault| PortError::unreadable(operation, fault))
}

/// The text of a stage; `None` if no version has it.
async fn value_of(
    operation: &'static str,
    client: &Client,
    secret_id: &str,
    stage: &str,
) -> Result<Option<Secret<String>>, PortError> {
    let request = client.get_secret_value().secret_id(secret_id).version_stage(stage);
    match request.send().await {
        Ok(answer) => match answer.secret_string {
            Some(text) => Ok(Some(Secret::new(text))),
            None => Err(PortError::unreadable(operation, Refused::new("a secret without text"))),
        },
        Err(error) => match error.as_service_error() {
            Some(GetSecretValueError::ResourceNotFoundException(_)) => Ok(None),
            _ => Err(unavailable(operation)(error)),
        },
    }
}

macro_rules! debug_by_name {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field("secret_id", &self.secret_id).finish_non_exhaustive()
            }
        }
    )+};
}

debug_by_name!(SecretsManagerApple, SecretsManagerServiceKey, SecretsManagerOperatorKey);
