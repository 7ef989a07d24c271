//! Adyen Checkout, as far as a payment by Apple Pay needs it. A decline is a 200, nothing can be read
//! back, and what becomes of a capture, a cancel or a refund is told by webhook only. The names and
//! the enumerations are those of Adyen's API library 32.1.0 (Checkout v72).

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State as Extract};
use axum::response::Response;
use axum::routing::post;
use data_encoding::BASE64;
use http::{HeaderMap, Uri};
use serde_json::{Map, Value, json};

use super::books::{New, Stop, Verdict, psp_reference};
use super::call::{self, Answer, Call, serve};
use super::notice::{Notice, new_change};
use super::{open, paid_with};
use crate::line::Scissors;
use crate::model::{Dialect, PspMove, Twist};
use crate::phone::pay::wallet::Decline;
use crate::world::{State, World};

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/adyen/v72/payments", post(pay))
        .route("/adyen/v72/payments/{psp}/captures", post(capture))
        .route("/adyen/v72/payments/{psp}/refunds", post(refund))
        .route("/adyen/v72/payments/{psp}/cancels", post(cancel))
        .route("/adyen/v72/payments/{psp}/reversals", post(reverse))
        .route("/adyen/v72/cancels", post(cancel_by_reference))
}

/// What every request says.
struct Asked {
    call: Call,
    body: Map<String, Value>,
    merchant: String,
}

impl Asked {
    fn read(
        state: &State,
        operation: &'static str,
        uri: &Uri,
        headers: &HeaderMap,
        bytes: &Bytes,
    ) -> Result<Self, Box<Response>> {
        let body: Option<Map<String, Value>> = serde_json::from_slice(bytes).ok();
        let key = call::text(headers, "x-api-key").unwrap_or_default();
        let account = state.read(|world| {
            let named =
                world.psp.accounts.iter().find(|((dialect, _), account)| {
                    *dialect == Dialect::Adyen && account.key == key
                });
            named.map(|((_, name), _)| name.clone()).unwrap_or_default()
        });
        let call = Call {
            dialect: Dialect::Adyen,
            account,
            operation,
            path: format!("POST {}", uri.path()),
            key: call::key(headers),
            print: format!("{} {}", uri.path(), json!(body)),
            body: shown(body.as_ref()),
            customer: None,
        };
        if key.len() < 8 {
            return Err(call.refuse(state, 401, problem(401, "000", "Unauthorized", "security")));
        }
        if call.key.as_ref().is_some_and(|key| key.len() > 64) {
            let message = "the idempotency key is longer than 64 characters";
            return Err(call.refuse(state, 422, problem(422, "703", message, "validation")));
        }
        let Some(body) = body else {
            let message = "the request body is no JSON object";
            return Err(call.refuse(state, 400, problem(400, "702", message, "validation")));
        };
        let merchant = body.get("merchantAccount").and_then(Value::as_str).unwrap_or_default();
        if merchant.is_empty() {
            let message = "Invalid Merchant Account";
            return Err(call.refuse(state, 403, problem(403, "901", message, "security")));
        }
        let merchant = merchant.to_owned();
        Ok(Self { call, body, merchant })
    }

    fn about(mut self, state: &State, psp: &str) -> Self {
        let account = &self.call.account;
        self.call.customer = state.read(|world| {
            world.psp.by_id(Dialect::Adyen, account, psp).and_then(|it| it.customer.clone())
        });
        self
    }

