//! Stripe, as far as a payment by Apple Pay needs it: tokens, payment intents, refunds. Forms go in,
//! JSON comes out, and an `Idempotency-Key` gives the same answer again, a 500 too.

mod form;
mod objects;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, Path, State as Extract};
use axum::response::Response;
use axum::routing::{get, post};
use http::{HeaderMap, Method, Uri};
use serde_json::{Value, json};

use self::form::Form;
pub(super) use self::objects::intent;
use self::objects::{missing, problem, unexpected_state};
use super::books::{New, Stop, Verdict, stripe_id};
use super::call::{self, Answer, Call, serve};
use super::notice::Notice;
use super::{open, paid_with};
use crate::host;
use crate::line::Scissors;
use crate::model::{Dialect, MoveKind, PspMove, PspPayment, PspState, Twist};
use crate::phone::pay::wallet::Decline;
use crate::world::{State, World};

pub(super) fn routes() -> Router<State> {
    Router::new()
        .route("/stripe/v1/tokens", post(tokens))
        .route("/stripe/v1/payment_intents", post(create))
        .route("/stripe/v1/payment_intents/{id}", get(show).post(update))
        .route("/stripe/v1/payment_intents/{id}/confirm", post(confirm))
        .route("/stripe/v1/payment_intents/{id}/cancel", post(cancel))
        .route("/stripe/v1/payment_intents/{id}/capture", post(capture))
        .route("/stripe/v1/refunds", get(refunds).post(refund))
}

/// A request, read: its call and its form.
struct Asked {
    call: Call,
    form: Form,
}

impl Asked {
    fn read(
        state: &State,
        operation: &'static str,
        method: &Method,
        uri: &Uri,
        headers: &HeaderMap,
        bytes: &Bytes,
    ) -> Result<Self, Box<Response>> {
        let form = Form::read(bytes);
        let bearer = call::text(headers, "authorization").unwrap_or_default();
        let key = bearer.strip_prefix("Bearer ").unwrap_or_default().to_owned();
        let account = state.read(|world| {
            let named =
                world.psp.accounts.iter().find(|((dialect, _), account)| {
                    *dialect == Dialect::Stripe && account.key == key
                });
            named.map(|((_, name), _)| name.clone()).unwrap_or_default()
        });
        let is_get = method == Method::GET;
        let call = Call {
            dialect: Dialect::Stripe,
            account,
            operation,
            path: format!("{method} {}", uri.path()),
            key: call::key(headers).filter(|_| !is_get),
            print: format!("{} {:?}", uri.path(), form.0),
            body: form.shown(),
            customer: None,
        };
        let may_be_public = operation == "token" && key.starts_with("pk_");
        if !key.starts_with("sk_") && !key.starts_with("rk_") && !may_be_public {
            let body = problem("invalid_request_error", None, "Invalid API Key provided");
            return Err(call.refuse(state, 401, body));
        }
        Ok(Self { call, form })
    }

    /// The call with the customer of a payment, for faults that are about them.
    fn about(mut self, state: &State, id: &str) -> Self {
        let account = &self.call.account;
        self.call.customer = state.read(|world| {
            world.psp.by_id(Dialect::Stripe, account, id).and_then(|it| it.customer.clone())
        });
        self
    }
}

macro_rules! asked {
    ($state:ident, $operation:literal, $method:ident, $uri:ident, $headers:ident, $bytes:ident) => {
        match Asked::read(&$state, $operation, &$method, &$uri, &$headers, &$bytes) {
            Ok(asked) => asked,
            Err(refused) => return *refused,
        }
    };
}

