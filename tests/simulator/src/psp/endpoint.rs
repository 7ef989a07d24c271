//! A business's own payment server, as the product's contract wants it: every call is signed,
//! `Idempotency-Key` names the attempt, `GET /{key}` says how it stands, and `POST /{key}/cancel` is a
//! fence: an authorisation that arrives after it is refused.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use data_encoding::HEXLOWER;
use http::Method;
use serde_json::{Value, json};

use super::books::{New, Stop, Verdict};
use super::call::{self, Answer, Call, Incoming, Refused};
use super::notice::{Notice, hmac_of};
use super::{open, paid_with};
use crate::host;
use crate::model::{Dialect, MoveKind, PspMove, PspPayment, PspState, Twist};
use crate::phone::pay::amount;
use crate::phone::pay::wallet::Decline;
use crate::world::{State, World};

/// How old or early a signature may be, in seconds.
const TOLERANCE: i64 = 300;

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/endpoint/{account}", post(authorize))
        .route("/endpoint/{account}/{key}", get(show))
        .route("/endpoint/{account}/{key}/cancel", post(cancel))
        .route("/endpoint/{account}/{key}/capture", post(capture))
        .route("/endpoint/{account}/{key}/refunds", post(refund))
}

/// A call whose signature holds, and its body.
struct Asked {
    incoming: Incoming,
    call: Call,
    body: Value,
}

impl Asked {
    fn read(operation: &'static str, account: &str, incoming: Incoming) -> Result<Self, Refused> {
        let state = &incoming.state;
        let body: Value = serde_json::from_slice(&incoming.bytes).unwrap_or_default();
        let mut shown = body.clone();
        if let Some(token) = shown.as_object_mut().and_then(|body| body.get_mut("token")) {
            *token = json!("…");
        }
        let path = incoming.uri.path();
        let call = Call {
            dialect: Dialect::Endpoint,
            account: account.to_owned(),
            operation,
            path: format!("{} {path}", incoming.method),
            key: call::key(&incoming.headers).filter(|_| incoming.method == Method::POST),
            print: format!("{path} {body}"),
            body: shown,
            customer: None,
        };
        let known = state.read(|world| {
            let place = (Dialect::Endpoint, account.to_owned());
            world.psp.accounts.get(&place).map(|it| it.key.clone())
        });
        let Some(key) = known else {
            return Err(call.refuse(state, 404, json!({"code": "no_such_account"})));
        };
        if !is_signed(&key, &incoming) {
            return Err(call.refuse(state, 401, json!({"code": "not_signed"})));
        }
        Ok(Self { incoming, call, body })
    }

    /// The call with the customer of a payment, for faults that are about them.
    fn about(mut self, key: &str) -> Self {
        let account = &self.call.account;
        self.call.customer = self
            .incoming
            .state
            .read(|world| world.psp.by_id(Dialect::Endpoint, account, key)?.customer.clone());
        self
    }

    /// A change of a payment.
    async fn change(
        self,
        key: String,
        decision: &'static str,
        move_it: impl FnOnce(&mut World, u64, Option<i64>, Option<&str>) -> Result<PspMove, Stop>
        + Send
        + 'static,
    ) -> Response {
        let Self { incoming, call, body } = self;
        let (account, idempotency) = (call.account.clone(), call.key.clone());
        let answer = incoming.serve(call, move |world, _twist| {
            let Some(payment) = world.psp.by_id(Dialect::Endpoint, &account, &key) else {
                return no_such();
            };
            let (seq, currency) = (payment.seq, payment.currency.clone());
            let asked = body.get("amount").and_then(|it| amount::minor(it, &currency));
            match move_it(world, seq, asked, idempotency.as_deref()) {
                Ok(moved) => {
                    let answer = json!({
                        "decision": decision, "reference": moved.id, "currency": currency,
                        "amount": amount::decimal(moved.amount, &currency),
                    });
                    Answer::new(200, answer).telling(Notice::new(seq, "changed"))
                }
                Err(Stop::Amount) => Answer::new(409, json!({"code": "amount"})),
                Err(Stop::Unknown | Stop::State(_)) => Answer::new(409, json!({"code": "state"})),
            }
        });
        answer.await
    }
}

