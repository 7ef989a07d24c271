//! Pictures inside messages. The live stream carries an address in place of each, so that a change
//! of the phone does not send megabytes again: the browser fetches a picture once.

use axum::extract::{Path, State as Extract};
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Map, Value};

use crate::model::Entry;
use crate::world::State;

/// Members of Apple's JSON that hold a picture as base64.
const MEMBERS: [&str; 3] = ["data", "appIcon", "brandLogo"];

/// How each kind begins, in base64.
const KINDS: [(&str, &str); 4] = [
    ("iVBORw0KGg", "image/png"),
    ("/9j/", "image/jpeg"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
];

/// `GET /phone/{customer}/pictures/{id}/{number}`: a picture of the message with that id, counted
/// from 0 in the order of its JSON.
pub(crate) async fn picture(
    Extract(state): Extract<State>,
    Path((customer, id, number)): Path<(String, String, usize)>,
) -> Response {
    let found = state.read(|world| {
        let mut entries = world.entries.iter().rev();
        let entry = entries.find(|entry| entry.customer == customer && entry.id == id)?;
        let mut pictures = Vec::new();
        copy(&entry.message, &mut pictures, &|_| String::new());
        let text = *pictures.get(number)?;
        Some((kind(text)?, BASE64.decode(text.as_bytes()).ok()?))
    });
    let Some((kind, bytes)) = found else {
        return (StatusCode::NOT_FOUND, "No such picture\n").into_response();
    };
    let headers = [
        (CONTENT_TYPE, kind),
        // A message never changes, and no other has its id.
        (CACHE_CONTROL, "private, max-age=31536000, immutable"),
        (http::header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (http::header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    (headers, bytes).into_response()
}

/// The message with an address in place of each picture.
pub(super) fn with_addresses(entry: &Entry) -> Value {
    let (customer, id) = (&entry.customer, &entry.id);
    let address = |number: usize| format!("/phone/{customer}/pictures/{id}/{number}");
    copy(&entry.message, &mut Vec::new(), &address)
}

/// Copies everything but pictures, which it collects.
fn copy<'m>(
    value: &'m Value,
    pictures: &mut Vec<&'m str>,
    address: &impl Fn(usize) -> String,
) -> Value {
    match value {
        Value::Object(members) => {
            let mut copied = Map::new();
            for (name, value) in members {
                let picture = value
                    .as_str()
                    .filter(|text| MEMBERS.contains(&name.as_str()) && kind(text).is_some());
                let value = if let Some(text) = picture {
                    pictures.push(text);
                    Value::from(address(pictures.len() - 1))
                } else {
                    copy(value, pictures, address)
                };
                copied.insert(name.clone(), value);
            }
            Value::Object(copied)
        }
        Value::Array(items) => items.iter().map(|item| copy(item, pictures, address)).collect(),
        other => other.clone(),
    }
}

/// The media type of a picture in base64.
fn kind(base64: &str) -> Option<&'static str> {
    KINDS.iter().find(|(start, _)| base64.starts_with(start)).map(|(_, kind)| *kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pictures_give_way_to_addresses_and_nothing_else_does() {
        let message = json!({
            "body": "/9j/ is no picture here",
            "interactiveData": {
                "appIcon": "R0lGODlhAQABAAAAACw=",
                "data": {"images": [{"data": "iVBORw0KGgo=", "identifier": "1"}]},
            },
            "richLinkData": {"assets": {"image": {"data": "base64 of who knows what"}}},
        });
        let mut pictures = Vec::new();
        let copied = copy(&message, &mut pictures, &|number| format!("/{number}"));
        assert_eq!(pictures.len(), 2);
        assert_eq!(copied.pointer("/body"), message.pointer("/body"));
        assert_eq!(copied.pointer("/richLinkData"), message.pointer("/richLinkData"));
        for (pointer, original) in [
            ("/interactiveData/appIcon", "R0lGODlhAQABAAAAACw="),
            ("/interactiveData/data/images/0/data", "iVBORw0KGgo="),
        ] {
            let address = copied.pointer(pointer).and_then(Value::as_str).unwrap();
            let number: usize = address.trim_start_matches('/').parse().unwrap();
            assert_eq!(pictures[number], original);
        }
    }
}
