//! What Apple's gateway would refuse.

use data_encoding::BASE64;

use super::*;
use crate::capability::Capability;

const JPEG: &[u8] = b"\xff\xd8\xff\xe0 and so on";

fn found(message: &Value) -> Vec<(String, &'static str)> {
    found_by("apple-2026-08", message)
}

fn found_by(pack: &str, message: &Value) -> Vec<(String, &'static str)> {
    let pack = RulePack::named(pack).unwrap();
    let faults = check_wire(message, pack);
    for fault in &faults {
        assert!(pack.rule(fault.rule).is_some(), "{}", fault.rule);
        let parent = fault.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
        assert!(message.pointer(parent).is_some(), "{} is nowhere", fault.pointer);
    }
    short(&faults)
}

fn interactive(data: Value) -> Value {
    let mut data = data;
    data["version"] = json!("1.0");
    data["requestIdentifier"] = json!("r");
    json!({"v": 1, "type": "interactive", "interactiveData": {"bid": BUSINESS_BID, "data": data,
        "receivedMessage": {"title": "Choose", "imageIdentifier": "i"}}})
}

fn pictured(bytes: &[u8]) -> Value {
    interactive(json!({"images": [{"identifier": "i", "data": BASE64.encode(bytes)}],
        "listPicker": {"sections": [{"title": "A", "items": [{"identifier": "1", "title": "A"}]}]}}))
}

fn png(bytes: usize) -> Vec<u8> {
    let mut png = BASE64.decode(PNG.as_bytes()).unwrap();
    png.resize(bytes, 0);
    png
}

#[test]
fn pictures_are_png_of_at_most_200_kb_since_august_2026() {
    const AT: &str = "/interactiveData/data/images/0/data";
    assert_eq!(found(&pictured(&png(200_000))), []);
    assert_eq!(found(&pictured(&png(200_001))), [(AT.into(), "image_bytes")]);
    assert_eq!(found_by("apple-2022", &pictured(&png(200_001))), []);
    assert_eq!(found(&pictured(JPEG)), [(AT.into(), "image_png")]);
    assert_eq!(found_by("apple-2022", &pictured(JPEG)), []);
    assert_eq!(found_by("apple-2022", &pictured(b"GIF89a")), [(AT.into(), "image_format")]);
    let mut message = pictured(&png(100));
    message["interactiveData"]["data"]["images"][0]["data"] = json!("not Base64");
    assert_eq!(found(&message), [(AT.into(), "image_data")]);
}

#[test]
fn all_pictures_together_stay_below_five_megabytes() {
    let image = BASE64.encode(&png(187_500));
    let images = |count: usize| {
        let images: Vec<_> = (0..count)
            .map(|at| json!({"identifier": if at == 0 { "i".into() } else { at.to_string() }, "data": image}))
            .collect();
        let mut message = pictured(&png(100));
        message["interactiveData"]["data"]["images"] = json!(images);
        message
    };
    assert_eq!(found(&images(19)), []);
    assert_eq!(found(&images(20)), [("/interactiveData/data/images".into(), "images_bytes")]);
    assert_eq!(found_by("apple-2022", &images(20)), []);
}

#[test]
fn an_image_identifier_may_be_a_number_on_the_wire() {
    let mut message = pictured(&png(100));
    message["interactiveData"]["data"]["images"][0]["identifier"] = json!("7");
    message["interactiveData"]["receivedMessage"]["imageIdentifier"] = json!(7);
    assert_eq!(found(&message), []);
    message["interactiveData"]["receivedMessage"]["imageIdentifier"] = json!(8);
    assert_eq!(
        found(&message),
        [("/interactiveData/receivedMessage/imageIdentifier".into(), "image_reference")]
    );
}

#[test]
fn ap13_one_quick_reply_item_is_refused() {
    let mut message = interactive(json!({"quick-reply": {"summaryText": "Choose",
        "items": [{"identifier": "1", "title": "A"}]}}));
    message["interactiveData"].as_object_mut().unwrap().remove("receivedMessage");
    assert_eq!(
        found(&message),
        [("/interactiveData/data/quick-reply/items".into(), "quick_reply_items")]
    );
}

#[test]
fn ap22_data_in_a_custom_app_is_refused_in_apples_words() {
    let mut message = json!({"type": "interactive", "interactiveData": {"appId": "12", "appName": "A",
        "appIcon": BASE64.encode(&png(14_999)), "bid": IMessageApp::bid("ABCDE12345", "a.b"),
        "URL": "?", "data": {}, "receivedMessage": {"title": "A", "style": "icon"}}});
    let faults = check_wire(&message, RulePack::latest());
    assert_eq!(short(&faults), [("/interactiveData/data".into(), "app_data")]);
    assert_eq!(faults[0].message, "Third party interactive data disallows use of 'data'");
    message["interactiveData"].as_object_mut().unwrap().remove("data");
    assert_eq!(found(&message), []);
    message["interactiveData"]["appIcon"] = json!(BASE64.encode(&png(15_000)));
    assert_eq!(found(&message), [("/interactiveData/appIcon".into(), "app_icon_bytes")]);
}

