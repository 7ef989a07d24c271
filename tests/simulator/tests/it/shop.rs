//! Pages and pictures for previews.

use crate::support::Stage;

#[tokio::test]
async fn pages_name_their_title_and_picture_and_pictures_are_what_they_say() {
    let stage = Stage::new().await;
    let get = async |path: &str| {
        let answer = stage.http.get(format!("{}{path}", stage.simulator.url)).send().await.unwrap();
        let kind = answer.headers().get("content-type").map(|it| it.to_str().unwrap().to_owned());
        let place = answer.headers().get("location").map(|it| it.to_str().unwrap().to_owned());
        (answer.status().as_u16(), kind.unwrap_or_default(), place, answer.bytes().await.unwrap())
    };
    let (status, kind, _, page) = get("/shop/desk").await;
    let page = String::from_utf8(page.to_vec()).unwrap();
    assert_eq!((status, kind.as_str()), (200, "text/html; charset=utf-8"));
    assert!(page.contains(r#"<meta property="og:title" content="Walnut desk">"#));
    let image = format!(r#"content="{}/shop/pictures/desk.png""#, stage.simulator.url);
    assert!(page.contains(&image), "{page}");
    assert!(!String::from_utf8_lossy(&get("/shop/plain").await.3).contains("og:"));
    let (status, _, place, _) = get("/shop/redirect").await;
    assert_eq!((status, place.as_deref()), (307, Some("/shop/desk")));

    for (name, kind, start) in [
        ("desk.png", "image/png", &b"\x89PNG"[..]),
        ("photo.jpg", "image/jpeg", b"\xff\xd8\xff"),
        ("busy.gif", "image/gif", b"GIF89a"),
        ("chair.webp", "image/webp", b"RIFF"),
    ] {
        let (status, told, _, bytes) = get(&format!("/shop/pictures/{name}")).await;
        assert_eq!((status, told.as_str()), (200, kind));
        assert!(bytes.starts_with(start), "{name}");
    }
    assert_eq!(get("/shop/pictures/none.png").await.0, 404);

    let (status, told, _, bytes) = get("/shop/files/prices.pdf").await;
    assert_eq!((status, told.as_str()), (200, "application/pdf"));
    assert!(bytes.starts_with(b"%PDF-1.4") && bytes.ends_with(b"%%EOF\n"));
    let (status, told, _, bytes) = get("/shop/bytes/300001").await;
    assert_eq!((status, told.as_str()), (200, "application/octet-stream"));
    assert!((0..=250).cycle().take(300_001).eq(bytes));
}
