//! The caller against servers that misbehave (reliability §3.2, F054–F068).

use super::*;
use crate::{
    Phase, TlsFault,
    testing::{Authority, Mute, Scripted, Server, read_request},
};
use std::time::Instant;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};

fn caller() -> WebhookCaller {
    WebhookCaller::new(Policy::with_loopback())
}

async fn post(caller: &WebhookCaller, url: &str) -> Result<Answer, CallError> {
    let url = EndpointUrl::unvetted(url);
    let headers = [("webhook-id", "evt_1".to_owned())];
    caller.post(&url, &headers, b"{\"a\":1}".to_vec(), Duration::from_secs(10)).await
}

async fn posted_to(server: &Server) -> Result<Answer, CallError> {
    post(&caller(), &server.url("/hook")).await
}

/// Posted where no headers come: they are not waited for as long as they would be.
async fn posted_in_vain(server: &Server) -> Result<Answer, CallError> {
    let mut caller = caller();
    caller.limits.headers = Duration::from_millis(300);
    post(&caller, &server.url("/hook")).await
}

fn code(outcome: Result<Answer, CallError>) -> &'static str {
    outcome.expect_err("no answer").code()
}

#[tokio::test]
async fn the_request_carries_our_headers_and_the_body_and_nothing_else() {
    let (seen, mut requests) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream: TcpStream| {
        let seen = seen.clone();
        async move {
            seen.send(read_request(&mut stream).await).unwrap();
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        }
    })
    .await;
    let answer = posted_to(&server).await.unwrap();
    assert_eq!((answer.status, answer.body_excerpt.as_str()), (204, ""));
    let request = requests.recv().await.unwrap();
    let mut lines: Vec<&str> = request.split("\r\n").collect();
    lines.sort_unstable();
    let host = format!("host: {}", server.address);
    let mut expected = vec![
        "",
        "POST /hook HTTP/1.1",
        "accept-encoding: identity",
        "accept: */*",
        "amb-hop: 1",
        "content-length: 7",
        "content-type: application/json",
        &host,
        "user-agent: amb-msp/0.1.0",
        "webhook-id: evt_1",
        "{\"a\":1}",
    ];
    expected.sort_unstable();
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn f058_w022_no_redirect_is_followed() {
    let target = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    for status in [301, 302, 303, 307, 308] {
        let location = target.url("/elsewhere");
        let server = Server::answering(format!(
            "HTTP/1.1 {status} Moved\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n"
        ))
        .await;
        assert_eq!(posted_to(&server).await.unwrap().status, status);
    }
    assert_eq!(target.connections(), 0);
}

#[tokio::test]
async fn f055_a_server_that_never_answers_is_cut_at_the_header_deadline() {
    let server = Server::start(|mut stream: TcpStream| async move {
        read_request(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let outcome = posted_in_vain(&server).await;
    assert!(matches!(outcome, Err(CallError::Timeout(Phase::Headers))), "{outcome:?}");
}

#[tokio::test]
async fn the_whole_call_ends_with_its_total_even_when_no_phase_is_over() {
    let server = Server::holding().await;
    let url = EndpointUrl::unvetted(&server.url("/"));
    let outcome = caller().post(&url, &[], Vec::new(), Duration::from_millis(50)).await;
    assert!(matches!(outcome, Err(CallError::Timeout(Phase::Total))), "{outcome:?}");
}

#[tokio::test]
async fn f056_dripping_headers_are_cut_at_the_header_deadline() {
    let server = Server::dripping(b"HTTP/1.1 200 OK\r\nx-drip: ").await;
    assert_eq!(code(posted_in_vain(&server).await), "timeout_headers");
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "measures how long the call took")]
async fn f056_a_dripping_body_does_not_hold_a_success_back() {
    let server = Server::dripping(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n").await;
    let started = Instant::now();
    let answer = posted_to(&server).await.unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.body_excerpt.starts_with('a'));
    assert!(started.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn f057_a_huge_body_is_read_to_the_cap_and_the_connection_closed() {
    let (sent, mut stopped) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream: TcpStream| {
        let sent = sent.clone();
        async move {
            read_request(&mut stream).await;
            let _ =
                stream.write_all(b"HTTP/1.1 500 Oops\r\ncontent-length: 10000000000\r\n\r\n").await;
            let mut total = 0_usize;
            while stream.write_all(&vec![b'x'; 65_536]).await.is_ok() {
                total += 65_536;
            }
            sent.send(total).unwrap();
        }
    })
    .await;
    let answer = posted_to(&server).await.unwrap();
    assert_eq!(answer.status, 500);
    assert_eq!(answer.body_excerpt, "x".repeat(EXCERPT_CHARS));
    // What the kernel's buffers took, not ten gigabytes.
    assert!(stopped.recv().await.unwrap() < 64 << 20);
}

#[tokio::test]
async fn f057_a_compressed_answer_is_not_inflated() {
    let mut bytes =
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4\r\n\r\n".to_vec();
    bytes.extend([0x1f, 0x8b, 8, 0]);
    let server = Server::answering(bytes).await;
    let answer = posted_to(&server).await.unwrap();
    assert_eq!((answer.status, answer.body_excerpt.as_str()), (200, ""));
}

#[tokio::test]
async fn f059_what_is_not_http_or_too_large_fails() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "x: y\r\n".repeat(10_000));
    let large = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(70_000));
    let half = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(40_000));
    for answer in
        ["hello\r\n\r\n", "HTTP/1.1 2xx OK\r\n\r\n", "SSH-2.0-OpenSSH_9\r\n", &many, &large, &half]
    {
        let server = Server::answering(answer).await;
        assert_eq!(code(posted_to(&server).await), "bad_answer", "{answer:.30}");
    }
}

