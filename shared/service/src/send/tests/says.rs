use amb_protocol::compose::{ContentType, Need};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use super::{World, faults, good, request, tenant, with_fallback};
use crate::model::{OutboundContent, Scope, Template, TemplateName, TypingState};

#[test]
fn every_types_least_content_is_taken() {
    for kind in ContentType::ALL.map(ContentType::as_str) {
        let world = World::new();
        super::payments::takes_payments(&world);
        let mut body = request(kind, &good(kind));
        if kind == "invitation" {
            body["to"] = json!(super::NUMBER);
        }
        let sent = world.send(&body).unwrap_or_else(|problem| panic!("{kind}: {problem:?}"));
        assert_eq!((sent.kind, sent.warnings), (kind, vec![]));
        let verdict = world.check(&body).unwrap();
        assert!(verdict.valid && verdict.messages.len() == 1, "{kind}: {:?}", verdict.errors);
    }
}

#[test]
fn ap12_a_text_with_links_goes_as_words_and_rich_links_in_order() {
    let world = World::new();
    let text = "See https://a.example/1 and http://b.example/2 today";
    let sent = world.send(&request("text", &json!({ "text": text }))).unwrap();
    assert_eq!(sent.kind, "text");
    let [choice] = world.choices().try_into().unwrap();
    assert_eq!(choice.kind, ContentType::Text);
    let shown: Vec<_> = choice
        .parts
        .iter()
        .map(|part| match part.body["type"].as_str() {
            Some("richLink") => format!("link {}", part.body["richLinkData"]["url"]),
            _ => part.body["body"].to_string(),
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#""See""#,
            r#"link "https://a.example/1""#,
            r#""and""#,
            r#"link "http://b.example/2""#,
            r#""today""#,
        ]
    );
    for part in choice.parts.iter().filter(|part| part.body["type"] == "richLink") {
        assert!(matches!(part.needs.as_slice(), [Need::Preview { .. }]), "{:?}", part.needs);
    }
}

#[test]
fn ap12_a_text_that_is_one_url_goes_as_one_rich_link() {
    let world = World::new();
    world.send(&request("text", &json!({ "text": " https://a.example/1\n" }))).unwrap();
    let [choice] = world.choices().try_into().unwrap();
    assert_eq!(choice.parts.len(), 1);
    assert_eq!(choice.parts[0].body["type"], "richLink");
}

#[test]
fn ap12_links_stay_words_when_the_business_says_so() {
    let world = World::new();
    let mut body = request("text", &json!({ "text": "https://a.example/1" }));
    body["richLinks"] = json!(false);
    world.send(&body).unwrap();
    assert_eq!(world.row().content, OutboundContent::Text { text: "https://a.example/1".into() });
}

#[test]
fn s022_a_text_that_is_too_long_is_413_or_cut() {
    let world = World::new();
    let mut body = request("text", &json!({ "text": "😀".repeat(super::super::MAX_TEXT + 1) }));
    let refused = world.send(&body).unwrap_err();
    assert_eq!((refused.status, faults(&refused)), (413, vec![("/content/text", "text_too_long")]));
    body["truncate"] = json!(true);
    let sent = world.send(&body).unwrap();
    assert_eq!(sent.warnings[0].rule, "text_too_long");
    let OutboundContent::Text { text } = world.row().content else { panic!() };
    assert_eq!(text.chars().count(), super::super::MAX_TEXT);
    let changes = serde_json::to_value(world.check(&body).unwrap().changes).unwrap();
    assert_eq!(
        changes,
        json!([{ "pointer": "/content/text", "change": "cut", "from": 10_001, "to": 10_000 }])
    );
}

#[test]
fn ap24_the_typing_indicator_starts_and_ends() {
    for (word, state) in [("start", TypingState::Start), ("end", TypingState::End)] {
        let world = World::new();
        world.send(&request("typing", &json!({ "state": word }))).unwrap();
        assert_eq!(world.row().content, OutboundContent::Typing { state });
    }
    let problem = World::new().send(&request("typing", &json!({ "state": "on" }))).unwrap_err();
    assert_eq!(faults(&problem), [("/content/state", "format")]);
}

#[test]
fn s016_faults_of_the_request_its_content_and_its_fallbacks_come_at_once() {
    let world = World::new();
    let mut body = with_fallback(
        "text",
        &json!({ "text": "", "colour": 1 }),
        "quickReply",
        &json!({ "summaryText": "How?", "items": [{ "title": "one alone" }] }),
    );
    body["agent"] = json!("tab\there");
    let problem = world.send(&body).unwrap_err();
    let found = faults(&problem);
    for pointer in ["/agent", "/content/text", "/content/colour", "/fallback/0/content/items"] {
        assert!(found.iter().any(|(at, _)| *at == pointer), "{pointer}: {found:?}");
    }
}

