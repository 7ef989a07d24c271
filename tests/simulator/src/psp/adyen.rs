//! Adyen Checkout, as far as a payment by Apple Pay needs it. A decline is a 200, nothing can be read
//! back, and what becomes of a capture, a cancel or a refund is told by webhook only. The names and
//! the enumerations are those of Adyen's API library 32.1.0 (Checkout v72).

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Path;
use axum::response::Response;
use axum::routing::post;
use data_encoding::BASE64;
use serde_json::{Map, Value, json};

use super::books::{New, Stop, Verdict, psp_reference};
use super::call::{self, Answer, Call, Incoming, Refused};
use super::notice::{Notice, new_change};
use super::{open, paid_with};
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

/// A request, read: its call, and what it says.
struct Asked {
    incoming: Incoming,
    call: Call,
    said: Said,
}

impl Asked {
    fn read(operation: &'static str, incoming: Incoming) -> Result<Self, Refused> {
        let state = &incoming.state;
        let body: Option<Map<String, Value>> = serde_json::from_slice(&incoming.bytes).ok();
        let key = incoming.header("x-api-key").unwrap_or_default();
        let account = state.read(|world| {
            let named =
                world.psp.accounts.iter().find(|((dialect, _), account)| {
                    *dialect == Dialect::Adyen && account.key == key
                });
            named.map(|((_, name), _)| name.clone()).unwrap_or_default()
        });
        let path = incoming.uri.path();
        let call = Call {
            dialect: Dialect::Adyen,
            account,
            operation,
            path: format!("POST {path}"),
            key: call::key(&incoming.headers),
            print: format!("{path} {}", json!(body)),
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
        let said = Said { account: call.account.clone(), key: call.key.clone(), body, merchant };
        Ok(Self { incoming, call, said })
    }

    /// The call with the customer of a payment, for faults that are about them.
    fn about(mut self, psp: &str) -> Self {
        let account = &self.call.account;
        self.call.customer = self.incoming.state.read(|world| {
            world.psp.by_id(Dialect::Adyen, account, psp).and_then(|it| it.customer.clone())
        });
        self
    }

    async fn serve(
        self,
        work: impl FnOnce(&mut World, &Said, Option<&Twist>) -> Answer + Send + 'static,
    ) -> Response {
        let Self { incoming, call, said } = self;
        incoming.serve(call, move |world, twist| work(world, &said, twist)).await
    }

    /// A change of a payment: taken, and what comes of it is told later.
    async fn modify(
        self,
        psp: String,
        event: &'static str,
        change: impl FnOnce(&mut World, u64, &Said) -> Result<PspMove, Stop> + Send + 'static,
    ) -> Response {
        let work = move |world: &mut World, said: &Said, twist: Option<&Twist>| {
            let Some(payment) = world.psp.by_id(Dialect::Adyen, &said.account, &psp) else {
                let message = "Original pspReference required for this operation";
                return Answer::new(422, problem(422, "167", message, "validation"));
            };
            let (seq, asked_for) = (payment.seq, payment.amount);
            let mut body = json!({
                "merchantAccount": said.merchant, "paymentPspReference": psp,
                "reference": said.text("reference"), "status": "received",
            });
            if let (Some((value, currency)), Some(body)) = (said.amount(), body.as_object_mut()) {
                body.insert("amount".to_owned(), json!({"currency": currency, "value": value}));
            }
            let notice = Notice::new(seq, event);
            let came_to = match twist {
                Some(Twist::Declined { code }) => Err(code.clone()),
                _ => change(world, seq, said).map_err(why),
            };
            let (id, notice) = match came_to {
                Ok(moved) => (moved.id.clone(), notice.of(&moved.id, moved.amount)),
                Err(why) => {
                    let id = new_change();
                    let amount = said.amount().map_or(asked_for, |(amount, _)| amount);
                    (id.clone(), notice.of(&id, amount).failed(&why))
                }
            };
            if let Some(body) = body.as_object_mut() {
                body.insert("pspReference".to_owned(), json!(id));
            }
            Answer::new(201, body).telling(notice)
        };
        self.serve(work).await
    }
}

/// What a request says.
struct Said {
    account: String,
    key: Option<String>,
    body: Map<String, Value>,
    merchant: String,
}

impl Said {
    fn key(&self) -> Option<&str> {
        self.key.as_deref()
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

async fn pay(incoming: Incoming) -> Result<Response, Refused> {
    let mut asked = Asked::read("authorize", incoming)?;
    let token = asked.said.body.get("paymentMethod").and_then(|it| it.get("applePayToken"));
    let payment_data: Value = token
        .and_then(Value::as_str)
        .filter(|token| token.len() <= 10_000)
        .and_then(|token| BASE64.decode(token.as_bytes()).ok())
        .and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or_default();
    let opened = asked.incoming.state.read(|world| open(world, &payment_data));
    asked.call.customer = opened.as_ref().map(|it| it.customer.clone());
    let answer = asked.serve(move |world, asked, twist| {
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
        let seq = world.psp.open(Dialect::Adyen, &asked.account, new);
        paid_with(world, seq, &opened);
        authorised(world, seq, asked.key(), opened.card.fate, twist)
    });
    Ok(answer.await)
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
        if challenge {
            // It is named, and has an amount, once the challenge was met.
            body.remove("pspReference");
            body.remove("amount");
        }
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

async fn capture(Path(psp): Path<String>, incoming: Incoming) -> Result<Response, Refused> {
    let asked = Asked::read("capture", incoming)?.about(&psp);
    let answer = asked.modify(psp, "CAPTURE", |world, seq, asked| {
        world.psp.capture(seq, asked.amount().map(|(amount, _)| amount), asked.key())
    });
    Ok(answer.await)
}

async fn refund(Path(psp): Path<String>, incoming: Incoming) -> Result<Response, Refused> {
    let asked = Asked::read("refund", incoming)?.about(&psp);
    let answer = asked.modify(psp, "REFUND", |world, seq, asked| {
        world.psp.refund(seq, asked.amount().map(|(amount, _)| amount), asked.key())
    });
    Ok(answer.await)
}

async fn cancel(Path(psp): Path<String>, incoming: Incoming) -> Result<Response, Refused> {
    let asked = Asked::read("void", incoming)?.about(&psp);
    let answer =
        asked.modify(psp, "CANCELLATION", |world, seq, asked| world.psp.void(seq, asked.key()));
    Ok(answer.await)
}

/// Cancels, or gives back what was captured: for whoever is not sure.
async fn reverse(Path(psp): Path<String>, incoming: Incoming) -> Result<Response, Refused> {
    let asked = Asked::read("void", incoming)?.about(&psp);
    let answer = asked.modify(psp, "CANCEL_OR_REFUND", |world, seq, asked| {
        let voided = world.psp.void(seq, asked.key());
        voided.or_else(|_captured| world.psp.refund(seq, None, asked.key()))
    });
    Ok(answer.await)
}

/// The "technical cancel": by the merchant's own reference, for whoever got no answer.
async fn cancel_by_reference(incoming: Incoming) -> Result<Response, Refused> {
    let mut asked = Asked::read("void", incoming)?;
    let reference = asked.said.text("paymentReference");
    let account = asked.call.account.clone();
    asked.call.customer = asked.incoming.state.read(|world| {
        let found = world.psp.by_reference(Dialect::Adyen, &account, &reference);
        found.and_then(|it| it.customer.clone())
    });
    let answer = asked.serve(move |world, asked, _twist| {
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
        let found = world.psp.by_reference(Dialect::Adyen, &asked.account, &reference);
        let Some(seq) = found.map(|it| it.seq) else { return answer };
        let notice = Notice::new(seq, "TECHNICAL_CANCEL");
        answer.telling(match world.psp.void(seq, asked.key()) {
            Ok(moved) => notice.of(&id, moved.amount),
            Err(stop) => notice.of(&id, 0).failed(&why(stop)),
        })
    });
    Ok(answer.await)
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
