//! Payments: what was offered, each attempt to pay it, and what the customer's device was told.

mod attempt;
mod change;
mod contacts;
mod merchant;
mod news;

pub use attempt::{Attempt, DeclineClass, Doubt, Fence, PspResult, TokenClaim, TokenHash, Told};
pub use change::{PspChange, PspEnding, TakenChange};
pub use contacts::{PaymentContacts, SealedContacts};
pub use merchant::{
    CapturePolicy, Channel, DomainAssociation, MerchantSettings, PspAccount, PspKind, SecretName,
    SecretNameFault, SessionIdentifier,
};
pub use news::{Concern, PaymentNews, PaymentReply, Seen, Tracking};

use amb_protocol::{
    apple_pay::{Inputs, MerchantIdentifier, QuoteSource},
    id::{BusinessId, MessageId, OpaqueId},
    money::{Currency, Minor},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{PaymentId, RefundId, TenantId};

/// The place of a payment, and what a message on the settlements queue says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentPointer {
    /// The owner.
    pub tenant: TenantId,
    /// Which of theirs.
    pub payment: PaymentId,
}

/// One payment request and everything that became of it. The row is written whole, conditioned on its
/// revision; nothing ever updates or deletes one in place (spec/payments §4).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    /// Where it lies.
    pub pointer: PaymentPointer,
    /// The business that asks.
    pub business: BusinessId,
    /// The customer who is asked.
    pub opaque: OpaqueId,
    /// The message that shows the bubble.
    pub message: MessageId,
    /// The business's own name of it: an order number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Whose account is paid into; the journal's chain is this merchant's.
    pub merchant: MerchantIdentifier,
    /// Who moves the money, as it was when the payment was asked for.
    pub psp: PspAccount,
    /// When the money is captured.
    pub capture: CapturePolicy,
    /// The merchant's IANA time zone, for the journal's days.
    pub time_zone: String,
    /// What all amounts are in.
    pub currency: Currency,
    /// The total that was offered.
    pub offered: Minor,
    /// How it stands.
    pub state: PaymentState,
    /// Since when; none: since it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Attempts to pay it, at most [`MOST_ATTEMPTS`](Self::MOST_ATTEMPTS); the last is the live one.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// Quotes that were issued, by number; the offer itself is the first.
    pub quotes: Vec<QuoteMark>,
    /// What the customer chose last, as far as the device said.
    #[serde(default)]
    pub chosen: Inputs,
    /// The quote of the answer that a device was given last: what the sheet shows. None: no answer was
    /// given, or it was before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<u32>,
    /// Update callbacks that were answered.
    #[serde(default)]
    pub updates: u32,
    /// The provider's own object, where one is made when the bubble is sent (Stripe's `PaymentIntent`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// Apple's merchant session was had, and the bubble may have left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// What order tracking said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<Tracking>,
    /// The settling worker has weighed that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub tracking_weighed: bool,
    /// What the customer's own reply said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reply: Option<Seen>,
    /// The reply that the settling worker has weighed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weighed_reply: Option<Seen>,
    /// What the journal says that the provider holds.
    #[serde(default)]
    pub held: Minor,
    /// Captured so far.
    #[serde(default)]
    pub captured: Minor,
    /// What somebody asked to capture; none: all of it, when the policy says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capture_asked: Option<Minor>,
    /// How often it was asked for: every time is a request of its own to the provider.
    #[serde(default)]
    pub captures: u32,
    /// The capture or the void that the provider took last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<TakenChange>,
    /// What the provider told by itself of changes that it had taken, at most
    /// [`MOST_ENDINGS`](Self::MOST_ENDINGS).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endings: Vec<PspEnding>,
    /// A person was called because the present state does not end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
    /// Somebody asked to void it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub void_asked: bool,
    /// When the card's owner took money back, as the provider told it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charged_back_at: Option<Timestamp>,
    /// What goes back, and how far it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refunds: Vec<Refund>,
    /// What businesses have not been told yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub untold: Vec<PaymentNews>,
    /// Events that were ever owed: the number of the next.
    #[serde(default)]
    pub news: u32,
    /// Rounds that the resolver spent on the present state.
    #[serde(default)]
    pub rounds: u32,
    /// A settling worker holds it until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease_until: Option<Timestamp>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// No first attempt begins from then on.
    pub expires_at: Timestamp,
    /// When the settling worker has to look at it, should nobody come earlier; none: it owes nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Counts the changes: the optimistic lock.
    pub revision: u64,
}

impl Payment {
    /// Attempts to pay one request (spec/payments §7).
    pub const MOST_ATTEMPTS: usize = 5;
    /// Update callbacks of one request (spec/payments §7).
    pub const MOST_UPDATES: u32 = 60;
    /// Endings that are kept: two for each refund, capture and void there can be.
    pub const MOST_ENDINGS: usize = 256;
    /// How long a request can be paid, unless the business says otherwise.
    pub const LIFE: SignedDuration = SignedDuration::from_hours(24);

    /// The attempt that counts.
    pub fn live(&self) -> Option<&Attempt> {
        self.attempts.last()
    }

