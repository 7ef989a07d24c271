//! S001–S014, S018–S020, S036, S044, S048–S052: who may send, to whom, and once.

use std::time::Duration;

use amb_bad_input::{Expected, OutboundSend, Outcome, Row, problem, sent};
use amb_service::{
    access::draw_key,
    memory::{Memory, drive},
    model::{ConversationStatus, Mode, Scope},
};
use amb_support::{
    account::{
        self, OTHER_BUSINESS, OTHER_TENANT, SECOND_BUSINESS, TENANT, TEST_BUSINESS, key, key_with,
        test_key,
    },
    canary::CANARY,
    gateway_event::GatewayEvent,
    vectors::{BUSINESS, CUSTOMER, now},
};
use serde_json::{Value, json};

pub(crate) fn text() -> Value {
    json!({
        "from": BUSINESS, "to": CUSTOMER, "type": "text",
        "content": {"text": format!("words-{CANARY}")}, "callbackData": format!("ref-{CANARY}"),
    })
}

fn typing() -> Value {
    json!({"from": BUSINESS, "to": CUSTOMER, "type": "typing", "content": {"state": "start"}})
}

fn unchanged(event: GatewayEvent) -> GatewayEvent {
    event
}

/// An instance whose customers have written to the two live businesses.
fn function() -> OutboundSend {
    let function = OutboundSend::default();
    for business in [BUSINESS, OTHER_BUSINESS, TEST_BUSINESS] {
        account::conversation(&function.world, business, CUSTOMER, ConversationStatus::Open);
    }
    function
}

/// The answer without what differs from request to request.
fn same(outcome: &Outcome) -> Value {
    let mut body = outcome.json();
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
    }
    body
}

const REPLAYED: Expected = sent().ports(&[
    ("ApiKeys::api_key", 1),
    ("Businesses::business", 1),
    ("Conversations::load", 1),
    ("Conversations::step", 1),
    ("IdempotencyRecords::idempotency_record", 1),
]);

#[test]
fn s001_no_key_or_a_wrong_one() {
    Row::run("S001", |row| {
        let function = function();
        let good = key(&function.world, TENANT);
        let (_, stranger) = draw_key(Mode::Live, &Memory::new(99));
        let changed = |at: usize| {
            let mut bytes = good.clone().into_bytes();
            bytes[at] = if bytes[at] == b'a' { b'b' } else { b'a' };
            String::from_utf8(bytes).unwrap()
        };
        let mut answers = Vec::new();
        let expected = problem(401, "unauthenticated");
        for (case, authorization) in [
            ("none", String::new()),
            ("no scheme", good.clone()),
            ("another scheme", format!("Basic {good}")),
            ("bad prefix", format!("Bearer {}", good.replace("amb_live_", "amb_dead_"))),
            ("the other mode", format!("Bearer {}", good.replace("amb_live_", "amb_test_"))),
            ("bad checksum", format!("Bearer {}", changed(good.len() - 1))),
            ("a changed secret", format!("Bearer {}", changed(good.len() - 20))),
            ("cut", format!("Bearer {}", &good[..20])),
            ("longer", format!("Bearer {good}a")),
            ("two", format!("Bearer {good},Bearer {good}")),
            ("unknown id", format!("Bearer {}", stranger.expose())),
            ("64 KiB", format!("Bearer amb_live_{}", "a".repeat(64 << 10))),
        ] {
            let event = GatewayEvent::to_send(&good, &text()).authorization(&authorization);
            let outcome = function.send(&event);
            row.check(case, &outcome, expected);
            row.holds(case, outcome.header("www-authenticate") == Some("Bearer"));
            answers.push(same(&outcome));
        }
        // The right id and the checksum of a wrong secret.
        let other = key_with(&function.world, TENANT, |row| row.hash = "0".repeat(64));
        let outcome = function.send(&GatewayEvent::to_send(&other, &text()));
        row.check("right id, wrong secret", &outcome, expected);
        answers.push(same(&outcome));
        row.holds("all read the same", answers.windows(2).all(|pair| pair[0] == pair[1]));
    });
}

