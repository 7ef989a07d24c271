//! S023–S035 and S045–S047: what a message of each type may say.

use amb_bad_input::{Expected, OutboundSend, Outcome, Row, problem, sent};
use amb_service::model::{ConversationStatus, FileKey, UploadId};
use amb_support::{
    account::{self, OTHER_TENANT, TENANT},
    gateway_event::GatewayEvent,
    vectors::{BUSINESS, CUSTOMER},
};
use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::events::sample;

/// The content that a sample sends.
fn content(case: &str) -> Value {
    let event: Value = serde_json::from_slice(&sample("outbound-send", case)).unwrap();
    let body: Value = serde_json::from_str(event["body"].as_str().unwrap()).unwrap();
    body["content"].clone()
}

/// The sample's content with another value somewhere in it.
fn with(case: &str, pointer: &str, value: impl Into<Value>) -> Value {
    let mut content = content(case);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match content.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value.into(),
        object => object[name] = value.into(),
    }
    content
}

/// The sample's content without something in it.
fn without(case: &str, pointer: &str) -> Value {
    let mut content = content(case);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = content.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(name).unwrap();
    content
}

fn posted(kind: &str, content: &Value, capabilities: &[&str]) -> Outcome {
    posted_to(&OutboundSend::default(), kind, content, capabilities)
}

/// The same to an instance whose world is arranged.
fn posted_to(
    function: &OutboundSend,
    kind: &str,
    content: &Value,
    capabilities: &[&str],
) -> Outcome {
    let key = account::key(&function.world, TENANT);
    account::conversation(&function.world, BUSINESS, CUSTOMER, ConversationStatus::Open);
    for state in function.world.world().conversations.values_mut() {
        state.capabilities = capabilities.iter().map(|word| (*word).to_owned()).collect();
    }
    let body = json!({ "from": BUSINESS, "to": CUSTOMER, "type": kind, "content": content });
    function.send(&GatewayEvent::to_send(&key, &body))
}

const EVERYTHING: [&str; 6] = ["AUTH", "AUTH2", "FORM", "LIST", "QUICK", "TIME"];

/// It is taken.
fn good(row: &mut Row, case: &str, kind: &str, content: &Value) {
    row.check(case, &posted(kind, content, &EVERYTHING), sent());
}

/// It is taken, and too large for its row.
fn sent_in_a_file() -> Expected {
    sent().ports(&[
        ("ApiKeys::api_key", 1),
        ("Businesses::business", 1),
        ("Conversations::load", 1),
        ("Conversations::step", 1),
        ("Files::put_file", 1),
        ("OutboundQueue::enqueue_outbound", 1),
    ])
}

/// It is refused, and a fault is at this place of the content, or below.
fn bad(row: &mut Row, case: &str, kind: &str, content: &Value, at: &str) {
    let outcome = posted(kind, content, &EVERYTHING);
    row.check(case, &outcome, problem(400, "invalid_request"));
    let errors = outcome.json()["errors"].clone();
    let pointer = format!("/content{at}");
    let found = errors.as_array().into_iter().flatten();
    let hit = |error: &Value| error["pointer"].as_str().is_some_and(|at| at.starts_with(&pointer));
    row.holds(&format!("{case}: a fault at {pointer}: {errors}"), found.clone().any(hit));
}

#[test]
fn s023_the_url_of_a_rich_link() {
    Row::run("S023", |row| {
        for url in [
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "http://shop.example.com/",
            "/desks",
            "",
            "https://user:secret@shop.example.com/",
            "https://",
            "https://shop.example.com/a b",
        ] {
            bad(row, url, "richLink", &with("rich-link", "/url", url), "/url");
        }
        bad(row, "a number", "richLink", &with("rich-link", "/url", 7), "/url");
        let long = format!("https://shop.example.com/{}", "a".repeat(8 << 10));
        for url in ["https://shop.example.com/", "https://bücher.example/ü", &long] {
            good(row, url, "richLink", &with("rich-link", "/url", url));
        }
    });
}

