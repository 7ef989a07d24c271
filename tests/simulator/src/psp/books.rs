//! What a provider knows of money: one set of rules for all three. A payment is asked for, held,
//! captured, given back or let go; each of it once, and never more than there is.

use std::collections::BTreeMap;

use data_encoding::{BASE32_NOPAD, HEXLOWER};

use super::call::Kept;
use crate::host;
use crate::model::{Dialect, MoveKind, PspAccount, PspCall, PspMove, PspPayment, PspState, Twist};
use crate::phone::pay::wallet::Decline;

/// Everything the providers remember.
#[derive(Debug, Default)]
pub(crate) struct Books {
    /// By dialect and name.
    pub(crate) accounts: BTreeMap<(Dialect, String), PspAccount>,
    pub(crate) payments: Vec<PspPayment>,
    pub(crate) calls: Vec<PspCall>,
    /// Answers by dialect, account and `Idempotency-Key`.
    pub(super) kept: BTreeMap<(Dialect, String, String), Kept>,
    /// Stripe's one-time ids of Apple's tokens.
    pub(super) tokens: BTreeMap<String, serde_json::Value>,
    /// What a caller wrote beside a refund, by the refund's id.
    pub(super) said: BTreeMap<String, BTreeMap<String, String>>,
    /// References that were cancelled before they came: a later authorisation is refused.
    pub(super) fenced: BTreeMap<(Dialect, String, String), u64>,
}

/// Why money does not move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// There is no such payment.
    Unknown,
    /// Not in this state.
    State(PspState),
    /// More than there is, or nothing.
    Amount,
}

/// What a card's issuer says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Held,
    Pending,
    Declined(Decline),
    /// Declined with a code that a fault names.
    DeclinedWith(String),
}

impl Books {
    /// A payment without money.
    pub(super) fn open(&mut self, dialect: Dialect, account: &str, new: New<'_>) -> u64 {
        let seq = crate::world::next_seq(self.payments.len());
        self.payments.push(PspPayment {
            seq,
            dialect,
            account: account.to_owned(),
            id: new.id,
            reference: new.reference.map(str::to_owned),
            key: None,
            metadata: new.metadata,
            currency: new.currency.to_uppercase(),
            amount: new.amount,
            held: 0,
            captured: 0,
            refunded: 0,
            state: PspState::Created,
            transaction_id: None,
            customer: None,
            last4: None,
            decline: None,
            moves: Vec::new(),
        });
        seq
    }

    pub(super) fn by_id(&self, dialect: Dialect, account: &str, id: &str) -> Option<&PspPayment> {
        self.payments
            .iter()
            .rev()
            .find(|it| it.dialect == dialect && it.account == account && it.id == id)
    }

    pub(super) fn by_reference(
        &self,
        dialect: Dialect,
        account: &str,
        reference: &str,
    ) -> Option<&PspPayment> {
        self.payments.iter().rev().find(|it| {
            it.dialect == dialect
                && it.account == account
                && it.reference.as_deref() == Some(reference)
        })
    }

    pub(super) fn payment(&mut self, seq: u64) -> Option<&mut PspPayment> {
        let index = usize::try_from(seq).ok()?.checked_sub(1)?;
        self.payments.get_mut(index)
    }

