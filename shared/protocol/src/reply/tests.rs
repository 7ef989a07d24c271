use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const BID: &str = "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.apple.icloud.apps.messages.business.extension";

fn parse(interactive_data: &Value) -> Reply {
    Reply::parse(&RawValue::from_string(interactive_data.to_string()).unwrap())
}

/// A reply with this `data`, as built-in types have it.
fn reply(data: &Value) -> Reply {
    let session = "0ddba11e-0000-4000-8000-000000000003";
    parse(&json!({ "bid": BID, "sessionIdentifier": session, "data": data }))
}

fn told(data: &Value) -> Value {
    serde_json::to_value(reply(data)).unwrap()
}

#[test]
fn ap13_a_quick_reply_tells_its_index_identifier_and_title() {
    let sample = json!({
        "version": "1.0",
        "requestIdentifier": "c0ffee00-0000-4000-8000-000000000003",
        "quick-reply": {
            "selectedIndex": 0,
            "selectedIdentifier": "good",
            "items": [{ "identifier": "good", "title": "Good" }, { "identifier": "bad", "title": "Not good" }],
        },
    });
    assert_eq!(
        told(&sample),
        json!({
            "kind": "quickReply", "index": 0, "identifier": "good", "title": "Good",
            "requestIdentifier": "c0ffee00-0000-4000-8000-000000000003",
            "sessionIdentifier": "0ddba11e-0000-4000-8000-000000000003",
        })
    );
}

#[test]
fn a_quick_reply_is_known_by_its_index_or_its_identifier_alone() {
    let items = json!([{ "identifier": "a", "title": "A" }, { "identifier": 7, "title": "B" }]);
    let answer = |mut quick: Value| {
        quick["items"] = items.clone();
        reply(&json!({ "quick-reply": quick })).answer
    };
    let second = |identifier: &str| Answer::QuickReply {
        index: Some(1),
        identifier: Some(identifier.to_owned()),
        title: Some("B".to_owned()),
    };
    assert_eq!(answer(json!({ "selectedIndex": "1" })), second("7"));
    assert_eq!(answer(json!({ "selectedIndex": 1.0, "selectedIdentifier": null })), second("7"));
    assert_eq!(answer(json!({ "selectedIdentifier": "7" })), second("7"));
    assert_eq!(answer(json!({ "selectedIdentifier": 7 })), second("7"));
    assert_eq!(answer(json!({ "selectedIndex": -1 })), Answer::Other);
    assert_eq!(answer(json!({})), Answer::Other);
    let beyond = answer(json!({ "selectedIndex": 9 }));
    assert_eq!(beyond, Answer::QuickReply { index: Some(9), identifier: None, title: None });
}

#[test]
fn ap14_a_list_picker_tells_what_stands_in_its_first_section() {
    let sample = json!({
        "version": "1",
        "requestIdentifier": "c0ffee00-0000-4000-8000-000000000004",
        "listPicker": { "sections": [
            { "title": "You Selected", "order": 0, "items": [
                { "identifier": "d2", "title": "Oak", "subtitle": "140 cm", "order": 1, "style": "default" },
            ]},
            { "title": "Others", "order": 1, "items": [
                { "identifier": "d1", "title": "Walnut", "subtitle": "120 cm", "order": 0, "imageIdentifier": "img1" },
            ]},
        ]},
        "receivedMessage": { "title": "Choose a desk", "style": "small" },
        "replyMessage": { "title": "Oak", "alternateTitle": "You chose", "style": "icon" },
    });
    let told = told(&sample);
    assert_eq!(
        (&told["kind"], &told["selected"], &told["others"]),
        (
            &json!("listPicker"),
            &json!([{ "identifier": "d2", "title": "Oak", "subtitle": "140 cm", "order": 1 }]),
            &json!(1)
        )
    );
}

#[test]
fn a_list_picker_of_several_sections_comes_merged_localized_and_with_old_names() {
    let sample = json!({ "mspVersion": "1.0", "requestIdentifier": "food-picker-1", "listPicker": {
        "multipleSelection": true,
        "sections": [
            { "order": 0, "title": "Deine Auswahl", "items": [
                { "identifier": "taco-appetizer", "order": "0", "title": "Tacos", "subtitle": null },
                { "identifier": 12, "order": 0.0, "title": "Tacos" },
                { "title": "without an identifier" },
                "not an item",
            ]},
            { "order": 1, "title": "Sonstige", "listPickerItem": [{ "identifier": "burrito" }] },
            { "title": "empty", "items": null },
        ],
    }});
    let Answer::ListPicker { selected, others } = reply(&sample).answer else { panic!() };
    let ids: Vec<_> = selected.iter().map(|item| (item.identifier.as_str(), item.order)).collect();
    assert_eq!(ids, [("taco-appetizer", Some(0)), ("12", Some(0))]);
    assert_eq!(others, 1);
}