#[test]
fn s024_a_list_picker() {
    Row::run("S024", |row| {
        let kind = "listPicker";
        let items = "/sections/0/items";
        let change = |at: &str, value: Value| with("list-picker", at, value);
        bad(row, "no section", kind, &change("/sections", json!([])), "/sections");
        bad(row, "no item", kind, &change(items, json!([])), items);
        bad(row, "an empty title", kind, &change("/sections/0/items/0/title", json!("")), items);
        let untitled = without("list-picker", "/sections/0/items/0/title");
        bad(row, "no title", kind, &untitled, "/sections/0/items/0/title");
        let twice = change("/sections/0/items/1/identifier", json!("walnut"));
        bad(row, "an identifier twice", kind, &twice, items);
        let order = change("/sections/0/items/0/order", json!("first"));
        bad(row, "an order that is no number", kind, &order, "/sections/0/items/0/order");
        let nowhere = change("/sections/0/items/0/imageIdentifier", json!("nowhere"));
        bad(row, "no such picture", kind, &nowhere, "/sections/0/items/0/imageIdentifier");
        let strange = change("/sections/0/colour", json!(1));
        bad(row, "an unknown member", kind, &strange, "/sections/0/colour");
        good(row, "as it is", kind, &content("list-picker"));
        let item = |n: usize| json!({ "identifier": format!("i{n}"), "title": "Desk" });
        let many: Vec<_> = (0..500).map(item).collect();
        let mut large = without("list-picker", "/images");
        large["receivedMessage"] = json!({ "title": "Choose" });
        large["sections"][0]["items"] = many.into();
        row.check("500 items", &posted(kind, &large, &EVERYTHING), sent_in_a_file());
    });
}

#[test]
fn s025_the_items_of_a_quick_reply() {
    Row::run("S025", |row| {
        let items = |count: usize| {
            let item = |n| json!({ "identifier": format!("i{n}"), "title": "Yes" });
            with("quick-reply", "/items", (0..count).map(item).collect::<Vec<_>>())
        };
        for (count, fits) in [(0, false), (1, false), (2, true), (5, true), (6, false)] {
            let case = count.to_string();
            if fits {
                good(row, &case, "quickReply", &items(count));
            } else {
                bad(row, &case, "quickReply", &items(count), "/items");
            }
        }
        let twice = with("quick-reply", "/items/1/identifier", "yes");
        bad(row, "an identifier twice", "quickReply", &twice, "/items");
    });
}

#[test]
fn s026_a_title_is_counted_in_characters() {
    Row::run("S026", |row| {
        let at = "/receivedMessage/title";
        for (letter, most) in [("x", 200), ("😀", 200), ("é", 200)] {
            let title = |count| with("list-picker", at, letter.repeat(count));
            good(row, letter, "listPicker", &title(most));
            bad(row, letter, "listPicker", &title(most + 1), at);
        }
        // By the rules before August 2026.
        let function = OutboundSend::default();
        let key = account::key(&function.world, TENANT);
        account::conversation(&function.world, BUSINESS, CUSTOMER, ConversationStatus::Open);
        for (count, expected) in [(512, sent()), (513, problem(400, "invalid_request"))] {
            let content = with("list-picker", at, "😀".repeat(count));
            let body = json!({ "from": BUSINESS, "to": CUSTOMER, "type": "listPicker",
                "content": content, "rulePack": "apple-2022" });
            let outcome = function.send(&GatewayEvent::to_send(&key, &body));
            row.check(&count.to_string(), &outcome, expected);
        }
    });
}

