//! Apple's sample payloads, as an MSP sends them: `interactiveData` of each type.

use serde_json::{Value, json};

pub(crate) const BID: &str = "com.apple.messages.MSMessageExtensionBalloonPlugin:0000000000:com.apple.icloud.apps.messages.business.extension";
pub(crate) const APP_BID: &str = "com.apple.messages.MSMessageExtensionBalloonPlugin:ABCDE12345:com.example.shop.MessagesExtension";
pub(crate) const SESSION: &str = "0ddba11e-0000-4000-8000-000000000003";
/// One red dot.
pub(crate) const RED_DOT: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4z8AAAAMBAQAY3Y2wAAAAAElFTkSuQmCC";

pub(crate) fn quick_reply() -> Value {
    json!({
        "bid": BID,
        "sessionIdentifier": SESSION,
        "data": {
            "version": "1.0", "requestIdentifier": "c0ffee00-0000-4000-8000-000000000003",
            "quick-reply": {"summaryText": "How did we do?", "items": [
                {"identifier": "good", "title": "Good"}, {"identifier": "bad", "title": "Not good"},
            ]},
        },
    })
}

pub(crate) fn list_picker() -> Value {
    json!({
        "bid": BID,
        "data": {
            "version": "1.0", "requestIdentifier": "c0ffee00-0000-4000-8000-000000000004",
            "images": [{"identifier": "img1", "data": RED_DOT, "description": "Desk"}],
            "listPicker": {"sections": [
                {"title": "Desks", "order": 0, "multipleSelection": true, "items": [
                    {"identifier": "d1", "title": "Walnut", "subtitle": "120 cm", "order": 0,
                     "style": "default", "imageIdentifier": "img1"},
                    {"identifier": "d2", "title": "Oak", "subtitle": "140 cm", "order": 1,
                     "style": "default"},
                ]},
                {"title": "Chairs", "order": 1, "items": [
                    {"identifier": "c1", "title": "Stool", "order": 0, "style": "default"},
                    {"identifier": "c2", "title": "Bench", "order": 1, "style": "default"},
                ]},
            ]},
        },
        "receivedMessage": {"title": "Choose a desk", "subtitle": "Tap to see options",
                            "style": "small", "imageIdentifier": "img1"},
        "replyMessage": {"title": "You chose", "style": "icon"},
    })
}

pub(crate) fn time_picker() -> Value {
    json!({
        "bid": BID,
        "data": {
            "version": "1.0", "requestIdentifier": "c0ffee00-0000-4000-8000-000000000005",
            "event": {
                "identifier": "ev1", "title": "Delivery", "timezoneOffset": -240,
                "location": {"latitude": 40.7, "longitude": -74.0, "radius": 50, "title": "Depot"},
                "timeslots": [
                    {"identifier": "s1", "startTime": "2026-06-01T14:00+0000", "duration": 1800},
                    {"identifier": "s2", "startTime": "2026-06-01T15:00+0000", "duration": 1800},
                ],
            },
        },
        "receivedMessage": {"title": "When?", "style": "icon"},
    })
}

pub(crate) fn form(private: bool) -> Value {
    json!({
        "bid": BID,
        "data": {
            "version": "1.0", "requestIdentifier": "c0ffee00-0000-4000-8000-000000000006",
            "dynamic": {"version": "1.1", "template": "messageForms", "data": {
                "startPageIdentifier": "kind", "showSummary": true, "private": private,
                "splash": {"header": "Return", "splashtext": "Short", "buttonTitle": "Start"},
                "pages": [
                    {"pageIdentifier": "kind", "type": "select", "subtitle": "What is wrong?",
                     "items": [
                        {"identifier": "k1", "title": "Broken", "value": "broken",
                         "nextPageIdentifier": "when"},
                        {"identifier": "k2", "title": "Late", "value": "late",
                         "nextPageIdentifier": "note"},
                    ]},
                    {"pageIdentifier": "when", "type": "datePicker", "title": "When",
                     "subtitle": "Since when?", "nextPageIdentifier": "price",
                     "options": {"dateFormat": "yyyy-MM-dd"}},
                    {"pageIdentifier": "price", "type": "picker", "subtitle": "How much?",
                     "nextPageIdentifier": "note", "items": [
                        {"identifier": "p1", "title": "Low", "value": "low"},
                        {"identifier": "p2", "title": "High", "value": "high"},
                    ]},
                    {"pageIdentifier": "note", "type": "input", "subtitle": "Tell us more",
                     "submitForm": true,
                     "options": {"required": true, "inputType": "multiline", "prefixText": "> "}},
                ],
            }},
        },
        "receivedMessage": {"title": "Return", "subtitle": "Tap to start"},
        "replyMessage": {"title": "Thank you", "subtitle": "Tap to review"},
    })
}

/// A third party's iMessage app.
pub(crate) fn app() -> Value {
    json!({
        "appId": 1_234_567_890, "appName": "Example", "appIcon": RED_DOT, "bid": APP_BID,
        "URL": "?cart=42", "sessionIdentifier": SESSION, "useLiveLayout": true,
        "receivedMessage": {"title": "Your cart", "subtitle": "1 item"},
        "replyMessage": {"title": "Done"},
    })
}
