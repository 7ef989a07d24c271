//! Values that fit a schema, to try a template with before anybody sends it.

use serde_json::{Map, Value, json};

/// Elements of a list in a sample.
const ELEMENTS: usize = 2;

/// A value that fits: the default, an example, one of the words, or something of the type.
pub(super) fn sample(schema: &Value) -> Value {
    let given = schema
        .get("default")
        .or_else(|| schema.pointer("/examples/0"))
        .or_else(|| schema.pointer("/enum/0"));
    if let Some(value) = given {
        return value.clone();
    }
    let kind = schema.get("type");
    let word = kind.and_then(Value::as_str).or_else(|| kind?.get(0)?.as_str());
    match word {
        Some("object") => {
            let properties = schema.get("properties").and_then(Value::as_object);
            let members = properties.into_iter().flatten();
            let made: Map<_, _> =
                members.map(|(name, schema)| (name.clone(), sample(schema))).collect();
            Value::Object(made)
        }
        Some("array") => {
            let element = schema.get("items").map_or_else(|| json!("sample"), sample);
            let fewest = schema.get("minItems").and_then(Value::as_u64).unwrap_or_default();
            let most = schema.get("maxItems").and_then(Value::as_u64).unwrap_or(u64::MAX);
            let length = usize::try_from(fewest.min(100)).unwrap_or_default().max(ELEMENTS);
            Value::Array(vec![element; length.min(usize::try_from(most).unwrap_or(ELEMENTS))])
        }
        Some("number" | "integer") => {
            let least = schema.get("minimum").or_else(|| schema.get("maximum"));
            least.cloned().unwrap_or_else(|| json!(1))
        }
        Some("boolean") => json!(true),
        _ => {
            let fewest = schema.get("minLength").and_then(Value::as_u64).unwrap_or_default();
            let missing = usize::try_from(fewest.min(10_000)).unwrap_or_default();
            let most = schema.get("maxLength").and_then(Value::as_u64).unwrap_or(u64::MAX);
            let text = format!("sample{}", "x".repeat(missing.saturating_sub(6)));
            json!(
                text.chars().take(usize::try_from(most).unwrap_or(usize::MAX)).collect::<String>()
            )
        }
    }
}
