//! A simulator and the smallest MSP that can stand on the other side of it.

use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use amb_simulator::client::Client;
use amb_simulator::model::{
    Customer, Device, GatewayCall, NewCustomer, RetrySchedule, Send, TokenClaims,
};
use amb_simulator::{Config, Running, Simulator};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::{post, put};
use data_encoding::BASE64;
use http::{HeaderMap, StatusCode};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde_json::{Value, json};
use tokio::task::JoinSet;

pub(crate) const MSP_ID: &str = "0f4c8a52-6b1d-4e63-9a77-2d5f0c9be001";
pub(crate) const BUSINESS_ID: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002";
pub(crate) const KEY: [u8; 32] = [7; 32];
pub(crate) const SECOND_KEY: [u8; 32] = [8; 32];
/// Longer than anything here takes, so that a hang fails.
pub(crate) const WAIT: u64 = 10_000;

pub(crate) struct Stage {
    pub(crate) simulator: Running,
    pub(crate) client: Client,
    pub(crate) msp: Msp,
    pub(crate) http: reqwest::Client,
}

impl Stage {
    pub(crate) async fn new() -> Self {
        let msp = Msp::start().await;
        let mut config = Config::new(MSP_ID, &BASE64.encode(&KEY));
        config.webhook_base_url = Some(msp.url.clone());
        config.retry = RetrySchedule { at_ms: vec![0, 20, 40], timeout_ms: 2_000 };
        let simulator = Simulator::start(config).await.unwrap();
        let client = simulator.client();
        Self { simulator, client, msp, http: http_client() }
    }

    /// A customer whose device says nothing before a text.
    pub(crate) async fn quiet_customer(&self) -> Customer {
        let device = Device { typing_first: false, ..Device::default() };
        let new = NewCustomer { device: Some(device), ..NewCustomer::default() };
        self.client.create_customer(&new).await.unwrap()
    }

    /// A quiet customer who has written.
    pub(crate) async fn open_conversation(&self) -> Customer {
        let customer = self.quiet_customer().await;
        let hello = Send::text("Hello").to(BUSINESS_ID).wait(WAIT);
        self.client.send(&customer.name, &hello).await.unwrap();
        customer
    }

    /// What an MSP would send.
    pub(crate) fn outbound(&self, customer: &Customer, text: &str) -> Outbound {
        let id = "9c2e6a10-1f00-4f6e-8a01-000000000001".to_owned();
        let body = json!({
            "v": 1, "type": "text", "id": id, "sourceId": BUSINESS_ID,
            "destinationId": customer.opaque_id, "body": text,
        });
        Outbound {
            url: format!("{}/message", self.simulator.gateway_url),
            http: self.http.clone(),
            authorization: Some(format!(
                "Bearer {}",
                mint(&json!({"iss": MSP_ID, "iat": now()}), &KEY)
            )),
            id,
            from: BUSINESS_ID.to_owned(),
            to: customer.opaque_id.clone(),
            body: body.to_string(),
        }
    }

    /// An interactive message, as an MSP would send it.
    pub(crate) fn interactive(&self, customer: &Customer, content: Value) -> Outbound {
        self.outbound(customer, "")
            .without("body")
            .property("type", json!("interactive"))
            .property("interactiveData", content)
    }

    /// A call of another endpoint, whose body names nobody.
    pub(crate) fn bare(&self, endpoint: &str, body: &str) -> Outbound {
        let nobody = Customer {
            name: String::new(),
            opaque_id: "urn:mbid:x".to_owned(),
            locale: String::new(),
            phone: None,
            capabilities: Vec::new(),
            device: Device::default(),
        };
        let call = self.outbound(&nobody, "").at_endpoint(endpoint);
        Outbound { body: body.to_owned(), ..call }
    }
}

#[derive(Clone)]
pub(crate) struct Outbound {
    url: String,
    http: reqwest::Client,
    pub(crate) authorization: Option<String>,
    pub(crate) id: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) body: String,
}

impl Outbound {
    pub(crate) fn property(mut self, name: &str, value: Value) -> Self {
        let mut body: Value = serde_json::from_str(&self.body).unwrap();
        body[name] = value;
        self.body = body.to_string();
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        let mut body: Value = serde_json::from_str(&self.body).unwrap();
        body.as_object_mut().unwrap().remove(name);
        self.body = body.to_string();
        self
    }

    /// The same to another of the gateway's endpoints.
    pub(crate) fn at_endpoint(self, endpoint: &str) -> Self {
        let (gateway, _) = self.url.rsplit_once('/').unwrap();
        Self { url: format!("{gateway}/{endpoint}"), ..self }
    }

