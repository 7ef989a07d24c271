//! Order tracking: the one place where what the customer saw comes back.

use amb_protocol::money::{Currency, Minor};
use serde_json::Value;
use std::time::Duration;

use super::{Call, CallbackError, Callbacks, Reply, Said, TRIES, body::Body};
use crate::{
    dispatch::stand_back,
    model::{JournalEvent, JournalRow, Payment, Tracking},
    payment::commit::{Committed, Plan, commit},
    port::{Clock, Entropy, Payments, SettlementQueue},
};

impl<S, Q, P, W, K, C, T> Callbacks<S, Q, P, W, K, C, T>
where
    S: Payments,
    Q: SettlementQueue,
    C: Clock + Entropy,
{
    /// Keeps what the customer saw, once: the first that comes stands, whenever it comes (F124).
    pub(super) async fn order_tracking(
        &self,
        call: &Call<'_>,
        mut payment: Payment,
    ) -> Result<Reply, CallbackError> {
        let body = match Body::read(call.body, &payment.pointer.payment) {
            Ok(body) => body,
            Err(fault) => return Ok(Reply::unreadable(fault)),
        };
        let total = body.member("summaryItems").and_then(|items| total(items, payment.currency));
        for tried in 0..TRIES {
            if let Some(first) = &payment.tracking {
                let is_same = first.body_hash == body.hash;
                let reply = Reply::new(Said::Tracked, "duplicate");
                return Ok(if is_same { reply } else { reply.code("another_body") });
            }
            let now = self.clock.now();
            let at = now;
            payment.tracking = Some(Tracking { at, total, body_hash: body.hash.clone() });
            payment.reschedule(now);
            let row = call.row(JournalEvent::OrderTracked, &payment, now);
            let row = JournalRow {
                decision: Some(if total.is_some() { "read" } else { "unreadable" }.to_owned()),
                ack: Some("order_tracking".to_owned()),
                ..row
            };
            let row = match total {
                Some(total) => row.of_amount(total),
                None => JournalRow { amount_minor: None, amount: None, ..row },
            };
            let unmoved = payment.clone();
            match commit(&self.store, &self.clock, Plan::of(payment, vec![row])).await? {
                Committed::Done(payment) => {
                    self.settle(&payment, Duration::ZERO).await;
                    let reply = Reply::new(Said::Tracked, "tracked");
                    return Ok(Reply { unknown: body.unknown, ..reply });
                }
                Committed::Moved | Committed::Claimed(_) => {
                    stand_back(&self.clock, tried).await;
                    payment = self.again(&unmoved).await?;
                }
            }
        }
        Err(CallbackError::Busy)
    }
}

/// The last of the items: the device puts the total below the lines. Numbers that are no whole ones
/// were a float somewhere, and say nothing.
fn total(items: &Value, currency: Currency) -> Option<Minor> {
    match items.as_array()?.last()?.get("amount")? {
        Value::String(text) => Minor::parse(text.trim(), currency).ok(),
        Value::Number(number) if number.is_u64() => {
            Minor::parse(&number.to_string(), currency).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ap19_the_total_is_the_last_item_however_it_is_written() {
        let usd = Currency::parse("USD").unwrap();
        for (amount, minor) in [
            (json!("63.99"), Some(6399)),
            (json!("64"), Some(6400)),
            (json!("63.5"), Some(6350)),
            (json!(64), Some(6400)),
            (json!(63.99), None),
            (json!("63,99"), None),
            (json!(null), None),
        ] {
            let items =
                json!([{"label": "Desk", "amount": "1.00"}, {"label": "Shop", "amount": amount}]);
            assert_eq!(total(&items, usd), minor.map(Minor::new), "{amount}");
        }
        for none in [json!([]), json!({}), json!("x"), json!([1])] {
            assert_eq!(total(&none, usd), None, "{none}");
        }
    }
}