#[test]
fn a_rich_link_takes_the_picture_itself() {
    let link = |image: Value| {
        json!({"type": "richLink", "richLinkData": {"url": "https://a.example", "title": "A",
            "assets": {"image": image}}})
    };
    assert_eq!(found(&link(json!({"data": PNG, "mimeType": "image/png"}))), []);
    assert_eq!(
        found(&link(json!({"url": "https://a.example/a.png", "mimeType": "image/png"}))),
        [
            ("/richLinkData/assets/image/url".into(), "rich_link_image_url"),
            ("/richLinkData/assets/image/data".into(), "required"),
        ]
    );
    let big = json!({"data": BASE64.encode(&png(200_001)), "mimeType": "image/png"});
    for pack in RulePack::NAMES {
        assert_eq!(
            found_by(pack, &link(big.clone())),
            [("/richLinkData/assets/image/data".into(), "rich_link_image_bytes")]
        );
    }
    let mut scheme = link(json!({"data": PNG, "mimeType": "video/mp4"}));
    scheme["richLinkData"]["url"] = json!("shop://desk");
    assert_eq!(
        found(&scheme),
        [
            ("/richLinkData/url".into(), "rich_link_url"),
            ("/richLinkData/assets/image/mimeType".into(), "rich_link_mime_type"),
        ]
    );
}

#[test]
fn content_is_whole_or_by_reference_and_never_both() {
    for message in [
        json!({"type": "interactive"}),
        json!({"type": "interactive", "interactiveData": {}, "interactiveDataRef": {}}),
        json!({"type": "richLink", "richLinkData": {}, "richLinkDataRef": {}}),
    ] {
        assert_eq!(found(&message), [(String::new(), "message_content")]);
    }
    let kept = json!({"bid": BUSINESS_BID, "url": "u", "owner": "o", "size": "12", "key": "k"});
    let message = json!({"type": "interactive", "interactiveDataRef": kept});
    assert_eq!(found(&message), [("/interactiveDataRef/signature-base64".into(), "required")]);
    let message = json!({"type": "richLink", "richLinkDataRef": {"size": "big"}});
    let rules: Vec<_> = found(&message).into_iter().map(|(_, rule)| rule).collect();
    assert_eq!(rules, ["required", "required", "required", "required", "type"]);
}

#[test]
fn exactly_one_feature_is_expected() {
    let at = || "/interactiveData/data".to_owned();
    let mut message = interactive(json!({}));
    message["interactiveData"]["receivedMessage"] = json!({"title": "A"});
    assert_eq!(found(&message), [(at(), "interactive_feature")]);
    message["interactiveData"]["data"]["event"] = json!({});
    message["interactiveData"]["data"]["listPicker"] = json!({});
    assert_eq!(found(&message), [(at(), "interactive_feature")]);
}

#[test]
fn a_text_has_words_or_attachments() {
    assert_eq!(found(&json!({"type": "text"})), [("/body".into(), "required")]);
    assert_eq!(found(&json!({"type": "text", "body": ""})), [("/body".into(), "empty_text")]);
    let long = json!({"type": "text", "body": "x".repeat(10_001)});
    assert_eq!(found(&long), [("/body".into(), "text_too_long")]);
    let attachment = json!({"url": "u", "owner": "o", "signature-base64": "s", "key": "5a".repeat(32), "size": 0});
    let message = json!({"type": "text", "attachments": [attachment]});
    assert_eq!(found(&message), [("/attachments/0/size".into(), "attachment_bytes")]);
    assert_eq!(found(&json!({"type": "typing_end"})), []);
    assert_eq!(
        found(&json!({"v": 2, "type": "tapback"})),
        [("/v".into(), "message_version"), ("/type".into(), "message_type"),]
    );
    assert_eq!(found(&json!([])), [(String::new(), "type")]);
}

#[test]
fn keys_that_nobody_knows_pass_on_the_wire() {
    let mut message = pictured(&png(100));
    message["interactiveData"]["data"]["listPicker"]["hue"] = json!("red");
    message["locale"] = json!("en_US");
    assert_eq!(found(&message), []);
}

