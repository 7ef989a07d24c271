//! What Stripe answers: payment intents and errors.

use serde_json::{Value, json};

use crate::host;
use crate::model::{MoveKind, PspPayment, PspState};
use crate::psp::call::Answer;

/// A payment intent.
pub(in crate::psp) fn intent(payment: &PspPayment) -> Value {
    let charge = payment.moves.iter().rev().find(|it| it.kind == MoveKind::Hold);
    json!({
        "id": payment.id, "object": "payment_intent", "amount": payment.amount,
        "amount_capturable": payment.held, "amount_received": payment.captured,
        "capture_method": "manual", "currency": payment.currency.to_lowercase(),
        "latest_charge": charge.map(|it| &it.id), "last_payment_error": null, "livemode": false,
        "metadata": payment.metadata, "payment_method_types": ["card"],
        "status": status(payment.state), "next_action": null,
        "created": payment.moves.first().map_or_else(host::now_ms, |it| it.at) / 1000,
    })
}

pub(super) fn status(state: PspState) -> &'static str {
    match state {
        PspState::Created | PspState::Declined => "requires_payment_method",
        PspState::Pending => "processing",
        PspState::Held => "requires_capture",
        PspState::Captured => "succeeded",
        PspState::Voided => "canceled",
    }
}

pub(super) fn problem(kind: &str, code: Option<&str>, message: &str) -> Value {
    let mut error = json!({"type": kind, "message": message});
    if let (Some(code), Some(error)) = (code, error.as_object_mut()) {
        error.insert("code".to_owned(), json!(code));
    }
    json!({"error": error})
}

pub(super) fn missing(id: &str) -> Answer {
    let message = format!("No such payment_intent: '{id}'");
    Answer::new(404, problem("invalid_request_error", Some("resource_missing"), &message))
}

pub(super) fn unexpected_state(payment: &PspPayment, what: &str) -> Answer {
    let status = status(payment.state);
    let message =
        format!("This PaymentIntent could not be {what} because it has a status of {status}.");
    let code = Some("payment_intent_unexpected_state");
    let mut body = problem("invalid_request_error", code, &message);
    if let Some(error) = body.get_mut("error").and_then(Value::as_object_mut) {
        error.insert("payment_intent".to_owned(), intent(payment));
    }
    Answer::new(400, body)
}
