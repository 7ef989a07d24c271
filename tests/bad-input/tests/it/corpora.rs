//! M119–M121, M148 and S015: the public corpora, as bodies through the whole function.

use amb_bad_input::{Expected, InboundWebhook, Row, problem, refused, sent, taken};
use amb_protocol::{gzip, inbound::Envelope};
use amb_support::{
    corpora,
    gateway_event::GatewayEvent,
    message,
    vectors::{BUSINESS, CUSTOMER},
};
use serde_json::json;

fn bytes(body: &[u8]) -> GatewayEvent {
    GatewayEvent::from_apple().gzip(body)
}

/// What the document comes to when it is the whole body: never a message, and never a fault of ours.
fn alone(row: &mut Row, name: &str, document: &[u8], codes: &[&'static str]) {
    let outcome = InboundWebhook::default().send(&bytes(document));
    let code = codes.iter().find(|code| outcome.code().as_deref() == Some(**code));
    row.check(name, &outcome, refused(400, code.or(codes.first()).unwrap()));
}

#[test]
fn m119_every_valid_document_of_json_test_suite() {
    let Some(files) = corpora::json_test_suite("y_") else { return };
    Row::run("M119", |row| {
        for (name, document) in &files {
            row.apple(name, &bytes(&message::text_around(document)), taken());
            alone(row, name, document, &["not_an_object", "missing_id", "missing_type"]);
        }
    });
}

#[test]
fn m120_every_invalid_document_of_json_test_suite() {
    let Some(files) = corpora::json_test_suite("n_") else { return };
    Row::run("M120", |row| {
        let codes = ["bad_json", "bad_utf8", "empty"];
        for (name, document) in &files {
            alone(row, name, document, &codes);
            alone(row, name, &message::text_around(document), &codes);
        }
    });
}

/// What the suite leaves to the parser, and ours takes: numbers that vanish or lose digits, and half
/// an emoji, which is mended.
const TAKEN: [&str; 15] = [
    "i_number_double_huge_neg_exp.json",
    "i_number_real_underflow.json",
    "i_number_too_big_neg_int.json",
    "i_number_too_big_pos_int.json",
    "i_number_very_big_negative_int.json",
    "i_object_key_lone_2nd_surrogate.json",
    "i_string_1st_surrogate_but_2nd_missing.json",
    "i_string_1st_valid_surrogate_2nd_invalid.json",
    "i_string_incomplete_surrogate_and_escape_valid.json",
    "i_string_incomplete_surrogate_pair.json",
    "i_string_incomplete_surrogates_escape_valid.json",
    "i_string_invalid_lonely_surrogate.json",
    "i_string_invalid_surrogate.json",
    "i_string_inverted_surrogates_U+1D11E.json",
    "i_string_lone_second_surrogate.json",
];

#[test]
fn m121_what_json_test_suite_leaves_open() {
    let Some(files) = corpora::json_test_suite("i_") else { return };
    Row::run("M121", |row| {
        for (name, document) in &files {
            let body = message::text_around(document);
            if TAKEN.contains(&name.as_str()) {
                row.apple(name, &bytes(&body), taken());
            } else {
                alone(row, name, &body, &["bad_json", "bad_utf8"]);
            }
        }
    });
}

#[test]
fn m148_naughty_strings_as_words() {
    let Some(strings) = corpora::naughty_strings() else { return };
    Row::run("M148", |row| {
        row.holds("there are hundreds", strings.len() > 500);
        for words in &strings {
            let function = InboundWebhook::default();
            let event = GatewayEvent::from_apple_with(&message::with("body", words.as_str()));
            row.check(words, &function.send(&event), taken());
            let world = function.world.world();
            let stored = &world.inbox.values().next().unwrap().body.bytes;
            let read = Envelope::parse(&gzip::inflate(stored, 1 << 20).unwrap()).unwrap();
            row.holds(words, read.body.as_ref() == Some(words));
        }
        for words in &strings {
            let body = json!({"from": BUSINESS, "to": CUSTOMER, "type": "text", "content": {"text": words}});
            let expected: Expected =
                if words.is_empty() { problem(400, "invalid_request") } else { sent() };
            row.business(words, &body, |event| event, expected);
        }
    });
}

#[test]
fn s015_invalid_documents_as_a_request_to_send() {
    let Some(files) = corpora::json_test_suite("n_") else { return };
    Row::run("S015", |row| {
        let good =
            json!({"from": BUSINESS, "to": CUSTOMER, "type": "text", "content": {"text": "x"}});
        let text = good.to_string();
        let open = text.strip_suffix('}').unwrap();
        for (name, document) in &files {
            let around = [open.as_bytes(), b",\"callbackData\":", document, b"}"].concat();
            for body in [document.clone(), around] {
                row.business(
                    name,
                    &good,
                    |event| event.bytes(body),
                    problem(400, "malformed_body"),
                );
            }
        }
    });
}
