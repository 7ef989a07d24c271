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

    /// A customer's file. `days` is how long the tenant wants it kept: the bucket's rule for the
    /// prefix follows it.
    pub fn attachment(retention: super::Retention, tenant: &TenantId, drawn: &str) -> Self {
        Self(format!("attachments/{}d/{tenant}/{drawn}", retention.days()))
    }

    /// What a business's URL led to, on its way to Apple.
    pub fn fetched(tenant: &TenantId, drawn: &str) -> Self {
        Self(format!("fetched/{tenant}/{drawn}"))
    }

    /// The ciphertext of an answer that could not be decoded, by the SHA-256 of its reference, in hex.
    pub fn ciphertext(tenant: &TenantId, reference: &str) -> Self {
        Self(format!("ciphertexts/{tenant}/{reference}"))
    }

    /// What a reference was resolved to.
    pub fn download(tenant: &TenantId, download: &super::DownloadId) -> Self {
        Self(format!("downloads/{tenant}/{download}"))
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
