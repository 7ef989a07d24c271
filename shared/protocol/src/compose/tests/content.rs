//! Each type, from content to Apple's JSON.

use super::*;
use crate::capability::Capability;

#[test]
fn a_text_is_itself() {
    let message = sent(ContentType::Text, &json!({"text": "Grüße 👋🏽"}));
    assert_eq!(message, json!({"type": "text", "body": "Grüße 👋🏽"}));
    assert_eq!(
        faults(ContentType::Text, &json!({"text": "\0"})),
        [("/content/text".into(), "empty_text")]
    );
}

#[test]
fn ap13_lc07_a_quick_reply_is_apples_json() {
    let content = json!({"summaryText": "How did we do?",
        "items": [{"title": "Good"}, {"identifier": "bad", "title": "Not good"}]});
    let message = sent(ContentType::QuickReply, &content);
    assert_eq!(
        message,
        json!({"type": "interactive", "interactiveData": {"bid": BUSINESS_BID, "data": {
            "version": "1.0", "requestIdentifier": DRAWN,
            "quick-reply": {"summaryText": "How did we do?", "items": [
                {"identifier": "1", "title": "Good"}, {"identifier": "bad", "title": "Not good"}]}}}})
    );
    let draft = composed(ContentType::QuickReply, &content).draft;
    assert_eq!(draft.requires, Some(Capability::Quick));
    assert!(draft.drawn && draft.needs.is_empty());
}

#[test]
fn ap14_lc01_a_list_picker_is_apples_json() {
    let content = json!({
        "sections": [{"title": "Desks", "multipleSelection": true, "items": [
            {"title": "Walnut", "subtitle": "120 cm", "image": {"url": "https://shop.example/w.jpg"}},
            {"identifier": "oak", "title": "Oak", "imageIdentifier": "oak"}]},
            {"title": "Chairs", "items": [{"title": "Ash"}]}],
        "images": [{"identifier": "oak", "description": "An oak desk", "data": PNG}],
        "receivedMessage": {"title": "Choose a desk", "style": "large", "imageIdentifier": "oak"},
        "requestIdentifier": "mine"});
    let message = sent(ContentType::ListPicker, &content);
    let received = json!({"title": "Choose a desk", "style": "large", "imageIdentifier": "oak"});
    assert_eq!(
        message,
        json!({"type": "interactive", "interactiveData": {"bid": BUSINESS_BID, "data": {
            "version": "1.0", "requestIdentifier": "mine",
            "images": [{"identifier": "oak", "data": PNG, "description": "An oak desk"},
                       {"identifier": "image-2", "data": PNG}],
            "listPicker": {"sections": [
                {"title": "Desks", "order": 0, "multipleSelection": true, "items": [
                    {"identifier": "1", "title": "Walnut", "subtitle": "120 cm", "order": 0,
                     "style": "default", "imageIdentifier": "image-2"},
                    {"identifier": "oak", "title": "Oak", "order": 1, "style": "default",
                     "imageIdentifier": "oak"}]},
                {"title": "Chairs", "order": 1, "multipleSelection": false, "items": [
                    {"identifier": "3", "title": "Ash", "order": 0, "style": "default"}]}]}},
            "receivedMessage": received,
            "replyMessage": {"title": "Choose a desk", "style": "large"}}})
    );
    let draft = composed(ContentType::ListPicker, &content).draft;
    assert_eq!(draft.requires, Some(Capability::List));
    assert!(!draft.drawn);
    let needs: Vec<_> = draft.needs.iter().map(pending).collect();
    assert_eq!(
        needs,
        [
            ("/interactiveData/data/images/0/data", "/content/images/0/data", Slot::Large),
            (
                "/interactiveData/data/images/1/data",
                "/content/sections/0/items/0/image/url",
                Slot::ListItem
            ),
        ]
    );
}