#[test]
fn ap16_ap17_a_payment_s_faults() {
    let vector = include_str!("../../../../../tests/vectors/messages/payment.json");
    let vector: Value = serde_json::from_str(vector).unwrap();
    let with = |pointer: &str, value: Value| {
        let mut message = vector["message"].clone();
        *message.pointer_mut(&format!("/interactiveData{pointer}")).unwrap() = value;
        let found = found(&message);
        found
            .into_iter()
            .map(|(at, rule)| (at.replace("/interactiveData", ""), rule))
            .collect::<Vec<_>>()
    };
    let request = "/data/payment/paymentRequest";
    for (pointer, value, at, rule) in [
        ("/receivedMessage/style", json!("small"), "", "payment_style"),
        ("/data/payment/endpoints/orderTrackingUrl", json!("http://a.example"), "", "payment_url"),
        (
            "/data/payment/merchantSession/initiativeContext",
            json!("https://b.example"),
            "",
            "payment_gateway_equal",
        ),
        ("/data/payment/merchantSession/initiative", json!("web"), "", "payment_initiative"),
        (
            "/data/payment/merchantSession/displayName",
            json!("x".repeat(65)),
            "",
            "payment_display_name_length",
        ),
        (
            "/data/payment/paymentRequest/applePay/merchantCapabilities",
            json!(["supportsDebit"]),
            "",
            "payment_3ds",
        ),
        (
            "/data/payment/paymentRequest/applePay/merchantCapabilities",
            json!(["supports3DS", "x"]),
            "/1",
            "payment_capability",
        ),
        (
            "/data/payment/paymentRequest/applePay/supportedNetworks",
            json!([]),
            "",
            "payment_networks",
        ),
        (
            "/data/payment/paymentRequest/applePay/supportedNetworks",
            json!(["diners"]),
            "/0",
            "payment_network",
        ),
        ("/data/payment/paymentRequest/countryCode", json!("Germany"), "", "payment_country"),
        ("/data/payment/paymentRequest/currencyCode", json!("eur"), "", "payment_currency"),
        ("/data/payment/paymentRequest/lineItems", json!([]), "", "payment_line_items"),
        ("/data/payment/paymentRequest/lineItems/0/amount", json!("1,00"), "", "payment_amount"),
        ("/data/payment/paymentRequest/lineItems/0/amount", json!(1), "", "type"),
        ("/data/payment/paymentRequest/lineItems/0/type", json!("maybe"), "", "payment_line_type"),
        ("/data/payment/paymentRequest/total/amount", json!("0.00"), "", "payment_total"),
        ("/data/payment/paymentRequest/total/amount", json!("-1.00"), "", "payment_total"),
        (
            "/data/payment/paymentRequest/requiredBillingContactFields",
            json!(["shoeSize"]),
            "/0",
            "payment_contact_field",
        ),
    ] {
        assert_eq!(with(pointer, value), [(format!("{pointer}{at}"), rule)]);
    }
    assert_eq!(with(request, json!({})).len(), 4);
    // The local stack's own address.
    let local = json!("http://127.0.0.1:4566/pay/x/order-tracking");
    assert_eq!(with("/data/payment/endpoints/orderTrackingUrl", local), []);
}

#[test]
fn ap20_ap21_ap27_a_sign_in_needs_what_its_version_needs() {
    let oauth = json!({"state": "s", "responseType": "code", "scope": ["openid"],
        "redirectURI": "https://a.example/in"});
    let message = |version: &str, oauth: &Value| {
        let mut message = interactive(json!({"authenticate": {"oauth2": oauth}}));
        message["interactiveData"]["data"]["version"] = json!(version);
        message["interactiveData"]["receivedMessage"] = json!({"title": "Sign in"});
        message
    };
    let raw = |message: Value| composed(ContentType::Raw, &json!({"apple": message})).draft;
    let newer = raw(message("2.0", &oauth));
    assert_eq!((newer.channel, newer.requires), (Channel::Authenticate, Some(Capability::Auth2)));
    let older = json!({"state": "s", "responseType": "token", "scope": ["openid"],
        "clientSecret": "c", "responseEncryptionKey": "k"});
    assert_eq!(found(&message("1.0", &older)), []);
    assert_eq!(
        found(&message("1.0", &json!({"state": "s", "responseType": "id", "scope": "openid"}))),
        [
            (
                "/interactiveData/data/authenticate/oauth2/responseType".into(),
                "authenticate_response_type"
            ),
            ("/interactiveData/data/authenticate/oauth2/scope".into(), "type"),
            ("/interactiveData/data/authenticate/oauth2/clientSecret".into(), "required"),
            ("/interactiveData/data/authenticate/oauth2/responseEncryptionKey".into(), "required"),
        ]
    );
    let bad = json!({"responseType": "token", "scope": [], "redirectURI": "app://in"});
    let rules: Vec<_> = found(&message("2.0", &bad)).into_iter().map(|(_, rule)| rule).collect();
    assert_eq!(
        rules,
        ["required", "authenticate_response_type", "authenticate_scope", "authenticate_redirect"]
    );
    assert_eq!(
        found(&message("zero", &oauth))[0],
        ("/interactiveData/data/version".into(), "data_version")
    );
}
