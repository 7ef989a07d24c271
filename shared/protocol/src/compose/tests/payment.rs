//! A customer is asked to pay.

use proptest::prelude::*;

use super::*;
use crate::{
    apple_pay::Pricing,
    money::{Currency, Minor},
};

fn desk() -> Value {
    json!({"currencyCode": "USD", "lineItems": [{"label": "Desk", "amount": "199"}],
        "shippingMethods": [{"identifier": "std", "label": "Standard", "detail": "3 days", "amount": "4.99"}]})
}

fn with(pointer: &str, value: Value) -> Value {
    let mut content = desk();
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = content.pointer_mut(parent).unwrap();
    match (parent, name.parse::<usize>()) {
        (Value::Array(list), Ok(at)) => list[at] = value,
        (parent, _) => parent[name] = value,
    }
    content
}

fn pending(content: &Value) -> PendingPayment {
    let draft = composed(ContentType::Payment, content).draft;
    match draft.needs.last() {
        Some(Need::Payment(pending)) => (**pending).clone(),
        other => panic!("{other:?}"),
    }
}

fn found(content: &Value) -> Vec<(String, &'static str)> {
    let found = faults(ContentType::Payment, content);
    found.into_iter().map(|(at, rule)| (at.replace("/content", ""), rule)).collect()
}

#[test]
fn ap17_a_request_is_apples_json_with_exact_decimals() {
    let message = sent(ContentType::Payment, &desk());
    let data = &message["interactiveData"]["data"];
    assert_eq!(data["requestIdentifier"], DRAWN);
    assert_eq!(
        data["payment"]["paymentRequest"],
        json!({
            "applePay": {"merchantIdentifier": "merchant.com.example.shop",
                "merchantCapabilities": ["supports3DS"],
                "supportedNetworks": ["amex", "masterCard", "visa"]},
            "merchantName": "Example Shop", "countryCode": "US", "currencyCode": "USD",
            "lineItems": [{"label": "Desk", "amount": "199.00", "type": "final"},
                {"label": "Standard", "amount": "4.99", "type": "final"}],
            "shippingMethods": [{"identifier": "std", "label": "Standard", "detail": "3 days",
                "amount": "4.99"}],
            "total": {"label": "Example Shop", "amount": "203.99", "type": "final"},
        })
    );
    let bubble = &message["interactiveData"]["receivedMessage"];
    assert_eq!(bubble, &json!({"title": "Example Shop", "style": "large"}));
    let words = data["payment"].as_object().unwrap().keys().collect::<Vec<_>>();
    assert_eq!(words, ["paymentRequest", "merchantSession", "endpoints"]);
}

#[test]
fn a_checkout_of_the_businesss_own_is_https_and_the_device_hears_nothing_of_it() {
    let url = "https://shop.example.com/cart?order=1001";
    let content = with("/checkoutUrl", json!(url));
    assert_eq!(pending(&content).offer.checkout_url.as_deref(), Some(url));
    assert_eq!(pending(&desk()).offer.checkout_url, None);
    assert!(!sent(ContentType::Payment, &content).to_string().contains("shop.example.com"));
    let long = format!("https://shop.example.com/{}", "x".repeat(2_048));
    for odd in ["http://shop.example.com", "javascript:alert(1)", "https://a@b.example", &long] {
        let found = found(&with("/checkoutUrl", json!(odd)));
        assert_eq!(found, [("/checkoutUrl".to_owned(), "payment_url")], "{odd}");
    }
}

#[test]
fn ap17_the_first_shipping_method_counts_once_however_it_is_written() {
    let shipping =
        json!([{"label": "Desk", "amount": "199.00"}, {"label": "Standard", "amount": "4.99"}]);
    let other =
        json!([{"label": "Desk", "amount": "199.00"}, {"label": "Delivery", "amount": "4.99"}]);
    for (lines, total) in [
        (json!([{"label": "Desk", "amount": "199.00"}]), None),
        (json!([{"label": "Desk", "amount": "199.00"}]), Some("203.99")),
        (shipping.clone(), None),
        (shipping, Some("203.99")),
        (other, Some("203.99")),
        (json!(null), Some("203.99")),
    ] {
        let mut content = with("/lineItems", lines);
        if let Some(total) = total {
            content["total"] = json!({"amount": total});
        }
        let offer = pending(&content).offer;
        assert_eq!(offer.total.amount, Minor::new(20399), "{content}");
        assert_eq!(offer.lines.iter().map(|l| l.amount.get()).sum::<i64>(), 19900, "{content}");
    }
}

