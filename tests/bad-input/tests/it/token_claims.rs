//! M040–M063: the token's claims, and tokens that are good for something else.

use amb_bad_input::{InboundWebhook, Row, refused, taken};
use amb_protocol::jwt;
use amb_support::{
    gateway_event::GatewayEvent,
    message,
    token::Token,
    vectors::{self, MSP, NOW, SECRET},
};
use serde_json::{Value, json};

use crate::authorization::{apple, forbidden};

/// These claims, raw, with a good signature, are refused with 403 before a key is asked for.
fn claims_refused(row: &mut Row, claims: impl IntoIterator<Item = String>) {
    for claims in claims {
        let event = apple().token(&Token::good().claims(claims.as_str()));
        row.apple(&claims, &event, refused(403, "auth_invalid").without_ports());
    }
}

fn iat(value: &str) -> String {
    format!(r#"{{"aud":"{MSP}","iat":{value}}}"#)
}

fn aud(value: &Value) -> String {
    json!({"aud": value, "iat": NOW}).to_string()
}

#[test]
fn m040_a_payload_that_is_no_object() {
    Row::run("M040", |row| {
        claims_refused(row, ["x", "[]", "\"x\"", "1", "null"].map(str::to_owned));
    });
}

#[test]
fn m041_aud_twice() {
    Row::run("M041", |row| {
        claims_refused(
            row,
            [
                format!(r#"{{"aud":"{MSP}","iat":{NOW},"aud":"other"}}"#),
                format!(r#"{{"aud":"other","aud":"{MSP}","iat":{NOW}}}"#),
            ],
        );
    });
}

#[test]
fn m042_no_aud() {
    Row::run("M042", |row| claims_refused(row, [json!({"iat": NOW}).to_string()]));
}

#[test]
fn m043_aud_that_is_no_text() {
    Row::run("M043", |row| {
        let values = [json!(123), json!(null), json!({"a": MSP}), json!(true)];
        claims_refused(row, values.map(|value| aud(&value)));
    });
}

#[test]
fn m044_aud_is_compared_exactly() {
    Row::run("M044", |row| {
        let values = [
            json!(""),
            json!("0f4c8a52-6b1d-4e63-9a77-2d5f0c9be0ff"),
            json!(format!("{MSP} ")),
            json!(MSP.to_uppercase()),
        ];
        claims_refused(row, values.map(|value| aud(&value)));
    });
}

#[test]
fn m045_aud_as_an_array_of_one() {
    Row::run("M045", |row| {
        row.apple("[MSP]", &apple().token(&Token::good().claim("aud", json!([MSP]))), taken());
    });
}

#[test]
fn m046_aud_beside_others() {
    Row::run("M046", |row| {
        let token = Token::good().claim("aud", json!(["other", MSP]));
        row.apple("[other, MSP]", &apple().token(&token), taken());
    });
}

#[test]
fn m047_aud_as_a_crowd() {
    Row::run("M047", |row| {
        let crowd = |n: usize| {
            let others = (0..n).map(|n| Value::from(n.to_string()));
            others.chain([json!(MSP)]).collect::<Value>()
        };
        let values = [crowd(1_000), crowd(17), json!([[MSP]]), json!([])];
        claims_refused(row, values.map(|value| aud(&value)));
    });
}

#[test]
fn m048_no_iat() {
    Row::run("M048", |row| claims_refused(row, [json!({"aud": MSP}).to_string()]));
}

#[test]
fn m049_iat_that_is_no_number() {
    Row::run("M049", |row| {
        let values = [&format!("\"{NOW}\""), "\"now\"", "null", "true", "{}", "[1]"];
        claims_refused(row, values.map(iat));
    });
}

#[test]
fn m050_iat_within_the_hour() {
    Row::run("M050", |row| {
        for after in [0, -3_599, -3_600] {
            row.apple(&after.to_string(), &apple().token(&Token::good().issued(after)), taken());
        }
    });
}

#[test]
fn m051_iat_at_the_end_of_the_leeway() {
    Row::run("M051", |row| {
        row.apple("-3660", &apple().token(&Token::good().issued(-3_660)), taken());
        claims_refused(row, [iat(&(NOW - 3_661).to_string())]);
    });
}

#[test]
fn m052_iat_in_the_future() {
    Row::run("M052", |row| {
        for after in [299, 300] {
            row.apple(&after.to_string(), &apple().token(&Token::good().issued(after)), taken());
        }
        claims_refused(row, [iat(&(NOW + 301).to_string())]);
    });
}

#[test]
fn m053_iat_beyond_all_clocks() {
    Row::run("M053", |row| {
        let values = [
            "0",
            "-1",
            "1e308",
            "9007199254740992",
            "9223372036854775808",
            "18446744073709551616",
            "NaN",
            "-9223372036854775808",
        ];
        claims_refused(row, values.map(iat));
    });
}

#[test]
fn m054_iat_with_a_fraction() {
    Row::run("M054", |row| {
        let whole = Token::good().claims(iat(&format!("{NOW}.0")));
        row.apple("a fraction of zero", &apple().token(&whole), taken());
        claims_refused(row, [iat(&format!("{NOW}.9"))]);
    });
}

#[test]
fn m055_iat_in_milliseconds() {
    Row::run("M055", |row| claims_refused(row, [iat(&(NOW * 1_000).to_string())]));
}

#[test]
fn m056_exp_in_the_past() {
    Row::run("M056", |row| {
        let with = |exp: Value| json!({"aud": MSP, "iat": NOW, "exp": exp}).to_string();
        claims_refused(row, [json!(NOW - 1), json!(NOW), json!("x"), json!(null)].map(with));
        let token = Token::good().claim("exp", json!(NOW + 1));
        row.apple("ahead", &apple().token(&token), taken());
    });
}

#[test]
fn m057_nbf_in_the_future() {
    Row::run("M057", |row| {
        let with = |nbf: Value| json!({"aud": MSP, "iat": NOW, "nbf": nbf}).to_string();
        claims_refused(row, [json!(NOW + 1), json!("x"), json!(null)].map(with));
        row.apple("now", &apple().token(&Token::good().claim("nbf", json!(NOW))), taken());
    });
}

#[test]
fn m058_iss_is_ignored() {
    Row::run("M058", |row| {
        for iss in [json!("https://evil.example"), json!(MSP), json!([1, {"any": "thing"}])] {
            let token = Token::good().claim("iss", iss.clone());
            row.apple(&iss.to_string(), &apple().token(&token), taken());
        }
    });
}

#[test]
fn m059_a_hundred_kilobytes_of_claims() {
    Row::run("M059", |row| {
        let claims = json!({"aud": MSP, "iat": NOW, "x": "y".repeat(100 << 10)}).to_string();
        claims_refused(row, [claims]);
    });
}

#[test]
fn m060_one_token_for_many_messages() {
    Row::run("M060", |row| {
        let function = InboundWebhook::default();
        for n in 0..1_000 {
            let mut message = message::with("id", message::nth_id(n));
            message["body"] = json!(format!("message {n}"));
            let outcome = function.send(&GatewayEvent::from_apple_with(&message));
            row.check(&n.to_string(), &outcome, taken());
        }
        row.holds("1,000 rows", function.world.world().inbox.len() == 1_000);
    });
}

#[test]
fn m061_our_own_outbound_token() {
    Row::run("M061", |row| {
        let key = vectors::api_secret(SECRET);
        let ours = jwt::mint(&vectors::msp(), &key, NOW).unwrap();
        forbidden(row, [ours.expose().clone()]);
    });
}

#[test]
fn m062_a_token_for_another_stage() {
    Row::run("M062", |row| {
        claims_refused(row, [aud(&json!("0f4c8a52-6b1d-4e63-9a77-2d5f0c9be099"))]);
    });
}

#[test]
fn m063_bytes_that_no_header_has() {
    // API Gateway refuses most of these itself; what came through would be a bad token.
    Row::run("M063", |row| {
        let good = Token::good().text();
        let (first, rest) = good.split_at(20);
        for odd in ["\0", "\r\n", "\n"] {
            let event = apple().authorization(&format!("Bearer {first}{odd}{rest}"));
            row.apple("no header has it", &event, refused(401, "auth_missing"));
        }
        for odd in ["\u{80}", "\u{ff}", "\u{0100}"] {
            forbidden(row, [format!("{first}{odd}{rest}")]);
        }
    });
}