    pub(crate) fn token(self, claims: &Value, key: &[u8]) -> Self {
        Self { authorization: Some(format!("Bearer {}", mint(claims, key))), ..self }
    }

    /// The status and the text of the answer.
    pub(crate) async fn send(&self) -> (u16, String) {
        let answer = self.request().send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub(crate) fn request(&self) -> reqwest::RequestBuilder {
        let request = self
            .http
            .post(&self.url)
            .header("content-type", "application/json")
            .header("id", &self.id)
            .header("source-id", &self.from)
            .header("destination-id", &self.to)
            .body(self.body.clone());
        match &self.authorization {
            Some(value) => request.header("authorization", value),
            None => request,
        }
    }
}

/// One request the MSP got.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        let plain = if self.body.starts_with(&[0x1f, 0x8b]) {
            let mut plain = Vec::new();
            flate2::read::GzDecoder::new(&self.body[..]).read_to_end(&mut plain).unwrap();
            plain
        } else {
            self.body.clone()
        };
        serde_json::from_slice(&plain).unwrap()
    }

    /// `aud` of a token that holds under `key`.
    pub(crate) fn audience(&self, key: &[u8]) -> Option<Value> {
        let token = self.header("authorization").strip_prefix("Bearer ")?;
        let mut rules = Validation::new(Algorithm::HS256);
        rules.required_spec_claims.clear();
        rules.validate_exp = false;
        rules.validate_aud = false;
        let opened =
            jsonwebtoken::decode::<Value>(token, &DecodingKey::from_secret(key), &rules).ok()?;
        assert!((opened.claims["iat"].as_i64()? - now()).abs() < 60);
        Some(opened.claims["aud"].clone())
    }
}

/// Hears everything, answers as told.
pub(crate) struct Msp {
    pub(crate) url: String,
    shared: Arc<Shared>,
    _server: JoinSet<()>,
}

#[derive(Default)]
struct Shared {
    heard: Mutex<Vec<Heard>>,
    statuses: Mutex<VecDeque<u16>>,
}

impl Msp {
    async fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let router = Router::new()
            .route("/message", post(hear))
            .route("/v1/messages", post(hear))
            .route("/v1/payments", post(hear))
            .route("/v1/templates", post(async || StatusCode::CREATED))
            .route("/v1/uploads", post(slot))
            .route("/put", put(hear))
            .with_state(Arc::clone(&shared));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut server = JoinSet::new();
        server.spawn(async move { drop(axum::serve(listener, router).await) });
        Self { url, shared, _server: server }
    }

    /// The next answers; after them 200. 0 stands for silence.
    pub(crate) fn answer_with(&self, statuses: &[u16]) {
        self.shared.statuses.lock().unwrap().extend(statuses);
    }

    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.shared.heard.lock().unwrap().clone()
    }

    pub(crate) fn heard_types(&self) -> Vec<String> {
        let kind = |heard: &Heard| heard.json()["type"].as_str().unwrap_or("?").to_owned();
        self.heard().iter().map(kind).collect()
    }

    pub(crate) fn last(&self) -> Heard {
        self.heard().pop().unwrap()
    }
}

async fn hear(
    State(shared): State<Arc<Shared>>,
    uri: http::Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> (StatusCode, String) {
    shared.heard.lock().unwrap().push(Heard {
        path: uri.path().to_owned(),
        headers,
        body: bytes.to_vec(),
    });
    let status = shared.statuses.lock().unwrap().pop_front().unwrap_or(200);
    if status == 0 {
        std::future::pending::<()>().await;
    }
    (StatusCode::from_u16(status).unwrap(), json!({"id": "msg_1"}).to_string())
}

/// A place for a file, at this MSP.
async fn slot(headers: HeaderMap, bytes: Bytes) -> (StatusCode, String) {
    let asked: Value = serde_json::from_slice(&bytes).unwrap();
    let url = format!("http://{}/put", headers["host"].to_str().unwrap());
    let slot = json!({
        "id": "upl_1", "url": url, "method": "PUT", "headers": {"content-type": asked["contentType"]},
    });
    (StatusCode::CREATED, slot.to_string())
}

pub(crate) fn mint(claims: &Value, key: &[u8]) -> String {
    let header = Header::new(Algorithm::HS256);
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(key)).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the simulator checks tokens against real time")]
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a client of the simulator, not of the product")]
fn http_client() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap()
}

/// The claims of a call that was let in.
pub(crate) fn claims(call: &GatewayCall) -> &TokenClaims {
    call.token.as_ref().unwrap()
}
