//! A payment, paid or not: the device sends the whole request back, with what became of it.

use serde_json::{Value, json};

use super::{Choice, Request, feature, text};
use crate::phone::roster::DeviceError;

/// The payment's end in the device's word, such as `paid`.
pub(super) fn concluded(
    request: &Request<'_>,
    state: &str,
    amount: Option<&str>,
) -> Result<Choice, DeviceError> {
    let mut payment = feature(request, "payment")?.clone();
    let asked = payment.get("paymentRequest").cloned().unwrap_or_default();
    let asked_for = asked.pointer("/total/amount").and_then(Value::as_str);
    let amount = amount.or(asked_for).unwrap_or_default();
    let words = if state == "paid" { "Paid" } else { "Payment Not Completed" };
    let title = format!("{amount} {} – {words}", text(&asked, "currencyCode"));
    payment.insert("state".to_owned(), json!(state));
    Ok(Choice::new("payment", Value::Object(payment), title.trim_start().to_owned()))
}
