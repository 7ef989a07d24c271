//! Files on the web against servers that misbehave (reliability §4, S032 and S033, and F099).

use super::*;
use crate::{
    Policy,
    testing::{Scripted, Server, read_request},
};
use tokio::{io::AsyncWriteExt, net::TcpStream};

const MAX: u64 = 1000;

fn web() -> WalledWeb {
    WalledWeb::new(Policy::with_loopback())
}

async fn open(server: &Server, path: &str) -> Result<WebFile<WebDownload>, WebFault> {
    web().open_web(&server.url(path), MAX).await
}

async fn read(mut file: WebFile<WebDownload>) -> Result<Vec<u8>, WebFault> {
    let mut bytes = Vec::new();
    while let Some(piece) = file.body.chunk().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

#[tokio::test]
async fn ap08_a_file_comes_with_its_name_type_and_length() {
    let answer =
        "HTTP/1.1 200 OK\r\ncontent-type: Application/PDF; x=Y\r\ncontent-length: 5\r\n\r\nhello";
    let server = Server::answering(answer).await;
    let file = open(&server, "/a/Price%20list%20%E2%82%AC.pdf?v=2#page=1").await.unwrap();
    assert_eq!(file.name.as_deref(), Some("Price list €.pdf"));
    assert_eq!(file.content_type.as_deref(), Some("application/pdf; x=y"));
    assert_eq!(file.length, Some(5));
    assert_eq!(read(file).await.unwrap(), b"hello");

    for (path, name) in [
        ("/", None),
        ("/a/", None),
        ("", None),
        ("/%FF", None),
        ("/a", Some("a")),
        ("/..%2F..%2Fetc%2Fpasswd", Some("../../etc/passwd")),
    ] {
        assert_eq!(open(&server, path).await.unwrap().name.as_deref(), name, "{path}");
    }
}

#[tokio::test]
async fn ap08_a_redirect_names_the_file() {
    let target = Server::answering("HTTP/1.1 200 OK\r\n\r\nhello").await;
    let moved = format!("HTTP/1.1 302 Found\r\nlocation: {}\r\n\r\n", target.url("/there.png"));
    let server = Server::answering(moved).await;
    let file = open(&server, "/here").await.unwrap();
    assert_eq!((file.name.as_deref(), file.length), (Some("there.png"), None));
    assert_eq!(read(file).await.unwrap(), b"hello");
}

#[tokio::test]
async fn s033_w022_a_redirect_is_held_against_the_wall_again() {
    for location in ["http://169.254.169.254/", "https://localhost/", "file:///etc/passwd"] {
        let moved = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\n\r\n");
        let server = Server::answering(moved).await;
        let outcome = open(&server, "/").await;
        assert!(matches!(outcome, Err(WebFault::Refused(_))), "{location} {outcome:?}");
    }
    let circle = Server::answering("HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n").await;
    assert_eq!(open(&circle, "/").await.unwrap_err(), WebFault::Redirects);
}

#[tokio::test]
async fn s032_a_name_that_leads_inside_is_never_connected_to() {
    let inside = Server::answering("HTTP/1.1 200 OK\r\n\r\ninside").await;
    let web = WalledWeb::with_lookup(Policy::production(), Scripted::new(&[&["127.0.0.1"]]));
    let url = format!("https://inside.example.com:{}/a.png", inside.address.port());
    let outcome = web.open_web(&url, MAX).await;
    assert!(matches!(outcome, Err(WebFault::Refused(_))), "{outcome:?}");
    assert_eq!(inside.connections(), 0);
}

#[tokio::test]
async fn f098_more_than_the_cap_is_refused_by_the_header_or_in_the_middle() {
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n";
    let server = Server::answering(announced).await;
    assert_eq!(open(&server, "/").await.unwrap_err(), WebFault::TooLarge(1000));

    for (length, outcome) in [(1000, Ok(1000)), (1001, Err(WebFault::TooLarge(1000)))] {
        let body = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(length));
        let server = Server::answering(body).await;
        let bytes = read(open(&server, "/").await.unwrap()).await;
        assert_eq!(bytes.map(|bytes| bytes.len()), outcome);
    }

    let endless = Server::start(|mut stream: TcpStream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    let bytes = read(open(&endless, "/").await.unwrap()).await;
    assert_eq!(bytes, Err(WebFault::TooLarge(1000)));
}

#[tokio::test]
async fn a_file_that_breaks_off_or_comes_compressed_or_is_not_there_is_none() {
    let half = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\nhalf").await;
    let file = open(&half, "/").await.unwrap();
    assert_eq!(read(file).await, Err(WebFault::Unreachable));

    let gzip = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\ngzip";
    let gzip = Server::answering(gzip).await;
    assert_eq!(open(&gzip, "/").await.unwrap_err(), WebFault::Refused(COMPRESSED.to_owned()));

    for status in [204, 206, 401, 404, 500] {
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
        let server = Server::answering(answer).await;
        assert_eq!(open(&server, "/").await.unwrap_err(), WebFault::Status(status));
    }
}
