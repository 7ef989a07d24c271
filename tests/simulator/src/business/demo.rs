//! One message of each type, by keyword. The content is in `demo/*.json`, in the words of the
//! product's API; placeholders stand for what is known only when it is sent:
//!
//! | placeholder | is |
//! |---|---|
//! | `${shop}` | the address of the simulator's shop |
//! | `${clip}` | its page with an App Clip, as https |
//! | `${picture:desk.png}` | a picture of the shop's, Base64 |
//! | `${day:3}` | the day in three days, `2026-06-01` |
//! | `${uuid}` | a new UUID |
//! | `${word}` | what follows the keyword |
//! | `${upload:prices.pdf}` | the id of an upload of a file of the shop's, see [`Demo::name_upload`] |

use data_encoding::BASE64;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Map, Value};

use crate::host;
use crate::shop;

/// A keyword and the messages it is answered by.
const DEMOS: [(&str, &str); 18] = [
    ("app", include_str!("demo/app.json")),
    ("clip", include_str!("demo/clip.json")),
    ("fallback", include_str!("demo/fallback.json")),
    ("file", include_str!("demo/file.json")),
    ("form", include_str!("demo/form.json")),
    ("image", include_str!("demo/image.json")),
    ("invite", include_str!("demo/invite.json")),
    ("link", include_str!("demo/link.json")),
    ("links", include_str!("demo/links.json")),
    ("list", include_str!("demo/list.json")),
    ("list multi", include_str!("demo/list-multi.json")),
    ("menu", include_str!("demo/menu.json")),
    ("pay", include_str!("demo/pay.json")),
    ("photo", include_str!("demo/photo.json")),
    ("quick", include_str!("demo/quick.json")),
    ("raw", include_str!("demo/raw.json")),
    ("template", include_str!("demo/template.json")),
    ("time", include_str!("demo/time.json")),
];

/// What is sent, and what has to be made at the product first.
#[derive(Debug)]
pub(super) struct Demo {
    /// Path and body.
    pub(super) before: Vec<(String, Value)>,
    /// Files of the shop's to upload.
    pub(super) files: Vec<String>,
    pub(super) messages: Vec<Map<String, Value>>,
}

impl Demo {
    /// Puts the upload's id where the messages name the file.
    pub(super) fn name_upload(&mut self, file: &str, id: &str) {
        let placeholder = format!("${{upload:{file}}}");
        for message in &mut self.messages {
            message.values_mut().for_each(|value| put(value, &placeholder, id));
        }
    }
}

fn put(value: &mut Value, placeholder: &str, id: &str) {
    match value {
        Value::String(text) if text == placeholder => id.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| put(item, placeholder, id)),
        Value::Object(map) => map.values_mut().for_each(|item| put(item, placeholder, id)),
        _ => {}
    }
}

/// The demo a text asks for: a keyword alone, or `invite` and a number.
pub(super) fn named(text: &str, simulator: &str) -> Option<Demo> {
    let text = text.trim().to_lowercase();
    let (keyword, word) = match text.split_once(' ') {
        Some(("invite", number)) => ("invite", number.trim()),
        _ if text == "invite" => return None,
        _ => (text.as_str(), ""),
    };
    let (_, json) = DEMOS.iter().find(|(it, _)| *it == keyword)?;
    let mut demo: Value = serde_json::from_str(json).ok()?;
    fill(&mut demo, &Values { simulator, word });
    let before = demo.get("before").and_then(Value::as_array).into_iter().flatten();
    let before = before
        .filter_map(|step| {
            Some((step.get("path")?.as_str()?.to_owned(), step.get("body")?.clone()))
        })
        .collect();
    let files = demo.get("files").and_then(Value::as_array).into_iter().flatten();
    let files = files.filter_map(|file| file.as_str().map(str::to_owned)).collect();
    let messages = demo.get("messages")?.as_array()?.iter();
    let messages = messages.filter_map(|message| message.as_object().cloned()).collect();
    Some(Demo { before, files, messages })
}

struct Values<'v> {
    simulator: &'v str,
    word: &'v str,
}

