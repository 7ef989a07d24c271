//! The environment, read once. An error names the variable and what is wrong with it, and never
//! shows its value.

use std::{collections::BTreeMap, net::IpAddr};

use amb_protocol::id::MspId;
use http::Uri;
use tracing::level_filters::LevelFilter;

/// The inbox table.
pub const INBOX_TABLE: &str = "AMB_INBOX_TABLE";
/// The conversations table.
pub const CONVERSATIONS_TABLE: &str = "AMB_CONVERSATIONS_TABLE";
/// The accounts table.
pub const ACCOUNTS_TABLE: &str = "AMB_ACCOUNTS_TABLE";
/// The table of payments and their journal.
pub const PAYMENTS_TABLE: &str = "AMB_PAYMENTS_TABLE";
/// The bucket of files: large bodies, uploads, pictures, templates.
pub const FILES_BUCKET: &str = "AMB_FILES_BUCKET";
/// The URL of the queue of deliveries.
pub const DELIVERIES_QUEUE_URL: &str = "AMB_DELIVERIES_QUEUE_URL";
/// The URL of the queue of outbound messages.
pub const OUTBOUND_QUEUE_URL: &str = "AMB_OUTBOUND_QUEUE_URL";
/// The URL of the queue of payloads.
pub const PAYLOADS_QUEUE_URL: &str = "AMB_PAYLOADS_QUEUE_URL";
/// The URL of the queue of settlements.
pub const SETTLEMENTS_QUEUE_URL: &str = "AMB_SETTLEMENTS_QUEUE_URL";
/// The bucket of the finance team's exports.
pub const FINANCE_BUCKET: &str = "AMB_FINANCE_BUCKET";
/// What the names of merchants' secrets begin with; the tenant's id and the secret's own name follow,
/// with slashes between.
pub const MERCHANT_SECRETS: &str = "AMB_MERCHANT_SECRETS";
/// The same for the keys that open merchants' tokens, which one function alone may read.
pub const PROCESSING_SECRETS: &str = "AMB_PROCESSING_SECRETS";
/// The base of the URLs that devices call for a payment.
pub const PAY_URL: &str = "AMB_PAY_URL";
/// `production` (the default) or `sandbox`: which of Apple's tokens are paid with.
pub const APPLE_PAY_ENVIRONMENT: &str = "AMB_APPLE_PAY_ENVIRONMENT";
/// A root certificate, PEM, in the place of Apple's: for builds with the feature `test-root` only.
pub const APPLE_PAY_TEST_ROOT: &str = "AMB_APPLE_PAY_TEST_ROOT";
/// Where Apple's merchant sessions are asked for on the local stack; refused elsewhere.
pub const APPLE_PAY_URL: &str = "AMB_APPLE_PAY_URL";
/// Where Stripe is on the local stack; refused elsewhere.
pub const STRIPE_URL: &str = "AMB_STRIPE_URL";
/// Where Adyen is on the local stack; refused elsewhere.
pub const ADYEN_URL: &str = "AMB_ADYEN_URL";
/// The function that opens tokens, where it is deployed.
pub const TOKEN_DECRYPT_FUNCTION: &str = "AMB_TOKEN_DECRYPT_FUNCTION";
/// Name or ARN of the secret that holds Apple's Messaging API secret.
pub const APPLE_SECRET: &str = "AMB_APPLE_SECRET";
/// Name or ARN of the secret that holds the service's master key.
pub const SERVICE_KEY_SECRET: &str = "AMB_SERVICE_KEY_SECRET";
/// Name or ARN of the secret that holds the operator's key.
pub const OPERATOR_KEY_SECRET: &str = "AMB_OPERATOR_KEY_SECRET";
/// The id that Apple gave to this Messaging Service Provider.
pub const MSP_ID: &str = "AMB_MSP_ID";
/// The base of Apple's gateway; [`DEFAULT_APPLE_GATEWAY_URL`] when absent.
pub const APPLE_GATEWAY_URL: &str = "AMB_APPLE_GATEWAY_URL";
/// Hosts that Apple's content store is on, or below, comma-separated;
/// [`DEFAULT_APPLE_CONTENT_HOSTS`] when absent.
pub const APPLE_CONTENT_HOSTS: &str = "AMB_APPLE_CONTENT_HOSTS";
/// `plain` (the default) or `mmcs`: how the content store's headers are spelt.
pub const APPLE_CONTENT_HEADERS: &str = "AMB_APPLE_CONTENT_HEADERS";
/// The public URL of this service's own API, which no endpoint may point at. Optional.
pub const API_URL: &str = "AMB_API_URL";
/// The name of this deployment, such as `prod`; [`DEFAULT_STAGE`] when absent.
pub const STAGE: &str = "AMB_STAGE";
/// The namespace of this deployment's metrics; [`DEFAULT_METRICS`] when absent.
pub const METRICS: &str = "AMB_METRICS";
/// `allow` lets webhooks go to 127.0.0.1: for the local stack, refused elsewhere.
pub const EGRESS_LOOPBACK: &str = "AMB_EGRESS_LOOPBACK";
/// Lambda's own setting of the log level.
pub const LAMBDA_LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
/// The log level outside of Lambda.
pub const RUST_LOG: &str = "RUST_LOG";
/// Where the SDK finds AWS when it is not AWS.
pub const AWS_ENDPOINT_URL: &str = "AWS_ENDPOINT_URL";

