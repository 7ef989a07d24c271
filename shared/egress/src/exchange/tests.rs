//! What is known of a call that got no answer, above all where connections are kept.

use std::{
    io,
    sync::atomic::{AtomicUsize, Ordering},
};

use reqwest::{Method, Url};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

use super::*;
use crate::{
    client::Pool,
    resolver::Lookup,
    testing::{Mute, Server, read_request},
};

const LIMITS: Limits = Limits {
    connect: Duration::from_millis(100),
    headers: Duration::from_millis(500),
    body: Duration::from_millis(500),
    total: Duration::from_secs(10),
    body_bytes: 16,
};
/// For what has to be answered, or to stand, before its time runs out: also on a busy machine.
const PATIENT: Limits =
    Limits { connect: Duration::from_secs(2), headers: Duration::from_secs(2), ..LIMITS };
const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
const KEPT: Pool = Pool::Idle(Duration::from_secs(20));

fn client(lookup: impl Lookup, pool: Pool) -> WalledClient {
    WalledClient::new(Policy::with_loopback(), lookup, pool)
}

fn post(url: &str) -> Request {
    let mut request = Request::new(Method::POST, Url::parse(url).unwrap());
    *request.body_mut() = Some("{}".into());
    request
}

/// Resolves for the first connection only; the second hangs in it.
#[derive(Clone, Default)]
struct OnceThenMute(Arc<AtomicUsize>);

impl Lookup for OnceThenMute {
    async fn addresses(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        if self.0.fetch_add(1, Ordering::SeqCst) > 0 {
            std::future::pending::<()>().await;
        }
        Ok(vec![[127, 0, 0, 1].into()])
    }
}

/// What a server does with the second request on a connection.
#[derive(Clone, Copy)]
enum Second {
    Lose,
    Hold,
    Answer,
}

/// Answers the first request when another connection has been asked for.
async fn serve_two(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    asked: Arc<AtomicUsize>,
    second: Second,
) {
    read_request(&mut stream).await;
    while asked.load(Ordering::SeqCst) < 2 {
        time::sleep(Duration::from_millis(2)).await;
    }
    stream.write_all(OK).await.unwrap();
    assert!(read_request(&mut stream).await.starts_with("POST /second "));
    match second {
        Second::Lose => {}
        Second::Hold => std::future::pending().await,
        Second::Answer => stream.write_all(OK).await.unwrap(),
    }
}

/// The second of two calls: it asks for a connection, which hangs, and takes the first one's.
async fn second_call(second: Second, limits: &Limits) -> (Result<u16, Failure>, Duration) {
    let lookup = OnceThenMute::default();
    let asked = Arc::clone(&lookup.0);
    let server =
        Server::start(move |stream: TcpStream| serve_two(stream, Arc::clone(&asked), second)).await;
    let client = client(lookup, KEPT);
    let base = format!("http://shop.example:{}", server.address.port());
    let started = time::Instant::now();
    let (first, second) = tokio::join!(
        exchange(&client, post(&format!("{base}/first")), &PATIENT),
        exchange(&client, post(&format!("{base}/second")), limits),
    );
    assert_eq!(first.unwrap().status, 200);
    assert_eq!(server.connections(), 1, "the second never stood");
    (second.map(|reply| reply.status), started.elapsed())
}

#[tokio::test]
async fn what_took_a_connection_that_became_free_and_lost_its_answer_may_have_been_sent() {
    let failure = second_call(Second::Lose, &PATIENT).await.0.unwrap_err();
    assert!(matches!(failure.error, CallError::Lost), "{failure:?}");
    assert!(failure.may_have_sent);
}

#[tokio::test]
async fn what_took_a_connection_that_became_free_waits_for_its_headers() {
    let (outcome, took) = second_call(Second::Hold, &PATIENT).await;
    let failure = outcome.unwrap_err();
    assert!(matches!(failure.error, CallError::Timeout(Phase::Headers)), "{failure:?}");
    assert!(failure.may_have_sent);
    assert!(took >= PATIENT.headers, "{took:?}");
}