fn is_signed(key: &str, incoming: &Incoming) -> bool {
    let text = |name: &str| incoming.header(name).unwrap_or_default();
    let at = text("amb-timestamp");
    let is_fresh = at.parse::<i64>().is_ok_and(|at| (host::now_seconds() - at).abs() <= TOLERANCE);
    let signed = [at.as_bytes(), b".", &incoming.bytes].concat();
    let mac = HEXLOWER.encode(&hmac_of(key.as_bytes(), &signed));
    is_fresh && text("amb-signature") == format!("v1={mac}")
}

async fn authorize(Path(account): Path<String>, incoming: Incoming) -> Result<Response, Refused> {
    let Asked { incoming, mut call, body } = Asked::read("authorize", &account, incoming)?;
    let payment_data = ["/token/paymentData", "/token", "/paymentData"]
        .into_iter()
        .find_map(|pointer| body.pointer(pointer).filter(|it| it.get("header").is_some()))
        .cloned()
        .unwrap_or_default();
    let opened = incoming.state.read(|world| open(world, &payment_data));
    call.customer = opened.as_ref().map(|it| it.customer.clone());
    let key = call.key.clone();
    let answer = incoming.serve(call, move |world, twist| {
        let Some(key) = key else { return Answer::new(400, json!({"code": "no_key"})) };
        if world.psp.fenced.contains_key(&(Dialect::Endpoint, account.clone(), key.clone())) {
            return Answer::new(200, json!({"decision": "declined", "code": "cancelled"}));
        }
        let currency = body.get("currency").and_then(Value::as_str).unwrap_or_default();
        let asked = body.get("amount").and_then(|it| amount::minor(it, currency));
        let Some(asked) = asked.filter(|it| *it > 0) else {
            return Answer::new(400, json!({"code": "no_amount"}));
        };
        let Some(opened) = opened.filter(|it| it.is_for(asked, currency)) else {
            let no = json!({"decision": "declined", "code": "invalid_token", "reason": "token"});
            return Answer::new(200, no);
        };
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let reference = text("reference").or(text("merchantReference"));
        let new =
            New { id: key.clone(), reference, metadata: said(&body), currency, amount: asked };
        let seq = world.psp.open(Dialect::Endpoint, &account, new);
        paid_with(world, seq, &opened);
        let fate = opened.card.fate;
        let (verdict, held) = world.psp.hold(seq, Some(&key), fate, twist);
        let Some(payment) = world.psp.payment(seq) else { return no_such() };
        match verdict {
            Verdict::Declined(decline) => payment.decline = Some(code(decline).to_owned()),
            Verdict::DeclinedWith(code) => payment.decline = Some(code),
            Verdict::Held | Verdict::Pending => {}
        }
        let mut answer = status(payment);
        if let Some(answer) = answer.as_object_mut().filter(|_| held > 0) {
            answer.insert("amount".to_owned(), json!(amount::decimal(held, currency)));
            if let Some(Twist::OtherCurrency { currency }) = twist {
                answer.insert("currency".to_owned(), json!(currency));
            }
        }
        Answer::new(200, answer)
    });
    Ok(answer.await)
}

const fn code(decline: Decline) -> &'static str {
    match decline {
        Decline::Insufficient => "insufficient_funds",
        Decline::Stolen => "fraud",
        Decline::Expired => "expired",
        Decline::Postcode => "avs_postal",
        Decline::Address => "avs_address",
        Decline::Challenge => "unservable",
    }
}

/// What the caller wrote, as far as it is text.
fn said(body: &Value) -> BTreeMap<String, String> {
    let members = body.as_object().into_iter().flatten();
    members.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect()
}

