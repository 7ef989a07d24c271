//! The gateway client against servers that play Apple (reliability §3.2, F077–F081).

use super::*;
use crate::testing::{Mute, Server, read_request};
use amb_protocol::{
    id::{BusinessId, MessageId, OpaqueId},
    outbound::OutboundType,
};
use jiff::Timestamp;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::mpsc};

#[derive(Clone, Debug, Default)]
struct SetClock(Arc<AtomicI64>);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + self.0.load(Ordering::SeqCst)).unwrap()
    }
    async fn sleep(&self, _duration: Duration) {}
}

fn gateway(url: &str) -> AppleGateway<SetClock> {
    let policy = Policy::with_loopback();
    let base = EndpointUrl::unvetted(url);
    let msp = MspId::parse("3b241101-e2bb-4255-8caf-4136c566a962").unwrap();
    AppleGateway::new(base, msp, SetClock::default(), policy)
}

fn key(byte: u8) -> ApiSecret {
    use std::fmt::Write as _;
    // 32 bytes in base64: 42 characters that repeat, one with its low bits clear, one of padding.
    let mut text = String::new();
    let letter = char::from(b'a' + byte);
    for _ in 0..42 {
        write!(text, "{letter}").unwrap();
    }
    ApiSecret::from_base64(&format!("{text}A=")).unwrap()
}

fn message() -> Message {
    Message {
        id: MessageId::parse("9c2e6a10-1f00-4f6e-8a01-000000000001").unwrap(),
        from: BusinessId::parse("7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002").unwrap(),
        to: OpaqueId::parse("urn:mbid:AQAAY1madeUpOpaque01=").unwrap(),
        kind: OutboundType::Text { body: "héllo 👋".into() },
        bot: true,
        agent: None,
        include_data_ref: false,
    }
}

async fn recording(answer: &'static str) -> (Server, mpsc::UnboundedReceiver<String>) {
    let (seen, requests) = mpsc::unbounded_channel();
    let server = Server::start(move |mut stream: TcpStream| {
        let seen = seen.clone();
        async move {
            seen.send(read_request(&mut stream).await).unwrap();
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    })
    .await;
    (server, requests)
}

fn authorization(request: &str) -> String {
    let line = request.lines().find(|line| line.starts_with("authorization: ")).unwrap();
    line.to_owned()
}

#[tokio::test]
async fn a_message_is_posted_with_apples_headers_below_the_base() {
    let (server, mut requests) = recording("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    let answer = gateway(&server.url("/v1")).post_message(&message(), &key(0)).await.unwrap();
    let accepted = GatewayAnswer {
        status: GatewayStatus::Accepted,
        retry_after: None,
        detail: None,
        data_ref: None,
    };
    assert_eq!(answer, accepted);
    let request = requests.recv().await.unwrap();
    assert!(request.starts_with("POST /v1/message HTTP/1.1\r\n"), "{request}");
    for line in [
        "id: 9c2e6a10-1f00-4f6e-8a01-000000000001",
        "source-id: 7b9d2c14-58e3-4a0f-8c66-e1a4f3d20002",
        "destination-id: urn:mbid:AQAAY1madeUpOpaque01=",
        "auto-reply: true",
        "content-type: application/json",
    ] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "{line}");
    }
    assert!(authorization(&request).starts_with("authorization: Bearer ey"));
    assert!(request.ends_with(&String::from_utf8(message().to_json()).unwrap()));
}

