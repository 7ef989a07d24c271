//! M001–M016: the header `Authorization` of Apple's requests.

use amb_bad_input::{Row, refused, taken};
use amb_support::{gateway_event::GatewayEvent, token::Token};
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;

pub(crate) fn apple() -> GatewayEvent {
    GatewayEvent::from_apple()
}

/// Each of these tokens is refused with 403, and costs at most the look at Apple's keys.
pub(crate) fn forbidden(row: &mut Row, tokens: impl IntoIterator<Item = String>) {
    for (n, token) in tokens.into_iter().enumerate() {
        let event = apple().authorization(&format!("Bearer {token}"));
        row.apple(&format!("#{n}"), &event, refused(403, "auth_invalid"));
    }
}

#[test]
fn m001_no_authorization() {
    Row::run("M001", |row| {
        row.apple("none", &apple().without("authorization"), refused(401, "auth_missing"));
    });
}

#[test]
fn m002_empty_authorization() {
    Row::run("M002", |row| {
        for value in ["", " ", "\t"] {
            row.apple(value, &apple().authorization(value), refused(401, "auth_missing"));
        }
    });
}

#[test]
fn m003_another_scheme() {
    Row::run("M003", |row| {
        for scheme in ["Basic", "Digest", "Token", "Bear", "JWT"] {
            let value = format!("{scheme} {}", Token::good().text());
            row.apple(scheme, &apple().authorization(&value), refused(401, "auth_scheme"));
        }
        let bare = Token::good().text();
        row.apple("no scheme", &apple().authorization(&bare), refused(401, "auth_scheme"));
    });
}

#[test]
fn m004_bearer_without_a_token() {
    Row::run("M004", |row| {
        for value in ["Bearer", "Bearer ", "bearer"] {
            row.apple(value, &apple().authorization(value), refused(401, "auth_missing"));
        }
    });
}

#[test]
fn m005_the_scheme_in_any_case() {
    Row::run("M005", |row| {
        for scheme in ["bearer", "BEARER", "bEaReR"] {
            let value = format!("{scheme} {}", Token::good().text());
            row.apple(scheme, &apple().authorization(&value), taken());
        }
    });
}

#[test]
fn m006_two_spaces() {
    Row::run("M006", |row| forbidden(row, [format!(" {}", Token::good().text())]));
}

#[test]
fn m007_something_behind_the_token() {
    Row::run("M007", |row| forbidden(row, [format!("{} x", Token::good().text())]));
}

#[test]
fn m008_two_authorization_headers() {
    Row::run("M008", |row| {
        let good = Token::good();
        let twice = format!("{},{}", good.bearer(), good.bearer());
        row.apple("joined", &apple().authorization(&twice), refused(403, "auth_invalid"));
        let after_another = format!("Basic eDp5,{}", good.bearer());
        let event = apple().authorization(&after_another);
        row.apple("after another scheme", &event, refused(401, "auth_scheme"));
    });
}

#[test]
fn m009_the_token_elsewhere() {
    Row::run("M009", |row| {
        let token = Token::good().text();
        let bare = || apple().without("authorization");
        for (place, event) in [
            ("query", bare().query(&format!("access_token={token}"))),
            ("body", bare().plain(json!({"access_token": token}).to_string())),
            ("cookie", bare().header("cookie", &format!("authorization=Bearer {token}"))),
            ("another header", bare().header("x-authorization", &format!("Bearer {token}"))),
        ] {
            row.apple(place, &event, refused(401, "auth_missing"));
        }
    });
}

#[test]
fn m010_a_tab_for_a_space() {
    Row::run("M010", |row| {
        let value = format!("Bearer\t{}", Token::good().text());
        row.apple("tab", &apple().authorization(&value), refused(403, "auth_invalid"));
    });
}

#[test]
fn m011_a_token_over_four_kilobytes() {
    Row::run("M011", |row| {
        for length in [4_097, 100_000] {
            let event = apple().authorization(&format!("Bearer {}", "a".repeat(length)));
            let expected = refused(403, "auth_invalid").without_ports();
            row.apple(&length.to_string(), &event, expected);
        }
    });
}

#[test]
fn m012_one_two_four_and_five_segments() {
    Row::run("M012", |row| {
        let [header, claims, signature] = Token::good().segments();
        forbidden(
            row,
            [
                header.clone(),
                format!("{header}.{claims}"),
                format!("{header}.{claims}.{signature}.{signature}"),
                format!("{header}.{claims}.{signature}.{signature}.{signature}"),
            ],
        );
    });
}

#[test]
fn m013_an_empty_segment() {
    Row::run("M013", |row| {
        let [header, claims, signature] = Token::good().segments();
        forbidden(
            row,
            [
                format!(".{claims}.{signature}"),
                format!("{header}..{signature}"),
                format!("{header}.{claims}."),
                "..".to_owned(),
            ],
        );
    });
}

#[test]
fn m014_base64url_is_strict() {
    Row::run("M014", |row| {
        let [header, claims, signature] = Token::good().segments();
        let trailing_bits = {
            let mut text = signature.clone();
            let last = text.pop().unwrap();
            text.push(char::from(last as u8 + 1));
            text
        };
        let first = signature.get(1..).unwrap();
        forbidden(
            row,
            [
                format!("{header}=.{claims}.{signature}"),
                format!("{header}.{claims}.{signature}="),
                format!("{header}.{claims}.+{first}"),
                format!("{header}.{claims}./{first}"),
                format!("{header}.{claims}.{trailing_bits}"),
            ],
        );
        let broken = format!("Bearer {header}.{claims}.\n{signature}");
        row.apple("newline", &apple().authorization(&broken), refused(401, "auth_missing"));
    });
}

#[test]
fn m015_the_json_serialisation() {
    Row::run("M015", |row| {
        let [header, claims, signature] = Token::good().segments();
        let flat = json!({"protected": header, "payload": claims, "signature": signature});
        let general = json!({
            "payload": claims,
            "signatures": [{"protected": header, "signature": signature}],
        });
        forbidden(row, [flat.to_string(), general.to_string()]);
    });
}

#[test]
fn m016_an_encrypted_token() {
    Row::run("M016", |row| {
        let header = BASE64URL_NOPAD.encode(br#"{"alg":"dir","enc":"A256GCM"}"#);
        forbidden(row, [format!("{header}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA")]);
    });
}
