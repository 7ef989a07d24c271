//! The token that a device pays with.

use amb_protocol::{
    apple_pay::{
        PaymentType,
        token::{PaymentToken, TokenFault, Verifier},
    },
    secret::Secret,
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{model::TokenHash, port::PspToken};

/// Says whether a token holds: Apple's signature, its chain, its time (spec/payments §1.3).
pub trait TokenCheck: Send + Sync {
    /// Checks `paymentToken`, JSON text as the device sent it.
    fn check(&self, token: &str, now: Timestamp) -> Result<CheckedToken, RefusedToken>;
}

impl<T: TokenCheck> TokenCheck for &T {
    fn check(&self, token: &str, now: Timestamp) -> Result<CheckedToken, RefusedToken> {
        (**self).check(token, now)
    }
}

impl TokenCheck for Verifier {
    fn check(&self, token: &str, now: Timestamp) -> Result<CheckedToken, RefusedToken> {
        let refused = |fault: TokenFault| RefusedToken { code: fault.code() };
        let token = PaymentToken::read(token).map_err(refused)?;
        let verified = self.verify(&token, now.as_second()).map_err(refused)?;
        Ok(CheckedToken {
            transaction_id: verified.transaction_id,
            signed_at: Timestamp::from_second(verified.signing_time).unwrap_or(now),
        })
    }
}

/// What a token that holds says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckedToken {
    /// `header.transactionId`, signed: hex.
    pub transaction_id: String,
    /// When the device signed it.
    pub signed_at: Timestamp,
}

/// Why a token does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the token is refused: {code}")]
pub struct RefusedToken {
    /// The verifier's word, for the journal.
    pub code: &'static str,
}

impl RefusedToken {
    /// Whether it is Apple's nevertheless: the time is looked at after the signature, and another process
    /// with another clock may take the same token.
    pub fn is_genuine(&self) -> bool {
        [TokenFault::Stale, TokenFault::Future].iter().any(|fault| fault.code() == self.code)
    }
}

/// A token as it lies in a body, not checked.
pub(super) struct Token {
    /// All of `paymentToken`.
    pub(super) text: Secret<String>,
    /// What replays are known by; none: it cannot be a token.
    pub(super) hash: Option<TokenHash>,
    /// What the provider gets.
    pub(super) psp: PspToken,
    /// The kind of card, if the device says it.
    pub(super) payment_type: Option<PaymentType>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outer<'a> {
    transaction_identifier: Option<String>,
    #[serde(borrow)]
    payment_data: Option<&'a RawValue>,
    #[serde(borrow)]
    payment_method: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Data {
    header: Header,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Header {
    transaction_id: String,
}

/// The device may leave it out (spec/payments §10).
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Method {
    display_name: Option<String>,
    network: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Token {
    /// Reads as much of it as is needed to know it again.
    pub(super) fn read(text: &str) -> Option<Self> {
        let outer: Outer<'_> = serde_json::from_str(text).ok()?;
        let data = outer.payment_data.map_or("null", RawValue::get);
        let header = serde_json::from_str::<Data>(data).ok().map(|data| data.header);
        let id = header.map(|header| header.transaction_id).filter(|id| is_hex(id));
        let method = outer.payment_method.map(RawValue::get);
        let method: Method =
            method.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        Some(Self {
            hash: id.as_deref().map(TokenHash::of),
            psp: PspToken {
                payment_data: Secret::new(data.to_owned()),
                transaction_id: outer.transaction_identifier.or(id).unwrap_or_default(),
                network: method.network.and_then(short),
                display_name: method.display_name.and_then(short),
            },
            payment_type: method.kind.as_deref().and_then(PaymentType::parse),
            text: Secret::new(text.to_owned()),
        })
    }
}

/// A transaction id has 64 characters; how many exactly is the verifier's.
fn is_hex(id: &str) -> bool {
    (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_hexdigit())
}

/// What goes on to the provider as it came, unless it is absurd.
fn short(text: String) -> Option<String> {
    (text.len() <= 64 && !text.chars().any(char::is_control)).then_some(text)
}
