// Rows of the bad-input plan that are decided otherwise, or more sharply, than it says:
// M117, M120  400 and nothing kept; a body without readable ids belongs to no business.
// M122        a document that is too deep is `bad_json`, as the parser finds it.
// M124        no limit for one member: the cap on the inflated body bounds every one.
// M127        1e400 is refused wherever it stands; a business's parser would fail on it.
// M140, M141  a destination that no business id can be is 404 `unknown_business`, not 400.
// M155        both kinds of interactive data are kept; readers prefer the inline one.
// M163        selections are counted as members of the document, 100,000 in all.
// M168        a locale is cut at 64 characters; the raw body keeps it.

use serde_json::{Value, json};

use super::*;
use crate::attachment::Attachment;
use crate::id::MessageId;

const ID: &str = "5d0b1f2e-7a34-4c1b-9a55-0c9e2f6b1001";
const CUSTOMER: &str = "urn:mbid:AQAAY1madeUpOpaque01=";
const BUSINESS: &str = "7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002";

fn text() -> Value {
    json!({"v": 1, "type": "text", "id": ID, "sourceId": CUSTOMER, "destinationId": BUSINESS,
           "locale": "en_US", "intent": "order_status", "group": "retail", "body": "Hello"})
}

fn with(name: &str, value: Value) -> Value {
    let mut message = text();
    message[name] = value;
    message
}

fn parse(message: &Value) -> Result<Envelope, EnvelopeError> {
    Envelope::parse(message.to_string().as_bytes())
}

fn code(message: &str) -> &'static str {
    Envelope::parse(message.as_bytes()).unwrap_err().code()
}

/// The good message with more members, raw, behind its own.
fn text_and(more: &str) -> String {
    let message = text().to_string();
    format!("{},{more}}}", message.strip_suffix('}').unwrap())
}

/// The good message with one member replaced, raw.
fn text_with_raw(name: &str, value: &str) -> String {
    let mut message = text();
    message.as_object_mut().unwrap().remove(name);
    let message = message.to_string();
    format!("{},\"{name}\":{value}}}", message.strip_suffix('}').unwrap())
}

#[test]
fn a_text_is_read_whole() {
    let message = parse(&text()).unwrap();
    assert_eq!(message.v, 1);
    assert_eq!(message.id.to_string(), ID);
    assert_eq!(message.kind, MessageType::Text);
    assert_eq!(message.source.as_str(), CUSTOMER);
    assert_eq!(message.destination.as_str(), BUSINESS);
    assert_eq!(message.locale.as_deref(), Some("en_US"));
    assert_eq!(message.intent.as_deref(), Some("order_status"));
    assert_eq!(message.group.as_deref(), Some("retail"));
    assert_eq!(message.body.as_deref(), Some("Hello"));
    assert!(message.attachments.is_empty() && message.interactive_data.is_none());
}

#[test]
fn debug_shows_no_word_of_a_customer() {
    let mut message = with("interactiveData", json!({"canary": 1}));
    message["body"] = json!("canary");
    message["intent"] = json!("canary");
    message["attachments"] = json!([{"key": "canary"}]);
    let shown = format!("{:?}", parse(&message).unwrap());
    assert!(!shown.contains("canary") && !shown.contains(CUSTOMER), "{shown}");
    assert!(shown.contains(ID) && shown.contains("attachments: 1"), "{shown}");
}

#[test]
fn every_type_that_apple_sends_is_known() {
    for (word, kind) in [
        ("interactive", MessageType::Interactive),
        ("close", MessageType::Close),
        ("typing_start", MessageType::TypingStart),
        ("typing_end", MessageType::TypingEnd),
        ("future_type", MessageType::Unknown("future_type".into())), // M144
    ] {
        let bare = json!({"type": word, "id": ID, "sourceId": CUSTOMER, "destinationId": BUSINESS});
        let message = parse(&bare).unwrap();
        assert_eq!(message.kind, kind);
        assert_eq!(message.kind.as_str(), word);
        assert_eq!(message.kind.is_typing(), word.starts_with("typing_"));
    }
}

