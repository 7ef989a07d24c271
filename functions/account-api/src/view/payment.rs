mod attempt;
mod contacts;
mod history;

pub(crate) use contacts::PaymentContactsView;
pub(crate) use history::PaymentHistoryView;

use amb_protocol::money::{Currency, Minor};
use amb_service::{
    model::{ConversationId, Payment, Refund, RefundStatus},
    send::Sent,
};
use serde::Serialize;

use super::Instant;
use attempt::AttemptView;

/// A payment that a customer was asked for.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Payment))]
#[serde(rename_all = "camelCase")]
pub(crate) struct PaymentView {
    /// `pay_` and 26 characters.
    id: String,
    business_id: String,
    conversation_id: String,
    /// The message that asks.
    message_id: String,
    /// What every callback of the bubble repeats.
    request_identifier: String,
    /// The business's own name of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<String>,
    merchant_identifier: String,
    #[cfg_attr(test, schema(value_type = crate::openapi::PspWord))]
    psp: &'static str,
    #[cfg_attr(test, schema(value_type = crate::openapi::PaymentStateWord))]
    state: &'static str,
    /// ISO 4217: what all amounts are in.
    currency: String,
    /// The total that was offered, as a decimal.
    offered: String,
    captured: String,
    /// Given back, or on its way back.
    refunded: String,
    attempts: Vec<AttemptView>,
    refunds: Vec<RefundView>,
    /// The last of the lines that the customer saw, as order tracking told it.
    #[serde(skip_serializing_if = "Option::is_none")]
    tracked: Option<TrackedView>,
    /// What the customer's own reply said.
    #[serde(skip_serializing_if = "Option::is_none")]
    replied: Option<RepliedView>,
    created_at: Instant,
    /// When the bubble left.
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<Instant>,
    /// No first attempt begins from then on.
    expires_at: Instant,
}

/// Money that goes back.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Refund))]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefundView {
    /// `ref_` and 26 characters.
    id: String,
    amount: String,
    #[cfg_attr(test, schema(value_type = crate::openapi::RefundStatusWord))]
    status: RefundStatus,
    /// The provider's name of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    psp_reference: Option<String>,
    created_at: Instant,
}

/// What order tracking told.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = TrackedOrder))]
pub(crate) struct TrackedView {
    at: Instant,
    /// `null` when it could not be read.
    total: Option<String>,
}

/// What the customer's reply told.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = PaymentReply))]
pub(crate) struct RepliedView {
    at: Instant,
    /// The bubble's state, in Apple's word.
    state: Option<String>,
}

impl From<Payment> for PaymentView {
    fn from(payment: Payment) -> Self {
        let currency = payment.currency;
        let refunded = payment.refunded().unwrap_or_default();
        let conversation = ConversationId::of(&payment.business, &payment.opaque);
        let attempts =
            payment.attempts.into_iter().map(|attempt| AttemptView::of(attempt, currency));
        Self {
            request_identifier: payment.pointer.payment.request_identifier().as_str().to_owned(),
            id: payment.pointer.payment.to_string(),
            business_id: payment.business.to_string(),
            conversation_id: conversation.to_string(),
            message_id: payment.message.to_string(),
            reference: payment.reference,
            merchant_identifier: payment.merchant.to_string(),
            psp: payment.psp.kind.as_str(),
            state: payment.state.as_str(),
            currency: currency.as_str().to_owned(),
            offered: payment.offered.to_decimal(currency),
            captured: payment.captured.to_decimal(currency),
            refunded: refunded.to_decimal(currency),
            attempts: attempts.collect(),
            refunds: payment.refunds.into_iter().map(|it| RefundView::of(it, currency)).collect(),
            tracked: payment.tracking.map(|tracking| TrackedView {
                at: Instant(tracking.at),
                total: tracking.total.map(|total: Minor| total.to_decimal(currency)),
            }),
            replied: payment
                .reply
                .map(|seen| RepliedView { at: Instant(seen.at), state: seen.state }),
            created_at: Instant(payment.created_at),
            sent_at: payment.sent_at.map(Instant),
            expires_at: Instant(payment.expires_at),
        }
    }
}

impl RefundView {
    fn of(refund: Refund, currency: Currency) -> Self {
        Self {
            id: refund.id.to_string(),
            amount: refund.amount.to_decimal(currency),
            status: refund.status,
            psp_reference: refund.reference,
            created_at: Instant(refund.created_at),
        }
    }
}

/// A receipt on its way.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Receipt))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ReceiptView {
    /// The message that shows it.
    message_id: String,
}

impl From<Sent> for ReceiptView {
    fn from(sent: Sent) -> Self {
        Self { message_id: sent.pointer.message.to_string() }
    }
}