#[test]
fn s027_the_slots_of_a_time_picker() {
    Row::run("S027", |row| {
        let kind = "timePicker";
        let at = "/event/timeslots/0/startTime";
        for start in ["", "tomorrow", "2026-13-01T08:00+0000", "2026-12-01T08:00", "1764576000"] {
            bad(row, start, kind, &with("time-picker", at, start), at);
        }
        bad(row, "a number", kind, &with("time-picker", at, 1_764_576_000), at);
        for start in ["2026-12-01T08:00+0000", "2026-12-01T08:00:30+00:00", "2026-12-01T08:00Z"] {
            good(row, start, kind, &with("time-picker", at, start));
        }
        let at = "/event/timeslots/0/duration";
        for duration in [json!(0), json!(-1), json!("1800"), json!(1.5)] {
            bad(row, "duration", kind, &with("time-picker", at, duration), at);
        }
        let at = "/event/timezoneOffset";
        for offset in [841, -841] {
            bad(row, "offset", kind, &with("time-picker", at, offset), at);
        }
        good(row, "840 minutes", kind, &with("time-picker", at, -840));
        bad(row, "no slot", kind, &with("time-picker", "/event/timeslots", json!([])), "/event");
    });
}

#[test]
fn s028_the_place_of_an_appointment() {
    Row::run("S028", |row| {
        let place = |latitude: f64, longitude: f64, radius: f64| {
            let place = json!({ "latitude": latitude, "longitude": longitude, "radius": radius,
                "title": "Depot" });
            with("time-picker", "/event/location", place)
        };
        good(row, "a place", "timePicker", &place(52.5, 13.4, 50.0));
        for (case, place) in [
            ("latitude", place(91.0, 13.4, 50.0)),
            ("longitude", place(52.5, -181.0, 50.0)),
            ("radius", place(52.5, 13.4, -1.0)),
        ] {
            bad(row, case, "timePicker", &place, &format!("/event/location/{case}"));
        }
        let text = with("time-picker", "/event/location", json!({ "latitude": "NaN" }));
        bad(row, "NaN", "timePicker", &text, "/event/location");
    });
}

#[test]
fn s029_the_pages_of_a_form() {
    Row::run("S029", |row| {
        let change = |at: &str, value: Value| with("form", at, value);
        bad(row, "no page", "form", &change("/pages", json!([])), "/pages");
        let twice = change("/pages/1/pageIdentifier", json!("what"));
        bad(row, "a page twice", "form", &twice, "/pages");
        let long = "p".repeat(20);
        let long = change("/pages/1/pageIdentifier", json!(long));
        bad(row, "a long identifier", "form", &long, "/pages/1/pageIdentifier");
        let nowhere = change("/pages/0/items/0/nextPageIdentifier", json!("nowhere"));
        bad(row, "leads nowhere", "form", &nowhere, "/pages/0/items/0/nextPageIdentifier");
        let mut cycle = content("form");
        cycle["pages"][1]["nextPageIdentifier"] = json!("what");
        bad(row, "a cycle", "form", &cycle, "/pages");
        let start = change("/startPageIdentifier", json!("nowhere"));
        bad(row, "starts nowhere", "form", &start, "/startPageIdentifier");
        let page = |n: usize| {
            json!({ "pageIdentifier": format!("p{n}"), "type": "input",
            "title": "Page", "subtitle": "Page", "nextPageIdentifier": format!("p{}", n + 1) })
        };
        let mut endless = content("form");
        endless["startPageIdentifier"] = json!("p0");
        endless["pages"] = (0..10_000).map(page).collect::<Vec<_>>().into();
        bad(row, "10,000 pages and the last leads nowhere", "form", &endless, "/pages");
    });
}

#[test]
fn s030_the_pattern_of_an_input_is_read_and_never_run() {
    Row::run("S030", |row| {
        let at = "/pages/1/options/regex";
        for pattern in ["(a+", "[a-z", "*"] {
            bad(row, pattern, "form", &with("form", at, pattern), at);
        }
        // It runs on the customer's own device.
        good(row, "catastrophic", "form", &with("form", at, "(a+)+$"));
    });
}

/// A picture of this form in the list picker.
fn picture(source: &Value) -> Value {
    let mut picture = source.clone();
    picture["identifier"] = json!("desk");
    with("list-picker", "/images/0", picture)
}

