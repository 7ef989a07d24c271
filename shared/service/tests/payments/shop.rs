//! A shop with payments, everybody who acts on them, and what they remember.

use std::{collections::BTreeMap, time::Duration};

use amb_protocol::{apple_pay::Offer, money::Minor};
use amb_service::{
    memory::{Memory, drive},
    model::{
        Attempt, CapturePolicy, Payment, PaymentId, PaymentPointer, PaymentState, PspResult, Seen,
        TenantId, TimelineItem, TokenHash, Told,
    },
    payment::{
        ask::{self, Asker},
        callbacks::{Call, Callbacks, CheckedToken, RefusedToken, Said, TokenCheck},
        capability::{Capability, Step},
        evidence::keep_reply,
        settle::Settle,
    },
    port::{Clock, Entropy, SettlementQueue},
    service_key::ServiceKey,
    sweep::Sweep,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::device::{Sent, Sheet};

/// The visibility timeout of the settlements queue in the template.
const VISIBILITY: Duration = Duration::from_secs(180);

/// More looks than a shop's payments can need at one time.
const MANY: usize = 1_000;

/// Whose payments these are.
pub(super) const BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002";

/// Longer than any of the pauses, shorter than a payment that nobody settles is watched.
const RECOVERY: SignedDuration = SignedDuration::from_hours(10 * 24);

/// Takes tokens for five minutes after they were signed.
#[derive(Clone, Copy, Debug)]
struct Tokens;

impl TokenCheck for Tokens {
    fn check(&self, token: &str, now: Timestamp) -> Result<CheckedToken, RefusedToken> {
        let token: Value = serde_json::from_str(token).map_err(|_fault| malformed())?;
        let header = &token["paymentData"]["header"];
        let id = header["transactionId"].as_str().ok_or_else(malformed)?.to_owned();
        let signed_at = Timestamp::from_second(header["signedAt"].as_i64().ok_or_else(malformed)?);
        let signed_at = signed_at.map_err(|_fault| malformed())?;
        if signed_at.duration_until(now) > SignedDuration::from_mins(5) {
            return Err(RefusedToken { code: "stale" });
        }
        Ok(CheckedToken { transaction_id: id, signed_at })
    }
}

fn malformed() -> RefusedToken {
    RefusedToken { code: "token_format" }
}

/// A process whose clock is wrong.
#[derive(Clone)]
struct Skewed(Memory, SignedDuration);

impl Clock for Skewed {
    fn now(&self) -> Timestamp {
        self.0.now() + self.1
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }
}

impl Entropy for Skewed {
    fn fill(&self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }
}

/// What a device was told of a token, every time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard {
    pub(crate) answers: Vec<String>,
}

/// Everybody, and what they remember.
pub(crate) struct Shop {
    pub(crate) world: Memory,
    /// How wrong the clock is of whoever settles next.
    pub(crate) worker_skew: SignedDuration,
    pub(crate) tenant: TenantId,
    pub(crate) payments: Vec<PaymentPointer>,
    /// By payment and token.
    pub(crate) heard: BTreeMap<(PaymentPointer, String), Heard>,
    /// Attempts whose customer saw something else, before anybody began to capture: behind how many of
    /// the payment's rows.
    pub(crate) denied: BTreeMap<(PaymentPointer, u32), usize>,
    pub(crate) faults_met: usize,
    /// How wrong the clock is of whoever serves the next device.
    pub(crate) skew: SignedDuration,
    /// What is open on the devices, by number.
    pub(crate) sheets: BTreeMap<usize, Sheet>,
    /// By payment and token.
    pub(crate) sent: BTreeMap<(PaymentPointer, String), Sent>,
    tokens: u64,
    replies: i64,
    key: ServiceKey,
}

impl Shop {
    pub(crate) fn new(seed: u64) -> Self {
        let world = Memory::new(seed);
        let tenant = TenantId::draw(&world);
        let key = ServiceKey::derive(&vec![0x5a; 32].into()).unwrap();
        super::notices::business(&world, &tenant);
        Self {
            world,
            tenant,
            payments: Vec::new(),
            heard: BTreeMap::new(),
            denied: BTreeMap::new(),
            worker_skew: SignedDuration::ZERO,
            faults_met: 0,
            skew: SignedDuration::ZERO,
            sheets: BTreeMap::new(),
            sent: BTreeMap::new(),
            tokens: 0,
            replies: 0,
            key,
        }
    }