#[test]
fn ap15_lc02_a_time_picker_is_apples_json() {
    let content = json!({
        "event": {"title": "Delivery", "imageIdentifier": "map", "timezoneOffset": -300,
            "location": {"latitude": 40.7, "longitude": -74, "radius": 50, "title": "Depot"},
            "timeslots": [{"startTime": "2026-06-01T14:00+0000", "duration": 1800},
                          {"startTime": "2026-06-01T15:00:00Z", "duration": 1800}]},
        "images": [{"identifier": "map", "uploadId": "upl_abcdefghijklmnopqrstuvwx27"}],
        "receivedMessage": {"title": "Choose a time"}, "replyMessage": {"title": "Your time"}});
    let message = sent(ContentType::TimePicker, &content);
    assert_eq!(
        message["interactiveData"]["data"]["event"],
        json!({"identifier": "1", "title": "Delivery", "imageIdentifier": "map",
            "location": {"latitude": 40.7, "longitude": -74, "radius": 50, "title": "Depot"},
            "timeslots": [
                {"identifier": "1", "startTime": "2026-06-01T14:00+0000", "duration": 1800},
                {"identifier": "2", "startTime": "2026-06-01T15:00:00Z", "duration": 1800}],
            "timezoneOffset": -300})
    );
    let draft = composed(ContentType::TimePicker, &content).draft;
    assert_eq!(draft.requires, Some(Capability::Time));
    assert_eq!(pending(&draft.needs[0]).2, Slot::TimePicker);
    assert_eq!(
        message["interactiveData"]["replyMessage"],
        json!({"title": "Your time", "style": "icon"})
    );
}

#[test]
fn ap23_a_form_is_apples_json() {
    let content = json!({
        "startPageIdentifier": "kind", "showSummary": true,
        "splash": {"header": "Return", "splashtext": "Two questions", "buttonTitle": "Start"},
        "pages": [
            {"pageIdentifier": "kind", "type": "select", "subtitle": "What is wrong?", "items": [
                {"title": "Broken", "nextPageIdentifier": "note"},
                {"title": "Late", "value": "late", "nextPageIdentifier": "when"}]},
            {"pageIdentifier": "when", "type": "datePicker", "subtitle": "Since when?",
             "nextPageIdentifier": "where", "options": {"startDate": "06/01/2026"}},
            {"pageIdentifier": "where", "type": "picker", "subtitle": "Where?",
             "pickerTitle": "Region", "items": [{"title": "EMEA"}]},
            {"pageIdentifier": "note", "type": "input", "subtitle": "Tell us more",
             "submitForm": true, "options": {"required": true, "inputType": "multiline",
                "maximumCharacterCount": 300, "regex": "^.+$", "keyboardType": "emailAddress"}}],
        "receivedMessage": {"title": "Return"}});
    let message = sent(ContentType::Form, &content);
    let dynamic = &message["interactiveData"]["data"]["dynamic"];
    assert_eq!(dynamic["version"], "1.1");
    assert_eq!(dynamic["template"], "messageForms");
    let mut pages = content["pages"].clone();
    pages[0]["items"][0]["identifier"] = json!("1");
    pages[0]["items"][0]["value"] = json!("1");
    pages[0]["items"][1]["identifier"] = json!("2");
    pages[2]["items"][0]["identifier"] = json!("1");
    pages[2]["items"][0]["value"] = json!("1");
    assert_eq!(dynamic["data"]["pages"], pages);
    assert_eq!(dynamic["data"]["splash"], content["splash"]);
    let draft = composed(ContentType::Form, &content).draft;
    assert_eq!(draft.requires, Some(Capability::Form));
}

#[test]
fn sc10_a_rich_link_by_hand_is_apples_json() {
    let content = json!({"url": "https://shop.example/p/42", "title": "Walnut desk",
        "image": {"data": PNG}, "video": {"url": "https://shop.example/p.mp4", "mimeType": "video/mp4"}});
    let message = sent(ContentType::RichLink, &content);
    assert_eq!(
        message,
        json!({"type": "richLink", "richLinkData": {"url": "https://shop.example/p/42",
            "title": "Walnut desk", "assets": {"image": {"data": PNG, "mimeType": "image/png"},
            "video": {"url": "https://shop.example/p.mp4", "mimeType": "video/mp4"}}}})
    );
    let draft = composed(ContentType::RichLink, &content).draft;
    assert_eq!(draft.needs.len(), 1);
    assert_eq!(pending(&draft.needs[0]).2, Slot::RichLink);
}

#[test]
fn ap12_a_rich_link_without_title_or_picture_asks_for_a_preview() {
    let url = "https://shop.example/p/42";
    let draft = composed(ContentType::RichLink, &json!({"url": url})).draft;
    assert_eq!(draft.needs, [Need::Preview { url: url.into() }]);
    let sent = sent(ContentType::RichLink, &json!({"url": url}));
    assert_eq!(sent["richLinkData"], json!({"url": url, "title": "shop.example", "assets": {}}));
}

