//! What the function that opens tokens is invoked with.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{PspOrder, PspToken};

/// An attempt with its token still closed: the event of `token-decrypt`, whose answer is a
/// [`PspResult`](crate::model::PspResult). Its `Debug` shows nothing of the token.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SealedPayment {
    /// What is to be held, and by whom.
    pub order: PspOrder,
    /// `paymentToken`, as the device sent it.
    pub token: Box<RawValue>,
    /// When an answer has to be there.
    pub until: Timestamp,
}

impl SealedPayment {
    /// Puts it together; none: the token's data are no JSON.
    pub fn new(order: &PspOrder, token: &PspToken, until: Timestamp) -> Option<Self> {
        let data: &RawValue = serde_json::from_str(token.payment_data.expose()).ok()?;
        let method = Method {
            network: token.network.as_deref(),
            display_name: token.display_name.as_deref(),
        };
        let token = Token {
            transaction_identifier: &token.transaction_id,
            payment_data: data,
            payment_method: method,
        };
        let token = serde_json::value::to_raw_value(&token).ok()?;
        Some(Self { order: order.clone(), token, until })
    }
}

impl fmt::Debug for SealedPayment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedPayment")
            .field("payment", &self.order.payment)
            .field("attempt", &self.order.attempt)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Token<'a> {
    transaction_identifier: &'a str,
    payment_data: &'a RawValue,
    payment_method: Method<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Method<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    network: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
}
