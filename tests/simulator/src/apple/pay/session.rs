//! `POST /paymentservices/paymentSession`: what Apple checks, and the session it gives. Refusals are
//! JSON with `statusMessage` and `statusCode`, by 400 or 417, as callers report them.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{ConnectInfo, State as Extract};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use data_encoding::HEXUPPER;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::line::Caller;
use super::signature;
use crate::apple::gateway::add_headers;
use crate::host;
use crate::model::{Effect, Place, SessionCall};
use crate::world::{State, World, next_seq};

/// How long Apple's sample sessions live, in milliseconds.
const LIFE: u64 = 2 * 60 * 60 * 1000;
/// Of a name that is shown. Source: Apple, Requesting an Apple Pay payment session.
const LONGEST_NAME: usize = 64;

pub(super) fn routes(state: State) -> Router {
    Router::new().route("/paymentservices/paymentSession", post(session)).with_state(state)
}

/// What was asked for, if it is in order.
struct Asked {
    merchant: String,
    display_name: String,
    context: String,
}

struct Refusal(u16, &'static str);

async fn session(
    Extract(state): Extract<State>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    bytes: Bytes,
) -> Response {
    let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let merchant = text(&body, "merchantIdentifier").to_owned();
    let struck = state.change(|world| world.strike(&Place::PaymentSession, None, Some(&merchant)));
    let mut life = LIFE;
    if let Some(fault) = struck {
        tokio::time::sleep(Duration::from_millis(fault.spec.delay_ms)).await;
        match fault.spec.effect {
            Effect::Status { status, headers, body: said } => {
                let said = said.unwrap_or_else(|| refusal_of(status, "as asked").to_string());
                let mut response = answer(&state, &body, status, said);
                add_headers(&mut response, headers);
                return response;
            }
            Effect::AnswerLost | Effect::Refuse => {
                record(&state, &body, 0);
                caller.line.cut();
                return Response::default();
            }
            Effect::ExpiresIn { life_ms } => life = life_ms,
            Effect::Slow | Effect::Spoilt(_) | Effect::Money(_) => {}
        }
    }
    let outcome = state.change(|world| {
        let asked = judge(world, &caller.fingerprint, &body)?;
        Ok::<_, Refusal>(make(world, &asked, life))
    });
    match outcome {
        Ok(session) => answer(&state, &body, 200, session.to_string()),
        Err(Refusal(status, why)) => {
            let said = refusal_of(status, why).to_string();
            answer(&state, &body, status, said)
        }
    }
}

fn judge(world: &World, fingerprint: &str, body: &Value) -> Result<Asked, Refusal> {
    let merchant = world.pay.merchants.get(fingerprint);
    let merchant = merchant.filter(|owner| is_named(owner, text(body, "merchantIdentifier")));
    let Some(merchant) = merchant else {
        return Err(Refusal(417, "Payment Services Exception merchantId not registered"));
    };
    if text(body, "initiative") != "messaging" {
        return Err(Refusal(400, "Payment Services Exception Invalid initiative"));
    }
    let display_name = text(body, "displayName");
    if display_name.is_empty() || display_name.chars().count() > LONGEST_NAME {
        return Err(Refusal(400, "Payment Services Exception Invalid displayName"));
    }
    let context = text(body, "initiativeContext");
    if !is_context(context) {
        return Err(Refusal(400, "Payment Services Exception Invalid initiativeContext"));
    }
    let domain = body.get("domainName").map(|it| it.as_str().unwrap_or("://"));
    if domain.is_some_and(|domain| domain.is_empty() || domain.contains('/')) {
        return Err(Refusal(400, "Payment Services Exception Invalid domainName"));
    }
    Ok(Asked {
        merchant: merchant.clone(),
        display_name: display_name.to_owned(),
        context: context.to_owned(),
    })
}

/// Apple's samples name the merchant as it is, and older ones by its hash.
fn is_named(merchant: &str, name: &str) -> bool {
    name == merchant || name.eq_ignore_ascii_case(&hash_of(merchant))
}

fn hash_of(merchant: &str) -> String {
    HEXUPPER.encode(digest(&SHA256, merchant.as_bytes()).as_ref())
}

/// Apple wants https; the local stack has no certificate, so its own addresses pass.
fn is_context(context: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(context) else { return false };
    let has_host = url.host_str().is_some_and(|host| !host.is_empty());
    match url.scheme() {
        "https" => has_host && url.username().is_empty(),
        "http" => host::is_loopback_url(context),
        _ => false,
    }
}

fn make(world: &World, asked: &Asked, life: u64) -> Value {
    let now = host::now_ms();
    let hash = hash_of(&asked.merchant);
    let drawn = HEXUPPER.encode(&host::random_bytes::<32>());
    let mut session = json!({
        "epochTimestamp": now, "expiresAt": now + life,
        "merchantSessionIdentifier": format!("PSH{drawn}_{}", &hash),
        "nonce": data_encoding::HEXLOWER.encode(&host::random_bytes::<4>()),
        "merchantIdentifier": hash, "displayName": asked.display_name,
        "initiative": "messaging", "initiativeContext": asked.context,
        "signedFields": signature::FIELDS,
    });
    let signature = signature::sign(world, &session);
    if let Some(session) = session.as_object_mut() {
        session.insert("signature".to_owned(), json!(signature));
    }
    session
}

fn refusal_of(status: u16, why: &str) -> Value {
    json!({"statusMessage": why, "statusCode": status.to_string()})
}

fn answer(state: &State, asked: &Value, status: u16, body: String) -> Response {
    record(state, asked, status);
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    (code, [(CONTENT_TYPE, "application/json")], body).into_response()
}

fn record(state: &State, asked: &Value, status: u16) {
    state.change(|world| {
        let seq = next_seq(world.pay.session_calls.len());
        let call = SessionCall { seq, at: host::now_ms(), body: asked.clone(), status };
        world.pay.session_calls.push(call);
    });
}

fn text<'v>(body: &'v Value, name: &str) -> &'v str {
    body.get(name).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merchant_is_named_as_it_is_or_by_its_hash() {
        let merchant = "merchant.com.example.shop";
        for name in [merchant, &hash_of(merchant), &hash_of(merchant).to_lowercase()] {
            assert!(is_named(merchant, name), "{name}");
        }
        assert!(!is_named(merchant, &hash_of("merchant.com.example.other")));
        assert!(!is_named(merchant, ""));
    }

    #[test]
    fn ap17_a_context_is_https_or_on_this_machine() {
        for (context, fits) in [
            ("https://pay.example.com/pay/x/gateway", true),
            ("http://127.0.0.1:4566/pay/x/gateway", true),
            ("http://localhost:1/x", true),
            ("http://pay.example.com/x", false),
            ("pay.example.com", false),
            ("https://", false),
            ("", false),
        ] {
            assert_eq!(is_context(context), fits, "{context}");
        }
    }
}
