//! A payment gateway to pay at, which answers as told and remembers what it heard; and a message that
//! asks for a payment there.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use amb_simulator::model::{Customer, MerchantIdentity, Sheet};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use http::{HeaderMap, StatusCode, Uri};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::sample::BID;
use crate::support::{Heard, Stage};

pub(crate) const MERCHANT: &str = "merchant.com.example.shop";
pub(crate) const MESSAGE_ID: &str = "9c2e6a10-1f00-4f6e-8a01-000000000001";
pub(crate) const REQUEST: &str = "c0ffee00-0000-4000-8000-00000000000a";

pub(crate) struct Till {
    pub(crate) url: String,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    heard: Mutex<Vec<Heard>>,
    /// By the last part of the path; the last answer stays.
    answers: Mutex<BTreeMap<String, VecDeque<(u16, String)>>>,
}

impl Till {
    pub(crate) async fn open() -> Self {
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(hear).with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/pay", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { drop(axum::serve(listener, router).await) });
        let till = Self { url, shared, _server: server };
        till.answers("gateway", 200, &json!({"status": "STATUS_SUCCESS", "errors": []}));
        till
    }

    pub(crate) fn answers(&self, step: &str, status: u16, answer: &Value) {
        self.says(step, status, &answer.to_string());
    }

    pub(crate) fn says(&self, step: &str, status: u16, answer: &str) {
        let mut answers = self.shared.answers.lock().unwrap();
        let queue = answers.entry(step.to_owned()).or_default();
        queue.push_back((status, answer.to_owned()));
    }

    /// What came instead of the success that is answered otherwise.
    pub(crate) fn says_first(&self, status: u16, answer: &Value) {
        let mut answers = self.shared.answers.lock().unwrap();
        let queue = answers.entry("gateway".to_owned()).or_default();
        queue.push_front((status, answer.to_string()));
    }

    pub(crate) fn heard(&self, step: &str) -> Vec<Heard> {
        let heard = self.shared.heard.lock().unwrap();
        heard.iter().filter(|it| it.path.ends_with(step)).cloned().collect()
    }

    /// Shows the customer a request to pay here; `change` has the last word on it.
    pub(crate) async fn ask(
        &self,
        stage: &Stage,
        customer: &Customer,
        change: impl FnOnce(&mut Value),
    ) {
        let identity = stage.client.create_merchant(MERCHANT).await.unwrap();
        let context = format!("{}/gateway", self.url);
        let session = session(
            stage,
            &identity,
            &json!({
                "merchantIdentifier": MERCHANT, "displayName": "Example Shop",
                "initiative": "messaging", "initiativeContext": context,
            }),
        )
        .await
        .unwrap();
        assert_eq!(session.0, 200, "{}", session.1);
        let at = |step: &str| format!("{}/{step}", self.url);
        let mut payment = json!({
            "merchantSession": session.1,
            "endpoints": {
                "paymentGatewayUrl": context, "paymentMethodUpdateUrl": at("method"),
                "shippingContactUpdateUrl": at("contact"), "shippingMethodUpdateUrl": at("shipping"),
                "orderTrackingUrl": at("tracking"), "fallbackUrl": at("fallback"),
            },
            "paymentRequest": {
                "applePay": {"merchantIdentifier": MERCHANT, "merchantCapabilities": ["supports3DS"],
                             "supportedNetworks": ["visa", "masterCard"]},
                "merchantName": "Example Shop", "countryCode": "US", "currencyCode": "USD",
                "lineItems": [{"label": "Desk", "amount": "199.00", "type": "final"},
                              {"label": "Standard", "amount": "0.00", "type": "final"}],
                "total": {"label": "Example Shop", "amount": "199.00", "type": "final"},
                "shippingMethods": [
                    {"identifier": "std", "label": "Standard", "detail": "3 days", "amount": "0.00"},
                    {"identifier": "exp", "label": "Express", "detail": "1 day", "amount": "15.00"},
                ],
                "requiredShippingContactFields": ["post", "name"],
            },
        });
        change(&mut payment);
        let content = json!({
            "bid": BID,
            "data": {"version": "1.0", "requestIdentifier": REQUEST, "payment": payment},
            "receivedMessage": {"title": "Pay for your desk", "style": "large"},
        });
        let (status, body) = stage.interactive(customer, content).send().await;
        assert_eq!(status, 200, "{body}");
    }
}

async fn hear(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> (StatusCode, String) {
    let path = uri.path().to_owned();
    let step = path.rsplit('/').next().unwrap().to_owned();
    shared.heard.lock().unwrap().push(Heard { path, headers, body: bytes.to_vec() });
    let mut answers = shared.answers.lock().unwrap();
    let Some(queue) = answers.get_mut(&step) else { return (StatusCode::OK, "{}".to_owned()) };
    let (status, answer) = queue.front().cloned().unwrap();
    if queue.len() > 1 {
        queue.pop_front();
    }
    (StatusCode::from_u16(status).unwrap(), answer)
}

/// What the session server says to a merchant, with the merchant's certificate.
pub(crate) async fn session(
    stage: &Stage,
    identity: &MerchantIdentity,
    body: &Value,
) -> Result<(u16, Value), reqwest::Error> {
    let pem = format!("{}\n{}", identity.certificate, identity.key);
    let client = client(stage).identity(reqwest::Identity::from_pem(pem.as_bytes()).unwrap());
    ask_session(stage, client, body).await
}

pub(crate) fn client(stage: &Stage) -> reqwest::ClientBuilder {
    let ca = reqwest::Certificate::from_pem(stage.simulator.pay.ca.as_bytes()).unwrap();
    #[expect(clippy::disallowed_methods, reason = "a client of the simulator, not of the product")]
    let builder = reqwest::Client::builder();
    builder.no_proxy().tls_certs_only([ca])
}

pub(crate) async fn ask_session(
    stage: &Stage,
    client: reqwest::ClientBuilder,
    body: &Value,
) -> Result<(u16, Value), reqwest::Error> {
    let url = format!("{}/paymentservices/paymentSession", stage.simulator.pay.session_url);
    let answer = client.build()?.post(url).body(body.to_string()).send().await?;
    let status = answer.status().as_u16();
    Ok((status, serde_json::from_slice(&answer.bytes().await?).unwrap_or_default()))
}

pub(crate) fn steps(sheet: &Sheet) -> Vec<&str> {
    sheet.calls.iter().map(|it| it.step.as_str()).collect()
}