    /// Somebody is asked for money; answers the payment's place.
    pub(crate) fn ask(&mut self, capture: CapturePolicy) -> usize {
        let number = self.payments.len();
        let offer: Offer = serde_json::from_value(json!({
            "merchant": "merchant.com.example.shop", "merchantName": "Example Shop",
            "country": "US", "currency": "USD",
            "lines": [{"label": "Desk", "amount": 5900 + number, "type": "final"}],
            "total": {"label": "Example Shop", "amount": 6399 + number, "type": "final"},
            "shippingMethods": [
                {"identifier": "std", "label": "Standard", "detail": "3 days", "amount": 499},
                {"identifier": "exp", "label": "Express", "detail": "1 day", "amount": 1500}],
            "networks": ["visa"], "capabilities": ["supports3DS"],
            "pricing": {"by": "static", "servable": [{"country": "US"}],
                "taxes": [{"country": "US", "region": "CA", "label": "Tax", "percent": "8.25"}]},
        }))
        .unwrap();
        let now = self.world.now();
        let payment = PaymentId::draw(&self.world);
        let payment: Payment = serde_json::from_value(json!({
            "pointer": {"tenant": self.tenant, "payment": payment},
            "business": BUSINESS,
            "opaque": "urn:mbid:AQAAYsampleOpaqueIdOfNobody01=",
            "message": "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1004",
            "merchant": offer.merchant,
            "psp": {"kind": "stripe", "secret": "psp"},
            "capture": capture,
            "timeZone": "America/New_York",
            "currency": offer.currency,
            "offered": offer.total.amount,
            "state": "open",
            "quotes": [{"seq": 0, "inputs": {}, "total": offer.total.amount, "tax": 0,
                "shipping": 499, "source": "offer"}],
            "createdAt": now,
            "expiresAt": now + Payment::LIFE,
            "dueAt": now + Payment::LIFE,
            "revision": 1,
        }))
        .unwrap();
        let pointer = payment.pointer.clone();
        let mut world = self.world.world();
        world.book.offers.insert(pointer.clone(), offer);
        world.book.payments.insert(pointer.clone(), payment);
        drop(world);
        self.payments.push(pointer);
        number
    }

    /// A card is held to the device: a token of its own, signed now.
    pub(crate) fn token(&mut self) -> (String, Timestamp) {
        self.tokens += 1;
        (format!("{:064x}", self.tokens), self.world.now())
    }

    /// The device tells what it showed; `more` is added to the true total.
    pub(crate) fn track(&mut self, number: usize, more: i64) -> Option<()> {
        let payment = self.payment(number);
        let total = payment.live().map_or(payment.offered, |attempt| attempt.amount);
        let shown = Minor::new(total.get() + more).to_decimal(payment.currency);
        let items = json!({"summaryItems": [{"label": "Example Shop", "amount": shown}]});
        self.call(number, Step::OrderTracking, &items)?;
        if more != 0 {
            self.note_denial(number);
        }
        Some(())
    }

    /// The customer's reply arrives through the conversation: the stream brings it until it is there. No
    /// two arrive in the same millisecond.
    pub(crate) fn reply(&mut self, number: usize, state: &str) {
        let (pointer, payment) = (self.payments[number].clone(), self.payment(number));
        self.replies += 1;
        let at = self.world.now() + self.skew + SignedDuration::from_millis(self.replies);
        let seen = Seen { at, state: Some(state.to_owned()) };
        let customer = (&payment.business, &payment.opaque);
        for _ in 0..4 {
            let kept = drive(keep_reply(&self.world, &pointer, customer, &seen));
            if !matches!(kept, Some(Ok(true))) {
                continue;
            }
            if seen.denies() {
                self.note_denial(number);
            }
            if let Some(Ok(())) = drive(self.world.enqueue_settlement(&pointer, Duration::ZERO)) {
                return;
            }
        }
    }

    /// From now on, nothing is captured that nobody asks for: it is of the attempt that is live now,
    /// whatever anybody's clock says.
    fn note_denial(&mut self, number: usize) {
        let payment = self.payment(number);
        let is_open = !matches!(
            payment.state,
            PaymentState::Capturing | PaymentState::Captured | PaymentState::Refunded
        );
        let Some(attempt) = payment.live().filter(|_| is_open) else { return };
        let rows = self.rows_of(&payment.pointer);
        self.denied.entry((payment.pointer.clone(), attempt.no)).or_insert(rows);
    }

