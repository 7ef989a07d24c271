//! Forms: pages as a graph, and every fault of a bad one.

use super::*;

/// An input page.
fn page(identifier: &str, next: Option<&str>) -> Value {
    let mut page = json!({"pageIdentifier": identifier, "type": "input", "subtitle": "Why?"});
    if let Some(next) = next {
        page["nextPageIdentifier"] = json!(next);
    }
    page
}

fn form(start: &str, pages: &[Value]) -> Value {
    json!({"startPageIdentifier": start, "pages": pages, "receivedMessage": {"title": "Form"}})
}

fn found(content: &Value) -> Vec<(String, &'static str)> {
    faults(ContentType::Form, content)
}

#[test]
fn a_form_with_ten_faults_gets_ten_errors_with_their_pointers() {
    let content = json!({
        "startPageIdentifier": "kind",
        "pages": [
            {"pageIdentifier": "kind", "type": "select", "subtitle": "What is wrong?", "items": [
                {"identifier": "a", "title": "Broken", "nextPageIdentifier": "nowhere"},
                {"identifier": "a", "title": "x".repeat(201), "nextPageIdentifier": "when"}]},
            {"pageIdentifier": "when", "type": "datePicker", "nextPageIdentifier": "note",
             "options": {"startDate": "2026-06-01"}},
            {"pageIdentifier": "note", "type": "input", "subtitle": "Why?",
             "nextPageIdentifier": "kind", "options": {"regex": "(", "keyboardType": "pigeon"}},
            {"pageIdentifier": "island", "type": "input", "subtitle": "Why?"}],
        "images": [],
        "receivedMessage": {"title": "Return", "imageIdentifier": "gone"}});
    let expected = [
        ("/content/pages/0/items/0/nextPageIdentifier", "form_next_page"),
        ("/content/pages/0/items/1/identifier", "form_item_identifier_unique"),
        ("/content/pages/0/items/1/title", "form_item_title_length"),
        ("/content/pages/1/subtitle", "form_page_subtitle"),
        ("/content/pages/1/options/startDate", "form_date_mismatch"),
        ("/content/pages/2/options/regex", "form_regex"),
        ("/content/pages/2/options/keyboardType", "form_keyboard_type"),
        ("/content/pages/2/nextPageIdentifier", "form_page_cycle"),
        ("/content/pages/3", "form_page_unreachable"),
        ("/content/receivedMessage/imageIdentifier", "image_reference"),
    ];
    let mut expected: Vec<_> =
        expected.iter().map(|(at, rule)| ((*at).to_owned(), *rule)).collect();
    let mut found = found(&content);
    expected.sort();
    found.sort();
    assert_eq!(found.len(), 10);
    assert_eq!(found, expected);
}

#[test]
fn ap23_page_identifiers_are_unique_and_short() {
    let good =
        form("a", &[page("a", Some("12345678901234567é9")), page("12345678901234567é9", None)]);
    sent(ContentType::Form, &good);
    let long = "12345678901234567890";
    let faults =
        compose_by("apple-2022", ContentType::Form, &form(long, &[page(long, None)]), false);
    let fault = faults.unwrap_err().remove(0);
    assert_eq!(fault.rule, "form_page_identifier_length");
    assert_eq!((fault.limit, fault.actual), (Some(json!(19)), Some(json!(20))));
    let twice = form("a", &[page("a", None), page("a", None)]);
    assert_eq!(
        found(&twice),
        [("/content/pages/1/pageIdentifier".into(), "form_page_identifier_unique")]
    );
}

