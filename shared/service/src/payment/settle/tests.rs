mod capture;
mod clocks;
mod crash;
mod doubt;
mod ending;
mod let_go;
mod refund;
mod stuck;
mod tell;

use amb_protocol::{
    apple_pay::{Inputs, MerchantIdentifier},
    id::{BusinessId, MessageId, OpaqueId},
    money::{Currency, Minor},
    secret::Secret,
};
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::{
    memory::{Memory, PspFate, PspRecord, drive},
    model::{
        Attempt, CapturePolicy, Chain, EventSource, EventType, JournalEvent, JournalRow, PaymentId,
        PspAccount, PspKind, PspResult, SecretName, Seen, TenantId, TimelineItem, TokenHash, Told,
        Tracking,
    },
    payment::{evidence::keep_reply, order::order},
    port::PspToken,
};

/// What is offered, and authorised.
pub(in crate::payment) const AMOUNT: Minor = Minor::new(6399);

/// One payment in a world of its own.
pub(in crate::payment) struct Desk {
    pub(in crate::payment) world: Memory,
    pub(in crate::payment) pointer: PaymentPointer,
}

impl Desk {
    /// A request that can be paid.
    pub(in crate::payment) fn open(seed: u64) -> Self {
        let world = Memory::new(seed);
        let tenant = TenantId::draw(&world);
        let pointer = PaymentPointer { tenant, payment: PaymentId::draw(&world) };
        let now = world.world().now;
        let payment = Payment {
            pointer: pointer.clone(),
            business: BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").unwrap(),
            opaque: OpaqueId::parse("urn:mbid:AQAAY3Jl").unwrap(),
            message: MessageId::new(uuid::Uuid::from_u128(7)),
            reference: Some("order-1001".to_owned()),
            merchant: MerchantIdentifier::parse("merchant.com.example.shop").unwrap(),
            psp: PspAccount {
                kind: PspKind::Stripe { account: None },
                secret: SecretName::try_from("stripe".to_owned()).unwrap(),
                decrypts: false,
            },
            capture: CapturePolicy::default(),
            time_zone: "Asia/Tokyo".to_owned(),
            currency: Currency::parse("USD").unwrap(),
            offered: AMOUNT,
            state: PaymentState::Open,
            since: None,
            attempts: Vec::new(),
            quotes: Vec::new(),
            chosen: Inputs::default(),
            shown: None,
            updates: 0,
            intent: None,
            sent_at: Some(now),
            tracking: None,
            tracking_weighed: false,
            reply: None,
            weighed_reply: None,
            held: Minor::ZERO,
            captured: Minor::ZERO,
            capture_asked: None,
            captures: 0,
            taken: None,
            endings: Vec::new(),
            overdue: false,
            void_asked: false,
            charged_back_at: None,
            refunds: Vec::new(),
            untold: Vec::new(),
            news: 0,
            rounds: 0,
            lease_until: None,
            created_at: now,
            expires_at: now + Payment::LIFE,
            due_at: Some(now + Payment::LIFE),
            revision: 1,
        };
        world.world().book.payments.insert(pointer.clone(), payment);
        Self { world, pointer }
    }

    /// An attempt whose callback died with its answer from the provider in hand, or without.
    pub(in crate::payment) fn attempted(seed: u64, fate: PspFate) -> Self {
        let desk = Self::open(seed);
        desk.attempt(fate);
        desk
    }

    /// Money that is held, and the device was told so.
    pub(in crate::payment) fn authorized(seed: u64) -> Self {
        let desk = Self::open(seed);
        desk.succeed();
        desk
    }

    pub(in crate::payment) fn attempt(&self, fate: PspFate) -> PspResult {
        let now = self.now();
        let mut payment = self.payment();
        let no = u32::try_from(payment.attempts.len()).unwrap() + 1;
        let token = TokenHash::of(&format!("{no}"));
        let attempt = Attempt {
            no,
            key: Attempt::key("auth", &payment.merchant, &token),
            token,
            quote: 0,
            amount: AMOUNT,
            begun_at: now,
            reply_before: payment.reply.clone(),
            lease_until: now + SignedDuration::from_secs(45),
            told: None,
            errors: Vec::new(),
            result: None,
            authorised: None,
            another: None,
            absent_since: None,
            fence: None,
        };
        let order = order(&payment, Some(&attempt), None);
        payment.attempts.push(attempt);
        payment.enter(PaymentState::Authorizing, now);
        payment.reschedule(now);
        self.put(payment);
        self.world.world().psp.fates.push_back(fate);
        let token = PspToken {
            payment_data: Secret::new("{}".to_owned()),
            transaction_id: String::new(),
            network: None,
            display_name: None,
        };
        drive(self.world.authorize(&order, &token, now)).unwrap()
    }

    pub(in crate::payment) fn succeed(&self) {
        let result = self.attempt(PspFate::Approve);
        let (now, mut payment) = (self.now(), self.payment());
        let attempt = payment.live_mut().unwrap();
        attempt.result = Some(result);
        attempt.told = Some(Told::Success);
        payment.enter(PaymentState::Authorized, now);
        payment.news(EventType::PaymentAuthorized, now, serde_json::Value::Null);
        payment.reschedule(now);
        self.put(payment);
    }

    pub(in crate::payment) fn now(&self) -> Timestamp {
        self.world.world().now
    }

    pub(in crate::payment) fn pass(&self, time: SignedDuration) {
        self.world.world().now += time;
    }

    /// As it is stored, with the reply.
    pub(in crate::payment) fn payment(&self) -> Payment {
        drive(self.world.find_payment(&self.pointer)).unwrap().unwrap().unwrap()
    }

    pub(in crate::payment) fn put(&self, payment: Payment) {
        let payment = Payment { reply: None, ..payment };
        self.world.world().book.payments.insert(self.pointer.clone(), payment);
    }

