//! What a provider tells by a notice of a change that it had taken, and that cannot be asked for (Adyen
//! says "received", and later how it ended): the end of what is under way, or that something came to
//! nothing after it was taken for done.

use amb_protocol::money::{Currency, Minor};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Notes, void::let_go_by_another};
use crate::{
    model::{
        Concern, EventType, JournalEvent, JournalRow, Payment, PaymentState, PspChange, PspEnding,
        RefundStatus, TakenChange,
    },
    port::PspDone,
};

/// What was taken is taken for done when no notice has told its end for so long: perhaps nobody has
/// set notices up. A notice that comes later still counts.
const NOTICE_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// Endings that are weighed in one look: each may be a row of the journal, and a transaction has a hundred.
const MOST_AT_ONCE: usize = 32;

/// The `error_class` of an end that undoes rows of the journal.
const REVERSED: &str = "reversed";
/// The `error_class` of an end that fits nothing that was asked for.
const UNMATCHED: &str = "unmatched";

/// A provider's answer, with what it told by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// What became of the change.
    pub(super) done: PspDone,
    /// It is done because nothing was told to the contrary.
    pub(super) is_unconfirmed: bool,
}

/// Holds an answer against what the provider has told of the change. `asked` is what the notice has to
/// say was done; none: it may say any amount.
pub(super) fn hear(
    taken: &mut Option<TakenChange>,
    endings: &mut [PspEnding],
    done: &PspDone,
    asked: Option<(Minor, Currency)>,
    now: Timestamp,
) -> Heard {
    let certain = |done| Heard { done, is_unconfirmed: false };
    let PspDone::Received { reference } = done else { return certain(done.clone()) };
    let since = match taken {
        Some(before) if before.reference == *reference => before.at,
        _ => taken.insert(TakenChange { reference: reference.clone(), at: now }).at,
    };
    let mut told: Option<PspDone> = None;
    for ending in endings.iter_mut().filter(|ending| ending.reference == *reference) {
        ending.weighed = true;
        // Whatever it told before: what came to nothing is not done.
        if !matches!(told, Some(PspDone::Refused { .. })) {
            told = Some(ending.comes_to(asked));
        }
    }
    match told {
        Some(done) => certain(done),
        None if since + NOTICE_WITHIN > now => certain(done.clone()),
        // Its end may be among those that were not kept.
        None if endings.len() >= Payment::MOST_ENDINGS => certain(PspDone::Unknown),
        None => Heard {
            done: PspDone::Done { reference: Some(reference.clone()), fee: None },
            is_unconfirmed: true,
        },
    }
}

impl PspEnding {
    fn comes_to(&self, asked: Option<(Minor, Currency)>) -> PspDone {
        if !self.is_done {
            return PspDone::Refused { code: self.code.clone() };
        }
        let is_exact = asked.is_none_or(|(amount, currency)| {
            self.amount.is_none_or(|told| told == amount)
                && self.currency.is_none_or(|told| told == currency)
        });
        if is_exact {
            PspDone::Done { reference: Some(self.reference.clone()), fee: None }
        } else {
            PspDone::Refused { code: Some("amount".to_owned()) }
        }
    }
}

/// Weighs what was told of changes that are no longer under way: one that came to nothing is undone, and
/// a person's. What is too much for one look is left to the next.
pub(super) fn weigh(payment: &mut Payment, now: Timestamp, notes: &mut Notes) {
    if !payment.has_endings() {
        return;
    }
    let mut told = Vec::new();
    let unweighed = payment.endings.iter_mut().filter(|ending| !ending.weighed);
    for ending in unweighed.take(MOST_AT_ONCE) {
        ending.weighed = true;
        told.push(ending.clone());
    }
    for ending in &told {
        match (ending.change, ending.is_done) {
            (PspChange::Capture, false) => not_captured(payment, ending, now, notes),
            (PspChange::Refund, false) => not_refunded(payment, ending, now, notes),
            (PspChange::Void, false) => not_let_go(payment, ending, now, notes),
            (PspChange::Void, true) => let_go(payment, ending, now, notes),
            (PspChange::Capture, true) => captured(payment, ending, now, notes),
            (PspChange::Refund, true) => refunded(payment, ending, now, notes),
        }
    }
}

