//! The session's call against servers that play Apple (F121, P035).

use super::*;
use crate::testing::{Authority, Server, read_request};
use amb_protocol::{apple_pay::MerchantIdentifier, secret::Secret};
use amb_service::{
    model::{SecretName, SessionIdentifier, TenantId},
    port::PortError,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

/// `printf merchant.com.example.shop | sha256sum`
const HASH: &str = "7dfd3b4c6fe42301180177e6613735ae531012535854b928e2eed53521996300";
const CONTEXT: &str = "https://pay.example.com/pay/pay_a/k.1.t.m/gateway";

#[derive(Clone, Copy, Debug)]
struct At(i64);

impl Clock for At {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0).unwrap()
    }
    async fn sleep(&self, _duration: Duration) {}
}

#[derive(Clone, Debug)]
struct Keys(Arc<Mutex<Option<String>>>);

impl MerchantSecrets for Keys {
    async fn merchant_secret(
        &self,
        _tenant: &TenantId,
        _name: &SecretName,
    ) -> Result<Option<Secret<String>>, PortError> {
        Ok(self.0.lock().unwrap().clone().map(Secret::new))
    }
}

fn secret((certificate, key): (String, String)) -> String {
    json!({ "v": 1, "certificate": certificate, "key": key }).to_string()
}

fn now() -> i64 {
    "2026-11-21T21:00:00Z".parse::<Timestamp>().unwrap().as_second()
}

/// A gateway that trusts the authority, with the merchant's certificate ending on that day.
fn gateway(authority: &Authority, base: &str, until: (i32, u8, u8)) -> ApplePayGateway<Keys, At> {
    let stored = secret(authority.certificate_until(until));
    let keys = Keys(Arc::new(Mutex::new(Some(stored))));
    let mut gateway =
        ApplePayGateway::new(keys, At(now()), Policy::with_loopback()).at_loopback(base).unwrap();
    gateway.plain = gateway.plain.trusting(authority.root());
    gateway.patience = Duration::from_secs(2);
    gateway
}

async fn ask(gateway: &ApplePayGateway<Keys, At>) -> Result<MerchantSession, SessionError> {
    ask_as(gateway, SessionIdentifier::Plain).await
}

async fn ask_as(
    gateway: &ApplePayGateway<Keys, At>,
    identifier: SessionIdentifier,
) -> Result<MerchantSession, SessionError> {
    let tenant = TenantId::parse(&format!("ten_{}", "a".repeat(26))).unwrap();
    let ask = SessionAsk {
        tenant: &tenant,
        channel: Channel::World,
        identity: &SecretName::parse("identity").unwrap(),
        merchant: &MerchantIdentifier::parse("merchant.com.example.shop").unwrap(),
        identifier,
        display_name: "Example Shop",
        initiative_context: CONTEXT,
    };
    gateway.merchant_session(&ask).await
}

