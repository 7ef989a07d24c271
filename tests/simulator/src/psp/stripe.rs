//! Stripe, as far as a payment by Apple Pay needs it: tokens, payment intents, refunds. Forms go in,
//! JSON comes out, and an `Idempotency-Key` gives the same answer again, a 500 too.

mod form;
mod objects;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::{get, post};
use http::Method;
use serde_json::{Value, json};

use self::form::Form;
pub(super) use self::objects::intent;
use self::objects::{missing, problem, unexpected_state};
use super::books::{New, Stop, Verdict, stripe_id};
use super::call::{self, Answer, Call, Incoming, Refused};
use super::notice::Notice;
use super::{open, paid_with};
use crate::host;
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

/// A request, read: its call, and what it says.
struct Asked {
    incoming: Incoming,
    call: Call,
    said: Said,
}

/// What a request says.
struct Said {
    account: String,
    key: Option<String>,
    form: Form,
}

impl Asked {
    fn read(operation: &'static str, incoming: Incoming) -> Result<Self, Refused> {
        let state = &incoming.state;
        let is_get = incoming.method == Method::GET;
        let form = if is_get {
            Form::read(incoming.uri.query().unwrap_or_default().as_bytes())
        } else {
            Form::read(&incoming.bytes)
        };
        let bearer = incoming.header("authorization").unwrap_or_default();
        let key = bearer.strip_prefix("Bearer ").unwrap_or_default().to_owned();
        let account = state.read(|world| {
            let named =
                world.psp.accounts.iter().find(|((dialect, _), account)| {
                    *dialect == Dialect::Stripe && account.key == key
                });
            named.map(|((_, name), _)| name.clone()).unwrap_or_default()
        });
        let path = incoming.uri.path();
        let call = Call {
            dialect: Dialect::Stripe,
            account: account.clone(),
            operation,
            path: format!("{} {path}", incoming.method),
            key: call::key(&incoming.headers).filter(|_| !is_get),
            print: format!("{path} {:?}", form.0),
            body: form.shown(),
            customer: None,
        };
        let may_be_public = operation == "token" && key.starts_with("pk_");
        if !key.starts_with("sk_") && !key.starts_with("rk_") && !may_be_public {
            let body = problem("invalid_request_error", None, "Invalid API Key provided");
            return Err(call.refuse(state, 401, body));
        }
        let said = Said { account, key: call.key.clone(), form };
        Ok(Self { incoming, call, said })
    }

    async fn serve(
        self,
        work: impl FnOnce(&mut World, &Said, Option<&Twist>) -> Answer + Send + 'static,
    ) -> Response {
        let Self { incoming, call, said } = self;
        incoming.serve(call, move |world, twist| work(world, &said, twist)).await
    }

    /// Answers a call that is about an intent. Its customer's faults are the call's, unless whose card it
    /// is says more.
    async fn serve_intent(
        mut self,
        id: String,
        work: impl FnOnce(&mut World, u64, &Said, Option<&Twist>) -> Answer + Send + 'static,
    ) -> Response {
        let account = &self.said.account;
        let known = self.incoming.state.read(|world| {
            world.psp.by_id(Dialect::Stripe, account, &id).and_then(|it| it.customer.clone())
        });
        self.call.customer = self.call.customer.or(known);
        let answer = self.serve(move |world, said, twist| {
            let found = world.psp.by_id(Dialect::Stripe, &said.account, &id).map(|it| it.seq);
            found.map_or_else(|| missing(&id), |seq| work(world, seq, said, twist))
        });
        answer.await
    }
}

/// Apple's token becomes one of Stripe's, to be used once.
async fn tokens(incoming: Incoming) -> Result<Response, Refused> {
    let mut asked = Asked::read("token", incoming)?;
    let payment_data: Value = asked
        .said
        .form
        .text("pk_token")
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let opened = asked.incoming.state.read(|world| open(world, &payment_data));
    asked.call.customer = opened.as_ref().map(|it| it.customer.clone());
    let answer = asked.serve(move |world, _said, _twist| {
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
    });
    Ok(answer.await)
}

async fn create(incoming: Incoming) -> Result<Response, Refused> {
    let answer = Asked::read("prepare", incoming)?.serve(|world, said, twist| {
        let form = &said.form;
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
        let seq = world.psp.open(Dialect::Stripe, &said.account, new);
        if form.text("confirm") == Some("true") {
            return confirmed(world, seq, said, twist);
        }
        shown(world, seq)
    });
    Ok(answer.await)
}

async fn show(Path(id): Path<String>, incoming: Incoming) -> Result<Response, Refused> {
    let asked = Asked::read("get", incoming)?;
    Ok(asked.serve_intent(id, |world, seq, _said, _twist| shown(world, seq)).await)
}

