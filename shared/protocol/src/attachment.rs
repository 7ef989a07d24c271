//! Files and large payloads that lie in Apple's content store, as messages refer to them.
//!
//! Apple has named the keys twice, and both generations are on the wire (Apple, type-text; the older
//! names: Apple's 2016 samples). A view never fails: what is absent or malformed is `None`, the
//! message is kept, and the file is parked with the [`AttachmentFault`] that says why.

mod cipher;
pub mod content_type;
mod entry;
pub mod file_name;
mod key;
pub mod outgoing;
mod signature;

use std::fmt;

use serde_json::value::RawValue;

pub use self::cipher::Cipher;
pub use self::entry::Entry;
pub use self::key::{AttachmentKey, KeyFault};
pub use self::signature::Signature;
use crate::json::members::Members;

/// Largest attachment in bytes: Apple's 100 MB, read as mebibytes. Source: Apple, Integration.
pub const ATTACHMENT_MAX_BYTES: i64 = 104_857_600;

/// Most characters of a file's name that are kept: our choice, more than any file system takes.
pub const NAME_MAX_CHARS: usize = 1_024;

/// Most characters of a declared media type that are kept: twice what a sound one has (RFC 6838).
pub const MIME_TYPE_MAX_CHARS: usize = 255;

/// One entry of `attachments`. `Debug` shows the size alone: the rest names or opens a customer's file.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attachment {
    /// `name`: the customer's file name. Untrusted; at most [`NAME_MAX_CHARS`].
    pub name: Option<String>,
    /// `mimeType` or `mime-type`, as declared; at most [`MIME_TYPE_MAX_CHARS`].
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
/// for 30 days. Source: Apple, Interactive Message Types. `Debug` shows the size alone.
#[derive(Clone, Default, PartialEq, Eq)]
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
    /// The declared size is more than [`ATTACHMENT_MAX_BYTES`] or less than nothing. A file may be
    /// empty, a reference may not.
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
            name: entry.text(&["name"]).map(|name| cut(name, NAME_MAX_CHARS)),
            mime_type: entry
                .text(&["mimeType", "mime-type"])
                .map(|declared| cut(declared, MIME_TYPE_MAX_CHARS)),
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
        fault(
            [
                ("url", self.url.as_deref()),
                ("owner", self.owner.as_deref()),
                ("signature", self.signature_base64.as_deref()),
            ],
            self.key.as_deref(),
            (self.size, 0),
        )
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
        fault(
            [
                ("url", self.url.as_deref()),
                ("owner", self.owner.as_deref()),
                ("signature", self.signature_base64.as_deref()),
            ],
            self.key.as_deref().or(self.data_ref_sig.as_deref()),
            // It is there to compare with: without it, what comes is what there is.
            (Some(self.size.unwrap_or(1)), 1),
        )
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment").field("size", &self.size).finish_non_exhaustive()
    }
}

impl fmt::Debug for DataReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DataReference").field("size", &self.size).finish_non_exhaustive()
    }
}