/// Apple's token becomes one of Stripe's, to be used once.
async fn tokens(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let Asked { mut call, form } = asked!(state, "token", method, uri, headers, bytes);
    let payment_data: Value =
        form.text("pk_token").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let opened = state.read(|world| open(world, &payment_data));
    call.customer = opened.as_ref().map(|it| it.customer.clone());
    serve(&state, &line, call, move |world, _twist| {
        let Some(opened) = opened else {
            let message = "The Apple Pay token could not be decrypted.";
            let code = Some("invalid_token");
            return Answer::new(400, problem("invalid_request_error", code, message));
        };
        let id = stripe_id("tok");
        world.psp.tokens.insert(id.clone(), payment_data);
        let card = json!({
            "id": stripe_id("card"), "object": "card", "brand": opened.card.network,
            "funding": opened.card.kind, "last4": opened.card.last4(),
            "dynamic_last4": opened.card.last4(), "tokenization_method": "apple_pay",
        });
        let token = json!({
            "id": id, "object": "token", "type": "card", "card": card,
            "created": host::now_seconds(), "livemode": false, "used": false,
        });
        Answer::new(200, token)
    })
    .await
}

async fn create(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let Asked { call, form } = asked!(state, "prepare", method, uri, headers, bytes);
    let account = call.account.clone();
    let key = call.key.clone();
    serve(&state, &line, call, move |world, twist| {
        let (Some(amount), Some(currency)) = (form.amount("amount"), form.text("currency")) else {
            let message = "Missing required param: amount or currency.";
            let code = Some("parameter_missing");
            return Answer::new(400, problem("invalid_request_error", code, message));
        };
        if amount <= 0 {
            let message = "This value must be greater than or equal to 1.";
            let code = Some("parameter_invalid_integer");
            return Answer::new(400, problem("invalid_request_error", code, message));
        }
        let metadata = form.metadata();
        let id = stripe_id("pi");
        let reference = metadata.get("reference").or(metadata.get("requestIdentifier")).cloned();
        let new = New { id, reference: reference.as_deref(), metadata, currency, amount };
        let seq = world.psp.open(Dialect::Stripe, &account, new);
        if form.text("confirm") == Some("true") {
            return confirmed(world, seq, &form, key.as_deref(), twist);
        }
        shown(world, seq)
    })
    .await
}

async fn show(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    Path(id): Path<String>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
) -> Response {
    let bytes = Bytes::new();
    let Asked { call, .. } = asked!(state, "get", method, uri, headers, bytes).about(&state, &id);
    let account = call.account.clone();
    serve(&state, &line, call, move |world, _twist| match seq_of(world, &account, &id) {
        Ok(seq) => shown(world, seq),
        Err(missing) => missing,
    })
    .await
}

async fn update(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    Path(id): Path<String>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let Asked { call, form } =
        asked!(state, "update", method, uri, headers, bytes).about(&state, &id);
    let account = call.account.clone();
    serve(&state, &line, call, move |world, _twist| {
        let seq = match seq_of(world, &account, &id) {
            Ok(seq) => seq,
            Err(missing) => return missing,
        };
        let Some(payment) = world.psp.payment(seq) else { return missing(&id) };
        if !matches!(payment.state, PspState::Created | PspState::Declined) {
            return unexpected_state(payment, "updated");
        }
        payment.amount = form.amount("amount").unwrap_or(payment.amount);
        payment.metadata.extend(form.metadata());
        if let Some(reference) = payment.metadata.get("reference") {
            payment.reference = Some(reference.clone());
        }
        shown(world, seq)
    })
    .await
}

async fn confirm(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    Path(id): Path<String>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let Asked { mut call, form } = asked!(state, "authorize", method, uri, headers, bytes);
    call.customer = form.text("payment_method_data[card][token]").and_then(|token| {
        state.read(|world| Some(open(world, world.psp.tokens.get(token)?)?.customer))
    });
    let (account, key) = (call.account.clone(), call.key.clone());
    serve(&state, &line, call, move |world, twist| match seq_of(world, &account, &id) {
        Ok(seq) => confirmed(world, seq, &form, key.as_deref(), twist),
        Err(missing) => missing,
    })
    .await
}

