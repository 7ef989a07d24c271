//! M125, M126, M131–M143, M145, M151, M167–M170, M175 and M176: the members of Apple's message.

use amb_bad_input::{Expected, InboundWebhook, Row, refused, taken};
use amb_protocol::capability::CapabilityList;
use amb_service::model::ConversationState;
use amb_support::{
    account::OTHER_BUSINESS,
    gateway_event::GatewayEvent,
    message,
    vectors::{BUSINESS, CUSTOMER, MESSAGE, MSP},
};
use serde_json::{Value, json};

fn apple(message: &Value) -> GatewayEvent {
    GatewayEvent::from_apple_with(message)
}

fn with(member: &str, value: impl Into<Value>) -> GatewayEvent {
    apple(&message::with(member, value))
}

/// A raw body behind good headers.
fn raw(body: &[u8]) -> GatewayEvent {
    GatewayEvent::from_apple().gzip(body)
}

#[test]
fn m125_a_member_twice() {
    Row::run("M125", |row| {
        for twice in [
            format!(r#""id":"{MESSAGE}""#),
            format!(r#""destinationId":"{OTHER_BUSINESS}""#),
            r#""sourceId":null"#.to_owned(),
            r#""type":"close""#.to_owned(),
            r#""body":"other""#.to_owned(),
            r#""\u0069d":"x""#.to_owned(),
        ] {
            let event = raw(&message::text_and(&twice));
            row.apple(&twice, &event, refused(400, "duplicate_field"));
        }
        row.apple("that nobody reads", &raw(&message::text_and(r#""x":1,"x":2"#)), taken());
    });
}

#[test]
fn m126_members_twice_inside_interactive_data() {
    Row::run("M126", |row| {
        let data = r#""interactiveData":{"b":1, "a":2,"a":3.10,"data":{"x":1,"x":2}}"#;
        let function = InboundWebhook::default();
        let body = message::text_and(data);
        let event = GatewayEvent::from_apple().plain(body.as_slice());
        row.check("kept", &function.send(&event), taken());
        let stored = function.world.world().inbox.values().next().unwrap().body.bytes.clone();
        row.holds("byte for byte", stored == body);
    });
}

#[test]
fn m131_what_is_missing_is_named() {
    Row::run("M131", |row| {
        for (member, code) in [
            ("id", "missing_id"),
            ("type", "missing_type"),
            ("sourceId", "missing_sourceId"),
            ("destinationId", "missing_destinationId"),
        ] {
            row.apple(member, &apple(&message::without(member)), refused(400, code));
            row.apple(member, &with(member, Value::Null), refused(400, code));
        }
        row.apple("v", &apple(&message::without("v")), taken());
        row.apple("everything", &raw(b"{}"), refused(400, "missing_id"));
    });
}

#[test]
fn m132_an_id_that_is_no_uuid() {
    Row::run("M132", |row| {
        row.apple("upper case", &with("id", MESSAGE.to_uppercase()), taken());
        for bad in [
            json!("not-a-uuid"),
            json!(format!("{{{MESSAGE}}}")),
            json!(format!("urn:uuid:{MESSAGE}")),
            json!(" ".repeat(36)),
            json!(7),
            json!(""),
            json!(MESSAGE.replace('-', "")),
            json!(format!("{MESSAGE} ")),
            json!([]),
        ] {
            row.apple(&bad.to_string(), &with("id", bad.clone()), refused(400, "bad_id"));
        }
        row.apple("1 MB", &with("id", "5".repeat(1 << 20)), refused(400, "bad_id"));
    });
}

#[test]
fn m133_a_uuid_of_any_version() {
    Row::run("M133", |row| {
        row.apple("nil", &with("id", "00000000-0000-0000-0000-000000000000"), taken());
        row.apple("max", &with("id", "ffffffff-ffff-ffff-ffff-ffffffffffff"), taken());
        for version in 1..=8 {
            let id = format!("5d0b1f2e-7a34-{version}c1b-9a55-0c9e2f6b1001");
            row.apple(&id, &with("id", id.as_str()), taken());
        }
    });
}

#[test]
fn m134_the_id_header_says_otherwise() {
    Row::run("M134", |row| {
        for id in [&message::nth_id(1), "x", "", &format!("{MESSAGE},{MESSAGE}")] {
            let event = GatewayEvent::from_apple().header("id", id);
            row.apple(id, &event, refused(400, "id_mismatch"));
        }
        let upper = GatewayEvent::from_apple().header("id", &MESSAGE.to_uppercase());
        row.apple("the same in upper case", &upper, taken());
    });
}

#[test]
fn m135_the_destination_header_says_otherwise() {
    Row::run("M135", |row| {
        for business in [OTHER_BUSINESS, "x", "", &BUSINESS.to_uppercase()] {
            let event = GatewayEvent::from_apple().header("destination-id", business);
            row.apple(business, &event, refused(400, "tenant_mismatch"));
        }
        // The body names another tenant's business, the header ours.
        let event = with("destinationId", OTHER_BUSINESS).header("destination-id", BUSINESS);
        row.apple("the other way round", &event, refused(400, "tenant_mismatch"));
    });
}

#[test]
fn m136_the_source_header_says_otherwise() {
    Row::run("M136", |row| {
        for customer in ["urn:mbid:other", "x", "", &CUSTOMER.to_lowercase()] {
            let event = GatewayEvent::from_apple().header("source-id", customer);
            row.apple(customer, &event, refused(400, "source_mismatch"));
        }
    });
}

#[test]
fn m137_no_headers_with_ids() {
    Row::run("M137", |row| {
        let event = GatewayEvent::from_apple()
            .without("id")
            .without("source-id")
            .without("destination-id")
            .without("capability-list");
        row.apple("none", &event, taken());
    });
}

#[test]
fn m138_a_business_that_nobody_has() {
    Row::run("M138", |row| {
        let unknown = refused(404, "unknown_business");
        let id = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d2ffff";
        row.apple("unknown", &with("destinationId", id), unknown);
        // Asked again within ten seconds, the store is left in peace.
        let function = InboundWebhook::default();
        row.check("first", &function.send(&with("destinationId", id)), unknown);
        let again = function.send(&with("destinationId", id));
        row.check("again", &again, unknown.ports(&[("AppleSecrets::apple_keys", 0)]));
        row.holds("nothing stored", function.world.world().inbox.is_empty());
    });
}

#[test]
fn m140_a_business_that_looks_like_ours() {
    Row::run("M140", |row| {
        let unknown = refused(404, "unknown_business");
        for lookalike in [
            BUSINESS.to_uppercase(),
            format!("{BUSINESS}\0"),
            format!("{BUSINESS} "),
            format!(" {BUSINESS}"),
            BUSINESS.replace('c', "с"),
            BUSINESS.replace('-', "‐"),
            format!("{BUSINESS}\u{200b}"),
            "x".repeat(129),
            "x".repeat(1 << 20),
        ] {
            let case = lookalike.get(..40).unwrap_or(&lookalike).to_owned();
            row.apple(&case, &with("destinationId", lookalike), unknown);
        }
        row.apple("empty", &with("destinationId", ""), refused(400, "bad_destinationId"));
    });
}

#[test]
fn m141_an_id_of_another_kind_as_the_business() {
    Row::run("M141", |row| {
        for id in [MSP, "urn:mbid:AQAAYanother=", MESSAGE] {
            row.apple(id, &with("destinationId", id), refused(404, "unknown_business"));
        }
    });
}

#[test]
fn m142_a_source_that_is_no_opaque_id() {
    Row::run("M142", |row| {
        for bad in ["", "urn:mbid:a/../b", "urn:mbid:\0", "urn:mbid:a b", "urn:mbid:é", "a\r\nb"] {
            row.apple(bad, &with("sourceId", bad), refused(400, "bad_sourceId"));
        }
        row.apple("10 KB", &with("sourceId", "x".repeat(10 << 10)), refused(400, "bad_sourceId"));
        row.apple("a number", &with("sourceId", 7), refused(400, "bad_sourceId"));
        for good in ["tel:+12025550100", "something:else", "urn:mbid:"] {
            row.apple(good, &with("sourceId", good), taken());
        }
    });
}

#[test]
fn m143_a_source_that_is_its_destination() {
    Row::run("M143", |row| {
        let event = with("sourceId", BUSINESS);
        row.apple("the same", &event, refused(400, "same_source_and_destination"));
    });
}

#[test]
fn m145_a_type_that_is_no_word() {
    Row::run("M145", |row| {
        for bad in [
            json!("TEXT"),
            json!("Text"),
            json!(1),
            json!([]),
            json!({}),
            json!(""),
            json!("text "),
            json!("a-b"),
            json!("é"),
            json!("_x"),
            json!("a".repeat(65)),
        ] {
            row.apple(&bad.to_string(), &with("type", bad.clone()), refused(400, "bad_type"));
        }
        row.apple("null", &with("type", Value::Null), refused(400, "missing_type"));
    });
}

#[test]
fn m151_attachments_that_are_no_list() {
    Row::run("M151", |row| {
        for (value, code) in [
            (json!({}), "bad_attachments"),
            (json!("x"), "bad_attachments"),
            (json!([1]), "bad_attachments"),
            (json!([{}, null]), "bad_attachments"),
            (json!(vec![json!({}); 101]), "too_many_attachments"),
        ] {
            row.apple("refused", &with("attachments", value), refused(400, code));
        }
        for value in [json!([]), json!(null), json!([{}]), json!(vec![json!({}); 100])] {
            row.apple("taken", &with("attachments", value), taken());
        }
    });
}

#[test]
fn m167_v_in_any_dress() {
    Row::run("M167", |row| {
        for v in [json!(2), json!("1"), json!(0), json!(1e9), json!(1.0), json!(-1)] {
            row.apple(&v.to_string(), &with("v", v.clone()), taken());
        }
        for v in [json!(1.5), json!("one"), json!(""), json!([]), json!(true), json!(1e300)] {
            row.apple(&v.to_string(), &with("v", v.clone()), refused(400, "bad_v"));
        }
    });
}

#[test]
fn m168_a_locale_that_is_none() {
    Row::run("M168", |row| {
        for locale in
            [json!("x".repeat(1 << 20)), json!("../../"), json!("en_US"), json!(7), json!([])]
        {
            row.apple("opaque", &with("locale", locale), taken());
        }
    });
}

#[test]
fn m169_intent_and_group_are_opaque() {
    Row::run("M169", |row| {
        for words in ["=cmd|'/c calc'!A1", "\"quoted\"\r\nline", "';--", &"g".repeat(10 << 10)] {
            for member in ["intent", "group"] {
                row.apple(member, &with(member, words), taken());
            }
        }
        // Both are part of the conversation's row, which has room for 400 KB.
        let function = InboundWebhook::default();
        let mut message = message::with("intent", "é".repeat(1 << 20));
        message["group"] = json!("é".repeat(1 << 20));
        row.check("1 MB", &function.send(&apple(&message)), taken());
        row.holds("is told", function.tell().is_ok_and(|told| told.len() == 1));
        let world = function.world.world();
        let kept = |state: &ConversationState| {
            let bytes = |text: &Option<String>| text.as_ref().map_or(0, String::len);
            bytes(&state.intent) + bytes(&state.group)
        };
        row.holds("cut", world.conversations.values().all(|state| kept(state) < 100 << 10));
    });
}

#[test]
fn m170_capability_lists() {
    Row::run("M170", |row| {
        let many: Vec<_> = (0..2_000).map(|n| format!("X{n}")).collect();
        for list in ["AUTH,AUTH,LIST", "auth,LiSt,QUICK", "FUTURE,X", ",,,", &many.join(","), ""] {
            let event = GatewayEvent::from_apple().header("capability-list", list);
            row.apple("taken", &event, taken());
            row.holds("64 tokens at most", CapabilityList::parse(list).iter().count() <= 64);
        }
    });
}

#[test]
fn m175_names_that_mean_something_elsewhere() {
    Row::run("M175", |row| {
        let names = r#""__proto__":{"id":"x"},"constructor":{"prototype":1},"$where":"1","":1"#;
        row.apple("opaque", &raw(&message::text_and(names)), taken());
    });
}

/// Each member as each kind of JSON: what each place comes to is in the table, and nothing is a 5xx.
#[test]
fn m176_each_member_as_each_kind_of_json() {
    let exemplars = [
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!(""),
        json!("text"),
        json!([]),
        json!([{}]),
        json!({"a": null}),
    ];
    let missing = |code| Some(refused(400, code));
    // Which exemplars are taken, what null comes to otherwise, and what the rest comes to.
    let table: [(&str, &str, Option<Expected>, Expected); 13] = [
        ("v", "TFFTTFFFFFFF", None, refused(400, "bad_v")),
        ("id", "FFFFFFFFFFFF", missing("missing_id"), refused(400, "bad_id")),
        ("type", "FFFFFFFFTFFF", missing("missing_type"), refused(400, "bad_type")),
        ("sourceId", "FFFFFFFFTFFF", missing("missing_sourceId"), refused(400, "bad_sourceId")),
        (
            "destinationId",
            "FFFFFFFFFFFF",
            missing("missing_destinationId"),
            refused(400, "bad_destinationId"),
        ),
        ("locale", "TTTTTTTTTTTT", None, taken()),
        ("intent", "TTTTTTTTTTTT", None, taken()),
        ("group", "TTTTTTTTTTTT", None, taken()),
        ("body", "TFFTTTTTTFFF", None, refused(400, "bad_body")),
        ("attachments", "TFFFFFFFFTTF", None, refused(400, "bad_attachments")),
        ("interactiveData", "TFFFFFFFFFFT", None, refused(400, "bad_interactiveData")),
        ("interactiveDataRef", "TFFFFFFFFFFT", None, refused(400, "bad_interactiveData")),
        ("futureMember", "TTTTTTTTTTTT", None, taken()),
    ];
    Row::run("M176", |row| {
        for (member, takes, of_null, otherwise) in &table {
            for (exemplar, takes) in exemplars.iter().zip(takes.chars()) {
                let expected = match (takes, exemplar) {
                    ('T', _) => taken(),
                    (_, Value::Null) => of_null.unwrap_or(*otherwise),
                    (_, Value::String(text)) if *member == "destinationId" && text == "text" => {
                        refused(404, "unknown_business")
                    }
                    _ => *otherwise,
                };
                let case = format!("{member}: {exemplar}");
                row.apple(&case, &with(member, exemplar.clone()), expected);
            }
        }
    });
}
