use amb_protocol::{apple_pay::Offer, attachment::ATTACHMENT_MAX_BYTES, rules::RulePack};
use amb_service::{
    account::{
        DEFAULT_LIMIT, FILE_LINK_LIFE, MAX_DESCRIPTION, MAX_ENTRY, MAX_LIMIT, MAX_LINK_BODY,
        MAX_LINK_ENTRY, MAX_NAME, MAX_REFERENCED, MAX_REPLAY, MAX_UPLOAD, OVERLAP_SECONDS,
        TIMEOUT_SECONDS,
    },
    model::{
        AttachmentId, DeclineClass, Doubt, Endpoint, EventType, IdempotencyKey, Payload, Payment,
        Route, Scope, Template,
    },
    payment::callbacks::MAX_BODY,
    problem::{Fault, Faults, Problem},
    receive::{MAX_INFLATED_BODY, MAX_WIRE_BODY},
    render::LINK_LIFE,
    send::{MAX_FALLBACKS, MAX_TEXT, MAX_UPLOADED_BODY, SendRequest},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::{collections::BTreeSet, env, fs, path::PathBuf};

use super::document;
use crate::{
    Opens, ROUTES,
    tests::{
        payments::{CAPTURED, keep_samples},
        samples::{examples, feed_all},
        schema::known_members,
        world::{BUSINESS, ENDPOINT, OURS, World},
    },
};

mod watch;

const HEAD: &str =
    "# Generated from the types. UPDATE_OPENAPI=1 cargo test -p account-api openapi\n";

fn infra(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../infra").join(name)
}

async fn generated() -> utoipa::openapi::OpenApi {
    document(&examples(&feed_all().await))
}

async fn as_json() -> Value {
    serde_json::to_value(generated().await).unwrap()
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "asks whether to write the file")]
async fn openapi_yaml_is_what_the_types_say() {
    let yaml = HEAD.to_owned() + &generated().await.to_yaml().unwrap();
    if env::var_os("UPDATE_OPENAPI").is_some() {
        fs::write(infra("openapi.yaml"), &yaml).unwrap();
    }
    let kept = fs::read_to_string(infra("openapi.yaml")).unwrap_or_default();
    assert!(kept == yaml, "infra/openapi.yaml is not up to date: UPDATE_OPENAPI=1 writes it");
}

/// What `apple-pay` serves to devices, to Apple and to payment providers: no part of the API.
const PAY: [&str; 3] = [" /.well-known/", " /pay/", " /psp/"];

#[tokio::test]
async fn routes_template_and_openapi_are_the_same() {
    let mut code: BTreeSet<String> =
        ROUTES.iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    // Served by functions of their own.
    code.insert("POST /v1/messages".to_owned());
    code.insert("POST /v1/messages/validate".to_owned());
    code.insert("POST /v1/payments".to_owned());
    code.insert("POST /message".to_owned());

    let text = fs::read_to_string(infra("template.yaml")).unwrap();
    let mut template = BTreeSet::<String>::new();
    for (_, event) in text.match_indices("Type: HttpApi,").map(|(at, _)| text.split_at(at)) {
        let word = |name: &str| {
            let rest = event.split_once(name).unwrap().1;
            let end = rest.find([',', '\n']).unwrap();
            rest.split_at(end).0.trim_matches([' ', '\'', '"']).to_owned()
        };
        let path = word("Path:");
        let path = path.trim_end_matches("}}").trim_end_matches('\'').trim();
        // A path's own closing brace went with the mapping's.
        let path = if path.matches('{').count() > path.matches('}').count() {
            format!("{path}}}")
        } else {
            path.to_owned()
        };
        template.insert(format!("{} {path}", word("Method:")));
    }
    let (pay, template): (BTreeSet<_>, _) =
        template.into_iter().partition(|route| PAY.iter().any(|prefix| route.contains(prefix)));
    assert_eq!(pay.len(), 5, "{pay:?}");
    assert_eq!(template, code);

    let document = as_json().await;
    let mut documented = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            documented.insert(format!("{} {path}", method.to_ascii_uppercase()));
        }
    }
    assert_eq!(documented, code);
}

