//! Files and large payloads that lie in Apple's content store, as messages refer to them.
//!
//! Apple has named the keys twice, and both generations are on the wire (Apple, type-text; the older
//! names: Apple's 2016 samples). A view never fails: what is absent or malformed is `None`, the
//! message is kept, and the file is parked with the [`AttachmentFault`] that says why.

use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
use serde_json::value::RawValue;

use crate::json::members::Members;

/// Largest attachment in bytes: Apple's 100 MB, read as mebibytes. Source: Apple, Integration.
pub const ATTACHMENT_MAX_BYTES: i64 = 104_857_600;

/// One entry of `attachments`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attachment {
    /// `name`: the customer's file name. Untrusted.
    pub name: Option<String>,
    /// `mimeType` or `mime-type`, as declared.
    pub mime_type: Option<String>,
    /// `size` or `file-size`, in bytes, plain and encrypted alike. Number or string of digits.
    pub size: Option<i64>,
    /// `key` or `decryption-key`: `00` and 64 hex digits.
    pub key: Option<String>,
    /// `url` or `mmcs-url`: what `/preDownload` is asked for.
    pub url: Option<String>,
    /// `owner` or `mmcs-owner`.
    pub owner: Option<String>,
    /// The signature in base64, the form that `/preDownload` wants, whichever form was sent.
    pub signature_base64: Option<String>,
}

/// `interactiveDataRef`: an interactive reply too large for the message (over 10 KB), kept by Apple
/// for 30 days. Source: Apple, Interactive Message Types.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataReference {
    /// `bid`: the business extension that made it.
    pub bid: Option<String>,
    /// `title`, if there is one.
    pub title: Option<String>,
    /// `size` in bytes.
    pub size: Option<i64>,
    /// `key`: `00` and 64 hex digits.
    pub key: Option<String>,
    /// `url`: what `/preDownload` is asked for.
    pub url: Option<String>,
    /// `owner`.
    pub owner: Option<String>,
    /// The signature in base64, whichever form was sent.
    pub signature_base64: Option<String>,
    /// `dataRefSig`, which stands where the key would in a reference that may be sent again.
    pub data_ref_sig: Option<String>,
}

/// Why a file cannot be fetched although the message that names it is sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AttachmentFault {
    /// A value without which the file cannot be fetched is absent or malformed.
    #[error("{0} is absent or malformed")]
    Incomplete(&'static str),
    /// The declared size is not between 1 and [`ATTACHMENT_MAX_BYTES`].
    #[error("the declared size is out of range")]
    Size,
}

impl Attachment {
    /// Reads one entry of [`Envelope::attachments`](crate::inbound::Envelope::attachments).
    pub fn view(entry: &RawValue) -> Self {
        let Ok(entry) = serde_json::from_str::<Members<'_>>(entry.get()) else {
            return Self::default();
        };
        Self {
            name: entry.text(&["name"]),
            mime_type: entry.text(&["mimeType", "mime-type"]),
            size: entry.integer(&["size", "file-size"]),
            key: entry.text(&["key", "decryption-key"]),
            url: entry.text(&["url", "mmcs-url"]),
            owner: entry.text(&["owner", "mmcs-owner"]),
            signature_base64: signature(&entry),
        }
    }

    /// The first thing that keeps this file from being fetched, if there is one. Name and MIME type
    /// are no obstacle.
    pub fn fault(&self) -> Option<AttachmentFault> {
        fault(&self.url, &self.owner, &self.signature_base64, &self.key, self.size)
    }
}

impl DataReference {
    /// Reads [`Envelope::interactive_data_ref`](crate::inbound::Envelope::interactive_data_ref).
    pub fn view(reference: &RawValue) -> Self {
        let Ok(reference) = serde_json::from_str::<Members<'_>>(reference.get()) else {
            return Self::default();
        };
        Self {
            bid: reference.text(&["bid"]),
            title: reference.text(&["title"]),
            size: reference.integer(&["size", "file-size"]),
            key: reference.text(&["key", "decryption-key"]),
            url: reference.text(&["url", "mmcs-url"]),
            owner: reference.text(&["owner", "mmcs-owner"]),
            signature_base64: signature(&reference),
            data_ref_sig: reference.text(&["dataRefSig"]),
        }
    }

    /// The first thing that keeps this payload from being fetched, if there is one.
    pub fn fault(&self) -> Option<AttachmentFault> {
        if self.bid.is_none() {
            return Some(AttachmentFault::Incomplete("bid"));
        }
        let key = if self.key.is_some() { &self.key } else { &self.data_ref_sig };
        fault(&self.url, &self.owner, &self.signature_base64, key, self.size)
    }
}

fn fault(
    url: &Option<String>,
    owner: &Option<String>,
    signature: &Option<String>,
    key: &Option<String>,
    size: Option<i64>,
) -> Option<AttachmentFault> {
    for (name, value) in [("url", url), ("owner", owner), ("signature", signature)] {
        if value.as_deref().is_none_or(str::is_empty) {
            return Some(AttachmentFault::Incomplete(name));
        }
    }
    if !key.as_deref().is_some_and(is_key) {
        return Some(AttachmentFault::Incomplete("key"));
    }
    match size {
        None => Some(AttachmentFault::Incomplete("size")),
        Some(1..=ATTACHMENT_MAX_BYTES) => None,
        Some(_) => Some(AttachmentFault::Size),
    }
}

/// An AES-256 key in hex with Apple's leading `00`; some senders leave the prefix out.
fn is_key(text: &str) -> bool {
    let digits = if text.len() == 66 { text.strip_prefix("00") } else { Some(text) };
    digits.is_some_and(|d| d.len() == 64 && d.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// The same bytes come as hex, as base64, or both. Hex text is valid base64 of other bytes, so each
/// form is taken from its own key only.
fn signature(entry: &Members<'_>) -> Option<String> {
    entry.text(&["signature-base64", "mmcs-signature-base64"]).or_else(|| {
        let hex = entry.text(&["signature", "mmcs-signature-hex"])?;
        Some(BASE64.encode(&HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?))
    })
}
