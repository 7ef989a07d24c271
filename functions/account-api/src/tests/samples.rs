//! Every file of `events/account-api` goes through the function, and what it answers fits the
//! document.

use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::PathBuf};

use amb_service::model::{ApiKey, ApiKeyId, Mode, Scope, TenantId};

use super::{
    files, payments,
    schema::misfits,
    world::{OURS, Reply, World},
};
use crate::{
    ROUTES,
    openapi::{Examples, document},
};

/// What each sample comes to: status, and the problem's code or nothing.
const EXPECTED: &[(&str, u16, &str)] = &[
    ("capture-payment", 202, ""),
    ("change-business", 200, ""),
    ("change-endpoint", 200, ""),
    ("change-endpoint-that-moved-on", 409, "conflict"),
    ("change-settings", 200, ""),
    ("change-settings-to-a-fortnight", 400, "invalid_request"),
    ("claim-business-of-another-tenant", 409, "business_claimed"),
    ("create-business", 201, ""),
    ("create-download", 202, ""),
    ("create-download-with-faults", 400, "invalid_request"),
    ("create-endpoint", 201, ""),
    ("create-endpoint-in-base64", 201, ""),
    ("create-endpoint-with-faults", 400, "invalid_request"),
    ("create-key", 201, ""),
    ("create-template", 201, ""),
    ("create-template-with-faults", 400, "invalid_request"),
    ("create-tenant", 201, ""),
    ("create-upload", 201, ""),
    ("create-upload-that-is-too-large", 400, "invalid_request"),
    ("delete-endpoint", 204, ""),
    ("delete-template", 204, ""),
    ("key-in-the-query", 401, "unauthenticated"),
    ("list-businesses", 200, ""),
    ("list-conversations", 200, ""),
    ("list-deliveries", 200, ""),
    ("list-endpoints", 200, ""),
    ("list-events", 200, ""),
    ("list-events-with-a-forged-cursor", 400, "invalid_cursor"),
    ("list-keys", 200, ""),
    ("list-keys-without-a-key", 401, "unauthenticated"),
    ("list-keys-without-a-tenant", 400, "invalid_request"),
    ("list-messages", 200, ""),
    ("list-payments", 200, ""),
    ("list-rule-packs", 200, ""),
    ("list-template-versions", 200, ""),
    ("list-templates", 200, ""),
    ("list-tenants", 200, ""),
    ("malformed-body", 400, "malformed_body"),
    ("open-attachment", 302, ""),
    ("open-attachment-with-an-old-link", 404, "not_found"),
    ("ping-endpoint", 202, ""),
    ("read-apple-pay", 200, ""),
    ("read-attachment", 302, ""),
    ("read-attachment-in-quarantine", 403, "attachment_quarantined"),
    ("read-attachment-out-of-quarantine", 302, ""),
    ("read-attachment-that-failed", 410, "attachment_failed"),
    ("read-attachment-that-is-infected", 403, "attachment_infected"),
    ("read-attachment-that-is-not-there", 404, "not_found"),
    ("read-attachment-that-is-pending", 409, "attachment_pending"),
    ("read-business", 200, ""),
    ("read-conversation", 200, ""),
    ("read-download", 200, ""),
    ("read-endpoint", 200, ""),
    ("read-endpoint-of-another-tenant", 404, "not_found"),
    ("read-event", 200, ""),
    ("read-journal", 200, ""),
    ("read-journal-of-another-tenant", 404, "not_found"),
    ("read-message", 200, ""),
    ("read-payment", 200, ""),
    ("read-payment-contacts", 200, ""),
    ("read-payment-that-is-not-there", 404, "not_found"),
    ("read-rule-pack", 200, ""),
    ("read-settings", 200, ""),
    ("read-template", 200, ""),
    ("read-template-of-another-version", 404, "not_found"),
    ("read-template-schema", 200, ""),
    ("read-tenant", 200, ""),
    ("refund-payment", 202, ""),
    ("refund-payment-without-a-key", 400, "idempotency_key_required"),
    ("render-template", 200, ""),
    ("render-template-without-its-variables", 400, "invalid_request"),
    ("replace-apple-pay", 200, ""),
    ("replace-apple-pay-with-faults", 400, "invalid_request"),
    ("replace-template", 200, ""),
    ("replace-template-that-moved-on", 409, "conflict"),
    ("replay-deliveries", 202, ""),
    ("replay-one-event", 202, ""),
    ("revoke-key", 204, ""),
    ("rotate-endpoint-secret", 200, ""),
    ("scan-attachment", 200, ""),
    ("send-receipt", 202, ""),
    ("start-link", 200, ""),
    ("unknown-route", 404, "not_found"),
    ("validate-template", 200, ""),
    ("void-payment", 202, ""),
    ("void-payment-that-is-captured", 409, "payment_state"),
    ("wrong-content-type", 415, "unsupported_media_type"),
    ("wrong-method", 405, "method_not_allowed"),
];

