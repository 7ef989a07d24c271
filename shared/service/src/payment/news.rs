//! What businesses are told of a payment.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::model::{Concern, EventType, Payment, PaymentNews, PspResult};

impl Payment {
    /// Owes businesses an event: what is known of the payment and its live attempt, and `more`, an
    /// object whose members go beside that or in its place. The settling worker tells it.
    pub fn news(&mut self, kind: EventType, now: Timestamp, more: Value) {
        let mut data = self.known();
        if let Value::Object(more) = more {
            data.extend(more);
        }
        self.news += 1;
        let data = Value::Object(data);
        self.untold.push(PaymentNews { no: self.news, kind, at: now, data, concern: None });
        self.due_at = Some(now);
    }

    /// Owes businesses a `payment.mismatch` with its reason, and whoever runs this an alarm: a person has
    /// to look.
    pub fn worry(&mut self, concern: Concern, reason: &str, now: Timestamp, more: Value) {
        self.news(EventType::PaymentMismatch, now, more);
        if let Some(news) = self.untold.last_mut() {
            news.concern = Some(concern);
            if let Value::Object(data) = &mut news.data {
                data.insert("reason".to_owned(), reason.into());
            }
        }
    }

    fn known(&self) -> Map<String, Value> {
        let payment = &self.pointer.payment;
        let mut data = Map::new();
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                data.insert(name.to_owned(), value);
            }
        };
        set("paymentId", Some(payment.as_str().into()));
        set("opaqueId", Some(self.opaque.as_str().into()));
        set("messageId", Some(self.message.to_string().into()));
        set("requestIdentifier", Some(payment.request_identifier().as_str().into()));
        set("reference", self.reference.clone().map(Value::from));
        set("currency", Some(self.currency.as_str().into()));
        let attempt = self.live();
        let amount = attempt.map_or(self.offered, |attempt| attempt.amount);
        set("amount", Some(amount.to_decimal(self.currency).into()));
        set("attempt", attempt.map(|attempt| attempt.no.into()));
        let told = attempt.and_then(|attempt| attempt.told);
        set("told", told.map(|told| told.as_str().into()));
        let result = attempt.and_then(|attempt| attempt.result.as_ref());
        set("decline", result.and_then(decline).map(Value::from));
        set("psp", Some(self.psp.kind.as_str().into()));
        set("pspReference", result.and_then(|result| result.reference()).map(Value::from));
        data
    }
}

fn decline(result: &PspResult) -> Option<&'static str> {
    match result {
        PspResult::Approved { .. } => None,
        PspResult::Declined { class, .. } | PspResult::Rejected { class, .. } => {
            Some(class.as_str())
        }
        PspResult::InDoubt { why, .. } => Some(why.as_str()),
    }
}