#[test]
fn s002_a_key_that_is_dead_or_not_born() {
    Row::run("S002", |row| {
        let function = function();
        let second = Duration::from_secs(1);
        for (case, text) in [
            ("revoked", key_with(&function.world, TENANT, |key| key.revoked_at = Some(now()))),
            ("expired", key_with(&function.world, TENANT, |key| key.not_after = Some(now()))),
            (
                "later",
                key_with(&function.world, TENANT, |key| key.not_before = Some(now() + second)),
            ),
        ] {
            let outcome = function.send(&GatewayEvent::to_send(&text, &self::text()));
            row.check(case, &outcome, problem(401, "unauthenticated"));
        }
    });
}

#[test]
fn s003_a_business_of_somebody_else() {
    Row::run("S003", |row| {
        let mut body = text();
        body["from"] = json!(OTHER_BUSINESS);
        row.business("somebody else's", &body, unchanged, problem(404, "not_found"));
        body["from"] = json!("7b9d2c14-58e3-4a0f-8c66-e1a4f3d2ffff");
        row.business("nobody's", &body, unchanged, problem(404, "not_found"));
        let answer = |from: &str| {
            let function = function();
            let mut body = text();
            body["from"] = json!(from);
            let key = key(&function.world, TENANT);
            same(&function.send(&GatewayEvent::to_send(&key, &body)))
        };
        let nobodys = answer("7b9d2c14-58e3-4a0f-8c66-e1a4f3d2ffff");
        row.holds("they look alike", answer(OTHER_BUSINESS) == nobodys);
    });
}

#[test]
fn s004_a_key_that_may_not_send() {
    Row::run("S004", |row| {
        for scopes in [vec![], vec![Scope::Read], vec![Scope::Read, Scope::Admin]] {
            let function = function();
            let text = key_with(&function.world, TENANT, |key| {
                key.scopes = scopes.into_iter().collect();
            });
            let outcome = function.send(&GatewayEvent::to_send(&text, &self::text()));
            row.check("without send", &outcome, problem(403, "missing_scope"));
        }
    });
}

#[test]
fn s005_a_key_of_the_other_mode() {
    Row::run("S005", |row| {
        let function = function();
        let mut to_test = text();
        to_test["from"] = json!(TEST_BUSINESS);
        let (live, test) = (key(&function.world, TENANT), test_key(&function.world, TENANT));
        for (case, key, body, expected) in [
            ("live key, live business", &live, &text(), sent()),
            ("test key, live business", &test, &text(), problem(403, "wrong_mode")),
            ("live key, test business", &live, &to_test, problem(403, "wrong_mode")),
        ] {
            let outcome = function.send(&GatewayEvent::to_send(key, body));
            row.check(case, &outcome, expected);
        }
        let event = GatewayEvent::to_send(&test, &to_test).header("idempotency-key", "second");
        row.check("test key, test business", &function.send(&event), sent());
    });
}

#[test]
fn s006_the_key_in_the_query() {
    Row::run("S006", |row| {
        let function = function();
        let key = key(&function.world, TENANT);
        let event = GatewayEvent::to_send(&key, &text())
            .without("authorization")
            .query(&format!("api_key={key}&access_token={key}"));
        let mut outcome = function.send(&event);
        outcome.forbidden.push(key);
        row.check("query", &outcome, problem(401, "unauthenticated").without_ports());
    });
}

#[test]
fn s008_no_idempotency_key() {
    Row::run("S008", |row| {
        let without = |event: GatewayEvent| event.without("idempotency-key");
        row.business("none", &text(), without, problem(400, "idempotency_key_required"));
    });
}