#[test]
fn f118_what_does_not_add_up_is_refused_where_it_stands() {
    let most = with("/lineItems/0/amount", json!("100000000.01"));
    for (content, at, rule) in [
        (
            with("/total", json!({"amount": "199.00"})),
            "/shippingMethods/0/amount",
            "payment_shipping_first",
        ),
        (with("/total", json!({"amount": "200.00"})), "/total/amount", "payment_total_sum"),
        (with("/total", json!({"amount": "0.1e3"})), "/total/amount", "payment_amount"),
        (with("/lineItems/0/amount", json!("1,50")), "/lineItems/0/amount", "payment_amount"),
        (with("/lineItems/0/amount", json!("0.305")), "/lineItems/0/amount", "payment_amount"),
        (with("/lineItems/0/amount", json!(1.5)), "/lineItems/0/amount", "type"),
        (with("/lineItems/0/amount", json!("-4.99")), "/lineItems", "payment_total"),
        (with("/lineItems/0/amount", json!("-5.00")), "/lineItems", "payment_total"),
        (most, "/lineItems", "payment_total"),
        (
            with("/lineItems/0/amount", json!("1234567890123")),
            "/lineItems/0/amount",
            "payment_amount",
        ),
        (with("/lineItems", json!([])), "/lineItems", "payment_line_items"),
        (with("/lineItems/0/label", json!("")), "/lineItems/0/label", "empty"),
        (
            with("/lineItems/0/label", json!("x".repeat(129))),
            "/lineItems/0/label",
            "payment_label_length",
        ),
        (with("/lineItems/0/type", json!("Final")), "/lineItems/0/type", "payment_line_type"),
        (
            with("/shippingMethods/0/amount", json!("-1.00")),
            "/shippingMethods/0/amount",
            "payment_amount",
        ),
        (with("/currencyCode", json!("usd")), "/currencyCode", "payment_currency"),
        (with("/currencyCode", json!("JPY")), "/shippingMethods/0/amount", "payment_amount"),
        (with("/countryCode", json!("us")), "/countryCode", "payment_country"),
        (
            with("/merchantCapabilities", json!(["supportsDebit"])),
            "/merchantCapabilities",
            "payment_3ds",
        ),
        (with("/supportedNetworks", json!([])), "/supportedNetworks", "payment_networks"),
        (
            with("/supportedNetworks", json!(["mastercard"])),
            "/supportedNetworks/0",
            "payment_network",
        ),
        (with("/supportedCountries", json!(["us"])), "/supportedCountries/0", "payment_country"),
        (
            with("/requiredShippingContactFields", json!(["fax"])),
            "/requiredShippingContactFields/0",
            "payment_contact_field",
        ),
        (with("/expiresInMinutes", json!(4)), "/expiresInMinutes", "payment_expiry"),
        (with("/expiresInMinutes", json!(10_081)), "/expiresInMinutes", "payment_expiry"),
        (with("/reference", json!("")), "/reference", "payment_reference_length"),
        (with("/requestIdentifier", json!(DRAWN)), "/requestIdentifier", "unknown_field"),
        (
            with("/receivedMessage", json!({"title": "T", "style": "icon"})),
            "/receivedMessage/style",
            "payment_style",
        ),
        (with("/pricing", json!({"by": "magic"})), "/pricing/by", "payment_pricing"),
        (with("/lineItems/0/amount", json!("1.500")), "/lineItems/0/amount", "payment_amount"),
        (
            with("/pricing", json!({"by": "callback", "url": "http://a.example"})),
            "/pricing/url",
            "payment_url",
        ),
        (
            with(
                "/pricing",
                json!({"by": "static", "taxes": [{"label": "Tax", "percent": "1e1"}]}),
            ),
            "/pricing/taxes/0/percent",
            "payment_pricing",
        ),
    ] {
        assert_eq!(found(&content), [(at.to_owned(), rule)], "{content}");
    }
    let mut both = with("/receivedMessage", json!({"title": "T"}));
    both["subtitle"] = json!("S");
    assert_eq!(found(&both), [("/subtitle".to_owned(), "payment_bubble")]);
    let twice = json!([desk()["shippingMethods"][0], desk()["shippingMethods"][0]]);
    let expected = [("/shippingMethods/1/identifier".to_owned(), "payment_shipping_identifier")];
    assert_eq!(found(&with("/shippingMethods", twice)), expected);
}

