//! The web against servers that misbehave (reliability §4, S032 and S033, and its W-rows).

use super::*;
use crate::testing::{Authority, Mute, Scripted, Server, read_request};
use std::time::Instant;
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::mpsc};

const PAGE: WebAsk =
    WebAsk { accept: "text/html", max_bytes: 100, cut: true, within: Duration::from_secs(5) };
const PICTURE: WebAsk = WebAsk { accept: "image/*", cut: false, ..PAGE };

fn web() -> WalledWeb {
    WalledWeb::new(Policy::with_loopback())
}

fn ok(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: Text/HTML\r\ncontent-length: {length}\r\n\r\n{body}")
}

fn moved(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n")
}

/// A server that sends the first lines of what it is asked, too.
async fn telling(answer: String) -> (Server, mpsc::UnboundedReceiver<String>) {
    let (seen, requests) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream: TcpStream| {
        let (seen, answer) = (seen.clone(), answer.clone());
        async move {
            seen.send(read_request(&mut stream).await).unwrap();
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    })
    .await;
    (server, requests)
}

#[tokio::test]
async fn ap12_the_request_carries_nothing_but_what_is_needed() {
    let (server, mut requests) = telling(ok("hello")).await;
    let page = web().get(&server.url("/desk?size=l#reviews"), &PAGE).await.unwrap();
    assert_eq!(page.url, server.url("/desk?size=l"));
    assert_eq!(page.content_type.as_deref(), Some("text/html"));
    assert_eq!(page.bytes, b"hello");
    let request = requests.recv().await.unwrap();
    let mut lines: Vec<&str> = request.split("\r\n").filter(|line| !line.is_empty()).collect();
    lines.sort_unstable();
    let host = format!("host: {}", server.address);
    let mut expected = vec![
        "GET /desk?size=l HTTP/1.1",
        "accept-encoding: identity",
        "accept: text/html",
        &host,
        "user-agent: amb-msp/0.1.0",
    ];
    expected.sort_unstable();
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn s032_what_the_wall_refuses_as_text_is_never_resolved() {
    let lookup = Scripted::new(&[&["93.184.215.14"]]);
    let web = WalledWeb::with_lookup(Policy::production(), lookup.clone());
    for url in [
        "http://example.com/a.png",
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "https://user:pass@example.com/a.png",
        "https://example.com:22/a.png",
        "https://127.0.0.1/a.png",
        "https://2130706433/a.png",
        "https://[::1]/a.png",
        "https://169.254.169.254/latest/meta-data",
        "https://localhost/a.png",
        "https://example.com\\@127.0.0.1/",
        "https://metadata.google.internal/",
        "a.png",
        "",
    ] {
        let outcome = web.get(url, &PICTURE).await;
        assert!(matches!(outcome, Err(WebFault::Refused(_))), "{url} {outcome:?}");
    }
    assert_eq!(lookup.questions(), 0);
}

#[tokio::test]
async fn s032_w011_a_name_that_leads_inside_is_never_connected_to() {
    let server = Server::answering(ok("inside")).await;
    let url = format!("https://inside.example.com:{}/a.png", server.address.port());
    for addresses in [
        &["127.0.0.1"][..],
        &["169.254.169.254"],
        &["10.1.2.3"],
        &["fd00:ec2::254"],
        &["1.1.1.1", "127.0.0.1"],
    ] {
        let web = WalledWeb::with_lookup(Policy::production(), Scripted::new(&[addresses]));
        let outcome = web.get(&url, &PICTURE).await;
        assert_eq!(outcome, Err(WebFault::Refused(PRIVATE.to_owned())), "{addresses:?}");
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn s033_redirects_are_followed_and_lead_to_the_last_url() {
    let (target, mut requests) = telling(ok("there")).await;
    for status in [301, 302, 303, 307, 308] {
        let server = Server::answering(moved(status, &target.url("/there#top"))).await;
        let page = web().get(&server.url("/here"), &PICTURE).await.unwrap();
        assert_eq!((page.url, page.bytes), (target.url("/there"), b"there".to_vec()));
        let request = requests.recv().await.unwrap();
        assert!(request.starts_with("GET /there HTTP/1.1\r\n"), "{request}");
        assert!(!request.to_ascii_lowercase().contains("referer"), "{request}");
    }
    // Relative ones, to the server itself, until it is too often.
    let circle = Server::answering(moved(302, "../again")).await;
    assert_eq!(web().get(&circle.url("/a/b"), &PICTURE).await, Err(WebFault::Redirects));
    assert_eq!(circle.connections(), MAX_REDIRECTS + 1);
}

#[tokio::test]
async fn w022_a_redirect_is_held_against_the_wall_again() {
    for location in [
        "http://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://localhost/",
        "http://example.com/",
        "https://user:pass@example.com/",
        "https://example.com:25/",
        "//127.0.0.2/",
        "file:///etc/passwd",
        "gopher://example.com/",
    ] {
        let server = Server::answering(moved(302, location)).await;
        let outcome = web().get(&server.url("/"), &PICTURE).await;
        assert!(matches!(outcome, Err(WebFault::Refused(_))), "{location} {outcome:?}");
    }
}

#[tokio::test]
async fn w022_a_redirect_to_a_name_with_a_private_address_is_refused() {
    let inside = Server::answering(ok("inside")).await;
    let location = format!("https://inside.example.com:{}/", inside.address.port());
    let authority = Authority::new();
    let (acceptor, answer) = (authority.acceptor("shop.example.com", 2100), moved(302, &location));
    let shop = Server::start(move |stream: TcpStream| {
        let (acceptor, answer) = (acceptor.clone(), answer.clone());
        async move {
            if let Ok(mut stream) = acceptor.accept(stream).await {
                read_request(&mut stream).await;
                let _ = stream.write_all(answer.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        }
    })
    .await;
    // The first name may be on loopback; what the redirect leads to is a private network.
    let lookup = Scripted::new(&[&["127.0.0.1"], &["192.168.1.1"]]);
    let mut web = WalledWeb::with_lookup(Policy::with_loopback(), lookup.clone());
    web.client = web.client.trusting(authority.root());
    let url = format!("https://shop.example.com:{}/", shop.address.port());
    assert_eq!(web.get(&url, &PICTURE).await, Err(WebFault::Refused(PRIVATE.to_owned())));
    assert_eq!((lookup.questions(), inside.connections()), (2, 0));
}

#[tokio::test]
async fn w022_a_redirect_may_not_leave_https_in_production() {
    let web = WalledWeb::new(Policy::production());
    let outcome = web.vet("http://127.0.0.1:9001/2018-06-01/runtime/invocation/next");
    assert!(matches!(outcome, Err(WebFault::Refused(_))), "{outcome:?}");
}

#[tokio::test]
async fn s033_another_status_is_told() {
    for status in [204, 206, 304, 400, 404, 410, 429, 500, 503] {
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
        let server = Server::answering(answer).await;
        let fault = web().get(&server.url("/"), &PICTURE).await.unwrap_err();
        assert_eq!(fault, WebFault::Status(status));
        assert_eq!(fault.is_passing(), matches!(status, 429 | 500 | 503), "{status}");
    }
    let nowhere = Server::answering("HTTP/1.1 302 X\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(web().get(&nowhere.url("/"), &PICTURE).await, Err(WebFault::Status(302)));
}

#[tokio::test]
async fn s033_an_endless_body_is_cut_or_refused() {
    let server = Server::start(|mut stream: TcpStream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
        while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
    })
    .await;
    assert_eq!(web().get(&server.url("/"), &PAGE).await.unwrap().bytes, [b'x'; 100]);
    assert_eq!(web().get(&server.url("/"), &PICTURE).await, Err(WebFault::TooLarge(100)));
}

#[tokio::test]
async fn s033_fifty_megabytes_are_refused_by_their_header() {
    let server = Server::start(|mut stream: TcpStream| async move {
        read_request(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 52428800\r\n\r\n").await;
        std::future::pending::<()>().await;
    })
    .await;
    assert_eq!(web().get(&server.url("/"), &PICTURE).await, Err(WebFault::TooLarge(100)));
    let full = Server::answering(ok(&"x".repeat(100))).await;
    assert_eq!(web().get(&full.url("/"), &PICTURE).await.unwrap().bytes.len(), 100);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "measures how long the call took")]
async fn s033_a_slow_drip_ends_at_the_deadline_redirects_included() {
    let drip = Server::dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n").await;
    let first = Server::answering(moved(302, &drip.url("/"))).await;
    for ask in [PAGE, PICTURE] {
        let started = Instant::now();
        let ask = WebAsk { within: Duration::from_millis(300), ..ask };
        assert_eq!(web().get(&first.url("/"), &ask).await, Err(WebFault::Unreachable));
        assert!(started.elapsed() < Duration::from_secs(3));
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_or_comes_compressed_is_not_taken() {
    let half = "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\nhalf";
    let server = Server::answering(half).await;
    assert_eq!(web().get(&server.url("/"), &PAGE).await, Err(WebFault::Unreachable));
    let gzip = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\ngzip";
    let server = Server::answering(gzip).await;
    let outcome = web().get(&server.url("/"), &PAGE).await;
    assert_eq!(outcome, Err(WebFault::Refused(COMPRESSED.to_owned())));
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let silent = Server::holding().await;
    let short = WebAsk { within: Duration::from_millis(200), ..PAGE };
    assert_eq!(web().get(&silent.url("/"), &short).await, Err(WebFault::Unreachable));
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    let url = format!("http://127.0.0.1:{free}/");
    assert_eq!(web().get(&url, &PAGE).await, Err(WebFault::Unreachable));
    let gone = WalledWeb::with_lookup(Policy::production(), Scripted::new(&[&[]]));
    assert_eq!(gone.get("https://gone.example.com/", &PAGE).await, Err(WebFault::Unreachable));
    let mute = WalledWeb::with_lookup(Policy::production(), Mute);
    assert_eq!(mute.get("https://mute.example.com/", &short).await, Err(WebFault::Unreachable));
}
