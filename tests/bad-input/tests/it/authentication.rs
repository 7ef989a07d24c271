//! M001–M063: the bearer token of Apple's requests.

use amb_bad_input::{InboundWebhook, Row, refused, taken};
use amb_protocol::jwt;
use amb_support::{
    gateway_event::GatewayEvent,
    message,
    token::Token,
    vectors::{self, MSP, NOW, SECRET},
};
use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

fn apple() -> GatewayEvent {
    GatewayEvent::from_apple()
}

/// Each of these tokens is refused with 403, and costs at most the look at Apple's keys.
fn forbidden(row: &mut Row, tokens: impl IntoIterator<Item = String>) {
    for (n, token) in tokens.into_iter().enumerate() {
        let event = apple().authorization(&format!("Bearer {token}"));
        row.apple(&format!("#{n}"), &event, refused(403, "auth_invalid"));
    }
}

/// These claims, raw, with a good signature, are refused with 403 before a key is asked for.
fn claims_refused(row: &mut Row, claims: impl IntoIterator<Item = String>) {
    for claims in claims {
        let event = apple().token(&Token::good().claims(claims.as_str()));
        row.apple(&claims, &event, refused(403, "auth_invalid").without_ports());
    }
}

fn header_refused(row: &mut Row, header: &str) {
    let event = apple().token(&Token::good().header(header));
    row.apple(header, &event, refused(403, "auth_invalid").without_ports());
}

fn iat(value: &str) -> String {
    format!(r#"{{"aud":"{MSP}","iat":{value}}}"#)
}

fn aud(value: &Value) -> String {
    json!({"aud": value, "iat": NOW}).to_string()
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

#[test]
fn m034_the_secrets_text_is_not_the_key() {
    Row::run("M034", |row| forbidden(row, [Token::good().key(SECRET).text()]));
}

#[test]
fn m035_the_secret_is_not_hexadecimal() {
    Row::run("M035", |row| {
        let hex = "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f";
        forbidden(
            row,
            [Token::good().key(hex).text(), Token::good().key(hex.to_uppercase()).text()],
        );
    });
}

#[test]
fn m036_weak_secrets() {
    Row::run("M036", |row| {
        let weak = [
            "",
            "secret",
            "your-256-bit-secret",
            "password",
            "changeme",
            "123456",
            "admin",
            "key",
            "test",
            "jwt",
            "jwt_secret",
            "your-secret-key",
            "supersecret",
            "qwerty",
            "letmein",
            "0000000000000000",
            "default",
            "mysecret",
            "private",
            "hmac",
            "HS256",
            "root",
            "demo",
        ];
        forbidden(row, weak.map(|key| Token::good().key(key).text()));
        forbidden(row, [Token::good().key([0; 32]).text(), Token::good().key([0xff; 32]).text()]);
    });
}

#[test]
fn m037_one_bit_of_the_signature() {
    Row::run("M037", |row| {
        let good = Token::good();
        for at in 0..32 {
            let mut signature = good.signature();
            signature[at] ^= 1 << (at % 8);
            forbidden(row, [good.signed_with(&signature)]);
        }
    });
}

#[test]
fn m038_a_signature_that_is_cut_or_longer() {
    Row::run("M038", |row| {
        let good = Token::good();
        let signature = good.signature();
        forbidden(
            row,
            [
                good.signed_with(&signature[..31]),
                good.signed_with(&signature[..16]),
                good.signed_with(&[]),
                good.signed_with(&[&signature[..], &[0]].concat()),
            ],
        );
    });
}

#[test]
fn m039_one_bit_of_the_payload() {
    Row::run("M039", |row| {
        let [header, _, signature] = Token::good().segments();
        // The last digit of `iat`: still fresh, and not what was signed.
        let [_, other, _] = Token::good().issued(1).segments();
        forbidden(row, [format!("{header}.{other}.{signature}")]);
    });
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
            Value::from_iter(others.chain([json!(MSP)]))
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
