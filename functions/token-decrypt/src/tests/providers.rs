//! What the three providers are asked with, on the wire.

use std::sync::Arc;

use amb_egress::Policy;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// The secret that the provider's account names.
#[derive(Clone, Debug)]
struct Secrets(String);

impl MerchantSecrets for Secrets {
    async fn merchant_secret(
        &self,
        _tenant: &TenantId,
        _name: &SecretName,
    ) -> Result<Option<Secret<String>>, PortError> {
        Ok(Some(Secret::new(self.0.clone())))
    }
}

/// One request: its first line and its body.
async fn request(stream: &mut TcpStream) -> (String, String) {
    let mut bytes = Vec::new();
    loop {
        let mut more = [0; 4096];
        let count = stream.read(&mut more).await.unwrap();
        bytes.extend_from_slice(&more[..count]);
        let text = String::from_utf8(bytes.clone()).unwrap();
        if count == 0 {
            return (text, String::new());
        }
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return (head.lines().next().unwrap().to_owned(), body.to_owned());
        }
    }
}

/// Refuses everything, and tells what it was asked.
#[expect(clippy::disallowed_methods, reason = "the test's runtime ends the task")]
async fn provider() -> (String, Arc<Mutex<Vec<(String, String)>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let found = request(&mut stream).await;
            seen.lock().unwrap().push(found);
            let body = r#"{"error":{"type":"card_error","code":"no"},"errorCode":"1"}"#;
            let head = format!("HTTP/1.1 422 x\r\ncontent-length: {}\r\n", body.len());
            let answer = format!("{head}connection: close\r\n\r\n{body}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, asked)
}

/// What a provider of this kind is asked, by a part of the address.
async fn asked(kind: impl Fn(&str) -> PspKind, secret: Value, path: &str) -> (PspResult, String) {
    let (url, asked) = provider().await;
    let mut order = order(6399, "USD");
    order.account.kind = kind(&url);
    let pki = TokenPki::new("a seed").unwrap();
    let psps = Psps::new(Secrets(secret.to_string()), Still, Policy::with_loopback());
    let psps = psps.elsewhere(Some(&url), Some(&url)).unwrap();
    let until = Timestamp::from_second(NOW + 15).unwrap();
    let sealed = SealedPayment::new(&order, &token(&pki), until).unwrap();
    let verifier = Verifier::new(Environment::Production, &[pki.root_pem()]).unwrap();
    let result = TokenDecrypt::new(verifier, Keys(Some(keys(&pki))), psps, Still).pay(sealed).await;
    let asked = asked.lock().unwrap().clone();
    let found = asked.into_iter().find(|(line, _)| line.contains(path));
    (result, found.expect("a call").1)
}

fn tells_nothing(result: &PspResult) {
    let told = serde_json::to_string(result).unwrap();
    assert!(!told.contains(NUMBER) && told.starts_with(r#"{"was":"#), "{told}");
}

#[tokio::test]
async fn stripe_gets_a_card_with_its_cryptogram() {
    let secret = json!({"v": 1, "key": "sk_test", "webhookSecret": "whsec"});
    let (result, body) = asked(|_| PspKind::Stripe { account: None }, secret, "/v1/tokens").await;
    tells_nothing(&result);
    for pair in [
        "card%5Bnumber%5D=4111111111111111",
        "card%5Bexp_month%5D=12",
        "card%5Bexp_year%5D=2031",
        "card%5Bcryptogram%5D=AlhlvxmN2ZKuAAESNFZ4GoABFA%3D%3D",
        "card%5Beci%5D=7",
        "card%5Btokenization_method%5D=apple_pay",
    ] {
        assert!(body.split('&').any(|found| found == pair), "{pair} in {body}");
    }
    assert!(!body.contains("pk_token"));
}

#[tokio::test]
async fn adyen_gets_a_scheme_with_proof() {
    let secret = json!({"v": 1, "apiKey": "key", "hmacKey": "00"});
    let account =
        |_: &str| PspKind::Adyen { merchant_account: "Shop".to_owned(), prefix: "test".to_owned() };
    let (result, body) = asked(account, secret, "/v72/payments").await;
    tells_nothing(&result);
    let body: Value = serde_json::from_str(&body).unwrap();
    let method = json!({
        "type": "scheme", "brand": "applepay", "number": NUMBER,
        "expiryMonth": "12", "expiryYear": "2031",
    });
    let proof = json!({
        "authenticationResponse": "Y", "directoryResponse": "Y", "eci": "07",
        "tokenAuthenticationVerificationValue": "AlhlvxmN2ZKuAAESNFZ4GoABFA==",
    });
    assert_eq!((&body["paymentMethod"], &body["mpiData"]), (&method, &proof));
    assert_eq!(body["amount"], json!({"currency": "USD", "value": 6399}));
}

#[tokio::test]
async fn a_businesss_own_server_gets_a_card_in_place_of_the_token() {
    let secret = json!({"v": 1, "key": "k".repeat(32)});
    let kind = |url: &str| PspKind::Endpoint { url: format!("{url}/pay") };
    let (result, body) = asked(kind, secret, "POST /pay").await;
    tells_nothing(&result);
    let body: Value = serde_json::from_str(&body).unwrap();
    let card = json!({
        "number": NUMBER, "expiryMonth": "12", "expiryYear": "2031",
        "cryptogram": "AlhlvxmN2ZKuAAESNFZ4GoABFA==", "eci": "7",
    });
    assert_eq!((&body["card"], &body["amount"]), (&card, &json!("63.99")));
    assert!(body.get("token").is_none());
}
