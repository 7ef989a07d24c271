//! Interactive content as a phone packs it: bytes that only Apple reads. `/decodePayload` unpacks
//! them, `/encodePayload` packs (Apple, Interactive Message Types; encode: as MSPs report).

use std::io::{Read, Write};
use std::ops::ControlFlow;

use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State as Extract};
use axum::response::Response;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::{GzEncoder, ZlibEncoder};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::trouble;
use super::upload::header;
use crate::apple::gateway::{Call, Refusal, bad_request};
use crate::line::Scissors;
use crate::model::{Decoded, Direction, Place};
use crate::world::State;

/// How a packed payload begins, as a binary property list does. What follows is this simulator's own.
const MAGIC: &[u8] = b"bplist00";
/// Most bytes unpacked.
const LARGEST: u64 = 64 << 20;

/// Packs `interactiveData`.
pub(crate) fn encode(content: &Value) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(MAGIC.to_vec(), Compression::fast());
    // Writing to memory does not fail.
    let _ = packed.write_all(content.to_string().as_bytes());
    packed.finish().unwrap_or_default()
}

/// Unpacks `interactiveData`.
pub(super) fn decode(packed: &[u8]) -> Option<Value> {
    let packed = packed.strip_prefix(MAGIC)?;
    let mut json = Vec::new();
    ZlibDecoder::new(packed).take(LARGEST).read_to_end(&mut json).ok()?;
    serde_json::from_slice(&json).ok()
}

/// `POST /apple/v1/decodePayload`.
pub(super) async fn decode_payload(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let mut call = Call::new("POST /v1/decodePayload", &headers, &Bytes::new());
    if let Err(refusal) = call.authorize(&state, &headers) {
        return call.refuse(&state, &refusal);
    }
    let content = unpacked(&headers, &bytes);
    let customer = content.as_ref().ok().and_then(|content| whose(&state, content));
    let struck =
        trouble::strike(&state, &line, call, Place::DecodePayload, customer.as_deref()).await;
    let (call, trouble) = match struck {
        ControlFlow::Continue(goes_on) => goes_on,
        ControlFlow::Break(answer) => return answer,
    };
    let content = match content {
        Ok(content) => content,
        Err(refusal) => return call.refuse(&state, &refusal),
    };
    let settings = state.read(|world| world.account.gateway.content.clone());
    let answer = match settings.decoded {
        Decoded::Wrapped => json!({"interactiveData": content}),
        Decoded::Bare => content,
    };
    let takes_gzip = headers
        .get(ACCEPT_ENCODING)
        .is_some_and(|it| it.to_str().is_ok_and(|it| it.contains("gzip")));
    let gzip = settings.decoded_gzip && takes_gzip;
    trouble
        .answer(&state, &line, call, |call| {
            let mut response = call.accept(&state, Some(answer.clone()));
            if gzip {
                *response.body_mut() = Body::from(compressed(&answer));
                response.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
            response
        })
        .await
}

/// Whose reply it is.
fn whose(state: &State, content: &Value) -> Option<String> {
    state.read(|world| {
        let mut entries = world.entries.iter().rev();
        let entry = entries.find(|entry| {
            entry.direction == Direction::FromCustomer
                && entry.message.get("interactiveData") == Some(content)
        })?;
        Some(entry.customer.clone())
    })
}

fn unpacked(headers: &HeaderMap, bytes: &[u8]) -> Result<Value, Refusal> {
    header(headers, "source-id")?;
    if header(headers, CONTENT_TYPE.as_str())? != "application/octet-stream" {
        return Err(bad_request("content-type is not application/octet-stream"));
    }
    let bid = header(headers, "bid")?;
    let content = decode(bytes).ok_or_else(|| bad_request("payload cannot be decoded"))?;
    if content.get("bid").and_then(Value::as_str) != Some(bid) {
        return Err(bad_request("header 'bid' differs from the payload"));
    }
    Ok(content)
}

/// `POST /apple/v1/encodePayload`.
pub(super) async fn encode_payload(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let mut call = Call::new("POST /v1/encodePayload", &headers, &bytes);
    if let Err(refusal) = call.authorize(&state, &headers) {
        return call.refuse(&state, &refusal);
    }
    let struck = trouble::strike(&state, &line, call, Place::EncodePayload, None).await;
    let (call, trouble) = match struck {
        ControlFlow::Continue(goes_on) => goes_on,
        ControlFlow::Break(answer) => return answer,
    };
    let packed = header(&headers, "source-id").and_then(|_business| packed(call.body()?));
    match packed {
        Err(refusal) => call.refuse(&state, &refusal),
        Ok(packed) => {
            let answer = |call: Call| {
                let mut response = call.accept(&state, None);
                *response.body_mut() = Body::from(packed);
                let octets = HeaderValue::from_static("application/octet-stream");
                response.headers_mut().insert(CONTENT_TYPE, octets);
                response
            };
            trouble.answer(&state, &line, call, answer).await
        }
    }
}

fn packed(body: &Value) -> Result<Vec<u8>, Refusal> {
    if body.get("v") != Some(&json!(1)) || body.get("type") != Some(&json!("interactive")) {
        return Err(bad_request("v is not 1 or type is not 'interactive'"));
    }
    let content = body.get("interactiveData").filter(|content| content.is_object());
    let missing = || bad_request("required property 'interactiveData' is missing");
    Ok(encode(content.ok_or_else(missing)?))
}

fn compressed(json: &Value) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(json.to_string().as_bytes());
    encoder.finish().unwrap_or_default()
}