#[test]
fn sc05_raw_json_is_checked_unless_a_key_may_do_without() {
    let apple = json!({ "type": "interactive", "interactiveData": { "data": {
        "version": "1.0", "requestIdentifier": "c0ffee00-0000-4000-8000-000000000003",
        "quick-reply": { "summaryText": "How?", "items": [{ "identifier": "1", "title": "one" }] },
    } } });
    let world = World::new();
    let problem = world.send(&request("raw", &json!({ "apple": apple }))).unwrap_err();
    assert_eq!(problem.status, 400);
    assert!(problem.errors.iter().all(|fault| fault.pointer.starts_with("/content/apple/")));

    let unchecked = request("raw", &json!({ "apple": apple, "unchecked": true }));
    assert_eq!(world.send(&unchecked).unwrap_err().code, "missing_scope");
    let world = World::with_scopes(&[Scope::Send, Scope::SendUnchecked]);
    assert_eq!(world.send(&unchecked).unwrap().kind, "raw");
    assert_eq!(Value::Object(world.choices()[0].parts[0].body.clone()), apple);
    // Still nothing that the device cannot show.
    world.device("LIST");
    let refused = world.send_as("key-2", unchecked.to_string().as_bytes());
    assert_eq!(refused.unwrap_err().code, "not_showable");
    let checked = request("raw", &json!({ "apple": apple, "unchecked": false }));
    assert_eq!(world.send_as("key-3", checked.to_string().as_bytes()).unwrap_err().status, 400);
}

#[test]
fn sc06_members_that_are_ours_to_set_are_ignored_with_a_warning() {
    for unchecked in [false, true] {
        let world = World::with_scopes(&[Scope::Send, Scope::SendUnchecked]);
        let apple = json!({ "v": 7, "id": "mine", "sourceId": "x", "destinationId": "y",
            "type": "text", "body": "Hello" });
        let mut content = json!({ "apple": apple });
        if unchecked {
            content["unchecked"] = json!(true);
        }
        let sent = world.send(&request("raw", &content)).unwrap();
        let mut at: Vec<_> = sent.warnings.iter().map(|fault| fault.pointer.as_str()).collect();
        at.sort_unstable();
        assert_eq!(
            at,
            ["destinationId", "id", "sourceId", "v"].map(|name| format!("/content/apple/{name}"))
        );
        let body = &world.choices()[0].parts[0].body;
        assert!(
            ["v", "id", "sourceId", "destinationId"].iter().all(|name| !body.contains_key(*name))
        );
        let again = world.send(&request("raw", &content)).unwrap();
        assert_eq!((again.replayed, again.warnings), (true, sent.warnings));
    }
}

pub(super) fn keep(world: &World, kind: ContentType, content: Value, german: Value) {
    let mut inner = world.memory.world();
    let name = TemplateName::parse("greeting").unwrap();
    let template = Template {
        tenant: tenant(),
        name: name.clone(),
        version: 1,
        kind,
        description: String::new(),
        locale: Some("en".into()),
        content,
        locales: BTreeMap::from([("de".to_owned(), german)]),
        variables: Map::from_iter([("name".to_owned(), json!({ "type": "string" }))]),
        schema: json!({ "type": "object" }),
        created_at: inner.now,
    };
    inner.templates.insert((tenant(), name, 1), template);
}

#[test]
fn ap30_a_template_is_filled_in_the_customers_language_and_sent() {
    let world = World::new();
    let (english, german) =
        (json!({ "text": "Hello {{ name }}" }), json!({ "text": "Hallo {{ name }}" }));
    keep(&world, ContentType::Text, english, german);
    let call = json!({ "name": "greeting", "variables": { "name": "Zoë" } });
    let sent = world.send(&request("template", &call)).unwrap();
    assert_eq!(sent.kind, "text");
    assert_eq!(world.row().content, OutboundContent::Text { text: "Hallo Zoë".into() });
    // The template is gone, and what was taken stands.
    world.memory.world().templates.clear();
    let again = world.send(&request("template", &call)).unwrap();
    assert_eq!((again.replayed, again.kind), (true, "text"));
    let gone = world.send_as("key-2", request("template", &call).to_string().as_bytes());
    assert_eq!(faults(&gone.unwrap_err())[0].0, "/content/name");
}

#[test]
fn ap30_what_is_wrong_in_what_a_template_makes_is_told_as_such() {
    let world = World::new();
    let one = json!({ "summaryText": "How?", "items": [{ "title": "{{ name }}" }] });
    keep(&world, ContentType::QuickReply, one.clone(), one);
    let call = json!({ "name": "greeting", "variables": { "name": "one alone" } });
    let problem = world.send(&request("template", &call)).unwrap_err();
    assert_eq!(faults(&problem)[0].0, "/content/items");
    assert!(problem.errors[0].message.contains("template"), "{}", problem.errors[0].message);
    let call = json!({ "name": "greeting", "version": 0, "variables": [], "colour": 1 });
    let problem = world.send(&request("template", &call)).unwrap_err();
    assert_eq!(
        faults(&problem),
        [
            ("/content/version", "type"),
            ("/content/variables", "type"),
            ("/content/colour", "unknown_field")
        ]
    );
}
