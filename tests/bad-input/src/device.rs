//! `apple-pay`, and a customer with a payment in front of them.

use amb_lambda::{answer::Answer, http_event::Request, telemetry::LogHash};
use amb_protocol::{apple_pay::Offer, id::RequestIdentifier};
use amb_service::{
    memory::Memory,
    model::{Payment, PaymentId, PaymentPointer},
    payment::{
        callbacks::{Callbacks, CheckedToken, RefusedToken, TokenCheck},
        capability::{Capability, Step},
        notice::Notices,
    },
};
use amb_support::{
    account::{self, TENANT},
    canary::CANARY,
    gateway_event::GatewayEvent,
    vectors::{BUSINESS, CUSTOMER},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{Expected, Outcome, Row, function::forbidden};

/// The bubble of the payment.
const REQUEST: &str = "c0ffee00-0000-4000-8000-00000000000a";

/// Far away, so that the samples' addresses hold.
const EXPIRES_AT: &str = "2099-12-31T00:00:00Z";

/// Takes every token that has a transaction id.
#[derive(Clone, Copy, Debug)]
struct Believer;

impl TokenCheck for Believer {
    fn check(&self, token: &str, now: Timestamp) -> Result<CheckedToken, RefusedToken> {
        let token: Value = serde_json::from_str(token).unwrap_or_default();
        let id = token.pointer("/paymentData/header/transactionId").and_then(Value::as_str);
        let id = id.ok_or(RefusedToken { code: "token_format" })?;
        Ok(CheckedToken { transaction_id: id.to_owned(), signed_at: now })
    }
}

type Ports = apple_pay::ApplePay<Memory, Memory, Memory, Memory, Memory, Memory, Believer>;

/// `apple-pay`, one instance of it.
#[derive(Debug)]
pub struct ApplePay {
    /// The world it works in.
    pub world: Memory,
    /// The payment.
    pub pointer: PaymentPointer,
    function: Ports,
}

impl Default for ApplePay {
    fn default() -> Self {
        Self::of(TENANT, REQUEST, offer())
    }
}

impl ApplePay {
    /// A cold instance in a world of its own, with this payment of this tenant.
    pub fn of(tenant: &str, request: &str, offer: Value) -> Self {
        Self::within(account::seeded(), tenant, request, offer)
    }

    /// The same in this world.
    pub fn within(world: Memory, tenant: &str, request: &str, offer: Value) -> Self {
        let pointer = ask(&world, tenant, request, offer);
        let w = || world.clone();
        let callbacks = Callbacks::new(w(), w(), w(), w(), w(), w(), Believer);
        let notices = Notices::new(w(), w(), w(), w());
        let log = LogHash::for_deployment("test");
        let function = Ports::new(w(), callbacks, notices, w(), log);
        Self { world, pointer, function }
    }

    /// The address of a step, from the root.
    pub fn path(&self, step: Step) -> String {
        let key = account::service_key();
        let expires_at = EXPIRES_AT.parse().unwrap_or_default();
        Capability::issue(&key, "", &self.pointer, step, expires_at)
    }

    /// A device's call with this `payment`.
    pub fn event(&self, step: Step, payment: &Value) -> GatewayEvent {
        self.call(step, &self.body(payment))
    }

    /// A device's call with this body.
    pub fn call(&self, step: Step, body: &Value) -> GatewayEvent {
        GatewayEvent::new(if step == Step::Fallback { "GET" } else { "POST" }, &self.path(step))
            .header("content-type", "application/json")
            .plain(body.to_string())
    }

    /// What a device sends around `payment`.
    pub fn body(&self, payment: &Value) -> Value {
        let request = self.pointer.payment.request_identifier();
        json!({"requestIdentifier": request.as_str(), "version": 1, "payment": payment})
    }

    /// Sends a request, and takes down what it comes to.
    pub fn send(&self, event: &GatewayEvent) -> Outcome {
        let mut forbidden = forbidden(event);
        forbidden.push(self.pointer.payment.to_string());
        let code = self.path(Step::Gateway).split('.').next_back().map(str::to_owned);
        forbidden.extend(code.and_then(|code| Some(code.split('/').next()?.to_owned())));
        Outcome::of(&self.world, "apple-pay", forbidden, || self.serve(event.request()))
    }

    /// Sends a request that was read elsewhere; these words may come out nowhere.
    pub fn send_request(&self, request: Request, forbidden: Vec<String>) -> Outcome {
        Outcome::of(&self.world, "apple-pay", forbidden, || self.serve(request))
    }

    /// Sends a request and answers; nothing is taken down.
    pub async fn serve(&self, request: Request) -> Answer {
        self.function.serve(request).await
    }

    /// What a device sends to pay with.
    pub fn paying(token: &str) -> Value {
        json!({
            "billingContact": contact(), "shippingContact": contact(),
            "shippingMethod": {"identifier": "std", "label": "Standard", "detail": "3 days",
                "amount": "4.99", "type": "Final"},
            "paymentToken": {"transactionIdentifier": token, "paymentData": {"version": "EC_v1",
                "data": CANARY, "signature": CANARY, "header": {"transactionId": token}}},
        })
    }
}

/// A contact whose every text is somebody's.
pub(crate) fn contact() -> Value {
    json!({"countryCode": "us", "administrativeArea": "OR", "postalCode": "97477",
        "givenName": CANARY, "familyName": CANARY, "emailAddress": format!("{CANARY}@example.com"),
        "phoneNumber": CANARY, "addressLines": [format!("1 {CANARY} St")]})
}

fn offer() -> Value {
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
        "pricing": {"by": "static", "servable": [{"country": "US"}]},
    })
}

/// Puts the payment into the world.
#[expect(clippy::expect_used, reason = "what is written here is a payment")]
fn ask(world: &Memory, tenant: &str, request: &str, offer: Value) -> PaymentPointer {
    let request = RequestIdentifier::parse(request).expect("a request");
    let payment = PaymentId::of(&request).expect("a UUID");
    let offer: Offer = serde_json::from_value(offer).expect("an offer");
    let now = world.world().now;
    let payment: Payment = serde_json::from_value(json!({
        "pointer": {"tenant": tenant, "payment": payment},
        "business": BUSINESS, "opaque": CUSTOMER, "message": REQUEST,
        "merchant": offer.merchant,
        "psp": {"kind": "stripe", "secret": "psp"},
        "capture": {"when": "acknowledged", "afterMinutes": 15},
        "timeZone": "America/Los_Angeles", "currency": offer.currency,
        "offered": offer.total.amount, "state": "open",
        "quotes": [{"seq": 0, "inputs": {}, "total": offer.total.amount, "tax": 0, "shipping": 499,
            "source": "offer"}],
        "createdAt": now, "expiresAt": EXPIRES_AT, "revision": 1,
    }))
    .expect("a payment");
    let pointer = payment.pointer.clone();
    let book = &mut world.world().book;
    book.offers.insert(pointer.clone(), offer);
    book.payments.insert(pointer.clone(), payment);
    pointer
}

impl Row {
    /// One call of a device to a cold instance. `change` has the last word on the event.
    pub fn device(
        &mut self,
        case: &str,
        (step, payment): (Step, &Value),
        change: impl FnOnce(GatewayEvent) -> GatewayEvent,
        expected: Expected,
    ) -> Outcome {
        let function = ApplePay::default();
        let outcome = function.send(&change(function.event(step, payment)));
        self.check(case, &outcome, expected);
        outcome
    }
}
