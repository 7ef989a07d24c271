//! Files: bodies too large for a row, converted pictures, uploads.

use amb_protocol::id::MessageId;
use serde::{Deserialize, Serialize};

use super::{TenantId, UploadId};

/// The place of a file in the bucket. Made from our own ids only: a name of somebody else's never
/// becomes part of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FileKey(String);

impl FileKey {
    /// The content of an outbound message.
    pub fn outbound(tenant: &TenantId, message: MessageId) -> Self {
        Self(format!("outbound/{tenant}/{message}"))
    }

    /// What a tenant uploaded.
    pub fn upload(tenant: &TenantId, upload: &UploadId) -> Self {
        Self(format!("uploads/{tenant}/{upload}"))
    }

    /// A picture made for a slot, by the SHA-256 of what it was made from, in hex.
    pub fn picture(tenant: &TenantId, sha256: &str, slot: &str) -> Self {
        Self(format!("pictures/{tenant}/{sha256}-{slot}.png"))
    }

    /// A version of a template, by the SHA-256 of what it says, in hex: two writers of one version
    /// write two files, and the row tells which counts.
    pub fn template(
        tenant: &TenantId,
        name: &super::TemplateName,
        version: u32,
        sha256: &str,
    ) -> Self {
        Self(format!("templates/{tenant}/{}/{version}-{sha256}", name.as_str()))
    }

    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A URL that takes one file for a short while.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadSlot {
    /// Where to `PUT`.
    pub url: String,
    /// Headers that have to be sent with it.
    pub headers: Vec<(String, String)>,
}

impl std::fmt::Debug for UploadSlot {
    /// The URL opens the slot to whoever has it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UploadSlot")
    }
}
