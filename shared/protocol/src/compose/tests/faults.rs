//! What is wrong with content, and what is cut or left out of it.

use super::*;

fn quick(items: usize) -> Value {
    let items: Vec<_> = (0..items).map(|at| json!({"title": format!("Choice {at}")})).collect();
    json!({"summaryText": "Choose", "items": items})
}

fn list(items: &Value) -> Value {
    json!({"sections": [{"title": "All", "items": items}], "receivedMessage": {"title": "Choose"}})
}

fn time(event: &Value) -> Value {
    json!({"event": event, "receivedMessage": {"title": "When"}})
}

fn timeslot() -> Value {
    json!({"startTime": "2026-12-01T09:00Z", "duration": 60})
}

#[test]
fn ap13_quick_reply_takes_two_to_five() {
    for items in 2..=5 {
        sent(ContentType::QuickReply, &quick(items));
    }
    for (items, limit) in [(0, 2), (1, 2), (6, 5)] {
        let faults =
            compose_by("apple-2022", ContentType::QuickReply, &quick(items), false).unwrap_err();
        assert_eq!(short(&faults), [("/content/items".into(), "quick_reply_items")]);
        assert_eq!(
            (&faults[0].limit, &faults[0].actual),
            (&Some(json!(limit)), &Some(json!(items)))
        );
    }
}

#[test]
fn ap13_quick_reply_needs_its_summary_and_titles_of_one_line() {
    let content = json!({"items": [{"title": "One\ntwo"}, {"title": " "}]});
    assert_eq!(
        faults(ContentType::QuickReply, &content),
        [
            ("/content/summaryText".into(), "required"),
            ("/content/items/0/title".into(), "quick_reply_title_lines"),
            ("/content/items/1/title".into(), "empty"),
        ]
    );
    for end in ["\r", "\u{b}", "\u{85}", "\u{2028}", "\u{2029}"] {
        let content = json!({"summaryText": "?", "items": [{"title": format!("One{end}two")}, {"title": "B"}]});
        assert_eq!(faults(ContentType::QuickReply, &content)[0].1, "quick_reply_title_lines");
    }
}

#[test]
fn ap14_identifiers_are_unique_and_made_around_those_that_are_given() {
    let content = list(&json!([{"title": "A"}, {"identifier": "1", "title": "B"}]));
    let message = sent(ContentType::ListPicker, &content);
    let items = &message["interactiveData"]["data"]["listPicker"]["sections"][0]["items"];
    assert_eq!((&items[0]["identifier"], &items[1]["identifier"]), (&json!("1-2"), &json!("1")));
    let mut content = list(&json!([{"identifier": "x", "title": "A"}]));
    let section = content["sections"][0].clone();
    content["sections"].as_array_mut().unwrap().push(section);
    assert_eq!(
        faults(ContentType::ListPicker, &content),
        [("/content/sections/1/items/0/identifier".into(), "list_picker_identifier_unique")]
    );
}

#[test]
fn ap14_a_list_has_sections_and_they_have_items() {
    let content = json!({"sections": [], "receivedMessage": {"title": "x"}});
    assert_eq!(
        faults(ContentType::ListPicker, &content),
        [("/content/sections".into(), "list_picker_sections")]
    );
    assert_eq!(
        faults(ContentType::ListPicker, &list(&json!([]))),
        [("/content/sections/0/items".into(), "list_picker_items")]
    );
}

#[test]
fn ap14_every_image_has_its_reference_and_every_reference_its_image() {
    let mut content = list(&json!([
        {"title": "A", "imageIdentifier": "gone"},
        {"title": "B", "imageIdentifier": "b", "image": {"data": PNG}}]));
    content["images"] = json!([{"identifier": "b", "data": PNG}, {"identifier": "b", "data": PNG},
        {"identifier": "c", "data": PNG}]);
    assert_eq!(
        faults(ContentType::ListPicker, &content),
        [
            ("/content/images/1/identifier".into(), "image_identifier_unique"),
            ("/content/sections/0/items/1/image".into(), "image_source"),
            ("/content/sections/0/items/0/imageIdentifier".into(), "image_reference"),
            ("/content/images/2".into(), "image_unused"),
        ]
    );
}

