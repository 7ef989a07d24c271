//! Whatever is sent, an answer comes: short, sound, and never a panic.

use proptest::prelude::*;

use super::*;

/// Members that mean something somewhere, so that random objects get far.
const NAMES: [&str; 40] = [
    "type",
    "title",
    "subtitle",
    "items",
    "sections",
    "identifier",
    "images",
    "image",
    "data",
    "url",
    "uploadId",
    "imageIdentifier",
    "receivedMessage",
    "replyMessage",
    "style",
    "order",
    "event",
    "timeslots",
    "startTime",
    "duration",
    "location",
    "latitude",
    "longitude",
    "radius",
    "pages",
    "pageIdentifier",
    "nextPageIdentifier",
    "startPageIdentifier",
    "options",
    "splash",
    "apple",
    "interactiveData",
    "bid",
    "quick-reply",
    "summaryText",
    "text",
    "parameters",
    "value",
    "regex",
    "requestIdentifier",
];

/// Strings that mean something somewhere.
const WORDS: [&str; 14] = [
    "a",
    "b",
    "",
    "select",
    "input",
    "picker",
    "datePicker",
    "large",
    "interactive",
    "2026-12-01T09:00Z",
    "https://a.example/",
    PNG,
    BUSINESS_BID,
    "upl_abcdefghijklmnopqrstuvwx27",
];

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        (0..WORDS.len()).prop_map(|at| Value::from(WORDS[at])),
        "\\PC{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 96, 8, |inner| {
        let name = prop_oneof![
            9 => (0..NAMES.len()).prop_map(|at| NAMES[at].to_owned()),
            1 => "\\PC{0,6}",
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn kind() -> impl Strategy<Value = ContentType> {
    (0..ContentType::ALL.len()).prop_map(|at| ContentType::ALL[at])
}

/// Content that is nearly right: a sound one with one member, somewhere, replaced.
fn mutated() -> impl Strategy<Value = (ContentType, Value)> {
    (0..sound().len(), any::<prop::sample::Index>(), json()).prop_map(|(at, place, value)| {
        let (kind, mut content) = sound().remove(at);
        let mut pointers = Vec::new();
        walk(&content, String::new(), &mut pointers);
        let pointer = place.get(&pointers);
        *content.pointer_mut(pointer).unwrap() = value;
        (kind, content)
    })
}

fn walk(value: &Value, at: String, all: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                walk(value, format!("{at}/{name}"), all);
            }
        }
        Value::Array(list) => {
            for (index, value) in list.iter().enumerate() {
                walk(value, format!("{at}/{index}"), all);
            }
        }
        _ => {}
    }
    all.push(at);
}

/// One sound content of each type.
pub(super) fn sound() -> Vec<(ContentType, Value)> {
    let bubble = json!({"title": "Choose", "style": "small", "imageIdentifier": "i"});
    let images = json!([{"identifier": "i", "data": PNG}]);
    vec![
        (ContentType::Text, json!({"text": "Hi"})),
        (
            ContentType::RichLink,
            json!({"url": "https://a.example", "title": "A", "image": {"data": PNG}}),
        ),
        (
            ContentType::QuickReply,
            json!({"summaryText": "A", "items": [{"title": "A"}, {"title": "B"}]}),
        ),
        (
            ContentType::ListPicker,
            json!({"sections": [{"title": "A", "items": [{"title": "A", "image": {"data": PNG}},
                {"title": "B"}]}], "images": images, "receivedMessage": bubble}),
        ),
        (
            ContentType::TimePicker,
            json!({"event": {"timezoneOffset": 60, "location": {"latitude": 1, "longitude": 2},
                "timeslots": [{"startTime": "2026-12-01T09:00Z", "duration": 60}]},
                "images": images, "receivedMessage": bubble}),
        ),
        (
            ContentType::Form,
            json!({"startPageIdentifier": "a", "pages": [
                {"pageIdentifier": "a", "type": "select", "subtitle": "A", "items": [
                    {"title": "A", "nextPageIdentifier": "b"}, {"title": "B", "nextPageIdentifier": "c"}]},
                {"pageIdentifier": "b", "type": "datePicker", "subtitle": "B",
                 "nextPageIdentifier": "c", "options": {"startDate": "12/01/2026"}},
                {"pageIdentifier": "c", "type": "input", "subtitle": "C", "options": {"regex": "^a+$"}}],
                "images": images, "receivedMessage": bubble}),
        ),
        (
            ContentType::IMessageApp,
            json!({"appId": 1, "appName": "A", "appIcon": {"data": PNG}, "teamId": "ABCDE12345",
                "extensionId": "a.b", "URL": "?", "receivedMessage": {"title": "A"}}),
        ),
        (ContentType::AppClip, json!({"url": "https://a.example"})),
        (
            ContentType::Invitation,
            json!({"templateId": "binaryChoice.engage.withImage", "referenceId": "a",
                "parameters": {"brandName": "A", "brandLogo": {"data": PNG}}}),
        ),
        (
            ContentType::Payment,
            json!({"currencyCode": "USD", "lineItems": [{"label": "Desk", "amount": "199.00"},
                {"label": "Ten off", "amount": "-10.00"}, {"label": "Parcel", "amount": "4.99"}],
                "total": {"amount": "193.99"}, "shippingMethods": [{"identifier": "a",
                "label": "Parcel", "detail": "3 days", "amount": "4.99"}, {"identifier": "b",
                "label": "Collect", "amount": "0.00"}], "requiredShippingContactFields": ["post"],
                "requiredBillingContactFields": ["postalAddress"], "supportedCountries": ["US"],
                "supportedNetworks": ["visa"], "merchantCapabilities": ["supports3DS"],
                "pricing": {"by": "static", "taxes": [{"country": "US", "postalPrefix": "950",
                "label": "Tax", "percent": "8.25", "onShipping": true}], "surcharges":
                [{"paymentType": "credit", "label": "Card", "amount": "1.00"}],
                "servable": [{"country": "US", "region": "CA"}]}, "reference": "order-1001",
                "expiresInMinutes": 60, "endpoints": {"fallbackUrl": "https://a.example/p"},
                "images": images, "receivedMessage": {"title": "Desk", "imageIdentifier": "i"}}),
        ),
    ]
}

