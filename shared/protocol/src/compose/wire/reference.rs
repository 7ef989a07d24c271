//! What a message refers to in Apple's store: attachments, kept content, constructed links. Source:
//! Apple, type-text, Interactive Message Types and construct-payload.

use super::super::{check::Check, object::Object};
use crate::{
    attachment::{ATTACHMENT_MAX_BYTES, AttachmentKey},
    rules::Fault,
};

/// An entry of `attachments`, in today's spelling or the older one.
pub(super) fn attachment(entry: &mut Object<'_>, check: &mut Check<'_>) {
    for names in [["url", "mmcs-url"], ["owner", "mmcs-owner"]] {
        first(entry, &names, check);
    }
    first(
        entry,
        &["signature-base64", "mmcs-signature-base64", "signature", "mmcs-signature-hex"],
        check,
    );
    key(entry, check);
    if let Some((name, size)) = size(entry, ["size", "file-size"], check)
        && !(1..=ATTACHMENT_MAX_BYTES).contains(&size)
    {
        let message = format!("1 to {ATTACHMENT_MAX_BYTES} bytes are taken");
        let fault = Fault::new(entry.pointer(name), "attachment_bytes", message);
        check.fault(fault.limit(ATTACHMENT_MAX_BYTES, size));
    }
}

fn key(entry: &mut Object<'_>, check: &mut Check<'_>) {
    let name =
        if entry.has("decryption-key") && !entry.has("key") { "decryption-key" } else { "key" };
    let key = entry.string(name, check);
    if key.is_some_and(|key| AttachmentKey::parse(key).is_err()) {
        let message = "the key is not 00 and 64 hex digits";
        check.fault(Fault::new(entry.pointer(name), "attachment_key", message));
    }
}

/// `interactiveDataRef`.
pub(super) fn interactive(kept: &mut Object<'_>, check: &mut Check<'_>) {
    for name in ["bid", "url", "owner"] {
        kept.string(name, check);
    }
    first(kept, &["signature-base64", "signature"], check);
    first(kept, &["key", "dataRefSig"], check);
    size(kept, ["size", "file-size"], check);
}

/// `richLinkDataRef`.
pub(super) fn rich_link(link: &mut Object<'_>, check: &mut Check<'_>) {
    for name in ["url", "owner", "key"] {
        link.string(name, check);
    }
    first(link, &["signature-base64", "signature"], check);
    size(link, ["size", "file-size"], check);
    link.optional_string("title", check);
}

/// One of these names has a string; the first is today's.
fn first(object: &mut Object<'_>, names: &[&'static str], check: &mut Check<'_>) {
    let Some(today) = names.first() else { return };
    let name = names.iter().find(|name| object.has(name)).unwrap_or(today);
    object.string(name, check);
}

/// A number, or a string of digits as in Apple's samples.
fn size(
    object: &mut Object<'_>,
    names: [&'static str; 2],
    check: &mut Check<'_>,
) -> Option<(&'static str, i64)> {
    let [today, older] = names;
    let name = if object.has(older) && !object.has(today) { older } else { today };
    let value = object.required(name, check)?;
    let size = value.as_i64().or_else(|| value.as_str()?.parse().ok());
    if size.is_none() {
        check.fault(Fault::new(object.pointer(name), "type", "a number of bytes is expected"));
    }
    size.map(|size| (name, size))
}
