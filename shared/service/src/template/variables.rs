//! Variables: what is declared of them, what the content needs of them, and whether a call brings it.

use jsonschema::{Draft, ValidationError, Validator, error::ValidationErrorKind};
use serde_json::{Map, Value, json};

use super::{language::is_name, program::pointer, shape::Shape};
use crate::{
    json_size,
    problem::{Fault, Faults},
};

/// Variables that a template may declare.
const MOST_DECLARED: usize = 200;
/// Bytes of JSON that all declarations may have: they are answered with the schema, in one answer.
const MOST_BYTES: usize = 256 * 1024;
/// Deepest nesting of a declaration.
const DEEPEST: usize = 8;

/// The types of a declared variable.
const TYPES: [&str; 6] = ["string", "number", "integer", "boolean", "array", "object"];
/// Keywords of JSON Schema that a declaration takes, besides those that hold schemas.
const PLAIN: [&str; 12] = [
    "default",
    "description",
    "examples",
    "enum",
    "title",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "required",
];

/// Checks the declarations of a template; `at` is their JSON Pointer.
pub(super) fn check_declared(declared: &Map<String, Value>, at: &str, faults: &mut Faults) {
    if declared.len() > MOST_DECLARED {
        let message = format!("at most {MOST_DECLARED} variables are declared");
        faults.push(Fault::new(at, "length", message).limit(MOST_DECLARED, declared.len()));
        return;
    }
    let bytes = json_size::of(declared);
    if bytes > MOST_BYTES {
        let message = format!("at most {MOST_BYTES} bytes of declarations are taken");
        faults.push(Fault::new(at, "length", message).limit(MOST_BYTES, bytes));
        return;
    }
    let before = faults.len();
    for (name, schema) in declared {
        let at = pointer(at, name);
        if !is_name(name) {
            let message = "a name of letters, digits and `_` is expected";
            faults.push(Fault::new(&*at, "characters", message));
        }
        declaration(schema, &at, 0, faults);
        if faults.len() == before
            && let Some(fault) = odd(schema, &at)
        {
            faults.push(fault);
        }
    }
}

/// One declaration: a schema of few keywords. No patterns: they would be run over what callers send.
fn declaration(schema: &Value, at: &str, depth: usize, faults: &mut Faults) {
    let Value::Object(map) = schema else {
        faults.push(Fault::new(at, "type", "an object is expected"));
        return;
    };
    if depth > DEEPEST {
        faults.push(Fault::new(at, "template_depth", "declarations do not nest so deep"));
        return;
    }
    for (name, value) in map {
        let at = pointer(at, name);
        match (name.as_str(), value) {
            ("type", Value::String(word)) if TYPES.contains(&word.as_str()) => {}
            ("type", _) => {
                let message = format!("one of: {}", TYPES.join(", "));
                faults.push(Fault::new(at, "format", message));
            }
            ("items", value) => declaration(value, &at, depth + 1, faults),
            ("properties", Value::Object(members)) => {
                for (name, value) in members {
                    declaration(value, &pointer(&at, name), depth + 1, faults);
                }
            }
            ("properties", _) => faults.push(Fault::new(at, "type", "an object is expected")),
            (plain, _) if PLAIN.contains(&plain) => {}
            _ => {
                let fault = Fault::new(at, "unknown_field", "no such member here");
                faults.push(fault.fix("remove it"));
            }
        }
    }
}

/// Whether a declaration is no schema, or its own default does not fit it.
fn odd(schema: &Value, at: &str) -> Option<Fault> {
    let validator = match validator(schema) {
        Ok(validator) => validator,
        Err(error) => {
            let at = format!("{at}{}", error.instance_path());
            return Some(Fault::new(at, "variable_declaration", "no schema has this value here"));
        }
    };
    let default = schema.get("default")?;
    (!validator.is_valid(default)).then(|| {
        let message = "the default does not fit the declaration";
        Fault::new(pointer(at, "default"), "variable_declaration", message)
    })
}

/// The schema of a template's variables: what its content uses, and what is declared over it.
pub(super) fn schema(shape: &Shape, declared: &Map<String, Value>) -> Value {
    let mut schema = shape.schema();
    if schema.get("type") != Some(&json!("object")) {
        schema = json!({});
    }
    let mut properties = match schema.get_mut("properties") {
        Some(Value::Object(properties)) => std::mem::take(properties),
        _ => Map::new(),
    };
    for (name, told) in declared {
        let derived = properties.get(name).cloned().unwrap_or_else(|| json!({}));
        properties.insert(name.clone(), overlay(derived, told));
    }
    let mut required: Vec<Value> =
        schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    required.retain(|name| {
        let schema = name.as_str().and_then(|name| properties.get(name));
        schema.is_none_or(|schema| schema.get("default").is_none())
    });
    let mut whole = Map::new();
    whole.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    whole.insert("type".to_owned(), json!("object"));
    whole.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        whole.insert("required".to_owned(), Value::Array(required));
    }
    whole.insert("additionalProperties".to_owned(), json!(false));
    Value::Object(whole)
}

