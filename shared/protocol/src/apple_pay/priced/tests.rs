use super::*;
use crate::apple_pay::UpdateAnswer;
use proptest::prelude::*;
use serde_json::{Value, json};

fn offer() -> Offer {
    serde_json::from_value(json!({
        "merchant": "merchant.com.example.shop", "merchantName": "Example Shop",
        "country": "US", "currency": "USD", "lines": [{"label": "Desk", "amount": 19900}],
        "total": {"label": "Example Shop", "amount": 20399},
        "shippingMethods": [
            {"identifier": "std", "label": "Standard", "detail": "3 days", "amount": 499},
            {"identifier": "exp", "label": "Express", "detail": "1 day", "amount": 1500}],
        "networks": ["visa"], "capabilities": ["supports3DS"],
    }))
    .unwrap()
}

fn read(answer: &Value) -> Result<Quote, PriceFault> {
    read_price_answer(&offer(), &Inputs::default(), 7, answer.to_string().as_bytes())
}

#[test]
fn an_answer_with_lines_is_a_quote() {
    let quote = read(&json!({"newTotal": {"label": "Somebody Else", "amount": "214.9"},
        "newLineItems": [{"label": "Desk", "amount": "199.00", "type": "Final"},
            {"label": "Tax", "amount": "10.91"}, {"label": "Delivery", "amount": "4.99"},
            {"label": "Weight", "amount": "0.00", "type": "pending"}],
        "tax": "10.91", "currencyCode": "USD", "whatever": [1]}))
    .unwrap();
    assert_eq!(quote.total.amount.get(), 21490);
    assert_eq!(quote.total.label, "Example Shop");
    assert_eq!((quote.tax.get(), quote.shipping.get(), quote.seq), (1091, 499, 7));
    assert_eq!(quote.source, QuoteSource::Callback);
}

#[test]
fn p039_a_total_without_lines_gets_lines() {
    let alone =
        |amount: &str| read(&json!({"newTotal": {"label": "x", "amount": amount}})).unwrap();
    let labels =
        |quote: &Quote| quote.lines.iter().map(|line| line.label.clone()).collect::<Vec<_>>();
    assert_eq!(labels(&alone("203.99")), ["Desk", "Standard"]);
    assert_eq!(labels(&alone("210.00")), ["Example Shop"]);
    assert_eq!(sum(&alone("210.00").lines), Some(Minor::new(21000)));
    let lines = json!({"newLineItems": [{"label": "Desk", "amount": "1.00"}]});
    assert_eq!(read(&lines).unwrap().total.amount.get(), 100);
}

#[test]
fn p025_what_is_no_price_is_a_fault() {
    let total = |amount: Value| json!({"newTotal": {"label": "x", "amount": amount}});
    let with = |name: &str, value: Value| {
        let mut answer = total(json!("5.00"));
        answer[name] = value;
        answer
    };
    for (answer, fault) in [
        (with("currencyCode", json!("EUR")), PriceFault::Currency),
        (total(json!("-5.00")), PriceFault::Total),
        (total(json!("0.00")), PriceFault::Total),
        (total(json!("100000000.01")), PriceFault::Total),
        (total(json!("9999999999999.99")), PriceFault::Amount),
        (total(json!("5.001")), PriceFault::Amount),
        (total(json!("5,00")), PriceFault::Amount),
        (total(json!("5.000")), PriceFault::Amount),
        (with("tax", json!("5.01")), PriceFault::Amount),
        (with("tax", json!("-0.01")), PriceFault::Amount),
        (total(json!(5.0)), PriceFault::Unreadable),
        (json!({}), PriceFault::Total),
        (json!([]), PriceFault::Unreadable),
        (with("newLineItems", json!([])), PriceFault::Lines),
        (with("newLineItems", json!([{"label": "x", "amount": "4.99"}])), PriceFault::Lines),
        (with("newLineItems", json!([{"label": " ", "amount": "5.00"}])), PriceFault::Lines),
        (
            with(
                "newShippingMethods",
                json!([{"identifier": "a", "label": "A", "amount": "-1.00"}]),
            ),
            PriceFault::Methods,
        ),
        (
            with(
                "newShippingMethods",
                json!([{"identifier": "a", "label": "A", "amount": "1"},
                    {"identifier": "a", "label": "B", "amount": "1"}]),
            ),
            PriceFault::Methods,
        ),
    ] {
        assert_eq!(read(&answer), Err(fault), "{answer}");
    }
    let raw = |answer: &[u8]| read_price_answer(&offer(), &Inputs::default(), 1, answer);
    assert_eq!(raw(b"<html>500</html>"), Err(PriceFault::Unreadable));
    assert_eq!(raw(b""), Err(PriceFault::Unreadable));
    let twice = br#"{"newTotal": {"amount": "1.00"}, "newTotal": {"amount": "2.00"}}"#;
    assert_eq!(raw(twice), Err(PriceFault::Unreadable));
    assert_eq!(raw(&vec![b' '; MOST_ANSWER_BYTES + 1]), Err(PriceFault::TooLarge));
}

