//! Validating and building a message: every rule of the pack in force over a large list picker and a
//! long form, beside reading and writing the same JSON without a look at it.

use std::{error::Error, hint::black_box};

use amb_protocol::{
    compose::{Composing, ContentType, MerchantDefaults, compose},
    id::RequestIdentifier,
    rules::RulePack,
};
use serde_json::{Value, json};

use crate::{clock::cpu_us, report::Report};

/// Items of the list picker, in five sections.
const ITEMS: usize = 50;
/// Pages of the form.
const PAGES: usize = 30;
/// Runs between two looks at the clock.
const ITERATIONS: u32 = 50;

/// Measures both.
pub(crate) fn measure(report: &mut Report) -> Result<(), Box<dyn Error>> {
    for (name, kind, content) in [
        ("list_picker", ContentType::ListPicker, list_picker()),
        ("form", ContentType::Form, form()),
    ] {
        let taken = composed(kind, &content)?;
        let text = content.to_string();
        let json = cpu_us(ITERATIONS, || {
            let value = serde_json::from_str::<Value>(black_box(&text));
            drop(black_box(value.map(|value| value.to_string())));
        });
        let note = format!(
            "validate and build, {:.0} a second; {} bytes of content, {json:.1} us to read and \
             write its JSON",
            1_000_000.0 / taken,
            text.len()
        );
        report.figure(format!("compose.{name}_us"), taken, "us", note);
    }
    Ok(())
}

/// Processor time of composing this, in microseconds.
fn composed(kind: ContentType, content: &Value) -> Result<f64, Box<dyn Error>> {
    let request_identifier = RequestIdentifier::parse("c0ffee00-0000-4000-8000-00000000000d")?;
    let merchant = MerchantDefaults::sample();
    let how = Composing {
        pack: RulePack::latest(),
        truncate: false,
        request_identifier: &request_identifier,
        merchant: Some(&merchant),
    };
    if let Err(faults) = compose(kind, content, "/content", &how) {
        let faults: Vec<_> = faults.iter().map(|fault| &fault.message).collect();
        return Err(format!("the {} is refused: {faults:?}", kind.as_str()).into());
    }
    Ok(cpu_us(ITERATIONS, || {
        drop(black_box(compose(kind, black_box(content), "/content", &how)));
    }))
}

fn list_picker() -> Value {
    let item = |number: usize| {
        json!({
            "identifier": format!("item-{number}"),
            "title": format!("Armchair number {number}"),
            "subtitle": "Oak, moss green, ready in two weeks",
            "order": number,
            "style": "icon",
        })
    };
    let sections = (0..5).map(|section| {
        let items: Vec<Value> =
            (section * ITEMS / 5..(section + 1) * ITEMS / 5).map(item).collect();
        json!({"title": format!("Room {section}"), "multipleSelection": true, "items": items})
    });
    json!({
        "multipleSelection": true,
        "sections": sections.collect::<Vec<_>>(),
        "receivedMessage": {"title": "Which chairs may it be?", "subtitle": "Choose some"},
        "replyMessage": {"title": "My chairs"},
    })
}

/// Choices that lead on, words and dates in turn.
fn form() -> Value {
    let page = |number: usize| {
        let next = (number + 1 < PAGES).then(|| format!("page-{}", number + 1));
        let mut page = json!({
            "pageIdentifier": format!("page-{number}"),
            "title": format!("Question {number}"),
            "subtitle": "How shall we do it?",
        });
        let kind = if number.is_multiple_of(3) {
            let items = (0..4).map(|item| {
                let title = format!("Answer {item}");
                match &next {
                    Some(next) => json!({
                        "identifier": item.to_string(),
                        "title": title,
                        "nextPageIdentifier": next,
                    }),
                    None => json!({"identifier": item.to_string(), "title": title}),
                }
            });
            json!({"type": "select", "items": items.collect::<Vec<_>>()})
        } else if number % 3 == 1 {
            json!({"type": "input", "options": {"required": true, "regex": "^[0-9A-Z]{4,8}$"}})
        } else {
            json!({"type": "datePicker", "options": {"dateFormat": "MM/dd/yyyy"}})
        };
        merge(&mut page, kind);
        if !number.is_multiple_of(3)
            && let Some(next) = next
        {
            merge(&mut page, json!({"nextPageIdentifier": next}));
        }
        page
    };
    json!({
        "startPageIdentifier": "page-0",
        "pages": (0..PAGES).map(page).collect::<Vec<_>>(),
        "showSummary": true,
        "receivedMessage": {"title": "Your return", "subtitle": "It takes two minutes"},
        "replyMessage": {"title": "Thank you"},
    })
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_messages_are_as_large_as_they_say() {
        let sections = list_picker()["sections"].as_array().cloned().unwrap();
        let items = sections.iter().map(|section| section["items"].as_array().unwrap().len());
        assert_eq!(items.sum::<usize>(), ITEMS);
        assert_eq!(form()["pages"].as_array().unwrap().len(), PAGES);
    }
}
