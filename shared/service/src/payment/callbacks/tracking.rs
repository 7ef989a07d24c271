//! Order tracking: the one place where what the customer saw comes back.

use amb_protocol::money::{Currency, Minor};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;

use super::{Call, CallbackError, Callbacks, Reply, Said, TRIES, body::Body};
use crate::{
    model::{JournalEvent, JournalRow, Payment, Tracking},
    payment::commit::{Committed, Plan},
    port::{Clock, Entropy, Payments, SettlementQueue},
};

impl<S, Q, P, W, K, C, T> Callbacks<S, Q, P, W, K, C, T>
where
    S: Payments,
    Q: SettlementQueue,
    C: Clock + Entropy,
{
    /// Keeps what the customer saw, whenever it comes (F124). The first call stands, unless a later one
    /// says more: a total that differs from what was authorised is never passed over.
    pub(super) async fn order_tracking(
        &self,
        call: &Call<'_>,
        mut payment: Payment,
    ) -> Result<Reply, CallbackError> {
        let body = match Body::read(call.body, &payment.pointer.payment) {
            Ok(body) => body,
            Err(fault) => {
                let event = JournalEvent::OrderTracked;
                return Ok(self.unreadable(call, payment, event, fault).await);
            }
        };
        let total = body.member("summaryItems").and_then(|items| total(items, payment.currency));
        for tried in 0..TRIES {
            let now = self.clock.now();
            let tracking = Tracking {
                at: now,
                total,
                body_hash: body.hash.clone(),
                attempts: Some(payment.attempt_no()),
            };
            let is_news = payment.weighs_more(&tracking);
            if !is_news && payment.updates >= Payment::MOST_UPDATES {
                return Ok(Reply::new(Said::Tracked, "duplicate"));
            }
            let unmoved = payment.clone();
            let (plan, reply) = if is_news {
                kept(call, payment, tracking, now)
            } else {
                repeated(call, payment, &tracking, now)
            };
            match self.write(call, plan).await? {
                Committed::Done(payment) => {
                    if is_news {
                        self.settle(&payment, Duration::ZERO).await;
                    }
                    return Ok(Reply { unknown: body.unknown, ..reply });
                }
                Committed::Moved | Committed::Claimed(_) => {
                    self.goes_on(call, tried).await?;
                    payment = self.again(&unmoved).await?;
                }
            }
        }
        Err(CallbackError::Busy)
    }
}

/// What becomes of the payment when a call says something new.
fn kept(
    call: &Call<'_>,
    mut payment: Payment,
    tracking: Tracking,
    now: Timestamp,
) -> (Plan, Reply) {
    let total = tracking.total;
    payment.tracking = Some(tracking);
    payment.tracking_weighed = false;
    payment.reschedule(now);
    let decision = if total.is_some() { "read" } else { "unreadable" };
    let row = row_of(call, JournalEvent::OrderTracked, &payment, total, now);
    let row = JournalRow { decision: Some(decision.to_owned()), ..row };
    (Plan::of(payment, vec![row]), Reply::new(Said::Tracked, "tracked"))
}

/// The same when it says nothing new: it is noted, and whoever repeats it for ever does not make the
/// journal longer for ever.
fn repeated(
    call: &Call<'_>,
    mut payment: Payment,
    tracking: &Tracking,
    now: Timestamp,
) -> (Plan, Reply) {
    payment.updates += 1;
    let is_same = payment.tracking.as_ref().is_some_and(|it| it.body_hash == tracking.body_hash);
    let decision = if is_same { "repeated" } else { "another_body" };
    let row = row_of(call, JournalEvent::Duplicate, &payment, tracking.total, now);
    let row = JournalRow { decision: Some(decision.to_owned()), ..row };
    let reply = Reply::new(Said::Tracked, "duplicate");
    let reply = if is_same { reply } else { reply.code("another_body") };
    (Plan::of(payment, vec![row]), reply)
}

fn row_of(
    call: &Call<'_>,
    event: JournalEvent,
    payment: &Payment,
    total: Option<Minor>,
    now: Timestamp,
) -> JournalRow {
    let row =
        JournalRow { ack: Some("order_tracking".to_owned()), ..call.row(event, payment, now) };
    match total {
        Some(total) => row.of_amount(total),
        None => JournalRow { amount_minor: None, amount: None, ..row },
    }
}

/// The last of the items: the device puts the total below the lines, and writes amounts anew. Numbers that are no whole ones
/// were a float somewhere, and say nothing.
fn total(items: &Value, currency: Currency) -> Option<Minor> {
    match items.as_array()?.last()?.get("amount")? {
        Value::String(text) => Minor::parse_padded(text.trim(), currency).ok(),
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
            (json!("63.990"), Some(6399)),
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
