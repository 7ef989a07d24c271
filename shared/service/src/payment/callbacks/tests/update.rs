//! What a choice costs.

use amb_protocol::apple_pay::{Inputs, PayErrorCode};
use serde_json::{Value, json};

use super::world::{World, offer, paying, priced};
use crate::{
    memory::PspFate,
    model::{DeclineClass, JournalEvent, Payment, PaymentState},
    payment::{callbacks::Said, capability::Step},
};

fn method(identifier: &str) -> Value {
    json!({"shippingMethod": {"identifier": identifier, "amount": "15", "label": "x", "type": "Final"}})
}

fn contact(country: &str, region: &str) -> Value {
    json!({"shippingContact": {"countryCode": country, "administrativeArea": region,
        "locality": "Somewhere", "postalCode": "94016", "familyName": "c4n4ry"}})
}

fn total(world: &World, step: Step, payment: &Value) -> String {
    priced(&world.call(step, payment)).new_total.amount
}

#[test]
fn ap18_every_choice_is_answered_with_a_total_and_its_lines() {
    let world = World::new();
    let express = priced(&world.call(Step::ShippingMethod, &method("exp")));
    let json = serde_json::to_value(&express).unwrap();
    assert_eq!(
        json["newTotal"],
        json!({"label": "Example Shop", "amount": "74.00", "type": "final"})
    );
    assert_eq!(json["newLineItems"].as_array().unwrap().len(), 2);
    assert!(express.errors.is_empty());
    // The choices before stay chosen: 59.00 + 15.00, ten percent of the goods.
    let taxed = priced(&world.call(Step::ShippingContact, &contact("us", "CA")));
    assert_eq!(taxed.new_total.amount, "79.90");
    let card = json!({"paymentMethod": {"type": "Credit"}});
    assert_eq!(total(&world, Step::PaymentMethod, &card), "80.90");
    let events = world.events();
    assert_eq!(
        events,
        [
            JournalEvent::MethodUpdate,
            JournalEvent::QuoteIssued,
            JournalEvent::ContactUpdate,
            JournalEvent::QuoteIssued,
            JournalEvent::PaymentMethodUpdate,
            JournalEvent::QuoteIssued,
        ]
    );
    let rows = world.rows();
    assert_eq!(rows[2].ship_country.as_deref(), Some("US"));
    assert_eq!(rows[5].amount.as_deref(), Some("80.90"));
    assert!(!format!("{rows:?} {:?}", world.payment()).contains("c4n4ry"));
}

#[test]
fn ap18_the_same_choice_again_is_the_same_quote() {
    let world = World::new();
    let first = priced(&world.call(Step::ShippingMethod, &method("exp")));
    assert_eq!(priced(&world.call(Step::ShippingMethod, &method("exp"))), first);
    let payment = world.payment();
    assert_eq!((payment.quotes.len(), payment.updates), (2, 2));
    assert_eq!(world.memory.world().book.quotes.len(), 1);
    let back = priced(&world.call(Step::ShippingMethod, &method("std")));
    assert_eq!(back.new_total.amount, "63.99");
}

#[test]
fn p018_the_identifier_counts_and_nothing_else_of_a_method() {
    let world = World::new();
    for amount in ["0", "-100.00", "1e9", "999999999999999"] {
        let odd =
            json!({"shippingMethod": {"identifier": "exp", "amount": amount, "label": "Free"}});
        assert_eq!(total(&world, Step::ShippingMethod, &odd), "74.00");
    }
    for odd in [method("none"), method(""), json!({"shippingMethod": "exp"}), json!({})] {
        let answer = priced(&world.call(Step::ShippingMethod, &odd));
        assert_eq!(answer.errors[0].code, PayErrorCode::ShippingContactInvalid, "{odd}");
        assert_eq!((answer.new_total.amount.as_str(), answer.new_line_items.len()), ("74.00", 2));
    }
    // What was refused was not chosen.
    assert_eq!(world.payment().chosen.shipping_method.as_deref(), Some("exp"));
}

