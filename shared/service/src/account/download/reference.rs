//! An `interactiveDataRef` as a business hands it back to us: every fault of it, each in its place.

use amb_protocol::attachment::{AttachmentKey, DataReference};
use serde_json::{Map, Value, json, value::to_raw_value};

use crate::problem::{Fault, Faults, Reader};

/// The largest answer that a reference may stand for: what `/decodePayload` gives back is no larger.
pub const MAX_REFERENCED: i64 = 10 * 1024 * 1024;
/// Longest `url`, in characters.
const MAX_URL: usize = 8_192;
/// Longest other member, in characters.
const MAX_WORD: usize = 1_024;

const MEMBER: &str = "interactiveDataRef";

/// The reference as JSON, of what is needed of it and of nothing else; in either spelling of Apple's.
pub(super) fn read(reader: &mut Reader<'_>, faults: &mut Faults) -> Option<String> {
    let value = reader.required(MEMBER, faults)?;
    let Value::Object(given) = value else {
        faults.push(Fault::new(reader.pointer(MEMBER), "type", "an object is expected"));
        return None;
    };
    let view = DataReference::view(&to_raw_value(given).ok()?);
    let mut members = Members { given, at: reader.pointer(MEMBER), faults };
    let bid = members.word(&["bid"], view.bid, MAX_WORD);
    let url = members.word(&["url", "mmcs-url"], view.url, MAX_URL);
    let owner = members.word(&["owner", "mmcs-owner"], view.owner, MAX_WORD);
    let signature = members.signature(view.signature_base64);
    let key = members.key(view.key.or(view.data_ref_sig));
    let size = members.size(view.size);
    let mut reference = json!({
        "bid": bid?, "url": url?, "owner": owner?, "signature-base64": signature?, "key": key?,
    });
    if let (Some(size), Some(members)) = (size, reference.as_object_mut()) {
        members.insert("size".to_owned(), size.into());
    }
    Some(reference.to_string())
}

struct Members<'a, 'f> {
    given: &'a Map<String, Value>,
    at: String,
    faults: &'f mut Faults,
}

impl Members<'_, '_> {
    fn word(&mut self, names: &[&str], found: Option<String>, max: usize) -> Option<String> {
        let Some(text) = found else { return self.missing(names, "a string is expected") };
        let length = text.chars().count();
        if (1..=max).contains(&length) {
            return Some(text);
        }
        let message = format!("1 to {max} characters are expected");
        let fault = Fault::new(self.place(names), "length", message).limit(max, length);
        self.faults.push(fault);
        None
    }

    /// In base64 or in hex, which are the same bytes; whether they are the right ones, Apple says.
    fn signature(&mut self, found: Option<String>) -> Option<String> {
        const NAMES: [&str; 4] =
            ["signature-base64", "mmcs-signature-base64", "signature", "mmcs-signature-hex"];
        let expected = "`signature` in hex or `signature-base64` in base64 is expected";
        match found {
            Some(text) => self.word(&NAMES, Some(text), MAX_WORD),
            None => self.missing(&NAMES, expected),
        }
    }

    fn key(&mut self, found: Option<String>) -> Option<String> {
        const NAMES: [&str; 3] = ["key", "decryption-key", "dataRefSig"];
        let expected = "`00` and 64 hex digits are expected";
        match found {
            Some(text) if AttachmentKey::parse(&text).is_ok() => Some(text),
            Some(_) => self.wrong(&NAMES, "format", expected),
            None => self.missing(&NAMES, expected),
        }
    }

    /// The size, which may be absent: then it is whatever comes, up to the same limit.
    fn size(&mut self, found: Option<i64>) -> Option<i64> {
        const NAMES: [&str; 2] = ["size", "file-size"];
        let absent = NAMES.iter().all(|name| !self.has(name));
        if absent || matches!(found, Some(1..=MAX_REFERENCED)) {
            return found;
        }
        let message = format!("a whole number from 1 to {MAX_REFERENCED}");
        let fault = Fault::new(self.place(&NAMES), "range", message);
        self.faults.push(fault.limit(MAX_REFERENCED, found));
        None
    }

    fn missing<T>(&mut self, names: &[&str], expected: &str) -> Option<T> {
        let rule = if names.iter().any(|name| self.has(name)) { "format" } else { "required" };
        self.wrong(names, rule, expected)
    }

    fn wrong<T>(&mut self, names: &[&str], rule: &'static str, expected: &str) -> Option<T> {
        self.faults.push(Fault::new(self.place(names), rule, expected));
        None
    }

    fn has(&self, name: &str) -> bool {
        self.given.get(name).is_some_and(|value| !value.is_null())
    }

    /// The pointer of the spelling that is there; of the first, where none is.
    fn place(&self, names: &[&str]) -> String {
        let there = names.iter().find(|name| self.has(name)).or(names.first());
        format!("{}/{}", self.at, there.copied().unwrap_or_default())
    }
}