/// Bodies are read strictly, so a member that is documented and not read would be unknown.
#[tokio::test]
async fn every_documented_member_is_read_and_no_other() {
    let world = World::new().await;
    keep_samples(&world);
    let sender = world.key(OURS, "test", &["send"]).await;
    let document = as_json().await;
    for route in ROUTES {
        let method = route.method.to_ascii_lowercase();
        let schema = &document["paths"][route.path][&method]["requestBody"]["content"]["application/json"]
            ["schema"];
        if schema.is_null() {
            continue;
        }
        let target = route.path.replace("{businessId}", BUSINESS).replace("{endpointId}", ENDPOINT);
        let target = target.replace("{templateName}", "welcome").replace("{paymentId}", CAPTURED);
        // Some members are objects with names of their own.
        let open = ["/v1/templates", "/v1/downloads"].iter().any(|it| target.starts_with(it))
            || target.ends_with("/apple-pay");
        let odd = if open { json!(true) } else { json!({ "odd": 1 }) };
        for member in known_members(&document, schema) {
            let mut body = json!({ member.as_str(): odd });
            if member == "conversationId" {
                body["eventId"] = json!("evt_x");
            }
            let reply = match route.opens {
                Opens::Any([Scope::Send]) => {
                    world.with_key(&sender, route.method, &target, Some(body)).await
                }
                _ => world.as_operator(OURS, route.method, &target, Some(body)).await,
            };
            let unknown = (format!("/{member}"), "unknown_field".to_owned());
            assert!(!reply.faults().contains(&unknown), "{target} {member}");
            assert!(
                reply.faults().iter().any(|(pointer, _)| *pointer == unknown.0),
                "{target} {member}"
            );
        }
    }
    for (name, reads) in [("SendMessage", READS[0]), ("CheckMessage", READS[1])] {
        let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
        let known = known_members(&document, &schema);
        for member in &known {
            let errors = reads(&json!({ member.as_str(): 7 }));
            let of = |fault: &&Fault| fault.pointer == format!("/{member}");
            let rule = errors.iter().find(of).map(|fault| fault.rule);
            assert!(rule.is_some_and(|rule| rule != "unknown_field"), "{name}.{member} {rule:?}");
        }
        assert!(known.len() >= 11, "{name}");
    }
}

/// Reads a body, and tells its faults.
const READS: [fn(&Value) -> Vec<Fault>; 2] = [
    |body| {
        let mut faults = Faults::default();
        SendRequest::read(body.as_object().unwrap(), &mut faults);
        faults.finish(None::<()>).unwrap_err().errors
    },
    |body| {
        let mut faults = Faults::default();
        SendRequest::read_check(body.as_object().unwrap(), &mut faults);
        faults.finish(None::<()>).unwrap_err().errors
    },
];

#[tokio::test]
async fn the_limits_in_the_document_are_those_in_the_code() {
    let document = as_json().await;
    let of = |schema: &str, member: &str, limit: &str| {
        document["components"]["schemas"][schema]["properties"][member][limit]
            .as_u64()
            .unwrap_or_else(|| panic!("{schema}.{member} has no {limit}"))
    };
    let name = MAX_NAME as u64;
    for schema in ["CreateTenant", "CreateBusiness", "ChangeBusiness", "CreateKey"] {
        assert_eq!(of(schema, "name", "maxLength"), name, "{schema}");
    }
    for schema in ["CreateEndpoint", "ChangeEndpoint"] {
        assert_eq!(of(schema, "description", "maxLength"), MAX_DESCRIPTION as u64);
        assert_eq!(of(schema, "url", "maxLength"), amb_egress::EndpointUrl::MAX_BYTES as u64);
        assert_eq!(of(schema, "routes", "maxItems"), Route::MAX_PER_ENDPOINT as u64);
        let range =
            of(schema, "timeoutSeconds", "minimum")..=of(schema, "timeoutSeconds", "maximum");
        assert_eq!(range, TIMEOUT_SECONDS);
    }
    for member in ["intent", "group"] {
        assert_eq!(of("RoutingRule", member, "maxLength"), MAX_ENTRY as u64);
    }
    let link = document["paths"]["/v1/businesses/{businessId}/link"]["get"]["parameters"].clone();
    for (name, max) in
        [("intent", MAX_LINK_ENTRY), ("group", MAX_LINK_ENTRY), ("body", MAX_LINK_BODY)]
    {
        let found = link.as_array().unwrap().iter().find(|parameter| parameter["name"] == name);
        assert_eq!(found.unwrap()["schema"]["maxLength"], json!(max), "{name}");
    }
    let overlap = |limit| of("RotateSecret", "overlapSeconds", limit);
    assert_eq!(overlap("minimum")..=overlap("maximum"), OVERLAP_SECONDS);
    assert_eq!(of("ReplayDeliveries", "limit", "maximum"), MAX_REPLAY);
    assert_eq!(of("TextContent", "text", "maxLength"), MAX_TEXT as u64);
    let limit = document["paths"]["/v1/keys"]["get"]["parameters"].as_array().unwrap().iter();
    let limit = limit.clone().find(|parameter| parameter["name"] == "limit").unwrap();
    assert_eq!(limit["schema"]["maximum"], json!(MAX_LIMIT));
    assert_eq!(limit["schema"]["default"], json!(DEFAULT_LIMIT));
}

