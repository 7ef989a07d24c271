//! The server under test, call by call.

use amb_egress::{
    psp::endpoint::{CallReply, Caller},
    signed::SharedKey,
};
use amb_protocol::money::{Currency, Minor};
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A server, and what it is tried with.
#[derive(Debug)]
pub(super) struct Server {
    caller: Caller,
    key: SharedKey,
    token: Value,
    pub(super) amount: Minor,
    pub(super) currency: Currency,
}

/// Whether, and how, a call is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signed {
    Well,
    WithAnotherKey,
    TenMinutesAgo,
}

/// What a check says when the contract is broken.
pub(super) type Breach = String;

impl Server {
    pub(super) fn new(
        caller: Caller,
        key: SharedKey,
        token: Option<Value>,
        amount: Minor,
        currency: Currency,
    ) -> Self {
        let token = token.unwrap_or_else(closed_token);
        Self { caller, key, token, amount, currency }
    }

    /// Asks for the money of a key to be held.
    pub(super) async fn authorize(&self, key: &str, signed: Signed) -> Result<CallReply, Breach> {
        let body = json!({
            "key": key,
            "payment": payment(key),
            "reference": format!("{}-1", payment(key)),
            "attempt": 1,
            "merchant": "merchant.check.endpoint",
            "orderReference": "check-endpoint",
            "amount": self.amount.to_decimal(self.currency),
            "currency": self.currency,
            "token": self.token,
        });
        self.call(&[], Some(key), Some(&body), signed).await
    }

    pub(super) async fn status(&self, key: &str) -> Result<CallReply, Breach> {
        self.call(&[key], None, None, Signed::Well).await
    }

    pub(super) async fn cancel(&self, key: &str) -> Result<CallReply, Breach> {
        let body = json!({ "key": key });
        self.call(&[key, "cancel"], Some(&fresh_key()), Some(&body), Signed::Well).await
    }

    /// Captures or gives back: `what` is the last part of the path.
    pub(super) async fn move_money(
        &self,
        what: &str,
        key: &str,
        amount: Minor,
        idempotency_key: &str,
    ) -> Result<CallReply, Breach> {
        let body = json!({
            "key": key,
            "amount": amount.to_decimal(self.currency),
            "currency": self.currency,
        });
        self.call(&[key, what], Some(idempotency_key), Some(&body), Signed::Well).await
    }

    async fn call(
        &self,
        path: &[&str],
        idempotency_key: Option<&str>,
        body: Option<&Value>,
        signed: Signed,
    ) -> Result<CallReply, Breach> {
        let now = now();
        let (key, at) = match signed {
            Signed::Well => (self.key.clone(), now),
            Signed::WithAnotherKey => {
                let other = SharedKey::new(fresh_key()).map_err(|fault| fault.to_string())?;
                (other, now)
            }
            Signed::TenMinutesAgo => (self.key.clone(), now - SignedDuration::from_mins(10)),
        };
        let called = self.caller.call(&key, path, idempotency_key, body, at).await;
        called.map_err(|error| format!("no answer: {error}"))
    }
}

#[expect(clippy::disallowed_methods, reason = "a command has no clock but this one")]
fn now() -> Timestamp {
    Timestamp::now()
}

/// A key that nobody used before: 64 characters.
#[expect(clippy::disallowed_methods, reason = "a command has no source but this one")]
#[expect(clippy::expect_used, reason = "without randomness, nothing can be proved")]
pub(super) fn fresh_key() -> String {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system gives random bytes");
    HEXLOWER.encode(&bytes)
}

/// The payment of a key, in the form that payments have.
fn payment(key: &str) -> String {
    let letters = key.bytes().take(25).map(|digit| char::from(b'a' + digit % 16));
    let mut id = String::from("pay_");
    id.extend(letters);
    id.push('a');
    id
}

/// A token that no key opens, in the form that tokens have.
fn closed_token() -> Value {
    json!({
        "transactionIdentifier": "00".repeat(32),
        "paymentData": {
            "version": "EC_v1",
            "data": "Y2hlY2stZW5kcG9pbnQ=",
            "signature": "MIAGCSqGSIb3DQEHAqCAMIA=",
            "header": {
                "ephemeralPublicKey": "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE",
                "publicKeyHash": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
                "transactionId": "00".repeat(32),
            },
        },
    })
}
