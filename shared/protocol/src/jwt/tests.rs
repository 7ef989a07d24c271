mod wycheproof;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_760_000_000;
const K1: &str = "QEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaW1xdXl8=";
const K2: &str = "oKGio6SlpqeoqaqrrK2ur7CxsrO0tba3uLm6u7y9vr8=";
const MSP: &str = "0f4c8a52-6b1d-4e63-9a77-2d5f0c9be001";

fn msp() -> MspId {
    MspId::parse(MSP).unwrap()
}

fn key(text: &str) -> ApiSecret {
    ApiSecret::from_base64(text).unwrap()
}

/// A token signed with the first key, whatever its header and payload say.
fn raw_token(header: &str, payload: &str) -> String {
    let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    let signed = format!("{}.{}", part(header), part(payload));
    let k1 = EncodingKey::from_base64_secret(K1).unwrap();
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &k1, Algorithm::HS256).unwrap();
    format!("{signed}.{signature}")
}

fn with_header(header: &str) -> String {
    raw_token(header, &json!({"aud": MSP, "iat": NOW}).to_string())
}

fn with_claims(claims: &Value) -> String {
    raw_token(r#"{"alg":"HS256"}"#, &claims.to_string())
}

fn check(token: &str) -> Result<usize, JwtError> {
    inspect(token, &msp(), NOW)?.verify(&[key(K1), key(K2)])
}

fn check_iat(iat: &str) -> Result<usize, JwtError> {
    check(&raw_token(r#"{"alg":"HS256"}"#, &format!(r#"{{"aud":"{MSP}","iat":{iat}}}"#)))
}

#[test]
fn what_we_mint_for_apple_names_us_as_the_issuer() {
    let token = mint(&msp(), &key(K1), NOW).unwrap();
    let parts: Vec<_> = token.expose().split('.').collect();
    let decode = |part: &str| String::from_utf8(BASE64URL_NOPAD.decode(part.as_bytes()).unwrap());
    assert_eq!(decode(parts[0]).unwrap(), r#"{"alg":"HS256"}"#);
    assert_eq!(decode(parts[1]).unwrap(), format!(r#"{{"iss":"{MSP}","iat":{NOW}}}"#));
}

#[test]
fn m030_m032_any_live_key_will_do_and_its_place_is_told() {
    let token = mint_inbound(&msp(), &key(K2), NOW).unwrap();
    let inspected = inspect(token.expose(), &msp(), NOW).unwrap();
    assert_eq!(inspected.verify(&[key(K1), key(K2)]), Ok(1));
    assert_eq!(inspected.verify(&[key(K2)]), Ok(0));
    assert_eq!(inspected.verify(&[key(K1)]), Err(JwtError::Signature));
    assert_eq!(inspected.verify(&[]), Err(JwtError::Signature));
    assert_eq!(format!("{inspected:?}"), "Inspected(***)");
}

#[test]
fn m011_a_token_over_four_kilobytes_is_not_read() {
    assert_eq!(check(&"a".repeat(4_097)), Err(JwtError::TooLong));
    let token = with_claims(&json!({"aud": MSP, "iat": NOW, "x": "y".repeat(100_000)}));
    assert_eq!(check(&token), Err(JwtError::TooLong)); // M059
}

#[test]
fn m012_m016_there_are_three_segments_and_none_is_empty() {
    let good = with_claims(&json!({"aud": MSP, "iat": NOW}));
    let [header, payload, signature]: [&str; 3] =
        good.split('.').collect::<Vec<_>>().try_into().unwrap();
    for bad in [
        String::new(),
        header.to_owned(),
        format!("{header}.{payload}"),
        format!("{good}.{signature}"),
        format!("{good}..{signature}"),
        format!(".{payload}.{signature}"),
        format!("{header}..{signature}"),
        format!("{header}.{payload}."),
        format!("{good}."),
        format!(r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#),
    ] {
        assert_eq!(check(&bad), Err(JwtError::Format), "{bad}");
    }
}

#[test]
fn m014_base64url_is_strict() {
    let good = with_claims(&json!({"aud": MSP, "iat": NOW}));
    let [header, payload, signature]: [&str; 3] =
        good.split('.').collect::<Vec<_>>().try_into().unwrap();
    let trailing_bits = {
        let mut bits = signature.to_owned();
        let last = bits.pop().unwrap();
        bits.push(char::from(last as u8 + 1));
        bits
    };
    for bad in [
        format!("{header}=.{payload}.{signature}"),
        format!("{header}.{payload}.{signature}="),
        format!("{header}.{payload}.{signature}\n"),
        format!(" {good}"),
        format!("{header}.{payload}.{}", signature.replace(['A', 'a', 'e', '_', '-'], "+")),
        format!("{header}.{payload}.{trailing_bits}"),
    ] {
        assert_eq!(check(&bad), Err(JwtError::Format), "{bad}");
    }
}

#[test]
fn m017_m018_the_header_is_an_object_with_unique_names() {
    for bad in [
        "x",
        "[]",
        "1",
        "\"HS256\"",
        "null",
        "{",
        r#"{"alg":"HS256"} x"#,
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"alg":"HS256","kid":"a","kid":"b"}"#,
        "\u{feff}{\"alg\":\"HS256\"}",
    ] {
        assert_eq!(check(&with_header(bad)), Err(JwtError::Format), "{bad}");
    }
    let deep = format!(r#"{{"alg":"HS256","x":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    assert_eq!(check(&with_header(&deep)), Err(JwtError::Format));
}

#[test]
fn m019_m023_hs256_is_the_only_algorithm() {
    for alg in [
        r#""none""#,
        r#""None""#,
        r#""NONE""#,
        r#""nOnE""#,
        r#""HS384""#,
        r#""HS512""#,
        r#""RS256""#,
        r#""ES256""#,
        r#""EdDSA""#,
        r#""PS256""#,
        r#""hs256""#,
        r#""HS256 ""#,
        "null",
        "1",
        r#"["HS256"]"#,
    ] {
        let token = with_header(&format!(r#"{{"alg":{alg}}}"#));
        assert_eq!(check(&token), Err(JwtError::Algorithm), "{alg}");
        let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
        assert_eq!(check(&unsigned), Err(JwtError::Algorithm), "{alg} unsigned");
    }
    assert_eq!(check(&with_header("{}")), Err(JwtError::Algorithm));
}

#[test]
fn m024_m025_hints_about_keys_are_ignored() {
    for hint in [
        r#""kid":"../../dev/null""#,
        r#""kid":"' or 1=1""#,
        r#""kid":{"a":[1]}"#,
        r#""jku":"https://evil.example""#,
        r#""x5u":"https://evil.example""#,
        r#""jwk":{"kty":"oct","k":"AAAA"}"#,
        r#""x5c":["MIIB"]"#,
    ] {
        let good = with_header(&format!(r#"{{"alg":"HS256",{hint}}}"#));
        assert_eq!(check(&good), Ok(0), "{hint}");
        assert_eq!(
            inspect(&good, &msp(), NOW).unwrap().verify(&[key(K2)]),
            Err(JwtError::Signature)
        );
    }
}

#[test]
fn m026_m029_extensions_are_refused() {
    for extension in [
        r#""crit":["exp"]"#,
        r#""crit":["x"]"#,
        r#""crit":[]"#,
        r#""crit":null"#,
        r#""b64":false"#,
        r#""b64":true"#,
        r#""zip":"DEF""#,
    ] {
        let token = with_header(&format!(r#"{{"alg":"HS256",{extension}}}"#));
        assert_eq!(check(&token), Err(JwtError::Extension), "{extension}");
    }
}

#[test]
fn m028_typ_is_jwt_or_absent() {
    assert_eq!(check(&with_header(r#"{"typ":"JWT","alg":"HS256"}"#)), Ok(0));
    for typ in [r#""at+jwt""#, "null", "1", r#""""#] {
        let token = with_header(&format!(r#"{{"alg":"HS256","typ":{typ}}}"#));
        assert_eq!(check(&token), Err(JwtError::Type), "{typ}");
    }
}

#[test]
fn m034_m036_other_readings_of_the_secret_and_weak_ones_do_not_verify() {
    let good = with_claims(&json!({"aud": MSP, "iat": NOW}));
    let signed = good.rsplit_once('.').unwrap().0;
    for wrong in [K1.as_bytes(), b"", b"secret", b"your-256-bit-secret", &[0; 32]] {
        let signature = jsonwebtoken::crypto::sign(
            signed.as_bytes(),
            &EncodingKey::from_secret(wrong),
            Algorithm::HS256,
        );
        let token = format!("{signed}.{}", signature.unwrap());
        assert_eq!(check(&token), Err(JwtError::Signature));
    }
}

#[test]
fn m037_m038_a_signature_is_whole() {
    let good = with_claims(&json!({"aud": MSP, "iat": NOW}));
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let bytes = BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap();
    for at in 0..32 {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        let token = format!("{signed}.{}", BASE64URL_NOPAD.encode(&flipped));
        assert_eq!(check(&token), Err(JwtError::Signature), "{at}");
    }
    for cut in [&bytes[..31], &bytes[..16], &[&bytes[..], &[0]].concat()] {
        let token = format!("{signed}.{}", BASE64URL_NOPAD.encode(cut));
        // Refused before any key is needed, so that it can never cause keys to be fetched.
        assert_eq!(inspect(&token, &msp(), NOW).unwrap_err(), JwtError::Signature);
    }
}

#[test]
fn m040_m041_the_payload_is_an_object_with_unique_names() {
    let good = format!(r#""aud":"{MSP}","iat":{NOW}"#);
    for bad in [
        "x".to_owned(),
        "[]".to_owned(),
        "\"x\"".to_owned(),
        format!(r#"{{{good},"aud":"other"}}"#),
        format!(r#"{{"aud":"other",{good}}}"#),
        format!(r#"{{{good},"iat":0}}"#),
        format!(r#"{{{good},"iat":NaN}}"#),
    ] {
        assert_eq!(check(&raw_token(r#"{"alg":"HS256"}"#, &bad)), Err(JwtError::Format), "{bad}");
    }
}

#[test]
fn m042_m047_the_audience_is_exactly_us() {
    let with_aud = |aud: Value| check(&with_claims(&json!({"aud": aud, "iat": NOW})));
    assert_eq!(with_aud(json!(MSP)), Ok(0));
    assert_eq!(with_aud(json!([MSP])), Ok(0));
    assert_eq!(with_aud(json!(["other", MSP])), Ok(0));
    let crowd = |n: usize| json!([vec!["other".to_owned(); n - 1], vec![MSP.to_owned()]].concat());
    assert_eq!(with_aud(crowd(16)), Ok(0));
    for bad in [
        json!(null),
        json!(123),
        json!({"a": MSP}),
        json!(true),
        json!(""),
        json!("other"),
        json!(format!("{MSP} ")),
        json!(MSP.to_uppercase()),
        json!([]),
        json!([[MSP]]),
        json!([MSP, 1]),
        crowd(17),
        crowd(60),
    ] {
        assert_eq!(with_aud(bad.clone()), Err(JwtError::Audience), "{bad}");
    }
    assert_eq!(check(&with_claims(&json!({"iat": NOW}))), Err(JwtError::Audience));
}

#[test]
fn m050_m052_the_window_is_an_hour_and_its_leeway() {
    for good in [0, -3_599, -3_600, -3_660, 299, 300] {
        assert_eq!(check_iat(&(NOW + good).to_string()), Ok(0), "{good}");
    }
    for bad in [-3_661, 301, -86_400] {
        assert_eq!(check_iat(&(NOW + bad).to_string()), Err(JwtError::IssuedAt), "{bad}");
    }
}

#[test]
fn m048_m054_iat_is_a_whole_number() {
    assert_eq!(check(&with_claims(&json!({"aud": MSP}))), Err(JwtError::IssuedAt));
    for bad in [
        r#""1760000000""#,
        r#""now""#,
        "null",
        "true",
        "{}",
        "[1760000000]",
        "0",
        "-1",
        "1e308",
        "9007199254740992",
        "9223372036854775808",
        "18446744073709551616",
        "1760000000.9",
        "-9223372036854775808",
    ] {
        assert_eq!(check_iat(bad), Err(JwtError::IssuedAt), "{bad}");
    }
    assert_eq!(check_iat("1760000000.0"), Ok(0));
    assert_eq!(check_iat("1.76e9"), Ok(0));
}

#[test]
fn m055_milliseconds_are_refused_by_name() {
    let error = check_iat("1760000000123").unwrap_err();
    assert_eq!(error, JwtError::IssuedAtMilliseconds);
    assert_eq!(error.code(), "iat");
}

#[test]
fn m056_m058_exp_and_nbf_are_honoured_and_the_rest_ignored() {
    let with = |name: &str, value: Value| {
        let mut claims = json!({"aud": MSP, "iat": NOW});
        claims[name] = value;
        check(&with_claims(&claims))
    };
    assert_eq!(with("exp", json!(NOW + 1)), Ok(0));
    for bad in [json!(NOW), json!(NOW - 60), json!("x"), json!(null)] {
        assert_eq!(with("exp", bad), Err(JwtError::Expired));
    }
    assert_eq!(with("nbf", json!(NOW)), Ok(0));
    for bad in [json!(NOW + 1), json!("x"), json!(null)] {
        assert_eq!(with("nbf", bad), Err(JwtError::NotYetValid));
    }
    assert_eq!(with("iss", json!([1, {"any": "thing"}])), Ok(0));
}

#[test]
fn m061_our_own_outbound_token_is_not_for_us() {
    let token = mint(&msp(), &key(K1), NOW).unwrap();
    assert_eq!(check(token.expose()), Err(JwtError::Audience));
}

#[test]
fn m062_a_token_for_another_msp_is_not_for_us() {
    let other = MspId::parse("staging").unwrap();
    let token = mint_inbound(&other, &key(K1), NOW).unwrap();
    assert_eq!(check(token.expose()), Err(JwtError::Audience));
}

#[test]
fn a_secret_is_long_enough_base64_and_is_never_shown() {
    let key = key(K1);
    assert_eq!(format!("{key:?}"), "ApiSecret(***)");
    assert_eq!(key.fingerprint().len(), 16);
    assert_ne!(key.fingerprint(), ApiSecret::from_base64(K2).unwrap().fingerprint());
    let unpadded = ApiSecret::from_base64(&format!(" {}\n", K1.trim_end_matches('='))).unwrap();
    assert_eq!(unpadded.fingerprint(), key.fingerprint());
    for (bad, error) in [
        ("", ApiSecretError::TooShort),
        (&BASE64.encode(&[7; 31]), ApiSecretError::TooShort),
        ("not base64!", ApiSecretError::NotBase64),
        ("-ebuDNsVZ2iJtoZ-akfXTSCt4UO2cruLCsbWlBinggE", ApiSecretError::NotBase64),
        (
            "404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f",
            ApiSecretError::Hexadecimal,
        ),
    ] {
        assert_eq!(ApiSecret::from_base64(bad).unwrap_err(), error, "{bad}");
    }
}

proptest! {
    #[test]
    fn a_token_verifies_and_no_single_bit_of_it_can_change(bit in 0_usize..8, at in any::<prop::sample::Index>()) {
        let token = mint_inbound(&msp(), &key(K1), NOW).unwrap();
        prop_assert_eq!(check(token.expose()), Ok(0));
        let mut bytes = token.expose().clone().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        if let Ok(flipped) = String::from_utf8(bytes) {
            prop_assert!(check(&flipped).is_err(), "{}", flipped);
        }
    }

    #[test]
    fn more_keys_never_refuse_what_fewer_accept(now in NOW - 10_000..NOW + 10_000) {
        let token = mint_inbound(&msp(), &key(K1), NOW).unwrap();
        if let Ok(inspected) = inspect(token.expose(), &msp(), now) {
            prop_assert_eq!(inspected.verify(&[key(K1)]), Ok(0));
            prop_assert_eq!(inspected.verify(&[key(K2), key(K1)]), Ok(1));
        }
    }

    #[test]
    fn any_text_is_refused_without_panic(text in "[ -~]{0,40}(\\.[A-Za-z0-9_=-]{0,20}){0,4}") {
        prop_assert!(check(&text).is_err());
    }
}
