//! The page, and what there is nothing of.

use serde_json::{Value, json};
use std::time::Duration;

use super::world::{World, offer, paying};
use crate::{
    memory::drive,
    model::Payment,
    payment::{
        callbacks::{Call, PAGE_POLICY, Reply, Said, body::BodyFault},
        capability::Step,
    },
};

fn at(world: &World, payment: &str, capability: &str, step: Step) -> Reply {
    let body = world.body(&paying("AA01"));
    let began = world.memory.world().now;
    let call = Call { payment, capability, step, began, id: "", body: &body };
    drive(world.callbacks.serve(&call)).unwrap().unwrap()
}

#[test]
fn p027_the_page_shows_the_offer_and_nothing_can_be_written_into_it() {
    let mut hostile = offer();
    hostile["merchantName"] = json!("<script>alert(1)</script>");
    hostile["lines"][0]["label"] = json!("Desk \"&<img src=x>");
    let world = World::of(hostile, Duration::ZERO);
    let reply = world.call(Step::Fallback, &json!({}));
    let Said::Page(page) = reply.said else { panic!() };
    assert!(page.contains("63.99 USD") && page.contains("noindex"), "{page}");
    assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
    assert!(page.contains("&lt;script&gt;"), "{page}");
    assert!(PAGE_POLICY.starts_with("default-src 'none'; style-src 'sha256-"));
}

#[test]
fn the_lines_of_the_page_make_its_total() {
    let mut taxed = offer();
    taxed["pricing"]["taxes"] = json!([{"country": null, "label": "Tax", "percent": "10"}]);
    taxed["lines"]
        .as_array_mut()
        .unwrap()
        .push(json!({"label": "By weight", "amount": 777, "type": "pending"}));
    taxed["total"]["amount"] = json!(6989);
    let world = World::of(taxed, Duration::ZERO);
    let Said::Page(page) = world.call(Step::Fallback, &json!({})).said else { panic!() };
    for (label, amount) in
        [("Desk", "59.00"), ("By weight", "pending"), ("Standard", "4.99"), ("Tax", "5.90")]
    {
        assert!(page.contains(&format!("{label}</th><td>{amount}</td>")), "{label}: {page}");
    }
    assert!(page.contains("<td>69.89 USD</td>") && !page.contains("7.77"), "{page}");
}

#[test]
fn the_page_leads_to_the_shop_while_the_payment_can_be_paid_and_not_after() {
    let mut with_shop = offer();
    with_shop["checkoutUrl"] = json!("https://shop.example.com/pay?order=1&\"x\"");
    let world = World::of(with_shop, Duration::ZERO);
    let shown = || match world.call(Step::Fallback, &json!({})).said {
        Said::Page(page) => page,
        other => panic!("{other:?}"),
    };
    let page = shown();
    let link = r#"href="https:&#x2f;&#x2f;shop.example.com&#x2f;pay?order=1&amp;&quot;x&quot;""#;
    assert!(page.contains(link), "{page}");
    assert!(page.contains("Pay 63.99 USD at"), "{page}");
    world.pay("AA01");
    let page = shown();
    assert!(!page.contains("href") && page.contains("This request is closed"), "{page}");
    // Without a shop of its own, the conversation has to do.
    let page = World::new().call(Step::Fallback, &json!({})).said;
    let Said::Page(page) = page else { panic!("{page:?}") };
    assert!(!page.contains("href") && page.contains("reply there"), "{page}");
}

#[test]
fn f116_p001_whoever_has_no_path_finds_nothing_after_the_same_look() {
    let world = World::new();
    let good = world.capability(Step::Gateway);
    let other = world.another(super::world::TENANT);
    let payment = world.pointer.payment.as_str();
    let foreign = other.capability(Step::Gateway);
    for (payment, capability, step) in [
        (payment, "", Step::Gateway),
        (payment, foreign.as_str(), Step::Gateway),
        (payment, good.as_str(), Step::Fallback),
        (payment, good.as_str(), Step::OrderTracking),
        (payment, good.split_once('.').unwrap().1, Step::Gateway),
        ("pay_", good.as_str(), Step::Gateway),
        (other.pointer.payment.as_str(), good.as_str(), Step::Gateway),
    ] {
        world.memory.world().faults.calls.clear();
        assert_eq!(at(&world, payment, capability, step).said, Said::Gone);
        let calls = world.memory.world().faults.calls.clone();
        assert!(calls.ends_with(&["Payments::find_payment"]) && calls.len() <= 2, "{calls:?}");
    }
    world.memory.world().now += Payment::LIFE + jiff::SignedDuration::from_hours(24);
    assert_eq!(at(&world, payment, &good, Step::Gateway).said, Said::Gone);
    assert!(world.rows().is_empty());
}

#[test]
fn p023_a_body_that_is_too_large_or_not_to_be_read_in_one_way_is_refused() {
    let world = World::new();
    let serve = |body: Vec<u8>| drive(world.serve(Step::Gateway, body)).unwrap().unwrap().said;
    assert_eq!(serve(vec![b' '; 64 * 1024 + 1]), Said::Unreadable(BodyFault::TooLarge));
    assert_eq!(serve(vec![0x1f, 0x8b, 0x08]), Said::Unreadable(BodyFault::Unreadable));
    let good = String::from_utf8(world.body(&paying("AA01"))).unwrap();
    let twice = good.replacen("\"version\"", "\"version\":1,\"version\"", 1);
    assert_eq!(serve(twice.into_bytes()), Said::Unreadable(BodyFault::Unreadable));
    let call = |payment: &Value| world.call(Step::Gateway, payment).said;
    assert_eq!(call(&json!([])), Said::Unreadable(BodyFault::Payment));
    assert_eq!(call(&json!({})), Said::Unreadable(BodyFault::Token));
    assert_eq!(call(&json!({"paymentToken": null})), Said::Unreadable(BodyFault::Token));
    assert_eq!(call(&json!({"paymentToken": [1]})), Said::Unreadable(BodyFault::Token));
    assert!(matches!(call(&json!({"paymentToken": {}})), Said::Paid(_)));
    assert_eq!(world.asked(), 0);
}

#[test]
fn p004_a_body_of_another_payment_is_not_here() {
    let world = World::new();
    let other = world.another(super::world::TENANT);
    let body = other.body(&paying("AA01"));
    assert_eq!(drive(world.serve(Step::Gateway, body)).unwrap().unwrap().said, Said::Gone);
}

#[test]
fn p037_every_answer_is_an_object_with_documented_words() {
    let world = World::new();
    let mut answers = Vec::new();
    for (step, payment) in [
        (Step::Gateway, paying("AA01")),
        (Step::Gateway, paying("AA01")),
        (Step::Gateway, paying("AA02")),
        (Step::PaymentMethod, json!({})),
        (Step::ShippingContact, json!({})),
        (Step::ShippingMethod, json!({})),
    ] {
        answers.push(match world.call(step, &payment).said {
            Said::Paid(answer) => serde_json::to_value(answer).unwrap(),
            Said::Priced(answer) => serde_json::to_value(answer).unwrap(),
            other => panic!("{other:?}"),
        });
    }
    for answer in answers {
        assert!(answer.as_object().is_some_and(|object| !object.is_empty()), "{answer}");
        match answer.get("status").and_then(Value::as_str) {
            Some(status) => assert!(matches!(status, "STATUS_SUCCESS" | "STATUS_FAILURE")),
            None => assert!(answer["newTotal"].is_object() && answer["newLineItems"].is_array()),
        }
    }
}
