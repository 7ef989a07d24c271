//! One try of a customer to pay.

use amb_protocol::{
    apple_pay::{MerchantIdentifier, PayError},
    money::{Currency, Minor},
};
use aws_lc_rs::digest;
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{PaymentPointer, Seen};

/// SHA-256 of a token's signed transaction id, lower hex: what replays are known by. The token itself
/// is never stored, and no hash of its bytes would do: a signature can be written in more than one way
/// (spec/payments §0).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TokenHash(String);

impl TokenHash {
    /// Of `header.transactionId`, in whatever case it was written.
    pub fn of(transaction_id: &str) -> Self {
        let lower = transaction_id.to_ascii_lowercase();
        Self(HEXLOWER.encode(digest::digest(&digest::SHA256, lower.as_bytes()).as_ref()))
    }

    /// 64 characters of lower hex.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who used a token first. One per merchant and token, for longer than any dispute.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TokenClaim {
    /// The merchant.
    pub merchant: MerchantIdentifier,
    /// The token.
    pub token: TokenHash,
    /// The payment.
    pub payment: PaymentPointer,
    /// Its attempt, from 1; 0: the token was refused, and makes none.
    pub attempt: u32,
    /// What goes with the refusal: the same token is told the same for ever.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<PayError>,
    /// When.
    pub created_at: Timestamp,
}

/// One try of a customer to pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attempt {
    /// Its number, from 1.
    pub no: u32,
    /// The token.
    pub token: TokenHash,
    /// The provider's idempotency key: hex SHA-256, the same from wherever it is asked.
    pub key: String,
    /// The quote that is paid.
    pub quote: u32,
    /// How much.
    pub amount: Minor,
    /// When it was claimed.
    pub begun_at: Timestamp,
    /// The customer's reply that was known by then: any other is of this attempt, or of a later one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply_before: Option<Seen>,
    /// Nobody else deals with it before this; past it, it is in doubt.
    pub lease_until: Timestamp,
    /// What the device is told, once and for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Told>,
    /// What goes with a failure.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<PayError>,
    /// What the provider said last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<PspResult>,
    /// The provider's name of what it authorised, as its own notice told it; what it answered may have
    /// been lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised: Option<String>,
    /// The provider's name of something else that it says to have authorised for the same attempt: nobody
    /// but a person can tell whether the customer's money is held twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub another: Option<String>,
    /// When the provider first knew nothing of it, and could still come to know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub absent_since: Option<Timestamp>,
    /// How it became certain, where it had been in doubt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fence: Option<Fence>,
}

impl Attempt {
    /// How our attempt is called by the provider: at most 64 characters, unique, no secret.
    pub fn reference(payment: &PaymentPointer, no: u32) -> String {
        format!("{}-{no}", payment.payment)
    }

    /// What the provider told by a notice that it authorised, of an attempt that was given up without
    /// anybody knowing of it.
    pub fn unheeded(&self) -> Option<&str> {
        let is_told = self.told == Some(Told::Success);
        self.authorised.as_deref().filter(|_| !is_told && !self.may_hold())
    }

    /// What the provider told by a notice that it authorised, where it answered that it authorised something
    /// else, and nobody was told of that yet.
    pub fn second(&self) -> Option<&str> {
        let answered = self.result.as_ref().filter(|_| self.may_hold())?.reference()?;
        self.authorised.as_deref().filter(|told| *told != answered && self.another.is_none())
    }

    /// An attempt that was given up holds what a notice told of, and nobody has let go of that yet.
    pub fn is_stray(&self) -> bool {
        let is_told = self.told == Some(Told::Success);
        self.authorised.is_some() && !is_told && self.may_hold() && self.fence.is_none()
    }

    /// Whether the provider's name of something that is held, or may be, is known.
    pub fn may_hold(&self) -> bool {
        match &self.result {
            Some(PspResult::Approved { .. }) => true,
            Some(PspResult::InDoubt { reference, .. }) => reference.is_some(),
            _ => false,
        }
    }

