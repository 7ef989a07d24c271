use std::time::Duration;

use amb_simulator::model::Send;
use data_encoding::BASE64;
use serde_json::{Value, json};

use crate::support::{BUSINESS_ID, Stage, WAIT};

#[tokio::test]
async fn the_pages_are_strict_and_complete() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let page = format!("/phone/{}", customer.name);
    for (path, content_type) in [
        ("/phone", "text/html"),
        (page.as_str(), "text/html"),
        ("/phone/assets/page.css", "text/css"),
        ("/phone/assets/main.js", "text/javascript"),
        ("/phone/assets/tray.js", "text/javascript"),
        ("/phone/assets/icon.svg", "image/svg+xml"),
    ] {
        let answer = stage.http.get(format!("{}{path}", stage.simulator.url)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-type").starts_with(content_type), "{path}");
        assert!(header("content-security-policy").starts_with("default-src 'none'"));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert!(!answer.text().await.unwrap().contains("{{"));
    }
    let nobody = format!("{}/phone/nobody", stage.simulator.url);
    assert_eq!(stage.http.get(nobody).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn the_phone_is_told_of_every_change() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let url = format!("{}/phone/{}/live", stage.simulator.url, customer.name);
    let mut live = stage.http.get(url).send().await.unwrap();
    let first = next(&mut live, |phone| !phone.is_null()).await;
    assert_eq!(first["conversations"][0]["businessId"], BUSINESS_ID);
    assert_eq!(first["conversations"][0]["entries"][0]["text"], "Hello");

    stage.outbound(&customer, "<b>&\nline").send().await;
    let arrived = |phone: &Value| phone["conversations"][0]["entries"][1]["text"] == "<b>&\nline";
    next(&mut live, arrived).await;

    stage.msp.answer_with(&[400]);
    stage.client.send(&customer.name, &Send::text("Bye").wait(WAIT)).await.unwrap();
    let marked = |phone: &Value| phone["conversations"][0]["entries"][2]["state"] == "notDelivered";
    next(&mut live, marked).await;
}

#[tokio::test]
async fn the_stream_has_addresses_in_place_of_pictures() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let picture = BASE64.encode(b"\x89PNG\r\n\x1a\nand so on");
    let link = json!({
        "url": "https://shop.example.com/desk", "title": "A desk",
        "assets": {"image": {"data": picture, "mimeType": "image/png"}},
    });
    let message = stage.outbound(&customer, "https://shop.example.com/desk");
    let message = message.property("type", json!("richLink")).property("richLinkData", link);
    assert_eq!(message.send().await.0, 200);

    let url = format!("{}/phone/{}/live", stage.simulator.url, customer.name);
    let mut live = stage.http.get(url).send().await.unwrap();
    let image = "/conversations/0/entries/1/message/richLinkData/assets/image/data";
    let phone = next(&mut live, |phone| phone.pointer(image).is_some()).await;
    let address = phone.pointer(image).and_then(Value::as_str).unwrap();
    let url = format!("{}{address}", stage.simulator.url);
    let answer = stage.http.get(&url).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "image/png");
    assert!(answer.headers()["cache-control"].to_str().unwrap().contains("immutable"));
    assert!(answer.bytes().await.unwrap().ends_with(b"and so on"));

    let other = url.replace("/pictures/", "/pictures/x");
    assert_eq!(stage.http.get(other).send().await.unwrap().status(), 404);
}

/// Reads the stream until an event is as wished.
async fn next(live: &mut reqwest::Response, wished: impl Fn(&Value) -> bool) -> Value {
    let reading = async {
        let mut pending = String::new();
        while let Some(chunk) = live.chunk().await.unwrap() {
            pending.push_str(std::str::from_utf8(&chunk).unwrap());
            while let Some((event, rest)) = pending.split_once("\n\n") {
                let data = event.strip_prefix("data: ").unwrap_or("null");
                let phone: Value = serde_json::from_str(data).unwrap();
                if wished(&phone) {
                    return phone;
                }
                pending = rest.to_owned();
            }
        }
        panic!("the stream ended")
    };
    tokio::time::timeout(Duration::from_millis(WAIT), reading).await.unwrap()
}

#[tokio::test]
async fn another_name_for_this_machine_is_refused() {
    let stage = Stage::new().await;
    let health = format!("{}/api/health", stage.simulator.url);
    let rebound = stage.http.get(&health).header("host", "evil.example:80").send().await.unwrap();
    assert_eq!(rebound.status(), 403);
    assert_eq!(stage.http.get(&health).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_shutdown_ends_live_pages_and_waits() {
    let stage = Stage::new().await;
    let customer = stage.open_conversation().await;
    let url = format!("{}/phone/{}/live", stage.simulator.url, customer.name);
    let mut live = stage.http.get(url).send().await.unwrap();
    live.chunk().await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), stage.simulator.shutdown()).await.unwrap();
    assert!(matches!(live.chunk().await, Ok(None) | Err(_)));
}