/// Apple, Common Specifications.
pub const DEFAULT_APPLE_GATEWAY_URL: &str = "https://mspgw.push.apple.com/v1";
/// Where Apple's content store has been seen (spec/reliability F107).
pub const DEFAULT_APPLE_CONTENT_HOSTS: &str = "icloud-content.com,icloud.com,apple.com";
/// The deployment's name when none is given.
pub const DEFAULT_STAGE: &str = "dev";
/// The namespace of metrics when none is given.
pub const DEFAULT_METRICS: &str = "AmbMsp";

/// What the environment says.
#[derive(Clone, Debug)]
pub struct Config {
    values: BTreeMap<&'static str, String>,
}

/// A variable that a function cannot start with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It is absent or empty.
    #[error("the environment variable {name} is not set")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// It is there and cannot be right.
    #[error("the environment variable {name} {reason}")]
    Invalid {
        /// Its name.
        name: &'static str,
        /// What is wrong with it, without its value.
        reason: &'static str,
    },
}

impl Config {
    /// Reads the process's environment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads what `lookup` knows. An empty value is an absent one.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let values = NAMES
            .into_iter()
            .filter_map(|name| Some((name, lookup(name).filter(|value| !value.is_empty())?)))
            .collect();
        let config = Self { values };
        config.egress_loopback()?;
        Ok(config)
    }

    /// The inbox table.
    pub fn inbox_table(&self) -> Result<String, ConfigError> {
        self.resource(INBOX_TABLE)
    }

    /// The conversations table.
    pub fn conversations_table(&self) -> Result<String, ConfigError> {
        self.resource(CONVERSATIONS_TABLE)
    }

    /// The accounts table.
    pub fn accounts_table(&self) -> Result<String, ConfigError> {
        self.resource(ACCOUNTS_TABLE)
    }

    /// The table of payments and their journal.
    pub fn payments_table(&self) -> Result<String, ConfigError> {
        self.resource(PAYMENTS_TABLE)
    }

    /// The bucket of the finance team's exports.
    pub fn finance_bucket(&self) -> Result<String, ConfigError> {
        self.resource(FINANCE_BUCKET)
    }

    /// The bucket of files.
    pub fn files_bucket(&self) -> Result<String, ConfigError> {
        self.resource(FILES_BUCKET)
    }

    /// The URL of the queue of deliveries.
    pub fn deliveries_queue_url(&self) -> Result<String, ConfigError> {
        self.url(DELIVERIES_QUEUE_URL)
    }

    /// The URL of the queue of outbound messages.
    pub fn outbound_queue_url(&self) -> Result<String, ConfigError> {
        self.url(OUTBOUND_QUEUE_URL)
    }

    /// The URL of the queue of payloads.
    pub fn payloads_queue_url(&self) -> Result<String, ConfigError> {
        self.url(PAYLOADS_QUEUE_URL)
    }

    /// The URL of the queue of settlements.
    pub fn settlements_queue_url(&self) -> Result<String, ConfigError> {
        self.url(SETTLEMENTS_QUEUE_URL)
    }

    /// What the names of merchants' secrets begin with.
    pub fn merchant_secrets(&self) -> Result<String, ConfigError> {
        self.resource(MERCHANT_SECRETS)
    }

    /// What the names of the secrets with merchants' processing keys begin with.
    pub fn processing_secrets(&self) -> Result<String, ConfigError> {
        self.resource(PROCESSING_SECRETS)
    }

    /// The base of the URLs that devices call for a payment, without a slash at the end.
    pub fn pay_url(&self) -> Result<String, ConfigError> {
        Ok(self.url(PAY_URL)?.trim_end_matches('/').to_owned())
    }

    /// Whether tokens of Apple's sandbox are paid with, instead of those of its production.
    pub fn is_apple_pay_sandbox(&self) -> Result<bool, ConfigError> {
        match self.optional(APPLE_PAY_ENVIRONMENT).unwrap_or("production") {
            "production" => Ok(false),
            "sandbox" => Ok(true),
            _ => {
                let reason = "is neither `production` nor `sandbox`";
                Err(ConfigError::Invalid { name: APPLE_PAY_ENVIRONMENT, reason })
            }
        }
    }

    /// A root certificate in the place of Apple's. Whoever reads it is built for tests.
    pub fn apple_pay_test_root(&self) -> Option<&str> {
        self.optional(APPLE_PAY_TEST_ROOT)
    }

    /// Where Apple's merchant sessions are asked for, if not at Apple.
    pub fn apple_pay_url(&self) -> Result<Option<String>, ConfigError> {
        self.local_url(APPLE_PAY_URL)
    }

    /// Where Stripe is, if not at Stripe.
    pub fn stripe_url(&self) -> Result<Option<String>, ConfigError> {
        self.local_url(STRIPE_URL)
    }

    /// Where Adyen is, if not at Adyen.
    pub fn adyen_url(&self) -> Result<Option<String>, ConfigError> {
        self.local_url(ADYEN_URL)
    }

    /// The function that opens tokens, where it is deployed.
    pub fn token_decrypt_function(&self) -> Result<Option<String>, ConfigError> {
        let name = TOKEN_DECRYPT_FUNCTION;
        self.optional(name).map(|_| self.resource(name)).transpose()
    }

    /// The secret that holds Apple's Messaging API secret.
    pub fn apple_secret(&self) -> Result<String, ConfigError> {
        self.resource(APPLE_SECRET)
    }

    /// The secret that holds the service's master key.
    pub fn service_key_secret(&self) -> Result<String, ConfigError> {
        self.resource(SERVICE_KEY_SECRET)
    }

    /// The secret that holds the operator's key.
    pub fn operator_key_secret(&self) -> Result<String, ConfigError> {
        self.resource(OPERATOR_KEY_SECRET)
    }

    /// The id that Apple gave to this Messaging Service Provider.
    pub fn msp_id(&self) -> Result<MspId, ConfigError> {
        MspId::parse(&self.required(MSP_ID)?).map_err(|_fault| ConfigError::Invalid {
            name: MSP_ID,
            reason: "is not an MSP id as Apple Business Register shows it",
        })
    }

    /// The base of Apple's gateway.
    pub fn apple_gateway_url(&self) -> Result<String, ConfigError> {
        match self.optional(APPLE_GATEWAY_URL) {
            Some(_) => self.url(APPLE_GATEWAY_URL),
            None => Ok(DEFAULT_APPLE_GATEWAY_URL.to_owned()),
        }
    }

    /// Hosts that Apple's content store is on, or below, comma-separated.
    pub fn apple_content_hosts(&self) -> Result<&str, ConfigError> {
        let hosts = self.optional(APPLE_CONTENT_HOSTS).unwrap_or(DEFAULT_APPLE_CONTENT_HOSTS);
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.';
        if hosts.split(',').all(|host| !host.is_empty() && host.bytes().all(plain)) {
            Ok(hosts)
        } else {
            let reason = "is not a list of host names with commas between them";
            Err(ConfigError::Invalid { name: APPLE_CONTENT_HOSTS, reason })
        }
    }

    /// How the content store's headers are spelt: `plain`, or `mmcs` as in Apple's samples.
    pub fn apple_content_headers(&self) -> Result<&str, ConfigError> {
        match self.optional(APPLE_CONTENT_HEADERS).unwrap_or("plain") {
            known @ ("plain" | "mmcs") => Ok(known),
            _ => {
                let reason = "is neither `plain` nor `mmcs`";
                Err(ConfigError::Invalid { name: APPLE_CONTENT_HEADERS, reason })
            }
        }
    }

    /// The public URL of this service's own API.
    pub fn api_url(&self) -> Result<Option<String>, ConfigError> {
        self.optional(API_URL).map(|_| self.url(API_URL)).transpose()
    }

    /// The name of this deployment.
    pub fn stage(&self) -> &str {
        self.optional(STAGE).unwrap_or(DEFAULT_STAGE)
    }

    /// Whether webhooks and the gateway may be on 127.0.0.1. It is refused unless the SDK itself is
    /// pointed at a loopback address, so that no deployment in AWS can have it.
    pub fn egress_loopback(&self) -> Result<bool, ConfigError> {
        let invalid = |reason| ConfigError::Invalid { name: EGRESS_LOOPBACK, reason };
        match self.optional(EGRESS_LOOPBACK) {
            None => Ok(false),
            Some("allow") if self.optional(AWS_ENDPOINT_URL).is_some_and(is_loopback) => Ok(true),
            Some("allow") => {
                Err(invalid("is for the local stack: AWS_ENDPOINT_URL is no loopback address"))
            }
            Some(_) => Err(invalid("is neither absent nor `allow`")),
        }
    }

    /// Where CloudWatch counts: two deployments in one account do not ring each other's alarms.
    pub fn metrics(&self) -> &str {
        self.optional(METRICS).unwrap_or(DEFAULT_METRICS)
    }

    /// How much is logged: `AWS_LAMBDA_LOG_LEVEL`, then `RUST_LOG`, then info. What is not a level
    /// is passed over, since Lambda sets the first and developers' shells the second.
    pub fn log_level(&self) -> LevelFilter {
        let level = |name| self.optional(name)?.parse::<LevelFilter>().ok();
        // Lambda also knows FATAL, which is more than anything we log.
        level(LAMBDA_LOG_LEVEL).or_else(|| level(RUST_LOG)).unwrap_or(LevelFilter::INFO)
    }

    fn optional(&self, name: &'static str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).map(str::to_owned).ok_or(ConfigError::Missing { name })
    }

    /// The name or ARN of a table, bucket or secret.
    fn resource(&self, name: &'static str) -> Result<String, ConfigError> {
        let text = self.required(name)?;
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_./:+=@".contains(&b);
        if text.bytes().all(plain) {
            Ok(text)
        } else {
            Err(ConfigError::Invalid { name, reason: "is not the name or ARN of an AWS resource" })
        }
    }

    /// A URL of the far side that only the local stack may name: both it and the SDK are on loopback.
    fn local_url(&self, name: &'static str) -> Result<Option<String>, ConfigError> {
        let Some(text) = self.optional(name) else { return Ok(None) };
        if self.egress_loopback()? && is_loopback(text) {
            return self.url(name).map(Some);
        }
        Err(ConfigError::Invalid { name, reason: "is for the local stack" })
    }

    fn url(&self, name: &'static str) -> Result<String, ConfigError> {
        let text = self.required(name)?;
        let uri: Option<Uri> = text.parse().ok();
        let is_web = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https"));
        if uri.is_some_and(|uri| is_web(&uri) && uri.host().is_some_and(|host| !host.is_empty())) {
            Ok(text)
        } else {
            Err(ConfigError::Invalid { name, reason: "is not an http or https URL" })
        }
    }
}