/// Apple, by mutual TLS: answers one after the other, the last again and again.
async fn apple(
    authority: &Authority,
    answers: Vec<(u16, String)>,
) -> (Server, Arc<Mutex<Vec<String>>>) {
    let acceptor = authority.mutual_acceptor();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (requests, count) = (Arc::clone(&seen), Arc::new(AtomicUsize::new(0)));
    let answers = Arc::new(answers);
    let server = Server::start(move |stream: TcpStream| {
        let (acceptor, requests) = (acceptor.clone(), Arc::clone(&requests));
        let (answers, count) = (Arc::clone(&answers), Arc::clone(&count));
        async move {
            let Ok(mut stream) = acceptor.accept(stream).await else { return };
            let request = read_request(&mut stream).await;
            requests.lock().unwrap().push(request);
            let no = count.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1);
            let (status, body) = &answers[no];
            let head = format!(
                "HTTP/1.1 {status} x\r\nlocation: https://elsewhere.example/\r\n\
                 connection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            let _ = stream.write_all(head.as_bytes()).await;
            let _ = stream.write_all(body.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    })
    .await;
    (server, seen)
}

fn https(server: &Server) -> String {
    server.url("").replace("http://", "https://")
}

fn session_json() -> String {
    // Odd spaces and an order of Apple's own: every byte has to stay.
    format!(
        r#"{{"nonce" :"0a1b", "expiresAt":1795300000123,"epochTimestamp":1795292800123,"signature":"308006","initiativeContext":"{CONTEXT}","x": 1.0}}"#
    )
}

#[tokio::test]
async fn p035_a_session_is_had_by_mutual_tls_and_passed_on_to_the_byte() {
    let authority = Authority::new();
    let (server, seen) = apple(&authority, vec![(200, session_json())]).await;
    let session = ask(&gateway(&authority, &https(&server), (2090, 1, 1))).await.unwrap();
    assert_eq!(session.json.get(), session_json());
    assert_eq!(session.expires_at.as_millisecond(), 1_795_300_000_123);
    assert!(!format!("{session:?}").contains("308006"));

    let seen = seen.lock().unwrap();
    let (head, body) = seen[0].split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /paymentservices/paymentSession HTTP/1.1\r\n"), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body,
        json!({
            "merchantIdentifier": "merchant.com.example.shop", "domainName": "pay.example.com",
            "displayName": "Example Shop", "initiative": "messaging", "initiativeContext": CONTEXT,
        })
    );
}

#[tokio::test]
async fn a_merchant_whose_settings_say_so_is_asked_for_by_its_hash() {
    let authority = Authority::new();
    let (server, seen) = apple(&authority, vec![(200, session_json())]).await;
    let gateway = gateway(&authority, &https(&server), (2090, 1, 1));
    ask_as(&gateway, SessionIdentifier::Sha256).await.unwrap();
    let seen = seen.lock().unwrap();
    let body: Value = serde_json::from_str(seen[0].split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["merchantIdentifier"], HASH);
}

#[tokio::test]
async fn p035_what_is_no_session_of_ours_is_refused() {
    let authority = Authority::new();
    for body in [
        "[]".to_owned(),
        "{}".to_owned(),
        "<html>".to_owned(),
        session_json().replace("/gateway", "/elsewhere"),
        session_json().replace("1795300000123", "null"),
        session_json().replace("1795300000123", "99999999999999999"),
        session_json().replacen('{', r#"{"expiresAt":1,"#, 1),
        session_json().replacen('{', &format!(r#"{{"a":"{}","#, "x".repeat(64 * 1024)), 1),
        session_json().replacen('{', &format!(r#"{{"a":{},"#, "[".repeat(30_000)), 1),
    ] {
        let (server, _) = apple(&authority, vec![(200, body.clone())]).await;
        let found = ask(&gateway(&authority, &https(&server), (2090, 1, 1))).await;
        assert!(
            matches!(found, Err(SessionError::Refused { status: 200, message: None })),
            "{found:?} {body:.80}"
        );
        assert_eq!(server.connections(), 1);
    }
}

#[tokio::test]
async fn a_session_that_broke_off_is_asked_for_again() {
    let authority = Authority::new();
    let whole = session_json();
    for cut in [0, 1, whole.len() / 2, whole.len() - 1] {
        let answers = vec![(200, whole.split_at(cut).0.to_owned()), (200, whole.clone())];
        let (server, _) = apple(&authority, answers).await;
        let session = ask(&gateway(&authority, &https(&server), (2090, 1, 1))).await.unwrap();
        assert_eq!((session.json.get(), server.connections()), (whole.as_str(), 2), "{cut}");
    }
}

#[tokio::test]
async fn an_expiry_in_seconds_and_in_a_string_is_read_as_well() {
    let authority = Authority::new();
    let body = session_json().replace("1795300000123", "\"1795300000\"");
    let (server, _) = apple(&authority, vec![(200, body)]).await;
    let session = ask(&gateway(&authority, &https(&server), (2090, 1, 1))).await.unwrap();
    assert_eq!(session.expires_at.as_second(), 1_795_300_000);
}

#[tokio::test]
async fn a_refusal_is_told_in_apples_words_and_not_asked_for_again() {
    let authority = Authority::new();
    for (status, body, message) in [
        (
            417,
            r#"{"statusMessage":"Payment Services\n Exception","statusCode":"417"}"#,
            Some("Payment Services  Exception"),
        ),
        (400, "<html>", None),
        (401, "", None),
        (302, "", None),
    ] {
        let (server, _) = apple(&authority, vec![(status, body.to_owned())]).await;
        let found = ask(&gateway(&authority, &https(&server), (2090, 1, 1))).await;
        match found {
            Err(SessionError::Refused { status: told, message: words }) => {
                assert_eq!((told, words.as_deref()), (status, message));
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(server.connections(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_server_in_trouble_is_asked_three_times_and_no_more() {
    let authority = Authority::new();
    let trouble = || (503, String::new());
    let (server, _) = apple(&authority, vec![trouble(), trouble(), (200, session_json())]).await;
    ask(&gateway(&authority, &https(&server), (2090, 1, 1))).await.unwrap();
    assert_eq!(server.connections(), 3);

    let (server, _) = apple(&authority, vec![trouble()]).await;
    let found = ask(&gateway(&authority, &https(&server), (2090, 1, 1))).await;
    assert!(matches!(found, Err(SessionError::Unavailable)), "{found:?}");
    assert_eq!(server.connections(), 3);

    let server = Server::holding().await;
    let mut gateway = gateway(&authority, &https(&server), (2090, 1, 1));
    gateway.patience = Duration::from_millis(400);
    let started = time::Instant::now();
    let found = ask(&gateway).await;
    assert!(matches!(found, Err(SessionError::Unavailable)), "{found:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_certificate_of_another_authority_gets_no_session() {
    let authority = Authority::new();
    let (server, seen) = apple(&authority, vec![(200, session_json())]).await;
    let gateway = gateway(&authority, &https(&server), (2090, 1, 1));
    let stored = secret(Authority::new().certificate_until((2090, 1, 1)));
    *gateway_keys(&gateway).lock().unwrap() = Some(stored);
    let found = ask(&gateway).await;
    assert!(
        matches!(found, Err(SessionError::Certificate(_) | SessionError::Unavailable)),
        "{found:?}"
    );
    assert!(seen.lock().unwrap().is_empty());
}

fn gateway_keys(gateway: &ApplePayGateway<Keys, At>) -> &Mutex<Option<String>> {
    &gateway.keys.secrets().0
}

#[tokio::test]
async fn f121_an_expired_or_unreadable_certificate_is_said_and_apple_is_not_asked() {
    let authority = Authority::new();
    let (server, _) = apple(&authority, vec![(200, session_json())]).await;
    let good = secret(authority.certificate_until((2090, 1, 1)));
    let canary = "canary4242";
    for (stored, why) in [
        (Some(secret(authority.certificate_until((2026, 11, 21)))), "expired"),
        (None, "no such secret"),
        (Some(String::new()), "no JSON"),
        (Some(good.replace("\"v\":1", "\"v\":2")), "another version"),
        (Some(secret((canary.into(), canary.into()))), "no PEM certificate"),
        (Some(secret((authority.certificate_until((2090, 1, 1)).0, canary.into()))), "no PEM key"),
    ] {
        let gateway = gateway(&authority, &https(&server), (2090, 1, 1));
        *gateway_keys(&gateway).lock().unwrap() = stored;
        let error = ask(&gateway).await.unwrap_err();
        assert!(matches!(error, SessionError::Certificate(_)), "{error:?}");
        assert!(error.to_string().contains(why), "{error} {why}");
        assert!(!format!("{error:?} {error}").contains(canary));
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn f121_somebody_is_warned_at_each_step_once() {
    let authority = Authority::new();
    let stored = Secret::new(secret(authority.certificate_until((2027, 3, 1))));
    let plain = WalledClient::new(Policy::production(), SystemLookup, Pool::Off);
    let name = SecretName::parse("identity").unwrap();
    let tenant = TenantId::parse(&format!("ten_{}", "a".repeat(26))).unwrap();
    let identities = Identities::default();
    let identity = identities.of(&plain, &tenant, &name, &stored).unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    assert_eq!(identity.warn_at(at("2026-11-01T00:00:00Z")), None);
    for (day, step) in [
        ("2026-12-01T00:00:01Z", 90),
        ("2026-12-31T00:00:01Z", 60),
        ("2027-01-30T00:00:01Z", 30),
        ("2027-02-16T00:00:00Z", 14),
        ("2027-02-23T00:00:00Z", 7),
        ("2027-02-27T00:00:00Z", 3),
        ("2027-02-28T12:00:00Z", 1),
    ] {
        // In days: 90 before the end is the first second of the ninetieth day.
        let found = identity.warn_at(at(day));
        assert_eq!(found, Some(step), "{day}");
        assert_eq!(identity.warn_at(at(day)), None, "{day} again");
    }
    assert_eq!(identity.warn_at(at("2027-04-01T00:00:00Z")), None, "said already");
    let again = identities.of(&plain, &tenant, &name, &stored).unwrap();
    assert!(Arc::ptr_eq(&identity, &again), "one client for one version of a secret");
    let other = Secret::new(secret(authority.certificate_until((2090, 1, 1))));
    assert!(!Arc::ptr_eq(&identity, &identities.of(&plain, &tenant, &name, &other).unwrap()));
}

#[test]
fn no_other_host_than_apples_two_is_ever_asked() {
    let gateway =
        ApplePayGateway::new(Keys(Arc::new(Mutex::new(None))), At(now()), Policy::production());
    let url = |channel| gateway.url(channel).to_string();
    assert_eq!(
        url(Channel::World),
        "https://apple-pay-gateway.apple.com/paymentservices/paymentSession"
    );
    assert_eq!(
        url(Channel::China),
        "https://cn-apple-pay-gateway.apple.com/paymentservices/paymentSession"
    );
    for elsewhere in ["http://127.0.0.1:1", "https://127.0.0.1:1", "https://apple.example.com"] {
        let gateway =
            ApplePayGateway::new(Keys(Arc::new(Mutex::new(None))), At(now()), Policy::production());
        assert!(gateway.at_loopback(elsewhere).is_err(), "{elsewhere}");
    }
}
