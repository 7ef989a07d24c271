//! A payment service provider in memory: it keeps what it did, so that a test can compare money with
//! what anybody was told of it, and it goes wrong as providers do (spec/payments §2.7).

use amb_protocol::money::{Currency, Minor};
use jiff::Timestamp;
use std::collections::{BTreeMap, VecDeque};

use super::{Memory, World};
use crate::{
    model::{
        DeclineClass, Doubt, Fence, PaymentId, PspAccount, PspChange, PspEnding, PspResult,
        TenantId,
    },
    port::{
        Notice, NoticeFault, NoticeKind, Psp, PspDone, PspFault, PspOrder, PspToken, Resolution,
    },
};

/// A provider, and what it did.
#[derive(Clone, Debug, Default)]
pub struct PspWorld {
    /// What it did, by the idempotency key of the authorisation.
    pub orders: BTreeMap<String, PspRecord>,
    /// How it answers the next authorisations; then it approves.
    pub fates: VecDeque<PspFate>,
    /// How it answers the next voids, captures and refunds; then it does them.
    pub outcomes: VecDeque<PspDone>,
    /// It makes an object of its own when the bubble is sent.
    pub makes_intents: bool,
    /// How it refuses to make the next ones.
    pub refuses: VecDeque<DeclineClass>,
    /// It has no fence: it can only be asked.
    pub is_weak: bool,
    /// How it deals with the next voids, captures and refunds that are new to it; then it does them.
    pub ways: VecDeque<PspWay>,
    /// It takes voids, captures and refunds, and tells by a notice how they ended.
    pub tells_by_notice: bool,
    /// Voids, captures and refunds that it was asked for, by its names of them.
    pub changes: BTreeMap<String, PspWay>,
    /// Notices of their ends that it has not sent.
    pub notices: VecDeque<String>,
    /// Authorisations it was asked for, with the key.
    pub asked: Vec<String>,
}

/// How a provider deals with an authorisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PspFate {
    /// It holds the money.
    Approve,
    /// It says no.
    Decline(DeclineClass),
    /// It never tries.
    Reject(DeclineClass),
    /// It holds the money, and the answer is lost.
    LoseAnswer,
    /// The request never arrives, and nobody knows.
    LoseRequest,
    /// The request arrives after everybody stopped waiting: when [`PspWorld::land`] is called.
    LandLate,
    /// It holds less than was asked for.
    Partly(Minor),
    /// It holds another currency.
    InAnother(Currency),
    /// It says that it is still at it, and holds the money.
    Pending,
}

/// How a provider deals with a void, a capture or a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PspWay {
    /// It does it.
    Does,
    /// It says so many times that it is at it, and then does it.
    Lingers(u32),
    /// It takes it and never does it, if it is one that tells by a notice.
    Fails,
}

/// One authorisation, as the provider has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PspRecord {
    /// Our name of it.
    pub reference: String,
    /// How much is held now.
    pub held: Minor,
    /// How much was captured.
    pub captured: Minor,
    /// How much went back.
    pub refunded: Minor,
    /// Of what.
    pub currency: Currency,
    /// What was, or will be, asked for.
    pub asked: Minor,
    /// It is on its way and has not arrived.
    pub in_flight: bool,
    /// Nothing may happen to it any more.
    pub fenced: bool,
    /// It was let go.
    pub voided: bool,
    /// It said no.
    pub declined: Option<DeclineClass>,
    /// Refunds that were done, by their keys.
    pub refunds: BTreeMap<String, Minor>,
}

impl PspWorld {
    /// What is under way arrives: unless it was fenced, the money is held.
    pub fn land(&mut self) {
        for record in self.orders.values_mut().filter(|record| record.in_flight) {
            record.in_flight = false;
            if !record.fenced {
                record.held = record.asked;
            }
        }
    }

    fn record(&mut self, order: &PspOrder) -> &mut PspRecord {
        self.orders.entry(order.key.clone()).or_insert_with(|| PspRecord {
            reference: order.reference.clone(),
            held: Minor::ZERO,
            captured: Minor::ZERO,
            refunded: Minor::ZERO,
            currency: order.currency,
            asked: order.amount,
            in_flight: false,
            fenced: false,
            voided: false,
            declined: None,
            refunds: BTreeMap::new(),
        })
    }

