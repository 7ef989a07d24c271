use serde_json::json;

use super::{filled_in, kept, places, products, read, text};
use crate::{
    memory::{Memory, drive},
    port::TemplateLibrary,
    template::{TemplateCall, fill},
};

#[test]
fn ap30_a_locale_falls_back_to_its_language_and_then_to_the_templates_own() {
    let template = kept(&products());
    let variables = json!({"products": []});
    for (wanted, found) in [
        (Some("fr_CA"), "fr_CA"),
        (Some("fr-ca"), "fr_CA"),
        (Some("de_AT"), "de"),
        (Some("de"), "de"),
        (Some("en_GB"), "en"),
        (Some("fr_FR"), "en"),
        (Some("ja"), "en"),
        (None, "en"),
    ] {
        let filled = filled_in(&template, &variables, wanted).unwrap();
        assert_eq!(filled.locale.as_deref(), Some(found), "{wanted:?}");
        let title = filled.content["receivedMessage"]["title"].as_str();
        let expected = match found {
            "de" => "Wählen",
            "fr_CA" => "Choisir",
            _ => "Choose",
        };
        assert_eq!(title, Some(expected), "{wanted:?}");
    }
}

#[test]
fn ap30_a_message_is_made_of_the_version_it_names_or_of_the_latest() {
    let world = Memory::new(7);
    let mut template = kept(&text("first {{ a }}"));
    for (version, words) in [(1, "first {{ a }}"), (2, "second {{ a }}")] {
        template = crate::model::Template { version, ..kept(&text(words)) };
        drive(world.put_template(&template)).unwrap().unwrap();
    }
    let variables = json!({"a": 1});
    let text = |version| {
        let variables = variables.as_object().unwrap();
        let call = TemplateCall { name: "a", version, locale: None, variables };
        let filled = drive(fill(&world, &template.tenant, &call, "/content")).unwrap().unwrap();
        filled.map(|filled| (filled.version, filled.content["text"].clone()))
    };
    assert_eq!(text(None), Ok((2, json!("second 1"))));
    assert_eq!(text(Some(1)), Ok((1, json!("first 1"))));
    assert_eq!(places(&text(Some(9)).unwrap_err()), [("/content/version", "template_unknown")]);
    for name in ["b", "No Name"] {
        let variables = variables.as_object().unwrap();
        let call = TemplateCall { name, version: None, locale: None, variables };
        let filled = drive(fill(&world, &template.tenant, &call, "/content")).unwrap().unwrap();
        assert_eq!(places(&filled.unwrap_err()), [("/content/name", "template_unknown")]);
    }
}

#[test]
fn a_trial_warns_of_what_would_be_refused_whatever_the_variables() {
    let picker = |style: &str| {
        json!({
            "type": "quickReply",
            "content": {
                "summaryText": "{{ question }}",
                "items": [{"identifier": "1", "title": style}],
            },
            "variables": {"forgotten": {"type": "string"}},
        })
    };
    let warnings = read(&picker("Yes")).unwrap().warnings;
    let places = places(&warnings);
    assert!(places.contains(&("/variables/forgotten", "variable_unused")), "{places:?}");
    // One item where two are the least: no variable can mend that.
    assert!(places.iter().any(|(place, _)| place.starts_with("/content")), "{places:?}");
}

#[test]
fn what_a_template_says_never_reaches_a_log() {
    let template = kept(&text("canary {{ a }}"));
    let variables = json!({"a": "canary"});
    let variables = variables.as_object().unwrap();
    let call = TemplateCall { name: "a", version: None, locale: None, variables };
    let filled = filled_in(&template, &json!({"a": "canary"}), None).unwrap();
    let definition = read(&text("canary {{ a }}")).unwrap();
    for shown in [
        format!("{template:?}"),
        format!("{call:?}"),
        format!("{filled:?}"),
        format!("{definition:?}"),
    ] {
        assert!(!shown.contains("canary"), "{shown}");
    }
}