#[test]
fn p019_the_type_of_a_method_may_be_written_in_any_case() {
    let world = World::new();
    for kind in [json!("Final"), json!("final"), json!("FINAL"), json!(7)] {
        let method = json!({"shippingMethod": {"identifier": "exp", "type": kind}});
        assert_eq!(total(&world, Step::ShippingMethod, &method), "74.00");
    }
}

#[test]
fn p020_a_kind_of_card_that_we_do_not_know_costs_nothing_extra() {
    let world = World::new();
    for kind in [json!({"type": "crypto"}), json!({"type": 1}), json!({}), json!("credit")] {
        let card = json!({"paymentMethod": kind});
        assert_eq!(total(&world, Step::PaymentMethod, &card), "63.99");
    }
}

#[test]
fn an_address_that_is_not_served_is_told_with_the_price_so_far() {
    let world = World::new();
    for country in ["fr", "xx"] {
        let answer = priced(&world.call(Step::ShippingContact, &contact(country, "")));
        assert_eq!(answer.errors[0].code, PayErrorCode::AddressUnserviceable);
        assert_eq!(answer.new_total.amount, "63.99");
    }
    let row = world.rows().pop().unwrap();
    assert_eq!(row.decision.as_deref(), Some("refused"));
    assert_eq!(row.apple_errors.as_deref(), Some("addressUnserviceable"));
    // And paying from there is refused as well, with the same error.
    let mut from_france = paying("AA01");
    from_france["shippingContact"]["countryCode"] = json!("fr");
    let reply = world.call(Step::Gateway, &from_france);
    assert_eq!(super::world::paid(&reply).errors[0].code, PayErrorCode::AddressUnserviceable);
    assert_eq!(world.asked(), 0);
}

#[test]
fn p021_what_can_no_longer_be_paid_is_told_as_an_error_object() {
    let paid = World::new();
    paid.pay("AA01");
    let unknown = World::new();
    unknown.memory.world().psp.fates.push_back(PspFate::LoseAnswer);
    unknown.pay("AA01");
    let late = World::new();
    late.memory.world().now += Payment::LIFE;
    for world in [paid, unknown, late] {
        let reply = world.call(Step::ShippingMethod, &method("exp"));
        let answer = priced(&reply);
        assert_eq!((answer.errors[0].code, reply.code), (PayErrorCode::Unknown, Some("closed")));
        assert_eq!((answer.new_total.amount.as_str(), answer.new_line_items.len()), ("63.99", 2));
        assert_eq!(world.payment().quotes.len(), 1, "nothing new was issued");
    }
}

#[test]
fn after_sixty_updates_there_is_nothing_here() {
    let world = World::new();
    for at in 0..60 {
        let identifier = if at % 2 == 0 { "exp" } else { "std" };
        assert!(matches!(
            world.call(Step::ShippingMethod, &method(identifier)).said,
            Said::Priced(_)
        ));
    }
    let reply = world.call(Step::ShippingMethod, &method("exp"));
    assert_eq!((reply.said, reply.code), (Said::Gone, Some("exhausted")));
}

#[test]
fn a_total_without_lines_is_its_own_line() {
    let mut plain = offer();
    plain["lines"] = json!([]);
    plain["shippingMethods"] = json!([]);
    plain["pricing"] = json!({"by": "static"});
    let world = World::of(plain, std::time::Duration::ZERO);
    let answer = priced(&world.call(Step::ShippingContact, &contact("us", "OR")));
    assert_eq!(answer.new_line_items, std::slice::from_ref(&answer.new_total));
}