/// The money may still be held: a person captures it again, or it is let go like everything that a
/// person does not decide about.
fn not_captured(payment: &mut Payment, ending: &PspEnding, now: Timestamp, notes: &mut Notes) {
    let has_given_back = payment.refunded() != Some(Minor::ZERO);
    if payment.state != PaymentState::Captured || !payment.took(ending) || has_given_back {
        return unmatched(payment, ending, now, notes);
    }
    let amount = std::mem::take(&mut payment.captured);
    payment.enter(PaymentState::AckMismatch, now);
    let row = failed(payment, ending, REVERSED).of_amount(amount);
    notes.told(row.moved(PaymentState::Captured, PaymentState::AckMismatch));
    worry(payment, ending, now, json!({ "amount": amount.to_decimal(payment.currency) }));
    if payment.held().is_some_and(|held| let_go_by_another(payment, held).is_some()) {
        // And there is nothing left to capture.
        begin_void(payment, now, notes);
    }
}

/// What came to nothing was done after all: Adyen captures again by itself, within ten days. What nobody
/// here asked for is a person's.
fn captured(payment: &mut Payment, ending: &PspEnding, now: Timestamp, notes: &mut Notes) {
    if !matches!(payment.state, PaymentState::Authorized | PaymentState::AckMismatch) {
        return;
    }
    let is_ours = ending.currency.is_none_or(|currency| currency == payment.currency);
    let is_again = payment.took(ending) && payment.was_undone(ending);
    let Some(amount) = ending.amount.filter(|_| is_ours && is_again) else {
        if payment.is_captured_elsewhere() {
            unmatched(payment, ending, now, notes);
        }
        return;
    };
    let from = payment.state;
    payment.captured = amount;
    payment.enter(PaymentState::Captured, now);
    let row = JournalRow {
        decision: Some("recaptured".to_owned()),
        psp_reference: Some(ending.reference.clone()),
        ..JournalRow::about(JournalEvent::Captured, payment).of_amount(amount)
    };
    notes.told(row.moved(from, PaymentState::Captured));
    let data = json!({ "amount": amount.to_decimal(payment.currency) });
    payment.news(EventType::PaymentCaptured, now, data);
}

/// A refund that had failed was done after all: a person's, who may have given it back in another way.
fn refunded(payment: &mut Payment, ending: &PspEnding, now: Timestamp, notes: &mut Notes) {
    if payment.was_undone(ending) {
        unmatched(payment, ending, now, notes);
    }
}

fn not_refunded(payment: &mut Payment, ending: &PspEnding, now: Timestamp, notes: &mut Notes) {
    let is_its = |reference: &str| reference == ending.reference;
    let of_it = payment.refunds.iter_mut().find(|it| it.reference.as_deref().is_some_and(is_its));
    let Some(refund) = of_it else { return unmatched(payment, ending, now, notes) };
    if refund.status != RefundStatus::Done {
        // It was told when it was asked for.
        return;
    }
    refund.status = RefundStatus::Failed;
    let (id, amount, from) = (refund.id.clone(), refund.amount, payment.state);
    if from == PaymentState::Refunded {
        payment.enter(PaymentState::Captured, now);
    }
    let row = failed(payment, ending, REVERSED).of_amount(amount);
    let row = JournalRow { psp_merchant_reference: Some(id.to_string()), ..row };
    notes.told(if payment.state == from { row } else { row.moved(from, payment.state) });
    let amount = amount.to_decimal(payment.currency);
    worry(payment, ending, now, json!({ "refundId": id.as_str(), "amount": amount }));
}

fn not_let_go(payment: &mut Payment, ending: &PspEnding, now: Timestamp, notes: &mut Notes) {
    if ending.of.as_deref().is_some_and(|held| let_go_by_another(payment, held).is_some()) {
        // There was nothing left to let go.
        return;
    }
    if payment.state != PaymentState::Voided || !payment.took(ending) {
        return unmatched(payment, ending, now, notes);
    }
    payment.enter(PaymentState::VoidStuck, now);
    let row = failed(payment, ending, REVERSED);
    notes.told(row.moved(PaymentState::Voided, PaymentState::VoidStuck));
    worry(payment, ending, now, json!({}));
}

