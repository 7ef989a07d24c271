//! What every row of the journal that a callback writes has in common.

use amb_protocol::{
    apple_pay::{Inputs, PayError, Quote},
    money::Minor,
};
use jiff::Timestamp;
use serde_json::Value;

use super::{ANSWER_WITHIN, Call};
use crate::model::{JournalEvent, JournalRow, Payment};

impl Call<'_> {
    /// A row about a payment, written now on behalf of this call.
    pub(super) fn row(&self, event: JournalEvent, payment: &Payment, now: Timestamp) -> JournalRow {
        self.stamp(JournalRow::about(event, payment), now)
    }

    /// The row with what is known of this call.
    pub(super) fn stamp(&self, row: JournalRow, now: Timestamp) -> JournalRow {
        JournalRow {
            endpoint: Some(self.step.as_str().to_owned()),
            callback_id: Some(self.id.to_owned()).filter(|id| !id.is_empty()),
            latency_ms: Some(milliseconds(self.began, now)),
            deadline_margin_ms: Some(milliseconds(now, self.by(ANSWER_WITHIN))),
            actor: Some("device".to_owned()),
            ..row
        }
    }
}

/// From one moment to another; nothing if it is the earlier.
pub(super) fn milliseconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(from.duration_until(to).as_millis()).unwrap_or(0)
}

/// The row with what the customer chose.
pub(super) fn with_inputs(row: JournalRow, inputs: &Inputs) -> JournalRow {
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let region = inputs.region.as_ref();
    JournalRow {
        shipping_method_id: inputs.shipping_method.clone().filter(|id| !id.is_empty()),
        ship_country: region.and_then(|region| some(&region.country)),
        ship_region: region.and_then(|region| some(&region.region)),
        funding: inputs.payment_type.map(|kind| kind.as_str().to_owned()),
        ..row
    }
}

/// The row with what it costs.
pub(super) fn with_quote(row: JournalRow, quote: &Quote) -> JournalRow {
    let total = quote.total.amount;
    let aside = quote.tax.checked_add(quote.shipping);
    let less = quote.lines.iter().map(|line| line.amount).filter(|amount| *amount < Minor::ZERO);
    JournalRow {
        quote_seq: Some(quote.seq),
        quote_source: Some(quote.source.as_str().to_owned()),
        tax_minor: Some(quote.tax),
        shipping_minor: Some(quote.shipping),
        subtotal_minor: aside.and_then(|aside| total.checked_sub(aside)),
        discount_minor: Minor::sum(less),
        ..row
    }
    .of_amount(total)
}

/// Apple's codes, with blanks between.
pub(super) fn codes(errors: &[PayError]) -> Option<String> {
    let code = |error: &PayError| match serde_json::to_value(error.code) {
        Ok(Value::String(code)) => code,
        _ => String::new(),
    };
    let codes: Vec<_> = errors.iter().map(code).collect();
    (!codes.is_empty()).then(|| codes.join(" "))
}