/// A sample and what it came to.
pub(crate) struct Fed {
    pub(crate) name: String,
    event: Value,
    pub(crate) reply: Reply,
}

impl Fed {
    /// The body that was sent, as JSON.
    fn sent(&self) -> Option<Value> {
        serde_json::from_str(self.event["body"].as_str()?).ok()
    }

    fn route(&self) -> String {
        self.event["routeKey"].as_str().unwrap().to_owned()
    }
}

/// Feeds every sample to a world of its own.
pub(crate) async fn feed_all() -> Vec<Fed> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events/account-api");
    let mut files: Vec<_> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort_by_key(|file| file.file_stem().map(ToOwned::to_owned));
    let mut fed = Vec::new();
    for file in files {
        let bytes = fs::read(&file).unwrap();
        let (world, _, _) = World::with_conversation().await;
        keep_sample_key(&world);
        keep_sample_template(&world).await;
        files::keep_samples(&world);
        payments::keep_samples(&world);
        // What is drawn from here on does not depend on what was drawn to get here.
        world.memory.world().entropy = 1;
        let reply = world.feed(&bytes).await;
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        fed.push(Fed { name, event: serde_json::from_slice(&bytes).unwrap(), reply });
    }
    fed
}

fn keep_sample_key(world: &World) {
    let mut inner = world.memory.world();
    let key = ApiKey {
        id: ApiKeyId::parse("key_samplesamplesamplesamplesa").unwrap(),
        tenant: TenantId::parse(OURS).unwrap(),
        name: "Agent desk".into(),
        mode: Mode::Test,
        scopes: [Scope::Read].into(),
        hash: "0".repeat(64),
        created_at: inner.now,
        not_before: None,
        not_after: None,
        revoked_at: None,
    };
    inner.api_keys.insert(key.id.clone(), key);
}

/// Version 1 of the template that the samples speak of, in two locales.
async fn keep_sample_template(world: &World) {
    let body = json!({
        "name": "products", "type": "listPicker", "locale": "en",
        "content": {
            "sections": [{ "title": "For {{ name }}", "items": [{
                "$each": "products", "$as": "product",
                "$item": { "identifier": "{{ product.sku }}", "title": "{{ product.name }}" },
            }] }],
            "receivedMessage": { "title": "Choose" },
        },
        "locales": { "de": {
            "sections": [{ "title": "Für {{ name }}", "items": [{
                "$each": "products", "$as": "product",
                "$item": { "identifier": "{{ product.sku }}", "title": "{{ product.name }}" },
            }] }],
            "receivedMessage": { "title": "Wählen" },
        } },
        "variables": { "name": { "type": "string", "default": "you" } },
    });
    let reply = world.as_operator(OURS, "POST", "/v1/templates", Some(body)).await;
    assert_eq!(reply.status, 201, "{:?}", reply.body);
}

/// The examples of the document: what the samples send and get. What is shown once stays hidden.
pub(crate) fn examples(fed: &[Fed]) -> Examples {
    let mut examples = BTreeMap::new();
    for fed in fed.iter().filter(|fed| fed.reply.status < 300) {
        let route = fed.route();
        let Some(route) = ROUTES.iter().find(|r| format!("{} {}", r.method, r.path) == route)
        else {
            continue;
        };
        let mut answered = fed.reply.body.clone();
        for (name, shown) in [
            ("key", "amb_test_…"),
            ("secret", "whsec_…"),
            ("nextCursor", "mjjs1-PwRlr0KaWM4Cx0XTIwMjY"),
        ] {
            if let Some(value) = answered.get_mut(name).filter(|value| !value.is_null()) {
                *value = shown.into();
            }
        }
        let answered = Some(answered).filter(|body| !body.is_null());
        examples.entry(route.operation.id()).or_insert((fed.sent(), answered));
    }
    let id = "b0f5c1de-0000-4000-8000-000000000001";
    let queued = json!({ "id": id, "type": "text", "status": "queued" });
    examples.insert("sendMessage", (None, Some(queued)));
    for (name, file) in SENDING {
        examples.insert(name, (Some(sent_by(file)), None));
    }
    examples
}

