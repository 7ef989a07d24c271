//! Bodies of requests about files that lie with Apple, and what events tell of them.
#![expect(dead_code, reason = "the shapes are read by the macro only")]

use serde_json::Value;
use utoipa::ToSchema;

use super::word::ScanWord;
use crate::view::Instant;

/// What a scanner says of a file.
#[derive(ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ScanAttachment {
    #[schema(value_type = ScanWord)]
    status: Value,
}

/// What to set. Files that are kept already stay as long as they were meant to.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeSettings {
    /// For how many days customers' files are kept: 1, 7, 30, 90 or 365.
    #[schema(minimum = 1, maximum = 365)]
    attachment_retention_days: u16,
}

/// A reference to resolve.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateDownload {
    /// The business whose customer answered.
    #[schema(min_length = 1, max_length = 128)]
    business_id: String,
    interactive_data_ref: InteractiveDataRef,
}

/// Apple's `interactiveDataRef`, in either spelling; members that are not named here are left alone.
#[derive(ToSchema)]
pub(crate) struct InteractiveDataRef {
    #[schema(min_length = 1, max_length = 1024)]
    bid: String,
    #[schema(min_length = 1, max_length = 8192)]
    url: String,
    #[schema(min_length = 1, max_length = 1024)]
    owner: String,
    /// In hex; or `signature-base64`.
    #[schema(max_length = 1024)]
    signature: Option<String>,
    #[schema(rename = "signature-base64", max_length = 1024)]
    signature_base64: Option<String>,
    /// `00` and 64 hex digits; or `dataRefSig`.
    key: Option<String>,
    #[schema(rename = "dataRefSig")]
    data_ref_sig: Option<String>,
    /// In bytes, if it is known.
    #[schema(minimum = 1, maximum = 10_485_760)]
    size: Option<i64>,
}

/// A file that came with a message, as the customer's device declares it: `attachment.ready` tells what
/// it is.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct DeclaredAttachment {
    /// `att_` and 54 characters.
    id: String,
    /// The customer's name for it. Nothing that a disk or a page should act on.
    name: Option<String>,
    mime_type: Option<String>,
    /// In bytes.
    size: Option<i64>,
}

/// `data` of `attachment.ready` and `attachment.failed`, beside `opaqueId` and what was known of the
/// customer.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct AttachmentEvent {
    #[schema(format = "uuid")]
    message_id: String,
    attachment: AttachmentFacts,
    /// With `attachment.failed`: why; `integrity_suspect` when it was fetched and is not what it is said
    /// to be.
    code: Option<String>,
    detail: Option<String>,
}

/// What is known of a file.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
pub(crate) struct AttachmentFacts {
    /// `att_` and 54 characters.
    id: String,
    /// The place among the message's files, from 0.
    index: u32,
    /// The customer's name for it.
    name: Option<String>,
    /// The type that it was declared as.
    declared_type: Option<String>,
    /// The type that its first bytes tell.
    media_type: Option<String>,
    /// In bytes; as declared, when it could not be fetched.
    size: Option<i64>,
    /// Of its bytes, in hex.
    sha256: Option<String>,
    quarantined: Option<bool>,
    /// With `attachment.ready`: leads to the file for a quarter of an hour, without a key; made anew with
    /// every attempt to deliver the event.
    #[schema(format = "uri")]
    url: Option<String>,
    url_expires_at: Option<Instant>,
}
