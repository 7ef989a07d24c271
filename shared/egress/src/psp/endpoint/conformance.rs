//! Calls of the contract one by one, for the command that checks a business's server.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::Method;
use serde_json::Value;

use super::request;
use crate::{
    CallError, EndpointUrl, Policy,
    client::{Pool, WalledClient},
    exchange::{self, Limits},
    resolver::SystemLookup,
    signed::SharedKey,
};

/// Makes calls of the contract, behind the same wall and with the same limits as payments are made.
#[derive(Debug)]
pub struct Caller {
    client: WalledClient,
    url: EndpointUrl,
}

/// A server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body, if it is JSON of at most 64 KiB.
    pub body: Option<Value>,
}

impl Caller {
    /// Calls go below this URL.
    pub fn new(url: EndpointUrl, policy: Policy) -> Self {
        Self { client: WalledClient::new(policy, SystemLookup, Pool::Off), url }
    }

    /// Posts `body` to the segments below the URL; gets them if there is none.
    pub async fn call(
        &self,
        key: &SharedKey,
        path: &[&str],
        idempotency_key: Option<&str>,
        body: Option<&Value>,
        now: Timestamp,
    ) -> Result<Reply, CallError> {
        let (method, body) = match body {
            Some(body) => (Method::POST, body.to_string()),
            None => (Method::GET, String::new()),
        };
        let request = request(&self.url, key, &method, path, &body, idempotency_key, now);
        let reply = exchange::exchange(&self.client, request, &LIMITS)
            .await
            .map_err(|failure| failure.error)?;
        let body = (reply.body.len() <= super::MOST_BYTES)
            .then(|| serde_json::from_slice(&reply.body).ok())
            .flatten();
        Ok(Reply { status: reply.status, body })
    }
}

/// As a payment's, one byte more than may be there.
const LIMITS: Limits = Limits {
    connect: Duration::from_secs(3),
    headers: super::PATIENCE,
    body: super::PATIENCE,
    total: super::PATIENCE,
    body_bytes: super::MOST_BYTES + 1,
};
