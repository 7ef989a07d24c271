//! What is documented of contents is what is read, and what the samples say.

use amb_protocol::{
    compose::{Composing, ContentType, MerchantDefaults, compose},
    id::RequestIdentifier,
    rules::RulePack,
};
use serde_json::{Map, Value, json};

use crate::{
    openapi::{Examples, document},
    tests::{
        samples::{SENDING, sent_by},
        schema::misfits,
    },
};

/// The schema of a type's content.
fn named(kind: &str) -> Value {
    let (first, rest) = kind.split_at(1);
    json!({ "$ref": format!("#/components/schemas/{}{rest}Content", first.to_uppercase()) })
}

/// An object with every member that is documented, in lists one for each option.
fn whole(document: &Value, schema: &Value) -> Vec<Value> {
    if let Some(reference) = schema["$ref"].as_str() {
        return whole(document, document.pointer(reference.trim_start_matches('#')).unwrap());
    }
    for name in ["oneOf", "anyOf"] {
        if let Some(options) = schema[name].as_array() {
            let options = options.iter().filter(|option| option["type"] != "null");
            return options.flat_map(|option| whole(document, option)).collect();
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().filter(|word| !word.is_null()).take(1).cloned().collect();
    }
    let kinds = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
    let kind = kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap();
    vec![match kind {
        "object" => {
            let members = schema["properties"].as_object().cloned().unwrap_or_default();
            let one = |(name, schema): (String, Value)| {
                (name, whole(document, &schema).into_iter().next().unwrap())
            };
            Value::Object(members.into_iter().map(one).collect::<Map<_, _>>())
        }
        "array" => Value::Array(whole(document, &schema["items"])),
        "string" => json!("x"),
        "boolean" => json!(false),
        _ => schema.get("minimum").cloned().unwrap_or_else(|| json!(0)),
    }]
}

/// Content is read strictly: whatever is documented and not read would be unknown.
#[test]
fn every_documented_member_of_a_content_is_read_as_what_it_is_said_to_be() {
    let document = serde_json::to_value(document(&Examples::new())).unwrap();
    let request_identifier = RequestIdentifier::parse("r").unwrap();
    let pack = RulePack::latest();
    let merchant = MerchantDefaults::sample();
    let how = Composing {
        pack,
        truncate: false,
        request_identifier: &request_identifier,
        merchant: Some(&merchant),
    };
    // `unchecked` of the last is the sender's to read.
    for kind in ContentType::ALL.into_iter().filter(|kind| *kind != ContentType::Raw) {
        let content = whole(&document, &named(kind.as_str())).remove(0);
        let faults = compose(kind, &content, "", &how).err().unwrap_or_default();
        let of_the_shape: Vec<_> = faults
            .iter()
            .filter(|fault| ["unknown_field", "type", "required"].contains(&fault.rule))
            .collect();
        assert!(of_the_shape.is_empty(), "{kind:?} {of_the_shape:#?}\n{content:#}");
    }
}

#[test]
fn what_the_samples_send_fits_the_schema_of_its_type_and_an_odd_member_does_not() {
    let document = serde_json::to_value(document(&Examples::new())).unwrap();
    let mut types = Vec::new();
    for (name, file) in SENDING {
        let mut sent = sent_by(file);
        let schema = if name.starts_with("send") { "SendMessage" } else { "CheckMessage" };
        let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
        let Some(kind) = sent["type"].as_str().map(str::to_owned) else { continue };
        assert_eq!(misfits(&document, &schema, &sent), [""; 0], "{name}");
        assert_eq!(misfits(&document, &named(&kind), &sent["content"]), [""; 0], "{name}");
        sent["content"]["odd"] = json!(1);
        assert!(!misfits(&document, &named(&kind), &sent["content"]).is_empty(), "{name}");
        types.push(kind);
    }
    let all = ContentType::ALL.map(ContentType::as_str).into_iter().chain(["template", "typing"]);
    for kind in all {
        assert!(types.iter().any(|sent| sent == kind), "{kind} has no sample");
    }
}