#[test]
fn m112_an_empty_body_is_refused() {
    for body in ["", " \r\n\t"] {
        assert_eq!(code(body), "empty");
    }
}

#[test]
fn m116_m118_a_byte_order_mark_and_half_an_emoji_lose_no_message() {
    let json = format!("\u{feff}{}", text_and(r#""x":"\udc4b""#)).replace("Hello", r"Hi \ud83d!");
    let message = Envelope::parse(json.as_bytes()).unwrap();
    assert_eq!(message.body.as_deref(), Some("Hi \u{fffd}!"));
}

#[test]
fn m117_what_is_not_utf8_is_refused() {
    let utf16: Vec<u8> = text().to_string().encode_utf16().flat_map(u16::to_le_bytes).collect();
    // Every second byte is zero, which is UTF-8 and not JSON.
    assert_eq!(Envelope::parse(&utf16).unwrap_err(), EnvelopeError::BadJson);
    for broken in [&b"\xe9"[..], b"\xc0\xaf", b"\xed\xa0\x80", b"\xf0\x9f\x91", b"\xff\xfe"] {
        let json = text().to_string().into_bytes();
        let json = [&json[..json.len() - 7], broken, &json[json.len() - 7..]].concat();
        assert_eq!(Envelope::parse(&json).unwrap_err(), EnvelopeError::NotUtf8, "{broken:?}");
    }
}

#[test]
fn m122_depth_is_bounded_at_128() {
    let nested = |depth: usize| {
        // The outermost object and the value's own levels together.
        text_and(&format!(r#""future":{}{}"#, "[".repeat(depth - 1), "]".repeat(depth - 1)))
    };
    assert!(Envelope::parse(nested(127).as_bytes()).is_ok());
    assert!(Envelope::parse(nested(crate::json::MAX_DEPTH).as_bytes()).is_ok());
    for depth in [129, 500, 100_000] {
        assert_eq!(code(&nested(depth)), "bad_json", "{depth}");
    }
    let nested = |depth: usize| {
        text_and(&format!(
            r#""interactiveData":{}1{}"#,
            r#"{"a":"#.repeat(depth),
            "}".repeat(depth)
        ))
    };
    assert!(Envelope::parse(nested(127).as_bytes()).is_ok());
    assert_eq!(code(&nested(128)), "bad_json");
    // Passed over, and still passed on.
    for name in ["locale", "intent", "group", "v", "body", "id"] {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(code(&text_with_raw(name, &deep)), "bad_json", "{name}");
    }
}

#[test]
fn m123_a_million_members_are_too_many() {
    let array = format!(r#""x":[{}1]"#, "1,".repeat(1_000_000));
    assert_eq!(code(&text_and(&array)), "too_many");
    assert_eq!(code(&text_and(&array.replace("\"x\"", "\"attachments\""))), "too_many");
    let members: Vec<_> = (0..=crate::json::MAX_MEMBERS).map(|n| format!("\"{n}\":1")).collect();
    assert_eq!(code(&text_and(&members.join(","))), "too_many");
    let object = format!(r#""interactiveData":{{{}}}"#, members.join(","));
    assert_eq!(code(&text_and(&object)), "too_many");
}

#[test]
fn m125_a_member_that_we_read_is_there_once() {
    for twice in [
        format!(r#""id":"{ID}""#),
        format!(r#""destinationId":"{BUSINESS}""#),
        r#""sourceId":null"#.into(),
        r#""type":"close""#.into(),
        r#""body":"other""#.into(),
        r#""\u0069d":"x""#.into(),
    ] {
        assert_eq!(code(&text_and(&twice)), "duplicate_field", "{twice}");
    }
    assert!(Envelope::parse(text_and(r#""x":1,"x":2"#).as_bytes()).is_ok());
}

#[test]
fn m126_the_inside_of_interactive_data_is_kept_as_it_came() {
    let raw = r#"{"b":1, "a":2,"a":3.10,"é":"\u00e9"}"#;
    let json = text_and(&format!(r#""interactiveData":{raw},"interactiveDataRef":{{"url":"x"}}"#));
    let message = Envelope::parse(json.as_bytes()).unwrap();
    assert_eq!(message.interactive_data.unwrap().get(), raw);
    assert!(message.interactive_data_ref.is_some()); // M155
}

#[test]
fn m127_numbers_are_numbers_that_exist() {
    for bad in ["1e400", "0.1e", "0x10", "NaN", "Infinity", "-", "01"] {
        assert_eq!(code(&text_and(&format!(r#""interactiveData":{{"n":{bad}}}"#))), "bad_json");
        assert_eq!(code(&text_and(&format!(r#""x":{bad}"#))), "bad_json", "{bad}");
    }
    for name in ["locale", "intent", "group", "v", "body"] {
        assert_eq!(code(&text_with_raw(name, "1e400")), "bad_json", "{name}");
        assert_eq!(code(&text_with_raw(name, "[-1e400]")), "bad_json", "{name}");
    }
    let long = format!(r#""x":[-0,1e-400,0.{}]"#, "1".repeat(10_000));
    assert!(Envelope::parse(text_and(&long).as_bytes()).is_ok());
}

#[test]
fn m128_the_top_level_is_an_object() {
    for json in ["[]", "\"x\"", "1", "null", "true", " [{}] "] {
        assert_eq!(code(json), "not_an_object", "{json}");
    }
}

#[test]
fn m129_m130_m177_one_document_of_strict_json() {
    let good = text().to_string();
    for bad in [
        format!("{good}x"),
        format!("{good}{good}"),
        format!("{good}\n{good}"),
        format!("/* c */{good}"),
        good.replace('"', "'"),
        text_and(r#""x":1,"#),
        good.trim_end_matches('}').to_owned(),
        "\u{feff}\u{feff}{}".to_owned(),
    ] {
        assert_eq!(code(&bad), "bad_json", "{bad}");
    }
}

#[test]
fn m131_what_is_missing_is_named_and_v_may_be_absent() {
    for name in ["id", "type", "sourceId", "destinationId"] {
        let mut message = text();
        message.as_object_mut().unwrap().remove(name);
        assert_eq!(parse(&message).unwrap_err().code(), format!("missing_{name}"));
        assert_eq!(parse(&with(name, Value::Null)).unwrap_err().code(), format!("missing_{name}"));
    }
    let mut message = text();
    message.as_object_mut().unwrap().remove("v");
    assert_eq!(parse(&message).unwrap().v, 1);
    assert_eq!(parse(&with("v", Value::Null)).unwrap().v, 1);
}

#[test]
fn m132_an_id_is_a_uuid_string() {
    assert_eq!(parse(&with("id", json!(ID.to_uppercase()))).unwrap().id.to_string(), ID);
    for bad in
        [json!(""), json!(1), json!("x".repeat(1 << 20)), json!(format!("{{{ID}}}")), json!([])]
    {
        assert_eq!(parse(&with("id", bad)).unwrap_err().code(), "bad_id");
    }
}

#[test]
fn ap05_m134_m137_the_headers_say_what_the_body_says_or_nothing() {
    let message = parse(&text()).unwrap();
    let upper = ID.to_uppercase();
    let same = HeaderIds { id: Some(&upper), source: Some(CUSTOMER), destination: Some(BUSINESS) };
    assert_eq!(message.agree(same), Ok(()));
    assert_eq!(message.agree(HeaderIds::default()), Ok(()));
    for (headers, code) in [
        (HeaderIds { id: Some("00000000-0000-0000-0000-000000000000"), ..same }, "id_mismatch"),
        (HeaderIds { id: Some("x"), ..same }, "id_mismatch"),
        (HeaderIds { source: Some("urn:mbid:other"), ..same }, "source_mismatch"),
        (HeaderIds { destination: Some("other"), ..same }, "tenant_mismatch"),
        (HeaderIds { destination: Some(""), ..same }, "tenant_mismatch"),
    ] {
        let error = message.agree(headers).unwrap_err();
        assert_eq!((error.code(), error.status()), (code, 400));
    }
}

#[test]
fn ap05_m140_m141_a_destination_that_cannot_exist_is_unknown_and_not_malformed() {
    for nobody in
        [format!("{BUSINESS} "), format!("{BUSINESS}\0"), "7b9d2с14".to_owned(), "x".repeat(169)]
    {
        let error = parse(&with("destinationId", json!(nobody))).unwrap_err();
        assert_eq!((error.code(), error.status()), ("unknown_business", 404));
        // With another fault beside it, the request is malformed.
        let mut both = with("destinationId", json!(nobody));
        both["body"] = json!([]);
        assert_eq!(parse(&both).unwrap_err().status(), 400);
    }
    for bad in [json!(""), json!(7), json!({})] {
        assert_eq!(parse(&with("destinationId", bad)).unwrap_err().code(), "bad_destinationId");
    }
}

#[test]
fn m142_m143_the_source_is_an_opaque_id_and_not_the_destination() {
    for bad in ["", "urn:mbid:a/../b", "urn:mbid:\0", &"x".repeat(10_240)] {
        assert_eq!(parse(&with("sourceId", json!(bad))).unwrap_err().code(), "bad_sourceId");
    }
    for good in ["tel:+12025550100", "something:else"] {
        assert!(!parse(&with("sourceId", json!(good))).unwrap().source.is_mbid());
    }
    assert_eq!(
        parse(&with("sourceId", json!(BUSINESS))).unwrap_err().code(),
        "same_source_and_destination"
    );
}

#[test]
fn m145_a_type_is_a_lower_case_word() {
    for bad in
        [json!("TEXT"), json!(1), json!([]), json!(""), json!("_x"), json!("a-b"), json!("é")]
    {
        assert_eq!(parse(&with("type", bad)).unwrap_err().code(), "bad_type");
    }
    assert_eq!(parse(&with("type", json!("a".repeat(65)))).unwrap_err().code(), "bad_type");
}

#[test]
fn ap06_m146_m147_words_are_kept_exactly() {
    for words in [
        "",
        "   ",
        "\u{fffc}",
        "\0\u{1}\u{1f}\u{7f}\u{2028}\u{2029}\u{fffe}\u{ffff}",
        "\u{202e}שלום\u{200b}👩‍👩‍👧‍👦\u{e0041}",
        &"e\u{301}".repeat(10_000),
        "${jndi:ldap://x}",
    ] {
        assert_eq!(parse(&with("body", json!(words))).unwrap().body.as_deref(), Some(words));
    }
    assert_eq!(parse(&with("body", Value::Null)).unwrap().body, None);
    assert_eq!(parse(&with("body", json!(42))).unwrap().body.as_deref(), Some("42"));
    for bad in [json!(true), json!([]), json!({})] {
        assert_eq!(parse(&with("body", bad)).unwrap_err().code(), "bad_body");
    }
}

#[test]
fn m150_five_megabytes_of_words_are_words() {
    let words = "x".repeat(5 << 20);
    assert_eq!(parse(&with("body", json!(words))).unwrap().body.unwrap().len(), 5 << 20);
}

#[test]
fn m151_attachments_are_at_most_a_hundred_objects() {
    let entry = json!({"name": "IMG_0007.HEIC", "size": "183204"});
    for (value, code) in [
        (json!({}), "bad_attachments"),
        (json!("x"), "bad_attachments"),
        (json!([1]), "bad_attachments"),
        (json!([entry, null]), "bad_attachments"),
        (json!(vec![entry.clone(); 101]), "too_many_attachments"),
    ] {
        assert_eq!(parse(&with("attachments", value)).unwrap_err().code(), code);
    }
    for (value, count) in [(json!(null), 0), (json!([]), 0), (json!(vec![entry; 100]), 100)] {
        let message = parse(&with("attachments", value)).unwrap();
        assert_eq!(message.attachments.len(), count);
        assert!(message.attachments.iter().all(|a| Attachment::view(a).size == Some(183_204)));
    }
}

#[test]
fn interactive_data_is_an_object_or_absent() {
    for name in ["interactiveData", "interactiveDataRef"] {
        for bad in [json!("x"), json!(1), json!([]), json!(false)] {
            assert_eq!(parse(&with(name, bad)).unwrap_err().code(), "bad_interactiveData");
        }
        assert!(parse(&with(name, Value::Null)).is_ok());
    }
}

#[test]
fn m167_v_is_a_whole_number_in_any_dress() {
    for (v, expected) in [
        (json!(2), 2),
        (json!("1"), 1),
        (json!(0), 0),
        (json!(1e9), 1_000_000_000),
        (json!(1.0), 1),
    ] {
        assert_eq!(parse(&with("v", v)).unwrap().v, expected);
    }
    for bad in [json!(1.5), json!("one"), json!(""), json!([]), json!(true), json!(1e300)] {
        assert_eq!(parse(&with("v", bad)).unwrap_err().code(), "bad_v");
    }
}

#[test]
fn m168_m169_ornaments_are_opaque() {
    let locale = parse(&with("locale", json!("é".repeat(1 << 20)))).unwrap().locale.unwrap();
    assert_eq!(locale.chars().count(), LOCALE_MAX_CHARS);
    for words in ["../../", "=cmd|'/c calc'!A1", "\"quoted\"\r\nline", &"g".repeat(10_240)] {
        let message = parse(&with("group", json!(words))).unwrap();
        assert_eq!(message.group.as_deref(), Some(words));
        assert_eq!(parse(&with("intent", json!(words))).unwrap().intent.as_deref(), Some(words));
    }
    for name in ["intent", "group"] {
        let message = parse(&with(name, json!("é".repeat(1 << 20)))).unwrap();
        let kept = message.intent.filter(|_| name == "intent").or(message.group).unwrap();
        assert_eq!(kept.chars().count(), ENTRY_MAX_CHARS);
    }
}

#[test]
fn m175_names_that_mean_something_elsewhere_mean_nothing_here() {
    let json = text_and(r#""__proto__":{"id":"x"},"constructor":{"prototype":1}"#);
    assert_eq!(Envelope::parse(json.as_bytes()).unwrap().id, MessageId::parse(ID).unwrap());
}

#[test]
fn m176_each_member_as_each_kind_of_json_is_read_or_refused() {
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
    // Which of the exemplars each member takes, by place.
    for (name, taken) in [
        ("v", "TFFTTFFFFFFF"),
        ("id", "FFFFFFFFFFFF"),
        ("type", "FFFFFFFFTFFF"),
        ("sourceId", "FFFFFFFFTFFF"),
        ("destinationId", "FFFFFFFFTFFF"),
        ("locale", "TTTTTTTTTTTT"),
        ("intent", "TTTTTTTTTTTT"),
        ("group", "TTTTTTTTTTTT"),
        ("body", "TFFTTTTTTFFF"),
        ("attachments", "TFFFFFFFFTTF"),
        ("interactiveData", "TFFFFFFFFFFT"),
        ("interactiveDataRef", "TFFFFFFFFFFT"),
        ("futureMember", "TTTTTTTTTTTT"),
    ] {
        for (exemplar, taken) in exemplars.iter().zip(taken.chars()) {
            let result = parse(&with(name, exemplar.clone()));
            assert_eq!(result.is_ok(), taken == 'T', "{name}: {exemplar}");
        }
    }
    let odd = parse(&with("intent", json!({"a": 1}))).unwrap();
    assert_eq!(odd.intent, None);
}

#[test]
fn a_close_from_a_phone_number_names_the_invitations_it_declines() {
    let close = |references: Value| {
        parse(&json!({"v": 1, "type": "close", "id": ID, "sourceId": "tel:+12025550100",
                      "destinationId": BUSINESS, "referenceIds": references}))
        .unwrap()
    };
    assert_eq!(close(json!(["order-1001"])).reference_ids, ["order-1001"]);
    assert_eq!(close(json!(["a", 7, null, {}, "b"])).reference_ids, ["a", "7", "b"]);
    for odd in [json!(null), json!("order-1001"), json!({"0": "a"}), json!([])] {
        assert!(close(odd).reference_ids.is_empty());
    }
    let long = close(json!([vec!["x".repeat(5_000); 1].concat()]));
    assert_eq!(long.reference_ids[0].len(), REFERENCE_MAX_CHARS);
    assert_eq!(close(json!(vec!["x"; 500])).reference_ids.len(), REFERENCES_MAX);
}
