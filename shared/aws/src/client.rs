//! The SDK's clients. The Rust SDK ships without attempt and operation timeouts, so every one is set
//! here (spec/reliability §8.6).

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use std::time::Duration;

/// Attempts of one operation, the first included (spec/reliability §8.6).
const MAX_ATTEMPTS: u32 = 3;

/// How patient a function is with AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Until a connection stands.
    pub connect: Duration,
    /// With DynamoDB.
    pub dynamodb: Patience,
    /// With SQS and Secrets Manager.
    pub others: Patience,
    /// With S3: one file of up to ten megabytes, or one part of a larger one.
    pub files: Patience,
}

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// One attempt.
    pub attempt: Duration,
    /// All attempts and the pauses between them.
    pub operation: Duration,
}

impl Profile {
    /// For functions that somebody waits for: an answer soon, even if it is a refusal.
    pub const fn ack() -> Self {
        Self {
            connect: Duration::from_millis(500),
            dynamodb: Patience {
                attempt: Duration::from_millis(400),
                operation: Duration::from_millis(1_200),
            },
            others: Patience { attempt: Duration::from_secs(1), operation: Duration::from_secs(3) },
            files: Patience { attempt: Duration::from_secs(3), operation: Duration::from_secs(7) },
        }
    }

    /// For functions that work off streams, queues and the clock.
    pub const fn worker() -> Self {
        let patience =
            Patience { attempt: Duration::from_secs(1), operation: Duration::from_secs(5) };
        let files =
            Patience { attempt: Duration::from_secs(5), operation: Duration::from_secs(12) };
        Self { connect: Duration::from_millis(500), dynamodb: patience, others: patience, files }
    }

    /// For the function that moves large files: a part of eight mebibytes may take its time. A body that
    /// is read takes as long as bytes come: no timeout here covers it.
    pub const fn carrier() -> Self {
        let files =
            Patience { attempt: Duration::from_secs(30), operation: Duration::from_secs(95) };
        Self { files, ..Self::worker() }
    }

    /// A configuration with this patience and our retries.
    pub(crate) fn shape(self, config: &SdkConfig, patience: Patience) -> SdkConfig {
        config
            .to_builder()
            .timeout_config(self.timeouts(patience))
            .retry_config(RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS))
            .build()
    }

    /// No read timeout: the attempt's covers it, and with connectors that differ in nothing the clients
    /// share one.
    fn timeouts(self, patience: Patience) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(self.connect)
            .operation_attempt_timeout(patience.attempt)
            .operation_timeout(patience.operation)
            .build()
    }
}

/// The clients of one function: one configuration, one pool of connections.
#[derive(Clone, Debug)]
pub struct Clients {
    /// DynamoDB.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// Secrets Manager.
    pub secrets: aws_sdk_secretsmanager::Client,
    /// What they are made from, for a [`Bucket`](crate::Bucket).
    pub config: SdkConfig,
}

impl Clients {
    /// Clients with region, credentials and endpoint as the environment says.
    pub async fn load(profile: Profile) -> Self {
        Self::new(&aws_config::load_defaults(BehaviorVersion::latest()).await, profile)
    }

    /// Clients with region, credentials, endpoint and connector of `config`, and the timeouts and
    /// retries of `profile`.
    pub fn new(config: &SdkConfig, profile: Profile) -> Self {
        let others = profile.shape(config, profile.others);
        Self {
            dynamodb: aws_sdk_dynamodb::Client::new(&profile.shape(config, profile.dynamodb)),
            sqs: aws_sdk_sqs::Client::new(&others),
            secrets: aws_sdk_secretsmanager::Client::new(&others),
            config: config.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clients(profile: Profile) -> Clients {
        let config = SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build();
        Clients::new(&config, profile)
    }

    #[test]
    fn every_client_has_explicit_timeouts_and_three_attempts() {
        for profile in [Profile::ack(), Profile::worker(), Profile::carrier()] {
            let clients = clients(profile);
            let configured = [
                (
                    clients.dynamodb.config().timeout_config(),
                    clients.dynamodb.config().retry_config(),
                    profile.dynamodb,
                ),
                (
                    clients.sqs.config().timeout_config(),
                    clients.sqs.config().retry_config(),
                    profile.others,
                ),
                (
                    clients.secrets.config().timeout_config(),
                    clients.secrets.config().retry_config(),
                    profile.others,
                ),
            ];
            for (timeouts, retries, patience) in configured {
                let (timeouts, retries) = (timeouts.unwrap(), retries.unwrap());
                assert_eq!(timeouts.connect_timeout(), Some(Duration::from_millis(500)));
                assert_eq!(timeouts.operation_attempt_timeout(), Some(patience.attempt));
                assert_eq!(timeouts.operation_timeout(), Some(patience.operation));
                assert_eq!(retries.max_attempts(), MAX_ATTEMPTS);
            }
        }
    }

    #[test]
    fn an_ack_is_given_or_refused_well_within_apples_patience() {
        let ack = Profile::ack();
        assert!(ack.dynamodb.attempt <= Duration::from_millis(400));
        assert!(ack.dynamodb.operation + ack.others.operation < Duration::from_secs(5));
    }
}