#[test]
fn what_no_device_shows_decides_no_price() {
    let prefix = |country: &str, prefix: &str| {
        let place = json!([{"country": country, "postalPrefix": prefix}]);
        let content = with("/pricing", json!({"by": "static", "servable": place}));
        let composed = compose_by("apple-2026-08", ContentType::Payment, &content, false);
        short(&composed.err().unwrap_or_default())
    };
    let at = "/content/pricing/servable/0/postalPrefix".to_owned();
    for (country, hidden) in [("GB", "SW1A 1"), ("GB", "N1 9"), ("GB", "SW1A1"), ("CA", "K1A0")] {
        assert_eq!(prefix(country, hidden), [(at.clone(), "payment_pricing")], "{hidden}");
    }
    for (country, shown) in [("GB", "SW1A"), ("GB", "N"), ("CA", "K1A"), ("DE", "101 15")] {
        assert_eq!(prefix(country, shown), [], "{shown}");
    }
}

#[test]
fn a_total_without_lines_leaves_something_for_the_goods() {
    let post = json!({"identifier": "post", "label": "Post", "detail": "3 days", "amount": "5.00"});
    let mut content =
        json!({"currencyCode": "USD", "total": {"amount": "3.00"}, "shippingMethods": [post]});
    assert_eq!(found(&content), [("/total/amount".to_owned(), "payment_total_sum")]);
    content["total"]["amount"] = json!("5.00");
    assert!(compose_by("apple-2026-08", ContentType::Payment, &content, false).is_ok());
    // Whoever says no lines is not told to leave the total out, and then that one of both is needed.
    content["total"]["amount"] = json!("15.00");
    content["pricing"] = json!({"by": "static", "taxes": [{"label": "Tax", "percent": "10"}]});
    let faults = compose_by("apple-2026-08", ContentType::Payment, &content, false).unwrap_err();
    assert!(faults[0].fix.as_deref().unwrap().contains("`lineItems`"), "{faults:?}");
}

#[test]
fn p034_amounts_beyond_what_can_be_paid_are_refused() {
    for amount in ["9999999999.99", "9999999999999999999", "100000000.00", "1"] {
        let content = json!({"currencyCode": "USD", "total": {"amount": amount}});
        let composed = compose_by("apple-2026-08", ContentType::Payment, &content, false);
        assert_eq!(composed.is_ok(), amount.len() < 13, "{amount}");
    }
}

#[test]
fn currencies_keep_their_decimals() {
    for (code, amount, written) in [
        ("JPY", "500", "500"),
        ("KWD", "12.345", "12.345"),
        ("KWD", "12.3", "12.300"),
        ("USD", "1.5", "1.50"),
    ] {
        let content = json!({"currencyCode": code, "total": {"amount": amount}});
        let message = sent(ContentType::Payment, &content);
        let request = &message["interactiveData"]["data"]["payment"]["paymentRequest"];
        assert_eq!(request["total"]["amount"], written);
        assert_eq!(request["lineItems"][0]["amount"], written);
    }
}

#[test]
fn a_tax_that_holds_everywhere_is_in_the_first_total() {
    let tax = json!({"by": "static", "taxes": [{"label": "Sales tax", "percent": "10"}]});
    let message = sent(ContentType::Payment, &with("/pricing", tax));
    let request = &message["interactiveData"]["data"]["payment"]["paymentRequest"];
    assert_eq!(request["total"]["amount"], "223.89");
    assert_eq!(
        request["lineItems"][2],
        json!({"label": "Sales tax", "amount": "19.90", "type": "final"})
    );
}