fn fault(
    required: [(&'static str, Option<&str>); 3],
    key: Option<&str>,
    (size, least): (Option<i64>, i64),
) -> Option<AttachmentFault> {
    for (name, value) in required {
        if value.is_none_or(str::is_empty) {
            return Some(AttachmentFault::Incomplete(name));
        }
    }
    if key.is_none_or(|key| AttachmentKey::parse(key).is_err()) {
        return Some(AttachmentFault::Incomplete("key"));
    }
    match size {
        None => Some(AttachmentFault::Incomplete("size")),
        Some(size) if (least..=ATTACHMENT_MAX_BYTES).contains(&size) => None,
        Some(_) => Some(AttachmentFault::Size),
    }
}

/// The same bytes come as hex, as base64, or both. Hex text is valid base64 of other bytes, so each
/// form is taken from its own key only.
fn signature(entry: &Members<'_>) -> Option<String> {
    entry.text(&["signature-base64", "mmcs-signature-base64"]).or_else(|| {
        let hex = entry.text(&["signature", "mmcs-signature-hex"])?;
        Some(Signature::from_hex(&hex)?.base64())
    })
}

fn cut(mut text: String, max_chars: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(max_chars) {
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json, value::to_raw_value};

    use super::*;

    const KEY: &str = "00000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn current() -> Value {
        json!({"name": "IMG_0007.HEIC", "mimeType": "image/heic", "size": 183_204, "key": KEY,
               "url": "https://p00-content.example.com/M0001.C01", "owner": "M0001.C01",
               "signature": "819f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
               "signature-base64": "gZ+G0IGITH1lmi/qoMVa0BWjv08b"})
    }

    fn view(entry: &Value) -> Attachment {
        Attachment::view(&to_raw_value(entry).unwrap())
    }

    fn with(name: &str, value: Value) -> Attachment {
        let mut entry = current();
        entry[name] = value;
        view(&entry)
    }

    #[test]
    fn both_generations_of_keys_read_the_same() {
        let legacy = json!({
            "name": "IMG_0007.HEIC", "mime-type": "image/heic", "file-size": "183204",
            "decryption-key": KEY, "mmcs-url": "https://p00-content.example.com/M0001.C01",
            "mmcs-owner": "M0001.C01",
            "mmcs-signature-hex": "819F86D081884C7D659A2FEAA0C55AD015A3BF4F1B"});
        assert_eq!(view(&legacy), view(&current()));
        assert_eq!(view(&legacy).fault(), None);
        assert_eq!(view(&current()).size, Some(183_204));
    }

    #[test]
    fn debug_shows_neither_key_nor_place() {
        let shown = format!("{:?}", view(&current()));
        assert_eq!(shown, "Attachment { size: Some(183204), .. }");
    }

    #[test]
    fn a_hex_signature_is_never_taken_for_base64() {
        let mut entry = current();
        entry.as_object_mut().unwrap().remove("signature-base64");
        let view = view(&entry);
        assert_eq!(view.signature_base64.as_deref(), Some("gZ+G0IGITH1lmi/qoMVa0BWjv08b"));
    }

    #[test]
    fn m152_what_is_missing_parks_the_attachment() {
        for (name, fault) in [("url", "url"), ("owner", "owner"), ("key", "key"), ("size", "size")]
        {
            assert_eq!(
                with(name, Value::Null).fault(),
                Some(AttachmentFault::Incomplete(fault)),
                "{name}"
            );
        }
        assert_eq!(with("name", Value::Null).fault(), None);
        assert_eq!(with("mimeType", json!([])).fault(), None);
        assert_eq!(view(&json!({})).fault(), Some(AttachmentFault::Incomplete("url")));
        let mut entry = current();
        entry["signature"] = json!("zz");
        entry["signature-base64"] = Value::Null;
        assert_eq!(view(&entry).fault(), Some(AttachmentFault::Incomplete("signature")));
    }

    #[test]
    fn m153_a_size_out_of_range_parks_the_attachment() {
        for size in [json!(-1), json!(104_857_601), json!("104857601")] {
            assert_eq!(with("size", size).fault(), Some(AttachmentFault::Size));
        }
        for size in [json!("x"), json!(9_223_372_036_854_775_808_u64), json!(1.5)] {
            assert_eq!(with("size", size).fault(), Some(AttachmentFault::Incomplete("size")));
        }
        assert_eq!(with("size", json!(104_857_600)).fault(), None);
    }

    #[test]
    fn a001_names_and_types_of_any_length_are_kept_up_to_a_limit() {
        let long = with("name", json!("é".repeat(100_000)));
        assert_eq!(long.name.unwrap(), "é".repeat(NAME_MAX_CHARS));
        let long = with("mimeType", json!(format!("image/png; x={}", "y".repeat(10_000))));
        let declared = long.mime_type.unwrap();
        assert!(declared.starts_with("image/png; x=y") && declared.len() == MIME_TYPE_MAX_CHARS);
        for name in ["", "x", &"x".repeat(1_000)] {
            assert_eq!(with("name", json!(name)).name.as_deref(), Some(name));
        }
    }

    #[test]
    fn a004_a_file_may_be_empty_and_a_reference_may_not() {
        assert_eq!(with("size", json!(0)).fault(), None);
        let mut reference = current();
        reference["bid"] = json!("com.apple.messages.MSMessageExtensionBalloonPlugin:0:x");
        reference["size"] = json!(0);
        let reference = DataReference::view(&to_raw_value(&reference).unwrap());
        assert_eq!(reference.fault(), Some(AttachmentFault::Size));
    }

    #[test]
    fn m156_a_reference_without_a_sound_key_is_parked() {
        let mut reference = current();
        reference["bid"] = json!("com.apple.messages.MSMessageExtensionBalloonPlugin:0:x");
        let read = |reference: &Value| DataReference::view(&to_raw_value(reference).unwrap());
        assert_eq!(read(&reference).fault(), None);
        reference["key"] = json!("01".repeat(33));
        assert_eq!(read(&reference).fault(), Some(AttachmentFault::Incomplete("key")));
        reference["key"] = Value::Null;
        reference["dataRefSig"] = json!(KEY);
        assert_eq!(read(&reference).fault(), None);
        reference["bid"] = Value::Null;
        assert_eq!(read(&reference).fault(), Some(AttachmentFault::Incomplete("bid")));
    }

    #[test]
    fn a_key_may_lack_its_prefix() {
        assert_eq!(with("key", json!(KEY.strip_prefix("00"))).fault(), None);
        for bad in ["", "00", &"zz".repeat(33), &"01".repeat(33), &"00".repeat(34)] {
            let fault = with("key", json!(bad)).fault();
            assert_eq!(fault, Some(AttachmentFault::Incomplete("key")), "{bad}");
        }
    }
}
