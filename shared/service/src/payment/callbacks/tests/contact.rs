//! What the customer has to give beside the money.

use amb_protocol::apple_pay::{GatewayAnswer, Region};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::time::Duration;

use super::world::{World, offer, paid, paying};
use crate::{
    memory::PspFate,
    model::{DeclineClass, JournalEvent, PaymentState},
    payment::{
        callbacks::{Call, gateway::Paying},
        capability::Step,
    },
    port::Clock,
    service_key::ServiceKey,
};

fn world() -> World {
    let mut offer = offer();
    offer["requiredShipping"] = json!(["post", "name", "email"]);
    offer["requiredBilling"] = json!(["post"]);
    World::of(offer, Duration::ZERO)
}

/// A payment with everything that is asked for.
fn whole(token: &str) -> Value {
    let mut payment = paying(token);
    payment["shippingContact"]["emailAddress"] = json!("c4n4ry@example.com");
    payment["billingContact"]["addressLines"] = json!(["1 c4n4ry Street"]);
    payment
}

#[test]
fn a_contact_that_lacks_what_was_asked_for_is_told_so_and_nothing_is_charged() {
    for (pointer, lack, told) in [
        ("/shippingContact/familyName", json!(""), None),
        (
            "/shippingContact/emailAddress",
            json!(" "),
            Some(("shippingContactInvalid", "emailAddress")),
        ),
        (
            "/shippingContact/addressLines",
            json!([]),
            Some(("shippingContactInvalid", "addressLines")),
        ),
        ("/shippingContact", json!(null), Some(("shippingContactInvalid", "postalAddress"))),
        ("/billingContact", json!({}), Some(("billingContactInvalid", "postalAddress"))),
    ] {
        let world = world();
        let mut payment = whole("AA01");
        *payment.pointer_mut(pointer).unwrap() = lack;
        let reply = world.call(Step::Gateway, &payment);
        let answer = serde_json::to_value(paid(&reply)).unwrap();
        let Some((code, field)) = told else {
            assert_eq!(answer["status"], "STATUS_SUCCESS", "the name is in the other contact");
            continue;
        };
        assert_eq!(answer["status"], "STATUS_FAILURE", "{pointer}");
        assert_eq!(
            (&answer["errors"][0]["code"], &answer["errors"][0]["contactField"]),
            (&json!(code), &json!(field))
        );
        assert_eq!(reply.code, Some("contact_invalid"));
        assert_eq!((world.asked(), world.payment().state), (0, PaymentState::Open));
        let row = world.rows().pop().unwrap();
        assert_eq!(
            (row.event_type, row.error_class.as_deref()),
            (JournalEvent::TokenRejected, Some("contact_invalid"))
        );
        assert!(row.apple_errors.unwrap().starts_with(code));
        assert!(!format!("{:?}", world.rows()).contains("c4n4ry"));
    }
}

#[test]
fn the_customer_fills_in_what_was_missing_and_pays_with_another_token() {
    let world = world();
    let mut lacking = whole("AA01");
    lacking["shippingContact"]["emailAddress"] = json!(null);
    let first = world.call(Step::Gateway, &lacking);
    // The same token was answered, whatever comes with it.
    assert_eq!(paid(&world.call(Step::Gateway, &whole("AA01"))), paid(&first));
    assert_eq!(paid(&world.call(Step::Gateway, &whole("AA02"))), GatewayAnswer::success());
    assert_eq!((world.asked(), world.held()), (1, 6399));
}

#[test]
fn a_token_that_does_not_hold_is_told_nothing_of_contacts() {
    let world = world();
    let mut bad = paying("AA01");
    bad["paymentToken"]["paymentData"]["signature"] = json!("bad");
    let reply = world.call(Step::Gateway, &bad);
    assert_eq!(paid(&reply), GatewayAnswer::failure(Vec::new()));
    assert_eq!(reply.code, Some("signature_invalid"));
}

#[test]
fn p016_whom_it_is_for_is_kept_sealed_once_it_is_paid_and_nothing_of_who_did_not_pay() {
    for fate in [PspFate::Decline(DeclineClass::Generic), PspFate::LoseAnswer] {
        let world = world();
        world.memory.world().psp.fates.push_back(fate);
        world.call(Step::Gateway, &whole("AA01"));
        assert!(world.memory.world().book.contacts.is_empty());
    }
    let world = world();
    world.call(Step::Gateway, &whole("AA01"));
    let kept = world.memory.world().book.contacts[&world.pointer].clone();
    assert!(!format!("{kept:?}").contains("c4n4ry"));
    assert!(kept.until > world.memory.now() + SignedDuration::from_hours(89 * 24));
    let key = ServiceKey::derive(&vec![0x5a; 32].into()).unwrap();
    let contacts = serde_json::to_value(kept.open(&key, &world.pointer).unwrap()).unwrap();
    let sent = whole("AA01");
    assert_eq!(contacts["shippingContact"], sent["shippingContact"]);
    assert_eq!(contacts["billingContact"], sent["billingContact"]);
    assert_eq!(contacts["shippingMethod"], "std");
}

#[test]
fn the_provider_gets_the_whole_postal_code_of_the_card_and_a_price_is_made_of_what_is_shown() {
    let world = World::new();
    let mut payment = paying("AA01");
    payment["billingContact"] = json!({"countryCode": "gb", "postalCode": "SW1A 1AA",
        "locality": "London", "addressLines": ["1 c4n4ry Street"]});
    let body = world.body(&payment);
    let call = Call {
        payment: world.pointer.payment.as_str(),
        capability: "",
        step: Step::Gateway,
        began: world.memory.now(),
        id: "",
        body: &body,
    };
    let billing = Paying::read(&call, &world.payment()).unwrap().billing().unwrap();
    assert_eq!((billing.country.as_str(), billing.postal_code.as_str()), ("GB", "SW1A 1AA"));
    assert!(!format!("{billing:?}").contains("c4n4ry"));
    let shown = Region::of(&payment["billingContact"]).unwrap();
    assert_eq!(shown.postal_code, "SW1A");
}
