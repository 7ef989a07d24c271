use super::*;
use crate::{
    apple_pay::{PaymentType, Region, Rounding, UpdateAnswer},
    money::Currency,
};
use proptest::prelude::*;
use serde_json::{Value, json};

fn offer(pricing: &Value) -> Offer {
    serde_json::from_value(json!({
        "merchant": "merchant.com.example.shop", "merchantName": "Example Shop",
        "country": "US", "currency": "USD",
        "lines": [{"label": "Desk", "amount": 19900}, {"label": "Lamp", "amount": 3333},
            {"label": "Ten off", "amount": -1000}],
        "total": {"label": "Example Shop", "amount": 22732},
        "shippingMethods": [
            {"identifier": "std", "label": "Standard", "detail": "3 days", "amount": 499},
            {"identifier": "exp", "label": "Express", "detail": "1 day", "amount": 1500}],
        "networks": ["visa"], "capabilities": ["supports3DS"], "pricing": pricing,
    }))
    .unwrap()
}

fn rules() -> Value {
    json!({"by": "static",
        "taxes": [
            {"label": "Tax", "percent": "1"},
            {"country": "US", "label": "US tax", "percent": "5"},
            {"country": "US", "region": "CA", "label": "CA tax", "percent": "7.25", "onShipping": true},
            {"country": "US", "postalPrefix": "950", "label": "County tax", "percent": "9.125"},
            {"country": "US", "region": "OR", "label": "No tax", "percent": "0"}],
        "surcharges": [{"paymentType": "credit", "label": "Card fee", "amount": 100}],
        "servable": [{"country": "US"}, {"country": "CA", "region": "ON"}]})
}

fn to(contact: &Value) -> Inputs {
    Inputs { region: Region::of(contact), ..Inputs::default() }
}

fn lines(quote: &Quote) -> Vec<(&str, i64)> {
    quote.lines.iter().map(|line| (line.label.as_str(), line.amount.get())).collect()
}

#[test]
fn an_offer_costs_its_lines_and_the_first_way_of_delivery() {
    let quote = price(&offer(&json!({"by": "static"})), &Inputs::default(), 0).unwrap();
    let expected = [("Desk", 19900), ("Lamp", 3333), ("Ten off", -1000), ("Standard", 499)];
    assert_eq!(lines(&quote), expected);
    assert_eq!((quote.total.amount.get(), quote.shipping.get(), quote.tax.get()), (22732, 499, 0));
    assert_eq!((quote.source, quote.total.label.as_str()), (QuoteSource::Offer, "Example Shop"));
}

#[test]
fn p018_a_way_of_delivery_is_known_by_its_identifier_alone() {
    let offer = offer(&json!({"by": "static"}));
    let by = |identifier: &str| {
        let shipping_method = Some(identifier.to_owned());
        price(&offer, &Inputs { shipping_method, ..Inputs::default() }, 1)
    };
    let quote = by("exp").unwrap();
    assert_eq!((quote.total.amount.get(), quote.source), (23733, QuoteSource::Static));
    for unknown in ["EXP", "Express", "", "free"] {
        let errors = by(unknown).unwrap_err();
        assert_eq!(errors[0].code, PayErrorCode::ShippingContactInvalid, "{unknown}");
    }
}

#[test]
fn the_most_particular_tax_counts() {
    let offer = offer(&rules());
    for (contact, expected) in [
        (json!({}), Some(("Tax", 222))),
        (json!({"countryCode": "us", "administrativeArea": "NY"}), Some(("US tax", 1112))),
        // Shipping is taxed in California: 7.25 % of 499 is 36.2.
        (json!({"countryCode": "US", "administrativeArea": "ca"}), Some(("CA tax", 1648))),
        (
            json!({"countryCode": "US", "administrativeArea": "CA", "postalCode": "95014"}),
            Some(("County tax", 2029)),
        ),
        (json!({"countryCode": "US", "administrativeArea": "OR"}), None),
    ] {
        let quote = price(&offer, &to(&contact), 1).unwrap();
        let found =
            lines(&quote).into_iter().find(|(label, _)| label.ends_with("tax") || *label == "Tax");
        assert_eq!(found, expected, "{contact}");
        assert_eq!(quote.tax.get(), expected.map_or(0, |(_, tax)| tax));
    }
}

