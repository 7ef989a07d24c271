//! The command against servers that keep the contract, and that break it in one way each.

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
};

use amb_egress::{EndpointUrl, Policy, psp::endpoint::Caller, signed::SharedKey};
use amb_protocol::money::{Currency, Minor};
use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// How a server breaks the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    ChecksNoSignature,
    ChecksNoAge,
    HoldsEachTime,
    EchoesNoAmount,
    KnowsNoStatus,
    CancelsButHoldsAgain,
    ForgetsFences,
    ForgetsWhatIsOnItsWay,
    CapturesMore,
    KeepsTheRest,
    RefundsEachTime,
    AnswersHtml,
}

#[derive(Default)]
struct Books {
    payments: BTreeMap<String, Payment>,
    refunds: BTreeMap<String, i64>,
    count: u32,
}

#[derive(Clone, Debug)]
struct Payment {
    state: &'static str,
    reference: String,
    held: i64,
    amount: i64,
    refunded: i64,
}

#[derive(Clone)]
struct Shop {
    flaw: Flaw,
    books: Arc<Mutex<Books>>,
}

impl Shop {
    #[expect(clippy::disallowed_methods, reason = "the server is in the real world")]
    fn trusts(&self, headers: &HeaderMap, body: &[u8]) -> bool {
        let headers: Vec<(String, String)> = headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let mut now = Timestamp::now();
        if self.flaw == Flaw::ChecksNoAge {
            let (_, at) = headers.iter().find(|(name, _)| name == "amb-timestamp").unwrap();
            now = Timestamp::from_second(at.parse().unwrap()).unwrap();
        }
        self.flaw == Flaw::ChecksNoSignature
            || SharedKey::new(KEY.into()).unwrap().verifies(&headers, body, now)
    }
}

fn said(payment: &Payment) -> Response {
    let amount = Minor::new(payment.amount).to_decimal(usd());
    answer(&json!({
        "decision": payment.state, "reference": payment.reference, "amount": amount,
        "currency": "USD",
    }))
}

fn answer(body: &Value) -> Response {
    body.to_string().into_response()
}

fn minor(body: &Value) -> i64 {
    Minor::parse(body["amount"].as_str().unwrap(), usd()).unwrap().get()
}