/// The samples of sending and checking: the operation with the name of the example, and the file.
pub(crate) const SENDING: [(&str, &str); 19] = [
    ("sendMessage/text", "text"),
    ("sendMessage/textWithLinks", "text-with-links"),
    ("sendMessage/textWithFiles", "text-with-files"),
    ("sendMessage/richLink", "rich-link"),
    ("sendMessage/quickReply", "quick-reply"),
    ("sendMessage/listPicker", "list-picker"),
    ("sendMessage/listPickerWithFallback", "list-picker-with-fallback"),
    ("sendMessage/timePicker", "time-picker"),
    ("sendMessage/form", "form"),
    ("sendMessage/iMessageApp", "imessage-app"),
    ("sendMessage/appClip", "app-clip"),
    ("sendMessage/invitation", "invitation"),
    ("sendMessage/payment", "payment"),
    ("sendMessage/raw", "raw"),
    ("sendMessage/template", "template"),
    ("sendMessage/typing", "typing"),
    ("sendMessage/upload", "from-an-upload"),
    ("validateMessage/listPicker", "validate-list-picker"),
    ("askPayment/desk", "ask-payment"),
];

/// The body that a sample of `events/outbound-send` sends.
pub(crate) fn sent_by(file: &str) -> Value {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../events/outbound-send");
    let event: Value =
        serde_json::from_slice(&fs::read(folder.join(file).with_extension("json")).unwrap())
            .unwrap();
    serde_json::from_str(event["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn every_sample_comes_to_what_is_expected() {
    let fed = feed_all().await;
    let names: Vec<_> = fed.iter().map(|fed| fed.name.as_str()).collect();
    let expected: Vec<_> = EXPECTED.iter().map(|(name, ..)| *name).collect();
    assert_eq!(names, expected);
    for (fed, (name, status, code)) in fed.iter().zip(EXPECTED) {
        assert_eq!(fed.reply.code(), (*status, *code), "{name}: {:?}", fed.reply.body);
        assert!(!fed.reply.body.to_string().contains("canary"), "{name}");
    }
}

#[tokio::test]
async fn every_operation_has_a_sample_and_its_answer_fits_the_document() {
    let fed = feed_all().await;
    let document = serde_json::to_value(document(&examples(&fed))).unwrap();
    for route in ROUTES {
        let key = format!("{} {}", route.method, route.path);
        assert!(fed.iter().any(|fed| fed.route() == key && fed.reply.status < 400), "{key}");
    }
    for fed in &fed {
        let (method, path) =
            fed.event["routeKey"].as_str().unwrap().split_once(' ').unwrap_or_default();
        let operation = &document["paths"][path][method.to_ascii_lowercase()];
        if operation.is_null() {
            continue;
        }
        let response = &operation["responses"][fed.reply.status.to_string()];
        assert!(response.is_object(), "{}: {} is not documented", fed.name, fed.reply.status);
        let content = response["content"].as_object().and_then(|content| content.values().next());
        match content {
            Some(content) => {
                let misfits = misfits(&document, &content["schema"], &fed.reply.body);
                assert!(misfits.is_empty(), "{}: {misfits:#?}\n{}", fed.name, fed.reply.body);
            }
            None => assert!(fed.reply.body.is_null(), "{}", fed.name),
        }
        if fed.reply.status < 300
            && let Some(sent) = fed.sent()
        {
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            let misfits = misfits(&document, schema, &sent);
            assert!(misfits.is_empty(), "{}: {misfits:#?}", fed.name);
        }
        if fed.reply.status >= 400 {
            let told = response["description"].as_str().unwrap();
            assert!(told.contains(fed.reply.code().1), "{}: {told}", fed.name);
        }
    }
}