#[test]
fn an_image_comes_from_exactly_one_sound_place() {
    for (source, pointer, rule) in [
        (json!({}), "", "image_source"),
        (json!({"url": "https://a.example", "data": PNG}), "", "image_source"),
        (json!({"url": "http://a.example"}), "/url", "image_url"),
        (json!({"url": "https://me@a.example"}), "/url", "image_url"),
        (json!({"uploadId": "upl_1"}), "/uploadId", "image_upload_id"),
        (json!({"data": "no base64"}), "/data", "image_data"),
        (json!({"data": format!("data:image/png;base64,{PNG}")}), "/data", "image_data"),
        (json!({"data": ""}), "/data", "image_data"),
        (json!({"data": "AAAA"}), "/data", "image_kind"),
        (json!({"data": PNG, "identifier": "x"}), "/identifier", "unknown_field"),
    ] {
        let found =
            faults(ContentType::ListPicker, &list(&json!([{"title": "A", "image": source}])));
        assert_eq!(found, [(format!("/content/sections/0/items/0/image{pointer}"), rule)]);
    }
}

#[test]
fn one_picture_in_two_items_is_one_image() {
    let image = json!({"url": "https://shop.example/desk.png"});
    let content = list(&json!([{"title": "A", "image": image}, {"title": "B", "image": image}]));
    let draft = composed(ContentType::ListPicker, &content).draft;
    assert_eq!(draft.needs.len(), 1);
}

#[test]
fn ap16_a_bubble_s_picture_has_the_size_of_its_style_and_the_largest_use_wins() {
    for (style, slot, pixels) in [
        ("icon", Slot::Icon, (120, 120)),
        ("small", Slot::Small, (180, 180)),
        ("large", Slot::Large, (789, 450)),
    ] {
        let mut content = time(&json!({"timeslots": [timeslot()]}));
        content["images"] = json!([{"identifier": "i", "data": PNG}]);
        content["receivedMessage"] =
            json!({"title": "When", "imageIdentifier": "i", "style": style});
        assert_eq!(only_slot(&content), slot);
        assert_eq!(slot.pixels(), pixels);
        content["event"]["imageIdentifier"] = json!("i");
        assert_eq!(only_slot(&content), Slot::TimePicker);
    }
    let mut content = time(&json!({"timeslots": [timeslot()]}));
    content["receivedMessage"]["style"] = json!("huge");
    assert_eq!(
        faults(ContentType::TimePicker, &content),
        [("/content/receivedMessage/style".into(), "bubble_style")]
    );
}

fn only_slot(content: &Value) -> Slot {
    let needs = composed(ContentType::TimePicker, content).draft.needs;
    let [Need::Image(image)] = needs.as_slice() else { panic!("{needs:?}") };
    image.slot
}

#[test]
fn ap15_a_time_picker_s_faults() {
    let event = json!({"timezoneOffset": 841, "location": {"latitude": 91, "longitude": 0},
        "timeslots": [
            {"identifier": "a", "startTime": "2026-12-01T09:00+0200", "duration": 60},
            {"identifier": "a", "startTime": "2026-12-01T09:00Z", "duration": 0},
            {"startTime": "2026-12-01T09:00Z", "duration": "60"},
            {"startTime": "2026-12-01T09:00Z"}]});
    assert_eq!(
        faults(ContentType::TimePicker, &time(&event)),
        [
            ("/content/event/location/latitude".into(), "location_latitude"),
            ("/content/event/timezoneOffset".into(), "time_picker_timezone_offset"),
            ("/content/event/timeslots/0/startTime".into(), "time_picker_start_time"),
            ("/content/event/timeslots/1/identifier".into(), "time_picker_identifier_unique"),
            ("/content/event/timeslots/1/duration".into(), "time_picker_duration"),
            ("/content/event/timeslots/2/duration".into(), "type"),
            ("/content/event/timeslots/3/duration".into(), "required"),
        ]
    );
    for offset in [-840, 0, 840] {
        sent(
            ContentType::TimePicker,
            &time(&json!({"timezoneOffset": offset, "timeslots": [timeslot()]})),
        );
    }
    assert_eq!(
        faults(ContentType::TimePicker, &time(&json!({"timeslots": []}))),
        [("/content/event/timeslots".into(), "time_picker_timeslots")]
    );
}