    fn authorize(&mut self, order: &PspOrder) -> PspResult {
        self.asked.push(order.key.clone());
        if let Some(record) = self.orders.get(&order.key) {
            return result(order, record);
        }
        let fate = self.fates.pop_front().unwrap_or(PspFate::Approve);
        if fate == PspFate::LoseRequest {
            return in_doubt(Doubt::Timeout);
        }
        if let PspFate::Reject(class) = fate {
            return PspResult::Rejected { class, code: None };
        }
        let record = self.record(order);
        match fate {
            PspFate::Decline(class) => record.declined = Some(class),
            PspFate::LandLate => record.in_flight = true,
            PspFate::Partly(part) => record.held = part,
            PspFate::InAnother(currency) => {
                record.currency = currency;
                record.held = order.amount;
            }
            _ => record.held = order.amount,
        }
        match fate {
            PspFate::LoseAnswer | PspFate::LandLate => in_doubt(Doubt::Timeout),
            PspFate::Pending => in_doubt(Doubt::Pending),
            _ => result(order, record),
        }
    }

    /// Answers the same to whoever asks for the same again.
    fn change(
        &mut self,
        order: &PspOrder,
        (change, reference): (PspChange, String),
        effect: impl FnOnce(&mut PspRecord) -> Result<Option<Minor>, &'static str>,
    ) -> PspDone {
        let known = self.changes.get(&reference).copied();
        let way = known.unwrap_or_else(|| self.ways.pop_front().unwrap_or(PspWay::Does));
        let fails = way == PspWay::Fails && self.tells_by_notice;
        if let PspWay::Lingers(left @ 1..) = way {
            self.changes.insert(reference.clone(), PspWay::Lingers(left - 1));
            return PspDone::Accepted { reference: Some(reference) };
        }
        let done = if fails { Ok(None) } else { effect(self.record(order)) };
        let fee = match done {
            Ok(fee) => fee,
            Err(code) => return PspDone::Refused { code: Some(code.to_owned()) },
        };
        self.changes.insert(reference.clone(), way);
        if !self.tells_by_notice {
            return PspDone::Done { reference: Some(reference), fee };
        }
        if known.is_none() {
            let (end, change) = (if fails { "failed" } else { "done" }, change.as_str());
            let payment = &order.payment;
            self.notices.push_back(format!("{end} {change} {reference} {payment}"));
        }
        PspDone::Received { reference }
    }

    fn resolve(&mut self, order: &PspOrder) -> Resolution {
        let is_weak = self.is_weak;
        let fence = if is_weak { Fence::Weak } else { Fence::Strong };
        let record = self.record(order);
        if record.held > Minor::ZERO {
            return Resolution::Held { result: approved(order, record), fence };
        }
        if is_weak {
            return Resolution::Absent;
        }
        record.fenced = true;
        Resolution::Nothing(fence)
    }
}

fn in_doubt(why: Doubt) -> PspResult {
    PspResult::InDoubt { why, reference: None }
}

/// What a careful adapter makes of the provider's record.
fn result(order: &PspOrder, record: &PspRecord) -> PspResult {
    if let Some(class) = record.declined {
        return PspResult::Declined { class, code: Some("51".to_owned()), reference: None };
    }
    if record.fenced || record.voided {
        return PspResult::Rejected {
            class: DeclineClass::Token,
            code: Some("canceled".to_owned()),
        };
    }
    if record.in_flight {
        return in_doubt(Doubt::Timeout);
    }
    if record.held != order.amount || record.currency != order.currency {
        let reference = Some(format!("psp-{}", record.reference));
        return PspResult::InDoubt { why: Doubt::Mismatch, reference };
    }
    approved(order, record)
}

fn approved(order: &PspOrder, record: &PspRecord) -> PspResult {
    PspResult::Approved {
        reference: format!("psp-{}", order.reference),
        amount: record.held,
        currency: record.currency,
        auth_code: Some("123456".to_owned()),
        network: Some("visa".to_owned()),
        last4: Some("4242".to_owned()),
    }
}

impl Memory {
    async fn psp<T>(
        &self,
        port: &'static str,
        effect: impl FnOnce(&mut World) -> T + Send,
    ) -> Option<T> {
        self.call(port, effect).await.ok()
    }

    async fn done(
        &self,
        port: &'static str,
        order: &PspOrder,
        change: (PspChange, String),
        effect: impl FnOnce(&mut PspRecord) -> Result<Option<Minor>, &'static str> + Send,
    ) -> PspDone {
        let done = self.psp(port, |world| match world.psp.outcomes.pop_front() {
            Some(PspDone::Done { .. }) | None => world.psp.change(order, change, effect),
            Some(other) => other,
        });
        done.await.unwrap_or(PspDone::Unknown)
    }
}