#[test]
fn s009_an_idempotency_key_that_is_none() {
    Row::run("S009", |row| {
        for key in ["", " ", &"k".repeat(256), "a\u{7}b", "a b", "👋", "é", "a\r\nb"] {
            let with = |event: GatewayEvent| event.header("idempotency-key", key);
            row.business(key, &text(), with, problem(400, "idempotency_key_required"));
        }
        for key in ["0", &"k".repeat(255), "a,b", "!\"#$%&'()*+-./:;<=>?@[]^_`{|}~"] {
            row.business(key, &text(), |event| event.header("idempotency-key", key), sent());
        }
    });
}

#[test]
fn s010_the_same_request_again() {
    Row::run("S010", |row| {
        let function = function();
        let event = GatewayEvent::to_send(&key(&function.world, TENANT), &text());
        let first = function.send(&event);
        row.check("first", &first, sent());
        row.holds("is no replay", first.header("idempotent-replayed").is_none());
        let again = function.send(&event);
        row.check("again", &again, REPLAYED);
        row.holds("says so", again.header("idempotent-replayed") == Some("true"));
        row.holds("the same answer", first.body() == again.body());
        row.holds("one message", function.world.world().outbound.len() == 1);
    });
}

#[test]
fn s011_the_same_key_for_something_else() {
    Row::run("S011", |row| {
        let function = function();
        let (ours, theirs) = (key(&function.world, TENANT), key(&function.world, OTHER_TENANT));
        row.check("first", &function.send(&GatewayEvent::to_send(&ours, &text())), sent());
        let mut other = text();
        other["content"]["text"] = json!("other words");
        let outcome = function.send(&GatewayEvent::to_send(&ours, &other));
        row.check("another body", &outcome, problem(422, "idempotency_key_reused"));
        let mut body = text();
        body["from"] = json!(OTHER_BUSINESS);
        let outcome = function.send(&GatewayEvent::to_send(&theirs, &body));
        row.check("another tenant", &outcome, sent());
    });
}

#[test]
fn s012_the_same_key_at_the_same_time() {
    Row::run("S012", |row| {
        // The second request comes when the first has committed and not yet answered.
        let function = function();
        let event = GatewayEvent::to_send(&key(&function.world, TENANT), &text());
        let first = function.send(&event);
        let second = function.send(&event);
        row.check("first", &first, sent());
        row.check("second", &second, REPLAYED);
        row.holds("one message", function.world.world().outbound.len() == 1);
    });
}

#[test]
fn s013_the_same_key_after_a_week() {
    Row::run("S013", |row| {
        let function = function();
        let event = GatewayEvent::to_send(&key(&function.world, TENANT), &text());
        row.check("first", &function.send(&event), sent());
        function.world.world().now += Duration::from_secs(7 * 86_400 - 1);
        row.check("a second before the end", &function.send(&event), REPLAYED);
        function.world.world().now += Duration::from_secs(2);
        let outcome = function.send(&event);
        row.check("a second after it", &outcome, sent());
        row.holds("is no replay", outcome.header("idempotent-replayed").is_none());
        row.holds("two messages", function.world.world().outbound.len() == 2);
    });
}

#[test]
fn s014_another_content_type() {
    Row::run("S014", |row| {
        for kind in ["text/plain", "application/json; charset=utf-16", "", "application/xml"] {
            let with = |event: GatewayEvent| event.header("content-type", kind);
            row.business(kind, &text(), with, problem(415, "unsupported_media_type"));
        }
        let without = |event: GatewayEvent| event.without("content-type");
        row.business("none", &text(), without, problem(415, "unsupported_media_type"));
        let utf8 =
            |event: GatewayEvent| event.header("content-type", "application/json;charset=UTF-8");
        row.business("utf-8", &text(), utf8, sent());
        let zipped = |event: GatewayEvent| event.gzip(text().to_string().as_bytes());
        row.business("gzip", &text(), zipped, problem(400, "malformed_body"));
    });
}

#[test]
fn s018_a_customer_who_never_wrote() {
    Row::run("S018", |row| {
        let mut body = text();
        body["to"] = json!("urn:mbid:AQAAYnobody=");
        row.business("unknown", &body, unchanged, problem(404, "no_conversation"));
    });
}

