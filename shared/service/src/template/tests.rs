//! Templates as a tenant writes them, and what becomes of variables.

mod kept;
mod language;
mod variables;

use amb_protocol::id::RequestIdentifier;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{Definition, Filled, TemplateCall, fill_with};
use crate::{
    model::{Template, TemplateName, TenantId},
    problem::{Fault, Faults, Reader},
};

/// Reads a definition, as a request brings it.
fn read(body: &Value) -> Result<Definition, Vec<Fault>> {
    let mut faults = Faults::default();
    let mut reader = Reader::new(body.as_object().unwrap());
    let drawn = RequestIdentifier::parse("c3a1f0de-0000-4000-8000-000000000001").unwrap();
    let read = Definition::read(&mut reader, &drawn, &mut faults);
    reader.finish(&mut faults);
    faults.finish(read).map_err(|problem| problem.errors)
}

fn kept(body: &Value) -> Template {
    let read = read(body).unwrap_or_else(|faults| panic!("{faults:#?}"));
    Template {
        tenant: TenantId::parse("ten_acmeacmeacmeacmeacmeacmeac").unwrap(),
        name: TemplateName::parse("a").unwrap(),
        version: 3,
        kind: read.kind,
        description: read.description,
        locale: read.locale,
        content: read.content,
        locales: read.locales,
        variables: read.variables,
        schema: read.schema,
        created_at: Timestamp::UNIX_EPOCH,
    }
}

/// A text template of this content.
fn text(words: &str) -> Value {
    json!({"type": "text", "content": {"text": words}})
}

fn fill(template: &Template, variables: &Value) -> Result<Filled, Vec<Fault>> {
    filled_in(template, variables, None)
}

fn filled_in(
    template: &Template,
    variables: &Value,
    locale: Option<&str>,
) -> Result<Filled, Vec<Fault>> {
    let nothing = Map::new();
    let variables = variables.as_object().unwrap_or(&nothing);
    let call = TemplateCall { name: "a", version: None, locale, variables };
    fill_with(template, &call, "/content")
}

fn places(faults: &[Fault]) -> Vec<(&str, &'static str)> {
    faults.iter().map(|fault| (fault.pointer.as_str(), fault.rule)).collect()
}

/// A list picker over products, in two languages.
fn products() -> Value {
    let picker = |title: &str, buy: &str| {
        json!({
            "sections": [{"title": title, "items": [{
                "$each": "products", "$as": "product",
                "$item": {
                    "identifier": "{{ product.sku }}",
                    "title": "{{ product.name }}",
                    "subtitle": "{{ product.price|default('') }}",
                },
            }]}],
            "receivedMessage": {"title": buy, "style": "icon"},
        })
    };
    json!({
        "type": "listPicker",
        "locale": "en",
        "content": picker("For {{ name }}", "Choose"),
        "locales": {"de": picker("Für {{ name }}", "Wählen"), "fr_CA": picker("Pour {{ name }}", "Choisir")},
        "variables": {"name": {"type": "string", "default": "you", "description": "Whom it is for"}},
    })
}