#[test]
fn ap15_a_radius_without_coordinates_is_told() {
    let place = |place: Value| time(&json!({"timeslots": [timeslot()], "location": place}));
    let found = composed(ContentType::TimePicker, &place(json!({"radius": 5}))).warnings;
    assert_eq!(short(&found), [("/content/event/location/radius".into(), "location_radius")]);
    assert_eq!(
        faults(ContentType::TimePicker, &place(json!({"latitude": 5}))),
        [("/content/event/location".into(), "location_coordinates")]
    );
    assert_eq!(
        faults(
            ContentType::TimePicker,
            &place(json!({"latitude": 5, "longitude": 5, "radius": -1}))
        ),
        [("/content/event/location/radius".into(), "location_radius")]
    );
}

#[test]
fn shown_strings_have_512_characters_in_2022_and_200_printable_ones_now() {
    for (pack, most) in [("apple-2022", 512), ("apple-2026-08", 200)] {
        let with = |title: String| {
            let mut content = list(&json!([{"title": "A"}]));
            content["receivedMessage"]["title"] = json!(title);
            compose_by(pack, ContentType::ListPicker, &content, false)
        };
        assert!(with("é".repeat(most)).is_ok());
        let fault = with("é".repeat(most + 1)).unwrap_err().remove(0);
        assert_eq!(fault.rule, "bubble_title_length");
        assert_eq!(fault.limit, Some(json!(most)));
        assert_eq!(fault.actual, Some(json!(most + 1)));
    }
    let content = list(&json!([{"title": format!("{}\u{7}", "a".repeat(200))}]));
    sent(ContentType::ListPicker, &content);
}

#[test]
fn truncate_cuts_what_is_shown_and_nothing_else() {
    let long = "word ".repeat(60);
    let content = list(&json!([{"identifier": long, "title": long, "subtitle": long}]));
    assert_eq!(faults(ContentType::ListPicker, &content).len(), 2);
    let composed = compose_by("apple-2026-08", ContentType::ListPicker, &content, true).unwrap();
    assert_eq!(
        short(&composed.cuts),
        [
            ("/content/sections/0/items/0/title".into(), "list_picker_title_length"),
            ("/content/sections/0/items/0/subtitle".into(), "list_picker_subtitle_length"),
        ]
    );
    assert_eq!(composed.cuts[0].actual, Some(json!(300)));
    let message = filled(&composed.draft);
    let item = &message["interactiveData"]["data"]["listPicker"]["sections"][0]["items"][0];
    assert_eq!(item["identifier"], long);
    assert_eq!(item["title"].as_str().unwrap().chars().count(), 199);
    assert_eq!(check_wire(&message, RulePack::latest()), []);
}

#[test]
fn truncate_leaves_something_of_one_endless_character() {
    let content = list(&json!([{"title": format!("e{}", "\u{301}".repeat(400))}]));
    let composed = compose_by("apple-2026-08", ContentType::ListPicker, &content, true).unwrap();
    let title =
        filled(&composed.draft)["interactiveData"]["data"]["listPicker"]["sections"][0]["items"][0]
            ["title"]
            .clone();
    assert_eq!(title.as_str().unwrap().chars().count(), 200);
}

