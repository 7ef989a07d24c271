//! Prices asked of servers that answer well, badly, late, or not at all (F119, P025).

use super::*;
use crate::testing::{Server, read_request};
use amb_protocol::{
    apple_pay::{
        Inputs, Line, LineType, MerchantIdentifier, Offer, PaymentType, Pricing, Region,
        ShippingMethod,
    },
    id::BusinessId,
    money::{Currency, Minor},
    secret::Secret,
};
use amb_service::{
    model::{PaymentId, SecretName, TenantId},
    port::PortError,
};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::{io::AsyncWriteExt, net::TcpStream};

const KEY: &str = "canary42424242424242424242424242";

#[derive(Clone, Copy, Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_795_000_000).unwrap()
    }
    async fn sleep(&self, _duration: Duration) {}
}

#[derive(Clone, Copy, Debug)]
struct Keys(Option<&'static str>);

impl MerchantSecrets for Keys {
    async fn merchant_secret(
        &self,
        _tenant: &TenantId,
        _name: &SecretName,
    ) -> Result<Option<Secret<String>>, PortError> {
        Ok(self.0.map(|key| Secret::new(json!({ "v": 1, "key": key }).to_string())))
    }
}

fn offer() -> Offer {
    let line =
        |label: &str| Line { label: label.into(), amount: Minor::new(6399), kind: LineType::Final };
    Offer {
        merchant: MerchantIdentifier::parse("merchant.com.example.shop").unwrap(),
        merchant_name: "Example Shop".into(),
        country: "US".into(),
        currency: Currency::parse("USD").unwrap(),
        lines: vec![line("Desk")],
        total: line("Example Shop"),
        shipping_methods: vec![ShippingMethod {
            identifier: "express".into(),
            label: "Express".into(),
            detail: String::new(),
            amount: Minor::new(1500),
        }],
        required_billing: Vec::new(),
        required_shipping: Vec::new(),
        networks: vec!["visa".into()],
        capabilities: vec!["supports3DS".into()],
        supported_countries: Vec::new(),
        pricing: Pricing::default(),
        checkout_url: None,
    }
}

async fn ask_at(url: &str, keys: Keys, millis: i64) -> Result<PriceAnswer, PriceError> {
    let prices = BusinessPrices::new(keys, Noon, Policy::with_loopback());
    let ask = PriceAsk {
        tenant: &TenantId::parse(&format!("ten_{}", "a".repeat(26))).unwrap(),
        business: &BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").unwrap(),
        signing: &SecretName::parse("signing").unwrap(),
        url,
        payment: &PaymentId::parse(&format!("pay_{}", "a".repeat(26))).unwrap(),
        reference: Some("1001"),
        offer: &offer(),
        inputs: &Inputs {
            shipping_method: Some("express".into()),
            region: Region::of(&json!({"countryCode": "us", "postalCode": "95014-2083"})),
            payment_type: Some(PaymentType::Credit),
        },
    };
    let until = Noon.now() + jiff::SignedDuration::from_millis(millis);
    prices.price(&ask, until).await
}

async fn ask(url: &str) -> Result<PriceAnswer, PriceError> {
    ask_at(url, Keys(Some(KEY)), 6000).await
}

#[tokio::test]
async fn a_price_is_asked_for_with_the_offer_and_the_choices_signed() {
    let seen = Arc::new(Mutex::new(String::new()));
    let request = Arc::clone(&seen);
    let server = Server::start(move |mut stream: TcpStream| {
        let request = Arc::clone(&request);
        async move {
            let text = read_request(&mut stream).await;
            *request.lock().unwrap() = text;
            let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{\"total\":\"1.50\"";
            let _ = stream.write_all(answer).await;
        }
    })
    .await;
    let answer = ask(&server.url("/price")).await.unwrap();
    assert_eq!(answer.0, b"{\"total\":\"1.50\"", "as it came: whoever asked judges it");
    assert!(!format!("{answer:?}").contains("1.50"));

    let seen = seen.lock().unwrap();
    let (head, body) = seen.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /price HTTP/1.1"));
    let headers: Vec<(String, String)> = head
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let key = SharedKey::new(KEY.into()).unwrap();
    assert!(key.verifies(&headers, body.as_bytes(), Noon.now()));
    let body: Value = serde_json::from_str(body).unwrap();
    let line = |label: &str| json!({"label": label, "amount": "63.99", "type": "final"});
    assert_eq!(
        body,
        json!({
            "business": "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002",
            "payment": format!("pay_{}", "a".repeat(26)), "reference": "1001",
            "currencyCode": "USD", "lineItems": [line("Desk")], "total": line("Example Shop"),
            "shippingMethods": [{"identifier": "express", "label": "Express", "detail": "",
                "amount": "15.00"}],
            "chosen": {"shippingMethod": "express", "paymentType": "credit",
                "shippingContact": {"countryCode": "US", "postalCode": "95014"}},
        })
    );
}

#[tokio::test]
async fn f119_a_server_that_hangs_is_left_in_time() {
    let server = Server::holding().await;
    let started = time::Instant::now();
    let found = ask_at(&server.url("/"), Keys(Some(KEY)), 1000).await;
    assert_eq!(found, Err(PriceError::Timeout));
    assert!(started.elapsed() < Duration::from_secs(5));
    assert_eq!(server.connections(), 1, "too little time was left for another try");
    let found = ask_at(&server.url("/"), Keys(Some(KEY)), 5000).await;
    assert_eq!(found, Err(PriceError::Timeout));
    assert_eq!(server.connections(), 3, "one retry");
    assert_eq!(
        ask_at(&server.url("/"), Keys(Some(KEY)), -5).await,
        Err(PriceError::Timeout),
        "the time was over before it began"
    );
}

#[tokio::test]
async fn p025_what_is_no_price_is_refused_and_only_trouble_is_tried_again() {
    let huge = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{}", "a".repeat(70_000));
    for (answer, tries) in [
        ("HTTP/1.1 500 x\r\ncontent-length: 0\r\n\r\n".to_owned(), 2),
        ("HTTP/1.1 429 x\r\ncontent-length: 0\r\n\r\n".to_owned(), 2),
        ("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".to_owned(), 1),
        ("HTTP/1.1 404 x\r\ncontent-length: 2\r\n\r\n{}".to_owned(), 1),
        ("HTTP/1.1 302 x\r\nlocation: /x\r\ncontent-length: 2\r\n\r\n{}".to_owned(), 1),
        ("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}".to_owned(), 1),
        (huge, 1),
        ("not http at all\r\n\r\n".to_owned(), 2),
    ] {
        let server = Server::answering(answer.clone()).await;
        assert_eq!(ask(&server.url("/")).await, Err(PriceError::Refused), "{answer:.60}");
        assert_eq!(server.connections(), tries, "{answer:.60}");
    }
}

#[tokio::test]
async fn nobody_is_asked_inside_or_without_a_key() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
    for keys in [Keys(None), Keys(Some("short"))] {
        let found = ask_at(&server.url("/"), keys, 6000).await;
        assert_eq!(found, Err(PriceError::NotAskable));
    }
    for url in ["https://10.0.0.1/", "http://shop.example.com/", "https://localhost/", "price"] {
        assert_eq!(ask(url).await, Err(PriceError::NotAskable), "{url}");
    }
    assert_eq!(server.connections(), 0);
}
