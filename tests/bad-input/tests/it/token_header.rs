//! M017–M029: the token's header.

use amb_bad_input::{Row, refused, taken};
use amb_support::token::Token;
use aws_lc_rs::hmac;
use serde_json::json;

use crate::authorization::{apple, forbidden};

fn header_refused(row: &mut Row, header: &str) {
    let event = apple().token(&Token::good().header(header));
    row.apple(header, &event, refused(403, "auth_invalid").without_ports());
}

#[test]
fn m017_a_header_that_is_no_object() {
    Row::run("M017", |row| {
        for header in ["x", "[]", "7", "\"HS256\"", "null", ""] {
            header_refused(row, header);
        }
        let deep = format!(r#"{{"alg":"HS256","x":{}{}}}"#, "[".repeat(200), "]".repeat(200));
        header_refused(row, &deep);
    });
}

#[test]
fn m018_alg_twice() {
    Row::run("M018", |row| {
        header_refused(row, r#"{"alg":"HS256","alg":"HS256"}"#);
        header_refused(row, r#"{"alg":"none","alg":"HS256"}"#);
        header_refused(row, r#"{"alg":"HS256","\u0061lg":"none"}"#);
    });
}

#[test]
fn m019_alg_none() {
    Row::run("M019", |row| {
        for alg in ["none", "None", "NONE", "nOnE"] {
            let token = Token::good().header(json!({"alg": alg}).to_string());
            let [header, claims, signature] = token.segments();
            forbidden(
                row,
                [format!("{header}.{claims}."), format!("{header}.{claims}.{signature}")],
            );
        }
    });
}

#[test]
fn m020_alg_that_is_no_name() {
    Row::run("M020", |row| {
        for header in ["{}", r#"{"alg":null}"#, r#"{"alg":256}"#, r#"{"alg":["HS256"]}"#] {
            header_refused(row, header);
        }
    });
}

#[test]
fn m021_a_longer_hash_with_the_right_key() {
    Row::run("M021", |row| {
        for (alg, hash) in [("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
            let token = Token::good().header(json!({"alg": alg}).to_string()).hash(hash);
            row.apple(alg, &apple().token(&token), refused(403, "auth_invalid").without_ports());
        }
    });
}

#[test]
fn m022_public_key_algorithms() {
    Row::run("M022", |row| {
        for alg in ["RS256", "ES256", "EdDSA", "PS256", "ES384", "hs256"] {
            header_refused(row, &json!({"alg": alg}).to_string());
        }
    });
}

#[test]
fn m023_a_public_key_as_the_secret() {
    Row::run("M023", |row| {
        let pem = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEmk9xlkjE4Sy5G9tK393i\n-----END PUBLIC KEY-----\n";
        forbidden(row, [Token::good().key(pem).text()]);
    });
}

#[test]
fn m024_kid_is_ignored() {
    Row::run("M024", |row| {
        for kid in [
            json!("../../dev/null"),
            json!("' OR 1=1 --"),
            json!("https://evil.example/key"),
            json!({"a": [1]}),
            json!("k".repeat(2_000)),
        ] {
            let header = json!({"alg": "HS256", "kid": kid}).to_string();
            let token = Token::good().header(header.as_str());
            row.apple("good signature", &apple().token(&token), taken());
            forbidden(row, [token.key("other").text()]);
        }
        let long = json!({"alg": "HS256", "kid": "k".repeat(64 << 10)}).to_string();
        forbidden(row, [Token::good().header(long).text()]);
    });
}

#[test]
fn m025_hints_about_keys_are_not_followed() {
    Row::run("M025", |row| {
        for hint in [
            json!({"alg": "HS256", "jku": "https://evil.example/jwks"}),
            json!({"alg": "HS256", "x5u": "https://evil.example/x5u"}),
            json!({"alg": "HS256", "jwk": {"kty": "oct", "k": "b3RoZXI"}}),
            json!({"alg": "HS256", "x5c": ["MIIB"]}),
        ] {
            forbidden(row, [Token::good().header(hint.to_string()).key("other").text()]);
        }
    });
}

#[test]
fn m026_crit() {
    Row::run("M026", |row| {
        for crit in [json!(["exp"]), json!(["x"]), json!([]), json!(null)] {
            header_refused(row, &json!({"alg": "HS256", "crit": crit}).to_string());
        }
    });
}

#[test]
fn m027_b64() {
    Row::run("M027", |row| {
        for b64 in [false, true] {
            header_refused(row, &json!({"alg": "HS256", "b64": b64}).to_string());
        }
    });
}

#[test]
fn m028_typ() {
    Row::run("M028", |row| {
        for header in [r#"{"alg":"HS256","typ":"JWT"}"#, r#"{"alg":"HS256"}"#] {
            row.apple(header, &apple().token(&Token::good().header(header)), taken());
        }
        for typ in [json!("at+jwt"), json!("dpop+jwt"), json!(null), json!(1)] {
            header_refused(row, &json!({"alg": "HS256", "typ": typ}).to_string());
        }
    });
}

#[test]
fn m029_zip() {
    Row::run("M029", |row| header_refused(row, r#"{"alg":"HS256","zip":"DEF"}"#));
}