#[test]
fn lc03_a_session_of_ones_own_is_taken_if_it_is_consistent() {
    let gateway = "https://pay.shop.example/gateway";
    let session = json!({"epochTimestamp": 1_795_000_000_000_u64, "expiresAt": 1_795_000_300_000_u64,
        "merchantSessionIdentifier": "PSHx", "merchantIdentifier": "AABB00", "displayName": "Shop",
        "initiative": "messaging", "initiativeContext": gateway});
    let mut content = with("/endpoints", json!({"paymentGatewayUrl": gateway}));
    assert_eq!(found(&content), [("/merchantSession".to_owned(), "payment_session")]);
    content["merchantSession"] = session.clone();
    assert!(!pending(&content).is_ours());
    content["merchantSession"] = json!(session.to_string());
    assert_eq!(pending(&content).session, Some(session.to_string()));
    content["merchantSession"] = session.clone();
    content["merchantSession"]["initiativeContext"] = json!("https://elsewhere.example/");
    let expected = [("/merchantSession/initiativeContext".to_owned(), "payment_gateway_equal")];
    assert_eq!(found(&content), expected);
    content["merchantSession"] = json!("{");
    assert_eq!(found(&content), [("/merchantSession".to_owned(), "payment_session")]);
    let alone = with("/merchantSession", session);
    assert_eq!(found(&alone), [("/merchantSession".to_owned(), "payment_session")]);
}

#[test]
fn lc04_addresses_of_ones_own_take_the_place_of_ours() {
    let own = json!({"fallbackUrl": "https://shop.example/pay", "orderTrackingUrl": "https://shop.example/o"});
    let pending = pending(&with("/endpoints", own));
    assert!(pending.is_ours());
    let ours = |step: &str| Some(format!("https://pay.example/{step}"));
    let ours = PaymentEndpoints {
        payment_gateway_url: ours("gateway"),
        fallback_url: ours("fallback"),
        ..PaymentEndpoints::default()
    };
    let both = json!(pending.endpoints.or(ours));
    let expected = json!({"paymentGatewayUrl": "https://pay.example/gateway",
        "orderTrackingUrl": "https://shop.example/o", "fallbackUrl": "https://shop.example/pay"});
    assert_eq!(both, expected);
    for name in ["paymentMethodUpdateUrl", "shippingContactUpdateUrl", "shippingMethodUpdateUrl"] {
        let own = with("/endpoints", json!({ name: "https://shop.example/prices" }));
        assert_eq!(found(&own), [(format!("/endpoints/{name}"), "payment_pricing")]);
    }
    let http = with("/endpoints", json!({"fallbackUrl": "http://shop.example"}));
    assert_eq!(found(&http), [("/endpoints/fallbackUrl".to_owned(), "payment_url")]);
}