impl Psp for Memory {
    async fn prepare(
        &self,
        order: &PspOrder,
        _until: Timestamp,
    ) -> Result<Option<String>, PspFault> {
        let made = self.psp("Psp::prepare", |world| match world.psp.refuses.pop_front() {
            Some(class) => Err(PspFault::Refused(class)),
            None => Ok(world.psp.makes_intents.then(|| format!("pi_{}", order.payment))),
        });
        made.await.unwrap_or(Err(PspFault::Unavailable))
    }

    async fn authorize(&self, order: &PspOrder, _token: &PspToken, _until: Timestamp) -> PspResult {
        let asked = self.psp("Psp::authorize", |world| world.psp.authorize(order)).await;
        asked.unwrap_or_else(|| in_doubt(Doubt::Broken))
    }

    async fn resolve(&self, order: &PspOrder, _until: Timestamp) -> Resolution {
        let told = self.psp("Psp::resolve", |world| world.psp.resolve(order));
        told.await.unwrap_or(Resolution::StillUnknown)
    }

    async fn void(&self, order: &PspOrder, _until: Timestamp) -> PspDone {
        let change = (PspChange::Void, format!("void-{}-{}", order.reference, order.turn));
        self.done("Psp::void", order, change, |record| {
            if record.captured > Minor::ZERO {
                return Err("captured");
            }
            record.held = Minor::ZERO;
            record.voided = true;
            record.fenced = true;
            Ok(None)
        })
        .await
    }

    async fn capture(&self, order: &PspOrder, amount: Minor, _until: Timestamp) -> PspDone {
        let change = (PspChange::Capture, format!("cap-{}-{}", order.reference, order.turn));
        self.done("Psp::capture", order, change, |record| {
            let is_again = record.captured == amount;
            if !is_again && amount > record.held {
                return Err("amount");
            }
            record.captured = amount;
            record.held = Minor::ZERO;
            Ok(Some(Minor::new(amount.get() / 100)))
        })
        .await
    }

    async fn refund(
        &self,
        order: &PspOrder,
        amount: Minor,
        key: &str,
        _until: Timestamp,
    ) -> PspDone {
        self.done("Psp::refund", order, (PspChange::Refund, format!("ref-{key}")), |record| {
            if !record.refunds.contains_key(key) {
                let all = record.refunded.checked_add(amount);
                let all = all.filter(|all| *all <= record.captured).ok_or("amount")?;
                record.refunded = all;
                record.refunds.insert(key.to_owned(), amount);
            }
            Ok(None)
        })
        .await
    }

    fn named(&self, _psp: &str, body: &[u8]) -> Option<PaymentId> {
        let id = std::str::from_utf8(body).ok()?.rsplit(' ').next()?;
        PaymentId::parse(id).ok()
    }

    /// A body is words, the payment's id the last of them. `good` signs for every account, `by` and the
    /// name of a secret for one.
    async fn notice(
        &self,
        _tenant: &TenantId,
        account: &PspAccount,
        headers: &[(String, String)],
        body: &[u8],
        _now: Timestamp,
    ) -> Result<Vec<Notice>, NoticeFault> {
        let by = format!("by {}", account.secret.as_str());
        let is_signed = |(name, value): &(String, String)| {
            name == "signature" && (value == "good" || *value == by)
        };
        if !headers.iter().any(is_signed) {
            return Err(NoticeFault::Forged);
        }
        let text = std::str::from_utf8(body).map_err(|_not_text| NoticeFault::Unreadable)?;
        let mut words = text.split(' ');
        let id = words.next_back().unwrap_or_default();
        let kind = match (words.next(), words.next(), words.next()) {
            (Some("authorised"), Some(attempt), Some(reference)) => NoticeKind::Authorised {
                attempt: attempt.parse().unwrap_or_default(),
                reference: reference.to_owned(),
            },
            (Some("chargeback"), amount, currency) => NoticeKind::Chargeback {
                amount: currency.and_then(|code| {
                    let currency = Currency::parse(code).ok()?;
                    Some((Minor::parse(amount?, currency).ok()?, currency))
                }),
            },
            (Some(end @ ("done" | "failed")), Some(change), Some(reference)) => {
                let change = match change {
                    "capture" => PspChange::Capture,
                    "refund" => PspChange::Refund,
                    _ => PspChange::Void,
                };
                NoticeKind::Ended(PspEnding::new(change, reference.to_owned(), end == "done"))
            }
            _ => NoticeKind::Changed,
        };
        let payment = PaymentId::parse(id).map_err(|_fault| NoticeFault::Unreadable)?;
        Ok(vec![Notice { payment, kind }])
    }
}