#[tokio::test]
async fn what_took_a_connection_that_became_free_and_ran_out_of_time_may_have_been_sent() {
    let (headers, total) = (PATIENT.connect * 3, PATIENT.connect * 3 / 2);
    let limits = Limits { headers, total, ..PATIENT };
    let failure = second_call(Second::Hold, &limits).await.0.unwrap_err();
    assert!(matches!(failure.error, CallError::Timeout(Phase::Total)), "{failure:?}");
    assert!(failure.may_have_sent);
}

#[tokio::test]
async fn what_took_a_connection_that_became_free_is_answered() {
    assert_eq!(second_call(Second::Answer, &PATIENT).await.0.unwrap(), 200);
}

#[tokio::test]
async fn what_was_cut_off_while_it_waited_for_a_connection_was_not_sent() {
    let short = Duration::from_millis(30);
    for pool in [KEPT, Pool::Off] {
        for (limits, phase) in
            [(LIMITS, Phase::Connect), (Limits { total: short, ..PATIENT }, Phase::Total)]
        {
            let client = client(Mute, pool);
            let failure =
                exchange(&client, post("http://shop.example:1/"), &limits).await.unwrap_err();
            assert!(matches!(failure.error, CallError::Timeout(at) if at == phase), "{failure:?}");
            assert!(!failure.may_have_sent, "{pool:?} {failure:?}");
        }
    }
}

#[tokio::test]
async fn what_nobody_answered_in_time_may_have_been_sent() {
    let server = Server::holding().await;
    for pool in [KEPT, Pool::Off] {
        let client = client(Mute, pool);
        let limits = Limits { headers: LIMITS.headers, ..PATIENT };
        let failure = exchange(&client, post(&server.url("/")), &limits).await.unwrap_err();
        assert!(matches!(failure.error, CallError::Timeout(Phase::Headers)), "{failure:?}");
        assert!(failure.may_have_sent, "{pool:?}");
    }
}

/// Linux has all of 127.0.0.0/8.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_answer_over_a_kept_connection_is_good_when_the_name_leads_elsewhere_by_now() {
    use crate::testing::{Authority, Scripted};

    let authority = Authority::new();
    let acceptor = authority.acceptor("shop.example", 2090);
    let lookup = Scripted::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let asked = lookup.clone();
    let server = Server::start(move |stream: TcpStream| {
        let (acceptor, asked) = (acceptor.clone(), asked.clone());
        async move {
            let stream = acceptor.accept(stream).await.unwrap();
            serve_two(stream, asked.asked(), Second::Answer).await;
        }
    })
    .await;
    // Takes the second connection and never speaks TLS.
    let elsewhere = std::net::TcpListener::bind(("127.0.0.2", server.address.port())).unwrap();
    let client = client(lookup, KEPT).trusting(authority.root());
    let base = format!("https://shop.example:{}", server.address.port());
    let (first, second) = tokio::join!(
        exchange(&client, post(&format!("{base}/first")), &PATIENT),
        exchange(&client, post(&format!("{base}/second")), &PATIENT),
    );
    assert_eq!((first.unwrap().status, second.unwrap().status), (200, 200));
    drop(elsewhere);
}

#[test]
fn an_answer_counts_only_from_a_peer_that_may_be_called_and_was_vetted() {
    let production = Policy::production();
    let peer = |text: &str| Some(SocketAddr::new(text.parse().unwrap(), 443));
    let vetted: [IpAddr; 1] = ["1.1.1.1".parse().unwrap()];
    assert!(check_peer(peer("1.1.1.1"), Some(&vetted), &production).is_ok());
    assert!(check_peer(peer("1.1.1.1"), None, &production).is_ok(), "a kept connection");
    for (peer, vetted) in [
        (peer("8.8.8.8"), Some(&vetted[..])),
        (peer("10.0.0.1"), None),
        (peer("127.0.0.1"), None),
        (peer("169.254.169.254"), Some(&["169.254.169.254".parse().unwrap()][..])),
        (None, None),
    ] {
        let outcome = check_peer(peer, vetted, &production);
        assert!(matches!(outcome, Err(CallError::Blocked)), "{peer:?}");
    }
}