/// What is declared wins; what it does not speak of stays as derived, unless the type is another one.
fn overlay(derived: Value, told: &Value) -> Value {
    let (Value::Object(mut schema), Value::Object(told)) = (derived, told) else {
        return told.clone();
    };
    if let Some(kind) = told.get("type")
        && schema.get("type") != Some(kind)
    {
        schema.clear();
    }
    for (name, value) in told {
        let derived = schema.remove(name);
        let merged = match (name.as_str(), derived) {
            ("items", Some(derived)) => overlay(derived, value),
            ("properties", Some(Value::Object(mut members))) => {
                for (name, value) in value.as_object().into_iter().flatten() {
                    let derived = members.remove(name).unwrap_or_else(|| json!({}));
                    members.insert(name.clone(), overlay(derived, value));
                }
                Value::Object(members)
            }
            _ => value.clone(),
        };
        schema.insert(name.clone(), merged);
    }
    // What has a default need not be given.
    let members = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        let has_default =
            |name: &str| members.get(name).is_some_and(|m| m.get("default").is_some());
        required.retain(|name| name.as_str().is_none_or(|name| !has_default(name)));
    }
    Value::Object(schema)
}

/// The variables of a call, with defaults, or every fault; `at` is their JSON Pointer.
pub(super) fn given(
    schema: &Value,
    variables: &Map<String, Value>,
    at: &str,
) -> Result<Value, Vec<Fault>> {
    let mut variables = variables.clone();
    variables.retain(|_, value| !value.is_null());
    let mut variables = Value::Object(variables);
    fill_in(schema, &mut variables);
    let validator = match validator(schema) {
        Ok(validator) => validator,
        Err(error) => {
            tracing::error!(place = %error.instance_path(), "a stored schema is none");
            let message = "the template cannot be filled; save it again";
            return Err(vec![Fault::new(at, "template_unreadable", message)]);
        }
    };
    let mut faults = Vec::new();
    for error in validator.iter_errors(&variables) {
        explain(&error, at, &mut faults);
    }
    if faults.is_empty() { Ok(variables) } else { Err(faults) }
}

fn validator(schema: &Value) -> Result<Validator, ValidationError<'static>> {
    jsonschema::options().with_draft(Draft::Draft202012).offline().build(schema)
}

/// Puts defaults where nothing is given.
fn fill_in(schema: &Value, value: &mut Value) {
    match value {
        Value::Object(map) => {
            let members = schema.get("properties").and_then(Value::as_object);
            for (name, schema) in members.into_iter().flatten() {
                match map.get_mut(name) {
                    Some(value) => fill_in(schema, value),
                    None => {
                        if let Some(default) = schema.get("default") {
                            map.insert(name.clone(), default.clone());
                        }
                    }
                }
            }
        }
        Value::Array(values) => {
            if let Some(schema) = schema.get("items") {
                for value in values {
                    fill_in(schema, value);
                }
            }
        }
        _ => {}
    }
}

/// A fault in our words: the validator's own repeat the value.
fn explain(error: &ValidationError<'_>, at: &str, faults: &mut Vec<Fault>) {
    let place = format!("{at}{}", error.instance_path());
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            let message = format!("the template needs `{name}`");
            faults.push(Fault::new(pointer(&place, name), "variable_required", message));
        }
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            for name in unexpected {
                let fault = Fault::new(
                    pointer(&place, name),
                    "variable_unknown",
                    "the template has no such variable",
                );
                faults.push(fault.fix("remove it"));
            }
        }
        ValidationErrorKind::Type { .. } => {
            let wanted = expected(error);
            let found = kind_of(error.instance());
            let message = format!("{} is expected, not a {found}", wanted.join(" or "));
            faults.push(Fault::new(place, "variable_type", message).limit(wanted, found));
        }
        kind => {
            let message = format!("the value breaks `{}` of the variable's schema", kind.keyword());
            faults.push(Fault::new(place, "variable_value", message));
        }
    }
}

fn expected(error: &ValidationError<'_>) -> Vec<String> {
    use jsonschema::error::TypeKind;
    match error.kind() {
        ValidationErrorKind::Type { kind: TypeKind::Single(kind) } => vec![kind.to_string()],
        ValidationErrorKind::Type { kind: TypeKind::Multiple(kinds) } => {
            kinds.iter().map(|kind| kind.to_string()).collect()
        }
        _ => Vec::new(),
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
