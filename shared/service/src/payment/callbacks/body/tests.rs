use serde_json::json;

use super::*;

const REQUEST: &str = "c0ffee00-0000-4000-8000-00000000000a";

fn payment() -> PaymentId {
    PaymentId::of(&RequestIdentifier::parse(REQUEST).unwrap()).unwrap()
}

fn fault(body: &Value) -> Option<BodyFault> {
    Body::read(body.to_string().as_bytes(), &payment()).err()
}

#[test]
fn p004_the_request_is_that_of_the_path_in_either_case() {
    for (request, expected) in [
        (json!(REQUEST), None),
        (json!(REQUEST.to_ascii_uppercase()), None),
        (json!("c0ffee00-0000-4000-8000-00000000000b"), Some(BodyFault::Foreign)),
        (json!(""), Some(BodyFault::Foreign)),
        (json!("x".repeat(10_000)), Some(BodyFault::Foreign)),
        (json!(1), Some(BodyFault::Request)),
        (json!(null), Some(BodyFault::Request)),
        (json!([REQUEST]), Some(BodyFault::Request)),
    ] {
        let body = json!({"requestIdentifier": request, "version": 1, "payment": {}});
        assert_eq!(fault(&body), expected, "{request}");
    }
    assert_eq!(fault(&json!({"payment": {}})), Some(BodyFault::Request));
}

#[test]
fn p005_the_version_is_a_number_or_a_text_and_may_be_missing() {
    for (version, expected) in [
        (json!(1), None),
        (json!("1.0"), None),
        (json!("2.0"), Some(BodyFault::Version)),
        (json!([]), Some(BodyFault::Version)),
        (json!(1.0), Some(BodyFault::Version)),
        (json!(-1), Some(BodyFault::Version)),
    ] {
        let body = json!({"requestIdentifier": REQUEST, "version": version, "payment": {}});
        assert_eq!(fault(&body), expected, "{version}");
    }
    let body = json!({"requestIdentifier": REQUEST, "payment": {}}).to_string();
    assert_eq!(Body::read(body.as_bytes(), &payment()).unwrap().unknown, 1);
}

#[test]
fn what_is_not_expected_is_counted_and_ignored() {
    let body = json!({"requestIdentifier": REQUEST, "version": 1, "new": 1, "payment":
        {"shippingMethod": {"identifier": "std", "amount": "-9"}, "newer": {}, "couponCode": "x"}});
    let body = Body::read(body.to_string().as_bytes(), &payment()).unwrap();
    assert_eq!((body.unknown, body.shipping_method()), (3, Some("std")));
}

#[test]
fn a_card_may_be_named_beside_the_payment() {
    let body = json!({"requestIdentifier": REQUEST, "version": 1,
        "paymentMethod": {"paymentNetwork": "Visa", "paymentType": "debit"}});
    let body = Body::read(body.to_string().as_bytes(), &payment()).unwrap();
    assert_eq!((body.payment_type(), body.unknown), (Some("debit"), 0));
}

#[test]
fn the_token_goes_on_to_the_byte() {
    let data = r#"{ "version":"EC_v1",  "data":"\u0041A==","header":{"transactionId":"00FF"} }"#;
    let body = format!(
        r#"{{"requestIdentifier":"{REQUEST}","payment":{{"paymentToken":{{"transactionIdentifier":"00FF",
        "paymentMethod":{{"network":"Visa","type":"Debit","displayName":"Visa 0000"}},"paymentData":{data}}}}}}}"#
    );
    let token = Body::read(body.as_bytes(), &payment()).unwrap().token.unwrap();
    assert_eq!(token.psp.payment_data.expose(), data);
    assert_eq!(token.psp.network.as_deref(), Some("Visa"));
    assert_eq!(token.payment_type, Some(amb_protocol::apple_pay::PaymentType::Debit));
    assert_eq!(token.hash, Some(crate::model::TokenHash::of("00ff")));
}
