//! The journal: one row for every callback and every decision about money, in a chain that nobody can
//! cut or mend unnoticed (spec/payments §6).

mod cell;

pub use cell::{Cell, CellFault, CellKind, ColumnShape};

use amb_protocol::{
    apple_pay::MerchantIdentifier,
    id::BusinessId,
    money::{Currency, Minor},
};
use aws_lc_rs::digest;
use cell::Column;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use super::{PaymentId, TenantId};

/// A chain of the journal: every merchant has [`SHARDS`](Self::SHARDS), and a payment always goes into
/// the same one, so that its own rows are in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chain {
    /// The owner.
    pub tenant: TenantId,
    /// The merchant.
    pub merchant: MerchantIdentifier,
    /// From 0.
    pub shard: u8,
}

impl Chain {
    /// Chains of a merchant: a chain takes one row after the other, and so many go side by side.
    pub const SHARDS: u8 = 4;

    /// The chain of a payment.
    pub fn of(tenant: &TenantId, merchant: &MerchantIdentifier, payment: &PaymentId) -> Self {
        let hash = digest::digest(&digest::SHA256, payment.as_str().as_bytes());
        let shard = hash.as_ref().first().map_or(0, |byte| byte % Self::SHARDS);
        Self { tenant: tenant.clone(), merchant: merchant.clone(), shard }
    }

    /// The chain of what belongs to no payment.
    pub fn first(tenant: &TenantId, merchant: &MerchantIdentifier) -> Self {
        Self { tenant: tenant.clone(), merchant: merchant.clone(), shard: 0 }
    }
}

/// Where a chain ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainHead {
    /// The last row's number; 0 before the first.
    pub seq: u64,
    /// The last row's hash, hex; 64 zeros before the first.
    pub hash: String,
    /// The last row's time: the next is no earlier.
    pub at: Timestamp,
    /// The last row's day: the next is no earlier. Once it has moved on, a day never changes again.
    pub day: Date,
}

impl Default for ChainHead {
    fn default() -> Self {
        Self {
            seq: 0,
            hash: "0".repeat(64),
            at: Timestamp::UNIX_EPOCH,
            day: Date::constant(1970, 1, 1),
        }
    }
}

macro_rules! journal_events {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)+) => {
        /// What a row tells (spec/payments §6.2).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum JournalEvent { $($(#[$doc])* #[serde(rename = $text)] $variant,)+ }

        impl JournalEvent {
            /// Every event.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in the journal.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// Reads the word.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

journal_events! {
    /// The bubble left for the customer.
    OfferSent = "OFFER_SENT",
    /// Apple made a merchant session.
    SessionCreated = "SESSION_CREATED",
    /// The device told where to ship.
    ContactUpdate = "CONTACT_UPDATE",
    /// The device told how to ship.
    MethodUpdate = "METHOD_UPDATE",
    /// The device told what kind of card.
    PaymentMethodUpdate = "PAYMENT_METHOD_UPDATE",
    /// A price was told to the device.
    QuoteIssued = "QUOTE_ISSUED",
    /// A token came and holds.
    TokenReceived = "TOKEN_RECEIVED",
    /// A token came and was refused.
    TokenRejected = "TOKEN_REJECTED",
    /// An attempt began: nobody else can use the token.
    Claimed = "CLAIMED",
    /// The provider was asked.
    PspRequest = "PSP_REQUEST",
    /// The provider answered.
    PspResult = "PSP_RESULT",
    /// The provider did not answer, or not so that anybody knows.
    PspTimeout = "PSP_TIMEOUT",
    /// What the device is told was decided.
    Told = "TOLD",
    /// The same callback came again, and got the same answer.
    Duplicate = "DUPLICATE",
    /// Order tracking came.
    OrderTracked = "ORDER_TRACKED",
    /// The customer's reply came.
    ReplySeen = "REPLY_SEEN",
    /// The customer saw something else than was told.
    AckMismatch = "ACK_MISMATCH",
    /// A doubt ended.
    Resolved = "RESOLVED",
    /// Money is to be let go.
    VoidRequested = "VOID_REQUESTED",
    /// Money was let go.
    Voided = "VOIDED",
    /// It cannot be let go, or nobody can tell: a person has to look.
    VoidStuck = "VOID_STUCK",
    /// Money is to be captured.
    CaptureRequested = "CAPTURE_REQUESTED",
    /// Money was captured.
    Captured = "CAPTURED",
    /// Money is to go back.
    RefundRequested = "REFUND_REQUESTED",
    /// Money went back.
    Refunded = "REFUNDED",
    /// Money will not go back: the provider refused.
    RefundFailed = "REFUND_FAILED",
    /// A capture, a refund or a void that the provider had taken came to nothing after all.
    ChangeFailed = "CHANGE_FAILED",
    /// A capture or a refund does not end: a person has to look.
    ChangeOverdue = "CHANGE_OVERDUE",
    /// The card's owner took money back.
    Chargeback = "CHARGEBACK",
    /// The provider's report names it.
    Settled = "SETTLED",
    /// Report and journal agree.
    Matched = "MATCHED",
    /// They do not.
    MatchException = "MATCH_EXCEPTION",
    /// Nobody paid in time.
    Expired = "EXPIRED",
    /// The merchant's settings changed.
    ConfigChanged = "CONFIG_CHANGED",
    /// The day before was closed: no row of it follows.
    DayClosed = "DAY_CLOSED",
}

macro_rules! columns {
    ($($(#[$doc:meta])* $name:ident: $type:ty,)+) => {
        /// One row of the journal: a column per field, in the order of the exports. An absent value is
        /// null; a text is never empty. Contacts, tokens and card numbers have no column.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub struct JournalRow { $($(#[$doc])* pub $name: $type,)+ }

        impl JournalRow {
            /// The columns' names, in order.
            pub const COLUMNS: &'static [&'static str] = &[$(stringify!($name),)+];

            /// The columns as exports declare them, in order.
            pub const SHAPES: &'static [ColumnShape] = &[$(ColumnShape {
                name: stringify!($name),
                kind: <$type as Column>::KIND,
                is_optional: <$type as Column>::IS_OPTIONAL,
            },)+];

            /// What stands in each column, in order.
            pub fn cells(&self) -> [Cell<'_>; Self::COLUMNS.len()] {
                [$(self.$name.cell(),)+]
            }

            /// Reads a row back, from its columns' texts in order; `None` is an empty cell.
            pub fn from_cells<'c>(
                cells: impl IntoIterator<Item = Option<&'c str>>,
            ) -> Result<Self, CellFault> {
                let mut cells = cells.into_iter();
                Ok(Self { $($name: {
                    let text = cells.next().flatten();
                    Column::read(text).ok_or(CellFault { column: stringify!($name) })?
                },)+ })
            }
        }
    };
}

