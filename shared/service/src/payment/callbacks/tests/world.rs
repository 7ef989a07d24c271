//! A customer with a payment in front of them.

use std::time::Duration;

use amb_protocol::{
    apple_pay::{GatewayAnswer, Offer, UpdateAnswer},
    money::Minor,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::super::{
    Call, CallbackError, Callbacks, CheckedToken, RefusedToken, Reply, Said, TokenCheck,
};
use crate::{
    memory::{Memory, drive},
    model::{JournalEvent, JournalRow, Payment, PaymentId, PaymentPointer, PspResult, TenantId},
    payment::capability::{Capability, Step},
    port::{
        Clock as _, Notice, NoticeFault, Psp, PspDone, PspFault, PspOrder, PspToken, Resolution,
    },
    service_key::ServiceKey,
};

/// Takes every token whose signature is not `bad`, for five minutes from when it was signed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cheap;

impl TokenCheck for Cheap {
    fn check(&self, token: &str, now: Timestamp) -> Result<CheckedToken, RefusedToken> {
        let token: Value = serde_json::from_str(token).unwrap();
        let data = &token["paymentData"];
        if data["signature"] == "bad" {
            return Err(RefusedToken { code: "signature_invalid" });
        }
        let signed_at =
            data["signedAt"].as_i64().map_or(now, |at| Timestamp::from_second(at).unwrap());
        let age = signed_at.duration_until(now);
        if age > SignedDuration::from_mins(5) {
            return Err(RefusedToken { code: "stale" });
        }
        if age < SignedDuration::from_secs(-60) {
            return Err(RefusedToken { code: "future" });
        }
        let id = data["header"]["transactionId"].as_str();
        let transaction_id = id.ok_or(RefusedToken { code: "token_format" })?.to_owned();
        Ok(CheckedToken { transaction_id, signed_at })
    }
}

/// The provider, with the time that it takes.
#[derive(Clone, Debug)]
pub(super) struct Provider {
    pub(super) memory: Memory,
    pub(super) takes: Duration,
}

impl Psp for Provider {
    async fn prepare(&self, o: &PspOrder, until: Timestamp) -> Result<Option<String>, PspFault> {
        self.memory.prepare(o, until).await
    }
    async fn authorize(&self, order: &PspOrder, token: &PspToken, until: Timestamp) -> PspResult {
        let result = self.memory.authorize(order, token, until).await;
        self.memory.world().now += self.takes;
        result
    }
    async fn resolve(&self, order: &PspOrder, until: Timestamp) -> Resolution {
        self.memory.resolve(order, until).await
    }
    async fn void(&self, order: &PspOrder, until: Timestamp) -> PspDone {
        self.memory.void(order, until).await
    }
    async fn capture(&self, order: &PspOrder, amount: Minor, until: Timestamp) -> PspDone {
        self.memory.capture(order, amount, until).await
    }
    async fn refund(&self, o: &PspOrder, amount: Minor, key: &str, until: Timestamp) -> PspDone {
        self.memory.refund(o, amount, key, until).await
    }
    fn named(&self, psp: &str, body: &[u8]) -> Option<PaymentId> {
        self.memory.named(psp, body)
    }
    async fn notice(
        &self,
        tenant: &TenantId,
        account: &crate::model::PspAccount,
        headers: &[(String, String)],
        body: &[u8],
        now: Timestamp,
    ) -> Result<Vec<Notice>, NoticeFault> {
        self.memory.notice(tenant, account, headers, body, now).await
    }
}

pub(super) type Served = Callbacks<Memory, Memory, Provider, Memory, Memory, Memory, Cheap>;

pub(super) struct World {
    pub(super) memory: Memory,
    pub(super) callbacks: Served,
    pub(super) pointer: PaymentPointer,
}

pub(super) const TENANT: &str = "ten_aaaaaaaaaaaaaaaaaaaaaaaaaa";

pub(super) fn offer() -> Value {
    json!({
        "merchant": "merchant.com.example.shop", "merchantName": "Example Shop", "country": "US",
        "currency": "USD",
        "lines": [{"label": "Desk", "amount": 5900, "type": "final"}],
        "total": {"label": "Example Shop", "amount": 6399, "type": "final"},
        "shippingMethods": [
            {"identifier": "std", "label": "Standard", "detail": "3 days", "amount": 499},
            {"identifier": "exp", "label": "Express", "detail": "1 day", "amount": 1500},
        ],
        "networks": ["visa"], "capabilities": ["supports3DS"],
        "pricing": {"by": "static", "servable": [{"country": "US"}],
            "taxes": [{"country": "US", "region": "CA", "label": "Tax", "percent": "10"}],
            "surcharges": [{"paymentType": "credit", "label": "Card", "amount": 100}]},
    })
}

impl World {
    pub(super) fn new() -> Self {
        Self::of(offer(), Duration::from_secs(1))
    }

    pub(super) fn of(offer: Value, takes: Duration) -> Self {
        let memory = Memory::new(5);
        let pointer = ask(&memory, TENANT, offer);
        Self::with(memory, pointer, takes)
    }

    pub(super) fn with(memory: Memory, pointer: PaymentPointer, takes: Duration) -> Self {
        let m = || memory.clone();
        let provider = Provider { memory: m(), takes };
        let callbacks = Callbacks::new(m(), m(), provider, m(), m(), m(), Cheap);
        Self { memory, callbacks, pointer }
    }

    /// A second payment in the same world.
    pub(super) fn another(&self, tenant: &str) -> Self {
        let pointer = ask(&self.memory, tenant, offer());
        Self::with(self.memory.clone(), pointer, Duration::from_secs(1))
    }

    pub(super) fn payment(&self) -> Payment {
        self.memory.world().book.payments[&self.pointer].clone()
    }

    pub(super) fn capability(&self, step: Step) -> String {
        let key = ServiceKey::derive(&vec![0x5a; 32].into()).unwrap();
        let expires_at = self.payment().expires_at;
        let url =
            Capability::issue(&key, "https://pay.example.com", &self.pointer, step, expires_at);
        url.rsplit('/').nth(1).unwrap().to_owned()
    }

    pub(super) fn body(&self, payment: &Value) -> Vec<u8> {
        let request = self.pointer.payment.request_identifier();
        let request = request.as_str().to_ascii_uppercase();
        let body = json!({"requestIdentifier": request, "version": 1, "payment": payment});
        body.to_string().into_bytes()
    }

    /// One call, served in a future of its own.
    pub(super) async fn serve(&self, step: Step, body: Vec<u8>) -> Result<Reply, CallbackError> {
        let capability = self.capability(step);
        let call = Call {
            payment: self.pointer.payment.as_str(),
            capability: &capability,
            step,
            began: self.memory.now(),
            id: "req-1",
            body: &body,
        };
        self.callbacks.serve(&call).await
    }

    pub(super) fn call(&self, step: Step, payment: &Value) -> Reply {
        drive(self.serve(step, self.body(payment))).expect("nobody dies").expect("it is answered")
    }

    pub(super) fn pay(&self, token: &str) -> GatewayAnswer {
        paid(&self.call(Step::Gateway, &paying(token)))
    }

    pub(super) fn rows(&self) -> Vec<JournalRow> {
        let world = self.memory.world();
        let rows = world.book.journal.values().flatten();
        rows.filter(|row| row.payment_id.as_ref() == Some(&self.pointer.payment)).cloned().collect()
    }

    pub(super) fn events(&self) -> Vec<JournalEvent> {
        self.rows().iter().map(|row| row.event_type).collect()
    }

    /// What the provider holds in all.
    pub(super) fn held(&self) -> i64 {
        self.memory.world().psp.orders.values().map(|record| record.held.get()).sum()
    }

    pub(super) fn asked(&self) -> usize {
        self.memory.world().psp.asked.len()
    }
}

/// Puts a payment into the world.
fn ask(memory: &Memory, tenant: &str, offer: Value) -> PaymentPointer {
    let offer: Offer = serde_json::from_value(offer).unwrap();
    let now = memory.now();
    let payment = PaymentId::draw(memory);
    let payment: Payment = serde_json::from_value(json!({
        "pointer": {"tenant": tenant, "payment": payment},
        "business": "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002",
        "opaque": "urn:mbid:AQAAYsampleOpaqueIdOfNobody01=",
        "message": "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1004",
        "reference": "order-1001",
        "merchant": offer.merchant,
        "psp": {"kind": "stripe", "secret": "psp"},
        "capture": {"when": "acknowledged", "afterMinutes": 15},
        "timeZone": "Asia/Tokyo",
        "currency": offer.currency,
        "offered": offer.total.amount,
        "state": "open",
        "quotes": [{"seq": 0, "inputs": {}, "total": offer.total.amount, "tax": 0, "shipping": 499,
            "source": "offer"}],
        "createdAt": now,
        "expiresAt": now + Payment::LIFE,
        "revision": 1,
    }))
    .unwrap();
    let pointer = payment.pointer.clone();
    let book = &mut memory.world().book;
    book.offers.insert(pointer.clone(), offer);
    book.payments.insert(pointer.clone(), payment);
    pointer
}

/// What a device sends to pay with.
pub(super) fn paying(token: &str) -> Value {
    json!({
        "billingContact": {"countryCode": "us", "postalCode": "95014", "familyName": "c4n4ry"},
        "shippingContact": {"countryCode": "us", "administrativeArea": "OR", "postalCode": "97477",
            "familyName": "c4n4ry", "addressLines": ["1 c4n4ry Street"]},
        "shippingMethod": {"identifier": "std", "label": "Free", "amount": "-9999", "type": "Final"},
        "paymentToken": {"transactionIdentifier": token, "paymentData":
            {"version": "EC_v1", "data": "c4n4ry", "signature": "good", "header": {"transactionId": token}}},
    })
}

pub(super) fn paid(reply: &Reply) -> GatewayAnswer {
    match &reply.said {
        Said::Paid(answer) => answer.clone(),
        other => panic!("{other:?}"),
    }
}

pub(super) fn priced(reply: &Reply) -> UpdateAnswer {
    match &reply.said {
        Said::Priced(answer) => answer.clone(),
        other => panic!("{other:?}"),
    }
}