#[test]
fn p033_a_business_refuses_in_apples_words_alone() {
    let told = json!({"errors": [
        {"code": "shippingContactInvalid", "contactField": "postalCode", "message": "No\u{0} such code"},
        {"code": "addressUnserviceable", "contactField": "postalCode", "message": "Not there"},
        {"code": "couponCodeExpired", "message": "x".repeat(1000)},
        {"code": "billingContactInvalid", "contactField": "shoeSize"}]});
    let Err(PriceFault::Refused(errors)) = read(&told) else { panic!("a refusal") };
    assert_eq!(errors[0].contact_field, Some(ContactField::PostalCode));
    assert_eq!(errors[0].message, "No such code");
    assert_eq!(
        (errors[1].code, errors[1].contact_field),
        (PayErrorCode::AddressUnserviceable, None)
    );
    assert_eq!((errors[2].code, errors[2].message.len()), (PayErrorCode::Unknown, 200));
    assert_eq!(errors[3].contact_field, None);
}

#[test]
fn new_ways_of_delivery_take_the_place_of_the_old() {
    let answer = json!({"newTotal": {"amount": "209.00"},
        "newShippingMethods": [{"identifier": "boat", "label": "Boat", "amount": "10.00"}]});
    let quote = read(&answer).unwrap();
    assert_eq!(quote.shipping.get(), 1000);
    assert_eq!(quote.shipping_methods.as_ref().unwrap()[0].identifier, "boat");
    assert_eq!(quote.lines.len(), 2);
    let told = UpdateAnswer::refusing(Vec::new(), &quote, offer().currency);
    assert_eq!(
        told.new_shipping_methods.unwrap()[0].identifier,
        "boat",
        "a refusal takes none away"
    );
}

proptest! {
    #[test]
    fn f118_no_answer_becomes_a_quote_that_does_not_add_up(
        lines in proptest::option::of(proptest::collection::vec((-2_000_i64..8_000, any::<bool>()), 1..6)),
        is_right in any::<bool>(),
        told in proptest::option::of(-100_i64..20_000),
        tax in proptest::option::of(-100_i64..20_000),
    ) {
        let usd = offer().currency;
        let decimal = |amount: i64| Minor::new(amount).to_decimal(usd);
        let known = lines.iter().flatten().filter(|(_, is_pending)| !is_pending);
        let known: i64 = known.map(|(amount, _)| amount).sum();
        let total = if is_right && lines.is_some() { Some(known) } else { told };
        let line = |(amount, is_pending): &(i64, bool)| {
            let kind = if *is_pending { "pending" } else { "final" };
            json!({"label": "Line", "amount": decimal(*amount), "type": kind})
        };
        let answer = json!({
            "newTotal": total.map(|total| json!({"amount": decimal(total)})),
            "newLineItems": lines.as_ref().map(|lines| lines.iter().map(line).collect::<Vec<_>>()),
            "tax": tax.map(decimal),
        });
        let told_a_price = total.is_some_and(|total| total > 0) || (total.is_none() && known > 0);
        let tax_fits = |total: i64| tax.is_none_or(|tax| (0..=total).contains(&tax));
        match read(&answer) {
            Ok(quote) => {
                let amount = quote.total.amount.get();
                prop_assert_eq!(sum(&quote.lines), Some(quote.total.amount));
                prop_assert!(told_a_price && tax_fits(amount), "{}", answer);
                prop_assert_eq!(amount, total.unwrap_or(known));
            }
            Err(_) => {
                let is_right = total.is_none_or(|total| lines.is_none() || total == known);
                let amount = total.unwrap_or(known);
                prop_assert!(!told_a_price || !is_right || !tax_fits(amount), "{}", answer);
            }
        }
    }
}