#[test]
fn ap15_a_time_picker_tells_its_one_slot() {
    let sample = json!({
        "version": "1",
        "requestIdentifier": "c0ffee00-0000-4000-8000-000000000005",
        "event": {
            "identifier": "ev1", "title": "Delivery", "timezoneOffset": -300,
            "timeslots": [{ "identifier": "s2", "startTime": "2026-06-01T15:00+0000", "duration": "1800" }],
        },
        "replyMessage": { "title": "Jun 1 at 11:00", "style": "icon" },
    });
    let told = told(&sample);
    assert_eq!((&told["kind"], &told["eventIdentifier"]), (&json!("timePicker"), &json!("ev1")));
    let slot =
        json!({ "identifier": "s2", "startTime": "2026-06-01T15:00+0000", "duration": 1800 });
    assert_eq!(told["slot"], slot);
}

#[test]
fn a_time_picker_with_no_or_several_slots_is_not_guessed_at() {
    for slots in [json!([]), json!([{ "identifier": "a" }, { "identifier": "b" }]), json!(null)] {
        let data = json!({ "event": { "identifier": "ev1", "timeslots": slots } });
        assert_eq!(reply(&data).answer, Answer::Other);
    }
}

#[test]
fn ap23_a_form_tells_its_selections_by_page() {
    let sample = json!({
        "version": "1",
        "requestIdentifier": "c0ffee00-0000-4000-8000-000000000006",
        "dynamic": { "version": "1.1", "template": "messageForms", "selections": [
            { "pageIdentifier": "kind", "subtitle": "What is wrong?", "items": [
                { "identifier": "k1", "type": "select", "title": "Broken", "value": "broken" },
            ]},
            { "pageIdentifier": "note", "subtitle": "Tell us more", "items": [
                { "identifier": "note", "type": "input", "title": "Leg cracked", "value": "Leg cracked" },
            ]},
        ]},
    });
    assert_eq!(
        told(&sample)["pages"],
        json!([
            { "pageIdentifier": "kind", "subtitle": "What is wrong?", "items": [
                { "identifier": "k1", "type": "select", "title": "Broken", "value": "broken" },
            ]},
            { "pageIdentifier": "note", "subtitle": "Tell us more", "items": [
                { "identifier": "note", "type": "input", "title": "Leg cracked", "value": "Leg cracked" },
            ]},
        ])
    );
    assert_eq!(told(&sample)["private"], json!(false));
}

#[test]
fn ap23_a_private_form_is_private_however_it_says_so_and_whatever_else_is_wrong_with_it() {
    for dynamic in [
        json!({ "private": true, "selections": [{ "pageIdentifier": "p", "items": [] }] }),
        json!({ "private": "true", "selections": "not a list" }),
        json!({ "private": 1 }),
        json!({ "data": { "private": true }, "selections": [] }),
    ] {
        let reply = reply(&json!({ "dynamic": dynamic }));
        assert!(reply.is_private());
        let kept = serde_json::to_value(reply.without_private()).unwrap();
        assert_eq!((&kept["private"], kept.get("pages")), (&json!(true), None));
    }
    for dynamic in [json!({}), json!({ "private": false }), json!({ "private": "false" })] {
        assert!(!reply(&json!({ "dynamic": dynamic })).is_private());
    }
}

#[test]
fn ap22_a_custom_app_answers_with_its_url() {
    let data = json!({
        "appId": 1_234_567_890, "appName": "Example", "URL": "?cart=42",
        "bid": "com.apple.messages.MSMessageExtensionBalloonPlugin:ABCDE12345:com.example.shop.MessagesExtension",
        "sessionIdentifier": "0ddba11e-0000-4000-8000-00000000000b",
        "receivedMessage": { "title": "Your cart" },
    });
    let told = serde_json::to_value(parse(&data)).unwrap();
    assert_eq!(
        (&told["kind"], &told["url"], &told["appId"]),
        (&json!("iMessageApp"), &json!("?cart=42"), &json!("1234567890"))
    );
    assert_eq!(told["sessionIdentifier"], "0ddba11e-0000-4000-8000-00000000000b");
}