#[test]
fn ap17_a_session_is_passed_on_unchanged_or_not_at_all() {
    let draft = composed(ContentType::Payment, &desk()).draft;
    let fill = |session: &str| {
        let mut body = draft.body.clone();
        let raw = serde_json::value::RawValue::from_string(session.to_owned()).unwrap();
        PendingPayment::fill(&mut body, &raw, &PaymentEndpoints::default())?;
        Ok(body["interactiveData"]["data"]["payment"]["merchantSession"].to_string())
    };
    let as_apple_writes = r#"{"epochTimestamp":1525722894057,"expiresAt":1525730094057,"zeta":"ü\n","alpha":[1,-2,0.5],"n":18446744073709551615,"signature":"308006092A"}"#;
    assert_eq!(fill(as_apple_writes).as_deref(), Ok(as_apple_writes));
    // Blanks and escapes are no part of it.
    assert_eq!(
        fill("{ \"a\\u0062\" : \"https:\\/\\/x\" }").as_deref(),
        Ok(r#"{"ab":"https://x"}"#)
    );
    for odd in [
        r#"{"n":1e3}"#,
        r#"{"n":1.50}"#,
        r#"{"n":18446744073709551616}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"a":"x","a":"y"}"#,
        "[]",
        "7",
    ] {
        assert_eq!(fill(odd), Err(SessionAltered), "{odd}");
    }
}

#[test]
fn a_business_without_settings_takes_no_payments() {
    let request_identifier = RequestIdentifier::parse(DRAWN).unwrap();
    let pack = RulePack::latest();
    let request_identifier = &request_identifier;
    let how = Composing { pack, truncate: false, request_identifier, merchant: None };
    let faults = compose(ContentType::Payment, &desk(), "/content", &how).unwrap_err();
    assert_eq!(short(&faults), [("/content".to_owned(), "payment_merchant")]);
}

#[test]
fn the_merchants_own_pricing_holds_where_none_is_said() {
    let mut merchant = MerchantDefaults::sample();
    let own = json!({"by": "callback", "url": "https://shop.example/price", "fallback": "refuse"});
    merchant.pricing = serde_json::from_value::<Pricing>(own).unwrap();
    let request_identifier = RequestIdentifier::parse(DRAWN).unwrap();
    let (pack, request_identifier) = (RulePack::latest(), &request_identifier);
    let how = Composing { pack, truncate: false, request_identifier, merchant: Some(&merchant) };
    let draft = compose(ContentType::Payment, &desk(), "", &how).unwrap().draft;
    let stored: Draft = serde_json::from_str(&serde_json::to_string(&draft).unwrap()).unwrap();
    assert_eq!(stored, draft);
    let Some(Need::Payment(pending)) = stored.needs.last() else { panic!() };
    assert_eq!(pending.offer.pricing, merchant.pricing);
    // Whoever has no key to sign the question with is told before anything is sent.
    let unsigned = MerchantDefaults { signs: false, ..MerchantDefaults::sample() };
    let how = Composing { merchant: Some(&unsigned), ..how };
    let asks = with("/pricing", json!({"by": "callback", "url": "https://shop.example/price"}));
    let faults = compose(ContentType::Payment, &asks, "", &how).unwrap_err();
    assert_eq!(short(&faults), [("/pricing/by".to_owned(), "payment_pricing")]);
    assert!(!format!("{draft:?} {pending:?}").contains("Desk"));
}

#[test]
fn what_cannot_be_opened_is_not_asked_for_where_tokens_are_opened() {
    let request_identifier = &RequestIdentifier::parse(DRAWN).unwrap();
    let asks = with("/merchantCapabilities", json!(["supports3DS", "supportsEMV"]));
    for decrypts in [false, true] {
        let merchant = MerchantDefaults { decrypts, ..MerchantDefaults::sample() };
        let (pack, merchant) = (RulePack::latest(), Some(&merchant));
        let how = Composing { pack, truncate: false, request_identifier, merchant };
        let faults = compose(ContentType::Payment, &asks, "", &how).err().unwrap_or_default();
        let expected = [("/merchantCapabilities".to_owned(), "payment_capability")];
        assert_eq!(short(&faults), &expected[..usize::from(decrypts)]);
    }
}

proptest! {
    #[test]
    fn f118_whatever_is_composed_adds_up_in_apples_json(
        lines in proptest::collection::vec((-20_000_i64..200_000, any::<bool>()), 1..8),
        shipping in proptest::option::of(0_i64..5_000),
        percent in 0_u32..30_000,
        code in proptest::sample::select(vec!["USD", "JPY", "KWD"]),
    ) {
        let decimal = |amount: i64| Minor::new(amount).to_decimal(Currency::parse(code).unwrap());
        let lines: Vec<_> = lines
            .into_iter()
            .map(|(amount, is_pending)| {
                let kind = if is_pending { "pending" } else { "final" };
                json!({"label": "Line", "amount": decimal(amount), "type": kind})
            })
            .collect();
        let way = |amount| json!({"identifier": "std", "label": "Standard", "amount": decimal(amount)});
        let content = json!({
            "currencyCode": code, "lineItems": lines,
            "shippingMethods": shipping.into_iter().map(way).collect::<Vec<_>>(),
            "pricing": {"by": "static", "taxes": [{"label": "Tax", "onShipping": true,
                "percent": format!("{}.{:03}", percent / 1000, percent % 1000)}]},
        });
        match compose_by("apple-2026-08", ContentType::Payment, &content, false) {
            Ok(composed) => {
                let message = filled(&composed.draft);
                prop_assert_eq!(short(&check_wire(&message, RulePack::latest())), []);
                let request = &message["interactiveData"]["data"]["payment"]["paymentRequest"];
                // Without a point it is the smallest unit: all have the decimals of their currency.
                let minor = |line: &Value| -> i64 {
                    line["amount"].as_str().unwrap().replace('.', "").parse().unwrap()
                };
                let known = request["lineItems"].as_array().unwrap().iter();
                let known = known.filter(|line| line["type"] == "final").map(minor);
                prop_assert_eq!(known.sum::<i64>(), minor(&request["total"]));
            }
            Err(faults) => {
                prop_assert_eq!(short(&faults), [("/content/lineItems".to_owned(), "payment_total")]);
            }
        }
    }
}