#[test]
fn s019_a_customer_of_the_tenants_other_business() {
    Row::run("S019", |row| {
        let mut body = text();
        body["from"] = json!(SECOND_BUSINESS);
        row.business("theirs, not this one's", &body, unchanged, problem(404, "no_conversation"));
    });
}

/// A request to a conversation that the customer closed.
fn closed(row: &mut Row, body: &Value) {
    let function = OutboundSend::default();
    account::conversation(&function.world, BUSINESS, CUSTOMER, ConversationStatus::Closed);
    let outcome = function.send(&GatewayEvent::to_send(&key(&function.world, TENANT), body));
    row.check("closed", &outcome, problem(409, "conversation_closed"));
    row.holds("nothing queued", function.world.world().outbound_queue.is_empty());
}

#[test]
fn s020_a_closed_conversation() {
    Row::run("S020", |row| {
        closed(row, &text());
        // What was taken before the customer left is still the answer.
        let function = function();
        let event = GatewayEvent::to_send(&key(&function.world, TENANT), &text());
        row.check("before", &function.send(&event), sent());
        for state in function.world.world().conversations.values_mut() {
            state.close();
        }
        row.check("replayed after", &function.send(&event), REPLAYED);
    });
}

#[test]
fn s036_a_body_that_is_too_large() {
    Row::run("S036", |row| {
        let large = |event: GatewayEvent| event.bytes(vec![b' '; outbound_send_max() + 1]);
        let expected = problem(413, "too_large").without_ports();
        row.business("one byte too many", &text(), large, expected);
        let nobody = |event: GatewayEvent| large(event).without("authorization");
        row.business("before the key", &text(), nobody, expected);
        let mut padded = text().to_string().into_bytes();
        padded.resize(outbound_send_max(), b' ');
        row.business("as large as may be", &text(), |event| event.bytes(padded), sent());
    });
}

const fn outbound_send_max() -> usize {
    outbound_send::MAX_BODY
}

#[test]
fn s044_typing_to_a_closed_conversation() {
    Row::run("S044", |row| {
        closed(row, &typing());
        row.business("to an open one", &typing(), unchanged, sent());
    });
}

#[test]
fn s051_a_hundred_times_the_same_key_at_once() {
    Row::run("S051", |row| {
        let function = function();
        let event = GatewayEvent::to_send(&key(&function.world, TENANT), &text());
        let answers: Vec<(u16, bool)> = std::thread::scope(|scope| {
            let serve = || {
                let answer = drive(function.serve(event.request()));
                answer.map_or((0, false), |answer| {
                    let replayed = answer.headers().contains_key("idempotent-replayed");
                    (answer.status().as_u16(), replayed)
                })
            };
            let threads: Vec<_> = (0..10)
                .map(|_| scope.spawn(move || (0..10).map(|_| serve()).collect::<Vec<_>>()))
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        row.holds("each is answered 202", answers.iter().all(|(status, _)| *status == 202));
        let first = answers.iter().filter(|(_, replayed)| !replayed).count();
        row.holds("one is no replay", first == 1);
        let world = function.world.world();
        row.holds("one message", world.outbound.len() == 1);
        row.holds("one on the queue", world.outbound_queue.len() == 1);
    });
}

#[test]
fn s052_another_method() {
    Row::run("S052", |row| {
        for method in ["GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "MK COL", ""] {
            let function = function();
            let event = GatewayEvent::to_send("none", &text()).method(method);
            let outcome = function.send(&event);
            row.check(method, &outcome, problem(405, "method_not_allowed"));
            row.holds(method, outcome.header("allow") == Some("POST"));
        }
        let elsewhere = |event: GatewayEvent| event.path("/v1/messages/");
        row.business("elsewhere", &text(), elsewhere, problem(404, "not_found").without_ports());
    });
}