    /// Puts money aside, or writes down that there is none; a fault may have its way with it. Gives
    /// the verdict and what is held.
    pub(super) fn hold(
        &mut self,
        seq: u64,
        key: Option<&str>,
        fate: Option<Decline>,
        twist: Option<&Twist>,
    ) -> (Verdict, i64) {
        let Some(payment) = self.payment(seq) else { return (Verdict::Pending, 0) };
        payment.key = key.map(str::to_owned);
        let verdict = match twist {
            Some(Twist::Declined { code }) => Verdict::DeclinedWith(code.clone()),
            Some(Twist::Pending) if fate.is_none() => Verdict::Pending,
            _ => fate.map_or(Verdict::Held, Verdict::Declined),
        };
        match &verdict {
            Verdict::Held | Verdict::Pending => {
                let amount = match twist {
                    Some(Twist::Partial { amount }) => *amount,
                    _ => payment.amount,
                };
                payment.held = amount;
                let pending = verdict == Verdict::Pending;
                payment.state = if pending { PspState::Pending } else { PspState::Held };
                payment.note(MoveKind::Hold, amount, key);
                (verdict, amount)
            }
            Verdict::Declined(_) | Verdict::DeclinedWith(_) => {
                payment.state = PspState::Declined;
                let amount = payment.amount;
                payment.note(MoveKind::Decline, amount, key);
                (verdict, 0)
            }
        }
    }

    /// Takes held money, all or a part; what is left is let go.
    pub(super) fn capture(
        &mut self,
        seq: u64,
        amount: Option<i64>,
        key: Option<&str>,
    ) -> Result<PspMove, Stop> {
        let payment = self.payment(seq).ok_or(Stop::Unknown)?;
        if !matches!(payment.state, PspState::Held | PspState::Pending) {
            return Err(Stop::State(payment.state));
        }
        let amount = amount.unwrap_or(payment.held);
        if amount <= 0 || amount > payment.held {
            return Err(Stop::Amount);
        }
        payment.held = 0;
        payment.captured = amount;
        payment.state = PspState::Captured;
        Ok(payment.note(MoveKind::Capture, amount, key))
    }

    /// Lets held money go. Without any it is a fence: nothing can be held afterwards.
    pub(super) fn void(&mut self, seq: u64, key: Option<&str>) -> Result<PspMove, Stop> {
        let payment = self.payment(seq).ok_or(Stop::Unknown)?;
        match payment.state {
            PspState::Captured => Err(Stop::State(PspState::Captured)),
            PspState::Voided => Err(Stop::State(PspState::Voided)),
            PspState::Created | PspState::Pending | PspState::Held | PspState::Declined => {
                let amount = std::mem::take(&mut payment.held);
                payment.state = PspState::Voided;
                Ok(payment.note(MoveKind::Void, amount, key))
            }
        }
    }

    /// What is held runs out.
    pub(super) fn expire(&mut self, seq: u64) -> Result<PspMove, Stop> {
        match self.payment(seq).ok_or(Stop::Unknown)?.state {
            PspState::Held => self.void(seq, None),
            other => Err(Stop::State(other)),
        }
    }

    /// Gives captured money back, all or a part.
    pub(super) fn refund(
        &mut self,
        seq: u64,
        amount: Option<i64>,
        key: Option<&str>,
    ) -> Result<PspMove, Stop> {
        let payment = self.payment(seq).ok_or(Stop::Unknown)?;
        if payment.state != PspState::Captured {
            return Err(Stop::State(payment.state));
        }
        let left = payment.captured - payment.refunded;
        let amount = amount.unwrap_or(left);
        if amount <= 0 || amount > left {
            return Err(Stop::Amount);
        }
        payment.refunded += amount;
        Ok(payment.note(MoveKind::Refund, amount, key))
    }

    /// The card's owner takes captured money back.
    pub(super) fn charge_back(&mut self, seq: u64, amount: Option<i64>) -> Result<PspMove, Stop> {
        let payment = self.payment(seq).ok_or(Stop::Unknown)?;
        let amount = amount.unwrap_or(payment.captured);
        if payment.state != PspState::Captured || amount <= 0 || amount > payment.captured {
            return Err(Stop::State(payment.state));
        }
        Ok(payment.note(MoveKind::Chargeback, amount, None))
    }
}

/// What a payment begins with.
pub(super) struct New<'n> {
    pub(super) id: String,
    pub(super) reference: Option<&'n str>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) currency: &'n str,
    pub(super) amount: i64,
}