    /// The provider's idempotency key (spec/payments §2.1, rule 5): deterministic, so that every retry
    /// from anywhere uses the same.
    pub fn key(verb: &str, merchant: &MerchantIdentifier, token: &TokenHash) -> String {
        let text = format!("amb/v1|{verb}|{merchant}|{}", token.as_str());
        HEXLOWER.encode(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
    }
}

/// What a device was told of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Told {
    /// `STATUS_SUCCESS`
    Success,
    /// `STATUS_FAILURE`
    Failure,
}

impl Told {
    /// The word in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// What a provider said of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "was")]
pub enum PspResult {
    /// The money is held: exactly this much of exactly this currency.
    #[serde(rename_all = "camelCase")]
    Approved {
        /// The provider's name of the authorisation.
        reference: String,
        /// How much.
        amount: Minor,
        /// Of what.
        currency: Currency,
        /// The issuer's code, if it is told.
        auth_code: Option<String>,
        /// The card network, if it is told.
        network: Option<String>,
        /// The last four digits, if they are told.
        last4: Option<String>,
    },
    /// The issuer or the provider said no: nothing is held.
    #[serde(rename_all = "camelCase")]
    Declined {
        /// What kind of no.
        class: DeclineClass,
        /// The provider's own code, for finance; never shown to a customer.
        code: Option<String>,
        /// The provider's name of it, if it has one.
        reference: Option<String>,
    },
    /// The provider never tried: nothing is held.
    #[serde(rename_all = "camelCase")]
    Rejected {
        /// What kind of no.
        class: DeclineClass,
        /// The provider's own code.
        code: Option<String>,
    },
    /// Nobody knows. Something may be held.
    #[serde(rename_all = "camelCase")]
    InDoubt {
        /// Why.
        why: Doubt,
        /// The provider's name of it, if it was told.
        reference: Option<String>,
    },
}

impl PspResult {
    /// The provider's name of the authorisation.
    pub fn reference(&self) -> Option<&str> {
        match self {
            Self::Approved { reference, .. } => Some(reference),
            Self::Declined { reference, .. } | Self::InDoubt { reference, .. } => {
                reference.as_deref()
            }
            Self::Rejected { .. } => None,
        }
    }
}

/// What kind of no (spec/payments §2.5). It decides what the customer can correct.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DeclineClass {
    /// The postal code does not match the card's.
    AvsPostal,
    /// The address does not match the card's.
    AvsAddress,
    /// Funds, limits, expiry, and every no without a reason: another card may do.
    Generic,
    /// Fraud, lost, stolen. Never explained.
    Fraud,
    /// The token is refused.
    Token,
    /// Our account with the provider is set up wrongly: somebody has to look.
    Configuration,
    /// The provider is too busy, and did nothing.
    RateLimited,
    /// What the provider asks for cannot be done in the sheet (3-D Secure).
    Unservable,
    /// The provider could not be reached, before anything was sent.
    Unreachable,
}

impl DeclineClass {
    /// The word in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AvsPostal => "avs_postal",
            Self::AvsAddress => "avs_address",
            Self::Generic => "generic",
            Self::Fraud => "fraud",
            Self::Token => "token",
            Self::Configuration => "configuration",
            Self::RateLimited => "rate_limited",
            Self::Unservable => "unservable",
            Self::Unreachable => "unreachable",
        }
    }
}

/// Why nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Doubt {
    /// No answer in time.
    Timeout,
    /// The connection broke after something was sent.
    Broken,
    /// A 5xx.
    ServerError,
    /// It is being processed.
    Pending,
    /// A word we do not know.
    UnknownWord,
    /// Another amount or currency than was asked for (F117).
    Mismatch,
    /// Our own process ended, or could not write down what it had learnt.
    Ours,
}

impl Doubt {
    /// The word in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::Broken => "broken",
            Self::ServerError => "server_error",
            Self::Pending => "pending",
            Self::UnknownWord => "unknown_word",
            Self::Mismatch => "amount_mismatch",
            Self::Ours => "ours",
        }
    }
}

/// How much an end of doubt is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fence {
    /// The provider cannot act on the attempt any more.
    Strong,
    /// The same request with the same key told it.
    ReplayKey,
    /// It was asked twice, at least ten minutes apart however wrong the clocks: flagged for finance.
    Weak,
}

impl Fence {
    /// The word in the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strong => "strong",
            Self::ReplayKey => "replay_key",
            Self::Weak => "weak",
        }
    }
}