#[test]
fn s031_a_picture_that_is_none() {
    Row::run("S031", |row| {
        let at = "/images/0/data";
        let svg = BASE64.encode(b"<svg xmlns='http://www.w3.org/2000/svg'/>");
        let html = BASE64.encode(b"<!doctype html><title>x</title>");
        for (case, data) in
            [("no Base64", "not base64!"), ("empty", ""), ("SVG", &svg), ("HTML", &html)]
        {
            bad(row, case, "listPicker", &picture(&json!({ "data": data })), at);
        }
        let both = json!({ "data": svg, "url": "https://shop.example.com/desk.png" });
        bad(row, "two sources", "listPicker", &picture(&both), "/images/0");
        bad(row, "no source", "listPicker", &picture(&json!({})), "/images/0");
        // A header that promises 50,000 by 50,000 pixels is found out when it is made.
        let mut bomb = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bomb.extend([0, 0, 0xc3, 0x50, 0, 0, 0xc3, 0x50, 8, 6, 0, 0, 0, 0, 0, 0, 0]);
        let bomb = picture(&json!({ "data": BASE64.encode(&bomb) }));
        good(row, "a bomb", "listPicker", &bomb);
    });
}

#[test]
fn s032_a_picture_behind_the_wall() {
    Row::run("S032", |row| {
        let at = "/images/0/url";
        for url in ["http://shop.example.com/desk.png", "file:///etc/passwd", "ftp://a.example/x"] {
            bad(row, url, "listPicker", &picture(&json!({ "url": url })), at);
        }
        for url in ["https://127.0.0.1/desk.png", "https://169.254.169.254/latest/meta-data/"] {
            good(row, url, "listPicker", &picture(&json!({ "url": url })));
        }
    });
}

#[test]
fn s033_a_picture_that_cannot_be_had() {
    Row::run("S033", |row| {
        let url = json!({ "url": "https://shop.example.com/not-there.png" });
        good(row, "404", "listPicker", &picture(&url));
        let upload = json!({ "uploadId": "upl_sampleaaaaaaaaaaaaaaaaaaaa" });
        good(row, "no such upload", "listPicker", &picture(&upload));
        let none = json!({ "uploadId": "upl_x" });
        bad(row, "no upload", "listPicker", &picture(&none), "/images/0/uploadId");
    });
}

#[test]
fn s034_the_icon_of_an_app() {
    Row::run("S034", |row| {
        let mut app = content("imessage-app");
        // However large it is, what leaves is made to fit.
        let png = BASE64.decode(app["appIcon"]["data"].as_str().unwrap().as_bytes()).unwrap();
        let large = [png, vec![0; 100_000]].concat();
        app["appIcon"] = json!({ "data": BASE64.encode(&large) });
        let outcome = posted("iMessageApp", &app, &EVERYTHING);
        row.check("100 kB", &outcome, sent_in_a_file());
        let none = without("imessage-app", "/appIcon");
        bad(row, "none", "iMessageApp", &none, "/appIcon");
    });
}

#[test]
fn s035_more_than_apple_takes_inline() {
    Row::run("S035", |row| {
        let mut large = content("list-picker");
        let item = |n: usize| json!({ "identifier": format!("i{n}"), "title": "d".repeat(190) });
        large["sections"][0]["items"] = (0..100).map(item).collect::<Vec<_>>().into();
        let outcome = posted("listPicker", &large, &EVERYTHING);
        row.check("20 kB", &outcome, sent_in_a_file());
    });
}

#[test]
fn s045_a_device_that_cannot_show_it() {
    Row::run("S045", |row| {
        for (case, kind, capability) in [
            ("quick-reply", "quickReply", "QUICK"),
            ("list-picker", "listPicker", "LIST"),
            ("time-picker", "timePicker", "TIME"),
            ("form", "form", "FORM"),
        ] {
            row.check(case, &posted(kind, &content(case), &[capability]), sent());
            for lacks in [&[][..], &["AUTH2", "HOLOGRAM"]] {
                let outcome = posted(kind, &content(case), lacks);
                row.check(case, &outcome, problem(422, "not_showable"));
                let error = outcome.json()["errors"][0].clone();
                row.holds(case, error["pointer"] == "/type" && error["rule"] == "capability");
                row.holds(case, error["limit"] == json!([capability]));
            }
        }
    });
}