/// `alternateTitle` comes with answers alone, and a custom app alone has four titles more.
#[test]
fn ap14_ap22_a_bubble_has_the_titles_of_its_own_kind() {
    let bubble = json!({"title": "A", "alternateTitle": "B", "imageSubtitle": "C", "imageTitle": "D",
        "secondarySubtitle": "E", "tertiarySubtitle": "F"});
    let mut content = list(&json!([{"title": "A"}]));
    content["receivedMessage"] = bubble.clone();
    let unknown = |names: &[&str]| -> Vec<_> {
        let at = |name: &&str| (format!("/content/receivedMessage/{name}"), "unknown_field");
        names.iter().map(at).collect()
    };
    assert_eq!(
        faults(ContentType::ListPicker, &content),
        unknown(&[
            "alternateTitle",
            "imageSubtitle",
            "imageTitle",
            "secondarySubtitle",
            "tertiarySubtitle"
        ])
    );
    let app = json!({"appId": 1, "appName": "A", "appIcon": {"data": PNG}, "URL": "?",
        "teamId": "ABCDE12345", "extensionId": "x", "receivedMessage": bubble});
    assert_eq!(faults(ContentType::IMessageApp, &app), unknown(&["alternateTitle"]));
}

/// The older sign-in carries one to the device. What a business hands us in a message is kept and
/// can be read back, so a secret has no place there.
#[test]
fn lc05_a_client_secret_does_not_travel_in_a_message() {
    let older = include_str!("../../../../../tests/vectors/messages/authenticate_older.json");
    let mut older: Value = serde_json::from_str(older).unwrap();
    let message = older["message"].take();
    let found = faults(ContentType::Raw, &json!({"apple": message}));
    let at = "/content/apple/interactiveData/data/authenticate/oauth2/clientSecret";
    assert_eq!(found, [(at.into(), "authenticate_secret")]);
    let newer = include_str!("../../../../../tests/vectors/messages/authenticate.json");
    let mut newer: Value = serde_json::from_str(newer).unwrap();
    let content = json!({"apple": newer["message"].take()});
    let draft = composed(ContentType::Raw, &content).draft;
    assert_eq!(draft.channel, Channel::Authenticate);
    assert!(!Value::Object(draft.body).to_string().contains("clientSecret"));
    for kind in ContentType::ALL {
        let content = json!({"clientSecret": "s"});
        assert!(
            faults(kind, &content).contains(&("/content/clientSecret".into(), "unknown_field"))
        );
    }
}

#[test]
fn ap22_an_app_s_faults() {
    let content = json!({"appId": "twelve", "appName": "A", "appIcon": {"data": PNG}, "bid": BUSINESS_BID,
        "URL": format!("?{}", "x".repeat(65_536)), "data": {}, "receivedMessage": {}});
    assert_eq!(
        faults(ContentType::IMessageApp, &content),
        [
            ("/content/bid".into(), "app_bid"),
            ("/content/appId".into(), "app_id"),
            ("/content/URL".into(), "app_url_bytes"),
            ("/content/receivedMessage/title".into(), "required"),
            ("/content/data".into(), "unknown_field"),
        ]
    );
    for bids in [
        json!({}),
        json!({"teamId": "ABCDE12345"}),
        json!({"teamId": "abc", "extensionId": "x"}),
        json!({"bid": "x", "teamId": "ABCDE12345", "extensionId": "x"}),
        json!({"bid": "com.example"}),
    ] {
        let mut content = json!({"appId": 1, "appName": "A", "appIcon": {"data": PNG}, "URL": "?",
            "receivedMessage": {"title": "x"}});
        content.as_object_mut().unwrap().extend(bids.as_object().unwrap().clone());
        let found = faults(ContentType::IMessageApp, &content);
        assert!(found.iter().all(|(_, rule)| ["app_bid", "required"].contains(rule)), "{found:?}");
    }
}

