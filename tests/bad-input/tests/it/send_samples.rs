//! Every file of `events/outbound-send` through the function.

use amb_bad_input::{Expected, OutboundSend, Row, problem, sent};
use amb_protocol::compose::ContentType;
use amb_service::model::{
    ConversationStatus, FileKey, MerchantSettings, Template, TemplateName, UploadId,
};
use amb_support::{
    account::{self, TENANT},
    gateway_event::{self, GatewayEvent},
    vectors::{BUSINESS, now},
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

use crate::events::{CUSTOMER, assert_complete, forbidden, sample};

/// What sending by template or upload asks beside.
const WITH_TEMPLATE: Expected = sent().ports(&[
    ("ApiKeys::api_key", 1),
    ("Businesses::business", 1),
    ("Conversations::load", 1),
    ("Conversations::step", 1),
    ("OutboundQueue::enqueue_outbound", 1),
    ("Templates::template", 1),
]);
/// A payment is asked for by the business's Apple Pay settings.
const WITH_PAYMENT: Expected = sent().ports(&[
    ("ApiKeys::api_key", 1),
    ("Businesses::business", 1),
    ("Conversations::load", 1),
    ("Conversations::step", 1),
    ("Merchants::merchant", 1),
    ("OutboundQueue::enqueue_outbound", 1),
]);
const WITH_UPLOAD: Expected = sent().ports(&[
    ("ApiKeys::api_key", 1),
    ("Businesses::business", 1),
    ("Conversations::load", 1),
    ("Conversations::step", 1),
    ("Files::file", 1),
    ("OutboundQueue::enqueue_outbound", 1),
]);
/// A file that was uploaded is looked at, and read by whoever brings it to Apple.
const WITH_FILES: Expected = WITH_UPLOAD;
/// It is not there now; whether it was when the same was sent before is looked up.
const UPLOAD_MISSING: Expected = problem(404, "not_found").ports(&[
    ("ApiKeys::api_key", 1),
    ("Files::file", 1),
    ("IdempotencyRecords::idempotency_record", 1),
]);
/// The world's clock moves when somebody waits, so the wait is over and nothing has come of it.
const WAITED: Expected = sent().ports(&[
    ("ApiKeys::api_key", 1),
    ("Businesses::business", 1),
    ("Conversations::load", 1),
    ("Conversations::step", 1),
    ("OutboundQueue::enqueue_outbound", 1),
    ("Outbox::find", 100),
]);
/// A check reads, and makes pictures.
const CHECKED: Expected = Expected {
    status: 200,
    code: None,
    ports: &[
        ("ApiKeys::api_key", 1),
        ("Businesses::business", 1),
        ("Conversations::load", 1),
        ("Files::file", 2),
        ("Files::put_file", 2),
    ],
    rows: 0,
};

/// A check of files looks at those that were uploaded, and calls no URL.
const CHECKED_FILES: Expected = Expected {
    status: 200,
    code: None,
    ports: &[
        ("ApiKeys::api_key", 1),
        ("Businesses::business", 1),
        ("Conversations::load", 1),
        ("Files::file", 1),
    ],
    rows: 0,
};

/// What each sample comes to.
fn table() -> [(&'static str, Expected); 30] {
    [
        ("text", sent()),
        ("text-and-wait", WAITED),
        ("text-with-links", sent()),
        ("text-with-files", WITH_FILES),
        ("rich-link", sent()),
        ("quick-reply", sent()),
        ("list-picker", sent()),
        ("list-picker-with-fallback", sent()),
        ("list-picker-with-faults", problem(400, "invalid_request")),
        ("time-picker", sent()),
        ("form", sent()),
        ("imessage-app", sent()),
        ("app-clip", sent()),
        ("invitation", sent()),
        ("payment", WITH_PAYMENT),
        ("ask-payment", WITH_PAYMENT),
        ("raw", sent()),
        ("template", WITH_TEMPLATE),
        ("typing", sent()),
        ("from-an-upload", WITH_UPLOAD),
        ("validate-list-picker", CHECKED),
        ("validate-with-faults", CHECKED),
        ("validate-text-with-files", CHECKED_FILES),
        ("faults", problem(400, "invalid_request")),
        ("no-key", problem(401, "unauthenticated").without_ports()),
        ("no-idempotency-key", problem(400, "idempotency_key_required")),
        ("not-showable", problem(422, "not_showable")),
        ("unknown-customer", problem(404, "no_conversation")),
        ("foreign-business", problem(404, "not_found")),
        ("missing-upload", UPLOAD_MISSING),
    ]
}

/// An instance that knows the samples' key, business, customer, template and upload.
pub(crate) fn sender(case: &str) -> OutboundSend {
    let function = OutboundSend::default();
    let event: Value = serde_json::from_slice(&sample("outbound-send", "text")).unwrap();
    let key = event["headers"]["authorization"].as_str().unwrap();
    account::admit(&function.world, TENANT, key.strip_prefix("Bearer ").unwrap());
    account::conversation(&function.world, BUSINESS, CUSTOMER, ConversationStatus::Open);
    let mut world = function.world.world();
    if case == "not-showable" {
        world.conversations.values_mut().for_each(|state| state.capabilities.clear());
    }
    let tenant = account::tenant(TENANT);
    let name = TemplateName::parse("delivery").unwrap();
    let text = json!({ "text": "Your desk comes on {{ day }}." });
    let template = Template {
        tenant: tenant.clone(),
        name: name.clone(),
        version: 1,
        kind: ContentType::Text,
        description: String::new(),
        locale: None,
        content: text,
        locales: BTreeMap::new(),
        variables: Map::from_iter([("day".to_owned(), json!({ "type": "string" }))]),
        schema: json!({ "type": "object" }),
        created_at: now(),
    };
    world.templates.insert((tenant.clone(), name, 1), template);
    let settings: MerchantSettings = serde_json::from_value(json!({
        "tenant": tenant, "business": BUSINESS, "merchant": "merchant.com.example.shop",
        "displayName": "Example Shop", "country": "US", "identity": "apple-pay",
        "psp": { "kind": "stripe", "secret": "stripe" }, "networks": ["visa", "masterCard"],
        "capabilities": ["supports3DS"], "timeZone": "Europe/Berlin", "updatedAt": now(),
        "revision": 1,
    }))
    .unwrap();
    world.book.merchants.insert((tenant.clone(), settings.business.clone()), settings);
    let upload = UploadId::parse("upl_sampleaaaaaaaaaaaaaaaaaaaa").unwrap();
    let bytes = event["body"].as_str().unwrap().as_bytes().to_vec();
    world.files.insert(FileKey::upload(&tenant, &upload), bytes);
    drop(world);
    function
}

#[test]
fn outbound_send() {
    assert_complete("outbound-send", table().iter().map(|(case, _)| *case));
    Row::run("events/outbound-send", |row| {
        for (case, expected) in table() {
            let event = sample("outbound-send", case);
            let mut forbidden = forbidden(&event);
            if case.starts_with("validate") {
                // What would leave is shown to whoever asked, with whom it would go to.
                forbidden.retain(|word| !word.starts_with("urn:mbid:"));
            }
            let request = gateway_event::request(&event);
            row.check(case, &sender(case).send_request(request, forbidden), expected);
        }
    });
}

/// The verdict on this sample.
fn verdict(case: &str) -> Value {
    let event = sample("outbound-send", case);
    sender(case).send_request(gateway_event::request(&event), Vec::new()).json()
}

#[test]
fn the_verdicts_say_what_would_leave_and_what_is_wrong() {
    let good = verdict("validate-list-picker");
    assert_eq!((&good["valid"], &good["chosen"]["type"]), (&json!(true), &json!("listPicker")));
    assert_eq!(good["changes"][0]["change"], "image");
    let file = verdict("validate-text-with-files");
    let shown = json!([{ "name": "Invoice 1001.pdf" }]);
    assert_eq!(
        (&file["valid"], &file["messages"][0]["apple"]["attachments"]),
        (&json!(true), &shown)
    );
    let bad = verdict("validate-with-faults");
    assert_eq!((&bad["valid"], &bad["messages"]), (&json!(false), &json!([])));
    assert_eq!(bad["errors"][0]["pointer"], "/content/items");
}

#[test]
fn every_sample_of_a_type_leaves_as_that_type() {
    for (case, expected) in table().into_iter().filter(|(_, expected)| expected.status == 202) {
        let event = sample("outbound-send", case);
        let function = sender(case);
        let answer = function.send_request(gateway_event::request(&event), Vec::new()).json();
        let event: Value = serde_json::from_slice(&event).unwrap();
        if event["rawPath"] == "/v1/payments" {
            let id = answer["id"].as_str().unwrap();
            assert!(id.starts_with("pay_") && answer["messageId"].is_string(), "{case}");
            assert_eq!((&answer["status"], answer.get("type")), (&json!("queued"), None), "{case}");
            continue;
        }
        let asked: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
        let kind = match asked["type"].as_str() {
            None | Some("template") => "text",
            Some(kind) => kind,
        };
        assert_eq!((answer["type"].as_str(), expected.code), (Some(kind), None), "{case}");
        assert!(answer.get("warnings").is_none(), "{case}: {answer}");
    }
}

/// The README's table of types: each example is taken as it stands.
#[test]
fn sc20_the_least_content_in_the_readme_is_right() {
    let readme = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let table = readme.split("| the least that is right |").nth(1).unwrap();
    let mut shown = Vec::new();
    for line in table.lines().skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<_> = line.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let (kind, content) =
            (cells[1], cells[2].replace("upl_…", "upl_sampleaaaaaaaaaaaaaaaaaaaa"));
        let content: Value = serde_json::from_str(&content).unwrap();
        let to = if kind == "invitation" { "tel:+12025550100" } else { CUSTOMER };
        let body = json!({ "from": BUSINESS, "to": to, "type": kind, "content": content });
        let function = sender("readme");
        let key = account::key(&function.world, TENANT);
        let outcome = function.send(&GatewayEvent::to_send(&key, &body));
        assert_eq!(outcome.status(), 202, "{kind}: {}", outcome.body());
        shown.push(kind.to_owned());
    }
    let all = ContentType::ALL.map(ContentType::as_str).into_iter().chain(["template", "typing"]);
    assert_eq!(shown, all.collect::<Vec<_>>());
}