    /// The attempt that counts, to be changed.
    pub fn live_mut(&mut self) -> Option<&mut Attempt> {
        self.attempts.last_mut()
    }

    /// Whether another attempt may begin, as far as the last one goes: nothing is held, nobody is in
    /// doubt, no device was told that it is paid, and the business has not taken it back.
    pub fn may_begin(&self) -> bool {
        let is_let_go = self.state == PaymentState::Voided && self.has_failed();
        (self.state.may_begin() || is_let_go) && !self.void_asked
    }

    /// Whether a device was told last that it is not paid.
    pub fn has_failed(&self) -> bool {
        self.live().is_some_and(|attempt| attempt.told == Some(Told::Failure))
    }

    /// Puts it in another state, as of now.
    pub fn enter(&mut self, state: PaymentState, now: Timestamp) {
        self.state = state;
        self.since = Some(now);
        self.rounds = 0;
        self.overdue = false;
    }

    /// Since when it stands as it does.
    pub fn since(&self) -> Timestamp {
        self.since.unwrap_or(self.created_at)
    }

    /// What the provider holds, as far as anybody knows: what it approved, until it is captured or let
    /// go.
    pub fn holds(&self) -> Minor {
        let Some(attempt) = self.live() else { return Minor::ZERO };
        let is_held = match self.state {
            PaymentState::Authorized
            | PaymentState::Capturing
            | PaymentState::AckMismatch
            | PaymentState::Voiding => true,
            PaymentState::Unknown | PaymentState::VoidStuck => {
                matches!(attempt.result, Some(PspResult::Approved { .. }))
            }
            PaymentState::Open
            | PaymentState::Authorizing
            | PaymentState::Declined
            | PaymentState::Voided
            | PaymentState::Failed
            | PaymentState::Captured
            | PaymentState::Refunded
            | PaymentState::Expired => false,
        };
        if is_held { attempt.amount } else { Minor::ZERO }
    }

    /// What was given back, or is on its way.
    pub fn refunded(&self) -> Option<Minor> {
        let counted = self.refunds.iter().filter(|refund| refund.status != RefundStatus::Failed);
        Minor::sum(counted.map(|refund| refund.amount))
    }
}

/// How a payment stands (spec/payments §4.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PaymentState {
    /// It can be paid.
    Open,
    /// An attempt is with the provider. Past its lease it is taken for [`Unknown`](Self::Unknown), and
    /// never run again.
    Authorizing,
    /// The provider holds the money, and the device was told so.
    Authorized,
    /// The last attempt was declined; another may follow.
    Declined,
    /// Nobody knows whether the provider holds money; the device was told that it failed.
    Unknown,
    /// There is money to be let go, or there may be.
    Voiding,
    /// It was let go.
    Voided,
    /// The last attempt came to nothing, for certain; another may follow.
    Failed,
    /// It is being captured.
    Capturing,
    /// It is captured, wholly or in part.
    Captured,
    /// All of it went back.
    Refunded,
    /// Nobody paid in time.
    Expired,
    /// The customer saw something else than we were told: a person has to look.
    AckMismatch,
    /// It cannot be let go, or nobody can tell for too long: a person has to look.
    VoidStuck,
}

impl PaymentState {
    /// The word in the API and the journal.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Authorizing => "authorizing",
            Self::Authorized => "authorized",
            Self::Declined => "declined",
            Self::Unknown => "unknown",
            Self::Voiding => "voiding",
            Self::Voided => "voided",
            Self::Failed => "failed",
            Self::Capturing => "capturing",
            Self::Captured => "captured",
            Self::Refunded => "refunded",
            Self::Expired => "expired",
            Self::AckMismatch => "ackMismatch",
            Self::VoidStuck => "voidStuck",
        }
    }

    /// Whether an attempt may begin: nothing is held, and nobody is in doubt.
    pub const fn may_begin(self) -> bool {
        matches!(self, Self::Open | Self::Declined | Self::Failed)
    }
}

/// A quote as the payment remembers it; the lines are in a row of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuoteMark {
    /// Its number.
    pub seq: u32,
    /// What it was made from.
    pub inputs: Inputs,
    /// What it came to.
    pub total: Minor,
    /// Of which tax.
    pub tax: Minor,
    /// Of which shipping.
    pub shipping: Minor,
    /// Who made it.
    pub source: QuoteSource,
    /// The identifier of the first way of delivery, where the quote has ways of its own; empty: its own
    /// are none at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_method: Option<String>,
}

/// Money that goes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refund {
    /// Its id, from which the provider's idempotency key is made.
    pub id: RefundId,
    /// How much.
    pub amount: Minor,
    /// How it stands.
    pub status: RefundStatus,
    /// The provider's name of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The provider took it, and tells of its end by a notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<TakenChange>,
    /// A person was called because it does not end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
    /// Rounds that the resolver spent on it.
    #[serde(default)]
    pub rounds: u32,
    /// When it was asked for.
    pub created_at: Timestamp,
}

/// How a refund stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RefundStatus {
    /// It was asked for.
    Requested,
    /// The provider did it.
    Done,
    /// The provider refused it for good, or told that it came to nothing.
    Failed,
}
