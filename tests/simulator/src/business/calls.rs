//! A bot's calls of the product's API, each tried until the product answers for good.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::host;
use crate::model::BotAnswer;
use crate::world::{Business, State, World};

/// Pauses before each attempt at the product's API; the `Idempotency-Key` stays the same.
const ATTEMPTS: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];
/// How long the product may take to answer.
const TIMEOUT: Duration = Duration::from_secs(15);

/// One customer to answer, on account of one event.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) name: String,
    pub(super) event_id: String,
    pub(super) api_url: String,
    pub(super) key: String,
    pub(super) from: String,
    pub(super) to: String,
}

impl Caller {
    /// `None` for an event that nobody can be answered on, or a business that cannot call.
    pub(super) fn new(name: &str, business: &Business, event: &Value, to: String) -> Option<Self> {
        let at = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            name: name.to_owned(),
            event_id: at("/id")?,
            api_url: business.api_url.as_deref()?.trim_end_matches('/').to_owned(),
            key: business.api_key.clone()?,
            from: at("/businessId")?,
            to,
        })
    }

    /// Sends one message; `member`s are those of the request beside `from` and `to`. The `tag` makes
    /// the `Idempotency-Key`.
    pub(super) async fn send(&self, state: &State, tag: &str, members: Map<String, Value>) {
        let mut body = Map::new();
        body.insert("from".to_owned(), json!(self.from));
        body.insert("to".to_owned(), json!(self.to));
        body.extend(members);
        body.insert("bot".to_owned(), json!(true));
        // A payment has a call of its own, which says what it is.
        let path = if body.get("type") == Some(&json!("payment")) {
            "/v1/payments"
        } else {
            "/v1/messages"
        };
        let body = Value::Object(body);
        let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).map(str::to_owned);

        let idempotency_key = format!("{}-{tag}", self.event_id);
        let index = state.change(|world| {
            world.bot_answers.push(BotAnswer {
                business: self.name.clone(),
                event_id: self.event_id.clone(),
                to: text("/to").unwrap_or_default(),
                idempotency_key: idempotency_key.clone(),
                message_type: text("/type").unwrap_or_default(),
                text: text("/content/text"),
                sent_at: host::now_ms(),
                status: None,
                message_id: None,
                error: None,
            });
            world.bot_answers.len() - 1
        });
        let mut said = body.clone();
        if let (true, Some(said)) = (path == "/v1/payments", said.as_object_mut()) {
            said.remove("type");
        }
        let mut pause = Duration::ZERO;
        for attempt in ATTEMPTS {
            tokio::time::sleep(attempt.max(pause)).await;
            let outcome = self.post(state, path, &idempotency_key, &said).await;
            pause = outcome.retry_after;
            let final_answer = outcome.is_final();
            state.change(|world| note(world, index, outcome));
            if final_answer {
                return;
            }
        }
    }

    /// Makes something at the product before it is used; it may be there already.
    pub(super) async fn prepare(&self, state: &State, path: &str, body: &Value) {
        let key = format!("{}-{path}", self.event_id);
        drop(self.post(state, path, &key, body).await);
    }

    /// Uploads a file; gives the id that messages call it, if the product took it.
    pub(super) async fn upload(
        &self,
        state: &State,
        media_type: &str,
        bytes: &'static [u8],
    ) -> Option<String> {
        let about = json!({"contentType": media_type, "size": bytes.len()});
        let key = format!("{}-upload", self.event_id);
        let slot = self.post(state, "/v1/uploads", &key, &about).await.body;
        let text = |name: &str| slot.get(name).and_then(Value::as_str);
        let mut put = state.http().put(text("url")?).timeout(TIMEOUT).body(bytes);
        for (name, value) in slot.get("headers")?.as_object()? {
            put = put.header(name, value.as_str()?);
        }
        let answer = put.send().await.ok()?;
        answer.status().is_success().then(|| text("id").map(str::to_owned))?
    }

    async fn post(
        &self,
        state: &State,
        path: &str,
        idempotency_key: &str,
        body: &Value,
    ) -> Outcome {
        let exchange = async {
            let answer = state
                .http()
                .post(format!("{}{path}", self.api_url))
                .bearer_auth(&self.key)
                .header("idempotency-key", idempotency_key)
                .header("content-type", "application/json")
                .body(body.to_string())
                .timeout(TIMEOUT)
                .send()
                .await?;
            let status = answer.status().as_u16();
            let retry_after = answer
                .headers()
                .get("retry-after")
                .and_then(|value| value.to_str().ok()?.parse().ok())
                .map_or(Duration::ZERO, Duration::from_secs);
            let body: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
            Ok(Outcome { status: Some(status), retry_after, body, error: None })
        };
        exchange.await.unwrap_or_else(|error: reqwest::Error| Outcome {
            status: None,
            retry_after: Duration::ZERO,
            body: Value::Null,
            error: Some(error.without_url().to_string()),
        })
    }
}

/// How one attempt at the product's API went.
struct Outcome {
    status: Option<u16>,
    retry_after: Duration,
    body: Value,
    error: Option<String>,
}

impl Outcome {
    fn is_final(&self) -> bool {
        self.status.is_some_and(|status| status != 429 && status < 500)
    }
}

fn note(world: &mut World, index: usize, outcome: Outcome) {
    let Some(record) = world.bot_answers.get_mut(index) else { return };
    record.status = outcome.status;
    let id = outcome.body.get("messageId").or(outcome.body.get("id"));
    record.message_id = id.and_then(Value::as_str).map(str::to_owned);
    record.error = outcome.error.or_else(|| {
        let refused = outcome.status.is_some_and(|status| status >= 300);
        refused.then(|| outcome.body.to_string())
    });
    let (sent_at, Some(id)) = (record.sent_at, record.message_id.clone()) else { return };
    if let Some(entry) = world.entries.iter_mut().rev().find(|entry| entry.id == id) {
        entry.hops.business_sent.get_or_insert(sent_at);
    }
}

/// When the bot sent the message that Apple knows by `id`. The product may use ids of its own, and
/// its answer to the bot may come after the message is on the phone: then the first call with the
/// same words to the same customer, whose message is not on the phone yet, must be it.
pub(crate) fn sent_at(world: &World, id: &str, to: &str, text: Option<&str>) -> Option<u64> {
    let mut calls = world.bot_answers.iter().filter(|it| it.to == to);
    if let Some(answer) = calls.clone().find(|it| it.message_id.as_deref() == Some(id)) {
        return Some(answer.sent_at);
    }
    let text = text?;
    let customer = &world.customer_by_opaque_id(to)?.name;
    let is_shown = |sent_at: u64| {
        let mut entries = world.entries.iter().filter(|it| it.customer == *customer);
        entries.any(|it| it.hops.business_sent == Some(sent_at) && it.text.as_deref() == Some(text))
    };
    calls
        .find(|it| it.text.as_deref() == Some(text) && !is_shown(it.sent_at))
        .map(|answer| answer.sent_at)
}