#[test]
fn a_place_that_is_not_served_is_told_so() {
    let offer = offer(&rules());
    for (contact, is_served) in [
        (json!({"countryCode": "us"}), true),
        (json!({"countryCode": "CA", "administrativeArea": "on"}), true),
        (json!({"countryCode": "CA", "administrativeArea": "QC"}), false),
        (json!({"countryCode": "xx"}), false),
        (json!({"locality": "Atlantis"}), false),
        (json!({}), true),
    ] {
        let priced = price(&offer, &to(&contact), 1);
        let codes = priced.as_ref().err().map(|errors| errors[0].code);
        let expected = (!is_served).then_some(PayErrorCode::AddressUnserviceable);
        assert_eq!(codes, expected, "{contact}");
    }
}

#[test]
fn a_surcharge_goes_with_the_kind_of_card() {
    let offer = offer(&rules());
    let with = |word| Inputs { payment_type: PaymentType::parse(word), ..Inputs::default() };
    let total = |word| price(&offer, &with(word), 1).unwrap().total.amount.get();
    assert_eq!(total("Credit") - total("debit"), 100);
    assert_eq!(total("P020: a kind that nobody knows"), total("debit"));
}

#[test]
fn a_half_is_rounded_as_the_policy_says() {
    let mut of = offer(&json!({"by": "static", "taxes": [{"label": "Tax", "percent": "5"}]}));
    of.lines = vec![line("Pin", Minor::new(50)), line("Nail", Minor::new(50))];
    of.shipping_methods.clear();
    // 2.5 each: line by line, not of the sum.
    assert_eq!(price(&of, &Inputs::default(), 0).unwrap().tax.get(), 6);
    let Pricing::Static(rules) = &mut of.pricing else { unreachable!() };
    rules.rounding = Rounding::HalfEven;
    assert_eq!(price(&of, &Inputs::default(), 0).unwrap().tax.get(), 4);
}

#[test]
fn p034_what_cannot_be_paid_has_no_price() {
    let mut of = offer(&json!({"by": "static"}));
    for amount in [0, -1, 10_000_000_001, i64::MAX] {
        of.lines = vec![line("Desk", Minor::new(amount))];
        of.shipping_methods.clear();
        let errors = price(&of, &Inputs::default(), 1).unwrap_err();
        assert_eq!(errors[0].code, PayErrorCode::Unknown, "{amount}");
    }
    of.lines = vec![line("Desk", Minor::new(10_000_000_000))];
    assert!(price(&of, &Inputs::default(), 1).is_ok());
    of.lines = vec![line("Desk", Minor::new(i64::MAX)), line("Lamp", Minor::new(i64::MAX))];
    assert!(price(&of, &Inputs::default(), 1).is_err());
}

#[test]
fn p037_an_update_always_has_the_total_and_the_lines() {
    let quote = price(&offer(&json!({"by": "static"})), &Inputs::default(), 3).unwrap();
    let currency = Currency::parse("USD").unwrap();
    let answer = json!(UpdateAnswer::of(&quote, currency));
    let total = json!({"label": "Example Shop", "amount": "227.32", "type": "final"});
    assert_eq!(answer["newTotal"], total);
    assert_eq!(answer["newLineItems"].as_array().unwrap().len(), 4);
    assert_eq!(answer["newLineItems"][2]["amount"], "-10.00");
    assert_eq!(answer.get("errors"), None);
    let errors = vec![PayError::new(PayErrorCode::AddressUnserviceable, "Not there.")];
    let refusal = json!(UpdateAnswer::refusing(errors, &quote, currency));
    assert_eq!(refusal["newTotal"], total);
    assert_eq!(refusal["errors"][0]["code"], "addressUnserviceable");
}

