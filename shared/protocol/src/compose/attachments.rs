//! Files that a business sends with a text: where they come from and what they are called.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{check::Check, object::Object, syntax};
use crate::{
    attachment::{Entry, file_name},
    rules::Fault,
};

/// A file that has to be in Apple's content store before its message can leave.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PendingFile {
    /// Its place in the body's `attachments`, and among the places in the text.
    pub index: u32,
    /// Where the business named it, as a JSON Pointer into the request.
    pub origin: String,
    /// Where it comes from.
    pub source: FileSource,
    /// What the customer sees it called, harmless; the source decides if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its media type; the source decides if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
}

impl PendingFile {
    /// Puts the file in its place, under the name and the type that the business gave it.
    pub fn fill(&self, body: &mut Map<String, Value>, entry: Entry) {
        let entry = entry.called(self.name.as_deref(), self.mime_type.as_deref());
        let entries = body.get_mut("attachments").and_then(Value::as_array_mut);
        let place = usize::try_from(self.index).ok();
        if let Some(place) = entries.zip(place).and_then(|(entries, at)| entries.get_mut(at)) {
            *place = entry.to_json();
        }
    }

    /// What stands in its place before.
    pub(super) fn known(&self) -> Value {
        let known = [("name", &self.name), ("mimeType", &self.mime_type)];
        let known = known.into_iter().filter_map(|(member, value)| {
            Some((member.to_owned(), Value::from(value.as_deref()?)))
        });
        Value::Object(known.collect())
    }
}

impl fmt::Debug for PendingFile {
    /// Names and links are the business's own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingFile").field("origin", &self.origin).finish_non_exhaustive()
    }
}

/// Where a file comes from.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum FileSource {
    /// An https URL.
    Url(String),
    /// The id of an upload.
    Upload(String),
}

impl fmt::Debug for FileSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Url(_) => "Url",
            Self::Upload(_) => "Upload",
        })
    }
}

/// Reads `attachments` of content; none if there are none, nothing if one of them is wrong.
pub(super) fn read(content: &mut Object<'_>, check: &mut Check<'_>) -> Option<Vec<PendingFile>> {
    if !content.has("attachments") {
        content.optional("attachments");
        return Some(Vec::new());
    }
    let entries = content.optional_list("attachments", check)?;
    check.count(entries.len(), "attachments_items", || content.pointer("attachments"));
    content.each("attachments", entries, check, file)
}

fn file(at: usize, entry: &mut Object<'_>, check: &mut Check<'_>) -> Option<PendingFile> {
    let source = source(entry, check);
    let name = entry.optional_string("name", check).filter(|name| !name.is_empty());
    let mime_type = entry.optional_string("mimeType", check);
    if mime_type.is_some_and(|text| !is_media_type(text)) {
        let message = "a media type such as application/pdf is expected";
        check.fault(Fault::new(entry.pointer("mimeType"), "attachment_mime_type", message));
    }
    let (source, origin) = source?;
    Some(PendingFile {
        index: u32::try_from(at).unwrap_or(u32::MAX),
        origin,
        source,
        name: name.map(file_name::harmless),
        mime_type: mime_type.map(str::to_owned),
    })
}

/// Exactly one of `url` and `uploadId`, and where it stands.
fn source(entry: &mut Object<'_>, check: &mut Check<'_>) -> Option<(FileSource, String)> {
    let url = entry.optional_string("url", check);
    let upload = entry.optional_string("uploadId", check);
    let given = ["url", "uploadId"].map(|name| entry.has(name));
    if given[0] == given[1] {
        let message = "exactly one of `url` and `uploadId` is expected";
        let given = given.into_iter().filter(|is_given| *is_given).count();
        let fault = Fault::new(entry.at(), "attachment_source", message);
        check.fault(fault.limit(1, given));
        return None;
    }
    if given[0] {
        let (url, pointer) = (url?, entry.pointer("url"));
        let most = check.limit("attachment_url").unwrap_or(u64::MAX);
        if !syntax::is_https(url) || url.len() as u64 > most {
            let message = format!("an https URL of at most {most} bytes is expected");
            check.fault(Fault::new(pointer, "attachment_url", message));
            return None;
        }
        return Some((FileSource::Url(url.to_owned()), pointer));
    }
    let (upload, pointer) = (upload?, entry.pointer("uploadId"));
    if !syntax::is_upload_id(upload) {
        let message = "`upl_` and 26 characters of a-z and 2-7 are expected";
        check.fault(Fault::new(pointer, "attachment_upload_id", message));
        return None;
    }
    Some((FileSource::Upload(upload.to_owned()), pointer))
}

/// A word or two around a slash, with parameters: Apple refuses none, and one of its own,
/// `vnd.usdz+zip`, has no slash.
fn is_media_type(text: &str) -> bool {
    let kind = text.split(';').next().unwrap_or_default().trim_end();
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b);
    let mut parts = kind.split('/');
    let is_word = |part: &str| !part.is_empty() && part.bytes().all(plain);
    text.len() <= 255
        && text.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
        && parts.by_ref().take(2).all(is_word)
        && parts.next().is_none()
}
