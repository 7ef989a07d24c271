//! Every file of `events/apple-pay` through the function.

use amb_bad_input::ApplePay;
use amb_lambda::http_event::Request;
use amb_service::model::MerchantSettings;
use amb_support::gateway_event;
use serde_json::{Value, json};

use crate::events::{assert_complete, forbidden, sample};

/// The business of the payment takes payments.
fn with_settings(function: &ApplePay) {
    let mut world = function.world.world();
    let payment = world.book.payments[&function.pointer].clone();
    let settings: MerchantSettings = serde_json::from_value(json!({
        "tenant": payment.pointer.tenant, "business": payment.business,
        "merchant": payment.merchant, "displayName": "Example Shop", "country": "US",
        "identity": "identity", "psp": payment.psp, "networks": ["visa"],
        "capabilities": ["supports3DS"], "timeZone": "UTC", "updatedAt": world.now, "revision": 1,
        "domainAssociation": "7B227073704964223A22",
    }))
    .unwrap();
    let place = (settings.tenant.clone(), settings.business.clone());
    world.book.merchants.insert(place, settings);
}

#[test]
fn apple_pay() {
    let failed = json!({"status": "STATUS_FAILURE", "errors": []});
    // The case, the status, a place in the answer, what stands there.
    let table = [
        ("gateway", 200, "/status", json!("STATUS_SUCCESS")),
        (
            "gateway-from-where-nothing-is-delivered",
            200,
            "/errors/0/code",
            json!("addressUnserviceable"),
        ),
        ("gateway-without-a-token", 400, "", failed.clone()),
        ("gateway-of-another-request", 404, "", failed.clone()),
        ("payment-method", 200, "/newTotal/amount", json!("63.99")),
        ("shipping-contact", 200, "/newTotal/amount", json!("63.99")),
        ("shipping-method", 200, "/newTotal/amount", json!("74.00")),
        ("order-tracking", 200, "", json!({})),
        ("forged-path", 404, "", failed.clone()),
        ("wrong-method", 405, "", failed),
        ("fallback", 200, "", Value::Null),
        ("domain-association", 200, "", Value::Null),
        ("notice", 200, "", Value::Null),
        ("notice-forged", 401, "/code", json!("forged")),
        ("notice-of-another-provider", 404, "/code", json!("not_found")),
    ];
    assert_complete("apple-pay", table.iter().map(|(case, ..)| *case));
    for (case, status, place, expected) in table {
        let function = ApplePay::default();
        with_settings(&function);
        let event = sample("apple-pay", case);
        let request = Request::from_json(&event, &gateway_event::context()).unwrap();
        let mut words = forbidden(&event);
        words.extend(["Made-Up", "Sample St", "/pay/"].map(str::to_owned));
        let outcome = function.send_request(request, words.clone());
        assert_eq!(outcome.status(), status, "{case}: {}", outcome.body());
        assert_eq!(outcome.json().pointer(place), Some(&expected), "{case}");
        assert!(!outcome.logs.is_empty() || case == "domain-association", "{case}");
        for line in outcome.logs.iter().chain([&outcome.queued]) {
            let found = words.iter().find(|word| line.contains(word.as_str()));
            assert_eq!(found, None, "{case}: {line}");
        }
    }
}