fn is_loopback(url: &str) -> bool {
    let uri: Option<Uri> = url.parse().ok();
    // A bare host would parse too, as an authority without a scheme.
    let with_scheme = uri.as_ref().filter(|uri| uri.scheme().is_some());
    with_scheme.and_then(Uri::host).is_some_and(|host| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

const NAMES: [&str; 33] = [
    INBOX_TABLE,
    CONVERSATIONS_TABLE,
    ACCOUNTS_TABLE,
    PAYMENTS_TABLE,
    FILES_BUCKET,
    FINANCE_BUCKET,
    SETTLEMENTS_QUEUE_URL,
    MERCHANT_SECRETS,
    PROCESSING_SECRETS,
    PAY_URL,
    APPLE_PAY_ENVIRONMENT,
    APPLE_PAY_TEST_ROOT,
    APPLE_PAY_URL,
    STRIPE_URL,
    ADYEN_URL,
    TOKEN_DECRYPT_FUNCTION,
    DELIVERIES_QUEUE_URL,
    OUTBOUND_QUEUE_URL,
    PAYLOADS_QUEUE_URL,
    APPLE_SECRET,
    SERVICE_KEY_SECRET,
    OPERATOR_KEY_SECRET,
    MSP_ID,
    APPLE_GATEWAY_URL,
    APPLE_CONTENT_HOSTS,
    APPLE_CONTENT_HEADERS,
    API_URL,
    STAGE,
    METRICS,
    EGRESS_LOOPBACK,
    LAMBDA_LOG_LEVEL,
    RUST_LOG,
    AWS_ENDPOINT_URL,
];

#[cfg(test)]
mod tests;