#[test]
fn a_rich_link_s_faults() {
    let content = json!({"url": "shop://desk", "image": {}, "title": "",
        "video": {"url": "http://a.example/v.mp4", "mimeType": "image/png"}});
    assert_eq!(
        faults(ContentType::RichLink, &content),
        [
            ("/content/url".into(), "rich_link_url"),
            ("/content/image".into(), "image_source"),
            ("/content/video/url".into(), "rich_link_url"),
            ("/content/video/mimeType".into(), "rich_link_mime_type"),
        ]
    );
}

#[test]
fn an_invitation_s_faults() {
    let content = json!({"templateId": "binaryChoice.engage.withImage", "locale": "english!",
        "referenceId": "it's", "parameters": {}});
    assert_eq!(
        faults(ContentType::Invitation, &content),
        [
            ("/content/locale".into(), "invitation_locale"),
            ("/content/referenceId".into(), "invitation_reference_quotes"),
            ("/content/parameters/brandName".into(), "required"),
            ("/content/parameters/brandLogo".into(), "required"),
        ]
    );
    let content = json!({"templateId": "binaryChoice.engage.noImage", "locale": "de-de",
        "referenceId": "x".repeat(1_001), "parameters": {"brandName": "A", "brandLogo": {"data": PNG}}});
    assert_eq!(
        faults(ContentType::Invitation, &content),
        [("/content/referenceId".into(), "invitation_reference_length")]
    );
    let content =
        json!({"templateId": "own", "referenceId": "x", "parameters": {"brandName": "A"}});
    assert_eq!(
        faults(ContentType::Invitation, &content),
        [("/content/templateId".into(), "invitation_template")]
    );
}

#[test]
fn a_logo_without_a_place_is_left_out_and_told() {
    let content = json!({"templateId": "binaryChoice.engage.noImage", "referenceId": "x",
        "parameters": {"brandName": "A", "brandLogo": {"data": PNG}}});
    let composed = composed(ContentType::Invitation, &content);
    assert_eq!(
        short(&composed.warnings),
        [("/content/parameters/brandLogo".into(), "invitation_logo")]
    );
    assert!(composed.draft.needs.is_empty());
}

#[test]
fn sc06_reserved_keys_of_raw_json_are_ignored_and_told() {
    let apple = json!({"v": 7, "id": "mine", "sourceId": "me", "destinationId": "you",
        "type": "text", "body": "Hi"});
    let composed = composed(ContentType::Raw, &json!({"apple": apple}));
    assert_eq!(Value::Object(composed.draft.body), json!({"type": "text", "body": "Hi"}));
    assert_eq!(
        short(&composed.warnings),
        ["v", "id", "sourceId", "destinationId"]
            .map(|name| (format!("/content/apple/{name}"), "reserved_key"))
    );
}

#[test]
fn the_business_s_own_identifiers_are_kept() {
    let mut content = list(&json!([{"title": "A"}]));
    content["requestIdentifier"] = json!("order 7");
    assert_eq!(
        faults(ContentType::ListPicker, &content),
        [("/content/requestIdentifier".into(), "request_identifier")]
    );
    content["requestIdentifier"] = json!("order-7");
    content["sessionIdentifier"] = json!("session-7");
    let composed = composed(ContentType::ListPicker, &content);
    assert!(!composed.draft.drawn);
    assert_eq!(composed.draft.request_identifier.unwrap().as_str(), "order-7");
    assert_eq!(composed.draft.body["interactiveData"]["sessionIdentifier"], "session-7");
}

#[test]
fn debug_shows_no_word_of_a_message() {
    let pack = RulePack::latest();
    let list = Interactive::parse(
        &sent(ContentType::ListPicker, &list(&json!([{"title": "canary"}]))),
        pack,
    );
    assert_eq!(format!("{:?}", list.unwrap()), "Interactive { .. }");
    assert_eq!(format!("{:?}", RichLink::to("canary")), "RichLink { .. }");
}