#[test]
fn what_is_paid_is_a_price_that_the_customer_was_told() {
    // A choice whose price was never told: its update did not reach us.
    let world = World::new();
    let mut express = paying("AA01");
    express["shippingMethod"]["identifier"] = json!("exp");
    let reply = world.call(Step::Gateway, &express);
    assert_eq!(reply.code, Some("price_changed"));
    assert_eq!(world.asked(), 0);
    world.call(Step::ShippingMethod, &method("exp"));
    // What was refused stays refused; the customer authorises again, and that is another token.
    assert_eq!(super::world::paid(&world.call(Step::Gateway, &express)).errors.len(), 1);
    let mut express = paying("AA02");
    express["shippingMethod"]["identifier"] = json!("exp");
    assert_eq!(super::world::paid(&world.call(Step::Gateway, &express)).errors, []);
    assert_eq!((world.payment().state, world.held()), (PaymentState::Authorized, 7400));
    let row = world.rows().into_iter().find(|row| row.event_type == JournalEvent::Claimed);
    assert_eq!(row.unwrap().quote_seq, Some(1));
}

#[test]
fn a_sheet_after_a_declined_one_begins_with_the_offer() {
    let world = World::new();
    let far = json!({"shippingContact": {"countryCode": "us", "administrativeArea": "CA",
        "postalCode": "95014"}});
    world.call(Step::ShippingContact, &far);
    let fate = PspFate::Decline(DeclineClass::Generic);
    world.memory.world().psp.fates.push_back(fate);
    world.pay("AA01");
    let debit = json!({"paymentMethod": {"type": "debit"}});
    let first = priced(&world.call(Step::PaymentMethod, &debit));
    assert_eq!(
        first.new_total.amount, "63.99",
        "nobody is taxed for the address of the last sheet"
    );
}

fn pay_by(
    world: &World,
    token: &str,
    identifier: &str,
) -> (Vec<PayErrorCode>, Option<&'static str>) {
    let mut paying = paying(token);
    paying["shippingMethod"]["identifier"] = json!(identifier);
    let reply = world.call(Step::Gateway, &paying);
    let errors = super::world::paid(&reply).errors;
    (errors.iter().map(|error| error.code).collect(), reply.code)
}

const CHANGED: ([PayErrorCode; 1], Option<&str>) =
    ([PayErrorCode::ShippingContactInvalid], Some("price_changed"));

fn is_changed(world: &World, token: &str, identifier: &str) -> bool {
    let asked = world.asked();
    let (errors, code) = pay_by(world, token, identifier);
    assert_eq!(world.asked(), asked, "nobody asks the provider for a price that is not shown");
    (errors.as_slice(), code) == (CHANGED.0.as_slice(), CHANGED.1)
}

#[test]
fn a_sheet_that_was_closed_does_not_choose_for_the_next_one() {
    let world = World::new();
    assert_eq!(total(&world, Step::ShippingMethod, &method("exp")), "74.00");
    // The customer closes it: nobody is called. The next sheet has the first way of delivery.
    let debit = json!({"paymentMethod": {"type": "debit"}});
    assert_eq!(total(&world, Step::PaymentMethod, &debit), "74.00");
    assert!(is_changed(&world, "AA01", "std"), "74.00 is shown and 63.99 would be held");
    assert!(is_changed(&world, "AA02", "std"), "it is shown still");
    // The sheet stays, and goes on from what the device says.
    assert_eq!(total(&world, Step::ShippingMethod, &method("std")), "63.99");
    assert_eq!(pay_by(&world, "AA03", "std"), (Vec::new(), None));
    assert_eq!((world.payment().state, world.held()), (PaymentState::Authorized, 6399));
}

#[test]
fn a_sheet_that_is_opened_again_after_a_price_that_changed_begins_with_what_the_device_has() {
    let world = World::new();
    world.call(Step::ShippingMethod, &method("exp"));
    assert!(is_changed(&world, "AA01", "std"));
    let debit = json!({"paymentMethod": {"type": "debit"}});
    assert_eq!(total(&world, Step::PaymentMethod, &debit), "63.99");
    assert_eq!(pay_by(&world, "AA02", "std"), (Vec::new(), None));
    assert_eq!(world.held(), 6399);
}

