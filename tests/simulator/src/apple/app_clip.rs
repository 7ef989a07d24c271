//! `POST /apple/v1/constructPayload`: a link that opens an App Clip (Apple, Construct Payload; beta).

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{ConnectInfo, State as Extract};
use axum::response::Response;
use http::HeaderMap;
use serde_json::{Value, json};

use super::gateway::{Call, Refusal, bad_request, reference, sealed};
use crate::host;
use crate::line::Scissors;
use crate::model::{Effect, Place};
use crate::shop;
use crate::world::{Kept, State, World};

/// Longest address, in bytes.
const LONGEST_URL: usize = 8_192;
/// What the made-up preview weighs.
const SIZE: usize = 35_120;

/// `POST /apple/v1/constructPayload`.
pub(super) async fn construct(
    Extract(state): Extract<State>,
    ConnectInfo(line): ConnectInfo<Scissors>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    let mut call = Call::new("POST /v1/constructPayload", &headers, &bytes);
    if let Err(refusal) = call.authorize(&state, &headers) {
        return call.refuse(&state, &refusal);
    }
    let struck = state.change(|world| world.strike(&Place::Gateway, None, Some("link")));
    if let Some(fault) = struck {
        tokio::time::sleep(Duration::from_millis(fault.spec.delay_ms)).await;
        match fault.spec.effect {
            Effect::Slow | Effect::Spoilt(_) | Effect::Money(_) | Effect::ExpiresIn { .. } => {}
            Effect::Status { status, headers, body } => {
                return call.fail(&state, status, headers, body);
            }
            Effect::AnswerLost | Effect::Refuse => {
                call.record(&state, 0, false);
                line.cut();
                return Response::default();
            }
        }
    }
    let own = state.url().to_owned();
    let made = match call.body() {
        Ok(body) => state.change(|world| make(world, &own, body)),
        Err(refusal) => Err(refusal),
    };
    match made {
        Ok(answer) => call.accept(&state, Some(answer)),
        Err(refusal) => call.refuse(&state, &refusal),
    }
}

fn make(world: &mut World, own: &str, body: &Value) -> Result<Value, Refusal> {
    // The number must be written 1.0: a serializer that prints 1 is refused.
    let is_version = match body.get("version") {
        Some(Value::String(text)) => text == "1.0",
        Some(Value::Number(number)) => number.is_f64() && number.as_f64() == Some(1.0),
        _ => false,
    };
    if !is_version {
        return Err(bad_request("version is not 1.0"));
    }
    if body.get("type").and_then(Value::as_str) != Some("link") {
        return Err(bad_request("type is not 'link'"));
    }
    let url = body.pointer("/link/url").and_then(Value::as_str).unwrap_or_default();
    let is_address = url.starts_with("https://")
        && url.len() <= LONGEST_URL
        && url.bytes().all(|byte| byte.is_ascii_graphic());
    if !is_address {
        return Err(bad_request("link.url is not an https URL"));
    }
    let region = body.pointer("/link/storeRegion");
    let is_region = |region: &Value| {
        region
            .as_str()
            .is_some_and(|it| it.len() == 2 && it.bytes().all(|it| it.is_ascii_alphabetic()))
    };
    if !region.is_none_or(is_region) {
        return Err(bad_request("link.storeRegion is not a country"));
    }
    let title = clip_title(world, own, url)
        .ok_or_else(|| bad_request("no App Clip metadata found at link.url"))?;

    let mut reference = reference(&title, SIZE);
    let key = sealed();
    reference.remove("signature");
    reference.insert("key".to_owned(), json!(key));
    let reference = Value::Object(reference);
    let content = json!({"url": url, "title": title});
    let kept = Kept { reference: reference.clone(), content, at: host::now_ms() };
    world.kept.insert(key, kept);
    Ok(json!({"version": "1.0", "richLinkDataRef": reference}))
}

/// The title of a page that has an App Clip: one of the list, or the simulator's own, whose address
/// says https here though the simulator speaks none.
fn clip_title(world: &World, own: &str, url: &str) -> Option<String> {
    if world.account.gateway.app_clips.iter().any(|listed| listed == url) {
        return Some("App Clip".to_owned());
    }
    let own = own.strip_prefix("http://")?;
    let path = url.strip_prefix("https://")?.strip_prefix(own)?;
    shop::app_clip(path).map(str::to_owned)
}
