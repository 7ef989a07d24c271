//! The pages of the phone: static files and a list of customers.

use axum::extract::{Path, State as Extract};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};

use crate::world::State;

const LIST: &str = include_str!("page/list.html");
const PAGE: &str = include_str!("page/page.html");
const CSS: &str = include_str!("page/page.css");
const JS: &str = include_str!("page/page.js");

/// Nothing from elsewhere, nothing inline, no frame, no form that leaves.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// `GET /phone`: whose phone?
pub(crate) async fn list(Extract(state): Extract<State>) -> Response {
    let customers = state.read(|world| {
        let item = |name: &String| {
            let name = escape(name);
            format!("<li><a href=\"/phone/{name}\">{name}</a></li>")
        };
        world.customers.keys().map(item).collect::<Vec<_>>()
    });
    let items = if customers.is_empty() {
        "<li>No customers yet. POST /api/customers makes one.</li>".to_owned()
    } else {
        customers.join("\n")
    };
    html(LIST.replace("{{customers}}", &items))
}

/// `GET /phone/{customer}`: the phone itself; the script fills it.
pub(crate) async fn page(Extract(state): Extract<State>, Path(customer): Path<String>) -> Response {
    if !state.read(|world| world.customers.contains_key(&customer)) {
        return (StatusCode::NOT_FOUND, "No such customer\n").into_response();
    }
    html(PAGE.replace("{{customer}}", &escape(&customer)))
}

/// `GET /phone/assets/page.css`.
pub(crate) async fn css() -> Response {
    asset("text/css; charset=utf-8", CSS)
}

/// `GET /phone/assets/page.js`.
pub(crate) async fn js() -> Response {
    asset("text/javascript; charset=utf-8", JS)
}

fn html(page: String) -> Response {
    (protective_headers(), Html(page)).into_response()
}

fn asset(content_type: &'static str, text: &'static str) -> Response {
    (protective_headers(), [(CONTENT_TYPE, content_type)], text).into_response()
}

fn protective_headers() -> [(HeaderName, &'static str); 4] {
    [
        (HeaderName::from_static("content-security-policy"), CONTENT_SECURITY_POLICY),
        (HeaderName::from_static("x-content-type-options"), "nosniff"),
        (HeaderName::from_static("referrer-policy"), "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ]
}

/// Text as HTML, in content and in quoted attributes.
fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_becomes_text() {
        assert_eq!(
            escape("<a href=\"x\" id='y'>&"),
            "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;"
        );
    }

    #[test]
    fn the_pages_hold_nothing_inline_and_nothing_from_elsewhere() {
        for page in [LIST, PAGE] {
            assert!(!page.contains("<style") && !page.contains("style="));
            let is_handler = |word: &str| word.starts_with("on") && word.contains('=');
            assert!(!page.split_whitespace().any(is_handler));
            assert!(!page.contains("http://") && !page.contains("https://"));
            assert!(!page.contains("<script>"));
        }
        assert!(!JS.contains("innerHTML") && !JS.contains("insertAdjacentHTML"));
    }
}