#[test]
fn ap23_every_way_leads_to_a_page_and_to_an_end() {
    assert_eq!(
        found(&form("z", &[page("a", None)])),
        [("/content/startPageIdentifier".into(), "form_start_page")]
    );
    assert_eq!(
        found(&form("a", &[page("a", Some("a"))])),
        [("/content/pages/0/nextPageIdentifier".into(), "form_page_cycle")]
    );
    let circle = form("a", &[page("a", Some("b")), page("b", Some("c")), page("c", Some("b"))]);
    assert_eq!(found(&circle), [("/content/pages/2/nextPageIdentifier".into(), "form_page_cycle")]);
    let apart = form("a", &[page("a", None), page("b", Some("c")), page("c", Some("b"))]);
    assert_eq!(
        found(&apart),
        [
            ("/content/pages/2/nextPageIdentifier".into(), "form_page_cycle"),
            ("/content/pages/1".into(), "form_page_unreachable"),
            ("/content/pages/2".into(), "form_page_unreachable"),
        ]
    );
    assert_eq!(
        found(&form("a", &[page("a", Some("x"))])),
        [("/content/pages/0/nextPageIdentifier".into(), "form_next_page")]
    );
}

#[test]
fn ap23_a_choice_without_a_way_beside_others_is_a_dead_end() {
    let choices = |page_next: Option<&str>, ends: bool| {
        let mut select = page("a", page_next);
        select["type"] = json!("select");
        select["items"] = json!([{"title": "On", "nextPageIdentifier": "b"}, {"title": "Stay"}]);
        if ends {
            select["submitForm"] = json!(true);
        }
        form("a", &[select, page("b", None)])
    };
    assert_eq!(
        found(&choices(None, false)),
        [("/content/pages/0/items/1".into(), "form_dead_end")]
    );
    sent(ContentType::Form, &choices(Some("b"), false));
    sent(ContentType::Form, &choices(None, true));
}

#[test]
fn ap23_only_a_single_choice_names_the_next_page() {
    let mut select = page("a", Some("b"));
    select["type"] = json!("select");
    select["multipleSelection"] = json!(true);
    select["items"] = json!([{"title": "On", "nextPageIdentifier": "b"}]);
    assert_eq!(
        found(&form("a", &[select, page("b", None)])),
        [("/content/pages/0/items/0/nextPageIdentifier".into(), "form_item_next_multiple")]
    );
}

#[test]
fn ap23_keyboards_and_meanings_come_from_the_table() {
    let with = |name: &str, word: &str| {
        let mut input = page("a", None);
        input["options"] = json!({name: word});
        form("a", &[input])
    };
    for (keyboard, plain) in [
        ("UIKeyboardTypeEmailAddress", "emailAddress"),
        ("UIKeyboardTypeASCIICapable", "asciiCapable"),
        ("UIKeyboardTypeURL", "URL"),
        ("UIKeyboardTypeTwitter", "twitter"),
    ] {
        let content = with("keyboardType", keyboard);
        assert!(compose_by("apple-2022", ContentType::Form, &content, false).is_ok(), "{keyboard}");
        let faults = compose_by("apple-2026-08", ContentType::Form, &content, false).unwrap_err();
        assert_eq!(faults[0].rule, "form_keyboard_prefix");
        assert_eq!(faults[0].fix.as_deref(), Some(format!("write `{plain}`").as_str()));
        sent(ContentType::Form, &with("keyboardType", plain));
    }
    assert_eq!(
        found(&with("textContentType", "shoeSize")),
        [("/content/pages/0/options/textContentType".into(), "form_text_content_type")]
    );
    sent(ContentType::Form, &with("textContentType", "oneTimeCode"));
}

#[test]
fn ap23_dates_follow_their_format_and_each_other() {
    let with = |options: Value| {
        let mut date = page("a", None);
        date["type"] = json!("datePicker");
        date["options"] = options;
        form("a", &[date])
    };
    sent(
        ContentType::Form,
        &with(json!({"dateFormat": "dd.MM.yyyy", "minimumDate": "01.02.2026",
            "startDate": "01.02.2026", "maximumDate": "02.02.2026", "labelText": "Day"})),
    );
    assert_eq!(
        found(&with(json!({"minimumDate": "02/01/2026", "maximumDate": "01/31/2026"}))),
        [("/content/pages/0/options/maximumDate".into(), "form_date_order")]
    );
    assert_eq!(
        found(&with(json!({"dateFormat": "dd 'of"}))),
        [("/content/pages/0/options/dateFormat".into(), "form_date_format")]
    );
}