#[tokio::test]
async fn f079_a_token_lives_at_most_half_an_hour_and_belongs_to_one_key() {
    let (server, mut requests) =
        recording("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
    let gateway = gateway(&server.url("/v1"));
    let mut tokens = Vec::new();
    for (seconds, key) in
        [(0, key(0)), (1_799, key(0)), (1_800, key(0)), (1_801, key(1)), (10, key(1))]
    {
        gateway.access.clock().0.store(seconds, Ordering::SeqCst);
        gateway.post_message(&message(), &key).await.unwrap();
        tokens.push(authorization(&requests.recv().await.unwrap()));
    }
    assert_eq!(tokens[0], tokens[1]);
    assert_ne!(tokens[1], tokens[2]);
    assert_ne!(tokens[2], tokens[3]);
    assert_ne!(tokens[3], tokens[4], "the clock went backwards");
}

#[tokio::test]
async fn f078_a_refused_token_is_not_used_again() {
    let (server, mut requests) = recording(
        "HTTP/1.1 403 Forbidden\r\ncontent-length: 9\r\nconnection: close\r\n\r\nbad \x07token",
    )
    .await;
    let gateway = gateway(&server.url("/v1"));
    let answer = gateway.post_message(&message(), &key(0)).await.unwrap();
    assert_eq!(answer.status, GatewayStatus::Unauthorized);
    assert_eq!(answer.detail.as_deref(), Some("bad  toke"));
    gateway.access.clock().0.store(5, Ordering::SeqCst);
    gateway.post_message(&message(), &key(0)).await.unwrap();
    let first = authorization(&requests.recv().await.unwrap());
    assert_ne!(first, authorization(&requests.recv().await.unwrap()));
}

#[tokio::test]
async fn refusals_keep_apples_words_and_throttling_its_wait() {
    for (answer, status, wait, detail) in [
        (
            "HTTP/1.1 400 Bad Request\r\ncontent-length: 3\r\n\r\nwhy",
            GatewayStatus::BadRequest,
            None,
            Some("why"),
        ),
        (
            "HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n",
            GatewayStatus::Throttled,
            Some(7),
            None,
        ),
        ("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n", GatewayStatus::Gone, None, None),
        ("HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n", GatewayStatus::ServerError, None, None),
        (
            "HTTP/1.1 302 X\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
            GatewayStatus::Unexpected(302),
            None,
            None,
        ),
    ] {
        let server = Server::answering(answer).await;
        let got = gateway(&server.url("/v1")).post_message(&message(), &key(0)).await.unwrap();
        assert_eq!(got.status, status);
        assert_eq!(got.retry_after.map(|w| w.as_secs()), wait);
        assert_eq!(got.detail.as_deref(), detail);
    }
}

#[tokio::test]
async fn f077_a_lost_answer_is_unknown_and_a_refused_connection_was_not_sent() {
    let silent = Server::start(|mut stream: TcpStream| async move {
        read_request(&mut stream).await;
    })
    .await;
    let lost = gateway(&silent.url("/v1")).post_message(&message(), &key(0)).await;
    assert_eq!(lost, Err(GatewayError::Unanswered));

    let slow = Server::holding().await;
    let mut impatient = gateway(&slow.url("/v1"));
    impatient.limits.total = Duration::from_secs(1);
    assert_eq!(impatient.post_message(&message(), &key(0)).await, Err(GatewayError::Unanswered));

    let free = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let refused = gateway(&format!("http://{free}/v1")).post_message(&message(), &key(0)).await;
    assert_eq!(refused, Err(GatewayError::NotSent));

    let mute = AppleGateway::with_lookup(
        "https://gw.example.com/v1".parse().unwrap(),
        MspId::parse("3b241101-e2bb-4255-8caf-4136c566a962").unwrap(),
        SetClock::default(),
        Policy::production(),
        Mute,
    );
    assert_eq!(mute.post_message(&message(), &key(0)).await, Err(GatewayError::NotSent));
}

#[tokio::test]
async fn f077_a_pooled_connection_that_died_counts_as_sent() {
    let server = Server::start(|mut stream: TcpStream| async move {
        read_request(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await.unwrap();
        read_request(&mut stream).await;
    })
    .await;
    let gateway = gateway(&server.url("/v1"));
    assert_eq!(
        gateway.post_message(&message(), &key(0)).await.unwrap().status,
        GatewayStatus::Accepted
    );
    assert_eq!(gateway.post_message(&message(), &key(0)).await, Err(GatewayError::Unanswered));
    assert_eq!(server.connections(), 1, "the connection was kept");
}
