//! A shop on the web: pages for link previews, pictures and files for messages, so that nothing has
//! to be fetched from elsewhere.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State as Extract};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use futures_util::stream;
use http::StatusCode;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};

use crate::world::State;

const DESK: &str = include_str!("shop/desk.html");
const PLAIN: &str = include_str!("shop/plain.html");
const CLIP: &str = include_str!("shop/clip.html");

/// What an App Clip is told by: Apple, Smart App Banners.
const CLIP_METADATA: &str = "app-clip-bundle-id=";
/// Bytes of each piece of `/shop/bytes`: whole rounds of its pattern.
const PIECE: usize = 251 * 512;
/// Longer than anybody waits for a preview.
const SLOW: Duration = Duration::from_secs(10);

/// Name, media type, bytes.
const PICTURES: [(&str, &str, &[u8]); 9] = [
    ("busy.gif", "image/gif", include_bytes!("shop/pictures/busy.gif")),
    ("chair.png", "image/png", include_bytes!("shop/pictures/chair.png")),
    ("chair.webp", "image/webp", include_bytes!("shop/pictures/chair.webp")),
    ("desk.png", "image/png", include_bytes!("shop/pictures/desk.png")),
    ("lamp.png", "image/png", include_bytes!("shop/pictures/lamp.png")),
    ("logo.png", "image/png", include_bytes!("shop/pictures/logo.png")),
    ("oak.png", "image/png", include_bytes!("shop/pictures/oak.png")),
    ("photo.jpg", "image/jpeg", include_bytes!("shop/pictures/photo.jpg")),
    ("van.png", "image/png", include_bytes!("shop/pictures/van.png")),
];

/// The same of what is no picture.
const FILES: [(&str, &str, &[u8]); 1] =
    [("prices.pdf", "application/pdf", include_bytes!("shop/files/prices.pdf"))];

/// Routes under `/shop`.
pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/shop/desk", get(async |Extract(state)| page(&state, DESK)))
        .route("/shop/plain", get(async |Extract(state)| page(&state, PLAIN)))
        .route("/shop/clip", get(async |Extract(state)| page(&state, CLIP)))
        .route("/shop/slow", get(slow))
        .route("/shop/redirect", get(async || Redirect::temporary("/shop/desk")))
        .route(
            "/shop/pictures/{name}",
            get(async |Path(name): Path<String>| served(picture(&name))),
        )
        .route("/shop/files/{name}", get(async |Path(name): Path<String>| served(file(&name))))
        .route("/shop/bytes/{count}", get(bytes))
}

/// A picture's media type and bytes.
pub(crate) fn picture(name: &str) -> Option<(&'static str, &'static [u8])> {
    PICTURES.iter().find(|(it, ..)| *it == name).map(|(_, kind, bytes)| (*kind, *bytes))
}

/// The same of a picture or anything else.
pub(crate) fn file(name: &str) -> Option<(&'static str, &'static [u8])> {
    let other = FILES.iter().find(|(it, ..)| *it == name).map(|(_, kind, bytes)| (*kind, *bytes));
    picture(name).or(other)
}

/// The title of a page that has an App Clip.
pub(crate) fn app_clip(path: &str) -> Option<&'static str> {
    let page = match path {
        "/shop/clip" => CLIP,
        "/shop/desk" => DESK,
        "/shop/plain" => PLAIN,
        _ => return None,
    };
    let (_, after) = page.split_once("<title>")?;
    let (title, _) = after.split_once("</title>")?;
    page.contains(CLIP_METADATA).then_some(title)
}

fn page(state: &State, page: &'static str) -> Html<String> {
    Html(page.replace("{{base}}", state.url()))
}

async fn slow(Extract(state): Extract<State>) -> Html<String> {
    tokio::time::sleep(SLOW).await;
    page(&state, PLAIN)
}

fn served(found: Option<(&'static str, &'static [u8])>) -> Response {
    match found {
        Some((kind, bytes)) => ([(CONTENT_TYPE, kind)], bytes).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// So many bytes, none of them held: byte `n` is `n` modulo 251.
async fn bytes(Path(count): Path<u64>) -> Response {
    let pattern: Vec<u8> = (0..=250_u8).cycle().take(PIECE).collect();
    let pieces = stream::unfold((Bytes::from(pattern), count), async |(piece, left)| {
        let most = usize::try_from(left).unwrap_or(PIECE).min(PIECE);
        let next = left - u64::try_from(most).unwrap_or_default();
        (most > 0).then(|| (Ok::<_, Infallible>(piece.slice(..most)), (piece, next)))
    });
    let headers = [
        (CONTENT_TYPE, "application/octet-stream".to_owned()),
        (CONTENT_LENGTH, count.to_string()),
    ];
    (headers, Body::from_stream(pieces)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_page_has_an_app_clip() {
        assert_eq!(app_clip("/shop/clip"), Some("Pay for parking"));
        assert_eq!(app_clip("/shop/desk"), None);
        assert_eq!(app_clip("/elsewhere"), None);
    }
}