#[test]
fn ap22_lc06_an_imessage_app_is_apples_json() {
    let content = json!({"appId": "1234567890", "appName": "Example", "appIcon": {"data": PNG},
        "teamId": "ABCDE12345", "extensionId": "com.example.shop.Messages", "URL": "?cart=42",
        "receivedMessage": {"title": "Your cart", "tertiarySubtitle": "1 item", "style": "large"}});
    let message = sent(ContentType::IMessageApp, &content);
    assert_eq!(
        message["interactiveData"],
        json!({"appId": 1_234_567_890, "appName": "Example", "appIcon": PNG,
            "bid": "com.apple.messages.MSMessageExtensionBalloonPlugin:ABCDE12345:com.example.shop.Messages",
            "URL": "?cart=42", "sessionIdentifier": DRAWN, "useLiveLayout": true,
            "receivedMessage": {"title": "Your cart", "tertiarySubtitle": "1 item"},
            "replyMessage": {"title": "Your cart"}})
    );
    let composed = composed(ContentType::IMessageApp, &content);
    assert_eq!(composed.draft.requires, None);
    assert_eq!(
        short(&composed.warnings),
        [("/content/receivedMessage/style".into(), "app_bubble_ignored")]
    );
}

#[test]
fn sc18_an_app_clip_needs_a_page_and_takes_a_region() {
    let url = "https://shop.example/clip";
    let draft = composed(ContentType::AppClip, &json!({"url": url})).draft;
    assert_eq!(draft.needs, [Need::AppClip { url: url.into(), store_region: "US".into() }]);
    assert_eq!(draft.body["body"], url);
    let draft = composed(ContentType::AppClip, &json!({"url": url, "storeRegion": "DE"})).draft;
    assert_eq!(draft.needs, [Need::AppClip { url: url.into(), store_region: "DE".into() }]);
    for (region, long) in [("de", false), ("DEU", false), ("DE", true)] {
        let url = if long { format!("{url}?{}", "a".repeat(8192)) } else { url.to_owned() };
        let found = faults(ContentType::AppClip, &json!({"url": url, "storeRegion": region}));
        let rule = if long { "app_clip_url_bytes" } else { "app_clip_store_region" };
        assert_eq!(found[0].1, rule);
    }
    let found = faults(ContentType::AppClip, &json!({"url": "https://shop.example/ü"}));
    assert_eq!(found, [("/content/url".into(), "app_clip_url")]);
}

#[test]
fn an_invitation_is_a_notification() {
    let content = json!({"templateId": "binaryChoice.engage.withImage", "referenceId": "order-1001",
        "parameters": {"brandName": "Example Shop", "brandLogo": {"data": PNG}, "extra": "kept"}});
    let message = sent(ContentType::Invitation, &content);
    assert_eq!(
        message["interactiveData"],
        json!({"bid": BUSINESS_BID, "useLiveLayout": true, "data": {"version": "1.0",
            "requestIdentifier": DRAWN, "notification": {
                "templateId": "binaryChoice.engage.withImage", "locale": "en-us",
                "referenceId": "order-1001",
                "parameters": {"brandName": "Example Shop", "extra": "kept", "brandLogo": PNG}}}})
    );
    let draft = composed(ContentType::Invitation, &content).draft;
    assert_eq!(draft.channel, Channel::Notification);
    assert_eq!(pending(&draft.needs[0]).2, Slot::BrandLogo);
}

#[test]
fn ap27_each_type_names_what_the_device_must_have() {
    let needs: Vec<_> = hostile::sound()
        .iter()
        .map(|(kind, content)| (kind.as_str(), composed(*kind, content).draft.requires))
        .collect();
    assert_eq!(
        needs,
        [
            ("text", None),
            ("richLink", None),
            ("quickReply", Some(Capability::Quick)),
            ("listPicker", Some(Capability::List)),
            ("timePicker", Some(Capability::Time)),
            ("form", Some(Capability::Form)),
            ("iMessageApp", None),
            ("appClip", None),
            ("invitation", None),
            ("payment", None),
        ]
    );
}

fn pending(need: &Need) -> (&str, &str, Slot) {
    let Need::Image(image) = need else { panic!("{need:?}") };
    (&image.pointer, &image.origin, image.slot)
}