fn some_offer() -> impl Strategy<Value = Offer> {
    let amounts = proptest::collection::vec((-50_000_i64..2_000_000, any::<bool>()), 1..12);
    let percents = [0_i64..3_000_000, 0..3_000_000, 0..3_000_000];
    let code = proptest::sample::select(vec!["USD", "JPY", "KWD"]);
    let extras = (any::<bool>(), any::<bool>(), 0_i64..10_000, -500_i64..500);
    (amounts, percents, code, extras).prop_map(|(amounts, percents, code, extras)| {
        let (on_shipping, even, shipping, surcharge) = extras;
        let [everywhere, country, region] =
            percents.map(|percent| rust_decimal::Decimal::new(percent, 5).to_string());
        let mut of = offer(&json!({"by": "static",
            "taxes": [
                {"label": "Tax", "percent": everywhere, "onShipping": on_shipping},
                {"country": "US", "label": "Tax", "percent": country},
                {"country": "US", "region": "CA", "label": "Tax", "percent": region,
                    "onShipping": true}],
            "surcharges": [{"paymentType": "credit", "label": "Card", "amount": surcharge}],
            "servable": [{"country": "US"}, {"country": "CA"}],
            "rounding": if even { "halfEven" } else { "halfUp" }}));
        of.currency = Currency::parse(code).unwrap();
        of.lines = amounts
            .into_iter()
            .map(|(amount, is_pending)| Line {
                kind: if is_pending { LineType::Pending } else { LineType::Final },
                ..line("Line", Minor::new(amount))
            })
            .collect();
        of.shipping_methods[0].amount = Minor::new(shipping);
        of
    })
}

fn some_inputs() -> impl Strategy<Value = Inputs> {
    let method = proptest::sample::select(vec![None, Some("std"), Some("exp"), Some("none")]);
    let places = vec![
        json!(null),
        json!({"countryCode": "us", "administrativeArea": "CA", "postalCode": "95014-2083"}),
        json!({"countryCode": "US", "administrativeArea": "NY", "postalCode": "10001"}),
        json!({"countryCode": "ca", "administrativeArea": "ON", "postalCode": "M5V 3L9"}),
        json!({"countryCode": "de", "postalCode": "10115"}),
    ];
    let kind = proptest::sample::select(vec!["credit", "debit", "crypto"]);
    (method, proptest::sample::select(places), kind).prop_map(|(method, place, kind)| Inputs {
        shipping_method: method.map(str::to_owned),
        region: Region::of(&place),
        payment_type: PaymentType::parse(kind),
    })
}

proptest! {
    #[test]
    fn f118_the_final_lines_always_make_the_total(of in some_offer(), inputs in some_inputs()) {
        if let Ok(quote) = price(&of, &inputs, 1) {
            prop_assert_eq!(sum(&quote.lines), Some(quote.total.amount));
            prop_assert!(Offer::is_payable(quote.total.amount, of.currency));
            prop_assert_eq!(&price(&of, &inputs, 1).unwrap(), &quote);
            prop_assert!(quote.tax >= Minor::ZERO);
        }
    }

    #[test]
    fn f118_the_lines_that_the_device_is_shown_make_the_total_that_it_is_shown(
        of in some_offer(), inputs in some_inputs()
    ) {
        if let Ok(quote) = price(&of, &inputs, 1) {
            let answer = UpdateAnswer::of(&quote, of.currency);
            let read = |text: &str| Minor::parse(text, of.currency).unwrap();
            let lines = answer.new_line_items.iter().filter(|line| line.kind == LineType::Final);
            let shown = Minor::sum(lines.map(|line| read(&line.amount)));
            prop_assert_eq!(shown, Some(read(&answer.new_total.amount)));
        }
    }
}