#[test]
fn a_price_that_changed_keeps_the_address_and_the_card_that_the_sheet_has() {
    let world = World::new();
    let taxed = |identifier: &str, token: &str| {
        let mut paying = paying(token);
        paying["shippingMethod"]["identifier"] = json!(identifier);
        paying["shippingContact"] = contact("us", "CA")["shippingContact"].clone();
        paying
    };
    world.call(Step::PaymentMethod, &json!({"paymentMethod": {"type": "credit"}}));
    assert_eq!(total(&world, Step::ShippingContact, &contact("us", "CA")), "70.89");
    let reply = world.call(Step::Gateway, &taxed("exp", "AA01"));
    assert_eq!(reply.code, Some("price_changed"));
    assert_eq!(total(&world, Step::ShippingMethod, &method("exp")), "80.90");
    let reply = world.call(Step::Gateway, &taxed("exp", "AA02"));
    assert_eq!((super::world::paid(&reply).errors, world.held()), (Vec::new(), 8090));
}

#[test]
fn what_was_answered_last_counts_and_not_what_was_issued_last() {
    let world = World::new();
    world.call(Step::ShippingMethod, &method("exp"));
    // The number of the first quote again.
    assert_eq!(total(&world, Step::ShippingMethod, &method("std")), "63.99");
    assert_eq!((world.payment().shown, world.payment().quotes.len()), (Some(0), 2));
    assert!(is_changed(&world, "AA01", "exp"));
    // An answer that refuses has a total as well, and that is what is shown then.
    let world = World::new();
    world.call(Step::ShippingMethod, &method("exp"));
    let refused = priced(&world.call(Step::ShippingMethod, &method("none")));
    assert_eq!((refused.new_total.amount.as_str(), world.payment().shown), ("74.00", Some(1)));
    assert_eq!(pay_by(&world, "AA01", "exp"), (Vec::new(), None));
}

#[test]
fn a_row_from_before_this_was_kept_shows_what_was_chosen_last() {
    let world = World::new();
    world.call(Step::ShippingMethod, &method("exp"));
    world.call(Step::ShippingContact, &contact("us", "OR"));
    let old = Payment { shown: None, ..world.payment() };
    assert!(!serde_json::to_string(&old).unwrap().contains("shown"));
    world.memory.world().book.payments.insert(world.pointer.clone(), old);
    assert!(is_changed(&world, "AA01", "std"), "74.00 is shown");
    assert!(is_changed(&world, "AA02", "std"), "and stays so");
    assert_eq!(pay_by(&world, "AA03", "exp"), (Vec::new(), None));
}

#[test]
fn a_failure_without_anything_to_correct_ends_the_choices() {
    type Fail = fn(&World);
    let fails: [(&str, Fail); 3] = [
        ("not Apple's", |world| {
            let mut bad = paying("AA01");
            bad["paymentToken"]["paymentData"]["signature"] = json!("bad");
            world.call(Step::Gateway, &bad);
        }),
        ("stale", |world| {
            let mut stale = paying("AA01");
            stale["paymentToken"]["paymentData"]["signedAt"] = json!(1);
            world.call(Step::Gateway, &stale);
        }),
        ("another's token", |world| {
            world.another(super::world::TENANT).pay("AA01");
            world.call(Step::Gateway, &paying("AA01"));
        }),
    ];
    for (why, fail) in fails {
        let world = World::new();
        world.call(Step::ShippingMethod, &method("exp"));
        fail(&world);
        assert_eq!(world.payment().chosen, Inputs::default(), "{why}");
        let debit = json!({"paymentMethod": {"type": "debit"}});
        assert_eq!(total(&world, Step::PaymentMethod, &debit), "63.99", "{why}");
    }
    // What can be corrected leaves them: the sheet stays.
    let world = World::new();
    world.call(Step::ShippingMethod, &method("exp"));
    world.memory.world().psp.fates.push_back(PspFate::Decline(DeclineClass::AvsPostal));
    assert_eq!(pay_by(&world, "AA01", "exp").0, [PayErrorCode::BillingContactInvalid]);
    assert_eq!(world.payment().chosen.shipping_method.as_deref(), Some("exp"));
}
