//! S016, S017, S021, S022, S048 and S049: the body of a request to send, read strictly.

use amb_bad_input::{OutboundSend, Outcome, Row, problem, sent};
use amb_service::{model::ConversationStatus, send::MAX_TEXT};
use amb_support::{
    account::{self, TENANT},
    gateway_event::GatewayEvent,
    vectors::{BUSINESS, CUSTOMER},
};
use serde_json::{Value, json};

use crate::send::text;

fn with(member: &str, value: impl Into<Value>) -> Value {
    let mut body = text();
    body[member] = value.into();
    body
}

fn words(value: impl Into<Value>) -> Value {
    let mut body = text();
    body["content"]["text"] = value.into();
    body
}

fn posted(body: &[u8]) -> Outcome {
    let function = OutboundSend::default();
    let key = account::key(&function.world, TENANT);
    account::conversation(&function.world, BUSINESS, CUSTOMER, ConversationStatus::Open);
    function.send(&GatewayEvent::to_send(&key, &text()).bytes(body))
}

/// The request has exactly these faults: JSON Pointer and rule.
fn faulty(row: &mut Row, case: &str, body: &Value, faults: &[(&str, &str)]) {
    let outcome = posted(body.to_string().as_bytes());
    row.check(case, &outcome, problem(400, "invalid_request"));
    let errors = outcome.json()["errors"].clone();
    let mut found: Vec<(String, String)> = errors
        .as_array()
        .into_iter()
        .flatten()
        .map(|error| {
            [&error["pointer"], &error["rule"]].map(|v| v.as_str().unwrap_or("").to_owned())
        })
        .map(|[pointer, rule]| (pointer, rule))
        .collect();
    let mut expected: Vec<_> =
        faults.iter().map(|(p, r)| ((*p).to_owned(), (*r).to_owned())).collect();
    found.sort();
    expected.sort();
    row.holds(&format!("{case}: {found:?}"), found == expected);
}

#[test]
fn s016_a_member_that_nobody_knows() {
    Row::run("S016", |row| {
        faulty(row, "at the top", &with("colour", 1), &[("/colour", "unknown_field")]);
        let mut inside = text();
        inside["content"]["colour"] = json!(1);
        faulty(row, "inside", &inside, &[("/content/colour", "unknown_field")]);
        faulty(row, "escaped", &with("a/b~c", 1), &[("/a~1b~0c", "unknown_field")]);
        for name in ["tenant", "tenantId", "id", "status", "idempotencyKey", "__proto__"] {
            let pointer = format!("/{name}");
            faulty(row, name, &with(name, "x"), &[(&pointer, "unknown_field")]);
        }
        // Every fault at once.
        let body = json!({"from": 7, "to": "no spaces", "type": "text", "content": [], "x": 1});
        faulty(
            row,
            "all of them",
            &body,
            &[("/from", "type"), ("/to", "format"), ("/content", "type"), ("/x", "unknown_field")],
        );
        let names = ["from", "to", "type", "content"];
        let pointers: Vec<_> = names.iter().map(|name| (format!("/{name}"), "required")).collect();
        let pointers: Vec<_> = pointers.iter().map(|(p, r)| (p.as_str(), *r)).collect();
        faulty(row, "nothing", &json!({}), &pointers);
    });
}

/// However large the request, its answer fits in what Lambda may answer (6 MB), and is readable.
#[test]
fn s016_many_faults_do_not_make_a_huge_answer() {
    Row::run("S016", |row| {
        // The larger one is refused before it is read: its members would not fit into memory.
        for (many, expected) in
            [(150_000, problem(400, "invalid_request")), (300_000, problem(413, "too_large"))]
        {
            let members: Vec<_> = (0..many).map(|n| format!("\"m{n}\":1")).collect();
            let outcome = posted(format!("{{{}}}", members.join(",")).as_bytes());
            row.check(&format!("{many} members"), &outcome, expected);
            row.holds("a short answer", outcome.body().len() < 64 << 10);
        }
        let name = "n".repeat(4 << 20);
        let outcome = posted(format!("{{\"{name}\":1}}").as_bytes());
        row.check("a name of 4 MiB", &outcome, problem(400, "invalid_request"));
        row.holds("a short answer", outcome.body().len() < 64 << 10);
    });
}

