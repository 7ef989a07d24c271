//! What devices that pay call, and what anybody else may send there.

use amb_bad_input::{ApplePay, Outcome, Row, device, unread};
use amb_service::payment::capability::Step;
use amb_support::{
    account::{OTHER_TENANT, TENANT},
    canary::CANARY,
    gateway_event::GatewayEvent,
};
use serde_json::{Value, json};

const FAILURE: &str = r#"{"status":"STATUS_FAILURE","errors":[]}"#;
const OTHER: &str = "c0ffee00-0000-4000-8000-00000000000b";

fn same(event: GatewayEvent) -> GatewayEvent {
    event
}

fn express() -> Value {
    json!({"shippingMethod": {"identifier": "exp"}})
}

#[test]
fn p001_a_path_that_nobody_gave_out_is_not_here() {
    Row::run("P001", |row| {
        let good = ApplePay::default();
        let other = ApplePay::of(
            TENANT,
            OTHER,
            serde_json::to_value(&good.world.world().book.offers[&good.pointer]).unwrap(),
        );
        let path = good.path(Step::Gateway);
        let flipped = path.replacen(".a", ".b", 1);
        let mixed = path.replacen(good.pointer.payment.as_str(), other.pointer.payment.as_str(), 1);
        let step = path.replacen("/gateway", "/order-tracking", 1);
        let late = |function: &ApplePay| {
            function.world.world().now = "2100-06-01T00:00:00Z".parse().unwrap();
        };
        for (case, path, is_late) in [
            ("short", path.replacen("/gateway", "", 1), false),
            (
                "one letter less",
                path.replacen("/gateway", "", 1)[..path.len() - 9].to_owned() + "/gateway",
                false,
            ),
            ("flipped", flipped, false),
            ("another request", mixed, false),
            ("another step", step, false),
            ("run out", path.clone(), true),
            ("missing", "/pay/x/y/gateway".to_owned(), false),
            ("no such step", path.replacen("/gateway", "/nothing", 1), false),
        ] {
            let function = ApplePay::default();
            if is_late {
                late(&function);
            }
            let event = function.event(Step::Gateway, &ApplePay::paying("AA01")).path(&path);
            let outcome = function.send(&event);
            row.check(case, &outcome, device(404));
            row.holds(&format!("{case}: one body"), outcome.body() == FAILURE);
            row.holds(
                &format!("{case}: not kept"),
                outcome.header("cache-control") == Some("no-store"),
            );
        }
    });
}

#[test]
fn p002_nothing_depends_on_an_authorization() {
    Row::run("P002", |row| {
        let paying = ApplePay::paying("AA01");
        for (case, value) in
            [("none", None), ("a key", Some("Bearer amb_live_x")), ("garbage", Some("\u{1}"))]
        {
            let with = |event: GatewayEvent| match value {
                Some(value) => event.authorization(value),
                None => event,
            };
            let outcome = row.device(case, (Step::Gateway, &paying), with, device(200));
            row.holds(case, outcome.json()["status"] == "STATUS_SUCCESS");
        }
    });
}

#[test]
fn p003_a_device_posts_json() {
    Row::run("P003", |row| {
        let paying = ApplePay::paying("AA01");
        for method in ["GET", "PUT", "DELETE", "HEAD"] {
            let outcome = row.device(
                method,
                (Step::Gateway, &paying),
                |event| event.method(method),
                device(405),
            );
            row.holds(method, outcome.header("allow") == Some("POST"));
        }
        row.device("page", (Step::Fallback, &paying), |event| event.method("POST"), device(405));
        for kind in
            ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16"]
        {
            let with = |event: GatewayEvent| event.header("content-type", kind);
            row.device(kind, (Step::Gateway, &paying), with, device(415));
        }
        let without = |event: GatewayEvent| event.without("content-type");
        row.device("none", (Step::Gateway, &paying), without, device(415));
    });
}