columns! {
    /// Its number in the chain, from 1, without a gap.
    seq: u64,
    /// The chain's number within the merchant.
    shard: u8,
    /// When, UTC.
    ts_utc: Timestamp,
    /// When, by the merchant's clock: `2026-11-21T21:00:00.000+09:00`.
    ts_local: String,
    /// The merchant's IANA time zone.
    tz: String,
    /// The day of the books that it belongs to.
    day: Date,
    /// The owner.
    tenant_id: TenantId,
    /// The merchant identifier.
    merchant_id: MerchantIdentifier,
    /// The business.
    business_id: Option<BusinessId>,
    /// The payment.
    payment_id: Option<PaymentId>,
    /// The bubble's `requestIdentifier`.
    request_identifier: Option<String>,
    /// The business's own name of the order.
    reference: Option<String>,
    /// The attempt, from 1.
    attempt_no: Option<u32>,
    /// What it tells.
    event_type: JournalEvent,
    /// The callback: `gateway`, `shipping-contact`, …
    endpoint: Option<String>,
    /// Of the HTTP request.
    callback_id: Option<String>,
    /// The attempt that was asked about again.
    duplicate_of: Option<String>,
    /// What was decided: `approved`, `declined`, `in_doubt`, `quoted`, `refused`, …
    decision: Option<String>,
    /// What the device is told.
    told: Option<String>,
    /// How the payment stood before.
    state_from: Option<String>,
    /// How it stands after.
    state_to: Option<String>,
    /// Why not, in our words.
    error_class: Option<String>,
    /// Codes told to the device, with blanks between.
    apple_errors: Option<String>,
    /// ISO 4217.
    currency: Option<Currency>,
    /// The amount that the row is about, in the smallest unit.
    amount_minor: Option<Minor>,
    /// The same as a decimal.
    amount: Option<String>,
    /// The currency's decimals.
    exponent: Option<u8>,
    /// Of a quote: without tax and shipping.
    subtotal_minor: Option<Minor>,
    /// Of a quote: tax.
    tax_minor: Option<Minor>,
    /// Of a quote: shipping.
    shipping_minor: Option<Minor>,
    /// Of a quote: the sum of what is less than zero.
    discount_minor: Option<Minor>,
    /// What the provider keeps.
    fee_minor: Option<Minor>,
    /// By how much the money that the provider holds grows with this row; less than zero where it is
    /// captured, or let go.
    held_minor: Option<Minor>,
    /// How it is shipped.
    shipping_method_id: Option<String>,
    /// Where to: the country.
    ship_country: Option<String>,
    /// Where to: the region.
    ship_region: Option<String>,
    /// The quote.
    quote_seq: Option<u32>,
    /// Who made it.
    quote_source: Option<String>,
    /// The provider.
    psp: Option<String>,
    /// The account with it.
    psp_account: Option<String>,
    /// The provider's name of it.
    psp_reference: Option<String>,
    /// Our name of it at the provider.
    psp_merchant_reference: Option<String>,
    /// The provider's own code.
    psp_code: Option<String>,
    /// The first 12 characters of the idempotency key.
    idem_key_prefix: Option<String>,
    /// The issuer's code.
    auth_code: Option<String>,
    /// The card network.
    network: Option<String>,
    /// The kind of card.
    funding: Option<String>,
    /// Only if the provider tells it.
    card_last4: Option<String>,
    /// SHA-256 of the token's transaction id.
    apple_txid_hash: Option<String>,
    /// When the device signed the token.
    token_signing_time: Option<Timestamp>,
    /// `valid`, or the verifier's code.
    verify_result: Option<String>,
    /// What the callback took so far.
    latency_ms: Option<u64>,
    /// What the provider took.
    psp_latency_ms: Option<u64>,
    /// What was left of the deadline.
    deadline_margin_ms: Option<u64>,
    /// How a doubt ended.
    fence: Option<String>,
    /// It ended by asking twice: finance may want to look.
    weak_flag: Option<bool>,
    /// Who acknowledged: `order_tracking`, `reply`, `time`.
    ack: Option<String>,
    /// Who decided: `device`, `resolver`, `psp`, `operator`, or an API key's id.
    actor: Option<String>,
    /// The version of this software.
    code_version: String,
    /// The hash of the row before.
    prev_hash: String,
    /// `SHA-256(prev_hash ‖ canonical row)`, hex ([`JournalRow::canonical`]).
    hash: String,
}
