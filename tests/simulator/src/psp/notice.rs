//! What providers tell by themselves: signed in their own way, to the address of the account.

use std::time::Duration;

use aws_lc_rs::hmac;
use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};
use serde_json::{Value, json};

use super::books::{Books, Stop, psp_reference, stripe_id};
use super::stripe;
use crate::host;
use crate::model::{Dialect, PspAccount, PspMove, PspPayment};
use crate::phone::pay::amount;
use crate::world::State;

/// Adyen wants an answer within that time, Stripe a little later.
const TIMEOUT: Duration = Duration::from_secs(10);
/// When a notice that is not taken is sent again.
const AGAIN: [Duration; 3] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(5)];

/// Something to tell.
#[derive(Debug, Clone)]
pub(super) struct Notice {
    seq: u64,
    /// Stripe's `type`, Adyen's `eventCode`, the `endpoint`'s `event`.
    event: String,
    /// The provider's id of the change, where it has one.
    of: Option<String>,
    amount: Option<i64>,
    success: bool,
    reason: Option<String>,
}

impl Notice {
    pub(super) fn new(seq: u64, event: &str) -> Self {
        Self { seq, event: event.to_owned(), of: None, amount: None, success: true, reason: None }
    }

    /// … about a change with an id of its own, of so much.
    pub(super) fn of(self, id: &str, amount: i64) -> Self {
        Self { of: Some(id.to_owned()), amount: Some(amount), ..self }
    }

    /// … that did not work out.
    pub(super) fn failed(self, reason: &str) -> Self {
        Self { success: false, reason: Some(reason.to_owned()), ..self }
    }
}

/// Tells, if the account says where; beside everything else.
pub(super) fn send(state: &State, notice: Notice) {
    let task = state.clone();
    let found = state.read(|world| {
        let payment = world.psp.payments.iter().find(|it| it.seq == notice.seq)?.clone();
        let place = (payment.dialect, payment.account.clone());
        let account = world.psp.accounts.get(&place)?.clone();
        Some((payment, account.notice_url.clone()?, account))
    });
    let Some((payment, url, account)) = found else { return };
    state.spawn(async move {
        tokio::time::sleep(Duration::from_millis(account.notice_after_ms)).await;
        let body = written(&notice, &payment, &account).to_string();
        for _ in 0..account.notice_copies.unwrap_or(1) {
            for pause in AGAIN {
                tokio::time::sleep(pause).await;
                if post(&task, &url, &payment, &account, &body).await {
                    break;
                }
            }
        }
    });
}

/// The card's owner takes money back, and the provider tells.
pub(crate) fn charge_back(state: &State, seq: u64, amount: Option<i64>) -> Result<(), String> {
    let moved = by_itself(
        state,
        seq,
        |books| books.charge_back(seq, amount),
        |dialect| match dialect {
            Dialect::Stripe => "charge.dispute.funds_withdrawn",
            Dialect::Adyen => "CHARGEBACK",
            Dialect::Endpoint => "chargeback",
        },
    );
    moved.map_err(|_stop| "nothing was captured".to_owned())
}

/// What is held runs out, and the provider tells.
pub(crate) fn expire(state: &State, seq: u64) -> Result<(), String> {
    let moved = by_itself(
        state,
        seq,
        |books| books.expire(seq),
        |dialect| match dialect {
            Dialect::Stripe => "payment_intent.canceled",
            Dialect::Adyen => "EXPIRE",
            Dialect::Endpoint => "cancelled",
        },
    );
    moved.map_err(|_stop| "nothing is held".to_owned())
}

/// Something happens at a provider that nobody asked it for; its own word for that is told.
fn by_itself(
    state: &State,
    seq: u64,
    move_it: impl FnOnce(&mut Books) -> Result<PspMove, Stop>,
    word: impl FnOnce(Dialect) -> &'static str,
) -> Result<(), Stop> {
    let (moved, dialect) = state.change(|world| {
        let moved = move_it(&mut world.psp)?;
        Ok::<_, Stop>((moved, world.psp.payment(seq).ok_or(Stop::Unknown)?.dialect))
    })?;
    let notice = Notice::new(seq, word(dialect));
    // Adyen names what expired by the payment's own reference.
    let is_own = notice.event == "EXPIRE";
    send(state, if is_own { notice } else { notice.of(&moved.id, moved.amount) });
    Ok(())
}