fn confirmed(
    world: &mut World,
    seq: u64,
    form: &Form,
    key: Option<&str>,
    twist: Option<&Twist>,
) -> Answer {
    let invalid = |message: &str| {
        Answer::new(400, problem("invalid_request_error", Some("token_already_used"), message))
    };
    let Some(payment) = world.psp.payment(seq) else { return missing("") };
    let (amount, currency) = (payment.amount, payment.currency.clone());
    if !matches!(payment.state, PspState::Created | PspState::Declined) {
        return unexpected_state(payment, "confirmed");
    }
    let token = form.text("payment_method_data[card][token]").unwrap_or_default();
    let Some(payment_data) = world.psp.tokens.remove(token) else {
        return invalid("You cannot use a Stripe token more than once.");
    };
    let Some(opened) = open(world, &payment_data).filter(|it| it.is_for(amount, &currency)) else {
        let message = "The amount of the Apple Pay token differs from the payment's.";
        return Answer::new(400, problem("invalid_request_error", Some("invalid_token"), message));
    };
    paid_with(world, seq, &opened);
    if opened.card.fate == Some(Decline::Challenge) {
        let mut answer = shown(world, seq);
        if let Some(body) = answer.body.as_object_mut() {
            body.insert("status".to_owned(), json!("requires_action"));
            body.insert("next_action".to_owned(), json!({"type": "use_stripe_sdk"}));
        }
        return answer;
    }
    let (verdict, held) = world.psp.hold(seq, key, opened.card.fate, twist);
    let (code, decline_code) = match &verdict {
        Verdict::Held | Verdict::Pending => {
            let mut answer = shown(world, seq);
            if let (Some(Twist::OtherCurrency { currency }), Some(body)) =
                (twist, answer.body.as_object_mut())
            {
                body.insert("currency".to_owned(), json!(currency.to_lowercase()));
            }
            if let Some(body) = answer.body.as_object_mut() {
                body.insert("amount_capturable".to_owned(), json!(held));
            }
            return answer.telling(Notice::new(seq, "payment_intent.amount_capturable_updated"));
        }
        Verdict::Declined(decline) => match decline {
            Decline::Insufficient => ("card_declined".to_owned(), Some("insufficient_funds")),
            Decline::Stolen => ("card_declined".to_owned(), Some("stolen_card")),
            Decline::Expired => ("expired_card".to_owned(), None),
            Decline::Postcode => ("incorrect_zip".to_owned(), None),
            Decline::Address => ("incorrect_address".to_owned(), None),
            Decline::Challenge => ("authentication_required".to_owned(), None),
        },
        Verdict::DeclinedWith(code) => {
            let own = ["expired_card", "incorrect_zip", "incorrect_address", "processing_error"];
            if own.contains(&code.as_str()) {
                (code.clone(), None)
            } else {
                ("card_declined".to_owned(), Some(code.as_str()))
            }
        }
    };
    let mut error = json!({
        "type": "card_error", "code": code, "message": "Your card was declined.",
        "charge": stripe_id("ch"),
    });
    if let (Some(decline_code), Some(error)) = (decline_code, error.as_object_mut()) {
        error.insert("decline_code".to_owned(), json!(decline_code));
    }
    if let Some(payment) = world.psp.payment(seq) {
        payment.decline = Some(decline_code.map_or(code, str::to_owned));
    }
    let mut intent = shown(world, seq).body;
    if let Some(intent) = intent.as_object_mut() {
        intent.insert("last_payment_error".to_owned(), error.clone());
    }
    if let Some(error) = error.as_object_mut() {
        error.insert("payment_intent".to_owned(), intent);
    }
    let notice = Notice::new(seq, "payment_intent.payment_failed");
    Answer::new(402, json!({"error": error})).telling(notice)
}

async fn cancel(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    Path(id): Path<String>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let Asked { call, .. } = asked!(state, "void", method, uri, headers, bytes).about(&state, &id);
    let (account, key) = (call.account.clone(), call.key.clone());
    serve(&state, &line, call, move |world, _twist| {
        let seq = match seq_of(world, &account, &id) {
            Ok(seq) => seq,
            Err(missing) => return missing,
        };
        match world.psp.void(seq, key.as_deref()) {
            Ok(_) => shown(world, seq).telling(Notice::new(seq, "payment_intent.canceled")),
            Err(_) => world
                .psp
                .payment(seq)
                .map_or_else(|| missing(&id), |it| unexpected_state(it, "canceled")),
        }
    })
    .await
}

