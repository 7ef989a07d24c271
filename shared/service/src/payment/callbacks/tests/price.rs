//! Prices from a business's own server.

use amb_protocol::apple_pay::PayErrorCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

use super::world::{World, offer, paid, paying, priced};
use crate::{
    model::MerchantSettings,
    payment::capability::Step,
    port::{PriceAnswer, PriceError},
};

fn world(fallback: &str) -> World {
    let mut offer = offer();
    let rules = offer["pricing"].clone();
    offer["pricing"] = json!({"by": "callback", "url": "https://shop.example.com/price",
        "fallback": fallback, "rules": rules});
    let world = World::of(offer, Duration::ZERO);
    let payment = world.payment();
    let settings: MerchantSettings = serde_json::from_value(json!({
        "tenant": payment.pointer.tenant, "business": payment.business, "merchant": payment.merchant,
        "displayName": "Example Shop", "country": "US", "identity": "identity", "psp": payment.psp,
        "networks": ["visa"], "capabilities": ["supports3DS"], "timeZone": "Asia/Tokyo",
        "signing": "signing",
        "updatedAt": Timestamp::UNIX_EPOCH, "revision": 1,
    }))
    .unwrap();
    let place = (settings.tenant.clone(), settings.business.clone());
    world.memory.world().book.merchants.insert(place, settings);
    world
}

fn answers(world: &World, answer: &Value) {
    let answer = Ok(PriceAnswer(answer.to_string().into_bytes()));
    world.memory.world().pay.prices.push_back(answer);
}

fn express() -> Value {
    json!({"shippingMethod": {"identifier": "exp"}})
}

#[test]
fn a_business_says_the_price_once_for_the_same_choices() {
    let world = world("refuse");
    answers(&world, &json!({"newTotal": {"amount": "70.00"}}));
    let first = priced(&world.call(Step::ShippingMethod, &express()));
    assert_eq!(first.new_total.amount, "70.00");
    assert!(!first.new_line_items.is_empty());
    assert_eq!(priced(&world.call(Step::ShippingMethod, &express())), first);
    // The payment asks nobody for what was told.
    let mut paying = paying("AA01");
    paying["shippingMethod"]["identifier"] = json!("exp");
    paying.as_object_mut().unwrap().remove("shippingContact");
    assert_eq!(paid(&world.call(Step::Gateway, &paying)).errors, []);
    assert_eq!(world.held(), 7000);
    let calls = world.memory.world().faults.calls.clone();
    assert_eq!(calls.iter().filter(|call| **call == "PriceSource::price").count(), 1);
}

#[test]
fn f119_a_server_that_hangs_is_answered_for_by_the_stated_fallback() {
    for (fallback, total, errors) in [
        ("static", "74.00", &[][..]),
        ("lastQuote", "63.99", &[]),
        ("refuse", "63.99", &[PayErrorCode::AddressUnserviceable]),
    ] {
        let world = world(fallback);
        let answer = priced(&world.call(Step::ShippingMethod, &express()));
        assert_eq!(answer.new_total.amount, total, "{fallback}");
        let codes: Vec<_> = answer.errors.iter().map(|error| error.code).collect();
        assert_eq!(codes, errors, "{fallback}");
        let row = world.rows().pop().unwrap();
        assert_eq!(row.error_class.as_deref(), Some("price_timeout"), "{fallback}");
    }
}

#[test]
fn p025_what_is_no_price_of_this_offer_is_none() {
    for (answer, why) in [
        (json!({"newTotal": {"amount": "1.00"}, "currencyCode": "EUR"}).to_string(), "currency"),
        (json!({"newTotal": {"amount": "-1.00"}}).to_string(), "total"),
        ("<!doctype html><title>Error</title>".to_owned(), "unreadable"),
        ("x".repeat(10_000_000), "too_large"),
    ] {
        let world = world("static");
        let bytes = Ok(PriceAnswer(answer.into_bytes()));
        world.memory.world().pay.prices.push_back(bytes);
        let told = priced(&world.call(Step::ShippingMethod, &express()));
        assert_eq!(told.new_total.amount, "74.00", "{why}");
        assert_eq!(world.rows().pop().unwrap().error_class.as_deref(), Some(why));
        assert_eq!(world.rows().pop().unwrap().quote_source.as_deref(), Some("fallback_static"));
    }
    let unsigned = world("static");
    for settings in unsigned.memory.world().book.merchants.values_mut() {
        settings.signing = None;
    }
    assert_eq!(priced(&unsigned.call(Step::ShippingMethod, &express())).new_total.amount, "74.00");
    let row = unsigned.rows().pop().unwrap();
    assert_eq!(row.error_class.as_deref(), Some("price_unsigned"), "Stripe's key signs nothing");
    for error in [PriceError::Refused, PriceError::NotAskable] {
        let world = world("static");
        world.memory.world().pay.prices.push_back(Err(error));
        let told = priced(&world.call(Step::ShippingMethod, &express()));
        assert_eq!(told.new_total.amount, "74.00");
    }
}

#[test]
fn a_business_may_say_what_the_customer_has_to_correct() {
    let world = world("static");
    answers(
        &world,
        &json!({"errors": [{"code": "shippingContactInvalid", "contactField": "postalCode",
        "message": "We do not deliver there"}]}),
    );
    let told = priced(&world.call(Step::ShippingMethod, &express()));
    assert_eq!(told.errors[0].message, "We do not deliver there");
    assert_eq!(told.new_total.amount, "63.99");
}