#[tokio::test]
async fn every_code_of_a_refusal_is_documented_where_it_can_come() {
    let document = as_json().await;
    let text = document["paths"].to_string();
    for (_, code, _) in super::word::problem_codes() {
        // 405 has no operation to stand at; 508 is for our own webhooks.
        if !["method_not_allowed", "loop_detected"].contains(&code) {
            assert!(text.contains(&format!("`{code}`")), "{code}");
        }
    }
}

#[tokio::test]
async fn no_reference_leads_nowhere() {
    let document = as_json().await;
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[test]
fn the_readme_names_every_problem_and_every_event() {
    let readme = fs::read_to_string(infra("../README.md")).unwrap();
    for (status, code, _) in Problem::ALL {
        assert!(readme.contains(&format!("`{code}`")), "README.md does not name {code}");
        assert!(readme.contains(&status.to_string()), "README.md does not name {status}");
    }
    for kind in EventType::ALL {
        assert!(readme.contains(&format!("`{kind}`")), "README.md does not name {kind}");
    }
}

#[tokio::test]
async fn every_word_of_a_decline_and_of_a_mismatch_is_written_where_businesses_look() {
    let classes = [
        DeclineClass::AvsPostal,
        DeclineClass::AvsAddress,
        DeclineClass::Generic,
        DeclineClass::Fraud,
        DeclineClass::Token,
        DeclineClass::Configuration,
        DeclineClass::RateLimited,
        DeclineClass::Unservable,
        DeclineClass::Unreachable,
    ];
    let doubts = [
        Doubt::Timeout,
        Doubt::Broken,
        Doubt::ServerError,
        Doubt::Pending,
        Doubt::UnknownWord,
        Doubt::Mismatch,
        Doubt::Ours,
    ];
    let reasons = [
        "tracked_total",
        "reply_denies",
        "capture_refused",
        "capture_failed",
        "capture_overdue",
        "capture_unmatched",
        "refund_refused",
        "refund_failed",
        "refund_overdue",
        "refund_unmatched",
        "void_failed",
        "void_stuck",
        "held_twice",
        "chargeback_unbooked",
    ];
    let declines = classes.map(DeclineClass::as_str).into_iter().chain(doubts.map(Doubt::as_str));
    let readme = fs::read_to_string(infra("../README.md")).unwrap();
    let document = as_json().await;
    let text = |pointer: &str| document.pointer(pointer).unwrap().to_string();
    let decline = text("/components/schemas/PaymentAttempt/properties/decline");
    let event = text("/components/schemas/Event/properties/data");
    let words = declines.map(|word| (word, &decline));
    for (word, told) in words.chain(reasons.map(|word| (word, &event))) {
        let word = format!("`{word}`");
        assert!(readme.contains(&format!("| {word}")) || readme.contains(&format!(" {word} ")));
        assert!(told.contains(&word), "{word} is not told in {told}");
    }
}

/// The figures of the README's table of limits, row by row.
#[test]
fn sc20_the_limits_in_the_readme_are_those_in_the_code() {
    let readme = fs::read_to_string(infra("../README.md")).unwrap();
    let (_, limits) = readme.split_once("\n## Limits\n").unwrap();
    let rows: Vec<_> = limits.lines().skip(1).take_while(|line| line.starts_with('|')).collect();
    let mebibytes = |bytes: usize| {
        let tenths = bytes * 10 / (1024 * 1024);
        let (whole, rest) = (tenths / 10, tenths % 10);
        if rest == 0 { format!("{whole} MiB") } else { format!("{whole}.{rest} MiB") }
    };
    let limit = |rule: &str| RulePack::latest().rule(rule).unwrap().limit.unwrap();
    assert_eq!((MAX_TEXT, limit("text_too_long")), (10_000, 10_000));
    assert_eq!(crate::MAX_TEMPLATE_BODY, MAX_WIRE_BODY);
    let upload = usize::try_from(MAX_UPLOAD).unwrap();
    let uploaded = usize::try_from(MAX_UPLOADED_BODY).unwrap();
    let picture = usize::try_from(limit("image_source_bytes")).unwrap();
    let file = usize::try_from(ATTACHMENT_MAX_BYTES).unwrap();
    let referenced = usize::try_from(MAX_REFERENCED).unwrap();
    let file_link = SignedDuration::try_from(FILE_LINK_LIFE).unwrap();
    let minutes = |life: SignedDuration| format!("{} minutes", life.as_mins());
    let expiry = RulePack::latest().rule("payment_expiry").unwrap();
    assert_eq!((expiry.least, expiry.limit), (Some(5), Some(10_080)));
    assert_eq!((Offer::MOST_UNITS, MAX_BODY), (100_000_000, 64 * 1024));
    for (row, figures) in [
        ("text", vec!["10,000 characters".to_owned()]),
        ("request body", vec![mebibytes(crate::MAX_TEMPLATE_BODY), mebibytes(uploaded)]),
        ("fallbacks", vec![MAX_FALLBACKS.to_string()]),
        ("message from Apple", vec![mebibytes(MAX_WIRE_BODY), mebibytes(MAX_INFLATED_BODY)]),
        ("idempotency key", vec![format!("1–{}", IdempotencyKey::MAX)]),
        ("endpoints", vec![Endpoint::MAX_PER_TENANT.to_string()]),
        ("routes", vec![Route::MAX_PER_ENDPOINT.to_string()]),
        (
            "templates",
            vec![Template::MAX_PER_TENANT.to_string(), Template::MAX_VERSIONS.to_string()],
        ),
        ("an upload", vec![mebibytes(upload)]),
        ("a file, either way", vec![mebibytes(file)]),
        (
            "files of a message",
            vec![
                AttachmentId::MOST_PER_MESSAGE.to_string(),
                limit("attachments_items").to_string(),
            ],
        ),
        ("links to customers' files", vec![minutes(LINK_LIFE), minutes(file_link)]),
        ("an answer by reference", vec![mebibytes(referenced)]),
        ("a file or an answer", vec![Payload::MOST_FAILURES.to_string()]),
        (
            "a picture",
            vec![mebibytes(picture), format!("{} million", limit("image_pixels") / 1_000_000)],
        ),
        ("pictures of a message", vec![limit("images_items").to_string()]),
        ("a page of a list", vec![MAX_LIMIT.to_string()]),
        (
            "a payment can be paid",
            vec![format!("{} hours", Payment::LIFE.as_hours()), "5–10,080".to_owned()],
        ),
        ("attempts to pay it", vec![format!("| {} |", Payment::MOST_ATTEMPTS)]),
        ("updates of card", vec![format!("| {} ", Payment::MOST_UPDATES)]),
        (
            "lines, shipping methods",
            vec![
                format!("{} of each", limit("payment_rows")),
                format!("{} characters", limit("payment_label_length")),
            ],
        ),
        ("a total", vec!["100,000,000".to_owned()]),
        ("a device's body", vec!["64 KiB".to_owned()]),
    ] {
        let told = rows.iter().find(|line| line.starts_with(&format!("| {row}")));
        let told = told.unwrap_or_else(|| panic!("{row} is not among the limits"));
        for figure in figures {
            assert!(told.contains(&figure), "{told} does not say {figure}");
        }
    }
}
