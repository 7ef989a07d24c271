//! Prices from a business's own server.

use amb_protocol::{apple_pay::PayErrorCode, money::Minor};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

use super::world::{World, offer, paid, paying, priced};
use crate::{
    model::{JournalEvent, MerchantSettings},
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

/// Where [`paying`] has it sent, before it is paid.
fn home() -> Value {
    json!({"shippingContact": {"countryCode": "us", "administrativeArea": "OR", "postalCode": "97477"}})
}

fn far() -> Value {
    json!({"shippingContact": {"countryCode": "us", "administrativeArea": "CA", "postalCode": "95014"}})
}

#[test]
fn the_first_way_of_delivery_is_no_other_choice_when_the_device_names_it() {
    let world = world("refuse");
    answers(&world, &json!({"newTotal": {"amount": "70.00"}}));
    assert_eq!(priced(&world.call(Step::ShippingContact, &home())).new_total.amount, "70.00");
    // The server hangs from now on: nothing is left to be asked.
    let named = json!({"shippingMethod": {"identifier": "std"}});
    assert_eq!(priced(&world.call(Step::ShippingMethod, &named)).new_total.amount, "70.00");
    assert_eq!(paid(&world.call(Step::Gateway, &paying("AA01"))).errors, []);
    assert_eq!((world.held(), world.payment().quotes.len()), (7000, 2));
    let calls = world.memory.world().faults.calls.clone();
    assert_eq!(calls.iter().filter(|call| **call == "PriceSource::price").count(), 1);
}

#[test]
fn another_split_of_the_total_that_is_shown_is_paid_as_it_was_shown() {
    let world = world("refuse");
    answers(&world, &json!({"newTotal": {"amount": "70.00"}, "tax": "5.00"}));
    world.call(Step::ShippingContact, &far());
    answers(&world, &json!({"newTotal": {"amount": "70.00"}, "tax": "1.00"}));
    assert_eq!(paid(&world.call(Step::Gateway, &paying("AA01"))).errors, []);
    assert_eq!(world.held(), 7000);
    let row = world.rows().into_iter().find(|row| row.event_type == JournalEvent::Claimed).unwrap();
    assert_eq!((row.quote_seq, row.tax_minor.map(Minor::get)), (Some(1), Some(500)));
}

#[test]
fn of_equal_totals_the_one_with_the_same_parts_is_in_the_books() {
    let world = world("refuse");
    for tax in ["5.00", "1.00"] {
        answers(&world, &json!({"newTotal": {"amount": "70.00"}, "tax": tax}));
    }
    world.call(Step::ShippingContact, &home());
    world.call(Step::ShippingContact, &far());
    assert_eq!(paid(&world.call(Step::Gateway, &paying("AA01"))).errors, []);
    let row = world.rows().into_iter().find(|row| row.event_type == JournalEvent::Claimed).unwrap();
    assert_eq!((row.quote_seq, row.tax_minor.map(Minor::get)), (Some(1), Some(500)));
}

#[test]
fn ways_of_delivery_that_were_told_are_told_with_every_answer_and_changed_back() {
    let world = world("static");
    let told = |step, payment: &Value| {
        let methods = priced(&world.call(step, payment)).new_shipping_methods;
        methods.map(|methods| methods.into_iter().map(|method| method.identifier).collect())
    };
    let list = |names: [&str; 2]| Some(names.map(str::to_owned).to_vec());
    answers(&world, &json!({"newTotal": {"amount": "63.99"}}));
    assert_eq!(told(Step::PaymentMethod, &json!({"paymentMethod": {"type": "debit"}})), None);
    answers(
        &world,
        &json!({"newTotal": {"amount": "59.00"}, "newShippingMethods": [
            {"identifier": "slow", "label": "Slow", "amount": "0.00"},
            {"identifier": "fast", "label": "Fast", "amount": "5.00"}]}),
    );
    let own = || list(["slow", "fast"]);
    assert_eq!(told(Step::ShippingContact, &home()), own());
    // The business says only what is new.
    let fast = json!({"shippingMethod": {"identifier": "fast"}});
    answers(&world, &json!({"newTotal": {"amount": "64.00"}}));
    assert_eq!(told(Step::ShippingMethod, &fast), own());
    let row = world.rows().pop().unwrap();
    assert_eq!(row.shipping_minor.map(Minor::get), Some(500));
    // A refusal takes nothing away, and elsewhere there are those of the offer again.
    answers(&world, &json!({"errors": [{"code": "addressUnserviceable", "message": "No"}]}));
    assert_eq!(told(Step::ShippingContact, &far()), own());
    answers(&world, &json!({"newTotal": {"amount": "80.00"}}));
    assert_eq!(told(Step::ShippingContact, &far()), list(["std", "exp"]));
    assert_eq!(told(Step::ShippingContact, &home()), own(), "as it was issued");
    // And it is paid without being asked for again.
    let mut paying = paying("AA01");
    paying["shippingMethod"]["identifier"] = json!("fast");
    assert_eq!(paid(&world.call(Step::Gateway, &paying)).errors, []);
    assert_eq!(world.held(), 6400);
}
