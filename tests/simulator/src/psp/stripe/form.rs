//! Requests as Stripe reads them: forms, with brackets in their names.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What a form says, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Form(pub(super) BTreeMap<String, String>);

impl Form {
    pub(super) fn read(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let url = reqwest::Url::parse(&format!("http://form/?{text}"));
        let pairs = |url: reqwest::Url| url.query_pairs().into_owned().collect();
        Self(url.map(pairs).unwrap_or_default())
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn amount(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }

    pub(super) fn metadata(&self) -> BTreeMap<String, String> {
        let entry = |(name, value): (&String, &String)| {
            let name = name.strip_prefix("metadata[")?.strip_suffix(']')?;
            Some((name.to_owned(), value.clone()))
        };
        self.0.iter().filter_map(entry).collect()
    }

    /// Without the card's token.
    pub(super) fn shown(&self) -> Value {
        let hidden = |name: &str| name == "pk_token";
        let shown = |(name, value): (&String, &String)| {
            let value = if hidden(name) { "…" } else { value.as_str() };
            (name.clone(), json!(value))
        };
        Value::Object(self.0.iter().map(shown).collect::<Map<_, _>>())
    }
}
