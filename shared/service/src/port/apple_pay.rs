use amb_protocol::{
    apple_pay::{Inputs, MerchantIdentifier, Offer},
    id::BusinessId,
};
use jiff::Timestamp;
use serde_json::{Value, value::RawValue};
use std::future::Future;

use super::PortError;
use crate::model::{Channel, PaymentId, SecretName, SessionIdentifier, TenantId};

/// Apple's merchant sessions. IAM: `GetSecretValue` on the merchants' secrets.
pub trait MerchantSessions: Send + Sync {
    /// Asks Apple for a session, by mutual TLS with the merchant's certificate; at most eight seconds.
    fn merchant_session(
        &self,
        ask: &SessionAsk<'_>,
    ) -> impl Future<Output = Result<MerchantSession, SessionError>> + Send;
}

/// What a session is asked for with (spec/payments §1.2).
#[derive(Clone, Copy, Debug)]
pub struct SessionAsk<'a> {
    /// The owner.
    pub tenant: &'a TenantId,
    /// Which of Apple's hosts.
    pub channel: Channel,
    /// The secret that holds certificate and key.
    pub identity: &'a SecretName,
    /// The merchant.
    pub merchant: &'a MerchantIdentifier,
    /// How Apple is told the merchant.
    pub identifier: SessionIdentifier,
    /// The trading name.
    pub display_name: &'a str,
    /// The payment gateway's URL: the device calls what stands here.
    pub initiative_context: &'a str,
}

/// A session: passed on to the byte.
#[derive(Clone)]
pub struct MerchantSession {
    /// As Apple wrote it, at most 64 KiB.
    pub json: Box<RawValue>,
    /// `expiresAt`.
    pub expires_at: Timestamp,
}

impl MerchantSession {
    /// Reads `expiresAt`: Apple's samples write milliseconds as a number, Apple's table says seconds in
    /// a string (spec/payments §1.1), and either may be the other.
    pub fn read_end(expires_at: &Value) -> Option<Timestamp> {
        let number = match expires_at {
            Value::Number(number) => number.as_i64()?,
            Value::String(text) => text.parse().ok()?,
            _ => return None,
        };
        if number < SECONDS_END {
            Timestamp::from_second(number).ok()
        } else {
            Timestamp::from_millisecond(number).ok()
        }
    }
}

/// Less is seconds, for another three thousand years; more is milliseconds, since 1973.
const SECONDS_END: i64 = 100_000_000_000;

impl std::fmt::Debug for MerchantSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MerchantSession")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The merchant's secret is missing or cannot be read: the same again does no better.
    #[error("the merchant's certificate cannot be used: {0}")]
    Certificate(&'static str),
    /// Apple refused: certificate, domain or merchant. The same again does no better.
    #[error("Apple refused a merchant session with {status}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// `statusMessage`, if Apple wrote one; for the merchant, never for a customer.
        message: Option<String>,
    },
    /// Apple did not answer, or with a 5xx, three times.
    #[error("Apple did not answer")]
    Unavailable,
    /// A port failed.
    #[error("a merchant session could not be asked for")]
    Port(#[from] PortError),
}

/// Prices from a business's own server (spec/payments §5).
pub trait PriceSource: Send + Sync {
    /// Asks, signed; at most until then, with one retry inside.
    fn price(
        &self,
        ask: &PriceAsk<'_>,
        until: Timestamp,
    ) -> impl Future<Output = Result<PriceAnswer, PriceError>> + Send;
}

/// What a price is asked for with.
#[derive(Clone, Copy, Debug)]
pub struct PriceAsk<'a> {
    /// The owner.
    pub tenant: &'a TenantId,
    /// The business.
    pub business: &'a BusinessId,
    /// The secret that signs the call.
    pub signing: &'a SecretName,
    /// Where to ask.
    pub url: &'a str,
    /// The payment.
    pub payment: &'a PaymentId,
    /// The business's own name of the order.
    pub reference: Option<&'a str>,
    /// What was offered.
    pub offer: &'a Offer,
    /// What the customer chose.
    pub inputs: &'a Inputs,
}

/// What the business's server answered: JSON of at most 64 KiB, not looked at yet.
#[derive(Clone, PartialEq, Eq)]
pub struct PriceAnswer(pub Vec<u8>);

impl std::fmt::Debug for PriceAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("PriceAnswer").field(&self.0.len()).finish()
    }
}

/// Why there is no price.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// No answer in time.
    #[error("the business's server did not answer in time")]
    Timeout,
    /// Another status than 200, or too large an answer.
    #[error("the business's server did not answer with a price")]
    Refused,
    /// The address leads where nothing may be asked, or the signing secret is missing.
    #[error("the business's server cannot be asked")]
    NotAskable,
}