async fn update(Path(id): Path<String>, incoming: Incoming) -> Result<Response, Refused> {
    let asked = Asked::read("update", incoming)?;
    let answer = asked.serve_intent(id, |world, seq, said, _twist| {
        let Some(payment) = world.psp.payment(seq) else { return missing("") };
        if !matches!(payment.state, PspState::Created | PspState::Declined) {
            return unexpected_state(payment, "updated");
        }
        payment.amount = said.form.amount("amount").unwrap_or(payment.amount);
        payment.metadata.extend(said.form.metadata());
        if let Some(reference) = payment.metadata.get("reference") {
            payment.reference = Some(reference.clone());
        }
        shown(world, seq)
    });
    Ok(answer.await)
}

async fn confirm(Path(id): Path<String>, incoming: Incoming) -> Result<Response, Refused> {
    let mut asked = Asked::read("authorize", incoming)?;
    let token = asked.said.form.text("payment_method_data[card][token]");
    asked.call.customer = token.and_then(|token| {
        let state = &asked.incoming.state;
        state.read(|world| Some(open(world, world.psp.tokens.get(token)?)?.customer))
    });
    Ok(asked.serve_intent(id, confirmed).await)
}

fn confirmed(world: &mut World, seq: u64, said: &Said, twist: Option<&Twist>) -> Answer {
    let invalid = |message: &str| {
        Answer::new(400, problem("invalid_request_error", Some("token_already_used"), message))
    };
    let Some(payment) = world.psp.payment(seq) else { return missing("") };
    let (amount, currency) = (payment.amount, payment.currency.clone());
    if !matches!(payment.state, PspState::Created | PspState::Declined) {
        return unexpected_state(payment, "confirmed");
    }
    let token = said.form.text("payment_method_data[card][token]").unwrap_or_default();
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
    let (verdict, held) = world.psp.hold(seq, said.key.as_deref(), opened.card.fate, twist);
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

async fn cancel(Path(id): Path<String>, incoming: Incoming) -> Result<Response, Refused> {
    let asked = Asked::read("void", incoming)?;
    let answer = asked.serve_intent(id, |world, seq, said, _twist| {
        match world.psp.void(seq, said.key.as_deref()) {
            Ok(_) => shown(world, seq).telling(Notice::new(seq, "payment_intent.canceled")),
            Err(_) => stands(world, seq, "canceled"),
        }
    });
    Ok(answer.await)
}

async fn capture(Path(id): Path<String>, incoming: Incoming) -> Result<Response, Refused> {
    let asked = Asked::read("capture", incoming)?;
    let answer = asked.serve_intent(id, |world, seq, said, _twist| {
        let amount = said.form.amount("amount_to_capture");
        match world.psp.capture(seq, amount, said.key.as_deref()) {
            Ok(_) => shown(world, seq).telling(Notice::new(seq, "payment_intent.succeeded")),
            Err(Stop::Amount) => {
                let message = "The amount is more than can be captured.";
                let code = Some("amount_too_large");
                Answer::new(400, problem("invalid_request_error", code, message))
            }
            Err(_) => stands(world, seq, "captured"),
        }
    });
    Ok(answer.await)
}

async fn refund(incoming: Incoming) -> Result<Response, Refused> {
    let asked = Asked::read("refund", incoming)?;
    let id = asked.said.form.text("payment_intent").unwrap_or_default().to_owned();
    let answer = asked.serve_intent(id.clone(), move |world, seq, said, _twist| {
        let currency = world.psp.payment(seq).map(|it| it.currency.to_lowercase());
        let form = &said.form;
        match world.psp.refund(seq, form.amount("amount"), said.key.as_deref()) {
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
                let code = Some("amount_too_large");
                Answer::new(400, problem("invalid_request_error", code, message))
            }
            Err(_) => {
                let message = "This PaymentIntent does not have a successful charge to refund.";
                let code = Some("payment_intent_unexpected_state");
                Answer::new(400, problem("invalid_request_error", code, message))
            }
        }
    });
    Ok(answer.await)
}

/// The refunds of a payment, the latest first.
async fn refunds(incoming: Incoming) -> Result<Response, Refused> {
    let answer = Asked::read("get", incoming)?.serve(|world, said, _twist| {
        let id = said.form.text("payment_intent").unwrap_or_default();
        let found = world.psp.by_id(Dialect::Stripe, &said.account, id);
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
    });
    Ok(answer.await)
}

/// What cannot be done with an intent that stands as this one does.
fn stands(world: &mut World, seq: u64, what: &str) -> Answer {
    world.psp.payment(seq).map_or_else(|| missing(""), |it| unexpected_state(it, what))
}

fn shown(world: &mut World, seq: u64) -> Answer {
    let found = world.psp.payment(seq).map(|it| intent(it));
    found.map_or_else(|| missing(""), |intent| Answer::new(200, intent))
}
