//! Templates and uploads, from the library to the phone.

#![expect(clippy::indexing_slicing, reason = "a member that is not there reads as null")]

use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Ground, Outcome};
use crate::scene::{Scene, items, text_at};

type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

pub(crate) async fn ap30_a_template_is_kept_rendered_and_sent_by_name_and_version(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "templates").await?;
    scene.customer_is_heard("hello").await?;
    let first = json!({
        "type": "text", "locale": "en",
        "content": {"text": "Hello {{ name }}, {{ count }} desks wait"},
        "variables": {"name": {"type": "string", "default": "you"}},
    });
    let mut made = first.clone();
    made["name"] = json!("desks");
    let made = call(&scene, Method::POST, "/v1/templates", Some(&made)).await?;
    assert_eq!((made.0, &made.1["version"], &made.1["warnings"]), (201, &json!(1), &json!([])));
    let again = call(&scene, Method::PUT, "/v1/templates/desks", Some(&first)).await?;
    assert_eq!((again.0, &again.1["version"]), (200, &json!(1)), "the same is no new version");
    let mut second = first.clone();
    second["content"]["text"] = json!("Dear {{ name }}, {{ count }} desks are here");
    let second = call(&scene, Method::PUT, "/v1/templates/desks", Some(&second)).await?;
    assert_eq!((second.0, &second.1["version"]), (200, &json!(2)));

    let schema = call(&scene, Method::GET, "/v1/templates/desks/schema", None).await?;
    assert_eq!(schema.1["required"], json!(["count"]));
    let body = json!({"variables": {"count": 3}, "version": 1});
    let rendered = call(&scene, Method::POST, "/v1/templates/desks/render", Some(&body)).await?;
    assert_eq!(rendered.1["content"]["text"], "Hello you, 3 desks wait", "{}", rendered.1);
    assert_eq!(rendered.1["valid"], true);

    for (key, version, expected) in [
        ("latest", Value::Null, "Dear Zoë, 3 desks are here"),
        ("first", json!(1), "Hello Zoë, 3 desks wait"),
    ] {
        let content =
            json!({"name": "desks", "version": version, "variables": {"name": "Zoë", "count": 3}});
        let sent = send(&scene, key, &content).await?;
        assert_eq!(sent.0, 202, "{}", sent.1);
        scene.shown(expected, 1).await?;
    }
    let refused = send(&scene, "refused", &json!({"name": "desks", "variables": {"c": 1}})).await?;
    let rules: Vec<_> = refused.1["errors"].as_array().into_iter().flatten().collect();
    let mut rules: Vec<_> = rules.iter().map(|fault| text_at(fault, "/rule")).collect();
    rules.sort();
    assert_eq!(rules, ["variable_required", "variable_unknown"], "{}", refused.1);

    let versions = call(&scene, Method::GET, "/v1/templates/desks/versions", None).await?;
    assert_eq!(items(&versions.1).len(), 2);
    let gone = call(&scene, Method::DELETE, "/v1/templates/desks", None).await?;
    assert_eq!(gone.0, 204);
    let gone = call(&scene, Method::GET, "/v1/templates/desks?version=1", None).await?;
    assert_eq!(gone.0, 404);
    Ok(())
}

pub(crate) async fn sc08_a_large_template_comes_by_upload_and_is_read_by_link(
    ground: Ground<'_>,
) -> Outcome {
    let _peace = ground.in_peace().await;
    let scene = Scene::new(&ground, "large-templates").await?;
    let filler = "x".repeat(5 * 1024 * 1024);
    let template = json!({
        "name": "large", "type": "text",
        "content": {"text": "Hello {{ name }}"},
        "locales": {"de": {"text": "Hallo {{ name }}", "filler": filler}},
    });
    let body = serde_json::to_vec(&template)?;
    let asked = json!({"contentType": "application/json", "size": body.len()});
    let upload = call(&scene, Method::POST, "/v1/uploads", Some(&asked)).await?;
    assert_eq!((upload.0, text_at(&upload.1, "/method")), (201, "PUT".to_owned()));
    let early = json!({"uploadId": upload.1["id"]});
    let missing = call(&scene, Method::POST, "/v1/templates", Some(&early)).await?;
    assert_eq!(missing.0, 404, "{}", missing.1);
    let (status, _) =
        exchange("PUT", &text_at(&upload.1, "/url"), &upload.1["headers"], &body).await?;
    assert_eq!(status, 200, "the slot takes what it was made for");
    let made = call(&scene, Method::POST, "/v1/templates", Some(&early)).await?;
    assert_eq!((made.0, text_at(&made.1, "/sizeClass")), (201, "large".to_owned()), "{}", made.1);

    let read = call(&scene, Method::GET, "/v1/templates/large", None).await?;
    assert_eq!(read.1["content"], Value::Null, "too large for one answer");
    let link = text_at(&read.1, "/contentUrl");
    let (status, contents) = exchange("GET", &link, &json!({}), b"").await?;
    let contents: Value = serde_json::from_slice(&contents)?;
    assert_eq!((status, &contents["content"]), (200, &template["content"]));
    assert_eq!(contents["locales"], template["locales"]);
    let body = json!({"variables": {"name": "Zoë"}});
    let rendered = call(&scene, Method::POST, "/v1/templates/large/render", Some(&body)).await?;
    assert_eq!(rendered.1["content"]["text"], "Hello Zoë", "{}", rendered.1);
    let gone = call(&scene, Method::DELETE, "/v1/templates/large", None).await?;
    assert_eq!(gone.0, 204);
    let (status, _) = exchange("GET", &link, &json!({}), b"").await?;
    assert_eq!(status, 404, "the file is gone with the template");
    Ok(())
}

async fn call(
    scene: &Scene<'_>,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Fallible<(u16, Value)> {
    let answer = scene.api.call(method, path, &[], body).await?;
    Ok((answer.status, answer.body))
}

async fn send(scene: &Scene<'_>, key: &str, content: &Value) -> Fallible<(u16, Value)> {
    let mut message = scene.message("");
    message["type"] = json!("template");
    message["content"] = content.clone();
    let answer = scene.post_with(&[("idempotency-key", key)], &message).await?;
    Ok((answer.status, answer.body))
}

/// Sends by hand, as any client may with a URL of ours: status and body.
async fn exchange(
    method: &str,
    url: &str,
    headers: &Value,
    body: &[u8],
) -> Fallible<(u16, Vec<u8>)> {
    let rest = url.strip_prefix("http://").ok_or("no URL")?;
    let (host, path) = rest.split_once('/').ok_or("no path")?;
    let mut head = format!("{method} /{path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    for (name, value) in headers.as_object().into_iter().flatten() {
        head = format!("{head}{name}: {}\r\n", value.as_str().unwrap_or_default());
    }
    let mut stream = TcpStream::connect(host).await?;
    stream.write_all(format!("{head}\r\n").as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no head")?;
    let body = answer.split_off(end + 4);
    let head = String::from_utf8_lossy(&answer);
    let status =
        head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no status")?;
    Ok((status, body))
}