impl PspPayment {
    fn note(&mut self, kind: MoveKind, amount: i64, key: Option<&str>) -> PspMove {
        let id = new_id(self.dialect, kind);
        let at = host::now_ms();
        let moved = PspMove { at, kind, amount, id, key: key.map(str::to_owned) };
        self.moves.push(moved.clone());
        moved
    }
}

/// An id as the provider draws them.
fn new_id(dialect: Dialect, kind: MoveKind) -> String {
    match (dialect, kind) {
        (Dialect::Stripe, MoveKind::Refund) => stripe_id("re"),
        (Dialect::Stripe, MoveKind::Chargeback) => stripe_id("dp"),
        (Dialect::Stripe, _) => stripe_id("ch"),
        (Dialect::Adyen, _) => psp_reference(),
        (Dialect::Endpoint, _) => HEXLOWER.encode(&host::random_bytes::<8>()),
    }
}

/// `pi_…`
pub(super) fn stripe_id(prefix: &str) -> String {
    format!("{prefix}_{}", HEXLOWER.encode(&host::random_bytes::<12>()))
}

/// 16 capital letters and digits.
pub(super) fn psp_reference() -> String {
    BASE32_NOPAD.encode(&host::random_bytes::<10>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(amount: i64) -> (Books, u64) {
        let mut books = Books::default();
        let new = New {
            id: "x".to_owned(),
            reference: None,
            metadata: BTreeMap::new(),
            currency: "usd",
            amount,
        };
        let seq = books.open(Dialect::Adyen, "", new);
        books.hold(seq, Some("k"), None, None);
        (books, seq)
    }

    #[test]
    fn no_more_is_taken_than_is_held_and_no_more_given_back_than_was_taken() {
        let (mut books, seq) = held(500);
        assert_eq!(books.capture(seq, Some(501), None), Err(Stop::Amount));
        assert_eq!(books.refund(seq, None, None), Err(Stop::State(PspState::Held)));
        assert_eq!(books.capture(seq, Some(400), None).unwrap().amount, 400);
        assert_eq!(books.capture(seq, None, None), Err(Stop::State(PspState::Captured)));
        assert_eq!(books.refund(seq, Some(300), None).unwrap().amount, 300);
        assert_eq!(books.refund(seq, Some(101), None), Err(Stop::Amount));
        assert_eq!(books.refund(seq, None, None).unwrap().amount, 100);
        let payment = &books.payments[0];
        assert_eq!((payment.held, payment.captured, payment.refunded), (0, 400, 400));
    }

    #[test]
    fn a_void_is_a_fence_and_never_undoes_a_capture() {
        let (mut books, seq) = held(500);
        assert_eq!(books.void(seq, None).unwrap().amount, 500);
        assert_eq!(books.void(seq, None), Err(Stop::State(PspState::Voided)));
        assert_eq!(books.capture(seq, None, None), Err(Stop::State(PspState::Voided)));
        let (mut books, seq) = held(500);
        books.capture(seq, None, None).unwrap();
        assert_eq!(books.void(seq, None), Err(Stop::State(PspState::Captured)));
    }

    #[test]
    fn a_fault_holds_a_part_or_declines() {
        let (mut books, _) = held(500);
        let new = |id: &str| New {
            id: id.to_owned(),
            reference: None,
            metadata: BTreeMap::new(),
            currency: "usd",
            amount: 500,
        };
        let part = books.open(Dialect::Stripe, "", new("y"));
        let twist = Twist::Partial { amount: 200 };
        assert_eq!(books.hold(part, None, None, Some(&twist)), (Verdict::Held, 200));
        let refused = books.open(Dialect::Stripe, "", new("z"));
        let twist = Twist::Declined { code: "lost_card".to_owned() };
        let verdict = Verdict::DeclinedWith("lost_card".to_owned());
        assert_eq!(books.hold(refused, None, None, Some(&twist)), (verdict, 0));
    }
}