/// What is held ran out at the provider, or a person let it go there. Asked to let it go, the provider
/// says how it stands.
fn let_go(payment: &mut Payment, ending: &PspEnding, now: Timestamp, notes: &mut Notes) {
    let from = payment.state;
    let is_its =
        payment.held().is_some_and(|held| let_go_by_another(payment, held) == Some(ending));
    if !is_its
        || payment.is_captured_elsewhere()
        || !matches!(from, PaymentState::Authorized | PaymentState::AckMismatch)
    {
        return;
    }
    begin_void(payment, now, notes);
}

fn begin_void(payment: &mut Payment, now: Timestamp, notes: &mut Notes) {
    let from = payment.state;
    payment.enter(PaymentState::Voiding, now);
    let row = JournalRow::about(JournalEvent::VoidRequested, payment);
    notes.told(row.moved(from, PaymentState::Voiding));
}

/// Somebody else asked for it, or it is about an attempt before the live one.
fn unmatched(payment: &mut Payment, ending: &PspEnding, now: Timestamp, notes: &mut Notes) {
    let row = failed(payment, ending, UNMATCHED);
    let is_ours = ending.currency.is_none_or(|currency| currency == payment.currency);
    notes.told(match ending.amount.filter(|_| is_ours) {
        Some(amount) => row.of_amount(amount),
        None => JournalRow { amount_minor: None, amount: None, ..row },
    });
    worry(payment, ending, now, json!({}));
}

fn failed(payment: &Payment, ending: &PspEnding, class: &str) -> JournalRow {
    JournalRow {
        decision: Some(ending.change.as_str().to_owned()),
        error_class: Some(class.to_owned()),
        psp_reference: Some(ending.reference.clone()),
        psp_code: ending.code.clone(),
        ..JournalRow::about(JournalEvent::ChangeFailed, payment)
    }
}

fn worry(payment: &mut Payment, ending: &PspEnding, now: Timestamp, more: serde_json::Value) {
    let concern = match payment.state {
        PaymentState::VoidStuck => Concern::VoidStuck,
        _ => Concern::ChangeFailed,
    };
    let word = if ending.is_done { "unmatched" } else { "failed" };
    payment.worry(concern, &format!("{}_{word}", ending.change.as_str()), now, more);
}

impl Payment {
    /// The provider's name of what is held by the live attempt.
    fn held(&self) -> Option<&str> {
        self.live()?.result.as_ref()?.reference()
    }

    /// What the provider told of this change so far, oldest first.
    fn told_of(&self, ending: &PspEnding) -> impl DoubleEndedIterator<Item = &PspEnding> {
        let its = (ending.change, ending.reference.clone());
        self.endings.iter().filter(move |it| (it.change, &it.reference) == (its.0, &its.1))
    }

    /// Whether the provider told that this change was done, and then that it was not.
    fn was_undone(&self, ending: &PspEnding) -> bool {
        let mut told = self.told_of(ending);
        told.next().is_some_and(|first| first.is_done) && told.any(|it| !it.is_done)
    }

    /// Money is captured that is not in our books: by hand, at the provider. To let go what is held would give
    /// that back.
    pub(in crate::payment) fn is_captured_elsewhere(&self) -> bool {
        let Some(held) = self.held() else { return false };
        let is_last = |it: &PspEnding| self.told_of(it).next_back() == Some(it);
        self.endings.iter().any(|it| {
            let is_its = it.change == PspChange::Capture && it.of.as_deref() == Some(held);
            is_its && it.is_done && is_last(it)
        })
    }

    /// The provider said that it had captured, and later that it had not: it may yet do so by itself.
    pub(in crate::payment) fn may_be_captured_yet(&self) -> bool {
        let is_taken = |it: &&PspEnding| it.change == PspChange::Capture && self.took(it);
        let last = self.endings.iter().rev().find(is_taken);
        last.is_some_and(|last| !last.is_done && self.was_undone(last))
    }

    /// Whether this is the end of the capture or the void that the provider took last.
    fn took(&self, ending: &PspEnding) -> bool {
        self.taken.as_ref().is_some_and(|taken| taken.reference == ending.reference)
    }
}
