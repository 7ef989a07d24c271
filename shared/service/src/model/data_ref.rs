//! Apple's references to large interactive content (spec/apple-protocol §5).

use amb_protocol::id::{BusinessId, RequestIdentifier};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::TenantId;

/// `dataRef` of an answer, kept to send the same content again without its bytes.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DataRef {
    /// The owner.
    pub tenant: TenantId,
    /// The business it was sent from.
    pub business: BusinessId,
    /// SHA-256 of the content, hex.
    pub content_hash: String,
    /// Apple's object, sent back as `interactiveDataRef`.
    pub reference: Map<String, Value>,
    /// The `requestIdentifier` inside the content: every reply to it carries this one.
    pub request_identifier: Option<RequestIdentifier>,
    /// When Apple gave it.
    pub created_at: Timestamp,
    /// Not used from this on: 30 days, less a margin (Apple, Interactive Message Types).
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for DataRef {
    /// The reference opens the content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DataRef")
            .field("content_hash", &self.content_hash)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
