use amb_service::model::{ConversationState, ConversationStatus};
use serde::Serialize;

use super::Instant;

/// A conversation: one business and one customer.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Conversation))]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConversationView {
    /// `cnv_` and 26 characters; the same business and customer have the same one for ever.
    id: String,
    business_id: String,
    /// Apple's name for the customer, for this business only.
    opaque_id: String,
    /// `closed` when the customer left; it opens when they write again.
    #[cfg_attr(test, schema(value_type = crate::openapi::ConversationStatusWord))]
    status: ConversationStatus,
    /// The place that was given out last.
    seq: u64,
    /// What the customer's device can show.
    capabilities: Vec<String>,
    locale: Option<String>,
    /// Where the customer came from; cleared when they leave.
    intent: Option<String>,
    /// The department they asked for; cleared when they leave.
    group: Option<String>,
    /// Messages to the customer that Apple has not answered yet.
    waiting: usize,
    created_at: Instant,
    last_inbound_at: Instant,
}

impl From<ConversationState> for ConversationView {
    fn from(state: ConversationState) -> Self {
        Self {
            id: state.id.to_string(),
            business_id: state.business.to_string(),
            opaque_id: state.opaque.to_string(),
            status: state.status,
            seq: state.seq,
            capabilities: state.capabilities,
            locale: state.locale,
            intent: state.intent,
            group: state.group,
            waiting: state.lane.len(),
            created_at: Instant(state.created_at),
            last_inbound_at: Instant(state.last_inbound_at),
        }
    }
}
