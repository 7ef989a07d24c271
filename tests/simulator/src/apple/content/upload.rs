//! `GET /preUpload`, then a POST of the encrypted file to the address it gives.

use std::ops::ControlFlow;

use amb_protocol::attachment::ATTACHMENT_MAX_BYTES;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, Path, State as Extract};
use axum::response::Response;
use data_encoding::BASE64;
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::blob::{Incomplete, Intake};
use super::store::{Object, Upload, new_ticket};
use super::trouble;
use crate::apple::gateway::{Call, Refusal, bad_request};
use crate::host;
use crate::line::Scissors;
use crate::model::Place;
use crate::world::State;

/// `GET /apple/v1/preUpload`: an address for a file of the size that the headers say.
pub(super) async fn pre_upload(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    headers: HeaderMap,
) -> Response {
    let mut call = Call::new("GET /v1/preUpload", &headers, &Bytes::new());
    if let Err(refusal) = call.authorize(&state, &headers) {
        return call.refuse(&state, &refusal);
    }
    let (call, trouble) = match trouble::strike(&state, &line, call, Place::PreUpload, None).await {
        ControlFlow::Continue(goes_on) => goes_on,
        ControlFlow::Break(answer) => return answer,
    };
    let size = match announced(&headers) {
        Ok(size) => size,
        Err(refusal) => return call.refuse(&state, &refusal),
    };
    let ticket = new_ticket();
    let (url, owner) = state.read(|world| world.content.new_place());
    let answer = json!({
        "upload-url": format!("{}/apple/content/upload/{ticket}", state.url()),
        "mmcs-url": url,
        "mmcs-owner": owner,
    });
    state.change(|world| world.content.uploads.insert(ticket, Upload { size, url, owner }));
    trouble.answer(&state, &line, call, |call| call.accept(&state, Some(answer))).await
}

fn announced(headers: &HeaderMap) -> Result<u64, Refusal> {
    header(headers, "source-id")?;
    let size = header(headers, "size").or_else(|_missing| header(headers, "mmcs-size"));
    let size = size?.parse::<i64>().map_err(|_why| bad_request("size is not a number"))?;
    if size > ATTACHMENT_MAX_BYTES {
        return Err(bad_request("size is more than 100 MB"));
    }
    u64::try_from(size).map_err(|_negative| bad_request("size is not a number"))
}

/// `POST /apple/content/upload/{ticket}`: the file, complete or not at all.
pub(super) async fn upload(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    Path(ticket): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let call = Call::new("POST /content/upload", &headers, &Bytes::new());
    let (call, trouble) = match trouble::strike(&state, &line, call, Place::Upload, None).await {
        ControlFlow::Continue(goes_on) => goes_on,
        ControlFlow::Break(answer) => return answer,
    };
    let upload = match expected(&state, &ticket, &headers) {
        Ok(upload) => upload,
        Err(refusal) => return call.refuse(&state, &refusal),
    };
    let taken = Intake::new(None).body(body, upload.size).await;
    let stored = match taken {
        Ok(stored) if stored.0.length() == upload.size => stored,
        Ok(_) | Err(Incomplete::CutOff) => {
            return call.refuse(&state, &bad_request("the file is shorter than announced"));
        }
        Err(Incomplete::TooLong) => {
            return call.refuse(&state, &bad_request("the file is longer than announced"));
        }
    };
    let answer = json!({"singleFile": {
        "fileChecksum": BASE64.encode(&stored.1),
        "size": upload.size,
        "receipt": BASE64.encode(&host::random_bytes::<24>()),
    }});
    let Upload { url, owner, .. } = upload;
    let object = Object::new(url, owner, stored, None);
    state.change(|world| {
        world.content.uploads.remove(&ticket);
        world.content.keep(object);
    });
    trouble.answer(&state, &line, call, |call| call.accept(&state, Some(answer))).await
}

fn expected(state: &State, ticket: &str, headers: &HeaderMap) -> Result<Upload, Refusal> {
    without_token(headers)?;
    let unknown = || Refusal(StatusCode::NOT_FOUND, "no such upload".to_owned());
    let upload =
        state.read(|world| world.content.uploads.get(ticket).cloned()).ok_or_else(unknown)?;
    let length = header(headers, CONTENT_LENGTH.as_str());
    let no_length = |_missing| Refusal(StatusCode::LENGTH_REQUIRED, "no content-length".to_owned());
    if length.map_err(no_length)?.parse() != Ok(upload.size) {
        return Err(bad_request("content-length is not the size announced"));
    }
    Ok(upload)
}

/// The address is the permission: who sends a token as well has misread the protocol, and gives it
/// away.
pub(super) fn without_token(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.contains_key(AUTHORIZATION) {
        return Err(bad_request("the content store takes no Authorization header"));
    }
    Ok(())
}

/// A header that must be there, as text.
pub(super) fn header<'h>(headers: &'h HeaderMap, name: &str) -> Result<&'h str, Refusal> {
    headers
        .get(name)
        .and_then(|value| value.to_str().ok())
        .filter(|value| !value.is_empty())
        .ok_or_else(|| bad_request(format!("required header '{name}' is missing")))
}