    fn text(&self, name: &str) -> String {
        self.body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    fn amount(&self) -> Option<(i64, String)> {
        let amount = self.body.get("amount")?;
        let currency = amount.get("currency")?.as_str()?;
        Some((amount.get("value")?.as_i64()?, currency.to_owned()))
    }
}

/// Without the card's token.
fn shown(body: Option<&Map<String, Value>>) -> Value {
    let mut shown = Value::Object(body.cloned().unwrap_or_default());
    if let Some(token) = shown.pointer_mut("/paymentMethod/applePayToken") {
        *token = json!("…");
    }
    shown
}

macro_rules! asked {
    ($state:ident, $operation:literal, $uri:ident, $headers:ident, $bytes:ident) => {
        match Asked::read(&$state, $operation, &$uri, &$headers, &$bytes) {
            Ok(asked) => asked,
            Err(refused) => return *refused,
        }
    };
}

async fn pay(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let mut asked = asked!(state, "authorize", uri, headers, bytes);
    let token = asked.body.get("paymentMethod").and_then(|it| it.get("applePayToken"));
    let payment_data: Value = token
        .and_then(Value::as_str)
        .filter(|token| token.len() <= 10_000)
        .and_then(|token| BASE64.decode(token.as_bytes()).ok())
        .and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or_default();
    let opened = state.read(|world| open(world, &payment_data));
    asked.call.customer = opened.as_ref().map(|it| it.customer.clone());
    let call = asked.call.clone();
    let (account, key) = (call.account.clone(), call.key.clone());
    serve(&state, &line, call, move |world, twist| {
        let invalid =
            |code: &str, message: &str| Answer::new(422, problem(422, code, message, "validation"));
        let Some((amount, currency)) = asked.amount().filter(|(amount, _)| *amount > 0) else {
            return invalid("100", "No amount specified");
        };
        for (name, code) in [("reference", "130"), ("returnUrl", "14_0408")] {
            if asked.text(name).is_empty() {
                return invalid(code, &format!("Required field '{name}' is not provided."));
            }
        }
        let opened = opened.filter(|it| it.is_for(amount, &currency));
        let Some(opened) = opened else {
            return invalid("14_011", "Invalid Apple Pay token");
        };
        let reference = asked.text("reference");
        let metadata: BTreeMap<_, _> = asked
            .body
            .get("metadata")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .chain([("merchantAccount".to_owned(), asked.merchant.clone())])
            .collect();
        let id = psp_reference();
        let new = New { id, reference: Some(&reference), metadata, currency: &currency, amount };
        let seq = world.psp.open(Dialect::Adyen, &account, new);
        paid_with(world, seq, &opened);
        authorised(world, seq, key.as_deref(), opened.card.fate, twist)
    })
    .await
}

fn authorised(
    world: &mut World,
    seq: u64,
    key: Option<&str>,
    fate: Option<Decline>,
    twist: Option<&Twist>,
) -> Answer {
    let challenge = fate == Some(Decline::Challenge);
    let (verdict, held) =
        if challenge { (Verdict::Pending, 0) } else { world.psp.hold(seq, key, fate, twist) };
    let Some(payment) = world.psp.payment(seq) else {
        return Answer::new(500, problem(500, "905", "internal error", "internal"));
    };
    let currency = match twist {
        Some(Twist::OtherCurrency { currency }) => currency.to_uppercase(),
        _ => payment.currency.clone(),
    };
    let mut body = json!({
        "pspReference": payment.id,
        "merchantReference": payment.reference,
        "amount": {"currency": currency, "value": held},
        "additionalData": {"cardSummary": payment.last4, "paymentMethod": "visa_applepay"},
        "paymentMethod": {"brand": "visa_applepay", "type": "applepay"},
    });
    let (result, refusal) = match &verdict {
        _ if challenge => ("ChallengeShopper", None),
        Verdict::Held if held < payment.amount => ("PartiallyAuthorised", None),
        Verdict::Held => ("Authorised", None),
        Verdict::Pending => ("Pending", None),
        Verdict::Declined(decline) => ("Refused", Some(refusal(*decline))),
        Verdict::DeclinedWith(code) => ("Refused", Some(("Refused", code.as_str()))),
    };
    let mut notice = Notice::new(seq, "AUTHORISATION");
    if let Some(body) = body.as_object_mut() {
        body.insert("resultCode".to_owned(), json!(result));
        if let Some((reason, code)) = refusal {
            body.insert("refusalReason".to_owned(), json!(reason));
            body.insert("refusalReasonCode".to_owned(), json!(code));
            body.remove("amount");
            payment.decline = Some(code.to_owned());
            notice = notice.failed(reason);
        }
    }
    let answer = Answer::new(200, body);
    // What is not decided is not told of.
    if matches!(result, "Pending" | "ChallengeShopper") { answer } else { answer.telling(notice) }
}

/// Adyen, Refusal reasons.
const fn refusal(decline: Decline) -> (&'static str, &'static str) {
    match decline {
        Decline::Insufficient => ("Not enough balance", "12"),
        Decline::Stolen => ("Blocked Card", "5"),
        Decline::Expired => ("Expired Card", "6"),
        Decline::Postcode | Decline::Address => ("AVS Declined", "32"),
        Decline::Challenge => ("Authentication required", "38"),
    }
}

async fn capture(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    Path(psp): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let asked = asked!(state, "capture", uri, headers, bytes).about(&state, &psp);
    modify(&state, &line, asked, psp, "CAPTURE", |world, seq, asked, key| {
        world.psp.capture(seq, asked.amount().map(|(amount, _)| amount), key)
    })
    .await
}

async fn refund(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    Path(psp): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let asked = asked!(state, "refund", uri, headers, bytes).about(&state, &psp);
    modify(&state, &line, asked, psp, "REFUND", |world, seq, asked, key| {
        world.psp.refund(seq, asked.amount().map(|(amount, _)| amount), key)
    })
    .await
}

async fn cancel(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    Path(psp): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let asked = asked!(state, "void", uri, headers, bytes).about(&state, &psp);
    modify(&state, &line, asked, psp, "CANCELLATION", |world, seq, _asked, key| {
        world.psp.void(seq, key)
    })
    .await
}

/// Cancels, or gives back what was captured: for whoever is not sure.
async fn reverse(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    Path(psp): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let asked = asked!(state, "void", uri, headers, bytes).about(&state, &psp);
    modify(&state, &line, asked, psp, "CANCEL_OR_REFUND", |world, seq, _asked, key| {
        world.psp.void(seq, key).or_else(|_captured| world.psp.refund(seq, None, key))
    })
    .await
}

/// A change of a payment: taken, and what comes of it is told later.
async fn modify(
    state: &State,
    line: &Scissors,
    asked: Asked,
    psp: String,
    event: &'static str,
    change: impl FnOnce(&mut World, u64, &Asked, Option<&str>) -> Result<PspMove, Stop> + Send + 'static,
) -> Response {
    let call = asked.call.clone();
    let (account, key) = (call.account.clone(), call.key.clone());
    serve(state, line, call, move |world, _twist| {
        let Some(payment) = world.psp.by_id(Dialect::Adyen, &account, &psp) else {
            let message = "Original pspReference required for this operation";
            return Answer::new(422, problem(422, "167", message, "validation"));
        };
        let (seq, asked_for) = (payment.seq, payment.amount);
        let mut body = json!({
            "merchantAccount": asked.merchant, "paymentPspReference": psp,
            "reference": asked.text("reference"), "status": "received",
        });
        if let (Some((value, currency)), Some(body)) = (asked.amount(), body.as_object_mut()) {
            body.insert("amount".to_owned(), json!({"currency": currency, "value": value}));
        }
        let notice = Notice::new(seq, event);
        let (id, notice) = match change(world, seq, &asked, key.as_deref()) {
            Ok(moved) => (moved.id.clone(), notice.of(&moved.id, moved.amount)),
            Err(stop) => {
                let id = new_change();
                let amount = asked.amount().map_or(asked_for, |(amount, _)| amount);
                (id.clone(), notice.of(&id, amount).failed(&why(stop)))
            }
        };
        if let Some(body) = body.as_object_mut() {
            body.insert("pspReference".to_owned(), json!(id));
        }
        Answer::new(201, body).telling(notice)
    })
    .await
}

/// The "technical cancel": by the merchant's own reference, for whoever got no answer.
async fn cancel_by_reference(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    uri: Uri,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let mut asked = asked!(state, "void", uri, headers, bytes);
    let reference = asked.text("paymentReference");
    let account = asked.call.account.clone();
    asked.call.customer = state.read(|world| {
        let found = world.psp.by_reference(Dialect::Adyen, &account, &reference);
        found.and_then(|it| it.customer.clone())
    });
    let call = asked.call.clone();
    let key = call.key.clone();
    serve(&state, &line, call, move |world, _twist| {
        if reference.is_empty() {
            let message = "Required field 'paymentReference' is not provided.";
            return Answer::new(422, problem(422, "130", message, "validation"));
        }
        let id = new_change();
        let body = json!({
            "merchantAccount": asked.merchant, "paymentReference": reference,
            "pspReference": id, "reference": asked.text("reference"), "status": "received",
        });
        let answer = Answer::new(201, body);
        let found = world.psp.by_reference(Dialect::Adyen, &account, &reference).map(|it| it.seq);
        let Some(seq) = found else { return answer };
        let notice = Notice::new(seq, "TECHNICAL_CANCEL");
        answer.telling(match world.psp.void(seq, key.as_deref()) {
            Ok(moved) => notice.of(&id, moved.amount),
            Err(stop) => notice.of(&id, 0).failed(&why(stop)),
        })
    })
    .await
}

fn why(stop: Stop) -> String {
    match stop {
        Stop::Unknown => "Original payment not found".to_owned(),
        Stop::State(_) => "Transaction not in the right state".to_owned(),
        Stop::Amount => "Insufficient balance on payment".to_owned(),
    }
}

fn problem(status: u16, code: &str, message: &str, kind: &str) -> Value {
    json!({"status": status, "errorCode": code, "message": message, "errorType": kind})
}