/// A body after a change, to a gateway.
fn body(row: &mut Row, case: &str, change: impl FnOnce(&mut Value), status: u16) -> Outcome {
    let function = ApplePay::default();
    let mut body = function.body(&ApplePay::paying("AA01"));
    change(&mut body);
    let outcome = function.send(&function.call(Step::Gateway, &body));
    let expected = if status == 200 { device(200) } else { unread(status) };
    row.check(case, &outcome, expected);
    row.holds(&format!("{case}: an object"), outcome.json().is_object());
    outcome
}

#[test]
fn p004_the_request_is_that_of_the_path() {
    Row::run("P004", |row| {
        body(
            row,
            "missing",
            |body| drop(body.as_object_mut().unwrap().remove("requestIdentifier")),
            400,
        );
        let other = body(row, "another", |body| body["requestIdentifier"] = json!(OTHER), 404);
        row.holds("one body", other.body() == FAILURE);
        body(row, "no text", |body| body["requestIdentifier"] = json!(7), 400);
    });
}

#[test]
fn p005_the_version_is_one() {
    Row::run("P005", |row| {
        body(row, "number", |body| body["version"] = json!(1), 200);
        body(row, "text", |body| body["version"] = json!("1.0"), 200);
        body(row, "missing", |body| drop(body.as_object_mut().unwrap().remove("version")), 200);
        body(row, "two", |body| body["version"] = json!("2.0"), 400);
        body(row, "array", |body| body["version"] = json!([]), 400);
    });
}

#[test]
fn p006_there_is_a_payment() {
    Row::run("P006", |row| {
        body(row, "missing", |body| drop(body.as_object_mut().unwrap().remove("payment")), 400);
        body(row, "array", |body| body["payment"] = json!([]), 400);
        body(row, "null", |body| body["payment"] = json!(null), 400);
    });
}

#[test]
fn p007_there_is_a_token() {
    Row::run("P007", |row| {
        for odd in [json!(null), json!([]), json!("x")] {
            body(row, "no token", |body| body["payment"]["paymentToken"] = odd, 400);
        }
        let without = |body: &mut Value| {
            drop(body["payment"].as_object_mut().unwrap().remove("paymentToken"));
        };
        body(row, "missing", without, 400);
    });
}

#[test]
fn p016_contacts_are_nobodys_business() {
    Row::run("P016", |row| {
        let long = CANARY.repeat(1_000);
        for (case, text) in [
            ("long", json!(long)),
            ("right to left", json!(format!("\u{202e}{CANARY}"))),
            ("control characters", json!(format!("{CANARY}\0\n\r\u{1b}[2J"))),
            ("emoji", json!("👩‍👩‍👧‍👦")),
            ("number", json!(7)),
            ("object", json!({"a": [CANARY]})),
            ("null", json!(null)),
            ("zeros", json!("00")),
        ] {
            for name in ["familyName", "emailAddress", "phoneNumber", "addressLines", "locality"] {
                let change = |body: &mut Value| {
                    body["payment"]["shippingContact"][name] = text.clone();
                    body["payment"]["billingContact"] = text.clone();
                };
                body(row, &format!("{case} {name}"), change, 200);
            }
        }
    });
}

#[test]
fn p017_a_country_is_read_in_either_case() {
    Row::run("P017", |row| {
        for (country, is_served) in [("us", true), ("US", true), ("xx", false), ("fr", false)] {
            let contact = json!({"shippingContact": {"countryCode": country}});
            let to = (Step::ShippingContact, &contact);
            let answer = row.device(country, to, same, device(200)).json();
            row.holds(country, answer["errors"].is_null() == is_served);
            row.holds(country, answer["newTotal"]["amount"] == "63.99");
        }
    });
}

#[test]
fn p018_the_devices_numbers_count_for_nothing() {
    Row::run("P018", |row| {
        for amount in ["0.01", "-9.00", "1e9", ""] {
            let mut method = express();
            method["shippingMethod"]["amount"] = json!(amount);
            let to = (Step::ShippingMethod, &method);
            let answer = row.device(amount, to, same, device(200)).json();
            row.holds(amount, answer["newTotal"]["amount"] == "74.00");
        }
        let unknown = json!({"shippingMethod": {"identifier": CANARY}});
        let answer =
            row.device("unknown", (Step::ShippingMethod, &unknown), same, device(200)).json();
        row.holds("unknown", answer["errors"][0]["code"] == "shippingContactInvalid");
    });
}