const UPLOAD: &str = "upl_abcdefghijklmnopqrstuvwx2a";

/// A text with these files; a tenant has uploaded so many bytes.
fn text_with(tenant: &str, uploaded: usize, files: &Value) -> Outcome {
    let function = OutboundSend::default();
    let upload = UploadId::parse(UPLOAD).unwrap();
    let file = FileKey::upload(&account::tenant(tenant), &upload);
    function.world.world().files.insert(file, vec![0; uploaded]);
    let content = json!({ "text": "Your terms: \u{fffc}", "attachments": files });
    posted_to(&function, "text", &content, &EVERYTHING)
}

/// One look at the upload, which reads nothing of it.
fn looked(expected: Expected) -> Expected {
    expected.ports(if expected.status == 202 {
        &[
            ("ApiKeys::api_key", 1),
            ("Businesses::business", 1),
            ("Conversations::load", 1),
            ("Conversations::step", 1),
            ("Files::file", 1),
            ("OutboundQueue::enqueue_outbound", 1),
        ]
    } else {
        &[
            ("ApiKeys::api_key", 1),
            ("Files::file", 1),
            ("IdempotencyRecords::idempotency_record", 1),
        ]
    })
}

#[test]
fn s046_files_of_a_text() {
    /// Apple's limit.
    const MOST: usize = 100 << 20;
    Row::run("S046", |row| {
        let upload = json!([{ "uploadId": UPLOAD }]);
        for (size, expected) in [
            (0, problem(400, "invalid_request")),
            (1, sent()),
            (MOST, sent()),
            (MOST + 1, problem(413, "too_large")),
        ] {
            let outcome = text_with(TENANT, size, &upload);
            row.check(&format!("{size} bytes"), &outcome, looked(expected));
        }
        let theirs = text_with(OTHER_TENANT, 1, &upload);
        row.check("another tenant's upload", &theirs, looked(problem(404, "not_found")));
        let url = "https://shop.example.com/terms.pdf";
        let said = json!({ "url": url, "name": "Terms.pdf", "mimeType": "application/pdf" });
        row.check("a URL", &text_with(TENANT, 1, &json!([said])), sent());
        for (case, files) in [
            ("neither", json!([{}])),
            ("both", json!([{ "uploadId": UPLOAD, "url": url }])),
            ("a customer's file", json!([{ "uploadId": "att_abcdefghijklmnopqrstuvwx2a" }])),
            ("an id of nobody's", json!([{ "uploadId": "../../etc/passwd" }])),
            ("a number", json!([7])),
            ("a file of ours", json!([{ "url": "file:///etc/passwd" }])),
            ("no TLS", json!([{ "url": "http://shop.example.com/terms.pdf" }])),
            ("a type that is none", json!([{ "uploadId": UPLOAD, "mimeType": "a/b/c" }])),
            ("21 files", json!(vec![json!({ "uploadId": UPLOAD }); 21])),
            ("no list", json!({})),
        ] {
            let content = json!({ "text": "Your terms: \u{fffc}", "attachments": files });
            bad(row, case, "text", &content, "/attachments");
        }
        let places = "\u{fffc}\u{fffc}";
        let surplus = json!({ "text": places, "attachments": [{ "uploadId": UPLOAD }] });
        bad(row, "a place too many", "text", &surplus, "/text");
    });
}

#[test]
fn s047_hostile_names() {
    Row::run("S047", |row| {
        for name in [
            "../../etc/passwd",
            "..\\..\\x",
            "C:\\x",
            ".",
            "",
            "CON",
            "a\0b.pdf",
            "a\r\nSet-Cookie: x=1",
            "photo\u{202e}gpj.exe",
            "a\u{ff0f}b",
            "   ",
            &"n".repeat(1_000),
        ] {
            let files = json!([{ "uploadId": UPLOAD, "name": name }]);
            row.check(name, &text_with(TENANT, 1, &files), looked(sent()));
        }
    });
}