#[test]
fn s017_a_member_twice() {
    Row::run("S017", |row| {
        let good = text().to_string();
        let open = good.strip_suffix('}').unwrap();
        for twice in [
            format!(r#"{open},"to":"{CUSTOMER}"}}"#),
            format!(r#"{open},"\u0074o":"other"}}"#),
            good.replace(r#""content":{"#, r#""content":{"text":"other","#),
        ] {
            row.check("twice", &posted(twice.as_bytes()), problem(400, "malformed_body"));
        }
        for body in ["", " ", "[]", "null", "7", "\"x\"", "{", "{}{}", "{\"a\":1e999}"] {
            row.check(body, &posted(body.as_bytes()), problem(400, "malformed_body"));
        }
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        row.check("100,000 deep", &posted(deep.as_bytes()), problem(400, "malformed_body"));
    });
}

#[test]
fn s021_a_type_that_nobody_knows() {
    Row::run("S021", |row| {
        for kind in ["carrier-pigeon", "TEXT", "", "listpicker", "payments", "authentication"] {
            faulty(row, kind, &with("type", kind), &[("/type", "format")]);
        }
        for kind in [json!(1), json!([]), json!(true)] {
            faulty(row, "no text", &with("type", kind), &[("/type", "type")]);
        }
        faulty(row, "null", &with("type", Value::Null), &[("/type", "required")]);
        let body =
            json!({"from": BUSINESS, "to": CUSTOMER, "type": "typing", "content": {"state": "on"}});
        faulty(row, "typing", &body, &[("/content/state", "format")]);
    });
}

#[test]
fn s022_words() {
    Row::run("S022", |row| {
        faulty(row, "empty", &words(""), &[("/content/text", "length")]);
        faulty(row, "a number", &words(7), &[("/content/text", "type")]);
        faulty(row, "only NUL", &words("\0\0\0"), &[("/content/text", "empty_text")]);
        for fits in ["x".to_owned(), "x".repeat(MAX_TEXT), "😀".repeat(MAX_TEXT)] {
            row.check("fits", &posted(words(fits).to_string().as_bytes()), sent());
        }
        for over in ["x".repeat(MAX_TEXT + 1), "😀".repeat(MAX_TEXT + 1), "x".repeat(4 << 20)] {
            let outcome = posted(words(over).to_string().as_bytes());
            row.check("over", &outcome, problem(413, "too_large"));
            row.holds("says so", outcome.json()["errors"][0]["rule"] == "text_too_long");
        }
        let lone = text().to_string().replace("words-", r"\ud83d");
        row.check("half an emoji", &posted(lone.as_bytes()), problem(400, "malformed_body"));
    });
}

#[test]
fn s048_bot_and_agent() {
    Row::run("S048", |row| {
        for bot in [json!("true"), json!(1), json!([])] {
            faulty(row, "no truth", &with("bot", bot), &[("/bot", "type")]);
        }
        faulty(row, "65 characters", &with("agent", "a".repeat(65)), &[("/agent", "length")]);
        for agent in ["a\r\nSet-Cookie: x", "a\tb", "é", "\0", "a\u{7f}"] {
            faulty(row, "no header", &with("agent", agent), &[("/agent", "characters")]);
        }
        row.check(
            "64 characters",
            &posted(with("agent", "a".repeat(64)).to_string().as_bytes()),
            sent(),
        );
        row.check("a bot", &posted(with("bot", true).to_string().as_bytes()), sent());
    });
}

#[test]
fn s049_group_and_intent() {
    Row::run("S049", |row| {
        for name in ["group", "intent", "locale", "capabilities"] {
            let pointer = format!("/{name}");
            faulty(row, name, &with(name, "x"), &[(&pointer, "unknown_field")]);
        }
    });
}