#[test]
fn ap23_the_rest_of_a_page_is_checked() {
    let mut picker = page("a", None);
    picker["type"] = json!("picker");
    picker["items"] = json!([{"title": "One"}]);
    picker["selectedItemIndex"] = json!(1);
    assert_eq!(
        found(&form("a", &[picker])),
        [("/content/pages/0/selectedItemIndex".into(), "form_selected_item")]
    );
    let mut input = page("a", None);
    input["options"] = json!({"maximumCharacterCount": 0, "inputType": "manyline"});
    assert_eq!(
        found(&form("a", &[input])),
        [
            ("/content/pages/0/options/inputType".into(), "form_input_type"),
            ("/content/pages/0/options/maximumCharacterCount".into(), "form_character_count"),
        ]
    );
    let mut input = page("a", None);
    input["options"] = json!({"inputType": "multiline", "prefixText": "$"});
    let composed = composed(ContentType::Form, &form("a", &[input]));
    assert_eq!(
        short(&composed.warnings),
        [("/content/pages/0/options/prefixText".into(), "form_singleline_only")]
    );
    assert_eq!(
        found(&form("a", &[])),
        [
            ("/content/pages".into(), "form_pages"),
            ("/content/startPageIdentifier".into(), "form_start_page"),
        ]
    );
}

#[test]
fn ap23_a_private_form_says_so() {
    let mut content = form("a", &[page("a", None)]);
    content["private"] = json!(true);
    let message = sent(ContentType::Form, &content);
    assert_eq!(message["interactiveData"]["data"]["dynamic"]["data"]["private"], true);
}

#[test]
fn ap23_a_picture_of_a_form_has_its_slot() {
    let mut select = page("a", None);
    select["type"] = json!("select");
    select["items"] = json!([{"title": "Desk", "image": {"url": "https://shop.example/desk.png"}}]);
    let mut content = form("a", &[select]);
    content["splash"] = json!({"buttonTitle": "Go", "imageIdentifier": "s"});
    content["images"] = json!([{"identifier": "s", "data": PNG}]);
    let needs = composed(ContentType::Form, &content).draft.needs;
    let slots: Vec<_> = needs
        .iter()
        .map(|need| match need {
            Need::Image(image) => image.slot,
            _ => panic!(),
        })
        .collect();
    assert_eq!(slots, [Slot::Form, Slot::Form]);
}

#[test]
fn apples_own_form_as_content_has_the_faults_that_its_wire_is_forgiven() {
    let vector =
        include_str!("../../../../../tests/vectors/messages/form_as_apple_samples_it.json");
    let vector: Value = serde_json::from_str(vector).unwrap();
    let interactive = &vector["message"]["interactiveData"];
    let mut content = interactive["data"]["dynamic"]["data"].clone();
    content["images"] = interactive["data"]["images"].clone();
    for name in ["receivedMessage", "replyMessage"] {
        content[name] = interactive[name].clone();
    }
    let faults = compose_by("apple-2022", ContentType::Form, &content, false).unwrap_err();
    let mut found = short(&faults);
    found.sort();
    assert_eq!(
        found,
        [
            ("/content/images/2".into(), "image_unused"),
            ("/content/images/3".into(), "image_unused"),
            ("/content/pages/3/subtitle".into(), "form_page_subtitle"),
            ("/content/pages/4/options/maximumDate".into(), "form_date_mismatch"),
            ("/content/pages/4/options/minimumDate".into(), "form_date_mismatch"),
            ("/content/pages/4/options/startDate".into(), "form_date_mismatch"),
        ]
    );
}