#[test]
fn p022_order_tracking_comes_when_it_likes() {
    Row::run("P022", |row| {
        let items =
            json!({"summaryItems": [{"label": CANARY, "amount": "63.99", "type": "Final"}]});
        let function = ApplePay::default();
        for case in ["before the gateway", "twice"] {
            let outcome = function.send(&function.event(Step::OrderTracking, &items));
            row.check(case, &outcome, device(200));
            row.holds(case, outcome.json().is_object());
        }
        let offer = function.world.world().book.offers[&function.pointer].clone();
        let offer = serde_json::to_value(offer).unwrap();
        let theirs = ApplePay::within(function.world.clone(), OTHER_TENANT, OTHER, offer);
        let event =
            theirs.event(Step::OrderTracking, &items).path(&function.path(Step::OrderTracking));
        row.check("of another tenant", &function.send(&event), unread(404));
    });
}

#[test]
fn p023_nothing_is_unpacked() {
    Row::run("P023", |row| {
        let paying = ApplePay::paying("AA01");
        let bomb = |event: GatewayEvent| event.gzip(&vec![b' '; 10_000_000]);
        row.device("a bomb", (Step::Gateway, &paying), bomb, device(413));
        let large = |event: GatewayEvent| event.plain(vec![b' '; 65_537]);
        row.device("large", (Step::Gateway, &paying), large, device(413));
        let full = |event: GatewayEvent| event.plain(vec![b' '; 65_536]);
        row.device("as large as can be", (Step::Gateway, &paying), full, unread(400));
    });
}

/// Every value of a document in turn replaced by each of these.
fn mutants(document: &Value, odd: &[Value]) -> Vec<Value> {
    fn walk(value: &Value, at: &str, places: &mut Vec<String>) {
        places.push(at.to_owned());
        match value {
            Value::Object(members) => {
                members
                    .iter()
                    .for_each(|(name, value)| walk(value, &format!("{at}/{name}"), places));
            }
            Value::Array(values) => values
                .iter()
                .enumerate()
                .for_each(|(index, value)| walk(value, &format!("{at}/{index}"), places)),
            _ => {}
        }
    }

    let mut places = Vec::new();
    walk(document, "", &mut places);
    let mut made = Vec::new();
    for place in places {
        for odd in odd {
            let mut document = document.clone();
            *document.pointer_mut(&place).unwrap() = odd.clone();
            made.push(document);
        }
    }
    made
}

#[test]
fn p024_no_value_anywhere_breaks_anything() {
    Row::run("P024", |row| {
        let odd = [
            json!(null),
            json!(-1),
            json!(1e300),
            json!(""),
            json!("\u{0}"),
            json!([[]]),
            json!({"": {}}),
        ];
        let tracked = json!({"summaryItems": [{"label": "x", "amount": "1.00"}], "errors": []});
        for (step, payment) in [
            (Step::Gateway, ApplePay::paying("AA01")),
            (Step::ShippingContact, ApplePay::paying("AA01")),
            (Step::ShippingMethod, express()),
            (Step::PaymentMethod, json!({"paymentMethod": {"type": "debit"}})),
            (Step::OrderTracking, tracked),
        ] {
            let function = ApplePay::default();
            for body in mutants(&function.body(&payment), &odd) {
                let function = ApplePay::default();
                let outcome = function.send(&function.call(step, &body));
                let status = outcome.status();
                let is_unread = matches!(status, 400 | 404);
                let expected = if is_unread { unread(status) } else { device(200) };
                row.check(&format!("{} {body}", step.as_str()), &outcome, expected);
                row.holds("an object", outcome.json().is_object());
            }
        }
    });
}