/// Puts values in the place of placeholders, in every string.
fn fill(value: &mut Value, values: &Values<'_>) {
    match value {
        Value::String(text) => *text = filled(text, values),
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, values)),
        Value::Object(map) => map.values_mut().for_each(|item| fill(item, values)),
        _ => {}
    }
}

fn filled(text: &str, values: &Values<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(&value_of(name, values));
        rest = after;
    }
    out.push_str(rest);
    out
}

fn value_of(name: &str, values: &Values<'_>) -> String {
    match name.split_once(':') {
        Some(("picture", name)) => {
            shop::picture(name).map(|(_, bytes)| BASE64.encode(bytes)).unwrap_or_default()
        }
        // Not known before the file is there.
        Some(("upload", _)) => format!("${{{name}}}"),
        Some(("day", days)) => day(days.parse().unwrap_or_default()),
        _ => match name {
            "shop" => format!("{}/shop", values.simulator),
            "clip" => format!("{}/shop/clip", values.simulator.replacen("http:", "https:", 1)),
            "uuid" => host::new_uuid(),
            "word" => values.word.to_owned(),
            _ => String::new(),
        },
    }
}

/// The day in so many days, in UTC.
fn day(days: i64) -> String {
    let now = Timestamp::from_second(host::now_seconds()).unwrap_or_default();
    let today = now.to_zoned(TimeZone::UTC).date();
    today.saturating_add(days.days()).to_string()
}

#[cfg(test)]
mod tests {
    use amb_protocol::compose::{Composing, ContentType, MerchantDefaults, compose};
    use amb_protocol::id::RequestIdentifier;
    use amb_protocol::rules::RulePack;

    use super::*;

    #[test]
    fn every_keyword_has_a_message_and_no_placeholder_stays() {
        for (keyword, _) in DEMOS {
            let text = if keyword == "invite" { "invite +12025550100" } else { keyword };
            let demo = uploaded(named(text, "http://127.0.0.1:1").unwrap());
            assert!(!demo.messages.is_empty(), "{keyword}");
            let json = serde_json::to_string(&demo.messages).unwrap();
            assert!(!json.contains("${") && !json.contains("\"data\":\"\""), "{json}");
        }
    }

    #[test]
    fn whatever_is_shown_keeps_to_the_rules() {
        let drawn = RequestIdentifier::parse("c0ffee00-0000-4000-8000-000000000001").unwrap();
        let merchant = MerchantDefaults::sample();
        let how = Composing {
            pack: RulePack::latest(),
            truncate: false,
            request_identifier: &drawn,
            merchant: Some(&merchant),
        };
        for (keyword, _) in DEMOS {
            let text = if keyword == "invite" { "invite +12025550100" } else { keyword };
            let demo = uploaded(named(text, "http://127.0.0.1:1").unwrap());
            let templates = demo.before.iter().map(|(_, body)| body.clone());
            let messages = demo.messages.into_iter().map(Value::Object);
            for message in messages.chain(templates) {
                let fallback = message.get("fallback").and_then(Value::as_array);
                for entry in fallback.into_iter().flatten().chain([&message]) {
                    let kind = entry.get("type").and_then(Value::as_str).unwrap();
                    let Some(kind) = ContentType::parse(kind) else { continue };
                    let content = entry.get("content").unwrap();
                    let composed = compose(kind, content, "/content", &how);
                    assert!(composed.is_ok(), "{keyword}: {composed:?}");
                }
            }
        }
    }

    /// The demo with its files uploaded.
    fn uploaded(mut demo: Demo) -> Demo {
        for file in std::mem::take(&mut demo.files) {
            assert!(shop::file(&file).is_some(), "{file}");
            demo.name_upload(&file, "upl_aaaaaaaaaaaaaaaaaaaaaaaaaa");
        }
        demo
    }

    #[test]
    fn only_the_keyword_itself_is_one() {
        let named = |text| named(text, "http://127.0.0.1:1").is_some();
        assert!(named(" List Multi\n"));
        for text in ["my list", "list of desks", "", "invite"] {
            assert!(!named(text), "{text}");
        }
    }
}