    pub(in crate::payment) fn tracked(&self, total: i64) {
        let (now, mut payment) = (self.now(), self.payment());
        let (body_hash, attempts) = (String::new(), Some(payment.attempt_no()));
        let total = Some(Minor::new(total));
        payment.tracking = Some(Tracking { at: now, total, body_hash, attempts });
        payment.tracking_weighed = false;
        payment.reschedule(now);
        self.put(payment);
    }

    pub(in crate::payment) fn replied(&self, state: &str) {
        let seen = Seen { at: self.now(), state: Some(state.to_owned()) };
        self.world.world().book.replies.insert(self.pointer.clone(), seen);
    }

    /// The customer's reply arrives, and is weighed against the one that is kept.
    pub(in crate::payment) fn replies(&self, state: &str) {
        let payment = self.payment();
        let seen = Seen { at: self.now(), state: Some(state.to_owned()) };
        let customer = (&payment.business, &payment.opaque);
        let kept = keep_reply(&self.world, &self.pointer, customer, &seen);
        assert!(drive(kept).unwrap().unwrap());
    }

    pub(in crate::payment) fn worker(&self) -> Settle<Memory, Memory, Memory, Memory> {
        let world = || self.world.clone();
        Settle::new(world(), world(), world(), world())
    }

    /// One look; none: the worker died.
    pub(in crate::payment) fn try_look(&self) -> Option<Result<Settled, SettleError>> {
        let until = self.now() + SignedDuration::from_secs(20);
        drive(self.worker().settle(&self.pointer, until))
    }

    pub(in crate::payment) fn look(&self) -> Settled {
        self.try_look().unwrap().unwrap()
    }

    /// Looks whenever the payment is due, as the queue and the sweep see to it, until nothing is due for
    /// so long.
    pub(in crate::payment) fn rest(&self, time: SignedDuration) {
        let end = self.now() + time;
        loop {
            let payment = self.payment();
            self.is_watched();
            let due = payment.due_at.filter(|due_at| *due_at <= end);
            let Some(due_at) = due.or(payment.has_evidence().then(|| self.now())) else { break };
            let now = self.now().max(due_at);
            self.world.world().now = now;
            if self.look() == Settled::Nothing {
                // In the hands of one who died: it is due again when the lease is over.
                self.pass(SignedDuration::from_secs(1));
            }
        }
        self.world.world().now = end;
    }

    /// P6: nothing stays open without an entry that brings it back.
    pub(in crate::payment) fn is_watched(&self) {
        let payment = self.payment();
        let is_over = matches!(
            payment.state,
            PaymentState::Voided
                | PaymentState::Expired
                | PaymentState::Captured
                | PaymentState::Refunded
        );
        let waits = payment.capture == CapturePolicy::Manual;
        assert!(is_over || waits || payment.due_at.is_some(), "{:?}", payment.state);
    }

    pub(in crate::payment) fn rows(&self) -> Vec<JournalRow> {
        let payment = self.payment();
        let chain = Chain::of(&self.pointer.tenant, &payment.merchant, &self.pointer.payment);
        self.world.world().book.journal.get(&chain).cloned().unwrap_or_default()
    }

    pub(in crate::payment) fn events(&self) -> Vec<JournalEvent> {
        self.rows().iter().map(|row| row.event_type).collect()
    }

    pub(in crate::payment) fn row(&self, event: JournalEvent) -> JournalRow {
        self.rows().into_iter().find(|row| row.event_type == event).unwrap()
    }

    /// What businesses were told, in order.
    pub(in crate::payment) fn told(&self) -> Vec<(EventType, serde_json::Value)> {
        let world = self.world.world();
        let told = world.timeline.values().filter_map(|entry| match &entry.item {
            TimelineItem::Event { kind, source: EventSource::Inline(data), .. } => {
                Some((*kind, data.clone()))
            }
            _ => None,
        });
        told.collect()
    }

    pub(in crate::payment) fn kinds(&self) -> Vec<EventType> {
        self.told().into_iter().map(|(kind, _)| kind).collect()
    }

    /// What the provider has of the live attempt.
    pub(in crate::payment) fn record(&self) -> Option<PspRecord> {
        let key = self.payment().live().unwrap().key.clone();
        self.world.world().psp.orders.get(&key).cloned()
    }

    /// P3 to P5 and P7: what is told, what is written and what the provider has agree.
    pub(in crate::payment) fn agrees(&self) {
        let payment = self.payment();
        let attempt = payment.live().unwrap();
        let record = self.record();
        let money = record.as_ref().map_or((0, 0), |record| {
            (record.held.get(), record.captured.get() - record.refunded.get())
        });
        let expected = match payment.state {
            PaymentState::Authorized | PaymentState::AckMismatch => (attempt.amount.get(), 0),
            PaymentState::Captured => {
                let refunded = payment.refunded().unwrap().get();
                (0, payment.captured.get() - refunded)
            }
            _ => (0, 0),
        };
        assert_eq!(money, expected, "{:?}", payment.state);
        if attempt.told == Some(Told::Failure) {
            assert_eq!(money, (0, 0), "told failure, and money is there");
        }
        let moves: Vec<_> = self
            .rows()
            .into_iter()
            .filter_map(|row| Some((row.state_from?, row.state_to?)))
            .collect();
        for pair in moves.windows(2) {
            assert_eq!(pair[0].1, pair[1].0, "{moves:?}");
        }
        let last = moves.last().map(|last| last.1.as_str());
        assert!(last.is_none_or(|last| last == payment.state.as_str()), "{moves:?}");
    }
}

/// A day is longer than every pause but the last.
const DAY: SignedDuration = SignedDuration::from_hours(23);