#[tokio::test]
async fn f059_a_flood_of_interim_answers_ends_at_the_header_deadline() {
    let server = Server::start(|mut stream: TcpStream| async move {
        read_request(&mut stream).await;
        while stream.write_all(b"HTTP/1.1 103 Early Hints\r\n\r\n").await.is_ok() {
            time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    assert_eq!(code(posted_in_vain(&server).await), "timeout_headers");
}

#[tokio::test]
async fn f060_a_reset_after_the_headers_is_a_success() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhal",
    ] {
        let server = Server::start(move |mut stream: TcpStream| async move {
            read_request(&mut stream).await;
            stream.write_all(answer.as_bytes()).await.unwrap();
            // The answer has to be read before the reset throws it away.
            time::sleep(Duration::from_millis(50)).await;
            stream.set_zero_linger().unwrap();
        })
        .await;
        assert_eq!(posted_to(&server).await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn an_answer_that_never_began_is_lost() {
    let server = Server::start(|mut stream: TcpStream| async move {
        read_request(&mut stream).await;
    })
    .await;
    assert_eq!(code(posted_to(&server).await), "answer_lost");
}

#[tokio::test]
async fn f061_f062_status_and_retry_after_are_handed_on() {
    for (status, header, wait) in [
        (429, "retry-after: 30\r\n", Some(30)),
        (
            503,
            "date: Sat, 21 Nov 2026 12:00:00 GMT\r\nretry-after: Sat, 21 Nov 2026 12:02:00 GMT\r\n",
            Some(120),
        ),
        (429, "retry-after: -5\r\n", None),
        (429, "retry-after: 1000000000000000000\r\n", Some(86_400)),
        (410, "", None),
    ] {
        let answer = format!("HTTP/1.1 {status} X\r\n{header}content-length: 6\r\n\r\nsorry\n");
        let server = Server::answering(answer).await;
        let answer = posted_to(&server).await.unwrap();
        assert_eq!(answer.status, status);
        assert_eq!(answer.retry_after.map(|w| w.as_secs()), wait, "{header}");
        assert_eq!(answer.body_excerpt, "sorry");
    }
}

#[tokio::test]
async fn f054_a_refused_connection_and_a_name_without_address_are_told_apart() {
    let closed = Server::start(|_stream: TcpStream| async {}).await.address.port();
    drop(tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap());
    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    assert_ne!(closed, free);
    assert_eq!(code(post(&caller(), &format!("http://127.0.0.1:{free}/")).await), "connect_failed");

    let nobody = WebhookCaller::with_lookup(Policy::production(), Scripted::new(&[&[]]));
    assert_eq!(code(post(&nobody, "https://gone.example.com/").await), "dns_failed");
    let mute = WebhookCaller::with_lookup(Policy::production(), Mute);
    assert_eq!(code(post(&mute, "https://mute.example.com/").await), "timeout_dns");
}

#[tokio::test]
async fn f065_w011_a_name_that_leads_inside_is_never_connected_to() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let url = format!("https://inside.example.com:{}/", server.address.port());
    for addresses in [
        &["127.0.0.1"][..],
        &["169.254.169.254"],
        &["10.1.2.3"],
        &["fd00:ec2::254"],
        &["1.1.1.1", "127.0.0.1"],
        &["::ffff:127.0.0.1"],
        &["2606:4700::6810:84e5"],
    ] {
        let lookup = Scripted::new(&[addresses]);
        let caller = WebhookCaller::with_lookup(Policy::production(), lookup.clone());
        assert_eq!(code(post(&caller, &url).await), "blocked", "{addresses:?}");
        assert_eq!(lookup.questions(), 1);
    }
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn f066_w013_each_call_resolves_once_and_a_rebound_name_is_blocked() {
    let server = Server::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let lookup = Scripted::new(&[&["127.0.0.1"], &["10.0.0.1"]]);
    let caller = WebhookCaller::with_lookup(Policy::with_loopback(), lookup.clone());
    let url = format!("http://rebind.example.com:{}/", server.address.port());
    assert_eq!(post(&caller, &url).await.unwrap().status, 200);
    assert_eq!(lookup.questions(), 1);
    assert_eq!(code(post(&caller, &url).await), "blocked");
    assert_eq!((lookup.questions(), server.connections()), (2, 1));
}

#[tokio::test]
async fn w023_f054_tls_faults_are_told_apart_and_a_good_certificate_passes() {
    const NAME: &str = "hooks.example.com";
    let (trusted, stranger) = (Authority::new(), Authority::new());
    for (authority, name, until, expected) in [
        (&trusted, NAME, 2100, None),
        (&trusted, "other.example.com", 2100, Some(TlsFault::WrongName)),
        (&trusted, NAME, 2020, Some(TlsFault::Expired)),
        (&stranger, NAME, 2100, Some(TlsFault::Untrusted)),
    ] {
        let acceptor = authority.acceptor(name, until);
        let server = Server::start(move |stream: TcpStream| {
            let acceptor = acceptor.clone();
            async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    read_request(&mut stream).await;
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
                    let _ = stream.shutdown().await;
                }
            }
        })
        .await;
        let mut caller =
            WebhookCaller::with_lookup(Policy::with_loopback(), Scripted::new(&[&["127.0.0.1"]]));
        caller.client = caller.client.trusting(trusted.root());
        let outcome = post(&caller, &format!("https://{NAME}:{}/", server.address.port())).await;
        match (outcome, expected) {
            (Ok(answer), None) => assert_eq!(answer.status, 200),
            (Err(CallError::Tls(fault)), Some(expected)) => assert_eq!(fault, expected),
            (outcome, expected) => panic!("{outcome:?} instead of {expected:?}"),
        }
    }
}

#[tokio::test]
async fn w023_a_server_without_tls_is_a_handshake_fault() {
    let server = Server::start(|mut stream: TcpStream| async move {
        let _ = stream.read(&mut [0; 512]).await;
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    })
    .await;
    let caller =
        WebhookCaller::with_lookup(Policy::with_loopback(), Scripted::new(&[&["127.0.0.1"]]));
    let outcome =
        post(&caller, &format!("https://plain.example.com:{}/", server.address.port())).await;
    assert_eq!(code(outcome), "tls_handshake");
}

#[tokio::test]
async fn the_port_vets_the_url_again_and_names_the_fault() {
    let server = Server::answering("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await;
    let call = |url: String| WebhookCall {
        url,
        headers: vec![("webhook-id", "evt_1".to_owned())],
        body: b"{}".to_vec(),
        timeout: Duration::from_secs(5),
    };
    let local = caller();
    assert_eq!(local.call(call(server.url("/"))).await.unwrap().status, 202);
    let production = WebhookCaller::new(Policy::production());
    assert_eq!(production.call(call(server.url("/"))).await, Err(WebhookError::Blocked));
    assert_eq!(server.connections(), 1);
}
