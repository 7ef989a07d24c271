//! Files that a customer sends: encrypted on the phone, put into Apple's store, named by a text.

use axum::body::Body;
use serde_json::{Map, Value, json};

use super::device;
use super::roster::{self, DeviceError};
use crate::apple::content::{Incomplete, Intake, KEY_PREFIX, Object, Seal};
use crate::model::{Attach, Entry, KeyNames, Send, SignatureForms};
use crate::world::State;

/// What stands in a text where a file belongs.
pub(super) const PLACE: char = '\u{fffc}';
/// More than any MSP takes, so that its refusal can be seen.
const LARGEST: u64 = 128 << 20;

/// Endings and the types that phones declare for them.
const TYPES: [(&str, &str); 16] = [
    ("heic", "image/heic"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("webp", "image/webp"),
    ("mov", "video/quicktime"),
    ("mp4", "video/mp4"),
    ("m4a", "audio/x-m4a"),
    ("mp3", "audio/mpeg"),
    ("caf", "audio/x-caf"),
    ("pdf", "application/pdf"),
    ("txt", "text/plain"),
    ("vcf", "text/vcard"),
    ("pkpass", "application/vnd.apple.pkpass"),
    ("usdz", "model/vnd.usdz+zip"),
];

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
        attachments: vec![file],
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
    let (object, (file_name, mime_type)) = state
        .change(|world| (world.content.put(name, stored), named(attach, &mut world.content.named)));
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
}
