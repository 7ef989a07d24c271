use amb_service::{account::PaymentHistory, model::JournalRow};
use serde::Serialize;

use super::{Instant, PaymentView};

/// A payment and everything that happened to it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = PaymentHistory))]
pub(crate) struct PaymentHistoryView {
    #[serde(flatten)]
    payment: PaymentView,
    /// Its rows of the journal, in order.
    history: Vec<HappenedView>,
}

/// A row of the journal, as far as it tells of this payment.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = PaymentHappening))]
#[serde(rename_all = "camelCase")]
pub(crate) struct HappenedView {
    /// Its number in the journal's chain.
    seq: u64,
    at: Instant,
    /// What it tells: `OFFER_SENT`, `QUOTE_ISSUED`, `CLAIMED`, `PSP_RESULT`, `TOLD`, `CAPTURED`, …
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempt: Option<u32>,
    /// The callback that it answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<String>,
    /// What the device was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    /// Which quote.
    #[serde(skip_serializing_if = "Option::is_none")]
    quote: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    psp_reference: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    psp_code: Option<String>,
    /// Why not, in our words.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    /// Codes told to the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    apple_errors: Option<String>,
    /// How a doubt ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    fence: Option<String>,
    /// Who acknowledged: `order_tracking`, `reply`, `time`.
    #[serde(skip_serializing_if = "Option::is_none")]
    acknowledged_by: Option<String>,
    /// Who decided: `device`, `resolver`, `psp`, `operator`, or an API key's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latency_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    psp_latency_ms: Option<u64>,
    /// The row's hash in the chain.
    hash: String,
}

impl From<PaymentHistory> for PaymentHistoryView {
    fn from(found: PaymentHistory) -> Self {
        Self {
            payment: found.payment.into(),
            history: found.journal.into_iter().map(HappenedView::from).collect(),
        }
    }
}

impl From<JournalRow> for HappenedView {
    fn from(row: JournalRow) -> Self {
        Self {
            seq: row.seq,
            at: Instant(row.ts_utc),
            event: row.event_type.as_str(),
            attempt: row.attempt_no,
            endpoint: row.endpoint,
            decision: row.decision,
            told: row.told,
            state_from: row.state_from,
            state_to: row.state_to,
            amount: row.amount,
            quote: row.quote_seq,
            psp_reference: row.psp_reference,
            psp_code: row.psp_code,
            error: row.error_class,
            apple_errors: row.apple_errors,
            fence: row.fence,
            acknowledged_by: row.ack,
            actor: row.actor,
            latency_ms: row.latency_ms,
            psp_latency_ms: row.psp_latency_ms,
            hash: row.hash,
        }
    }
}