    fn rows_of(&self, pointer: &PaymentPointer) -> usize {
        let world = self.world.world();
        let rows = world.book.journal.values().flatten();
        rows.filter(|row| row.payment_id.as_ref() == Some(&pointer.payment)).count()
    }

    pub(crate) fn call(&mut self, number: usize, step: Step, payment: &Value) -> Option<Said> {
        let pointer = self.payments[number].clone();
        let request = pointer.payment.request_identifier();
        let body = json!({"requestIdentifier": request.as_str(), "version": 1, "payment": payment});
        let body = body.to_string().into_bytes();
        let expires_at = self.payment(number).expires_at;
        let url =
            Capability::issue(&self.key, "https://pay.example.com", &pointer, step, expires_at);
        let capability = url.rsplit('/').nth(1)?;
        let call = Call {
            payment: pointer.payment.as_str(),
            capability,
            step,
            began: self.world.now() + self.skew,
            id: "req",
            body: &body,
        };
        let w = || self.world.clone();
        let clock = Skewed(w(), self.skew);
        let callbacks = Callbacks::new(w(), w(), w(), w(), w(), clock, Tokens);
        drive(callbacks.serve(&call))?.ok().map(|reply| reply.said)
    }

    /// The business asks for the money; `part` of it, in cents.
    pub(crate) fn capture(&mut self, number: usize, part: Option<i64>) {
        let part = part.map(|part| Minor::new(part).to_decimal(self.payment(number).currency));
        let id = self.payments[number].payment.clone();
        let asker = Asker { tenant: &self.tenant, actor: "key" };
        let w = &self.world;
        drive(ask::capture(w, w, w, asker, &id, part.as_deref()));
    }

    /// The business lets it go.
    pub(crate) fn void(&mut self, number: usize) {
        let id = self.payments[number].payment.clone();
        let asker = Asker { tenant: &self.tenant, actor: "key" };
        let w = &self.world;
        drive(ask::void(w, w, w, asker, &id));
    }

    /// The business gives it back; `part` of it, in cents.
    pub(crate) fn refund(&mut self, number: usize, part: Option<i64>, key: &str) {
        let part = part.map(|part| Minor::new(part).to_decimal(self.payment(number).currency));
        let id = self.payments[number].payment.clone();
        let asker = Asker { tenant: &self.tenant, actor: "key" };
        let w = &self.world;
        drive(ask::refund(w, w, w, asker, &id, part.as_deref(), key));
    }

    /// What the provider holds runs out there, and its notice of that is kept.
    pub(crate) fn run_out(&mut self, number: usize) {
        let mut world = self.world.world();
        let now = world.now;
        let payment = world.book.payments.get_mut(&self.payments[number]).unwrap();
        let Some(attempt) = payment.live().filter(|_| payment.state == PaymentState::Authorized)
        else {
            return;
        };
        let (key, of) =
            (attempt.key.clone(), attempt.result.as_ref().and_then(|it| it.reference()));
        let ending = json!(
            {"change": "void", "reference": "ran out", "of": of, "isDone": true});
        payment.endings.push(serde_json::from_value(ending).unwrap());
        payment.due_at = Some(now);
        payment.revision += 1;
        world.psp.orders.get_mut(&key).unwrap().held = Minor::ZERO;
    }

    /// A worker takes every visible message of the settlements queue; whether there was one. Time stands
    /// still meanwhile: a payment that is put back for now, again and again, would keep it for ever.
    pub(crate) fn settle(&mut self) -> bool {
        let mut looks = 0;
        loop {
            let received = {
                let mut world = self.world.world();
                let now = world.now;
                world.settlement_queue.receive(now, VISIBILITY)
            };
            let Some(received) = received else { return looks > 0 };
            looks += 1;
            assert!(looks < MANY, "payments are put on the queue again without a pause");
            let w = || self.world.clone();
            let clock = Skewed(w(), self.worker_skew);
            let until = clock.now() + SignedDuration::from_secs(20);
            let settle = Settle::new(w(), w(), w(), clock);
            if let Some(Ok(_)) = drive(settle.settle(&received.item, until)) {
                self.world.world().settlement_queue.delete(received.handle);
            }
        }
    }

    pub(crate) fn sweep(&mut self) {
        let w = || self.world.clone();
        let _ended_early = drive(Sweep::new(w(), w(), w()).sweep());
    }

    pub(crate) fn wait(&mut self, duration: SignedDuration) {
        self.world.world().now += duration;
    }