async fn authorize(State(shop): State<Shop>, headers: HeaderMap, body: Bytes) -> Response {
    if !shop.trusts(&headers, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(headers["idempotency-key"], body["key"].as_str().unwrap());
    assert!(body["payment"].as_str().unwrap().starts_with("pay_"));
    let key = body["key"].as_str().unwrap().to_owned();
    // Its bank takes a while. Whoever was let in before the fence stood has to look again behind it.
    let was_let_in = !shop.books.lock().unwrap().payments.contains_key(&key);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let is_blind = was_let_in && shop.flaw == Flaw::ForgetsWhatIsOnItsWay;
    let mut books = shop.books.lock().unwrap();
    books.count += 1;
    let reference = format!("R{}", books.count);
    let held = minor(&body);
    let new = Payment { state: "approved", reference, held, amount: held, refunded: 0 };
    let again = shop.flaw == Flaw::HoldsEachTime || is_blind;
    if again || !books.payments.contains_key(&key) {
        books.payments.insert(key.clone(), new);
    } else if shop.flaw == Flaw::CancelsButHoldsAgain {
        books.payments.get_mut(&key).unwrap().state = "approved";
    }
    let payment = &books.payments[&key];
    match (shop.flaw, payment.state) {
        (_, "cancelled") => answer(&json!({ "decision": "declined", "code": "cancelled" })),
        (Flaw::EchoesNoAmount, _) => {
            answer(&json!({ "decision": "approved", "reference": payment.reference }))
        }
        (Flaw::AnswersHtml, _) => "<html>It works!</html>".into_response(),
        _ => said(payment),
    }
}

async fn status(State(shop): State<Shop>, Path(key): Path<String>, headers: HeaderMap) -> Response {
    if !shop.trusts(&headers, b"") {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let books = shop.books.lock().unwrap();
    match books.payments.get(&key) {
        Some(payment) if shop.flaw != Flaw::KnowsNoStatus => said(payment),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn cancel(State(shop): State<Shop>, Path(key): Path<String>) -> Response {
    let mut books = shop.books.lock().unwrap();
    if shop.flaw == Flaw::ForgetsFences && !books.payments.contains_key(&key) {
        return answer(&json!({ "decision": "cancelled" }));
    }
    let payment = books.payments.entry(key).or_insert_with(|| Payment {
        state: "cancelled",
        reference: String::new(),
        held: 0,
        amount: 0,
        refunded: 0,
    });
    if payment.state == "approved" {
        payment.state = "cancelled";
    }
    said(payment)
}

async fn capture(State(shop): State<Shop>, Path(key): Path<String>, body: Bytes) -> Response {
    let amount = minor(&serde_json::from_slice(&body).unwrap());
    let mut books = shop.books.lock().unwrap();
    let payment = books.payments.get_mut(&key).unwrap();
    let is_again = payment.state == "captured" && payment.amount == amount;
    let is_over = payment.state != "approved" && shop.flaw != Flaw::KeepsTheRest;
    let is_more = amount > payment.held && shop.flaw != Flaw::CapturesMore;
    if !is_again && (is_over || is_more) {
        return StatusCode::CONFLICT.into_response();
    }
    payment.state = "captured";
    payment.amount = amount;
    said(payment)
}

async fn refund(
    State(shop): State<Shop>,
    Path(key): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&body).unwrap();
    let own = headers["idempotency-key"].to_str().unwrap().to_owned();
    let amount = minor(&body);
    let mut books = shop.books.lock().unwrap();
    if shop.flaw == Flaw::RefundsEachTime || !books.refunds.contains_key(&own) {
        let payment = books.payments.get_mut(&key).unwrap();
        if payment.refunded + amount > payment.amount {
            return StatusCode::CONFLICT.into_response();
        }
        payment.refunded += amount;
        books.refunds.insert(own, amount);
    }
    answer(&json!({ "decision": "refunded", "amount": body["amount"], "currency": "USD" }))
}

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

/// A server with a flaw, and what the command says of it.
#[expect(clippy::disallowed_methods, reason = "the test's runtime ends the task")]
async fn report(flaw: Flaw) -> (bool, String) {
    let shop = Shop { flaw, books: Arc::default() };
    let routes = Router::new()
        .route("/amb", post(authorize))
        .route("/amb/{key}", get(status))
        .route("/amb/{key}/cancel", post(cancel))
        .route("/amb/{key}/capture", post(capture))
        .route("/amb/{key}/refunds", post(refund))
        .with_state(shop);
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/amb", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });

    let policy = Policy::with_loopback();
    let url = EndpointUrl::parse(&url, &policy).unwrap();
    let key = SharedKey::new(KEY.into()).unwrap();
    let server = Server::new(Caller::new(url, policy), key, None, Minor::new(101), usd());
    let mut out = Vec::new();
    let is_well = check(&server, &mut out).await.unwrap();
    (is_well, String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn a_server_that_keeps_the_contract_passes_every_check() {
    let (is_well, report) = report(Flaw::None).await;
    assert!(is_well, "{report}");
    assert_eq!(report.matches("ok      ").count(), Check::ALL.len());
    assert!(report.ends_with("The server keeps the contract.\n"));
    assert!(!report.contains(KEY));
}

#[tokio::test]
async fn every_way_to_break_the_contract_is_found_and_named() {
    for (flaw, check) in [
        (Flaw::ChecksNoSignature, Check::Signature),
        (Flaw::ChecksNoAge, Check::Age),
        (Flaw::HoldsEachTime, Check::Again),
        (Flaw::EchoesNoAmount, Check::Approval),
        (Flaw::KnowsNoStatus, Check::Status),
        (Flaw::CancelsButHoldsAgain, Check::Cancel),
        (Flaw::ForgetsFences, Check::Fence),
        (Flaw::ForgetsWhatIsOnItsWay, Check::OnItsWay),
        (Flaw::CapturesMore, Check::CaptureMore),
        (Flaw::KeepsTheRest, Check::CapturePart),
        (Flaw::RefundsEachTime, Check::Refund),
        (Flaw::AnswersHtml, Check::Approval),
    ] {
        let (is_well, report) = report(flaw).await;
        assert!(!is_well, "{flaw:?}\n{report}");
        assert!(report.contains(&format!("BROKEN  {}\n", check.title())), "{flaw:?}\n{report}");
        assert!(report.contains("The server breaks the contract in "), "{report}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_breaks_everything() {
    let policy = Policy::with_loopback();
    let url = EndpointUrl::parse("http://127.0.0.1:1/amb", &policy).unwrap();
    let key = SharedKey::new(KEY.into()).unwrap();
    let server = Server::new(Caller::new(url, policy), key, None, Minor::new(101), usd());
    let mut out = Vec::new();
    assert!(!check(&server, &mut out).await.unwrap());
    let report = String::from_utf8(out).unwrap();
    assert_eq!(report.matches("BROKEN").count(), Check::ALL.len(), "{report}");
    assert!(report.contains("no answer"), "{report}");
}

#[test]
fn what_cannot_be_checked_is_said() {
    let options = |url: &str, amount: &str, currency: &str| Options {
        url: url.into(),
        key: "/nowhere".into(),
        token: None,
        amount: amount.into(),
        currency: currency.into(),
        loopback: false,
    };
    let mut out = Vec::new();
    let mut error = |options| run(&options, &mut out).unwrap_err().to_string();
    assert!(error(options("http://127.0.0.1:1", "1.00", "USD")).starts_with("--url"));
    assert!(error(options("https://pay.example.com", "1.00", "USD")).starts_with("/nowhere"));
}
