//! A payment's bubble leaves: with a session of Apple's and the addresses that the device calls.

use amb_protocol::{
    compose::{Composing, ContentType, Draft, MerchantDefaults, Need, compose},
    id::RequestIdentifier,
    rules::RulePack,
};
use amb_service::{
    memory::{Memory, drive},
    model::{
        DeclineClass, FailureCode, JournalEvent, MerchantSettings, OutboundMessage,
        OutboundPointer, OutboundStatus, Payment, PaymentId, PaymentPointer, PaymentState,
    },
    payment::{offering, opening::Opening},
    port::{MerchantSession, MerchantSessions, SessionAsk, SessionError},
    relay::Relayed,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::scene::{Scene, json_of, only};

const BASE: &str = "https://pay.example.com";
const REQUEST: &str = "c0ffee00-0000-4000-8000-00000000000a";

fn content() -> Value {
    json!({"currencyCode": "USD", "lineItems": [{"label": "Desk", "amount": "199.00"}],
        "title": "Your desk", "reference": "order-1001"})
}

/// A shop that asks its customer for a payment.
struct Shop {
    scene: Scene,
    pointer: OutboundPointer,
}

impl Shop {
    fn asks(content: &Value) -> Self {
        let mut scene = Scene::new("");
        let settings = settings(&scene);
        let merchant = MerchantDefaults::from(&settings);
        let request_identifier = RequestIdentifier::parse(REQUEST).unwrap();
        let how = Composing {
            pack: RulePack::latest(),
            truncate: false,
            request_identifier: &request_identifier,
            merchant: Some(&merchant),
        };
        let draft = compose(ContentType::Payment, content, "/content", &how).unwrap().draft;
        let pending = pending(&draft);
        let pointer = scene.send(only(ContentType::Payment, vec![draft]));
        let message = scene.message(&pointer);
        let payment = PaymentId::of(&request_identifier).unwrap();
        let mut world = scene.world.world();
        let asked = offering::asked(&pending, &settings, &payment, &message, world.now).unwrap();
        let place = (settings.tenant.clone(), settings.business.clone());
        world.book.merchants.insert(place, settings);
        if pending.is_ours() {
            let pointer = asked.payment.pointer.clone();
            world.book.offers.insert(pointer.clone(), asked.offer);
            world.book.payments.insert(pointer, asked.payment);
        }
        drop(world);
        Self { scene, pointer }
    }

    fn world(&self) -> Memory {
        self.scene.world.clone()
    }

    /// One round of the queue.
    fn round_with<M: MerchantSessions>(&self, sessions: M) -> Relayed {
        let w = || self.world();
        let opening = Opening::new(w(), sessions, w(), w(), w(), BASE.to_owned());
        let worker = self.scene.worker().with_payments(opening);
        let relayed = drive(worker.relay(&self.pointer)).unwrap().unwrap();
        if let Relayed::Again(pause) = relayed {
            self.scene.world.world().now += pause;
        }
        relayed
    }

    fn round(&self) -> Relayed {
        self.round_with(self.world())
    }

    fn message(&self) -> OutboundMessage {
        self.scene.message(&self.pointer)
    }

    fn payment(&self) -> Payment {
        let payment = PaymentId::of(&RequestIdentifier::parse(REQUEST).unwrap()).unwrap();
        let pointer = PaymentPointer { tenant: self.pointer.tenant.clone(), payment };
        self.scene.world.world().book.payments[&pointer].clone()
    }

    fn journal(&self) -> Vec<JournalEvent> {
        let world = self.scene.world.world();
        world.book.journal.values().flatten().map(|row| row.event_type).collect()
    }

    /// `data.payment` of every message that Apple was sent.
    fn sent(&self) -> Vec<Value> {
        let calls = self.scene.calls();
        let whole = calls.iter().map(|call| json_of(&call.message));
        whole.map(|whole| whole["interactiveData"]["data"]["payment"].clone()).collect()
    }

    fn failure(&self) -> (FailureCode, String) {
        match self.message().status {
            OutboundStatus::Failed { code, detail } => (code, detail.unwrap_or_default()),
            other => unreachable!("{other:?}"),
        }
    }
}

fn pending(draft: &Draft) -> amb_protocol::compose::PendingPayment {
    match draft.needs.last() {
        Some(Need::Payment(pending)) => (**pending).clone(),
        other => unreachable!("{other:?}"),
    }
}

fn settings(scene: &Scene) -> MerchantSettings {
    serde_json::from_value(json!({
        "tenant": scene.tenant(), "business": "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002",
        "merchant": "merchant.com.example.shop", "displayName": "Example Shop", "country": "US",
        "identity": "apple-pay", "psp": {"kind": "stripe", "secret": "stripe"},
        "networks": ["visa"], "capabilities": ["supports3DS"], "timeZone": "Asia/Tokyo",
        "updatedAt": "2026-11-21T12:00:00Z", "revision": 1,
    }))
    .unwrap()
}

#[test]
fn ap17_the_session_comes_first_and_names_the_very_gateway_that_the_message_names() {
    let shop = Shop::asks(&content());
    assert_eq!(shop.round(), Relayed::Finished);
    assert_eq!(shop.message().status, OutboundStatus::AcceptedByApple);
    let [payment] = shop.sent().try_into().unwrap();
    let endpoints = payment["endpoints"].as_object().unwrap();
    let gateway = &endpoints["paymentGatewayUrl"];
    assert_eq!(&payment["merchantSession"]["initiativeContext"], gateway);
    let kept = shop.payment();
    let begins = format!("{BASE}/pay/{}/", kept.pointer.payment);
    let ends = [
        "gateway",
        "payment-method",
        "shipping-contact",
        "shipping-method",
        "order-tracking",
        "fallback",
    ];
    assert_eq!(endpoints.len(), ends.len());
    for (url, end) in endpoints.values().zip(ends) {
        let url = url.as_str().unwrap();
        assert!(url.starts_with(&begins) && url.ends_with(&format!("/{end}")), "{url}");
    }
    assert!(kept.sent_at.is_some());
    assert_eq!(kept.state, PaymentState::Open);
    assert_eq!(shop.journal(), [JournalEvent::SessionCreated, JournalEvent::OfferSent]);
    assert_eq!(payment["paymentRequest"]["total"]["amount"], "199.00");
}

#[test]
fn f120_every_attempt_to_send_takes_a_session_of_its_own() {
    let shop = Shop::asks(&content());
    shop.scene.apple([500, 200]);
    assert!(matches!(shop.round(), Relayed::Again(_)));
    assert_eq!(shop.round(), Relayed::Finished);
    let sessions: Vec<_> = shop
        .sent()
        .iter()
        .map(|payment| payment["merchantSession"]["merchantSessionIdentifier"].clone())
        .collect();
    assert_eq!(sessions, ["PSH1", "PSH2"]);
    let events =
        [JournalEvent::SessionCreated, JournalEvent::OfferSent, JournalEvent::SessionCreated];
    assert_eq!(shop.journal(), events);
    let ids: Vec<_> = shop.scene.calls().iter().map(|call| call.message.id).collect();
    assert_eq!(ids[0], ids[1]);
}

/// Apple's sessions, with another end.
struct Ending(Memory, SignedDuration);

impl MerchantSessions for Ending {
    async fn merchant_session(
        &self,
        ask: &SessionAsk<'_>,
    ) -> Result<MerchantSession, SessionError> {
        let session = self.0.merchant_session(ask).await?;
        Ok(MerchantSession { expires_at: self.0.world().now + self.1, ..session })
    }
}

#[test]
fn f120_a_session_that_ends_within_a_minute_is_not_sent() {
    let shop = Shop::asks(&content());
    let ending = Ending(shop.world(), SignedDuration::from_secs(59));
    assert_eq!(shop.round_with(ending), Relayed::Finished);
    assert_eq!(shop.failure().0, FailureCode::PaymentSession);
    assert!(shop.sent().is_empty());
    assert_eq!(shop.payment().state, PaymentState::Expired);
    let shop = Shop::asks(&content());
    let ending = Ending(shop.world(), SignedDuration::from_secs(61));
    assert_eq!(shop.round_with(ending), Relayed::Finished);
    assert_eq!(shop.message().status, OutboundStatus::AcceptedByApple);
}

#[test]
fn what_apple_refuses_a_session_for_is_told_to_the_business_and_nobody_can_pay() {
    let shop = Shop::asks(&content());
    let refusal = SessionError::Refused { status: 417, message: Some("x".repeat(500)) };
    shop.scene.world.world().pay.refusals.push_back(refusal);
    assert_eq!(shop.round(), Relayed::Finished);
    let (code, detail) = shop.failure();
    assert_eq!(code, FailureCode::PaymentSession);
    assert!(detail.starts_with("Apple refused a session with 417 xxx"), "{detail}");
    assert!(detail.len() < 250);
    let payment = shop.payment();
    assert_eq!((payment.state, payment.due_at), (PaymentState::Expired, None));
    assert_eq!(shop.journal(), [JournalEvent::Expired]);
}

#[test]
fn what_apple_may_have_taken_before_can_still_be_paid() {
    let shop = Shop::asks(&content());
    shop.scene.apple([500]);
    assert!(matches!(shop.round(), Relayed::Again(_)));
    let refusal = SessionError::Refused { status: 417, message: None };
    shop.scene.world.world().pay.refusals.push_back(refusal);
    assert_eq!(shop.round(), Relayed::Finished);
    assert_eq!(shop.message().status, OutboundStatus::Unknown);
    assert_eq!(shop.payment().state, PaymentState::Open);
}

#[test]
fn a_session_that_cannot_be_had_now_is_asked_for_again() {
    let shop = Shop::asks(&content());
    shop.scene.world.world().pay.refusals.push_back(SessionError::Unavailable);
    assert!(matches!(shop.round(), Relayed::Again(_)));
    assert!(shop.sent().is_empty());
    assert_eq!(shop.round(), Relayed::Finished);
    assert_eq!(shop.sent().len(), 1);
}

#[test]
fn the_providers_own_object_is_made_once_and_before_the_bubble_leaves() {
    let shop = Shop::asks(&content());
    shop.scene.world.world().psp.makes_intents = true;
    shop.scene.apple([500, 200]);
    assert!(matches!(shop.round(), Relayed::Again(_)));
    let intent = shop.payment().intent;
    assert!(intent.is_some());
    assert_eq!(shop.round(), Relayed::Finished);
    assert_eq!(shop.payment().intent, intent);
    let world = shop.scene.world.world();
    let prepared = world.faults.calls.iter().filter(|call| **call == "Psp::prepare").count();
    assert_eq!(prepared, 1);
}

#[test]
fn a_provider_that_has_no_time_is_asked_again_and_one_that_refuses_is_not() {
    for (class, is_sent) in [
        (DeclineClass::RateLimited, true),
        (DeclineClass::Unreachable, true),
        (DeclineClass::Configuration, false),
    ] {
        let shop = Shop::asks(&content());
        shop.scene.world.world().psp.refuses.push_back(class);
        let first = shop.round();
        if is_sent {
            assert!(matches!(first, Relayed::Again(_)), "{class:?}");
            assert_eq!(shop.round(), Relayed::Finished);
            assert_eq!(shop.message().status, OutboundStatus::AcceptedByApple);
        } else {
            assert_eq!(first, Relayed::Finished);
            let (code, detail) = shop.failure();
            assert_eq!(code, FailureCode::PaymentSession);
            assert!(detail.ends_with(class.as_str()), "{detail}");
            assert_eq!(shop.payment().state, PaymentState::Expired);
        }
    }
}

#[test]
fn lc04_an_address_of_the_businesss_own_takes_the_place_of_ours() {
    let mut content = content();
    content["endpoints"] = json!({"fallbackUrl": "https://shop.example.com/pay/1001"});
    let shop = Shop::asks(&content);
    assert_eq!(shop.round(), Relayed::Finished);
    let [payment] = shop.sent().try_into().unwrap();
    assert_eq!(payment["endpoints"]["fallbackUrl"], "https://shop.example.com/pay/1001");
    assert!(payment["endpoints"]["paymentGatewayUrl"].as_str().unwrap().starts_with(BASE));
}

#[test]
fn lc03_sc19_a_session_and_a_gateway_of_ones_own_go_as_they_are_while_the_session_lasts() {
    let gateway = "https://pay.shop.example/gateway";
    for (expires_at, is_sent) in [
        (json!(1_795_262_700_000_u64), true),
        (json!("1795262700"), true),
        (json!("1795262700000"), true),
        (json!(1_795_262_459_000_u64), false),
        (json!("soon"), false),
    ] {
        let mut content = content();
        content["endpoints"] = json!({"paymentGatewayUrl": gateway});
        let session = json!({"zeta": 1, "epochTimestamp": 1_795_262_400_000_u64,
            "expiresAt": expires_at, "merchantSessionIdentifier": "PSHown",
            "merchantIdentifier": "AABB00", "displayName": "Example Shop",
            "initiative": "messaging", "initiativeContext": gateway, "alpha": [2, 1]});
        content["merchantSession"] = json!(session.to_string());
        let shop = Shop::asks(&content);
        assert_eq!(shop.round(), Relayed::Finished);
        assert!(shop.scene.world.world().pay.sessions.is_empty());
        if is_sent {
            let [payment] = shop.sent().try_into().unwrap();
            assert_eq!(payment["merchantSession"].to_string(), session.to_string());
            assert_eq!(payment["endpoints"], json!({"paymentGatewayUrl": gateway}));
        } else {
            assert_eq!(shop.failure().0, FailureCode::PaymentSession, "{expires_at}");
        }
    }
}

#[test]
fn a_payment_that_ran_out_while_it_waited_is_not_sent() {
    let shop = Shop::asks(&content());
    let mut world = shop.scene.world.world();
    let now = world.now;
    for payment in world.book.payments.values_mut() {
        payment.expires_at = now + SignedDuration::from_secs(30);
    }
    drop(world);
    assert_eq!(shop.round(), Relayed::Finished);
    assert_eq!(shop.failure().0, FailureCode::PaymentSession);
    assert!(shop.scene.world.world().pay.sessions.is_empty());
}