async fn show(
    Path((account, key)): Path<(String, String)>,
    incoming: Incoming,
) -> Result<Response, Refused> {
    let Asked { incoming, call, .. } = Asked::read("get", &account, incoming)?.about(&key);
    let answer = incoming.serve(call, move |world, _twist| {
        let place = (Dialect::Endpoint, account.clone(), key.clone());
        match world.psp.by_id(Dialect::Endpoint, &account, &key) {
            Some(payment) => Answer::new(200, status(payment)),
            None if world.psp.fenced.contains_key(&place) => {
                Answer::new(200, json!({"decision": "cancelled"}))
            }
            None => no_such(),
        }
    });
    Ok(answer.await)
}

async fn cancel(
    Path((account, key)): Path<(String, String)>,
    incoming: Incoming,
) -> Result<Response, Refused> {
    let Asked { incoming, call, .. } = Asked::read("void", &account, incoming)?.about(&key);
    let answer = incoming.serve(call, move |world, _twist| {
        let place = (Dialect::Endpoint, account.clone(), key.clone());
        let Some(seq) = world.psp.by_id(Dialect::Endpoint, &account, &key).map(|it| it.seq) else {
            world.psp.fenced.entry(place).or_insert_with(host::now_ms);
            return Answer::new(200, json!({"decision": "cancelled"}));
        };
        match world.psp.void(seq, None) {
            Ok(_) | Err(Stop::State(PspState::Voided)) => {
                world.psp.fenced.entry(place).or_insert_with(host::now_ms);
                let found = world.psp.payment(seq).map(|it| status(it));
                found.map_or_else(no_such, |body| Answer::new(200, body))
            }
            // Too late.
            Err(_) => Answer::new(200, json!({"decision": "captured"})),
        }
    });
    Ok(answer.await)
}

async fn capture(
    Path((account, key)): Path<(String, String)>,
    incoming: Incoming,
) -> Result<Response, Refused> {
    let asked = Asked::read("capture", &account, incoming)?.about(&key);
    let answer = asked.change(key, "captured", |world, seq, asked, key| {
        // Again for the same amount: it is done.
        let earlier = world.psp.payment(seq).and_then(|it| {
            let mut moves = it.moves.iter().rev();
            moves.find(|it| it.kind == MoveKind::Capture && Some(it.amount) == asked).cloned()
        });
        earlier.map_or_else(|| world.psp.capture(seq, asked, key), Ok)
    });
    Ok(answer.await)
}

async fn refund(
    Path((account, key)): Path<(String, String)>,
    incoming: Incoming,
) -> Result<Response, Refused> {
    let asked = Asked::read("refund", &account, incoming)?.about(&key);
    let answer =
        asked.change(key, "refunded", |world, seq, asked, key| world.psp.refund(seq, asked, key));
    Ok(answer.await)
}

fn no_such() -> Answer {
    Answer::new(404, json!({"code": "no_such_payment"}))
}

/// How a payment stands.
fn status(payment: &PspPayment) -> Value {
    let decision = match payment.state {
        PspState::Created | PspState::Pending => "pending",
        PspState::Held => "approved",
        PspState::Captured => "captured",
        PspState::Declined => "declined",
        PspState::Voided => "cancelled",
    };
    let shown = payment.held.max(payment.captured);
    let mut status = json!({
        "decision": decision, "reference": payment.id, "last4": payment.last4,
        "amount": amount::decimal(shown, &payment.currency), "currency": payment.currency,
    });
    if let (Some(code), Some(status)) = (&payment.decline, status.as_object_mut()) {
        status.insert("code".to_owned(), json!(code));
        let reason = match code.as_str() {
            "avs_postal" => Some("postal_code"),
            "avs_address" => Some("address"),
            "fraud" => Some("fraud"),
            _ => None,
        };
        if let Some(reason) = reason {
            status.insert("reason".to_owned(), json!(reason));
        }
    }
    status
}