async fn post(
    state: &State,
    url: &str,
    payment: &PspPayment,
    account: &PspAccount,
    body: &str,
) -> bool {
    let mut request = state
        .http()
        .post(url)
        .header("content-type", "application/json")
        .timeout(TIMEOUT)
        .body(body.to_owned());
    let now = host::now_seconds();
    let signed = format!("{now}.{body}");
    match payment.dialect {
        Dialect::Stripe => {
            let secret = account.notice_secret.as_deref().unwrap_or_default();
            let mac = HEXLOWER.encode(&hmac_of(secret.as_bytes(), signed.as_bytes()));
            request = request.header("stripe-signature", format!("t={now},v1={mac}"));
        }
        // Adyen signs inside.
        Dialect::Adyen => {}
        Dialect::Endpoint => {
            let mac = HEXLOWER.encode(&hmac_of(account.key.as_bytes(), signed.as_bytes()));
            request = request
                .header("amb-timestamp", now.to_string())
                .header("amb-signature", format!("v1={mac}"));
        }
    }
    request.send().await.is_ok_and(|answer| answer.status().is_success())
}

fn written(notice: &Notice, payment: &PspPayment, account: &PspAccount) -> Value {
    match payment.dialect {
        Dialect::Stripe => stripe_event(notice, payment),
        Dialect::Adyen => adyen_items(notice, payment, account),
        Dialect::Endpoint => json!({
            "payment": payment.metadata.get("payment"), "kind": notice.event, "reference": payment.id,
            "amount": amount::decimal(notice.amount.unwrap_or(payment.amount), &payment.currency),
            "currency": payment.currency,
        }),
    }
}

fn stripe_event(notice: &Notice, payment: &PspPayment) -> Value {
    let object = match notice.event.as_str() {
        "charge.dispute.funds_withdrawn" => json!({
            "id": notice.of, "object": "dispute", "amount": notice.amount,
            "currency": payment.currency.to_lowercase(), "payment_intent": payment.id,
            "metadata": payment.metadata, "status": "needs_response",
        }),
        "charge.refunded" => json!({
            "id": stripe_id("ch"), "object": "charge", "payment_intent": payment.id,
            "amount_refunded": payment.refunded, "currency": payment.currency.to_lowercase(),
            "metadata": payment.metadata,
        }),
        _ => stripe::intent(payment),
    };
    json!({
        "id": stripe_id("evt"), "object": "event", "api_version": "2026-10-28",
        "created": host::now_seconds(), "livemode": false, "type": notice.event,
        "data": {"object": object}, "pending_webhooks": 1, "request": {"id": null},
    })
}

/// Adyen, Webhooks, HMAC signatures: seven values joined with colons, under a key in hex.
fn adyen_items(notice: &Notice, payment: &PspPayment, account: &PspAccount) -> Value {
    let change = notice.of.clone().unwrap_or_else(|| payment.id.clone());
    let original = if notice.of.is_some() { payment.id.as_str() } else { "" };
    let reference = payment.reference.as_deref().unwrap_or_default();
    let amount = notice.amount.unwrap_or(payment.amount);
    let merchant = payment.metadata.get("merchantAccount").map(String::as_str).unwrap_or_default();
    let signed = format!(
        "{change}:{original}:{merchant}:{reference}:{amount}:{}:{}:{}",
        payment.currency, notice.event, notice.success
    );
    let key = account.notice_secret.as_deref().unwrap_or_default();
    let key = HEXLOWER_PERMISSIVE.decode(key.as_bytes()).unwrap_or_default();
    let now = jiff::Timestamp::from_second(host::now_seconds()).unwrap_or_default();
    let signature = BASE64.encode(&hmac_of(&key, signed.as_bytes()));
    let mut more = json!({"hmacSignature": signature});
    if let ("CANCEL_OR_REFUND", Some(more)) = (notice.event.as_str(), more.as_object_mut()) {
        let action = if payment.captured > 0 { "refund" } else { "cancel" };
        more.insert("modification.action".to_owned(), json!(action));
    }
    let mut item = json!({
        "additionalData": more,
        "amount": {"currency": payment.currency, "value": amount},
        "eventCode": notice.event, "eventDate": now.to_string(),
        "merchantAccountCode": merchant, "merchantReference": reference,
        "paymentMethod": "visa_applepay", "pspReference": change,
        "reason": notice.reason.as_deref().unwrap_or_default(),
        "success": notice.success.to_string(),
    });
    if let (false, Some(item)) = (original.is_empty(), item.as_object_mut()) {
        item.insert("originalReference".to_owned(), json!(original));
    }
    json!({"live": "false", "notificationItems": [{"NotificationRequestItem": item}]})
}

pub(super) fn hmac_of(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

/// A change's id, before there is one in the books.
pub(super) fn new_change() -> String {
    psp_reference()
}