fn check(kind: ContentType, content: &Value) {
    for pack in RulePack::NAMES {
        for truncate in [false, true] {
            // Faults are held to their pointers and their pack in there.
            let Ok(composed) = compose_by(pack, kind, content, truncate) else { continue };
            assert!(truncate || composed.cuts.is_empty());
            let message = filled(&composed.draft);
            let faults = check_wire(&message, RulePack::named(pack).unwrap());
            assert_eq!(short(&faults), [], "{message}");
        }
    }
}

#[test]
fn sound_content_of_every_type_is_composed() {
    for (kind, content) in sound() {
        for pack in RulePack::NAMES {
            compose_by(pack, kind, &content, false).unwrap();
        }
        check(kind, &content);
    }
}

proptest! {
    #[test]
    fn whatever_is_composed_passes_apples_check((kind, content) in mutated()) {
        check(kind, &content);
    }

    #[test]
    fn no_json_makes_composing_panic(kind in kind(), content in json()) {
        check(kind, &content);
    }

    #[test]
    fn no_message_makes_the_check_panic(message in json()) {
        for pack in RulePack::NAMES {
            let pack = RulePack::named(pack).unwrap();
            for fault in check_wire(&message, pack) {
                prop_assert!(pack.rule(fault.rule).is_some());
                let parent = fault.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
                prop_assert!(message.pointer(parent).is_some(), "{}", fault.pointer);
            }
        }
    }
}

#[test]
fn however_much_is_wrong_a_hundred_faults_are_named() {
    let pages: Vec<_> = (0..50_000).map(|_| json!({"type": 7})).collect();
    let content = json!({"startPageIdentifier": 1, "pages": pages});
    let faults = compose_by("apple-2026-08", ContentType::Form, &content, false).unwrap_err();
    assert_eq!(faults.len(), 100);
}

#[test]
fn a_circle_of_fifty_thousand_pages_is_found_without_recursion() {
    let pages: Vec<_> = (0..50_000)
        .map(|at| {
            json!({"pageIdentifier": at.to_string(), "type": "input", "subtitle": "?",
                "nextPageIdentifier": ((at + 1) % 50_000).to_string()})
        })
        .collect();
    let content =
        json!({"startPageIdentifier": "0", "pages": pages, "receivedMessage": {"title": "A"}});
    assert_eq!(
        faults(ContentType::Form, &content),
        [("/content/pages/49999/nextPageIdentifier".into(), "form_page_cycle")]
    );
}

#[test]
fn every_rule_of_a_pack_is_asked_for_somewhere() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/compose");
    let mut source = String::new();
    let mut folders = vec![folder];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("tests") {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                source += &std::fs::read_to_string(path).unwrap();
            }
        }
    }
    let elsewhere = [
        "attachment_upload_missing",
        "image_unreachable",
        "image_upload_missing",
        "image_source_bytes",
        "image_pixels",
        "image_damaged",
    ];
    for pack in RulePack::NAMES.map(|name| RulePack::named(name).unwrap()) {
        for rule in pack.rules().iter().filter(|rule| !elsewhere.contains(&rule.id)) {
            assert!(source.contains(&format!("\"{}\"", rule.id)), "{} is idle", rule.id);
        }
    }
}
