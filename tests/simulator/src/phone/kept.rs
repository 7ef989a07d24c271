//! Files on a customer's phone, to be looked at: those its owner sent, and those that a message
//! brought, opened with the message's own key.

use std::io;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State as Extract};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, RANGE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::apple::content::{Object, PIECE, Part, Seal, part};
use crate::model::{Entry, PhoneFile};
use crate::world::{State, World};

/// What a browser may show inside the page; anything else is bytes.
const SHOWN: [&str; 14] = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "video/mp4",
    "video/quicktime",
    "video/webm",
    "audio/mpeg",
    "audio/mp4",
    "audio/x-m4a",
    "audio/aac",
    "audio/wav",
    "audio/x-wav",
    "audio/ogg",
];
/// Bytes that the cipher takes at once: a part begins at the start of its block.
const BLOCK: u64 = 16;

/// Every file on a customer's phone, in the order of its messages.
pub(crate) fn list(world: &World, customer: &str) -> Vec<PhoneFile> {
    let entries = world.entries.iter().filter(|entry| entry.customer == customer);
    let files = entries.flat_map(|entry| {
        attachments(entry).iter().enumerate().filter_map(|(number, file)| {
            Some(PhoneFile {
                id: format!("{}.{number}", entry.id),
                message_id: entry.id.clone(),
                number,
                direction: entry.direction,
                business_id: entry.business_id.clone(),
                name: text(file, ["name", "name"]).unwrap_or_default().to_owned(),
                mime_type: declared(file).to_owned(),
                size: object(world, file)?.size(),
            })
        })
    });
    files.collect()
}

/// `GET /phone/{customer}/files/{id}/{number}`: a file of the message with that id, counted from 0,
/// decrypted on the way out; a part of it for a film that somebody looks into.
pub(crate) async fn file(
    Extract(state): Extract<State>,
    Path((customer, id, number)): Path<(String, String, usize)>,
    headers: HeaderMap,
) -> Response {
    answer(&state, &customer, (&id, number), &headers)
}

/// The file itself, or 404.
pub(crate) fn answer(
    state: &State,
    customer: &str,
    (id, number): (&str, usize),
    headers: &HeaderMap,
) -> Response {
    let Some(kept) = state.read(|world| Kept::find(world, customer, id, number)) else {
        return (StatusCode::NOT_FOUND, "No such file\n").into_response();
    };
    let length = kept.object.size();
    let asked = headers.get(RANGE).and_then(|range| range.to_str().ok());
    let (status, from, to) = match asked.map(|range| part(range, length)) {
        None | Some(Part::Whole) => (StatusCode::OK, 0, length),
        Some(Part::From(from, to)) => (StatusCode::PARTIAL_CONTENT, from, to),
        Some(Part::None) => {
            let whole = [(CONTENT_RANGE, format!("bytes */{length}"))];
            return (StatusCode::RANGE_NOT_SATISFIABLE, whole).into_response();
        }
    };
    let headers = [
        (CONTENT_TYPE, kept.media_type.to_owned()),
        (CONTENT_LENGTH, (to - from).to_string()),
        (CONTENT_DISPOSITION, disposition(&kept.name)),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
        (CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
    ];
    let body = Body::from_stream(opened(kept, from, to));
    if status == StatusCode::OK {
        return (headers, body).into_response();
    }
    let range = [(CONTENT_RANGE, format!("bytes {from}-{}/{length}", to - 1))];
    (status, range, headers, body).into_response()
}

/// A file that the phone can open.
struct Kept {
    object: Object,
    seal: Seal,
    media_type: &'static str,
    name: String,
}

impl Kept {
    fn find(world: &World, customer: &str, id: &str, number: usize) -> Option<Self> {
        let mut entries = world.entries.iter().rev();
        let entry = entries.find(|entry| entry.customer == customer && entry.id == id)?;
        let file = attachments(entry).get(number)?;
        let shown = SHOWN.iter().find(|it| declared(file).eq_ignore_ascii_case(it));
        Some(Self {
            object: object(world, file)?.clone(),
            seal: Seal::read(text(file, ["key", "decryption-key"])?)?,
            media_type: shown.copied().unwrap_or("application/octet-stream"),
            name: text(file, ["name", "name"]).unwrap_or_default().to_owned(),
        })
    }
}

fn attachments(entry: &Entry) -> &[Value] {
    let files = entry.message.get("attachments").and_then(Value::as_array);
    files.map(Vec::as_slice).unwrap_or_default()
}

fn object<'w>(world: &'w World, file: &Value) -> Option<&'w Object> {
    world.content.find(text(file, ["url", "mmcs-url"])?)
}

fn declared(file: &Value) -> &str {
    text(file, ["mimeType", "mime-type"]).unwrap_or_default()
}

/// A member by either generation of its name.
fn text<'v>(file: &'v Value, names: [&str; 2]) -> Option<&'v str> {
    names.iter().find_map(|name| file.get(*name)?.as_str())
}

/// The plain bytes from here to there, a piece at a time.
fn opened(kept: Kept, from: u64, to: u64) -> impl Stream<Item = io::Result<Bytes>> + Send {
    stream::unfold((kept, from, to), async |(kept, from, to)| {
        let surplus = from % BLOCK;
        let start = from - surplus;
        let most = usize::try_from(to - start).unwrap_or(PIECE).min(PIECE);
        let mut piece = kept.object.blob.after(start, most).to_vec();
        kept.seal.apply(start, &mut piece);
        let plain = Bytes::from(piece).split_off(usize::try_from(surplus).unwrap_or_default());
        let next = from + u64::try_from(plain.len()).unwrap_or_default();
        (from < to && !plain.is_empty()).then_some((Ok(plain), (kept, next, to)))
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
    fn a_name_stays_inside_its_header() {
        let header = disposition("a\r\nb\"; x=ü/..");
        assert_eq!(header, "attachment; filename*=UTF-8''a%0D%0Ab%22%3B%20x%3D%C3%BC%2F..");
    }
}
