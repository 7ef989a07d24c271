//! A file as a message to a customer names it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{file_name, outgoing};

/// One entry of `attachments` in a message that we send, in today's spelling: what
/// [`Attachment`](super::Attachment) reads. `Debug` shows the size alone. Source: Apple, type-text.
///
/// ```
/// use amb_protocol::attachment::Entry;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let json = r#"{"name":"invoice.pdf","mimeType":"application/pdf","size":20481,
///   "key":"00202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f",
///   "url":"https://p00-content.example.com/M0002.C01","owner":"M0002.C01",
///   "signature-base64":"gQECAwQFBgcICQoLDA0ODxAREhMU"}"#;
/// let entry: Entry = serde_json::from_str(json)?;
/// assert_eq!(entry.to_json(), serde_json::from_str::<serde_json::Value>(json)?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// What the customer sees it called.
    pub name: String,
    /// `mimeType`
    pub mime_type: String,
    /// Bytes, plain and encrypted alike. Apple's page says number, its samples hold strings; a number
    /// is sent.
    pub size: u64,
    /// `00` and 64 hex digits: [`AttachmentKey::wire`](super::AttachmentKey::wire).
    pub key: String,
    /// `mmcs-url` of `/preUpload`.
    pub url: String,
    /// `mmcs-owner` of `/preUpload`.
    pub owner: String,
    /// `fileChecksum` of the upload.
    #[serde(rename = "signature-base64")]
    pub signature: String,
}

impl Entry {
    /// The same file under the name and the type that a business gives it; a name that ends like one of
    /// Apple's own types says the type, too.
    #[must_use]
    pub fn called(mut self, name: Option<&str>, mime_type: Option<&str>) -> Self {
        if let Some(name) = name {
            self.name = file_name::harmless(name);
        }
        self.mime_type =
            outgoing::media_type(mime_type, Some(&self.name), Some(&self.mime_type), &[]);
        self
    }

    /// The entry as it stands in the message.
    pub fn to_json(&self) -> Value {
        let Self { name, mime_type, size, key, url, owner, signature } = self;
        json!({
            "name": name, "mimeType": mime_type, "size": size, "key": key, "url": url,
            "owner": owner, "signature-base64": signature,
        })
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry").field("size", &self.size).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;

    use super::*;
    use crate::attachment::Attachment;

    #[test]
    fn an_entry_is_what_apples_sample_is_and_what_we_read() {
        let sample = include_str!("../../../../tests/vectors/messages/text_with_attachment.json");
        let sample: Value = serde_json::from_str(sample).unwrap();
        let sample = &sample["message"]["attachments"][0];
        let entry: Entry = serde_json::from_value(sample.clone()).unwrap();
        assert_eq!(entry.to_json(), *sample);
        assert_eq!(serde_json::to_value(&entry).unwrap(), *sample);
        let read = Attachment::view(&to_raw_value(&entry.to_json()).unwrap());
        assert_eq!(read.fault(), None);
        assert_eq!(read.key.as_deref(), Some(entry.key.as_str()));
        assert_eq!(read.signature_base64.as_deref(), Some(entry.signature.as_str()));
        assert_eq!(format!("{entry:?}"), "Entry { size: 48213, .. }");
    }

    #[test]
    fn ap07_a_name_of_the_business_s_says_apples_own_type() {
        let entry = Entry {
            name: "attachment.zip".into(),
            mime_type: "application/zip".into(),
            size: 1,
            key: String::new(),
            url: String::new(),
            owner: String::new(),
            signature: String::new(),
        };
        for (name, said, expected) in [
            (None, None, ("attachment.zip", "application/zip")),
            (Some("a.pkpass"), None, ("a.pkpass", "application/vnd.apple.pkpass")),
            (Some("a.pkpass"), Some("x/y"), ("a.pkpass", "x/y")),
            (Some("../a"), None, ("_._a", "application/zip")),
        ] {
            let called = entry.clone().called(name, said);
            assert_eq!((called.name.as_str(), called.mime_type.as_str()), expected);
        }
    }
}