async fn capture(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    Path(id): Path<String>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let Asked { call, form } =
        asked!(state, "capture", method, uri, headers, bytes).about(&state, &id);
    let (account, key) = (call.account.clone(), call.key.clone());
    serve(&state, &line, call, move |world, _twist| {
        let seq = match seq_of(world, &account, &id) {
            Ok(seq) => seq,
            Err(missing) => return missing,
        };
        match world.psp.capture(seq, form.amount("amount_to_capture"), key.as_deref()) {
            Ok(_) => shown(world, seq).telling(Notice::new(seq, "payment_intent.succeeded")),
            Err(Stop::Amount) => {
                let message = "The amount is more than can be captured.";
                let code = Some("amount_too_large");
                Answer::new(400, problem("invalid_request_error", code, message))
            }
            Err(_) => world
                .psp
                .payment(seq)
                .map_or_else(|| missing(&id), |it| unexpected_state(it, "captured")),
        }
    })
    .await
}

async fn refund(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let asked = asked!(state, "refund", method, uri, headers, bytes);
    let id = asked.form.text("payment_intent").unwrap_or_default().to_owned();
    let Asked { call, form } = asked.about(&state, &id);
    let (account, key) = (call.account.clone(), call.key.clone());
    serve(&state, &line, call, move |world, _twist| {
        let seq = match seq_of(world, &account, &id) {
            Ok(seq) => seq,
            Err(missing) => return missing,
        };
        let currency = world.psp.payment(seq).map(|it| it.currency.to_lowercase());
        match world.psp.refund(seq, form.amount("amount"), key.as_deref()) {
            Ok(moved) => {
                world.psp.said.insert(moved.id.clone(), form.metadata());
                let refund = json!({
                    "id": moved.id, "object": "refund", "amount": moved.amount,
                    "currency": currency, "payment_intent": id, "status": "succeeded",
                    "metadata": form.metadata(), "created": host::now_seconds(),
                });
                Answer::new(200, refund).telling(Notice::new(seq, "charge.refunded"))
            }
            Err(Stop::Amount) => {
                let message = "Refund amount is greater than unrefunded amount on charge.";
                Answer::new(
                    400,
                    problem("invalid_request_error", Some("amount_too_large"), message),
                )
            }
            Err(_) => {
                let message = "This PaymentIntent does not have a successful charge to refund.";
                let code = Some("payment_intent_unexpected_state");
                Answer::new(400, problem("invalid_request_error", code, message))
            }
        }
    })
    .await
}

/// The refunds of a payment, the latest first.
async fn refunds(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    (method, uri): (Method, Uri),
    headers: HeaderMap,
) -> Response {
    let bytes = Bytes::from(uri.query().unwrap_or_default().to_owned());
    let asked = asked!(state, "get", method, uri, headers, bytes);
    let id = asked.form.text("payment_intent").unwrap_or_default().to_owned();
    let Asked { call, .. } = asked.about(&state, &id);
    let account = call.account.clone();
    serve(&state, &line, call, move |world, _twist| {
        let found = world.psp.by_id(Dialect::Stripe, &account, &id);
        let refund = |payment: &PspPayment, moved: &PspMove| {
            let metadata = world.psp.said.get(&moved.id).cloned().unwrap_or_default();
            json!({
                "id": moved.id, "object": "refund", "amount": moved.amount,
                "currency": payment.currency.to_lowercase(), "payment_intent": payment.id,
                "status": "succeeded", "metadata": metadata,
            })
        };
        let data: Vec<_> = found
            .into_iter()
            .flat_map(|it| it.moves.iter().rev().map(move |moved| (it, moved)))
            .filter(|(_, moved)| moved.kind == MoveKind::Refund)
            .map(|(payment, moved)| refund(payment, moved))
            .collect();
        let list = json!({"object": "list", "url": "/v1/refunds", "has_more": false, "data": data});
        Answer::new(200, list)
    })
    .await
}

fn seq_of(world: &World, account: &str, id: &str) -> Result<u64, Answer> {
    let found = world.psp.by_id(Dialect::Stripe, account, id).map(|it| it.seq);
    found.ok_or_else(|| missing(id))
}

fn shown(world: &mut World, seq: u64) -> Answer {
    let found = world.psp.payment(seq).map(|it| intent(it));
    found.map_or_else(|| missing(""), |intent| Answer::new(200, intent))
}