    /// Queue and sweep run without any fault until nothing is owed.
    pub(crate) fn recover(&mut self) {
        {
            let mut world = self.world.world();
            let calls = world.faults.calls.len();
            self.faults_met += [world.faults.at, world.faults.then]
                .into_iter()
                .flatten()
                .filter(|(at, _)| *at < calls)
                .count();
            // Later faults fall into the recovery, once.
            world.psp.land();
        }
        (self.skew, self.worker_skew) = (SignedDuration::ZERO, SignedDuration::ZERO);
        let end = self.world.now() + RECOVERY;
        while self.world.now() < end {
            while self.settle() || self.hear_of_failures() {}
            self.sweep();
            while self.settle() || self.hear_of_failures() {}
            let next = {
                let world = self.world.world();
                let due = world.book.payments.values().filter_map(|payment| payment.due_at).min();
                let visible = world.settlement_queue.next_visible_at();
                due.into_iter().chain(visible).min()
            };
            let Some(next) = next else { return };
            let mut world = self.world.world();
            // The sweep comes once a minute.
            world.now = next.max(world.now + SignedDuration::from_secs(60));
        }
    }

    pub(crate) fn calls(&self) -> usize {
        self.world.world().faults.calls.len()
    }

    pub(crate) fn payment(&self, number: usize) -> Payment {
        self.world.world().book.payments[&self.payments[number]].clone()
    }

    pub(crate) fn state(&self, number: usize) -> PaymentState {
        self.payment(number).state
    }
}

/// Worlds in which one promise is broken.
impl Shop {
    pub(crate) fn hold_twice(&mut self) {
        let mut world = self.world.world();
        let mut other = world.psp.orders.values().next().unwrap().clone();
        other.held = other.asked;
        world.psp.orders.insert("another key".to_owned(), other);
    }

    pub(crate) fn tell_another_story(&mut self) {
        let heard = self.heard.values_mut().next().unwrap();
        heard.answers.push("another".to_owned());
    }

    pub(crate) fn fail_what_is_paid(&mut self) {
        let mut world = self.world.world();
        let payment = world.book.payments.values_mut().next().unwrap();
        payment.attempts.last_mut().unwrap().told = Some(Told::Failure);
    }

    pub(crate) fn pass_over_a_denial(&mut self) {
        self.denied.insert((self.payments[0].clone(), 1), 0);
    }

    pub(crate) fn leave_a_reply_unread(&mut self) {
        let seen = Seen { at: self.world.now(), state: Some("declined".to_owned()) };
        self.world.world().book.replies.insert(self.payments[0].clone(), seen);
    }

    pub(crate) fn lose_the_money(&mut self) {
        let mut world = self.world.world();
        let record = world.psp.orders.values_mut().next().unwrap();
        (record.held, record.captured) = (Minor::ZERO, Minor::ZERO);
    }

    pub(crate) fn forget_the_capture(&mut self) {
        let mut world = self.world.world();
        let payment = world.book.payments.values_mut().next().unwrap();
        payment.state = PaymentState::Failed;
    }

    pub(crate) fn leave_in_doubt(&mut self) {
        let mut world = self.world.world();
        let payment = world.book.payments.values_mut().next().unwrap();
        payment.state = PaymentState::Unknown;
    }

    pub(crate) fn tear_a_row_out(&mut self) {
        let mut world = self.world.world();
        let rows = world.book.journal.values_mut().find(|rows| rows.len() > 2).unwrap();
        rows.remove(1);
    }

    pub(crate) fn ask_without_a_claim(&mut self) {
        let token = TokenHash::of("never claimed");
        let merchant = self.payment(0).merchant;
        self.world.world().psp.asked.push(Attempt::key("auth", &merchant, &token));
    }

    pub(crate) fn charge_another_amount(&mut self) {
        let mut world = self.world.world();
        let payment = world.book.payments.values_mut().next().unwrap();
        let attempt = payment.attempts.last_mut().unwrap();
        attempt.amount = Minor::new(attempt.amount.get() + 1);
        if let Some(PspResult::Approved { amount, .. }) = &mut attempt.result {
            *amount = attempt.amount;
        }
    }

    pub(crate) fn tell_twice(&mut self) {
        let mut world = self.world.world();
        let told = world.timeline.iter().find(|(_, entry)| {
            matches!(&entry.item, TimelineItem::Event { kind, .. } if kind.as_str().starts_with("payment."))
        });
        let ((tenant, stream, seq), entry) =
            told.map(|(key, entry)| (key.clone(), entry.clone())).unwrap();
        world.timeline.insert((tenant, stream, seq + 1_000), entry);
    }
}
