use amb_service::{
    account::{Download, DownloadState, InteractiveData},
    model::{AttachmentId, Scan, StoredFile},
};
use serde::Serialize;
use serde_json::value::RawValue;

use super::Instant;

/// A customer's file that is kept.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Attachment))]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttachmentView {
    /// `att_` and 54 characters.
    id: String,
    /// The customer's name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// The type that it was declared as.
    #[serde(skip_serializing_if = "Option::is_none")]
    declared_type: Option<String>,
    /// The type that its first bytes tell.
    media_type: String,
    /// In bytes.
    size: u64,
    /// Of its bytes, in hex.
    sha256: String,
    /// Its bytes betray its declared type or its name: it is given out to administrators only.
    quarantined: bool,
    /// What a scanner says of it; `infected` is not given out.
    #[cfg_attr(test, schema(value_type = crate::openapi::ScanWord))]
    scan: Scan,
    /// It is given out until then.
    expires_at: Instant,
}

impl AttachmentView {
    pub(crate) fn of(id: &AttachmentId, file: StoredFile) -> Self {
        Self {
            id: id.to_string(),
            name: file.name,
            declared_type: file.declared_type,
            media_type: file.media_type,
            size: file.size,
            sha256: file.sha256,
            quarantined: file.quarantined,
            scan: file.scan,
            expires_at: Instant(file.expires_at),
        }
    }
}

/// A reference that is, or was, resolved.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema), schema(as = Download))]
#[serde(rename_all = "camelCase")]
pub(crate) struct DownloadView {
    /// `dld_` and 26 characters.
    id: String,
    /// `pending`, `ready` or `failed`.
    #[cfg_attr(test, schema(value_type = crate::openapi::DownloadStatusWord))]
    status: &'static str,
    /// With `ready`: what the reference stood for, unless it is too large for one answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<Object>))]
    interactive_data: Option<Box<RawValue>>,
    /// With `ready`: where it is, when it is too large.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    /// The URL is dead from then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    url_expires_at: Option<Instant>,
    /// With `failed`: why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<crate::openapi::PayloadFaultWord>))]
    code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

impl From<Download> for DownloadView {
    fn from(download: Download) -> Self {
        let id = download.id.to_string();
        match download.state {
            DownloadState::Pending => Self { id, status: "pending", ..Self::default() },
            DownloadState::Ready(InteractiveData::Inline(data)) => {
                Self { id, status: "ready", interactive_data: Some(data), ..Self::default() }
            }
            DownloadState::Ready(InteractiveData::Link { url, expires_at }) => Self {
                id,
                status: "ready",
                url: Some(url),
                url_expires_at: Some(Instant(expires_at)),
                ..Self::default()
            },
            DownloadState::Failed { code, detail } => {
                let code = Some(code.as_str());
                Self { id, status: "failed", code, detail, ..Self::default() }
            }
        }
    }
}
