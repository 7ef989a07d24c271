//! The pages of the phone: static files and a list of customers.

use axum::extract::{Path, State as Extract};
use axum::response::{Html, IntoResponse, Response};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};

use crate::world::State;

const LIST: &str = include_str!("page/list.html");
const PAGE: &str = include_str!("page/page.html");

/// Style sheets, script modules and the icon by name.
const ASSETS: [(&str, &str); 27] = [
    ("icon.svg", include_str!("page/icon.svg")),
    ("page.css", include_str!("page/page.css")),
    ("messages.css", include_str!("page/messages.css")),
    ("sheets.css", include_str!("page/sheets.css")),
    ("main.js", include_str!("page/main.js")),
    ("answers.js", include_str!("page/answers.js")),
    ("app.js", include_str!("page/app.js")),
    ("bubble.js", include_str!("page/bubble.js")),
    ("cards.js", include_str!("page/cards.js")),
    ("choices.js", include_str!("page/choices.js")),
    ("device.js", include_str!("page/device.js")),
    ("dom.js", include_str!("page/dom.js")),
    ("files.js", include_str!("page/files.js")),
    ("form.js", include_str!("page/form.js")),
    ("form-pages.js", include_str!("page/form-pages.js")),
    ("form-rules.js", include_str!("page/form-rules.js")),
    ("link.js", include_str!("page/link.js")),
    ("list-picker.js", include_str!("page/list-picker.js")),
    ("message.js", include_str!("page/message.js")),
    ("payment.js", include_str!("page/payment.js")),
    ("payment-choices.js", include_str!("page/payment-choices.js")),
    ("quick-reply.js", include_str!("page/quick-reply.js")),
    ("sheet.js", include_str!("page/sheet.js")),
    ("tapback.js", include_str!("page/tapback.js")),
    ("time-picker.js", include_str!("page/time-picker.js")),
    ("transcript.js", include_str!("page/transcript.js")),
    ("tray.js", include_str!("page/tray.js")),
];

/// Nothing from elsewhere but videos, nothing inline, no frame, no form that leaves. `blob:` are
/// pictures that were chosen and not yet sent.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
     connect-src 'self'; img-src 'self' blob:; media-src 'self' https:; base-uri 'none'; \
     form-action 'self'; frame-ancestors 'none'";

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

/// `GET /phone/assets/{name}`.
pub(crate) async fn asset(Path(name): Path<String>) -> Response {
    let Some((_, text)) = ASSETS.iter().find(|(known, _)| *known == name) else {
        return (StatusCode::NOT_FOUND, "No such file\n").into_response();
    };
    let content_type = match name.rsplit_once('.') {
        Some((_, "css")) => "text/css; charset=utf-8",
        Some((_, "svg")) => "image/svg+xml",
        _ => "text/javascript; charset=utf-8",
    };
    (protective_headers(), [(CONTENT_TYPE, content_type)], *text).into_response()
}

fn html(page: String) -> Response {
    (protective_headers(), Html(page)).into_response()
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
    }

    #[test]
    fn no_script_makes_markup_of_text() {
        for (name, text) in ASSETS {
            for way in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                assert!(!text.contains(way), "{name} has {way}");
            }
        }
    }

    #[test]
    fn every_module_that_is_imported_is_served() {
        for (name, text) in ASSETS {
            for import in text.split("from \"./").skip(1).filter_map(|rest| rest.split_once('"')) {
                let known = ASSETS.iter().any(|(known, _)| *known == import.0);
                assert!(known, "{name} imports {}", import.0);
            }
        }
    }
}