#[test]
fn p027_the_page_repeats_nothing() {
    Row::run("P027", |row| {
        for query in ["x=<script>alert(1)</script>", "%3Cscript%3E", "a=javascript:alert(1)"] {
            let query = format!("{query}&probe={CANARY}");
            let with = |event: GatewayEvent| event.query(&query);
            let outcome = row.device(&query, (Step::Fallback, &json!({})), with, device(200));
            let policy = outcome.header("content-security-policy").unwrap_or_default();
            row.holds("a policy", policy.starts_with("default-src 'none'"));
            row.holds("nothing of it", !outcome.body().contains("script"));
            row.holds("the offer", outcome.body().contains("63.99"));
            row.holds("no index", outcome.header("x-robots-tag").is_some());
        }
    });
}

#[test]
fn p032_numbers_of_cards_are_in_no_line() {
    Row::run("P032", |row| {
        let pan = format!("4242 4242 4242 4242 {CANARY}");
        for name in ["givenName", "locality", "countryCode", "postalCode", "phoneNumber"] {
            let change = |body: &mut Value| {
                body["payment"]["shippingContact"][name] = json!(pan);
                body["payment"]["paymentToken"]["paymentMethod"] = json!({"displayName": pan});
            };
            let outcome = body(row, name, change, 200);
            row.holds(name, !outcome.logs.iter().any(|line| line.contains("4242")));
        }
    });
}

#[test]
fn p033_only_documented_words_leave() {
    Row::run("P033", |row| {
        let paid = body(row, "success", |_| (), 200);
        row.holds("success", paid.json() == json!({"status": "STATUS_SUCCESS", "errors": []}));
        let refused = body(row, "refused", |body| body["payment"]["paymentToken"] = json!({}), 200);
        row.holds("failure", refused.body() == FAILURE);
    });
}

#[test]
fn p036_a_path_is_in_no_line() {
    Row::run("P036", |row| {
        let function = ApplePay::default();
        for step in Step::ALL {
            let outcome = function.send(&function.event(step, &express()));
            row.holds(step.as_str(), !outcome.logs.iter().any(|line| line.contains("/pay/")));
            let is_measured = outcome.logs.iter().any(|line| line.contains("\"overhead_ms\":"));
            row.holds(step.as_str(), is_measured);
            row.holds(step.as_str(), outcome.status() < 500);
        }
    });
}

#[test]
fn p040_a_session_from_a_business_goes_nowhere() {
    Row::run("P040", |row| {
        let good = ApplePay::default();
        let offer = good.world.world().book.offers[&good.pointer].clone();
        let mut offer = serde_json::to_value(offer).unwrap();
        offer["pricing"] = json!({"by": "callback", "url": "https://shop.example.com/price", "fallback": "static"});
        let function = ApplePay::of(TENANT, OTHER, offer);
        let answer = json!({"newTotal": {"amount": "70.00"}, "merchantSession": {"merchantIdentifier": CANARY}});
        {
            let mut world = function.world.world();
            let payment = world.book.payments[&function.pointer].clone();
            let settings = serde_json::from_value(json!({
                "tenant": TENANT, "business": payment.business, "merchant": payment.merchant,
                "displayName": "Example Shop", "country": "US", "identity": "identity",
                "psp": payment.psp, "networks": ["visa"], "capabilities": ["supports3DS"],
                "timeZone": "UTC", "signing": "signing", "updatedAt": world.now, "revision": 1,
            }));
            let place = (payment.pointer.tenant, payment.business);
            world.book.merchants.insert(place, settings.unwrap());
            let answer = amb_service::port::PriceAnswer(answer.to_string().into_bytes());
            world.pay.prices.push_back(Ok(answer));
        }
        let outcome = function.send(&function.event(Step::ShippingMethod, &express()));
        row.check("a session", &outcome, device(200));
        row.holds("the price", outcome.json()["newTotal"]["amount"] == "70.00");
        row.holds("no session", outcome.json().get("merchantSession").is_none());
    });
}
