use proptest::prelude::*;
use serde_json::{Value, json};

use super::{fill, kept, places, products, read, text};
use crate::template::{sample::sample, variables::given};

#[test]
fn ap30_the_schema_is_derived_from_use_and_from_what_is_declared() {
    let schema = read(&products()).unwrap().schema;
    assert_eq!(
        schema,
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "name": {"type": "string", "default": "you", "description": "Whom it is for"},
                "products": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {"name": {}, "price": {}, "sku": {}},
                        "required": ["name", "sku"],
                    },
                },
            },
            "required": ["products"],
            "additionalProperties": false,
        })
    );
}

#[test]
fn what_a_template_can_do_without_is_not_required() {
    let required = |words: &str| {
        let schema = read(&text(words)).unwrap().schema;
        schema.get("required").cloned().unwrap_or_default()
    };
    assert_eq!(required("{{ a }} {{ b|default('') }}"), json!(["a"]));
    assert_eq!(required("{{ a if a is defined else 'x' }}"), Value::Null);
    assert_eq!(required("none of it"), Value::Null);
    assert_eq!(required("{{ a.b }}"), json!(["a"]));
}

#[test]
fn ap30_every_fault_of_the_variables_is_named_with_its_place() {
    let template = kept(&products());
    let variables = json!({
        "name": 7,
        "products": [
            {"sku": "1", "name": "Desk"},
            {"sku": "2"},
            "Chair",
        ],
        "nmae": "typo",
    });
    let mut faults = fill(&template, &variables).unwrap_err();
    faults.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    assert_eq!(
        places(&faults),
        [
            ("/content/variables/name", "variable_type"),
            ("/content/variables/nmae", "variable_unknown"),
            ("/content/variables/products/1/name", "variable_required"),
            ("/content/variables/products/2", "variable_type"),
        ]
    );
    assert_eq!(faults[0].limit, Some(json!(["string"])));
    assert_eq!(faults[0].actual, Some(json!("number")));
    let faults = fill(&template, &json!({})).unwrap_err();
    assert_eq!(places(&faults), [("/content/variables/products", "variable_required")]);
    let secret = fill(&template, &json!({"products": "secret words"})).unwrap_err();
    assert!(!format!("{secret:?}").contains("secret words"));
}

#[test]
fn defaults_stand_in_at_every_depth() {
    let template = kept(&json!({
        "type": "text",
        "content": {"text": "{{ greeting }} {{ people|map(attribute='name')|join(' + ') }}"},
        "variables": {
            "greeting": {"type": "string", "default": "Hello"},
            "people": {"type": "array", "items": {"type": "object", "properties": {
                "name": {"type": "string", "default": "you"},
            }}},
        },
    }));
    for (variables, expected) in [
        (json!({"people": [{}, {"name": "Ada"}]}), "Hello you + Ada"),
        (json!({"greeting": null, "people": []}), "Hello "),
        (json!({"greeting": "Moin", "people": [{}]}), "Moin you"),
    ] {
        let filled = fill(&template, &variables).unwrap();
        assert_eq!(filled.content["text"], expected, "{variables}");
    }
}

#[test]
fn what_is_declared_wins_and_is_checked() {
    let declared = |told: Value| {
        read(&json!({"type": "text", "content": {"text": "{{ n }}"}, "variables": {"n": told}}))
    };
    let n = |told: Value| declared(told).unwrap().schema["properties"]["n"].clone();
    assert_eq!(n(json!({"type": "integer", "minimum": 1}))["minimum"], json!(1));
    for odd in [
        json!({"type": "integer", "default": "x"}),
        json!({"type": "string", "minLength": -1}),
        json!({"type": "string", "enum": "x"}),
        json!({"enum": ["a"], "default": "b"}),
    ] {
        let faults = declared(odd.clone()).unwrap_err();
        assert_eq!(faults[0].rule, "variable_declaration", "{odd}");
    }
    let template = kept(&json!({
        "type": "text",
        "content": {"text": "{{ n }}"},
        "variables": {"n": {"type": "string", "maxLength": 3}},
    }));
    let faults = fill(&template, &json!({"n": "long"})).unwrap_err();
    assert_eq!(places(&faults), [("/content/variables/n", "variable_value")]);
}

/// Any JSON that a caller may send for a variable.
fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        r#"[{}%"\\ a-z]{0,12}"#.prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map("[a-z$]{1,5}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// What goes in through a variable comes out as it was, in its place.
    #[test]
    fn a_value_comes_out_as_it_went_in(value in anything().prop_filter("null is absent", |v| !v.is_null())) {
        let template = kept(&json!({
            "type": "raw",
            "content": {"apple": {"before": "x", "x": "{{ value }}", "after": 1}},
        }));
        let filled = fill(&template, &json!({ "value": value })).unwrap();
        prop_assert_eq!(filled.content, json!({"apple": {"before": "x", "x": value, "after": 1}}));
    }

    /// No variables make it fail in another way than with faults that say where.
    #[test]
    fn odd_variables_are_faults_with_places(name in anything(), list in anything()) {
        let template = kept(&products());
        if let Err(faults) = fill(&template, &json!({"name": name, "products": list})) {
            prop_assert!(!faults.is_empty());
            for fault in faults {
                prop_assert!(fault.pointer.starts_with("/content/variables"), "{:?}", fault);
            }
        }
    }

    /// A sample of a schema fits the schema.
    #[test]
    fn a_sample_fits_its_schema(least in 0_u64..4, more in 0_u64..4, words in 0_u64..30) {
        let schema = json!({"type": "object", "required": ["a", "b"], "properties": {
            "a": {"type": "array", "minItems": least, "maxItems": least + more,
                "items": {"type": "string", "minLength": words}},
            "b": {"type": "integer", "minimum": least},
        }});
        let whole = sample(&schema);
        prop_assert!(given(&schema, whole.as_object().unwrap(), "").is_ok(), "{}", whole);
    }
}

#[test]
fn finding_out_what_may_be_absent_takes_bounded_work() {
    // Ten repetitions within each other: a thousand innermost elements of forty words.
    let words: Vec<_> = (0..40).map(|n| format!("{{{{ v{n}|default('') }}}}")).collect();
    let mut content = json!(words);
    for depth in 0..10 {
        let list = if depth == 9 { "list".to_owned() } else { format!("e{}", depth + 1) };
        content = json!([{ "$each": list, "$as": format!("e{depth}"), "$item": content }]);
    }
    let body = json!({ "type": "raw", "content": { "apple": { "x": content } } });
    let schema = read(&body).unwrap().schema;
    // Too much to find out: then all of it is required.
    assert_eq!(schema["required"].as_array().map(Vec::len), Some(41), "{schema}");
}

#[test]
fn declarations_are_bounded_in_bytes() {
    let declared = |length: usize| {
        let body = json!({
            "type": "text",
            "content": { "text": "{{ a }}" },
            "variables": { "a": { "type": "string", "examples": ["x".repeat(length)] } },
        });
        read(&body)
    };
    assert!(declared(200_000).is_ok());
    let faults = declared(300_000).unwrap_err();
    assert_eq!(places(&faults), [("/variables", "length")]);
}
