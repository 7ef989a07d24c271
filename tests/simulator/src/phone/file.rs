//! Files on the phone: those its owner sends, and those a message brings.

use axum::body::{Body, Bytes};
use axum::extract::{Path, State as Extract};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use http::StatusCode;
use http::header::{
    CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    X_CONTENT_TYPE_OPTIONS,
};
use serde_json::{Map, Value, json};

use super::device;
use super::roster::{self, DeviceError};
use crate::apple::content::{Incomplete, Intake, KEY_PREFIX, Object, PIECE, Seal};
use crate::model::{Attach, Entry, KeyNames, Send, SignatureForms};
use crate::world::State;

/// What stands in a text where a file belongs.
const PLACE: char = '\u{fffc}';
/// More than any MSP takes, so that its refusal can be seen.
const LARGEST: u64 = 128 << 20;

/// Endings and the types that phones declare for them.
const TYPES: [(&str, &str); 13] = [
    ("heic", "image/heic"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("mov", "video/quicktime"),
    ("mp4", "video/mp4"),
    ("caf", "audio/x-caf"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("vcf", "text/vcard"),
    ("pkpass", "application/vnd.apple.pkpass"),
];
/// What a browser may show inside the page; anything else is bytes.
const PICTURES: [&str; 4] = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/// Sends a file.
pub(crate) async fn attach(
    state: &State,
    name: &str,
    attach: Attach,
    body: Body,
) -> Result<Entry, DeviceError> {
    let file = hand_in(state, name, &attach, body).await?;
    let text = Send {
        business_id: attach.business_id,
        text: format!("{}{PLACE}{}", attach.before, attach.after),
        typing_first: Some(false),
        extra: [("attachments".to_owned(), json!([file]))].into_iter().collect(),
        wait: attach.wait,
        ..Send::default()
    };
    device::send(state, name, text).await
}

/// Encrypts a file and puts it into Apple's store; gives what a message says of it.
pub(crate) async fn hand_in(
    state: &State,
    name: &str,
    attach: &Attach,
    body: Body,
) -> Result<Value, DeviceError> {
    state.read(|world| roster::find(world, name))?;
    let seal = Seal::new();
    let stored = Intake::new(Some(&seal)).body(body, LARGEST).await.map_err(|why| match why {
        Incomplete::TooLong => DeviceError::FileTooLarge(LARGEST),
        Incomplete::CutOff => DeviceError::FileCutOff,
    })?;
    let object = Object::of(name, stored);
    let (file_name, mime_type) = state.change(|world| {
        world.content.keep(object.clone());
        named(attach, &mut world.content.named)
    });
    let key = if attach.wrong_key { other_key(seal.wire()) } else { seal.wire().to_owned() };
    let size = attach.size.map_or_else(|| json!(object.size()), |declared| json!(declared));
    let mut entry = Map::new();
    entry.insert("name".to_owned(), json!(file_name));
    for (generation, member) in [(KeyNames::Legacy, "mimeType"), (KeyNames::Current, "mime-type")] {
        if attach.keys != generation {
            entry.insert(member.to_owned(), json!(mime_type));
        }
    }
    place(&mut entry, &object, &size, &key, (attach.keys, attach.signatures));
    Ok(Value::Object(entry))
}

/// Where content lies and what opens it.
pub(super) fn place(
    entry: &mut Map<String, Value>,
    object: &Object,
    size: &Value,
    key: &str,
    (keys, signatures): (KeyNames, SignatureForms),
) {
    let mut put = |members: [&str; 4], size: Value| {
        let values = [size, json!(key), json!(object.url), json!(object.owner)];
        for (member, value) in members.into_iter().zip(values) {
            entry.insert(member.to_owned(), value);
        }
    };
    if keys != KeyNames::Legacy {
        put(["size", "key", "url", "owner"], size.clone());
    }
    if keys != KeyNames::Current {
        // The samples write it as text.
        let size = json!(size.to_string());
        put(["file-size", "decryption-key", "mmcs-url", "mmcs-owner"], size);
    }
    if keys != KeyNames::Legacy {
        sign(entry, object, signatures, ["signature", "signature-base64"]);
    }
    if keys != KeyNames::Current {
        sign(entry, object, signatures, ["mmcs-signature-hex", "mmcs-signature-base64"]);
    }
}

fn sign(
    entry: &mut Map<String, Value>,
    object: &Object,
    forms: SignatureForms,
    [hex, base64]: [&str; 2],
) {
    if forms != SignatureForms::Base64 {
        entry.insert(hex.to_owned(), json!(object.hex()));
    }
    if forms != SignatureForms::Hex {
        entry.insert(base64.to_owned(), json!(object.base64()));
    }
}

/// A file's name and type as the phone declares them.
fn named(attach: &Attach, count: &mut u32) -> (String, String) {
    let by_ending = |name: &str| {
        let (_, ending) = name.rsplit_once('.')?;
        let known = TYPES.iter().find(|(it, _)| ending.eq_ignore_ascii_case(it));
        known.map(|(_, mime_type)| (*mime_type).to_owned())
    };
    let mime_type = attach
        .mime_type
        .clone()
        .or_else(|| by_ending(attach.name.as_deref().unwrap_or_default()))
        .unwrap_or_else(|| "application/octet-stream".to_owned());
    let name = attach.name.clone().unwrap_or_else(|| {
        *count += 1;
        let ending = TYPES.iter().find(|(_, it)| *it == mime_type).map_or("BIN", |(it, _)| *it);
        format!("IMG_{count:04}.{}", ending.to_uppercase())
    });
    (name, mime_type)
}

/// One bit off.
fn other_key(wire: &str) -> String {
    let last = if wire.ends_with('0') { '1' } else { '0' };
    let kept = wire.len().saturating_sub(1).max(KEY_PREFIX.len());
    wire.chars().take(kept).chain([last]).collect()
}

/// `GET /phone/{customer}/files/{id}/{number}`: a file of the message with that id, counted from 0,
/// decrypted on the way out.
pub(crate) async fn file(
    Extract(state): Extract<State>,
    Path((customer, id, number)): Path<(String, String, usize)>,
) -> Response {
    let found = state.read(|world| {
        let mut entries = world.entries.iter().rev();
        let entry = entries.find(|entry| entry.customer == customer && entry.id == id)?;
        let file = entry.message.get("attachments")?.get(number)?;
        let text = |names: [&str; 2]| names.iter().find_map(|name| file.get(*name)?.as_str());
        let object = world.content.find(text(["url", "mmcs-url"])?)?.clone();
        let seal = Seal::read(text(["key", "decryption-key"])?)?;
        let declared = text(["mimeType", "mime-type"]).unwrap_or_default();
        let shown = PICTURES.iter().find(|it| declared.eq_ignore_ascii_case(it));
        let name = text(["name", "name"]).unwrap_or_default().to_owned();
        Some((object, seal, shown.copied().unwrap_or("application/octet-stream"), name))
    });
    let Some((object, seal, media_type, name)) = found else {
        return (StatusCode::NOT_FOUND, "No such file\n").into_response();
    };
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_LENGTH, object.size().to_string()),
        (CONTENT_DISPOSITION, disposition(&name)),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
    ];
    (headers, Body::from_stream(opened(object, seal))).into_response()
}

