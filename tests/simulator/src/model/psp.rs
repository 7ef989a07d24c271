use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A payment service provider, by the way it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// Stripe's payment intents.
    Stripe,
    /// Adyen's Checkout.
    Adyen,
    /// The business's own server.
    Endpoint,
}

/// A merchant's account with a provider. Calls of a key that no account has are taken by an account
/// without a name, which tells nobody anything; the `endpoint` knows its own accounts only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PspAccount {
    /// What a caller shows: Stripe's secret key, Adyen's API key; the `endpoint`'s signing key.
    pub key: String,
    /// What notices are signed with: Stripe's `whsec_…`, Adyen's HMAC key in hex. The `endpoint` signs
    /// with its one key.
    pub notice_secret: Option<String>,
    /// Where notices go.
    pub notice_url: Option<String>,
    /// How much later a notice leaves, in milliseconds.
    pub notice_after_ms: u64,
    /// Each notice leaves so many times. Default: 1.
    pub notice_copies: Option<u32>,
    /// Only answers with 2xx are kept for their `Idempotency-Key`; after others the same call is
    /// executed again.
    pub keeps_only_2xx: bool,
}

/// One payment in a provider's books. Amounts are in the smallest unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PspPayment {
    /// Counts the payments of all providers from 1.
    pub seq: u64,
    /// Whose books.
    pub dialect: Dialect,
    /// The account's name; empty where the caller's key is nobody's.
    pub account: String,
    /// The provider's own id: `pi_…`, a `pspReference`, a reference.
    pub id: String,
    /// The caller's name of it.
    pub reference: Option<String>,
    /// `Idempotency-Key` of the authorisation.
    pub key: Option<String>,
    /// What the caller wrote beside it.
    pub metadata: BTreeMap<String, String>,
    /// ISO 4217, capital.
    pub currency: String,
    /// What was asked for last.
    pub amount: i64,
    /// Held now.
    pub held: i64,
    /// Captured in all.
    pub captured: i64,
    /// Given back in all.
    pub refunded: i64,
    /// Where it stands.
    pub state: PspState,
    /// `transactionIdentifier` of the token it was paid with.
    pub transaction_id: Option<String>,
    /// Whose card it was.
    pub customer: Option<String>,
    /// The card's last digits.
    pub last4: Option<String>,
    /// Why it was declined, in the provider's own code.
    pub decline: Option<String>,
    /// Everything that moved, oldest first.
    pub moves: Vec<PspMove>,
}

impl PspPayment {
    /// How often money was put aside for it.
    pub fn holds(&self) -> usize {
        self.moves.iter().filter(|it| it.kind == MoveKind::Hold).count()
    }
}

/// Where a payment stands at its provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PspState {
    /// There is an object, and no money.
    Created,
    /// The provider says that it does not know yet.
    Pending,
    /// Money is held.
    Held,
    /// The card's issuer said no.
    Declined,
    /// Captured, all or a part.
    Captured,
    /// Nothing is held and nothing can be.
    Voided,
}

/// One thing that happened to a payment's money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PspMove {
    /// When.
    pub at: u64,
    /// What.
    pub kind: MoveKind,
    /// How much.
    pub amount: i64,
    /// The provider's id of it.
    pub id: String,
    /// `Idempotency-Key` of the call.
    pub key: Option<String>,
}

/// What happened to money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum MoveKind {
    /// Put aside.
    Hold,
    /// Refused by the issuer.
    Decline,
    /// Taken.
    Capture,
    /// Let go; of nothing where it was a fence.
    Void,
    /// Given back.
    Refund,
    /// Taken back by the card's owner.
    Chargeback,
}

/// One call of the MSP to a provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PspCall {
    /// Counts all calls from 1.
    pub seq: u64,
    /// When it was complete.
    pub at: u64,
    /// Whom.
    pub dialect: Dialect,
    /// The account's name.
    pub account: String,
    /// `token`, `prepare`, `update`, `authorize`, `get`, `void`, `capture`, `refund`.
    pub operation: String,
    /// Method and path.
    pub path: String,
    /// `Idempotency-Key`.
    pub key: Option<String>,
    /// What was said, without the card's token.
    pub body: Value,
    /// The answer's status; 0 when the connection was cut instead.
    pub status: u16,
    /// The answer is an earlier one, given again.
    pub replayed: bool,
}

/// Which payments or calls, and how long to wait for them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PspFilter {
    /// Whose books.
    pub dialect: Option<Dialect>,
    /// The account's name.
    pub account: Option<String>,
    /// The provider's id.
    pub id: Option<String>,
    /// The caller's name of it.
    pub reference: Option<String>,
    /// Whose card it was.
    pub customer: Option<String>,
    /// Of the token; in any case.
    pub transaction_id: Option<String>,
    /// Something of what the caller wrote contains this.
    pub contains: Option<String>,
    /// Payments that stand there.
    pub state: Option<PspState>,
    /// Calls of that kind.
    pub operation: Option<String>,
    /// Only those with a greater `seq`.
    pub after: u64,
    /// Wait at most this long, in milliseconds, …
    pub wait: u64,
    /// … for at least this many. Default: 1.
    pub at_least: Option<usize>,
}

/// A card's owner takes money back.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Chargeback {
    /// How much. Default: all that was captured.
    pub amount: Option<i64>,
}

/// What goes wrong with money at a provider, beside calls that are slow, refused or cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "camelCase")]
pub enum Twist {
    /// Done, and answered with 500.
    FailsAfter,
    /// Only so much is held, and the answer says so.
    Partial {
        /// Held.
        amount: i64,
    },
    /// The answer names another currency.
    OtherCurrency {
        /// Which.
        currency: String,
    },
    /// The connection ends now; it is done so much later.
    #[serde(rename_all = "camelCase")]
    LandsLate {
        /// Milliseconds.
        after_ms: u64,
    },
    /// Declined with this code of the provider's.
    Declined {
        /// Stripe's `decline_code` or `code`, Adyen's `refusalReasonCode`, the `endpoint`'s `code`.
        code: String,
    },
    /// Held, and answered as not known yet.
    Pending,
}
