//! As much of JSON Schema as the document uses, to hold answers against it.

use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What is wrong with a value, if anything: every path that does not fit the schema.
pub(crate) fn misfits(document: &Value, schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    Check { document, found: &mut found }.fits(schema, value, "$");
    if let Some(members) = value.as_object() {
        let mut known = BTreeSet::new();
        let free = Check { document, found: &mut found }.members(schema, &mut known);
        for name in members.keys().filter(|name| !free && !known.contains(*name)) {
            found.push(format!("$.{name} is not documented"));
        }
    }
    found
}

/// The names that an object of this schema may have.
pub(crate) fn known_members(document: &Value, schema: &Value) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    Check { document, found: &mut Vec::new() }.members(schema, &mut known);
    known
}

struct Check<'d> {
    document: &'d Value,
    found: &'d mut Vec<String>,
}

impl<'d> Check<'d> {
    fn resolve(&self, schema: &'d Value) -> &'d Value {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let found = self.document.pointer(reference.trim_start_matches('#'));
                found.unwrap_or_else(|| panic!("{reference} leads nowhere"))
            }
            None => schema,
        }
    }

    fn fits(&mut self, schema: &'d Value, value: &Value, path: &str) {
        let schema = self.resolve(schema);
        for part in list(schema, "allOf") {
            self.fits(part, value, path);
        }
        for name in ["oneOf", "anyOf"] {
            let options = list(schema, name);
            // Members that belong to the other parts of an `allOf` are no misfit of an option.
            let one = |option: &'d Value| {
                let mut found = Vec::new();
                Check { document: self.document, found: &mut found }.fits(option, value, path);
                found.is_empty()
            };
            if !options.is_empty() && !options.iter().any(one) {
                self.found.push(format!("{path} fits no option"));
            }
        }
        let kinds = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
            Value::String(kind) => vec![kind.as_str()],
            _ => Vec::new(),
        };
        if !kinds.is_empty() && !kinds.iter().any(|kind| is(kind, value)) {
            self.found.push(format!("{path} is no {kinds:?}: {value}"));
        }
        let words = list(schema, "enum");
        if !words.is_empty() && !value.is_null() && !words.contains(value) {
            self.found.push(format!("{path} is none of the words: {value}"));
        }
        if let (Some(members), Some(object)) = (schema["properties"].as_object(), value.as_object())
        {
            self.object(schema, members, object, path);
        }
        if let (Some(item), Some(items)) = (schema.get("items"), value.as_array()) {
            for (at, value) in items.iter().enumerate() {
                let misfits = misfits(self.document, item, value);
                self.found.extend(misfits.iter().map(|text| format!("{path}[{at}]: {text}")));
            }
        }
    }

    fn object(
        &mut self,
        schema: &'d Value,
        members: &'d Map<String, Value>,
        object: &Map<String, Value>,
        path: &str,
    ) {
        for name in list(schema, "required").iter().filter_map(Value::as_str) {
            if !object.contains_key(name) {
                self.found.push(format!("{path}.{name} is missing"));
            }
        }
        for (name, value) in object {
            if let Some(schema) = members.get(name) {
                let misfits = misfits(self.document, schema, value);
                self.found.extend(misfits.iter().map(|text| format!("{path}.{name}: {text}")));
            }
        }
    }

    /// Collects the names an object may have; `true` when it may have any.
    fn members(&self, schema: &'d Value, known: &mut BTreeSet<String>) -> bool {
        let schema = self.resolve(schema);
        let mut parts = list(schema, "allOf").to_vec();
        parts.extend_from_slice(list(schema, "oneOf"));
        parts.extend_from_slice(list(schema, "anyOf"));
        let mut free = parts.is_empty() && schema["properties"].is_null();
        for name in ["allOf", "oneOf", "anyOf"] {
            for part in list(schema, name) {
                free |= part["type"] != "null" && self.members(part, known);
            }
        }
        known.extend(schema["properties"].as_object().into_iter().flat_map(Map::keys).cloned());
        free
    }
}

fn list<'v>(schema: &'v Value, name: &str) -> &'v [Value] {
    schema[name].as_array().map_or(&[], Vec::as_slice)
}

fn is(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "null" => value.is_null(),
        _ => false,
    }
}
