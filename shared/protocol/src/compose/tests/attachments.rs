//! Files that go with a text.

use super::*;

const UPLOAD: &str = "upl_abcdefghijklmnopqrstuvwx27";

fn text(content: &Value) -> Draft {
    composed(ContentType::Text, content).draft
}

fn found(content: &Value) -> Vec<(String, &'static str)> {
    faults(ContentType::Text, content)
}

#[test]
fn ap07_a_place_is_where_the_business_put_it_or_at_the_end() {
    let file = json!({ "uploadId": UPLOAD });
    for (content, body) in [
        (
            json!({ "text": "Your invoice \u{fffc}!", "attachments": [file] }),
            "Your invoice \u{fffc}!",
        ),
        (json!({ "text": "Your invoice", "attachments": [file] }), "Your invoice\u{fffc}"),
        (json!({ "text": "\u{fffc} and", "attachments": [file, file] }), "\u{fffc} and\u{fffc}"),
        (json!({ "attachments": [file, file] }), "\u{fffc}\u{fffc}"),
        (json!({ "text": "", "attachments": [file] }), "\u{fffc}"),
        (json!({ "text": null, "attachments": [file] }), "\u{fffc}"),
        (json!({ "text": "no file", "attachments": [] }), "no file"),
        (json!({ "text": "their \u{fffc}", "attachments": null }), "their \u{fffc}"),
    ] {
        let draft = text(&content);
        assert_eq!(draft.body["body"], body, "{content}");
        let files = content["attachments"].as_array().map_or(0, Vec::len);
        assert_eq!(draft.needs.len(), files);
        assert_eq!(draft.body.contains_key("attachments"), files > 0);
        sent(ContentType::Text, &content);
    }
    let many = json!({ "text": "\u{fffc}\u{fffc}", "attachments": [file] });
    assert_eq!(found(&many), [("/content/text".into(), "attachment_places")]);
}

#[test]
fn a_file_takes_its_place_under_the_name_that_the_business_gave_it() {
    let draft = text(&json!({ "text": "Two", "attachments": [
        { "url": "https://shop.example.com/a.pdf" },
        { "uploadId": UPLOAD, "name": "a/b\u{202e}.pdf", "mimeType": "vnd.usdz+zip" },
    ]}));
    let given = json!([{}, { "name": "a_b.pdf", "mimeType": "vnd.usdz+zip" }]);
    assert_eq!(draft.body["attachments"], given);
    let [Need::File(first), Need::File(second)] = draft.needs.as_slice() else {
        panic!("{:?}", draft.needs)
    };
    assert_eq!((first.index, first.origin.as_str()), (0, "/content/attachments/0/url"));
    assert_eq!(first.source, FileSource::Url("https://shop.example.com/a.pdf".into()));
    assert_eq!((second.index, second.origin.as_str()), (1, "/content/attachments/1/uploadId"));
    assert_eq!(second.source, FileSource::Upload(UPLOAD.into()));
    let back: Draft = serde_json::from_str(&serde_json::to_string(&draft).unwrap()).unwrap();
    assert_eq!(back, draft);
    let message = filled(&draft);
    assert_eq!(message["attachments"][0], entry().to_json());
    let renamed = Entry { name: "a_b.pdf".into(), mime_type: "vnd.usdz+zip".into(), ..entry() };
    assert_eq!(message["attachments"][1], renamed.to_json());
    assert_eq!(message["body"], "Two\u{fffc}\u{fffc}");
    let shown = format!("{draft:?} {:?}", draft.needs);
    assert!(!shown.contains("shop") && !shown.contains("a_b"), "{shown}");
}

#[test]
fn s016_every_fault_of_a_file_is_named_with_its_place() {
    let content = json!({ "text": 7, "attachments": [
        {},
        { "url": "https://a.example/x", "uploadId": UPLOAD },
        { "url": "http://a.example/x" },
        { "url": format!("https://a.example/{}", "x".repeat(8_192)) },
        { "uploadId": "upl_1" },
        { "uploadId": UPLOAD, "mimeType": "image/" },
        { "uploadId": UPLOAD, "name": 7, "size": 1 },
        "file",
        { "uploadId": UPLOAD, "mimeType": "a/b/c" },
        { "uploadId": UPLOAD, "mimeType": "image/png\r\nx: y" },
    ]});
    assert_eq!(
        found(&content),
        [
            ("/content/attachments/0", "attachment_source"),
            ("/content/attachments/1", "attachment_source"),
            ("/content/attachments/2/url", "attachment_url"),
            ("/content/attachments/3/url", "attachment_url"),
            ("/content/attachments/4/uploadId", "attachment_upload_id"),
            ("/content/attachments/5/mimeType", "attachment_mime_type"),
            ("/content/attachments/6/name", "type"),
            ("/content/attachments/6/size", "unknown_field"),
            ("/content/attachments/7", "type"),
            ("/content/attachments/8/mimeType", "attachment_mime_type"),
            ("/content/attachments/9/mimeType", "attachment_mime_type"),
            ("/content/text", "type"),
        ]
        .map(|(at, rule)| (at.to_owned(), rule))
    );
    assert_eq!(found(&json!({ "attachments": {} })), [("/content/attachments".into(), "type")]);
    assert_eq!(found(&json!({ "attachments": [] })), [("/content/text".into(), "required")]);
    let many = json!({ "attachments": vec![json!({ "uploadId": UPLOAD }); 21] });
    assert_eq!(found(&many), [("/content/attachments".into(), "attachments_items")]);
}

#[test]
fn a_text_that_is_cut_keeps_its_files() {
    let long = format!("{}\u{fffc}", "x".repeat(10_001));
    let content = json!({ "text": long, "attachments": [{ "uploadId": UPLOAD }] });
    assert_eq!(found(&content), [("/content/text".into(), "text_too_long")]);
    let cut = compose_by("apple-2026-08", ContentType::Text, &content, true).unwrap();
    assert_eq!(short(&cut.cuts), [("/content/text".into(), "text_too_long")]);
    let body = cut.draft.body["body"].as_str().unwrap();
    assert_eq!((body.chars().count(), body.ends_with("x\u{fffc}")), (10_001, true));
    // Places are not counted, there or on the wire.
    assert_eq!(short(&check_wire(&filled(&cut.draft), RulePack::latest())), []);
}

#[test]
fn sc11_raw_takes_either_generation_of_keys_and_tells_of_places() {
    let current = entry().to_json();
    let older = json!({
        "name": "a", "mime-type": "b", "file-size": "8", "decryption-key": current["key"],
        "mmcs-url": "u", "mmcs-owner": "o",
        "mmcs-signature-hex": "819f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    });
    let raw = |files: Value, body: &str| json!({ "apple": { "type": "text", "body": body, "attachments": files } });
    let both = composed(ContentType::Raw, &raw(json!([current, older]), "\u{fffc}\u{fffc}"));
    assert_eq!((both.warnings.len(), both.draft.needs.len()), (0, 0));
    assert_eq!(both.draft.body["attachments"], json!([current, older]));
    let one = composed(ContentType::Raw, &raw(json!([older]), "none"));
    assert_eq!(short(&one.warnings), [("/content/apple/body".into(), "attachment_places")]);
    let mut wrong = current;
    for key in ["", "01", &"01".repeat(33), &"zz".repeat(33)] {
        wrong["key"] = json!(key);
        let found = faults(ContentType::Raw, &raw(json!([wrong]), "\u{fffc}"));
        let rule = if key.is_empty() { "empty" } else { "attachment_key" };
        assert_eq!(found, [("/content/apple/attachments/0/key".into(), rule)], "{key}");
    }
}