#[test]
fn an_accepted_invitation_names_its_reference() {
    let shown = |word: &str| json!({ "determinateResponse": { "title": "t", "subtitle": "s", "type": { word: {} } } });
    for (notification, accepted) in [
        (json!({ "id": "yes", "displayContent": shown("yes"), "referenceId": "order-1001" }), true),
        (json!({ "displayContent": shown("yes"), "referenceId": "order-1001" }), true),
        (json!({ "id": "No", "referenceId": "order-1001" }), false),
    ] {
        let data = json!({ "requestIdentifier": "tel:+12025550100", "notification": notification });
        let reference_id = Some("order-1001".to_owned());
        assert_eq!(reply(&data).answer, Answer::Invitation { accepted, reference_id });
    }
    let beside = json!({ "notification": { "id": "yes" }, "referenceId": "order-1001" });
    let reference_id = Some("order-1001".to_owned());
    assert_eq!(reply(&beside).answer, Answer::Invitation { accepted: true, reference_id });
    let undecided = json!({ "notification": { "id": "maybe" } });
    assert_eq!(reply(&undecided).answer, Answer::Other);
}

#[test]
fn ap20_ap21_signing_in_ends_with_one_of_four_words_and_keeps_the_devices_own() {
    for (word, status) in [
        ("success", SignIn::Success),
        ("authenticated", SignIn::Success),
        ("failure", SignIn::Failure),
        ("failed", SignIn::Failure),
        ("cancel", SignIn::Cancel),
        ("unknown", SignIn::Unknown),
        ("completed", SignIn::Unknown),
    ] {
        for (code, expected) in
            [(json!(400), Some("400")), (json!("400"), Some("400")), (json!(null), None)]
        {
            let data =
                json!({ "version": "2", "authenticate": { "status": word, "error_code": code } });
            let error_code = expected.map(str::to_owned);
            let word = Some(word.to_owned());
            assert_eq!(reply(&data).answer, Answer::Authenticate { status, word, error_code });
        }
    }
    let old = json!({ "version": "1", "authenticate": { "status": "failed", "errors": [
        { "code": 0, "domain": "com.apple.icloud.messages.business.authentication.error" },
    ]}});
    let failed = told(&old);
    assert_eq!((&failed["status"], &failed["errorCode"]), (&json!("failure"), &json!("0")));
    let secret = json!({ "authenticate": { "status": "authenticated", "token": "BSecret" } });
    assert!(!told(&secret).to_string().contains("BSecret"));
}

#[test]
fn a_payment_tells_its_state() {
    let data = json!({ "payment": { "state": "paid" } });
    assert_eq!(told(&data)["state"], "paid");
    assert_eq!(reply(&json!({ "payment": {} })).answer, Answer::Payment { state: None });
}

#[test]
fn what_cannot_be_read_is_something_else() {
    for data in [
        json!({}),
        json!({ "content": {} }),
        json!({ "listPicker": [] }),
        json!({ "listPicker": { "sections": [] } }),
        json!({ "listPicker": null }),
        json!({ "quick-reply": "good" }),
        json!({ "event": { "timeslots": [{}] } }),
        json!([]),
        json!("data"),
    ] {
        assert_eq!(reply(&data).answer, Answer::Other, "{data}");
    }
    assert_eq!(told(&json!({}))["kind"], "other");
    assert_eq!(parse(&json!([1])).answer, Answer::Other);
}

#[test]
fn debug_shows_no_words() {
    let data = json!({ "dynamic": { "selections": [
        { "pageIdentifier": "page-canary", "items": [{ "value": "value-canary" }] },
    ]}});
    let reply = reply(&data);
    assert_eq!(format!("{reply:?}"), "Reply(form)");
    let Answer::Form { pages, .. } = reply.answer else { panic!() };
    assert!(!format!("{pages:?}").contains("canary"));
}

/// Trees of the names that mean something here, with values of every type where they do not belong.
fn tree() -> impl Strategy<Value = Value> {
    let name = prop::sample::select(vec![
        "data",
        "listPicker",
        "sections",
        "items",
        "identifier",
        "title",
        "order",
        "event",
        "timeslots",
        "startTime",
        "duration",
        "quick-reply",
        "selectedIndex",
        "selectedIdentifier",
        "dynamic",
        "selections",
        "pageIdentifier",
        "private",
        "notification",
        "id",
        "displayContent",
        "determinateResponse",
        "type",
        "referenceId",
        "authenticate",
        "status",
        "error_code",
        "errors",
        "payment",
        "state",
        "URL",
        "requestIdentifier",
        "sessionIdentifier",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[ -~é👋]{0,6}".prop_map(Value::from),
        "-?[0-9]{1,22}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name.clone(), inner), 0..5).prop_map(|members| {
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

proptest! {
    #[test]
    fn anything_at_all_is_read_without_panic(data in tree(), inner in tree()) {
        for reply in [parse(&data), reply(&inner), parse(&inner)] {
            let told = serde_json::to_value(&reply).unwrap();
            prop_assert_eq!(&told["kind"], reply.answer.kind());
        }
    }
}
