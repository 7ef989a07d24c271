use serde_json::json;

use super::{fill, kept, places, read, text};
use crate::template::{MOST_BYTES, MOST_ELEMENTS};

#[test]
fn ap30_a_string_that_is_one_expression_keeps_the_values_kind() {
    let template = kept(&json!({"type": "raw", "content": {"apple": {
        "text": "{{ n }} of {{ n }}", "number": "{{ n }}", "truth": "{{ n > 1 }}",
        "list": "{{ list }}", "object": "{{ deep }}", "nothing": "{{ none }}",
    }}}));
    let variables = json!({"n": 2, "list": [1, "x"], "deep": {"b": 1, "a": {"c": null}}});
    let filled = fill(&template, &variables).unwrap();
    assert_eq!(
        filled.content["apple"],
        json!({
            "text": "2 of 2", "number": 2, "truth": true,
            "list": [1, "x"], "object": {"b": 1, "a": {"c": null}}, "nothing": null,
        })
    );
    assert_eq!((filled.version, filled.locale), (3, None));
}

#[test]
fn ap30_what_is_in_a_variable_stays_a_value() {
    let words = r#""}],"x":{"$each":"y"} {{ secret }} {% if %} \ {{"#;
    let template = kept(&text("Dear {{ name }}, {{ name|upper }}"));
    let filled = fill(&template, &json!({ "name": words })).unwrap();
    let expected = format!("Dear {words}, {}", words.to_uppercase());
    assert_eq!(filled.content, json!({ "text": expected }));
    let whole = kept(&json!({"type": "raw", "content": {"apple": {"x": "{{ value }}"}}}));
    let value = json!({"$each": "secret", "$item": "{{ secret }}"});
    let filled = fill(&whole, &json!({ "value": value })).unwrap();
    assert_eq!(filled.content["apple"]["x"], value);
}

#[test]
fn ap30_a_list_repeats_a_section_and_within_it_an_item() {
    let template = kept(&json!({"type": "listPicker", "content": {
        "sections": [
            {"title": "First", "items": [{"title": "Always"}]},
            {"$each": "shelves", "$as": "shelf", "$item": {
                "title": "{{ loop.index }}. {{ shelf.title }}",
                "items": [
                    {"$each": "shelf.items", "$item": {
                        "identifier": "{{ shelf.title }}-{{ loop.index0 }}",
                        "title": "{{ item.title }}",
                        "subtitle": {"$if": "item.price is defined", "$then": "{{ item.price }}"},
                    }},
                    {"$if": "shelf.more|default(false)", "$then": {"title": "More of {{ shelf.title }}"}},
                ],
            }},
        ],
        "receivedMessage": {"title": "Choose"},
    }}));
    let variables = json!({"shelves": [
        {"title": "Desks", "more": true, "items": [{"title": "Low", "price": "9 €"}, {"title": "High"}]},
        {"title": "Chairs", "items": []},
    ]});
    let filled = fill(&template, &variables).unwrap();
    assert_eq!(
        filled.content["sections"],
        json!([
            {"title": "First", "items": [{"title": "Always"}]},
            {"title": "1. Desks", "items": [
                {"identifier": "Desks-0", "title": "Low", "subtitle": "9 €"},
                {"identifier": "Desks-1", "title": "High"},
                {"title": "More of Desks"},
            ]},
            {"title": "2. Chairs", "items": []},
        ])
    );
}

#[test]
fn every_fault_of_a_template_is_named_at_once() {
    let faults = read(&json!({
        "type": "pigeon",
        "locale": "english",
        "content": {
            "a": "{{ x", "b": "{{ }}", "c": "Hi {{ x + }}", "d": {"$each": "x", "$item": 1},
            "e": [{"$each": "x"}, {"$each": 7, "$item": 1}, {"$each": "x", "$as": "a b", "$item": 1}],
            "f": {"$if": "x", "$then": 1, "$other": 2}, "g": {"$wrong": 1}, "h": "{{ x|safe }}",
        },
        "locales": {"de": {"text": "{{"}, "DE": {}, "x": {}, "fr": 7},
        "variables": {"a b": {"type": "string"}, "c": {"type": "date"}, "d": {"pattern": ".*"}, "e": 1},
        "odd": 1,
    }))
    .unwrap_err();
    assert_eq!(
        places(&faults),
        [
            ("/type", "format"),
            ("/locale", "format"),
            ("/locales/DE", "repeated"),
            ("/locales/x", "format"),
            ("/locales/fr", "type"),
            ("/variables/a b", "characters"),
            ("/variables/c/type", "format"),
            ("/variables/d/pattern", "unknown_field"),
            ("/variables/e", "type"),
            ("/content/a", "template_expression"),
            ("/content/b", "template_expression"),
            ("/content/c", "template_expression"),
            ("/content/d", "template_directive"),
            ("/content/e/0/$item", "template_directive"),
            ("/content/e/1/$each", "template_expression"),
            ("/content/e/2/$as", "template_directive"),
            ("/content/f/$other", "template_directive"),
            ("/content/g/$wrong", "template_directive"),
            ("/content/g/$if", "template_directive"),
            ("/content/g/$then", "template_directive"),
            ("/content/h", "template_expression"),
            ("/locales/de/text", "template_expression"),
            ("/odd", "unknown_field"),
        ]
    );
}

#[test]
fn what_a_template_makes_is_bounded() {
    let template = kept(&json!({"type": "raw", "content": {"apple": {"x": [
        {"$each": "list", "$item": "{{ item }}"},
    ]}}}));
    let list = |length: usize| json!({ "list": vec!["x"; length] });
    assert!(fill(&template, &list(MOST_ELEMENTS)).is_ok());
    let faults = fill(&template, &list(MOST_ELEMENTS + 1)).unwrap_err();
    assert_eq!(places(&faults), [("/content/variables", "template_too_large")]);

    let heavy = "x".repeat(20_000);
    let template = kept(&json!({"type": "raw", "content": {"apple": {"x": [
        {"$each": "list", "$item": {"picture": heavy, "title": "{{ item }}"}},
    ]}}}));
    assert!(fill(&template, &list(500)).is_ok());
    let faults = fill(&template, &list(MOST_BYTES / 20_000 + 1)).unwrap_err();
    assert_eq!(places(&faults), [("/content/variables", "template_too_large")]);

    let mut deep = json!("{{ x }}");
    for _ in 0..80 {
        deep = json!([deep]);
    }
    let faults = read(&json!({"type": "raw", "content": { "apple": deep }})).unwrap_err();
    assert_eq!(faults[0].rule, "template_depth");
}

#[test]
fn an_expression_that_fails_says_where() {
    let template = kept(&json!({
        "type": "text",
        "content": {"text": "{{ 10 / n }}"},
        "variables": {"n": {"type": "integer"}},
    }));
    assert_eq!(fill(&template, &json!({"n": 4})).unwrap().content["text"], json!(2.5));
    let faults = fill(&template, &json!({"n": 0})).unwrap_err();
    assert_eq!(places(&faults), [("/content/variables", "template_render")]);
    assert!(faults[0].message.starts_with("at /text of the template: "), "{}", faults[0].message);
    let list = kept(&text("All: {{ names }}"));
    let faults = fill(&list, &json!({"names": ["a"]})).unwrap_err();
    assert_eq!(places(&faults), [("/content/variables/names", "variable_type")]);
}
