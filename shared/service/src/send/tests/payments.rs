//! Asking for a payment.

use amb_protocol::compose::{ContentType, Need};
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{BUSINESS, CUSTOMER, World, business, faults, good, request, tenant, with_fallback};
use crate::{
    memory::drive,
    model::{IdempotencyKey, MerchantSettings, Payment, PaymentId, PaymentState},
    problem::Problem,
    send::{Send, Sent},
};

/// A business that takes payments.
pub(super) fn takes_payments(world: &World) {
    let settings: MerchantSettings = serde_json::from_value(json!({
        "tenant": tenant(), "business": business(), "merchant": "merchant.com.example.shop",
        "displayName": "Example Shop", "country": "US", "identity": "apple-pay",
        "psp": {"kind": "stripe", "secret": "stripe"}, "networks": ["visa", "masterCard"],
        "capabilities": ["supports3DS"], "timeZone": "Asia/Tokyo",
        "updatedAt": "2026-11-21T12:00:00Z", "revision": 1,
    }))
    .unwrap();
    world.memory.world().book.merchants.insert((tenant(), business()), settings);
}

fn shop() -> World {
    let world = World::new();
    takes_payments(&world);
    world
}

fn ask_as(world: &World, key: &str, content: &Value) -> Result<Sent, Problem> {
    let body = json!({ "from": BUSINESS, "to": CUSTOMER, "content": content });
    let w = || world.memory.clone();
    let send = Send::new(w(), w(), w(), w());
    drive(send.ask(&world.principal(), Some(key), body.to_string().as_bytes())).unwrap()
}

fn payments(world: &World) -> Vec<Payment> {
    world.memory.world().book.payments.values().cloned().collect()
}

#[test]
fn ap17_a_payment_is_kept_with_the_message_that_asks_for_it() {
    let world = shop();
    let mut content = good("payment");
    content["reference"] = json!("order-1001");
    content["expiresInMinutes"] = json!(60);
    let sent = ask_as(&world, "key-1", &content).unwrap();
    let [payment] = payments(&world).try_into().unwrap();
    assert_eq!(sent.payment.as_ref(), Some(&payment.pointer.payment));
    assert_eq!((payment.message, payment.state), (sent.pointer.message, PaymentState::Open));
    assert_eq!(payment.reference.as_deref(), Some("order-1001"));
    assert_eq!(payment.offered.get(), 20_399);
    assert_eq!(payment.expires_at, payment.created_at + SignedDuration::from_mins(60));
    assert_eq!(payment.due_at, Some(payment.expires_at));
    let inner = world.memory.world();
    let offer = &inner.book.offers[&payment.pointer];
    assert_eq!(offer.total.amount, payment.offered);
    assert_eq!((payment.quotes[0].seq, payment.quotes[0].total), (0, payment.offered));
    drop(inner);
    let [choice] = world.choices().try_into().unwrap();
    let named = choice.parts[0].request_identifier.as_ref().and_then(PaymentId::of);
    assert_eq!(named, sent.payment);
    assert_eq!(choice.kind, ContentType::Payment);
}

#[test]
fn the_same_key_again_names_the_same_payment() {
    let world = shop();
    let first = ask_as(&world, "key-1", &good("payment")).unwrap();
    let again = ask_as(&world, "key-1", &good("payment")).unwrap();
    assert!(again.replayed);
    assert_eq!(
        (again.payment.clone(), again.pointer.clone()),
        (first.payment.clone(), first.pointer)
    );
    assert_eq!(payments(&world).len(), 1);
    // What the business takes today does not matter to what it took.
    world.memory.world().book.merchants.clear();
    world.close();
    let record = IdempotencyKey::parse("key-1");
    assert!(record.is_some());
    let other = json!({ "currencyCode": "USD", "total": { "amount": "1.00" } });
    assert_eq!(ask_as(&world, "key-1", &other).unwrap_err().code, "invalid_request");
    assert_eq!(payments(&world).len(), 1);
}

