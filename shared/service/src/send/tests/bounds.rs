//! What a request may cost, however it is written.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{PNG, World, faults, good, request, tenant};
use crate::{
    memory::{Memory, drive},
    model::{Scope, Template, TemplateName},
    port::{Clock, TemplateLibrary, Web, WebAsk, WebFault, WebPage},
    send::Check,
};
use amb_protocol::compose::ContentType;

/// The web at its slowest: whatever is asked for takes all the time that there is.
#[derive(Debug)]
struct Slow(Memory);

impl Web for Slow {
    async fn get(&self, _url: &str, ask: &WebAsk) -> Result<WebPage, WebFault> {
        self.0.sleep(ask.within).await;
        Err(WebFault::Unreachable)
    }
}

#[test]
fn ap12_a_check_of_ten_links_ends_before_its_function_does() {
    let world = World::new();
    let links: Vec<_> = (0..10).map(|n| format!("https://slow.example.com/{n}")).collect();
    let body = request("text", &json!({ "text": links.join(" and ") })).to_string();
    let w = || world.memory.clone();
    let check = Check::new(w(), w(), Slow(w()), w());
    let began = w().now();
    let verdict = drive(check.check(&world.principal(), body.as_bytes())).unwrap().unwrap();
    assert_eq!((verdict.valid, verdict.messages.len()), (true, 19));
    let took = began.duration_until(w().now());
    assert!(took <= SignedDuration::from_secs(10), "{took}");
}

/// A list with a picture of so many bytes.
fn heavy(bytes: usize) -> Value {
    let mut content = good("listPicker");
    let data = format!("{}{}", PNG.get(..88).unwrap(), "A".repeat(bytes));
    content["images"] = json!([{ "identifier": "desk", "data": data }]);
    content["receivedMessage"]["imageIdentifier"] = json!("desk");
    content
}

#[test]
fn ap30_what_templates_make_in_all_is_bounded_and_never_lost_later() {
    let world = World::new();
    let template = Template {
        tenant: tenant(),
        name: TemplateName::parse("heavy").unwrap(),
        version: 1,
        kind: ContentType::ListPicker,
        description: String::new(),
        locale: None,
        content: heavy(3_000_000),
        locales: std::collections::BTreeMap::default(),
        variables: serde_json::Map::new(),
        schema: json!({ "type": "object" }),
        created_at: world.memory.now(),
    };
    drive(world.memory.put_template(&template)).unwrap().unwrap();
    let mut body = request("template", &json!({ "name": "heavy" }));
    assert_eq!(world.send_as("key-1", body.to_string().as_bytes()).unwrap().kind, "listPicker");
    let way = json!({ "type": "template", "content": { "name": "heavy" } });
    body["fallback"] = json!(vec![way; 5]);
    let refused = world.send_as("key-2", body.to_string().as_bytes()).unwrap_err();
    assert_eq!((refused.status, faults(&refused)), (413, vec![("", "content_bytes")]));
    let verdict = world.check(&body).unwrap();
    assert_eq!((verdict.valid, verdict.errors[0].rule), (false, "content_bytes"));
}

#[test]
fn ap14_pictures_in_their_places_count_as_those_in_the_list_do() {
    let world = World::new();
    let item = |n| json!({ "title": "Desk", "image": { "url": format!("https://a.example/{n}") } });
    let mut content = good("listPicker");
    content["sections"][0]["items"] = (0..201).map(item).collect();
    let refused = world.send(&request("listPicker", &content)).unwrap_err();
    assert_eq!(faults(&refused), [("/content/images", "images_items")]);
    content["sections"][0]["items"] = (0..200).map(item).collect();
    assert!(world.send(&request("listPicker", &content)).is_ok());
}

/// A list of items whose titles are all too long by the rules of August 2026.
fn long_titles(items: usize) -> Value {
    let mut content = good("listPicker");
    let item = json!({ "title": "x".repeat(600) });
    content["sections"][0]["items"] = json!(vec![item; items]);
    let mut body = request("listPicker", &content);
    body["truncate"] = json!(true);
    body
}

#[test]
fn no_more_than_a_hundred_cuts_are_told() {
    let world = World::new();
    assert_eq!(world.send(&long_titles(300)).unwrap().warnings.len(), 100);
    assert_eq!(world.check(&long_titles(300)).unwrap().changes.len(), 100);
}

/// How long an answer is as Lambda hands it on: as a string of JSON within JSON.
fn handed_on(answer: &impl serde::Serialize) -> usize {
    let text = serde_json::to_string(answer).unwrap();
    serde_json::to_string(&text).unwrap().len()
}

#[test]
fn a_verdict_fits_into_lambdas_six_megabytes() {
    let world = World::with_scopes(&[Scope::Send, Scope::SendUnchecked]);
    let quotes = vec!["\"".repeat(6); 200_000];
    let apple = json!({ "type": "interactive", "interactiveData": { "x": quotes } });
    let content = json!({ "apple": apple, "unchecked": true });
    let verdict = world.check(&request("raw", &content)).unwrap();
    assert!(verdict.valid && verdict.messages[0].shortened);
    assert!(handed_on(&verdict) < 6_000_000, "{}", handed_on(&verdict));
}

#[test]
fn an_unchecked_type_is_a_word() {
    let world = World::with_scopes(&[Scope::Send, Scope::SendUnchecked]);
    let body =
        |kind: Value| request("raw", &json!({ "apple": { "type": kind }, "unchecked": true }));
    assert!(world.check(&body(json!("x".repeat(64)))).unwrap().valid);
    for kind in [json!("x".repeat(65)), json!(7)] {
        let errors = world.check(&body(kind)).unwrap().errors;
        assert_eq!(
            (errors[0].pointer.as_str(), errors[0].rule),
            ("/content/apple/type", "required")
        );
    }
}