fn opened(
    object: Object,
    seal: Seal,
) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> + std::marker::Send {
    stream::unfold((object, seal, 0), async |(object, seal, at)| {
        let mut piece = object.blob.after(at, PIECE).to_vec();
        if piece.is_empty() {
            return None;
        }
        seal.apply(at, &mut piece);
        let next = at + u64::try_from(piece.len()).unwrap_or_default();
        Some((Ok(Bytes::from(piece)), (object, seal, next)))
    })
}

/// Saved, never opened, under its own name (RFC 6266).
fn disposition(name: &str) -> String {
    let encoded: String = name
        .bytes()
        .map(|byte| match byte {
            byte if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect();
    format!("attachment; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_names_its_own_pictures_and_declares_what_a_name_ends_in() {
        let mut count = 6;
        let heic = Attach::default().mime_type("image/heic");
        assert_eq!(named(&heic, &mut count), ("IMG_0007.HEIC".into(), "image/heic".into()));
        let film = Attach::default().mime_type("video/quicktime");
        assert_eq!(named(&film, &mut count).0, "IMG_0008.MOV");
        assert_eq!(named(&Attach::named("a.PKPASS"), &mut count).1, "application/vnd.apple.pkpass");
        assert_eq!(named(&Attach::named("x"), &mut count).1, "application/octet-stream");
        let liar = Attach::named("photo.png").mime_type("text/html");
        assert_eq!(named(&liar, &mut count).1, "text/html");
    }

    #[test]
    fn another_key_is_a_key() {
        let wire = Seal::new().wire().to_owned();
        let other = other_key(&wire);
        assert!(other != wire && Seal::read(&other).is_some());
    }

    #[test]
    fn a_name_stays_inside_its_header() {
        let header = disposition("a\r\nb\"; x=ü/..");
        assert_eq!(header, "attachment; filename*=UTF-8''a%0D%0Ab%22%3B%20x%3D%C3%BC%2F..");
    }
}