#[test]
fn a_message_of_type_payment_asks_as_well() {
    let world = shop();
    let sent = world.send(&request("payment", &good("payment"))).unwrap();
    assert_eq!(sent.kind, "payment");
    assert_eq!(payments(&world)[0].pointer.payment, sent.payment.unwrap());
    let text = world.send_as("key-2", request("text", &good("text")).to_string().as_bytes());
    assert_eq!(text.unwrap().payment, None);
}

#[test]
fn what_is_asked_for_needs_a_business_that_takes_payments() {
    let world = World::new();
    let refused = ask_as(&world, "key-1", &good("payment")).unwrap_err();
    assert_eq!(faults(&refused), [("/content", "payment_merchant")]);
    assert!(refused.errors[0].fix.is_some());
    let verdict = world.check(&request("payment", &good("payment"))).unwrap();
    assert_eq!(verdict.errors[0].rule, "payment_merchant");
    let typed =
        json!({ "from": BUSINESS, "to": CUSTOMER, "type": "text", "content": good("payment") });
    let w = || world.memory.clone();
    let send = Send::new(w(), w(), w(), w());
    let body = typed.to_string();
    let typed = drive(send.ask(&world.principal(), Some("key-1"), body.as_bytes())).unwrap();
    let typed = typed.unwrap_err();
    assert!(faults(&typed).contains(&("/type", "unknown_field")), "{typed:?}");
}

#[test]
fn one_message_asks_for_one_payment_wherever_it_stands() {
    let world = shop();
    let twice = with_fallback("payment", &good("payment"), "payment", &good("payment"));
    let refused = world.send(&twice).unwrap_err();
    assert_eq!(faults(&refused), [("/fallback/0/type", "fallback_type")]);
    assert!(payments(&world).is_empty());
    let second = with_fallback("listPicker", &good("listPicker"), "payment", &good("payment"));
    let sent = world.send(&second).unwrap();
    assert_eq!(payments(&world)[0].pointer.payment, sent.payment.unwrap());
}

#[test]
fn lc03_sc19_a_payment_at_a_gateway_of_ones_own_is_sent_and_none_of_ours() {
    let world = shop();
    let gateway = "https://pay.shop.example/gateway";
    let mut content = good("payment");
    content["endpoints"] = json!({ "paymentGatewayUrl": gateway });
    content["merchantSession"] = json!({"epochTimestamp": 1_795_262_400_000_u64,
        "expiresAt": 1_795_262_700_000_u64, "merchantSessionIdentifier": "PSHx",
        "merchantIdentifier": "AABB00", "displayName": "Shop", "initiative": "messaging",
        "initiativeContext": gateway});
    let sent = world.send(&request("payment", &content)).unwrap();
    assert_eq!(sent.payment, None);
    assert!(payments(&world).is_empty());
    let [choice] = world.choices().try_into().unwrap();
    assert!(matches!(choice.parts[0].needs.as_slice(), [Need::Payment(_)]));
    let refused = ask_as(&world, "key-2", &content).unwrap_err();
    assert_eq!(faults(&refused), [("/content/endpoints/paymentGatewayUrl", "payment_foreign")]);
}

#[test]
fn a_payment_with_a_large_picture_names_the_same_payment_again() {
    let world = shop();
    let mut content = good("payment");
    content["subtitle"] = json!("x");
    content["shippingMethods"] = (0..100)
        .map(|n| {
            json!({"identifier": format!("{n:0>128}"), "label": "Standard", "detail": "d".repeat(128),
                "amount": "4.99"})
        })
        .collect();
    let first = ask_as(&world, "key-1", &content).unwrap();
    assert!(matches!(world.row().content, crate::model::OutboundContent::Stored { .. }));
    let again = ask_as(&world, "key-1", &content).unwrap();
    assert_eq!((again.replayed, again.payment), (true, first.payment));
}
